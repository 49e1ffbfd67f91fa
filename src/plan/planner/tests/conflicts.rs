//! The life of a conflict: opened, left alone, superseded, decided, carried out, void, closed.

use super::scene::{Scene, told};
use crate::model::config::Winner;
use crate::model::{
    Closing, ConflictCause, ConflictChange, ConflictId, Direction, Sides, Subject, System, Take,
    Value,
};
use crate::plan::planner::Planned;
use crate::plan::{Operation, Reason};

fn texts(testworthy: &str, azure_devops: &str) -> Sides<Value> {
    Sides {
        testworthy: Value::text(testworthy),
        azure_devops: Value::text(azure_devops),
    }
}

/// The conflict of the scene below, as it stands in the store.
fn about_title(case: &str, item: &str) -> Subject {
    Subject::Field {
        row: "title".to_owned(),
        cause: ConflictCause::BothChanged,
        base: Some(texts("Pay", "Pay")),
        now: texts(case, item),
        sensitive: false,
    }
}

/// Both sides gave the pair a title of their own.
fn both_edited() -> Scene {
    Scene::two_way()
        .pair(1, 5, "Pay")
        .retitle_case(1, "Card")
        .retitle_item(5, "Cash")
}

fn recorded(planned: &Planned) -> Vec<ConflictChange> {
    let steps = planned.steps.iter();
    let changes = steps.filter_map(|step| match &step.operation {
        Operation::Record { conflicts, .. } => Some(conflicts.clone()),
        _ => None,
    });
    changes.flatten().collect()
}

const ONE: ConflictId = ConflictId(1);

#[test]
fn two_edits_open_a_conflict_and_write_nothing() {
    let planned = both_edited().plan();
    assert_eq!(
        told(&planned),
        ["conflict field-conflict SyncRule/cases/case/1"]
    );
    assert_eq!(
        recorded(&planned),
        [ConflictChange::Open(about_title("Card", "Cash"))]
    );
    assert_eq!(planned.steps.len(), 1);
    assert_eq!(planned.steps[0].change, None);
    assert_eq!(planned.plan.summary.conflict, 1);
    let entry = &planned.plan.conflicts[0];
    assert_eq!(entry.path.as_deref(), Some("title"));
    assert_eq!(
        (entry.item.testworthy, entry.item.azure_devops),
        (Some(1), Some(5))
    );
    let values = entry.values.as_ref().unwrap();
    assert_eq!(values.testworthy, serde_json::json!("Card"));
    assert_eq!(values.azure_devops, serde_json::json!("Cash"));
    assert_eq!(values.base_testworthy, Some(serde_json::json!("Pay")));
    let mapping = Scene::two_way().mapping(System::AzureDevOps);
    let row = mapping.row("title").unwrap().origin();
    let origin = entry.origin.as_ref().unwrap();
    assert_eq!((&origin.file, origin.line), (&row.file, row.line));
    for part in [
        "TestWorthy",
        "Azure DevOps",
        "both edited",
        "accord conflicts list",
    ] {
        assert!(entry.message.contains(part), "{}", entry.message);
    }
}

#[test]
fn a_conflict_about_a_sensitive_row_shows_no_value() {
    let mut scene = both_edited();
    scene.secret_titles = true;
    let row_digest = scene
        .mapping(System::AzureDevOps)
        .row("title")
        .unwrap()
        .digest()
        .to_owned();
    let base = &mut scene.links[0].base;
    base.fields.get_mut("title").unwrap().row_digest = row_digest;
    let planned = scene.plan();
    let entry = &planned.plan.conflicts[0];
    assert!(entry.sensitive && entry.values.is_none());
    let text = serde_json::to_string(&planned.plan).unwrap();
    for secret in ["Card", "Cash", "Pay"] {
        assert!(!text.contains(secret), "{text}");
    }
    // The store keeps them whole: nothing is lost.
    let [ConflictChange::Open(Subject::Field { now, sensitive, .. })] = &recorded(&planned)[..]
    else {
        panic!("{:?}", planned.steps)
    };
    assert!(*sensitive);
    assert_eq!(*now, texts("Card", "Cash"));
}

#[test]
fn a_conflict_holds_its_field_only() {
    let planned = both_edited()
        .edit_item(5, |item| {
            let field = "Microsoft.VSTS.Common.Priority".to_owned();
            item.fields.insert(field, Value::integer(1));
        })
        .plan();
    assert_eq!(
        told(&planned),
        [
            "Update 1 5 for SourceChanged [priority]",
            "conflict field-conflict SyncRule/cases/case/1",
        ]
    );
    assert!(matches!(
        planned.steps[0].operation,
        Operation::Record { .. }
    ));
    assert_eq!(planned.plan.summary.update, 1);
    assert_eq!(planned.plan.summary.conflict, 0);
}

