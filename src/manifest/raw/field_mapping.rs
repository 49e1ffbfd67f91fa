//! `FieldMapping`.

use indexmap::IndexMap;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use super::{RawDirection, Scalar, Winner};

super::manifest! {
    /// Which fields of a TestWorthy record and of a work item type correspond, and how values
    /// translate.
    FieldMapping, FieldMappingWord, FieldMappingSpec
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct FieldMappingSpec {
    /// The TestWorthy record: `TestCase`, `Defect` or `TestResult`.
    pub(crate) testworthy: RecordType,
    /// The work item type, for example `Test Case`.
    #[serde(rename = "azureDevOps")]
    #[schemars(length(min = 1))]
    pub(crate) azure_devops: String,
    /// The rows of the mapping.
    #[schemars(length(min = 1))]
    pub(crate) fields: Vec<RawRow>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
pub(crate) enum RecordType {
    TestCase,
    Defect,
    TestResult,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct RawRow {
    /// The row's name; by default the TestWorthy field, else the Azure DevOps field.
    #[serde(default)]
    #[schemars(length(min = 1))]
    pub(crate) id: Option<String>,
    /// A field of the TestWorthy record. Exactly one of `testworthy`, `constant` and `expression`.
    #[serde(default)]
    pub(crate) testworthy: Option<String>,
    /// A fixed value for the Azure DevOps field.
    #[serde(default)]
    pub(crate) constant: Option<Scalar>,
    /// An expression over TestWorthy fields.
    #[serde(default)]
    #[schemars(length(min = 1, max = 2048))]
    pub(crate) expression: Option<String>,
    /// Reference name of the Azure DevOps field, for example `System.Title`.
    #[serde(rename = "azureDevOps")]
    #[schemars(length(min = 1))]
    pub(crate) azure_devops: String,
    /// How values are read and written: `text`, `richText`, `steps`, `number`, `boolean`, `dateTime`,
    /// `set`, `path`, `user`, `state`, `picklist` or `parameters`. By default it follows from the type
    /// of the Azure DevOps field.
    #[serde(default, rename = "as")]
    pub(crate) codec: Option<As>,
    /// Narrower than the rule's direction: `toAzureDevOps` or `toTestWorthy`. By default the rule's; `twoWay`
    /// says that the row must be able to come back, and needs a two-way rule.
    #[serde(default)]
    pub(crate) direction: Option<RawDirection>,
    /// TestWorthy value to Azure DevOps value.
    #[serde(default)]
    #[schemars(extend("minProperties" = 1))]
    pub(crate) values: Option<IndexMap<String, Scalar>>,
    /// Azure DevOps value to TestWorthy value, for values that `values` does not reach or that several
    /// of its entries reach.
    #[serde(default)]
    pub(crate) reverse: Option<IndexMap<String, Scalar>>,
    /// What happens to a value without an entry: `hold` (the field waits and a finding says so),
    /// `skipItem`, or `{ use: VALUE }`. With `values` the default is `hold`.
    #[serde(default)]
    #[schemars(extend("default" = "hold"))]
    pub(crate) unmapped: Option<UnmappedChoice>,
    /// On System.Tags: true is the presence of this tag.
    #[serde(default)]
    #[schemars(length(min = 1))]
    pub(crate) tag: Option<String>,
    /// On System.Tags: the row owns the tags that begin with this.
    #[serde(default)]
    #[schemars(length(min = 1))]
    pub(crate) prefix: Option<String>,
    /// Whether the value is written when an item is created and never compared afterwards.
    #[serde(default)]
    pub(crate) on_create: bool,
    /// Whether values are left out of plans.
    #[serde(default)]
    pub(crate) sensitive: bool,
    /// In two-way rules: who is right where both sides were edited: `testworthy`, `azureDevOps`, `latest`,
    /// `merge` (texts, steps and sets) or `manual`. By default the rule's `conflicts.default`; what the rule
    /// says of this row goes first.
    #[serde(default)]
    pub(crate) conflict: Option<Winner>,
    /// With `as: state`: the reason that goes with a state, by the state's name. Without one Azure DevOps
    /// takes the usual reason of the transition.
    #[serde(default)]
    #[schemars(extend("minProperties" = 1))]
    pub(crate) reasons: Option<IndexMap<String, String>>,
    /// Lint findings that are accepted for this row.
    #[serde(default)]
    pub(crate) allow: Vec<RawAllow>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) enum As {
    Text,
    RichText,
    Steps,
    Number,
    Boolean,
    DateTime,
    Set,
    Path,
    User,
    State,
    Picklist,
    Parameters,
}

#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct RawAllow {
    /// The finding's code, for example `L08`.
    #[schemars(length(min = 1))]
    pub(crate) code: String,
    /// Why it is right here.
    #[schemars(length(min = 1))]
    pub(crate) reason: String,
}

/// `hold`, `skipItem` or `{ use: VALUE }`. The reader looks at it only after the schema accepted it.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(transparent)]
pub(crate) struct UnmappedChoice(pub(crate) serde_json::Value);

impl JsonSchema for UnmappedChoice {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "UnmappedChoice".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": ["string", "object"],
            "pattern": "^(hold|skipItem)$",
            "properties": {
                "use": {
                    "type": ["string", "number", "boolean"],
                    "description": "The value that stands for every value without an entry."
                }
            },
            "required": ["use"],
            "additionalProperties": false
        })
    }
}
