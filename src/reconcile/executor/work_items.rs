//! Writes to Azure DevOps: up to 200 in one `$batch`, each with its own intent and outcome.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::meaning::same_text;
use super::report::{ApplyReport, FailureKind};
use super::{RuleRun, UNANSWERED, source_key};
use crate::model::{ACCORD_TAG, CaseId, Link, Marker, WorkItem, WorkItemId};
use crate::plan::{Operation, Pair, Step};
use crate::reconcile::ReconcileError;
use crate::reconcile::connect::remote_error;
use crate::remote::{
    RemoteError, RemoteErrorKind, WorkItemQuery, WorkItemWrite, WriteAzureDevOps, WriteOutcome,
};
use crate::store::{Intent, IntentKind, IntentOutcome, Record};

/// How many writes go into one request, by attempt. When a request fails as a whole the server may not
/// say which write is to blame, so the next requests are smaller and the last ones hold one write each.
pub(super) const SIZES: [usize; 3] = [200, 20, 1];

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
                    kept.push((Some(job.step), self.applied(&job, intent, &item)));
                }
                WriteOutcome::Stale(error) => {
                    kept.push((None, self.abandoned(intent, &error.kind.to_string())));
                    report.fail(
                        job.step,
                        FailureKind::Stale,
                        "somebody changed the work item after the plan was made; the next plan takes it up",
                    );
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
        Ok(again)
    }

    /// The record of a write that is not sent again. What the server refused for good goes into
    /// quarantine; what it did not get to does not.
    fn given_up(
        &self,
        job: &Job<'_>,
        intent: &Intent,
        error: &RemoteError,
        report: &mut ApplyReport,
    ) -> Record {
        let reason = error.kind.to_string();
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
        report.fail(job.step, FailureKind::Refused, &reason);
        let digest = job.step.operation.payload_digest();
        self.refused(intent, source_key(job.step), digest, &reason)
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
        let found = match self.look_up(&jobs, true).await {
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
                kept.push((Some(job.step), self.found(&job, intent, item)));
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
        Ok(again)
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
                    let pair = self.pair(case, item.id);
                    let link = self.link_without_base(&pair);
                    self.queue_mark(&link);
                    let reason = "a work item with this case's marker exists already";
                    let record = Record {
                        audit: Some(self.audit("linked", Some(&pair), reason)),
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

    fn pair(&self, case: CaseId, work_item: WorkItemId) -> Pair {
        let project = self
            .observation
            .observed
            .case(case)
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
    items: BTreeMap<WorkItemId, WorkItem>,
    /// Ids by the address that a marker on them points to (lower case, which servers may change).
    by_url: BTreeMap<String, Vec<WorkItemId>>,
}

/// What there is of an item that was to be created.
enum Created<'f> {
    Nothing,
    Free(&'f WorkItem),
    /// It carries the marker, and belongs to another case.
    Taken(WorkItemId, CaseId),
}

impl Found {
    fn new(items: BTreeMap<WorkItemId, WorkItem>) -> Self {
        let mut by_url: BTreeMap<String, Vec<WorkItemId>> = BTreeMap::new();
        for item in items.values() {
            for marker in item.markers() {
                let url = marker.url.to_lowercase();
                by_url.entry(url).or_default().push(item.id);
            }
        }
        Self { items, by_url }
    }

    /// The item that a create made; the lowest id if there are several.
    fn created(&self, job: &Job<'_>, linked: &BTreeMap<WorkItemId, CaseId>) -> Created<'_> {
        let Some(marker) = job.marker() else {
            return Created::Nothing;
        };
        let mut taken = Created::Nothing;
        let ids = self.by_url.get(&marker.url.to_lowercase());
        for item in ids
            .into_iter()
            .flatten()
            .filter_map(|id| self.items.get(id))
        {
            if !item.markers().iter().any(|found| found.case == marker.case) {
                continue;
            }
            match linked.get(&item.id) {
                Some(other) if *other != marker.case => taken = Created::Taken(item.id, *other),
                _ => return Created::Free(item),
            }
        }
        taken
    }

    /// The item, if the write was carried out.
    fn applied(&self, job: &Job<'_>, linked: &BTreeMap<WorkItemId, CaseId>) -> Option<&WorkItem> {
        match &job.write {
            WorkItemWrite::Create(_) => match self.created(job, linked) {
                Created::Free(item) => Some(item),
                Created::Nothing | Created::Taken(..) => None,
            },
            WorkItemWrite::Update { id, rev, patch } => {
                let item = self.items.get(id)?;
                // The service rewrites formatted text on save.
                let holds = |(name, value): (&String, &crate::model::Value)| {
                    same_text(&item.fields.get(name).cloned().unwrap_or_default(), value)
                };
                let tags = patch
                    .tags
                    .as_ref()
                    .is_none_or(|tags| same_tags(tags, &item.tags));
                let marker = patch
                    .add_marker
                    .as_ref()
                    .is_none_or(|marker| item.markers().iter().any(|m| m.case == marker.case));
                let ours = tags && marker && patch.fields.iter().all(holds);
                (item.rev.0 == rev.0 + 1 && ours).then_some(item)
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

fn same_tags(one: &[String], other: &[String]) -> bool {
    let sorted = |tags: &[String]| {
        let mut tags: Vec<String> = tags.iter().map(|tag| tag.to_lowercase()).collect();
        tags.sort_unstable();
        tags
    };
    sorted(one) == sorted(other)
}

fn job(step: &Step) -> Option<Job<'_>> {
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
