//! Writes to Azure DevOps: up to 200 in one `$batch`, each with its own intent and outcome.

use std::collections::{BTreeSet, VecDeque};

use super::found::{Created, Found};
use super::job::{Job, go_on};
use super::refusal::class_of;
use super::report::{ApplyReport, FailureKind};
use super::written::{Echo, Writing, intent_rows};
use super::{NOT_LINKED, RuleRun, UNANSWERED, item_key};
use crate::model::{ACCORD_TAG, CaseId, Link, LinkId, RefusalClass, WorkItem, WorkItemId};
use crate::plan::{Operation, Pair, Step};
use crate::reconcile::ReconcileError;
use crate::reconcile::connect::remote_error;
use crate::remote::{
    RemoteError, RemoteErrorKind, WorkItemQuery, WorkItemWrite, WriteAzureDevOps, WriteOutcome,
};
use crate::store::{Intent, IntentOutcome, QuarantineChange, Record};

/// How many writes go into one request, by attempt. When a request fails as a whole the server may not
/// say which write is to blame, so the next requests are smaller and the last ones hold one write each.
pub(super) const SIZES: [usize; 3] = [200, 20, 1];

const CUT_SHORT: &str = "the run was stopped while the state of the work item was on its way; the next run goes on from where the item stands";

impl RuleRun<'_> {
    /// Sends creates and updates of work items.
    pub(super) async fn write_work_items(
        &mut self,
        steps: &[&Step],
        report: &mut ApplyReport,
    ) -> Result<(), ReconcileError> {
        if steps.is_empty() {
            return Ok(());
        }
        let (lost, steps): (Vec<&Step>, Vec<&Step>) = steps
            .iter()
            .copied()
            .partition(|step| self.is_not_linked(step));
        for step in lost {
            report.fail(step, FailureKind::Stale, NOT_LINKED);
        }
        let mut queue: VecDeque<Job<'_>> = steps.iter().filter_map(|step| Job::of(step)).collect();
        self.context
            .progress
            .begin("writing work items", Some(queue.len() as u64));
        let result = self.drain(&mut queue, report).await;
        self.context.progress.end();
        result
    }

    async fn drain(
        &mut self,
        queue: &mut VecDeque<Job<'_>>,
        report: &mut ApplyReport,
    ) -> Result<(), ReconcileError> {
        while !queue.is_empty() && !self.stop.is_set() {
            let attempt = queue.front().map_or(0, |job| job.attempt);
            let same = queue.iter().take_while(|job| job.attempt == attempt);
            let size = SIZES.get(attempt).copied().unwrap_or(1);
            let writes: Vec<WorkItemWrite> = same.take(size).map(|job| job.write.clone()).collect();
            let count = self
                .writers
                .azure_devops
                .fit(&writes)
                .clamp(1, writes.len());
            let jobs: Vec<Job<'_>> = queue.drain(..count).collect();
            let sent = jobs.len() as u64;
            let again = self.send(jobs, report).await?;
            let done = sent - again.len() as u64;
            // Requests hold writes of one attempt only, so those stay together.
            let (first, repeated): (Vec<_>, Vec<_>) =
                again.into_iter().partition(|job| job.attempt == 0);
            queue.extend(first);
            queue.extend(repeated);
            self.context.progress.advance(done);
        }
        for job in queue.iter().filter(|job| job.is_under_way()) {
            report.fail(job.step, FailureKind::NotRun, CUT_SHORT);
        }
        Ok(())
    }

    /// Sends one batch; gives back what has to be sent again.
    async fn send<'s>(
        &mut self,
        jobs: Vec<Job<'s>>,
        report: &mut ApplyReport,
    ) -> Result<Vec<Job<'s>>, ReconcileError> {
        let jobs = self.adopt_existing(jobs, report).await?;
        if jobs.is_empty() {
            return Ok(Vec::new());
        }
        let intents: Vec<Intent> = jobs
            .iter()
            .map(|job| {
                let digest = job.operation.payload_digest();
                let work_item = job.work_item().or_else(|| self.replaced_item(job));
                let mut intent = self.intent(job.kind(), job.case(), work_item, digest);
                intent.expected_rev = job.expected_rev();
                intent.rows = intent_rows(&job.operation, self.mapping);
                intent
            })
            .collect();
        let losses: Vec<_> = jobs
            .iter()
            .zip(&intents)
            .flat_map(|(job, intent)| match &*job.operation {
                // Once, with the first attempt: the value is lost once at most.
                Operation::UpdateWorkItem {
                    pair, overwrites, ..
                } if job.attempt == 0 => self.losses(intent, pair, overwrites),
                _ => Vec::new(),
            })
            .collect();
        self.context.store.prepare(&intents, &losses).await?;
        let writes: Vec<WorkItemWrite> = jobs.iter().map(|job| job.write.clone()).collect();
        match self.writers.azure_devops.write(&writes).await {
            Ok(outcomes) => self.take_outcomes(jobs, &intents, outcomes, report).await,
            Err(error) => self.batch_failed(jobs, &intents, error, report).await,
        }
    }

    async fn take_outcomes<'s>(
        &mut self,
        jobs: Vec<Job<'s>>,
        intents: &[Intent],
        outcomes: Vec<WriteOutcome>,
        report: &mut ApplyReport,
    ) -> Result<Vec<Job<'s>>, ReconcileError> {
        let mut kept = Vec::with_capacity(jobs.len());
        let mut again = Vec::new();
        for ((mut job, intent), outcome) in jobs.into_iter().zip(intents).zip(outcomes) {
            match outcome {
                WriteOutcome::Applied(item) => {
                    let record = self.applied(&job, intent, &item, report);
                    go_on(&job, &item, record, (&mut kept, &mut again), report);
                }
                WriteOutcome::Stale(error) => {
                    kept.push((None, self.abandoned(intent, &error.kind.to_string())));
                    let message = if job.is_under_way() {
                        "somebody changed the work item while its state was on its way; the next plan goes on from where the item stands"
                    } else {
                        "somebody changed the work item after the plan was made; the next plan takes it up"
                    };
                    report.fail(job.step, FailureKind::Stale, message);
                }
                WriteOutcome::Rejected(error) => {
                    kept.push((None, self.given_up(&job, intent, &error, report)));
                }
                WriteOutcome::NotRun(error) => {
                    job.attempt += 1;
                    if job.attempt < SIZES.len() {
                        kept.push((None, self.abandoned(intent, &error.kind.to_string())));
                        again.push(job);
                    } else {
                        kept.push((None, self.given_up(&job, intent, &error, report)));
                    }
                }
            }
        }
        self.keep(kept, report).await?;
        Ok(self.without_lost_links(again, report))
    }

    /// A walk ends where the store refused its link.
    fn without_lost_links<'s>(
        &self,
        mut jobs: Vec<Job<'s>>,
        report: &mut ApplyReport,
    ) -> Vec<Job<'s>> {
        jobs.retain(|job| {
            let link = job.operation.pair().and_then(|pair| pair.link.as_ref());
            let kept = !job.is_under_way() || link.is_none_or(|id| self.links.contains_key(id));
            if !kept {
                report.fail(job.step, FailureKind::Stale, NOT_LINKED);
            }
            kept
        });
        jobs
    }

    /// The record of a write that is not sent again. What the server refused for good goes into
    /// quarantine; what it did not get to does not.
    fn given_up(
        &mut self,
        job: &Job<'_>,
        intent: &Intent,
        error: &RemoteError,
        report: &mut ApplyReport,
    ) -> Record {
        let mut reason = self.refusal(&job.operation, error.kind.to_string());
        let status = error.request.as_ref().and_then(|request| request.status);
        // Somebody was faster, which is not the server's last word on this write.
        let raced = matches!(status, Some(409 | 412));
        let transient = raced
            || matches!(
                error.kind,
                RemoteErrorKind::Unavailable { .. }
                    | RemoteErrorKind::RateLimited { .. }
                    | RemoteErrorKind::Unauthenticated { .. }
                    | RemoteErrorKind::Protocol { .. }
            );
        if transient {
            report.fail(job.step, FailureKind::NotRun, &reason);
            return self.abandoned(intent, &reason);
        }
        let mut rows = self.mapping.rows.iter();
        let hides_state = rows.any(|row| row.walks() && row.sensitive());
        if let (true, Some(state)) = (job.is_under_way() && !hides_state, job.state()) {
            reason = format!("on the way to its state, the step to `{state}`: {reason}");
        }
        report.fail(job.step, FailureKind::Refused, &reason);
        let digest = job.operation.payload_digest();
        let why = (class_of(&error.kind), reason.as_str());
        self.refused(intent, item_key(job.step), digest, why)
    }

    /// The whole request got no usable answer.
    async fn batch_failed<'s>(
        &mut self,
        jobs: Vec<Job<'s>>,
        intents: &[Intent],
        error: RemoteError,
        report: &mut ApplyReport,
    ) -> Result<Vec<Job<'s>>, ReconcileError> {
        let unknown = match &error.kind {
            RemoteErrorKind::Unavailable { maybe_sent, .. } => *maybe_sent,
            RemoteErrorKind::Protocol { .. } => true,
            _ => false,
        };
        if unknown {
            return self.resolve(jobs, intents, report).await;
        }
        // Refused as a whole for the sake of some of its writes: the others go through in smaller parts.
        let in_parts = matches!(error.kind, RemoteErrorKind::Rejected { .. });
        let reason = error.kind.to_string();
        let mut kept = Vec::with_capacity(jobs.len());
        let mut again = Vec::new();
        for (mut job, intent) in jobs.into_iter().zip(intents) {
            job.attempt += 1;
            if in_parts && job.attempt >= SIZES.len() {
                kept.push((None, self.given_up(&job, intent, &error, report)));
                continue;
            }
            kept.push((None, self.abandoned(intent, &reason)));
            if in_parts {
                again.push(job);
            } else {
                report.fail(job.step, FailureKind::NotRun, &reason);
            }
        }
        self.keep(kept, report).await?;
        if in_parts {
            return Ok(again);
        }
        Err(remote_error(self.connection, error))
    }

    /// Waits until the request can no longer land, then looks at what it did.
    async fn resolve<'s>(
        &mut self,
        jobs: Vec<Job<'s>>,
        intents: &[Intent],
        report: &mut ApplyReport,
    ) -> Result<Vec<Job<'s>>, ReconcileError> {
        if !self.wait_until_settled().await {
            for job in &jobs {
                report.fail(job.step, FailureKind::Unanswered, UNANSWERED);
            }
            return Ok(Vec::new());
        }
        let found = match self.look_back(&jobs).await {
            Ok(found) => found,
            Err(error) => {
                // The intents stay open: the next run looks again.
                for job in &jobs {
                    report.fail(job.step, FailureKind::Unanswered, UNANSWERED);
                }
                return Err(error);
            }
        };
        let mut kept = Vec::new();
        let mut again = Vec::new();
        for (mut job, intent) in jobs.into_iter().zip(intents) {
            if let Some(item) = found.applied(&job, &self.linked_items) {
                let record = self.found(&job, intent, item, &found, report);
                go_on(&job, item, record, (&mut kept, &mut again), report);
                continue;
            }
            kept.push((
                None,
                self.abandoned(intent, "no answer came and it did not land"),
            ));
            job.attempt += 1;
            if !found.may_repeat(&job) {
                report.fail(
                    job.step,
                    FailureKind::Stale,
                    "the write got no answer and the work item changed meanwhile; the next plan takes it up",
                );
            } else if job.attempt < SIZES.len() {
                again.push(job);
            } else {
                report.fail(
                    job.step,
                    FailureKind::NotRun,
                    "the write got no answer several times and did not land; the next run sends it again",
                );
            }
        }
        self.keep(kept, report).await?;
        Ok(self.without_lost_links(again, report))
    }

    /// What a batch without an answer did: what is there now, and for what was changed since, what the
    /// write that is looked for left there. Nothing else tells it from a later edit.
    async fn look_back(&self, jobs: &[Job<'_>]) -> Result<Found, ReconcileError> {
        let mut found = self.look_up(jobs, true).await?;
        let azure_devops = &self.writers.azure_devops;
        for job in jobs {
            let Some((id, rev)) = found.earlier(job, &self.linked_items) else {
                continue;
            };
            match azure_devops.revision(id, rev).await {
                Ok(Some(then)) => found.remember(then),
                Ok(None) => {}
                Err(error) if is_not_offered(&error) => break,
                Err(error) => return Err(remote_error(self.connection, error)),
            }
        }
        Ok(found)
    }

    /// Reads what a batch was to change, and looks for what it was to create: by the marker's address,
    /// and where an answer is outstanding by Accord's tag too, for servers that do not look up web
    /// addresses.
    async fn look_up(&self, jobs: &[Job<'_>], by_tag: bool) -> Result<Found, ReconcileError> {
        let azure_devops = &self.writers.azure_devops;
        let failed = |error| remote_error(self.connection, error);
        let urls: Vec<String> = jobs
            .iter()
            .filter_map(|job| Some(job.marker()?.url.clone()))
            .collect();
        let mut ids: BTreeSet<WorkItemId> = jobs.iter().filter_map(Job::work_item).collect();
        if !urls.is_empty() {
            ids.extend(
                find_by_hyperlink(azure_devops.as_ref(), &urls)
                    .await
                    .map_err(failed)?,
            );
        }
        if by_tag && !urls.is_empty() {
            let query = WorkItemQuery {
                work_item_type: self.mapping.work_item_type.clone(),
                tag: Some(ACCORD_TAG.to_owned()),
                ..WorkItemQuery::default()
            };
            let tagged = azure_devops.query(&query).await.map_err(failed)?;
            let known = |id: &WorkItemId| {
                self.observed_item(*id).is_some() || self.linked_items.contains_key(id)
            };
            ids.extend(tagged.into_iter().filter(|id| !known(id)));
        }
        let ids: Vec<WorkItemId> = ids.into_iter().collect();
        let items = azure_devops.read(&ids).await.map_err(failed)?;
        Ok(Found::new(items))
    }

    /// Creates whose item exists already (a lost answer, another run) become links.
    async fn adopt_existing<'s>(
        &mut self,
        jobs: Vec<Job<'s>>,
        report: &mut ApplyReport,
    ) -> Result<Vec<Job<'s>>, ReconcileError> {
        if !jobs.iter().any(|job| job.marker().is_some()) {
            return Ok(jobs);
        }
        let (new, mut left): (Vec<_>, Vec<_>) =
            jobs.into_iter().partition(|job| job.marker().is_some());
        let found = self.look_up(&new, false).await?;
        let mut kept = Vec::new();
        let mut missing = Vec::new();
        for job in new {
            match (job.case(), found.created(&job, &self.linked_items)) {
                (Some(case), Created::Free(item)) => {
                    let pair = self.pair(case, item.id, job.renews());
                    let link = self.link_to_created(&pair);
                    self.queue_mark(&link);
                    let reason = "a work item with this case's marker exists already";
                    let record = Record {
                        audit: Some(self.audit("linked", Some(&pair), reason)),
                        conflicts: self.settled_conflicts(job.step, &pair),
                        link: Some(link),
                        ..Record::default()
                    };
                    kept.push((Some(job.step), record));
                }
                (Some(case), Created::Taken(item, other)) => report.fail(
                    job.step,
                    FailureKind::Stale,
                    &format!(
                        "work item {item} carries the marker of case {case} and is linked to case {other}; remove the wrong hyperlink, no second work item is made",
                    ),
                ),
                _ => missing.push(job),
            }
        }
        self.keep(kept, report).await?;
        missing.append(&mut left);
        Ok(missing)
    }

    /// The deleted work item whose place a new one takes: by it recovery finds the link.
    fn replaced_item(&self, job: &Job<'_>) -> Option<WorkItemId> {
        let link = self.links.get(job.renews()?)?;
        Some(link.work_item)
    }

    fn pair(&self, case: CaseId, work_item: WorkItemId, link: Option<&LinkId>) -> Pair {
        let project = self
            .observation
            .observed
            .case(case)
            .and_then(|case| case.project);
        Pair {
            link: link.cloned(),
            case,
            testworthy_project: project,
            work_item,
        }
    }

    /// The record of a write that was carried out.
    fn applied(
        &mut self,
        job: &Job<'_>,
        intent: &Intent,
        item: &WorkItem,
        report: &mut ApplyReport,
    ) -> Record {
        if let Operation::Retire { pair, .. } = &*job.operation {
            return self.closed(job, pair, intent, item, report);
        }
        let (pair, event) = match &*job.operation {
            Operation::CreateWorkItem { case, .. } => {
                (self.pair(*case, item.id, job.renews()), "created work item")
            }
            Operation::UpdateWorkItem { pair, .. } => (pair.clone(), "updated work item"),
            _ => return Record::default(),
        };
        let Some(writing) = Writing::of(&job.operation, self.mapping) else {
            return Record::default();
        };
        let echo = Echo::WorkItem(item);
        let link = self.link_after(&pair, &writing, echo);
        if job.is_under_way() {
            self.take_in(&link);
        } else {
            self.queue_mark(&link);
        }
        let rows: Vec<&str> = writing
            .rows(self.mapping)
            .map(|(row, _)| row.name())
            .collect();
        let mut record = self.written(job, intent, link, event, &rows.join(", "));
        self.teach(&pair, &writing, echo, &mut record);
        // What the server did not keep waits in quarantine, and what a person decided is not done.
        if let Some(aside) = self.unkept(job, &pair, &writing, item, report) {
            record.quarantine = Some(aside);
        } else if job.operation.walk().is_none() {
            record.conflicts = self.settled_conflicts(job.step, &pair);
        }
        record
    }

    /// The record of a write that brought the work item of a deleted case nearer to its closing state. The
    /// last one ends the link.
    fn closed(
        &mut self,
        job: &Job<'_>,
        pair: &Pair,
        intent: &Intent,
        item: &WorkItem,
        report: &mut ApplyReport,
    ) -> Record {
        let is_last = job.operation.walk().is_none();
        let ended = is_last && job.has_brought(item);
        if is_last && !ended {
            report.fail(
                job.step,
                FailureKind::Stale,
                "the work item is not in the state that it was brought to: a rule of its process or a person moved it; the next plan takes it up",
            );
        }
        let link = self.link_after_closing(pair, item, ended);
        self.take_in(&link);
        let state = job.state().unwrap_or_default().to_owned();
        let mut record = self.written(job, intent, link, "closed work item", &state);
        if ended {
            record.conflicts = self.settled_conflicts(job.step, pair);
        }
        record
    }

    /// Tells of a change that the server accepted and did not make.
    fn unkept(
        &mut self,
        job: &Job<'_>,
        pair: &Pair,
        writing: &Writing<'_>,
        item: &WorkItem,
        report: &mut ApplyReport,
    ) -> Option<QuarantineChange> {
        if writing.creates {
            return None;
        }
        let reason = self.unkept_by(pair, writing, Echo::WorkItem(item))?;
        report.fail(job.step, FailureKind::Refused, &reason);
        // The same write of the next plan starts from the revision that this one made.
        let mut next = job.operation.clone().into_owned();
        if let Operation::UpdateWorkItem { rev, .. } = &mut next {
            *rev = item.rev;
        }
        let why = (RefusalClass::NotKept, reason.as_str());
        Some(self.put_aside(item_key(job.step), next.payload_digest(), why))
    }

    /// A create that landed without an answer and may have been edited since: its base is what it was made
    /// with, where the server tells that, and none otherwise.
    fn found(
        &mut self,
        job: &Job<'_>,
        intent: &Intent,
        item: &WorkItem,
        found: &Found,
        report: &mut ApplyReport,
    ) -> Record {
        match (job.case(), found.as_made(item.id)) {
            (Some(_), Some(made)) if job.marker().is_some() => {
                self.applied(job, intent, made, report)
            }
            (Some(case), None) if job.marker().is_some() && item.rev.0 > 1 => {
                let pair = self.pair(case, item.id, job.renews());
                let link = self.link_to_created(&pair);
                self.queue_mark(&link);
                let event = "created work item";
                let mut record = self.written(job, intent, link, event, "found by its marker");
                record.conflicts = self.settled_conflicts(job.step, &pair);
                record
            }
            _ => self.applied(job, intent, item, report),
        }
    }

    fn written(
        &self,
        job: &Job<'_>,
        intent: &Intent,
        link: Link,
        event: &str,
        detail: &str,
    ) -> Record {
        let pair = Pair {
            link: None,
            case: link.case,
            testworthy_project: None,
            work_item: link.work_item,
        };
        Record {
            intent: Some((intent.id.clone(), IntentOutcome::Applied)),
            audit: Some(self.audit(event, Some(&pair), detail)),
            link: Some(link),
            quarantine: self.release(item_key(job.step)),
            ..Record::default()
        }
    }
}

/// Ids of work items with a hyperlink to one of these addresses; none from a server that does not look up
/// web addresses.
async fn find_by_hyperlink(
    azure_devops: &dyn WriteAzureDevOps,
    urls: &[String],
) -> Result<Vec<WorkItemId>, RemoteError> {
    match azure_devops.find_by_hyperlink(urls).await {
        Ok(found) => Ok(found.into_values().flatten().collect()),
        Err(error) if is_not_offered(&error) => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

/// Whether a look-up failed because the server does not do it, and not because something is out of
/// order.
pub(in crate::reconcile) fn is_not_offered(error: &RemoteError) -> bool {
    matches!(
        error.kind,
        RemoteErrorKind::NotFound { .. }
            | RemoteErrorKind::Rejected { .. }
            | RemoteErrorKind::Unsupported { .. }
    )
}
