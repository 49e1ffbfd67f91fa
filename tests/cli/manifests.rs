//! Manifests as files on a disk: what `validate` and the other commands make of them.

use crate::project::{Project, examples};

#[test]
fn a_misspelt_key_is_told_with_its_place_and_the_right_key() {
    let project = Project::web_shop();
    project.replace("rules/checkout-cases.yaml", "  direction:", "  directoin:");
    for line in [
        &["validate"] as &[&str],
        &["plan"],
        &["apply", "--yes"],
        &["status"],
    ] {
        let outcome = project.run(line).expect(4);
        let told = outcome.stderr;
        assert!(
            told.contains("rules/checkout-cases.yaml:12:3"),
            "{line:?}: {told}"
        );
        assert!(told.contains("error[unknown-key]"), "{line:?}: {told}");
        // The caret stands below the first letter of the key.
        let lines: Vec<&str> = told.lines().collect();
        let at = lines
            .iter()
            .position(|l| l.contains("directoin: toAzureDevOps"))
            .expect("an excerpt");
        let column = lines[at].find("directoin");
        assert_eq!(lines[at + 1].find('^'), column, "{told}");
        assert!(
            told.contains("`direction`"),
            "suggests the right key: {told}"
        );
    }
    assert_eq!(project.requests(), 0, "nothing is contacted");
}

#[test]
fn all_mistakes_of_all_files_are_told_in_one_go() {
    let project = Project::web_shop();
    project.replace("connection.yaml", "azureDevOps:", "azureDevops:");
    project.replace("rules/account-ideas.yaml", "drift: report", "drift: raport");
    project.replace(
        "rules/checkout-cases.yaml",
        "mapping: test-case",
        "mapping: test-csae",
    );
    let told = project.run(&["validate"]).expect(4).stderr;
    for expected in [
        "connection.yaml:",
        "rules/account-ideas.yaml:",
        "rules/checkout-cases.yaml:",
        "`azureDevOps`",
        "`report`",
        "`test-case`",
    ] {
        assert!(told.contains(expected), "{expected}: {told}");
    }
}

#[test]
fn every_example_project_holds() {
    let project = Project::without_items();
    let mut seen = 0;
    for entry in std::fs::read_dir(examples()).expect("the examples") {
        let folder = entry.expect("an entry").path();
        if !folder.join("accord.yaml").exists() {
            continue;
        }
        let folder = folder.to_str().expect("a path that is text");
        let outcome = project.run(&["-C", folder, "validate"]).expect(0);
        assert!(
            outcome.stdout.contains("no findings"),
            "{folder}: {outcome:?}"
        );
        seen += 1;
    }
    assert!(seen >= 2, "{seen} examples");
}

#[test]
fn validate_takes_paths() {
    let project = Project::web_shop();
    project.write(
        "rules/broken.yaml",
        "apiVersion: accord/v1\nkind: SyncRul\nmetadata: { name: x }\n",
    );
    project.run(&["validate"]).expect(4);
    project.run(&["validate", "rules/broken.yaml"]).expect(4);
    project.run(&["validate", "mappings"]).expect(0);
    let outcome = project.run(&["validate", "no-such-folder"]);
    assert!(
        outcome.code != Some(0),
        "a path that does not exist: {outcome:?}"
    );
}

#[test]
fn a_folder_without_manifests_is_told_and_nothing_happens() {
    let project = Project::web_shop();
    let empty = tempfile::tempdir().expect("a folder");
    let folder = empty.path().to_str().expect("a path that is text");
    for command in ["validate", "plan", "status"] {
        let outcome = project.run(&["-C", folder, command]).expect(0);
        assert!(!outcome.stdout.is_empty(), "{command} says so");
    }
    assert_eq!(
        std::fs::read_dir(empty.path()).expect("the folder").count(),
        0,
        "no litter"
    );
    assert_eq!(project.requests(), 0);
}

#[test]
fn empty_and_foreign_files_are_passed_over() {
    let project = Project::web_shop();
    project.write("empty.yaml", "");
    project.write("comment.yml", "# nothing here\n");
    project.write("separators.yaml", "---\n---\n");
    project.write("bom.yaml", "\u{feff}");
    project.write(
        "foreign.yaml",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: x }\n",
    );
    project.run(&["validate"]).expect(0);
    project.run(&["plan", "--detailed-exitcode"]).expect(2);
}

#[test]
fn the_folder_option_moves_every_relative_path() {
    let project = Project::web_shop();
    let elsewhere = tempfile::tempdir().expect("a folder");
    let folder = project.path().to_str().expect("a path that is text");
    let line = ["-C", folder, "apply", "--yes", "--out", "json=out.json"];
    let output = project
        .command(&line)
        .current_dir(elsewhere.path())
        .output()
        .expect("the program runs");
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert!(project.path().join(".accord/state.db").exists());
    assert!(project.path().join("out.json").exists());
    assert_eq!(
        std::fs::read_dir(elsewhere.path())
            .expect("the folder")
            .count(),
        0,
        "no litter"
    );
    project.run(&["plan", "--detailed-exitcode"]).expect(0);
    project.run(&["show", "out.json"]).expect(0);
}
