//! A pair that exists on both sides: the writes that its rows lead to, its marks and its records.

use super::collector::{Collector, origin_entry};
use super::rows::{Rows, compare};
use crate::diff::Cause;
use crate::mapping::{CompiledMapping, RowProblem};
use crate::model::config::{Connection, MatchBy};
use crate::model::{
    Case, Link, LinkState, MarkState, Marker, System, WorkItem, azure_boards_mention,
    azure_boards_mentions,
};
use crate::plan::conservation::Class;
use crate::plan::observed::{ItemKey, RuleInput};
use crate::plan::step::fingerprint;
use crate::plan::{Action, Change, FieldChange, Operation, Pair, Precondition, Reason};
use crate::remote::{CasePatch, WorkItemPatch};

/// A pair that is planned.
pub(super) struct PairScene<'a> {
    /// The name that plans give it.
    pub(super) source: ItemKey,
    pub(super) case: &'a Case,
    pub(super) item: &'a WorkItem,
    /// Its link, if there is one yet.
    pub(super) link: Option<&'a Link>,
    /// How it was recognised if it is not linked yet.
    pub(super) by: Option<MatchBy>,
    /// Whether its link had ended.
    pub(super) revived: bool,
}

impl PairScene<'_> {
    fn pair(&self) -> Pair {
        Pair {
            link: self.link.map(|link| link.id.clone()),
            case: self.case.id,
            testworthy_project: self.case.project,
            work_item: self.item.id,
        }
    }
}

/// Plans a pair: at most one write per side, the work item's first, and one record before them.
pub(super) fn plan_pair(collector: &mut Collector<'_>, scene: &PairScene<'_>) -> Class {
    let mut rows = compare(collector, scene);
    if rows.skipped {
        return Class::Held;
    }
    let mut writes = Vec::new();
    let mut failed = false;
    for side in [System::AzureDevOps, System::TestWorthy] {
        match write(collector.input, scene, &rows, side) {
            Ok(Some(operation)) => writes.push((side, operation)),
            Ok(None) => {}
            Err(problem) => {
                collector.finding(problem.problem.code(), scene.source, &problem.to_string());
                failed = true;
            }
        }
    }
    if writes.is_empty() && failed {
        record_conflicts(collector, scene, &mut rows);
        return Class::Held;
    }
    rows.held |= failed;
    if writes.is_empty() {
        return settle_without_write(collector, scene, &mut rows);
    }
    let agreed = record_conflicts(collector, scene, &mut rows);
    if !agreed {
        ride_along(&rows, &mut writes);
    }
    let written: Vec<System> = writes.iter().map(|(side, _)| *side).collect();
    let is_first_sync = scene.link.is_none_or(|link| link.base.fields.is_empty())
        && rows.are_only(Cause::FirstSync);
    let mapping_only = rows.are_only(Cause::MappingChanged);
    let mut classes = Vec::new();
    for (side, operation) in writes {
        let change = change(collector, scene, &rows, side, &operation);
        let class = match change.action {
            Action::Link => Class::Link,
            Action::Create | Action::Update | Action::Delete => Class::Update,
        };
        let resolves = std::mem::take(rows.queue.resolves.get_mut(side));
        classes.push(collector.push(scene.source, class, change, operation, resolves));
    }
    // What a write does not bring along is put there by itself.
    if let Some(link) = scene.link
        && collector.input.rule.is_two_way()
        && !written.contains(&System::TestWorthy)
        && let Some(class) = plan_mark(collector, scene, link, System::TestWorthy)
    {
        classes.push(class);
    }
    let class = [Class::Update, Class::Link]
        .into_iter()
        .find(|class| classes.contains(class))
        .unwrap_or(Class::Quarantined);
    if class == Class::Update {
        if mapping_only {
            collector.output.mapping_changed += 1;
        } else if is_first_sync && collector.input.rule.is_two_way() {
            collector.output.first_syncs += 1;
        }
    }
    class
}

