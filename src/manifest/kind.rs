//! The kinds of documents.

use crate::diagnostics;

/// The version of the manifest format.
pub const API_VERSION: &str = "accord/v1";

/// What a document declares.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Settings of the project.
    Project,
    /// A TestWorthy project and an Azure DevOps project, with the references to their credentials.
    Connection,
    /// A field that must exist in Azure DevOps.
    CustomField,
    /// Which fields correspond, and how values translate.
    FieldMapping,
    /// Which items are kept in step, and which way.
    SyncRule,
    /// Examples that a mapping must fulfil.
    MappingTest,
}

impl Kind {
    /// All kinds, in the order of the manifest reference.
    pub const ALL: [Self; 6] = [
        Self::Project,
        Self::Connection,
        Self::CustomField,
        Self::FieldMapping,
        Self::SyncRule,
        Self::MappingTest,
    ];

    /// The word behind `kind:`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Project => "Project",
            Self::Connection => "Connection",
            Self::CustomField => "CustomField",
            Self::FieldMapping => "FieldMapping",
            Self::SyncRule => "SyncRule",
            Self::MappingTest => "MappingTest",
        }
    }

    /// The name of its schema file without `.schema.json`.
    pub fn file_stem(self) -> &'static str {
        match self {
            Self::Project => "project",
            Self::Connection => "connection",
            Self::CustomField => "custom-field",
            Self::FieldMapping => "field-mapping",
            Self::SyncRule => "sync-rule",
            Self::MappingTest => "mapping-test",
        }
    }

    /// The kind with exactly this name.
    pub fn find(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// The kind that a misspelt name was probably meant to be.
    pub fn nearest(name: &str) -> Option<&'static str> {
        diagnostics::nearest(name, Self::ALL.into_iter().map(Self::name))
    }
}
