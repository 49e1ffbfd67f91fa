//! What a person is asked about a deletion, and what comes of their decision.

use super::{ONE, case_policy, deleted, item_policy, pair, recorded, retired};
use crate::model::config::{DeletedCase, DeletedWorkItem};
use crate::model::{Closing, ConflictChange, LinkState, System, Take, Value};
use crate::plan::planner::tests::scene::{Scene, told};
use crate::plan::{Operation, Retirement, WorkItemDeletion};

#[test]
fn ask_opens_a_conflict_on_either_side() {
    for (scene, side) in [
        (
            case_policy(DeletedCase::Ask).without_case(1),
            System::TestWorthy,
        ),
        (
            item_policy(DeletedWorkItem::Ask).without_item(5, WorkItemDeletion::InRecycleBin),
            System::AzureDevOps,
        ),
    ] {
        let planned = scene.plan();
        assert_eq!(
            told(&planned),
            ["conflict item-deleted SyncRule/cases/case/1"]
        );
        assert_eq!(planned.plan.summary.conflict, 1);
        let entry = &planned.plan.conflicts[0];
        assert_eq!(
            (entry.item.testworthy, entry.item.azure_devops),
            (Some(1), Some(5))
        );
        for part in ["TestWorthy", "Azure DevOps", "accord conflicts list"] {
            assert!(entry.message.contains(part), "{}", entry.message);
        }
        let open = ConflictChange::Open(deleted(side, false));
        assert_eq!(recorded(&planned), [(LinkState::Active, vec![open])]);
        let again = scene.conflict(1, 5, deleted(side, false)).plan();
        assert!(again.steps.is_empty(), "it is asked once");
        assert_eq!(again.plan.summary.conflict, 1);
    }
}

#[test]
fn ask_is_kept_of_one_way_rules_too() {
    for scene in [Scene::cases_to_items(), Scene::items_to_cases()] {
        let planned = pair(scene).without_case(1).plan();
        assert_eq!(planned.plan.conflicts[0].code, "item-gone");
        let open = ConflictChange::Open(deleted(System::TestWorthy, false));
        assert_eq!(recorded(&planned), [(LinkState::Active, vec![open])]);
    }
}

#[test]
fn an_edit_of_the_item_that_is_left_asks_again() {
    let scene = case_policy(DeletedCase::Ask)
        .without_case(1)
        .retitle_item(5, "Cash")
        .conflict(1, 5, deleted(System::TestWorthy, false));
    let open = ConflictChange::Open(deleted(System::TestWorthy, true));
    assert_eq!(recorded(&scene.plan()), [(LinkState::Active, vec![open])]);
}

#[test]
fn a_decision_to_delete_is_carried_out_in_the_gentlest_way() {
    let scene = case_policy(DeletedCase::Ask)
        .without_case(1)
        .conflict(1, 5, deleted(System::TestWorthy, false))
        .decided(Take::Delete);
    let planned = scene.plan();
    assert!(matches!(retired(&planned), Retirement::Close { .. }));
    assert_eq!(planned.steps[0].resolves, [ONE]);
    assert_eq!(planned.plan.conflicts, []);
    let scene = item_policy(DeletedWorkItem::Ask)
        .without_item(5, WorkItemDeletion::Told)
        .conflict(1, 5, deleted(System::AzureDevOps, false))
        .decided(Take::Delete);
    let planned = scene.plan();
    assert!(matches!(retired(&planned), Retirement::Disable { .. }));
    // Already put away: the decision is done with.
    let planned = scene
        .edit_case(1, |case| {
            let yes = Value::Boolean(true);
            case.fields.insert("disabled".to_owned(), yes);
        })
        .plan();
    let close = ConflictChange::Close(ONE, Closing::Resolved(Take::Delete));
    assert_eq!(recorded(&planned), [(LinkState::Ended, vec![close])]);
}

#[test]
fn a_decision_to_keep_brings_the_item_back() {
    let scene = case_policy(DeletedCase::Ask)
        .without_case(1)
        .retitle_item(5, "Cash")
        .conflict(1, 5, deleted(System::TestWorthy, true))
        .decided(Take::Keep);
    let planned = scene.plan();
    assert!(matches!(
        planned.steps[0].operation,
        Operation::CreateCase { .. }
    ));
    assert_eq!(planned.steps[0].resolves, [ONE]);
    assert_eq!(recorded(&planned), [], "nothing was beaten");
}

#[test]
fn a_decision_to_unlink_parts_the_pair() {
    let scene = case_policy(DeletedCase::Close)
        .without_case(1)
        .conflict(1, 5, deleted(System::TestWorthy, false))
        .decided(Take::Unlink);
    let planned = scene.plan();
    let close = ConflictChange::Close(ONE, Closing::Resolved(Take::Unlink));
    assert_eq!(recorded(&planned), [(LinkState::Unlinked, vec![close])]);
    assert_eq!(planned.plan.changes, [], "a person comes before the policy");
}

#[test]
fn a_decision_about_another_situation_is_void() {
    let scene = case_policy(DeletedCase::Ask)
        .without_case(1)
        .retitle_item(5, "Cash")
        .conflict(1, 5, deleted(System::TestWorthy, false))
        .decided(Take::Delete);
    let planned = scene.plan();
    assert_eq!(
        told(&planned),
        [
            "decision-void SyncRule/cases/case/1",
            "conflict item-deleted SyncRule/cases/case/1",
        ]
    );
    let open = ConflictChange::Open(deleted(System::TestWorthy, true));
    assert_eq!(recorded(&planned), [(LinkState::Active, vec![open])]);
}

#[test]
fn a_one_way_rule_never_writes_its_source_for_a_decision() {
    let scene = |take| {
        pair(Scene::cases_to_items())
            .without_item(5, WorkItemDeletion::Told)
            .conflict(1, 5, deleted(System::AzureDevOps, false))
            .decided(take)
            .plan()
    };
    let planned = scene(Take::Delete);
    assert_eq!(planned.plan.changes, [], "the case is the source");
    assert_eq!(planned.plan.findings[0].code, "decision-void");
    let planned = scene(Take::Keep);
    assert!(matches!(
        planned.steps[0].operation,
        Operation::CreateWorkItem { .. }
    ));
}
