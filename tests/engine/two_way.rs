//! A two-way rule carried out: both items of a pair written in one run, halves of a merge, marks on both
//! sides, deletions. The scene is also that of the crash points.

use std::collections::BTreeSet;

use accord::model::{Link, LinkState, MarkState};
use accord::plan::Plan;
use accord::reconcile::{ApplyReport, FailureKind};
use accord::store::Store;
use serde_json::json;

use crate::review_help::{Run, add_case, add_item, assert_all_told, links};
use crate::support::killing::{Death, Dying, Moment};
use crate::support::{TO_AZURE_DEVOPS, World};

pub(crate) const MAPPING: &str = "\
apiVersion: accord/v1
kind: FieldMapping
metadata: { name: test-case }
spec:
  testworthy: TestCase
  azureDevOps: Test Case
  fields:
    - { testworthy: title, azureDevOps: System.Title }
    - { testworthy: gherkin, azureDevOps: Custom.Gherkin }
    - { testworthy: refs, azureDevOps: System.Tags, as: set, prefix: 'ref:', conflict: merge }
    - { constant: TestWorthy, azureDevOps: Custom.Origin, onCreate: true }
";

pub(crate) const BOTH: &str = "\
apiVersion: accord/v1
kind: SyncRule
metadata: { name: both }
spec:
  connection: web-shop
  mapping: test-case
  direction: twoWay
  scope: { testworthy: { suites: [41] }, azureDevOps: { areaPath: 'Web Shop\\QA' } }
  create: both
  createIn: { testworthy: { suite: 41, section: Imported }, azureDevOps: { areaPath: 'Web Shop\\QA' } }
  whenDeletedIn: { testworthy: ask, azureDevOps: recreate }
";

pub(crate) fn edit_case(world: &World, id: u64, members: &serde_json::Value) {
    let edited = world.sandbox.state().edit_case(id, members);
    edited.expect("an edit");
}

pub(crate) fn edit_item(world: &World, id: u64, fields: &serde_json::Value) {
    let edited = world.sandbox.state().edit_work_item(id, fields);
    edited.expect("an edit");
}

/// What a person sees of a case: title, Gherkin, references.
pub(crate) fn case(world: &World, id: u64) -> (String, String, BTreeSet<String>) {
    let state = world.sandbox.state();
    let case = state.testworthy.case(id).expect("the case");
    let refs = case.text("refs").unwrap_or_default().split(',');
    let refs = refs.map(|one| one.trim().to_owned());
    (
        case.title.clone(),
        case.text("custom_bdd_gherkin")
            .unwrap_or_default()
            .to_owned(),
        refs.filter(|one| !one.is_empty() && !one.starts_with("AB#"))
            .collect(),
    )
}

/// The same of a work item, with the tags that stand for references.
pub(crate) fn item(world: &World, id: u64) -> (String, String, BTreeSet<String>) {
    let state = world.sandbox.state();
    let item = state.azure_devops.work_item(id).expect("the item");
    let text = |name: &str| item["fields"][name].as_str().unwrap_or_default().to_owned();
    let tags = text("System.Tags");
    let tags = tags
        .split(';')
        .filter_map(|tag| tag.trim().strip_prefix("ref:"));
    (
        text("System.Title"),
        text("Custom.Gherkin"),
        tags.map(str::to_owned).collect(),
    )
}

pub(crate) fn refs(all: &[&str]) -> BTreeSet<String> {
    all.iter().map(|&one| one.to_owned()).collect()
}

/// A world with one pair in accord that holds the reference `A`.
pub(crate) async fn paired() -> (World, u64, u64) {
    let world = World::mapped_without_items(MAPPING, BOTH).await;
    let id = add_case(&world, "Pay");
    edit_case(
        &world,
        id,
        &json!({ "refs": "A", "gherkin": "Given a card" }),
    );
    let (plan, report) = world.apply().await;
    assert_eq!(report.exit_code(), 0, "{:?} {plan:?}", report.failures);
    let link = links(&world).await.remove(0);
    (world, link.case.0, link.work_item.0)
}

