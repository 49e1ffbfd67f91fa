//! Configuration resources: what manifests declare beside items, and the steps that make it so.
//!
//! They run before any item. Each kind of resource is a variant of [`Resource`] (what was observed and is
//! wanted) and of [`ConfigurationOperation`] (what is to be done).

use sha2::{Digest, Sha256};

use super::custom_field::{Assessment, Piece, custom_field_address};
use super::hex::hex;
use crate::model::Name;
use crate::model::config::{Connection, CustomField, FieldMapping, RowSource, RowTarget};
use crate::remote::{IntegrationMapping, IntegrationSettings, Process};

/// A resource with what was observed of it.
#[derive(Clone, Debug)]
pub struct ConfigurationInput<'a> {
    /// The connection that it belongs to.
    pub connection: &'a Connection,
    /// What it is.
    pub resource: Resource,
    /// Whether a write to it was sent and not answered.
    pub settling: bool,
}

/// A kind of configuration resource: what is declared, and what is there.
#[derive(Clone, Debug)]
pub enum Resource {
    /// TestWorthy's own Azure DevOps settings (`integration: manage`).
    Integration {
        /// What the manifests declare.
        declared: IntegrationSettings,
        /// The configurations that the server has, those of others included; or why it does not let
        /// them be managed.
        observed: Result<Vec<IntegrationSettings>, String>,
    },
    /// A field that must exist in Azure DevOps.
    CustomField {
        /// What the manifests declare.
        declared: CustomField,
        /// The process that the project uses.
        process: Process,
        /// What is missing, and what is worth knowing.
        assessment: Assessment,
        /// Digest of what was seen of the field; `None` if there is none yet.
        seen: Option<String>,
    },
}

impl ConfigurationInput<'_> {
    /// The resource's address.
    pub fn address(&self) -> String {
        match &self.resource {
            Resource::Integration { .. } => integration_address(&self.connection.name),
            Resource::CustomField { declared, .. } => custom_field_address(&declared.name),
        }
    }
}

/// One step over a configuration resource.
#[derive(Clone, Debug)]
pub struct ConfigurationStep {
    /// Index into the plan's changes.
    pub change: usize,
    /// The connection that it belongs to.
    pub connection: Name,
    /// The resource's address.
    pub address: String,
    /// The work.
    pub operation: ConfigurationOperation,
}

/// The work of one configuration step.
#[derive(Clone, Debug)]
pub enum ConfigurationOperation {
    /// Creates or replaces the configuration that carries the connection's name.
    PutIntegration {
        /// Digest of what was there when it was planned ([`integration_digest`]); a difference makes it
        /// stale.
        expected: String,
        /// What is to be there.
        settings: IntegrationSettings,
    },
    /// Makes what is missing of a field, piece by piece.
    PutCustomField {
        /// What is to be there.
        declared: CustomField,
        /// The process that was looked at.
        process: Process,
        /// What may be made; a difference that needs more makes it stale.
        missing: Vec<Piece>,
    },
}

impl ConfigurationOperation {
    /// Digest of what would be sent (lower-case hex of SHA-256).
    pub fn payload_digest(&self) -> String {
        let mut hash = Sha256::new();
        match self {
            Self::PutIntegration { expected, settings } => {
                hash.update(expected.as_bytes());
                hash.update(integration_digest(Some(settings)).as_bytes());
            }
            Self::PutCustomField {
                declared,
                process,
                missing,
            } => {
                hash.update(process.id.as_bytes());
                for piece in missing {
                    hash.update(piece.told(declared).as_bytes());
                    hash.update([0]);
                }
            }
        }
        hex(&hash.finalize())
    }
}

/// `Connection/NAME/integration`.
pub fn integration_address(connection: &Name) -> String {
    format!("Connection/{connection}/integration")
}

/// What the manifests declare for TestWorthy's settings: the connection's own places, and the field pairs
/// of the mappings that its rules use. Rows with a constant have no field in TestWorthy.
pub fn declared_integration<'m>(
    connection: &Connection,
    project_id: u64,
    mappings: impl IntoIterator<Item = &'m FieldMapping>,
) -> IntegrationSettings {
    let rows = mappings.into_iter().flat_map(|mapping| &mapping.rows);
    let mut mappings: Vec<IntegrationMapping> = rows
        .filter_map(|row| {
            let RowSource::Field(testworthy) = &row.source else {
                return None;
            };
            let azure_devops = match &row.target {
                RowTarget::Field(name) => name.as_str(),
                RowTarget::Tag(_) | RowTarget::TagPrefix(_) => "System.Tags",
            };
            Some(IntegrationMapping {
                testworthy: testworthy.clone(),
                azure_devops: azure_devops.to_owned(),
            })
        })
        .collect();
    mappings.sort();
    mappings.dedup();
    let organization = connection.azure_devops.organization_url.as_str();
    IntegrationSettings {
        name: connection.name.to_string(),
        project_id,
        organization_url: organization.trim_end_matches('/').to_owned(),
        project: connection.azure_devops.project.clone(),
        mappings,
        has_personal_access_token: false,
    }
}

/// Digest of a configuration, or of there being none (16 hexadecimal digits). The token is no part of it:
/// entering one changes nothing that Accord declares.
pub fn integration_digest(settings: Option<&IntegrationSettings>) -> String {
    let mut hash = Sha256::new();
    let mut feed = |text: &str| {
        hash.update((text.len() as u64).to_be_bytes());
        hash.update(text.as_bytes());
    };
    if let Some(settings) = settings {
        feed(&settings.name);
        feed(&settings.project_id.to_string());
        feed(settings.organization());
        feed(&settings.project);
        for (testworthy, targets) in settings.targets() {
            for azure_devops in targets {
                feed(testworthy);
                feed(azure_devops);
            }
        }
    }
    hex(&hash.finalize())[..16].to_owned()
}

/// The configurations among `all` that carry the name and the project of `declared`.
pub fn own_integrations<'s>(
    all: &'s [IntegrationSettings],
    declared: &IntegrationSettings,
) -> Vec<&'s IntegrationSettings> {
    all.iter()
        .filter(|one| one.name == declared.name && one.project_id == declared.project_id)
        .collect()
}
