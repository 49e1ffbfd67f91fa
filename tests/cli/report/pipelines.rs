//! One thread on a pull request of Azure Repos, from a run of Azure Pipelines.
//!
//! The stand-in below follows Microsoft's REST reference (Git: Pull Request Threads, Pull Request Thread
//! Comments, 7.1): what it gets must have the shape that is documented there.

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use super::scene::{Scene, TOKEN, plan};
use crate::loopback::{Asked, Loopback};
use crate::project::Outcome;

const OWN: &str = "0b0c0d0e-0000-4000-8000-000000000001";
const THREADS: &str = "/contoso/Web%20Shop/_apis/git/repositories/r-1/pullRequests/12/threads";

#[derive(Default)]
struct Conversation {
    threads: Vec<Value>,
    requests: Vec<String>,
    /// Turns every write down.
    refuse: Option<u16>,
}

type Shared = Arc<Mutex<Conversation>>;

fn thread(id: usize, author: &str, content: &str) -> Value {
    json!({
        "id": id, "status": "closed", "isDeleted": false,
        "comments": [{
            "id": 1, "parentCommentId": 0, "content": content, "commentType": "text",
            "author": { "id": author, "displayName": "Somebody" },
        }],
    })
}

fn answer(conversation: &mut Conversation, asked: &Asked) -> (u16, Value) {
    conversation
        .requests
        .push(format!("{} {}", asked.method, asked.path));
    if asked.authorization != format!("Bearer {TOKEN}") {
        return (401, json!({ "message": "TF400813: not authorized" }));
    }
    if asked.path == "/contoso/_apis/connectionData" {
        return (200, json!({ "authenticatedUser": { "id": OWN } }));
    }
    assert_eq!(asked.query, "api-version=7.1");
    let body: Value = serde_json::from_str(&asked.body).unwrap_or_default();
    if asked.method != "GET"
        && let Some(status) = conversation.refuse
    {
        let message = "TF401027: You need the Git 'PullRequestContribute' permission";
        return (status, json!({ "message": message }));
    }
    let rest = asked.path.strip_prefix(THREADS).expect("below the threads");
    let parts: Vec<&str> = rest.split('/').skip(1).collect();
    match (asked.method.as_str(), parts.as_slice()) {
        ("GET", []) => (200, json!({ "count": 0, "value": conversation.threads })),
        ("POST", []) => {
            assert_eq!(body["comments"][0]["parentCommentId"], 0);
            assert_eq!(body["comments"][0]["commentType"], "text");
            let content = body["comments"][0]["content"].as_str().expect("a text");
            let mut made = thread(conversation.threads.len() + 1, OWN, content);
            made["status"] = body["status"].clone();
            conversation.threads.push(made.clone());
            (200, made)
        }
        ("PATCH", [id, "comments", "1"]) => {
            let number = id.parse::<usize>().expect("a number") - 1;
            conversation.threads[number]["comments"][0]["content"] = body["content"].clone();
            (200, conversation.threads[number]["comments"][0].clone())
        }
        ("PATCH", [id]) => {
            let number = id.parse::<usize>().expect("a number") - 1;
            conversation.threads[number]["status"] = body["status"].clone();
            (200, conversation.threads[number].clone())
        }
        other => panic!("{other:?}"),
    }
}

/// A job of Azure Pipelines for pull request 12.
fn pipeline() -> (Scene, Shared, Loopback) {
    let shared = Shared::default();
    let conversation = shared.clone();
    let server =
        Loopback::serve(move |asked| answer(&mut conversation.lock().expect("no panic"), &asked));
    let mut scene = Scene::new();
    for name in [
        "GITHUB_TOKEN",
        "GITHUB_API_URL",
        "GITHUB_REPOSITORY",
        "GITHUB_EVENT_PATH",
        "GITHUB_SHA",
    ] {
        scene.unset(name);
    }
    for (name, value) in [
        ("TF_BUILD", "True"),
        (
            "SYSTEM_COLLECTIONURI",
            &*format!("http://{}/contoso/", server.host),
        ),
        ("SYSTEM_TEAMPROJECT", "Web Shop"),
        ("BUILD_REPOSITORY_ID", "r-1"),
        ("SYSTEM_PULLREQUEST_PULLREQUESTID", "12"),
        ("SYSTEM_ACCESSTOKEN", TOKEN),
        ("ACCORD_ALLOW_HOSTS", &server.host),
        ("AGENT_TEMPDIRECTORY", &scene.path().display().to_string()),
    ] {
        scene.set(name, value);
    }
    (scene, shared, server)
}