/// Each side gets a reference of its own, which is a merge with a half for each.
pub(crate) fn edit_both(world: &World, case: u64, item: u64) {
    edit_case(world, case, &json!({ "refs": format!("A, B, AB#{item}") }));
    edit_item(
        world,
        item,
        &json!({ "System.Tags": "accord; ref:A; ref:C" }),
    );
}

pub(crate) async fn assert_settled(world: &World) {
    let (plan, report) = world.apply().await;
    assert_eq!(
        report.exit_code(),
        0,
        "{:?} {:?}",
        report.failures,
        plan.findings
    );
    let left = world.plan().await.planned.plan;
    assert_eq!(left.changes, []);
    let store = world.store().await;
    assert_eq!(store.check().await.expect("a check"), Vec::<String>::new());
}

fn assert_done((plan, report): &(Plan, ApplyReport)) {
    assert_eq!(
        report.exit_code(),
        0,
        "{:?} {:?}",
        report.failures,
        plan.findings
    );
    assert_all_told(plan, report);
}

#[tokio::test]
async fn new_items_of_both_sides_get_counterparts_and_marks_on_both() {
    let world = World::mapped_without_items(MAPPING, BOTH).await;
    add_case(&world, "From TestWorthy");
    add_item(&world, "From Azure DevOps", &[], &[]);
    assert_done(&world.apply().await);
    let links = links(&world).await;
    assert_eq!(links.len(), 2);
    for link in links {
        assert_eq!(link.case_mark, MarkState::Written, "{link:?}");
        assert_eq!(link.work_item_mark, MarkState::Written, "{link:?}");
        assert_eq!(
            case(&world, link.case.0).0,
            item(&world, link.work_item.0).0
        );
    }
    assert_settled(&world).await;
}

#[tokio::test]
async fn edits_of_different_fields_cross_in_one_run() {
    let (world, id, twin) = paired().await;
    edit_case(&world, id, &json!({ "title": "Pay by card" }));
    edit_item(&world, twin, &json!({ "Custom.Gherkin": "Given cash" }));
    let (plan, report) = world.apply().await;
    assert_eq!(plan.changes.len(), 2);
    assert_eq!((report.exit_code(), report.applied), (0, 2));
    for seen in [case(&world, id), item(&world, twin)] {
        assert_eq!(seen.0, "Pay by card");
        assert_eq!(seen.1, "Given cash");
    }
    assert_settled(&world).await;
}

#[tokio::test]
async fn a_merge_reaches_both_sides_and_its_base_is_both_answers() {
    let (world, id, twin) = paired().await;
    edit_both(&world, id, twin);
    let (_, report) = world.apply().await;
    assert_eq!(
        (report.exit_code(), report.applied),
        (0, 2),
        "{:?}",
        report.failures
    );
    assert_eq!(case(&world, id).2, refs(&["A", "B", "C"]));
    assert_eq!(item(&world, twin).2, refs(&["A", "B", "C"]));
    let link = links(&world).await.remove(0);
    let base = &link.base.fields["refs"];
    let set = |members: &[&str]| accord::model::Value::set(members.iter().copied());
    assert_eq!(base.testworthy, set(&["A", "B", "C"]));
    assert_eq!(base.azure_devops, set(&["ref:A", "ref:B", "ref:C"]));
    assert_settled(&world).await;
}

