//! A dead server ends 10 within reasonable time.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use accord::sandbox::{Fault, FaultKind};

use crate::project::{Outcome, Project};

/// A port on which nobody listens.
fn closed_port() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("an address").to_string()
}

fn with_dead(side: &str) -> Project {
    let mut project = Project::web_shop();
    let (alive, dead) = (project.sandbox.address.to_string(), closed_port());
    project.replace(
        "connection.yaml",
        &format!("{alive}/{side}"),
        &format!("{dead}/{side}"),
    );
    project.set("ACCORD_ALLOW_HOSTS", &format!("{alive},{dead}"));
    project
}

fn timed(project: &Project, line: &[&str]) -> (Outcome, Duration) {
    let start = Instant::now();
    let outcome = project.run(line).expect(10);
    (outcome, start.elapsed())
}

/// A host from which no answer has ever come is tried for at most 10 s: this one test waits for it, for
/// both systems and both commands at the same time. Meanwhile a person is told what is going on.
#[test]
fn a_dead_server_ends_10_after_the_retries() {
    let sides = [with_dead("contoso"), with_dead("testworthy")];
    std::thread::scope(|scope| {
        let runs: Vec<_> = sides
            .iter()
            .flat_map(|project| {
                [&["plan"] as &[&str], &["apply", "--yes"]]
                    .map(|line| scope.spawn(move || timed(project, line)))
            })
            .collect();
        for run in runs {
            let (outcome, took) = run.join().expect("a run");
            assert!(outcome.stderr.contains("web-shop"), "{}", outcome.stderr);
            assert!(outcome.stdout.is_empty(), "{}", outcome.stdout);
            assert!(took > Duration::from_secs(2), "it tried again: {took:?}");
            assert!(took < Duration::from_secs(20), "{took:?}");
            let told = outcome.stderr.find("trying again for up to ");
            assert!(
                told < outcome.stderr.find("\nerror: "),
                "{}",
                outcome.stderr
            );
            assert!(told.is_some(), "{}", outcome.stderr);
        }
    });
    for project in sides {
        assert_eq!(project.writes(), 0);
    }
}

#[test]
fn a_shorter_patience_is_honoured() {
    let project = with_dead("contoso");
    let (outcome, took) = timed(&project, &["plan", "--timeout", "1"]);
    assert!(took < Duration::from_secs(15), "{took:?}");
    assert!(outcome.stderr.contains("--timeout"), "{}", outcome.stderr);
}

/// A server that is down for a moment costs a moment.
#[test]
fn a_short_outage_is_bridged() {
    let project = Project::web_shop();
    let down = FaultKind::Status {
        status: 503,
        retry_after: None,
    };
    project
        .state()
        .faults
        .add(Fault::new("*/_apis/*", down).times(2));
    project
        .state()
        .faults
        .add(Fault::new("/testworthy/*", FaultKind::DropBeforeHandling).times(1));
    let outcome = project.run(&["plan", "--detailed-exitcode"]).expect(2);
    assert!(
        outcome.stdout.contains("13 to create"),
        "{}",
        outcome.stdout
    );
}
