//! The field table, cell by cell, both ways round: one test per cell, named after it.

use super::super::field::{Cause, FieldVerdict, one_way_field};
use crate::mapping::testing::{compiled_row, field_row, priority_row};
use crate::mapping::{CompiledRow, Problem};
use crate::model::config::DriftPolicy::{self, Enforce, Ignore, Report};
use crate::model::{BaseField, System, Value};

const BOTH_WAYS: [System; 2] = [System::TestWorthy, System::AzureDevOps];

/// A pair of plain texts, seen from the source: the same cell both ways round.
struct Cell {
    /// Source and target at the base; `None` without one.
    base: Option<(&'static str, &'static str)>,
    source: &'static str,
    target: &'static str,
    row_changed: bool,
}

impl Cell {
    fn verdicts(&self, drift: DriftPolicy) -> FieldVerdict {
        let row = compiled_row(field_row("custom.notes", "Custom.Notes"));
        let [there, back] = BOTH_WAYS.map(|from| {
            let base = self.base.map(|(source, target)| {
                let (testworthy, azure_devops) = match from {
                    System::TestWorthy => (source, target),
                    System::AzureDevOps => (target, source),
                };
                BaseField {
                    testworthy: Value::text(testworthy),
                    azure_devops: Value::text(azure_devops),
                    row_digest: if self.row_changed {
                        "other"
                    } else {
                        row.digest()
                    }
                    .to_owned(),
                }
            });
            let (source, target) = (Value::text(self.source), Value::text(self.target));
            one_way_field(&row, base.as_ref(), &source, &target, from, drift)
        });
        assert_eq!(there, back, "both ways round are mirrors");
        there
    }

    fn verdict(&self) -> FieldVerdict {
        let verdict = self.verdicts(Enforce);
        for policy in [Report, Ignore] {
            assert_eq!(
                self.verdicts(policy),
                verdict,
                "the drift policy does not matter here"
            );
        }
        verdict
    }
}

fn with_base(
    base: (&'static str, &'static str),
    source: &'static str,
    target: &'static str,
) -> Cell {
    Cell {
        base: Some(base),
        source,
        target,
        row_changed: false,
    }
}

fn without_base(source: &'static str, target: &'static str) -> Cell {
    Cell {
        base: None,
        source,
        target,
        row_changed: false,
    }
}

fn write(before: &str, after: &str, cause: Cause, overwrites: Option<&str>) -> FieldVerdict {
    FieldVerdict::Write {
        before: Value::text(before),
        after: Value::text(after),
        cause,
        overwrites: overwrites.map(Value::text),
    }
}

#[test]
fn same_same_in_accord_does_nothing() {
    assert_eq!(
        with_base(("a", "a"), "a", "a").verdict(),
        FieldVerdict::Same
    );
}

#[test]
fn same_same_differ_is_the_servers_spelling_and_left_alone() {
    assert_eq!(
        with_base(("a", "A!"), "a", "A!").verdict(),
        FieldVerdict::Same
    );
}

#[test]
fn same_same_differ_after_a_mapping_change_writes() {
    let mut cell = with_base(("a", "b"), "a", "b");
    cell.row_changed = true;
    assert_eq!(cell.verdict(), write("b", "a", Cause::MappingChanged, None));
}

#[test]
fn same_same_in_accord_after_a_mapping_change_refreshes() {
    let mut cell = with_base(("a", "a"), "a", "a");
    cell.row_changed = true;
    assert_eq!(cell.verdict(), FieldVerdict::Refresh);
}

#[test]
fn changed_same_in_accord_refreshes() {
    assert_eq!(
        with_base(("a", "b"), "b", "b").verdict(),
        FieldVerdict::Refresh
    );
}

#[test]
fn changed_same_differ_writes() {
    let verdict = with_base(("a", "a"), "b", "a").verdict();
    assert_eq!(verdict, write("a", "b", Cause::SourceChanged, None));
}

#[test]
fn same_changed_in_accord_refreshes() {
    assert_eq!(
        with_base(("a", "b"), "a", "a").verdict(),
        FieldVerdict::Refresh
    );
}

#[test]
fn same_changed_differ_enforce_writes_and_records_the_edit() {
    let verdict = with_base(("a", "a"), "a", "edit").verdicts(Enforce);
    assert_eq!(
        verdict,
        write("edit", "a", Cause::DriftEnforced, Some("edit"))
    );
}

#[test]
fn same_changed_differ_report_and_ignore_leave_the_edit() {
    for policy in [Report, Ignore] {
        let verdict = with_base(("a", "a"), "a", "edit").verdicts(policy);
        let (recorded, live) = (Value::text("a"), Value::text("edit"));
        assert_eq!(
            verdict,
            FieldVerdict::Drift {
                policy,
                recorded,
                live
            }
        );
    }
}

#[test]
fn changed_changed_in_accord_has_converged_and_refreshes() {
    assert_eq!(
        with_base(("a", "a"), "b", "b").verdict(),
        FieldVerdict::Refresh
    );
}

#[test]
fn changed_changed_differ_writes_and_records_the_edit_under_every_policy() {
    let verdict = with_base(("a", "a"), "b", "edit").verdict();
    assert_eq!(
        verdict,
        write("edit", "b", Cause::SourceChanged, Some("edit"))
    );
}

