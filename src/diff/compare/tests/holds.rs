//! What makes a row, or the whole item, wait: conflicts, values that cannot be read or do not fit, and
//! writes that do not stay.

use std::collections::BTreeMap;

use super::{Beside, base_of, decisions, mixed_pair, put, rule};
use crate::diff::{Cause, RowDecision};
use crate::mapping::Problem;
use crate::mapping::testing::{case, compiled, field_row, priority_row, tag_row, work_item};
use crate::model::config::{Unmapped, Winner};
use crate::model::{
    Base, ConflictCause, Direction, MOST_REPETITIONS, Repetition, System, Take, Value, digest_of,
};

#[test]
fn a_conflict_holds_its_field_and_the_others_go_on() {
    let mapping = compiled(
        vec![
            field_row("title", "System.Title"),
            field_row("custom.notes", "Custom.Notes"),
        ],
        System::AzureDevOps,
    );
    let same = |name, text: &str| (name, Value::text(text), Value::text(text));
    let base = base_of(
        &mapping,
        &[same("title", "Pay"), same("custom.notes", "old")],
    );
    let (case, item) = mixed_pair(("Pay now", "Pay later"), ("new", "old"), "");
    let open = RowDecision::Conflict(ConflictCause::BothChanged);
    let azure = System::AzureDevOps;
    let notes = put(azure, "old", "new", None, Cause::SourceChanged);
    let two_way = rule(Direction::TwoWay);
    let beside = Beside::default();
    let compared = beside.compare(&mapping, &two_way, &base, &case, &item);
    assert_eq!(
        decisions(&compared),
        [("title", &open), ("custom.notes", &notes)]
    );
    let now = &compared.rows[0].now;
    let held = (Value::text("Pay now"), Value::text("Pay later"));
    assert_eq!((&now.testworthy, &now.azure_devops), (&held.0, &held.1));

    // The policy that counts: the rule's for the field, then the row's own, then the rule's default.
    let mut latest = two_way.clone();
    latest
        .conflicts
        .fields
        .insert("title".to_owned(), Winner::Latest);
    latest.conflicts.default = Some(Winner::TestWorthy);
    let mut beside = Beside {
        latest: Some(System::AzureDevOps),
        ..Beside::default()
    };
    let compared = beside.compare(&mapping, &latest, &base, &case, &item);
    let tw = System::TestWorthy;
    let won = put(tw, "Pay now", "Pay later", Some("Pay now"), Cause::Policy);
    assert_eq!(decisions(&compared)[0].1, &won);

    // A person's decision is about its own row.
    beside.decided = BTreeMap::from([("title".to_owned(), Take::TestWorthy)]);
    let compared = beside.compare(&mapping, &latest, &base, &case, &item);
    let taken = put(
        azure,
        "Pay later",
        "Pay now",
        Some("Pay later"),
        Cause::Decided,
    );
    assert_eq!(
        decisions(&compared),
        [("title", &taken), ("custom.notes", &notes)]
    );
}

#[test]
fn one_row_can_hold_the_whole_item() {
    let mut priority = priority_row();
    if let Some(values) = &mut priority.values {
        values.unmapped = Unmapped::SkipItem;
    }
    let rows = vec![field_row("title", "System.Title"), priority];
    let mapping = compiled(rows, System::AzureDevOps);
    let case = case(
        &[
            ("priority", Value::text("P0")),
            ("title", Value::text("Pay")),
        ],
        &[],
    );
    let item = work_item(&[("System.Title", Value::text("Pay"))], &[]);
    let beside = Beside::default();
    let compared = beside.compare(
        &mapping,
        &rule(Direction::TwoWay),
        &Base::default(),
        &case,
        &item,
    );
    let (row, problem) = compared.skips_item().unwrap();
    assert_eq!(row.name(), "priority");
    assert!(matches!(problem, Problem::Unmapped { .. }));
}

