//! Commands that promise not to write send no write request, and those that promise to contact nothing
//! send none at all. Counted at the sandbox.

use crate::project::Project;

#[test]
fn plan_reads_and_never_writes() {
    let project = Project::web_shop();
    project.run(&["plan"]).expect(0);
    project
        .run(&["plan", "--detailed-exitcode", "--format", "json"])
        .expect(2);
    assert!(project.requests() > 0, "the counter counts");
    assert_eq!(project.writes(), 0);
    assert!(
        !project.path().join(".accord/state.db").exists(),
        "nor does it write a state"
    );
    project.run(&["apply", "--yes"]).expect(0);
    assert!(project.writes() > 0, "the counter counts writes");
    project.state().log.clear();
    let before = std::fs::read(project.path().join(".accord/state.db")).expect("the state");
    project.run(&["plan"]).expect(0);
    assert_eq!(project.writes(), 0);
    let after = std::fs::read(project.path().join(".accord/state.db")).expect("the state");
    assert!(before == after, "the state stays as it is");
}

#[test]
fn the_others_contact_nothing() {
    let project = Project::web_shop();
    project.run(&["plan", "--out", "json=plan.json"]).expect(0);
    project.run(&["apply", "--yes"]).expect(0);
    project.state().log.clear();
    let lines: &[&[&str]] = &[
        &["validate"],
        &["show", "plan.json"],
        &["status"],
        &["explain"],
        &["explain", "unknown-key"],
        &["explain", "FieldMapping/test-case"],
        &["test"],
        &["graph"],
        &["schema"],
        &["schema", "SyncRule"],
        &["schema", "plan"],
    ];
    for line in lines {
        let outcome = project.run(line).expect(0);
        assert!(!outcome.stdout.is_empty(), "{line:?}");
        assert_eq!(project.requests(), 0, "{line:?}");
    }
}
