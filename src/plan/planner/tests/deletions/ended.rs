//! Links that ended with a deletion: they rest, and the ways back.

use super::{case_policy, deleted, in_state, recorded};
use crate::model::config::DeletedCase;
use crate::model::{Closing, ConflictChange, LinkState, System, Value};
use crate::plan::planner::tests::scene::{Scene, told};
use crate::plan::{Reason, WorkItemDeletion};

/// The first pair, whose case was deleted and whose work item was closed for it and opened again.
fn reopened(policy: DeletedCase) -> Scene {
    let mut scene = in_state(case_policy(policy), 5, "Ready").without_case(1);
    let link = scene.links.remove(0);
    scene.links.push(link);
    scene.parted(LinkState::Ended)
}

#[test]
fn what_a_deletion_put_away_stays_so_until_it_is_touched() {
    let closed = || {
        let scene = case_policy(DeletedCase::Close);
        let scene = in_state(scene, 5, "Closed").without_case(1);
        // The pair of interest is the first one.
        let mut scene = scene;
        let link = scene.links.remove(0);
        scene.links.push(link);
        scene.parted(LinkState::Ended)
    };
    let planned = closed().plan();
    assert_eq!(told(&planned), [""; 0]);
    assert!(planned.steps.is_empty());
    assert_eq!(planned.plan.summary.filtered, 1);
    // Somebody reopens it: it is wanted, and an edit beats a deletion.
    let planned = in_state(closed(), 5, "Ready").plan();
    assert_eq!(planned.plan.changes[0].reason, Reason::Recreated);
}

#[test]
fn what_was_opened_again_stays_so_until_its_counterpart_is_made() {
    let scene = reopened(DeletedCase::Close);
    let planned = scene.plan();
    assert_eq!(planned.plan.changes[0].reason, Reason::Recreated);
    // The create may fail after this was recorded: then the next plan must not close the item again.
    let note = ConflictChange::Note(deleted(System::TestWorthy, true), Closing::EditKept);
    assert_eq!(recorded(&planned), [(LinkState::Ended, vec![note])]);
}

/// A pair whose work item was deleted and whose case was disabled for it is over; what comes later with the
/// same title has nothing to do with it, and is neither forgotten nor taken for a part of it.
#[test]
fn a_new_item_is_not_taken_for_one_of_an_ended_pair() {
    let ended = || {
        Scene::two_way()
            .pair(1, 5, "Pay")
            .edit_case(1, |case| {
                let yes = Value::Boolean(true);
                case.fields.insert("disabled".to_owned(), yes);
            })
            .without_item(5, WorkItemDeletion::Told)
            .parted(LinkState::Ended)
    };
    let planned = ended().item(9, "Pay").plan();
    assert_eq!(planned.plan.summary.selected(), 2, "each is counted");
    let addresses = planned.plan.changes.iter().map(|change| &change.address);
    assert_eq!(addresses.collect::<Vec<_>>(), ["SyncRule/cases/workItem/9"]);
    assert_eq!(planned.plan.summary.create, 1);
    // One that carries the marker of the case belongs to it.
    let planned = ended().marked_item(9, "Pay", &[1]).plan();
    assert_eq!(planned.plan.summary.selected(), 2);
    assert_eq!(planned.plan.summary.link, 1);
}

#[test]
fn an_ended_pair_stays_with_the_rule_that_made_it() {
    let planned = Scene::two_way()
        .with_rule("z-rule", System::AzureDevOps)
        .pair(1, 5, "Pay")
        .edit_case(1, |case| {
            let yes = Value::Boolean(true);
            case.fields.insert("disabled".to_owned(), yes);
        })
        .without_item(5, WorkItemDeletion::Told)
        .parted(LinkState::Ended)
        .plan();
    assert_eq!(told(&planned), ["L23 SyncRule/z-rule/case/1"]);
    assert!(planned.steps.is_empty(), "{:?}", planned.steps);
}

#[test]
fn a_question_about_an_ended_pair_is_asked_once() {
    let mut scene = reopened(DeletedCase::Ask);
    let about = deleted(System::TestWorthy, false);
    let open = ConflictChange::Open(about.clone());
    assert_eq!(
        recorded(&scene.plan()),
        [(LinkState::Active, vec![open])],
        "no field was edited"
    );
    let mut link = scene.known.parted.remove(0);
    link.state = LinkState::Active;
    scene.links.push(link);
    let again = scene.conflict(1, 5, about).plan();
    assert!(again.steps.is_empty(), "{:?}", again.steps);
}
