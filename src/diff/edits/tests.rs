//! What counts as an edit of an item.

use super::*;
use crate::mapping::testing::{case, compiled, field_row, priority_row, tag_row, work_item};
use crate::model::BaseField;

fn mapping() -> CompiledMapping {
    let rows = vec![
        field_row("title", "System.Title"),
        priority_row(),
        tag_row("smoke", "smoke"),
        field_row("custom.notes", "Custom.Notes"),
    ];
    compiled(rows, System::AzureDevOps)
}

fn base(mapping: &CompiledMapping) -> Base {
    let values = [
        (Value::text("Pay"), Value::text("PAY")),
        (Value::text("P1 - Must Test"), Value::integer(1)),
        (Value::Boolean(true), Value::Boolean(true)),
    ];
    let fields = mapping.rows.iter().zip(values);
    let fields = fields.map(|(row, (testworthy, azure_devops))| {
        let field = BaseField {
            testworthy,
            azure_devops,
            row_digest: row.digest().to_owned(),
        };
        (row.name().to_owned(), field)
    });
    Base {
        fields: fields.collect(),
        ..Base::default()
    }
}

fn names(edits: &[Edit<'_>]) -> Vec<String> {
    let one = |edit: &Edit<'_>| format!("{}: {} -> {}", edit.row.name(), edit.recorded, edit.live);
    edits.iter().map(one).collect()
}

#[test]
fn each_side_is_held_against_its_own_half_of_the_base() {
    let mapping = mapping();
    let base = base(&mapping);
    let here = case(
        &[
            ("title", Value::text("Pay")),
            ("priority", Value::text("P1 - Must Test")),
            ("smoke", Value::Boolean(true)),
            ("custom.notes", Value::text("never recorded")),
        ],
        &["AB#5120"],
    );
    let own = WorkItemId(5120);
    assert!(edits(&mapping, &base, SideItem::Case(&here, own)).is_empty());
    let there = work_item(
        &[
            ("System.Title", Value::text("PAY")),
            ("Microsoft.VSTS.Common.Priority", Value::integer(1)),
        ],
        &["smoke"],
    );
    assert!(edits(&mapping, &base, SideItem::WorkItem(&there)).is_empty());
}

#[test]
fn what_differs_is_told_with_both_values_a_cleared_one_included() {
    let mapping = mapping();
    let base = base(&mapping);
    let there = work_item(&[("System.Title", Value::text("Pay"))], &["smoke"]);
    let found = edits(&mapping, &base, SideItem::WorkItem(&there));
    assert_eq!(
        names(&found),
        ["title: PAY -> Pay", "priority: 1 -> (none)"]
    );
}

#[test]
fn what_cannot_be_read_or_is_under_way_is_passed_over() {
    let mapping = mapping();
    let mut base = base(&mapping);
    let here = case(
        &[
            ("title", Value::text("Pay now")),
            ("priority", Value::text("P2 - Should Test")),
            ("smoke", Value::text("perhaps")),
        ],
        &[],
    );
    let own = WorkItemId(5120);
    let under_way = BaseField::under_way(Value::integer(3));
    base.fields.insert("priority".to_owned(), under_way);
    let found = edits(&mapping, &base, SideItem::Case(&here, own));
    assert_eq!(names(&found), ["title: Pay -> Pay now"]);
}
