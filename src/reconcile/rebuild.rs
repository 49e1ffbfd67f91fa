//! Recovering a lost state from the marks on the items: reads both systems, writes to the store alone.
//!
//! Which pairs the marks prove is the planner's to say (`plan::adoptions`). A row that both sides agree on
//! gets its base back; one that differs has lost it, and is compared as on the first day.

use std::collections::BTreeSet;

use super::Context;
use super::error::ReconcileError;
use super::plan::{Observation, PlanOptions, Survey, request, survey};
use super::resolve::address_of;
use crate::model::config::Connection;
use crate::model::{
    Base, CaseId, Link, LinkId, MarkState, RunId, WorkItemId, azure_boards_mentions,
};
use crate::plan::{Inputs, Operation, Pair, Step, adoptions};
use crate::store::{AuditEntry, PairConflicts, Record, StoreError};

/// Pairs that are recorded in one transaction.
const RECORDED_AT_ONCE: usize = 1_000;

/// What was recovered.
#[derive(Debug, Default)]
pub struct RebuildReport {
    /// How many pairs of the rules the state held before.
    pub known: usize,
    /// Pairs that it did not hold.
    pub recovered: Vec<Recovered>,
    /// How many pairs began anew, because their work items were set back to older revisions.
    pub begun_anew: usize,
    /// Marks that prove no pair, by address, with the reason.
    pub contradictions: Vec<(String, String)>,
}

/// A pair that was recovered.
#[derive(Debug)]
pub struct Recovered {
    /// Its address.
    pub address: String,
    /// The case.
    pub case: CaseId,
    /// The work item.
    pub work_item: WorkItemId,
    /// How many of its fields are in accord, and so have a base again.
    pub fields: usize,
}

/// Recovers the pairs of the rules that `only` selects. The caller holds the run lock.
pub async fn rebuild(
    context: &Context<'_>,
    only: &[String],
) -> Result<RebuildReport, ReconcileError> {
    let options = PlanOptions {
        inputs: Inputs {
            digest: context.config.digest.clone(),
            only: only.to_vec(),
            ..Inputs::default()
        },
        assume_declared: true,
        full_scan: true,
        ..PlanOptions::default()
    };
    let Survey {
        configuration,
        observations,
        findings,
    } = survey(context, &options).await?;
    let read = (observations.as_slice(), [].as_slice());
    let request = request(context, &options, configuration, read, &findings).await?;
    let steps =
        adoptions(request).map_err(|violation| ReconcileError::Internal(violation.to_string()))?;
    let run = RunId(context.ids.next());
    let mut report = RebuildReport::default();
    let mut records = Vec::new();
    for observation in &observations {
        let rule = &observation.rule.name;
        let of_rule = observation
            .pairs
            .iter()
            .filter(|(_, _, maker)| *maker == rule);
        report.known += of_rule.count();
        let Some(connection) = context.config.connections.get(&observation.rule.connection) else {
            continue;
        };
        // What the place in the feed takes for compared was compared by a state that is lost.
        let store = context.store;
        store
            .put_watermark(&observation.endpoints, rule, None)
            .await?;
        let rebuilding = Rebuilding {
            context,
            observation,
            connection,
            run: &run,
        };
        for step in steps.iter().filter(|step| step.rule == *rule) {
            if let Some((record, recovered)) = rebuilding.record(step) {
                records.push((recovered, record));
            }
        }
    }
    for wave in records.chunks(RECORDED_AT_ONCE) {
        let facts: Vec<Record> = wave.iter().map(|(_, record)| record.clone()).collect();
        match context.store.record(&facts).await {
            Ok(()) => {}
            Err(StoreError::AlreadyLinked { case, work_item }) => {
                let reason = format!(
                    "the marks pair case {case} and work item {work_item}, of which one is in another pair"
                );
                return Err(ReconcileError::Internal(reason));
            }
            Err(error) => return Err(error.into()),
        }
    }
    context.store.flush().await?;
    report.begun_anew = records
        .iter()
        .filter(|(recovered, _)| recovered.is_none())
        .count();
    report.recovered = records
        .into_iter()
        .filter_map(|(recovered, _)| recovered)
        .collect();
    report.recovered.sort_by(|a, b| a.address.cmp(&b.address));
    report.contradictions = contradictions(context, &observations, &report.recovered);
    Ok(report)
}

struct Rebuilding<'a> {
    context: &'a Context<'a>,
    observation: &'a Observation,
    connection: &'a Connection,
    run: &'a RunId,
}

