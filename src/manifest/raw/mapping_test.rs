//! `MappingTest`.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{RawDirection, ScalarOrList};

super::manifest! {
    /// Examples that a field mapping must fulfil, run by `accord test` without any server.
    MappingTest, MappingTestWord, MappingTestSpec
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct MappingTestSpec {
    /// The field mapping.
    #[schemars(length(min = 1))]
    pub(crate) mapping: String,
    /// The examples.
    #[schemars(length(min = 1))]
    pub(crate) cases: Vec<RawExample>,
}

#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct RawExample {
    /// What the example shows; unique in the document.
    #[schemars(length(min = 1))]
    pub(crate) name: String,
    /// Which way: `toAzureDevOps` or `toTestWorthy`.
    pub(crate) direction: RawDirection,
    /// Field values of the source.
    pub(crate) given: IndexMap<String, ScalarOrList>,
    /// Field values of the target; other fields are not compared.
    #[serde(default)]
    pub(crate) expect: IndexMap<String, ScalarOrList>,
    /// Fields of the target that wait, because their value has no entry or cannot be kept there.
    #[serde(default)]
    pub(crate) waits: Vec<String>,
}
