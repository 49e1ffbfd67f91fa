//! A pair that exists on both sides: the field table, row by row, and the one write it leads to.

use std::collections::{BTreeMap, BTreeSet};

use super::rule::{Collector, origin_entry};
use crate::diff::{Cause, FieldVerdict, RowVerdict, one_way_pair};
use crate::mapping::{CompiledMapping, CompiledRow, Problem, RowProblem};
use crate::model::config::{Connection, MatchBy};
use crate::model::{
    Base, BaseField, Case, Link, LinkState, MarkState, Marker, System, Value, WorkItem,
    azure_boards_mention, azure_boards_mentions,
};
use crate::plan::conservation::Class;
use crate::plan::observed::{ItemKey, RuleInput};
use crate::plan::step::fingerprint;
use crate::plan::{
    Action, Change, DriftEntry, FieldChange, Operation, Overwrite, Pair, Precondition, Reason,
    RowValues,
};
use crate::remote::{CasePatch, WorkItemPatch};

/// What the rows of one pair give together.
#[derive(Default)]
struct Rows {
    /// Target values to write, by row.
    writes: BTreeMap<String, Value>,
    fields: Vec<FieldChange>,
    causes: Vec<Cause>,
    overwrites: Vec<Overwrite>,
    /// Source values of rows whose base the write renews.
    source: RowValues,
    /// Bases that both sides reached by themselves.
    agreed: BTreeMap<String, BaseField>,
    /// Whether some row waits.
    held: bool,
    /// Whether the whole item waits.
    skipped: bool,
}

/// Plans a pair. `by` says how it was recognised if it is not linked yet.
pub(super) fn plan_pair(
    collector: &mut Collector<'_>,
    source: ItemKey,
    case: &Case,
    item: &WorkItem,
    link: Option<&Link>,
    by: Option<MatchBy>,
) -> Class {
    let rows = compare(collector, source, case, item, link.map(|link| &link.base));
    if rows.skipped {
        return Class::Held;
    }
    let pair = Pair {
        link: link.map(|link| link.id.clone()),
        case: case.id,
        testworthy_project: case.project,
        work_item: item.id,
    };
    let target = collector.input.rule.target();
    let write = match target {
        System::AzureDevOps => write_work_item(collector, &pair, &rows, case, item, link),
        System::TestWorthy => write_case(&pair, &rows, case, item, link, collector),
    };
    let write = match write {
        Ok(write) => write,
        Err(problem) => {
            collector.finding(problem.problem.code(), source, &problem.to_string());
            return Class::Held;
        }
    };
    if let Some(operation) = write {
        let change = change(collector, source, case, item, &rows, by, &operation);
        let mapping_only =
            !rows.causes.is_empty() && rows.causes.iter().all(|c| *c == Cause::MappingChanged);
        let class = if change.action == Action::Link {
            Class::Link
        } else {
            Class::Update
        };
        let class = collector.push(source, class, change, operation);
        if mapping_only && class == Class::Update {
            collector.output.mapping_changed += 1;
        }
        return class;
    }
    settle_without_write(collector, source, case, item, link, by, &pair, &rows)
}

/// Nothing to write on the target: a new link, a missing mark on the source, or bookkeeping.
#[expect(
    clippy::too_many_arguments,
    reason = "one decision over everything known of the pair"
)]
fn settle_without_write(
    collector: &mut Collector<'_>,
    source: ItemKey,
    case: &Case,
    item: &WorkItem,
    link: Option<&Link>,
    by: Option<MatchBy>,
    pair: &Pair,
    rows: &Rows,
) -> Class {
    let record = Operation::Record {
        pair: pair.clone(),
        base: rows.agreed.clone(),
        rev: Some(item.rev),
        state: LinkState::Active,
        conflicts: Vec::new(),
    };
    let Some(link) = link else {
        let change = change(collector, source, case, item, rows, by, &record);
        return collector.push(source, Class::Link, change, record);
    };
    // A mark whose write got no answer may stand there all the same; then the store only learns of it.
    let input = collector.input;
    let is_marked = |side| is_marked(input, side, case, item);
    let unknown = |side| mark_of(link, side) == MarkState::Missing && is_marked(side);
    if !rows.agreed.is_empty() || unknown(System::TestWorthy) || unknown(System::AzureDevOps) {
        collector.push_record(source, record);
    }
    let source_side = collector.input.rule.source();
    let lacks_mark = mark_of(link, source_side) == MarkState::Missing && !is_marked(source_side);
    if lacks_mark && carries_marks(input.connection, source_side) {
        let mark = Operation::Mark {
            pair: pair.clone(),
            system: source_side,
        };
        let mut change = change(collector, source, case, item, rows, None, &mark);
        change.system = source_side;
        change.reason = Reason::MarkerMissing;
        change.fields = vec![marker_change(source_side, case, item)];
        let class = collector.push(source, Class::Update, change, mark);
        if class == Class::Update {
            collector.output.marks += 1;
        }
        return class;
    }
    if rows.held {
        return Class::Held;
    }
    // The value that a server refused is gone: so is the reason to keep the item in quarantine.
    if collector.input.quarantined.contains_key(&source) {
        collector.release(source, pair);
    }
    Class::Unchanged
}

