//! Plans that are saved, applied from a file and insisted on, judged from outside.

use std::path::Path;

use serde_json::{Value, json};

use crate::project::{Outcome, Project};

const PLAN: &str = "plan.json";

/// A project after its first apply with one case renamed, and the plan of that saved.
fn renamed() -> Project {
    let project = Project::web_shop();
    project.run(&["apply", "--yes"]).expect(0);
    rename(&project, 210_301, "Renamed");
    project.run(&["plan", "--save", PLAN]).expect(0);
    project
}

fn rename(project: &Project, case: u64, title: &str) {
    let edited = project.state().edit_case(case, &json!({ "title": title }));
    edited.expect("an edit");
}

fn work_item_of(project: &Project, case: u64) -> u64 {
    let told = project
        .run(&["state", "list", "--format", "json"])
        .expect(0);
    let document: Value = serde_json::from_str(&told.stdout).expect("JSON");
    let pairs = document["pairs"].as_array().expect("pairs");
    let pair = pairs.iter().find(|pair| pair["case"] == case);
    pair.expect("the pair")["workItem"].as_u64().expect("an id")
}

fn title(project: &Project, id: u64) -> String {
    let state = project.state();
    let item = state.azure_devops.work_item(id).expect("the work item");
    item["fields"]["System.Title"]
        .as_str()
        .unwrap_or_default()
        .to_owned()
}

fn document(project: &Project, file: &str) -> Value {
    serde_json::from_str(&project.read(file)).expect("JSON")
}

/// Runs a command that must write to neither system.
#[track_caller]
fn refused(project: &Project, arguments: &[&str], code: i32) -> Outcome {
    let before = project.writes();
    let outcome = project.run(arguments).expect(code);
    assert_eq!(project.writes(), before, "{arguments:?} wrote");
    outcome
}

/// As [`refused`], without any request.
#[track_caller]
fn refused_unasked(project: &Project, arguments: &[&str], code: i32) -> Outcome {
    let before = project.requests();
    let outcome = project.run(arguments).expect(code);
    assert_eq!(
        project.requests(),
        before,
        "{arguments:?} contacted a system"
    );
    outcome
}

#[test]
fn a_saved_plan_is_the_json_plan_and_readable_by_its_owner_alone() {
    let project = renamed();
    project
        .run(&["plan", "--save", "again.json", "--out", "json=out.json"])
        .expect(0);
    assert_eq!(project.read("again.json"), project.read("out.json"));
    assert_eq!(
        project.read(PLAN),
        project.read("out.json"),
        "the same bytes each time"
    );
    project.assert_no_secret("the saved plan", project.read(PLAN).as_bytes());
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::metadata(project.path().join(PLAN))
            .expect("a file")
            .permissions();
        assert_eq!(mode.mode() & 0o777, 0o600);
    }
    assert!(!Path::new(PLAN).exists(), "it stands in the project");
}

#[test]
fn a_saved_plan_is_applied_without_a_question_and_again_without_work() {
    let project = renamed();
    let item = work_item_of(&project, 210_301);
    let done = project.run(&["apply", PLAN]).expect(0);
    assert!(
        done.stdout.contains("1 done, 0 left out"),
        "{}",
        done.stdout
    );
    assert_eq!(title(&project, item), "Renamed");
    let again = refused(&project, &["apply", PLAN], 0);
    assert!(
        again.stdout.contains("Nothing is left to do"),
        "{}",
        again.stdout
    );
    let told = refused(&project, &["apply", PLAN, "--format", "json"], 0);
    let told: Value = serde_json::from_str(&told.stdout).expect("one document");
    assert_eq!(told["satisfied"][0], "SyncRule/checkout-cases/case/210301");
    assert_eq!(told["leftOut"], json!([]));
}

/// Somebody edits the work item of case 210301, which a saved plan then does not fit any more; which it is.
fn edit_by_hand(project: &Project) -> u64 {
    let item = work_item_of(project, 210_301);
    let edited = project
        .state()
        .edit_work_item(item, &json!({ "System.Title": "By hand" }));
    edited.expect("an edit");
    item
}

