//! Rows over formatted texts, steps and parameters: what is read, what counts as the same, and what is
//! written into what is there.

use std::collections::BTreeMap;

use super::{DESCRIPTION, STEPS, as_codec, separated};
use crate::mapping::codec::steps::{CaseSteps, Pair};
use crate::mapping::testing::{case, compiled, compiled_row, field_row, work_item};
use crate::mapping::{Problem, wire};
use crate::model::config::{Codec, Row};
use crate::model::steps::Step;
use crate::model::{System, Value, WorkItemId};

#[test]
fn a_server_that_rewrites_html_changes_nothing() {
    let row = compiled_row(field_row("description", DESCRIPTION));
    let here = case(
        &[("description", Value::text("<p>Pay <b>by</b> card</p>"))],
        &[],
    );
    let left = row.read_case(&here, None).unwrap();
    for rewritten in [
        "<div>Pay <strong>by</strong> card</div>",
        "<p style=\"margin:0\">Pay <b>by</b>&nbsp;card </p>",
        "<P>Pay\n <B>by</B> card</P>",
    ] {
        let there = work_item(&[(DESCRIPTION, Value::text(rewritten))], &[]);
        let right = row.read_work_item(&there).unwrap();
        assert!(row.in_accord(&left, &right), "{rewritten}: {right}");
    }
    let other = work_item(
        &[(DESCRIPTION, Value::text("<p>Pay <i>by</i> card</p>"))],
        &[],
    );
    assert!(!row.in_accord(&left, &row.read_work_item(&other).unwrap()));
}

#[test]
fn a_field_in_markdown_is_read_and_written_as_markdown() {
    let mapping = compiled(
        vec![field_row("description", DESCRIPTION)],
        System::AzureDevOps,
    );
    let row = &mapping.rows[0];
    let mut there = work_item(
        &[(DESCRIPTION, Value::text("Pay **by** card\n\n- one\n- two"))],
        &[],
    );
    there.markdown.insert(DESCRIPTION.to_owned());
    let html = "<p>Pay <b>by</b> card</p><ul><li>one</li><li>two</li></ul>";
    let here = case(&[("description", Value::text(html))], &[]);
    let left = row.read_case(&here, None).unwrap();
    assert!(row.in_accord(&left, &row.read_work_item(&there).unwrap()));

    let changed = case(
        &[("description", Value::text("<p>Pay <i>cash</i></p>"))],
        &[],
    );
    let value = row
        .to_azure_devops(&row.read_case(&changed, None).unwrap())
        .unwrap();
    let values = BTreeMap::from([("description".to_owned(), value)]);
    let patch = mapping.patch_work_item(&there, &values, false).unwrap();
    let written = patch.fields[DESCRIPTION].as_text().unwrap();
    assert!(!written.contains('<'), "{written}");
    there
        .fields
        .insert(DESCRIPTION.to_owned(), Value::text(written));
    assert_eq!(row.read_work_item(&there), row.read_case(&changed, None));
}

#[test]
fn a_plain_field_gets_the_words_and_counts_as_in_accord() {
    let mapping = compiled(
        vec![as_codec(
            Codec::RichText,
            field_row("description", "Custom.Notes"),
        )],
        System::AzureDevOps,
    );
    let row = &mapping.rows[0];
    let html = "<p>Pay <b>by</b> card</p><p>1 &lt; 2</p>";
    let here = case(&[("description", Value::text(html))], &[]);
    let left = row.read_case(&here, None).unwrap();
    let value = row.to_azure_devops(&left).unwrap();
    let values = BTreeMap::from([("description".to_owned(), value)]);
    let made = mapping.draft_work_item(&values).unwrap();
    let words = "Pay by card\n\n1 < 2";
    assert_eq!(made.fields["Custom.Notes"], Value::text(words));
    let there = work_item(&[("Custom.Notes", Value::text(words))], &[]);
    assert!(row.in_accord(&left, &row.read_work_item(&there).unwrap()));
}

#[test]
fn a_line_takes_formatted_text_only_if_it_is_one_short_line() {
    let row = compiled_row(as_codec(
        Codec::RichText,
        field_row("description", "Custom.Origin"),
    ));
    let put = |html: &str| {
        let here = case(&[("description", Value::text(html))], &[]);
        row.to_azure_devops(&row.read_case(&here, None).unwrap())
    };
    assert!(put("<p>Pay <b>by</b> card</p>").is_ok());
    assert_eq!(put("<p>a</p><p>b</p>"), Err(Problem::LineBreak));
    let long = format!("<p>{}</p>", "x".repeat(256));
    assert!(matches!(
        put(&long),
        Err(Problem::TooLong { limit: 255, .. })
    ));
}

