//! Which field of a case corresponds to which field of a work item, and how values translate.

use indexmap::IndexMap;
use serde::Serialize;

use super::{Origin, Winner};
use crate::model::{Direction, Name, Value};

/// A checked `FieldMapping` between cases and one work item type.
#[derive(Clone, Debug)]
pub struct FieldMapping {
    /// `metadata.name`.
    pub name: Name,
    /// The work item type, for example `Test Case`.
    pub work_item_type: String,
    /// Rows in the order of the manifest; names are unique.
    pub rows: Vec<Row>,
    /// Where it is declared.
    pub origin: Origin,
}

/// One row of a mapping.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Row {
    /// `id`, else the TestWorthy name, else the Azure DevOps reference name.
    pub name: String,
    /// The TestWorthy end.
    pub source: RowSource,
    /// The Azure DevOps end.
    pub target: RowTarget,
    /// Narrower than the rule's direction, if given.
    pub direction: Option<Direction>,
    /// `as`, if given; else it follows from the Azure DevOps field's type.
    pub codec: Option<Codec>,
    /// `values`, `reverse`, `unmapped`, if any is given.
    pub values: Option<ValueMap>,
    /// Written when an item is created and never compared afterwards.
    pub on_create: bool,
    /// Values are left out of plans.
    pub sensitive: bool,
    /// For `as: state`: the reason that goes with a state, by the state's name.
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    pub reasons: IndexMap<String, String>,
    /// Who is right where both sides changed it; not part of what a value means.
    #[serde(skip)]
    pub conflict: Option<Winner>,
    /// Lint findings that somebody accepted; not part of its meaning.
    #[serde(skip)]
    pub allow: Vec<Allow>,
    /// Where it is declared; not part of its meaning.
    #[serde(skip)]
    pub origin: Origin,
}

/// A lint finding that somebody accepted for one row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allow {
    /// The finding's code, for example `L08`.
    pub code: String,
    /// Why it is right here.
    pub reason: String,
}

/// The TestWorthy end of a row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum RowSource {
    /// A case field by its manifest name.
    Field(String),
    /// A fixed value for the Azure DevOps field.
    Constant(Value),
    /// A value computed from the fields of the case.
    Expression(String),
}

/// The Azure DevOps end of a row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum RowTarget {
    /// A field by its reference name.
    Field(String),
    /// Presence of one tag in `System.Tags`.
    Tag(String),
    /// The tags that begin with this prefix; the row owns them and no others.
    TagPrefix(String),
}

/// How a row's values are read and written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Codec {
    /// One line or plain long text.
    Text,
    /// A number.
    Number,
    /// True or false.
    Boolean,
    /// One of a list.
    Picklist,
    /// An instant.
    DateTime,
    /// A set of texts.
    Set,
    /// Formatted text.
    RichText,
    /// Test steps.
    Steps,
    /// A path of sections, areas or iterations.
    Path,
    /// A person.
    User,
    /// A state of the work item type's workflow.
    State,
    /// Test parameters with their values.
    Parameters,
}

impl Codec {
    /// The word that manifests use for it.
    pub fn key(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Number => "number",
            Self::Boolean => "boolean",
            Self::Picklist => "picklist",
            Self::DateTime => "dateTime",
            Self::Set => "set",
            Self::RichText => "richText",
            Self::Steps => "steps",
            Self::Path => "path",
            Self::User => "user",
            Self::State => "state",
            Self::Parameters => "parameters",
        }
    }
}

/// A table between TestWorthy values and Azure DevOps values.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ValueMap {
    /// TestWorthy value to Azure DevOps value, in the order of the manifest.
    pub values: IndexMap<String, Value>,
    /// Azure DevOps value (as its text) to TestWorthy value, for values that `values` cannot reach
    /// or that several reach.
    pub reverse: IndexMap<String, Value>,
    /// What happens to a value without an entry.
    pub unmapped: Unmapped,
}

/// What happens to a value without an entry in the value map.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Unmapped {
    /// The field waits and a finding says so.
    Hold,
    /// The whole item waits.
    SkipItem,
    /// This value is used instead.
    Use(Value),
}
