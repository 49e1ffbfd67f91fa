//! A state in a Git ref, seen from outside: every command finds it, one run writes at a time, and what a manifest
//! of a stranger may name.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use accord::store::{GitRefHolder, GitRefPlace, GitRefStore, GitRefTimes};

use serde_json::json;

use crate::project::Project;

/// The example project in a clone with a bare remote beside it.
struct Shop {
    project: Project,
    remote: PathBuf,
    _folder: tempfile::TempDir,
}

fn git(folder: &Path, arguments: &[&str]) -> String {
    let output = Command::new("git")
        .current_dir(folder)
        .env("GIT_CONFIG_GLOBAL", folder.join("no-such-file"))
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .args(arguments)
        .output()
        .expect("git");
    assert!(output.status.success(), "git {arguments:?}");
    String::from_utf8(output.stdout).expect("a text")
}

fn shop() -> Shop {
    share(Project::web_shop())
}

fn share(mut project: Project) -> Shop {
    let folder = tempfile::tempdir().expect("a folder");
    let remote = folder.path().join("remote.git");
    std::fs::create_dir(&remote).expect("a folder");
    git(&remote, &["init", "--quiet", "--bare", "."]);
    git(project.path(), &["init", "--quiet", "."]);
    git(
        project.path(),
        &["remote", "add", "origin", &remote.display().to_string()],
    );
    name_state(&project, "origin", "refs/accord/state");
    project.set("PATH", &std::env::var("PATH").expect("a path"));
    Shop {
        project,
        remote,
        _folder: folder,
    }
}

fn name_state(project: &Project, remote: &str, reference: &str) {
    project.replace(
        "accord.yaml",
        "state: { sqlite: .accord/state.db }",
        &format!("state: {{ git: {{ remote: {remote}, ref: {reference} }} }}"),
    );
}

fn refs(shop: &Shop) -> String {
    git(&shop.remote, &["for-each-ref", "--format=%(refname)"])
}

#[test]
fn every_command_finds_the_state_in_the_ref() {
    let shop = shop();
    let project = &shop.project;
    project.run(&["plan", "--detailed-exitcode"]).expect(2);
    assert_eq!(refs(&shop), "", "a plan makes nothing");
    let told = project.run(&["apply", "--yes"]).expect(0).stderr;
    assert_eq!(told.matches("warning[state-in-git]").count(), 1, "{told}");
    assert_eq!(refs(&shop), "refs/accord/state\n");
    project.run(&["plan", "--detailed-exitcode"]).expect(0);
    for arguments in [
        &["status"][..],
        &["state", "list"],
        &["state", "verify"],
        &["conflicts", "list"],
        &["drift"],
    ] {
        project.run(arguments).expect(0);
    }
    let list = project.run(&["state", "list"]).stdout;
    assert!(list.contains("210301"), "{list}");
    project.run(&["apply", "--yes"]).expect(0);
    let lease = git(&shop.remote, &["show", "refs/accord/state:lease.json"]);
    assert_eq!(lease, "{\n  \"token\": 2\n}\n", "it was given back");
    assert!(
        !project.path().join(".accord").exists(),
        "no file beside it"
    );
    project.run(&["status", "--offline"]).expect(10);
}

