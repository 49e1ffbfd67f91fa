//! Configuration resources: what the manifests declare, and reading what is there.

use std::collections::BTreeSet;

use super::connect::{endpoints, remote_error};
use super::custom_field::{AwaitedField, Forms};
use super::error::ReconcileError;
use super::{Context, custom_field};
use crate::model::Name;
use crate::model::config::{Config, Connection, Integration, TestWorthySurface};
use crate::plan::configuration::{
    ConfigurationInput, Resource, declared_integration as declare, integration_address,
};
use crate::plan::{PlanFinding, glob};
use crate::remote::{IntegrationSettings, RemoteErrorKind};
use crate::store::IntentKind;

/// What a connection's manifests declare for TestWorthy's own Azure DevOps settings; `None` unless they
/// are managed.
pub fn declared_integration(
    config: &Config,
    connection: &Connection,
) -> Option<IntegrationSettings> {
    let TestWorthySurface::V1 { project_id, .. } = connection.testworthy.surface else {
        return None;
    };
    if connection.testworthy.integration == Integration::Ignore {
        return None;
    }
    let rules = config.rules.values();
    let used: BTreeSet<&Name> = rules
        .filter(|rule| rule.connection == connection.name)
        .map(|rule| &rule.mapping)
        .collect();
    let mappings = used
        .into_iter()
        .filter_map(|name| config.mappings.get(name));
    Some(declare(connection, project_id, mappings))
}

/// What was observed of the configuration.
#[derive(Clone)]
pub(super) struct Configuration<'a> {
    /// Every declared resource that `only` selects.
    pub(super) inputs: Vec<ConfigurationInput<'a>>,
    /// Declared fields that are not all there yet.
    pub(super) awaited: Vec<AwaitedField>,
    /// Forms that were read meanwhile.
    pub(super) forms: Forms,
    /// What is worth telling though nothing declares it any more.
    pub(super) findings: Vec<PlanFinding>,
}

/// Reads every declared resource that `only` selects. [`ReconcileError::Findings`] if a declared field
/// cannot be had.
pub(super) async fn observe<'a>(
    context: &Context<'a>,
    only: &[String],
) -> Result<Configuration<'a>, ReconcileError> {
    let fields = custom_field::observe(context, only).await?;
    if !fields.refused.is_empty() {
        return Err(ReconcileError::Findings(fields.refused));
    }
    let mut inputs = fields.inputs;
    inputs.extend(integrations(context, only).await?);
    let mut findings = Vec::new();
    if only.is_empty() {
        let made = context.store.made_fields().await?;
        let gone = custom_field::undeclared(context.config, made);
        findings.extend(gone.iter().map(custom_field::removed));
    }
    Ok(Configuration {
        inputs,
        awaited: fields.awaited,
        forms: fields.forms,
        findings,
    })
}

async fn integrations<'a>(
    context: &Context<'a>,
    only: &[String],
) -> Result<Vec<ConfigurationInput<'a>>, ReconcileError> {
    let mut inputs = Vec::new();
    for connection in context.config.connections.values() {
        let Some(declared) = declared_integration(context.config, connection) else {
            continue;
        };
        if !glob::selects(only, &integration_address(&connection.name)) {
            continue;
        }
        let readers = context.remotes.readers(connection)?;
        let observed = match readers.testworthy.integrations().await {
            Ok(all) => Ok(all),
            Err(error) => match &error.kind {
                RemoteErrorKind::Unsupported { .. } => Err(format!(
                    "TestWorthy at {} does not offer its Azure DevOps settings",
                    connection.testworthy.url
                )),
                RemoteErrorKind::Forbidden { reason } => Err(format!(
                    "TestWorthy at {} does not let this token see its Azure DevOps settings ({reason})",
                    connection.testworthy.url
                )),
                _ => return Err(remote_error(connection, error)),
            },
        };
        let now = context.clock.now();
        let intents = context.store.open_intents(&endpoints(connection)).await?;
        let settling = intents.iter().any(|intent| {
            intent.kind == IntentKind::PutIntegration
                && intent.rule == connection.name
                && intent.settles_at > now
        });
        inputs.push(ConfigurationInput {
            connection,
            resource: Resource::Integration { declared, observed },
            settling,
        });
    }
    Ok(inputs)
}
