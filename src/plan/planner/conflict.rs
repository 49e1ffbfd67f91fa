//! The queue of conflicts as planning one pair finds and leaves it.
//!
//! A conflict that stands as it stood is left alone. One whose values changed is opened anew, which takes
//! the place of the old one; one that is no more is closed. A decision counts for the values that it was
//! made about and for no others.

use std::collections::BTreeMap;

use super::collector::{Collector, origin_entry};
use crate::diagnostics::catalog::sync as codes;
use crate::diff::ComparedRow;
use crate::mapping::{CompiledMapping, CompiledRow};
use crate::model::{
    Base, Case, Closing, Conflict, ConflictCause, ConflictChange, ConflictId, ConflictState, Sides,
    Subject, System, Take, Value, WorkItem,
};
use crate::plan::observed::ItemKey;
use crate::plan::{ConflictEntry, ConflictValues, ItemRef};

/// Whether a conflict is still to be dealt with.
pub(super) fn waits(conflict: &Conflict) -> bool {
    !matches!(conflict.state, ConflictState::Closed { .. })
}

/// Whether it is about two values that met for the first time.
pub(super) fn is_first_sync(conflict: &Conflict) -> bool {
    let cause = ConflictCause::FirstSync;
    matches!(&conflict.subject, Subject::Field { cause: known, .. } if *known == cause)
}

fn take_of(conflict: &Conflict) -> Option<Take> {
    match conflict.state {
        ConflictState::Decided { take, .. } => Some(take),
        ConflictState::Open | ConflictState::Closed { .. } => None,
    }
}

/// What is to be done with the conflicts about the fields of one pair.
#[derive(Default)]
pub(super) struct Queue<'a> {
    /// Conflicts of the pair that are open or decided.
    known: Vec<&'a Conflict>,
    /// Decisions about the values that are there, by row.
    decided: BTreeMap<String, Take>,
    /// What a record has to say.
    pub(super) changes: Vec<ConflictChange>,
    /// Decisions that a write to the side carries out.
    pub(super) resolves: Sides<Vec<ConflictId>>,
    /// Whether some row waits for a person.
    pub(super) waits: bool,
}

impl<'a> Queue<'a> {
    /// The queue of a pair whose items were both read.
    pub(super) fn of(
        known: Vec<&'a Conflict>,
        mapping: &CompiledMapping,
        case: &Case,
        item: &WorkItem,
    ) -> Self {
        let decided = known.iter().filter_map(|conflict| {
            let Subject::Field { row, now, .. } = &conflict.subject else {
                return None;
            };
            let take = take_of(conflict)?;
            let row = mapping.row(row)?;
            let there = Sides {
                testworthy: row.read_case(case, Some(item.id)).ok()?,
                azure_devops: row.read_work_item(item).ok()?,
            };
            (there == *now).then(|| (row.name().to_owned(), take))
        });
        Self {
            decided: decided.collect(),
            known,
            ..Self::default()
        }
    }

    /// Decisions about the values that are there, by row.
    pub(super) fn decided(&self) -> BTreeMap<String, Take> {
        self.decided.clone()
    }

    fn about(&self, row: &str) -> Vec<&'a Conflict> {
        let known = self.known.iter().copied();
        known
            .filter(|conflict| conflict.subject.row() == Some(row))
            .collect()
    }

    /// The row needs nobody's decision: it is in accord, or a rule decides.
    pub(super) fn settle(&mut self, row: &str) {
        for conflict in self.about(row) {
            let take = self.decided.get(row);
            let carried_out = take.filter(|take| take_of(conflict) == Some(**take));
            let how = carried_out.map_or(Closing::Agreed, |take| Closing::Resolved(*take));
            self.changes.push(ConflictChange::Close(conflict.id, how));
        }
    }

    /// The row is written on these sides, by a person's decision or by the rule. A rule that leaves no
    /// choice any more, as one that goes one way only, carries no decision out.
    pub(super) fn write(&mut self, row: &str, sides: &[System], by_decision: bool) {
        if !by_decision {
            self.decided.remove(row);
            return self.settle(row);
        }
        for conflict in self.about(row) {
            if take_of(conflict).is_some() {
                for side in sides {
                    self.resolves.get_mut(*side).push(conflict.id);
                }
            } else {
                let change = ConflictChange::Close(conflict.id, Closing::Agreed);
                self.changes.push(change);
            }
        }
    }

    /// The row waits for a person. Gives the number that it is known by, and whether a decision about it
    /// does not count any more.
    pub(super) fn wait(&mut self, subject: &Subject) -> (Option<ConflictId>, Option<Take>) {
        self.waits = true;
        let known = self.about(subject.row().unwrap_or_default());
        let stands = known
            .iter()
            .find(|conflict| conflict.state == ConflictState::Open && conflict.subject == *subject);
        if let Some(stands) = stands {
            return (Some(stands.id), None);
        }
        self.changes.push(ConflictChange::Open(subject.clone()));
        (None, known.iter().find_map(|conflict| take_of(conflict)))
    }

    /// Both items are there and these rows were looked at: what is open about a deletion, or about a row
    /// that the mapping no longer has, is over.
    pub(super) fn close_the_rest(&mut self, rows: &[&str]) {
        for conflict in &self.known {
            let is_over = match &conflict.subject {
                Subject::Field { row, .. } => !rows.contains(&row.as_str()),
                Subject::Deleted { .. } => true,
            };
            if is_over {
                let change = ConflictChange::Close(conflict.id, Closing::Agreed);
                self.changes.push(change);
            }
        }
    }
}

