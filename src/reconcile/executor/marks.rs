//! Marks on items that no other write reaches: `AB#n` in a case's references, the hyperlink and the tag on
//! a work item. Of a one-way rule they are the sources', of a two-way rule either item's. They are
//! written after the link is recorded, as small writes of their own. An item that refuses its mark is told
//! and left: the link lives on the other item and in the store.

use std::collections::{BTreeMap, VecDeque};

use super::RuleRun;
use super::cases::{CaseJob, CaseWrite};
use super::report::{ApplyReport, FailureKind};
use super::work_items::SIZES;
use crate::model::{
    ACCORD_TAG, Link, LinkId, MarkState, Marker, System, WorkItem, azure_boards_mention,
    azure_boards_mention_in, azure_boards_mentions,
};
use crate::plan::{Operation, Pair, Step};
use crate::reconcile::ReconcileError;
use crate::reconcile::connect::remote_error;
use crate::remote::{
    CasePatch, RemoteError, RemoteErrorKind, WorkItemPatch, WorkItemWrite, WriteOutcome,
};
use crate::store::{Intent, IntentKind, IntentOutcome, Record};

/// A mark on a work item that is to be sent.
#[derive(Clone)]
struct ItemMark {
    link: Link,
    step: Step,
    write: WorkItemWrite,
    attempt: usize,
}

