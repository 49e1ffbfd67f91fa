//! A state that takes several writes, over the sandbox: user stories, whose way between `Removed` and
//! `Closed` is two transitions either way, and whose new items are always `New`.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use accord::plan::Plan;
use accord::reconcile::{ApplyReport, FailureKind};
use accord::sandbox::log::System;
use accord::sandbox::testworthy::CaseEdit;
use serde_json::json;

use crate::review_help::{ALLOWING_ALL, Run};
use crate::support::killing::{Death, Dying, Moment};
use crate::support::{TO_AZURE_DEVOPS, World};

/// An enabled case is a closed story, a disabled one is a removed story.
const STORIES: &str = "\
apiVersion: accord/v1
kind: FieldMapping
metadata: { name: test-case }
spec:
  testworthy: TestCase
  azureDevOps: User Story
  fields:
    - { testworthy: title, azureDevOps: System.Title }
    - testworthy: disabled
      azureDevOps: System.State
      as: state
      values: { \"true\": Removed, \"false\": Closed }
";

/// Every new story is closed, whatever becomes of it later.
const CLOSED_AT_FIRST: &str = "\
apiVersion: accord/v1
kind: FieldMapping
metadata: { name: test-case }
spec:
  testworthy: TestCase
  azureDevOps: User Story
  fields:
    - { testworthy: title, azureDevOps: System.Title }
    - { constant: Closed, azureDevOps: System.State, as: state, onCreate: true }
";

async fn world(mapping: &str, cases: usize) -> World {
    let world = World::mapped_without_items(mapping, TO_AZURE_DEVOPS).await;
    {
        let mut state = world.sandbox.state();
        let now = state.clock.now();
        let section = {
            let mut sections = state.testworthy.sections();
            let found = sections.find(|section| section.suite == 41);
            found.expect("a section of the suite").id
        };
        for number in 0..cases {
            let edit = CaseEdit::titled(format!("Case number {number}")).section(section);
            let added = state.testworthy.add_case(None, 41, &edit, (513, now));
            added.expect("a new case");
        }
        state.log.clear();
    }
    world
}

/// How many stories are in each state.
fn states(world: &World) -> BTreeMap<String, usize> {
    let state = world.sandbox.state();
    let mut states = BTreeMap::new();
    for id in state.azure_devops.work_item_ids() {
        let item = state
            .azure_devops
            .work_item(id)
            .expect("listed items exist");
        let name = item["fields"]["System.State"].as_str().unwrap_or_default();
        *states.entry(name.to_owned()).or_default() += 1;
    }
    states
}

fn all_in(state: &str, count: usize) -> BTreeMap<String, usize> {
    BTreeMap::from([(state.to_owned(), count)])
}

fn disable_all(world: &World, disabled: bool) {
    let mut state = world.sandbox.state();
    let ids: Vec<u64> = state.testworthy.cases().map(|case| case.id).collect();
    for id in ids {
        state
            .edit_case(id, &json!({ "disabled": disabled }))
            .expect("an edit");
    }
}

async fn applied(world: &World) -> Plan {
    let (plan, report) = world.apply().await;
    assert_clean(&report);
    let left = world.plan().await.planned.plan;
    assert_eq!(left.changes, [], "apply, then plan: empty");
    plan
}

fn assert_clean(report: &ApplyReport) {
    let (failures, errors) = (&report.failures, &report.errors);
    assert_eq!(report.exit_code(), 0, "{failures:?} {errors:?}");
}

fn batches(world: &World) -> u64 {
    let state = world.sandbox.state();
    state.log.count(System::AzureDevOps, "PATCH wit/$batch")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_item_walks_to_its_state_and_back_by_the_way_there_is() {
    let world = world(STORIES, 2).await;
    applied(&world).await;
    assert_eq!(states(&world), all_in("Closed", 2));

    disable_all(&world, true);
    let plan = applied(&world).await;
    let field = &plan.changes[0].fields[0];
    assert_eq!(field.via, ["Active"]);
    assert_eq!(states(&world), all_in("Removed", 2));

    disable_all(&world, false);
    let plan = applied(&world).await;
    assert_eq!(plan.changes[0].fields[0].via, ["New"]);
    assert_eq!(states(&world), all_in("Closed", 2));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_items_walk_together() {
    const N: usize = 450;
    let world = world(STORIES, N).await;
    applied(&world).await;
    assert_eq!(states(&world), all_in("Closed", N));
    let full = N.div_ceil(200) as u64;
    // One transition more than one write has: at most one round of requests more.
    let sent = batches(&world);
    assert!(sent >= 2 * N as u64 / 200, "the counter counts: {sent}");
    assert!(
        sent <= 2 * full + 2,
        "{sent} batches for {N} creates and their second write"
    );

    world.sandbox.state().log.clear();
    disable_all(&world, true);
    let run = Run {
        overrides: ALLOWING_ALL,
        ..Run::default()
    };
    let (_, report) = run.apply(&world).await.expect("a report");
    assert_clean(&report);
    assert_eq!(states(&world), all_in("Removed", N));
    let sent = batches(&world);
    assert!(
        sent <= 2 * full + 2,
        "{sent} batches for {N} updates of two writes"
    );
}

/// Runs apply until `death`, then again to the end, then checks that a further plan is empty.
async fn survive(
    mapping: &str,
    flip: bool,
    at: usize,
    moment: Moment,
) -> (usize, BTreeMap<String, usize>) {
    let world = world(mapping, 2).await;
    if flip {
        applied(&world).await;
        disable_all(&world, true);
    }
    let death = Death::new(at, moment);
    let dying = Dying {
        inner: world.remotes(),
        death: death.clone(),
    };
    tokio::select! {
        report = world.apply_with(&dying) => drop(report.expect("a run that was not disturbed")),
        () = death.died.notified() => {}
    }
    let calls = death.calls();
    let (_, report) = world.apply().await;
    assert_clean(&report);
    let left = world.plan().await.planned.plan;
    assert_eq!(left.changes, [], "at call {at} {moment:?}");
    (calls, states(&world))
}

async fn every_call(mapping: &str, flip: bool, expected: &str) {
    let (calls, undisturbed) = survive(mapping, flip, usize::MAX, Moment::Before).await;
    assert!(calls > 5, "a run makes more calls than {calls}");
    assert_eq!(undisturbed, all_in(expected, 2));
    for at in 0..calls {
        for moment in [Moment::Before, Moment::After] {
            let (_, seen) = survive(mapping, flip, at, moment).await;
            assert_eq!(seen, undisturbed, "killed at call {at}, {moment:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_at_any_call_while_new_items_walk() {
    every_call(STORIES, false, "Closed").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_at_any_call_while_items_walk() {
    every_call(STORIES, true, "Removed").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_at_any_call_while_new_items_walk_to_what_is_never_compared() {
    every_call(CLOSED_AT_FIRST, false, "Closed").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refused_step_leaves_the_item_before_it_and_waits() {
    // The field lists it; that transition does not take it.
    let reasons = "      reasons: { Removed: Implementation started }\n";
    let world = world(&format!("{STORIES}{reasons}"), 2).await;
    applied(&world).await;
    disable_all(&world, true);
    let (_, report) = world.apply().await;
    assert_eq!(report.exit_code(), 9);
    assert_eq!(states(&world), all_in("Active", 2));
    for failure in &report.failures {
        assert_eq!(failure.kind, FailureKind::Refused);
        let message = &failure.message;
        assert!(message.contains("the step to `Removed`"), "{message}");
        assert!(message.contains("Reason"), "the server's words: {message}");
    }
    assert_eq!(report.failures.len(), 2);

    // The write that was refused is the one that the next plan would send: it is not sent again.
    world.sandbox.state().log.clear();
    let (plan, report) = world.apply().await;
    assert_clean(&report);
    assert_eq!(plan.summary.quarantined, 2);
    assert_eq!(world.sandbox.state().log.writes(System::AzureDevOps), 0);

    // The source takes it back: the item goes back, and is released.
    disable_all(&world, false);
    applied(&world).await;
    assert_eq!(states(&world), all_in("Closed", 2));
}

/// Somebody edits the item behind any call of the run, between two writes of its walk too: the edit
/// survives or its value is recorded, and the next run ends where the case wants it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_edit_behind_any_call_is_not_lost() {
    let mut refused = 0;
    for at in 0.. {
        let world = Arc::new(world(STORIES, 1).await);
        applied(&world).await;
        disable_all(&world, true);
        let id = {
            let state = world.sandbox.state();
            let mut ids = state.azure_devops.work_item_ids().into_iter();
            ids.next().expect("a story")
        };
        let edit = json!({ "System.Description": "By hand", "System.State": "Resolved" });
        let accepted = Arc::new(AtomicBool::new(false));
        let (meddled, told) = (world.clone(), accepted.clone());
        let dying = Dying {
            inner: world.remotes(),
            // A removed story can only become new: then the person is refused, too.
            death: Death::meddling(at, move || {
                let edited = meddled.sandbox.state().edit_work_item(id, &edit);
                told.store(edited.is_ok(), Ordering::SeqCst);
            }),
        };
        let (_, report) = world.apply_with(&dying).await.expect("a report");
        if dying.death.calls() <= at {
            break;
        }
        refused += report.failures.len();
        for failure in &report.failures {
            assert_eq!(
                failure.kind,
                FailureKind::Stale,
                "at call {at}: {}",
                failure.message
            );
        }
        let (_, report) = world.apply().await;
        assert_clean(&report);
        let left = world.plan().await.planned.plan;
        assert_eq!(left.changes, [], "at call {at}");
        let state = world.sandbox.state();
        let item = state.azure_devops.work_item(id).expect("the story");
        assert_eq!(item["fields"]["System.State"], "Removed", "at call {at}");
        let is_there = item["fields"]["System.Description"] == "By hand";
        assert_eq!(is_there, accepted.load(Ordering::SeqCst), "at call {at}");
    }
    assert!(
        refused >= 2,
        "an edit before each of two writes makes it stale: {refused}"
    );
}
