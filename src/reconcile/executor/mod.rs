//! Carries out the steps of a plan. Makes no decisions: what a step does is in the step.
//!
//! Every remote write has a durable intent before it and a recorded outcome after it. What comes back
//! from the server, not what was sent, becomes the base. A write without an answer is waited for and
//! looked up; it is never simply sent again.

mod cases;
mod link;
mod marks;
mod report;
mod work_items;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

pub use report::{ApplyReport, Failure, FailureKind};

use super::connect::Writers;
use super::error::ReconcileError;
use super::plan::{Observation, PlanOutcome};
use super::{Context, recovery};
use crate::mapping::CompiledMapping;
use crate::model::config::Connection;
use crate::model::{
    Endpoints, Link, LinkId, MarkState, Name, OperationId, RunId, SuiteId, System, WorkItem,
};
use crate::plan::{ItemKey, Operation, Overwrite, Pair, Step};
use crate::store::{
    AuditEntry, Intent, IntentKind, IntentOutcome, Loss, Quarantine, QuarantineChange, Record, Run,
    RunOutcome,
};

/// The longest time that a request may be under way at the client. A write may land at the server until
/// this and the settle time are over.
const LONGEST_REQUEST: Duration = Duration::from_secs(120);

/// Asks a run to stop: what was begun is finished and recorded, nothing new is sent.
#[derive(Clone, Debug, Default)]
pub struct StopFlag(Arc<AtomicBool>);

impl StopFlag {
    /// Asks.
    pub fn stop(&self) {
        self.0.store(true, Ordering::SeqCst);
    }

    /// Whether somebody asked.
    pub fn is_set(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}

/// Settles what earlier runs left open. Call it before planning an apply, so that the plan sees what
/// came of it.
pub async fn recover(context: &Context<'_>, stop: &StopFlag) -> Result<u64, ReconcileError> {
    recovery::recover(context, stop).await
}

/// Runs the steps of a plan and records the run. The report tells what became of each item; an error
/// means that the run as a whole could not go on.
pub async fn apply(
    context: &Context<'_>,
    outcome: &PlanOutcome,
    stop: &StopFlag,
) -> Result<ApplyReport, ReconcileError> {
    let run = RunId(context.ids.next());
    let plan = &outcome.planned.plan;
    context
        .store
        .begin_run(&Run {
            id: run.clone(),
            started_at: context.clock.now(),
            config_digest: context.config.digest.clone(),
            files: context.config.files as u64,
            plan_id: plan.plan_id.clone(),
            outcome: None,
        })
        .await?;
    let mut report = ApplyReport {
        run: run.clone(),
        ..ApplyReport::default()
    };
    take_over(context, outcome).await?;
    if plan.inputs.only.is_empty() {
        let known: Vec<Name> = context.config.rules.keys().cloned().collect();
        report.forgotten = context.store.forget_rules(&known).await?;
    }
    for observation in &outcome.observations {
        if stop.is_set() {
            report.stopped = true;
            break;
        }
        let steps: Vec<&Step> = outcome
            .planned
            .steps
            .iter()
            .filter(|step| step.rule == observation.rule.name)
            .collect();
        if steps.is_empty() {
            continue;
        }
        let Some(connection) = context.config.connections.get(&observation.rule.connection) else {
            continue;
        };
        let writers = context.remotes.writers(connection)?;
        let mut rule_run = RuleRun::new(context, observation, connection, writers, &run, stop);
        if let Err(error) = rule_run.run(&steps, &mut report).await {
            report.errors.push(error);
        }
    }
    report.stopped |= stop.is_set();
    let ended = RunOutcome {
        finished_at: context.clock.now(),
        exit_code: report.exit_code(),
        applied: report.applied,
        failed: report.failures.len() as u64,
        summary: serde_json::to_value(plan.summary).unwrap_or_default(),
    };
    context.store.finish_run(&run, &ended).await?;
    Ok(report)
}

/// A rule that got another name, or that took over the scope of one that is gone, goes on with its
/// pairs: links belong to pairs of items, never to names.
async fn take_over(context: &Context<'_>, outcome: &PlanOutcome) -> Result<(), ReconcileError> {
    let mut taken = BTreeMap::new();
    for observation in &outcome.observations {
        for link in &*observation.links {
            if !context.config.rules.contains_key(&link.rule) && selects(observation, link) {
                taken
                    .entry(&link.id)
                    .or_insert_with(|| owned(observation, link));
            }
        }
    }
    let records: Vec<Record> = taken
        .into_values()
        .map(|link| Record {
            link: Some(link),
            ..Record::default()
        })
        .collect();
    if !records.is_empty() {
        context.store.record(&records).await?;
    }
    Ok(())
}

/// Whether the source item of a link is in the rule's scope.
fn selects(observation: &Observation, link: &Link) -> bool {
    match observation.rule.source() {
        System::TestWorthy => observation.observed.cases_in_scope.contains(&link.case),
        System::AzureDevOps => observation
            .observed
            .work_items_in_scope
            .contains(&link.work_item),
    }
}

/// The link as the observation's rule owns it.
fn owned(observation: &Observation, link: &Link) -> Link {
    Link {
        rule: observation.rule.name.clone(),
        ..link.clone()
    }
}

/// One rule of one run.
struct RuleRun<'a> {
    context: &'a Context<'a>,
    observation: &'a Observation,
    connection: &'a Connection,
    endpoints: &'a Endpoints,
    mapping: &'a CompiledMapping,
    writers: Writers,
    run: &'a RunId,
    stop: &'a StopFlag,
    settle: Duration,
    /// Links as they are now, by case and work item.
    links: BTreeMap<LinkId, Link>,
    /// Links whose source still lacks its mark.
    to_mark: Vec<LinkId>,
    /// How many cases each suite held when it was read.
    suite_sizes: BTreeMap<SuiteId, usize>,
}