/// Whether a mapping and a connection's project cover a work item.
pub(super) fn is_mapped(
    mapping: &CompiledMapping,
    connection: &Connection,
    item: &WorkItem,
) -> bool {
    let project = &connection.azure_devops.project;
    item.work_item_type
        .eq_ignore_ascii_case(&mapping.work_item_type)
        && item.project.eq_ignore_ascii_case(project)
}

/// Whether items of a side can carry Accord's mark at all.
pub(super) fn carries_marks(connection: &Connection, side: System) -> bool {
    match side {
        System::TestWorthy => connection.testworthy.keeps_references(),
        System::AzureDevOps => true,
    }
}

fn mark_of(link: &Link, side: System) -> MarkState {
    match side {
        System::TestWorthy => link.case_mark,
        System::AzureDevOps => link.work_item_mark,
    }
}

/// Whether the mark stands on the item as it was read.
fn is_marked(input: &RuleInput<'_>, side: System, case: &Case, item: &WorkItem) -> bool {
    match side {
        System::TestWorthy => azure_boards_mentions(&case.refs).contains(&item.id),
        System::AzureDevOps => {
            item.has_accord_tag()
                && input
                    .connection
                    .testworthy
                    .marked_cases(item)
                    .contains(&case.id)
        }
    }
}

fn marker_change(side: System, case: &Case, item: &WorkItem) -> FieldChange {
    let (path, after) = match side {
        System::TestWorthy => ("refs", azure_boards_mention(item.id)),
        System::AzureDevOps => ("relations", format!("accord/1 case={}", case.id)),
    };
    FieldChange {
        path: path.to_owned(),
        before: Some(serde_json::Value::Null),
        after: Some(after.into()),
        sensitive: false,
        via: Vec::new(),
    }
}

fn compare(
    collector: &mut Collector<'_>,
    source: ItemKey,
    case: &Case,
    item: &WorkItem,
    base: Option<&Base>,
) -> Rows {
    let input = collector.input;
    let rule = input.rule;
    let none = Base::default();
    let base = base.unwrap_or(&none);
    let verdicts = one_way_pair(input.mapping, base, case, item, rule.source(), rule.drift);
    let mut rows = Rows::default();
    for row in verdicts.rows {
        apply_verdict(collector, source, (case, item), row, &mut rows);
    }
    rows
}

fn apply_verdict(
    collector: &mut Collector<'_>,
    source: ItemKey,
    (case, item): (&Case, &WorkItem),
    RowVerdict {
        row,
        source: from,
        target: to,
        verdict,
    }: RowVerdict<'_>,
    rows: &mut Rows,
) {
    let target = collector.input.rule.target();
    match verdict {
        FieldVerdict::Same => {}
        FieldVerdict::Refresh => {
            let (testworthy, azure_devops) = match target {
                System::AzureDevOps => (from, to),
                System::TestWorthy => (to, from),
            };
            let field = BaseField {
                testworthy,
                azure_devops,
                row_digest: row.digest().to_owned(),
            };
            rows.agreed.insert(row.name().to_owned(), field);
        }
        FieldVerdict::Write {
            before,
            after,
            cause,
            overwrites,
        } => {
            let route = match target {
                System::AzureDevOps => row.route(Some(item), &after),
                System::TestWorthy => Ok(Vec::new()),
            };
            let route = match route {
                Ok(route) => route,
                Err(problem) => return hold(collector, source, row, &problem, rows),
            };
            let change = field_change(row, target, &before, &after);
            rows.fields.push(change.by(&route));
            rows.causes.push(cause);
            rows.source.insert(row.name().to_owned(), from);
            if let Some(lost) = overwrites {
                rows.overwrites.push(Overwrite {
                    row: row.name().to_owned(),
                    lost,
                    written: after.clone(),
                });
            }
            rows.writes.insert(row.name().to_owned(), after);
        }
        FieldVerdict::Drift {
            policy,
            recorded,
            live,
        } => {
            let shown = |value: &Value| (!row.sensitive()).then(|| value.to_json());
            let entry = DriftEntry {
                address: collector.address(source),
                item: collector.item_ref(Some(case), Some(item)),
                path: row.path(target),
                recorded: shown(&recorded),
                live: shown(&live),
                sensitive: row.sensitive(),
                policy: policy_name(policy).to_owned(),
            };
            collector.output.drift.push(entry);
        }
        FieldVerdict::Hold(problem) => hold(collector, source, row, &problem, rows),
    }
}

