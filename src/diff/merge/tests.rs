//! Merges through rows: in TestWorthy's terms, there and back.

use proptest::prelude::*;

use super::*;
use crate::mapping::testing::{compiled_row, field_row, prefix_row, priority_row, tag_row};
use crate::model::config::Row;
use crate::model::steps::Step;

fn notes() -> CompiledRow {
    compiled_row(field_row("custom.notes", "Custom.Notes"))
}

fn description() -> CompiledRow {
    compiled_row(field_row("description", "System.Description"))
}

fn steps() -> CompiledRow {
    compiled_row(field_row("steps", "Microsoft.VSTS.TCM.Steps"))
}

fn refs() -> CompiledRow {
    compiled_row(prefix_row("refs", "ref:"))
}

fn base_of(row: &CompiledRow, testworthy: Value, azure_devops: Value) -> BaseField {
    BaseField {
        testworthy,
        azure_devops,
        row_digest: row.digest().to_owned(),
    }
}

/// Merges values of a row that both sides hold alike; the result too is the same on both.
fn alike(row: &CompiledRow, base: &Value, left: &Value, right: &Value) -> Option<Value> {
    let base = base_of(row, base.clone(), base.clone());
    let one = |testworthy: &Value, azure_devops: &Value| {
        let now = Sides {
            testworthy: testworthy.clone(),
            azure_devops: azure_devops.clone(),
        };
        let merged = merge(row, Some(&base), &now)?;
        assert_eq!(merged.testworthy, merged.azure_devops);
        Some(merged.testworthy)
    };
    let merged = one(left, right);
    assert_eq!(merged, one(right, left), "symmetric");
    merged
}

fn texts(row: &CompiledRow, base: &str, left: &str, right: &str) -> Option<String> {
    let [base, left, right] = [base, left, right].map(Value::text);
    let merged = alike(row, &base, &left, &right)?;
    Some(merged.as_text().unwrap_or_default().to_owned())
}

#[test]
fn plain_text_merges_by_line() {
    let text = |left, right| texts(&notes(), "one\ntwo\nthree", left, right);
    let merged = text("ONE\ntwo\nthree", "one\ntwo\nthree\nfour");
    assert_eq!(merged.as_deref(), Some("ONE\ntwo\nthree\nfour"));
    assert_eq!(text("one\n2\nthree", "one\nTWO\nthree"), None);
    assert_eq!(text("", "one\ntwo"), None, "emptied as a whole");
    assert_eq!(
        texts(&notes(), "a\n\nb\n\nc", "a\n\nB\n\nc", "a\n\nb").as_deref(),
        Some("a\n\nB"),
        "no empty lines are left at the end"
    );
    assert_eq!(
        texts(&notes(), "a\nb", "a\n\nx\nb", "a\nb\n\ny").as_deref(),
        Some("a\n\nx\nb\n\ny"),
        "both may add an empty line"
    );
}

#[test]
fn one_line_does_not_merge() {
    let row = compiled_row(field_row("title", "System.Title"));
    assert_eq!(texts(&row, "Pay", "Pay now", "Pay later"), None);
}

#[test]
fn formatted_text_merges_by_block() {
    let row = description();
    let merged = texts(
        &row,
        "<h2>Before</h2>\n<p>A card</p>\n<p>A shop</p>",
        "<h2>Before</h2>\n<p>A <strong>valid</strong> card</p>\n<p>A shop</p>",
        "<h2>Before</h2>\n<p>A card</p>\n<p>An open shop</p>\n<p>A clerk</p>",
    );
    assert_eq!(
        merged.as_deref(),
        Some(
            "<h2>Before</h2>\n<p>A <strong>valid</strong> card</p>\n<p>An open shop</p>\n<p>A clerk</p>"
        )
    );
    let both = texts(
        &row,
        "<p>A card</p>",
        "<p>A valid card</p>",
        "<p>A gold card</p>",
    );
    assert_eq!(both, None);
}

