//! A state in PostgreSQL, seen from outside: every command finds it, one run writes at a time, and its
//! address is told nobody. Needs an installed PostgreSQL; where there is none the tests say so.

use std::time::Duration;

use accord::store::{LEASE_TIME, PostgresLease};
use serde_json::json;

use crate::project::{Outcome, Project};

#[path = "../store/server.rs"]
#[allow(
    dead_code,
    clippy::unwrap_used,
    reason = "the suite of the store uses the rest; a failing call is a failing test"
)]
mod server;

use server::{CANARY, Place};

const URL: &str = "ACCORD_DATABASE_URL";

/// The example project with its state in a schema of its own; `None` without PostgreSQL.
fn shop() -> Option<(Project, Place)> {
    share(Project::web_shop())
}

fn share(mut project: Project) -> Option<(Project, Place)> {
    let place = server::shared()?.place();
    project.replace(
        "accord.yaml",
        "state: { sqlite: .accord/state.db }",
        "state: { postgres: { url: { env: ACCORD_DATABASE_URL } } }",
    );
    project.set(URL, &place.url);
    Some((project, place))
}

/// Runs a command and searches what it says for the password.
fn run(project: &Project, arguments: &[&str]) -> Outcome {
    let outcome = project.run(arguments);
    let told = format!("{}{}", outcome.stdout, outcome.stderr);
    assert!(!told.contains("hunter2"), "{arguments:?}: {told}");
    outcome
}

fn block_on<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime")
        .block_on(work)
}

#[test]
fn every_command_finds_the_state_in_the_database() {
    let Some((project, place)) = shop() else {
        return;
    };
    run(&project, &["plan", "--detailed-exitcode"]).expect(2);
    let sql = format!(
        "SELECT COUNT(*) FROM pg_namespace WHERE nspname = '{}'",
        place.schema
    );
    assert_eq!(block_on(place.number(&sql)), 0, "a plan makes nothing");
    run(&project, &["apply", "--yes"]).expect(0);
    run(&project, &["plan", "--detailed-exitcode"]).expect(0);
    for arguments in [
        &["status"][..],
        &["state", "list"],
        &["state", "verify"],
        &["conflicts", "list"],
        &["drift"],
        &["explain", "SyncRule/checkout-cases"],
    ] {
        run(&project, arguments).expect(0);
    }
    let list = run(&project, &["state", "list"]).stdout;
    assert!(list.contains("210301"), "{list}");
    // Each run gave its lease back: the second one had not to wait.
    run(&project, &["apply", "--yes"]).expect(0);
    let free = "SELECT COUNT(*) FROM lease WHERE holder IS NULL AND token = 2";
    assert_eq!(block_on(place.number(free)), 1);
    assert!(
        !project.path().join(".accord").exists(),
        "no file beside it"
    );
}

#[test]
fn a_held_lease_ends_7_and_names_its_holder() {
    let Some((project, place)) = shop() else {
        return;
    };
    let address = place.address();
    let take = PostgresLease::acquire(&address, Duration::ZERO, "the test", LEASE_TIME);
    let lease = block_on(take).expect("a free lease");
    let outcome = run(&project, &["apply", "--yes"]).expect(7);
    assert!(outcome.stderr.contains("the test"), "{}", outcome.stderr);
    run(&project, &["apply", "--yes", "--lock-timeout", "1"]).expect(7);
    assert_eq!(project.requests(), 0, "nothing is asked without the lease");
    // Reading needs none.
    run(&project, &["plan", "--detailed-exitcode"]).expect(2);
    let waiting = std::thread::scope(|scope| {
        let waiting = scope.spawn(|| run(&project, &["apply", "--yes", "--lock-timeout", "60"]));
        std::thread::sleep(Duration::from_millis(500));
        assert!(!waiting.is_finished(), "it waits");
        drop(lease);
        waiting.join().expect("the waiting run")
    });
    waiting.expect(0);
}

