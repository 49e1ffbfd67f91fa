//! The recycle bin of Azure DevOps: work items that follow their deleted case into it, and those that are
//! taken out again. Nothing is ever destroyed.
//!
//! The service takes no revision with either call, so the item is read just before it: what somebody
//! changed since the plan stays where it is. Neither call is repeated; where no answer came, the bin says
//! what became of it.

use super::fate::{Fate, classify};
use super::refusal::class_of;
use super::report::{ApplyReport, FailureKind};
use super::work_items::is_not_offered;
use super::{RuleRun, UNANSWERED, item_key};
use crate::model::{LinkState, Rev, WorkItemId};
use crate::plan::{Operation, Pair, Retirement, Step};
use crate::reconcile::ReconcileError;
use crate::reconcile::connect::remote_error;
use crate::remote::{RemoteError, RemoteErrorKind};
use crate::store::{Intent, IntentKind, IntentOutcome, Record};

/// What is done to a work item as a whole.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Move {
    IntoBin(Rev),
    OutOfBin,
}

impl RuleRun<'_> {
    /// Carries out the steps that put work items into the bin and take them out of it, one after the other.
    pub(super) async fn move_items(
        &mut self,
        steps: &[&Step],
        report: &mut ApplyReport,
    ) -> Result<(), ReconcileError> {
        for step in steps {
            let (pair, how) = match &step.operation {
                Operation::Retire {
                    pair,
                    how: Retirement::Recycle { rev },
                    ..
                } => (pair, Move::IntoBin(*rev)),
                Operation::Restore { pair, .. } => (pair, Move::OutOfBin),
                _ => continue,
            };
            if self.stop.is_set() {
                return Ok(());
            }
            self.move_item(step, pair, how, report).await?;
        }
        Ok(())
    }

    async fn move_item(
        &mut self,
        step: &Step,
        pair: &Pair,
        how: Move,
        report: &mut ApplyReport,
    ) -> Result<(), ReconcileError> {
        let id = pair.work_item;
        let azure_devops = self.writers.azure_devops.clone();
        let read = azure_devops.read(&[id]).await;
        let mut read = read.map_err(|error| self.failed(error))?;
        match (how, read.remove(&id)) {
            (Move::IntoBin(rev), Some(item)) if item.rev == rev => {}
            (Move::IntoBin(_), Some(_)) => {
                let message = "somebody changed the work item after the plan was made; it stays, and the next plan takes it up";
                report.fail(step, FailureKind::Stale, message);
                return Ok(());
            }
            (Move::IntoBin(_), None) => {
                let message = "the work item is not there any more; the next plan takes it up";
                report.fail(step, FailureKind::Stale, message);
                return Ok(());
            }
            // Somebody was faster.
            (Move::OutOfBin, Some(_)) => {
                let record = self.moved(step, pair, how);
                return self.keep(vec![(Some(step), record)], report).await;
            }
            (Move::OutOfBin, None) => {}
        }
        let (kind, expected) = match how {
            Move::IntoBin(rev) => (IntentKind::RecycleWorkItem, Some(rev)),
            Move::OutOfBin => (IntentKind::RestoreWorkItem, None),
        };
        let digest = step.operation.payload_digest();
        let mut intent = self.intent(kind, Some(pair.case), Some(id), digest.clone());
        intent.expected_rev = expected;
        let prepared = std::slice::from_ref(&intent);
        self.context.store.prepare(prepared, &[]).await?;
        let sent = match how {
            Move::IntoBin(_) => azure_devops.recycle(id).await,
            Move::OutOfBin => azure_devops.restore(id).await,
        };
        let Err(error) = sent else {
            return self.take_moved(step, pair, how, &intent, report).await;
        };
        let reason = error.kind.to_string();
        let fate = match &error.kind {
            // To delete and to restore is a right of its own: to lack it says nothing of other writes.
            RemoteErrorKind::Forbidden { .. } => Fate::Refused,
            _ => classify(&error),
        };
        match fate {
            Fate::Refused => {
                report.fail(step, FailureKind::Refused, &reason);
                let why = (class_of(&error.kind), reason.as_str());
                let record = self.refused(&intent, item_key(step), digest, why);
                self.keep(vec![(None, record)], report).await
            }
            Fate::NotSent => {
                report.fail(step, FailureKind::NotRun, &reason);
                let record = self.abandoned(&intent, &reason);
                self.keep(vec![(None, record)], report).await?;
                Err(self.failed(error))
            }
            Fate::Unknown => self.look_into_bin(step, pair, how, &intent, report).await,
        }
    }

    /// No answer came: waits until nothing can land any more, and looks where the item is.
    async fn look_into_bin(
        &mut self,
        step: &Step,
        pair: &Pair,
        how: Move,
        intent: &Intent,
        report: &mut ApplyReport,
    ) -> Result<(), ReconcileError> {
        if !self.wait_until_settled().await {
            report.fail(step, FailureKind::Unanswered, UNANSWERED);
            return Ok(());
        }
        match self.is_moved(pair.work_item, how).await {
            Ok(true) => self.take_moved(step, pair, how, intent, report).await,
            Ok(false) => {
                let reason = "no answer came and it did not land";
                report.fail(
                    step,
                    FailureKind::NotRun,
                    "the request got no answer and did not land; the next run sends it again",
                );
                let record = self.abandoned(intent, reason);
                self.keep(vec![(None, record)], report).await
            }
            // The intent stays open: the next run looks again.
            Err(error) => {
                report.fail(step, FailureKind::Unanswered, UNANSWERED);
                if is_not_offered(&error) {
                    return Ok(());
                }
                Err(self.failed(error))
            }
        }
    }

    async fn is_moved(&self, id: WorkItemId, how: Move) -> Result<bool, RemoteError> {
        let azure_devops = &self.writers.azure_devops;
        match how {
            Move::IntoBin(_) => Ok(azure_devops.in_recycle_bin(&[id]).await?.contains(&id)),
            Move::OutOfBin => Ok(azure_devops.read(&[id]).await?.contains_key(&id)),
        }
    }

    async fn take_moved(
        &mut self,
        step: &Step,
        pair: &Pair,
        how: Move,
        intent: &Intent,
        report: &mut ApplyReport,
    ) -> Result<(), ReconcileError> {
        let mut record = self.moved(step, pair, how);
        record.intent = Some((intent.id.clone(), IntentOutcome::Applied));
        self.keep(vec![(Some(step), record)], report).await
    }

    /// The record of an item that is where it should be. A restored one goes on from its base.
    fn moved(&mut self, step: &Step, pair: &Pair, how: Move) -> Record {
        let mut link = self.link_for(pair);
        let event = match how {
            Move::IntoBin(_) => {
                link.state = LinkState::Ended;
                "recycled work item"
            }
            Move::OutOfBin => {
                link.state = LinkState::Active;
                "restored work item"
            }
        };
        self.take_in(&link);
        Record {
            audit: Some(self.audit(event, Some(pair), "")),
            quarantine: self.release(item_key(step)),
            conflicts: self.settled_conflicts(step, pair),
            link: Some(link),
            ..Record::default()
        }
    }

    fn failed(&self, error: RemoteError) -> ReconcileError {
        remote_error(self.connection, error)
    }
}