/// Tells of a row that waits for a person, and keeps the queue.
pub(super) fn row_waits(
    collector: &mut Collector<'_>,
    queue: &mut Queue<'_>,
    source: ItemKey,
    (case, item): (&Case, &WorkItem),
    base: &Base,
    compared: &ComparedRow<'_>,
    cause: ConflictCause,
) {
    let row = compared.row;
    let field = base.fields.get(row.name());
    let base = field
        .filter(|field| !field.is_under_way())
        .map(|field| Sides {
            testworthy: field.testworthy.clone(),
            azure_devops: field.azure_devops.clone(),
        });
    let subject = Subject::Field {
        row: row.name().to_owned(),
        cause,
        base: base.clone(),
        now: compared.now.clone(),
        sensitive: row.sensitive(),
    };
    let (id, void) = queue.wait(&subject);
    if let Some(take) = void {
        let message = format!(
            "`--take {}` was decided about other values of field `{}` than the ones that are there now, or cannot be carried out; nothing is written, look at it again with `accord conflicts list`",
            take.key(),
            row.name()
        );
        collector.finding_at(&codes::DECISION_VOID, source, &message, row.origin());
    }
    let item_ref = collector.item_ref(Some(case), Some(item));
    let entry = ConflictEntry {
        address: collector.address(source),
        code: codes::FIELD_CONFLICT.code.to_owned(),
        item: item_ref,
        path: Some(row.name().to_owned()),
        message: why(row, cause, id, (case, item)),
        values: (!row.sensitive()).then(|| shown(&compared.now, base.as_ref())),
        sensitive: row.sensitive(),
        origin: Some(origin_entry(row.origin())),
    };
    collector.output.conflicts.push(entry);
}

fn why(
    row: &CompiledRow,
    cause: ConflictCause,
    id: Option<ConflictId>,
    (case, item): (&Case, &WorkItem),
) -> String {
    let (case, item) = (case.id, item.id);
    let cause = match cause {
        ConflictCause::BothChanged => format!(
            "case {case} in TestWorthy and work item {item} in Azure DevOps were both edited since they were last in accord"
        ),
        ConflictCause::FirstSync => format!(
            "case {case} in TestWorthy and work item {item} in Azure DevOps were never in accord and differ"
        ),
        ConflictCause::MappingChanged => format!(
            "the row's definition changed, and by it case {case} in TestWorthy and work item {item} in Azure DevOps differ"
        ),
    };
    let way_out = match id {
        Some(id) => format!(
            "conflict {id} of `accord conflicts list`, `accord conflicts resolve {id} --take ...` decides"
        ),
        None => "after the next apply `accord conflicts list` shows it, and `accord conflicts resolve` decides".to_owned(),
    };
    format!(
        "field `{}`: {cause}; neither is written until a person decides ({way_out})",
        row.name()
    )
}

fn shown(now: &Sides<Value>, base: Option<&Sides<Value>>) -> ConflictValues {
    ConflictValues {
        base_testworthy: base.map(|base| base.testworthy.to_json()),
        base_azure_devops: base.map(|base| base.azure_devops.to_json()),
        testworthy: now.testworthy.to_json(),
        azure_devops: now.azure_devops.to_json(),
    }
}

/// What a person decided about the deletion of one item of a pair.
pub(super) enum Deletion<'a> {
    /// Nothing that counts. `void` is a decision that no longer does.
    Undecided {
        /// The decision that was made about something else.
        void: Option<Take>,
        /// The conflict that stands as it is, if one is open about just this.
        open: Option<ConflictId>,
    },
    /// This.
    Decided(&'a Conflict, Take),
}

impl<'a> Deletion<'a> {
    /// What is known about the deletion on `side`; `edited` is said of the item that is left.
    pub(super) fn of(known: &[&'a Conflict], side: System, edited: bool) -> Self {
        let subject = Subject::Deleted { side, edited };
        let (mut void, mut open) = (None, None);
        for conflict in known.iter().copied() {
            if !matches!(conflict.subject, Subject::Deleted { .. }) {
                continue;
            }
            match take_of(conflict) {
                Some(take) if conflict.subject == subject => return Self::Decided(conflict, take),
                Some(take) => void = Some(take),
                None if conflict.subject == subject => open = Some(conflict.id),
                None => {}
            }
        }
        Self::Undecided { void, open }
    }
}

/// The end of every conflict of a pair but those that `kept` names, when one of its items is gone.
pub(super) fn close_all(
    known: &[&Conflict],
    fields: Closing,
    deletions: Closing,
    kept: &[ConflictId],
) -> Vec<ConflictChange> {
    let rest = known.iter().filter(|conflict| !kept.contains(&conflict.id));
    rest.map(|conflict| {
        let how = match conflict.subject {
            Subject::Field { .. } => fields,
            Subject::Deleted { .. } => deletions,
        };
        ConflictChange::Close(conflict.id, how)
    })
    .collect()
}

/// Tells of an item that was deleted and waits for a person.
pub(super) fn deletion_waits(
    collector: &mut Collector<'_>,
    source: ItemKey,
    item: ItemRef,
    message: String,
) {
    let two_way = collector.input.rule.is_two_way();
    let code = if two_way {
        &codes::ITEM_DELETED
    } else {
        &codes::ITEM_GONE
    };
    let entry = ConflictEntry {
        address: collector.address(source),
        code: code.code.to_owned(),
        item,
        path: None,
        message,
        values: None,
        sensitive: false,
        origin: Some(origin_entry(&collector.input.rule.origin)),
    };
    collector.output.conflicts.push(entry);
}
