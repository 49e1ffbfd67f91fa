//! Laws of comparing plans.

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::plan::id::{plan_id, review_id};
use crate::plan::sample;

/// A change as small plans are made of: what is drawn decides over all of its parts.
fn change() -> impl Strategy<Value = Change> {
    let field = (0..3usize, 0..3u8, any::<bool>());
    let fields = proptest::collection::vec(field, 0..3);
    (0..4u64, 0..4usize, any::<bool>(), 2..4u64, fields).prop_map(
        |(n, action, is_case, rev, fields)| {
            let action = [Action::Create, Action::Update, Action::Delete, Action::Link][action];
            let mut change = sample::change(action, n);
            if is_case {
                change.system = System::TestWorthy;
            }
            if change.precondition != Some(Precondition::Absent) {
                change.precondition = Some(Precondition::Rev(rev));
            }
            change.fields = fields
                .into_iter()
                .map(|(path, after, sensitive)| {
                    let path = ["System.Title", "System.Tags", "refs"][path];
                    let mut field = sample::field(path, json!("a"), json!(after));
                    field.sensitive = sensitive;
                    if sensitive {
                        (field.before, field.after) = (None, None);
                    }
                    field
                })
                .collect();
            change
        },
    )
}

fn plan() -> impl Strategy<Value = Plan> {
    let changes = proptest::collection::vec(change(), 0..6);
    (changes, 0..2usize, 0..2usize, 0..2usize).prop_map(|(changes, digest, project, only)| {
        let mut plan = sample::plan(changes);
        plan.inputs.digest = ["d1f4", "e2a5"][digest].to_owned();
        plan.connections[0].project = ["Web Shop", "Other"][project].to_owned();
        if only == 1 {
            plan.inputs.only = vec!["SyncRule/regression-cases".to_owned()];
        }
        sample::seal(&mut plan);
        plan
    })
}

proptest! {
    #[test]
    fn a_plan_does_not_differ_from_itself(plan in plan()) {
        prop_assert!(compare(&plan, &plan).is_empty());
    }

    #[test]
    fn comparing_is_symmetric(one in plan(), other in plan()) {
        prop_assert_eq!(compare(&one, &other), compare(&other, &one).reversed());
    }

    #[test]
    fn the_order_of_operations_makes_no_difference(plan in plan(), seed: prop::sample::Index) {
        let mut shuffled = plan.clone();
        if !shuffled.changes.is_empty() {
            let by = seed.index(shuffled.changes.len());
            shuffled.changes.rotate_left(by);
            for change in &mut shuffled.changes {
                change.fields.reverse();
            }
        }
        prop_assert!(compare(&plan, &shuffled).is_empty());
    }

    #[test]
    fn a_difference_is_told_exactly_where_the_ids_differ(one in plan(), other in plan()) {
        let found = compare(&one, &other);
        let same_work = found.scope.is_none() && found.connections.is_empty() && found.operations.is_empty();
        prop_assert_eq!(same_work, plan_id(&one) == plan_id(&other));
        let same_cause = found.scope.is_none() && found.connections.is_empty() && found.manifests.is_none();
        // These plans change no configuration.
        prop_assert_eq!(same_cause, review_id(&one) == review_id(&other));
    }

    #[test]
    fn every_operation_is_counted_once(one in plan(), other in plan()) {
        let found = compare(&one, &other);
        let counts = found.counts();
        let both = counts.changed + counts.precondition;
        prop_assert_eq!(counts.came + counts.went + both, found.operations.len());
        // What is common to both is what is left on either side.
        let common = one.changes.len() - counts.went - both;
        prop_assert_eq!(common, other.changes.len() - counts.came - both);
    }
}

fn only(found: &Comparison) -> &OperationDifference {
    assert_eq!(found.operations.len(), 1, "{found:?}");
    &found.operations[0]
}

#[test]
fn an_edit_of_the_item_alone_is_told_apart_from_other_values() {
    let then = sample::plan(vec![sample::change(Action::Update, 1)]);
    let mut now = then.clone();
    now.changes[0].precondition = Some(Precondition::Rev(9));
    let found = compare(&then, &now);
    let Difference::Changed(changed) = &only(&found).what else {
        panic!("{found:?}");
    };
    assert!(changed.is_only_precondition());
    assert_eq!(found.counts().precondition, 1);

    now.changes[0].fields = vec![sample::field("System.Title", json!("a"), json!("b"))];
    let found = compare(&then, &now);
    let Difference::Changed(changed) = &only(&found).what else {
        panic!("{found:?}");
    };
    assert!(!changed.is_only_precondition());
    assert_eq!(changed.fields[0].path, "System.Title");
    assert_eq!(changed.fields[0].versions.then, None);
}

#[test]
fn of_two_operations_of_a_pair_each_is_compared_with_its_own_side() {
    let mut case = sample::change(Action::Update, 1);
    case.system = System::TestWorthy;
    case.precondition = Some(Precondition::Fingerprint("ab12".to_owned()));
    let then = sample::plan(vec![sample::change(Action::Update, 1), case.clone()]);
    let mut now = then.clone();
    now.changes[1].precondition = Some(Precondition::Fingerprint("cd34".to_owned()));
    let found = compare(&then, &now);
    assert_eq!(only(&found).system, System::TestWorthy);
    now.changes.remove(1);
    let found = compare(&then, &now);
    assert_eq!(only(&found).what, Difference::Went(Box::new(case)));
}

#[test]
fn titles_and_findings_are_no_difference() {
    let then = sample::plan(vec![sample::change(Action::Update, 1)]);
    let mut now = then.clone();
    now.changes[0].item.title = "Renamed".to_owned();
    now.changes[0].origin.line = 99;
    now.tool.version = "9.9.9".to_owned();
    now.summary.unchanged += 1;
    assert!(compare(&then, &now).is_empty());
}

#[test]
fn twice_the_same_operation_is_one_more() {
    let then = sample::plan(vec![sample::change(Action::Update, 1)]);
    let mut now = then.clone();
    now.changes.push(now.changes[0].clone());
    let found = compare(&then, &now);
    assert!(matches!(only(&found).what, Difference::Came(_)));
}
