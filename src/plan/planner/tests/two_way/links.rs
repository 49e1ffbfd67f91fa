//! The links of pairs: marks that are missing, links that ended or were parted, and what they leave behind.

use super::kinds;
use crate::model::{LinkState, MarkState};
use crate::plan::Operation;
use crate::plan::planner::tests::scene::{Scene, told};

#[test]
fn a_side_that_lacks_its_mark_gets_it() {
    let scene = |edit: fn(&mut crate::model::Link)| {
        let mut scene = Scene::two_way()
            .case(1, "Pay", &[])
            .item(5, "Pay")
            .linked(1, 5);
        edit(&mut scene.links[0]);
        scene
    };
    let planned = scene(|link| link.case_mark = MarkState::Missing).plan();
    assert_eq!(kinds(&planned), ["mark"]);
    assert_eq!(told(&planned), ["Update 1 5 for MarkerMissing [refs]"]);
    let planned = scene(|link| link.work_item_mark = MarkState::Missing).plan();
    assert_eq!(told(&planned), ["Update 1 5 for MarkerMissing [relations]"]);
    let both = scene(|link| {
        link.case_mark = MarkState::Missing;
        link.work_item_mark = MarkState::Missing;
    });
    let planned = both.retitle_case(1, "Card").plan();
    assert_eq!(kinds(&planned), ["update work item", "mark"]);
    assert_eq!(planned.plan.summary.update, 1);
}

#[test]
fn an_unlinked_pair_is_neither_matched_nor_given_a_counterpart() {
    let scene = Scene::two_way()
        .pair(1, 5, "Pay")
        .parted(LinkState::Unlinked);
    let scene = scene.case(2, "Login", &["AB#5"]);
    let planned = scene.plan();
    assert_eq!(
        told(&planned),
        [
            "ambiguous-match SyncRule/cases/case/2",
            "unlinked SyncRule/cases",
        ]
    );
    assert!(
        planned.plan.findings[1]
            .message
            .starts_with("2 selected items")
    );
    assert_eq!(planned.plan.summary.filtered, 2);
    assert!(planned.steps.is_empty());
    for one_way in [Scene::cases_to_items(), Scene::items_to_cases()] {
        let planned = one_way.pair(1, 5, "Pay").parted(LinkState::Unlinked).plan();
        assert_eq!(told(&planned), ["unlinked SyncRule/cases"]);
        assert_eq!(planned.plan.summary.filtered, 1);
    }
}

#[test]
fn a_pair_that_had_ended_goes_on_from_its_base() {
    for scene in [Scene::two_way(), Scene::cases_to_items()] {
        let scene = scene.pair(1, 5, "Pay").parted(LinkState::Ended);
        let planned = scene.retitle_case(1, "Card").plan();
        assert_eq!(
            told(&planned),
            ["Update 1 5 for SourceChanged [System.Title]"]
        );
        assert_eq!(kinds(&planned), ["record", "update work item"]);
        let Operation::Record { pair, state, .. } = &planned.steps[0].operation else {
            panic!("{:?}", planned.steps)
        };
        assert_eq!(*state, LinkState::Active);
        assert_eq!(pair.link, planned.steps[1].operation.pair().unwrap().link);
    }
    let planned = Scene::two_way()
        .pair(1, 5, "Pay")
        .parted(LinkState::Ended)
        .plan();
    assert_eq!(kinds(&planned), ["record"]);
    assert_eq!(planned.plan.summary.unchanged, 1);
}

#[test]
fn links_that_an_item_left_behind_do_not_matter_to_its_pair() {
    for state in [LinkState::Ended, LinkState::Unlinked] {
        let mut scene = Scene::two_way().pair(1, 6, "Pay").parted(state);
        scene.items.clear();
        let scene = scene.pair(1, 5, "Pay");
        assert_eq!(scene.plan().plan.summary.unchanged, 1);
        assert!(scene.plan_without_unchanged().steps.is_empty());
    }
}
