//! Defects that odd answers brought to light, each with its own scene.

use accord::sandbox::{Fault, FaultKind};
use serde_json::Value;

use crate::world::World;

fn refuse(status: u16, message: &str) -> FaultKind {
    FaultKind::Error {
        status,
        message: message.to_owned(),
    }
}

/// The server knows best why it does not answer; its words must outlive the retries.
#[tokio::test]
async fn the_servers_words_outlive_the_retries() {
    let world = World::prepared().await;
    for (path, kind, words) in [
        (
            "/contoso/*",
            FaultKind::Throttled { retry_after: None },
            "TF400733: The request has been canceled",
        ),
        (
            "/contoso/*",
            refuse(503, "TF24668: The collection is stopped."),
            "TF24668: The collection is stopped. [",
        ),
        (
            "/contoso/*",
            FaultKind::WrappedError { status: 500 },
            "An error has occurred: Internal Server Error. [",
        ),
        (
            "/testworthy/*",
            refuse(429, "At most 60 requests a minute."),
            "At most 60 requests a minute. [",
        ),
        (
            "/testworthy/*",
            refuse(500, "Object reference not set."),
            "Object reference not set. [",
        ),
    ] {
        world.restore();
        world
            .sandbox
            .state()
            .faults
            .add(Fault::new(path, kind.clone()));
        let ran = world.run(&["plan"]).await;
        assert_eq!(ran.code.code(), 10, "{kind:?}: {}", ran.stderr);
        assert!(ran.stderr.contains(words), "{kind:?}: {}", ran.stderr);
        assert!(!ran.stderr.contains("innerException"), "{}", ran.stderr);
    }
}

#[tokio::test]
async fn offline_says_what_it_is() {
    let world = World::prepared().await;
    let ran = world.run(&["plan", "--offline"]).await;
    assert_eq!(ran.code.code(), 10);
    assert!(ran.stderr.contains("without --offline"), "{}", ran.stderr);
    assert!(!ran.stderr.contains("check the address"), "{}", ran.stderr);
    let state = world.sandbox.state();
    assert_eq!(state.log.entries().count(), 0);
}

/// A busy server refuses a query with 400; the same query a moment later is answered.
#[tokio::test]
async fn a_busy_refusal_of_a_query_is_asked_again() {
    let world = World::prepared().await;
    for code in ["VS402490", "VS402491"] {
        world.restore();
        let busy = refuse(400, &format!("{code}: The server is too busy."));
        let fault = Fault::new("*/wit/wiql", busy).times(2);
        world.sandbox.state().faults.add(fault);
        let ran = world.run(&["plan", "--detailed-exitcode"]).await;
        assert_eq!(ran.code.code(), 2, "{code}: {}", ran.stderr);
    }
}

/// Losing a race is no refusal: the item is not put away for a day.
#[tokio::test]
async fn a_lost_race_puts_nothing_into_quarantine() {
    let world = World::prepared().await;
    let raced = FaultKind::BatchElement {
        index: 9,
        status: 409,
        message: "TF26071: This work item has been changed by someone else.".to_owned(),
    };
    world
        .sandbox
        .state()
        .faults
        .add(Fault::new("$batch", raced));
    let ran = world.run(&["apply", "--yes"]).await;
    assert_eq!(ran.code.code(), 9, "{}", ran.stderr);
    world.sandbox.state().faults.clear();
    let status = world.run(&["status", "--format", "json"]).await;
    let status: Value = serde_json::from_str(&status.stdout).expect("JSON");
    assert_eq!(status["quarantine"], serde_json::json!([]), "{status:#}");
    let again = world.run(&["apply", "--yes"]).await;
    assert_eq!(again.code.code(), 0, "{}", again.stderr);
    let plan = world.run(&["plan", "--detailed-exitcode"]).await;
    assert_eq!(plan.code.code(), 0, "{}", plan.stdout);
}

/// Sections that a server lists but that cannot be read leave paths half known. Nothing may be created
/// on the strength of them.
#[tokio::test]
async fn unreadable_sections_create_nothing() {
    let world = World::prepared().await;
    let before = world.content();
    let cut = Fault::new("*/get_sections/*", FaultKind::CutJson);
    world.sandbox.state().faults.add(cut);
    let ran = world.run(&["apply", "--yes"]).await;
    assert_eq!(ran.code.code(), 5, "{}{}", ran.stdout, ran.stderr);
    assert_eq!(world.content(), before);
    assert_eq!(world.writes(), 0);
}

/// 2 promises that an apply would do something; one that a safety rule blocks does nothing.
#[tokio::test]
async fn a_blocked_plan_does_not_promise_changes() {
    let world = World::prepared().await;
    let cut = Fault::new("*/get_sections/*", FaultKind::CutJson);
    world.sandbox.state().faults.add(cut);
    let plan = world.run(&["plan"]).await;
    assert_eq!(plan.code.code(), 0, "{}", plan.stderr);
    let detailed = world.run(&["plan", "--detailed-exitcode"]).await;
    assert_eq!(detailed.code.code(), 5, "{}", detailed.stderr);
    assert_eq!(detailed.stdout, plan.stdout, "it is shown all the same");
    let apply = world.run(&["apply", "--yes"]).await;
    assert_eq!(apply.code.code(), 5, "{}", apply.stderr);
}
