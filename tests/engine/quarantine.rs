//! What a server refused waits in quarantine, by the kind of refusal, until something changes that may end it.

use std::time::Duration;

use accord::model::RefusalClass;
use accord::plan::Summary;
use accord::reconcile::{Clock, FailureKind};
use accord::sandbox::azure_devops::seed::FieldSeed;
use accord::sandbox::log::System;
use accord::sandbox::{Fault, FaultKind};
use accord::store::{Quarantine, Store};
use serde_json::json;

use crate::review_help::{add_case, add_item, links};
use crate::support::{TO_AZURE_DEVOPS, TO_TESTWORTHY, World};
use crate::two_way::{BOTH, BUGS, assert_settled, case, edit_case, edit_item, item, paired};

const BATCH: &str = "*/_apis/wit/$batch";
const HOUR: Duration = Duration::from_secs(60 * 60);

/// More often than a write is tried.
const ALWAYS: u64 = 9;

fn strike(world: &World, route: &str, kind: FaultKind) {
    let fault = Fault::new(route, kind).times(ALWAYS);
    world.sandbox.state().faults.add(fault);
}

fn answer(status: u16) -> FaultKind {
    FaultKind::Status {
        status,
        retry_after: None,
    }
}

async fn aside(world: &World) -> Vec<Quarantine> {
    let store = world.store().await;
    let places = store.endpoints().await.expect("places");
    store.quarantine(&places[0]).await.expect("quarantine")
}

async fn summary(world: &World) -> Summary {
    world.plan().await.planned.plan.summary
}

/// An item that a server refuses once; nothing is refused any more when the test goes on.
async fn refused(world: &World, class: RefusalClass) {
    let (_, report) = world.apply().await;
    assert_eq!(report.failures.len(), 1, "{:?}", report.failures);
    assert_eq!(report.failures[0].kind, FailureKind::Refused);
    world.sandbox.state().faults.clear();
    let waiting = aside(world).await;
    assert_eq!(waiting.len(), 1);
    assert_eq!(waiting[0].class, class, "{:?}", waiting[0].reason);
    assert!(waiting[0].type_digest.is_some());
    assert_eq!(summary(world).await.quarantined, 1);
}

/// The item is tried again, goes through and leaves the quarantine.
async fn released(world: &World) {
    let (plan, report) = world.apply().await;
    assert_eq!(plan.summary.create, 1);
    assert_eq!(report.exit_code(), 0, "{:?}", report.failures);
    assert_eq!(links(world).await.len(), 1);
    assert_eq!(aside(world).await, []);
}

async fn new_case() -> World {
    let world = World::new(false, TO_AZURE_DEVOPS).await;
    add_case(&world, "Pay");
    world
}

async fn new_item() -> World {
    let world = World::new(false, TO_TESTWORTHY).await;
    add_item(&world, "Pay", &[], &[]);
    world
}

#[tokio::test]
async fn refused_content_is_tried_again_after_a_day() {
    let world = new_case().await;
    strike(&world, BATCH, answer(400));
    refused(&world, RefusalClass::Content).await;
    world.clock.sleep(23 * HOUR).await;
    assert_eq!(summary(&world).await.quarantined, 1);
    world.clock.sleep(2 * HOUR).await;
    released(&world).await;
}

#[tokio::test]
async fn refused_content_is_tried_again_when_the_work_item_type_changes() {
    let world = new_case().await;
    strike(&world, BATCH, answer(400));
    refused(&world, RefusalClass::Content).await;
    let field = FieldSeed {
        reference_name: "Custom.Release".to_owned(),
        name: "Release".to_owned(),
        kind: "string".to_owned(),
        work_item_types: vec!["Test Case".to_owned()],
        required: false,
        default_value: None,
        allowed_values: Vec::new(),
    };
    let added = world.sandbox.state().azure_devops.add_field(&field);
    added.expect("a field");
    released(&world).await;
}

async fn an_hour_later(world: &World) {
    world.clock.sleep(HOUR / 2).await;
    assert_eq!(summary(world).await.quarantined, 1);
    world.clock.sleep(HOUR).await;
    released(world).await;
}

/// One work item of a request is refused in this way, and one hour later it is not.
async fn refused_for_an_hour(status: u16, message: &str, class: RefusalClass) {
    let world = new_case().await;
    let kind = FaultKind::BatchElement {
        index: 0,
        status,
        message: message.to_owned(),
    };
    strike(&world, BATCH, kind);
    refused(&world, class).await;
    an_hour_later(&world).await;
}

