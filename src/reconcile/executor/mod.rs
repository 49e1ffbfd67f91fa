//! Carries out the steps of a plan. Makes no decisions: what a step does is in the step.
//!
//! Every remote write has a durable intent before it and a recorded outcome after it. What comes back
//! from the server, not what was sent, becomes the base. A write without an answer is waited for and
//! looked up; it is never simply sent again.

mod cases;
mod configuration;
mod conflicts;
mod custom_field;
mod fate;
mod found;
mod halves;
mod job;
mod link;
mod marks;
mod meaning;
mod refusal;
mod report;
mod retire;
mod stop;
mod work_items;
mod work;
mod written;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

pub(super) use halves::base_after;
pub(super) use link::{close_base, disable_base};
pub(super) use meaning::{has_landed, is_kept};
pub(crate) use report::exit_code;
pub use report::{ApplyReport, Failure, FailureKind};
pub use stop::StopFlag;
pub(super) use work_items::is_not_offered;

use super::connect::Writers;
use super::custom_field::undeclared;
use super::error::ReconcileError;
use super::plan::{Observation, PlanOutcome};
use super::{Context, observe, record, recovery};
use crate::diagnostics::catalog::safety::MANIFESTS_MISSING;
use crate::mapping::CompiledMapping;
use crate::model::config::Connection;
use crate::model::{
    CaseId, ConflictId, Endpoints, Link, LinkId, LinkState, MarkState, Name, OperationId, RunId,
    System, Value, WorkItem, WorkItemId,
};
use crate::plan::{Aside, Operation, Overwrite, Pair, Plan, Planned, SafetyVerdict, Step};
use crate::remote::CaseScope;
use crate::store::{
    AuditEntry, Intent, IntentKind, IntentOutcome, Loss, Record, Run, RunOutcome, StoreError,
};
use work::{Phase, item_key, link_of};

/// The longest time that a request may be under way at the client. A write may land at the server until
/// this and the settle time are over.
const LONGEST_REQUEST: Duration = Duration::from_secs(120);

const STOPPED: &str = "not carried out: the run was stopped before it";
const GIVEN_UP: &str = "not carried out, or on its way without an answer when the run had to end; the next run looks what came of it";
const ENDED: &str = "not carried out: the run ended before it";

const NOT_LINKED: &str = "the pair was not linked: one of its items is linked to another item; the next plan takes it up";

const UNANSWERED: &str = "the write got no answer and could not be looked up; the next run looks again before it sends anything";

/// Links that are recorded in one transaction, where nothing is sent.
const RECORDED_AT_ONCE: usize = 1_000;

/// How often a wait looks whether somebody asked to stop.
const GLANCE: Duration = Duration::from_millis(500);

/// Settles what earlier runs left open. Call it before planning an apply, so that the plan sees what
/// came of it.
pub async fn recover(context: &Context<'_>, stop: &StopFlag) -> Result<u64, ReconcileError> {
    tokio::select! {
        biased;
        found = recovery::recover(context, stop) => found,
        () = stop.given_up() => Err(ReconcileError::Stopped),
    }
}

