//! The laws of the engine that hold one way, each as a test.

use accord::plan::{Action, Reason};
use serde_json::json;

use crate::support::{TO_AZURE_DEVOPS, TO_TESTWORTHY, World};

/// Law 1: apply, then plan: nothing to do.
#[tokio::test]
async fn after_an_apply_nothing_is_left_to_plan() {
    let world = World::web_shop().await;
    let (plan, report) = world.apply().await;
    assert_eq!(report.exit_code(), 0, "{:?}", report.failures);
    assert!(plan.summary.create > 0 && plan.summary.update + plan.summary.link > 0);
    let again = world.plan().await.planned;
    assert_eq!(again.plan.changes, []);
    assert!(again.steps.is_empty(), "{:?}", again.steps);
}

/// Law 2 and 13: without a change on either side nothing is written, by plan or by apply.
#[tokio::test]
async fn unchanged_sides_cause_no_write() {
    let world = World::web_shop().await;
    world.apply().await;
    world.sandbox.state().log.clear();
    world.plan().await;
    world.apply().await;
    let state = world.sandbox.state();
    let writes: Vec<_> = state.log.entries().filter(|entry| entry.is_write).collect();
    assert!(writes.is_empty(), "{writes:?}");
    assert!(state.log.entries().count() > 0, "the log works");
}

/// Law 6: every selected item is counted once.
#[tokio::test]
async fn every_selected_item_is_counted_once() {
    let world = World::new(true, TO_AZURE_DEVOPS).await;
    let cases = world.sandbox.state().testworthy.cases_of(41).count() as u64;
    assert_eq!(world.plan().await.planned.plan.summary.selected(), cases);
    world.apply().await;
    assert_eq!(world.plan().await.planned.plan.summary.selected(), cases);
}

/// Law 11: without the store, the markers alone bring every pair back.
#[tokio::test]
async fn a_lost_store_is_rebuilt_from_the_markers() {
    for rule in [TO_AZURE_DEVOPS, TO_TESTWORTHY] {
        let world = World::new(true, rule).await;
        world.apply().await;
        let linked = world.plan().await.planned.plan.summary;
        world.lose_store();
        let (plan, report) = world.apply().await;
        assert_eq!(report.exit_code(), 0, "{:?}", report.failures);
        assert_eq!(plan.summary.create, 0, "no second item for any pair");
        assert!(
            plan.changes
                .iter()
                .all(|change| change.action == Action::Link)
        );
        assert_eq!(plan.summary.link, linked.unchanged);
        assert_eq!(world.plan().await.planned.plan.changes, []);
    }
}

/// Law 4, one way: an edit on the target that the rule overwrites is kept.
#[tokio::test]
async fn an_overwritten_edit_is_recorded() {
    use accord::store::Store;
    let world = World::new(true, TO_AZURE_DEVOPS).await;
    world.apply().await;
    let id = first_linked(&world).await;
    edit_work_item(&world, id, &json!({ "System.Title": "Edited by hand" }));
    let (plan, _) = world.apply().await;
    assert_eq!(plan.changes.len(), 1);
    assert_eq!(plan.changes[0].reason, Reason::DriftEnforced);
    let losses = world.store().await.losses(10).await.expect("losses");
    assert_eq!(losses[0].row, "title", "the newest loss comes first");
    assert_eq!(losses[0].lost.as_text(), Some("Edited by hand"));
    assert_eq!(world.plan().await.planned.plan.changes, []);
}

/// The first link of the store.
pub(crate) async fn first_linked(world: &World) -> u64 {
    use accord::store::Store;
    let store = world.store().await;
    let places = store.endpoints().await.expect("places");
    store.links(&places[0]).await.expect("links")[0].work_item.0
}

/// Edits a work item as a person would.
pub(crate) fn edit_work_item(world: &World, id: u64, fields: &serde_json::Value) {
    world
        .sandbox
        .state()
        .edit_work_item(id, fields)
        .expect("an edit");
}
