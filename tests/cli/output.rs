//! stdout carries only the asked-for format; files get theirs; nothing panics when a reader goes away.

use std::io::{BufRead, BufReader, Read};
use std::process::Stdio;

use serde_json::Value;

use crate::project::{Outcome, Project};

#[track_caller]
fn json(outcome: &Outcome) -> Value {
    serde_json::from_str(&outcome.stdout)
        .unwrap_or_else(|error| panic!("stdout is not one JSON document: {error}\n{outcome:?}"))
}

#[test]
fn json_is_all_that_stdout_carries() {
    let project = Project::web_shop();
    let run = |line: &[&str], code| {
        project
            .run(&[line, &["--format", "json"]].concat())
            .expect(code)
    };
    let plan = json(&run(&["plan"], 0));
    assert_eq!(plan["schema"], "accord-plan/1");
    let report = json(&run(&["apply", "--yes"], 0));
    assert_eq!(report["schema"], "accord-apply/1");
    assert_eq!(
        report["planId"], plan["planId"],
        "that plan was carried out"
    );
    assert_eq!(report["failures"], Value::Array(Vec::new()));
    // Nothing to do: the same document, not another one.
    let idle = json(&run(&["apply", "--yes"], 0));
    assert_eq!(
        (&idle["schema"], &idle["applied"]),
        (&report["schema"], &Value::from(0))
    );
    let empty = json(&run(&["plan", "--detailed-exitcode"], 0));
    assert_eq!(empty["changes"], Value::Array(Vec::new()));
    assert_eq!(json(&run(&["status"], 0))["schema"], "accord-status/1");
    project.run(&["plan", "--out", "json=plan.json"]).expect(0);
    assert_eq!(json(&run(&["show", "plan.json"], 0)), empty);
    for line in [
        &["validate"] as &[&str],
        &["explain"],
        &["explain", "unknown-key"],
        &["explain", "FieldMapping/test-case"],
        &["test"],
        &["graph"],
        &["schema"],
        &["schema", "Connection"],
        &["schema", "plan"],
    ] {
        let outcome = run(line, 0);
        json(&outcome);
        assert_eq!(outcome.stderr, "", "{line:?}");
    }
    // Findings too, with their places.
    project.replace("accord.yaml", "settle:", "setle:");
    let findings = json(&run(&["validate"], 4)).to_string();
    assert!(
        findings.contains("unknown-key") && findings.contains("accord.yaml"),
        "{findings}"
    );
}

#[test]
fn blocked_and_failed_applies_keep_stdout_clean() {
    let project = Project::web_shop();
    project.run(&["apply", "--yes"]).expect(0);
    for case in 210_301..=210_306 {
        let title = serde_json::json!({ "title": "Renamed" });
        project.state().edit_case(case, &title).expect("an edit");
    }
    let outcome = project
        .run(&["apply", "--yes", "--format", "json"])
        .expect(5);
    assert!(
        outcome.stdout.is_empty() || json(&outcome).is_object(),
        "{outcome:?}"
    );
}

#[test]
fn plans_go_to_files_beside_stdout() {
    let project = Project::web_shop();
    let outcome = project
        .run(&[
            "plan",
            "--out",
            "json=plan.json",
            "--out",
            "human=plan.txt",
            "--color",
            "always",
        ])
        .expect(0);
    assert!(
        outcome.stdout.contains('\u{1b}'),
        "colour was asked for on stdout"
    );
    let human = project.read("plan.txt");
    assert!(
        human.contains("13 to create") && !human.contains('\u{1b}'),
        "{human}"
    );
    let document: Value = serde_json::from_str(&project.read("plan.json")).expect("JSON");
    assert_eq!(document["summary"]["create"], 13);
    assert!(!project.path().join("plan.json.part").exists(), "no litter");
    let shown = project.run(&["show", "plan.json"]).expect(0);
    assert_eq!(shown.stdout, human, "the file holds the whole plan");
    // A folder that does not exist costs the exit code, not the plan on stdout.
    let outcome = project
        .run(&["plan", "--out", "json=no/such/folder.json"])
        .expect(1);
    assert!(
        outcome.stderr.contains("no/such/folder.json"),
        "{}",
        outcome.stderr
    );
}

#[test]
fn colour_follows_flags_and_environment() {
    let mut project = Project::web_shop();
    let plain = |outcome: &Outcome| !outcome.stdout.contains('\u{1b}');
    assert!(
        plain(&project.run(&["plan"]).expect(0)),
        "no terminal, no colour"
    );
    assert!(!plain(
        &project.run(&["plan", "--color", "always"]).expect(0)
    ));
    assert!(plain(&project.run(&["plan", "--color", "never"]).expect(0)));
    project.set("NO_COLOR", "1");
    // What was typed outranks the environment.
    assert!(!plain(
        &project.run(&["plan", "--color", "always"]).expect(0)
    ));
}

#[test]
fn the_same_state_gives_the_same_bytes() {
    let project = Project::web_shop();
    let plan = || project.run(&["plan", "--format", "json"]).expect(0).stdout;
    assert_eq!(plan(), plan());
}

/// `accord ... | head -1`
#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let project = Project::web_shop();
    for line in [
        &["explain"] as &[&str],
        &["schema"],
        &["plan", "--format", "json"],
        &["--help"],
    ] {
        let mut child = project
            .command(line)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program runs");
        let mut first = String::new();
        // The pipe closes with its reader, before the rest is read.
        BufReader::with_capacity(16, child.stdout.take().expect("a pipe"))
            .read_line(&mut first)
            .expect("a first line");
        let status = child.wait().expect("it ends");
        let mut told = String::new();
        child
            .stderr
            .take()
            .expect("a pipe")
            .read_to_string(&mut told)
            .expect("text");
        assert!(!first.is_empty(), "{line:?}");
        assert_eq!((status.code(), told.as_str()), (Some(0), ""), "{line:?}");
    }
}

/// What strangers wrote must not drive the terminal of the person who reads the plan.
#[test]
fn control_characters_from_a_server_are_shown_and_not_sent() {
    let project = Project::web_shop();
    let title = serde_json::json!({ "title": "a\u{1b}]0;owned\u{7}b\u{202e}c" });
    project.state().edit_case(210_303, &title).expect("an edit");
    for line in [&["plan"] as &[&str], &["apply", "--yes"], &["status"]] {
        let outcome = project.run(line);
        // The server refuses such a title; whether it does is its business.
        assert!(matches!(outcome.code, Some(0 | 9)), "{line:?}: {outcome:?}");
        for text in [&outcome.stdout, &outcome.stderr] {
            assert!(
                !text.contains(['\u{1b}', '\u{7}', '\u{202e}']),
                "{line:?}: {text:?}"
            );
        }
    }
}