/// Runs the steps of a plan and records the run. The report tells what became of each item; an error
/// means that the run as a whole could not go on. A plan that a safety rule blocks is refused, whoever asks.
pub async fn apply(
    context: &Context<'_>,
    outcome: &PlanOutcome,
    stop: &StopFlag,
) -> Result<ApplyReport, ReconcileError> {
    let plan = &outcome.planned.plan;
    if plan.safety.verdict == SafetyVerdict::Blocked {
        return Err(ReconcileError::Blocked);
    }
    let run = RunId(context.ids.next());
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
        unplanned: plan.has_errors(),
        left_out: outcome.left_out,
        witness: context.progress.witness(),
        ..ApplyReport::default()
    };
    context.progress.applying(plan.changes.len() as u64);
    tokio::select! {
        biased;
        () = Box::pin(carry_out(context, outcome, &run, stop, &mut report)) => {}
        () = stop.given_up() => {}
    }
    if stop.is_given_up() {
        report.close_all(&outcome.planned, GIVEN_UP);
    }
    report.stopped |= stop.is_set();
    if may_forget(plan, &report) {
        let known: Vec<Name> = context.config.rules.keys().cloned().collect();
        match context.store.forget_rules(&known).await {
            Ok(forgotten) => report.forgotten = forgotten,
            Err(error) => report.errors.push(error.into()),
        }
        if let Err(error) = forget_fields(context).await {
            report.errors.push(error.into());
        }
    }
    observe::advance(context, outcome, &mut report).await;
    let ended = RunOutcome {
        finished_at: context.clock.now(),
        exit_code: report.exit_code(),
        applied: report.applied,
        failed: report.failures.len() as u64,
        summary: serde_json::to_value(plan.summary).unwrap_or_default(),
    };
    let finished = context.store.finish_run(&run, &ended);
    let kept = match finished.await {
        Ok(()) => context.store.flush().await,
        failed => failed,
    };
    if let Err(error) = kept {
        report.errors.push(error.into());
    }
    context.progress.applied(&report);
    Ok(report)
}

/// Forgets which fields were made, as far as nothing declares them any more; the plan has told of them.
async fn forget_fields(context: &Context<'_>) -> Result<(), StoreError> {
    let made = context.store.made_fields().await?;
    let gone = undeclared(context.config, made);
    if gone.is_empty() {
        return Ok(());
    }
    context.store.forget_fields(&gone).await
}

/// Everything of a plan that writes. What becomes of it is in the report.
async fn carry_out(
    context: &Context<'_>,
    outcome: &PlanOutcome,
    run: &RunId,
    stop: &StopFlag,
    report: &mut ApplyReport,
) {
    let plan = &outcome.planned.plan;
    configuration::run(context, &outcome.planned, run, stop, report).await;
    let unmade = custom_field::unmade(&outcome.awaited, report);
    for observation in &outcome.observations {
        let steps: Vec<&Step> = outcome
            .planned
            .steps
            .iter()
            .filter(|step| step.rule == observation.rule.name)
            .collect();
        let steps = custom_field::without_blocked(&unmade, observation, steps, report);
        if steps.is_empty() {
            continue;
        }
        if stop.is_set() {
            report.close(&steps, STOPPED);
            continue;
        }
        let began = record::began(plan, run, &observation.rule.name, context.clock.now());
        if let Err(error) = record::record(context.store, began.into_iter().collect()).await {
            report.errors.push(error.into());
            report.close(&steps, ENDED);
            continue;
        }
        let rule = (&outcome.planned, observation);
        let ran = run_rule(context, rule, &steps, (run, stop), report).await;
        let why = if stop.is_set() { STOPPED } else { ENDED };
        report.close(&steps, why);
        report.errors.extend(ran.err());
    }
}

async fn run_rule(
    context: &Context<'_>,
    (planned, observation): (&Planned, &Observation),
    steps: &[&Step],
    (run, stop): (&RunId, &StopFlag),
    report: &mut ApplyReport,
) -> Result<(), ReconcileError> {
    let name = &observation.rule.connection;
    let Some(connection) = context.config.connections.get(name) else {
        let reason = format!("connection `{name}` is not declared");
        return Err(ReconcileError::Internal(reason));
    };
    let writers = context.remotes.writers(connection)?;
    let aside = planned.aside.get(&observation.rule.name);
    let (work, run) = ((steps, aside.cloned().unwrap_or_default()), (run, stop));
    let mut rule_run = RuleRun::new(context, observation, connection, writers, work, run);
    rule_run.run(steps, report).await
}

