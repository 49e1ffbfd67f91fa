//! Marks on the source: `AB#n` in a case's references, the hyperlink and the tag on a work item. They
//! are written after the link is recorded, as small writes of their own. A source that refuses its mark
//! is told and left: the link lives on the target and in the store.

use std::collections::BTreeMap;

use super::RuleRun;
use super::cases::{CaseJob, CaseWrite};
use super::report::{ApplyReport, Failure, FailureKind};
use crate::model::{
    ACCORD_TAG, Link, LinkId, MarkState, Marker, System, azure_boards_mention,
    azure_boards_mentions,
};
use crate::plan::{Operation, Pair, Step};
use crate::reconcile::ReconcileError;
use crate::reconcile::connect::remote_error;
use crate::remote::{
    CasePatch, RemoteError, RemoteErrorKind, WorkItemPatch, WorkItemWrite, WriteOutcome,
};
use crate::store::{Intent, IntentKind, IntentOutcome, Record};

impl RuleRun<'_> {
    /// Writes the marks that are still missing on the source.
    pub(super) async fn write_marks(
        &mut self,
        report: &mut ApplyReport,
    ) -> Result<(), ReconcileError> {
        let mut ids = std::mem::take(&mut self.to_mark);
        ids.sort();
        ids.dedup();
        let links: Vec<Link> = ids
            .iter()
            .filter_map(|id: &LinkId| self.links.get(id).cloned())
            .collect();
        if links.is_empty() || self.stop.is_set() {
            return Ok(());
        }
        self.context
            .progress
            .begin("marking the sources", Some(links.len() as u64));
        let result = match self.observation.rule.source() {
            System::TestWorthy => self.mark_cases(links, report).await,
            System::AzureDevOps => self.mark_work_items(&links, report).await,
        };
        self.context.progress.end();
        result
    }

    async fn mark_cases(
        &mut self,
        links: Vec<Link>,
        report: &mut ApplyReport,
    ) -> Result<(), ReconcileError> {
        for wave in links.chunks(self.wave()) {
            if self.stop.is_set() {
                return Ok(());
            }
            let steps: Vec<Step> = wave.iter().map(|link| self.mark_step(link)).collect();
            let probe: Vec<CaseJob<'_>> = steps
                .iter()
                .filter_map(|step| mark_job(step, CasePatch::default(), CasePatch::default()))
                .collect();
            let fresh = self.fresh(&probe).await?;
            let mut jobs = Vec::new();
            let mut present = Vec::new();
            for (step, link) in steps.iter().zip(wave) {
                let Some(case) = fresh.get(&link.case) else {
                    continue;
                };
                if azure_boards_mentions(&case.refs).contains(&link.work_item) {
                    present.push(self.marked(link, MarkState::Written));
                    continue;
                }
                let mut refs = case.refs.clone();
                refs.push(azure_boards_mention(link.work_item));
                let expected = CasePatch {
                    refs: Some(case.refs.clone()),
                    ..CasePatch::default()
                };
                let patch = CasePatch {
                    refs: Some(refs),
                    ..CasePatch::default()
                };
                jobs.extend(mark_job(step, expected, patch));
            }
            if !present.is_empty() {
                self.context.store.record(&present).await?;
            }
            self.send_case_marks(jobs, report).await?;
            self.context.progress.advance(wave.len() as u64);
        }
        Ok(())
    }

    /// Sends marks and sorts the refused ones out: they are findings, not failures.
    async fn send_case_marks(
        &mut self,
        jobs: Vec<CaseJob<'_>>,
        report: &mut ApplyReport,
    ) -> Result<(), ReconcileError> {
        let mut inner = ApplyReport::default();
        let pairs: BTreeMap<String, Pair> = jobs
            .iter()
            .filter_map(|job| Some((job.step.address.clone(), job.step.operation.pair()?.clone())))
            .collect();
        let result = self.send_cases(jobs, &mut inner).await;
        let mut refused = Vec::new();
        for failure in inner.failures {
            if failure.kind == FailureKind::Refused {
                if let Some(link) = pairs
                    .get(&failure.address)
                    .and_then(|pair| pair.link.clone())
                    && let Some(link) = self.links.get(&link).cloned()
                {
                    refused.push(self.marked(&link, MarkState::Refused));
                }
                report.notes.push(refusal_note(&failure));
            } else {
                report.failures.push(failure);
            }
        }
        if !refused.is_empty() {
            self.context.store.record(&refused).await?;
        }
        result
    }

    fn mark_step(&self, link: &Link) -> Step {
        let system = self.observation.rule.source();
        let address = match system {
            System::TestWorthy => {
                format!("SyncRule/{}/case/{}", self.observation.rule.name, link.case)
            }
            System::AzureDevOps => {
                format!(
                    "SyncRule/{}/workItem/{}",
                    self.observation.rule.name, link.work_item
                )
            }
        };
        let pair = Pair {
            link: Some(link.id.clone()),
            case: link.case,
            testworthy_project: link.testworthy_project,
            work_item: link.work_item,
        };
        Step {
            change: None,
            rule: self.observation.rule.name.clone(),
            address,
            operation: Operation::Mark { pair, system },
        }
    }

    /// The link with its source's mark in a new state.
    fn marked(&mut self, link: &Link, state: MarkState) -> Record {
        let mut link = self.links.get(&link.id).unwrap_or(link).clone();
        match self.observation.rule.source() {
            System::TestWorthy => link.case_mark = state,
            System::AzureDevOps => link.work_item_mark = state,
        }
        self.links.insert(link.id.clone(), link.clone());
        Record {
            link: Some(link),
            ..Record::default()
        }
    }

    /// The record of a mark that was written on a case.
    pub(super) fn mark_written(&mut self, pair: &Pair, intent: &Intent) -> Record {
        let known = pair
            .link
            .as_ref()
            .and_then(|id| self.links.get(id))
            .cloned();
        let mut record = known
            .map(|link| self.marked(&link, MarkState::Written))
            .unwrap_or_default();
        record.intent = Some((intent.id.clone(), IntentOutcome::Applied));
        record.audit = Some(self.audit("marked case", Some(pair), "refs"));
        record
    }

    async fn mark_work_items(
        &mut self,
        links: &[Link],
        report: &mut ApplyReport,
    ) -> Result<(), ReconcileError> {
        let mut left = links;
        while !left.is_empty() && !self.stop.is_set() {
            let writes: Vec<WorkItemWrite> = left
                .iter()
                .take(200)
                .filter_map(|link| self.work_item_mark(link))
                .collect();
            if writes.is_empty() {
                return Ok(());
            }
            let fits = self
                .writers
                .azure_devops
                .fit(&writes)
                .clamp(1, writes.len());
            let (wave, rest) = left.split_at(fits.min(left.len()));
            self.send_work_item_marks(wave, report).await?;
            self.context.progress.advance(wave.len() as u64);
            left = rest;
        }
        Ok(())
    }

    async fn send_work_item_marks(
        &mut self,
        links: &[Link],
        report: &mut ApplyReport,
    ) -> Result<(), ReconcileError> {
        let marks: Vec<(&Link, WorkItemWrite)> = links
            .iter()
            .filter_map(|link| Some((link, self.work_item_mark(link)?)))
            .collect();
        if marks.is_empty() {
            return Ok(());
        }
        let steps: Vec<Step> = marks.iter().map(|(link, _)| self.mark_step(link)).collect();
        let intents: Vec<Intent> = marks
            .iter()
            .zip(&steps)
            .map(|((link, _), step)| {
                let digest = step.operation.payload_digest();
                let kind = IntentKind::UpdateWorkItem;
                self.intent(kind, Some(link.case), Some(link.work_item), digest)
            })
            .collect();
        self.context.store.prepare(&intents, &[]).await?;
        let writes: Vec<WorkItemWrite> = marks.iter().map(|(_, write)| write.clone()).collect();
        let outcomes = match self.writers.azure_devops.write(&writes).await {
            Ok(outcomes) => outcomes,
            Err(error) => return self.marks_failed(&steps, &intents, error, report).await,
        };
        let mut records = Vec::new();
        for ((((link, _), step), intent), outcome) in
            marks.iter().zip(&steps).zip(&intents).zip(outcomes)
        {
            match outcome {
                WriteOutcome::Applied(item) => {
                    let mut record = self.marked(link, MarkState::Written);
                    if let Some(link) = &mut record.link {
                        link.base.rev = Some(item.rev);
                    }
                    record.intent = Some((intent.id.clone(), IntentOutcome::Applied));
                    record.audit =
                        Some(self.audit("marked work item", step.operation.pair(), "relations"));
                    records.push(record);
                }
                WriteOutcome::Rejected(error) => {
                    let mut record = self.marked(link, MarkState::Refused);
                    let reason = error.kind.to_string();
                    record.intent = Some((
                        intent.id.clone(),
                        IntentOutcome::Abandoned {
                            reason: reason.clone(),
                        },
                    ));
                    records.push(record);
                    report.notes.push(refusal_note(&Failure {
                        address: step.address.clone(),
                        kind: FailureKind::Refused,
                        message: reason,
                    }));
                }
                WriteOutcome::Stale(error) | WriteOutcome::NotRun(error) => {
                    let reason = error.kind.to_string();
                    records.push(self.abandoned(intent, &reason));
                    report.fail(
                        step,
                        FailureKind::NotRun,
                        &format!(
                            "the marker could not be written: {reason}; the next apply writes it"
                        ),
                    );
                }
            }
        }
        self.context.store.record(&records).await?;
        Ok(())
    }

    async fn marks_failed(
        &mut self,
        steps: &[Step],
        intents: &[Intent],
        error: RemoteError,
        report: &mut ApplyReport,
    ) -> Result<(), ReconcileError> {
        let reason = error.kind.to_string();
        for step in steps {
            report.fail(
                step,
                FailureKind::NotRun,
                &format!("the marker could not be written: {reason}; the next apply writes it"),
            );
        }
        let unknown = matches!(
            error.kind,
            RemoteErrorKind::Unavailable {
                maybe_sent: true,
                ..
            } | RemoteErrorKind::Protocol { .. }
        );
        if !unknown {
            let records: Vec<Record> = intents
                .iter()
                .map(|intent| self.abandoned(intent, &reason))
                .collect();
            self.context.store.record(&records).await?;
        }
        Err(remote_error(self.connection, error))
    }

    /// The write that puts the marker and the tag on a source work item; `None` if it has both.
    fn work_item_mark(&self, link: &Link) -> Option<WorkItemWrite> {
        let item = self.observed_item(link.work_item)?;
        let mut patch = WorkItemPatch::default();
        if !item.markers().iter().any(|marker| marker.case == link.case) {
            let url = self.connection.testworthy.case_url(link.case);
            patch.add_marker = Some(Marker {
                case: link.case,
                url,
            });
        }
        if !item.has_accord_tag() {
            let mut tags = item.tags.clone();
            tags.push(ACCORD_TAG.to_owned());
            patch.tags = Some(tags);
        }
        let write = WorkItemWrite::Update {
            id: item.id,
            rev: item.rev,
            patch,
        };
        matches!(&write, WorkItemWrite::Update { patch, .. } if !patch.is_empty()).then_some(write)
    }
}

fn mark_job(step: &Step, expected: CasePatch, patch: CasePatch) -> Option<CaseJob<'_>> {
    let pair = step.operation.pair()?.clone();
    Some(CaseJob {
        step,
        write: CaseWrite::Update {
            pair,
            expected,
            patch,
        },
    })
}

fn refusal_note(failure: &Failure) -> String {
    format!(
        "{}: the source refused the marker ({}); the link lives on the other side and in the store",
        failure.address, failure.message
    )
}
