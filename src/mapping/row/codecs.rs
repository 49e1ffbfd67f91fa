//! Rows over formatted texts, steps, parameters, people, paths, states and expressions: what is read, what
//! counts as the same, and what is written into what is there.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use proptest::prelude::*;

use super::*;
use crate::mapping::CompiledMapping;
use crate::mapping::codec::steps::CaseSteps;
use crate::mapping::testing::{
    case, compiled, compiled_row, field_row, mapping, test_case_type, work_item,
};
use crate::model::Direction;
use crate::model::config::{RowSource, ValueMap};
use crate::model::steps::Step;

const STEPS: &str = "Microsoft.VSTS.TCM.Steps";
const DESCRIPTION: &str = "System.Description";

fn as_codec(codec: Codec, row: Row) -> Row {
    Row {
        codec: Some(codec),
        ..row
    }
}

fn separated(json: serde_json::Value) -> Value {
    CaseSteps::Separated(json).to_value()
}

fn expression(text: &str, azure_devops: &str) -> Row {
    Row {
        name: azure_devops.to_owned(),
        source: RowSource::Expression(text.to_owned()),
        ..field_row("title", azure_devops)
    }
}

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
        .patch_case(&here, crate::model::WorkItemId(5120), &values, false)
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
    let value = Value::steps(vec![Step::Shared(crate::model::WorkItemId(77))]);
    let problem = row.check_work_item(&there, &value).unwrap_err();
    assert!(matches!(&problem, Problem::DoesNotFit { .. }), "{problem}");
    assert!(problem.to_string().contains("77"), "{problem}");
}

