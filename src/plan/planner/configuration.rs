//! Configuration resources: what is declared against what is there.

use std::collections::{BTreeMap, BTreeSet};

use super::collector::origin_entry;
use super::{RuleOutput, custom_field};
use crate::diagnostics::Code;
use crate::diagnostics::catalog::sync as codes;
use crate::model::config::Origin;
use crate::model::{System, Value};
use crate::plan::configuration::{
    ConfigurationInput, ConfigurationOperation, ConfigurationStep, Resource, integration_address,
    integration_digest, own_integrations,
};
use crate::plan::{Action, Change, FieldChange, ItemRef, PlanFinding, Precondition, Reason};
use crate::remote::IntegrationSettings;

/// Plans every resource, in the order of the connections' names and their own addresses.
pub(super) fn plan_configuration(
    inputs: &[ConfigurationInput<'_>],
    output: &mut RuleOutput,
) -> Vec<ConfigurationStep> {
    let mut inputs: Vec<&ConfigurationInput<'_>> = inputs.iter().collect();
    inputs.sort_by_cached_key(|input| (input.connection.name.clone(), input.address()));
    let mut steps = Vec::new();
    for input in inputs {
        match &input.resource {
            Resource::Integration { declared, observed } => {
                steps.extend(integration(input, declared, observed, output));
            }
            Resource::CustomField {
                declared,
                process,
                assessment,
                seen,
            } => {
                let seen = seen.as_deref();
                let step = custom_field::plan(input, declared, process, assessment, seen, output);
                steps.extend(step);
            }
        }
    }
    steps
}

/// A resource that the manifests declare, as a change of the plan.
pub(super) struct Declared<'a> {
    pub(super) input: &'a ConfigurationInput<'a>,
    pub(super) address: String,
    /// Where it is to be.
    pub(super) system: System,
    pub(super) origin: &'a Origin,
}

impl Declared<'_> {
    pub(super) fn tell(&self, output: &mut RuleOutput, code: Code, message: String) {
        output.findings.push(PlanFinding {
            code: code.code.to_owned(),
            severity: code.severity.as_str().to_owned(),
            address: self.address.clone(),
            message,
            origin: Some(origin_entry(self.origin)),
        });
    }

    /// The step that makes or changes it; `seen` is the digest of what is there, if anything is. None while
    /// an earlier write may still land.
    pub(super) fn put(
        &self,
        output: &mut RuleOutput,
        seen: Option<&str>,
        fields: Vec<FieldChange>,
        operation: ConfigurationOperation,
    ) -> Option<ConfigurationStep> {
        if self.input.settling {
            let message = "a write of it was sent and not answered; it is looked at again once it can no longer land";
            self.tell(output, &codes::SETTLING, message.to_owned());
            return None;
        }
        let (action, reason, precondition) = match seen {
            Some(digest) => (
                Action::Update,
                Reason::DeclarationDiffers,
                Precondition::Fingerprint(digest.to_owned()),
            ),
            None => (
                Action::Create,
                Reason::MissingOnTarget,
                Precondition::Absent,
            ),
        };
        let change = output.changes.len();
        output.changes.push(Change {
            address: self.address.clone(),
            system: self.system,
            action,
            reason,
            item: ItemRef::default(),
            fields,
            precondition: Some(precondition),
            origin: origin_entry(self.origin),
        });
        Some(ConfigurationStep {
            change,
            connection: self.input.connection.name.clone(),
            address: self.address.clone(),
            operation,
        })
    }
}

fn integration(
    input: &ConfigurationInput<'_>,
    declared: &IntegrationSettings,
    observed: &Result<Vec<IntegrationSettings>, String>,
    output: &mut RuleOutput,
) -> Option<ConfigurationStep> {
    let resource = Declared {
        input,
        address: integration_address(&input.connection.name),
        system: System::TestWorthy,
        origin: &input.connection.origin,
    };
    let mut tell = |code, message| resource.tell(output, code, message);
    let all = match observed {
        Ok(all) => all,
        Err(reason) => {
            let message = format!(
                "{reason}; everything else of the plan goes on. Set `integration: ignore`, or ask for a server that lets the settings be managed"
            );
            tell(&codes::INTEGRATION_REFUSED, message);
            return None;
        }
    };
    let own = own_integrations(all, declared);
    if own.len() > 1 {
        let message = format!(
            "TestWorthy has {} Azure DevOps configurations named `{}` in project {}, and it is not certain which one is this connection's; remove all but one in Settings > Integrations",
            own.len(),
            declared.name,
            declared.project_id
        );
        tell(&codes::INTEGRATION_REFUSED, message);
        return None;
    }
    let own = own.first().copied();
    if !own.is_some_and(|own| own.has_personal_access_token) {
        let message = format!(
            "TestWorthy's configuration `{}` has no personal access token: a person enters it in Settings > Integrations > Azure DevOps of TestWorthy, because Accord never sends one there",
            declared.name
        );
        tell(&codes::INTEGRATION_TOKEN, message);
    }
    if own.is_some_and(|own| own.agrees_with(declared)) {
        return None;
    }
    let expected = integration_digest(own);
    let operation = ConfigurationOperation::PutIntegration {
        expected: expected.clone(),
        settings: declared.clone(),
    };
    let seen = own.map(|_| expected.as_str());
    resource.put(output, seen, fields(own, declared), operation)
}

/// What would change, field by field; mapping rows in the order of their names.
fn fields(own: Option<&IntegrationSettings>, declared: &IntegrationSettings) -> Vec<FieldChange> {
    let now = own.map(values).unwrap_or_default();
    let then = values(declared);
    let paths: BTreeSet<&(u8, String)> = now.keys().chain(then.keys()).collect();
    paths
        .into_iter()
        .filter_map(|path| {
            let (before, after) = (now.get(path), then.get(path));
            let value = |side: Option<&String>| side.map_or(Value::Null, Value::text);
            (before != after)
                .then(|| FieldChange::between(&path.1, &value(before), &value(after), false))
        })
        .collect()
}

/// Values by path, the fixed ones first.
fn values(settings: &IntegrationSettings) -> BTreeMap<(u8, String), String> {
    let mut values = BTreeMap::from([
        ((0, "name".to_owned()), settings.name.clone()),
        (
            (1, "organizationUrl".to_owned()),
            settings.organization().to_owned(),
        ),
        ((2, "project".to_owned()), settings.project.clone()),
    ]);
    for (testworthy, targets) in settings.targets() {
        let targets: Vec<&str> = targets.into_iter().collect();
        values.insert((3, format!("mappings[{testworthy}]")), targets.join(", "));
    }
    values
}
