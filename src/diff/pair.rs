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
        let verdict = storable(verdict, row, case, item, from.other());
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

/// A value that the target cannot hold in the form that it has there waits.
fn storable(
    verdict: FieldVerdict,
    row: &CompiledRow,
    case: &Case,
    item: &WorkItem,
    target: System,
) -> FieldVerdict {
    let FieldVerdict::Write { after, .. } = &verdict else {
        return verdict;
    };
    let fits = match target {
        System::TestWorthy => row.check_case(case, after),
        System::AzureDevOps => row.check_work_item(item, after),
    };
    match fits {
        Ok(()) => verdict,
        Err(problem) => FieldVerdict::Hold(problem),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mapping::testing::{
        case, compiled, constant_row, field_row, priority_row, tag_row, work_item,
    };
    use crate::model::config::{Row, Unmapped};

    fn mapping() -> CompiledMapping {
        let mut priority = priority_row();
        if let Some(values) = &mut priority.values {
            values.unmapped = Unmapped::SkipItem;
        }
        let origin = Row {
            on_create: true,
            ..constant_row(Value::text("TestWorthy"), "Custom.Origin")
        };
        let rows = vec![
            field_row("title", "System.Title"),
            priority,
            tag_row("smoke", "smoke"),
            origin,
        ];
        compiled(rows, System::AzureDevOps)
    }

    fn verdicts<'a>(mapping: &'a CompiledMapping, case: &Case, item: &WorkItem) -> PairVerdict<'a> {
        let (from, drift) = (System::TestWorthy, DriftPolicy::Enforce);
        one_way_pair(mapping, &Base::default(), case, item, from, drift)
    }

    #[test]
    fn rows_are_compared_in_order_without_those_for_creates() {
        let mapping = mapping();
        let case = case(
            &[
                ("title", Value::text("Pay")),
                ("priority", Value::text("P1 - Must Test")),
                ("smoke", Value::Boolean(true)),
            ],
            &["AB#5120"],
        );
        let item = work_item(
            &[("System.Title", Value::text("pay"))],
            &["accord", "Smoke"],
        );
        let verdict = verdicts(&mapping, &case, &item);
        let names: Vec<&str> = verdict.rows.iter().map(|row| row.row.name()).collect();
        assert_eq!(names, ["title", "priority", "smoke"]);
        let writes = |row: &RowVerdict<'_>| matches!(row.verdict, FieldVerdict::Write { .. });
        let written: Vec<bool> = verdict.rows.iter().map(writes).collect();
        assert_eq!(written, [true, true, false]);
        assert_eq!(verdict.rows[0].source, Value::text("Pay"));
        assert_eq!(verdict.rows[0].target, Value::text("pay"));
        assert!(verdict.skips_item().is_none());
    }

    #[test]
    fn one_row_can_hold_the_whole_item() {
        let mapping = mapping();
        let case = case(&[("priority", Value::text("P0"))], &[]);
        let verdict = verdicts(&mapping, &case, &work_item(&[], &[]));
        let (row, problem) = verdict.skips_item().unwrap();
        assert_eq!(row.name(), "priority");
        assert!(matches!(problem, Problem::Unmapped { .. }));
    }

    #[test]
    fn a_value_that_cannot_be_read_holds_its_row_only() {
        let mapping = mapping();
        let case = case(
            &[
                ("smoke", Value::text("perhaps")),
                ("title", Value::text("Pay")),
            ],
            &[],
        );
        let verdict = verdicts(&mapping, &case, &work_item(&[], &[]));
        assert!(matches!(verdict.rows[2].verdict, FieldVerdict::Hold(_)));
        assert!(matches!(
            verdict.rows[0].verdict,
            FieldVerdict::Write { .. }
        ));
        assert!(verdict.skips_item().is_none());
    }
}