impl<'a> RuleRun<'a> {
    fn new(
        context: &'a Context<'a>,
        observation: &'a Observation,
        connection: &'a Connection,
        writers: Writers,
        run: &'a RunId,
        stop: &'a StopFlag,
    ) -> Self {
        let owned = |link: &Link| {
            if context.config.rules.contains_key(&link.rule) {
                link.clone()
            } else {
                owned(observation, link)
            }
        };
        let links = observation
            .links
            .iter()
            .map(|link| (link.id.clone(), owned(link)))
            .collect();
        let mut suite_sizes = BTreeMap::new();
        for case in observation.observed.cases.values() {
            *suite_sizes.entry(case.suite).or_default() += 1;
        }
        Self {
            context,
            observation,
            connection,
            endpoints: &observation.endpoints,
            mapping: &observation.mapping,
            writers,
            run,
            stop,
            settle: context.config.project.settle,
            links,
            to_mark: Vec::new(),
            suite_sizes,
        }
    }

    /// Target first, then the store's own facts, then the marks on the source.
    async fn run(
        &mut self,
        steps: &[&Step],
        report: &mut ApplyReport,
    ) -> Result<(), ReconcileError> {
        let of = |wanted: fn(&Operation) -> bool| -> Vec<&Step> {
            steps
                .iter()
                .copied()
                .filter(|step| wanted(&step.operation))
                .collect()
        };
        let items = of(|operation| {
            matches!(
                operation,
                Operation::CreateWorkItem { .. } | Operation::UpdateWorkItem { .. }
            )
        });
        let cases = of(|operation| {
            matches!(
                operation,
                Operation::CreateCase { .. } | Operation::UpdateCase { .. }
            )
        });
        let records = of(|operation| matches!(operation, Operation::Record { .. }));
        self.write_work_items(&items, report).await?;
        self.write_cases(&cases, report).await?;
        self.record_only(&records, report).await?;
        for step in steps {
            if let Operation::Mark { pair, .. } = &step.operation
                && let Some(link) = &pair.link
            {
                self.to_mark.push(link.clone());
            }
        }
        self.write_marks(report).await
    }

    async fn record_only(
        &mut self,
        steps: &[&Step],
        report: &mut ApplyReport,
    ) -> Result<(), ReconcileError> {
        let mut records = Vec::new();
        for step in steps {
            let Operation::Record { pair, base, rev } = &step.operation else {
                continue;
            };
            let link = self.agreed_link(pair, base, *rev);
            if pair.link.is_none() {
                report.applied += 1;
                self.queue_mark(&link);
                records.push(Record {
                    link: Some(link),
                    audit: Some(self.audit("linked", Some(pair), "both sides exist")),
                    ..Record::default()
                });
            } else {
                records.push(Record {
                    link: Some(link),
                    ..Record::default()
                });
            }
        }
        if !records.is_empty() {
            self.context.store.record(&records).await?;
        }
        Ok(())
    }