/// What the queue of conflicts has to learn, and that a link goes on, before any write. Gives whether
/// there was something: then the rows in accord are in it too.
fn record_conflicts(
    collector: &mut Collector<'_>,
    scene: &PairScene<'_>,
    rows: &mut Rows<'_>,
) -> bool {
    if rows.queue.changes.is_empty() && !scene.revived {
        return false;
    }
    let operation = record(scene, rows);
    collector.push_record(scene.source, operation);
    true
}

fn record(scene: &PairScene<'_>, rows: &mut Rows<'_>) -> Operation {
    Operation::Record {
        pair: scene.pair(),
        base: std::mem::take(&mut rows.agreed),
        rev: Some(scene.item.rev),
        state: LinkState::Active,
        conflicts: std::mem::take(&mut rows.queue.changes),
    }
}

/// Rows that already agree get their base from the first write.
fn ride_along(rows: &Rows<'_>, writes: &mut [(System, Operation)]) {
    let Some((side, operation)) = writes.first_mut() else {
        return;
    };
    if let Operation::UpdateWorkItem { source, .. } | Operation::UpdateCase { source, .. } =
        operation
    {
        source.extend(rows.agreed.iter().map(|(name, field)| {
            let value = match side {
                System::AzureDevOps => field.testworthy.clone(),
                System::TestWorthy => field.azure_devops.clone(),
            };
            (name.clone(), value)
        }));
    }
}

/// Nothing to write: a new link, a missing mark on the source, or bookkeeping.
fn settle_without_write(
    collector: &mut Collector<'_>,
    scene: &PairScene<'_>,
    rows: &mut Rows<'_>,
) -> Class {
    let source = scene.source;
    let Some(link) = scene.link else {
        let record = record(scene, rows);
        let side = collector.input.rule.target();
        let change = change(collector, scene, rows, side, &record);
        return collector.push(source, Class::Link, change, record, Vec::new());
    };
    // A mark whose write got no answer may stand there all the same; then the store only learns of it.
    let input = collector.input;
    let unknown = |side| {
        mark_of(link, side) == MarkState::Missing && is_marked(input, side, scene.case, scene.item)
    };
    let learns = unknown(System::TestWorthy) || unknown(System::AzureDevOps);
    if !rows.agreed.is_empty() || learns || !rows.queue.changes.is_empty() || scene.revived {
        let record = record(scene, rows);
        collector.push_record(source, record);
    }
    if let Some(class) = plan_mark(collector, scene, link, input.rule.source()) {
        if class == Class::Update {
            collector.output.marks += 1;
        }
        return class;
    }
    if rows.queue.waits {
        return Class::Conflict;
    }
    if rows.held {
        return Class::Held;
    }
    // The value that a server refused is gone: so is the reason to keep the item in quarantine.
    if collector.input.quarantined.contains_key(&source) {
        collector.release(source, &scene.pair());
    }
    Class::Unchanged
}

