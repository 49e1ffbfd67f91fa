//! One comment on a pull request of GitHub: found, updated, and given up gracefully.

use serde_json::json;

use super::scene::{HEAD, Scene, TOKEN, id_of, marker, marker_of, plan, review_id};

const COMMENTS: &str = "/issues/7/comments";

#[test]
fn the_second_post_updates_the_comment_of_the_first() {
    let scene = Scene::new();
    let first = scene.post().expect(0);
    let own = scene.own_comments();
    assert_eq!(own.len(), 1);
    let id = &own[0]["id"];
    let url = format!("https://github.com/contoso/web-shop/pull/7#issuecomment-{id}\n");
    assert_eq!(first.stdout, url);
    let body = own[0]["body"].as_str().unwrap();
    let line = marker("default", &review_id(), false);
    assert_eq!(body.lines().next(), Some(line.as_str()));

    scene.write("plan.json", &plan(2).to_string());
    let second = scene.post().expect(0);
    assert_eq!(second.stdout, url);
    let own = scene.own_comments();
    assert_eq!(own.len(), 1);
    assert_eq!(own[0]["edits"], 1);
    assert!(own[0]["body"].as_str().unwrap().contains("A title 2"));

    // The same again has nothing to say.
    scene.post().expect(0);
    assert_eq!(scene.own_comments()[0]["edits"], 1);
}

#[test]
fn each_label_has_a_comment_of_its_own() {
    let scene = Scene::new();
    for label in ["staging", "production", "staging"] {
        let line = ["report", "plan.json", "--post", "github", "--label", label];
        scene.run(&line).expect(0);
    }
    assert_eq!(scene.own_comments().len(), 2);
}

/// A marker is a line that anybody can write.
#[test]
fn a_strangers_comment_with_the_marker_is_left_alone() {
    let scene = Scene::new();
    let forged = format!("{}\nforged", marker("default", &review_id(), false));
    let ours = format!("{}\nold", marker("default", &review_id(), false));
    scene.github.set(&json!({ "comments": [
        { "issue": 7, "login": "github-actions[bot]", "body": ours },
        { "issue": 7, "login": "mallory", "body": forged },
        { "issue": 7, "login": "github-actions", "body": forged },
        { "issue": 8, "login": "github-actions[bot]", "body": ours },
    ] }));
    scene.post().expect(0);
    let comments = scene.github.comments();
    assert_eq!(comments.len(), 4);
    let edits: Vec<_> = comments
        .iter()
        .map(|one| one["edits"].as_u64().unwrap())
        .collect();
    assert_eq!(edits, [1, 0, 0, 0]);
}

#[test]
fn the_comment_is_found_behind_many_pages() {
    let scene = Scene::new();
    let mut comments = vec![json!({
        "issue": 7, "login": "github-actions[bot]", "body": marker("default", &review_id(), false),
    })];
    comments.extend(
        (0..249).map(
            |number| json!({ "issue": 7, "login": "ada", "body": format!("comment {number}") }),
        ),
    );
    // The newest of ours counts, wherever it is.
    comments.insert(220, comments[0].clone());
    scene.github.set(&json!({ "comments": comments }));
    scene.post().expect(0);
    assert_eq!(scene.github.count("GET", COMMENTS), 3);
    let own = scene.own_comments();
    assert_eq!(own.len(), 2);
    assert_eq!(
        (own[0]["edits"].as_u64(), own[1]["edits"].as_u64()),
        (Some(0), Some(1))
    );
}

/// The next page of a listing may not lead the token to another host.
#[test]
fn a_next_page_elsewhere_is_not_followed() {
    let scene = Scene::new();
    let stranger = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    stranger.set_nonblocking(true).unwrap();
    let elsewhere = format!("http://{}", stranger.local_addr().unwrap());
    let comment = json!({ "issue": 7, "login": "ada", "body": "words" });
    scene.github.set(&json!({ "comments": vec![comment; 150] }));
    scene
        .github
        .fault(&json!({ "method": "GET", "path": COMMENTS, "elsewhere": elsewhere }));
    scene.post().expect(0);
    assert!(stranger.accept().is_err(), "nobody called");
}

