//! What a runner takes from a step: its summary within the limit, and outputs that nobody can forge.

use std::collections::BTreeMap;

use serde_json::json;

use super::scene::{Scene, plan, plan_id, review_id};

/// Reads the file of outputs as the runner does.
fn outputs(text: &str) -> BTreeMap<String, String> {
    let mut lines = text.lines();
    let mut found = BTreeMap::new();
    while let Some(line) = lines.next() {
        let (name, delimiter) = line.split_once("<<").expect("the form with a delimiter");
        let value: Vec<&str> = lines
            .by_ref()
            .take_while(|line| *line != delimiter)
            .collect();
        found.insert(name.to_owned(), value.join("\n"));
    }
    found
}

#[test]
fn later_steps_get_what_they_decide_by() {
    let mut scene = Scene::new();
    scene.give("GITHUB_OUTPUT", "output");
    scene.give("GITHUB_STEP_SUMMARY", "summary.md");
    let url = scene.post().expect(0).stdout;
    let found = outputs(&scene.read("output"));
    let names = [
        "plan_id",
        "review_id",
        "changes",
        "to_create",
        "to_update",
        "to_delete",
        "to_link",
        "conflicts",
        "blocked",
        "comment_url",
        "report_truncated",
    ];
    assert_eq!(found.len(), names.len());
    for (name, value) in [
        ("plan_id", plan_id().as_str()),
        ("review_id", review_id().as_str()),
        ("changes", "true"),
        ("to_create", "0"),
        ("to_update", "1"),
        ("to_delete", "0"),
        ("to_link", "0"),
        ("conflicts", "0"),
        ("blocked", "false"),
        ("comment_url", url.trim_end()),
        ("report_truncated", "false"),
    ] {
        assert!(names.contains(&name));
        assert_eq!(found[name], value, "{name}");
    }
    assert!(scene.read("summary.md").contains(url.trim_end()));
}

/// The file may be a stranger's: what it says of itself reaches nothing that the runner reads.
#[test]
fn a_forged_plan_cannot_write_outputs() {
    let mut scene = Scene::new();
    scene.give("GITHUB_OUTPUT", "output");
    scene.give("GITHUB_STEP_SUMMARY", "summary.md");
    for id in [
        "x\n::error::injected\ny",
        "x\naccord_1\nblocked=false\nblocked<<x\nfalse\nx",
        "00112233445566778899aabbccddeeff",
    ] {
        let mut forged = plan(1);
        forged["planId"] = json!(id);
        scene.write("plan.json", &forged.to_string());
        let outcome = scene.run(&["report", "plan.json"]).expect(4);
        assert_eq!(outcome.stdout, "");
        assert!(
            outcome.stderr.contains("plan-file-damaged"),
            "{}",
            outcome.stderr
        );
        assert_eq!(scene.read("output"), "");
        assert_eq!(scene.read("summary.md"), "");
    }
}

#[test]
fn the_summary_stays_below_the_runners_limit() {
    let mut scene = Scene::new();
    scene.give("GITHUB_STEP_SUMMARY", "summary.md");
    scene.write("plan.json", &plan(20_000).to_string());
    let before = "x".repeat(980_000);
    scene.write("summary.md", &before);
    scene.run(&["report", "plan.json"]).expect(0);
    let summary = scene.read("summary.md");
    assert!(summary.starts_with(&before));
    assert!(summary.len() <= 1_000_000, "{}", summary.len());
    assert!(summary.len() > 985_000, "{}", summary.len());

    scene.write("summary.md", &"x".repeat(999_500));
    let outcome = scene.run(&["report", "plan.json"]).expect(0);
    assert!(
        outcome.stderr.contains("summary is full"),
        "{}",
        outcome.stderr
    );
    assert_eq!(scene.read("summary.md").len(), 999_500);
}

#[test]
fn a_summary_is_not_written_if_it_is_not_wanted() {
    let mut scene = Scene::new();
    scene.give("GITHUB_STEP_SUMMARY", "summary.md");
    scene.give("GITHUB_OUTPUT", "output");
    scene
        .run(&["report", "plan.json", "--no-summary"])
        .expect(0);
    assert_eq!(scene.read("summary.md"), "");
    assert_eq!(scene.read("output"), "");
}

/// A server's words end up in a notice, which is a command to the runner.
#[test]
fn a_servers_words_are_no_command_to_the_runner() {
    let mut scene = Scene::new();
    scene.set("GITHUB_ACTIONS", "true");
    scene.github.fault(&json!({
        "method": "POST", "path": "/comments", "status": 403,
        "message": "no\n::set-output name=blocked::false\r\n::error::x",
    }));
    let outcome = scene.post().expect(0);
    let commands: Vec<&str> = outcome
        .stderr
        .lines()
        .filter(|line| line.trim_start().starts_with("::"))
        .collect();
    assert_eq!(commands.len(), 1, "{}", outcome.stderr);
    assert!(commands[0].starts_with("::notice title="));
}
