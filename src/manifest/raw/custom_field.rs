//! `CustomField`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Scalar;

super::manifest! {
    /// An Azure DevOps field that must exist on work item types of an inherited process.
    CustomField, CustomFieldWord, CustomFieldSpec
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct CustomFieldSpec {
    /// The connection to whose organisation the field belongs.
    #[schemars(length(min = 1))]
    pub(crate) connection: String,
    /// The field's reference name, for example `Custom.TestData`.
    #[schemars(length(min = 1))]
    pub(crate) reference_name: String,
    /// The field's display name.
    #[schemars(length(min = 1, max = 128))]
    pub(crate) name: String,
    /// The field's type: `string`, `text`, `html`, `integer`, `double`, `boolean`, `dateTime`,
    /// `identity` or `picklist`.
    #[serde(rename = "type")]
    pub(crate) field_type: CustomFieldType,
    /// The work item types that carry the field, each by its name.
    #[schemars(length(min = 1))]
    pub(crate) work_item_types: Vec<String>,
    /// The values of a picklist: all texts, or all numbers. Values that the field has besides are reported
    /// and never removed.
    #[serde(default)]
    pub(crate) allowed_values: Vec<Scalar>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) enum CustomFieldType {
    String,
    Text,
    Html,
    Integer,
    Double,
    Boolean,
    DateTime,
    Identity,
    Picklist,
}
