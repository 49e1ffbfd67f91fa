//! Items that wait, went away, left the scope, or were not asked for.

use super::scene::{Scene, told};
use crate::model::{CaseId, System, WorkItemId};
use crate::plan::{ItemKey, SafetyVerdict};

#[test]
fn an_item_with_an_unanswered_write_waits() {
    for (scene, key) in [
        (Scene::cases_to_items(), ItemKey::Case(CaseId(1))),
        (Scene::items_to_cases(), ItemKey::WorkItem(WorkItemId(5))),
    ] {
        let mut scene = scene.case(1, "Pay", &[]).item(5, "Refund");
        scene.rules[0].settling.insert(key);
        let planned = scene.plan();
        assert_eq!(planned.plan.changes, []);
        assert_eq!(planned.plan.summary.held, 1);
        assert_eq!(planned.plan.findings[0].code, "write-settling");
    }
}

#[test]
fn an_item_that_settles_for_one_rule_is_not_created_by_another() {
    let key = ItemKey::Case(CaseId(1));
    let mut scene = Scene::cases_to_items().with_rule("later", System::AzureDevOps);
    scene = scene.case(1, "Pay", &[]);
    for ruled in &mut scene.rules {
        ruled.settling.insert(key);
    }
    assert_eq!(scene.plan().plan.changes, []);
}

#[test]
fn a_counterpart_that_cannot_be_read_is_not_made_again() {
    let mut scene = Scene::cases_to_items()
        .pair(1, 5, "Pay")
        .retitle_case(1, "Card");
    scene.items.clear();
    let planned = scene.plan();
    assert_eq!(told(&planned), ["item-gone SyncRule/cases/case/1"]);
    assert_eq!(planned.plan.summary.held, 1);
    let mut scene = Scene::items_to_cases()
        .pair(1, 5, "Pay")
        .retitle_item(5, "Card");
    scene.cases.clear();
    let planned = scene.plan();
    assert_eq!(told(&planned), ["item-gone SyncRule/cases/workItem/5"]);
}

#[test]
fn a_source_that_cannot_be_read_waits() {
    let mut scene = Scene::cases_to_items().pair(1, 5, "Pay");
    scene.cases.clear();
    let planned = scene.plan();
    assert_eq!(told(&planned), ["item-gone SyncRule/cases/case/1"]);
    assert_eq!(planned.plan.summary.held, 1);
}

#[test]
fn a_case_whose_deletion_is_confirmed_is_for_a_person_to_decide() {
    for (mut scene, address) in [
        (Scene::cases_to_items(), "SyncRule/cases/case/1"),
        (Scene::items_to_cases(), "SyncRule/cases/workItem/5"),
    ] {
        scene = scene.on_v1().pair(1, 5, "Pay").pair(2, 6, "Refund");
        scene.cases.remove(&CaseId(1));
        scene.deleted_cases.insert(CaseId(1));
        let planned = scene.plan();
        assert_eq!(planned.plan.changes, []);
        assert_eq!(planned.plan.conflicts[0].address, address);
        assert_eq!(planned.plan.summary.conflict, 1);
    }
}

#[test]
fn a_source_that_left_the_scope_is_let_go() {
    for scene in [Scene::cases_to_items(), Scene::items_to_cases()] {
        let scene = scene.selecting(&[]).pair(1, 5, "Pay");
        let planned = scene.retitle_case(1, "Card").retitle_item(5, "Cash").plan();
        assert_eq!(told(&planned), [""; 0]);
        assert!(planned.steps.is_empty());
        assert_eq!(planned.plan.summary.filtered, 1);
    }
}

#[test]
fn a_work_item_of_another_type_freezes_its_pair() {
    for scene in [Scene::cases_to_items(), Scene::items_to_cases()] {
        let scene = scene.pair(1, 5, "Pay").retitle_case(1, "Card");
        let planned = scene
            .edit_item(5, |item| item.work_item_type = "Task".to_owned())
            .plan();
        assert_eq!(planned.plan.changes, []);
        assert_eq!(planned.plan.summary.held, 1);
        let finding = &planned.plan.findings[0];
        assert_eq!(finding.code, "item-retyped");
        // It stands at its rule although nothing else of the plan names one.
        let origin = finding.origin.as_ref().unwrap();
        assert_eq!((origin.file.as_str(), origin.line), ("rules.yaml", 3));
    }
}