#[test]
fn a_list_merges_by_item_and_a_paragraph_by_line() {
    let row = description();
    let merged = texts(
        &row,
        "<ul><li>one card</li><li>two cards</li></ul>",
        "<ul><li>one valid card</li><li>two cards</li></ul>",
        "<ul><li>one card</li><li>two cards</li><li>cash</li></ul>",
    );
    assert_eq!(
        merged.as_deref(),
        Some("<ul><li>one valid card</li><li>two cards</li><li>cash</li></ul>")
    );
    let merged = texts(
        &row,
        "<p>one card<br>two cards<br>cash</p>",
        "<p>one valid card<br>two cards<br>cash</p>",
        "<p>one card<br>two cards<br>coins</p>",
    );
    assert_eq!(
        merged.as_deref(),
        Some("<p>one valid card<br>two cards<br>coins</p>")
    );
    let renumbered = texts(
        &row,
        "<ol><li>one card</li><li>two cards</li></ol>",
        "<ol start=\"3\"><li>one card</li><li>two cards</li></ol>",
        "<ol><li>one card</li><li>two cards</li><li>cash</li></ol>",
    );
    assert_eq!(renumbered, None);
}

fn step_list(texts: &[(&str, &str)]) -> Value {
    let html = |text: &str| match text {
        "" => String::new(),
        text => format!("<p>{text}</p>"),
    };
    let step = |(action, expected): &(&str, &str)| Step::action(html(action), html(expected));
    Value::steps(texts.iter().map(step).collect())
}

#[test]
fn steps_merge_by_step_and_within_one_by_action_and_expected_result() {
    let row = steps();
    let base = step_list(&[("Open the shop", "It opens"), ("Pay", ""), ("Leave", "")]);
    let left = step_list(&[
        ("Open the new shop", "It opens"),
        ("Pay", ""),
        ("Leave", ""),
        ("Sleep", ""),
    ]);
    let right = step_list(&[
        ("Open the shop", "It opens fast"),
        ("Wait", ""),
        ("Pay", ""),
        ("Leave", ""),
    ]);
    let wanted = step_list(&[
        ("Open the new shop", "It opens fast"),
        ("Wait", ""),
        ("Pay", ""),
        ("Leave", ""),
        ("Sleep", ""),
    ]);
    assert_eq!(alike(&row, &base, &left, &right), Some(wanted));
}

#[test]
fn neighbouring_steps_are_edited_apart() {
    let base = step_list(&[("Open the shop", ""), ("Pay by card", "")]);
    let left = step_list(&[("Open the big shop", ""), ("Pay by card", "")]);
    let right = step_list(&[("Open the shop", ""), ("Pay by card", "Paid")]);
    let wanted = step_list(&[("Open the big shop", ""), ("Pay by card", "Paid")]);
    assert_eq!(alike(&steps(), &base, &left, &right), Some(wanted));
}

#[test]
fn edits_of_one_part_of_a_step_do_not_merge() {
    let base = step_list(&[("Pay by card", "Paid")]);
    let cases = [
        (
            &[("Pay by gold card", "Paid")][..],
            &[("Pay by old card", "Paid")][..],
        ),
        (
            &[("Pay by card", "Paid at once")],
            &[("Pay by card", "Paid late")],
        ),
        (
            &[("Pay by card", "Paid at once")],
            &[("Wait", ""), ("Sleep", "")],
        ),
        (&[("Pay by card", "Paid at once")], &[]),
        (&[("", "Paid")], &[("Pay by card", "")]),
    ];
    for (left, right) in cases {
        let merged = alike(&steps(), &base, &step_list(left), &step_list(right));
        assert_eq!(merged, None, "{left:?} {right:?}");
    }
}

