//! The writes of a step, one after the other.
//!
//! Most steps are one write. A state that the workflow lets no one set straight takes one write per
//! transition: the first carries everything else too, each further one carries its transition alone and
//! begins with `test /rev` of the answer before it. Writes of different items go out together, and what
//! follows from their answers joins the queue at its end, so N items with h transitions each take about
//! `N * h / 200` requests and at most h - 1 more than their number asks for, never one by one.
//!
//! **What a kill leaves behind.** Each write has its own intent before it and its own record after it.
//! Until the last one is recorded, the base of the state's row is *under way*
//! ([`crate::model::BaseField::under_way`]): it holds where the item stands and counts TestWorthy's side as
//! changed.
//!
//! - Killed after a record: the next plan finds the source changed and plans the route from where the
//!   item stands, which is the rest of this one (`crate::mapping::Workflow` says why). Should the source
//!   want another state by then, the route goes there instead.
//! - Killed between a write that landed and its record: the base is the one before that write. It is
//!   under way, or the source counts as changed against it as it did when this step was planned, so
//!   the next plan writes too (should the source have taken its change back meanwhile, the rule's
//!   policy for drift decides, as after any write that was not recorded). What it then finds on the item was put there by this run and is recorded
//!   as overwritten all the same, because nothing tells it from an edit.
//! - Killed after a create that was not recorded: recovery links the item without a base, which is the
//!   first comparison of a pair; a row that is written on create only gets a base under way.
//!
//! So every run that is not disturbed ends with the item where the source wants it and a base that says
//! so, and a plan after it is empty. A state on the way that `reverse` reads as the source's value is in
//! accord by declaration: a walk that was cut there stays there.

use std::borrow::Cow;

use super::report::{ApplyReport, FailureKind};
use crate::model::{CaseId, LinkId, Marker, Rev, Value, WorkItem, WorkItemId};
use crate::plan::{Operation, Retirement, Step};
use crate::remote::WorkItemWrite;
use crate::store::{IntentKind, Record};

/// One write that is to be sent.
pub(super) struct Job<'s> {
    pub(super) step: &'s Step,
    /// The step's own work, or what is left of it after its first write.
    pub(super) operation: Cow<'s, Operation>,
    pub(super) write: WorkItemWrite,
    /// How often it was sent before.
    pub(super) attempt: usize,
}

impl<'s> Job<'s> {
    /// The first write of a step; `None` if it writes no work item.
    pub(super) fn of(step: &'s Step) -> Option<Self> {
        Some(Self {
            step,
            operation: Cow::Borrowed(&step.operation),
            write: write(&step.operation)?,
            attempt: 0,
        })
    }

    /// The state that it sends, if it sends one.
    pub(super) fn state(&self) -> Option<&str> {
        let fields = match &self.write {
            WorkItemWrite::Create(draft) => &draft.fields,
            WorkItemWrite::Update { patch, .. } => &patch.fields,
        };
        fields.get("System.State").and_then(Value::as_text)
    }

    /// Whether the item is in the state that was sent.
    pub(super) fn has_brought(&self, item: &WorkItem) -> bool {
        let state = item.fields.get("System.State").and_then(Value::as_text);
        let pair = self.state().zip(state);
        pair.is_some_and(|(sent, state)| sent.to_lowercase() == state.to_lowercase())
    }

    pub(super) fn case(&self) -> Option<CaseId> {
        match &*self.operation {
            Operation::CreateWorkItem { case, .. } => Some(*case),
            other => other.pair().map(|pair| pair.case),
        }
    }

    pub(super) fn work_item(&self) -> Option<WorkItemId> {
        self.operation.pair().map(|pair| pair.work_item)
    }

    pub(super) fn kind(&self) -> IntentKind {
        match self.write {
            WorkItemWrite::Create(_) => IntentKind::CreateWorkItem,
            WorkItemWrite::Update { .. } if self.ends_pair() => IntentKind::CloseWorkItem,
            WorkItemWrite::Update { .. } => IntentKind::UpdateWorkItem,
        }
    }

    /// Whether it closes the work item of a deleted case.
    pub(super) fn ends_pair(&self) -> bool {
        matches!(&*self.operation, Operation::Retire { .. })
    }

    /// The revision that it expects.
    pub(super) fn expected_rev(&self) -> Option<Rev> {
        match &self.write {
            WorkItemWrite::Create(_) => None,
            WorkItemWrite::Update { rev, .. } => Some(*rev),
        }
    }

    /// The link of a deleted work item that the new one takes the place of.
    pub(super) fn renews(&self) -> Option<&LinkId> {
        match &*self.operation {
            Operation::CreateWorkItem { renews, .. } => renews.as_ref(),
            _ => None,
        }
    }

    /// Whether earlier writes of the same step are done.
    pub(super) fn is_under_way(&self) -> bool {
        matches!(self.operation, Cow::Owned(_))
    }

    pub(super) fn marker(&self) -> Option<&Marker> {
        match &self.write {
            WorkItemWrite::Create(draft) => Some(&draft.marker),
            WorkItemWrite::Update { .. } => None,
        }
    }
}

fn write(operation: &Operation) -> Option<WorkItemWrite> {
    let write = match operation {
        Operation::CreateWorkItem { draft, .. } => WorkItemWrite::Create(draft.clone()),
        Operation::UpdateWorkItem {
            pair, rev, patch, ..
        }
        | Operation::Retire {
            pair,
            how: Retirement::Close { rev, patch, .. },
            ..
        } => WorkItemWrite::Update {
            id: pair.work_item,
            rev: *rev,
            patch: patch.clone(),
        },
        Operation::CreateCase { .. }
        | Operation::UpdateCase { .. }
        | Operation::Mark { .. }
        | Operation::Retire { .. }
        | Operation::Restore { .. }
        | Operation::Record { .. } => return None,
    };
    Some(write)
}

/// Keeps what a write did, and gives the write that follows from it back to the queue. A step is done
/// with its last write only.
pub(super) fn go_on<'s>(
    job: &Job<'s>,
    item: &WorkItem,
    record: Record,
    (kept, again): (&mut Vec<(Option<&'s Step>, Record)>, &mut Vec<Job<'s>>),
    report: &mut ApplyReport,
) {
    let link = record.link.as_ref().map(|link| link.id.clone());
    let rest = link.and_then(|link| job.operation.rest(link, item));
    let Some((write, rest)) = rest.and_then(|rest| Some((write(&rest)?, rest))) else {
        kept.push((Some(job.step), record));
        return;
    };
    kept.push((None, record));
    if job.has_brought(item) {
        again.push(Job {
            step: job.step,
            operation: Cow::Owned(rest),
            write,
            attempt: 0,
        });
    } else {
        report.fail(
            job.step,
            FailureKind::Stale,
            "the work item is not in the state that it was brought to: a rule of its process or a person moved it; the next plan goes on from there",
        );
    }
}