#[tokio::test]
async fn a_missing_permission_is_tried_again_after_an_hour() {
    let message = "TF237111: The current user does not have permissions to save work items under the \
        specified area path.";
    refused_for_an_hour(403, message, RefusalClass::Permission).await;
}

#[tokio::test]
async fn what_is_not_there_is_tried_again_after_an_hour() {
    let message =
        "TF401232: Work item 99 does not exist, or you do not have permissions to read it.";
    refused_for_an_hour(404, message, RefusalClass::Missing).await;
}

#[tokio::test]
async fn what_is_not_offered_is_tried_again_after_an_hour() {
    let world = new_item().await;
    strike(&world, "add_case", answer(404));
    refused(&world, RefusalClass::NotOffered).await;
    an_hour_later(&world).await;
}

/// To delete and to restore is a right of its own in Azure DevOps.
#[tokio::test]
async fn without_the_right_to_restore_the_other_items_go_on() {
    let world = World::mapped_without_items(BUGS, BOTH).await;
    for title in ["Pay", "Leave"] {
        add_case(&world, title);
    }
    world.apply().await;
    let all = links(&world).await;
    let deleted = world.sandbox.state().delete_work_item(all[0].work_item.0);
    deleted.expect("a deletion");
    edit_case(&world, all[1].case.0, &json!({ "title": "Leave soon" }));
    let fault = Fault::new("*/_apis/wit/recyclebin/*", answer(403));
    world.sandbox.state().faults.add(fault.method("PATCH"));
    let (_, report) = world.apply().await;
    assert_eq!(report.failures.len(), 1, "{:?}", report.failures);
    assert_eq!(item(&world, all[1].work_item.0).0, "Leave soon");
    let waiting = aside(&world).await;
    assert_eq!(waiting.len(), 1);
    assert_eq!(waiting[0].class, RefusalClass::Permission);
    let (plan, report) = world.apply().await;
    assert_eq!(plan.summary.quarantined, 1);
    assert_eq!(report.exit_code(), 0, "{:?}", report.failures);
    world.sandbox.state().faults.clear();
    world.clock.sleep(2 * HOUR).await;
    world.apply().await;
    assert_settled(&world).await;
    assert_eq!(aside(&world).await, []);
}

/// Seed 335990 of the soak: the memory of one pushed out the memory of the other, so each run sent one.
#[tokio::test]
async fn a_pair_with_a_refused_write_on_each_side_is_left_in_peace() {
    let (world, id, twin) = paired().await;
    edit_case(&world, id, &json!({ "title": "Pay by card" }));
    edit_item(&world, twin, &json!({ "Custom.Gherkin": "Given cash" }));
    strike(&world, BATCH, answer(400));
    strike(&world, "update_case", answer(400));
    let (_, report) = world.apply().await;
    assert_eq!(report.failures.len(), 2, "{:?}", report.failures);
    world.sandbox.state().faults.clear();
    for _ in 0..3 {
        world.sandbox.state().log.clear();
        let (plan, report) = world.apply().await;
        assert_eq!(plan.changes, []);
        assert_eq!(plan.summary.quarantined, 1, "{:?}", plan.findings);
        assert_eq!(report.exit_code(), 0, "{:?}", report.failures);
        let state = world.sandbox.state();
        let writes = [System::Testworthy, System::AzureDevOps].map(|side| state.log.writes(side));
        assert_eq!(writes, [0, 0]);
    }
    // One side is mended: its write goes through, and the other one goes on waiting.
    edit_case(&world, id, &json!({ "title": "Pay by cheque" }));
    let (plan, report) = world.apply().await;
    assert_eq!(plan.changes.len(), 1, "{:?}", plan.changes);
    assert_eq!(report.exit_code(), 0, "{:?}", report.failures);
    assert_eq!(item(&world, twin).0, "Pay by cheque");
    assert_eq!(case(&world, id).1, "Given a card");
    assert_eq!(aside(&world).await.len(), 1);
    world.clock.sleep(25 * HOUR).await;
    world.apply().await;
    assert_settled(&world).await;
    assert_eq!(case(&world, id).1, "Given cash");
    assert_eq!(aside(&world).await, []);
}
