//! What one edit on either side, or one on both, does to the rows of a pair.

use super::{kinds, priority_of_item};
use crate::model::config::Winner;
use crate::model::{CaseId, Repetition, System, Value, WorkItemId, digest_of};
use crate::plan::planner::Planned;
use crate::plan::planner::tests::scene::{Scene, told};
use crate::plan::{Operation, Precondition, Reason};

fn priority_of_case(scene: Scene, id: u64, priority: &str) -> Scene {
    let priority = Value::text(priority);
    scene.edit_case(id, |case| {
        case.fields.insert("priority".to_owned(), priority);
    })
}

#[test]
fn a_pair_in_accord_is_counted_once_and_has_no_step() {
    let planned = Scene::two_way().pair(1, 5, "Pay").plan();
    assert_eq!(told(&planned), [""; 0]);
    assert!(planned.steps.is_empty());
    assert_eq!(planned.plan.summary.unchanged, 1);
    assert_eq!(planned.plan.summary.selected(), 1);
}

#[test]
fn an_edit_of_the_case_goes_to_the_work_item() {
    let scene = Scene::two_way().pair(1, 5, "Pay").retitle_case(1, "Card");
    let planned = scene.plan();
    assert_eq!(
        told(&planned),
        ["Update 1 5 for SourceChanged [System.Title]"]
    );
    let change = &planned.plan.changes[0];
    assert_eq!(change.address, "SyncRule/cases/case/1");
    assert_eq!(change.system, System::AzureDevOps);
    assert_eq!(change.precondition, Some(Precondition::Rev(3)));
    let Operation::UpdateWorkItem {
        source,
        written,
        halves,
        overwrites,
        ..
    } = &planned.steps[0].operation
    else {
        panic!("{:?}", planned.steps)
    };
    assert_eq!(source["title"], Value::text("Card"));
    assert_eq!(written["title"], Value::text("Card"));
    assert!(halves.is_empty() && overwrites.is_empty());
}

#[test]
fn an_edit_of_the_work_item_goes_to_the_case() {
    let scene = Scene::two_way().pair(1, 5, "Pay").retitle_item(5, "Cash");
    let planned = scene.plan();
    assert_eq!(told(&planned), ["Update 1 5 for SourceChanged [title]"]);
    let change = &planned.plan.changes[0];
    assert_eq!(change.address, "SyncRule/cases/case/1");
    assert_eq!(change.system, System::TestWorthy);
    let Operation::UpdateCase {
        source, expected, ..
    } = &planned.steps[0].operation
    else {
        panic!("{:?}", planned.steps)
    };
    assert_eq!(source["title"], Value::text("Cash"));
    assert_eq!(expected.fields["title"], Value::text("Pay"));
}

#[test]
fn edits_of_different_fields_cross() {
    let scene = Scene::two_way().pair(1, 5, "Pay").retitle_case(1, "Card");
    let planned = priority_of_item(scene, 5, 1).plan();
    assert_eq!(
        told(&planned),
        [
            "Update 1 5 for SourceChanged [System.Title]",
            "Update 1 5 for SourceChanged [priority]",
        ]
    );
    assert_eq!(kinds(&planned), ["update work item", "update case"]);
    assert_eq!(planned.plan.summary.update, 1, "a pair is one item");
    for step in &planned.steps {
        assert_eq!(step.address, "SyncRule/cases/case/1");
    }
}

#[test]
fn what_both_sides_reached_rides_along_with_the_first_write() {
    let scene = Scene::two_way().pair(1, 5, "Pay").retitle_case(1, "Card");
    let scene = priority_of_case(priority_of_item(scene, 5, 1), 1, "P1 - Must Test");
    let planned = scene.plan();
    assert_eq!(kinds(&planned), ["update work item"]);
    let Operation::UpdateWorkItem {
        source, written, ..
    } = &planned.steps[0].operation
    else {
        panic!("{:?}", planned.steps)
    };
    assert_eq!(source["priority"], Value::text("P1 - Must Test"));
    assert!(!written.contains_key("priority"));
}

