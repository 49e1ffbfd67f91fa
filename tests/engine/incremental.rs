//! Plans that read only what the feed of revisions says has changed: they find what a full scan finds.

use std::collections::BTreeSet;
use std::time::Duration;

use accord::model::{CaseId, Name, WorkItemId};
use accord::plan::{Plan, WorkItemDeletion};
use accord::reconcile::{
    Clock as _, PlanOptions, PlanOutcome, ReconcileError, Remotes as _, endpoints,
};
use accord::sandbox::log::System;
use accord::sandbox::testworthy::CaseEdit;
use accord::sandbox::{Fault, FaultKind};
use accord::store::{Store as _, Watermark};
use proptest::prelude::*;
use serde_json::json;

use crate::review_help::{ALLOWING_ALL, Run, add_item, links, marker};
use crate::support::{TO_AZURE_DEVOPS, TO_TESTWORTHY, World};
use crate::two_way::edit_case;

const TWO_WAY: &str = "\
apiVersion: accord/v1
kind: SyncRule
metadata: { name: both }
spec:
  connection: web-shop
  mapping: test-case
  direction: twoWay
  scope: { testworthy: { suites: [41] }, azureDevOps: { areaPath: 'Web Shop\\QA\\Checkout' } }
  createIn: { testworthy: { suite: 41, section: Imported } }
";

async fn full(world: &World) -> PlanOutcome {
    let options = PlanOptions {
        full_scan: true,
        ..PlanOptions::default()
    };
    world.plan_options(&options).await.expect("a plan")
}

/// The place that the only rule of the world goes on from.
async fn watermark(world: &World) -> Option<Watermark> {
    let connection = world.config.connections.values().next().expect("one");
    let rule = world.config.rules.keys().next().expect("a rule").clone();
    let store = world.store().await;
    let found = store.watermark(&endpoints(connection), &rule).await;
    found.expect("a watermark or none")
}

fn read_requests(world: &World) -> u64 {
    let state = world.sandbox.state();
    state
        .log
        .count(System::AzureDevOps, "POST wit/workitemsbatch")
}

/// Two applies: the first writes, the second finds that all is well and says so in its watermark.
async fn in_accord(rule: &str) -> World {
    let world = World::new(true, rule).await;
    world.apply().await;
    world.apply().await;
    assert!(watermark(&world).await.is_some(), "a place to go on from");
    world.sandbox.state().log.clear();
    world
}

fn clean_pair(outcome: &PlanOutcome) -> (u64, u64) {
    let unchanged = outcome.observations[0].observed.unchanged.iter();
    let (case, item) = unchanged.min().expect("a pair that nobody touched");
    (case.0, item.0)
}

#[tokio::test]
async fn what_nobody_touched_is_not_read() {
    for rule in [TO_AZURE_DEVOPS, TO_TESTWORTHY] {
        let world = in_accord(rule).await;
        let marked = watermark(&world).await.expect("a place");
        let outcome = world.plan().await;
        let seen = &outcome.observations[0];
        let pairs = seen.observed.unchanged.iter().count();
        assert!(pairs >= 2, "{pairs} pairs");
        let read: BTreeSet<WorkItemId> = seen.observed.work_items.keys().copied().collect();
        assert_eq!(read, marked.dirty, "only what waits for somebody is read");
        assert_eq!(outcome.planned.plan.changes, []);
    }
}

#[tokio::test]
async fn an_edited_work_item_is_found_by_the_feed_and_an_edited_case_by_its_listing() {
    let world = in_accord(TO_AZURE_DEVOPS).await;
    let (case, item) = clean_pair(&world.plan().await);
    let edit = json!({ "System.Title": "Edited in Azure DevOps" });
    world
        .sandbox
        .state()
        .edit_work_item(item, &edit)
        .expect("an edit");
    let plan = world.plan().await.planned.plan;
    assert_eq!(plan.changes.len(), 1);
    assert_eq!(plan.changes[0].item.azure_devops, Some(item));
    world.apply().await;
    world.apply().await;
    let edit = json!({ "title": "Edited in TestWorthy" });
    world
        .sandbox
        .state()
        .edit_case(case, &edit)
        .expect("an edit");
    let plan = world.plan().await.planned.plan;
    assert_eq!(plan.changes.len(), 1);
    assert_eq!(plan.changes[0].item.testworthy, Some(case));
}

