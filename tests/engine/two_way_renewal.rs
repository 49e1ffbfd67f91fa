//! Items that take the place of deleted ones, and edits that somebody makes while a write is on its way:
//! one link before and behind it, no duplicate, and no edit that passes for known.

use std::sync::Arc;

use accord::model::{ConflictState, Equivalence, Link, System, Take, Value, WorkItemId, digest_of};
use accord::reconcile::{
    Clock as _, Context, FailureKind, LinkOutcome, ReconcileError, Remotes as _, Silent,
    TimeOrderedIds, WantedItem, WantedPair, endpoints, link, unlink,
};
use accord::sandbox::azure_devops::seed::WorkItemSeed;
use accord::sandbox::{Fault, FaultKind};
use accord::store::{Record, Store};
use serde_json::json;

use crate::review_help::{ALLOWING_ALL, Run, add_case, add_item, links};
use crate::support::World;
use crate::support::killing::{Death, Dying, Moment};
use crate::two_way::{
    BOTH, BUGS, MAPPING, assert_settled, case, edit_case, edit_item, item, paired,
    two_pairs_that_close,
};

/// Lets an apply run until it dies; whether it did.
async fn die(world: &World, death: Arc<Death>) -> bool {
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

fn refs_of(world: &World, id: u64) -> Vec<String> {
    let state = world.sandbox.state();
    let case = state.testworthy.case(id).expect("the case");
    let refs = case.text("refs").unwrap_or_default().split(',');
    let refs = refs.map(|one| one.trim().to_owned());
    refs.filter(|one| !one.is_empty()).collect()
}

fn is_disabled(world: &World, id: u64) -> bool {
    let state = world.sandbox.state();
    let case = state.testworthy.case(id).expect("the case");
    case.flag("custom_disabled")
}

fn cases(world: &World) -> Vec<u64> {
    let state = world.sandbox.state();
    state.testworthy.cases().map(|case| case.id).collect()
}

fn items(world: &World) -> Vec<u64> {
    world.sandbox.state().azure_devops.work_item_ids()
}

const MOMENTS: [Option<Moment>; 3] = [None, Some(Moment::Before), Some(Moment::After)];

/// Runs an apply, or kills one at a call and starts it again.
async fn carry_out(world: &World, call: &'static str, moment: Option<Moment>) {
    if let Some(moment) = moment {
        let death = Death::at_call(call, 0, moment);
        assert!(die(world, death).await, "{call} was not called");
    }
    assert_settled(world).await;
}

/// A work item that was deleted, as the feed says, and cannot be taken out of the bin.
async fn without_its_item(mapping: &str, refs: &str) -> (World, Link) {
    let world = World::mapped_without_items(mapping, BOTH).await;
    let id = add_case(&world, "Pay");
    edit_case(&world, id, &json!({ "refs": refs }));
    world.apply().await;
    assert_settled(&world).await;
    let before = links(&world).await.remove(0);
    let mut state = world.sandbox.state();
    let deleted = state.delete_work_item(before.work_item.0);
    deleted.expect("a deletion");
    state
        .faults
        .add(Fault::new("recyclebin", FaultKind::Forbidden));
    drop(state);
    (world, before)
}

#[tokio::test]
async fn a_renewed_work_item_keeps_the_link_and_leaves_one_mention() {
    for moment in MOMENTS {
        let (world, before) = without_its_item(BUGS, "").await;
        carry_out(&world, "write", moment).await;
        let after = links(&world).await;
        assert_eq!(after.len(), 1, "{moment:?}");
        assert_eq!(
            (&after[0].id, after[0].case),
            (&before.id, before.case),
            "{moment:?}"
        );
        assert_ne!(after[0].work_item, before.work_item, "{moment:?}");
        assert_eq!(items(&world), [after[0].work_item.0], "{moment:?}");
        let mention = format!("AB#{}", after[0].work_item);
        let refs = refs_of(&world, before.case.0);
        assert!(refs.contains(&mention), "{refs:?} {moment:?}");
        if moment.is_none() {
            assert_eq!(refs, [mention], "the mention of the deleted one was ours");
        }
        // A lost state finds the pair by its marks.
        world.lose_store();
        world.apply().await;
        assert_settled(&world).await;
        let found = links(&world).await;
        assert_eq!(found.len(), 1, "{moment:?}");
        assert_eq!(found[0].work_item, after[0].work_item, "{moment:?}");
        assert_eq!(items(&world).len(), 1, "{moment:?}");
    }
}

/// The run dies between the case that it made for a work item and the mark of that. Once another work item
/// took the place of the deleted one, only the case tells whose the first one was.
#[tokio::test]
async fn a_work_item_that_comes_back_without_its_mark_gets_no_second_case() {
    let world = World::mapped_without_items(BUGS, BOTH).await;
    // With a place in the feed, which tells of the deletion when the recycle bin does not.
    assert_settled(&world).await;
    let seed = WorkItemSeed {
        work_item_type: "Bug".to_owned(),
        title: "Pay".to_owned(),
        area: Some("Web Shop\\QA".to_owned()),
        ..WorkItemSeed::default()
    };
    let first = {
        let mut state = world.sandbox.state();
        let now = state.clock.now();
        state.azure_devops.add_work_item(&seed, now)
    };
    let first = first.expect("a new work item");
    assert!(die(&world, Death::at_call("write", 0, Moment::Before)).await);
    {
        let mut state = world.sandbox.state();
        state.delete_work_item(first).expect("a deletion");
        state
            .faults
            .add(Fault::new("recyclebin", FaultKind::Forbidden));
    }
    assert_settled(&world).await;
    let after = links(&world).await.remove(0);
    assert_ne!(after.work_item.0, first, "made anew");
    world.sandbox.state().faults.clear();
    let connection = world.config.connections.values().next();
    let writers = world.remotes().writers(connection.expect("a connection"));
    let writers = writers.expect("clients");
    let restored = writers.azure_devops.restore(WorkItemId(first)).await;
    restored.expect("a restored work item");
    let (plan, _) = world.apply().await;
    assert_eq!(plan.summary.quarantined, 1, "{:?}", plan.findings);
    assert_eq!(cases(&world), [after.case.0]);
    assert_eq!(items(&world), [first, after.work_item.0]);
}

#[tokio::test]
async fn a_deletion_that_only_the_feed_tells_of_is_known_until_it_is_decided() {
    let rule = BOTH.replace("azureDevOps: recreate", "azureDevOps: ask");
    let world = World::mapped_without_items(BUGS, &rule).await;
    add_case(&world, "Pay");
    world.apply().await;
    assert_settled(&world).await;
    let before = links(&world).await.remove(0);
    let deleted = world.sandbox.state().delete_work_item(before.work_item.0);
    deleted.expect("a deletion");
    let fault = Fault::new("recyclebin", FaultKind::Forbidden);
    world.sandbox.state().faults.add(fault);
    for _ in 0..2 {
        let (plan, _) = world.apply().await;
        assert_eq!(plan.conflicts.len(), 1, "{:?}", plan.findings);
    }
    {
        let store = world.store().await;
        let open = store.open_conflicts(&before.endpoints).await;
        let now = world.clock.now();
        let id = open.expect("conflicts")[0].id;
        let decided = store.decide(id, Some(Take::Keep), now).await;
        assert!(decided.expect("a decision"));
    }
    world.apply().await;
    let after = links(&world).await.remove(0);
    assert_ne!(after.work_item, before.work_item);
    assert_eq!(items(&world), [after.work_item.0]);
    assert_settled(&world).await;
}

#[tokio::test]
async fn a_renewed_work_item_is_not_given_the_mention_of_the_deleted_one() {
    let mapping = BUGS.replace(
        "  fields:\n",
        "  fields:\n    - { testworthy: refs, azureDevOps: System.Tags, as: set, prefix: 'ref:', conflict: merge }\n",
    );
    let (world, before) = without_its_item(&mapping, "A").await;
    carry_out(&world, "write", None).await;
    let after = links(&world).await.remove(0);
    let mention = format!("AB#{}", after.work_item);
    assert_eq!(refs_of(&world, before.case.0), ["A".to_owned(), mention]);
    assert_eq!(item(&world, after.work_item.0).2, ["A".to_owned()].into());
}

/// A pair whose case is deleted after its work item was edited: the edit brings a new case.
async fn without_its_case() -> (World, Link) {
    let (world, before) = two_pairs_that_close().await;
    edit_item(
        &world,
        before.work_item.0,
        &json!({ "Custom.Gherkin": "Given cash" }),
    );
    let deleted = world.sandbox.state().delete_case(before.case.0);
    deleted.expect("a deletion");
    (world, before)
}

#[tokio::test]
async fn a_renewed_case_keeps_the_link_and_is_found_by_its_marks() {
    for moment in MOMENTS {
        let (world, before) = without_its_case().await;
        carry_out(&world, "create_case", moment).await;
        let of_item = |all: Vec<Link>| -> Link {
            assert_eq!(all.len(), 2, "{moment:?}");
            let mut all = all.into_iter();
            let found = all.find(|link| link.work_item == before.work_item);
            found.expect("the pair")
        };
        let after = of_item(links(&world).await);
        assert_eq!(after.id, before.id, "{moment:?}");
        assert_ne!(after.case, before.case, "{moment:?}");
        assert_eq!(case(&world, after.case.0).1, "Given cash", "{moment:?}");
        assert_eq!((cases(&world).len(), items(&world).len()), (2, 2));
        // Its work item carries the marker of the deleted case beside its own, which is no riddle.
        world.lose_store();
        world.apply().await;
        assert_settled(&world).await;
        let found = of_item(links(&world).await);
        assert_eq!(found.case, after.case, "{moment:?}");
        assert_eq!((cases(&world).len(), items(&world).len()), (2, 2));
    }
}

#[tokio::test]
async fn an_edit_of_a_new_case_whose_answer_was_lost_is_not_taken_for_what_was_sent() {
    let world = World::mapped_without_items(MAPPING, BOTH).await;
    let twin = add_item(&world, "Pay", &[], &[]);
    let lost = Fault::new("*/add_case/*", FaultKind::DropAfterHandling).times(1);
    world.sandbox.state().faults.add(lost);
    let world = Arc::new(world);
    let meddled = world.clone();
    let death = Death::meddling_at("create_case", (0, Moment::After), move || {
        let made = cases(&meddled);
        edit_case(&meddled, made[0], &json!({ "gherkin": "Given cash" }));
    });
    assert!(!die(&world, death).await);
    assert_eq!(cases(&world).len(), 1);
    world.apply().await;
    assert_eq!(item(&world, twin).1, "Given cash");
    assert_settled(&world).await;
    let link = links(&world).await.remove(0);
    let learned = world.store().await.learned(&link.endpoints).await;
    assert!(learned.expect("spellings").is_empty(), "an edit is none");
}

#[tokio::test]
async fn an_edit_of_a_field_that_only_gets_its_base_is_carried_over() {
    let (world, id, twin) = paired().await;
    // Both sides come to the same Gherkin, and a title has to be written.
    edit_case(&world, id, &json!({ "gherkin": "Given cash" }));
    edit_item(
        &world,
        twin,
        &json!({ "Custom.Gherkin": "Given cash", "System.Title": "Pay by card" }),
    );
    let meanwhile = || edit_case(&world, id, &json!({ "gherkin": "Given a cheque" }));
    let run = Run {
        between: Some(&meanwhile),
        ..Run::default()
    };
    run.apply(&world).await.expect("a report");
    assert_eq!(case(&world, id).0, "Pay by card");
    let (plan, _) = world.apply().await;
    // Both held another Gherkin when they were last in accord: nothing is lost, whoever decides.
    let carried = item(&world, twin).1 == "Given a cheque";
    assert!(carried || plan.conflicts.len() == 1, "{plan:?}");
    assert_eq!(case(&world, id).1, "Given a cheque");
}

/// A pair in accord whose work item somebody deletes, under a rule that disables the case then.
async fn half_of_a_pair() -> (World, u64, Link) {
    let rule = BOTH.replace("azureDevOps: recreate", "azureDevOps: disable");
    let world = World::mapped_without_items(BUGS, &rule).await;
    let id = add_case(&world, "Pay");
    world.apply().await;
    assert_settled(&world).await;
    let link = links(&world).await.remove(0);
    let deleted = world.sandbox.state().delete_work_item(link.work_item.0);
    deleted.expect("a deletion");
    (world, id, link)
}

/// Law 15, whoever calls.
#[tokio::test]
async fn a_plan_that_a_safety_rule_blocks_is_not_carried_out() {
    let (world, id, _) = half_of_a_pair().await;
    let runs = world.store().await.runs(10).await.expect("the runs");
    let blocked = Run::default().apply(&world).await;
    assert!(
        matches!(blocked, Err(ReconcileError::Blocked)),
        "{blocked:?}"
    );
    let after = world.store().await.runs(10).await.expect("the runs");
    assert_eq!(runs, after, "not even the run is recorded");
    assert!(!is_disabled(&world, id));
    let run = Run {
        overrides: ALLOWING_ALL,
        ..Run::default()
    };
    run.apply(&world).await.expect("a report");
    assert!(is_disabled(&world, id));
}

#[tokio::test]
async fn a_case_that_is_edited_before_it_is_disabled_is_not_put_away() {
    let (world, id, before) = half_of_a_pair().await;
    let meanwhile = || edit_case(&world, id, &json!({ "title": "Pay by card" }));
    let run = Run {
        between: Some(&meanwhile),
        overrides: ALLOWING_ALL,
        ..Run::default()
    };
    let (plan, report) = run.apply(&world).await.expect("a report");
    assert_eq!(plan.changes.len(), 1, "{:?}", plan.findings);
    let kinds: Vec<FailureKind> = report.failures.iter().map(|one| one.kind).collect();
    assert_eq!((kinds, report.applied), (vec![FailureKind::Stale], 0));
    // The edit beats the deletion: the work item comes back, and then gets it.
    world.apply().await;
    assert_settled(&world).await;
    assert_eq!(items(&world), [before.work_item.0]);
    assert_eq!(item(&world, before.work_item.0).0, "Pay by card");
}

#[tokio::test]
async fn a_decision_that_was_carried_out_by_a_killed_run_counts_once() {
    let (world, id, twin) = paired().await;
    edit_case(&world, id, &json!({ "title": "Pay by card" }));
    edit_item(&world, twin, &json!({ "System.Title": "Pay in cash" }));
    let (plan, _) = world.apply().await;
    assert_eq!(plan.conflicts.len(), 1);
    let places = links(&world).await.remove(0).endpoints;
    {
        let store = world.store().await;
        let open = store.open_conflicts(&places).await.expect("conflicts");
        let now = world.clock.now();
        let decided = store.decide(open[0].id, Some(Take::TestWorthy), now).await;
        assert!(decided.expect("a decision"));
    }
    assert!(die(&world, Death::at_call("write", 0, Moment::After)).await);
    assert_eq!(item(&world, twin).0, "Pay by card");
    // Somebody brings the other value back, knowing of the decision.
    edit_item(&world, twin, &json!({ "System.Title": "Pay in cash" }));
    assert_settled(&world).await;
    assert_eq!(item(&world, twin).0, "Pay in cash");
    assert_eq!(case(&world, id).0, "Pay in cash");
    let all = world.store().await.conflicts(10).await.expect("conflicts");
    let closed = |state: &ConflictState| matches!(state, ConflictState::Closed { .. });
    assert!(all.iter().all(|one| closed(&one.state)), "{all:?}");
}

#[tokio::test]
async fn linking_and_unlinking_forget_how_far_the_feed_was_followed() {
    let (world, id, twin) = paired().await;
    assert_settled(&world).await;
    let rule = world.config.rules.values().next().expect("a rule").clone();
    let connection = world.config.connections.values().next().expect("one");
    let places = endpoints(connection);
    let remotes = world.remotes();
    let store = world.store().await;
    let context = Context {
        config: &world.config,
        remotes: &remotes,
        store: &store,
        clock: &world.clock,
        ids: &TimeOrderedIds,
        progress: &Silent,
    };
    let marked = async || {
        let found = store.watermark(&places, &rule.name).await;
        found.expect("a watermark or none").is_some()
    };
    assert!(marked().await);
    let parted = WantedItem {
        line: None,
        case: Some(accord::model::CaseId(id)),
        work_item: None,
    };
    let done = unlink(&context, None, &[parted]).await.expect("an outcome");
    assert!(matches!(done, LinkOutcome::Stored { .. }), "{done:?}");
    assert!(!marked().await, "unlinked");
    world.apply().await;
    assert!(marked().await);
    let joined = WantedPair {
        line: None,
        case: accord::model::CaseId(id),
        work_item: accord::model::WorkItemId(twin),
    };
    let done = link(&context, &rule, &[joined]).await.expect("an outcome");
    assert!(matches!(done, LinkOutcome::Stored { .. }), "{done:?}");
    assert!(!marked().await, "linked");
    assert_settled(&world).await;
}

#[tokio::test]
async fn a_known_spelling_that_rides_along_with_a_write_is_not_told_as_refused() {
    let rule = BOTH.replace("create: both", "create: both\n  firstSync: testworthy");
    let world = World::mapped_without_items(MAPPING, &rule).await;
    let id = add_case(&world, "Pay");
    edit_case(&world, id, &json!({ "custom_bdd_gherkin": "A" }));
    world.apply().await;
    assert_settled(&world).await;
    let pair = links(&world).await.remove(0);
    edit_item(&world, pair.work_item.0, &json!({ "Custom.Gherkin": "B" }));
    edit_case(&world, id, &json!({ "title": "Pay later" }));
    world.lose_store();
    let spelling = Equivalence {
        system: System::AzureDevOps,
        row_digest: pair.base.fields["gherkin"].row_digest.clone(),
        sent: digest_of(&Value::text("A")),
        kept: digest_of(&Value::text("B")),
    };
    let known = Record {
        learned: vec![(pair.endpoints.clone(), spelling)],
        ..Record::default()
    };
    let store = world.store().await;
    store.record(&[known]).await.expect("a spelling");
    drop(store);
    let (_, report) = world.apply().await;
    assert_eq!(report.failures, [], "{report:?}");
    let (title, gherkin, _) = item(&world, pair.work_item.0);
    assert_eq!((title.as_str(), gherkin.as_str()), ("Pay later", "B"));
    assert_settled(&world).await;
}
