//! A bare remote with two clones of it, as two machines have them.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use accord::store::{GitRefHolder, GitRefPlace, GitRefStore, GitRefTimes, StoreError};
use tempfile::TempDir;

use crate::sample::at;

pub(crate) struct Town {
    folder: TempDir,
    pub(crate) remote: PathBuf,
    clones: [PathBuf; 2],
}

/// A time in which nothing that a test does takes too long, and in which nothing happens by itself.
pub(crate) fn times() -> GitRefTimes {
    times_at(0)
}

/// As [`times`], so many seconds later.
pub(crate) fn times_at(second: i64) -> GitRefTimes {
    GitRefTimes {
        now: Arc::new(move || at(second)),
        ttl: Duration::from_secs(180),
        checkpoint: Duration::from_secs(3_600),
        poll: Duration::from_millis(20),
        git: Duration::from_secs(60),
        patience: Duration::from_secs(20),
    }
}

/// Times whose clock a test turns.
pub(crate) fn turned(clock: &Arc<AtomicI64>) -> GitRefTimes {
    let clock = Arc::clone(clock);
    GitRefTimes {
        now: Arc::new(move || at(clock.load(Ordering::SeqCst))),
        ..times()
    }
}

pub(crate) fn wait(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

pub(crate) fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
}

pub(crate) fn holder(about: &str) -> GitRefHolder {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    let number = NUMBER.fetch_add(1, Ordering::SeqCst);
    GitRefHolder {
        id: format!("{}-{number}", std::process::id()),
        about: about.to_owned(),
        url: Some(format!("https://ci.example/runs/{number}")),
    }
}

pub(crate) fn place(clone: &Path) -> GitRefPlace {
    GitRefPlace {
        folder: clone.join("accord"),
        remote: "origin".to_owned(),
        reference: "refs/accord/state".to_owned(),
    }
}

/// Git with nothing of the person who runs the tests.
pub(crate) fn git_command(folder: &Path) -> Command {
    let mut command = Command::new("git");
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("GIT_") {
            command.env_remove(name);
        }
    }
    command
        .current_dir(folder)
        .env("GIT_CONFIG_GLOBAL", folder.join("no-such-file"))
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .args(["-c", "user.name=Ada", "-c", "user.email=ada@example.test"]);
    command
}

pub(crate) fn git(folder: &Path, arguments: &[&str]) -> String {
    let output = git_command(folder).args(arguments).output().unwrap();
    assert!(
        output.status.success(),
        "git {arguments:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}

/// A clone of nothing, with a project in it.
pub(crate) fn clone_at(folder: &Path, address: &str) {
    std::fs::create_dir_all(folder.join("accord")).unwrap();
    git(folder, &["init", "--quiet", "--initial-branch=main", "."]);
    git(folder, &["remote", "add", "origin", address]);
}

impl Town {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let remote = folder.path().join("remote.git");
        std::fs::create_dir(&remote).unwrap();
        git(
            &remote,
            &["init", "--quiet", "--bare", "--initial-branch=main", "."],
        );
        let clones = ["one", "two"].map(|name| folder.path().join(name));
        for clone in &clones {
            clone_at(clone, remote.to_str().unwrap());
        }
        Self {
            folder,
            remote,
            clones,
        }
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn clone(&self, machine: usize) -> &Path {
        &self.clones[machine]
    }

    pub(crate) fn place(&self, machine: usize) -> GitRefPlace {
        place(&self.clones[machine])
    }

    pub(crate) async fn acquire(
        &self,
        machine: usize,
        about: &str,
    ) -> Result<GitRefStore, StoreError> {
        self.acquire_with(machine, about, &times(), wait(0)).await
    }

    pub(crate) async fn acquire_with(
        &self,
        machine: usize,
        about: &str,
        times: &GitRefTimes,
        wait: Duration,
    ) -> Result<GitRefStore, StoreError> {
        GitRefStore::acquire(&self.place(machine), times, &holder(about), wait).await
    }

    pub(crate) async fn read(&self, machine: usize) -> Result<GitRefStore, StoreError> {
        GitRefStore::open_read_only(&self.place(machine), &times()).await
    }

    /// Runs git at the remote.
    pub(crate) fn at_remote(&self, arguments: &[&str]) -> String {
        git(&self.remote, arguments)
    }

    /// The commit that the ref is at.
    pub(crate) fn tip(&self) -> String {
        git(
            &self.remote,
            &[
                "for-each-ref",
                "--format=%(objectname)",
                "refs/accord/state",
            ],
        )
    }

    /// Puts a commit on top of the ref (or under it) that changes one file, as somebody else would.
    pub(crate) fn put(&self, file: &str, text: &str) {
        let folder = self.folder().join("by-hand");
        if !folder.exists() {
            std::fs::create_dir(&folder).unwrap();
            git(&folder, &["init", "--quiet", "--initial-branch=main", "."]);
        }
        let remote = self.remote.to_str().unwrap();
        if !self.tip().is_empty() {
            git(&folder, &["fetch", "--quiet", remote, "refs/accord/state"]);
            git(&folder, &["reset", "--quiet", "--hard", "FETCH_HEAD"]);
        }
        let path = folder.join(file);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        git(&folder, &["add", "--all", "--force"]);
        git(
            &folder,
            &["commit", "--quiet", "--no-verify", "--message=by hand"],
        );
        git(
            &folder,
            &[
                "push",
                "--quiet",
                "--force",
                remote,
                "HEAD:refs/accord/state",
            ],
        );
    }
}
