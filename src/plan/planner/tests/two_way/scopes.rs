//! Which pairs a two-way rule plans: what it selects, what is named by `--only`, what waits, whose a pair is.

use super::kinds;
use crate::model::{CaseId, System, WorkItemId};
use crate::plan::planner::tests::scene::{RULE, Scene, name, told};
use crate::plan::{ItemKey, Operation};

#[test]
fn only_takes_the_address_of_either_item() {
    let mut scene = Scene::two_way()
        .pair(1, 5, "Pay")
        .retitle_case(1, "Card")
        .item(6, "Refund")
        .case(2, "Login", &[]);
    for (only, expected) in [
        ("SyncRule/cases/case/1", vec!["update work item"]),
        ("SyncRule/cases/workItem/5", vec!["update work item"]),
        ("SyncRule/cases/workItem/6", vec!["create case"]),
        ("SyncRule/cases/case/2", vec!["create work item"]),
        ("SyncRule/cases/case/6", vec![]),
    ] {
        scene.only = vec![only.to_owned()];
        assert_eq!(kinds(&scene.plan()), expected, "{only}");
    }
}

#[test]
fn a_pair_is_in_scope_while_either_item_is_selected() {
    let pair = || Scene::two_way().pair(1, 5, "Pay").retitle_case(1, "Card");
    for selected in [&[1][..], &[5], &[1, 5]] {
        let planned = pair().selecting(selected).plan();
        assert_eq!(planned.plan.summary.update, 1, "{selected:?}");
        assert_eq!(planned.plan.summary.selected(), 1, "{selected:?}");
    }
    let planned = pair().selecting(&[]).plan();
    assert_eq!(told(&planned), ["left-scope SyncRule/cases/case/1"]);
    assert!(planned.steps.is_empty());
    assert_eq!(planned.plan.summary.filtered, 1);
}

#[test]
fn a_retyped_work_item_freezes_its_pair() {
    let scene = Scene::two_way().pair(1, 5, "Pay").retitle_case(1, "Card");
    let planned = scene
        .edit_item(5, |item| item.work_item_type = "Task".to_owned())
        .plan();
    assert_eq!(planned.plan.changes, []);
    assert_eq!(planned.plan.findings[0].code, "item-retyped");
    assert_eq!(planned.plan.summary.held, 1);
}

#[test]
fn an_item_that_is_gone_without_a_confirmation_waits_on_either_side() {
    let mut scene = Scene::two_way().pair(1, 5, "Pay");
    scene.cases.clear();
    let planned = scene.plan();
    assert_eq!(told(&planned), ["item-gone SyncRule/cases/case/1"]);
    let mut scene = Scene::two_way().pair(1, 5, "Pay");
    scene.items.clear();
    let planned = scene.plan();
    assert_eq!(told(&planned), ["item-gone SyncRule/cases/case/1"]);
    assert!(planned.steps.is_empty());
}

#[test]
fn a_pair_waits_while_a_write_of_either_item_settles() {
    for key in [ItemKey::Case(CaseId(1)), ItemKey::WorkItem(WorkItemId(5))] {
        let mut scene = Scene::two_way().pair(1, 5, "Pay").retitle_case(1, "Card");
        scene.rules[0].settling.insert(key);
        let planned = scene.plan();
        assert_eq!(told(&planned), ["write-settling SyncRule/cases/case/1"]);
    }
}

#[test]
fn two_rules_of_which_one_goes_one_way_do_not_share_a_pair() {
    let scene = Scene::two_way().with_rule("z-rule", System::AzureDevOps);
    let planned = scene.pair(1, 5, "Pay").retitle_item(5, "Cash").plan();
    assert_eq!(
        told(&planned),
        [
            "Update 1 5 for SourceChanged [title]",
            "L23 SyncRule/z-rule/case/1",
        ]
    );
}

#[test]
fn a_pair_goes_over_to_another_two_way_rule_that_selects_it() {
    let scene = Scene::two_way()
        .with_two_way_rule("z-rule")
        .pair(1, 5, "Pay");
    let mut scene = scene.made_by("z-rule").selecting(&[]);
    scene.rules.reverse();
    let planned = scene.plan();
    let Operation::Record { rev: None, .. } = &planned.steps[0].operation else {
        panic!("{:?}", planned.steps)
    };
    assert_eq!(planned.steps[0].rule, name(RULE));
    assert_eq!(planned.plan.summary.unchanged, 1);
}
