//! Pairs that exist on both sides: what is written, why, and what is recorded besides.

use super::scene::{Scene, told};
use crate::model::config::DriftPolicy;
use crate::model::{MarkState, Value};
use crate::plan::{Operation, Precondition, SafetyVerdict};

#[test]
fn a_pair_in_accord_is_unchanged_without_a_step() {
    for scene in [Scene::cases_to_items(), Scene::items_to_cases()] {
        let planned = scene.pair(1, 5, "Pay").plan();
        assert_eq!(told(&planned), [""; 0]);
        assert!(planned.steps.is_empty());
        assert_eq!(planned.plan.summary.unchanged, 1);
    }
}

#[test]
fn a_changed_source_is_carried_over() {
    let planned = Scene::cases_to_items()
        .pair(1, 5, "Pay")
        .retitle_case(1, "Card")
        .plan();
    assert_eq!(
        told(&planned),
        ["Update 1 5 for SourceChanged [System.Title]"]
    );
    let change = &planned.plan.changes[0];
    assert_eq!(change.precondition, Some(Precondition::Rev(3)));
    let Operation::UpdateWorkItem {
        overwrites, patch, ..
    } = &planned.steps[0].operation
    else {
        panic!("{:?}", planned.steps[0])
    };
    assert!(overwrites.is_empty(), "the target was not edited");
    assert_eq!(patch.fields.len(), 1);
    assert_eq!(patch.tags, None);
}

#[test]
fn an_edit_on_the_target_that_is_overwritten_is_recorded() {
    let both_edited = |s: Scene| {
        s.pair(1, 5, "Pay")
            .retitle_case(1, "Card")
            .retitle_item(5, "Cash")
    };
    let lost = |scene: Scene| match &both_edited(scene).plan().steps[0].operation {
        Operation::UpdateWorkItem { overwrites, .. } | Operation::UpdateCase { overwrites, .. } => {
            let [one] = &overwrites[..] else {
                panic!("{overwrites:?}")
            };
            (one.row.clone(), one.lost.clone(), one.written.clone())
        }
        other => panic!("{other:?}"),
    };
    let (row, cash, card) = ("title".to_owned(), Value::text("Cash"), Value::text("Card"));
    assert_eq!(
        lost(Scene::cases_to_items()),
        (row.clone(), cash.clone(), card.clone())
    );
    assert_eq!(lost(Scene::items_to_cases()), (row, card, cash));
}

#[test]
fn drift_follows_the_policy() {
    for (drift, told_changes, shown) in [
        (DriftPolicy::Enforce, 1, 0),
        (DriftPolicy::Report, 0, 1),
        (DriftPolicy::Ignore, 0, 1),
    ] {
        let mut scene = Scene::cases_to_items()
            .pair(1, 5, "Pay")
            .retitle_item(5, "Cash");
        scene.rules[0].rule.drift = drift;
        let planned = scene.plan();
        assert_eq!(planned.plan.changes.len(), told_changes, "{drift:?}");
        assert_eq!(planned.plan.drift.len(), shown, "{drift:?}");
        assert!(
            planned
                .plan
                .changes
                .iter()
                .all(|c| c.reason == crate::plan::Reason::DriftEnforced)
        );
    }
}

#[test]
fn what_both_sides_reached_by_themselves_is_only_recorded() {
    let scene = Scene::cases_to_items().pair(1, 5, "Pay");
    let planned = scene.retitle_case(1, "Card").retitle_item(5, "Card").plan();
    assert_eq!(told(&planned), [""; 0]);
    let Operation::Record { base, .. } = &planned.steps[0].operation else {
        panic!("{:?}", planned.steps)
    };
    assert_eq!(base["title"].testworthy, Value::text("Card"));
    assert_eq!(base["title"].azure_devops, Value::text("Card"));
}

#[test]
fn a_row_that_waits_does_not_stop_the_others() {
    let scene = Scene::cases_to_items()
        .pair(1, 5, "Pay")
        .retitle_case(1, "Card");
    let scene = scene.edit_case(1, |case| {
        case.fields
            .insert("priority".to_owned(), Value::text("P9 - Unheard of"));
    });
    let planned = scene.plan();
    assert_eq!(planned.plan.changes.len(), 1);
    assert_eq!(planned.plan.findings.len(), 1, "{:?}", told(&planned));
    let scene = Scene::cases_to_items()
        .pair(1, 5, "Pay")
        .edit_case(1, |case| {
            case.fields
                .insert("priority".to_owned(), Value::text("P9 - Unheard of"));
        });
    assert_eq!(scene.plan().plan.summary.held, 1);
}

#[test]
fn a_new_item_without_a_value_that_it_needs_waits() {
    // Sent, it would be refused: a failure of the apply and a quarantine for nothing.
    let long = "x".repeat(300);
    let planned = Scene::cases_to_items().case(1, &long, &[]).plan();
    assert_eq!(planned.plan.changes, []);
    assert_eq!(planned.plan.summary.held, 1, "{:?}", told(&planned));
    let untitled = Scene::cases_to_items().case(1, "", &[]).plan();
    assert_eq!(untitled.plan.changes, []);
    assert_eq!(untitled.plan.summary.held, 1);
    let untitled = Scene::items_to_cases().item(5, "").plan();
    assert_eq!(untitled.plan.summary.held, 1);
}

