//! The exit codes that the other files do not own: scripts and workflows decide by them.

use std::time::Duration;

use accord::sandbox::testworthy::CaseEdit;
use accord::sandbox::{Fault, FaultKind};
use accord::store::RunLock;
use serde_json::json;

use crate::project::Project;

#[test]
fn changes_before_an_apply_and_none_after_it() {
    let project = Project::web_shop();
    project.run(&["plan", "--detailed-exitcode"]).expect(2);
    project.run(&["plan"]).expect(0);
    project.run(&["apply", "--yes"]).expect(0);
    project.run(&["plan", "--detailed-exitcode"]).expect(0);
    project
        .run(&["apply", "--yes", "--detailed-exitcode"])
        .expect(0);
}

/// What waits for a person is no change: 2 only if an operation would run.
#[test]
fn an_item_in_quarantine_is_no_change() {
    let project = Project::web_shop();
    let case = "SyncRule/checkout-cases/case/210312";
    let outcome = project
        .run(&["plan", "--detailed-exitcode", "--only", case])
        .expect(0);
    assert!(
        outcome.stdout.contains("1 in quarantine"),
        "{}",
        outcome.stdout
    );
}

#[test]
fn too_many_updates_end_5_before_any_write() {
    let project = Project::web_shop();
    project.run(&["apply", "--yes"]).expect(0);
    for case in 210_301..=210_306 {
        project
            .state()
            .edit_case(case, &json!({ "title": "Renamed" }))
            .expect("an edit");
    }
    project.state().log.clear();
    project.run(&["plan"]).expect(0);
    project.run(&["plan", "--detailed-exitcode"]).expect(5);
    let outcome = project.run(&["apply", "--yes"]).expect(5);
    assert!(
        outcome.stderr.contains("--allow-updates 6"),
        "{}",
        outcome.stderr
    );
    assert_eq!(project.writes(), 0);
    project
        .run(&["apply", "--yes", "--allow-updates", "6"])
        .expect(0);
    assert!(project.writes() > 0, "the counter counts");
}

#[test]
fn a_second_apply_ends_7_and_waits_if_asked() {
    let project = Project::web_shop();
    let state = project.path().join(".accord/state.db");
    let lock = RunLock::try_acquire(&state, "the test").expect("a free lock");
    let outcome = project.run(&["apply", "--yes"]).expect(7);
    assert!(
        outcome.stderr.contains("the test"),
        "names the holder: {}",
        outcome.stderr
    );
    project
        .run(&["apply", "--yes", "--lock-timeout", "1"])
        .expect(7);
    assert_eq!(project.requests(), 0, "nothing is asked without the lock");
    // Reading needs no lock.
    project.run(&["plan", "--detailed-exitcode"]).expect(2);

    let waiting = std::thread::scope(|scope| {
        let waiting = scope.spawn(|| project.run(&["apply", "--yes", "--lock-timeout", "60"]));
        std::thread::sleep(Duration::from_millis(500));
        assert!(!waiting.is_finished(), "it waits");
        drop(lock);
        waiting.join().expect("the waiting run")
    });
    waiting.expect(0);
}

/// One work item is refused by the server; its neighbours do not wait for it, and the next run knows.
#[test]
fn one_refused_item_makes_a_partial_apply() {
    let project = Project::web_shop();
    project.run(&["apply", "--yes"]).expect(0);
    for case in [210_304, 210_311] {
        project
            .state()
            .edit_case(case, &json!({ "title": "Renamed" }))
            .expect("an edit");
    }
    let refuse = FaultKind::Status {
        status: 400,
        retry_after: None,
    };
    project
        .state()
        .edit_work_item(5110, &json!({ "System.Title": "Download" }))
        .expect("an edit");
    project
        .state()
        .faults
        .add(Fault::new("*/update_case/210511", refuse));
    let outcome = project.run(&["apply", "--yes"]).expect(9);
    assert!(
        outcome.stdout.contains("2 done, 1 failed"),
        "{}",
        outcome.stdout
    );
    assert!(
        outcome
            .stderr
            .contains("SyncRule/account-ideas/workItem/5110"),
        "{}",
        outcome.stderr
    );

    // In quarantine: told, and no failure.
    let outcome = project
        .run(&["apply", "--yes", "--detailed-exitcode"])
        .expect(0);
    assert!(outcome.stdout.contains("quarantined"), "{}", outcome.stdout);

    project.state().faults.clear();
    project
        .state()
        .edit_work_item(5110, &json!({ "System.Title": "Fetch" }))
        .expect("an edit");
    project.run(&["apply", "--yes"]).expect(0);
    project.run(&["plan", "--detailed-exitcode"]).expect(0);
}

