//! Every row of one pair.

use super::field::{FieldVerdict, one_way_field};
use crate::mapping::{CompiledMapping, CompiledRow, Problem};
use crate::model::config::DriftPolicy;
use crate::model::{Base, Case, System, Value, WorkItem};

/// What becomes of the rows of a pair.
#[derive(Clone, Debug)]
pub struct PairVerdict<'a> {
    /// Rows that the rule compares, in the order of the mapping.
    pub rows: Vec<RowVerdict<'a>>,
}

/// What becomes of one row, and the values that it was decided on.
#[derive(Clone, Debug)]
pub struct RowVerdict<'a> {
    /// The row.
    pub row: &'a CompiledRow,
    /// The source's canonical value; `Null` if it cannot be read, which the verdict says then.
    pub source: Value,
    /// The target's canonical value; `Null` if it cannot be read, which the verdict says then.
    pub target: Value,
    /// The decision.
    pub verdict: FieldVerdict,
}

impl PairVerdict<'_> {
    /// The problem for which the whole item waits, if there is one.
    pub fn skips_item(&self) -> Option<(&CompiledRow, &Problem)> {
        self.rows.iter().find_map(|row| match &row.verdict {
            FieldVerdict::Hold(problem) if problem.skips_item() => Some((row.row, problem)),
            _ => None,
        })
    }
}

/// Decides over every row that a rule from `from` compares: those that go its way, without the ones
/// that are written on create only.
pub fn one_way_pair<'a>(
    mapping: &'a CompiledMapping,
    base: &Base,
    case: &Case,
    item: &WorkItem,
    from: System,
    drift: DriftPolicy,
) -> PairVerdict<'a> {
    let rows = mapping
        .active_rows(from.other())
        .filter(|row| !row.on_create());
    let rows = rows.map(|row| {
        let left = row.read_case(case, Some(item.id));
        let right = row.read_work_item(item);
        let (source, target) = match from {
            System::TestWorthy => (left, right),
            System::AzureDevOps => (right, left),
        };
        let (source, target) = match (source, target) {
            (Ok(source), Ok(target)) => (source, target),
            (Err(problem), other) => {
                return held(row, Value::Null, other.unwrap_or_default(), problem);
            }
            (Ok(source), Err(problem)) => return held(row, source, Value::Null, problem),
        };
        let base = base.fields.get(row.name());
        let verdict = one_way_field(row, base, &source, &target, from, drift);
        RowVerdict {
            row,
            source,
            target,
            verdict,
        }
    });
    PairVerdict {
        rows: rows.collect(),
    }
}

fn held(row: &CompiledRow, source: Value, target: Value, problem: Problem) -> RowVerdict<'_> {
    RowVerdict {
        row,
        source,
        target,
        verdict: FieldVerdict::Hold(problem),
    }
}
