//! `accord fmt` as people and hooks use it. What it does to a text is the formatter's own tests' business.

use std::io::Write as _;
use std::process::Stdio;

use crate::project::{Outcome, Project, examples};

const RULE: &str = "rules/checkout-cases.yaml";

/// Puts a rule out of order.
fn untidy(project: &Project) -> String {
    let tidy = project.read(RULE);
    project.replace(RULE, "kind: SyncRule\n", "");
    project.replace(
        RULE,
        "apiVersion: accord/v1\n",
        "kind:   SyncRule # c\napiVersion: 'accord/v1'\n",
    );
    tidy.replace("kind: SyncRule\n", "kind: SyncRule # c\n")
}

#[test]
fn the_examples_are_formatted() {
    let project = Project::web_shop();
    for folder in ["web-shop", "sandbox-project"] {
        let folder = examples().join(folder);
        let folder = folder.to_str().expect("a UTF-8 path");
        let outcome = project.run(&["fmt", "--check", "-C", folder]).expect(0);
        assert_eq!(outcome.stdout, "");
        assert!(
            outcome.stderr.contains("formatted already"),
            "{}",
            outcome.stderr
        );
    }
}

#[test]
fn check_lists_what_it_would_change_and_changes_nothing() {
    let project = Project::web_shop();
    untidy(&project);
    let before = project.read(RULE);
    let outcome = project.run(&["fmt", "--check"]).expect(3);
    assert!(
        outcome.stdout.starts_with(&format!("{RULE}\n")),
        "{}",
        outcome.stdout
    );
    for line in [
        "-kind:   SyncRule # c",
        "+kind: SyncRule # c",
        "-apiVersion: 'accord/v1'",
        "+apiVersion: accord/v1",
    ] {
        assert!(
            outcome.stdout.lines().any(|shown| shown == line),
            "{line}\n{}",
            outcome.stdout
        );
    }
    assert!(
        outcome.stderr.contains("1 file is not formatted"),
        "{}",
        outcome.stderr
    );
    assert_eq!(project.read(RULE), before);
    let json = project
        .run(&["fmt", "--check", "--format", "json"])
        .expect(3);
    let document: serde_json::Value = serde_json::from_str(&json.stdout).expect("JSON");
    assert_eq!(document["changed"], serde_json::json!([RULE]));
    assert_eq!(document["written"], false);
}

#[test]
fn files_are_rewritten_once_and_listed() {
    let project = Project::web_shop();
    let tidy = untidy(&project);
    let outcome = project.run(&["fmt"]).expect(0);
    assert_eq!(outcome.stdout, format!("{RULE}\n"));
    assert_eq!(project.read(RULE), tidy);
    project.run(&["fmt", "--check"]).expect(0);
    let litter = std::fs::read_dir(project.path().join("rules")).expect("the folder");
    assert_eq!(litter.count(), 2, "only the rules");
}

#[test]
fn only_named_files_are_touched() {
    let project = Project::web_shop();
    untidy(&project);
    let before = project.read(RULE);
    project.run(&["fmt", "mappings", "accord.yaml"]).expect(0);
    assert_eq!(project.read(RULE), before);
    project
        .run(&["fmt", "--check", "rules/account-ideas.yaml"])
        .expect(0);
    project.run(&["fmt", "--check", "rules"]).expect(3);
    project.run(&["fmt", "no-such-file.yaml"]).expect(4);
    project.run(&["fmt", "-", RULE]).expect(64);
}

/// The others are formatted all the same.
#[test]
fn what_cannot_be_read_is_reported_and_left() {
    let project = Project::web_shop();
    let tidy = untidy(&project);
    let broken = "kind: SyncRule\napiVersion: [\n";
    let anchored = "kind: SyncRule\nspec: &a {}\napiVersion: accord/v1\n";
    project.write("rules/broken.yaml", broken);
    project.write("rules/anchored.yaml", anchored);
    let outcome = project.run(&["fmt"]).expect(4);
    assert!(
        outcome.stderr.contains("error[invalid-yaml]"),
        "{}",
        outcome.stderr
    );
    assert!(
        outcome.stderr.contains("error[anchor]"),
        "{}",
        outcome.stderr
    );
    assert_eq!(project.read("rules/broken.yaml"), broken);
    assert_eq!(project.read("rules/anchored.yaml"), anchored);
    assert_eq!(project.read(RULE), tidy);
}

#[test]
fn files_of_others_stay_as_they_are() {
    let project = Project::web_shop();
    let foreign = "b:   1\r\na: &x 2";
    project.write("compose.yaml", foreign);
    project.run(&["fmt"]).expect(0);
    project.run(&["fmt", "--check", "compose.yaml"]).expect(0);
    assert_eq!(project.read("compose.yaml"), foreign);
}

/// Runs `accord fmt ... -` over a text.
fn through(project: &Project, arguments: &[&str], text: &str) -> Outcome {
    let mut child = project
        .command(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut stdin = child.stdin.take().expect("stdin");
    stdin.write_all(text.as_bytes()).expect("the program reads");
    drop(stdin);
    let output = child.wait_with_output().expect("the program ends");
    Outcome {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).expect("UTF-8"),
        stderr: String::from_utf8(output.stderr).expect("UTF-8"),
    }
}

#[test]
fn stdin_goes_to_stdout() {
    let project = Project::web_shop();
    let text = "kind: SyncRule # ü\r\napiVersion: accord/v1";
    let tidy = "apiVersion: accord/v1\nkind: SyncRule # ü\n";
    assert_eq!(
        through(&project, &["fmt", "-"], text).expect(0).stdout,
        tidy
    );
    assert_eq!(
        through(&project, &["fmt", "-"], tidy).expect(0).stdout,
        tidy
    );
    assert_eq!(
        through(&project, &["fmt", "-"], "a:   1").expect(0).stdout,
        "a:   1"
    );
    through(&project, &["fmt", "--check", "-"], text).expect(3);
    through(&project, &["fmt", "--check", "-"], tidy).expect(0);
    let broken = through(&project, &["fmt", "-"], "a: [").expect(4);
    assert_eq!(broken.stdout, "");
    assert!(broken.stderr.contains("stdin:"), "{}", broken.stderr);
}

/// A value that would drive the terminal is shown escaped in a difference.
#[test]
fn differences_are_printable() {
    let project = Project::web_shop();
    project.write(
        "a.yaml",
        "kind: SyncRule\napiVersion: accord/v1 # \u{200e}\n",
    );
    let outcome = project.run(&["fmt", "--check", "a.yaml"]).expect(3);
    assert!(outcome.stdout.contains("\\u{200e}"), "{}", outcome.stdout);
    assert!(!outcome.stdout.contains('\u{200e}'), "{}", outcome.stdout);
}
