//! Decisions of a person about conflicts: written down, looked for in the plan that would carry them out,
//! and taken back if nothing came of them.
//!
//! A decision is about two values. It counts only while both sides still hold them; the planner tells
//! by what it makes of the conflict, and nothing is written for one that no longer counts.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::error::ReconcileError;
use super::plan::PlanOutcome;
use crate::model::config::{Config, SyncRule};
use crate::model::{
    CaseId, Closing, Conflict, ConflictChange, ConflictId, ConflictState, Subject, System, Take,
    WorkItemId,
};
use crate::plan::{ItemKey, Operation, Step};
use crate::store::{Store, StoreError};

/// What a plan makes of a decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It is carried out.
    CarriedOut,
    /// What was decided about is not there any more; nobody needs to be asked, or another conflict takes
    /// its place.
    Void(Closing),
    /// Neither: something keeps the pair waiting.
    Waits,
}

/// Decisions that were written down.
pub struct Decisions<'a> {
    store: &'a dyn Store,
    /// The conflicts as they were before.
    before: Vec<Conflict>,
}

impl<'a> Decisions<'a> {
    /// Writes a decision about these conflicts down. The caller holds the run lock and has seen that none
    /// of them is closed.
    pub async fn write(
        store: &'a dyn Store,
        conflicts: Vec<Conflict>,
        take: Take,
        at: Timestamp,
    ) -> Result<Self, ReconcileError> {
        let mut decisions = Self {
            store,
            before: Vec::new(),
        };
        for conflict in conflicts {
            let id = conflict.id;
            if !store.decide(id, Some(take), at).await? {
                decisions.take_back(at).await?;
                let reason = format!("conflict {id} was closed while the run lock was held");
                return Err(ReconcileError::Internal(reason));
            }
            decisions.before.push(conflict);
        }
        Ok(decisions)
    }

    /// The conflicts as they were before.
    pub fn conflicts(&self) -> &[Conflict] {
        &self.before
    }

    /// What a plan makes of each, in their order.
    pub fn fates(&self, outcome: &PlanOutcome) -> Vec<(ConflictId, Fate)> {
        let steps = &outcome.planned.steps;
        let fates = self.before.iter();
        fates.map(|one| (one.id, fate(one, steps))).collect()
    }

    /// Takes back what was not carried out, so that a later apply does not do what was declined. Gives the
    /// conflicts that this concerned. Whoever had decided earlier gets that decision back.
    pub async fn take_back(&self, at: Timestamp) -> Result<Vec<ConflictId>, StoreError> {
        let mut taken = Vec::new();
        for before in &self.before {
            let now = self.store.conflict(before.id).await?;
            let decided = now.is_some_and(|now| matches!(now.state, ConflictState::Decided { .. }));
            if !decided {
                continue;
            }
            match before.state {
                ConflictState::Decided { take, at } => {
                    self.store.decide(before.id, Some(take), at).await?;
                }
                ConflictState::Open | ConflictState::Closed { .. } => {
                    self.store.decide(before.id, None, at).await?;
                }
            }
            taken.push(before.id);
        }
        Ok(taken)
    }

    /// Each conflict as the store has it now.
    pub async fn now(&self) -> Result<BTreeMap<ConflictId, Conflict>, StoreError> {
        let mut now = BTreeMap::new();
        for before in &self.before {
            let conflict = self.store.conflict(before.id).await?;
            now.extend(conflict.map(|conflict| (conflict.id, conflict)));
        }
        Ok(now)
    }
}

/// The addresses that a plan has to be narrowed to for these conflicts; `Err` names the rule that is no
/// longer declared.
pub fn addresses(config: &Config, conflicts: &[Conflict]) -> Result<Vec<String>, String> {
    let mut addresses = Vec::new();
    for conflict in conflicts {
        let rule = config.rules.get(&conflict.rule);
        let rule = rule.ok_or_else(|| conflict.rule.to_string())?;
        let address = address_of(rule, conflict.case, conflict.work_item);
        if !addresses.contains(&address) {
            addresses.push(address);
        }
    }
    addresses.sort();
    Ok(addresses)
}

/// The address of a linked pair.
pub(super) fn address_of(rule: &SyncRule, case: CaseId, work_item: WorkItemId) -> String {
    let key = match rule.source() {
        System::TestWorthy => ItemKey::Case(case),
        System::AzureDevOps => ItemKey::WorkItem(work_item),
    };
    format!("SyncRule/{}/{key}", rule.name)
}

/// Leaves of a plan only what the store has to learn: nothing of it writes to a system.
pub fn only_bookkeeping(outcome: &mut PlanOutcome) {
    outcome.planned.configuration.clear();
    let is_record =
        |step: &Step| step.change.is_none() && matches!(step.operation, Operation::Record { .. });
    outcome.planned.steps.retain(is_record);
}

