//! The run lock: one holder, told to those who wait, free when its process is gone.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use accord::store::{RunLock, StoreError, lock_holder};

use crate::sample::at;

const STATE: &str = "ACCORD_TEST_LOCK";
const NOW: Duration = Duration::ZERO;

/// This test binary again, running only `child`.
pub(crate) fn start_child(child: &str, variable: &str, state: &Path) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            child,
            "--ignored",
            "--nocapture",
            "--test-threads=1",
        ])
        .env(variable, state)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

#[tokio::test]
async fn a_second_holder_is_told_who_the_first_is() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join(".accord/state.db");
    let holder = lock_holder("apply", at(0));
    let first = RunLock::acquire(&state, NOW, &holder).await.unwrap();
    let refused = RunLock::acquire(&state, NOW, "another").await.unwrap_err();
    let StoreError::Locked { holder: told, .. } = &refused else {
        panic!("{refused:?}");
    };
    assert_eq!(told.as_deref(), Some(holder.as_str()));
    for part in ["apply", &std::process::id().to_string(), "since 2026-"] {
        assert!(refused.to_string().contains(part), "{refused}");
    }
    drop(first);
    let second = RunLock::acquire(&state, NOW, "another").await.unwrap();
    drop(second);
}

#[tokio::test]
async fn waiting_gets_the_lock_when_it_is_let_go() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state.db");
    let first = RunLock::acquire(&state, NOW, "first").await.unwrap();
    let waiting = tokio::spawn({
        let state = state.clone();
        async move { RunLock::acquire(&state, Duration::from_secs(20), "second").await }
    });
    tokio::time::sleep(Duration::from_millis(250)).await;
    assert!(!waiting.is_finished());
    drop(first);
    let second = waiting.await.unwrap().unwrap();
    let refused = RunLock::acquire(&state, NOW, "third").await.unwrap_err();
    assert!(refused.to_string().contains("(second)"), "{refused}");
    drop(second);
}

#[tokio::test]
async fn waiting_ends_in_time() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state.db");
    let _first = RunLock::acquire(&state, NOW, "first").await.unwrap();
    let begin = Instant::now();
    let refused = RunLock::acquire(&state, Duration::from_millis(300), "second").await;
    assert!(matches!(refused, Err(StoreError::Locked { .. })));
    assert!(begin.elapsed() >= Duration::from_millis(300));
}

#[test]
fn a_killed_holder_frees_the_lock() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state.db");
    let mut child = start_child("lock::child_that_holds_the_lock", STATE, &state);
    let mut output = child.stdout.take().unwrap();
    let mut seen = Vec::new();
    while !String::from_utf8_lossy(&seen).contains("<held>") {
        let mut byte = [0; 1];
        assert_eq!(output.read(&mut byte).unwrap(), 1, "the child ended early");
        seen.push(byte[0]);
    }
    let refused = RunLock::try_acquire(&state, "parent").unwrap_err();
    assert!(
        refused.to_string().contains(&child.id().to_string()),
        "{refused}"
    );
    child.kill().unwrap();
    child.wait().unwrap();
    RunLock::try_acquire(&state, "parent").unwrap();
}

#[test]
#[ignore = "runs as a child process of another test"]
fn child_that_holds_the_lock() {
    let Some(state) = std::env::var_os(STATE).map(PathBuf::from) else {
        return;
    };
    let _lock = RunLock::try_acquire(&state, &lock_holder("apply", at(0))).unwrap();
    println!("<held>");
    std::thread::sleep(Duration::from_secs(60));
}

#[test]
fn a_place_where_no_lock_can_be_made_is_an_error_that_names_it() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("file"), "").unwrap();
    let state = folder.path().join("file/state.db");
    let error = RunLock::try_acquire(&state, "x").unwrap_err();
    assert!(matches!(error, StoreError::Backend { .. }), "{error:?}");
    assert!(error.to_string().contains("file"), "{error}");
}

/// Many processes want the lock at once, and each is killed while it holds it: never do two hold it, and
/// every death frees it for exactly one other.
#[test]
fn of_many_processes_one_holds_the_lock_and_its_death_frees_it_for_one_other() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state.db");
    let mut children: Vec<Child> = (0..5)
        .map(|_| start_child("lock::child_that_waits_for_the_lock", STATE, &state))
        .collect();
    let held = state.with_extension("held");
    for round in 1..=5 {
        let begin = Instant::now();
        let pids = loop {
            let text = std::fs::read_to_string(&held).unwrap_or_default();
            let pids: Vec<u32> = text.lines().filter_map(|line| line.parse().ok()).collect();
            if pids.len() >= round {
                break pids;
            }
            assert!(
                begin.elapsed() < Duration::from_secs(30),
                "nobody took it over"
            );
            std::thread::sleep(Duration::from_millis(20));
        };
        assert_eq!(pids.len(), round, "two hold the lock");
        let holder = pids[round - 1];
        let refused = RunLock::try_acquire(&state, "parent").unwrap_err();
        assert!(refused.to_string().contains(&format!("process {holder} ")));
        let index = children.iter().position(|child| child.id() == holder);
        let mut child = children.remove(index.unwrap());
        child.kill().unwrap();
        child.wait().unwrap();
    }
    RunLock::try_acquire(&state, "parent").unwrap();
}

#[test]
#[ignore = "runs as a child process of another test"]
fn child_that_waits_for_the_lock() {
    use std::io::Write as _;
    let Some(state) = std::env::var_os(STATE).map(PathBuf::from) else {
        return;
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    let minute = Duration::from_secs(60);
    let holder = lock_holder("conflicts resolve", at(0));
    let _lock = runtime
        .block_on(RunLock::acquire(&state, minute, &holder))
        .unwrap();
    let mut held = std::fs::OpenOptions::new()
        .create(true)
        .append(true)
        .open(state.with_extension("held"))
        .unwrap();
    writeln!(held, "{}", std::process::id()).unwrap();
    std::thread::sleep(minute);
}