#[test]
fn the_account_of_the_token_decides_which_comment_is_ours() {
    let mut scene = Scene::new();
    scene
        .github
        .set(&json!({ "tokens": { TOKEN: "accord-app[bot]" } }));
    let theirs = marker("default", &review_id(), false);
    scene.github.set(&json!({ "comments": [
        { "issue": 7, "login": "github-actions[bot]", "body": theirs },
    ] }));
    scene.post().expect(0);
    scene.post().expect(0);
    let comments = scene.github.comments();
    assert_eq!(comments.len(), 2);
    assert_eq!(comments[0]["edits"], 0);
    assert_eq!(comments[1]["login"], "accord-app[bot]");

    // A server that does not tell: a workflow's token writes as one known account, another as nobody
    // knows whom, so it never edits.
    scene
        .github
        .set(&json!({ "viewer": false, "tokens": { "other": "ada" } }));
    scene.set("ACCORD_GITHUB_TOKEN", "other");
    scene.post().expect(0);
    scene.post().expect(0);
    assert_eq!(scene.github.comments().len(), 4);
}

#[test]
fn a_workflows_token_is_known_where_the_server_does_not_tell() {
    let scene = Scene::new();
    scene.github.set(&json!({ "viewer": false }));
    scene.post().expect(0);
    scene.write("plan.json", &plan(3).to_string());
    scene.post().expect(0);
    assert_eq!(scene.own_comments().len(), 1);
    assert_eq!(scene.own_comments()[0]["edits"], 1);
}

/// What a fork's token, a locked conversation and a missing permission look like.
#[test]
fn a_refusal_ends_well_and_the_summary_has_the_report() {
    for (fault, words) in [
        (
            json!({ "method": "POST", "path": COMMENTS, "status": 403, "message": "Resource not accessible by integration" }),
            "Resource not accessible by integration",
        ),
        (
            json!({ "method": "GET", "path": COMMENTS, "status": 404, "message": "Not Found" }),
            "Not Found",
        ),
        (
            json!({ "method": "POST", "path": COMMENTS, "status": 403, "message": "Unable to create comment because issue is locked." }),
            "locked",
        ),
        (
            json!({ "method": "POST", "path": COMMENTS, "status": 422, "message": "Validation Failed" }),
            "Validation Failed",
        ),
        (
            json!({ "method": "POST", "path": COMMENTS, "status": 410, "message": "Issues are disabled" }),
            "disabled",
        ),
        (
            json!({ "method": "POST", "path": COMMENTS, "status": 403, "message": "You have exceeded a secondary rate limit", "headers": { "Retry-After": "3600" } }),
            "rate limit",
        ),
        (
            json!({ "method": "POST", "path": COMMENTS, "status": 403, "message": "You have exceeded a secondary rate limit" }),
            "rate limit",
        ),
    ] {
        let mut scene = Scene::new();
        scene.give("GITHUB_STEP_SUMMARY", "summary.md");
        scene.set("GITHUB_ACTIONS", "true");
        scene.github.fault(&fault);
        let outcome = scene.post().expect(0);
        assert_eq!(outcome.stdout, "", "{fault}");
        assert!(
            outcome.stderr.starts_with("::notice title=accord report::"),
            "{}",
            outcome.stderr
        );
        assert_eq!(outcome.stderr.lines().count(), 1);
        let told = outcome.stderr.replace('\\', "");
        assert!(
            told.contains(words) || told.contains("wait"),
            "{words}: {told}"
        );
        let summary = scene.read("summary.md");
        assert!(
            summary.starts_with("> the report is not on a pull request"),
            "{summary}"
        );
        assert!(summary.contains("A title 1"), "{summary}");
        assert_eq!(scene.own_comments().len(), 0);
    }
}