#[test]
fn only_narrows_to_the_named_items() {
    let mut scene = Scene::cases_to_items()
        .case(1, "Pay", &[])
        .case(2, "Refund", &[]);
    for (only, expected) in [
        (vec![], 2),
        (vec!["SyncRule/cases"], 2),
        (vec!["SyncRule"], 2),
        (vec!["**"], 2),
        (vec!["SyncRule/cases/case/2"], 1),
        (vec!["SyncRule/cases/case/2", "SyncRule/*/case/1"], 2),
        (vec!["SyncRule/cases/case/9"], 0),
        (vec!["SyncRule/other"], 0),
    ] {
        scene.only = only.iter().map(|one| (*one).to_owned()).collect();
        let planned = scene.plan();
        assert_eq!(planned.plan.changes.len(), expected, "{only:?}");
        assert_eq!(planned.plan.summary.selected(), expected as u64, "{only:?}");
        let told = planned.plan.findings.iter().map(|f| f.code.as_str());
        let empty = expected == 0;
        assert_eq!(
            told.collect::<Vec<_>>(),
            if empty {
                &["only-selects-nothing"][..]
            } else {
                &[]
            }
        );
    }
}

#[test]
fn only_does_not_pair_what_the_whole_plan_would_not() {
    // Without `--only` both cases are in each other's way; with it they must be too.
    let mut scene = Scene::cases_to_items()
        .case(1, "Pay", &["AB#5"])
        .case(2, "Pay", &[])
        .item(5, "Pay");
    scene.only = vec!["SyncRule/cases/case/2".to_owned()];
    let planned = scene.plan();
    assert!(
        planned
            .plan
            .changes
            .iter()
            .all(|change| change.item.azure_devops.is_none()),
        "{:?}",
        told(&planned)
    );
}

#[test]
fn a_side_without_any_linked_item_blocks_creates() {
    let mut scene = Scene::cases_to_items()
        .pair(1, 5, "Pay")
        .case(2, "Refund", &[]);
    assert_eq!(scene.plan().plan.safety.verdict, SafetyVerdict::Pass);
    scene.items.clear();
    let planned = scene.plan();
    assert_eq!(planned.plan.summary.create, 1);
    assert_eq!(planned.plan.safety.verdict, SafetyVerdict::Blocked);
}

#[test]
fn an_incomplete_listing_blocks_creates() {
    let mut scene = Scene::cases_to_items().case(2, "Refund", &[]);
    scene.rules[0].incomplete = Some("page 3 was empty".to_owned());
    assert_eq!(scene.plan().plan.safety.verdict, SafetyVerdict::Blocked);
}

#[test]
fn a_first_apply_is_not_measured_against_nothing() {
    let mut scene = Scene::cases_to_items();
    for id in 1..=50 {
        scene = scene.case(id, &format!("Case {id}"), &[]);
    }
    let planned = scene.plan();
    assert_eq!(planned.plan.summary.create, 50);
    assert_eq!(planned.plan.safety.verdict, SafetyVerdict::Pass);
}

#[test]
fn a_work_item_of_another_project_freezes_its_pair() {
    for scene in [
        Scene::cases_to_items(),
        Scene::items_to_cases(),
        Scene::two_way(),
    ] {
        let scene = scene.pair(1, 5, "Pay").retitle_case(1, "Card");
        let scene = scene.edit_item(5, |item| "Other".clone_into(&mut item.project));
        let planned = scene.plan();
        assert_eq!(planned.plan.changes, []);
        assert_eq!(planned.plan.summary.held, 1);
        assert_eq!(planned.plan.findings[0].code, "item-retyped");
    }
}