#[test]
fn steps_go_both_ways_and_what_no_codec_knows_stays() {
    let mapping = compiled(vec![field_row("steps", STEPS)], System::AzureDevOps);
    let row = &mapping.rows[0];
    let wire = serde_json::json!([
        {"content": "<p>Pay</p>", "expected": "<p>Paid</p>", "additional_info": "kept", "refs": null},
        {"content": "<p>Shared steps AB#77</p>", "expected": ""},
    ]);
    let here = case(&[("steps", separated(wire.clone()))], &[]);
    let left = row.read_case(&here, None).unwrap();
    let xml = r#"<steps id="0" last="4"><step id="3" type="ValidateStep" custom="x"><parameterizedString isformatted="true">&lt;P&gt;Pay&lt;/P&gt;</parameterizedString><parameterizedString isformatted="true">&lt;P&gt;Paid&lt;/P&gt;</parameterizedString><description/></step><compref id="4" ref="77"/></steps>"#;
    let there = work_item(&[(STEPS, Value::text(xml))], &[]);
    let right = row.read_work_item(&there).unwrap();
    assert!(row.in_accord(&left, &right), "{left}\n{right}");

    let mut wanted = match left {
        Value::Steps(steps) => steps,
        other => panic!("{other:?}"),
    };
    wanted.insert(1, Step::action("<p>Wait</p>", ""));
    let values = BTreeMap::from([("steps".to_owned(), Value::steps(wanted.clone()))]);
    let patch = mapping.patch_work_item(&there, &values, false).unwrap();
    let written = patch.fields[STEPS].as_text().unwrap();
    assert!(written.contains(r#"custom="x""#) && written.contains(r#"ref="77""#));
    let after = work_item(&[(STEPS, Value::text(written))], &[]);
    assert_eq!(
        row.read_work_item(&after).unwrap(),
        Value::steps(wanted.clone())
    );

    let back = compiled(vec![field_row("steps", STEPS)], System::TestWorthy);
    let patch = back
        .patch_case(&here, WorkItemId(5120), &values, false)
        .unwrap();
    let raw = CaseSteps::from_value(&patch.fields["steps"]).unwrap();
    assert_eq!(raw.parse().unwrap(), wanted);
    let CaseSteps::Separated(json) = raw else {
        panic!("another form");
    };
    assert_eq!(
        json[0], wire[0],
        "an unchanged step keeps its spelling and members"
    );
}

#[test]
fn shared_steps_that_the_work_item_does_not_know_hold_the_field_only() {
    let row = compiled_row(field_row("steps", STEPS));
    let there = work_item(&[], &[]);
    let value = Value::steps(vec![Step::Shared(WorkItemId(77))]);
    let problem = row.check_work_item(&there, &value).unwrap_err();
    assert!(matches!(&problem, Problem::DoesNotFit { .. }), "{problem}");
    assert!(problem.to_string().contains("77"), "{problem}");
}

#[test]
fn a_case_with_one_text_of_steps_keeps_that_form() {
    let back = compiled(vec![field_row("steps", STEPS)], System::TestWorthy);
    let texts = CaseSteps::Texts(Pair {
        steps: "<p>Pay</p>".to_owned(),
        expected: String::new(),
    });
    let here = case(&[("steps", texts.to_value())], &[]);
    let one = Value::steps(vec![Step::action("<p>Pay twice</p>", "<p>Paid</p>")]);
    let two = Value::steps(vec![
        Step::action("<p>a</p>", ""),
        Step::action("<p>b</p>", ""),
    ]);
    let row = &back.rows[0];
    assert_eq!(row.check_case(&here, &one), Ok(()));
    assert!(matches!(
        row.check_case(&here, &two),
        Err(Problem::DoesNotFit { .. })
    ));
}

#[test]
fn a_table_becomes_parameters_in_two_fields() {
    let row_of = |target: &str| compiled(vec![field_row("testData", target)], System::AzureDevOps);
    let html =
        "<table><tr><th>user</th><th>card</th></tr><tr><td>ada</td><td>visa</td></tr></table>";
    let here = case(&[("testData", Value::text(html))], &[]);
    for target in [wire::PARAMETERS, wire::DATA_SOURCE] {
        let mapping = row_of(target);
        let row = &mapping.rows[0];
        let left = row.read_case(&here, None).unwrap();
        let values = BTreeMap::from([("testData".to_owned(), left.clone())]);
        let made = mapping.draft_work_item(&values).unwrap();
        assert_eq!(made.fields.len(), 2);
        let fields: Vec<(&str, Value)> = made
            .fields
            .iter()
            .map(|(name, value)| (name.as_str(), value.clone()))
            .collect();
        let there = work_item(&fields, &[]);
        assert!(row.in_accord(&left, &row.read_work_item(&there).unwrap()));
    }
    let prose = case(&[("testData", Value::text("<p>any card</p>"))], &[]);
    let row = &row_of(wire::PARAMETERS).rows[0];
    assert!(matches!(
        row.read_case(&prose, None),
        Err(Problem::Unreadable { .. })
    ));
}

#[test]
fn sensitive_rows_say_nothing_of_what_they_hold() {
    let secret = compiled_row(Row {
        sensitive: true,
        ..field_row("steps", STEPS)
    });
    let there = work_item(&[(STEPS, Value::text("<steps><secret-name"))], &[]);
    let told = secret.read_work_item(&there).unwrap_err().to_string();
    assert!(!told.contains("secret"), "{told}");
}
