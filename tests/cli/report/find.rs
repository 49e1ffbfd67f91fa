//! `accord report --find-expected`: what was reviewed, and nothing that somebody else says was.

use serde_json::json;

use super::scene::{SHA, Scene, TOKEN, marker, plan_id, review_id};

const FIND: [&str; 2] = ["report", "--find-expected"];

/// What somebody would like to be taken for reviewed.
const FORGED: &str = "deadbeefdeadbeefdeadbeefdeadbeef";

#[test]
fn what_was_posted_on_the_pull_request_is_found_after_the_merge() {
    let scene = Scene::merged();
    let line = [
        "report",
        "plan.json",
        "--post",
        "github",
        "--pull-request",
        "7",
    ];
    scene.run(&line).expect(0);
    let outcome = scene.run(&FIND).expect(0);
    assert_eq!(outcome.stdout, format!("{}\n", review_id()));
    assert!(
        outcome.stderr.contains("pull request 7"),
        "{}",
        outcome.stderr
    );
    let json = ["report", "--find-expected", "--format", "json"];
    let told: serde_json::Value = serde_json::from_str(&scene.run(&json).expect(0).stdout).unwrap();
    assert_eq!(told["reviewId"], review_id());
    assert_eq!(told["planId"], plan_id());
    let other = ["report", "--find-expected", "--label", "other"];
    scene.run(&other).expect(6);
}

/// A stranger may comment on a public repository; so may a person whose account looks like the bot's.
#[test]
fn a_forged_comment_never_counts() {
    let forged = marker("default", FORGED, false);
    let scene = Scene::merged();
    scene.github.set(&json!({ "comments": [
        { "issue": 7, "login": "mallory", "body": forged },
        { "issue": 7, "login": "github-actions", "body": forged },
        { "issue": 7, "login": "github-actions[bot]x", "body": forged },
    ] }));
    let outcome = scene.run(&FIND).expect(6);
    assert_eq!(outcome.stdout, "");
    // Beside a true one, older or newer.
    scene.github.set(&json!({ "comments": [
        { "issue": 7, "login": "github-actions[bot]", "body": marker("default", &review_id(), false) },
        { "issue": 7, "login": "mallory", "body": forged },
        // A comment of ours that quotes one, or holds one further down.
        { "issue": 7, "login": "github-actions[bot]", "body": format!("> {forged}") },
        { "issue": 7, "login": "github-actions[bot]", "body": format!("words\n{forged}") },
    ] }));
    let outcome = scene.run(&FIND).expect(0);
    assert_eq!(outcome.stdout, format!("{}\n", review_id()));
}

#[test]
fn nothing_to_go_by_ends_6_and_prints_nothing() {
    let cut = marker("default", &review_id(), true);
    let scene = Scene::merged();
    let comment = |body: &str| json!({ "issue": 7, "login": "github-actions[bot]", "body": body });
    let outcome = scene.run(&FIND).expect(6);
    assert!(
        outcome.stderr.contains("no comment of"),
        "{}",
        outcome.stderr
    );
    scene.github.set(&json!({ "comments": [comment(&cut)] }));
    let outcome = scene.run(&FIND).expect(6);
    assert!(outcome.stderr.contains("was cut"), "{}", outcome.stderr);
    assert_eq!(outcome.stdout, "");

    let mut pushed = Scene::new();
    pushed.event(&json!({ "ref": "refs/heads/main" }));
    let outcome = pushed.run(&FIND).expect(6);
    assert!(
        outcome.stderr.contains("not merged from"),
        "{}",
        outcome.stderr
    );
}

#[test]
fn a_pull_request_that_merely_holds_the_commit_is_not_the_reviewed_one() {
    let mut scene = Scene::new();
    scene.event(&json!({ "ref": "refs/heads/main" }));
    let pull = |number: u64, base: &str, merged: Option<&str>| json!({ "number": number, "sha": SHA, "base": base, "merged": merged });
    let when = Some("2026-01-02T00:00:00Z");
    scene
        .github
        .set(&json!({ "pulls": [pull(8, "main", None), pull(9, "release", when)] }));
    for issue in [8, 9] {
        scene.github.set(&json!({ "comments": [
            { "issue": issue, "login": "github-actions[bot]", "body": marker("default", FORGED, false) },
        ] }));
    }
    let outcome = scene.run(&FIND).expect(6);
    assert_eq!(outcome.stdout, "");
}

#[test]
fn an_account_that_is_not_known_is_not_believed() {
    let mut scene = Scene::merged();
    scene
        .run(&["report", "plan.json", "--post", "github"])
        .expect(0);
    scene
        .github
        .set(&json!({ "viewer": false, "tokens": { TOKEN: "github-actions[bot]", "pat": "ada" } }));
    scene.run(&FIND).expect(0);
    scene.set("GITHUB_TOKEN", "pat");
    let outcome = scene.run(&FIND).expect(6);
    assert!(
        outcome.stderr.contains("who the token writes as"),
        "{}",
        outcome.stderr
    );
}

#[test]
fn a_server_that_fails_is_no_answer() {
    let scene = Scene::merged();
    scene.github.fault(&json!({ "path": "/pulls", "status": 403, "message": "Resource not accessible by integration" }));
    let outcome = scene.run(&FIND).expect(8);
    assert_eq!(outcome.stdout, "");
    assert!(
        outcome.stderr.contains("pull-requests: read"),
        "{}",
        outcome.stderr
    );
}
