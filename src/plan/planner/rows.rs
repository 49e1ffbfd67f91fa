//! The rows of one pair: what becomes of each, collected for the writes that they lead to.

use std::collections::{BTreeMap, BTreeSet};

use super::collector::Collector;
use super::conflict::{self, Queue};
use super::pair::PairScene;
use crate::diagnostics::catalog::sync as codes;
use crate::diff::{
    Cause, CompareContext, ComparedRow, RowDecision, RowWrite, compare_pair, latest,
};
use crate::mapping::{CompiledRow, Problem};
use crate::model::config::DriftPolicy;
use crate::model::{Base, BaseField, Case, Sides, System, Value, WorkItem};
use crate::plan::observed::{ItemKey, RuleInput};
use crate::plan::{DriftEntry, FieldChange, Overwrite, RowValues};

/// What the rows of one pair give together.
#[derive(Default)]
pub(super) struct Rows<'a> {
    /// By the side that is written.
    pub(super) to: Sides<Writes>,
    /// Rows that are written on both sides.
    pub(super) halves: BTreeSet<String>,
    /// Bases that both sides reached by themselves.
    pub(super) agreed: BTreeMap<String, BaseField>,
    /// Conflicts about rows.
    pub(super) queue: Queue<'a>,
    /// Whether some row waits.
    pub(super) held: bool,
    /// Whether the whole item waits.
    pub(super) skipped: bool,
}

/// What one side gets.
#[derive(Default)]
pub(super) struct Writes {
    /// Its new values, by row.
    pub(super) values: RowValues,
    /// The other side's values of these rows.
    pub(super) source: RowValues,
    pub(super) fields: Vec<FieldChange>,
    pub(super) causes: Vec<Cause>,
    pub(super) overwrites: Vec<Overwrite>,
    /// Whether one of two edits gave way, rather than both being put together.
    pub(super) has_loser: bool,
}

impl Rows<'_> {
    /// Whether some side gets a value, and every one of them for this cause.
    pub(super) fn are_only(&self, cause: Cause) -> bool {
        let causes = [&self.to.testworthy.causes, &self.to.azure_devops.causes];
        causes.iter().any(|causes| !causes.is_empty())
            && causes.into_iter().flatten().all(|one| *one == cause)
    }
}

/// When a work item was changed last.
fn changed_on(item: &WorkItem) -> Option<jiff::Timestamp> {
    match item.fields.get("System.ChangedDate") {
        Some(Value::DateTime(instant)) => Some(*instant),
        _ => None,
    }
}

/// The side that was changed last, for a rule where that may decide.
fn last_changed(input: &RuleInput<'_>, case: &Case, item: &WorkItem) -> Option<System> {
    if !input.rule.is_two_way() {
        return None;
    }
    latest(case.modified_on, changed_on(item), &input.known.clocks)
}

/// Decides over every row of a pair.
pub(super) fn compare<'a>(collector: &mut Collector<'a>, scene: &PairScene<'_>) -> Rows<'a> {
    let input = collector.input;
    let (case, item) = (scene.case, scene.item);
    let none = Base::default();
    let base = scene.link.map_or(&none, |link| &link.base);
    let known = collector.conflicts_of(case.id, item.id);
    let mut rows = Rows {
        queue: Queue::of(known, input.mapping, case, item),
        ..Rows::default()
    };
    let decided = rows.queue.decided();
    let context = CompareContext {
        latest: last_changed(input, case, item),
        decided: &decided,
        learned: &input.known.learned,
        repetitions: &input.known.repetitions,
    };
    let compared = compare_pair(input.mapping, input.rule, base, case, item, &context);
    let mut seen = Vec::with_capacity(compared.rows.len());
    for row in compared.rows {
        seen.push(row.row.name());
        apply(collector, scene, base, row, &mut rows);
    }
    rows.queue.close_the_rest(&seen);
    rows
}

