//! SIGINT and SIGTERM: what was begun is finished and recorded, nothing new is sent, and the next apply
//! goes on from there.
#![cfg(unix)]

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, ChildStderr, Command, Stdio};
use std::time::{Duration, Instant};

use accord::sandbox::{Fault, FaultKind};
#[cfg(target_os = "linux")]
use accord::store::RunLock;

use crate::conflicts::in_conflict;
use crate::killed::{look, undisturbed};
use crate::project::Project;

fn start(project: &Project, line: &[&str]) -> Child {
    project
        .command(line)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program runs")
}

fn send(child: &Child, signal: &str) {
    let script = format!("kill -{signal} {}", child.id());
    let status = Command::new("sh")
        .args(["-c", &script])
        .status()
        .expect("a shell");
    assert!(status.success(), "{script}");
}

/// Waits until the sandbox has seen what the test waits for.
fn until(what: &str, seen: impl Fn() -> bool) {
    let start = Instant::now();
    while !seen() {
        assert!(
            start.elapsed() < Duration::from_secs(60),
            "waited too long for {what}"
        );
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn a_signal_during_an_apply_ends_it_cleanly() {
    let expected = undisturbed();
    for (signal, code) in [("INT", 130), ("TERM", 143)] {
        let project = Project::web_shop();
        let slow = FaultKind::Delay {
            milliseconds: 1_000,
        };
        project.state().faults.add(Fault::new("*/add_case/*", slow));
        let child = start(&project, &["apply", "--yes"]);
        until("the first write", || project.writes() > 0);
        send(&child, signal);
        let output = child.wait_with_output().expect("it ends");
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(code), "{told}");
        assert!(told.contains("accord apply"), "says how to go on: {told}");
        let stopped = look(&project);
        assert_ne!(stopped, expected, "SIG{signal} stopped it before the end");

        project.state().faults.clear();
        // The write that was under way is known: nothing has to be waited for or looked up.
        let status = project
            .run(&["status", "--format", "json"])
            .expect(0)
            .stdout;
        assert!(
            status.contains("\"openIntents\": []"),
            "SIG{signal}: {status}"
        );
        project.run(&["apply", "--yes"]).expect(0);
        assert_eq!(look(&project), expected, "SIG{signal}");
        project.run(&["plan", "--detailed-exitcode"]).expect(0);
    }
}

#[test]
fn a_signal_before_the_first_write_prevents_every_write() {
    let project = Project::web_shop();
    let slow = FaultKind::Delay { milliseconds: 700 };
    project
        .state()
        .faults
        .add(Fault::new("*/get_cases/*", slow));
    let child = start(&project, &["apply", "--yes"]);
    until("the first request", || project.requests() > 0);
    send(&child, "INT");
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(output.status.code(), Some(130), "{output:?}");
    assert_eq!(project.writes(), 0);
}

/// Whether the program has a handler for a signal, by what the kernel says of it.
#[cfg(target_os = "linux")]
fn listens(child: &Child, number: u32) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id()));
    let status = status.expect("the kernel tells of it");
    let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:"));
    let caught = caught.expect("the signals that it handles").trim();
    let caught = u64::from_str_radix(caught, 16).expect("a number");
    caught & (1 << (number - 1)) != 0
}

/// While the state is opened, too: here another run holds it.
#[cfg(target_os = "linux")]
#[test]
fn a_signal_while_another_run_is_waited_for_ends_an_apply() {
    let project = Project::web_shop();
    project.run(&["plan", "--save", "saved.json"]).expect(0);
    let state = project.path().join(".accord/state.db");
    let _lock = RunLock::try_acquire(&state, "the test").expect("a free lock");
    let before = project.requests();
    for line in [
        &["apply", "--yes", "--lock-timeout", "120"],
        &["apply", "saved.json", "--lock-timeout", "120"],
    ] {
        for (signal, number, code) in [("INT", 2, 130), ("TERM", 15, 143)] {
            let child = start(&project, line);
            until("a handler", || listens(&child, number));
            let sent = Instant::now();
            send(&child, signal);
            let output = child.wait_with_output().expect("it ends");
            assert!(sent.elapsed() < SOON, "{:?}", sent.elapsed());
            let told = String::from_utf8_lossy(&output.stderr);
            assert_eq!(output.status.code(), Some(code), "{line:?}: {told}");
            assert!(
                told.contains("stopped before anything was written"),
                "{told}"
            );
        }
    }
    assert_eq!(project.requests(), before, "nothing was asked");
}

/// The second signal does not wait for anything.
#[test]
fn a_second_signal_ends_at_once() {
    let project = Project::web_shop();
    let slow = FaultKind::Delay {
        milliseconds: 20_000,
    };
    project.state().faults.add(Fault::new("*/add_case/*", slow));
    let child = start(&project, &["apply", "--yes"]);
    until("the first write", || project.writes() > 0);
    let start = Instant::now();
    send(&child, "INT");
    std::thread::sleep(Duration::from_millis(300));
    send(&child, "INT");
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(output.status.code(), Some(130), "{output:?}");
    assert!(
        start.elapsed() < Duration::from_secs(10),
        "{:?}",
        start.elapsed()
    );
}