#[tokio::test]
async fn a_token_that_is_no_longer_taken_leads_to_a_full_scan_and_a_new_place() {
    let world = in_accord(TO_AZURE_DEVOPS).await;
    let before = watermark(&world).await.expect("a place");
    world.clock.sleep(Duration::from_secs(60)).await;
    let refusal = FaultKind::Error {
        status: 400,
        message: "VS402331: The continuation token is not valid.".to_owned(),
    };
    let fault = Fault::new("workitemrevisions", refusal).times(1);
    world.sandbox.state().faults.add(fault);
    let (plan, report) = world.apply().await;
    assert_eq!((plan.changes.len(), report.exit_code()), (0, 0));
    assert!(read_requests(&world) > 0, "everything was read");
    let after = watermark(&world).await.expect("a place");
    assert!(after.full_scan_at > before.full_scan_at);
    assert_eq!(after.dirty, before.dirty);
}

#[tokio::test]
async fn a_server_without_the_feed_is_read_whole_every_time() {
    let world = World::new(true, TO_AZURE_DEVOPS).await;
    let fault = Fault::new("workitemrevisions", FaultKind::TextNotFound);
    world.sandbox.state().faults.add(fault);
    for _ in 0..2 {
        let (_, report) = world.apply().await;
        assert_eq!(report.exit_code(), 0, "{:?}", report.failures);
    }
    assert_eq!(watermark(&world).await, None);
    world.sandbox.state().log.clear();
    assert_eq!(world.plan().await.planned.plan.changes, []);
    assert!(read_requests(&world) > 0);
}

#[tokio::test]
async fn a_day_later_everything_is_read_again() {
    let world = in_accord(TO_AZURE_DEVOPS).await;
    world.clock.sleep(Duration::from_secs(24 * 60 * 60)).await;
    let outcome = world.plan().await;
    let marked = outcome.observations[0].watermark.as_ref().expect("a place");
    assert_eq!(marked.full_scan_at, world.clock.now());
    assert!(read_requests(&world) > 0);
}

#[tokio::test]
async fn other_manifests_lead_to_a_full_scan() {
    let mut world = in_accord(TO_AZURE_DEVOPS).await;
    let before = watermark(&world).await.expect("a place");
    world.declare(&format!("{TO_AZURE_DEVOPS}  drift: report\n"));
    world.clock.sleep(Duration::from_secs(60)).await;
    let outcome = world.plan().await;
    let marked = outcome.observations[0].watermark.as_ref().expect("a place");
    assert!(marked.full_scan_at > before.full_scan_at);
    assert_ne!(marked.config_digest, before.config_digest);
}

#[tokio::test]
async fn a_plan_a_narrowed_run_and_a_run_that_was_stopped_move_no_place() {
    let world = in_accord(TO_AZURE_DEVOPS).await;
    let before = watermark(&world).await;
    let (case, item) = clean_pair(&world.plan().await);
    let edit = json!({ "System.Title": "Edited" });
    world
        .sandbox
        .state()
        .edit_work_item(item, &edit)
        .expect("an edit");
    full(&world).await;
    assert_eq!(watermark(&world).await, before, "a plan");
    let address = format!("SyncRule/cases/case/{}", case + 1);
    let only = [address.as_str()];
    let narrowed = Run {
        only: &only,
        ..Run::default()
    };
    narrowed.apply(&world).await.expect("an apply");
    assert_eq!(watermark(&world).await, before, "a narrowed run");
    let stopped = Run::default();
    stopped.stop.stop();
    // It may end before it plans; what counts is what it leaves behind.
    drop(stopped.apply(&world).await);
    assert_eq!(watermark(&world).await, before, "a stopped run");
    let plan = world.plan().await.planned.plan;
    assert_eq!(plan.changes.len(), 1, "the edit is still to be found");
    world.apply().await;
    let after = watermark(&world).await.expect("a place");
    assert!(after.dirty.contains(&WorkItemId(item)), "it was written");
    assert_ne!(Some(after.token), before.map(|before| before.token));
}

#[tokio::test]
async fn rules_that_match_by_title_or_select_by_the_day_read_everything() {
    for more in ["  match: [marker, id, title]\n", "  match: [marker]\n"] {
        let world = World::new(true, &format!("{TO_AZURE_DEVOPS}{more}")).await;
        world.apply().await;
        let follows = watermark(&world).await.is_some();
        assert_eq!(follows, !more.contains("title"), "{more}");
    }
    let by_day = TO_TESTWORTHY.replace(
        "areaPath: 'Web Shop\\QA'",
        "areaPath: 'Web Shop\\QA', wiql: '[System.ChangedDate] >= @Today - 30'",
    );
    let world = World::new(true, &by_day).await;
    world.apply().await;
    assert_eq!(watermark(&world).await, None);
}

