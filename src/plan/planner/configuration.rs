//! Configuration resources: what is declared against what is there.

use std::collections::{BTreeMap, BTreeSet};

use super::rule::origin_entry;
use super::{RuleOutput, custom_field};
use crate::diagnostics::Code;
use crate::diagnostics::catalog::sync as codes;
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

fn integration(
    input: &ConfigurationInput<'_>,
    declared: &IntegrationSettings,
    observed: &Result<Vec<IntegrationSettings>, String>,
    output: &mut RuleOutput,
) -> Option<ConfigurationStep> {
    let address = integration_address(&input.connection.name);
    let mut tell = |code: Code, message: String| {
        output.findings.push(PlanFinding {
            code: code.code.to_owned(),
            severity: code.severity.as_str().to_owned(),
            address: address.clone(),
            message,
            origin: Some(origin_entry(&input.connection.origin)),
        });
    };
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
    if input.settling {
        let message = "a write of these settings was sent and not answered; they are looked at again once it can no longer land";
        tell(&codes::SETTLING, message.to_owned());
        return None;
    }
    let expected = integration_digest(own);
    let change = output.changes.len();
    output.changes.push(Change {
        address: address.clone(),
        system: System::TestWorthy,
        action: if own.is_some() {
            Action::Update
        } else {
            Action::Create
        },
        reason: if own.is_some() {
            Reason::DeclarationDiffers
        } else {
            Reason::MissingOnTarget
        },
        item: ItemRef::default(),
        fields: fields(own, declared),
        precondition: Some(match own {
            Some(_) => Precondition::Fingerprint(expected.clone()),
            None => Precondition::Absent,
        }),
        origin: origin_entry(&input.connection.origin),
    });
    Some(ConfigurationStep {
        change,
        connection: input.connection.name.clone(),
        address,
        operation: ConfigurationOperation::PutIntegration {
            expected,
            settings: declared.clone(),
        },
    })
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