/// Whether the links of rules that the manifests no longer hold may be forgotten: only after a run that
/// saw everything, so that what another rule takes over has been taken over, and not while most of the
/// manifests are missing.
fn may_forget(plan: &Plan, report: &ApplyReport) -> bool {
    let missing = plan.safety.rules.iter().any(|rule| {
        rule.code == MANIFESTS_MISSING.code && rule.verdict != SafetyVerdict::Overridden
    });
    plan.inputs.only.is_empty() && !missing && !report.stopped && report.errors.is_empty()
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
    /// Links that this run works on, as they are now.
    links: BTreeMap<LinkId, Link>,
    /// The case of every linked work item.
    linked_items: BTreeMap<WorkItemId, CaseId>,
    /// The work item of every linked case.
    linked_cases: BTreeMap<CaseId, WorkItemId>,
    /// The links of this run by their cases: of the two steps of a new pair, the second one finds here what
    /// the first one made.
    by_case: BTreeMap<CaseId, LinkId>,
    /// Pairs that the store refused.
    refused_pairs: BTreeSet<(CaseId, WorkItemId)>,
    /// Items with a write that waits in quarantine, from before or from this run. A pair may have two
    /// writes and has one place there: the one that succeeds does not let the other out.
    aside: Aside,
    /// By case and row, the answer to the half of a merge that was written first.
    halves: BTreeMap<(CaseId, String), Value>,
    /// Conflicts whose decision is carried out with the second half.
    owed: BTreeMap<CaseId, Vec<ConflictId>>,
    /// Links of which an item still lacks its mark.
    to_mark: BTreeSet<LinkId>,
    /// Work items in whose place others came, and which their cases still mention.
    replaced: BTreeMap<LinkId, WorkItemId>,
    /// How many cases each listing held when it was read.
    listing_sizes: BTreeMap<CaseScope, usize>,
}

