//! The crash points of the write protocol, two-way: the process dies at each of them, and started again it
//! ends where an undisturbed run does, without a duplicate and without a lost edit.
//!
//! Of the points of the protocol C10 (two runs at once) is tested with processes, in `tests/crash/locked.rs`
//! and `tests/cli/shared_state.rs`; C12 is about attachments, which Accord does not carry.

use std::collections::BTreeMap;

use accord::model::WorkItemId;
use accord::sandbox::{Fault, FaultKind};
use accord::store::Store;
use serde_json::json;

use crate::review_help::{add_case, add_item, links};
use crate::support::World;
use crate::support::killing::{Death, Dying, Moment};
use crate::two_way::{
    BOTH, BUGS, MAPPING, assert_settled, case, edit_both, edit_case, edit_item, item, paired, refs,
};

/// Everything a person sees: title, Gherkin and references of every item of either side, with how often.
type Seen = BTreeMap<String, usize>;

fn look(world: &World) -> [Seen; 2] {
    let (cases, items): (Vec<u64>, Vec<u64>) = {
        let state = world.sandbox.state();
        let cases = state.testworthy.cases().map(|case| case.id).collect();
        (cases, state.azure_devops.work_item_ids())
    };
    let mut seen = [Seen::new(), Seen::new()];
    for id in cases {
        *seen[0].entry(format!("{:?}", case(world, id))).or_default() += 1;
    }
    for id in items {
        *seen[1].entry(format!("{:?}", item(world, id))).or_default() += 1;
    }
    seen
}

/// A pair to be merged, one whose fields cross, and a new item on each side.
async fn busy() -> World {
    let world = World::mapped_without_items(MAPPING, BOTH).await;
    let mut ids = Vec::new();
    for title in ["Merged", "Crossed"] {
        let id = add_case(&world, title);
        edit_case(&world, id, &json!({ "refs": "A" }));
        ids.push(id);
    }
    let (_, report) = world.apply().await;
    assert_eq!(report.exit_code(), 0, "{:?}", report.failures);
    let twins: BTreeMap<u64, u64> = links(&world)
        .await
        .into_iter()
        .map(|link| (link.case.0, link.work_item.0))
        .collect();
    edit_both(&world, ids[0], twins[&ids[0]]);
    edit_case(&world, ids[1], &json!({ "title": "Crossed over" }));
    edit_item(
        &world,
        twins[&ids[1]],
        &json!({ "Custom.Gherkin": "Given cash" }),
    );
    add_case(&world, "New case");
    add_item(&world, "New item", &[], &[]);
    world
}

