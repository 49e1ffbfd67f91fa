//! Both orders of the two halves of a merge, each cut between them, and what the next plan makes of it.

use std::collections::BTreeSet;

use super::*;
use crate::diff::{FieldRules, RowDecision, two_way_field};
use crate::mapping::testing::{compiled_row, field_row, prefix_row, priority_row};
use crate::model::config::Winner;
use crate::model::{Learned, Sides};

#[expect(
    clippy::needless_pass_by_value,
    reason = "the values are made where they are asked about"
)]
fn next(row: &CompiledRow, base: Option<&BaseField>, now: Sides<Value>) -> RowDecision {
    let rules = FieldRules {
        winner: Winner::Manual,
        first_sync: Winner::Manual,
        latest: None,
        decided: None,
        learned: &Learned::default(),
    };
    two_way_field(row, base, &now, &rules)
}

fn sides(testworthy: &str, azure_devops: &str) -> Sides<Value> {
    Sides {
        testworthy: Value::text(testworthy),
        azure_devops: Value::text(azure_devops),
    }
}

fn notes() -> CompiledRow {
    compiled_row(field_row("custom.notes", "Custom.Notes"))
}

/// The write that the next plan makes, as `(side, value)`.
fn written(decision: RowDecision) -> Vec<(System, Value)> {
    let RowDecision::Write(write) = decision else {
        panic!("the other half is owed: {decision:?}");
    };
    let put = |(side, put): (System, &Option<crate::diff::Put>)| Some((side, put.clone()?.after));
    write.to.iter().filter_map(put).collect()
}

#[test]
fn the_work_item_alone_was_written_and_the_case_is_owed() {
    let row = notes();
    let merged = Value::text("own and other");
    let old = base_field(
        &row,
        System::AzureDevOps,
        Value::text("b"),
        Value::text("b"),
    );
    for old in [Some(&old), None] {
        let half = (&Value::text("own"), &merged);
        let base = base_after(&row, System::AzureDevOps, IntentPart::Half, half, old);
        let decision = next(&row, base.as_ref(), sides("own", "own and other"));
        assert_eq!(written(decision), [(System::TestWorthy, merged.clone())]);
    }
}

#[test]
fn the_case_alone_was_written_and_the_work_item_is_owed() {
    let row = notes();
    let merged = Value::text("own and other");
    let half = (&Value::text("other"), &merged);
    let base = base_after(&row, System::TestWorthy, IntentPart::Half, half, None);
    let decision = next(&row, base.as_ref(), sides("own and other", "other"));
    assert_eq!(written(decision), [(System::AzureDevOps, merged)]);
}

#[test]
fn both_were_written_after_all_and_nothing_is_owed() {
    let row = notes();
    let merged = Value::text("own and other");
    for (side, from) in [(System::AzureDevOps, "own"), (System::TestWorthy, "other")] {
        let half = (&Value::text(from), &merged);
        let base = base_after(&row, side, IntentPart::Half, half, None);
        let decision = next(&row, base.as_ref(), sides("own and other", "own and other"));
        assert_eq!(decision, RowDecision::Refresh);
    }
}

#[test]
fn an_edit_of_the_side_that_was_left_is_a_second_edit_and_not_lost() {
    let row = notes();
    let half = (&Value::text("own"), &Value::text("own and other"));
    let base = base_after(&row, System::AzureDevOps, IntentPart::Half, half, None);
    let decision = next(&row, base.as_ref(), sides("own again", "own and other"));
    assert!(matches!(decision, RowDecision::Conflict(_)), "{decision:?}");
}

#[test]
fn a_half_that_reads_like_a_copy_leaves_no_base() {
    let row = notes();
    let half = (&Value::text("own"), &Value::text("own"));
    let base = base_after(&row, System::AzureDevOps, IntentPart::Half, half, None);
    assert_eq!(base, None);
}

#[test]
fn what_cannot_be_translated_is_owed_against_the_old_base() {
    let row = priority_row();
    let row = compiled_row(row);
    let old = BaseField {
        testworthy: Value::text("P1 - Must Test"),
        azure_devops: Value::integer(1),
        row_digest: row.digest().to_owned(),
    };
    let half = (&Value::text("no such priority"), &Value::integer(2));
    let base = base_after(
        &row,
        System::AzureDevOps,
        IntentPart::Half,
        half,
        Some(&old),
    );
    let base = base.unwrap();
    assert_eq!(base.testworthy, Value::text("no such priority"));
    assert_eq!(base.azure_devops, Value::integer(1));
    let none = base_after(&row, System::AzureDevOps, IntentPart::Half, half, None);
    assert_eq!(none, None);
    let under_way = BaseField::under_way(Value::integer(1));
    let none = base_after(
        &row,
        System::AzureDevOps,
        IntentPart::Half,
        half,
        Some(&under_way),
    );
    assert_eq!(none, None);
}

/// Every set of these four.
fn members() -> impl Iterator<Item = BTreeSet<&'static str>> {
    (0..16_u8).map(|bits| {
        let all = ["a", "b", "c", "d"].into_iter().enumerate();
        let there = all.filter(|(at, _)| bits >> at & 1 == 1);
        there.map(|(_, one)| one).collect()
    })
}

/// What both edits of a set come to.
fn merged<'a>(
    base: &BTreeSet<&str>,
    left: &BTreeSet<&'a str>,
    right: &BTreeSet<&'a str>,
) -> BTreeSet<&'a str> {
    let all = left.union(right).copied();
    all.filter(|one| {
        let (b, l, r) = (base.contains(one), left.contains(one), right.contains(one));
        if l == r { l } else { l != b }
    })
    .collect()
}

/// Whichever half of a merge of sets is cut off, the next plan brings both sides to the merged set.
#[test]
fn the_half_that_is_left_is_made_up_for() {
    let row = compiled_row(prefix_row("refs", "ref:"));
    let own = |set: &BTreeSet<&str>| Value::set(set.iter().copied());
    let other = |set: &BTreeSet<&str>| Value::set(set.iter().map(|one| format!("ref:{one}")));
    let mut tried = 0;
    for ((base, left), right) in members()
        .flat_map(|base| members().map(move |left| (base.clone(), left)))
        .flat_map(|two| members().map(move |right| (two.clone(), right)))
    {
        let merged = merged(&base, &left, &right);
        // A half is written only where it changes something.
        if left == merged || right == merged {
            continue;
        }
        let old = base_field(&row, System::AzureDevOps, own(&base), other(&base));
        let case_left = Sides {
            testworthy: own(&left),
            azure_devops: other(&merged),
        };
        let item_left = Sides {
            testworthy: own(&merged),
            azure_devops: other(&right),
        };
        for (side, from, echo, now, wanted) in [
            (
                System::AzureDevOps,
                own(&left),
                other(&merged),
                case_left,
                own(&merged),
            ),
            (
                System::TestWorthy,
                other(&right),
                own(&merged),
                item_left,
                other(&merged),
            ),
        ] {
            let kept = base_after(&row, side, IntentPart::Half, (&from, &echo), Some(&old));
            let decision = next(&row, kept.as_ref(), now);
            let made_up = vec![(side.other(), wanted)];
            assert_eq!(written(decision), made_up, "{base:?} {left:?} {right:?}");
            tried += 1;
        }
    }
    assert!(tried > 1_000, "{tried}");
}
