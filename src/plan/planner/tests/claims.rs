//! Two rules over the same items: one takes care of an item, and the other says so.

use super::scene::{Scene, told};
use crate::model::System;
use crate::plan::Operation;

const TO_ITEMS: System = System::AzureDevOps;
const TO_CASES: System = System::TestWorthy;

fn overlap(rule: &str, item: &str) -> String {
    format!("L23 SyncRule/{rule}/{item}")
}

#[test]
fn the_first_rule_creates_and_the_second_one_passes_over() {
    let planned = Scene::new(TO_ITEMS)
        .with_rule("later", TO_ITEMS)
        .case(1, "Pay", &[])
        .plan();
    assert_eq!(planned.steps.len(), 1);
    assert_eq!(planned.steps[0].rule.as_str(), "cases");
    assert_eq!(planned.plan.findings.len(), 1);
    assert_eq!(planned.plan.findings[0].address, "SyncRule/later/case/1");
}

#[test]
fn a_pair_of_a_later_rule_is_left_to_it_and_not_lost_between_both() {
    let scene = Scene::new(TO_ITEMS)
        .with_rule("later", TO_ITEMS)
        .pair(1, 5, "Pay")
        .made_by("later");
    let planned = scene.retitle_case(1, "Pay by card").plan();
    assert_eq!(
        told(&planned),
        [
            "Update 1 5 for SourceChanged [System.Title]".to_owned(),
            overlap("cases", "case/1")
        ]
    );
    assert_eq!(planned.steps[0].rule.as_str(), "later");
}

#[test]
fn a_rule_that_does_nothing_with_an_item_does_not_keep_it_from_others() {
    let mut scene = Scene::new(TO_ITEMS)
        .with_rule("later", TO_ITEMS)
        .case(1, "Pay", &[]);
    scene.rules[0].rule.creates = crate::model::Sides::default();
    let planned = scene.plan();
    assert_eq!(planned.steps.len(), 1);
    assert_eq!(planned.steps[0].rule.as_str(), "later");
    assert_eq!(planned.plan.findings, []);
}

#[test]
fn an_item_that_a_rule_is_not_sure_of_is_not_created_by_another() {
    let scene = Scene::new(TO_ITEMS).with_rule("later", TO_ITEMS);
    let mut scene = scene.case(1, "Pay", &[]).item(5, "Pay").item(6, "Pay");
    scene.rules[1].rule.match_by = vec![crate::model::config::MatchBy::Marker];
    let planned = scene.plan();
    assert_eq!(planned.plan.changes, []);
    assert_eq!(planned.plan.summary.quarantined, 1);
}

#[test]
fn a_pair_is_not_carried_back_by_a_rule_of_the_other_direction() {
    for (first, second) in [(TO_ITEMS, TO_CASES), (TO_CASES, TO_ITEMS)] {
        let scene = Scene::new(first)
            .with_rule("back", second)
            .pair(1, 5, "Pay");
        let planned = scene
            .retitle_case(1, "Pay by card")
            .retitle_item(5, "Card")
            .plan();
        assert_eq!(
            planned.plan.changes.len(),
            1,
            "{first:?}: {:?}",
            told(&planned)
        );
        assert_eq!(planned.steps[0].rule.as_str(), "cases");
    }
}

#[test]
fn what_one_rule_adopts_the_other_direction_does_not_create() {
    // By title here, and the other rule does not look at titles.
    let mut scene = Scene::new(TO_ITEMS).with_rule("z-back", TO_CASES);
    scene = scene.case(1, "Pay", &[]).item(5, "Pay");
    scene.rules[1].rule.match_by = vec![crate::model::config::MatchBy::Marker];
    let planned = scene.plan();
    assert_eq!(
        told(&planned),
        [
            "Link 1 5 for MatchedByTitle []".to_owned(),
            overlap("z-back", "workItem/5")
        ]
    );
    // And the other way round in order: what is to be copied to a new case is nobody's counterpart.
    let mut scene = Scene::new(TO_ITEMS).with_rule("back", TO_CASES);
    scene = scene.case(1, "Pay", &[]).item(5, "Pay");
    scene.rules[1].rule.match_by = vec![crate::model::config::MatchBy::Marker];
    let planned = scene.plan();
    assert_eq!(
        told(&planned),
        [
            "Create new 5 for MissingOnTarget [title smoke suite]",
            "ambiguous-match SyncRule/cases/case/1"
        ]
    );
}