/// The mark that a side of a linked pair lacks, as a write of its own.
fn plan_mark(
    collector: &mut Collector<'_>,
    scene: &PairScene<'_>,
    link: &Link,
    side: System,
) -> Option<Class> {
    let input = collector.input;
    let lacks_mark = mark_of(link, side) == MarkState::Missing
        && !is_marked(input, side, scene.case, scene.item);
    if !lacks_mark || !carries_marks(input.connection, side) {
        return None;
    }
    let operation = Operation::Mark {
        pair: scene.pair(),
        system: side,
    };
    let change = Change {
        address: collector.address(scene.source),
        system: side,
        action: Action::Update,
        reason: Reason::MarkerMissing,
        item: collector.item_ref(Some(scene.case), Some(scene.item)),
        fields: vec![marker_change(side, scene.case, scene.item)],
        precondition: None,
        origin: origin_entry(&input.rule.origin),
    };
    Some(collector.push(scene.source, Class::Update, change, operation, Vec::new()))
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

/// The write of one side; nothing if the rule leaves it as it is.
fn write(
    input: &RuleInput<'_>,
    scene: &PairScene<'_>,
    rows: &Rows<'_>,
    side: System,
) -> Result<Option<Operation>, RowProblem> {
    if !input.rule.writes(side) {
        return Ok(None);
    }
    match side {
        System::AzureDevOps => write_work_item(input, scene, rows),
        // Of a two-way rule the case is the one whose mark is a small write of its own.
        System::TestWorthy if input.rule.is_two_way() && rows.to.testworthy.values.is_empty() => {
            Ok(None)
        }
        System::TestWorthy => write_case(input, scene, rows),
    }
}

fn write_work_item(
    input: &RuleInput<'_>,
    scene: &PairScene<'_>,
    rows: &Rows<'_>,
) -> Result<Option<Operation>, RowProblem> {
    let (case, item) = (scene.case, scene.item);
    let writes = &rows.to.azure_devops;
    let marking = scene
        .link
        .is_none_or(|link| link.work_item_mark == MarkState::Missing);
    let mut values = input
        .mapping
        .patch_work_item(item, &writes.values, marking)?;
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
        pair: scene.pair(),
        rev: item.rev,
        patch,
        walk,
        source: writes.source.clone(),
        written: writes.values.clone(),
        halves: rows.halves.clone(),
        overwrites: writes.overwrites.clone(),
    }))
}

fn write_case(
    input: &RuleInput<'_>,
    scene: &PairScene<'_>,
    rows: &Rows<'_>,
) -> Result<Option<Operation>, RowProblem> {
    let (case, item) = (scene.case, scene.item);
    let writes = &rows.to.testworthy;
    let marking = carries_marks(input.connection, System::TestWorthy)
        && scene
            .link
            .is_none_or(|link| link.case_mark == MarkState::Missing);
    let values = input
        .mapping
        .patch_case(case, item.id, &writes.values, marking)?;
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
        pair: scene.pair(),
        expected,
        patch,
        source: writes.source.clone(),
        written: writes.values.clone(),
        halves: rows.halves.clone(),
        overwrites: writes.overwrites.clone(),
    }))
}

fn change(
    collector: &Collector<'_>,
    scene: &PairScene<'_>,
    rows: &Rows<'_>,
    side: System,
    operation: &Operation,
) -> Change {
    let matched = scene.by.map(|by| match by {
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
    let writes = rows.to.get(side);
    let linking = matched.is_some() && writes.fields.is_empty();
    let mut fields = writes.fields.clone();
    if fields.is_empty() && !linking {
        fields.push(marker_change(side, scene.case, scene.item));
    }
    Change {
        address: collector.address(scene.source),
        system: side,
        action: if linking {
            Action::Link
        } else {
            Action::Update
        },
        reason: matched.unwrap_or_else(|| reason(&writes.causes, writes.has_loser)),
        item: collector.item_ref(Some(scene.case), Some(scene.item)),
        fields,
        precondition,
        origin: origin_entry(&collector.input.rule.origin),
    }
}

/// The strongest cause names the change.
fn reason(causes: &[Cause], has_loser: bool) -> Reason {
    let settled = if has_loser {
        Reason::ConflictResolved
    } else {
        Reason::Merged
    };
    let order = [
        (Cause::Decided, settled),
        (Cause::Policy, settled),
        (Cause::SourceChanged, Reason::SourceChanged),
        (Cause::DriftEnforced, Reason::DriftEnforced),
        (Cause::MappingChanged, Reason::MappingChanged),
        (Cause::FirstSync, Reason::FirstSync),
    ];
    let found = order.into_iter().find(|(cause, _)| causes.contains(cause));
    found.map_or(Reason::MarkerMissing, |(_, reason)| reason)
}
