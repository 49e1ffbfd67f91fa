//! The checked configuration: what the manifests of a project mean, references resolved, defaults
//! filled in, nothing left that could be wrong without asking a server.

mod connection;
mod custom_field;
mod field_mapping;
mod mapping_test;
mod operation;
mod project;
mod sync_rule;

use std::collections::BTreeMap;

pub use connection::{
    AzureDevOpsConnection, AzureDevOpsCredential, Connection, Integration, SecretRef,
    TestWorthyConnection, TestWorthySurface, TextOrSecret, WorkloadIdentity,
};
pub use custom_field::{CustomField, CustomFieldType};
pub use field_mapping::{
    Allow, Codec, FieldMapping, Row, RowSource, RowTarget, Unmapped, ValueMap,
};
pub use mapping_test::{Example, MappingTest};
pub use operation::{OPERATIONS, Operation, Operations};
pub use project::{ChangeLimit, Project, Safety, StateLocation};
pub use sync_rule::{
    AzureDevOpsScope, Conflicts, CreateIn, DeletedCase, DeletedWorkItem, DriftPolicy, MatchBy,
    NEVER_RECYCLED, Scope, SyncRule, TestWorthyScope, WhenDeleted, Winner,
};

use super::Name;

/// Everything that one project declares.
#[derive(Clone, Debug)]
pub struct Config {
    /// `accord.yaml`, or its defaults.
    pub project: Project,
    /// Connections by name.
    pub connections: BTreeMap<Name, Connection>,
    /// Fields that must exist in Azure DevOps, by name.
    pub custom_fields: BTreeMap<Name, CustomField>,
    /// Field mappings by name.
    pub mappings: BTreeMap<Name, FieldMapping>,
    /// Sync rules by name.
    pub rules: BTreeMap<Name, SyncRule>,
    /// Examples for field mappings by name of the document.
    pub mapping_tests: BTreeMap<Name, MappingTest>,
    /// Digest over the manifests (lower-case hex of SHA-256 over paths and contents, sorted by path).
    pub digest: String,
    /// How many manifest files were read: far fewer than at the last apply blocks creates and deletes.
    pub files: usize,
}

/// Where a declaration stands, for plans and messages.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Origin {
    /// Path below the project's folder, with `/`.
    pub file: String,
    /// Line, from 1.
    pub line: u32,
}
