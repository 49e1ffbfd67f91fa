//! The rules that a narrowing leaves out, asked before an item is made.
//!
//! An item without a counterpart in its own rule's scopes may have one in those of another rule, as after the
//! state was lost, or where a deleted case came back after another one had taken its place. A whole plan asks all
//! of its rules. A narrowed one reads the others only where it would make an item, since most make none.

use std::collections::BTreeSet;

use super::Context;
use super::configuration::Configuration;
use super::error::ReconcileError;
use super::plan::{Observation, PlanOptions, is_selected, observe, request};
use crate::diagnostics::Finding;
use crate::diagnostics::catalog::sync as codes;
use crate::model::Name;
use crate::model::config::SyncRule;
use crate::plan::{Operation, PlanFinding, Planned, plan as make_plan};

/// What the rules that were left out hold.
#[derive(Default)]
pub(super) struct Beside {
    /// One for each that could be asked.
    pub(super) observations: Vec<Observation>,
    /// Rules that could not.
    findings: Vec<PlanFinding>,
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
    let read = observe(context, &asking, &forms, left_out.clone()).await?;
    let mut beside = Beside {
        observations: read.observations,
        findings: Vec::new(),
    };
    for rule in left_out {
        let mut asked = beside.observations.iter();
        if !asked.any(|one| one.rule.name == rule.name) {
            beside.findings.push(not_asked(rule));
        }
    }
    let read = (observations, beside.observations.as_slice());
    let mut asked = request(context, options, again, read, findings).await?;
    asked.findings.extend(beside.findings.iter().cloned());
    Ok((make_plan(asked).map_err(internal)?, beside))
}

/// Rules of the connections on which the plan makes items, as far as it leaves them out.
fn left_out<'a>(
    context: &Context<'a>,
    options: &PlanOptions,
    planned: &Planned,
) -> Vec<&'a SyncRule> {
    let only = &options.inputs.only;
    if only.is_empty() {
        return Vec::new();
    }
    let rules = &context.config.rules;
    let making = planned.steps.iter().filter(|step| {
        matches!(
            step.operation,
            Operation::CreateWorkItem { .. } | Operation::CreateCase { .. }
        )
    });
    let connections: BTreeSet<&Name> = making
        .filter_map(|step| Some(&rules.get(&step.rule)?.connection))
        .collect();
    rules
        .values()
        .filter(|rule| connections.contains(&rule.connection) && !is_selected(rule, only))
        .collect()
}

fn not_asked(rule: &SyncRule) -> PlanFinding {
    let code = &codes::RULE_NOT_ASKED;
    PlanFinding {
        code: code.code.to_owned(),
        severity: code.severity.as_str().to_owned(),
        address: format!("SyncRule/{}", rule.name),
        message: format!(
            "this plan makes items, and whether rule `{}`, which it leaves out, knows their counterparts could not be asked: its mapping does not fit what the servers have; `accord plan --only SyncRule/{}` says why",
            rule.name, rule.name
        ),
        origin: None,
    }
}

fn internal(violation: impl std::fmt::Display) -> ReconcileError {
    ReconcileError::Internal(violation.to_string())
}