impl Rebuilding<'_> {
    /// The record of a step, and the pair if it is one that the state lacked.
    fn record(&self, step: &Step) -> Option<(Record, Option<Recovered>)> {
        let Operation::Record {
            pair,
            base,
            rev,
            state,
            conflicts,
        } = &step.operation
        else {
            return None;
        };
        let now = self.context.clock.now();
        let known = pair.link.as_ref().and_then(|id| {
            let links = &self.observation.links;
            let parted = &self.observation.known.parted;
            links.iter().chain(parted).find(|link| link.id == *id)
        });
        let mut link = known.cloned().unwrap_or_else(|| self.new_link(pair));
        link.rule = self.observation.rule.name.clone();
        link.state = *state;
        if known.is_some_and(|known| known.base.rev > *rev) {
            link.base = Base::default();
        }
        let fields = base.iter();
        let fields = fields.map(|(name, field)| (name.clone(), field.clone()));
        link.base.fields.extend(fields);
        if rev.is_some() {
            link.base.rev = *rev;
            link.base.recorded_at = Some(now);
        }
        self.note_marks(&mut link);
        let audit = AuditEntry {
            at: now,
            run: self.run.clone(),
            rule: link.rule.clone(),
            event: "recovered".to_owned(),
            case: Some(link.case),
            work_item: Some(link.work_item),
            detail: match known {
                Some(_) => "begun anew from what both sides hold",
                None => "from the marks",
            }
            .to_owned(),
        };
        let recovered = known.is_none().then(|| Recovered {
            address: address_of(&self.observation.rule, link.case, link.work_item),
            case: link.case,
            work_item: link.work_item,
            fields: base.len(),
        });
        let conflicts = (!conflicts.is_empty()).then(|| PairConflicts {
            endpoints: link.endpoints.clone(),
            rule: link.rule.clone(),
            case: link.case,
            work_item: link.work_item,
            at: now,
            changes: conflicts.clone(),
        });
        let record = Record {
            link: Some(link),
            audit: Some(audit),
            conflicts,
            ..Record::default()
        };
        Some((record, recovered))
    }

    fn new_link(&self, pair: &Pair) -> Link {
        let id = pair.link.clone();
        Link {
            id: id.unwrap_or_else(|| LinkId(self.context.ids.next())),
            endpoints: self.observation.endpoints.clone(),
            case: pair.case,
            testworthy_project: pair.testworthy_project,
            work_item: pair.work_item,
            rule: self.observation.rule.name.clone(),
            case_mark: MarkState::Missing,
            work_item_mark: MarkState::Missing,
            base: Base::default(),
            state: crate::model::LinkState::Active,
        }
    }

    fn note_marks(&self, link: &mut Link) {
        let observed = &self.observation.observed;
        let case = observed.case(link.case);
        if case.is_some_and(|case| azure_boards_mentions(&case.refs).contains(&link.work_item)) {
            link.case_mark = MarkState::Written;
        }
        let item = observed.work_item(link.work_item);
        let marked = &self.connection.testworthy;
        if item.is_some_and(|item| {
            item.has_accord_tag() && marked.marked_cases(item).contains(&link.case)
        }) {
            link.work_item_mark = MarkState::Written;
        }
    }
}

/// Work items with Accord's hyperlink that are in no pair with the case that it names.
fn contradictions(
    context: &Context<'_>,
    observations: &[Observation],
    recovered: &[Recovered],
) -> Vec<(String, String)> {
    let recovered: BTreeSet<(CaseId, WorkItemId)> = recovered
        .iter()
        .map(|pair| (pair.case, pair.work_item))
        .collect();
    let mut told = BTreeSet::new();
    let mut found = Vec::new();
    for observation in observations {
        let Some(connection) = context.config.connections.get(&observation.rule.connection) else {
            continue;
        };
        let (observed, pairs) = (&observation.observed, &observation.pairs);
        let parted = &observation.known.parted;
        for item in observed.work_items.values() {
            let marked = connection.testworthy.marked_cases(item);
            for case in &marked {
                let is_pair = pairs.work_item(*case) == Some(item.id)
                    || recovered.contains(&(*case, item.id))
                    || parted
                        .iter()
                        .any(|l| (l.case, l.work_item) == (*case, item.id));
                // An item that several rules read is told of once.
                if is_pair || !told.insert((observation.endpoints.clone(), item.id, *case)) {
                    continue;
                }
                let other = pairs.work_item(*case);
                let other = other.or_else(|| {
                    let mut all = recovered.iter();
                    all.find(|(known, _)| known == case).map(|(_, item)| *item)
                });
                let reason = if marked.len() > 1 {
                    "it names more than one case".to_owned()
                } else if let Some(other) = other {
                    format!("the case is linked to work item {other}")
                } else if !observed.has_case(*case) {
                    "the case was not found".to_owned()
                } else if !item
                    .work_item_type
                    .eq_ignore_ascii_case(&observation.mapping.work_item_type)
                {
                    format!(
                        "it is a {}, and the rule maps {}",
                        item.work_item_type, observation.mapping.work_item_type
                    )
                } else {
                    "the rule does not select it, or several items carry the mark of one".to_owned()
                };
                let address = format!("SyncRule/{}/workItem/{}", observation.rule.name, item.id);
                found.push((
                    address,
                    format!("carries Accord's hyperlink to case {case}; {reason}"),
                ));
            }
        }
    }
    found.sort();
    found
}