fn apply(
    collector: &mut Collector<'_>,
    scene: &PairScene<'_>,
    base: &Base,
    compared: ComparedRow<'_>,
    rows: &mut Rows<'_>,
) {
    let row = compared.row;
    let name = row.name();
    let source = scene.source;
    match &compared.decision {
        RowDecision::Same => rows.queue.settle(name),
        RowDecision::Refresh => {
            rows.queue.settle(name);
            let field = BaseField {
                testworthy: compared.now.testworthy,
                azure_devops: compared.now.azure_devops,
                row_digest: row.digest().to_owned(),
            };
            rows.agreed.insert(name.to_owned(), field);
        }
        RowDecision::Write(write) => {
            if let Err(problem) = put(rows, row, scene.item, &compared.now, write) {
                hold(collector, source, row, &problem, rows);
            }
        }
        RowDecision::Conflict(cause) => {
            let pair = (scene.case, scene.item);
            let cause = *cause;
            conflict::row_waits(
                collector,
                &mut rows.queue,
                source,
                pair,
                base,
                &compared,
                cause,
            );
        }
        RowDecision::Drift {
            policy,
            side,
            recorded,
            live,
        } => {
            rows.queue.write(name, &[], false);
            let shown = |value: &Value| (!row.sensitive()).then(|| value.to_json());
            let entry = DriftEntry {
                address: collector.address(source),
                item: collector.item_ref(Some(scene.case), Some(scene.item)),
                path: row.path(*side),
                system: collector.input.rule.is_two_way().then_some(*side),
                recorded: shown(recorded),
                live: shown(live),
                sensitive: row.sensitive(),
                policy: policy_name(*policy).to_owned(),
            };
            collector.output.drift.push(entry);
        }
        RowDecision::Flapping {
            side,
            before,
            after,
        } => {
            rows.held = true;
            let forms = if row.sensitive() {
                String::new()
            } else {
                format!(": it holds {}, and gets {}", form(before), form(after))
            };
            let message = format!(
                "field `{name}` waits: the same value was written to {side} again and again and does not stay{forms}"
            );
            collector.finding_at(&codes::FIELD_FLAPPING, source, &message, row.origin());
        }
        RowDecision::Hold(problem) => hold(collector, source, row, problem, rows),
    }
}

/// Takes in the new values of a row, or nothing of it if its new state cannot be reached.
fn put(
    rows: &mut Rows<'_>,
    row: &CompiledRow,
    item: &WorkItem,
    now: &Sides<Value>,
    write: &RowWrite,
) -> Result<(), Problem> {
    let name = row.name().to_owned();
    let route = match &write.to.azure_devops {
        Some(put) => row.route(Some(item), &put.after)?,
        None => Vec::new(),
    };
    let mut written = Vec::new();
    for (side, put) in write.to.iter() {
        let Some(put) = put else { continue };
        written.push(side);
        let writes = rows.to.get_mut(side);
        let change = field_change(row, side, &put.before, &put.after);
        let route = match side {
            System::AzureDevOps => &route[..],
            System::TestWorthy => &[],
        };
        writes.fields.push(change.by(route));
        writes.causes.push(write.cause);
        let other = now.get(side.other()).clone();
        writes.source.insert(name.clone(), other);
        if let Some(lost) = &put.overwrites {
            writes.overwrites.push(Overwrite {
                row: name.clone(),
                lost: lost.clone(),
                written: put.after.clone(),
            });
        }
        writes.values.insert(name.clone(), put.after.clone());
    }
    let by_decision = write.cause == Cause::Decided;
    rows.queue.write(&name, &written, by_decision);
    if written.len() > 1 {
        rows.halves.insert(name);
    } else if by_decision || write.cause == Cause::Policy {
        for side in written {
            rows.to.get_mut(side).has_loser = true;
        }
    }
    Ok(())
}

/// A value on one line of a message.
fn form(value: &Value) -> String {
    const LONGEST: usize = 200;
    let text = value.to_json().to_string();
    match text.char_indices().nth(LONGEST) {
        Some((cut, _)) => format!("{}…", &text[..cut]),
        None => text,
    }
}

fn policy_name(policy: DriftPolicy) -> &'static str {
    match policy {
        DriftPolicy::Enforce => "enforce",
        DriftPolicy::Report => "report",
        DriftPolicy::Ignore => "ignore",
    }
}

fn hold(
    collector: &mut Collector<'_>,
    source: ItemKey,
    row: &CompiledRow,
    problem: &Problem,
    rows: &mut Rows<'_>,
) {
    rows.held = true;
    rows.skipped |= problem.skips_item();
    let message = format!("field `{}` waits: {problem}", row.name());
    collector.finding_at(problem.code(), source, &message, row.origin());
}

/// A field change as plans show it, values left out when the row is sensitive.
pub(super) fn field_change(
    row: &CompiledRow,
    target: System,
    before: &Value,
    after: &Value,
) -> FieldChange {
    FieldChange::between(row.path(target), before, after, row.sensitive())
}
