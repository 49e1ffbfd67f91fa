//! Commands that promise not to write send no write request, and those that promise to contact nothing
//! send none at all. Counted at the sandbox.

use crate::conflicts::in_conflict;
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
fn verify_lets_the_server_judge_and_stores_nothing() {
    let project = Project::web_shop();
    let human = project.run(&["verify", "checkout-cases"]).expect(0);
    assert!(
        human
            .stdout
            .contains("SyncRule/checkout-cases writes Azure DevOps")
    );
    assert!(
        human.stdout.ends_with("Nothing was stored.\n"),
        "{}",
        human.stdout
    );
    let json = project.run(&["verify", "--format", "json"]).expect(0);
    let report: serde_json::Value = serde_json::from_str(&json.stdout).expect("a document");
    assert_eq!(report["schema"], "accord-verify/1");
    assert_eq!(report["summary"]["objected"], 0);
    assert!(report["summary"]["accepted"].as_u64() > Some(3), "{report}");
    let notice = project.run(&["verify", "--format", "github"]).expect(0);
    assert!(notice.stdout.starts_with("::notice title=accord verify::"));
    assert!(project.requests() > 0, "the counter counts");
    assert_eq!(project.writes(), 0);
    assert!(
        !project.path().join(".accord").exists(),
        "nor is a state made"
    );

    // Only a rule that exists, and annotations only where there are any.
    project.run(&["verify", "checkout"]).expect(64);
    project.run(&["drift", "--format", "github"]).expect(64);
    project
        .run(&["verify", "checkout-cases", "--only", "SyncRule/*"])
        .expect(64);
    project.run(&["verify", "--sample", "0"]).expect(64);

    // The server's objection stands at the line of the rule. Who may not list the areas cannot know it
    // before.
    let unlisted = accord::sandbox::FaultKind::Forbidden;
    let unlisted = accord::sandbox::Fault::new("classificationnodes", unlisted);
    project.state().faults.add(unlisted);
    let place = "createIn:\n    azureDevOps: { areaPath: 'Web Shop\\QA\\";
    let (old, new) = (format!("{place}Checkout"), format!("{place}Nowhere"));
    project.replace("rules/checkout-cases.yaml", &old, &new);
    let objected = project.run(&["verify", "--format", "github"]).expect(4);
    assert!(objected.stdout.starts_with(
        "::error file=rules/checkout-cases.yaml,line=3,title=server-objects::SyncRule/checkout-cases/case/"
    ), "{}", objected.stdout);
    assert!(objected.stdout.contains("TF401347"), "{}", objected.stdout);
    assert!(objected.stderr.contains("help: "), "{}", objected.stderr);
    assert_eq!(project.writes(), 0);
}

#[test]
fn what_compares_looks_up_and_pairs_writes_nothing() {
    let project = in_conflict();
    project.state().log.clear();
    let pair = "SyncRule/checkout-cases/case/210304";
    for line in [
        &["conflicts", "list"][..],
        &["conflicts", "list", "--all", "--format", "json"],
        &["conflicts", "show", "1"],
        &["state", "list"],
        &["state", "show", pair],
        &["state", "verify"],
        &["unlink", "--case", "210301"],
    ] {
        let outcome = project.run(line).expect(0);
        assert!(!outcome.stdout.is_empty(), "{line:?}");
        assert_eq!(project.requests(), 0, "{line:?}");
    }
    let state = project.path().join(".accord/state.db");
    let before = std::fs::read(&state).expect("the state");
    for line in [&["drift"][..], &["drift", "--full-scan"]] {
        let requests = project.requests();
        project.run(line).expect(0);
        assert!(project.requests() > requests, "{line:?} reads");
    }
    let after = std::fs::read(&state).expect("the state");
    assert!(before == after, "drift leaves the state as it is");
    for line in [
        &["link", "--case", "210301", "--work-item", "5101"][..],
        &["state", "rebuild"],
    ] {
        let requests = project.requests();
        project.run(line).expect(0);
        assert!(project.requests() > requests, "{line:?} reads");
    }
    std::fs::remove_dir_all(project.path().join(".accord")).expect("the state");
    let rebuilt = project.run(&["state", "rebuild"]).expect(0).stdout;
    assert!(rebuilt.contains(pair), "{rebuilt}");
    assert_eq!(project.writes(), 0);
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