#[test]
fn what_both_sides_reached_alone_is_only_recorded() {
    let scene = Scene::two_way().pair(1, 5, "Pay");
    let planned = scene.retitle_case(1, "Card").retitle_item(5, "Card").plan();
    assert_eq!(told(&planned), [""; 0]);
    let Operation::Record { base, rev, .. } = &planned.steps[0].operation else {
        panic!("{:?}", planned.steps)
    };
    assert_eq!(base["title"].azure_devops, Value::text("Card"));
    assert_eq!(rev.map(|rev| rev.0), Some(4));
    assert_eq!(planned.plan.summary.unchanged, 1);
}

#[test]
fn a_policy_writes_the_loser_and_keeps_its_value() {
    for (winner, system, lost) in [
        (Winner::TestWorthy, System::AzureDevOps, "Cash"),
        (Winner::AzureDevOps, System::TestWorthy, "Card"),
    ] {
        let scene = Scene::two_way().ruling(|rule| rule.conflicts.default = Some(winner));
        let scene = scene.pair(1, 5, "Pay");
        let planned = scene.retitle_case(1, "Card").retitle_item(5, "Cash").plan();
        let change = &planned.plan.changes[0];
        assert_eq!(
            (change.system, change.reason),
            (system, Reason::ConflictResolved)
        );
        let (Operation::UpdateWorkItem { overwrites, .. }
        | Operation::UpdateCase { overwrites, .. }) = &planned.steps[0].operation
        else {
            panic!("{:?}", planned.steps)
        };
        assert_eq!(overwrites[0].lost, Value::text(lost));
    }
}

#[test]
fn the_later_edit_wins_only_if_the_clocks_tell() {
    let at = |second| jiff::Timestamp::from_second(second).unwrap();
    let scene = |case: i64, item: i64| {
        Scene::two_way()
            .ruling(|rule| rule.conflicts.default = Some(Winner::Latest))
            .pair(1, 5, "Pay")
            .retitle_case(1, "Card")
            .retitle_item(5, "Cash")
            .edit_case(1, |it| it.modified_on = Some(at(case)))
            .edit_item(5, |it| {
                let field = "System.ChangedDate".to_owned();
                it.fields.insert(field, Value::DateTime(at(item)));
            })
            .plan()
    };
    let wrote = |planned: &Planned| planned.plan.changes.first().map(|change| change.system);
    assert_eq!(wrote(&scene(9_000, 1_000)), Some(System::AzureDevOps));
    assert_eq!(wrote(&scene(1_000, 9_000)), Some(System::TestWorthy));
    let undecided = scene(1_000, 1_001);
    assert_eq!(wrote(&undecided), None);
    assert_eq!(undecided.plan.summary.conflict, 1);
}

#[test]
fn a_value_that_does_not_stay_waits_and_is_told() {
    let repeated = |times| Repetition {
        case: CaseId(1),
        work_item: WorkItemId(5),
        row: "title".to_owned(),
        system: System::AzureDevOps,
        before: digest_of(&Value::text("Pay")),
        after: digest_of(&Value::text("Card")),
        times,
        at: jiff::Timestamp::UNIX_EPOCH,
    };
    let scene = |times| {
        let mut scene = Scene::two_way().pair(1, 5, "Pay").retitle_case(1, "Card");
        scene.known.repetitions = [repeated(times)].into_iter().collect();
        scene
    };
    assert_eq!(scene(4).plan().plan.summary.update, 1);
    let planned = scene(5).plan();
    assert_eq!(told(&planned), ["field-flapping SyncRule/cases/case/1"]);
    assert_eq!(planned.plan.summary.held, 1);
    let message = &planned.plan.findings[0].message;
    for part in ["`title`", "Azure DevOps", "\"Pay\"", "\"Card\""] {
        assert!(message.contains(part), "{message}");
    }
    let mut secret = scene(5);
    secret.secret_titles = true;
    // Another definition of the row: its base is of another digest, but the write is the same.
    let planned = secret.plan();
    let all = serde_json::to_string(&planned.plan).unwrap();
    assert!(!all.contains("Card") && !all.contains("Pay"), "{all}");
}
