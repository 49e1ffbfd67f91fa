//! The value of a field: how it is read from a client and told to one.

use std::sync::Arc;

use jiff::Timestamp;
use serde::{Serialize, Serializer};
use serde_json::Value;

use super::Organization;
use super::error::ApiError;
use super::field::{Field, FieldKind};
use super::html;
use super::identity::UserId;
use super::instant;
use super::node::{NodeId, Tree};

/// The longest single line (Microsoft Learn, Naming restrictions and conventions).
const MAX_LINE: usize = 255;
/// The longest long text (Microsoft Learn, Work tracking, process, and project limits).
const MAX_TEXT: usize = 1_048_576;

/// A value; an empty one is absent.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum FieldValue {
    Text(Arc<str>),
    Integer(i64),
    Double(f64),
    Boolean(bool),
    DateTime(Timestamp),
    Identity(UserId),
    Node(NodeId),
}

impl FieldValue {
    pub(crate) fn text(text: &str) -> Self {
        Self::Text(Arc::from(text))
    }

    pub(crate) fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }
}

impl Organization {
    /// A value as it stands in an item's `fields`.
    pub(crate) fn value_json(&self, value: &FieldValue) -> Value {
        // A value is a scalar or a person, whose keys are texts.
        serde_json::to_value(self.value_view(value, &self.url())).unwrap_or_default()
    }

    /// A value ready to be written. `url` is the organisation's address.
    pub(crate) fn value_view<'a>(&'a self, value: &'a FieldValue, url: &'a str) -> ValueView<'a> {
        ValueView {
            organization: self,
            value,
            url,
        }
    }

    /// A value as plain text: for comparisons, messages and `allowedValues`.
    pub(crate) fn value_text(&self, value: &FieldValue) -> String {
        match value {
            FieldValue::Text(text) => text.to_string(),
            FieldValue::Integer(number) => number.to_string(),
            FieldValue::Double(number) => number.to_string(),
            FieldValue::Boolean(flag) => if *flag { "True" } else { "False" }.to_owned(),
            FieldValue::DateTime(at) => at.to_string(),
            FieldValue::Identity(user) => self.users.get(*user).text(),
            FieldValue::Node(node) => self.nodes.get(*node).path.to_string(),
        }
    }

    /// Reads a written value by the field's type. `None` means empty. `id` names the item in messages
    /// (negative for a new one); `markdown` keeps long text as it is.
    pub(crate) fn read_value(
        &self,
        field: &Field,
        value: &Value,
        id: i64,
        markdown: bool,
    ) -> Result<Option<FieldValue>, ApiError> {
        if value.is_null() || value.as_str().is_some_and(|text| text.trim().is_empty()) {
            return Ok(None);
        }
        let invalid = |flags: &str| ApiError::rule(&field.reference, &field.name, flags, 1);
        let as_text = || match value {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            Value::Bool(flag) => Some(if *flag { "True" } else { "False" }.to_owned()),
            _ => None,
        };
        let read = match field.kind {
            FieldKind::String | FieldKind::Guid => {
                let text = as_text().ok_or_else(|| invalid("InvalidType"))?;
                let text = text.trim();
                if text.chars().count() > MAX_LINE {
                    return Err(invalid("InvalidTooLong"));
                }
                if text.chars().any(char::is_control) {
                    return Err(invalid("InvalidCharacters"));
                }
                FieldValue::text(text)
            }
            FieldKind::PlainText | FieldKind::Html | FieldKind::History => {
                let text = as_text().ok_or_else(|| invalid("InvalidType"))?;
                if text.chars().count() > MAX_TEXT {
                    return Err(invalid("InvalidTooLong"));
                }
                let raw = field.kind == FieldKind::PlainText || field.is_raw_markup() || markdown;
                let text = if raw { text } else { html::rewrite(&text) };
                if text.is_empty() {
                    return Ok(None);
                }
                FieldValue::text(&text)
            }
            FieldKind::Integer => {
                FieldValue::Integer(integer(value).ok_or_else(|| invalid("InvalidType"))?)
            }
            FieldKind::Double => {
                let number = value
                    .as_f64()
                    .or_else(|| value.as_str()?.trim().parse().ok())
                    .filter(|number: &f64| number.is_finite());
                FieldValue::Double(number.ok_or_else(|| invalid("InvalidType"))?)
            }
            FieldKind::Boolean => {
                FieldValue::Boolean(boolean(value).ok_or_else(|| invalid("InvalidType"))?)
            }
            FieldKind::DateTime => {
                let written = value.as_str().and_then(instant::parse);
                let written = written.ok_or_else(|| invalid("InvalidDate"))?;
                FieldValue::DateTime(instant::on_grid(written.at))
            }
            FieldKind::Identity => {
                FieldValue::Identity(self.users.resolve(value).map_err(|text| {
                    ApiError::unknown_identity(&text, &field.name, &field.reference)
                })?)
            }
            FieldKind::TreePath => {
                let tree = if &*field.reference == "System.IterationPath" {
                    Tree::Iteration
                } else {
                    Tree::Area
                };
                let node = value.as_str().and_then(|path| self.nodes.find(tree, path));
                FieldValue::Node(node.ok_or_else(|| ApiError::bad_tree_path(id, &field.reference))?)
            }
        };
        Ok(Some(read))
    }
}