impl RuleRun<'_> {
    /// Writes the marks that are still missing: those of `planned`, and those of the links that this run
    /// made.
    pub(super) async fn write_marks(
        &mut self,
        planned: &[&Step],
        report: &mut ApplyReport,
    ) -> Result<(), ReconcileError> {
        let mut steps = BTreeMap::new();
        for step in planned {
            let Operation::Mark { pair, system } = &step.operation else {
                continue;
            };
            let Some(link) = pair.link.as_ref().and_then(|id| self.links.get(id)) else {
                continue;
            };
            if self.lacks_mark(link, *system) {
                steps.insert((link.id.clone(), *system), *step);
                self.to_mark.insert(link.id.clone());
            } else {
                // Another step of the pair has brought it.
                report.done(step);
            }
        }
        let ids = std::mem::take(&mut self.to_mark);
        let lacking = |run: &Self, side: System| -> Vec<(Link, Step)> {
            let links = ids.iter().filter_map(|id: &LinkId| run.links.get(id));
            let lacking = links.filter(|link| run.lacks_mark(link, side));
            lacking
                .map(|link| {
                    let planned = steps.get(&(link.id.clone(), side));
                    let step =
                        planned.map_or_else(|| run.mark_step(link, side), |&step| step.clone());
                    (link.clone(), step)
                })
                .collect()
        };
        let (cases, items) = (
            lacking(self, System::TestWorthy),
            lacking(self, System::AzureDevOps),
        );
        let count = cases.len() + items.len();
        if count == 0 {
            return Ok(());
        }
        self.context
            .progress
            .begin("marking the sources", Some(count as u64));
        let mut result = self.mark_cases(&cases, report).await;
        if result.is_ok() {
            result = self.mark_work_items(items, report).await;
        }
        self.context.progress.end();
        if self.stop.is_set() {
            report.notes.push(
                "stopped before every marker was written on its source; the next apply writes the rest"
                    .to_owned(),
            );
        }
        result
    }

    async fn mark_cases(
        &mut self,
        marks: &[(Link, Step)],
        report: &mut ApplyReport,
    ) -> Result<(), ReconcileError> {
        for wave in marks.chunks(self.wave()) {
            if self.stop.is_set() {
                return Ok(());
            }
            let probe: Vec<CaseJob<'_>> = wave
                .iter()
                .filter_map(|(_, step)| mark_job(step, CasePatch::default(), CasePatch::default()))
                .collect();
            let fresh = self.fresh(&probe).await?;
            let mut jobs = Vec::new();
            let mut present = Vec::new();
            for (link, step) in wave {
                let Some(case) = fresh.get(&link.case) else {
                    report.fail(
                        step,
                        FailureKind::NotRun,
                        "the marker could not be written: the case cannot be read any more; the next apply writes it",
                    );
                    continue;
                };
                if azure_boards_mentions(&case.refs).contains(&link.work_item) {
                    let record = self.marked(link, System::TestWorthy, MarkState::Written);
                    present.push((Some(step), record));
                    continue;
                }
                let mut refs = case.refs.clone();
                if let Some(gone) = self.replaced.get(&link.id) {
                    refs.retain(|one| azure_boards_mention_in(one) != Some(*gone));
                }
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
            self.keep(present, report).await?;
            self.send_cases(jobs, report).await?;
            self.context.progress.advance(wave.len() as u64);
        }
        Ok(())
    }

    /// The record of a mark that the source refused: a note, and remembered on the link.
    pub(super) fn mark_refused(
        &mut self,
        step: &Step,
        pair: &Pair,
        intent: &Intent,
        reason: &str,
        report: &mut ApplyReport,
    ) -> Record {
        let Operation::Mark { system, .. } = &step.operation else {
            return self.abandoned(intent, reason);
        };
        report.pass_over(step, refusal_note(&step.address, reason));
        let abandoned = self.abandoned(intent, reason);
        let link = pair.link.as_ref().and_then(|id| self.links.get(id));
        let marked = link
            .cloned()
            .map(|link| self.marked(&link, *system, MarkState::Refused));
        Record {
            link: marked.and_then(|record| record.link),
            ..abandoned
        }
    }

    fn mark_step(&self, link: &Link, system: System) -> Step {
        let address = match self.observation.rule.source() {
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
            resolves: Vec::new(),
        }
    }

    /// The link with the mark of its item of a side in a new state.
    fn marked(&mut self, link: &Link, side: System, state: MarkState) -> Record {
        let mut link = self.links.get(&link.id).unwrap_or(link).clone();
        match side {
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
            .map(|link| self.marked(&link, System::TestWorthy, MarkState::Written))
            .unwrap_or_default();
        record.intent = Some((intent.id.clone(), IntentOutcome::Applied));
        record.audit = Some(self.audit("marked case", Some(pair), "refs"));
        record
    }

    async fn mark_work_items(
        &mut self,
        marks: Vec<(Link, Step)>,
        report: &mut ApplyReport,
    ) -> Result<(), ReconcileError> {
        let mut queue = self.pending_marks(marks, report).await?;
        while !queue.is_empty() && !self.stop.is_set() {
            let attempt = queue.front().map_or(0, |mark| mark.attempt);
            let size = SIZES.get(attempt).copied().unwrap_or(1);
            let same = queue.iter().take_while(|mark| mark.attempt == attempt);
            let writes: Vec<WorkItemWrite> =
                same.take(size).map(|mark| mark.write.clone()).collect();
            let count = self
                .writers
                .azure_devops
                .fit(&writes)
                .clamp(1, writes.len());
            let wave: Vec<ItemMark> = queue.drain(..count).collect();
            let again = self.send_work_item_marks(wave, report).await?;
            self.context.progress.advance((count - again.len()) as u64);
            queue.extend(again);
        }
        Ok(())
    }

    /// The marks that have to be sent. What stands on an item already is only recorded.
    async fn pending_marks(
        &mut self,
        marks: Vec<(Link, Step)>,
        report: &mut ApplyReport,
    ) -> Result<VecDeque<ItemMark>, ReconcileError> {
        let mut queue = VecDeque::with_capacity(marks.len());
        let mut present = Vec::new();
        for (link, step) in marks {
            let Some(item) = self.observed_item(link.work_item) else {
                let message = "the marker could not be written: the work item was not read; the next apply writes it";
                report.fail(&step, FailureKind::NotRun, message);
                continue;
            };
            if let Some(write) = self.work_item_mark(&link, item) {
                queue.push_back(ItemMark {
                    link,
                    step,
                    write,
                    attempt: 0,
                });
            } else {
                let record = self.marked(&link, System::AzureDevOps, MarkState::Written);
                present.push((step, record));
            }
        }
        let kept = present
            .iter()
            .map(|(step, record)| (Some(step), record.clone()));
        self.keep(kept.collect(), report).await?;
        Ok(queue)
    }

    /// Sends one batch of marks; gives back those that have to be sent again.
    async fn send_work_item_marks(
        &mut self,
        marks: Vec<ItemMark>,
        report: &mut ApplyReport,
    ) -> Result<Vec<ItemMark>, ReconcileError> {
        let intents: Vec<Intent> = marks
            .iter()
            .map(|mark| {
                let digest = mark.step.operation.payload_digest();
                let kind = IntentKind::UpdateWorkItem;
                let (case, item) = (mark.link.case, mark.link.work_item);
                let mut intent = self.intent(kind, Some(case), Some(item), digest);
                if let WorkItemWrite::Update { rev, .. } = &mark.write {
                    intent.expected_rev = Some(*rev);
                }
                intent
            })
            .collect();
        self.context.store.prepare(&intents, &[]).await?;
        let writes: Vec<WorkItemWrite> = marks.iter().map(|mark| mark.write.clone()).collect();
        let outcomes = match self.writers.azure_devops.write(&writes).await {
            Ok(outcomes) => outcomes,
            // Refused as a whole for the sake of some: the others go through in smaller parts.
            Err(error) if matches!(error.kind, RemoteErrorKind::Rejected { .. }) => {
                let each = marks.iter().map(|_| WriteOutcome::NotRun(error.clone()));
                each.collect()
            }
            Err(error) => return self.marks_failed(&marks, &intents, error, report).await,
        };
        let mut kept = Vec::new();
        let mut again = Vec::new();
        for ((mark, intent), outcome) in marks.iter().zip(&intents).zip(outcomes) {
            let pair = mark.step.operation.pair();
            let last = mark.attempt + 1 >= SIZES.len();
            match outcome {
                WriteOutcome::Applied(item) => {
                    let mut record =
                        self.marked(&mark.link, System::AzureDevOps, MarkState::Written);
                    if let Some(link) = &mut record.link {
                        link.base.rev = Some(item.rev);
                        self.links.insert(link.id.clone(), link.clone());
                    }
                    record.intent = Some((intent.id.clone(), IntentOutcome::Applied));
                    record.audit = Some(self.audit("marked work item", pair, "relations"));
                    kept.push((Some(&mark.step), record));
                }
                WriteOutcome::NotRun(error) if !last => {
                    kept.push((None, self.abandoned(intent, &error.kind.to_string())));
                    again.push(ItemMark {
                        attempt: mark.attempt + 1,
                        ..mark.clone()
                    });
                }
                WriteOutcome::Rejected(error) | WriteOutcome::NotRun(error)
                    if matches!(error.kind, RemoteErrorKind::Rejected { .. }) =>
                {
                    let reason = error.kind.to_string();
                    if let Some(pair) = pair {
                        let record = self.mark_refused(&mark.step, pair, intent, &reason, report);
                        kept.push((None, record));
                    }
                }
                WriteOutcome::Rejected(error)
                | WriteOutcome::Stale(error)
                | WriteOutcome::NotRun(error) => {
                    let reason = error.kind.to_string();
                    kept.push((None, self.abandoned(intent, &reason)));
                    report.fail(&mark.step, FailureKind::NotRun, &later_message(&reason));
                }
            }
        }
        self.keep(kept, report).await?;
        Ok(again)
    }

    async fn marks_failed(
        &mut self,
        marks: &[ItemMark],
        intents: &[Intent],
        error: RemoteError,
        report: &mut ApplyReport,
    ) -> Result<Vec<ItemMark>, ReconcileError> {
        let reason = error.kind.to_string();
        let unknown = matches!(
            error.kind,
            RemoteErrorKind::Unavailable {
                maybe_sent: true,
                ..
            } | RemoteErrorKind::Protocol { .. }
        );
        let kind = if unknown {
            FailureKind::Unanswered
        } else {
            FailureKind::NotRun
        };
        for mark in marks {
            report.fail(&mark.step, kind, &later_message(&reason));
        }
        if !unknown {
            let abandoned = intents
                .iter()
                .map(|intent| (None, self.abandoned(intent, &reason)));
            let abandoned = abandoned.collect();
            self.keep(abandoned, report).await?;
        }
        Err(remote_error(self.connection, error))
    }

    /// The write that puts the marker and the tag on a source work item; `None` if it has both.
    fn work_item_mark(&self, link: &Link, item: &WorkItem) -> Option<WorkItemWrite> {
        let mut patch = WorkItemPatch::default();
        let testworthy = &self.connection.testworthy;
        if !testworthy.marked_cases(item).contains(&link.case) {
            let url = testworthy.case_url(link.case);
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

fn later_message(reason: &str) -> String {
    format!("the marker could not be written: {reason}; the next apply writes it")
}

fn refusal_note(address: &str, reason: &str) -> String {
    format!(
        "{address}: the source refused the marker ({reason}); the link lives on the other side and in the store"
    )
}
