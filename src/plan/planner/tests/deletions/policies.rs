//! Every policy: what becomes of the item that is left, and when nothing does.

use std::sync::Arc;

use super::{ONE, case_policy, deleted, in_state, item_policy, recorded, retired, workflow};
use crate::model::config::{DeletedCase, DeletedWorkItem};
use crate::model::{CaseId, Closing, ConflictChange, LinkState, System, Value};
use crate::plan::planner::tests::scene::told;
use crate::plan::{Action, Operation, Precondition, Reason, Retirement, WorkItemDeletion};

#[test]
fn close_takes_the_work_item_to_a_closing_state() {
    let scene = case_policy(DeletedCase::Close).without_case(1);
    let planned = scene.plan();
    assert_eq!(
        told(&planned),
        ["Delete 1 5 for CounterpartDeleted [System.State]"]
    );
    let change = &planned.plan.changes[0];
    assert_eq!(change.system, System::AzureDevOps);
    assert_eq!(change.precondition, Some(Precondition::Rev(3)));
    assert_eq!(planned.plan.summary.delete, 1);
    let Retirement::Close { patch, walk, .. } = retired(&planned) else {
        panic!("{:?}", planned.steps)
    };
    assert_eq!(patch.fields["System.State"], Value::text("Closed"));
    assert_eq!(patch.fields.len(), 1, "the workflow gives the reason");
    assert_eq!(*walk, None);
    // From Design it takes two writes.
    let planned = in_state(scene, 5, "Design").plan();
    let Retirement::Close { patch, walk, .. } = retired(&planned) else {
        panic!("{:?}", planned.steps)
    };
    assert_eq!(patch.fields["System.State"], Value::text("Ready"));
    assert_eq!(walk.as_ref().unwrap().hops[0].state, "Closed");
    assert_eq!(planned.plan.changes[0].fields[0].via, ["Ready"]);
}

#[test]
fn close_uses_the_reasons_of_the_mapping() {
    let mut scene = case_policy(DeletedCase::Close);
    scene.walks = true;
    scene.links.clear();
    let scene = scene
        .edit_case(1, |case| {
            let no = Value::Boolean(false);
            case.fields.insert("disabled".to_owned(), no);
        })
        .linked(1, 5)
        .without_case(1);
    let planned = scene.plan();
    let Retirement::Close { patch, .. } = retired(&planned) else {
        panic!("{:?}", planned.steps)
    };
    assert_eq!(patch.fields["System.Reason"], Value::text("Obsolete"));
}

#[test]
fn an_item_that_is_closed_already_ends_the_link() {
    for state in ["Closed", "removed"] {
        let scene = in_state(case_policy(DeletedCase::Close), 5, state).without_case(1);
        let planned = scene.plan();
        assert_eq!(told(&planned), [""; 0]);
        assert_eq!(recorded(&planned), [(LinkState::Ended, vec![])]);
        assert_eq!(planned.plan.summary.filtered, 1);
    }
}

#[test]
fn without_a_way_to_a_closing_state_the_pair_waits() {
    let mut scene = case_policy(DeletedCase::Close).without_case(1);
    scene.known.work_item_type = Some(Arc::new(workflow(false)));
    assert_eq!(
        told(&scene.plan()),
        ["no-closing-state SyncRule/cases/case/1"]
    );
    let mut kind = workflow(true);
    kind.transitions.as_mut().unwrap().remove("Ready");
    scene.known.work_item_type = Some(Arc::new(kind));
    let planned = scene.plan();
    assert_eq!(told(&planned), ["state-blocked SyncRule/cases/case/1"]);
    assert_eq!(planned.plan.summary.held, 1);
}

#[test]
fn recycle_puts_the_work_item_into_the_recycle_bin() {
    let planned = case_policy(DeletedCase::Recycle).without_case(1).plan();
    assert_eq!(
        *retired(&planned),
        Retirement::Recycle {
            rev: crate::model::Rev(3)
        }
    );
    assert_eq!(planned.plan.changes[0].fields[0].path, "System.IsDeleted");
}

#[test]
fn disable_disables_the_case() {
    let scene = item_policy(DeletedWorkItem::Disable).without_item(5, WorkItemDeletion::Told);
    let planned = scene.plan();
    assert_eq!(
        told(&planned),
        ["Delete 1 5 for CounterpartDeleted [disabled]"]
    );
    assert_eq!(planned.plan.changes[0].system, System::TestWorthy);
    let Retirement::Disable { expected, patch } = retired(&planned) else {
        panic!("{:?}", planned.steps)
    };
    assert_eq!(expected.fields["disabled"], Value::Null);
    assert_eq!(patch.fields["disabled"], Value::Boolean(true));
    let disabled = scene.edit_case(1, |case| {
        let yes = Value::Boolean(true);
        case.fields.insert("disabled".to_owned(), yes);
    });
    assert_eq!(recorded(&disabled.plan()), [(LinkState::Ended, vec![])]);
}