#[test]
fn shared_steps_are_kept_and_moved_by_one_side_only() {
    let shared = |id| Step::Shared(crate::model::WorkItemId(id));
    let pay = Step::action("<p>Pay</p>", "");
    let list = |steps: &[&Step]| Value::steps(steps.iter().map(|step| (*step).clone()).collect());
    let base = list(&[&shared(7), &pay]);
    let left = list(&[&shared(7), &pay, &shared(8)]);
    let right = list(&[&pay]);
    let merged = alike(&steps(), &base, &left, &right);
    assert_eq!(merged, Some(list(&[&pay, &shared(8)])));
    let other = list(&[&shared(9), &pay]);
    assert_eq!(alike(&steps(), &base, &other, &right), None);
}

#[test]
fn sets_merge_by_member_with_their_prefix() {
    let row = refs();
    let base = base_of(
        &row,
        Value::set(["TW-1", "TW-2"]),
        Value::set(["ref:TW-1", "REF:tw-2"]),
    );
    let now = Sides {
        testworthy: Value::set(["TW-2", "X"]),
        azure_devops: Value::set(["ref:TW-1", "ref:y"]),
    };
    let merged = merge(&row, Some(&base), &now).unwrap();
    assert_eq!(merged.testworthy, Value::set(["X", "y"]));
    assert_eq!(merged.azure_devops, Value::set(["ref:X", "ref:y"]));
}

#[test]
fn without_a_base_sets_become_their_union_and_nothing_else_merges() {
    let now = |testworthy, azure_devops| Sides {
        testworthy,
        azure_devops,
    };
    let met = now(Value::set(["X", "TW-1"]), Value::set(["ref:tw-1", "ref:y"]));
    let merged = merge(&refs(), None, &met).unwrap();
    assert_eq!(merged.testworthy, Value::set(["X", "TW-1", "y"]));
    let texts = now(Value::text("a\nb"), Value::text("a\nb\nc"));
    assert_eq!(merge(&notes(), None, &texts), None);
    let steps_met = now(
        step_list(&[("Pay", "")]),
        step_list(&[("Pay", ""), ("Leave", "")]),
    );
    assert_eq!(merge(&steps(), None, &steps_met), None);
    let html = now(Value::text("<p>a</p>"), Value::text("<p>a</p>\n<p>b</p>"));
    assert_eq!(merge(&description(), None, &html), None);
}

#[test]
fn a_base_of_another_definition_counts_as_none() {
    let row = refs();
    let mut base = base_of(&row, Value::set(["A"]), Value::set(["ref:A"]));
    base.row_digest = "before".to_owned();
    let now = Sides {
        testworthy: Value::set(["X"]),
        azure_devops: Value::set(["ref:A", "ref:y"]),
    };
    let merged = merge(&row, Some(&base), &now).unwrap();
    assert_eq!(merged.testworthy, Value::set(["A", "X", "y"]));
    let mut base = base_of(&notes(), Value::text("a\nb"), Value::text("a\nb"));
    base.row_digest = "before".to_owned();
    let now = Sides {
        testworthy: Value::text("A\nb"),
        azure_devops: Value::text("a\nB"),
    };
    assert_eq!(merge(&notes(), Some(&base), &now), None);
}

#[test]
fn a_base_in_a_servers_spelling_does_not_merge() {
    let row = notes();
    let base = base_of(&row, Value::text("a\nb\nc"), Value::text("a\nb\nc!"));
    let now = Sides {
        testworthy: Value::text("A\nb\nc"),
        azure_devops: Value::text("a\nb\nc!\nd"),
    };
    assert_eq!(merge(&row, Some(&base), &now), None);
}

/// Else the half that is written first would take the formatting from the other one.
#[test]
fn what_the_other_side_cannot_hold_does_not_merge() {
    let row = compiled_row(Row {
        codec: Some(Codec::RichText),
        ..field_row("description", "Custom.Notes")
    });
    let base = base_of(
        &row,
        Value::text("<p>a</p>\n<p>b</p>"),
        Value::text("<p>a</p>\n<p>b</p>"),
    );
    let met = |left: &str| Sides {
        testworthy: Value::text(left),
        azure_devops: Value::text("<p>a</p>\n<p>b</p>\n<p>c</p>"),
    };
    assert_eq!(
        merge(
            &row,
            Some(&base),
            &met("<p><strong>A</strong></p>\n<p>b</p>")
        ),
        None
    );
    let merged = merge(&row, Some(&base), &met("<p>A</p>\n<p>b</p>")).unwrap();
    assert_eq!(
        merged.testworthy,
        Value::text("<p>A</p>\n<p>b</p>\n<p>c</p>")
    );
}

