//! Which item is the counterpart: by marker, by id, by title, and every case in which it is not sure.

use super::scene::{Scene, told};
use crate::model::config::MatchBy;

const CREATE_ITEM: &str =
    "Create 1 new for MissingOnTarget [System.Title System.Tags[smoke] Custom.Origin]";
const CREATE_CASE: &str = "Create new 5 for MissingOnTarget [title smoke suite]";
const AMBIGUOUS_CASE: &str = "ambiguous-match SyncRule/cases/case/1";
const AMBIGUOUS_ITEM: &str = "ambiguous-match SyncRule/cases/workItem/5";

/// Plans both ways and compares with what is expected.
fn both(scene: impl Fn(Scene) -> Scene, towards_items: &[&str], towards_cases: &[&str]) {
    let plan = |start: Scene| told(&scene(start).plan());
    assert_eq!(
        plan(Scene::cases_to_items()),
        towards_items,
        "towards Azure DevOps"
    );
    assert_eq!(
        plan(Scene::items_to_cases()),
        towards_cases,
        "towards TestWorthy"
    );
}

#[test]
fn what_has_no_counterpart_is_created() {
    both(|s| s.case(1, "Pay", &[]), &[CREATE_ITEM], &[]);
    both(|s| s.item(5, "Pay"), &[], &[CREATE_CASE]);
}

#[test]
fn a_marker_is_a_match_whatever_else_the_items_hold() {
    both(
        |s| s.case(1, "Pay", &["JIRA-7"]).marked_item(5, "Refund", &[1]),
        &["Update 1 5 for MatchedByMarker [System.Title]"],
        &["Update 1 5 for MatchedByMarker [title]"],
    );
}

#[test]
fn two_items_with_one_marker_are_nobodys_counterpart() {
    both(
        |s| {
            s.case(1, "Pay", &[])
                .marked_item(5, "Pay", &[1])
                .marked_item(6, "Pay", &[1])
        },
        &[AMBIGUOUS_CASE],
        &[AMBIGUOUS_ITEM, "ambiguous-match SyncRule/cases/workItem/6"],
    );
}

#[test]
fn an_item_with_two_markers_is_nobodys_counterpart() {
    both(
        |s| {
            s.case(1, "Pay", &[])
                .case(2, "Refund", &[])
                .marked_item(5, "Pay", &[1, 2])
        },
        &[AMBIGUOUS_CASE, "ambiguous-match SyncRule/cases/case/2"],
        &[AMBIGUOUS_ITEM],
    );
}

/// A case that was deleted and made anew leaves its marker on the work item.
#[test]
fn of_two_markers_the_one_counts_whose_case_is_there_and_names_the_item_in_turn() {
    let is_riddle = |start: Scene, refs: &[&str]| {
        let scene = start.case(2, "Pay", refs).marked_item(5, "Pay", &[1, 2]);
        let told = told(&scene.plan());
        assert!(
            told.iter().all(|one| !one.starts_with("Create")),
            "{told:?}"
        );
        told.iter().any(|one| one.starts_with("ambiguous-match"))
    };
    for start in [Scene::cases_to_items, Scene::items_to_cases] {
        assert!(!is_riddle(start(), &["AB#5"]));
        assert!(is_riddle(start(), &[]), "a marker alone may be copied");
    }
}

#[test]
fn a_marker_on_an_item_that_is_linked_to_another_case_makes_no_second_item() {
    let scene = Scene::cases_to_items()
        .pair(2, 5, "Refund")
        .case(1, "Pay", &[]);
    let url = scene
        .connection
        .testworthy
        .case_url(crate::model::CaseId(1));
    let scene = scene.edit_item(5, |item| {
        let case = crate::model::CaseId(1);
        item.relations
            .push(crate::model::Marker { case, url }.to_relation());
    });
    let planned = scene.plan();
    assert_eq!(told(&planned), [AMBIGUOUS_CASE]);
    assert_eq!(planned.plan.summary.quarantined, 1);
}

#[test]
fn an_item_that_carries_the_marker_of_a_linked_case_is_left_alone() {
    both(
        |s| s.pair(1, 4, "Pay").marked_item(5, "Pay", &[1]),
        &["duplicate-marker SyncRule/cases/case/1"],
        &["duplicate-marker SyncRule/cases/workItem/4", AMBIGUOUS_ITEM],
    );
}