#[test]
fn stale_operations_are_left_out_and_told() {
    let project = Project::web_shop();
    project.run(&["apply", "--yes"]).expect(0);
    rename(&project, 210_301, "Renamed");
    rename(&project, 210_302, "Renamed too");
    project.run(&["plan", "--save", PLAN]).expect(0);
    let item = edit_by_hand(&project);
    let outcome = project.run(&["apply", PLAN]).expect(9);
    assert!(
        outcome
            .stderr
            .contains("case/210301 (update in Azure DevOps): left out: the item was touched since"),
        "{}",
        outcome.stderr
    );
    assert_eq!(title(&project, item), "By hand");
    assert_eq!(
        title(&project, work_item_of(&project, 210_302)),
        "Renamed too"
    );

    // Now the other one is satisfied and this one is still stale: nothing is written.
    let outcome = refused(&project, &["apply", PLAN], 6);
    assert!(
        outcome.stderr.contains("operation-stale"),
        "{}",
        outcome.stderr
    );
    let outcome = refused(&project, &["apply", PLAN, "--format", "json"], 6);
    let told: Value = serde_json::from_str(&outcome.stdout).expect("one document");
    assert_eq!(told["leftOut"][0]["why"], "changed");
    assert_eq!(told["applied"], 0);
}

#[test]
fn a_file_that_was_touched_is_refused_before_anything_is_contacted() {
    let project = renamed();
    let whole = document(&project, PLAN);
    let tampered = |change: &dyn Fn(&mut Value)| {
        let mut document = whole.clone();
        change(&mut document);
        project.write("tampered.json", &document.to_string());
        refused_unasked(&project, &["apply", "tampered.json"], 4)
    };
    for change in [
        &(|it: &mut Value| it["changes"][0]["fields"][0]["after"] = "Other".into())
            as &dyn Fn(&mut Value),
        &|it| it["changes"][0]["address"] = "SyncRule/checkout-cases/case/210302".into(),
        &|it| it["changes"][0]["precondition"]["rev"] = 99.into(),
        &|it| it["inputs"]["digest"] = "0".repeat(64).into(),
        &|it| it["connections"][0]["project"] = "Other".into(),
        &|it| it["inputs"]["only"] = json!(["SyncRule/account-ideas"]),
        &|it| it["planId"] = "0".repeat(32).into(),
        &|it| it["reviewId"] = "0".repeat(32).into(),
        &|it| it["changes"] = json!([]),
        &|it| it["schema"] = "accord-plan/2".into(),
        &|it| it["changes"] = "gone".into(),
    ] {
        let outcome = tampered(change);
        assert!(
            outcome.stderr.contains("plan-file-damaged"),
            "{}",
            outcome.stderr
        );
    }
    let cut = project.read(PLAN);
    project.write("cut.json", &cut[..cut.len() / 2]);
    refused_unasked(&project, &["apply", "cut.json"], 4);
    project.write("empty.json", "");
    refused_unasked(&project, &["apply", "empty.json"], 4);
    refused_unasked(&project, &["apply", "no-such.json"], 1);
    project.run(&["explain", "plan-file-damaged"]).expect(0);
}

#[test]
fn a_plan_of_other_manifests_is_refused_and_says_which() {
    let project = renamed();
    project.replace(
        "rules/checkout-cases.yaml",
        "match: [marker, id, title]",
        "match: [marker, id]",
    );
    let outcome = refused_unasked(&project, &["apply", PLAN], 6);
    assert!(
        outcome.stderr.contains("plan-of-another-checkout")
            && outcome.stderr.contains("manifests:"),
        "{}",
        outcome.stderr
    );
    assert!(
        !outcome.stderr.contains("connection web-shop"),
        "{}",
        outcome.stderr
    );
    project.replace(
        "connection.yaml",
        "project: Web Shop",
        "project: Web Shop 2",
    );
    let outcome = refused_unasked(&project, &["apply", PLAN], 6);
    assert!(
        outcome.stderr.contains("connection web-shop") && outcome.stderr.contains("Web Shop 2"),
        "{}",
        outcome.stderr
    );
}