fn fate(conflict: &Conflict, steps: &[Step]) -> Fate {
    if steps
        .iter()
        .any(|step| step.resolves.contains(&conflict.id))
    {
        return Fate::CarriedOut;
    }
    for step in steps {
        let of_the_pair = step
            .operation
            .pair()
            .is_some_and(|pair| (pair.case, pair.work_item) == (conflict.case, conflict.work_item));
        for change in changes(&step.operation) {
            match change {
                ConflictChange::Close(id, how) if *id == conflict.id => {
                    return match how {
                        Closing::Resolved(_) => Fate::CarriedOut,
                        other => Fate::Void(*other),
                    };
                }
                // The same values again: it is still the same conflict.
                ConflictChange::Open(subject) | ConflictChange::Note(subject, _)
                    if of_the_pair
                        && is_about_the_same(subject, &conflict.subject)
                        && *subject != conflict.subject =>
                {
                    return Fate::Void(Closing::Superseded);
                }
                _ => {}
            }
        }
    }
    Fate::Waits
}

fn changes(operation: &Operation) -> &[ConflictChange] {
    match operation {
        Operation::Record { conflicts, .. }
        | Operation::Retire { conflicts, .. }
        | Operation::Restore { conflicts, .. } => conflicts,
        Operation::CreateWorkItem { .. }
        | Operation::CreateCase { .. }
        | Operation::UpdateWorkItem { .. }
        | Operation::UpdateCase { .. }
        | Operation::Mark { .. } => &[],
    }
}

fn is_about_the_same(one: &Subject, other: &Subject) -> bool {
    match (one, other) {
        (Subject::Field { row, .. }, Subject::Field { row: other, .. }) => row == other,
        (Subject::Deleted { side, .. }, Subject::Deleted { side: other, .. }) => side == other,
        (Subject::Field { .. }, Subject::Deleted { .. })
        | (Subject::Deleted { .. }, Subject::Field { .. }) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{ConflictCause, Endpoints, LinkState, Name, Sides, Value};
    use crate::plan::Pair;

    fn subject(row: &str) -> Subject {
        Subject::Field {
            row: row.to_owned(),
            cause: ConflictCause::BothChanged,
            base: None,
            now: Sides {
                testworthy: Value::text("a"),
                azure_devops: Value::text("b"),
            },
            sensitive: false,
        }
    }

    fn conflict(row: &str) -> Conflict {
        Conflict {
            id: ConflictId(7),
            endpoints: Endpoints {
                testworthy: "t".to_owned(),
                azure_devops: "a".to_owned(),
            },
            rule: Name::new("cases").unwrap(),
            case: CaseId(1),
            work_item: WorkItemId(5),
            subject: subject(row),
            opened_at: Timestamp::UNIX_EPOCH,
            state: ConflictState::Open,
        }
    }

    fn step(case: u64, conflicts: Vec<ConflictChange>, resolves: &[u64]) -> Step {
        Step {
            change: None,
            rule: Name::new("cases").unwrap(),
            address: "SyncRule/cases/case/1".to_owned(),
            operation: Operation::Record {
                pair: Pair {
                    link: None,
                    case: CaseId(case),
                    testworthy_project: None,
                    work_item: WorkItemId(5),
                },
                base: BTreeMap::new(),
                rev: None,
                state: LinkState::Active,
                conflicts,
            },
            resolves: resolves.iter().copied().map(ConflictId).collect(),
        }
    }

    #[test]
    fn a_decision_is_carried_out_where_a_step_says_so() {
        let one = conflict("title");
        assert_eq!(fate(&one, &[step(1, Vec::new(), &[7])]), Fate::CarriedOut);
        let close = ConflictChange::Close(one.id, Closing::Resolved(Take::Unlink));
        assert_eq!(fate(&one, &[step(1, vec![close], &[])]), Fate::CarriedOut);
        assert_eq!(fate(&one, &[step(1, Vec::new(), &[8])]), Fate::Waits);
        assert_eq!(fate(&one, &[]), Fate::Waits);
    }

    #[test]
    fn a_decision_about_values_that_went_is_void() {
        let one = conflict("title");
        let agreed = ConflictChange::Close(one.id, Closing::Agreed);
        assert_eq!(
            fate(&one, &[step(1, vec![agreed], &[])]),
            Fate::Void(Closing::Agreed)
        );
        let changed = |row: &str| match subject(row) {
            Subject::Field {
                row,
                cause,
                base,
                sensitive,
                ..
            } => Subject::Field {
                row,
                cause,
                base,
                now: Sides {
                    testworthy: Value::text("c"),
                    azure_devops: Value::text("b"),
                },
                sensitive,
            },
            other @ Subject::Deleted { .. } => other,
        };
        let opened = |row| vec![ConflictChange::Open(changed(row))];
        assert_eq!(
            fate(&one, &[step(1, opened("title"), &[])]),
            Fate::Void(Closing::Superseded)
        );
        // The same values, another row, another pair, another conflict.
        let again = ConflictChange::Open(subject("title"));
        assert_eq!(fate(&one, &[step(1, vec![again], &[])]), Fate::Waits);
        assert_eq!(fate(&one, &[step(1, opened("steps"), &[])]), Fate::Waits);
        assert_eq!(fate(&one, &[step(2, opened("title"), &[])]), Fate::Waits);
        let other = ConflictChange::Close(ConflictId(8), Closing::Agreed);
        assert_eq!(fate(&one, &[step(1, vec![other], &[])]), Fate::Waits);
    }
}
