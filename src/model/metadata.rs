//! What Azure DevOps says about its fields and work item types.

use std::collections::BTreeMap;

use super::Value;

/// The type of an Azure DevOps field (Microsoft Learn, Fields - List, `FieldType`). Picklists arrive as
/// their base type with a flag, identities as strings with a flag.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AzureFieldKind {
    /// A single line, at most 255 characters.
    String,
    /// Long text without markup; `System.Tags` is one too.
    PlainText,
    /// Long text with markup.
    Html,
    /// Discussion.
    History,
    /// Whole number.
    Integer,
    /// Number.
    Double,
    /// Instant.
    DateTime,
    /// True or false.
    Boolean,
    /// Area or iteration path.
    TreePath,
    /// A person or group.
    Identity,
    /// GUID.
    Guid,
}

/// One field of the organisation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldDefinition {
    /// For example `Microsoft.VSTS.Common.Priority`.
    pub reference_name: String,
    /// For example `Priority`.
    pub name: String,
    /// Its type.
    pub kind: AzureFieldKind,
    /// Whether values come from a picklist.
    pub is_picklist: bool,
    /// The server's flag. Not reliable for area and iteration paths (reference: Fields - Get, samples).
    pub read_only: bool,
}

/// One work item type of a project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkItemType {
    /// For example `Test Case`.
    pub name: String,
    /// Its fields by reference name.
    pub fields: BTreeMap<String, TypeField>,
    /// Its states, in workflow order.
    pub states: Vec<WorkItemState>,
    /// The states that may follow each state; those of a new item under the empty text. `None` where the
    /// server did not tell (Microsoft Learn, Work Item Types - Get, `transitions`).
    pub transitions: Option<BTreeMap<String, Vec<String>>>,
}

/// A field on a work item type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TypeField {
    /// What the organisation says of the field.
    pub definition: FieldDefinition,
    /// Whether the server refuses an item without it.
    pub always_required: bool,
    /// The value that a new item gets.
    pub default_value: Value,
    /// The values that are allowed; empty means any.
    pub allowed_values: Vec<Value>,
}

/// A state of a work item type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkItemState {
    /// For example `Design`.
    pub name: String,
    /// Proposed, `InProgress`, Resolved, Completed or Removed.
    pub category: String,
}