const DECIDE: [&str; 6] = ["conflicts", "resolve", "1", "--take", "testworthy", "--yes"];

/// A command that only waits, reads or asks ends this soon after a signal.
const SOON: Duration = Duration::from_secs(5);

/// Sends SIGINT, and insists that the command ends soon and that its decision is not kept.
fn ends_undecided(project: &Project, mut child: Child, mut stderr: BufReader<ChildStderr>) {
    let before = project.writes();
    let start = Instant::now();
    send(&child, "INT");
    let status = child.wait().expect("it ends");
    assert!(start.elapsed() < SOON, "{:?}", start.elapsed());
    let mut told = String::new();
    stderr.read_to_string(&mut told).expect("text");
    assert_eq!(status.code(), Some(130), "{told}");
    assert!(told.contains("conflict 1 was taken back"), "{told}");
    assert_eq!(project.writes(), before);
    let list = project.run(&["conflicts", "list"]).expect(0).stdout;
    assert!(list.starts_with("Waiting for a decision\n"), "{list}");
}

#[test]
fn a_signal_while_a_decision_waits_for_an_earlier_run_ends_it() {
    let mut project = in_conflict();
    project.set("ACCORD_SETTLE", "60s");
    let title = serde_json::json!({ "System.Title": "by a developer" });
    project
        .state()
        .edit_work_item(5101, &title)
        .expect("an item");
    let slow = FaultKind::Delay {
        milliseconds: 20_000,
    };
    project
        .state()
        .faults
        .add(Fault::new("*/update_case/*", slow));
    let before = project.writes();
    let mut dead = start(&project, &["apply", "--yes"]);
    until("the write", || project.writes() > before);
    dead.kill().expect("a kill");
    dead.wait().expect("it ends");
    project.state().faults.clear();
    let mut child = start(&project, &DECIDE);
    let mut stderr = BufReader::new(child.stderr.take().expect("a pipe"));
    let mut line = String::new();
    while !line.contains("waiting") {
        line.clear();
        let read = stderr.read_line(&mut line).expect("text");
        assert!(read > 0, "it waits for what was under way");
    }
    ends_undecided(&project, child, stderr);
}

#[test]
fn a_signal_while_a_decision_is_planned_ends_it() {
    let project = in_conflict();
    let slow = FaultKind::Delay {
        milliseconds: 20_000,
    };
    let before = project.requests();
    project.state().faults.add(Fault::new("", slow));
    let mut child = start(&project, &DECIDE);
    let stderr = BufReader::new(child.stderr.take().expect("a pipe"));
    until("the first request", || project.requests() > before);
    ends_undecided(&project, child, stderr);
}

/// At a terminal, where Ctrl-C is a no to the question.
#[cfg(target_os = "linux")]
#[test]
fn a_signal_at_the_question_ends_a_decision_and_an_apply() {
    use std::io::Write as _;

    let project = in_conflict();
    let title = serde_json::json!({ "title": "by a tester" });
    project.state().edit_case(210_301, &title).expect("a case");
    for line in [&DECIDE[..5], &["apply"]] {
        let direct = project.command(line);
        let program = direct.get_program().to_string_lossy().into_owned();
        let mut command = Command::new("script");
        let typed = format!("'{program}' {}", line.join(" "));
        command.args(["-qefc", &typed, "/dev/null"]);
        command.current_dir(project.path()).env_clear();
        for (name, value) in direct.get_envs() {
            command.env(name, value.expect("a value"));
        }
        let piped = command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut terminal = piped.spawn().expect("script(1)");
        let mut stdout = terminal.stdout.take().expect("a pipe");
        let (mut told, mut byte) = (Vec::new(), [0]);
        while !told.ends_with(b"[y/N]") {
            let read = stdout.read(&mut byte).expect("bytes");
            let so_far = String::from_utf8_lossy(&told);
            assert!(read > 0, "{line:?} asks: {so_far}");
            told.push(byte[0]);
        }
        let (writes, start) = (project.writes(), Instant::now());
        let mut keys = terminal.stdin.take().expect("a pipe");
        keys.write_all(b"\x03").expect("a key");
        let status = terminal.wait().expect("it ends");
        assert!(start.elapsed() < SOON, "{:?}", start.elapsed());
        stdout.read_to_end(&mut told).expect("bytes");
        let told = String::from_utf8_lossy(&told);
        assert_eq!(status.code(), Some(130), "{line:?}: {told}");
        assert!(
            told.contains("stopped before anything was written"),
            "{told}"
        );
        assert_eq!(project.writes(), writes, "{line:?}");
        let list = project.run(&["conflicts", "list"]).expect(0).stdout;
        assert!(list.starts_with("Waiting for a decision\n"), "{list}");
    }
}
