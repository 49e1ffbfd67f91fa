//! Writes to TestWorthy: one request per case. It has no version to test, so each write is compared
//! with a fresh reading just before it is sent, and its own answer is read back.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use tokio::task::JoinSet;

use super::fate::{Fate, classify};
use super::meaning::{has_landed, is_unchanged, on_top_of};
use super::refusal::class_of;
use super::report::{ApplyReport, FailureKind};
use super::written::{Echo, Writing, intent_rows};
use super::{NOT_LINKED, RuleRun, UNANSWERED, item_key};
use crate::model::{
    Case, CaseId, LinkId, RefusalClass, SectionId, SuiteId, System, WorkItemId,
    azure_boards_mentions,
};
use crate::plan::{CreateTarget, Operation, Pair, Retirement, Step};
use crate::reconcile::ReconcileError;
use crate::reconcile::connect::remote_error;
use crate::remote::{
    CaseDraft, CasePatch, CaseRead, CaseScope, RemoteError, RemoteErrorKind, Verification,
    WriteTestWorthy,
};
use crate::store::{Intent, IntentKind, IntentOutcome, Record};

/// A listing saves requests, but costs as much as the suite is large: it pays while the suite is no more
/// than so many times larger than the number of its cases that are wanted.
const LISTING_PAYS: usize = 4;

/// One write that is to be sent.
#[derive(Clone)]
pub(super) struct CaseJob<'s> {
    pub(super) step: &'s Step,
    pub(super) write: CaseWrite,
}

/// A write to TestWorthy.
#[derive(Clone)]
pub(super) enum CaseWrite {
    Create {
        work_item: WorkItemId,
        draft: CaseDraft,
    },
    Update {
        pair: Pair,
        expected: CasePatch,
        patch: CasePatch,
    },
}

/// What one apply has found out about TestWorthy while it creates cases.
#[derive(Default)]
struct Known {
    sections: Sections,
    suites: BTreeSet<SuiteId>,
    mentions: BTreeMap<WorkItemId, Vec<Case>>,
}

/// The sections for new cases, or why the server refuses one.
type Sections = BTreeMap<(SuiteId, Vec<String>), Result<SectionId, String>>;

/// What one request gave.
pub(super) type Answer = Result<Case, RemoteError>;

