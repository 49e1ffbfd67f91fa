//! SIGINT and SIGTERM: what was begun is finished and recorded, nothing new is sent, and the next apply
//! goes on from there.
#![cfg(unix)]

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use accord::sandbox::{Fault, FaultKind};

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
