//! Which rows are compared which way, by rules of either direction.

use super::{Beside, decisions, mixed, mixed_base, mixed_pair, put, rule};
use crate::diff::{Cause, RowDecision};
use crate::model::config::DriftPolicy;
use crate::model::{BaseField, Direction, System, Value};

#[test]
fn a_two_way_rule_carries_both_ways_and_one_way_rows_their_way() {
    let mapping = mixed();
    let base = mixed_base(&mapping);
    let (case, item) = mixed_pair(("Pay", "Pay now"), ("old", "new"), "elsewhere");
    let compared =
        Beside::default().compare(&mapping, &rule(Direction::TwoWay), &base, &case, &item);
    let drift = RowDecision::Drift {
        policy: DriftPolicy::Report,
        side: System::AzureDevOps,
        recorded: Value::text("TestWorthy"),
        live: Value::text("elsewhere"),
    };
    let tw = System::TestWorthy;
    let wanted = [
        (
            "title",
            &put(tw, "Pay", "Pay now", None, Cause::SourceChanged),
        ),
        (
            "custom.notes",
            &put(tw, "old", "new", None, Cause::SourceChanged),
        ),
        ("origin", &drift),
    ];
    assert_eq!(decisions(&compared), wanted);
    assert!(!compared.is_unchanged());
}

/// An edit on the target of a one-way row is drift of the target, whichever way the rule goes.
#[test]
fn an_edit_on_the_target_of_a_one_way_row_is_drift() {
    let mapping = mixed();
    let base = mixed_base(&mapping);
    let (case, item) = mixed_pair(("Pay", "Pay"), ("mine", "old"), "TestWorthy");
    let compared =
        Beside::default().compare(&mapping, &rule(Direction::TwoWay), &base, &case, &item);
    let drift = RowDecision::Drift {
        policy: DriftPolicy::Report,
        side: System::TestWorthy,
        recorded: Value::text("old"),
        live: Value::text("mine"),
    };
    let wanted = [
        ("title", &RowDecision::Same),
        ("custom.notes", &drift),
        ("origin", &RowDecision::Same),
    ];
    assert_eq!(decisions(&compared), wanted);
}

#[test]
fn a_one_way_rule_compares_the_rows_of_its_way() {
    let mapping = mixed();
    let base = mixed_base(&mapping);
    let (case, item) = mixed_pair(("Pay", "Pay now"), ("old", "new"), "TestWorthy");
    let to = |direction| Beside::default().compare(&mapping, &rule(direction), &base, &case, &item);
    let drift = |side, recorded: &str, live: &str| RowDecision::Drift {
        policy: DriftPolicy::Report,
        side,
        recorded: Value::text(recorded),
        live: Value::text(live),
    };
    let azure = to(Direction::ToAzureDevOps);
    let title = drift(System::AzureDevOps, "Pay", "Pay now");
    let wanted = [("title", &title), ("origin", &RowDecision::Same)];
    assert_eq!(decisions(&azure), wanted);
    let testworthy = to(Direction::ToTestWorthy);
    let tw = System::TestWorthy;
    let wanted = [
        (
            "title",
            &put(tw, "Pay", "Pay now", None, Cause::SourceChanged),
        ),
        (
            "custom.notes",
            &put(tw, "old", "new", None, Cause::SourceChanged),
        ),
    ];
    assert_eq!(decisions(&testworthy), wanted);
}

#[test]
fn a_row_for_new_items_is_compared_only_while_its_create_is_under_way() {
    let mapping = mixed();
    let mut base = mixed_base(&mapping);
    base.fields.insert(
        "custom.once".to_owned(),
        BaseField::under_way(Value::text("elsewhere")),
    );
    let (mut case, item) = mixed_pair(("Pay", "Pay"), ("old", "old"), "TestWorthy");
    case.fields
        .insert("custom.once".to_owned(), Value::text("here"));
    let compared =
        Beside::default().compare(&mapping, &rule(Direction::TwoWay), &base, &case, &item);
    let azure = System::AzureDevOps;
    let owed = put(azure, "elsewhere", "here", None, Cause::SourceChanged);
    assert_eq!(decisions(&compared).last(), Some(&("custom.once", &owed)));
}

#[test]
fn a_pair_in_accord_with_its_base_is_unchanged() {
    let mapping = mixed();
    let base = mixed_base(&mapping);
    let (case, item) = mixed_pair(("Pay", "Pay"), ("old", "old"), "TestWorthy");
    for direction in [
        Direction::TwoWay,
        Direction::ToAzureDevOps,
        Direction::ToTestWorthy,
    ] {
        let compared = Beside::default().compare(&mapping, &rule(direction), &base, &case, &item);
        assert!(compared.is_unchanged(), "{direction:?}");
    }
}