impl RuleRun<'_> {
    /// Sends creates and updates of cases.
    pub(super) async fn write_cases(
        &mut self,
        steps: &[&Step],
        report: &mut ApplyReport,
    ) -> Result<(), ReconcileError> {
        if steps.is_empty() {
            return Ok(());
        }
        self.context
            .progress
            .begin("writing cases", Some(steps.len() as u64));
        let result = self.write_waves(steps, report).await;
        self.context.progress.end();
        result
    }

    async fn write_waves(
        &mut self,
        steps: &[&Step],
        report: &mut ApplyReport,
    ) -> Result<(), ReconcileError> {
        let mut known = Known::default();
        let mut left = steps;
        while !left.is_empty() && !self.stop.is_set() {
            let (wave, rest) = left.split_at(left.len().min(self.wave()));
            left = rest;
            self.write_wave(wave, &mut known, report).await?;
            self.context.progress.advance(wave.len() as u64);
        }
        Ok(())
    }

    async fn write_wave(
        &mut self,
        wave: &[&Step],
        known: &mut Known,
        report: &mut ApplyReport,
    ) -> Result<(), ReconcileError> {
        let mut jobs = Vec::with_capacity(wave.len());
        for step in wave {
            if self.is_not_linked(step) {
                report.fail(step, FailureKind::Stale, NOT_LINKED);
                continue;
            }
            match self.case_job(step, &mut known.sections).await? {
                Ok(job) => jobs.extend(job),
                Err(reason) => report.fail(step, FailureKind::Refused, &reason),
            }
        }
        let jobs = self.drop_existing(jobs, known, report).await?;
        let jobs = self.drop_stale(jobs, report).await?;
        self.send_cases(jobs, report).await
    }

    /// The job of a step, or why the server does not take it.
    async fn case_job<'s>(
        &self,
        step: &'s Step,
        sections: &mut Sections,
    ) -> Result<Result<Option<CaseJob<'s>>, String>, ReconcileError> {
        let write = match &step.operation {
            Operation::CreateCase {
                work_item, create, ..
            } => {
                let section = match self.section(create, sections).await? {
                    Ok(section) => section,
                    Err(reason) => return Ok(Err(reason)),
                };
                let draft = CaseDraft {
                    suite: create.suite,
                    section,
                    refs: create.refs.clone(),
                    fields: create.fields.clone(),
                };
                CaseWrite::Create {
                    work_item: *work_item,
                    draft,
                }
            }
            Operation::UpdateCase {
                pair,
                expected,
                patch,
                ..
            }
            | Operation::Retire {
                pair,
                how: Retirement::Disable { expected, patch },
                ..
            } => CaseWrite::Update {
                pair: pair.clone(),
                expected: expected.clone(),
                patch: patch.clone(),
            },
            Operation::CreateWorkItem { .. }
            | Operation::UpdateWorkItem { .. }
            | Operation::Mark { .. }
            | Operation::Retire { .. }
            | Operation::Restore { .. }
            | Operation::Record { .. } => return Ok(Ok(None)),
        };
        Ok(Ok(Some(CaseJob { step, write })))
    }

    async fn section(
        &self,
        create: &CreateTarget,
        known: &mut Sections,
    ) -> Result<Result<Option<SectionId>, String>, ReconcileError> {
        if create.section.is_empty() {
            return Ok(Ok(None));
        }
        let key = (create.suite, create.section.clone());
        if let Some(found) = known.get(&key) {
            return Ok(found.clone().map(Some));
        }
        let made = self
            .writers
            .testworthy
            .ensure_section(create.suite, &create.section)
            .await;
        let found = match made {
            Ok(id) => Ok(id),
            Err(error) if matches!(classify(&error), Fate::Refused) => Err(format!(
                "the section {} cannot be made: {}",
                create.section.join("/"),
                error.kind
            )),
            Err(error) => return Err(remote_error(self.connection, error)),
        };
        known.insert(key, found.clone());
        Ok(found.map(Some))
    }

    /// A create whose case exists already (a lost answer of an earlier run) becomes a link. Each suite is
    /// looked through once per apply: this run holds the lock, and its own writes are answered for.
    async fn drop_existing<'s>(
        &mut self,
        jobs: Vec<CaseJob<'s>>,
        known: &mut Known,
        report: &mut ApplyReport,
    ) -> Result<Vec<CaseJob<'s>>, ReconcileError> {
        let mut left = Vec::with_capacity(jobs.len());
        let mut kept = Vec::new();
        for job in jobs {
            let CaseWrite::Create { work_item, draft } = &job.write else {
                left.push(job);
                continue;
            };
            if known.suites.insert(draft.suite) {
                let scope = CaseScope::Suite(draft.suite);
                let listing = self.writers.testworthy.cases(scope).await;
                let listing = listing.map_err(|error| remote_error(self.connection, error))?;
                for case in listing.cases.into_values() {
                    for mentioned in azure_boards_mentions(&case.refs) {
                        known
                            .mentions
                            .entry(mentioned)
                            .or_default()
                            .push(case.clone());
                    }
                }
            }
            let naming = known.mentions.get(work_item).map_or(&[][..], Vec::as_slice);
            // A case that comes back is linked to this very work item.
            let free = |case: &&Case| {
                let linked = self.linked_cases.get(&case.id);
                linked.is_none_or(|linked| linked == work_item)
            };
            if let Some(case) = naming.iter().find(free) {
                let pair = case_pair(case, *work_item, renews(job.step));
                let link = self.link_without_base(&pair, System::TestWorthy);
                self.queue_mark(&link);
                let reason = "a case that names this work item exists already";
                let record = Record {
                    audit: Some(self.audit("linked", Some(&pair), reason)),
                    conflicts: self.settled_conflicts(job.step, &pair),
                    link: Some(link),
                    ..Record::default()
                };
                kept.push((Some(job.step), record));
            } else if let Some(case) = naming.first() {
                let message = format!(
                    "case {} names AB#{work_item} in its references and is linked to another work item; no second case is made",
                    case.id
                );
                report.fail(job.step, FailureKind::Stale, &message);
            } else {
                left.push(job);
            }
        }
        self.keep(kept, report).await?;
        Ok(left)
    }

    /// Compares each update with a fresh reading. What somebody changed since the plan is left alone.
    async fn drop_stale<'s>(
        &self,
        jobs: Vec<CaseJob<'s>>,
        report: &mut ApplyReport,
    ) -> Result<Vec<CaseJob<'s>>, ReconcileError> {
        let fresh = self.fresh(&jobs).await?;
        let mut kept = Vec::with_capacity(jobs.len());
        for mut job in jobs {
            let changed = Some("somebody changed the case after the plan was made");
            let reason = match &mut job.write {
                CaseWrite::Create { .. } => None,
                CaseWrite::Update {
                    pair,
                    expected,
                    patch,
                } => match fresh.get(&pair.case) {
                    // An edit speaks against putting the case away, whatever field it is of.
                    Some(case) if ends_pair(job.step) && self.is_edited(case, pair) => changed,
                    Some(case) if is_unchanged(case, expected) => {
                        match on_top_of(case, expected, patch) {
                            Ok(put) => {
                                *patch = put;
                                None
                            }
                            Err(_) => changed,
                        }
                    }
                    Some(_) => changed,
                    None => Some("the case cannot be read any more"),
                },
            };
            match reason {
                None => kept.push(job),
                Some(reason) => {
                    let message = format!("{reason}; the next plan takes it up");
                    report.fail(job.step, FailureKind::Stale, &message);
                }
            }
        }
        Ok(kept)
    }

    /// Fresh readings of every case that is about to be changed.
    pub(super) async fn fresh(
        &self,
        jobs: &[CaseJob<'_>],
    ) -> Result<BTreeMap<CaseId, Case>, ReconcileError> {
        let testworthy = &self.writers.testworthy;
        let failed = |error| remote_error(self.connection, error);
        let mut listings = BTreeSet::new();
        let mut by_scope: BTreeMap<Option<CaseScope>, Vec<CaseId>> = BTreeMap::new();
        for job in jobs {
            if let CaseWrite::Update { pair, .. } = &job.write {
                let known = self.observation.observed.case(pair.case);
                by_scope
                    .entry(known.map(CaseScope::of))
                    .or_default()
                    .push(pair.case);
            }
        }
        let reads_one = testworthy.capabilities().get_case != Verification::Absent;
        let listing_pays = |scope, wanted: usize| {
            let size = self.listing_sizes.get(&scope).copied().unwrap_or_default();
            size <= wanted.saturating_mul(LISTING_PAYS)
        };
        let mut single = Vec::new();
        for (scope, cases) in by_scope {
            match scope {
                Some(scope) if !reads_one || listing_pays(scope, cases.len()) => {
                    listings.insert(scope);
                }
                _ => single.extend(cases),
            }
        }
        let mut fresh = BTreeMap::new();
        for scope in listings {
            fresh.extend(testworthy.cases(scope).await.map_err(failed)?.cases);
        }
        single.retain(|id| !fresh.contains_key(id));
        let mut unsupported = BTreeSet::new();
        for (id, read) in read_each(testworthy, single).await {
            match read {
                Ok(CaseRead::Present(case)) => {
                    fresh.insert(id, *case);
                }
                Ok(CaseRead::Refused | CaseRead::Missing) => {}
                Err(error) if matches!(error.kind, RemoteErrorKind::Unsupported { .. }) => {
                    let known = self.observation.observed.case(id);
                    unsupported.extend(known.map(CaseScope::of));
                }
                Err(error) => return Err(failed(error)),
            }
        }
        for scope in unsupported {
            fresh.extend(testworthy.cases(scope).await.map_err(failed)?.cases);
        }
        Ok(fresh)
    }

    /// Fresh readings of changed cases and of the suites that got new ones.
    async fn fresh_with_creates(
        &self,
        jobs: &[CaseJob<'_>],
    ) -> Result<BTreeMap<CaseId, Case>, ReconcileError> {
        let mut fresh = self.fresh(jobs).await?;
        let listings: BTreeSet<CaseScope> = jobs
            .iter()
            .filter_map(|job| match &job.write {
                CaseWrite::Create { draft, .. } => Some(CaseScope::Suite(draft.suite)),
                CaseWrite::Update { .. } => None,
            })
            .collect();
        for scope in listings {
            let listing = self.writers.testworthy.cases(scope).await;
            fresh.extend(
                listing
                    .map_err(|error| remote_error(self.connection, error))?
                    .cases,
            );
        }
        Ok(fresh)
    }

    /// Writes per wave: their intents share one transaction, and all are sent soon after it. Where every
    /// wave costs a whole listing, waves are larger.
    pub(super) fn wave(&self) -> usize {
        match self.writers.testworthy.capabilities().get_case {
            Verification::Absent => 64,
            Verification::Assumed | Verification::Verified => 16,
        }
    }

    /// Sends prepared writes side by side and takes in their answers.
    pub(super) async fn send_cases(
        &mut self,
        jobs: Vec<CaseJob<'_>>,
        report: &mut ApplyReport,
    ) -> Result<(), ReconcileError> {
        if jobs.is_empty() {
            return Ok(());
        }
        let intents: Vec<Intent> = jobs.iter().map(|job| self.case_intent(job)).collect();
        let losses: Vec<_> = jobs
            .iter()
            .zip(&intents)
            .flat_map(|(job, intent)| match &job.step.operation {
                Operation::UpdateCase {
                    pair, overwrites, ..
                } => self.losses(intent, pair, overwrites),
                _ => Vec::new(),
            })
            .collect();
        self.context.store.prepare(&intents, &losses).await?;
        let answers = send_all(&self.writers.testworthy, &jobs).await;
        let mut kept = Vec::new();
        let mut unanswered = Vec::new();
        let mut fatal = None;
        for ((job, intent), answer) in jobs.iter().zip(&intents).zip(answers) {
            match answer {
                Ok(case) => {
                    kept.push((
                        Some(job.step),
                        self.case_written(job, intent, (&case, true), report),
                    ));
                }
                Err(error) => match classify(&error) {
                    Fate::Refused => {
                        let words = error.kind.to_string();
                        let reason = self.refusal(&job.step.operation, words);
                        let why = (class_of(&error.kind), reason.as_str());
                        kept.push((None, self.case_refused(job, intent, why, report)));
                    }
                    Fate::NotSent => {
                        let reason = error.kind.to_string();
                        kept.push((None, self.abandoned(intent, &reason)));
                        report.fail(job.step, FailureKind::NotRun, &reason);
                        fatal.get_or_insert(error);
                    }
                    Fate::Unknown => unanswered.push((job.clone(), intent.clone())),
                },
            }
        }
        self.keep(kept, report).await?;
        if !unanswered.is_empty() {
            self.resolve_cases(&unanswered, report).await?;
        }
        fatal.map_or(Ok(()), |error| Err(remote_error(self.connection, error)))
    }

    /// The record of a write that the server refused. A refused mark is remembered on its link and is no
    /// failure: the link lives on the other side and in the store.
    fn case_refused(
        &mut self,
        job: &CaseJob<'_>,
        intent: &Intent,
        (class, reason): (RefusalClass, &str),
        report: &mut ApplyReport,
    ) -> Record {
        if let Operation::Mark { pair, .. } = &job.step.operation {
            return self.mark_refused(job.step, pair, intent, reason, report);
        }
        report.fail(job.step, FailureKind::Refused, reason);
        let digest = job.step.operation.payload_digest();
        self.refused(intent, item_key(job.step), digest, (class, reason))
    }

    fn case_intent(&self, job: &CaseJob<'_>) -> Intent {
        let operation = &job.step.operation;
        let digest = operation.payload_digest();
        let (kind, case, work_item) = match (&job.write, operation) {
            (CaseWrite::Create { work_item, .. }, _) => {
                // The deleted case whose place the new one takes: by it recovery finds the link.
                let renewed = renews(job.step).and_then(|link| self.links.get(link));
                let replaced = renewed.map(|link| link.case);
                (IntentKind::CreateCase, replaced, *work_item)
            }
            (CaseWrite::Update { pair, .. }, Operation::Retire { .. }) => {
                (IntentKind::DisableCase, Some(pair.case), pair.work_item)
            }
            (CaseWrite::Update { pair, .. }, _) => {
                (IntentKind::UpdateCase, Some(pair.case), pair.work_item)
            }
        };
        let mut intent = self.intent(kind, case, Some(work_item), digest);
        intent.rows = intent_rows(operation, self.mapping);
        intent
    }

    /// Writes without an answer: waits, reads again, and records what is there.
    async fn resolve_cases(
        &mut self,
        unanswered: &[(CaseJob<'_>, Intent)],
        report: &mut ApplyReport,
    ) -> Result<(), ReconcileError> {
        let jobs: Vec<CaseJob<'_>> = unanswered.iter().map(|(job, _)| job.clone()).collect();
        let fresh = if self.wait_until_settled().await {
            self.fresh_with_creates(&jobs).await.map(Some)
        } else {
            Ok(None)
        };
        let Ok(Some(fresh)) = fresh else {
            // The intents stay open: the next run looks again.
            for (job, _) in unanswered {
                report.fail(job.step, FailureKind::Unanswered, UNANSWERED);
            }
            return fresh.map(drop);
        };
        let mut kept = Vec::new();
        for (job, intent) in unanswered {
            let landed = match &job.write {
                CaseWrite::Create { work_item, .. } => fresh.values().find(|case| {
                    let linked = self.linked_cases.get(&case.id);
                    azure_boards_mentions(&case.refs).contains(work_item)
                        && linked.is_none_or(|linked| linked == work_item)
                }),
                CaseWrite::Update { pair, patch, .. } => {
                    fresh.get(&pair.case).filter(|case| has_landed(case, patch))
                }
            };
            if let Some(case) = landed {
                let record = self.case_written(job, intent, (case, false), report);
                kept.push((Some(job.step), record));
            } else {
                kept.push((
                    None,
                    self.abandoned(intent, "no answer came and it did not land"),
                ));
                report.fail(
                    job.step,
                    FailureKind::NotRun,
                    "the write got no answer and did not land; the next run sends it again",
                );
            }
        }
        self.keep(kept, report).await
    }

    /// The record of a write that was carried out. `answered` says whether the case is the server's answer
    /// to it, or was read some time later.
    fn case_written(
        &mut self,
        job: &CaseJob<'_>,
        intent: &Intent,
        (case, answered): (&Case, bool),
        report: &mut ApplyReport,
    ) -> Record {
        let operation = &job.step.operation;
        let (pair, event) = match (&job.write, operation) {
            (CaseWrite::Create { work_item, .. }, _) => {
                let pair = case_pair(case, *work_item, renews(job.step));
                (pair, "created case")
            }
            (CaseWrite::Update { pair, .. }, Operation::UpdateCase { .. }) => {
                (pair.clone(), "updated case")
            }
            (CaseWrite::Update { pair, patch, .. }, Operation::Retire { .. }) => {
                return self.disabled(job, pair, patch, intent, case);
            }
            (CaseWrite::Update { pair, .. }, _) => return self.mark_written(pair, intent),
        };
        let Some(writing) = Writing::of(operation, self.mapping) else {
            return Record::default();
        };
        let echo = if answered {
            Echo::Case(case, pair.work_item)
        } else {
            Echo::Found(case, pair.work_item)
        };
        let link = self.link_after(&pair, &writing, echo);
        self.queue_mark(&link);
        let key = item_key(job.step);
        // A new case is compared by the next plan, whose write is judged then.
        let unkept = if writing.creates {
            None
        } else {
            self.unkept_by(&pair, &writing, echo)
        };
        let rows: Vec<&str> = writing
            .rows(self.mapping)
            .map(|(row, _)| row.name())
            .collect();
        let mut record = Record {
            intent: Some((intent.id.clone(), IntentOutcome::Applied)),
            audit: Some(self.audit(event, Some(&pair), &rows.join(", "))),
            link: Some(link),
            ..Record::default()
        };
        self.teach(&pair, &writing, echo, &mut record);
        if let Some(reason) = &unkept {
            report.fail(job.step, FailureKind::Refused, reason);
            let why = (RefusalClass::NotKept, reason.as_str());
            record.quarantine = Some(self.put_aside(key, operation.payload_digest(), why));
        } else {
            record.quarantine = self.release(key);
            record.conflicts = self.settled_conflicts(job.step, &pair);
        }
        record
    }

    /// The record of a case that was disabled because its work item was deleted.
    fn disabled(
        &mut self,
        job: &CaseJob<'_>,
        pair: &Pair,
        patch: &CasePatch,
        intent: &Intent,
        case: &Case,
    ) -> Record {
        let link = self.link_after_disabling(pair, patch, case);
        self.take_in(&link);
        let fields: Vec<&str> = patch.fields.keys().map(String::as_str).collect();
        Record {
            intent: Some((intent.id.clone(), IntentOutcome::Applied)),
            audit: Some(self.audit("disabled case", Some(pair), &fields.join(", "))),
            link: Some(link),
            quarantine: self.release(item_key(job.step)),
            conflicts: self.settled_conflicts(job.step, pair),
            ..Record::default()
        }
    }
}

/// Whether it puts a case away because its work item was deleted.
fn ends_pair(step: &Step) -> bool {
    matches!(step.operation, Operation::Retire { .. })
}

/// The link of a deleted case that a new one takes the place of.
fn renews(step: &Step) -> Option<&LinkId> {
    match &step.operation {
        Operation::CreateCase { renews, .. } => renews.as_ref(),
        _ => None,
    }
}

fn case_pair(case: &Case, work_item: WorkItemId, link: Option<&LinkId>) -> Pair {
    Pair {
        link: link.cloned(),
        case: case.id,
        testworthy_project: case.project,
        work_item,
    }
}

/// Reads cases side by side.
async fn read_each(
    testworthy: &Arc<dyn WriteTestWorthy>,
    ids: Vec<CaseId>,
) -> Vec<(CaseId, Result<CaseRead, RemoteError>)> {
    let mut tasks = JoinSet::new();
    for id in ids {
        let testworthy = testworthy.clone();
        tasks.spawn(async move { (id, testworthy.case(id).await) });
    }
    let mut read = Vec::new();
    while let Some(joined) = tasks.join_next().await {
        read.extend(joined);
    }
    read
}

async fn send_all(testworthy: &Arc<dyn WriteTestWorthy>, jobs: &[CaseJob<'_>]) -> Vec<Answer> {
    let mut tasks = JoinSet::new();
    for (index, job) in jobs.iter().enumerate() {
        let testworthy = testworthy.clone();
        let write = job.write.clone();
        tasks.spawn(async move {
            let answer = match write {
                CaseWrite::Create { draft, .. } => testworthy.create_case(&draft).await,
                CaseWrite::Update { pair, patch, .. } => {
                    testworthy.update_case(pair.case, &patch).await
                }
            };
            (index, answer)
        });
    }
    let mut answers: Vec<Option<Answer>> = jobs.iter().map(|_| None).collect();
    while let Some(joined) = tasks.join_next().await {
        if let Ok((index, answer)) = joined {
            answers[index] = Some(answer);
        }
    }
    let lost = || RemoteError {
        system: crate::model::System::TestWorthy,
        kind: RemoteErrorKind::Unavailable {
            reason: "the request was given up".to_owned(),
            maybe_sent: true,
        },
        request: None,
    };
    answers
        .into_iter()
        .map(|answer| answer.unwrap_or_else(|| Err(lost())))
        .collect()
}
