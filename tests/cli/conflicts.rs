//! `accord conflicts`: what is listed, shown and decided, and what is never shown or written unasked.

use accord::sandbox::{Fault, FaultKind};
use serde_json::{Value, json};

use crate::project::{Outcome, Project};

pub(crate) const TWO_WAY: &str = "\
apiVersion: accord/v1
kind: SyncRule
metadata: { name: checkout-cases }
spec:
  connection: web-shop
  mapping: test-case
  scope:
    testworthy: { suites: [41] }
    azureDevOps: { areaPath: 'Web Shop\\QA\\Checkout' }
  direction: twoWay
  create: azureDevOps
  createIn:
    azureDevOps: { areaPath: 'Web Shop\\QA\\Checkout' }
  match: [marker, id, title]
  firstSync: testworthy
";

/// The example project with one rule that goes both ways.
pub(crate) fn two_way() -> Project {
    let project = Project::web_shop();
    std::fs::remove_file(project.path().join("rules/account-ideas.yaml")).expect("a rule");
    project.write("rules/checkout-cases.yaml", TWO_WAY);
    project
}

/// The same, applied once.
pub(crate) fn applied() -> Project {
    let project = two_way();
    project.run(&["apply", "--yes"]).expect(0);
    project
}

pub(crate) fn edit(project: &Project, case: &Value, item: &Value) {
    let mut state = project.state();
    state.edit_case(210_304, case).expect("a case");
    state.edit_work_item(5104, item).expect("a work item");
}

/// Both sides change the title of one pair, and an apply finds that out.
pub(crate) fn in_conflict() -> Project {
    let project = applied();
    edit(
        &project,
        &json!({ "title": "left title" }),
        &json!({ "System.Title": "right title" }),
    );
    project.run(&["apply", "--yes"]).expect(0);
    project
}

pub(crate) fn parsed(outcome: &Outcome) -> Value {
    serde_json::from_str(&outcome.stdout).expect("JSON")
}

fn title_of(project: &Project, id: u64) -> Value {
    let state = project.state();
    let item = state.azure_devops.work_item(id).expect("a work item");
    item["fields"]["System.Title"].clone()
}

#[test]
fn nothing_waits_where_nothing_was_applied_and_nothing_is_made() {
    let project = two_way();
    for line in [
        &["conflicts", "list"][..],
        &["conflicts", "list", "--all"],
        &["state", "list"],
        &["state", "verify"],
        &["status"],
    ] {
        project.run(line).expect(0);
    }
    for line in [
        &["conflicts", "show", "1"][..],
        &["conflicts", "show", "loss/1"],
        &["conflicts", "resolve", "1", "--take", "testworthy", "--yes"],
        &["state", "show", "SyncRule/checkout-cases/case/1"],
    ] {
        project.run(line).expect(64);
    }
    assert!(
        !project.path().join(".accord").exists(),
        "no state was made"
    );
    assert_eq!(project.requests(), 0);
}

#[test]
fn listing_and_showing_contact_nothing_and_speak_json() {
    let project = in_conflict();
    let before = project.requests();
    let list = parsed(
        &project
            .run(&["conflicts", "list", "--format", "json"])
            .expect(0),
    );
    assert_eq!(list["schema"], "accord-conflicts/1");
    let conflict = &list["conflicts"][0];
    assert_eq!(conflict["address"], "SyncRule/checkout-cases/case/210304");
    assert_eq!(conflict["subject"]["row"], "title");
    assert_eq!(conflict["state"], "open");
    assert_eq!(
        conflict["takes"],
        json!(["testworthy", "azureDevOps", "merged"])
    );
    let shown = parsed(
        &project
            .run(&["conflicts", "show", "1", "--format", "json"])
            .expect(0),
    );
    assert_eq!(shown["now"]["testworthy"], "left title");
    assert_eq!(shown["now"]["azureDevOps"], "right title");
    assert_eq!(shown["base"]["testworthy"], "Apply a valid voucher");
    let status = project.run(&["status"]).expect(0).stdout;
    assert!(status.contains("`accord conflicts list`"), "{status}");
    assert!(
        status.contains("`title`: both sides changed it"),
        "{status}"
    );
    assert_eq!(project.requests(), before);
}