#[tokio::test]
async fn a_half_that_is_stale_does_not_stop_the_other_one() {
    let (world, id, twin) = paired().await;
    edit_both(&world, id, twin);
    let meanwhile = || {
        edit_item(
            &world,
            twin,
            &json!({ "System.Tags": "accord; ref:A; ref:C; ref:D" }),
        );
    };
    let run = Run {
        between: Some(&meanwhile),
        ..Run::default()
    };
    let (plan, report) = run.apply(&world).await.expect("a report");
    assert_all_told(&plan, &report);
    let kinds: Vec<FailureKind> = report.failures.iter().map(|one| one.kind).collect();
    assert_eq!((kinds, report.applied), (vec![FailureKind::Stale], 1));
    assert_eq!(case(&world, id).2, refs(&["A", "B", "C"]));
    world.apply().await;
    for seen in [case(&world, id).2, item(&world, twin).2] {
        assert_eq!(seen, refs(&["A", "B", "C", "D"]));
    }
    assert_settled(&world).await;
}

#[tokio::test]
async fn a_second_half_that_is_stale_is_made_up_for() {
    let (world, id, twin) = paired().await;
    edit_both(&world, id, twin);
    let meanwhile = || {
        edit_case(
            &world,
            id,
            &json!({ "refs": format!("A, B, D, AB#{twin}") }),
        );
    };
    let run = Run {
        between: Some(&meanwhile),
        ..Run::default()
    };
    let (_, report) = run.apply(&world).await.expect("a report");
    assert_eq!(report.failures.len(), 1, "{:?}", report.failures);
    world.apply().await;
    for seen in [case(&world, id).2, item(&world, twin).2] {
        assert_eq!(seen, refs(&["A", "B", "C", "D"]));
    }
    assert_settled(&world).await;
}

#[tokio::test]
async fn a_reference_that_was_merged_in_and_removed_again_stays_removed() {
    let (world, id, twin) = paired().await;
    edit_both(&world, id, twin);
    let meanwhile = || edit_item(&world, twin, &json!({ "System.Tags": "accord; ref:A" }));
    let run = Run {
        between: Some(&meanwhile),
        ..Run::default()
    };
    run.apply(&world).await.expect("a report");
    world.apply().await;
    for seen in [case(&world, id).2, item(&world, twin).2] {
        assert_eq!(seen, refs(&["A", "B"]));
    }
    assert_settled(&world).await;
}

/// Work items of a type that the recycle bin takes.
pub(crate) const BUGS: &str = "\
apiVersion: accord/v1
kind: FieldMapping
metadata: { name: test-case }
spec:
  testworthy: TestCase
  azureDevOps: Bug
  fields:
    - { testworthy: title, azureDevOps: System.Title }
";

#[tokio::test]
async fn a_work_item_in_the_recycle_bin_is_restored_under_the_same_link() {
    let world = World::mapped_without_items(BUGS, BOTH).await;
    let id = add_case(&world, "Pay");
    assert_done(&world.apply().await);
    let before = links(&world).await.remove(0);
    let deleted = world.sandbox.state().delete_work_item(before.work_item.0);
    deleted.expect("a deletion");
    edit_case(&world, id, &json!({ "title": "Pay by card" }));
    assert_done(&world.apply().await);
    assert_settled(&world).await;
    let after = links(&world).await;
    assert_eq!(after.len(), 1);
    assert_eq!(
        (&after[0].id, after[0].work_item),
        (&before.id, before.work_item)
    );
    assert_eq!(after[0].state, LinkState::Active);
    assert_eq!(item(&world, before.work_item.0).0, "Pay by card");
}

#[tokio::test]
async fn an_adopted_pair_with_edits_on_both_sides_becomes_one_link() {
    let merge = BOTH.replace(
        "  create: both\n",
        "  create: both\n  firstSync: merge\n  match: [title]\n",
    );
    let world = World::mapped_without_items(MAPPING, &merge).await;
    let id = add_case(&world, "Pay");
    edit_case(&world, id, &json!({ "refs": "B" }));
    let twin = add_item(&world, "Pay", &[], &["ref:C"]);
    let done = world.apply().await;
    assert_done(&done);
    let links = links(&world).await;
    assert_eq!(links.len(), 1, "{links:?}");
    assert_eq!((links[0].case.0, links[0].work_item.0), (id, twin));
    for seen in [case(&world, id).2, item(&world, twin).2] {
        assert_eq!(seen, refs(&["B", "C"]));
    }
    assert_settled(&world).await;
}