#[test]
fn a_missing_mark_on_the_source_is_written_alone() {
    let mut scene = Scene::cases_to_items()
        .case(1, "Pay", &[])
        .marked_item(5, "Pay", &[1]);
    scene = scene.linked(1, 5);
    scene.links[0].case_mark = MarkState::Missing;
    assert_eq!(told(&scene.plan()), ["Update 1 5 for MarkerMissing [refs]"]);
    let mut scene = Scene::items_to_cases()
        .case(1, "Pay", &["AB#5"])
        .item(5, "Pay")
        .linked(1, 5);
    scene.links[0].work_item_mark = MarkState::Missing;
    assert_eq!(
        told(&scene.plan()),
        ["Update 1 5 for MarkerMissing [relations]"]
    );
}

#[test]
fn a_surface_without_references_gets_no_mark() {
    let mut scene = Scene::cases_to_items()
        .on_v1()
        .case(1, "Pay", &[])
        .marked_item(5, "Pay", &[1])
        .linked(1, 5);
    scene.links[0].case_mark = MarkState::Missing;
    assert!(scene.plan().steps.is_empty());
    // A changed title goes to the case alone; the mark on the work item is written all the same.
    let mut scene = Scene::items_to_cases()
        .on_v1()
        .case(1, "Pay", &[])
        .item(5, "Pay")
        .linked(1, 5);
    scene.links[0].case_mark = MarkState::Missing;
    scene.links[0].work_item_mark = MarkState::Missing;
    assert_eq!(
        told(&scene.plan()),
        ["Update 1 5 for MarkerMissing [relations]"]
    );
    let planned = scene.retitle_item(5, "Card").plan();
    let Operation::UpdateCase { patch, .. } = &planned.steps[0].operation else {
        panic!("{:?}", planned.steps);
    };
    assert_eq!(patch.refs, None);
    assert!(patch.fields.contains_key("title"));
}

#[test]
fn a_mark_that_stands_there_already_is_only_recorded() {
    for mut scene in [Scene::cases_to_items(), Scene::items_to_cases()] {
        scene = scene.pair(1, 5, "Pay");
        scene.links[0].case_mark = MarkState::Missing;
        scene.links[0].work_item_mark = MarkState::Missing;
        let planned = scene.plan();
        assert_eq!(told(&planned), [""; 0]);
        assert_eq!(planned.steps.len(), 1);
        assert!(matches!(
            planned.steps[0].operation,
            Operation::Record { .. }
        ));
    }
}

#[test]
fn a_mark_that_the_server_refused_is_not_tried_again() {
    let mut scene = Scene::cases_to_items()
        .case(1, "Pay", &[])
        .marked_item(5, "Pay", &[1]);
    scene = scene.linked(1, 5);
    scene.links[0].case_mark = MarkState::Refused;
    assert!(scene.plan().steps.is_empty());
}

#[test]
fn a_changed_mapping_is_counted_outside_of_the_limit() {
    let mut scene = Scene::cases_to_items();
    for id in 1..=20 {
        scene = scene
            .pair(id, 100 + id, &format!("Case {id}"))
            .edit_case(id, |case| {
                case.fields
                    .insert("priority".to_owned(), Value::text("P1 - Must Test"));
            });
        let base = &mut scene.links.last_mut().unwrap().base.fields;
        let priority = base.get_mut("priority").unwrap();
        priority.row_digest = "another".to_owned();
        priority.testworthy = Value::text("P1 - Must Test");
    }
    let planned = scene.plan();
    assert_eq!(planned.plan.summary.update, 20);
    assert!(
        planned
            .plan
            .changes
            .iter()
            .all(|c| c.reason == crate::plan::Reason::MappingChanged)
    );
    assert_ne!(planned.plan.safety.verdict, SafetyVerdict::Blocked);
}

#[test]
fn a_refused_write_is_not_sent_again_until_something_changes() {
    for scene in [Scene::cases_to_items(), Scene::items_to_cases()] {
        let mut scene = scene.pair(1, 5, "Pay");
        let edited = match scene.rules[0].rule.target() {
            crate::model::System::AzureDevOps => {
                scene = scene.retitle_case(1, "Card");
                crate::plan::ItemKey::Case(crate::model::CaseId(1))
            }
            crate::model::System::TestWorthy => {
                scene = scene.retitle_item(5, "Card");
                crate::plan::ItemKey::WorkItem(crate::model::WorkItemId(5))
            }
        };
        let digest = scene.plan().steps[0].operation.payload_digest();
        scene.refused(edited, Some(digest));
        let planned = scene.plan();
        assert_eq!(planned.plan.summary.quarantined, 1);
        assert!(planned.steps.is_empty());
        assert_eq!(planned.plan.findings[0].code, "quarantined");
        // The value changes.
        let other = scene.retitle_case(1, "Cash").retitle_item(5, "Cash now");
        assert_eq!(other.plan().plan.summary.update, 1);
    }
}

