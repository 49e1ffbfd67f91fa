//! A job of GitHub Actions: a folder with a plan, the runner's variables, and the stand-in for the API.

use std::collections::BTreeMap;
use std::path::Path;

use accord::plan::id;
use accord::plan::render::json::parse;
use serde_json::{Value, json};

use crate::github::{GitHub, judge};
use crate::project::Outcome;

/// The last commit of the pull request.
pub(crate) const HEAD: &str = "1111111111111111111111111111111111111111";

/// What was checked out: a merge that GitHub made, or what was pushed.
pub(crate) const SHA: &str = "2222222222222222222222222222222222222222";

/// A token of a workflow. Every output is searched for it.
pub(crate) const TOKEN: &str = "ghs_canary0123456789abcdefghijklmnop";

pub(crate) struct Scene {
    pub(crate) github: GitHub,
    folder: tempfile::TempDir,
    environment: BTreeMap<String, String>,
}

impl Scene {
    /// A job for pull request 7 of contoso/web-shop.
    pub(crate) fn new() -> Self {
        let github = GitHub::start();
        let folder = tempfile::tempdir().expect("a folder");
        let mut scene = Self {
            github,
            folder,
            environment: BTreeMap::new(),
        };
        scene.write("plan.json", &plan(1).to_string());
        scene.set("GITHUB_API_URL", &scene.github.url());
        scene.set("GITHUB_REPOSITORY", "contoso/web-shop");
        scene.set("GITHUB_TOKEN", TOKEN);
        scene.set("GITHUB_SHA", SHA);
        scene.event(&json!({ "pull_request": { "number": 7, "head": { "sha": HEAD } } }));
        scene
    }

    /// The same for the push that merged pull request 7.
    pub(crate) fn merged() -> Self {
        let mut scene = Self::new();
        scene.event(&json!({ "ref": "refs/heads/main" }));
        let pull = json!({
            "number": 7, "sha": SHA, "head": HEAD, "base": "main", "merged": "2026-01-02T00:00:00Z",
        });
        scene.github.set(&json!({ "pulls": [pull] }));
        scene
    }

    /// What set the job off.
    pub(crate) fn event(&mut self, payload: &Value) {
        self.write("event.json", &payload.to_string());
        let path = self.path().join("event.json").display().to_string();
        self.set("GITHUB_EVENT_PATH", &path);
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn set(&mut self, name: &str, value: &str) {
        self.environment.insert(name.to_owned(), value.to_owned());
    }

    pub(crate) fn unset(&mut self, name: &str) {
        self.environment.remove(name).expect("a variable");
    }

    /// Gives the job a file that the runner reads afterwards, empty for now.
    pub(crate) fn give(&mut self, variable: &str, file: &str) {
        self.write(file, "");
        let path = self.path().join(file).display().to_string();
        self.set(variable, &path);
    }

    pub(crate) fn write(&self, file: &str, text: &str) {
        std::fs::write(self.path().join(file), text).expect("a file");
    }

    pub(crate) fn read(&self, file: &str) -> String {
        std::fs::read_to_string(self.path().join(file)).expect("a file")
    }

    /// Runs a command line. The token is in no output, and what was said to GitHub so far is as GitHub
    /// describes it.
    pub(crate) fn run(&self, arguments: &[&str]) -> Outcome {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_accord"));
        command
            .args(arguments)
            .current_dir(self.path())
            .env_clear()
            .envs(&self.environment);
        let output = assert_cmd::Command::from_std(command)
            .timeout(std::time::Duration::from_secs(180))
            .output()
            .expect("the program runs");
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
        let outcome = Outcome {
            code: output.status.code(),
            stdout: text(output.stdout),
            stderr: text(output.stderr),
        };
        for shown in [&outcome.stdout, &outcome.stderr] {
            assert!(!shown.contains(TOKEN), "the token is shown:\n{shown}");
        }
        judge::insist(&self.github.exchanges());
        outcome
    }

    /// Posts the plan to GitHub.
    pub(crate) fn post(&self) -> Outcome {
        self.run(&["report", "plan.json", "--post", "github"])
    }

    /// The comments of the token's own account.
    pub(crate) fn own_comments(&self) -> Vec<Value> {
        let mut all = self.github.comments();
        all.retain(|comment| comment["login"] == "github-actions[bot]");
        all
    }
}

/// The first line of our comments about the plan that a job has at first.
pub(crate) fn marker(label: &str, review: &str, truncated: bool) -> String {
    marker_of((plan_id().as_str(), review), label, truncated)
}

/// The first line of our comments about a plan with these two ids.
pub(crate) fn marker_of((plan, review): (&str, &str), label: &str, truncated: bool) -> String {
    format!(
        "<!-- accord:plan label={label} {{\"planId\":\"{plan}\",\"reviewId\":\"{review}\",\"commit\":\"{HEAD}\",\"truncated\":{truncated}}} -->"
    )
}

/// The `planId` of the plan that a job has at first.
pub(crate) fn plan_id() -> String {
    id_of(&plan(1), "planId")
}

/// Its `reviewId`, which is that of a plan with any other number of updates too.
pub(crate) fn review_id() -> String {
    id_of(&plan(1), "reviewId")
}

/// One of the two ids of a plan.
pub(crate) fn id_of(plan: &Value, key: &str) -> String {
    plan[key].as_str().expect("an id").to_owned()
}

/// A plan with so many updates, and with the ids of its content.
pub(crate) fn plan(changes: u64) -> Value {
    let change = |number: u64| {
        json!({
            "address": format!("SyncRule/cases/case/{number}"),
            "system": "azureDevOps",
            "action": "update",
            "reason": "sourceChanged",
            "item": { "testworthy": number, "azureDevOps": 5000 + number, "title": format!("A title {number}") },
            "fields": [{
                "path": "System.Title",
                "before": format!("Before {number}"),
                "after": format!("After {number} {}", "words ".repeat(40)),
                "sensitive": false,
            }],
            "precondition": { "rev": 3 },
            "origin": { "file": "rule.yaml", "line": 1 },
        })
    };
    let summary = json!({
        "create": 0, "update": changes, "delete": 0, "link": 0, "unchanged": 4, "conflict": 0,
        "quarantined": 0, "filtered": 0, "held": 0,
    });
    let document = json!({
        "schema": "accord-plan/1",
        "planId": "",
        "reviewId": "",
        "tool": { "name": "accord", "version": "0.1.0" },
        "inputs": { "digest": "d", "gitCommit": null, "dirty": null },
        "connections": [{
            "name": "web-shop", "testworthy": "https://testworthy.us",
            "azureDevOps": "https://dev.azure.com/contoso", "project": "Web Shop",
        }],
        "summary": summary,
        "safety": { "verdict": "pass", "rules": [] },
        "changes": (1..=changes).map(change).collect::<Vec<_>>(),
        "conflicts": [],
        "findings": [],
        "drift": [],
    });
    let mut plan = parse(&document.to_string()).expect("a plan");
    plan.plan_id = id::plan_id(&plan);
    plan.review_id = id::review_id(&plan);
    serde_json::to_value(&plan).expect("a document")
}