#[test]
fn a_held_lease_ends_7_and_names_its_holder_and_its_log() {
    let mut shop = shop();
    let place = GitRefPlace {
        folder: shop.project.path().to_owned(),
        remote: "origin".to_owned(),
        reference: "refs/accord/state".to_owned(),
    };
    // The lease is good for a time that begins where this clock stands: far from now.
    let times = GitRefTimes::new(Arc::new(|| "2999-01-01T00:00:00Z".parse().expect("a time")));
    let holder = GitRefHolder {
        id: "1".to_owned(),
        about: "the test".to_owned(),
        url: Some("https://ci.example/runs/7".to_owned()),
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let taken = GitRefStore::acquire(&place, &times, &holder, Duration::ZERO);
    let store = runtime.block_on(taken).expect("a free lease");
    let told = shop.project.run(&["apply", "--yes"]).expect(7).stderr;
    assert!(
        told.contains("the test, https://ci.example/runs/7"),
        "{told}"
    );
    assert_eq!(
        shop.project.requests(),
        0,
        "nothing is asked without the lease"
    );
    shop.project.run(&["plan", "--detailed-exitcode"]).expect(2);
    store.release().expect("a push");
    // What runs in a workflow says where.
    shop.project
        .set("GITHUB_SERVER_URL", "https://github.example");
    shop.project.set("GITHUB_REPOSITORY", "contoso/shop");
    shop.project.set("GITHUB_RUN_ID", "42");
    shop.project.run(&["apply", "--yes"]).expect(0);
    let history = git(
        &shop.remote,
        &["log", "-p", "--format=", "refs/accord/state"],
    );
    assert!(history.contains("https://github.example/contoso/shop/actions/runs/42"));
}

#[test]
fn a_ref_that_is_not_ours_is_refused_unless_the_operator_names_it() {
    let mut shop = shop();
    shop.project
        .replace("accord.yaml", "refs/accord/state", "refs/heads/main");
    for arguments in [&["plan"][..], &["apply", "--yes"], &["status"]] {
        let told = shop.project.run(arguments).expect(5).stderr;
        assert!(
            told.contains("ACCORD_ALLOW_STATE_REFS=refs/heads/main"),
            "{told}"
        );
    }
    assert_eq!((shop.project.requests(), refs(&shop)), (0, String::new()));
    shop.project
        .set("ACCORD_ALLOW_STATE_REFS", "refs/heads/main");
    shop.project.run(&["apply", "--yes"]).expect(0);
    assert_eq!(refs(&shop), "refs/heads/main\n");
}

#[test]
fn what_is_missing_is_told_and_nothing_is_asked() {
    let mut shop = shop();
    let commands = [&["plan"][..], &["apply", "--yes"], &["status"]];
    let all = |project: &Project, code: i32, words: &str| {
        for arguments in commands {
            let told = project.run(arguments).expect(code).stderr;
            assert!(told.contains(words), "{told}");
        }
        assert_eq!(project.requests(), 0, "nothing is asked without a state");
    };
    shop.project
        .replace("accord.yaml", "remote: origin", "remote: upstream");
    all(&shop.project, 1, "git shows no remote `upstream`");
    shop.project
        .replace("accord.yaml", "remote: upstream", "remote: origin");
    let path = std::env::var("PATH").expect("a path");
    shop.project.set("PATH", "/nowhere");
    all(&shop.project, 1, "`git` is not installed");
    shop.project.set("PATH", &path);
    std::fs::remove_dir_all(&shop.remote).expect("a folder");
    all(&shop.project, 1, "does not appear to be a git repository");
    std::fs::remove_dir_all(shop.project.path().join(".git")).expect("a folder");
    all(&shop.project, 1, "is in no Git repository");
}

/// The next job finds what both sides held.
#[test]
fn two_way_rules_run_in_ci_on_a_ref() {
    let mut shop = share(crate::conflicts::two_way());
    shop.project.set("CI", "true");
    let project = &shop.project;
    project.run(&["apply", "--yes"]).expect(0);
    let both = json!({ "title": "left title" });
    crate::conflicts::edit(project, &both, &json!({ "System.Title": "right title" }));
    project.run(&["apply", "--yes"]).expect(0);
    let take = ["conflicts", "resolve", "1", "--take", "testworthy", "--yes"];
    project.run(&take).expect(0);
    let conflicts = git(
        &shop.remote,
        &["show", "refs/accord/state:conflicts/000000.jsonl"],
    );
    assert!(conflicts.contains("\"state\":\"closed\""), "{conflicts}");
}