/// In the middle of an apply another run takes the state over: nothing more is sent.
#[test]
fn c10_a_run_that_was_taken_over_ends_7_and_sends_nothing_more() {
    let Some((project, place)) = shop() else {
        return;
    };
    drop(block_on(place.open()));
    let takeover = "CREATE FUNCTION takeover() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
        UPDATE lease SET token = token + 100, holder = 'the other run'; RETURN NULL; END $$; \
        CREATE TRIGGER takeover AFTER INSERT ON intent FOR EACH STATEMENT EXECUTE FUNCTION takeover()";
    block_on(place.run(takeover)).expect("a trigger");
    let outcome = run(&project, &["apply", "--yes"]).expect(7);
    assert!(
        outcome.stderr.contains("the other run"),
        "{}",
        outcome.stderr
    );
    let links = block_on(place.number("SELECT COUNT(*) FROM link"));
    assert_eq!(links, 0, "nothing was recorded");
    let open = "SELECT COUNT(*) FROM intent WHERE outcome IS NULL";
    let open = block_on(place.number(open));
    assert!(open > 0, "what was begun is known");
    // Each write is noted before it is sent: nothing was noted after the takeover.
    let noted = block_on(place.number("SELECT COUNT(*) FROM intent"));
    assert_eq!(noted, open);
    let writes = project.writes();
    // The run that comes next finds what was sent and makes nothing twice.
    block_on(place.run("DROP TRIGGER takeover ON intent; UPDATE lease SET holder = NULL"))
        .expect("no trigger");
    run(&project, &["apply", "--yes"]).expect(0);
    assert!(project.writes() > writes, "most of it was left");
    run(&project, &["plan", "--detailed-exitcode"]).expect(0);
}

#[test]
fn a_state_that_cannot_be_opened_says_why_and_never_the_password() {
    let Some((mut project, place)) = shop() else {
        return;
    };
    let commands = [&["plan"][..], &["apply", "--yes"], &["status"]];
    let all = |project: &Project, code: i32, words: &str| {
        for arguments in commands {
            let outcome = run(project, arguments).expect(code);
            assert!(outcome.stderr.contains(words), "{}", outcome.stderr);
        }
        assert_eq!(project.requests(), 0, "nothing is asked without a state");
    };
    for arguments in commands {
        let offline: Vec<&str> = [arguments, &["--offline"]].concat();
        run(&project, &offline).expect(10);
    }
    project.set(URL, &place.url.replace("accord:", "accord:wrong-"));
    all(&project, 8, "does not let this user in");
    let unused = std::net::TcpListener::bind("127.0.0.1:0")
        .and_then(|listener| listener.local_addr())
        .expect("a free port")
        .port();
    let nowhere = format!("postgresql://accord:{CANARY}@127.0.0.1:{unused}/state");
    project.set(URL, &nowhere);
    all(&project, 10, "whether the server runs");
    project.set(URL, &format!("accord:{CANARY}@127.0.0.1/state"));
    all(&project, 8, "postgresql://USER:PASSWORD@HOST");
    project.set(URL, " ");
    all(&project, 8, "it is empty");
    project.unset(URL);
    all(&project, 8, URL);
}

/// The next job finds what both sides held.
#[test]
fn two_way_rules_run_in_ci_on_a_shared_state() {
    let Some((mut project, place)) = share(crate::conflicts::two_way()) else {
        return;
    };
    project.set("CI", "true");
    run(&project, &["apply", "--yes"]).expect(0);
    let both = json!({ "title": "left title" });
    crate::conflicts::edit(&project, &both, &json!({ "System.Title": "right title" }));
    run(&project, &["apply", "--yes"]).expect(0);
    let take = ["conflicts", "resolve", "1", "--take", "testworthy", "--yes"];
    run(&project, &take).expect(0);
    let closed = "SELECT COUNT(*) FROM conflict WHERE state = 'closed'";
    assert_eq!(block_on(place.number(closed)), 1);
}