#[test]
fn a_renamed_rule_keeps_its_pairs_with_their_bases() {
    let scene = Scene::new(TO_ITEMS)
        .pair(1, 5, "Pay")
        .made_by("its-old-name");
    let planned = scene.plan();
    assert_eq!(told(&planned), [""; 0]);
    assert_eq!(planned.plan.summary.unchanged, 1);
    let [step] = &planned.steps[..] else {
        panic!("the store has to learn of it: {:?}", planned.steps)
    };
    assert!(
        matches!(step.operation, Operation::Record { .. }),
        "{:?}",
        step.operation
    );
    assert_eq!(step.change, None);
}

#[test]
fn a_renamed_rule_keeps_pairs_that_wait_or_cannot_be_written() {
    let mut scene = Scene::new(TO_ITEMS)
        .pair(1, 5, "Pay")
        .made_by("its-old-name");
    scene.items.clear();
    let planned = scene.plan();
    assert_eq!(planned.plan.summary.held, 1);
    assert_eq!(planned.steps.len(), 1);
    // An update is refused by the server or is stale: the pair must not be forgotten either.
    let scene = Scene::new(TO_ITEMS)
        .pair(1, 5, "Pay")
        .made_by("its-old-name");
    let planned = scene.retitle_case(1, "Pay by card").plan();
    let records = |step: &&crate::plan::Step| matches!(step.operation, Operation::Record { .. });
    assert_eq!(planned.steps.iter().filter(records).count(), 1);
    assert_eq!(planned.plan.changes.len(), 1);
}

#[test]
fn the_safety_limits_count_the_pairs_of_a_renamed_rule() {
    let mut scene = Scene::new(TO_ITEMS);
    for id in 1..=20 {
        scene = scene
            .pair(id, 100 + id, &format!("Case {id}"))
            .made_by("its-old-name");
    }
    for id in 1..=20 {
        scene = scene.retitle_case(id, &format!("Changed {id}"));
    }
    let verdict = scene.plan().plan.safety.verdict;
    assert_eq!(verdict, crate::plan::SafetyVerdict::Blocked);
}

#[test]
fn a_case_that_moves_from_one_rule_to_another_goes_on_being_synchronised() {
    let scene = Scene::new(TO_ITEMS)
        .selecting(&[2])
        .with_rule("later", TO_ITEMS)
        .selecting(&[1]);
    let scene = scene.pair(1, 5, "Pay").retitle_case(1, "Pay by card");
    let planned = scene.plan();
    assert_eq!(
        told(&planned),
        ["Update 1 5 for SourceChanged [System.Title]"]
    );
    assert_eq!(
        planned.plan.summary.selected(),
        1,
        "counted once: {:?}",
        planned.plan.summary
    );
    assert!(
        planned
            .steps
            .iter()
            .all(|step| step.rule.as_str() == "later")
    );
}

#[test]
fn a_pair_that_left_its_rule_is_not_taken_over_by_the_other_direction() {
    let scene = Scene::new(TO_ITEMS)
        .selecting(&[])
        .with_rule("back", TO_CASES);
    let planned = scene
        .pair(1, 5, "Pay")
        .retitle_item(5, "Pay by card")
        .plan();
    assert_eq!(planned.plan.changes, []);
}

#[test]
fn a_pair_of_a_rule_that_was_not_planned_is_left_to_it() {
    let mut scene = Scene::new(TO_ITEMS)
        .pair(1, 5, "Pay")
        .made_by("not-selected-by-only");
    scene
        .known_elsewhere
        .push(super::scene::name("not-selected-by-only"));
    let planned = scene.retitle_case(1, "Pay by card").plan();
    assert_eq!(told(&planned), [overlap("cases", "case/1")]);
    assert!(planned.steps.is_empty());
}

#[test]
fn a_pair_is_not_taken_over_from_a_rule_whose_listing_may_lack_it() {
    let scene = Scene::new(TO_ITEMS)
        .selecting(&[2])
        .with_rule("later", TO_ITEMS)
        .selecting(&[1]);
    let mut scene = scene.pair(1, 5, "Pay").retitle_case(1, "Pay by card");
    scene.rules[0].incomplete = Some("page 3 was empty".to_owned());
    assert_eq!(scene.plan().plan.changes, []);
}