/// Marks that an interrupted run still owes are no mass update: the next run is not kept from finishing.
#[test]
fn owed_marks_do_not_trip_the_safety_limit() {
    let project = Project::web_shop();
    project
        .state()
        .faults
        .add(Fault::new("*/update_case/2103*", FaultKind::Unauthorized));
    project.run(&["apply", "--yes"]).expect(9);
    project.state().faults.clear();
    let outcome = project.run(&["plan"]).expect(0);
    let owed = outcome.stdout.matches("marker is missing").count();
    assert!(owed > 0, "{}", outcome.stdout);
    project.run(&["apply", "--yes"]).expect(0);
    project.run(&["plan", "--detailed-exitcode"]).expect(0);
}

#[test]
fn usage_errors_end_64_and_write_nothing() {
    let project = Project::web_shop();
    let cases = project.state().testworthy.cases().count();
    let lines: &[&[&str]] = &[
        &[],
        &["frobnicate"],
        &["plan", "--no-such-flag"],
        &["plan", "extra"],
        &["plan", "--format", "yaml"],
        &["plan", "--quiet", "--verbose"],
        &["plan", "--allow-updates", "many"],
        &["plan", "--allow-updates", "-1"],
        &["plan", "--out", "plan.json"],
        &["plan", "--out", "json="],
        &["plan", "--out", "yaml=plan.yaml"],
        &["plan", "--allow-host", "https://dev.azure.com/contoso"],
        &["plan", "--allow-host", "exa mple"],
        &["plan", "--allow-host", "example:99999"],
        &["plan", "--allow-host", ""],
        &["plan", "-C", "no-such-folder"],
        &["show"],
        &["explain", "no-such-code"],
        &["schema", "NoSuchKind"],
        // Nobody can be asked: the tests have no terminal.
        &["apply"],
        &["apply", "--no-input"],
    ];
    for line in lines {
        let outcome = project.run(line);
        assert_eq!(
            outcome.code,
            Some(64),
            "{line:?}: {}{}",
            outcome.stdout,
            outcome.stderr
        );
        assert!(!outcome.stderr.is_empty(), "{line:?} says why");
        assert_eq!(project.writes(), 0, "{line:?}");
    }
    assert_eq!(project.state().testworthy.cases().count(), cases);
}

#[test]
fn garbage_in_the_operators_variables_ends_64() {
    for (name, value) in [
        ("ACCORD_SETTLE", "soon"),
        ("ACCORD_ALLOW_HOSTS", "http://x"),
    ] {
        let mut project = Project::web_shop();
        project.set(name, value);
        let outcome = project.run(&["plan"]).expect(64);
        assert!(outcome.stderr.contains(name), "{}", outcome.stderr);
        assert_eq!(project.requests(), 0);
    }
}

#[test]
fn a_file_that_cannot_be_read_ends_1_and_one_that_is_no_plan_4() {
    let project = Project::web_shop();
    project.write("empty.json", "");
    project.write("other.json", "{\"schema\": \"accord-plan/99\"}");
    for (file, code) in [
        ("missing.json", 1),
        (".", 1),
        ("empty.json", 4),
        ("other.json", 4),
        ("accord.yaml", 4),
    ] {
        for command in ["show", "report"] {
            let outcome = project.run(&[command, file]).expect(code);
            assert!(outcome.stderr.contains(file), "{}", outcome.stderr);
        }
    }
}

/// Whoever reviews a plan goes on with the ids that are shown.
#[test]
fn a_plan_that_does_not_hold_what_its_ids_say_is_not_shown() {
    let project = Project::web_shop();
    project.run(&["plan", "--save", "plan.json"]).expect(0);
    let whole: serde_json::Value =
        serde_json::from_str(&project.read("plan.json")).expect("a plan");
    for (key, value) in [
        ("planId", serde_json::json!("0".repeat(32))),
        ("reviewId", serde_json::json!("0".repeat(32))),
        ("changes", serde_json::json!([])),
    ] {
        let mut forged = whole.clone();
        forged[key] = value;
        project.write("forged.json", &forged.to_string());
        for command in ["show", "report"] {
            let outcome = project.run(&[command, "forged.json"]).expect(4);
            assert_eq!(outcome.stdout, "", "{command} {key}");
            assert!(
                outcome.stderr.contains("plan-file-damaged"),
                "{}",
                outcome.stderr
            );
        }
    }
}