impl<'a> RuleRun<'a> {
    fn new(
        context: &'a Context<'a>,
        observation: &'a Observation,
        connection: &'a Connection,
        writers: Writers,
        (steps, aside): (&[&Step], Aside),
        (run, stop): (&'a RunId, &'a StopFlag),
    ) -> Self {
        let wanted: BTreeSet<&LinkId> = steps
            .iter()
            .filter_map(|step| link_of(&step.operation))
            .collect();
        // Ended links come back to life.
        let parted = &observation.known.parted;
        let links = observation.links.iter().chain(parted);
        let links: Vec<&Link> = links.filter(|link| wanted.contains(&link.id)).collect();
        let pairs = &observation.pairs;
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
            by_case: links
                .iter()
                .map(|link| (link.case, link.id.clone()))
                .collect(),
            links: links
                .into_iter()
                .map(|link| (link.id.clone(), link.clone()))
                .collect(),
            refused_pairs: BTreeSet::new(),
            aside,
            halves: BTreeMap::new(),
            owed: BTreeMap::new(),
            linked_items: pairs.iter().map(|(case, item, _)| (item, case)).collect(),
            linked_cases: pairs.iter().map(|(case, item, _)| (case, item)).collect(),
            to_mark: BTreeSet::new(),
            replaced: BTreeMap::new(),
            listing_sizes: observation.observed.listing_sizes.clone(),
        }
    }

    /// First what only the store learns, then the work items, then the cases, then the marks. Of the two
    /// steps of a pair the work item's comes first: its revision guards it, a case has none.
    async fn run(
        &mut self,
        steps: &[&Step],
        report: &mut ApplyReport,
    ) -> Result<(), ReconcileError> {
        let of = |wanted: Phase| -> Vec<&Step> {
            let steps = steps.iter().copied();
            steps
                .filter(|step| Phase::of(&step.operation) == wanted)
                .collect()
        };
        self.record_only(&of(Phase::Record), report).await?;
        let (restores, recycles): (Vec<&Step>, Vec<&Step>) = of(Phase::Bin)
            .into_iter()
            .partition(|step| matches!(step.operation, Operation::Restore { .. }));
        self.move_items(&restores, report).await?;
        self.write_work_items(&of(Phase::WorkItem), report).await?;
        self.write_cases(&of(Phase::Case), report).await?;
        self.move_items(&recycles, report).await?;
        self.write_marks(&of(Phase::Mark), report).await
    }

    /// A wave at a time: a record holds both sides' values, and thousands may follow a lost state.
    async fn record_only(
        &mut self,
        steps: &[&Step],
        report: &mut ApplyReport,
    ) -> Result<(), ReconcileError> {
        for wave in steps.chunks(RECORDED_AT_ONCE) {
            self.record_wave(wave, report).await?;
        }
        Ok(())
    }

    async fn record_wave(
        &mut self,
        steps: &[&Step],
        report: &mut ApplyReport,
    ) -> Result<(), ReconcileError> {
        let mut kept = Vec::with_capacity(steps.len());
        for step in steps {
            let Operation::Record {
                pair,
                base,
                rev,
                state,
                conflicts: changes,
            } = &step.operation
            else {
                continue;
            };
            let link = self.agreed_link(pair, base, *rev, *state);
            let conflicts = self.settled_conflicts(step, pair);
            let is_new = pair.link.is_none();
            let mut record = Record {
                audit: self.record_event(pair, *state, changes),
                conflicts,
                ..Record::default()
            };
            if is_new && *state == LinkState::Active {
                self.queue_mark(&link);
            } else {
                // What follows in this run builds on it.
                self.take_in(&link);
                record.quarantine = self.release(item_key(step));
            }
            record.link = Some(link);
            let is_told = is_new || step.change.is_some();
            kept.push((is_told.then_some(*step), record));
        }
        self.keep(kept, report).await
    }

    /// What the audit says of something that only the store learns; nothing of a base that both sides
    /// reached by themselves.
    fn record_event(
        &self,
        pair: &Pair,
        state: LinkState,
        changes: &[crate::model::ConflictChange],
    ) -> Option<AuditEntry> {
        let known = pair.link.as_ref().and_then(|id| self.links.get(id));
        let before = known.map(|link| link.state);
        let (event, detail) = match (before, state) {
            (Some(before), state) if before == state => conflicts::event(changes)?,
            (None, LinkState::Active) => ("linked", "both sides exist".to_owned()),
            (Some(_), LinkState::Active) => ("linked again", String::new()),
            (_, LinkState::Ended) => ("ended", "both items are gone".to_owned()),
            (_, LinkState::Unlinked) => ("unlinked", String::new()),
        };
        Some(self.audit(event, Some(pair), &detail))
    }

    /// Records what became of writes. Those that come with a step have carried it out. A pair that the
    /// store refuses is told and stops nothing else.
    async fn keep(
        &mut self,
        kept: Vec<(Option<&Step>, Record)>,
        report: &mut ApplyReport,
    ) -> Result<(), ReconcileError> {
        let (steps, records): (Vec<_>, Vec<_>) = kept.into_iter().unzip();
        let ids: Vec<Option<LinkId>> = records
            .iter()
            .map(|record: &Record| record.link.as_ref().map(|link| link.id.clone()))
            .collect();
        let refused = record::record(self.context.store, records).await?;
        for link in &refused {
            self.links.remove(&link.id);
            self.by_case.remove(&link.case);
            self.to_mark.remove(&link.id);
            self.refused_pairs.insert((link.case, link.work_item));
        }
        for (step, id) in steps.into_iter().zip(ids) {
            let Some(step) = step else { continue };
            match refused.iter().find(|link| Some(&link.id) == id.as_ref()) {
                None => report.done(step),
                Some(link) => {
                    let message = format!(
                        "case {} and work item {} were not linked: one of them is linked to another item; the next plan takes it up",
                        link.case, link.work_item
                    );
                    report.fail(step, FailureKind::Stale, &message);
                }
            }
        }
        Ok(())
    }

    /// Whether the store refused the pair of a step earlier in this run.
    fn is_not_linked(&self, step: &Step) -> bool {
        let pair = step.operation.pair();
        pair.is_some_and(|pair| self.refused_pairs.contains(&(pair.case, pair.work_item)))
    }

    fn intent(
        &self,
        kind: IntentKind,
        case: Option<CaseId>,
        work_item: Option<WorkItemId>,
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
            expected_rev: None,
            rows: BTreeMap::new(),
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

    /// Takes in a link as it is now, and notes it if one of its items lacks its mark.
    fn queue_mark(&mut self, link: &Link) {
        let mut sides = [System::TestWorthy, System::AzureDevOps].into_iter();
        if sides.any(|side| self.lacks_mark(link, side)) {
            self.to_mark.insert(link.id.clone());
        }
        self.take_in(link);
    }

    /// Whether the link's item of a side still needs its mark. What a one-way rule writes carries it.
    fn lacks_mark(&self, link: &Link, side: System) -> bool {
        let rule = &self.observation.rule;
        let (mark, carries_marks) = match side {
            System::TestWorthy => (
                link.case_mark,
                self.connection.testworthy.keeps_references(),
            ),
            System::AzureDevOps => (link.work_item_mark, true),
        };
        let is_ours = rule.is_two_way() || rule.source() == side;
        is_ours && mark == MarkState::Missing && carries_marks && link.state == LinkState::Active
    }

    /// Takes in a link as it is now.
    fn take_in(&mut self, link: &Link) {
        // A renewed link has left one of its items.
        if let Some(before) = self.links.get(&link.id) {
            if before.case != link.case {
                self.linked_cases.remove(&before.case);
                self.by_case.remove(&before.case);
            }
            if before.work_item != link.work_item {
                self.linked_items.remove(&before.work_item);
                // Without its own mark the old item is known by this mention only, should it come back.
                let marks = [before.case_mark, before.work_item_mark];
                if marks == [MarkState::Written; 2] {
                    self.replaced.insert(link.id.clone(), before.work_item);
                }
            }
        }
        if link.state == LinkState::Active {
            self.linked_items.insert(link.work_item, link.case);
            self.linked_cases.insert(link.case, link.work_item);
        } else {
            self.linked_items.remove(&link.work_item);
            self.linked_cases.remove(&link.case);
        }
        self.by_case.insert(link.case, link.id.clone());
        self.links.insert(link.id.clone(), link.clone());
    }

    /// Waits until a write that was just given up can no longer land. `false` if somebody asked to stop
    /// before: then the write stays open, and the next run waits for it.
    async fn wait_until_settled(&self) -> bool {
        wait_until_settled(self.context, self.settle, self.stop).await
    }

    fn observed_item(&self, id: WorkItemId) -> Option<&WorkItem> {
        self.observation.observed.work_item(id)
    }
}

/// As [`RuleRun::wait_until_settled`].
async fn wait_until_settled(context: &Context<'_>, settle: Duration, stop: &StopFlag) -> bool {
    if !settle.is_zero() {
        context.progress.note(&format!(
            "a write got no answer; waiting {} s until it can no longer land, then looking it up",
            settle.as_secs().max(1)
        ));
    }
    let until = later(context.clock.now(), settle);
    loop {
        let left = until.duration_since(context.clock.now());
        let left = Duration::try_from(left).unwrap_or_default();
        if left.is_zero() {
            return true;
        }
        if stop.is_set() {
            return false;
        }
        context.clock.sleep(left.min(GLANCE)).await;
    }
}

/// A duration behind an instant; stays at the last instant there is.
pub(super) fn later(instant: Timestamp, by: Duration) -> Timestamp {
    SignedDuration::try_from(by)
        .ok()
        .and_then(|by| instant.checked_add(by).ok())
        .unwrap_or(Timestamp::MAX)
}
