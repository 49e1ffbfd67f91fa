//! Manifests and Git: revisions, dirty states, comparisons, and repositories that mean no good. The repositories
//! are made by the `git` program.

mod diff;
mod hostile;
mod revisions;

use std::path::Path;
use std::process::Command;

use serde_json::Value as Json;

use crate::project::{Outcome, Project};

/// Runs `git` in a folder, without anybody's configuration; gives what it prints.
#[track_caller]
pub(crate) fn git(folder: &Path, arguments: &[&str]) -> String {
    let output = Command::new("git")
        .args(arguments)
        .current_dir(folder)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_AUTHOR_NAME", "A")
        .env("GIT_AUTHOR_EMAIL", "a@example.test")
        .env("GIT_COMMITTER_NAME", "A")
        .env("GIT_COMMITTER_EMAIL", "a@example.test")
        .output()
        .expect("git runs");
    assert!(
        output.status.success(),
        "git {arguments:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout)
        .expect("UTF-8")
        .trim()
        .to_owned()
}

/// Commits everything; gives the commit.
#[track_caller]
pub(crate) fn commit(folder: &Path, message: &str) -> String {
    git(folder, &["add", "--all", "--", ".", ":!.accord"]);
    git(
        folder,
        &["commit", "--quiet", "--allow-empty", "-m", message],
    );
    git(folder, &["rev-parse", "HEAD"])
}

/// The example project as a repository with one commit on `main`.
pub(crate) fn repository() -> (Project, String) {
    let project = Project::web_shop();
    git(project.path(), &["init", "--quiet", "-b", "main"]);
    let first = commit(project.path(), "first");
    (project, first)
}

pub(crate) const MAPPING: &str = "mappings/test-case.yaml";

/// The document that a command printed.
#[track_caller]
pub(crate) fn json(outcome: &Outcome) -> Json {
    serde_json::from_str(&outcome.stdout).expect("a document")
}

#[track_caller]
pub(crate) fn plan(project: &Project, arguments: &[&str]) -> Json {
    let line = [&["plan", "--format", "json"], arguments].concat();
    json(&project.run(&line).expect(0))
}
