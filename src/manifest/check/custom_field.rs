//! `CustomField`.

use super::text::is_reference_name;
use super::{Context, origin};
use crate::diagnostics::catalog::{custom_field as own_codes, manifest as codes};
use crate::diagnostics::{Finding, Part, pointer, quote};
use crate::manifest::document::{Document, Report};
use crate::manifest::kind::Kind;
use crate::manifest::raw::{self, CustomFieldSpec, Scalar};
use crate::model::config::{CustomField, CustomFieldType};
use crate::model::{Name, Value};

/// What no name of a field may hold (Microsoft Learn, Naming restrictions and conventions).
const FORBIDDEN: &str = ".,;'`:~\\/*|?\"&%$!+=()[]{}<>";

/// Values in a list and characters in a value (Microsoft Learn, Work tracking, process, and project
/// limits).
const MOST_VALUES: usize = 2048;
const LONGEST_VALUE: usize = 256;

pub(super) fn check(
    document: &Document<'_>,
    name: Option<Name>,
    spec: CustomFieldSpec,
    context: &mut Context<'_>,
    report: &mut Report<'_>,
) -> Option<CustomField> {
    let at = "/spec/connection";
    let connection = context.refer(Kind::Connection, &spec.connection, at, report);
    let is_named = check_reference_name(&spec, context, report);
    let field_name = spec.name.trim();
    if field_name.is_empty() {
        let message = "a field needs a display name";
        report.push(report.value(&codes::INVALID_VALUE, "/spec/name", message));
    } else if let Some(letter) = field_name.chars().find(|c| FORBIDDEN.contains(*c)) {
        let message = format!("the name of a field cannot hold `{letter}`");
        report.push(report.value(&codes::INVALID_VALUE, "/spec/name", message));
    }
    let work_item_types = work_item_types(&spec.work_item_types, report);
    let field_type = field_type(spec.field_type);
    let allowed_values = allowed_values(field_type, &spec.allowed_values, report);
    Some(CustomField {
        name: name?,
        connection: connection?,
        reference_name: is_named.then_some(spec.reference_name)?,
        field_name: field_name.to_owned(),
        field_type,
        work_item_types,
        allowed_values: allowed_values?,
        origin: origin(document),
    })
}

fn field_type(raw: raw::CustomFieldType) -> CustomFieldType {
    use raw::CustomFieldType as Raw;
    match raw {
        Raw::String => CustomFieldType::String,
        Raw::Text => CustomFieldType::Text,
        Raw::Html => CustomFieldType::Html,
        Raw::Integer => CustomFieldType::Integer,
        Raw::Double => CustomFieldType::Double,
        Raw::Boolean => CustomFieldType::Boolean,
        Raw::DateTime => CustomFieldType::DateTime,
        Raw::Identity => CustomFieldType::Identity,
        Raw::Picklist => CustomFieldType::Picklist,
    }
}

/// Whether the reference name can be that of a custom field, and no other document declares it on the
/// same connection.
fn check_reference_name(
    spec: &CustomFieldSpec,
    context: &mut Context<'_>,
    report: &mut Report<'_>,
) -> bool {
    const AT: &str = "/spec/referenceName";
    let written = &spec.reference_name;
    if !is_reference_name(written) {
        let message = format!("{} is not a reference name", quote(written));
        let finding = report.value(&codes::INVALID_REFERENCE_NAME, AT, message);
        report.push(finding.with_help("write it like `Custom.TestData`"));
        return false;
    }
    let lower = written.to_lowercase();
    if lower.starts_with("system.") || lower.starts_with("microsoft.") {
        let message = format!("{} is a name of the system's own fields", quote(written));
        let finding = report.value(&codes::INVALID_REFERENCE_NAME, AT, message);
        let help =
            "a field of the system needs no CustomField; one of your own begins with `Custom.`";
        report.push(finding.with_help(help));
        return false;
    }
    let place = report.place(AT, Part::Value);
    let key = (spec.connection.clone(), lower);
    if let Some(first) = context.custom_fields.get(&key) {
        let message = format!(
            "the field {} of connection {} is declared twice",
            quote(written),
            quote(&spec.connection)
        );
        let finding = Finding::new(&own_codes::DECLARED_TWICE, message)
            .at(place)
            .with_related(first.clone(), "first here")
            .with_help(
                "keep one of the two documents, with the work item types and values of both",
            );
        report.push(finding);
        return false;
    }
    context.custom_fields.insert(key, place);
    true
}