fn policy_name(policy: crate::model::config::DriftPolicy) -> &'static str {
    use crate::model::config::DriftPolicy;
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
    rows: &mut Rows,
) {
    rows.held = true;
    rows.skipped |= problem.skips_item();
    let message = format!("field `{}` waits: {problem}", row.name());
    collector.finding_at(problem.code(), source, &message, Some(row.origin()));
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

fn write_work_item(
    collector: &Collector<'_>,
    pair: &Pair,
    rows: &Rows,
    case: &Case,
    item: &WorkItem,
    link: Option<&Link>,
) -> Result<Option<Operation>, RowProblem> {
    let input = collector.input;
    let marking = link.is_none_or(|link| link.work_item_mark == MarkState::Missing);
    let mut values = input.mapping.patch_work_item(item, &rows.writes, marking)?;
    let walk = input.mapping.walk(Some(item), &mut values.fields)?;
    let mut patch = WorkItemPatch {
        fields: values.fields,
        tags: values.tags,
        add_marker: None,
    };
    let testworthy = &input.connection.testworthy;
    if marking && !testworthy.marked_cases(item).contains(&case.id) {
        let url = testworthy.case_url(case.id);
        patch.add_marker = Some(Marker { case: case.id, url });
    }
    if patch.is_empty() {
        return Ok(None);
    }
    Ok(Some(Operation::UpdateWorkItem {
        pair: pair.clone(),
        rev: item.rev,
        patch,
        walk,
        source: with_agreed(rows, System::AzureDevOps),
        written: rows.writes.clone(),
        halves: BTreeSet::new(),
        overwrites: rows.overwrites.clone(),
    }))
}

fn write_case(
    pair: &Pair,
    rows: &Rows,
    case: &Case,
    item: &WorkItem,
    link: Option<&Link>,
    collector: &Collector<'_>,
) -> Result<Option<Operation>, RowProblem> {
    let marking = carries_marks(collector.input.connection, System::TestWorthy)
        && link.is_none_or(|link| link.case_mark == MarkState::Missing);
    let values = collector
        .input
        .mapping
        .patch_case(case, item.id, &rows.writes, marking)?;
    let patch = CasePatch {
        fields: values.fields,
        refs: values.refs,
    };
    if patch.is_empty() {
        return Ok(None);
    }
    let now = |name: &String| case.fields.get(name).cloned().unwrap_or_default();
    let expected = CasePatch {
        fields: patch
            .fields
            .keys()
            .map(|name| (name.clone(), now(name)))
            .collect(),
        refs: patch.refs.as_ref().map(|_| case.refs.clone()),
    };
    Ok(Some(Operation::UpdateCase {
        pair: pair.clone(),
        expected,
        patch,
        source: with_agreed(rows, System::TestWorthy),
        written: rows.writes.clone(),
        halves: BTreeSet::new(),
        overwrites: rows.overwrites.clone(),
    }))
}

/// Rows that already agree get their base from the same write.
fn with_agreed(rows: &Rows, target: System) -> RowValues {
    let mut source = rows.source.clone();
    source.extend(rows.agreed.iter().map(|(name, field)| {
        let value = match target {
            System::AzureDevOps => field.testworthy.clone(),
            System::TestWorthy => field.azure_devops.clone(),
        };
        (name.clone(), value)
    }));
    source
}

fn change(
    collector: &Collector<'_>,
    source: ItemKey,
    case: &Case,
    item: &WorkItem,
    rows: &Rows,
    by: Option<MatchBy>,
    operation: &Operation,
) -> Change {
    let matched = by.map(|by| match by {
        MatchBy::Marker => Reason::MatchedByMarker,
        MatchBy::Id => Reason::MatchedById,
        MatchBy::Title => Reason::MatchedByTitle,
    });
    let precondition = match operation {
        Operation::UpdateWorkItem { rev, .. } => Some(Precondition::Rev(rev.0)),
        Operation::Record { rev, .. } => rev.map(|rev| Precondition::Rev(rev.0)),
        Operation::UpdateCase { expected, .. } => {
            Some(Precondition::Fingerprint(fingerprint(expected)))
        }
        Operation::CreateWorkItem { .. }
        | Operation::CreateCase { .. }
        | Operation::Retire { .. }
        | Operation::Restore { .. }
        | Operation::Mark { .. } => None,
    };
    let linking = matched.is_some() && rows.fields.is_empty();
    let mut fields = rows.fields.clone();
    if fields.is_empty() && !linking {
        fields.push(marker_change(collector.input.rule.target(), case, item));
    }
    Change {
        address: collector.address(source),
        system: collector.input.rule.target(),
        action: if linking {
            Action::Link
        } else {
            Action::Update
        },
        reason: matched.unwrap_or_else(|| reason(&rows.causes)),
        item: collector.item_ref(Some(case), Some(item)),
        fields,
        precondition,
        origin: origin_entry(&collector.input.rule.origin),
    }
}

/// The strongest cause names the change.
fn reason(causes: &[Cause]) -> Reason {
    let order = [
        (Cause::Decided, Reason::ConflictResolved),
        (Cause::Policy, Reason::ConflictResolved),
        (Cause::SourceChanged, Reason::SourceChanged),
        (Cause::DriftEnforced, Reason::DriftEnforced),
        (Cause::MappingChanged, Reason::MappingChanged),
        (Cause::FirstSync, Reason::FirstSync),
    ];
    let found = order.into_iter().find(|(cause, _)| causes.contains(cause));
    found.map_or(Reason::MarkerMissing, |(_, reason)| reason)
}
