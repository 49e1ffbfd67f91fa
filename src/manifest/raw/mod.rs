//! Manifests as they are written: the types that the schemas are generated from. Every key has a
//! description, and a default unless it is required.

mod connection;
mod custom_field;
mod field_mapping;
mod mapping_test;
mod project;
mod sync_rule;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

pub(crate) use connection::{
    Connection, ConnectionSpec, IntegrationMode, RawAzureDevOps, RawTestWorthy, SecretSource,
    Surface, TextOrSecret,
};
pub(crate) use custom_field::{CustomField, CustomFieldSpec, CustomFieldType};
pub(crate) use field_mapping::{As, FieldMapping, FieldMappingSpec, RawRow, RecordType};
pub(crate) use mapping_test::{MappingTest, MappingTestSpec, RawExample};
pub(crate) use project::{Project, ProjectSpec, RawGit, RawState};
pub(crate) use sync_rule::{
    Create, DeletedInAzureDevOps, DeletedInTestWorthy, Drift, Match, RawCreateIn, RawScope,
    SyncRule, SyncRuleSpec,
};

/// Declares the outer shape of a kind. The word behind `kind` is a type of its own, so that the schema
/// fixes it.
macro_rules! manifest {
    ($(#[$doc:meta])* $name:ident, $word:ident, $spec:ident $(, #[$default:meta])?) => {
        $(#[$doc])*
        #[derive(Debug, serde::Deserialize, schemars::JsonSchema)]
        #[serde(deny_unknown_fields, rename_all = "camelCase")]
        pub(crate) struct $name {
            /// The version of the manifest format.
            #[expect(dead_code, reason = "checked before the document is read")]
            pub(crate) api_version: $crate::manifest::raw::ApiVersion,
            /// What the document declares.
            #[expect(dead_code, reason = "checked before the document is read")]
            pub(crate) kind: $word,
            /// What identifies the document.
            #[expect(dead_code, reason = "read for every kind in one place")]
            pub(crate) metadata: $crate::manifest::raw::Metadata,
            /// What is declared.
            $(#[$default])?
            pub(crate) spec: $spec,
        }

        #[derive(Debug, serde::Deserialize, schemars::JsonSchema)]
        pub(crate) enum $word {
            $name,
        }
    };
}
use manifest;

#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) enum ApiVersion {
    #[serde(rename = "accord/v1")]
    V1,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Metadata {
    /// The document's name, unique in its kind: a DNS label (lower-case letters, digits and `-`).
    #[expect(dead_code, reason = "read for every kind in one place")]
    #[schemars(regex(pattern = r"^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$"))]
    pub(crate) name: String,
}

/// Which way values flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(inline)]
pub(crate) enum RawDirection {
    ToAzureDevOps,
    ToTestWorthy,
    TwoWay,
}

impl From<RawDirection> for crate::model::Direction {
    fn from(direction: RawDirection) -> Self {
        match direction {
            RawDirection::ToAzureDevOps => Self::ToAzureDevOps,
            RawDirection::ToTestWorthy => Self::ToTestWorthy,
            RawDirection::TwoWay => Self::TwoWay,
        }
    }
}

/// Who wins when both sides changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Winner {
    #[serde(rename = "testworthy")]
    TestWorthy,
    AzureDevOps,
    Latest,
    Merge,
    Manual,
}

impl From<Winner> for crate::model::config::Winner {
    fn from(winner: Winner) -> Self {
        match winner {
            Winner::TestWorthy => Self::TestWorthy,
            Winner::AzureDevOps => Self::AzureDevOps,
            Winner::Latest => Self::Latest,
            Winner::Merge => Self::Merge,
            Winner::Manual => Self::Manual,
        }
    }
}

/// A text, a number, or true or false.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(transparent)]
pub(crate) struct Scalar(pub(crate) serde_json::Value);

impl JsonSchema for Scalar {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Scalar".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": ["string", "number", "boolean"] })
    }
}

/// A scalar, nothing, or a list of texts.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(transparent)]
pub(crate) struct ScalarOrList(pub(crate) serde_json::Value);

impl JsonSchema for ScalarOrList {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "ScalarOrList".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": ["string", "number", "boolean", "array", "null"],
            "items": { "type": "string" }
        })
    }
}
