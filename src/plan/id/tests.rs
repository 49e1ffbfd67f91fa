//! Laws of the ids: what moves them and what does not.

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::plan::{
    Action, ConnectionEntry, FieldChange, PlanFinding, SafetyVerdict, Summary, sample,
};

fn changes() -> Vec<Change> {
    let mut update = sample::change(Action::Update, 1);
    update.fields = vec![
        sample::field("System.Title", json!("Pay"), json!("Pay with card")),
        sample::field("System.Tags[smoke]", json!(false), json!(true)),
    ];
    let mut secret = sample::change(Action::Update, 2);
    secret.fields = vec![FieldChange {
        path: "Custom.TestData".to_owned(),
        before: None,
        after: None,
        sensitive: true,
        via: Vec::new(),
    }];
    let mut create = sample::change(Action::Create, 3);
    create.fields = sample::new_fields("Refund");
    let mut case = sample::change(Action::Update, 4);
    case.system = System::TestWorthy;
    case.precondition = Some(Precondition::Fingerprint("ab12".to_owned()));
    vec![
        update,
        secret,
        create,
        sample::change(Action::Link, 5),
        sample::change(Action::Delete, 6),
        case,
    ]
}

#[test]
fn ids_are_stable_across_versions() {
    // Golden: a different id for the same plan voids approvals that people gave.
    let plan = sample::plan(changes());
    assert_eq!(plan_id(&plan), "8cfd79ff5b6f3bac8065414c9bb6d497");
    assert_eq!(review_id(&plan), "830df7d17406b81e9efe0e24f993dbc8");
}

#[test]
fn the_two_ids_never_meet() {
    let plan = sample::plan(Vec::new());
    assert_ne!(plan_id(&plan), review_id(&plan));
}

#[test]
fn a_sensitive_value_that_slipped_in_stays_out() {
    let plan = sample::plan(changes());
    let mut leaky = plan.clone();
    leaky.changes[1].fields[0].after = Some(json!("hunter2"));
    assert_eq!(plan_id(&plan), plan_id(&leaky));
}

#[test]
fn neighbouring_texts_are_told_apart() {
    let with = |path: &str, before: &str| {
        let mut change = sample::change(Action::Update, 1);
        change.fields = vec![sample::field(path, json!(before), json!("x"))];
        plan_id(&sample::plan(vec![change]))
    };
    assert_ne!(with("ab", "c"), with("a", "bc"));
    let kinds = [
        json!(null),
        json!(""),
        json!("1"),
        json!(1),
        json!(true),
        json!([]),
        json!(["1"]),
        json!({}),
    ];
    let ids: std::collections::BTreeSet<String> = kinds
        .iter()
        .map(|before| {
            let mut change = sample::change(Action::Update, 1);
            change.fields = vec![sample::field("a", before.clone(), json!("x"))];
            plan_id(&sample::plan(vec![change]))
        })
        .collect();
    assert_eq!(ids.len(), kinds.len());
}

#[test]
fn the_scope_is_part_of_both() {
    let plan = sample::plan(changes());
    let mut narrowed = plan.clone();
    narrowed.inputs.only = vec!["SyncRule/regression-cases".to_owned()];
    let mut elsewhere = plan.clone();
    elsewhere.connections[0].project = "Web Shop Test".to_owned();
    let mut more = plan.clone();
    more.connections.push(ConnectionEntry {
        name: "back-office".to_owned(),
        ..plan.connections[0].clone()
    });
    for other in [narrowed, elsewhere, more] {
        assert_ne!(plan_id(&plan), plan_id(&other));
        assert_ne!(review_id(&plan), review_id(&other));
    }
}

#[test]
fn a_review_survives_what_people_do_to_items() {
    let plan = sample::plan(changes());
    let mut edited = plan.clone();
    edited.changes[0].fields[0].after = Some(json!("Pay by card"));
    edited.changes[0].precondition = Some(Precondition::Rev(9));
    edited.changes.pop();
    assert_ne!(plan_id(&plan), plan_id(&edited));
    assert_eq!(review_id(&plan), review_id(&edited));

    let mut remapped = plan.clone();
    remapped.inputs.digest = "another".to_owned();
    assert_ne!(review_id(&plan), review_id(&remapped));
    assert_eq!(plan_id(&plan), plan_id(&remapped));

    let mut configured = plan.clone();
    let mut custom = sample::change(Action::Create, 1);
    custom.address = "CustomField/test-data".to_owned();
    configured.changes.push(custom);
    assert_ne!(review_id(&plan), review_id(&configured));
}