fn integer(value: &Value) -> Option<i64> {
    if let Some(number) = value.as_i64() {
        return i32::try_from(number).ok().map(i64::from);
    }
    let number: f64 = match value {
        Value::String(text) => text.trim().parse().ok()?,
        other => other.as_f64()?,
    };
    if number.fract() != 0.0 || number.abs() > f64::from(i32::MAX) {
        return None;
    }
    format!("{number:.0}").parse().ok()
}

fn boolean(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(flag) => Some(*flag),
        Value::Number(number) => match number.as_i64()? {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        },
        Value::String(text) => match text.trim().to_lowercase().as_str() {
            "true" | "1" => Some(true),
            "false" | "0" => Some(false),
            _ => None,
        },
        _ => None,
    }
}

/// A value on its way to the wire.
pub(crate) struct ValueView<'a> {
    organization: &'a Organization,
    value: &'a FieldValue,
    url: &'a str,
}

impl Serialize for ValueView<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.value {
            FieldValue::Text(text) => serializer.serialize_str(text),
            FieldValue::Integer(number) => serializer.serialize_i64(*number),
            FieldValue::Double(number) if number.is_finite() => serializer.serialize_f64(*number),
            FieldValue::Double(_) => serializer.serialize_unit(),
            FieldValue::Boolean(flag) => serializer.serialize_bool(*flag),
            FieldValue::DateTime(at) => serializer.collect_str(at),
            FieldValue::Identity(user) => {
                let user = self.organization.users.get(*user);
                user.view(self.url).serialize(serializer)
            }
            FieldValue::Node(node) => {
                serializer.serialize_str(&self.organization.nodes.get(*node).path)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn written_values_are_read_by_the_type_of_the_field() {
        let organization = Organization::default();
        for (reference, written, told) in [
            (
                "System.Title",
                json!("  Pay by card "),
                json!("Pay by card"),
            ),
            ("System.Title", json!(7), json!("7")),
            ("Microsoft.VSTS.Common.Priority", json!("3"), json!(3)),
            ("Microsoft.VSTS.Common.Priority", json!(3.0), json!(3)),
            (
                "Microsoft.VSTS.Scheduling.StoryPoints",
                json!("5"),
                json!(5.0),
            ),
            ("System.AreaPath", json!("web shop"), json!("Web Shop")),
            (
                "System.Description",
                json!("<p>a&#39;b</p>"),
                json!("<p>a'b </p>"),
            ),
            (
                "Microsoft.VSTS.TCM.Steps",
                json!("<steps id=\"0\"/>"),
                json!("<steps id=\"0\"/>"),
            ),
            (
                "Microsoft.VSTS.Scheduling.StartDate",
                json!("2026-03-01T10:00:00.008Z"),
                json!("2026-03-01T10:00:00.007Z"),
            ),
        ] {
            let field = organization
                .fields
                .get(organization.fields.find(reference).unwrap());
            let value = organization
                .read_value(field, &written, -1, false)
                .unwrap()
                .unwrap();
            assert_eq!(
                organization.value_json(&value),
                told,
                "{reference} {written}"
            );
        }
    }

    #[test]
    fn values_of_the_wrong_kind_are_refused_with_the_rule_that_broke() {
        let organization = Organization::default();
        for (reference, written, part) in [
            ("System.Title", json!("x".repeat(256)), "InvalidTooLong"),
            ("System.Title", json!("two\nlines"), "InvalidCharacters"),
            ("System.Title", json!({}), "InvalidType"),
            (
                "Microsoft.VSTS.Common.Priority",
                json!("high"),
                "InvalidType",
            ),
            ("Microsoft.VSTS.Common.Priority", json!(1.5), "InvalidType"),
            (
                "Microsoft.VSTS.Scheduling.StartDate",
                json!("soon"),
                "InvalidDate",
            ),
            ("System.AreaPath", json!("Web Shop\\Nowhere"), "TF401347"),
            ("System.AssignedTo", json!("Nobody"), "unknown identity"),
            (
                "System.Description",
                json!("x".repeat(1_048_577)),
                "InvalidTooLong",
            ),
        ] {
            let field = organization
                .fields
                .get(organization.fields.find(reference).unwrap());
            let error = organization
                .read_value(field, &written, -1, false)
                .unwrap_err();
            assert!(
                error.message().contains(part),
                "{reference}: {}",
                error.message()
            );
        }
    }

    #[test]
    fn null_and_blank_text_mean_empty() {
        let organization = Organization::default();
        let field = organization
            .fields
            .get(crate::sandbox::azure_devops::field::TITLE);
        for written in [json!(null), json!(""), json!("  ")] {
            assert_eq!(
                organization.read_value(field, &written, -1, false),
                Ok(None)
            );
        }
    }
}