fn post(scene: &Scene) -> Outcome {
    scene.run(&["report", "plan.json", "--post", "azure-devops"])
}

#[test]
fn the_second_post_updates_the_thread_of_the_first() {
    let (scene, shared, server) = pipeline();
    let first = post(&scene).expect(0);
    let url = format!(
        "http://{}/contoso/Web%20Shop/_git/r-1/pullrequest/12?discussionId=1\n",
        server.host
    );
    assert!(first.stdout.ends_with(&url), "{}", first.stdout);
    let lines: Vec<&str> = first.stdout.lines().collect();
    assert!(lines.contains(&"##vso[task.setvariable variable=accord_to_update;isOutput=true]1"));
    let upload = lines
        .iter()
        .find(|line| line.starts_with("##vso[task.uploadsummary]"));
    let path = upload
        .unwrap()
        .strip_prefix("##vso[task.uploadsummary]")
        .unwrap();
    assert!(std::fs::read_to_string(path).unwrap().contains("A title 1"));

    scene.write("plan.json", &plan(2).to_string());
    let second = post(&scene).expect(0);
    assert!(second.stdout.ends_with(&url), "{}", second.stdout);
    let threads = shared.lock().unwrap().threads.clone();
    assert_eq!(threads.len(), 1);
    let text = threads[0]["comments"][0]["content"].as_str().unwrap();
    assert!(text.contains("A title 2"), "{text}");
    assert_eq!(threads[0]["status"], "closed");
}

#[test]
fn a_blocked_plan_leaves_the_thread_open() {
    let (scene, shared, _server) = pipeline();
    let mut blocked = plan(1);
    blocked["safety"]["verdict"] = json!("blocked");
    scene.write("plan.json", &blocked.to_string());
    post(&scene).expect(0);
    assert_eq!(shared.lock().unwrap().threads[0]["status"], "active");
    scene.write("plan.json", &plan(1).to_string());
    post(&scene).expect(0);
    assert_eq!(shared.lock().unwrap().threads[0]["status"], "closed");
}

#[test]
fn a_strangers_thread_with_the_marker_is_left_alone() {
    let (scene, shared, _server) = pipeline();
    let forged = super::scene::marker("default", &super::scene::review_id(), false);
    let theirs = thread(1, "somebody-else", &forged);
    shared.lock().unwrap().threads.push(theirs.clone());
    post(&scene).expect(0);
    let threads = shared.lock().unwrap().threads.clone();
    assert_eq!(threads.len(), 2);
    assert_eq!(threads[0], theirs);
}

#[test]
fn a_refusal_ends_well_and_the_summary_has_the_report() {
    for status in [403, 404, 400] {
        let (scene, shared, _server) = pipeline();
        shared.lock().unwrap().refuse = Some(status);
        let outcome = post(&scene).expect(0);
        assert!(
            outcome.stderr.contains("not on a pull request"),
            "{}",
            outcome.stderr
        );
        assert!(
            outcome.stdout.contains("##vso[task.uploadsummary]"),
            "{}",
            outcome.stdout
        );
        assert!(scene.read("accord-report-default.md").contains("A title 1"));
    }
}

#[test]
fn a_run_without_a_pull_request_asks_nobody() {
    let (mut scene, shared, _server) = pipeline();
    scene.unset("SYSTEM_PULLREQUEST_PULLREQUESTID");
    post(&scene).expect(0);
    // What Azure Pipelines leaves in scripts of a variable without a value.
    scene.set(
        "SYSTEM_PULLREQUEST_PULLREQUESTID",
        "$(System.PullRequest.PullRequestId)",
    );
    post(&scene).expect(0);
    assert_eq!(shared.lock().unwrap().requests.len(), 0);
}

#[test]
fn the_token_goes_only_where_azure_devops_credentials_may_go() {
    let (mut scene, shared, _server) = pipeline();
    scene.unset("ACCORD_ALLOW_HOSTS");
    let outcome = post(&scene).expect(5);
    assert!(
        outcome.stderr.contains("--allow-host"),
        "{}",
        outcome.stderr
    );
    assert_eq!(shared.lock().unwrap().requests.len(), 0);
}

#[test]
fn a_token_that_is_missing_or_not_accepted_ends_8() {
    let (mut scene, _shared, _server) = pipeline();
    scene.set("SYSTEM_ACCESSTOKEN", "another");
    post(&scene).expect(8);
    scene.set("SYSTEM_ACCESSTOKEN", "$(System.AccessToken)");
    let outcome = post(&scene).expect(8);
    assert!(
        outcome.stderr.contains("SYSTEM_ACCESSTOKEN"),
        "{}",
        outcome.stderr
    );
}