#[test]
fn an_item_whose_marker_names_a_case_that_was_not_read_starts_no_second_case() {
    both(|s| s.marked_item(5, "Pay", &[99]), &[], &[AMBIGUOUS_ITEM]);
}

#[test]
fn a_marker_of_another_server_means_nothing() {
    let foreign = |s: Scene| {
        s.case(1, "Pay", &[])
            .item(5, "Refund")
            .edit_item(5, |item| {
                let case = crate::model::CaseId(1);
                let url = "https://other.testworthy.us/TestCase/Detail/1".to_owned();
                item.relations
                    .push(crate::model::Marker { case, url }.to_relation());
            })
    };
    both(foreign, &[CREATE_ITEM], &[CREATE_CASE]);
}

#[test]
fn a_reference_that_names_the_item_is_a_match() {
    both(
        |s| s.case(1, "Pay", &["AB#5"]).item(5, "Refund"),
        &["Update 1 5 for MatchedById [System.Title]"],
        &["Update 1 5 for MatchedById [title]"],
    );
}

#[test]
fn a_reference_to_an_item_of_another_type_is_no_match() {
    let bug = |s: Scene| {
        s.case(1, "Pay", &["AB#5"])
            .item(5, "Pay")
            .edit_item(5, |item| {
                item.work_item_type = "Bug".to_owned();
            })
    };
    both(bug, &[CREATE_ITEM], &[]);
}

#[test]
fn a_copied_case_keeps_the_reference_and_is_quarantined() {
    both(
        |s| s.pair(2, 5, "Pay").case(1, "Pay (copy)", &["AB#5"]),
        &[AMBIGUOUS_CASE],
        &[],
    );
}

#[test]
fn several_references_are_quarantined() {
    both(
        |s| {
            s.case(1, "Pay", &["AB#5", "AB#6"])
                .item(5, "Pay")
                .item(6, "Refund")
        },
        &[AMBIGUOUS_CASE],
        &[AMBIGUOUS_ITEM, "ambiguous-match SyncRule/cases/workItem/6"],
    );
}

#[test]
fn an_item_that_several_cases_name_is_quarantined() {
    both(
        |s| {
            s.case(1, "Pay", &["AB#5"])
                .case(2, "Pay", &["AB#5"])
                .item(5, "Pay")
        },
        &[AMBIGUOUS_CASE, "ambiguous-match SyncRule/cases/case/2"],
        &[AMBIGUOUS_ITEM],
    );
}

#[test]
fn a_reference_to_an_item_with_the_marker_of_another_case_is_quarantined() {
    both(
        |s| {
            s.case(1, "Pay", &["AB#5"])
                .case(2, "Refund", &[])
                .marked_item(5, "Pay", &[2])
        },
        &[
            "Update 2 5 for MatchedByMarker [System.Title]",
            AMBIGUOUS_CASE,
        ],
        &["Update 2 5 for MatchedByMarker [title]"],
    );
}

#[test]
fn one_title_on_each_side_is_a_match() {
    both(
        |s| s.case(1, " Pay ", &[]).item(5, "Pay"),
        &["Link 1 5 for MatchedByTitle []"],
        &["Link 1 5 for MatchedByTitle []"],
    );
}

#[test]
fn a_title_that_is_not_unique_is_quarantined() {
    both(
        |s| s.case(1, "Pay", &[]).item(5, "Pay").item(6, "Pay"),
        &[AMBIGUOUS_CASE],
        &[AMBIGUOUS_ITEM, "ambiguous-match SyncRule/cases/workItem/6"],
    );
    both(
        |s| s.case(1, "Pay", &[]).case(2, "Pay", &[]).item(5, "Pay"),
        &[AMBIGUOUS_CASE, "ambiguous-match SyncRule/cases/case/2"],
        &[AMBIGUOUS_ITEM],
    );
}

#[test]
fn a_title_does_not_take_an_item_that_another_case_names() {
    // Case 1 would be first in the order of ids; the reference of case 2 says more than a title.
    let scene = Scene::cases_to_items()
        .case(1, "Pay", &[])
        .case(2, "Pay by card", &["AB#5"])
        .item(5, "Pay");
    assert_eq!(
        told(&scene.plan()),
        [CREATE_ITEM, "Update 2 5 for MatchedById [System.Title]"]
    );
    let scene = Scene::items_to_cases()
        .case(1, "Pay", &["AB#6"])
        .item(5, "Pay")
        .item(6, "Pay by card");
    assert_eq!(
        told(&scene.plan()),
        [CREATE_CASE, "Update 1 6 for MatchedById [title]"]
    );
}

