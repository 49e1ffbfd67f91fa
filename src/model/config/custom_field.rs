//! A field of Azure DevOps that must exist.

use super::Origin;
use crate::model::{AzureFieldKind, Name, Number, Value};

/// A checked `CustomField`: a field of the organisation, and the work item types that carry it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CustomField {
    /// `metadata.name`.
    pub name: Name,
    /// The connection to whose organisation and project's process it belongs.
    pub connection: Name,
    /// For example `Custom.TestData`; never one of the system's.
    pub reference_name: String,
    /// The display name, for example `Test Data`.
    pub field_name: String,
    /// What it holds.
    pub field_type: CustomFieldType,
    /// Names of the work item types that carry it, in the order of the manifest, each once.
    pub work_item_types: Vec<String>,
    /// The values of a picklist in the order of the manifest, all texts or all numbers; empty for every
    /// other type.
    pub allowed_values: Vec<Value>,
    /// Where it is declared.
    pub origin: Origin,
}

/// What a custom field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CustomFieldType {
    /// A single line.
    String,
    /// Long text without markup.
    Text,
    /// Long text with markup.
    Html,
    /// A whole number.
    Integer,
    /// A number.
    Double,
    /// True or false.
    Boolean,
    /// An instant.
    DateTime,
    /// A person or group.
    Identity,
    /// One of a list: of texts, whole numbers or numbers, as the values are.
    Picklist,
}

impl CustomFieldType {
    /// The word of manifests.
    pub fn key(self) -> &'static str {
        match self {
            Self::String => "string",
            Self::Text => "text",
            Self::Html => "html",
            Self::Integer => "integer",
            Self::Double => "double",
            Self::Boolean => "boolean",
            Self::DateTime => "dateTime",
            Self::Identity => "identity",
            Self::Picklist => "picklist",
        }
    }
}

impl CustomField {
    /// The type that Azure DevOps gives the field: a picklist has that of its values.
    pub fn kind(&self) -> AzureFieldKind {
        match self.field_type {
            CustomFieldType::String => AzureFieldKind::String,
            CustomFieldType::Text => AzureFieldKind::PlainText,
            CustomFieldType::Html => AzureFieldKind::Html,
            CustomFieldType::Integer => AzureFieldKind::Integer,
            CustomFieldType::Double => AzureFieldKind::Double,
            CustomFieldType::Boolean => AzureFieldKind::Boolean,
            CustomFieldType::DateTime => AzureFieldKind::DateTime,
            CustomFieldType::Identity => AzureFieldKind::Identity,
            CustomFieldType::Picklist => {
                let whole = |value: &Value| matches!(value, Value::Number(Number::Integer(_)));
                let number = |value: &Value| matches!(value, Value::Number(_));
                if self.allowed_values.iter().all(whole) {
                    AzureFieldKind::Integer
                } else if self.allowed_values.iter().all(number) {
                    AzureFieldKind::Double
                } else {
                    AzureFieldKind::String
                }
            }
        }
    }

    /// Whether it takes its values from a picklist.
    pub fn is_picklist(&self) -> bool {
        self.field_type == CustomFieldType::Picklist
    }

    /// Whether it belongs on this work item type.
    pub fn is_on(&self, work_item_type: &str) -> bool {
        let mut types = self.work_item_types.iter();
        types.any(|declared| declared.eq_ignore_ascii_case(work_item_type))
    }

    /// Whether a row names this field.
    pub fn is_called(&self, reference_name: &str) -> bool {
        self.reference_name.eq_ignore_ascii_case(reference_name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picklist(values: &[Value]) -> CustomField {
        CustomField {
            name: Name::new("risk").unwrap(),
            connection: Name::new("web-shop").unwrap(),
            reference_name: "Custom.Risk".to_owned(),
            field_name: "Risk".to_owned(),
            field_type: CustomFieldType::Picklist,
            work_item_types: vec!["Test Case".to_owned()],
            allowed_values: values.to_vec(),
            origin: Origin {
                file: "risk.yaml".to_owned(),
                line: 1,
            },
        }
    }

    #[test]
    fn a_picklist_has_the_type_of_its_values() {
        let half = Value::Number(Number::from_f64(0.5).unwrap());
        for (values, kind) in [
            (
                vec![Value::integer(1), Value::integer(2)],
                AzureFieldKind::Integer,
            ),
            (vec![Value::integer(1), half], AzureFieldKind::Double),
            (
                vec![Value::text("1"), Value::text("2")],
                AzureFieldKind::String,
            ),
        ] {
            assert_eq!(picklist(&values).kind(), kind, "{values:?}");
        }
    }

    #[test]
    fn names_differ_in_more_than_case() {
        let field = picklist(&[Value::text("High")]);
        assert!(field.is_on("test case") && !field.is_on("Bug"));
        assert!(field.is_called("custom.risk") && !field.is_called("Custom.Risks"));
    }
}
