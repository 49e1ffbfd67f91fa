//! Writes to Azure DevOps: up to 200 in one `$batch`, each with its own intent and outcome.

use std::collections::{BTreeMap, VecDeque};

use super::report::{ApplyReport, Failure, FailureKind};
use super::{RuleRun, source_key};
use crate::model::{CaseId, Link, Marker, WorkItem, WorkItemId};
use crate::plan::{Operation, Pair, Step};
use crate::reconcile::ReconcileError;
use crate::reconcile::connect::remote_error;
use crate::remote::{RemoteError, RemoteErrorKind, WorkItemWrite, WriteOutcome};
use crate::store::{Intent, IntentKind, IntentOutcome, Record};

/// How many writes go into one request, by attempt. When a request fails as a whole the server may not
/// say which write is to blame, so the next requests are smaller and the last ones hold one write each.
const SIZES: [usize; 3] = [200, 20, 1];

/// One write that is to be sent.
struct Job<'s> {
    step: &'s Step,
    write: WorkItemWrite,
    attempt: usize,
}

impl Job<'_> {
    fn case(&self) -> Option<CaseId> {
        match &self.step.operation {
            Operation::CreateWorkItem { case, .. } => Some(*case),
            other => other.pair().map(|pair| pair.case),
        }
    }

    fn work_item(&self) -> Option<WorkItemId> {
        self.step.operation.pair().map(|pair| pair.work_item)
    }

    fn kind(&self) -> IntentKind {
        match self.write {
            WorkItemWrite::Create(_) => IntentKind::CreateWorkItem,
            WorkItemWrite::Update { .. } => IntentKind::UpdateWorkItem,
        }
    }

    fn marker(&self) -> Option<&Marker> {
        match &self.write {
            WorkItemWrite::Create(draft) => Some(&draft.marker),
            WorkItemWrite::Update { .. } => None,
        }
    }
}

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
        let mut queue: VecDeque<Job<'_>> = steps.iter().filter_map(|step| job(step)).collect();
        self.context
            .progress
            .begin("writing work items", Some(queue.len() as u64));
        let result = self.drain(&mut queue, report).await;
        self.context.progress.end();
        if result.is_err() || self.stop.is_set() {
            for job in queue {
                report.fail(
                    job.step,
                    FailureKind::NotRun,
                    "not sent: the run ended before it",
                );
            }
        }
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
            queue.extend(again);
            self.context.progress.advance(done);
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
                let digest = job.step.operation.payload_digest();
                self.intent(job.kind(), job.case(), job.work_item(), digest)
            })
            .collect();
        let losses: Vec<_> = jobs
            .iter()
            .zip(&intents)
            .flat_map(|(job, intent)| match &job.step.operation {
                Operation::UpdateWorkItem {
                    pair, overwrites, ..
                } => self.losses(intent, pair, overwrites),
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
        let mut records = Vec::with_capacity(jobs.len());
        let mut again = Vec::new();
        for ((mut job, intent), outcome) in jobs.into_iter().zip(intents).zip(outcomes) {
            match outcome {
                WriteOutcome::Applied(item) => {
                    records.push(self.applied(&job, intent, &item));
                    report.applied += 1;
                }
                WriteOutcome::Stale(error) => {
                    records.push(self.abandoned(intent, &error.kind.to_string()));
                    report.fail(
                        job.step,
                        FailureKind::Stale,
                        "somebody changed the work item after the plan was made; the next plan takes it up",
                    );
                }
                WriteOutcome::Rejected(error) => {
                    let reason = error.kind.to_string();
                    let digest = job.step.operation.payload_digest();
                    records.push(self.refused(intent, source_key(job.step), digest, &reason));
                    report.fail(job.step, FailureKind::Refused, &reason);
                }
                WriteOutcome::NotRun(error) => {
                    records.push(self.abandoned(intent, &error.kind.to_string()));
                    job.attempt += 1;
                    if job.attempt < SIZES.len() {
                        again.push(job);
                    } else {
                        report.fail(job.step, FailureKind::NotRun, &error.kind.to_string());
                    }
                }
            }
        }
        self.context.store.record(&records).await?;
        Ok(again)
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
        let reason = error.kind.to_string();
        let records: Vec<Record> = intents
            .iter()
            .map(|intent| self.abandoned(intent, &reason))
            .collect();
        self.context.store.record(&records).await?;
        for job in &jobs {
            report.fail(job.step, FailureKind::NotRun, &reason);
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
        self.wait_until_settled().await;
        let found = match self.look_up(&jobs).await {
            Ok(found) => found,
            Err(error) => {
                // The intents stay open: the next run looks again.
                for job in &jobs {
                    report.fail(
                        job.step,
                        FailureKind::Unanswered,
                        "the write got no answer and could not be looked up; the next run looks again before it sends anything",
                    );
                }
                return Err(error);
            }
        };
        let mut records = Vec::new();
        let mut again = Vec::new();
        for (mut job, intent) in jobs.into_iter().zip(intents) {
            match found.applied(&job) {
                Some(item) => {
                    records.push(self.found(&job, intent, item));
                    report.applied += 1;
                }
                None => {
                    records.push(self.abandoned(intent, "no answer came and it did not land"));
                    job.attempt += 1;
                    if job.attempt < SIZES.len() && found.may_repeat(&job) {
                        again.push(job);
                    } else {
                        report.fail(
                            job.step,
                            FailureKind::Stale,
                            "the write got no answer and the work item changed meanwhile; the next plan takes it up",
                        );
                    }
                }
            }
        }
        self.context.store.record(&records).await?;
        Ok(again)
    }

    async fn look_up(&self, jobs: &[Job<'_>]) -> Result<Found, ReconcileError> {
        let azure_devops = &self.writers.azure_devops;
        let failed = |error| remote_error(self.connection, error);
        let urls: Vec<String> = jobs
            .iter()
            .filter_map(|job| Some(job.marker()?.url.clone()))
            .collect();
        let by_url = if urls.is_empty() {
            BTreeMap::new()
        } else {
            azure_devops
                .find_by_hyperlink(&urls)
                .await
                .map_err(failed)?
        };
        let mut ids: Vec<WorkItemId> = by_url.values().flatten().copied().collect();
        ids.extend(jobs.iter().filter_map(Job::work_item));
        ids.sort_unstable();
        ids.dedup();
        let items = azure_devops.read(&ids).await.map_err(failed)?;
        Ok(Found { by_url, items })
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
        let creates: Vec<Job<'s>>;
        let (new, others): (Vec<_>, Vec<_>) =
            jobs.into_iter().partition(|job| job.marker().is_some());
        let found = self.look_up(&new).await?;
        let (there, missing): (Vec<_>, Vec<_>) = new
            .into_iter()
            .partition(|job| found.created(job).is_some());
        creates = missing;
        let mut records = Vec::new();
        for job in &there {
            if let (Some(case), Some(item)) = (job.case(), found.created(job)) {
                let link = self.link_without_base(&self.pair(case, item.id));
                self.queue_mark(&link);
                records.push(Record {
                    audit: Some(self.audit(
                        "linked",
                        Some(&self.pair(case, item.id)),
                        "a work item with this case's marker exists already",
                    )),
                    link: Some(link),
                    ..Record::default()
                });
                report.applied += 1;
            }
        }
        if !records.is_empty() {
            self.context.store.record(&records).await?;
        }
        Ok(creates.into_iter().chain(others).collect())
    }

    fn pair(&self, case: CaseId, work_item: WorkItemId) -> Pair {
        let project = self
            .observation
            .observed
            .cases
            .get(&case)
            .and_then(|case| case.project);
        Pair {
            link: None,
            case,
            testworthy_project: project,
            work_item,
        }
    }

    fn applied(&mut self, job: &Job<'_>, intent: &Intent, item: &WorkItem) -> Record {
        let (link, event, source) = match &job.step.operation {
            Operation::CreateWorkItem { case, source, .. } => {
                let pair = self.pair(*case, item.id);
                (
                    self.link_after_work_item(&pair, source, item),
                    "created work item",
                    source,
                )
            }
            Operation::UpdateWorkItem { pair, source, .. } => (
                self.link_after_work_item(pair, source, item),
                "updated work item",
                source,
            ),
            Operation::CreateCase { .. }
            | Operation::UpdateCase { .. }
            | Operation::Mark { .. }
            | Operation::Record { .. } => return Record::default(),
        };
        self.queue_mark(&link);
        let rows: Vec<&str> = source.keys().map(String::as_str).collect();
        self.written(job, intent, link, event, &rows.join(", "))
    }

    /// A create that landed without an answer and may have been edited since: linked without a base.
    fn found(&mut self, job: &Job<'_>, intent: &Intent, item: &WorkItem) -> Record {
        match job.case() {
            Some(case) if job.marker().is_some() && item.rev.0 > 1 => {
                let link = self.link_without_base(&self.pair(case, item.id));
                self.queue_mark(&link);
                self.written(
                    job,
                    intent,
                    link,
                    "created work item",
                    "found by its marker",
                )
            }
            _ => self.applied(job, intent, item),
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
            quarantine: Some(self.release(source_key(job.step))),
        }
    }
}

/// What a look-up found.
struct Found {
    by_url: BTreeMap<String, Vec<WorkItemId>>,
    items: BTreeMap<WorkItemId, WorkItem>,
}

impl Found {
    /// The item that a create made; the lowest id if there are several.
    fn created(&self, job: &Job<'_>) -> Option<&WorkItem> {
        let marker = job.marker()?;
        let ids = self.by_url.get(&marker.url)?;
        let mut marked: Vec<&WorkItem> = ids
            .iter()
            .filter_map(|id| self.items.get(id))
            .filter(|item| item.markers().iter().any(|found| found.case == marker.case))
            .collect();
        marked.sort_by_key(|item| item.id);
        marked.first().copied()
    }

    /// The item, if the write was carried out.
    fn applied(&self, job: &Job<'_>) -> Option<&WorkItem> {
        match &job.write {
            WorkItemWrite::Create(_) => self.created(job),
            WorkItemWrite::Update { id, rev, patch } => {
                let item = self.items.get(id)?;
                let holds = |(name, value): (&String, &crate::model::Value)| {
                    item.fields.get(name).cloned().unwrap_or_default() == *value
                };
                let tags = patch
                    .tags
                    .as_ref()
                    .is_none_or(|tags| same_tags(tags, &item.tags));
                (item.rev.0 == rev.0 + 1 && tags && patch.fields.iter().all(holds)).then_some(item)
            }
        }
    }

    /// Whether nothing stands against sending the same write again.
    fn may_repeat(&self, job: &Job<'_>) -> bool {
        match &job.write {
            WorkItemWrite::Create(_) => true,
            WorkItemWrite::Update { id, rev, .. } => {
                self.items.get(id).is_some_and(|item| item.rev == *rev)
            }
        }
    }
}

fn same_tags(one: &[String], other: &[String]) -> bool {
    let sorted = |tags: &[String]| {
        let mut tags: Vec<String> = tags.iter().map(|tag| tag.to_lowercase()).collect();
        tags.sort_unstable();
        tags
    };
    sorted(one) == sorted(other)
}

fn job<'s>(step: &'s Step) -> Option<Job<'s>> {
    let write = match &step.operation {
        Operation::CreateWorkItem { draft, .. } => WorkItemWrite::Create(draft.clone()),
        Operation::UpdateWorkItem {
            pair, rev, patch, ..
        } => WorkItemWrite::Update {
            id: pair.work_item,
            rev: *rev,
            patch: patch.clone(),
        },
        Operation::CreateCase { .. }
        | Operation::UpdateCase { .. }
        | Operation::Mark { .. }
        | Operation::Record { .. } => return None,
    };
    Some(Job {
        step,
        write,
        attempt: 0,
    })
}

impl ApplyReport {
    pub(super) fn fail(&mut self, step: &Step, kind: FailureKind, message: &str) {
        self.failures.push(Failure {
            address: step.address.clone(),
            kind,
            message: message.to_owned(),
        });
    }
}