#[tokio::test]
async fn a_copy_that_carries_the_mark_of_a_linked_case_is_found_by_the_feed() {
    let world = in_accord(TO_AZURE_DEVOPS).await;
    let (case, _) = clean_pair(&world.plan().await);
    let copy = add_item(&world, "A copy", &[marker(&world, case)], &["accord"]);
    let outcome = world.plan().await;
    let seen = &outcome.observations[0].observed;
    assert!(seen.work_item(WorkItemId(copy)).is_some());
    assert_eq!(outcome.planned.plan.changes, []);
    assert_eq!(outcome.planned.plan, full(&world).await.planned.plan);
}

#[tokio::test]
async fn a_destroyed_work_item_is_seen_by_a_full_scan_and_nothing_is_written_before() {
    let world = in_accord(TO_AZURE_DEVOPS).await;
    let (_, item) = clean_pair(&world.plan().await);
    world
        .sandbox
        .state()
        .delete_work_item(item)
        .expect("a deletion");
    let plan = world.plan().await.planned.plan;
    assert_eq!(plan.changes, [], "the feed does not know");
    let plan = full(&world).await.planned.plan;
    assert_eq!(plan.changes, []);
    let told = format!("work item {item} ");
    let telling = plan.findings.iter().any(|one| one.message.contains(&told));
    assert!(telling, "{:?}", plan.findings);
}

/// The titles of cases as bugs, which can be recycled.
const BUGS: &str = "\
apiVersion: accord/v1
kind: FieldMapping
metadata: { name: test-case }
spec:
  testworthy: TestCase
  azureDevOps: Bug
  fields:
    - { testworthy: title, azureDevOps: System.Title }
";

async fn as_bugs() -> World {
    let world = World::mapped(BUGS, TO_AZURE_DEVOPS).await;
    let (_, report) = world.apply().await;
    assert_eq!(report.exit_code(), 0, "{:?}", report.failures);
    world.apply().await;
    world
}

fn deletions(outcome: &PlanOutcome) -> Vec<(WorkItemId, WorkItemDeletion)> {
    let seen = &outcome.observations[0].observed;
    let told = seen.deleted_work_items.iter();
    told.map(|(id, how)| (*id, *how)).collect()
}

#[tokio::test]
async fn a_recycled_work_item_is_confirmed_and_a_restored_one_is_there_again() {
    let world = as_bugs().await;
    let (_, item) = clean_pair(&world.plan().await);
    let id = WorkItemId(item);
    world
        .sandbox
        .state()
        .delete_work_item(item)
        .expect("a deletion");
    let recycled = [(id, WorkItemDeletion::InRecycleBin)];
    assert_eq!(deletions(&world.plan().await), recycled);
    assert_eq!(deletions(&full(&world).await), recycled);

    // Who may not look into the recycle bin believes the feed.
    let fault = Fault::new("recyclebin", FaultKind::Forbidden);
    world.sandbox.state().faults.add(fault);
    let told = [(id, WorkItemDeletion::Told)];
    assert_eq!(deletions(&world.plan().await), told);
    assert_eq!(deletions(&full(&world).await), [], "nobody says so");
    world.sandbox.state().faults.clear();
}

#[tokio::test]
async fn a_case_counts_as_deleted_when_two_listings_and_the_server_agree() {
    let world = in_accord(TO_AZURE_DEVOPS).await;
    let (case, _) = clean_pair(&world.plan().await);
    world.sandbox.state().log.clear();
    world.sandbox.state().delete_case(case).expect("a deletion");
    let outcome = world.plan().await;
    let seen = &outcome.observations[0].observed;
    assert_eq!(seen.deleted_cases, [CaseId(case)].into());
    let listed = world
        .sandbox
        .state()
        .log
        .count(System::Testworthy, "GET get_cases/{id}");
    assert_eq!(listed, 2, "{:?}", world.sandbox.state().log.routes());
}

#[tokio::test]
async fn a_server_that_reads_no_single_case_confirms_no_deletion() {
    let world = in_accord(TO_AZURE_DEVOPS).await;
    let (case, _) = clean_pair(&world.plan().await);
    {
        let mut state = world.sandbox.state();
        state.delete_case(case).expect("a deletion");
        let mut options = state.testworthy.options().clone();
        options.without_inferred_reads = true;
        state.testworthy.set_options(options).expect("options");
    }
    let outcome = world.plan().await;
    assert_eq!(outcome.observations[0].observed.deleted_cases, [].into());
    assert_eq!(outcome.planned.plan.changes, []);
}