#[test]
fn a_value_that_cannot_be_read_holds_its_row_only() {
    let rows = vec![
        tag_row("smoke", "smoke"),
        field_row("custom.count", "Custom.Count"),
        field_row("title", "System.Title"),
    ];
    let mapping = compiled(rows, System::AzureDevOps);
    let case = case(
        &[
            ("smoke", Value::text("perhaps")),
            ("custom.count", Value::integer(1)),
            ("title", Value::text("Pay")),
        ],
        &[],
    );
    let item = work_item(&[("Custom.Count", Value::text("many"))], &["smoke"]);
    let beside = Beside::default();
    let compared = beside.compare(
        &mapping,
        &rule(Direction::TwoWay),
        &Base::default(),
        &case,
        &item,
    );
    let [smoke, count, title] = &compared.rows[..] else {
        panic!("three rows");
    };
    assert!(matches!(smoke.decision, RowDecision::Hold(_)));
    assert_eq!(smoke.now.testworthy, Value::Null);
    assert_eq!(smoke.now.azure_devops, Value::Boolean(true));
    assert!(matches!(count.decision, RowDecision::Hold(_)));
    assert_eq!(count.now.testworthy, Value::integer(1));
    assert_eq!(count.now.azure_devops, Value::Null);
    assert!(matches!(title.decision, RowDecision::Write(_)));
    assert!(compared.skips_item().is_none());
}

/// The work item does not refer to those shared steps, and only Azure DevOps can add them.
#[test]
fn a_value_that_does_not_fit_into_what_is_there_holds() {
    let steps = field_row("steps", "Microsoft.VSTS.TCM.Steps");
    let mapping = compiled(vec![steps], System::AzureDevOps);
    let shared = serde_json::json!([{"content": "<p>Shared steps AB#77</p>", "expected": ""}]);
    let shared = crate::mapping::codec::steps::CaseSteps::Separated(shared).to_value();
    let case = case(&[("steps", shared)], &[]);
    let beside = Beside::default();
    let compared = beside.compare(
        &mapping,
        &rule(Direction::TwoWay),
        &Base::default(),
        &case,
        &work_item(&[], &[]),
    );
    let decision = &compared.rows[0].decision;
    assert!(
        matches!(decision, RowDecision::Hold(Problem::DoesNotFit { .. })),
        "{decision:?}"
    );
}

#[test]
fn a_write_that_was_made_again_and_again_waits() {
    let mapping = compiled(
        vec![field_row("custom.notes", "Custom.Notes")],
        System::AzureDevOps,
    );
    let same = ("custom.notes", Value::text("old"), Value::text("old"));
    let base = base_of(&mapping, &[same]);
    let (case, item) = mixed_pair(("", ""), ("new", "old"), "");
    let azure = System::AzureDevOps;
    let repeated = |before: &str, after: &str, system, times| {
        let repetition = Repetition {
            case: case.id,
            work_item: item.id,
            row: "custom.notes".to_owned(),
            system,
            before: digest_of(&Value::text(before)),
            after: digest_of(&Value::text(after)),
            times,
            at: jiff::Timestamp::UNIX_EPOCH,
        };
        let beside = Beside {
            repetitions: std::iter::once(repetition).collect(),
            ..Beside::default()
        };
        let two_way = rule(Direction::TwoWay);
        let compared = beside.compare(&mapping, &two_way, &base, &case, &item);
        compared.rows[0].decision.clone()
    };
    let flapping = RowDecision::Flapping {
        side: azure,
        before: Value::text("old"),
        after: Value::text("new"),
    };
    let written = put(azure, "old", "new", None, Cause::SourceChanged);
    let most = MOST_REPETITIONS;
    assert_eq!(repeated("old", "new", azure, most), flapping);
    assert_eq!(repeated("old", "new", azure, most - 1), written);
    assert_eq!(repeated("other", "new", azure, most), written);
    assert_eq!(repeated("old", "other", azure, most), written);
    assert_eq!(repeated("old", "new", System::TestWorthy, most), written);
}