#[test]
fn what_cannot_be_decided_is_refused_and_changes_nothing() {
    let project = in_conflict();
    let before = (project.requests(), title_of(&project, 5104));
    for (line, code, words) in [
        (
            &["conflicts", "resolve", "1", "--take", "keep", "--yes"][..],
            64,
            "--take testworthy, azureDevOps, merged",
        ),
        (
            &["conflicts", "resolve", "9", "--take", "testworthy", "--yes"],
            64,
            "there is no conflict 9",
        ),
        (
            &["conflicts", "resolve", "x", "--take", "testworthy"],
            64,
            "invalid value 'x'",
        ),
        (
            &["conflicts", "resolve", "1", "--take", "theirs"],
            64,
            "possible values: testworthy",
        ),
        (
            &["conflicts", "resolve", "--take", "testworthy"],
            64,
            "<ID>",
        ),
        (&["conflicts", "resolve", "1"], 64, "--take"),
        (
            &["conflicts", "show", "loss/99"],
            64,
            "there is no overwritten value loss/99",
        ),
        (&["conflicts", "show", "loss/x"], 64, "loss/N"),
        (
            &["conflicts", "list", "--rule", "checkout-case"],
            64,
            "did you mean `checkout-cases`?",
        ),
    ] {
        let told = project.run(line).expect(code).stderr;
        assert!(told.contains(words), "{line:?}: {told}");
    }
    assert_eq!(before, (project.requests(), title_of(&project, 5104)));
    let list = project.run(&["conflicts", "list"]).expect(0).stdout;
    assert!(list.starts_with("Waiting for a decision\n"), "{list}");
}

#[test]
fn a_decision_that_nobody_confirms_is_taken_back() {
    let project = in_conflict();
    let line = ["conflicts", "resolve", "1", "--take", "testworthy"];
    let outcome = project.run(&line).expect(64);
    assert!(
        outcome.stdout.contains("TestWorthy"),
        "the plan is shown: {}",
        outcome.stdout
    );
    assert!(outcome.stderr.contains("taken back"), "{}", outcome.stderr);
    project.run(&["apply", "--yes"]).expect(0);
    assert_eq!(title_of(&project, 5104), "right title");
}

/// Whatever goes wrong on the way, the decision does not stay behind.
#[test]
fn a_decision_is_taken_back_when_a_system_does_not_answer() {
    let project = in_conflict();
    project
        .state()
        .faults
        .add(Fault::new("*/get_cases/*", FaultKind::Unauthorized));
    let line = ["conflicts", "resolve", "1", "--take", "testworthy", "--yes"];
    let outcome = project.run(&line).expect(8);
    assert!(outcome.stderr.contains("taken back"), "{}", outcome.stderr);
    project.state().faults.clear();
    let list = project.run(&["conflicts", "list"]).expect(0).stdout;
    assert!(list.starts_with("Waiting for a decision\n"), "{list}");
}

/// The values changed again, and what is there now cannot be written down: then that is what is told.
#[test]
fn a_state_that_cannot_be_written_is_told_before_a_void_decision() {
    let project = in_conflict();
    let edited = project
        .state()
        .edit_work_item(5104, &json!({ "System.Title": "another title" }));
    edited.expect("a work item");
    let state = rusqlite::Connection::open(project.path().join(".accord/state.db"));
    let state = state.expect("the state");
    state
        .execute_batch(
            "CREATE TRIGGER full BEFORE INSERT ON conflict \
             BEGIN SELECT RAISE(ABORT, 'no space is left'); END;",
        )
        .expect("a trigger");
    let line = ["conflicts", "resolve", "1", "--take", "testworthy", "--yes"];
    let outcome = project.run(&line).expect(1);
    assert!(outcome.stderr.contains("no space is left"), "{outcome:?}");
    assert!(outcome.stderr.contains("taken back"), "{outcome:?}");
    assert!(!outcome.stderr.contains("is void"), "{outcome:?}");
    state
        .execute_batch("DROP TRIGGER full;")
        .expect("no trigger");
    let outcome = project.run(&line).expect(6);
    assert!(outcome.stderr.contains("is void"), "{outcome:?}");
    assert_eq!(title_of(&project, 5104), "another title");
}

/// Void or not: a plan that a safety rule blocks is told first, and nothing of it is written down.
#[test]
fn a_blocked_plan_is_told_before_a_void_decision() {
    let project = in_conflict();
    edit(
        &project,
        &json!({ "gherkin": "Given a cheque" }),
        &json!({ "System.Title": "another title" }),
    );
    let settings = project.path().join("accord.yaml");
    let text = std::fs::read_to_string(&settings).expect("the settings");
    project.write(
        "accord.yaml",
        &text.replace("maxPercent: 30", "maxPercent: 0"),
    );
    let line = ["conflicts", "resolve", "1", "--take", "testworthy", "--yes"];
    let outcome = project.run(&line).expect(5);
    for told in ["too-many-updates", "taken back"] {
        assert!(outcome.stderr.contains(told), "{told}: {outcome:?}");
    }
    assert!(!outcome.stderr.contains("is void"), "{outcome:?}");
    project.write("accord.yaml", &text);
    let outcome = project.run(&line).expect(6);
    assert!(outcome.stderr.contains("is void"), "{outcome:?}");
}