#[test]
fn a_merge_that_a_field_cannot_take_is_none() {
    let row = compiled_row(prefix_row("refs", "ref:"));
    let now = Sides {
        testworthy: Value::set(["a".repeat(500)]),
        azure_devops: Value::set(["ref:y"]),
    };
    assert_eq!(merge(&row, None, &now), None);
}

#[test]
fn single_values_do_not_merge() {
    let rows = [priority_row(), tag_row("smoke", "smoke")];
    for row in rows.map(compiled_row) {
        let flag = row.codec() == Codec::Boolean;
        let now = Sides {
            testworthy: if flag {
                Value::Boolean(true)
            } else {
                Value::text("P1 - Must Test")
            },
            azure_devops: if flag {
                Value::Boolean(false)
            } else {
                Value::integer(2)
            },
        };
        assert_eq!(merge(&row, None, &now), None);
        let base = base_of(&row, now.testworthy.clone(), now.azure_devops.clone());
        assert_eq!(merge(&row, Some(&base), &now), None);
    }
}

fn lines() -> impl Strategy<Value = Value> {
    proptest::collection::vec("[abc]?", 0..6)
        .prop_map(|lines| Value::text(lines.join("\n").trim_end()))
}

fn blocks() -> impl Strategy<Value = Value> {
    let block = prop_oneof![
        "[ab] [cd]".prop_map(|text| format!("<p>{text}</p>")),
        proptest::collection::vec("[ab] [cd]", 1..4)
            .prop_map(|items| format!("<ul><li>{}</li></ul>", items.join("</li><li>"))),
        proptest::collection::vec("[ab] [cd]", 2..4)
            .prop_map(|lines| format!("<p>{}</p>", lines.join("<br>"))),
        Just("<hr>".to_owned()),
    ];
    proptest::collection::vec(block, 0..5).prop_map(|blocks| Value::text(blocks.join("\n")))
}

fn any_steps() -> impl Strategy<Value = Value> {
    let texts = ("(<p>[ab] [cd]</p>)?", "(<p>[xy]</p>)?");
    let step = texts.prop_filter_map("blank", |(action, expected)| {
        let step = Step::action(action, expected);
        (!step.is_blank()).then_some(step)
    });
    proptest::collection::vec(step, 0..5).prop_map(Value::steps)
}

fn laws(row: &CompiledRow, base: &Value, left: &Value, right: &Value) -> Result<(), TestCaseError> {
    // Symmetry is asserted on the way.
    alike(row, base, left, right);
    prop_assert_eq!(alike(row, base, left, base), Some(left.clone()));
    prop_assert_eq!(alike(row, base, left, left), Some(left.clone()));
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn laws_of_lines(base in lines(), left in lines(), right in lines()) {
        laws(&notes(), &base, &left, &right)?;
    }

    #[test]
    fn laws_of_blocks(base in blocks(), left in blocks(), right in blocks()) {
        let canonical = |value: &Value| Form::of(value);
        let [base, left, right] = [&base, &left, &right].map(canonical);
        laws(&description(), &base, &left, &right)?;
    }

    #[test]
    fn laws_of_steps(base in any_steps(), left in any_steps(), right in any_steps()) {
        laws(&steps(), &base, &left, &right)?;
    }
}

/// Canonical HTML.
struct Form;

impl Form {
    fn of(value: &Value) -> Value {
        use crate::mapping::codec::rich_text::{Format, canonical};
        let html = value.as_text().unwrap_or_default();
        Value::text(canonical(html, Format::Html).unwrap())
    }
}