#[tokio::test]
async fn a_lost_answer_to_a_write_that_somebody_built_on_is_known_by_its_revision() {
    let (world, id, twin) = paired().await;
    edit_case(&world, id, &json!({ "title": "Pay by card" }));
    let world = std::sync::Arc::new(world);
    // The write lands, somebody edits the item, and the process dies before it hears of either.
    let death = Death::at_call("write", 0, Moment::After);
    let dying = Dying {
        inner: world.remotes(),
        death: death.clone(),
    };
    tokio::select! {
        report = world.apply_with(&dying) => drop(report.expect("a run that was not disturbed")),
        () = death.died.notified() => {}
    }
    assert_eq!(item(&world, twin).0, "Pay by card");
    edit_item(&world, twin, &json!({ "System.Title": "Pay by phone" }));
    // The base is what the write left, so the edit is an edit of one side and no conflict.
    let (plan, report) = world.apply().await;
    assert_eq!(
        report.exit_code(),
        0,
        "{:?} {:?}",
        report.failures,
        plan.findings
    );
    assert_eq!(case(&world, id).0, "Pay by phone");
    assert_eq!(item(&world, twin).0, "Pay by phone");
    assert_settled(&world).await;
}

/// Two pairs of a rule that closes a work item whose case is deleted; and the first of them.
pub(crate) async fn two_pairs_that_close() -> (World, Link) {
    let rule = BOTH.replace("testworthy: ask", "testworthy: close");
    let world = World::mapped_without_items(MAPPING, &rule).await;
    for title in ["Pay", "Leave"] {
        add_case(&world, title);
    }
    world.apply().await;
    assert_settled(&world).await;
    let first = links(&world).await.remove(0);
    (world, first)
}

#[tokio::test]
async fn without_the_inferred_reads_nothing_is_put_away_and_the_plan_says_why() {
    let (world, link) = two_pairs_that_close().await;
    {
        let mut state = world.sandbox.state();
        state.delete_case(link.case.0).expect("a deletion");
        let mut options = state.testworthy.options().clone();
        options.without_inferred_reads = true;
        state.testworthy.set_options(options).expect("options");
    }
    for _ in 0..2 {
        let (plan, report) = world.apply().await;
        assert_eq!(plan.changes, []);
        assert_eq!(report.applied, 0);
        let why = plan.findings.iter().find(|one| one.code == "item-gone");
        let names = why.is_some_and(|one| one.message.contains(&link.case.to_string()));
        assert!(names, "{:?}", plan.findings);
    }
    let state = world.sandbox.state();
    let item = state.azure_devops.work_item(link.work_item.0);
    assert_ne!(item.expect("the item")["fields"]["System.State"], "Closed");
}

#[tokio::test]
async fn a_value_that_does_not_stay_waits_and_its_neighbours_go_on() {
    let world = World::mapped_without_items(MAPPING, TO_AZURE_DEVOPS).await;
    let id = add_case(&world, "Card");
    world.apply().await;
    let twin = links(&world).await.remove(0).work_item.0;
    let set_back = || edit_item(&world, twin, &json!({ "System.Title": "Pay" }));
    for time in 1..=accord::model::MOST_REPETITIONS {
        set_back();
        let (_, report) = world.apply().await;
        assert_eq!(report.applied, 1, "time {time}");
        assert_eq!(item(&world, twin).0, "Card");
    }
    set_back();
    edit_case(&world, id, &json!({ "gherkin": "Given cash" }));
    let (plan, _) = world.apply().await;
    let flaps = plan.findings.iter().any(|one| one.code == "field-flapping");
    assert!(flaps, "{:?}", plan.findings);
    let seen = item(&world, twin);
    assert_eq!((seen.0.as_str(), seen.1.as_str()), ("Pay", "Given cash"));
}
