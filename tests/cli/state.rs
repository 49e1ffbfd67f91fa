//! `accord state`: what is listed and shown, what is found wrong, and what comes back of a lost state.

use accord::store::RunLock;
use serde_json::json;

use crate::conflicts::{applied, edit, parsed};
use crate::project::Project;

fn state(project: &Project) -> std::path::PathBuf {
    project.path().join(".accord/state.db")
}

#[test]
fn pairs_are_listed_and_one_is_shown() {
    let project = applied();
    let before = project.requests();
    let list = parsed(
        &project
            .run(&["state", "list", "--format", "json"])
            .expect(0),
    );
    assert_eq!(list["schema"], "accord-state/1");
    assert_eq!(list["pairs"].as_array().expect("pairs").len(), 15);
    let pair = &list["pairs"][0];
    assert_eq!(pair["address"], "SyncRule/checkout-cases/case/210301");
    assert_eq!(
        pair["marks"],
        json!({ "testworthy": "written", "azureDevOps": "written" })
    );
    for address in [
        "SyncRule/checkout-cases/case/210304",
        "SyncRule/checkout-cases/workItem/5104",
    ] {
        let line = ["state", "show", address, "--format", "json"];
        let shown = parsed(&project.run(&line).expect(0));
        assert_eq!(
            (&shown["case"], &shown["workItem"]),
            (&json!(210_304), &json!(5104))
        );
    }
    for (address, words) in [
        ("SyncRule/checkout-cases/case/9", "no pair"),
        ("SyncRule/checkout-case/case/9", "did you mean"),
        ("SyncRule/checkout-cases", "SyncRule/NAME/case/ID"),
        ("SyncRule/checkout-cases/case/x", "SyncRule/NAME/case/ID"),
    ] {
        let told = project.run(&["state", "show", address]).expect(64).stderr;
        assert!(told.contains(words), "{address}: {told}");
    }
    assert_eq!(project.requests(), before);
}

#[test]
fn a_state_that_was_tampered_with_is_told() {
    let project = applied();
    project.run(&["state", "verify"]).expect(0);
    let connection = rusqlite::Connection::open(state(&project)).expect("the state");
    connection
        .execute_batch(
            "PRAGMA writable_schema = OFF; DROP TRIGGER IF EXISTS audit_update; \
             DROP TRIGGER IF EXISTS audit_no_update;",
        )
        .expect("no trigger");
    let triggers: Vec<String> = connection
        .prepare("SELECT name FROM sqlite_master WHERE type = 'trigger'")
        .expect("a query")
        .query_map([], |row| row.get(0))
        .expect("rows")
        .collect::<Result<_, _>>()
        .expect("names");
    for trigger in triggers {
        connection
            .execute_batch(&format!("DROP TRIGGER \"{trigger}\""))
            .expect("dropping");
    }
    connection
        .execute(
            "UPDATE audit SET event = 'nothing happened' WHERE number = 3",
            [],
        )
        .expect("tampering");
    drop(connection);
    let outcome = project.run(&["state", "verify"]).expect(4);
    assert!(outcome.stdout.contains("row 3"), "{}", outcome.stdout);
    assert!(
        outcome.stderr.contains("state rebuild"),
        "{}",
        outcome.stderr
    );
    let json = parsed(
        &project
            .run(&["state", "verify", "--format", "json"])
            .expect(4),
    );
    assert_eq!(json["audit"]["intact"], false);
}

/// Law 11: dropping the state and rebuilding it from the marks gives an empty plan when nothing changed.
#[test]
fn a_lost_state_comes_back_from_the_marks_and_leaves_nothing_to_do() {
    let project = applied();
    let pairs = |project: &Project| -> Vec<(u64, u64)> {
        let list = parsed(
            &project
                .run(&["state", "list", "--format", "json"])
                .expect(0),
        );
        let pairs = list["pairs"].as_array().expect("pairs").clone();
        let id = |pair: &serde_json::Value, key: &str| pair[key].as_u64().expect("an id");
        pairs
            .iter()
            .map(|pair| (id(pair, "case"), id(pair, "workItem")))
            .collect()
    };
    let before = (pairs(&project), project.writes());
    std::fs::remove_dir_all(project.path().join(".accord")).expect("the state");
    let rebuilt = parsed(
        &project
            .run(&["state", "rebuild", "--format", "json"])
            .expect(0),
    );
    assert_eq!(rebuilt["recovered"].as_array().expect("pairs").len(), 15);
    assert_eq!((pairs(&project), project.writes()), before);
    project.run(&["plan", "--detailed-exitcode"]).expect(0);
    project.run(&["drift", "--detailed-exitcode"]).expect(0);
    // Again: there is nothing left to recover.
    let again = parsed(
        &project
            .run(&["state", "rebuild", "--format", "json"])
            .expect(0),
    );
    assert_eq!(
        (&again["known"], &again["recovered"]),
        (&json!(15), &json!([]))
    );
}

#[test]
fn what_differs_gets_no_base_by_a_rebuild() {
    let project = applied();
    edit(&project, &json!({ "title": "edited" }), &json!({}));
    std::fs::remove_dir_all(project.path().join(".accord")).expect("the state");
    project
        .run(&["state", "rebuild", "checkout-cases"])
        .expect(0);
    let line = [
        "state",
        "show",
        "SyncRule/checkout-cases/case/210304",
        "--format",
        "json",
    ];
    let shown = parsed(&project.run(&line).expect(0));
    let rows = shown["base"].as_array().expect("rows");
    assert!(
        !rows.is_empty() && rows.iter().all(|row| row["row"] != "title"),
        "{rows:?}"
    );
}

#[test]
fn another_run_is_waited_for_or_told() {
    let project = applied();
    edit(
        &project,
        &json!({ "title": "left" }),
        &json!({ "System.Title": "right" }),
    );
    project.run(&["apply", "--yes"]).expect(0);
    let lock = RunLock::try_acquire(&state(&project), "a test").expect("the lock");
    for line in [
        &["state", "rebuild"][..],
        &["link", "--case", "1", "--work-item", "2"],
        &["unlink", "--case", "210304"],
        &["conflicts", "resolve", "1", "--take", "testworthy", "--yes"],
        &[
            "conflicts",
            "resolve",
            "1",
            "--take",
            "testworthy",
            "--later",
        ],
    ] {
        let told = project.run(line).expect(7).stderr;
        assert!(told.contains("a test"), "{line:?}: {told}");
    }
    for line in [
        &["state", "list"][..],
        &["conflicts", "list"],
        &["drift"],
        &["status"],
    ] {
        project.run(line).expect(0);
    }
    drop(lock);
    project.run(&["unlink", "--case", "210304"]).expect(0);
}