#[test]
fn a_refused_write_is_tried_again_when_a_person_mended_the_target() {
    // Closed items may refuse every change: a person opens it again, and the same value goes through.
    let mut scene = Scene::cases_to_items()
        .pair(1, 5, "Pay")
        .retitle_case(1, "Card");
    let digest = scene.plan().steps[0].operation.payload_digest();
    let key = crate::plan::ItemKey::Case(crate::model::CaseId(1));
    scene.refused(key, Some(digest));
    assert_eq!(scene.plan().plan.summary.quarantined, 1);
    let mended = scene.edit_item(5, |item| {
        item.fields
            .insert("System.State".to_owned(), Value::text("Design"));
    });
    assert_eq!(mended.plan().plan.summary.update, 1);
}

#[test]
fn a_quarantined_change_of_the_mapping_is_not_counted_as_one() {
    let mut scene = Scene::cases_to_items()
        .pair(1, 5, "Pay")
        .edit_case(1, |case| {
            case.fields
                .insert("priority".to_owned(), Value::text("P1 - Must Test"));
        });
    let base = &mut scene.links[0].base.fields;
    base.get_mut("priority").unwrap().row_digest = "another".to_owned();
    let digest = scene.plan().steps[0].operation.payload_digest();
    let key = crate::plan::ItemKey::Case(crate::model::CaseId(1));
    scene.refused(key, Some(digest));
    let planned = scene.plan();
    assert_eq!(planned.plan.summary.quarantined, 1);
    assert_eq!(planned.plan.summary.update, 0);
    let told = format!("{:?}", planned.plan.safety);
    assert!(!told.contains("mapping changed"), "{told}");
}

#[test]
fn a_refusal_of_long_ago_does_not_stop_a_write() {
    let mut scene = Scene::cases_to_items()
        .pair(1, 5, "Pay")
        .retitle_case(1, "Card");
    scene.refused(crate::plan::ItemKey::Case(crate::model::CaseId(1)), None);
    assert_eq!(scene.plan().plan.summary.update, 1);
}

#[test]
fn a_refused_value_that_was_taken_back_frees_the_item() {
    for (scene, key) in [
        (
            Scene::cases_to_items(),
            crate::plan::ItemKey::Case(crate::model::CaseId(1)),
        ),
        (
            Scene::items_to_cases(),
            crate::plan::ItemKey::WorkItem(crate::model::WorkItemId(5)),
        ),
    ] {
        let mut scene = scene.pair(1, 5, "Pay");
        scene.refused(key, Some("of another value".to_owned()));
        let planned = scene.plan();
        assert_eq!(planned.plan.summary.unchanged, 1);
        let [step] = &planned.steps[..] else {
            panic!("{:?}", planned.steps)
        };
        assert!(matches!(step.operation, Operation::Record { .. }));
    }
}

#[test]
fn a_sensitive_title_is_nowhere_in_the_plan() {
    for start in [Scene::cases_to_items(), Scene::items_to_cases()] {
        let mut scene = start
            .pair(1, 5, "Codename Pay")
            .retitle_case(1, "Codename Card")
            .retitle_item(5, "Codename Cash")
            .case(2, "Codename Two", &[])
            .case(3, "Codename Two", &[])
            .item(6, "Codename Two")
            .item(7, &"Codename ".repeat(40));
        scene.secret_titles = true;
        for drift in [DriftPolicy::Enforce, DriftPolicy::Report] {
            scene.rules[0].rule.drift = drift;
            let plan = serde_json::to_string(&scene.plan().plan).unwrap();
            assert!(!plan.contains("Codename"), "{plan}");
        }
    }
}

/// New steps may name shared steps that only Azure DevOps can add: to an item that has to be there first.
#[test]
fn steps_that_a_new_item_cannot_hold_wait_and_the_item_is_made() {
    let steps = r#"{"separated":[{"content":"Shared steps AB#77"}]}"#;
    let scene = Scene {
        has_steps: true,
        ..Scene::cases_to_items()
    };
    let planned = scene
        .case(1, "Pay", &[])
        .edit_case(1, |case| {
            case.fields.insert("steps".to_owned(), Value::text(steps));
        })
        .plan();
    let told = told(&planned);
    assert_eq!(planned.plan.summary.create, 1, "{told:?}");
    assert!(told[0].starts_with("Create 1 new"), "{told:?}");
    assert!(!told[0].contains("Steps"), "{told:?}");
    assert_eq!(planned.plan.findings.len(), 1, "{told:?}");
    let Operation::CreateWorkItem { source, .. } = &planned.steps[0].operation else {
        panic!("{:?}", planned.steps[0])
    };
    assert!(
        !source.contains_key("steps"),
        "what was not written has no base"
    );
}
