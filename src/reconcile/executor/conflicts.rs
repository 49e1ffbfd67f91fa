//! What a step changes in the queue of conflicts, in the record that carries it out.

use super::RuleRun;
use super::written::Writing;
use crate::model::{Closing, ConflictChange, ConflictId, ConflictState};
use crate::plan::{Operation, Pair, Step};
use crate::store::{IntentPart, PairConflicts};

impl RuleRun<'_> {
    /// The changes of a step that is done: what it opens or ends by itself, and the conflicts whose
    /// decision it carries out. `None` if there are none.
    ///
    /// A decision about a merged row is carried out with the second half: the first one leaves its
    /// conflict for it, and where only one of them could be written the conflict stays until the two sides
    /// agree.
    pub(super) fn settled_conflicts(&mut self, step: &Step, pair: &Pair) -> Option<PairConflicts> {
        let mut changes = match &step.operation {
            Operation::Record { conflicts, .. }
            | Operation::Retire { conflicts, .. }
            | Operation::Restore { conflicts, .. } => conflicts.clone(),
            Operation::CreateWorkItem { .. }
            | Operation::CreateCase { .. }
            | Operation::UpdateWorkItem { .. }
            | Operation::UpdateCase { .. }
            | Operation::Mark { .. } => Vec::new(),
        };
        let is_second = matches!(step.operation, Operation::UpdateCase { .. });
        let mut done = Vec::new();
        if is_second {
            done.extend(self.owed.remove(&pair.case).unwrap_or_default());
        }
        for id in &step.resolves {
            if !self.is_half_done(step, pair, *id) {
                done.push(*id);
            } else if !is_second {
                self.owed.entry(pair.case).or_default().push(*id);
            }
        }
        done.sort_unstable();
        done.dedup();
        for id in done {
            if let Some(change) = self.closing(id) {
                changes.push(change);
            }
        }
        self.pair_conflicts(pair, changes)
    }

    /// Changes of the queue about a pair.
    pub(super) fn pair_conflicts(
        &self,
        pair: &Pair,
        changes: Vec<ConflictChange>,
    ) -> Option<PairConflicts> {
        (!changes.is_empty()).then(|| PairConflicts {
            endpoints: self.endpoints.clone(),
            rule: self.observation.rule.name.clone(),
            case: pair.case,
            work_item: pair.work_item,
            at: self.context.clock.now(),
            changes,
        })
    }

    /// Whether the conflict is about a row of which the other half is not written.
    fn is_half_done(&self, step: &Step, pair: &Pair, id: ConflictId) -> bool {
        let Some(row) = self
            .conflict(id)
            .and_then(|one| one.subject.row())
            .and_then(|name| self.mapping.row(name))
        else {
            return false;
        };
        let writing = Writing::of(&step.operation, self.mapping);
        let is_half = writing.is_some_and(|writing| writing.part(row) == IntentPart::Half);
        // The first half waits here for the second one.
        is_half
            && self
                .halves
                .contains_key(&(pair.case, row.name().to_owned()))
    }

    fn closing(&self, id: ConflictId) -> Option<ConflictChange> {
        match self.conflict(id)?.state {
            ConflictState::Decided { take, .. } => {
                Some(ConflictChange::Close(id, Closing::Resolved(take)))
            }
            ConflictState::Open | ConflictState::Closed { .. } => None,
        }
    }

    fn conflict(&self, id: ConflictId) -> Option<&crate::model::Conflict> {
        let mut known = self.observation.known.conflicts.iter();
        known.find(|conflict| conflict.id == id)
    }
}

/// What the audit says of changes of the queue and of the state of a link.
pub(super) fn event(changes: &[ConflictChange]) -> Option<(&'static str, String)> {
    let told = |change: &ConflictChange| match change {
        ConflictChange::Open(subject) => ("conflict opened", subject_text(subject)),
        ConflictChange::Note(subject, _) => ("conflict noted", subject_text(subject)),
        ConflictChange::Close(id, _) => ("conflict closed", format!("conflict {id}")),
    };
    let (event, _) = told(changes.first()?);
    let all: Vec<String> = changes.iter().map(|change| told(change).1).collect();
    Some((event, all.join(", ")))
}

fn subject_text(subject: &crate::model::Subject) -> String {
    match subject {
        crate::model::Subject::Field { row, .. } => row.clone(),
        crate::model::Subject::Deleted { side, .. } => format!("deleted in {side}"),
    }
}