/// What somebody does between two runs, to the `n`th item of a side.
#[derive(Clone, Debug)]
enum Edit {
    CaseTitle(usize, u8),
    CasePriority(usize, u8),
    DeleteCase(usize),
    AddCase(u8),
    /// A copied case keeps the mention of the work item.
    CopyCase(usize),
    ItemTitle(usize, u8),
    ItemTags(usize, bool),
    ItemArea(usize, bool),
    /// A field that no row names.
    ItemNoise(usize),
    AddItem(u8, bool),
    /// A copied work item keeps the marker of the case.
    CopyItem(usize),
}

fn edit() -> impl Strategy<Value = Edit> {
    let at = || 0..40_usize;
    prop_oneof![
        3 => (at(), 0..4_u8).prop_map(|(n, title)| Edit::CaseTitle(n, title)),
        1 => (at(), 0..3_u8).prop_map(|(n, priority)| Edit::CasePriority(n, priority)),
        1 => at().prop_map(Edit::DeleteCase),
        1 => (0..4_u8).prop_map(Edit::AddCase),
        1 => at().prop_map(Edit::CopyCase),
        3 => (at(), 0..4_u8).prop_map(|(n, title)| Edit::ItemTitle(n, title)),
        1 => (at(), any::<bool>()).prop_map(|(n, marked)| Edit::ItemTags(n, marked)),
        2 => (at(), any::<bool>()).prop_map(|(n, inside)| Edit::ItemArea(n, inside)),
        1 => at().prop_map(Edit::ItemNoise),
        1 => (0..4_u8, any::<bool>()).prop_map(|(title, inside)| Edit::AddItem(title, inside)),
        1 => at().prop_map(Edit::CopyItem),
    ]
}

const INSIDE: &str = r"Web Shop\QA\Checkout";
const OUTSIDE: &str = r"Web Shop\Development";

/// Makes an edit; one that the server refuses changes nothing, which is fine.
fn make(world: &World, edit: &Edit) {
    let cases: Vec<u64> = {
        let state = world.sandbox.state();
        state.testworthy.cases().map(|case| case.id).collect()
    };
    let items: Vec<u64> = world.sandbox.state().azure_devops.work_item_ids();
    let case = |n: &usize| cases[n % cases.len()];
    let item = |n: &usize| items[n % items.len()];
    let edit_case = |id: u64, members: serde_json::Value| {
        drop(world.sandbox.state().edit_case(id, &members));
    };
    let edit_item = |id: u64, fields: serde_json::Value| {
        drop(world.sandbox.state().edit_work_item(id, &fields));
    };
    let add_case = |title: String, refs: Option<String>| {
        let mut state = world.sandbox.state();
        let now = state.clock.now();
        let section = state
            .testworthy
            .sections()
            .find(|section| section.suite == 41)
            .map(|section| section.id);
        let mut edit = CaseEdit::titled(title);
        if let Some(section) = section {
            edit = edit.section(section);
        }
        let id = state.testworthy.add_case(None, 41, &edit, (513, now));
        let id = id.expect("a new case");
        if let Some(refs) = refs {
            state.edit_case(id, &json!({ "refs": refs })).expect("refs");
        }
    };
    match edit {
        Edit::CaseTitle(n, title) => {
            edit_case(case(n), json!({ "title": format!("Title {title}") }));
        }
        Edit::CasePriority(n, priority) => {
            let names = ["P1 - Must Test", "P2 - Should Test", "P3 - Good to Test"];
            edit_case(
                case(n),
                json!({ "priority": names[usize::from(*priority)] }),
            );
        }
        Edit::DeleteCase(n) => drop(world.sandbox.state().delete_case(case(n))),
        Edit::AddCase(title) => add_case(format!("Title {title}"), None),
        Edit::CopyCase(n) => add_case("A copy".to_owned(), Some(format!("AB#{}", item(n)))),
        Edit::ItemTitle(n, title) => {
            edit_item(item(n), json!({ "System.Title": format!("Title {title}") }));
        }
        Edit::ItemTags(n, marked) => {
            let tags = if *marked { "accord; smoke" } else { "smoke" };
            edit_item(item(n), json!({ "System.Tags": tags }));
        }
        Edit::ItemArea(n, inside) => {
            let area = if *inside { INSIDE } else { OUTSIDE };
            edit_item(item(n), json!({ "System.AreaPath": area }));
        }
        Edit::ItemNoise(n) => {
            edit_item(
                item(n),
                json!({ "System.Description": "<p>Nobody maps this.</p>" }),
            );
        }
        Edit::AddItem(title, inside) => {
            let id = add_item(world, &format!("Title {title}"), &[], &[]);
            let area = if *inside { INSIDE } else { OUTSIDE };
            edit_item(id, json!({ "System.AreaPath": area }));
        }
        Edit::CopyItem(n) => {
            add_item(world, "A copy", &[marker(world, case(n))], &["accord"]);
        }
    }
}

