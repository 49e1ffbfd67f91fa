//! The planner: from what was observed and what the store knew to a plan and its steps.
//!
//! Pure: the same inputs give the same plan. It cannot write, because nothing it holds can.

mod adoptions;
mod claims;
mod collector;
mod configuration;
mod conflict;
mod create;
mod custom_field;
mod deletion;
mod elsewhere;
mod matching;
mod pair;
mod parted;
mod rows;
mod rule;
mod selection;
#[cfg(test)]
mod tests;
mod unchanged;

use std::collections::{BTreeMap, BTreeSet};

use super::configuration::{ConfigurationInput, ConfigurationStep};
use super::conservation::Violation;
use super::observed::{ItemKey, RuleInput};
use super::safety::{self, FileCounts, Overrides, RuleMeasure};
use super::{
    ConflictEntry, ConnectionEntry, DriftEntry, Inputs, Plan, PlanFinding, Step, Summary,
    ToolEntry, id,
};
use crate::diagnostics::catalog::sync as codes;
use crate::model::config::{Connection, Safety};
use crate::model::{Endpoints, Name, Sides};
use crate::plan::Change;
use crate::plan::glob::Selection;
pub use adoptions::adoptions;
use claims::{Claims, Rules};
pub use unchanged::is_unchanged;

/// What a whole plan is made from.
#[derive(Debug)]
pub struct PlanRequest<'a> {
    /// What the manifests were.
    pub inputs: Inputs,
    /// The version of this program.
    pub version: &'a str,
    /// Configuration resources with what was observed of them, in any order.
    pub configuration: Vec<ConfigurationInput<'a>>,
    /// The rules with what was observed for them, in any order.
    pub rules: Vec<RuleInput<'a>>,
    /// Rules that the narrowing leaves out, as far as they were read: nothing is planned for them, they are only
    /// asked whether they know the counterpart of an item that would be made.
    pub beside: Vec<RuleInput<'a>>,
    /// Names of every rule of the project, planned now or not: their links are theirs.
    pub known_rules: BTreeSet<Name>,
    /// The project's limits.
    pub limits: Safety,
    /// Manifest files now and at the last apply.
    pub files: FileCounts,
    /// What the person said beforehand.
    pub overrides: Overrides,
    /// Findings from before (lint with live metadata).
    pub findings: Vec<PlanFinding>,
}

/// A plan and the steps that carry it out.
#[derive(Clone, Debug)]
pub struct Planned {
    /// What people read.
    pub plan: Plan,
    /// Steps over configuration resources; they run before the others.
    pub configuration: Vec<ConfigurationStep>,
    /// What the executor runs, in order.
    pub steps: Vec<Step>,
    /// Writes that a server refused and that the plan leaves where they are.
    pub aside: BTreeMap<Name, Aside>,
}

/// Digests of the writes that wait in quarantine, by the items of a rule.
pub type Aside = BTreeMap<ItemKey, BTreeSet<String>>;

/// What planning one rule gives.
#[derive(Debug, Default)]
struct RuleOutput {
    changes: Vec<Change>,
    steps: Vec<Step>,
    aside: Aside,
    conflicts: Vec<ConflictEntry>,
    findings: Vec<PlanFinding>,
    drift: Vec<DriftEntry>,
    summary: Summary,
    mapping_changed: u64,
    /// Links of the rule, those that it takes over included.
    linked: u64,
    /// Whether it has links and none of their items of a side was read.
    empty: Sides<bool>,
    /// Whether some item of a side is gone without a confirmation.
    unconfirmed: Sides<bool>,
    /// Links whose work item is at an older revision than their base.
    set_back: u64,
    /// Updates that are the first sync of a fresh link of a two-way rule.
    first_syncs: u64,
    /// Updates that only add Accord's own marker to a pair that is linked already.
    marks: u64,
}