#[test]
fn nothing_is_matched_by_title_while_a_listing_may_lack_items() {
    for (mut scene, expected) in [
        (Scene::cases_to_items(), AMBIGUOUS_CASE),
        (Scene::items_to_cases(), AMBIGUOUS_ITEM),
    ] {
        scene = scene.case(1, "Pay", &[]).item(5, "Pay");
        scene.rules[0].incomplete = Some("suite 41: page 3 was empty".to_owned());
        assert_eq!(told(&scene.plan()), [expected]);
    }
}

#[test]
fn a_linked_item_is_no_candidate_by_title() {
    both(
        |s| s.pair(2, 5, "Pay").case(1, "Pay", &[]),
        &[CREATE_ITEM],
        &[],
    );
}

#[test]
fn a_rule_that_does_not_match_by_marker_still_makes_no_second_item() {
    both(
        |s| {
            s.case(1, "Pay", &[])
                .marked_item(5, "Pay", &[1])
                .matching(&[MatchBy::Title])
        },
        &[AMBIGUOUS_CASE],
        &[AMBIGUOUS_ITEM],
    );
}

#[test]
fn a_rule_that_does_not_match_by_id_still_makes_no_second_case() {
    // The reference may be Accord's own mark.
    let scene = Scene::items_to_cases()
        .case(1, "Pay", &["AB#5"])
        .item(5, "Pay")
        .matching(&[MatchBy::Marker]);
    assert_eq!(told(&scene.plan()), [AMBIGUOUS_ITEM]);
}

#[test]
fn the_ways_are_tried_in_the_order_of_the_rule() {
    let scene = |ways| {
        Scene::cases_to_items()
            .case(1, "Pay", &["AB#6"])
            .item(5, "Pay")
            .item(6, "Refund")
            .matching(ways)
    };
    let by_id = "Update 1 6 for MatchedById [System.Title]";
    assert_eq!(told(&scene(&[MatchBy::Id, MatchBy::Title]).plan()), [by_id]);
    // A case that names its item is that item's, in whatever order.
    assert_eq!(told(&scene(&[MatchBy::Title, MatchBy::Id]).plan()), [by_id]);
    let by_title = "Link 1 5 for MatchedByTitle []";
    assert_eq!(told(&scene(&[MatchBy::Title]).plan()), [by_title]);
}

#[test]
fn a_rule_that_creates_nothing_filters_what_has_no_counterpart() {
    for mut scene in [Scene::cases_to_items(), Scene::items_to_cases()] {
        scene = scene.case(1, "Pay", &[]).item(5, "Refund");
        scene.rules[0].rule.creates = crate::model::Sides::default();
        let planned = scene.plan();
        assert_eq!(told(&planned), [""; 0]);
        assert_eq!(planned.plan.summary.filtered, 1);
    }
}

#[test]
fn a_source_of_another_type_or_project_is_not_touched() {
    let scene = Scene::items_to_cases()
        .case(1, "Pay", &[])
        .marked_item(5, "Pay", &[1]);
    let planned = scene
        .edit_item(5, |item| item.project = "Other".to_owned())
        .plan();
    assert_eq!(told(&planned), [""; 0]);
    assert_eq!(planned.plan.summary.filtered, 1);
}

#[test]
fn an_item_with_the_marker_of_another_server_gets_ours_when_it_is_adopted() {
    let scene = Scene::cases_to_items().case(1, "Pay", &[]).item(5, "Pay");
    let scene = scene.edit_item(5, |item| {
        let case = crate::model::CaseId(1);
        let url = "https://other.testworthy.us/TestCase/Detail/1".to_owned();
        item.tags.push("accord".to_owned());
        item.relations
            .push(crate::model::Marker { case, url }.to_relation());
    });
    let planned = scene.plan();
    let crate::plan::Operation::UpdateWorkItem { patch, .. } = &planned.steps[0].operation else {
        panic!("{:?}", planned.steps)
    };
    assert!(patch.add_marker.is_some());
}
