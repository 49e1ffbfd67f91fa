//! Items that are not linked yet: which get a counterpart, which become a pair, and what a first sync writes.

use super::{kinds, priority_of_item};
use crate::model::config::{MatchBy, Winner};
use crate::model::{ConflictChange, LinkState, System};
use crate::plan::Operation;
use crate::plan::planner::tests::scene::{Scene, told};

#[test]
fn an_unlinked_case_gets_a_work_item_and_an_unlinked_work_item_a_case() {
    let planned = Scene::two_way()
        .case(1, "Pay", &[])
        .item(5, "Refund")
        .plan();
    assert_eq!(kinds(&planned), ["create work item", "create case"]);
    let addresses: Vec<&str> = planned
        .plan
        .changes
        .iter()
        .map(|change| change.address.as_str())
        .collect();
    assert_eq!(
        addresses,
        ["SyncRule/cases/case/1", "SyncRule/cases/workItem/5"]
    );
    assert_eq!(planned.plan.changes[1].item.title, "Refund");
    assert_eq!(planned.plan.changes[1].system, System::TestWorthy);
    assert_eq!(planned.plan.summary.create, 2);
}

#[test]
fn nothing_is_created_on_a_side_where_the_rule_does_not() {
    for (testworthy, azure_devops, creates) in [
        (true, false, &["create case"][..]),
        (false, true, &["create work item"]),
        (false, false, &[]),
    ] {
        let scene = Scene::two_way().ruling(|rule| {
            rule.creates.testworthy = testworthy;
            rule.creates.azure_devops = azure_devops;
        });
        let planned = scene.case(1, "Pay", &[]).item(5, "Refund").plan();
        assert_eq!(kinds(&planned), creates);
        assert_eq!(planned.plan.summary.selected(), 2);
    }
}

#[test]
fn matching_items_that_are_both_selected_are_one_pair() {
    let scene = || Scene::two_way().case(1, "Pay", &["AB#5"]).item(5, "Pay");
    let planned = scene().plan();
    assert_eq!(told(&planned), ["Link 1 5 for MatchedById []"]);
    assert_eq!(planned.plan.summary.selected(), 1);
    assert_eq!(planned.plan.changes[0].address, "SyncRule/cases/case/1");
    // Either address names what would be one pair.
    for only in ["SyncRule/cases/workItem/5", "SyncRule/cases/case/1"] {
        let mut narrowed = scene();
        narrowed.only = vec![only.to_owned()];
        assert_eq!(told(&narrowed.plan()), ["Link 1 5 for MatchedById []"]);
    }
    // Only the work item is selected: it leads to its case.
    let planned = scene().selecting(&[5]).plan();
    assert_eq!(told(&planned), ["Link 1 5 for MatchedById []"]);
    assert_eq!(planned.plan.changes[0].address, "SyncRule/cases/workItem/5");
}

#[test]
fn a_copy_that_keeps_the_reference_of_its_original_gets_nothing() {
    let scene = Scene::two_way().pair(1, 5, "Pay").case(2, "Pay", &["AB#5"]);
    let planned = scene.plan();
    assert_eq!(told(&planned), ["ambiguous-match SyncRule/cases/case/2"]);
    assert_eq!(planned.plan.summary.quarantined, 1);
    // And a copied work item, with its marker.
    let scene = Scene::two_way()
        .pair(1, 5, "Pay")
        .marked_item(6, "Pay", &[1]);
    let planned = scene.plan();
    assert_eq!(
        told(&planned),
        [
            "duplicate-marker SyncRule/cases/case/1",
            "ambiguous-match SyncRule/cases/workItem/6",
        ]
    );
}

#[test]
fn first_sync_decides_over_two_values_that_meet() {
    let scene = |winner| {
        Scene::two_way()
            .ruling(|rule| rule.first_sync = winner)
            .matching(&[MatchBy::Id])
            .case(1, "Pay", &["AB#5"])
            .item(5, "Cash")
            .plan()
    };
    let planned = scene(Winner::TestWorthy);
    assert_eq!(
        told(&planned),
        ["Update 1 5 for MatchedById [System.Title]"]
    );
    let planned = scene(Winner::AzureDevOps);
    assert_eq!(
        told(&planned),
        [
            "Link 1 5 for MatchedById []",
            "Update 1 5 for MatchedById [title]",
        ]
    );
    assert_eq!(planned.plan.summary.update, 1);
    let planned = scene(Winner::Manual);
    assert_eq!(
        told(&planned),
        [
            "Link 1 5 for MatchedById []",
            "conflict field-conflict SyncRule/cases/case/1",
        ]
    );
    assert_eq!(kinds(&planned), ["record", "update work item"]);
    let Operation::Record {
        pair, conflicts, ..
    } = &planned.steps[0].operation
    else {
        panic!("{:?}", planned.steps)
    };
    assert_eq!(pair.link, None, "the record links the pair");
    assert!(matches!(conflicts[..], [ConflictChange::Open(_)]));
    assert_eq!(planned.plan.summary.link, 1);
}

#[test]
fn a_value_beats_an_empty_field_without_a_question() {
    let scene = Scene::two_way()
        .matching(&[MatchBy::Id])
        .case(1, "Pay", &["AB#5"])
        .item(5, "Pay");
    let planned = priority_of_item(scene, 5, 1).plan();
    assert_eq!(planned.plan.conflicts, []);
    assert_eq!(
        told(&planned),
        [
            "Link 1 5 for MatchedById []",
            "Update 1 5 for MatchedById [priority]",
        ]
    );
}

#[test]
fn a_lost_state_gets_its_links_back_without_a_write() {
    let scene = |scene: Scene| {
        let mut scene = scene
            .pair(1, 5, "Pay")
            .pair(2, 6, "Login")
            .case(3, "Refund", &[])
            .item(7, "Refund")
            .retitle_case(2, "Sign in");
        scene.links.clear();
        scene
    };
    for lost in [
        scene(Scene::two_way()),
        scene(Scene::cases_to_items()),
        scene(Scene::items_to_cases()),
    ] {
        let steps = lost.adoptions();
        let pairs: Vec<(u64, u64)> = steps
            .iter()
            .map(|step| {
                step.operation
                    .pair()
                    .map(|pair| (pair.case.0, pair.work_item.0))
                    .unwrap()
            })
            .collect();
        // Titles are no marks.
        assert_eq!(pairs, [(1, 5), (2, 6)]);
        let bases: Vec<bool> = steps
            .iter()
            .map(|step| match &step.operation {
                Operation::Record {
                    pair,
                    base,
                    conflicts,
                    ..
                } => {
                    assert!(pair.link.is_none() && conflicts.is_empty());
                    base.contains_key("title")
                }
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(bases, [true, false], "what differs has no base");
        assert!(steps.iter().all(|step| step.change.is_none()));
    }
    // What is linked already stays as it is.
    assert!(Scene::two_way().pair(1, 5, "Pay").adoptions().is_empty());
    let parted = Scene::two_way()
        .pair(1, 5, "Pay")
        .parted(LinkState::Unlinked);
    assert!(parted.adoptions().is_empty());
}