/// Makes the plan. `Err` is a defect of this program: an item that was counted twice or not at all.
pub fn plan(mut request: PlanRequest<'_>) -> Result<Planned, Violation<ItemKey>> {
    request
        .rules
        .sort_by(|one, other| one.rule.name.cmp(&other.rule.name));
    let rules = Rules::new(&request.known_rules, &request.rules, &request.beside);
    let mut claims: BTreeMap<&Endpoints, Claims<'_>> = BTreeMap::new();
    let mut output = RuleOutput {
        findings: std::mem::take(&mut request.findings),
        ..RuleOutput::default()
    };
    let configuration = configuration::plan_configuration(&request.configuration, &mut output);
    let mut measures = Vec::new();
    let mut aside = BTreeMap::new();
    let only = Selection::new(&request.inputs.only);
    for input in &request.rules {
        let only = &only;
        let claims = claims.entry(&input.endpoints).or_default();
        let mut made = rule::plan_rule(input, &rules, only, claims)?;
        let waiting = std::mem::take(&mut made.aside);
        aside.insert(input.rule.name.clone(), waiting);
        measures.push(measure(input, &made));
        append(&mut output, made);
    }
    let selected = output.summary.selected() > 0 || !request.configuration.is_empty();
    if !request.inputs.only.is_empty() && !selected {
        let code = &codes::ONLY_SELECTS_NOTHING;
        output.findings.push(PlanFinding {
            code: code.code.to_owned(),
            severity: code.severity.as_str().to_owned(),
            address: String::new(),
            message: format!(
                "`--only {}` selects no item of any rule",
                request.inputs.only.join(" ")
            ),
            origin: None,
        });
    }
    let safety =
        safety::assess(&measures, &request.limits, request.overrides, request.files).report;
    let connections = connections(&request);
    let mut plan = Plan {
        schema: super::document::SCHEMA.to_owned(),
        plan_id: String::new(),
        review_id: String::new(),
        tool: ToolEntry {
            name: "accord".to_owned(),
            version: request.version.to_owned(),
        },
        inputs: request.inputs,
        connections,
        summary: output.summary,
        safety,
        changes: output.changes,
        conflicts: output.conflicts,
        findings: output.findings,
        drift: output.drift,
        manifest_changes: None,
    };
    plan.plan_id = id::plan_id(&plan);
    plan.review_id = id::review_id(&plan);
    Ok(Planned {
        plan,
        configuration,
        steps: output.steps,
        aside,
    })
}

fn append(all: &mut RuleOutput, one: RuleOutput) {
    let offset = all.changes.len();
    all.changes.extend(one.changes);
    all.steps.extend(one.steps.into_iter().map(|mut step| {
        step.change = step.change.map(|index| index + offset);
        step
    }));
    all.conflicts.extend(one.conflicts);
    all.findings.extend(one.findings);
    all.drift.extend(one.drift);
    let (sum, add) = (&mut all.summary, one.summary);
    sum.create += add.create;
    sum.update += add.update;
    sum.delete += add.delete;
    sum.link += add.link;
    sum.unchanged += add.unchanged;
    sum.conflict += add.conflict;
    sum.quarantined += add.quarantined;
    sum.filtered += add.filtered;
    sum.held += add.held;
}

fn measure(input: &RuleInput<'_>, made: &RuleOutput) -> RuleMeasure {
    let source = input.rule.source();
    // A side that is empty because every deletion is confirmed lacks nothing that a create would double;
    // carrying all of them over is for a person to accept all the same.
    let is_empty =
        |side| *made.empty.get(side) && (*made.unconfirmed.get(side) || made.summary.delete > 0);
    RuleMeasure {
        linked: made.linked,
        // A mark that an interrupted run still owes changes nothing of a person's: it must not keep the
        // next run from finishing. Nor is the first sync of a new pair a change of what was in step.
        updates: made
            .summary
            .update
            .saturating_sub(made.mapping_changed + made.marks + made.first_syncs),
        mapping_changed: made.mapping_changed,
        deletes: made.summary.delete,
        creates: made.summary.create,
        source_empty_with_links: is_empty(source),
        target_empty_with_links: is_empty(source.other()),
        two_way: input.rule.is_two_way(),
        set_back: made.set_back,
        incomplete: input.observed.incomplete.clone(),
        ..RuleMeasure::new(collector::address(input.rule), source)
    }
}

fn connections(request: &PlanRequest<'_>) -> Vec<ConnectionEntry> {
    let of_rules = request.rules.iter().map(|input| input.connection);
    let of_configuration = request.configuration.iter().map(|input| input.connection);
    let unique: BTreeMap<&Name, &Connection> = of_rules
        .chain(of_configuration)
        .map(|connection| (&connection.name, connection))
        .collect();
    let entry = |connection: &&Connection| ConnectionEntry::of(connection);
    unique.values().map(entry).collect()
}