#[test]
fn a_conflict_that_stands_is_shown_and_left_alone() {
    let planned = both_edited()
        .conflict(1, 5, about_title("Card", "Cash"))
        .plan();
    assert!(planned.steps.is_empty(), "{:?}", planned.steps);
    assert_eq!(planned.plan.summary.conflict, 1);
    assert!(planned.plan.conflicts[0].message.contains("conflict 1"));
}

#[test]
fn a_conflict_whose_values_changed_is_opened_anew() {
    let planned = both_edited()
        .conflict(1, 5, about_title("Card", "Coins"))
        .plan();
    assert_eq!(
        recorded(&planned),
        [ConflictChange::Open(about_title("Card", "Cash"))]
    );
    assert_eq!(told(&planned).len(), 1, "{:?}", told(&planned));
}

#[test]
fn a_conflict_ends_when_the_sides_agree_by_themselves() {
    for agreed in ["Card", "Pay"] {
        let scene = Scene::two_way()
            .pair(1, 5, "Pay")
            .retitle_case(1, agreed)
            .retitle_item(5, agreed)
            .conflict(1, 5, about_title("Card", "Cash"));
        let planned = scene.plan();
        assert_eq!(
            recorded(&planned),
            [ConflictChange::Close(ONE, Closing::Agreed)]
        );
        assert_eq!(planned.plan.summary.unchanged, 1);
    }
}

#[test]
fn a_conflict_ends_when_one_side_takes_its_edit_back() {
    let scene = Scene::two_way()
        .pair(1, 5, "Pay")
        .retitle_case(1, "Card")
        .conflict(1, 5, about_title("Card", "Cash"));
    let planned = scene.plan();
    assert_eq!(
        recorded(&planned),
        [ConflictChange::Close(ONE, Closing::Agreed)]
    );
    assert_eq!(planned.steps.len(), 2);
}

#[test]
fn a_conflict_ends_when_the_rule_decides_now() {
    let planned = both_edited()
        .ruling(|rule| rule.conflicts.default = Some(Winner::AzureDevOps))
        .conflict(1, 5, about_title("Card", "Cash"))
        .plan();
    assert_eq!(
        recorded(&planned),
        [ConflictChange::Close(ONE, Closing::Agreed)]
    );
    assert!(matches!(
        planned.steps[1].operation,
        Operation::UpdateCase { .. }
    ));
    assert!(planned.steps[1].resolves.is_empty());
}

#[test]
fn a_conflict_about_a_row_that_is_no_more_ends() {
    let subject = Subject::Field {
        row: "mission".to_owned(),
        cause: ConflictCause::FirstSync,
        base: None,
        now: texts("a", "b"),
        sensitive: false,
    };
    let planned = Scene::two_way()
        .pair(1, 5, "Pay")
        .conflict(1, 5, subject)
        .plan();
    assert_eq!(
        recorded(&planned),
        [ConflictChange::Close(ONE, Closing::Agreed)]
    );
}

#[test]
fn a_conflict_about_a_deletion_ends_when_the_item_is_back() {
    let subject = Subject::Deleted {
        side: System::AzureDevOps,
        edited: false,
    };
    let planned = Scene::two_way()
        .pair(1, 5, "Pay")
        .conflict(1, 5, subject)
        .plan();
    assert_eq!(
        recorded(&planned),
        [ConflictChange::Close(ONE, Closing::Agreed)]
    );
}

#[test]
fn a_decision_is_carried_out_by_the_write() {
    for (take, system, path, lost) in [
        (
            Take::TestWorthy,
            System::AzureDevOps,
            "System.Title",
            "Cash",
        ),
        (Take::AzureDevOps, System::TestWorthy, "title", "Card"),
    ] {
        let planned = both_edited()
            .conflict(1, 5, about_title("Card", "Cash"))
            .decided(take)
            .plan();
        assert_eq!(planned.plan.conflicts, []);
        let [step] = &planned.steps[..] else {
            panic!("{:?}", planned.steps)
        };
        assert_eq!(step.resolves, [ONE]);
        let change = &planned.plan.changes[0];
        assert_eq!(
            (change.system, change.reason),
            (system, Reason::ConflictResolved)
        );
        assert_eq!(change.fields[0].path, path);
        let (Operation::UpdateWorkItem { overwrites, .. }
        | Operation::UpdateCase { overwrites, .. }) = &step.operation
        else {
            panic!("{step:?}")
        };
        assert_eq!(overwrites[0].lost, Value::text(lost));
    }
}

