//! `accord report`: a saved plan as Markdown, on stdout and on pull requests.

mod find;
mod github;
mod pipelines;
mod runner;
mod scene;

use scene::{Scene, plan_id};

#[test]
fn a_report_goes_to_stdout_and_contacts_nobody() {
    let scene = Scene::new();
    let outcome = scene.run(&["report", "plan.json"]).expect(0);
    assert!(outcome.stdout.contains("A title"), "{}", outcome.stdout);
    assert_eq!(outcome.stderr, "");
    assert_eq!(scene.github.exchanges().len(), 0);
}

#[test]
fn an_outcome_stands_above_the_plan() {
    let scene = Scene::new();
    let said = [
        "report",
        "plan.json",
        "--outcome",
        "applied by <b>Ada</b> @team",
    ];
    let shown = scene.run(&said).expect(0).stdout;
    assert!(
        shown.starts_with("**Outcome:** applied by &lt;b\\>"),
        "{shown}"
    );
    assert!(!shown.contains("@team"), "nobody is notified: {shown}");

    let failure =
        serde_json::json!({ "address": "SyncRule/a/case/1", "kind": "refused", "message": "no" });
    let result = serde_json::json!({
        "schema": "accord-apply/1", "run": "r", "planId": plan_id(), "applied": 2,
        "failures": [failure], "notes": [], "stopped": false,
    });
    scene.write("result.json", &result.to_string());
    let applied = ["report", "plan.json", "--apply-result", "result.json"];
    let shown = scene.run(&applied).expect(0).stdout;
    assert!(
        shown.starts_with(
            "**Applied:** 2 done, 1 failed or skipped.\n\n- `SyncRule/a/case/1`: no\n\n"
        ),
        "{shown}"
    );
    let wrong = ["report", "plan.json", "--apply-result", "plan.json"];
    scene.run(&wrong).expect(1);
}

#[test]
fn what_is_no_plan_is_refused() {
    let scene = Scene::new();
    scene.run(&["report", "missing.json"]).expect(1);
    scene.write("other.json", "{}");
    scene.run(&["report", "other.json"]).expect(4);
    scene.run(&["report"]).expect(64);
    scene
        .run(&["report", "plan.json", "--label", "a b"])
        .expect(64);
    scene
        .run(&["report", "plan.json", "--pull-request", "0"])
        .expect(64);
    scene
        .run(&["report", "plan.json", "--find-expected"])
        .expect(64);
}

/// A plan file comes from a build that may be a stranger's: ids that are not its own do not get into a
/// marker, whether they look like ids or not.
#[test]
fn a_plan_with_forged_ids_is_not_posted() {
    let scene = Scene::new();
    for id in ["x --> <img src=x>", "00112233445566778899aabbccddeeff"] {
        let forged = scene.read("plan.json").replace(&plan_id(), id);
        scene.write("forged.json", &forged);
        let outcome = scene
            .run(&["report", "forged.json", "--post", "github"])
            .expect(4);
        assert!(
            outcome.stderr.contains("plan-file-damaged"),
            "{}",
            outcome.stderr
        );
    }
    assert_eq!(scene.github.exchanges().len(), 0);
}