#[test]
fn a_plan_that_was_blocked_is_refused_and_one_that_is_blocked_now_too() {
    let project = Project::web_shop();
    project.run(&["apply", "--yes"]).expect(0);
    let cases: Vec<u64> = (210_301..=210_309).collect();
    for case in &cases {
        rename(&project, *case, &format!("Renamed {case}"));
    }
    project.run(&["plan", "--save", PLAN]).expect(0);
    assert_eq!(
        document(&project, PLAN)["safety"]["verdict"],
        "blocked",
        "the scene"
    );
    let outcome = refused_unasked(&project, &["apply", PLAN], 5);
    assert!(
        outcome.stderr.contains("too-many-updates"),
        "{}",
        outcome.stderr
    );
    refused_unasked(&project, &["apply", PLAN, "--allow-updates", "9"], 5);
    project
        .run(&["plan", "--allow-updates", "9", "--save", PLAN])
        .expect(0);
    let outcome = refused(&project, &["apply", PLAN], 5);
    assert!(
        outcome.stderr.contains("--allow-updates"),
        "{}",
        outcome.stderr
    );
    project
        .run(&["apply", PLAN, "--allow-updates", "9"])
        .expect(0);
    assert_eq!(
        title(&project, work_item_of(&project, 210_305)),
        "Renamed 210305"
    );
}

#[test]
fn what_narrows_a_plan_does_not_go_with_a_file() {
    let project = renamed();
    for more in [
        &["--only", "SyncRule/checkout-cases"][..],
        &["--full-scan"],
        &["--save", "again.json"],
    ] {
        let arguments = [&["apply", PLAN][..], more].concat();
        refused_unasked(&project, &arguments, 64);
    }
    refused_unasked(&project, &["apply", "--reviewed", PLAN], 64);
    for wrong in ["latest", "0123456789ab", &"z".repeat(32)] {
        refused_unasked(&project, &["apply", "--yes", "--expect", wrong], 64);
    }
}

#[test]
fn only_the_expected_plan_runs() {
    let project = renamed();
    let saved = document(&project, PLAN);
    let (plan_id, review_id) = (
        saved["planId"].as_str().expect("an id"),
        saved["reviewId"].as_str().expect("an id"),
    );
    // Another id, and one of another plan.
    let outcome = refused(
        &project,
        &[
            "apply",
            "--yes",
            "--expect",
            "0123456789abcdef0123456789abcdef",
        ],
        6,
    );
    for part in ["not-the-expected-plan", plan_id, review_id] {
        assert!(outcome.stderr.contains(part), "{}", outcome.stderr);
    }
    let other = "0".repeat(32);
    refused_unasked(&project, &["apply", PLAN, "--expect", &other], 6);

    // A person's edit makes another plan of it and voids no review.
    rename(&project, 210_302, "By a tester");
    let outcome = refused(&project, &["apply", "--yes", "--expect", plan_id], 6);
    assert!(
        !outcome.stderr.contains("what differs from"),
        "{}",
        outcome.stderr
    );
    let outcome = refused(
        &project,
        &["apply", "--yes", "--expect", plan_id, "--reviewed", PLAN],
        6,
    );
    assert!(
        outcome.stderr.contains("operations: 1 came") && outcome.stderr.contains("case/210302"),
        "{}",
        outcome.stderr
    );
    project
        .run(&["apply", "--yes", "--expect", review_id])
        .expect(0);
    assert_eq!(
        title(&project, work_item_of(&project, 210_302)),
        "By a tester"
    );
}

/// Who writes manifests can make two plans whose ids begin alike.
#[test]
fn the_first_digits_of_an_id_are_not_enough() {
    let project = renamed();
    let saved = document(&project, PLAN);
    for id in ["planId", "reviewId"] {
        let id = saved[id].as_str().expect("an id");
        for length in [12, 16, 31] {
            let part = &id[..length];
            let outcome = refused_unasked(&project, &["apply", "--yes", "--expect", part], 64);
            assert!(
                outcome.stderr.contains("32 hexadecimal digits"),
                "{}",
                outcome.stderr
            );
            refused_unasked(&project, &["apply", PLAN, "--expect", part], 64);
        }
    }
    let id = saved["planId"].as_str().expect("an id").to_uppercase();
    project.run(&["apply", PLAN, "--expect", &id]).expect(0);
}