/// The types, each once.
fn work_item_types(written: &[String], report: &mut Report<'_>) -> Vec<String> {
    let mut types: Vec<String> = Vec::with_capacity(written.len());
    for (index, name) in written.iter().enumerate() {
        let at = pointer::item("/spec/workItemTypes", index);
        let name = name.trim();
        if name.is_empty() {
            report.push(report.value(&codes::INVALID_VALUE, &at, "an empty work item type"));
        } else if types.iter().any(|known| known.eq_ignore_ascii_case(name)) {
            let message = format!("the work item type {} stands twice", quote(name));
            report.push(report.value(&codes::INVALID_VALUE, &at, message));
        } else {
            types.push(name.to_owned());
        }
    }
    types
}

/// The values of a picklist; `None` if something is wrong with them.
fn allowed_values(
    field_type: CustomFieldType,
    written: &[Scalar],
    report: &mut Report<'_>,
) -> Option<Vec<Value>> {
    const AT: &str = "/spec/allowedValues";
    let is_picklist = field_type == CustomFieldType::Picklist;
    if is_picklist == written.is_empty() {
        let message = if is_picklist {
            "a picklist needs `allowedValues`"
        } else {
            "`allowedValues` belong to `type: picklist`"
        };
        report.push(report.value(&codes::INVALID_VALUE, AT, message));
        return None;
    }
    if written.len() > MOST_VALUES {
        let message = format!(
            "a picklist has at most {MOST_VALUES} values, and these are {}",
            written.len()
        );
        report.push(report.value(&codes::INVALID_VALUE, AT, message));
        return None;
    }
    let before = report.findings.len();
    let mut values: Vec<Value> = Vec::with_capacity(written.len());
    for (index, scalar) in written.iter().enumerate() {
        match allowed_value(scalar, &values) {
            Ok(value) => values.push(value),
            Err(message) => {
                let at = pointer::item(AT, index);
                report.push(report.value(&codes::INVALID_VALUE, &at, message));
            }
        }
    }
    (report.findings.len() == before).then_some(values)
}

fn allowed_value(scalar: &Scalar, before: &[Value]) -> Result<Value, String> {
    let value = match &scalar.0 {
        serde_json::Value::String(text) => Value::text(text.trim()),
        other => Value::from_json(other).unwrap_or_default(),
    };
    match &value {
        Value::Text(text) if text.chars().count() > LONGEST_VALUE => {
            return Err(format!(
                "a value of a picklist has at most {LONGEST_VALUE} characters"
            ));
        }
        Value::Text(_) | Value::Number(_) => {}
        Value::Boolean(_) => {
            return Err("a picklist holds texts or numbers; write it in quotes".to_owned());
        }
        _ => return Err("an empty value".to_owned()),
    }
    if let Some(first) = before.first()
        && first.kind() != value.kind()
    {
        return Err(format!(
            "this is {} and the first value is {}: a picklist has one type; write the numbers in quotes",
            value.kind(),
            first.kind()
        ));
    }
    // The service does not tell values apart by case.
    let lower = value.to_string().to_lowercase();
    if before
        .iter()
        .any(|known| known.to_string().to_lowercase() == lower)
    {
        return Err(format!(
            "the value {} stands twice",
            quote(&value.to_string())
        ));
    }
    Ok(value)
}