/// Lets an apply run until it dies; whether it did.
async fn die(world: &World, death: std::sync::Arc<Death>) -> bool {
    let dying = Dying {
        inner: world.remotes(),
        death: death.clone(),
    };
    tokio::select! {
        report = world.apply_with(&dying) => {
            drop(report.expect("a run that was not disturbed"));
            false
        }
        () = death.died.notified() => true,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_at_any_call_of_a_two_way_apply() {
    let world = busy().await;
    let death = Death::new(usize::MAX, Moment::Before);
    die(&world, death.clone()).await;
    let calls = death.calls();
    assert!(calls > 10, "a run makes more calls than {calls}");
    assert_settled(&world).await;
    let undisturbed = look(&world);
    for at in 0..calls {
        for moment in [Moment::Before, Moment::After] {
            let world = busy().await;
            die(&world, Death::new(at, moment)).await;
            assert_settled(&world).await;
            assert_eq!(look(&world), undisturbed, "killed at call {at}, {moment:?}");
        }
    }
}

/// Dies at a call of a merge, gets an edit on either side before the next run, and loses none.
async fn edited_after(name: &'static str, moment: Moment) {
    let (world, id, twin) = paired().await;
    edit_both(&world, id, twin);
    assert!(die(&world, Death::at_call(name, 0, moment)).await, "{name}");
    let (mut own, mut other) = (case(&world, id).2, item(&world, twin).2);
    own.insert("E".to_owned());
    other.insert("F".to_owned());
    let own: Vec<String> = own.into_iter().collect();
    let other: Vec<String> = other.iter().map(|one| format!("ref:{one}")).collect();
    let mention = format!("{}, AB#{twin}", own.join(", "));
    edit_case(&world, id, &json!({ "refs": mention }));
    let tags = format!("accord; {}", other.join("; "));
    edit_item(&world, twin, &json!({ "System.Tags": tags }));
    world.apply().await;
    for seen in [case(&world, id).2, item(&world, twin).2] {
        assert_eq!(seen, refs(&["A", "B", "C", "E", "F"]), "{name} {moment:?}");
    }
    assert_settled(&world).await;
}

#[tokio::test]
async fn c0_killed_before_anything_was_prepared() {
    let (world, id, twin) = paired().await;
    edit_both(&world, id, twin);
    assert!(die(&world, Death::new(0, Moment::Before)).await);
    assert_settled(&world).await;
    assert_eq!(case(&world, id).2, refs(&["A", "B", "C"]));
}

#[tokio::test]
async fn c1_c2_killed_behind_the_intent_and_nothing_was_sent() {
    for name in ["write", "update_case"] {
        edited_after(name, Moment::Before).await;
    }
}

#[tokio::test]
async fn c3_c6_killed_behind_a_write_that_landed() {
    for name in ["write", "update_case"] {
        edited_after(name, Moment::After).await;
    }
}

#[tokio::test]
async fn c3_a_create_that_landed_and_was_edited_since_keeps_the_edit() {
    let world = World::mapped_without_items(MAPPING, BOTH).await;
    let id = add_case(&world, "Pay");
    assert!(die(&world, Death::at_call("write", 0, Moment::After)).await);
    let made = world.sandbox.state().azure_devops.work_item_ids();
    assert_eq!(made.len(), 1);
    edit_item(&world, made[0], &json!({ "System.Title": "Pay by card" }));
    assert_settled(&world).await;
    // Against revision 1 only Azure DevOps changed: no conflict, and the edit crosses.
    assert_eq!(case(&world, id).0, "Pay by card");
    assert_eq!(world.sandbox.state().azure_devops.work_item_ids(), made);
}

#[tokio::test]
async fn c3_a_case_that_was_made_and_edited_since_keeps_the_edit() {
    let world = World::mapped_without_items(MAPPING, BOTH).await;
    let twin = add_item(&world, "Pay", &[], &[]);
    assert!(die(&world, Death::at_call("create_case", 0, Moment::After)).await);
    let made: Vec<u64> = {
        let state = world.sandbox.state();
        state.testworthy.cases().map(|case| case.id).collect()
    };
    assert_eq!(made.len(), 1);
    edit_case(&world, made[0], &json!({ "gherkin": "Given cash" }));
    assert_settled(&world).await;
    assert_eq!(item(&world, twin).1, "Given cash");
    assert_eq!(links(&world).await.len(), 1);
}

#[tokio::test]
async fn c4_a_write_that_lands_after_its_answer_was_given_up() {
    let (world, id, twin) = paired().await;
    edit_both(&world, id, twin);
    let late = Fault::new("$batch", FaultKind::LateLanding { milliseconds: 50 }).times(1);
    world.sandbox.state().faults.add(late);
    world.apply().await;
    assert_settled(&world).await;
    assert_eq!(case(&world, id).2, refs(&["A", "B", "C"]));
    assert_eq!(item(&world, twin).2, refs(&["A", "B", "C"]));
}

#[tokio::test]
async fn c4_an_answer_that_is_lost_is_looked_up_in_the_same_run() {
    let (world, id, twin) = paired().await;
    edit_both(&world, id, twin);
    let lost = Fault::new("$batch", FaultKind::DropAfterHandling).times(1);
    world.sandbox.state().faults.add(lost);
    let (_, report) = world.apply().await;
    assert_eq!(
        (report.exit_code(), report.applied),
        (0, 2),
        "{:?}",
        report.failures
    );
    assert_eq!(world.plan().await.planned.plan.changes, []);
    assert_eq!(item(&world, twin).2, case(&world, id).2);
}

#[tokio::test]
async fn c5_a_revision_that_moved_is_merged_again() {
    let (world, id, twin) = paired().await;
    edit_both(&world, id, twin);
    let world = std::sync::Arc::new(world);
    let meddled = world.clone();
    let death = Death::meddling_at("write", (0, Moment::Before), move || {
        let tags = json!({ "System.Tags": "accord; ref:A; ref:C; ref:D" });
        edit_item(&meddled, twin, &tags);
    });
    assert!(!die(&world, death).await);
    world.apply().await;
    for seen in [case(&world, id).2, item(&world, twin).2] {
        assert_eq!(seen, refs(&["A", "B", "C", "D"]));
    }
    assert_settled(&world).await;
}

/// The first record of a run fails at its last row, as on a full disk: nothing of it is kept, neither the
/// new link nor the intent's outcome.
#[tokio::test]
async fn c7_a_record_that_fails_half_way_is_not_there() {
    let (world, id, twin) = paired().await;
    edit_both(&world, id, twin);
    add_case(&world, "New case");
    add_item(&world, "New item", &[], &[]);
    let undisturbed = {
        let other = paired().await;
        edit_both(&other.0, other.1, other.2);
        add_case(&other.0, "New case");
        add_item(&other.0, "New item", &[], &[]);
        assert_settled(&other.0).await;
        look(&other.0)
    };
    let before = links(&world).await;
    world.in_state(
        "CREATE TRIGGER full BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'disk full'); END",
    );
    let (_, report) = world.apply().await;
    assert_ne!(report.exit_code(), 0);
    assert!(
        report
            .errors
            .iter()
            .any(|error| error.to_string().contains("disk full"))
    );
    assert_eq!(links(&world).await, before);
    let store = world.store().await;
    let places = store.endpoints().await.expect("places");
    let open = store.open_intents(&places[0]).await.expect("intents");
    assert!(!open.is_empty(), "what was sent is not forgotten");
    drop(store);
    world.in_state("DROP TRIGGER full");
    assert_settled(&world).await;
    assert_eq!(look(&world), undisturbed);
}

#[tokio::test]
async fn c8_killed_before_the_mark_on_the_other_side() {
    let world = World::mapped_without_items(MAPPING, BOTH).await;
    let id = add_case(&world, "Pay");
    for moment in [Moment::Before, Moment::After] {
        let death = Death::at_call("update_case", 0, moment);
        assert!(die(&world, death).await, "{moment:?}");
    }
    assert_settled(&world).await;
    let link = links(&world).await.remove(0);
    assert_eq!(link.case.0, id);
    let state = world.sandbox.state();
    let case = state.testworthy.case(id).expect("the case");
    let mention = format!("AB#{}", link.work_item);
    assert_eq!(case.text("refs"), Some(mention.as_str()));
    assert_eq!(state.azure_devops.work_item_ids().len(), 1);
}

#[tokio::test]
async fn c9_a_lost_store_makes_no_duplicate() {
    let (world, id, twin) = paired().await;
    world.lose_store();
    assert_settled(&world).await;
    let links = links(&world).await;
    assert_eq!((links[0].case.0, links[0].work_item.0), (id, twin));
    assert_eq!(look(&world).map(|seen| seen.len()), [1, 1]);
}

#[tokio::test]
async fn c9_an_older_copy_of_the_store_makes_no_duplicate_and_no_conflict() {
    let (world, id, twin) = paired().await;
    world.in_state("PRAGMA wal_checkpoint(TRUNCATE)");
    let backup = world.store_bytes().expect("a state");
    edit_case(&world, id, &json!({ "title": "Pay by card" }));
    add_case(&world, "Since then");
    add_item(&world, "Since then too", &[], &[]);
    assert_settled(&world).await;
    let count = |seen: [Seen; 2]| seen.map(|side| side.values().sum::<usize>());
    let before = count(look(&world));
    world.put_store_back(&backup);
    edit_item(&world, twin, &json!({ "Custom.Gherkin": "Given cash" }));
    let (plan, _) = world.apply().await;
    assert_eq!(plan.conflicts, []);
    assert_settled(&world).await;
    assert_eq!(count(look(&world)), before);
    assert_eq!(case(&world, id).1, "Given cash");
    assert_eq!(links(&world).await.len(), 3);
}

#[tokio::test]
async fn c11_a_batch_of_which_one_write_is_refused_by_its_revision() {
    let (world, id, twin) = paired().await;
    let second = add_case(&world, "Leave");
    world.apply().await;
    let twins: BTreeMap<u64, WorkItemId> = links(&world)
        .await
        .into_iter()
        .map(|link| (link.case.0, link.work_item))
        .collect();
    edit_case(&world, id, &json!({ "title": "Pay by card" }));
    edit_case(&world, second, &json!({ "title": "Leave soon" }));
    let world = std::sync::Arc::new(world);
    let meddled = world.clone();
    let death = Death::meddling_at("write", (0, Moment::Before), move || {
        edit_item(&meddled, twin, &json!({ "Custom.Gherkin": "Given cash" }));
    });
    assert!(!die(&world, death).await);
    assert_eq!(item(&world, twins[&second].0).0, "Leave soon");
    assert_eq!(item(&world, twin).0, "Pay");
    assert_settled(&world).await;
    assert_eq!(item(&world, twin).0, "Pay by card");
    assert_eq!(case(&world, id).1, "Given cash");
}

#[tokio::test]
async fn c13_killed_again_while_recovering() {
    let (world, id, twin) = paired().await;
    edit_both(&world, id, twin);
    assert!(die(&world, Death::at_call("write", 0, Moment::After)).await);
    edit_item(&world, twin, &json!({ "Custom.Gherkin": "Given cash" }));
    // The look at the revision is recovery's own.
    for moment in [Moment::Before, Moment::After] {
        assert!(die(&world, Death::at_call("revision", 0, moment)).await);
    }
    assert_settled(&world).await;
    assert_eq!(case(&world, id).2, refs(&["A", "B", "C"]));
    assert_eq!(case(&world, id).1, "Given cash");
}

#[tokio::test]
async fn c14_a_row_that_was_redefined_meanwhile_gets_no_base() {
    let (mut world, id, twin) = paired().await;
    edit_case(
        &world,
        id,
        &json!({ "title": "Pay by card", "gherkin": "Given cash" }),
    );
    assert!(die(&world, Death::at_call("write", 0, Moment::After)).await);
    let redefined = MAPPING.replace(
        "{ testworthy: gherkin, azureDevOps: Custom.Gherkin }",
        "{ testworthy: gherkin, azureDevOps: Custom.CucumberTags }",
    );
    world.map(&redefined);
    world.apply().await;
    let link = links(&world).await.remove(0);
    assert_eq!(link.work_item.0, twin);
    let base = &link.base.fields["title"];
    assert_eq!(base.azure_devops.as_text(), Some("Pay by card"));
    let open = world.store().await.open_intents(&link.endpoints).await;
    assert_eq!(open.expect("intents").len(), 0);
}

/// A world of which one case was deleted, and the work item that it leaves.
async fn bereft(policy: &str, mapping: &str) -> (World, u64) {
    let rule = BOTH.replace("testworthy: ask", &format!("testworthy: {policy}"));
    let world = World::mapped_without_items(mapping, &rule).await;
    for title in ["Pay", "Leave"] {
        add_case(&world, title);
    }
    let (_, report) = world.apply().await;
    assert_eq!(report.exit_code(), 0, "{:?}", report.failures);
    let link = links(&world).await.remove(0);
    let deleted = world.sandbox.state().delete_case(link.case.0);
    deleted.expect("a deletion");
    (world, link.work_item.0)
}

/// The links that have ended, by the work item.
async fn ended(world: &World) -> Vec<u64> {
    let connections = &world.config.connections;
    let connection = connections.values().next().expect("a connection");
    let places = accord::reconcile::endpoints(connection);
    let parted = world.store().await.parted_links(&places).await;
    let parted = parted.expect("links").into_iter();
    let ended = parted.filter(|link| link.state == accord::model::LinkState::Ended);
    ended.map(|link| link.work_item.0).collect()
}

#[tokio::test]
async fn killed_at_any_write_that_closes_a_work_item() {
    for at in 0..2 {
        for moment in [Moment::Before, Moment::After] {
            let (world, twin) = bereft("close", MAPPING).await;
            // Some workflows need one write for it, some two.
            let died = die(&world, Death::at_call("write", at, moment)).await;
            assert!(died || at > 0, "nothing was closed");
            assert_settled(&world).await;
            let state = {
                let state = world.sandbox.state();
                let item = state.azure_devops.work_item(twin).expect("the item");
                item["fields"]["System.State"].clone()
            };
            assert_eq!(state, "Closed", "killed at write {at}, {moment:?}");
            assert_eq!(
                ended(&world).await,
                [twin],
                "killed at write {at}, {moment:?}"
            );
        }
    }
}

#[tokio::test]
async fn killed_at_the_write_that_recycles_a_work_item() {
    for moment in [Moment::Before, Moment::After] {
        let (world, twin) = bereft("recycle", BUGS).await;
        assert!(die(&world, Death::at_call("recycle", 0, moment)).await);
        assert_settled(&world).await;
        assert_eq!(ended(&world).await, [twin], "{moment:?}");
        let live = world.sandbox.state().azure_devops.work_item_ids();
        assert!(!live.contains(&twin), "{moment:?}");
    }
}

#[tokio::test]
async fn killed_at_the_write_that_restores_a_work_item() {
    for moment in [Moment::Before, Moment::After] {
        let world = World::mapped_without_items(BUGS, BOTH).await;
        add_case(&world, "Pay");
        world.apply().await;
        let before = links(&world).await.remove(0);
        let deleted = world.sandbox.state().delete_work_item(before.work_item.0);
        deleted.expect("a deletion");
        assert!(die(&world, Death::at_call("restore", 0, moment)).await);
        assert_settled(&world).await;
        let live = world.sandbox.state().azure_devops.work_item_ids();
        assert_eq!(live, [before.work_item.0], "{moment:?}");
        assert_eq!(links(&world).await.len(), 1);
    }
}