#[test]
fn a_change_of_the_manifests_voids_a_review_and_is_shown() {
    let project = renamed();
    let saved = document(&project, PLAN);
    let review_id = saved["reviewId"].as_str().expect("an id");
    project.replace(
        "rules/checkout-cases.yaml",
        "match: [marker, id, title]",
        "match: [marker, id]",
    );
    let outcome = refused(
        &project,
        &["apply", "--yes", "--expect", review_id, "--reviewed", PLAN],
        6,
    );
    assert!(
        outcome.stderr.contains("manifests: digest"),
        "{}",
        outcome.stderr
    );
    // The plan as it is now is on stdout, for people and for programs.
    assert!(outcome.stdout.contains("Plan "), "{}", outcome.stdout);
    let outcome = refused(
        &project,
        &["apply", "--yes", "--format", "json", "--expect", review_id],
        6,
    );
    let shown: Value = serde_json::from_str(&outcome.stdout).expect("one document");
    assert_eq!(shown["schema"], "accord-plan/1");
    let other = "0".repeat(32);
    let arguments = ["apply", "--yes", "--expect", &other, "--reviewed", PLAN];
    let outcome = refused_unasked(&project, &arguments, 64);
    assert!(outcome.stderr.contains("--reviewed"), "{}", outcome.stderr);
}

/// What is a document stays one: the words about what became of the plan are on stderr.
#[test]
fn with_a_format_for_programs_stdout_carries_the_plan_alone() {
    let project = Project::web_shop();
    project.run(&["apply", "--yes"]).expect(0);
    for format in ["jsonl", "sarif", "markdown", "github", "azure-pipelines"] {
        rename(&project, 210_301, &format!("Renamed for {format}"));
        project.run(&["plan", "--save", PLAN]).expect(0);
        let line = ["apply", PLAN, "--format", format];
        for words in [
            "Applied from the saved plan: 1 done",
            "Nothing is left to do",
        ] {
            let outcome = project.run(&line).expect(0);
            assert!(outcome.stderr.contains(words), "{format}: {outcome:?}");
            assert!(!outcome.stdout.contains(words), "{format}: {outcome:?}");
            is_document(format, &outcome.stdout);
        }
    }
    // Nothing of it holds: the document says that nothing runs.
    rename(&project, 210_301, "Renamed again");
    project.run(&["plan", "--save", PLAN]).expect(0);
    edit_by_hand(&project);
    for format in ["jsonl", "sarif", "markdown"] {
        let outcome = refused(&project, &["apply", PLAN, "--format", format], 6);
        is_document(format, &outcome.stdout);
    }
}

#[track_caller]
fn is_document(format: &str, stdout: &str) {
    match format {
        "jsonl" => {
            let types: Vec<String> = stdout
                .lines()
                .map(|line| {
                    let event: Value = serde_json::from_str(line).expect("an event on each line");
                    event["type"].as_str().expect("a type").to_owned()
                })
                .collect();
            assert_eq!(types.first().map(String::as_str), Some("start"));
            assert_eq!(types.last().map(String::as_str), Some("end"));
            let plans = types.iter().filter(|one| *one == "plan").count();
            assert_eq!(plans, 1, "{stdout}");
        }
        "sarif" => {
            let sarif: Value = serde_json::from_str(stdout).expect("one document");
            assert_eq!(sarif["version"], "2.1.0");
        }
        "markdown" => assert!(stdout.starts_with("## Accord plan\n"), "{stdout}"),
        "azure-pipelines" => assert!(
            stdout.contains("##vso[task.setvariable variable=planId;isOutput=true]"),
            "{stdout}"
        ),
        _ => assert!(
            stdout.lines().all(|line| line.starts_with("::")),
            "{stdout}"
        ),
    }
}