/// What a plan says about items, without what only describes how it was made.
fn said(plan: &Plan) -> (String, String, String) {
    (
        plan.plan_id.clone(),
        format!("{:#?}", plan.changes),
        format!(
            "{:#?} {:#?} {:?} {:#?}",
            plan.conflicts, plan.drift, plan.summary, plan.safety
        ),
    )
}

/// An apply that accepts any number of changes beforehand: edits of some items among few are over the usual
/// limits. What another safety rule blocks is refused, and nothing else may end it.
async fn apply_accepting_all(world: &World) {
    let run = Run {
        overrides: ALLOWING_ALL,
        ..Run::default()
    };
    match run.apply(world).await {
        Ok(_) | Err(ReconcileError::Blocked) => {}
        Err(other) => panic!("an apply: {other}"),
    }
}

async fn finds_the_same(rule: &str, rounds: &[Vec<Edit>]) {
    let world = World::new(true, rule).await;
    apply_accepting_all(&world).await;
    for edits in rounds {
        apply_accepting_all(&world).await;
        for edit in edits {
            make(&world, edit);
        }
        let incremental = world.plan().await;
        let whole = full(&world).await;
        let seen = |outcome: &PlanOutcome| said(&outcome.planned.plan);
        assert_eq!(seen(&incremental), seen(&whole), "after {edits:?}");
        // And so it is once more after an apply that went on from the feed.
        apply_accepting_all(&world).await;
        let incremental = world.plan().await;
        let whole = full(&world).await;
        assert_eq!(
            seen(&incremental),
            seen(&whole),
            "after an apply of {edits:?}"
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 8, ..ProptestConfig::default() })]

    /// The law of incremental plans: whatever was edited, they plan what a full scan plans.
    #[test]
    fn an_incremental_plan_and_a_full_one_have_the_same_changes(
        rule in prop_oneof![Just(TO_AZURE_DEVOPS), Just(TO_TESTWORTHY), Just(TWO_WAY)],
        rounds in prop::collection::vec(prop::collection::vec(edit(), 1..6), 1..3),
    ) {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .expect("a runtime");
        runtime.block_on(finds_the_same(rule, &rounds));
    }
}

#[tokio::test]
async fn two_rules_of_a_connection_ask_the_feed_once() {
    let rules = format!(
        "{TO_AZURE_DEVOPS}---\n{}",
        TO_AZURE_DEVOPS
            .replace("name: cases", "name: others")
            .replace("[41]", "[42]")
    );
    let world = World::new(true, &rules).await;
    world.apply().await;
    world.apply().await;
    world.sandbox.state().log.clear();
    world.plan().await;
    let asked = world
        .sandbox
        .state()
        .log
        .count(System::AzureDevOps, "GET wit/reporting/workitemrevisions");
    assert_eq!(asked, 1);
    let connection = world.config.connections.values().next().expect("one");
    let store = world.store().await;
    let mut tokens = BTreeSet::new();
    for rule in ["cases", "others"] {
        let rule = Name::new(rule).expect("a name");
        let found = store.watermark(&endpoints(connection), &rule).await;
        tokens.insert(found.expect("a store").expect("a place").token);
    }
    assert_eq!(tokens.len(), 1, "they go on together");
}