#[test]
fn offline_sends_nothing() {
    let project = Project::web_shop();
    let outcome = project.run(&["plan", "--offline"]);
    assert!(matches!(outcome.code, Some(5 | 10)), "{outcome:?}");
    assert!(outcome.stderr.contains("offline"), "{}", outcome.stderr);
    assert_eq!(project.requests(), 0);
}

#[test]
fn help_and_version_are_a_success() {
    let project = Project::without_items();
    for line in [
        &["--help"] as &[&str],
        &["--version"],
        &["apply", "--help"],
        &["help", "plan"],
    ] {
        let outcome = project.run(line).expect(0);
        assert!(
            !outcome.stdout.is_empty() && outcome.stderr.is_empty(),
            "{outcome:?}"
        );
    }
}

const ALLOWING_ALL: [&str; 6] = [
    "apply",
    "--yes",
    "--allow-updates",
    "99",
    "--allow-deletes",
    "99",
];

fn refused_without_a_write(project: &Project, line: &[&str], code: &str) {
    project.state().log.clear();
    let told = project.run(line).expect(5).stderr;
    assert!(told.contains(code), "{told}");
    assert_eq!(project.writes(), 0, "{line:?}");
}

#[test]
fn too_many_deletes_end_5_before_any_write() {
    let project = Project::web_shop();
    let old = "  match: [marker, id, title]\n";
    let new = format!("{old}  whenDeletedIn: {{ testworthy: close }}\n");
    project.replace("rules/checkout-cases.yaml", old, &new);
    project.run(&["apply", "--yes"]).expect(0);
    for case in 210_304..=210_306 {
        project.state().delete_case(case).expect("a deletion");
    }
    project.run(&["plan", "--detailed-exitcode"]).expect(5);
    refused_without_a_write(&project, &["apply", "--yes"], "too-many-deletes");
    project
        .run(&["apply", "--yes", "--allow-deletes", "3"])
        .expect(0);
    project.run(&["plan", "--detailed-exitcode"]).expect(0);
}

/// Every work item is gone and nobody says why; a new case must not start anew there.
#[test]
fn a_side_that_lists_nothing_ends_5_before_any_write() {
    let project = Project::web_shop();
    project.run(&["apply", "--yes"]).expect(0);
    {
        let mut state = project.state();
        for id in state.azure_devops.work_item_ids() {
            state.delete_work_item(id).expect("a deletion");
        }
        let now = state.clock.now();
        let edit = CaseEdit::titled("New one").section(901);
        let added = state.testworthy.add_case(None, 41, &edit, (513, now));
        added.expect("a new case");
    }
    project.run(&["plan", "--detailed-exitcode"]).expect(5);
    refused_without_a_write(&project, &["apply", "--yes"], "empty-listing");
    refused_without_a_write(&project, &ALLOWING_ALL, "empty-listing");
}

#[test]
fn a_server_that_was_set_back_ends_5_before_any_write() {
    let project = Project::web_shop();
    project.run(&["apply", "--yes"]).expect(0);
    let backup = project.state().azure_devops.clone();
    let title = |text: &str| json!({ "title": text });
    let edited = project.state().edit_case(210_304, &title("Before"));
    edited.expect("an edit");
    project.run(&["apply", "--yes"]).expect(0);
    project.state().azure_devops = backup;
    let edited = project.state().edit_case(210_304, &title("After"));
    edited.expect("an edit");
    project.run(&["plan", "--detailed-exitcode"]).expect(5);
    refused_without_a_write(&project, &ALLOWING_ALL, "revision-went-down");
    // What the message says leads out.
    let told = project.run(&["state", "rebuild"]).expect(0).stdout;
    assert!(told.contains("1 pair begins anew"), "{told}");
    project.run(&["apply", "--yes"]).expect(0);
    project.run(&["plan", "--detailed-exitcode"]).expect(0);
}
