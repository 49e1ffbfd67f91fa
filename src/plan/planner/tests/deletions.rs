//! Pairs that lost an item: every policy, every decision, and the ways back.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::scene::{Scene, told};
use crate::mapping::testing::test_case_type;
use crate::model::config::{DeletedCase, DeletedWorkItem};
use crate::model::{
    CaseId, Closing, ConflictCause, ConflictChange, ConflictId, LinkState, Sides, Subject, System,
    Take, Value, WorkItemState, WorkItemType,
};
use crate::plan::planner::Planned;
use crate::plan::{
    Action, Operation, Precondition, Reason, Retirement, SafetyVerdict, WorkItemDeletion,
};

const ONE: ConflictId = ConflictId(1);

/// Design, Ready, Closed and Removed, in one row but for Removed, which nothing leads to.
fn workflow(closing: bool) -> WorkItemType {
    let state = |(name, category): (&str, &str)| WorkItemState {
        name: name.to_owned(),
        category: category.to_owned(),
    };
    let mut states = vec![("Design", "Proposed"), ("Ready", "InProgress")];
    if closing {
        states.extend([("Closed", "Completed"), ("Removed", "Removed")]);
    }
    let ways: [(&str, &[&str]); 4] = [
        ("", &["Design"]),
        ("Design", &["Ready"]),
        ("Ready", &["Closed", "Design"]),
        ("Closed", &["Ready"]),
    ];
    let ways = ways.into_iter().map(|(from, to)| {
        let to: Vec<String> = to.iter().map(|state| (*state).to_owned()).collect();
        (from.to_owned(), to)
    });
    WorkItemType {
        states: states.into_iter().map(state).collect(),
        transitions: Some(ways.collect::<BTreeMap<_, _>>()),
        ..test_case_type()
    }
}

fn in_state(scene: Scene, item: u64, state: &str) -> Scene {
    let state = Value::text(state);
    scene.edit_item(item, |item| {
        item.fields.insert("System.State".to_owned(), state);
        item.rev = crate::model::Rev(item.rev.0 - 1);
    })
}

/// A pair in step beside a second one, so that no side lists nothing.
fn pair(mut scene: Scene) -> Scene {
    scene.known.work_item_type = Some(Arc::new(workflow(true)));
    in_state(scene.pair(1, 5, "Pay").pair(2, 6, "Refund"), 5, "Ready")
}

fn case_policy(policy: DeletedCase) -> Scene {
    pair(Scene::two_way().ruling(|rule| rule.when_deleted.testworthy = policy))
}

fn item_policy(policy: DeletedWorkItem) -> Scene {
    pair(Scene::two_way().ruling(|rule| rule.when_deleted.azure_devops = policy))
}

fn recorded(planned: &Planned) -> Vec<(LinkState, Vec<ConflictChange>)> {
    let steps = planned.steps.iter();
    let records = steps.filter_map(|step| match &step.operation {
        Operation::Record {
            state, conflicts, ..
        } => Some((*state, conflicts.clone())),
        _ => None,
    });
    records.collect()
}

fn deleted(side: System, edited: bool) -> Subject {
    Subject::Deleted { side, edited }
}

fn retired(planned: &Planned) -> &Retirement {
    let mut steps = planned.steps.iter();
    let how = steps.find_map(|step| match &step.operation {
        Operation::Retire { how, .. } => Some(how),
        _ => None,
    });
    how.unwrap_or_else(|| panic!("{:?}", planned.steps))
}

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

/// The first pair, whose case was deleted and whose work item was closed for it and opened again.
fn reopened(policy: DeletedCase) -> Scene {
    let mut scene = in_state(case_policy(policy), 5, "Ready").without_case(1);
    let link = scene.links.remove(0);
    scene.links.push(link);
    scene.parted(LinkState::Ended)
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
fn deletions_stop_at_their_limit() {
    let scene = |count: u64| {
        let mut scene = case_policy(DeletedCase::Close);
        for id in 3..=20 {
            scene = scene.pair(id, 100 + id, "Pay");
            scene = in_state(scene, 100 + id, "Ready");
        }
        for id in 3..3 + count {
            scene = scene.without_case(id);
        }
        scene
    };
    // Of 20 linked pairs 10 % are 2.
    assert_eq!(scene(2).plan().plan.safety.verdict, SafetyVerdict::Pass);
    let mut three = scene(3);
    assert_eq!(three.plan().plan.summary.delete, 3);
    assert_eq!(three.plan().plan.safety.verdict, SafetyVerdict::Blocked);
    three.overrides.allow_deletes = Some(3);
    assert_eq!(three.plan().plan.safety.verdict, SafetyVerdict::Overridden);
}

#[test]
fn an_emptied_side_is_for_a_person_to_accept_either_way() {
    for side in [System::TestWorthy, System::AzureDevOps] {
        let mut scene = Scene::two_way().ruling(|rule| {
            rule.when_deleted.testworthy = DeletedCase::Close;
            rule.when_deleted.azure_devops = DeletedWorkItem::Disable;
        });
        scene.known.work_item_type = Some(Arc::new(workflow(true)));
        let scene = in_state(scene.pair(1, 5, "Pay"), 5, "Ready");
        let mut scene = match side {
            System::TestWorthy => scene.without_case(1),
            System::AzureDevOps => scene.without_item(5, WorkItemDeletion::Told),
        };
        let planned = scene.plan();
        assert_eq!(planned.plan.summary.delete, 1);
        assert_eq!(planned.plan.safety.verdict, SafetyVerdict::Blocked);
        scene.overrides.allow_deletes = Some(1);
        assert_eq!(scene.plan().plan.safety.verdict, SafetyVerdict::Overridden);
    }
}

#[test]
fn what_is_recreated_after_confirmed_deletions_is_not_stopped_by_an_empty_side() {
    let scene = Scene::two_way()
        .ruling(|rule| rule.when_deleted.azure_devops = DeletedWorkItem::Recreate)
        .pair(1, 5, "Pay")
        .without_item(5, WorkItemDeletion::Told);
    let planned = scene.plan();
    assert_eq!(planned.plan.summary.create, 1);
    assert_eq!(planned.plan.safety.verdict, SafetyVerdict::Pass);
}