#[test]
fn changed_to_null_same_clears() {
    let verdict = with_base(("a", "a"), "", "a").verdict();
    assert_eq!(verdict, write("a", "", Cause::SourceChanged, None));
}

#[test]
fn changed_to_null_same_holds_where_the_target_must_not_be_empty() {
    let row = compiled_row(field_row("title", "System.Title"));
    for from in BOTH_WAYS {
        let base = BaseField {
            testworthy: Value::text("a"),
            azure_devops: Value::text("a"),
            row_digest: row.digest().to_owned(),
        };
        let full = Value::text("a");
        let verdict = one_way_field(&row, Some(&base), &Value::Null, &full, from, Enforce);
        let system = from.other();
        assert_eq!(verdict, FieldVerdict::Hold(Problem::Required { system }));
    }
}

#[test]
fn same_changed_to_null_follows_the_drift_policy() {
    let cell = with_base(("a", "a"), "a", "");
    assert_eq!(
        cell.verdicts(Enforce),
        write("", "a", Cause::DriftEnforced, Some(""))
    );
    for policy in [Report, Ignore] {
        let (recorded, live) = (Value::text("a"), Value::Null);
        assert_eq!(
            cell.verdicts(policy),
            FieldVerdict::Drift {
                policy,
                recorded,
                live
            }
        );
    }
}

#[test]
fn changed_to_null_changed_enforces_and_records_the_edit() {
    let verdict = with_base(("a", "a"), "", "edit").verdict();
    assert_eq!(
        verdict,
        write("edit", "", Cause::SourceChanged, Some("edit"))
    );
}

#[test]
fn mapping_change_with_an_edit_writes_and_records_the_edit() {
    let mut cell = with_base(("a", "a"), "a", "edit");
    cell.row_changed = true;
    assert_eq!(
        cell.verdict(),
        write("edit", "a", Cause::MappingChanged, Some("edit"))
    );
}

#[test]
fn first_sync_present_present_in_accord_takes_the_base() {
    assert_eq!(without_base("a", "a").verdict(), FieldVerdict::Refresh);
}

#[test]
fn first_sync_present_present_differ_writes_and_records_the_target() {
    let verdict = without_base("a", "b").verdict();
    assert_eq!(verdict, write("b", "a", Cause::FirstSync, Some("b")));
}

#[test]
fn first_sync_present_null_writes() {
    assert_eq!(
        without_base("a", "").verdict(),
        write("", "a", Cause::FirstSync, None)
    );
}

#[test]
fn first_sync_null_present_clears_and_records_the_target() {
    let verdict = without_base("", "b").verdict();
    assert_eq!(verdict, write("b", "", Cause::FirstSync, Some("b")));
}

#[test]
fn first_sync_null_null_takes_the_base() {
    assert_eq!(without_base("", "").verdict(), FieldVerdict::Refresh);
}

fn priority() -> CompiledRow {
    compiled_row(priority_row())
}

fn priority_base(row: &CompiledRow, case: &str, item: i64) -> BaseField {
    BaseField {
        testworthy: Value::text(case),
        azure_devops: Value::integer(item),
        row_digest: row.digest().to_owned(),
    }
}

#[test]
fn unreadable_on_the_source_holds_whether_or_not_anything_changed() {
    let row = priority();
    let unknown = Value::text("P0");
    for base in [
        None,
        Some(priority_base(&row, "P1 - Must Test", 1)),
        Some(priority_base(&row, "P0", 1)),
    ] {
        let one = Value::integer(1);
        let verdict = one_way_field(
            &row,
            base.as_ref(),
            &unknown,
            &one,
            System::TestWorthy,
            Enforce,
        );
        let FieldVerdict::Hold(problem) = verdict else {
            panic!("{verdict:?} is no hold");
        };
        assert!(!problem.skips_item());
    }
}

#[test]
fn a_value_under_reverse_is_in_accord_and_never_written_back() {
    let row = priority();
    let (good, four) = (Value::text("P3 - Good to Test"), Value::integer(4));
    let first = one_way_field(&row, None, &good, &four, System::TestWorthy, Enforce);
    assert_eq!(first, FieldVerdict::Refresh);
    let base = priority_base(&row, "P3 - Good to Test", 4);
    let next = one_way_field(&row, Some(&base), &good, &four, System::TestWorthy, Enforce);
    assert_eq!(next, FieldVerdict::Same);
}

#[test]
fn an_edit_that_only_changes_the_spelling_of_a_tag_is_no_edit() {
    let row = compiled_row(crate::mapping::testing::prefix_row("refs", "ref:"));
    let base = BaseField {
        testworthy: Value::set(["TW-1"]),
        azure_devops: Value::set(["ref:TW-1"]),
        row_digest: row.digest().to_owned(),
    };
    let (source, target) = (Value::set(["TW-1"]), Value::set(["REF:tw-1"]));
    let verdict = one_way_field(
        &row,
        Some(&base),
        &source,
        &target,
        System::TestWorthy,
        Enforce,
    );
    assert_eq!(verdict, FieldVerdict::Same);
}