#[test]
fn a_decision_beats_the_policy() {
    let planned = both_edited()
        .ruling(|rule| rule.conflicts.default = Some(Winner::TestWorthy))
        .conflict(1, 5, about_title("Card", "Cash"))
        .decided(Take::AzureDevOps)
        .plan();
    assert_eq!(planned.plan.changes[0].system, System::TestWorthy);
    assert_eq!(planned.steps[0].resolves, [ONE]);
}

#[test]
fn a_decision_about_other_values_is_void() {
    for now in [("Card", "Coins"), ("Check", "Cash")] {
        let planned = both_edited()
            .conflict(1, 5, about_title(now.0, now.1))
            .decided(Take::TestWorthy)
            .plan();
        assert_eq!(
            told(&planned),
            [
                "decision-void SyncRule/cases/case/1",
                "conflict field-conflict SyncRule/cases/case/1",
            ]
        );
        assert_eq!(
            recorded(&planned),
            [ConflictChange::Open(about_title("Card", "Cash"))]
        );
        assert_eq!(planned.plan.changes, []);
    }
}

#[test]
fn a_decision_that_cannot_be_carried_out_is_void() {
    // Two titles do not merge.
    let planned = both_edited()
        .conflict(1, 5, about_title("Card", "Cash"))
        .decided(Take::Merged)
        .plan();
    assert_eq!(planned.plan.changes, []);
    assert_eq!(planned.plan.findings[0].code, "decision-void");
    assert!(matches!(recorded(&planned)[..], [ConflictChange::Open(_)]));
}

#[test]
fn a_decision_is_over_when_the_sides_agree() {
    let planned = Scene::two_way()
        .pair(1, 5, "Pay")
        .conflict(1, 5, about_title("Card", "Cash"))
        .decided(Take::TestWorthy)
        .plan();
    assert_eq!(
        recorded(&planned),
        [ConflictChange::Close(ONE, Closing::Agreed)]
    );
}

#[test]
fn a_decision_whose_write_waits_stays() {
    // A required title must not become empty.
    let scene = Scene::two_way()
        .pair(1, 5, "Pay")
        .edit_case(1, |case| {
            case.fields.remove("title");
        })
        .retitle_item(5, "Cash");
    let subject = Subject::Field {
        row: "title".to_owned(),
        cause: ConflictCause::BothChanged,
        base: Some(texts("Pay", "Pay")),
        now: texts("", "Cash"),
        sensitive: false,
    };
    let planned = scene
        .conflict(1, 5, subject)
        .decided(Take::TestWorthy)
        .plan();
    assert_eq!(recorded(&planned), []);
    assert_eq!(planned.plan.summary.held, 1, "{:?}", told(&planned));
}

#[test]
fn conflicts_of_other_pairs_do_not_matter() {
    let planned = both_edited()
        .conflict(2, 6, about_title("Card", "Cash"))
        .plan();
    assert!(matches!(recorded(&planned)[..], [ConflictChange::Open(_)]));
}

#[test]
fn a_mapping_that_changed_asks_where_the_sides_differ_by_it() {
    let differ = |winner| {
        let mut scene = Scene::two_way()
            .ruling(|rule| rule.first_sync = winner)
            .case(1, "Card", &["AB#5"])
            .marked_item(5, "Cash", &[1])
            .linked(1, 5);
        let base = &mut scene.links[0].base.fields;
        base.get_mut("title").unwrap().row_digest = "0".repeat(32);
        scene.plan()
    };
    let planned = differ(Winner::Manual);
    assert_eq!(planned.plan.summary.conflict, 1);
    assert!(
        planned.plan.conflicts[0]
            .message
            .contains("definition changed")
    );
    // Away from the side that `firstSync` names.
    for (winner, system) in [
        (Winner::TestWorthy, System::AzureDevOps),
        (Winner::AzureDevOps, System::TestWorthy),
    ] {
        let planned = differ(winner);
        let change = &planned.plan.changes[0];
        assert_eq!(
            (change.system, change.reason),
            (system, Reason::MappingChanged)
        );
        let rule = planned.plan.safety.rules.iter();
        let measured: Vec<&str> = rule.map(|rule| rule.measured.as_str()).collect();
        assert!(
            measured[0].contains("because the mapping changed"),
            "{measured:?}"
        );
    }
}

#[test]
fn a_decision_that_the_rule_overrules_was_not_carried_out() {
    // The rule goes one way now, and writes the value that the person decided against.
    let planned = both_edited()
        .ruling(|rule| rule.direction = Direction::ToAzureDevOps)
        .conflict(1, 5, about_title("Card", "Cash"))
        .decided(Take::AzureDevOps)
        .plan();
    let change = &planned.plan.changes[0];
    assert_eq!(change.system, System::AzureDevOps);
    assert!(planned.steps.iter().all(|step| step.resolves.is_empty()));
    assert_eq!(
        recorded(&planned),
        [ConflictChange::Close(ONE, Closing::Agreed)]
    );
}