#[test]
fn a_locked_conversation_is_told() {
    let scene = Scene::new();
    scene.github.set(&json!({ "locked": [7] }));
    let outcome = scene.post().expect(0);
    assert!(
        outcome.stderr.contains("issue is locked"),
        "{}",
        outcome.stderr
    );
}

#[test]
fn a_run_without_a_pull_request_has_a_summary_only() {
    let mut scene = Scene::new();
    scene.event(&json!({ "schedule": "0 3 * * *" }));
    scene.give("GITHUB_STEP_SUMMARY", "summary.md");
    let outcome = scene.post().expect(0);
    assert!(
        outcome.stderr.contains("no pull request"),
        "{}",
        outcome.stderr
    );
    assert!(scene.read("summary.md").contains("A title 1"));
    // With its number it has.
    let line = [
        "report",
        "plan.json",
        "--post",
        "github",
        "--pull-request",
        "9",
    ];
    scene.run(&line).expect(0);
    assert_eq!(scene.own_comments()[0]["issue"], 9);
}

#[test]
fn a_large_plan_is_cut_and_says_so() {
    let scene = Scene::new();
    let large = plan(3000);
    scene.write("plan.json", &large.to_string());
    scene.post().expect(0);
    let own = scene.own_comments();
    let body = own[0]["body"].as_str().unwrap();
    let (plan, review) = (id_of(&large, "planId"), id_of(&large, "reviewId"));
    let line = marker_of((plan.as_str(), review.as_str()), "default", true);
    assert!(body.len() <= 65_536, "{}", body.len());
    assert!(body.len() > 10_000, "{}", body.len());
    assert!(body.starts_with(&line), "{body}");
    assert_eq!(scene.github.count("POST", COMMENTS), 1, "it fitted at once");
}

/// A server of one's own may take less than the public one.
#[test]
fn a_text_that_is_too_long_is_shortened_once() {
    let scene = Scene::new();
    scene.write("plan.json", &plan(3000).to_string());
    scene.github.set(&json!({ "maximum": 40_000 }));
    scene.post().expect(0);
    assert_eq!(scene.github.count("POST", COMMENTS), 2);
    let own = scene.own_comments();
    assert!(own[0]["body"].as_str().unwrap().len() <= 40_000);

    scene.github.set(&json!({ "maximum": 100 }));
    let line = [
        "report",
        "plan.json",
        "--post",
        "github",
        "--label",
        "other",
    ];
    let outcome = scene.run(&line).expect(0);
    assert!(outcome.stderr.contains("too long"), "{}", outcome.stderr);
}

#[test]
fn a_short_rate_limit_is_waited_for() {
    for (status, method) in [(403, "POST"), (429, "POST"), (403, "GET")] {
        let scene = Scene::new();
        scene.github.fault(&json!({
            "method": method, "path": COMMENTS, "status": status, "times": 2,
            "message": "You have exceeded a secondary rate limit", "headers": { "Retry-After": "1" },
        }));
        scene.post().expect(0);
        assert_eq!(scene.github.count(method, COMMENTS), 3, "{status} {method}");
        assert_eq!(scene.own_comments().len(), 1);
    }
}

#[test]
fn a_failing_server_is_asked_again_without_writing_twice() {
    for after in [false, true] {
        let scene = Scene::new();
        scene.github.fault(&json!({
            "method": "POST", "path": COMMENTS, "status": 500, "message": "oops", "after": after,
        }));
        scene.post().expect(0);
        assert_eq!(scene.own_comments().len(), 1, "carried out: {after}");
        scene.github.fault(&json!({
            "method": "PATCH", "path": "/issues/comments/", "status": 502, "after": after,
        }));
        scene.write("plan.json", &plan(2).to_string());
        scene.post().expect(0);
        let own = scene.own_comments();
        assert_eq!(own.len(), 1);
        assert!(own[0]["body"].as_str().unwrap().contains("A title 2"));
    }
}