    fn intent(
        &self,
        kind: IntentKind,
        case: Option<crate::model::CaseId>,
        work_item: Option<crate::model::WorkItemId>,
        payload_digest: String,
    ) -> Intent {
        let now = self.context.clock.now();
        Intent {
            id: OperationId(self.context.ids.next()),
            run: self.run.clone(),
            endpoints: self.endpoints.clone(),
            rule: self.observation.rule.name.clone(),
            kind,
            case,
            work_item,
            payload_digest,
            prepared_at: now,
            settles_at: later(now, self.settle.saturating_add(LONGEST_REQUEST)),
            outcome: None,
        }
    }

    fn losses(&self, intent: &Intent, pair: &Pair, overwrites: &[Overwrite]) -> Vec<Loss> {
        overwrites
            .iter()
            .map(|overwrite| Loss {
                operation: intent.id.clone(),
                endpoints: self.endpoints.clone(),
                rule: self.observation.rule.name.clone(),
                case: pair.case,
                work_item: pair.work_item,
                row: overwrite.row.clone(),
                lost: overwrite.lost.clone(),
                written: overwrite.written.clone(),
                at: intent.prepared_at,
            })
            .collect()
    }

    fn audit(&self, event: &str, pair: Option<&Pair>, detail: &str) -> AuditEntry {
        AuditEntry {
            at: self.context.clock.now(),
            run: self.run.clone(),
            rule: self.observation.rule.name.clone(),
            event: event.to_owned(),
            case: pair.map(|pair| pair.case),
            work_item: pair.map(|pair| pair.work_item),
            detail: detail.to_owned(),
        }
    }

    /// The record of a write that was not carried out.
    fn abandoned(&self, intent: &Intent, reason: &str) -> Record {
        let mut audit = self.audit("not written", None, reason);
        audit.case = intent.case;
        audit.work_item = intent.work_item;
        Record {
            intent: Some((
                intent.id.clone(),
                IntentOutcome::Abandoned {
                    reason: reason.to_owned(),
                },
            )),
            audit: Some(audit),
            ..Record::default()
        }
    }

    /// The record of a write that the server refused for good.
    fn refused(&self, intent: &Intent, key: ItemKey, digest: String, reason: &str) -> Record {
        let mut record = self.abandoned(intent, reason);
        if let Some(audit) = &mut record.audit {
            "refused".clone_into(&mut audit.event);
        }
        record.quarantine = Some(QuarantineChange::Put(Quarantine {
            endpoints: self.endpoints.clone(),
            key: key.to_string(),
            rule: self.observation.rule.name.clone(),
            payload_digest: digest,
            reason: reason.to_owned(),
            at: self.context.clock.now(),
        }));
        record
    }

    fn release(&self, key: ItemKey) -> QuarantineChange {
        QuarantineChange::Release {
            endpoints: self.endpoints.clone(),
            key: key.to_string(),
        }
    }

    fn queue_mark(&mut self, link: &Link) {
        let source = self.observation.rule.source();
        let mark = match source {
            crate::model::System::TestWorthy => link.case_mark,
            crate::model::System::AzureDevOps => link.work_item_mark,
        };
        if mark == MarkState::Missing {
            self.to_mark.push(link.id.clone());
        }
        self.links.insert(link.id.clone(), link.clone());
    }

    /// Waits until a write that was just given up can no longer land.
    async fn wait_until_settled(&self) {
        if !self.settle.is_zero() {
            self.context.progress.note(&format!(
                "a write got no answer; waiting {} s until it can no longer land, then looking it up",
                self.settle.as_secs().max(1)
            ));
            self.context.clock.sleep(self.settle).await;
        }
    }

    fn observed_item(&self, id: crate::model::WorkItemId) -> Option<&WorkItem> {
        self.observation.observed.work_items.get(&id)
    }
}

/// A duration behind an instant; stays at the last instant there is.
pub(super) fn later(instant: Timestamp, by: Duration) -> Timestamp {
    SignedDuration::try_from(by)
        .ok()
        .and_then(|by| instant.checked_add(by).ok())
        .unwrap_or(Timestamp::MAX)
}

/// The source item's key of a step's address, for the quarantine.
fn source_key(step: &Step) -> ItemKey {
    match &step.operation {
        Operation::CreateWorkItem { case, .. } => ItemKey::Case(*case),
        Operation::CreateCase { work_item, .. } => ItemKey::WorkItem(*work_item),
        Operation::UpdateWorkItem { pair, .. } => ItemKey::Case(pair.case),
        Operation::UpdateCase { pair, .. } => ItemKey::WorkItem(pair.work_item),
        Operation::Mark { pair, .. } | Operation::Record { pair, .. } => ItemKey::Case(pair.case),
    }
}
