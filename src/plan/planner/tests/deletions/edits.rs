//! An edit beats a deletion, and what counts as an edit.

use std::sync::Arc;

use super::{case_policy, deleted, in_state, item_policy, recorded, retired, workflow};
use crate::model::config::{DeletedCase, DeletedWorkItem};
use crate::model::{
    Closing, ConflictCause, ConflictChange, LinkState, Sides, Subject, System, Value,
};
use crate::plan::planner::tests::scene::Scene;
use crate::plan::{Reason, Retirement, WorkItemDeletion};

#[test]
fn an_edit_beats_a_deletion_and_is_noted() {
    for policy in [DeletedCase::Close, DeletedCase::Recycle] {
        let scene = case_policy(policy).without_case(1).retitle_item(5, "Cash");
        let planned = scene.plan();
        assert_eq!(planned.plan.changes[0].reason, Reason::Recreated);
        let note = ConflictChange::Note(deleted(System::TestWorthy, true), Closing::EditKept);
        assert_eq!(recorded(&planned), [(LinkState::Active, vec![note])]);
    }
    let scene = item_policy(DeletedWorkItem::Disable)
        .without_item(5, WorkItemDeletion::Told)
        .retitle_case(1, "Card");
    let planned = scene.plan();
    assert_eq!(planned.plan.changes[0].reason, Reason::Recreated);
    let note = ConflictChange::Note(deleted(System::AzureDevOps, true), Closing::EditKept);
    assert_eq!(recorded(&planned), [(LinkState::Active, vec![note])]);
}

#[test]
fn putting_the_item_away_is_no_edit_that_beats_a_deletion() {
    // With a row on the state: from Design the way to Closed goes by Ready.
    let scene = |state| {
        let mut scene = Scene::two_way().ruling(|rule| {
            rule.when_deleted.testworthy = DeletedCase::Close;
        });
        scene.walks = true;
        scene.known.work_item_type = Some(Arc::new(workflow(true)));
        let scene = scene
            .case(1, "Pay", &["AB#5"])
            .edit_case(1, |case| {
                let no = Value::Boolean(false);
                case.fields.insert("disabled".to_owned(), no);
            })
            .marked_item(5, "Pay", &[1]);
        let scene = in_state(scene, 5, "Design")
            .linked(1, 5)
            .pair(2, 6, "Refund");
        in_state(scene, 5, state).without_case(1)
    };
    // A walk that was cut short goes on.
    let planned = scene("Ready").plan();
    let Retirement::Close { patch, .. } = retired(&planned) else {
        panic!("{:?}", planned.steps)
    };
    assert_eq!(patch.fields["System.State"], Value::text("Closed"));
    // A person closed it as well.
    let planned = scene("Closed").plan();
    assert_eq!(recorded(&planned), [(LinkState::Ended, vec![])]);
    // Another edit is one.
    let planned = scene("Ready").retitle_item(5, "Cash").plan();
    assert_eq!(planned.plan.changes[0].reason, Reason::Recreated);
    // So is a state that leads nowhere.
    let planned = scene("Broken").plan();
    assert_eq!(planned.plan.changes[0].reason, Reason::Recreated);
}

#[test]
fn a_value_that_met_another_one_is_not_put_away_with_its_item() {
    // Two titles that never were in accord: nobody decided yet, and then the case is deleted.
    let mut scene = case_policy(DeletedCase::Recycle).retitle_item(5, "Cash");
    scene.links[0].base.fields.remove("title");
    let met = Subject::Field {
        row: "title".to_owned(),
        cause: ConflictCause::FirstSync,
        base: None,
        now: Sides {
            testworthy: Value::text("Pay"),
            azure_devops: Value::text("Cash"),
        },
        sensitive: false,
    };
    let planned = scene.conflict(1, 5, met).without_case(1).plan();
    assert_eq!(planned.plan.changes[0].reason, Reason::Recreated);
    assert_eq!(planned.plan.summary.delete, 0);
}