#[test]
fn a_case_with_one_text_of_steps_keeps_that_form() {
    let back = compiled(vec![field_row("steps", STEPS)], System::TestWorthy);
    let texts = CaseSteps::Texts(crate::mapping::codec::steps::Pair {
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
fn people_are_found_by_the_table_then_by_address_and_never_by_name() {
    let users = IndexMap::from([(
        "ada@example.test".to_owned(),
        "Ada@Contoso.example".to_owned(),
    )]);
    let plain = compiled(
        vec![field_row("createdBy", "System.AssignedTo")],
        System::AzureDevOps,
    );
    let digest = plain.rows[0].digest().to_owned();
    let mapping = plain.with_users(&users);
    let row = &mapping.rows[0];
    assert_ne!(row.digest(), digest, "the table is part of the meaning");
    let to = |user: &str| row.to_azure_devops(&Value::text(user));
    let read = |user: &str| {
        let here = case(&[("createdBy", Value::text(user))], &[]);
        row.read_case(&here, None).unwrap()
    };
    assert_eq!(read(" Ada@Example.test "), Value::text("ada@example.test"));
    assert_eq!(
        to("ada@example.test"),
        Ok(Value::text("ada@contoso.example"))
    );
    assert_eq!(to("bob@example.test"), Ok(Value::text("bob@example.test")));
    assert!(matches!(to("512"), Err(Problem::UnknownUser { .. })));
    assert_eq!(row.to_azure_devops(&Value::Null), Ok(Value::Null));
    let there = work_item(
        &[("System.AssignedTo", Value::text("ADA@contoso.example"))],
        &[],
    );
    assert!(row.in_accord(
        &read("ada@example.test"),
        &row.read_work_item(&there).unwrap()
    ));
}

/// The order is: the row's table, the connection's, the address, and only then the substitute.
#[test]
fn a_substitute_stands_for_those_whom_nobody_knows_only() {
    let values = ValueMap {
        values: IndexMap::from([("512".to_owned(), Value::text("Grace@Contoso.example"))]),
        reverse: IndexMap::new(),
        unmapped: Unmapped::Use(Value::text("QA@Contoso.example")),
    };
    let mapping = compiled(
        vec![Row {
            values: Some(values),
            ..field_row("createdBy", "System.AssignedTo")
        }],
        System::AzureDevOps,
    )
    .with_users(&IndexMap::from([(
        "ada@example.test".to_owned(),
        "Ada@Contoso.example".to_owned(),
    )]));
    let row = &mapping.rows[0];
    for (user, wanted) in [
        ("512", "grace@contoso.example"),
        ("ada@example.test", "ada@contoso.example"),
        ("bob@example.test", "bob@example.test"),
        ("513", "qa@contoso.example"),
    ] {
        assert_eq!(
            row.to_azure_devops(&Value::text(user)),
            Ok(Value::text(wanted)),
            "{user}"
        );
    }
    assert_eq!(row.to_azure_devops(&Value::Null), Ok(Value::Null));
}

#[test]
fn sections_become_areas_by_the_most_specific_pattern() {
    let values = ValueMap {
        values: IndexMap::from([
            ("**".to_owned(), Value::text(r"Web Shop\QA")),
            (
                "Checkout/**".to_owned(),
                Value::text(r"Web Shop\QA\Checkout"),
            ),
        ]),
        reverse: IndexMap::new(),
        unmapped: Unmapped::Hold,
    };
    let row = compiled_row(Row {
        direction: Some(Direction::ToAzureDevOps),
        values: Some(values),
        ..field_row("section.path", "System.AreaPath")
    });
    let here = case(&[], &[]);
    let left = row.read_case(&here, None).unwrap();
    assert_eq!(left, Value::text("Checkout/Cards"));
    assert_eq!(
        row.to_azure_devops(&left),
        Ok(Value::text(r"Web Shop\QA\Checkout"))
    );
    let there = work_item(
        &[("System.AreaPath", Value::text(r"web shop\qa\checkout"))],
        &[],
    );
    assert!(row.in_accord(&left, &row.read_work_item(&there).unwrap()));
    assert!(row.is_many_to_one());
}

#[test]
fn expressions_compute_a_value_and_never_markup() {
    let read = |row: Row, fields: &[(&str, Value)]| {
        let row = compiled_row(row);
        row.read_case(&case(fields, &[]), None)
    };
    let fields = [
        ("title", Value::text("Pay")),
        ("priority", Value::text("P1 - Must Test")),
    ];
    assert_eq!(
        read(
            expression("title ~ \" (\" ~ priority ~ \")\"", "Custom.Origin"),
            &fields
        ),
        Ok(Value::text("Pay (P1 - Must Test)"))
    );
    assert_eq!(
        read(expression("\"<b>\" ~ title", DESCRIPTION), &fields),
        Ok(Value::text("<p>&lt;b&gt;Pay</p>"))
    );
    assert_eq!(
        read(expression("1 + 2", "Custom.Count"), &fields),
        Ok(Value::integer(3))
    );
    assert!(matches!(
        read(expression("title / 2", "Custom.Origin"), &fields),
        Err(Problem::Expression { .. })
    ));
    assert!(matches!(
        read(expression("title", "Custom.Count"), &fields),
        Err(Problem::WrongKind { .. })
    ));
}

#[test]
fn expressions_that_cannot_be_used_are_refused_at_their_row() {
    for (text, code, help) in [
        ("prioritty", "L01", Some("did you mean `priority`?")),
        (
            "team",
            "L01",
            Some("for a custom field write `custom.team`"),
        ),
        ("title ~", "expression-invalid", None),
        ("title|shout", "expression-invalid", None),
        ("title is not shouting", "expression-invalid", None),
        ("\"a|b is c\" ~ (title | shout)", "expression-invalid", None),
        ("range(10)", "L01", None),
    ] {
        let rows = mapping(vec![expression(text, "Custom.Origin")]);
        let (_, findings) =
            CompiledMapping::compile(&rows, Some(&test_case_type()), &[System::AzureDevOps]);
        let found: Vec<&str> = findings.iter().map(|one| one.code.code).collect();
        assert_eq!(found.first(), Some(&code), "{text}: {findings:#?}");
        if help.is_some() {
            assert_eq!(findings[0].help.as_deref(), help, "{text}");
        }
    }
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

/// Else a plan would show by another row what the sensitive one leaves out.
#[test]
fn what_is_computed_from_a_sensitive_field_is_sensitive() {
    let secret = Row {
        sensitive: true,
        ..field_row("testData", "Custom.Notes")
    };
    let secret = as_codec(Codec::RichText, secret);
    let rows = |text: &str| {
        let mapping = compiled(
            vec![secret.clone(), expression(text, "Custom.Origin")],
            System::AzureDevOps,
        );
        mapping.rows[1].sensitive()
    };
    assert!(rows("title ~ testData"));
    assert!(!rows("title"));
}

fn html() -> impl Strategy<Value = String> {
    let word = "[a-zäß<>&;\"' ]{0,8}|👩\u{200D}🔬|שלום";
    let tag = prop_oneof![
        Just("<p>"),
        Just("</p>"),
        Just("<b>"),
        Just("</b>"),
        Just("<ul><li>"),
        Just("</li></ul>"),
        Just("<br>"),
        Just("<table><tr><td>"),
        Just("</td></tr></table>"),
        Just("<h2>"),
        Just("</h2>"),
        Just("<script>"),
        Just("</script>"),
        Just("&nbsp;"),
        Just("<img src=\"https://a.test/x.png\">"),
    ];
    let piece = prop_oneof![word.prop_map(String::from), tag.prop_map(String::from)];
    proptest::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn what_was_written_is_read_back_as_itself(text in html(), markdown in any::<bool>()) {
        let mapping = compiled(vec![field_row("description", DESCRIPTION)], System::AzureDevOps);
        let row = &mapping.rows[0];
        let left = row.read_case(&case(&[("description", Value::text(text))], &[]), None).unwrap();
        let mut there = work_item(&[], &[]);
        if markdown {
            there.markdown.insert(DESCRIPTION.to_owned());
        }
        let values = BTreeMap::from([("description".to_owned(), row.to_azure_devops(&left).unwrap())]);
        there.fields.extend(mapping.patch_work_item(&there, &values, false).unwrap().fields);
        there.fields.retain(|_, value| !value.is_null());
        prop_assert_eq!(row.read_work_item(&there).unwrap(), left);
    }

    #[test]
    fn steps_written_from_a_case_are_read_back_as_themselves(
        texts in proptest::collection::vec((html(), html()), 0..5),
        before in proptest::collection::vec((html(), html()), 0..5),
    ) {
        let mapping = compiled(vec![field_row("steps", STEPS)], System::AzureDevOps);
        let row = &mapping.rows[0];
        let json = |texts: &[(String, String)]| -> serde_json::Value {
            texts.iter().map(|(a, e)| serde_json::json!({"content": a, "expected": e})).collect()
        };
        let read = |texts: &[(String, String)]| {
            row.read_case(&case(&[("steps", separated(json(texts)))], &[]), None).unwrap()
        };
        let mut there = work_item(&[], &[]);
        for wanted in [read(&before), read(&texts)] {
            let values = BTreeMap::from([("steps".to_owned(), row.to_azure_devops(&wanted).unwrap())]);
            there.fields.extend(mapping.patch_work_item(&there, &values, false).unwrap().fields);
            there.fields.retain(|_, value| !value.is_null());
            prop_assert_eq!(row.read_work_item(&there).unwrap(), wanted);
        }
    }
}
