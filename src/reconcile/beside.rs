//! The rules that a narrowing leaves out, asked before an item is made.
//!
//! An item without a counterpart in its own rule's scopes may have one in those of another rule, as after the
//! state was lost, or where a deleted case came back after another one had taken its place. A whole plan asks all
//! of its rules. A narrowed one reads the others only where it would make an item, since most make none.

use std::collections::BTreeSet;

use super::Context;
use super::configuration::Configuration;
use super::connect::endpoints;
use super::custom_field::Forms;
use super::error::ReconcileError;
use super::plan::{Observation, PlanOptions, is_selected, observe, request};
use crate::diagnostics::Finding;
use crate::diagnostics::catalog::sync as codes;
use crate::model::config::SyncRule;
use crate::model::{Endpoints, Name};
use crate::plan::{Operation, PlanFinding, Planned, plan as make_plan};
use crate::remote::RemoteErrorKind;

/// What the rules that were left out hold.
#[derive(Default)]
pub(super) struct Beside {
    /// One for each that could be asked.
    pub(super) observations: Vec<Observation>,
    /// Rules that could not, or not wholly.
    pub(super) findings: Vec<PlanFinding>,
}

/// The plan from what was read, the observations and what lint says of them; where it makes items, with the
/// rules that it leaves out asked, which come back with it.
pub(super) async fn planned<'a>(
    context: &Context<'a>,
    options: &PlanOptions,
    configuration: Configuration<'a>,
    (observations, findings): (&[Observation], &[Finding]),
) -> Result<(Planned, Beside), ReconcileError> {
    let forms = configuration.forms.clone();
    let again = configuration.clone();
    let alone = request(
        context,
        options,
        configuration,
        (observations, &[]),
        findings,
    )
    .await?;
    let alone = make_plan(alone).map_err(internal)?;
    let left_out = left_out(context, options, &alone);
    if left_out.is_empty() {
        return Ok((alone, Beside::default()));
    }
    let asking = PlanOptions {
        coverage: false,
        // What they lack is not written by this plan.
        assume_declared: true,
        // Whatever they hold may be the counterpart.
        touched: None,
        ..options.clone()
    };
    let beside = Box::pin(ask(context, &asking, &forms, &left_out)).await?;
    let read = (observations, beside.observations.as_slice());
    let mut asked = request(context, options, again, read, findings).await?;
    asked.findings.extend(beside.findings.iter().cloned());
    Ok((make_plan(asked).map_err(internal)?, beside))
}

/// Rules between the places where the plan makes items, as far as it leaves them out.
fn left_out<'a>(
    context: &Context<'a>,
    options: &PlanOptions,
    planned: &Planned,
) -> Vec<&'a SyncRule> {
    let only = &options.inputs.only;
    if only.is_empty() {
        return Vec::new();
    }
    let config = context.config;
    let making = planned.steps.iter().filter(|step| {
        matches!(
            step.operation,
            Operation::CreateWorkItem { .. } | Operation::CreateCase { .. }
        )
    });
    let making: BTreeSet<&Name> = making.map(|step| &step.rule).collect();
    let places = |rule: &SyncRule| Some(endpoints(config.connections.get(&rule.connection)?));
    let making: Vec<Endpoints> = making
        .into_iter()
        .filter_map(|rule| places(config.rules.get(rule)?))
        .collect();
    let rules = config.rules.values();
    let meets = |rule: &&SyncRule| places(rule).is_some_and(|places| making.contains(&places));
    rules
        .filter(|rule| !is_selected(rule, only))
        .filter(meets)
        .collect()
}

/// Reads for these rules. That one of them cannot be read must not keep the others from running, so it is told and
/// not an error; a system that does not answer at all is one.
async fn ask(
    context: &Context<'_>,
    options: &PlanOptions,
    forms: &Forms,
    rules: &[&SyncRule],
) -> Result<Beside, ReconcileError> {
    let mut beside = Beside::default();
    match observe(context, options, forms, rules.to_vec()).await {
        Ok(read) if read.observations.len() == rules.len() => {
            beside.observations = read.observations;
        }
        Err(error) if !concerns_the_rule(&error) => return Err(error),
        // Which of them it was shows when each is read alone.
        Ok(_) | Err(_) => {
            for &rule in rules {
                let read = match observe(context, options, forms, vec![rule]).await {
                    Ok(read) => read,
                    Err(error) if concerns_the_rule(&error) => {
                        beside.findings.push(not_asked(rule, &error.to_string()));
                        continue;
                    }
                    Err(error) => return Err(error),
                };
                if read.observations.is_empty() {
                    let mut errors = read.findings.iter().filter(|one| one.is_error());
                    let why = errors.next().map_or("", |finding| &finding.message);
                    beside.findings.push(not_asked(rule, why));
                }
                beside.observations.extend(read.observations);
            }
        }
    }
    for asked in &beside.observations {
        if let Some(why) = &asked.observed.incomplete {
            beside.findings.push(not_asked(&asked.rule, why));
        }
    }
    Ok(beside)
}

/// Whether an error may be the doing of one rule or its connection alone.
fn concerns_the_rule(error: &ReconcileError) -> bool {
    match error {
        ReconcileError::Secret(_) | ReconcileError::Findings(_) => true,
        ReconcileError::Remote { error, .. } => match error.kind {
            RemoteErrorKind::HostRefused { .. }
            | RemoteErrorKind::Unauthenticated { .. }
            | RemoteErrorKind::Forbidden { .. }
            | RemoteErrorKind::NotFound { .. }
            | RemoteErrorKind::Rejected { .. }
            | RemoteErrorKind::Unsupported { .. } => true,
            RemoteErrorKind::Unavailable { .. }
            | RemoteErrorKind::RateLimited { .. }
            | RemoteErrorKind::Protocol { .. } => false,
        },
        ReconcileError::Store(_)
        | ReconcileError::Internal(_)
        | ReconcileError::Blocked
        | ReconcileError::Stopped => false,
    }
}

fn not_asked(rule: &SyncRule, why: &str) -> PlanFinding {
    let code = &codes::RULE_NOT_ASKED;
    let name = &rule.name;
    PlanFinding {
        code: code.code.to_owned(),
        severity: code.severity.as_str().to_owned(),
        address: format!("SyncRule/{name}"),
        message: format!(
            "this plan makes items and leaves rule `{name}` out, which could not be asked, or not wholly, whether it knows their counterparts: {why}; `accord plan --only SyncRule/{name}` says more"
        ),
        origin: None,
    }
}

fn internal(violation: impl std::fmt::Display) -> ReconcileError {
    ReconcileError::Internal(violation.to_string())
}