#[test]
fn the_flag_of_a_sensitive_row_is_not_shown_when_a_case_is_disabled() {
    let mut scene = item_policy(DeletedWorkItem::Disable);
    scene.secret_flags = true;
    let planned = scene.without_item(5, WorkItemDeletion::Told).plan();
    let field = &planned.plan.changes[0].fields[0];
    assert_eq!((field.path.as_str(), field.sensitive), ("disabled", true));
    assert_eq!((&field.before, &field.after), (&None, &None));
}

#[test]
fn recreate_makes_a_new_item_that_takes_over_the_link() {
    let planned = case_policy(DeletedCase::Recreate).without_case(1).plan();
    let Operation::CreateCase {
        work_item, renews, ..
    } = &planned.steps[0].operation
    else {
        panic!("{:?}", planned.steps)
    };
    assert_eq!(
        (work_item.0, renews.as_ref().unwrap().0.as_str()),
        (5, "link-1-5")
    );
    let change = &planned.plan.changes[0];
    assert_eq!(
        (change.action, change.reason),
        (Action::Create, Reason::Recreated)
    );
    assert_eq!(change.address, "SyncRule/cases/case/1");
    assert_eq!(planned.plan.summary.create, 1);
    assert_eq!(planned.plan.findings[0].code, "no-section");
    assert_eq!(planned.plan.findings.len(), 1);
    let named = case_policy(DeletedCase::Recreate).ruling(|rule| {
        rule.create_in.section = Some("Restored".to_owned());
    });
    assert!(named.without_case(1).plan().plan.findings.is_empty());
    // Test cases are never restored by the interface.
    let scene = item_policy(DeletedWorkItem::Recreate);
    let planned = scene.without_item(5, WorkItemDeletion::InRecycleBin).plan();
    let Operation::CreateWorkItem { case, renews, .. } = &planned.steps[0].operation else {
        panic!("{:?}", planned.steps)
    };
    assert_eq!((*case, renews.is_some()), (CaseId(1), true));
}

#[test]
fn recreate_takes_a_work_item_out_of_the_recycle_bin_where_that_is_possible() {
    let bugs = || {
        let mut scene = item_policy(DeletedWorkItem::Recreate);
        scene.kind = Some("Bug");
        for id in [5, 6] {
            scene = scene.edit_item(id, |item| item.work_item_type = "Bug".to_owned());
        }
        scene
    };
    let scene = bugs().without_item(5, WorkItemDeletion::InRecycleBin);
    let planned = scene.plan();
    let Operation::Restore { pair, conflicts } = &planned.steps[0].operation else {
        panic!("{:?}", planned.steps)
    };
    assert_eq!((pair.work_item.0, conflicts.len()), (5, 0));
    assert_eq!(
        told(&planned),
        ["Create 1 5 for Recreated [System.IsDeleted]"]
    );
    // Not in the recycle bin: made anew.
    let planned = bugs().without_item(5, WorkItemDeletion::Told).plan();
    assert!(matches!(
        planned.steps[0].operation,
        Operation::CreateWorkItem { .. }
    ));
}

#[test]
fn unlink_leaves_the_item_to_itself() {
    for scene in [
        case_policy(DeletedCase::Unlink).without_case(1),
        item_policy(DeletedWorkItem::Unlink).without_item(5, WorkItemDeletion::Told),
    ] {
        let planned = scene.plan();
        assert_eq!(told(&planned), ["unlinked SyncRule/cases/case/1"]);
        assert_eq!(recorded(&planned), [(LinkState::Unlinked, vec![])]);
        assert_eq!(planned.plan.summary.filtered, 1);
    }
}

#[test]
fn both_deleted_end_the_link_without_a_write() {
    let scene = case_policy(DeletedCase::Close)
        .without_case(1)
        .without_item(5, WorkItemDeletion::InRecycleBin)
        .conflict(1, 5, deleted(System::TestWorthy, false));
    let planned = scene.plan();
    assert_eq!(told(&planned), [""; 0]);
    let close = ConflictChange::Close(ONE, Closing::Agreed);
    assert_eq!(recorded(&planned), [(LinkState::Ended, vec![close])]);
}

#[test]
fn a_deletion_without_a_confirmation_does_nothing_under_any_policy() {
    for policy in [
        DeletedCase::Close,
        DeletedCase::Recycle,
        DeletedCase::Recreate,
        DeletedCase::Unlink,
    ] {
        let mut scene = case_policy(policy).without_case(1);
        scene.deleted_cases.clear();
        let planned = scene.plan();
        assert_eq!(told(&planned), ["item-gone SyncRule/cases/case/1"]);
        assert!(planned.steps.is_empty());
    }
}

#[test]
fn a_pair_out_of_scope_is_let_go_whatever_was_deleted() {
    let scene = case_policy(DeletedCase::Close)
        .without_case(1)
        .selecting(&[]);
    let planned = scene.plan();
    assert_eq!(planned.plan.changes, []);
    assert_eq!(planned.plan.summary.filtered, 2);
    // A side without a scope follows the other one: the deletion of what was selected is carried over.
    let scene = case_policy(DeletedCase::Close)
        .ruling(|rule| rule.scope.azure_devops = None)
        .without_case(1);
    assert_eq!(scene.plan().plan.summary.delete, 1);
}