#[test]
fn a_comment_that_was_deleted_meanwhile_is_written_anew() {
    let scene = Scene::new();
    scene.post().expect(0);
    scene
        .github
        .fault(&json!({ "method": "PATCH", "path": "/issues/comments/", "delete": true }));
    scene.write("plan.json", &plan(2).to_string());
    scene.post().expect(0);
    let own = scene.own_comments();
    assert_eq!(own.len(), 1);
    assert_eq!(own[0]["edits"], 0);
}

#[test]
fn a_token_that_is_not_accepted_ends_8_and_a_missing_one_too() {
    let mut scene = Scene::new();
    scene.give("GITHUB_STEP_SUMMARY", "summary.md");
    scene.github.set(&json!({ "tokens": { "another": "ada" } }));
    let outcome = scene.post().expect(8);
    assert!(
        outcome.stderr.contains("Bad credentials"),
        "{}",
        outcome.stderr
    );
    assert!(
        scene.read("summary.md").contains("A title 1"),
        "the summary is there all the same"
    );
    scene.unset("GITHUB_TOKEN");
    let outcome = scene.post().expect(8);
    assert!(
        outcome.stderr.contains("GITHUB_TOKEN"),
        "{}",
        outcome.stderr
    );
}

#[test]
fn the_tokens_way_is_the_operators_choice() {
    let mut scene = Scene::new();
    for api in [
        "http://api.github.com.example",
        "http://192.0.2.1/",
        "ftp://127.0.0.1/",
        "https://ada:secret@127.0.0.1/",
    ] {
        scene.set("GITHUB_API_URL", api);
        let outcome = scene.post().expect(5);
        assert!(!outcome.stderr.contains("secret@"), "{}", outcome.stderr);
    }
    scene.set("GITHUB_API_URL", "nonsense");
    scene.post().expect(64);
    for repository in ["contoso", "contoso/../x", "a/b/c"] {
        let url = scene.github.url();
        scene.set("GITHUB_API_URL", &url);
        scene.set("GITHUB_REPOSITORY", repository);
        scene.post().expect(64);
    }
    assert_eq!(scene.github.exchanges().len(), 0);
}

#[test]
fn nothing_is_sent_offline() {
    let scene = Scene::new();
    let line = ["report", "plan.json", "--post", "github", "--offline"];
    scene.run(&line).expect(10);
    assert_eq!(scene.github.exchanges().len(), 0);
}

#[test]
fn the_outcome_of_an_apply_goes_into_the_same_comment() {
    let mut scene = Scene::new();
    scene.post().expect(0);
    let pull = json!({
        "number": 7, "sha": super::scene::SHA, "head": HEAD, "merged": "2026-01-02T00:00:00Z",
    });
    scene.github.set(&json!({ "pulls": [pull] }));
    scene.event(&json!({ "ref": "refs/heads/main" }));
    let line = [
        "report",
        "plan.json",
        "--post",
        "github",
        "--outcome",
        "applied",
    ];
    scene.run(&line).expect(0);
    let own = scene.own_comments();
    assert_eq!(own.len(), 1);
    assert!(
        own[0]["body"]
            .as_str()
            .unwrap()
            .contains("**Outcome:** applied")
    );
}

#[test]
fn a_program_is_told_as_json() {
    let scene = Scene::new();
    let line = [
        "report",
        "plan.json",
        "--post",
        "github",
        "--format",
        "json",
    ];
    let told: serde_json::Value = serde_json::from_str(&scene.run(&line).expect(0).stdout).unwrap();
    assert_eq!(told["posted"], true);
    assert_eq!(told["pullRequest"], 7);
    assert_eq!(told["notice"], serde_json::Value::Null);
    assert!(
        told["commentUrl"]
            .as_str()
            .unwrap()
            .starts_with("https://github.com/")
    );
}