#[test]
fn a_decision_for_later_contacts_nothing_and_is_carried_out_by_the_next_apply() {
    let project = in_conflict();
    let before = project.requests();
    let line = [
        "conflicts",
        "resolve",
        "1",
        "--take",
        "testworthy",
        "--later",
    ];
    project.run(&line).expect(0);
    assert_eq!(project.requests(), before);
    project.run(&["apply", "--yes"]).expect(0);
    assert_eq!(title_of(&project, 5104), "left title");
    project.run(&["plan", "--detailed-exitcode"]).expect(0);
    // It is closed now, and what was overwritten is kept.
    let told = project.run(&line).expect(6).stderr;
    assert!(told.contains("a person took testworthy"), "{told}");
    let all = project
        .run(&["conflicts", "list", "--all"])
        .expect(0)
        .stdout;
    assert!(all.contains("Closed\n") && all.contains("loss/"), "{all}");
}

#[test]
fn several_are_decided_at_once_and_told_as_json() {
    let project = applied();
    edit(
        &project,
        &json!({ "title": "left", "gherkin": "left text" }),
        &json!({ "System.Title": "right", "Custom.Gherkin": "right text" }),
    );
    project.run(&["apply", "--yes"]).expect(0);
    let line = [
        "conflicts",
        "resolve",
        "1",
        "2",
        "2",
        "--take",
        "azureDevOps",
        "--yes",
        "--format",
        "json",
    ];
    let outcome = parsed(&project.run(&line).expect(0));
    assert_eq!(outcome["schema"], "accord-resolve/1");
    let done = json!([{ "id": 1, "outcome": "carriedOut" }, { "id": 2, "outcome": "carriedOut" }]);
    assert_eq!(outcome["decisions"], done);
    assert_eq!(outcome["apply"]["applied"], 1);
    project.run(&["plan", "--detailed-exitcode"]).expect(0);
}

#[test]
fn sensitive_values_are_shown_only_when_asked_for() {
    let project = two_way();
    let row = "azureDevOps: Custom.Gherkin }";
    project.replace(
        "mappings/test-case.yaml",
        row,
        "azureDevOps: Custom.Gherkin, sensitive: true }",
    );
    project.run(&["apply", "--yes"]).expect(0);
    edit(
        &project,
        &json!({ "gherkin": "hidden-left" }),
        &json!({ "Custom.Gherkin": "hidden-right" }),
    );
    project.run(&["apply", "--yes"]).expect(0);
    let pair = "SyncRule/checkout-cases/case/210304";
    for format in ["human", "json"] {
        for line in [
            &["conflicts", "list", "--all"][..],
            &["conflicts", "show", "1"],
            &["state", "show", pair],
            &["state", "list"],
            &["drift"],
            &["status"],
            &["plan"],
        ] {
            let line = [line, &["--format", format]].concat();
            let outcome = project.run(&line).expect(0);
            for text in [&outcome.stdout, &outcome.stderr] {
                assert!(!text.contains("hidden-"), "{line:?}: {text}");
            }
        }
        let line = ["conflicts", "show", "1", "--reveal", "--format", format];
        let shown = project.run(&line).expect(0).stdout;
        assert!(
            shown.contains("hidden-left") && shown.contains("hidden-right"),
            "{shown}"
        );
    }
    let shown = project.run(&["conflicts", "show", "1"]).expect(0).stdout;
    assert!(shown.contains("--reveal"), "{shown}");
    let resolved = project
        .run(&["conflicts", "resolve", "1", "--take", "testworthy", "--yes"])
        .expect(0);
    assert!(!resolved.stdout.contains("hidden-"), "{}", resolved.stdout);
    project.run(&["conflicts", "list", "--all"]).expect(0);
    let line = ["state", "show", pair, "--reveal"];
    assert!(project.run(&line).expect(0).stdout.contains("hidden-left"));
}

#[test]
fn two_way_rules_are_only_planned_in_ci() {
    let mut project = in_conflict();
    let before = project.writes();
    project.set("CI", "true");
    for line in [
        &["apply", "--yes"][..],
        &["conflicts", "resolve", "1", "--take", "testworthy", "--yes"],
    ] {
        let told = project.run(line).expect(5).stderr;
        assert!(
            told.contains("two-way-in-ci") && told.contains("state.postgres"),
            "{told}"
        );
    }
    project.run(&["plan"]).expect(0);
    assert_eq!(project.writes(), before);
    project.run(&["explain", "two-way-in-ci"]).expect(0);
    for off in ["false", "0", ""] {
        project.set("CI", off);
        project.run(&["apply", "--yes"]).expect(0);
    }
}

/// One-way rules go on in CI, alone or named.
#[test]
fn one_way_rules_run_in_ci() {
    let mut project = Project::web_shop();
    project.set("CI", "true");
    project.run(&["apply", "--yes"]).expect(0);
    project.replace(
        "rules/checkout-cases.yaml",
        "direction: toAzureDevOps",
        "direction: twoWay",
    );
    project.run(&["apply", "--yes"]).expect(5);
    let line = ["apply", "--yes", "--only", "SyncRule/account-ideas"];
    project.run(&line).expect(0);
}