#[tokio::test]
async fn a_work_item_that_a_person_restored_is_in_accord_again() {
    let world = as_bugs().await;
    let (_, item) = clean_pair(&world.plan().await);
    let deleted = world.sandbox.state().delete_work_item(item);
    deleted.expect("a deletion");
    let (plan, _) = world.apply().await;
    assert_eq!(plan.conflicts.len(), 1, "{:?}", plan.findings);
    let connection = world.config.connections.values().next().expect("one");
    let writers = world.remotes().writers(connection).expect("clients");
    let restored = writers.azure_devops.restore(WorkItemId(item)).await;
    restored.expect("a restored work item");
    for outcome in [world.plan().await, full(&world).await] {
        assert_eq!(deletions(&outcome), []);
        assert_eq!(outcome.planned.plan.changes, []);
        assert_eq!(outcome.planned.plan.conflicts, []);
    }
}

#[tokio::test]
async fn a_retyped_work_item_freezes_its_pair_until_it_is_back() {
    let world = as_bugs().await;
    let calm = world.plan().await;
    let (case, item) = clean_pair(&calm);
    let held_before = calm.planned.plan.summary.held;
    let retype = |name: &str| world.sandbox.state().retype_work_item(item, name);
    retype("Task").expect("another type");
    edit_case(&world, case, &json!({ "title": "Edited meanwhile" }));
    let before = world.sandbox.state().azure_devops.work_item(item);
    for outcome in [world.plan().await, full(&world).await] {
        let plan = outcome.planned.plan;
        assert_eq!(plan.changes, [], "neither written nor made anew");
        let own = format!("SyncRule/cases/case/{case}");
        let found = plan.findings.iter().filter(|one| one.address == own);
        let codes: Vec<&str> = found.map(|one| one.code.as_str()).collect();
        assert_eq!(codes, ["item-retyped"], "{:?}", plan.findings);
        assert_eq!(plan.summary.held, held_before + 1);
    }
    world.apply().await;
    let after = world.sandbox.state().azure_devops.work_item(item);
    assert_eq!(before, after);
    let kept = links(&world).await.into_iter();
    assert!(kept.map(|link| link.work_item.0).any(|id| id == item));

    retype("Bug").expect("the type again");
    for outcome in [world.plan().await, full(&world).await] {
        let changes = outcome.planned.plan.changes;
        assert_eq!(changes.len(), 1, "{changes:?}");
        assert_eq!(changes[0].item.azure_devops, Some(item));
    }
    world.apply().await;
    let written = world.sandbox.state().azure_devops.work_item(item);
    assert_eq!(
        written.expect("the item")["fields"]["System.Title"],
        "Edited meanwhile"
    );
    assert_eq!(world.plan().await.planned.plan.changes, []);
}

fn move_case(world: &World, id: u64, suite: u64) {
    let mut state = world.sandbox.state();
    let now = state.clock.now();
    let section = state.testworthy.sections().find(|one| one.suite == suite);
    let section = section.map(|one| one.id).expect("a section of the suite");
    let moved = state.testworthy.move_case(id, section, (513, now));
    moved.expect("a move");
}

#[tokio::test]
async fn a_case_that_left_the_scope_is_let_go_until_it_is_back() {
    let world = in_accord(TO_AZURE_DEVOPS).await;
    let (case, item) = clean_pair(&world.plan().await);
    move_case(&world, case, 43);
    let edit = json!({ "title": "Edited elsewhere" });
    let edited = world.sandbox.state().edit_case(case, &edit);
    edited.expect("an edit");
    for outcome in [world.plan().await, full(&world).await] {
        assert_eq!(outcome.planned.plan.changes, []);
        assert_eq!(outcome.observations[0].observed.deleted_cases, [].into());
    }
    world.apply().await;
    move_case(&world, case, 41);
    for outcome in [world.plan().await, full(&world).await] {
        let changes = outcome.planned.plan.changes;
        assert_eq!(changes.len(), 1, "{changes:?}");
        assert_eq!(changes[0].item.azure_devops, Some(item));
    }
}

#[tokio::test]
async fn a_copied_case_with_the_mention_of_a_clean_work_item_gets_nothing() {
    let world = in_accord(TO_AZURE_DEVOPS).await;
    let (case, _) = clean_pair(&world.plan().await);
    let copy = {
        let mut state = world.sandbox.state();
        let now = state.clock.now();
        let copied = state.testworthy.copy_case(None, case, None, (513, now));
        copied.expect("a copy")
    };
    let address = format!("SyncRule/cases/case/{copy}");
    for outcome in [world.plan().await, full(&world).await] {
        let plan = outcome.planned.plan;
        assert_eq!(plan.changes, []);
        let mut told = plan.findings.iter();
        let is_told = told.any(|one| one.address == address && one.code == "ambiguous-match");
        assert!(is_told, "{:?}", plan.findings);
    }
}
