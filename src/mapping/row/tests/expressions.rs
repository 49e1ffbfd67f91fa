//! Rows that are computed: what an expression gives, what is refused, and what stays sensitive.

use super::{DESCRIPTION, as_codec};
use crate::mapping::testing::{case, compiled, compiled_row, field_row, mapping, test_case_type};
use crate::mapping::{CompiledMapping, Problem};
use crate::model::config::{Codec, Row, RowSource};
use crate::model::{System, Value};

fn expression(text: &str, azure_devops: &str) -> Row {
    Row {
        name: azure_devops.to_owned(),
        source: RowSource::Expression(text.to_owned()),
        ..field_row("title", azure_devops)
    }
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
