//! What an emulated organisation starts with: plain data, read from YAML by the sample loader or built
//! in a test.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// An organisation with one project.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct OrganizationSeed {
    /// The people that the organisation knows.
    pub users: Vec<UserSeed>,
    /// Personal access tokens. Without any the sandbox's own token stays in force.
    pub tokens: Vec<TokenSeed>,
    /// Area paths, for example `Web Shop\QA\Checkout`; parents are made as needed.
    pub areas: Vec<String>,
    /// Iteration paths, for example `Web Shop\Sprint 1`.
    pub iterations: Vec<String>,
    /// Fields beyond the process' own.
    pub fields: Vec<FieldSeed>,
    /// Work items.
    pub work_items: Vec<WorkItemSeed>,
}

/// A person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct UserSeed {
    /// For example `Web Shop Tester`.
    pub display_name: String,
    /// The sign-in name, an e-mail address.
    pub unique_name: String,
}

/// A personal access token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TokenSeed {
    /// The token.
    pub token: String,
    /// The sign-in name of its owner, who must be a known user.
    pub user: String,
}

/// A field beyond the process' own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FieldSeed {
    /// For example `Custom.TestData`.
    pub reference_name: String,
    /// For example `Test Data`.
    pub name: String,
    /// `string`, `plainText`, `html`, `integer`, `double`, `boolean`, `dateTime`, `guid` or `identity`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The work item types that have it, for example `Test Case`.
    pub work_item_types: Vec<String>,
    /// Whether an item cannot be saved without it.
    #[serde(default)]
    pub required: bool,
    /// The value of a new item.
    #[serde(default)]
    pub default_value: Option<Value>,
    /// The only values that it takes; empty means any.
    #[serde(default)]
    pub allowed_values: Vec<Value>,
}

/// A work item.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct WorkItemSeed {
    /// Its id; absent: the next free one.
    pub id: Option<u64>,
    /// For example `Test Case`.
    #[serde(rename = "type")]
    pub work_item_type: String,
    /// `System.Title`.
    pub title: String,
    /// `System.State`; absent: the type's initial state. Any state of the type is taken.
    pub state: Option<String>,
    /// `System.AreaPath`; absent: the project's root.
    pub area: Option<String>,
    /// `System.IterationPath`; absent: the project's root.
    pub iteration: Option<String>,
    /// Tags.
    pub tags: Vec<String>,
    /// `Microsoft.VSTS.Common.Priority`; absent: 2.
    pub priority: Option<i64>,
    /// `System.Description`, HTML.
    pub description: Option<String>,
    /// `System.AssignedTo`: a sign-in name.
    pub assigned_to: Option<String>,
    /// Any other field by reference name.
    pub fields: BTreeMap<String, Value>,
    /// Links to web addresses.
    pub hyperlinks: Vec<HyperlinkSeed>,
    /// Links to other work items, which must come before in the seed or be there.
    pub links: Vec<LinkSeed>,
}

/// A link to a web address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct HyperlinkSeed {
    /// The address.
    pub url: String,
    /// The comment on the link.
    #[serde(default)]
    pub comment: Option<String>,
}

/// A link to another work item.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LinkSeed {
    /// The relation type, for example `Microsoft.VSTS.Common.TestedBy-Reverse`.
    pub rel: String,
    /// The other item's id.
    pub to: u64,
}

/// Why a seed cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the sample data cannot be used: {0}")]
pub struct SeedError(pub String);