/// One way to make an operation another one.
fn mutate(change: &mut Change, way: usize) {
    match way {
        0 => change.address.push('0'),
        1 => change.system = change.system.other(),
        2 => {
            change.action = match change.action {
                Action::Create => Action::Update,
                Action::Update => Action::Delete,
                Action::Delete => Action::Link,
                Action::Link => Action::Create,
            }
        }
        3 => {
            change.reason = if change.reason == Reason::FirstSync {
                Reason::MatchedById
            } else {
                Reason::FirstSync
            }
        }
        4 => change.item.testworthy = change.item.testworthy.map_or(Some(1), |_| None),
        5 => change.item.azure_devops = change.item.azure_devops.map_or(Some(1), |id| Some(id + 1)),
        6 => change.fields.push(sample::field("New", json!(1), json!(2))),
        7 => {
            change.precondition = match change.precondition.take() {
                Some(Precondition::Rev(rev)) => Some(Precondition::Rev(rev + 1)),
                Some(_) => None,
                None => Some(Precondition::Absent),
            }
        }
        8 => match change.fields.first_mut() {
            Some(field) => field.path.push('x'),
            None => change.address.push('x'),
        },
        9 => match change.fields.iter_mut().find(|field| !field.sensitive) {
            Some(field) => field.after = Some(json!("something else entirely")),
            None => change.address.push('x'),
        },
        _ => match change.fields.iter_mut().find(|field| !field.sensitive) {
            Some(field) => field.before = None,
            None => change.address.push('x'),
        },
    }
}

proptest! {
    #[test]
    fn the_order_of_a_plan_does_not_matter(order in Just(changes()).prop_shuffle(), flip: bool) {
        let mut shuffled = sample::plan(order);
        if flip {
            for change in &mut shuffled.changes {
                change.fields.reverse();
            }
        }
        prop_assert_eq!(plan_id(&shuffled), plan_id(&sample::plan(changes())));
    }

    #[test]
    fn any_change_of_an_operation_changes_the_id(at in 0..6usize, way in 0..11usize) {
        let plan = sample::plan(changes());
        let mut other = plan.clone();
        mutate(&mut other.changes[at], way);
        prop_assert_ne!(plan_id(&plan), plan_id(&other));
    }

    #[test]
    fn one_operation_more_or_less_changes_the_id(at in 0..6usize) {
        let plan = sample::plan(changes());
        let mut fewer = plan.clone();
        fewer.changes.remove(at);
        let mut twice = plan.clone();
        twice.changes.push(plan.changes[at].clone());
        prop_assert_ne!(plan_id(&plan), plan_id(&fewer));
        prop_assert_ne!(plan_id(&plan), plan_id(&twice));
    }

    #[test]
    fn what_is_only_told_does_not_matter(text in ".{0,20}", count: u64, line: u32) {
        let plan = sample::plan(changes());
        let mut told = plan.clone();
        told.findings.push(PlanFinding {
            code: "L05".to_owned(),
            severity: "warning".to_owned(),
            address: text.clone(),
            message: text.clone(),
            origin: None,
        });
        told.summary = Summary { held: count, ..told.summary };
        told.safety.verdict = SafetyVerdict::Overridden;
        told.tool.version.clone_from(&text);
        told.inputs.git_commit = Some(text.clone());
        told.inputs.dirty = Some(true);
        told.changes[0].origin.line = line;
        told.changes[0].item.title = text;
        prop_assert_eq!(plan_id(&plan), plan_id(&told));
        prop_assert_eq!(review_id(&plan), review_id(&told));
    }
}

#[test]
fn a_document_that_was_touched_does_not_fit_its_ids() {
    let mut plan = sample::plan(changes());
    assert!(fit(&plan));
    plan.changes[0].fields[0].after = Some(json!("Pay nothing"));
    assert!(!fit(&plan));
    let mut other = sample::plan(changes());
    other.inputs.digest.push('0');
    assert!(!fit(&other), "the manifests are in the reviewId");
    other.review_id = review_id(&other);
    assert!(fit(&other));
}

#[test]
fn what_is_there_for_the_reader_is_not_covered() {
    let mut plan = sample::plan(changes());
    plan.changes[0].item.title = "Harmless".to_owned();
    plan.changes[0].origin.file = "elsewhere.yaml".to_owned();
    plan.summary = Summary::default();
    plan.safety.verdict = SafetyVerdict::Blocked;
    plan.findings.clear();
    assert!(fit(&plan));
}

#[test]
fn a_plan_is_named_by_either_id_and_only_whole() {
    let plan = sample::plan(changes());
    for id in [&plan.plan_id, &plan.review_id] {
        assert_eq!(id.len(), DIGITS);
        assert!(names(id, &plan), "{id}");
        for length in [0, 1, 12, 20, DIGITS - 1] {
            assert!(!names(&id[..length], &plan), "{id} to {length}");
        }
        assert!(!names(&format!("{id}0"), &plan));
    }
    assert!(!names("0123456789abcdef0123456789abcdef", &plan));
}
