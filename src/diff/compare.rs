//! Every row of one pair, whichever way its rule goes.

use std::collections::BTreeMap;

use super::decision::RowDecision;
use super::field::one_way_field;
use super::two_way::{FieldRules, two_way_field};
use crate::mapping::{CompiledMapping, CompiledRow, Problem};
use crate::model::config::SyncRule;
use crate::model::{
    Base, BaseField, Case, Learned, Repetitions, Sides, System, Take, Value, WorkItem, digest_of,
};

/// What is known beside the pair itself.
#[derive(Clone, Copy, Debug)]
pub struct CompareContext<'a> {
    /// The side that was changed last, if the clocks let that be told.
    pub latest: Option<System>,
    /// What a person decided about the values that are there now, by row.
    pub decided: &'a BTreeMap<String, Take>,
    /// Spellings of the servers.
    pub learned: &'a Learned,
    /// Writes that do not stay.
    pub repetitions: &'a Repetitions,
}

/// What becomes of the rows of a pair.
#[derive(Clone, Debug)]
pub struct Compared<'a> {
    /// Rows that the rule compares, in the order of the mapping.
    pub rows: Vec<ComparedRow<'a>>,
}

/// What becomes of one row, and the values that it was decided on.
#[derive(Clone, Debug)]
pub struct ComparedRow<'a> {
    /// The row.
    pub row: &'a CompiledRow,
    /// The canonical values; `Null` where one cannot be read, which the decision says then.
    pub now: Sides<Value>,
    /// The decision.
    pub decision: RowDecision,
}

impl Compared<'_> {
    /// The problem for which the whole item waits, if there is one.
    pub fn skips_item(&self) -> Option<(&CompiledRow, &Problem)> {
        self.rows.iter().find_map(|row| match &row.decision {
            RowDecision::Hold(problem) if problem.skips_item() => Some((row.row, problem)),
            _ => None,
        })
    }

    /// Whether nothing at all is to be done or to be told.
    pub fn is_unchanged(&self) -> bool {
        self.rows
            .iter()
            .all(|row| matches!(row.decision, RowDecision::Same))
    }
}

/// Decides over every row that a rule compares: those that go its way, without the ones that are written
/// on create only, unless their create is still under way.
pub fn compare_pair<'a>(
    mapping: &'a CompiledMapping,
    rule: &SyncRule,
    base: &Base,
    case: &Case,
    item: &WorkItem,
    context: &CompareContext<'_>,
) -> Compared<'a> {
    let rows = mapping.rows.iter().filter_map(|row| {
        let way = Way::of(row, rule)?;
        let base = base.fields.get(row.name());
        if row.on_create() && !base.is_some_and(BaseField::is_under_way) {
            return None;
        }
        let read = (row.read_case(case, Some(item.id)), row.read_work_item(item));
        let (now, decision) = match read {
            (Ok(testworthy), Ok(azure_devops)) => {
                let now = Sides {
                    testworthy,
                    azure_devops,
                };
                let decision = decide(row, rule, way, base, &now, context);
                let decision = storable(decision, row, case, item);
                let decision = unless_flapping(decision, row, case, context);
                (now, decision)
            }
            (Err(problem), other) => {
                let now = Sides {
                    testworthy: Value::Null,
                    azure_devops: other.unwrap_or_default(),
                };
                (now, RowDecision::Hold(problem))
            }
            (Ok(testworthy), Err(problem)) => {
                let now = Sides {
                    testworthy,
                    azure_devops: Value::Null,
                };
                (now, RowDecision::Hold(problem))
            }
        };
        Some(ComparedRow { row, now, decision })
    });
    Compared {
        rows: rows.collect(),
    }
}

/// Which way values go through a row of a rule.
#[derive(Clone, Copy)]
enum Way {
    Both,
    To(System),
}

impl Way {
    /// `None` if the rule does not use the row.
    fn of(row: &CompiledRow, rule: &SyncRule) -> Option<Self> {
        if row.is_two_way(rule.direction) {
            return Some(Self::Both);
        }
        let sides = [System::TestWorthy, System::AzureDevOps];
        let mut targets = sides
            .into_iter()
            .filter(|side| rule.writes(*side) && row.active(*side));
        targets.next().map(Self::To)
    }
}

fn decide(
    row: &CompiledRow,
    rule: &SyncRule,
    way: Way,
    base: Option<&BaseField>,
    now: &Sides<Value>,
    context: &CompareContext<'_>,
) -> RowDecision {
    match way {
        Way::Both => {
            let rules = FieldRules {
                winner: rule.winner(row.name(), row.conflict()),
                first_sync: rule.first_sync,
                latest: context.latest,
                decided: context.decided.get(row.name()).copied(),
                learned: context.learned,
            };
            two_way_field(row, base, now, &rules)
        }
        Way::To(target) => {
            let from = target.other();
            let verdict =
                one_way_field(row, base, now.get(from), now.get(target), from, rule.drift);
            RowDecision::one_way(verdict, target)
        }
    }
}

/// A value that a side cannot hold in the form that it has there waits.
fn storable(decision: RowDecision, row: &CompiledRow, case: &Case, item: &WorkItem) -> RowDecision {
    let RowDecision::Write(write) = &decision else {
        return decision;
    };
    let on_case = write.to.testworthy.as_ref();
    let on_item = write.to.azure_devops.as_ref();
    let fits = on_case
        .map_or(Ok(()), |put| row.check_case(case, &put.after))
        .and_then(|()| on_item.map_or(Ok(()), |put| row.check_work_item(item, &put.after)));
    match fits {
        Ok(()) => decision,
        Err(problem) => RowDecision::Hold(problem),
    }
}

fn unless_flapping(
    decision: RowDecision,
    row: &CompiledRow,
    case: &Case,
    context: &CompareContext<'_>,
) -> RowDecision {
    let RowDecision::Write(write) = &decision else {
        return decision;
    };
    for (side, put) in write.to.iter() {
        let Some(put) = put else { continue };
        let field = (case.id, row.name(), side);
        if context
            .repetitions
            .last(case.id, row.name(), side)
            .is_none()
        {
            continue;
        }
        let (before, after) = (digest_of(&put.before), digest_of(&put.after));
        if context.repetitions.is_flapping(field, (&before, &after)) {
            return RowDecision::Flapping {
                side,
                before: put.before.clone(),
                after: put.after.clone(),
            };
        }
    }
    decision
}

#[cfg(test)]
mod tests;
