//! A pair that lost an item: what a person decided about it, else what the rule says, and the write that
//! carries it out. Nothing is destroyed: a work item is closed or goes to the recycle bin, a case is
//! disabled.

use std::collections::BTreeMap;

use indexmap::IndexMap;

use super::collector::{Collector, origin_entry};
use super::conflict::{self, Deletion};
use super::create::{self, New};
use crate::diagnostics::catalog::sync as codes;
use crate::diff::{Edit, ItemVerdict};
use crate::mapping::{CompiledRow, Hop, Problem, Walk, Workflow};
use crate::model::config::{DeletedCase, NEVER_RECYCLED};
use crate::model::{
    Case, Closing, Conflict, ConflictChange, ConflictId, Link, LinkState, Sides, Subject, System,
    Take, Value, WorkItem,
};
use crate::plan::conservation::Class;
use crate::plan::observed::{ItemKey, RuleInput, WorkItemDeletion};
use crate::plan::step::fingerprint;
use crate::plan::{Action, Change, FieldChange, Operation, Pair, Precondition, Reason, Retirement};
use crate::remote::{CasePatch, WorkItemPatch};

const STATE: &str = "System.State";
/// What Azure DevOps itself shows of an item in the recycle bin.
const IS_DELETED: &str = "System.IsDeleted";

/// A linked pair of which an item is not there.
pub(super) struct Half<'a> {
    /// The name that plans give the pair.
    pub(super) source: ItemKey,
    pub(super) link: &'a Link,
    /// Whether an item that is left was edited since the base, be the link ended or not: a person who is
    /// asked is asked about the same thing by the next plan, for which the link goes on.
    pub(super) edited: Sides<bool>,
    /// Whether its link has ended already.
    pub(super) ended: bool,
    /// Why no case may be made in place of a deleted one.
    pub(super) replaced: Option<String>,
}

impl Half<'_> {
    fn pair(&self) -> Pair {
        Pair {
            link: Some(self.link.id.clone()),
            case: self.link.case,
            testworthy_project: self.link.testworthy_project,
            work_item: self.link.work_item,
        }
    }

    /// The state of its link until the deleted item is there again: what is put away and was touched since
    /// counts as edited only while the link has ended.
    fn state(&self) -> LinkState {
        if self.ended {
            LinkState::Ended
        } else {
            LinkState::Active
        }
    }

    fn record(&self, state: LinkState, conflicts: Vec<ConflictChange>) -> Operation {
        Operation::Record {
            pair: self.pair(),
            base: BTreeMap::new(),
            rev: None,
            state,
            conflicts,
        }
    }
}

/// An item in a sentence.
pub(super) fn told(item: ItemKey) -> String {
    match item {
        ItemKey::Case(id) => format!("case {id} in TestWorthy"),
        ItemKey::WorkItem(id) => format!("work item {id} in Azure DevOps"),
    }
}

/// Whether a case is disabled.
pub(super) fn is_disabled(case: &Case) -> bool {
    case.fields.get("disabled") == Some(&Value::Boolean(true))
}

/// Whether a work item is in a closing state of its workflow, as far as that is known.
pub(super) fn is_at_rest(input: &RuleInput<'_>, item: &WorkItem) -> bool {
    let Some(kind) = &input.known.work_item_type else {
        return true;
    };
    let state = state_of(item);
    let mut closing = kind
        .states
        .iter()
        .filter(|state| is_closing(&state.category));
    closing.any(|known| known.name.trim().eq_ignore_ascii_case(state.trim()))
}

/// Whether an edit of the item that is left is one that speaks against putting the item away. One that
/// puts it away itself does not, nor a step on the way there: a walk to the closing state may have been
/// cut short.
pub(super) fn is_kept(input: &RuleInput<'_>, edit: &Edit<'_>) -> bool {
    let row = edit.row;
    if row.path(System::TestWorthy) == "disabled" && edit.live == Value::Boolean(true) {
        return false;
    }
    if !row.walks() {
        return true;
    }
    let (Some(from), Some(now), Some(closing)) = (
        edit.recorded.as_text(),
        edit.live.as_text(),
        closing_state(input),
    ) else {
        return true;
    };
    let kind = input.known.work_item_type.as_deref();
    let route = Workflow::new(kind, &IndexMap::new()).route(Some(from), closing);
    let on_the_way = |hop: &Hop| hop.state.trim().eq_ignore_ascii_case(now.trim());
    let is_put_away = || {
        let mut states = kind.into_iter().flat_map(|kind| &kind.states);
        states.any(|state| {
            is_closing(&state.category) && state.name.trim().eq_ignore_ascii_case(now.trim())
        })
    };
    !(is_put_away() || route.is_ok_and(|route| route.iter().any(on_the_way)))
}

fn is_closing(category: &str) -> bool {
    category.eq_ignore_ascii_case("Completed") || category.eq_ignore_ascii_case("Removed")
}

fn state_of(item: &WorkItem) -> &str {
    let state = item.fields.get(STATE).and_then(Value::as_text);
    state.unwrap_or_default()
}

/// Carries out a verdict about a pair that lost an item; `None` for one that only waits.
pub(super) fn plan_half(
    collector: &mut Collector<'_>,
    half: &Half<'_>,
    verdict: ItemVerdict,
) -> Option<Class> {
    let deleted = match verdict {
        ItemVerdict::Ask { deleted } | ItemVerdict::CarryDeletion { deleted } => deleted,
        ItemVerdict::Recreate { on, .. } => on,
        ItemVerdict::Unlink => only_deleted(collector, half.link)?,
        ItemVerdict::End => return Some(end(collector, half, &[])),
        _ => return None,
    };
    let known = collector.conflicts_of(half.link.case, half.link.work_item);
    let left = deleted.other();
    let edited = *half.edited.get(left);
    let (void, open) = match Deletion::of(&known, deleted, edited) {
        Deletion::Decided(decision, take) => {
            match decided(collector, half, deleted, take, decision.id) {
                Some(class) => return Some(class),
                // The rule does not write the side that it is about.
                None => (Some(take), None),
            }
        }
        Deletion::Undecided { void, open } => (void, open),
    };
    if let (Some(take), ItemVerdict::Ask { .. }) = (void, verdict) {
        let message = format!(
            "`--take {}` was decided about another situation than the one that is there now, or the rule does not write the side that it is about; look at it again with `accord conflicts list`",
            take.key()
        );
        collector.finding(&codes::DECISION_VOID, half.source, &message);
    }
    Some(match verdict {
        ItemVerdict::Ask { .. } => ask(collector, half, deleted, open),
        ItemVerdict::CarryDeletion { .. } => {
            let how = Put::of_rule(collector.input);
            carry(collector, half, &known, deleted, how, None)
        }
        ItemVerdict::Recreate { edit_kept, .. } => {
            recreate(collector, half, &known, deleted, edit_kept, None)
        }
        _ => unlink(collector, half, &known, None),
    })
}

/// The side that lost its item, of a pair of which just one did.
fn only_deleted(collector: &Collector<'_>, link: &Link) -> Option<System> {
    let observed = collector.input.observed;
    let has_case = observed.has_case(link.case);
    match (has_case, observed.has_work_item(link.work_item)) {
        (false, true) => Some(System::TestWorthy),
        (true, false) => Some(System::AzureDevOps),
        _ => None,
    }
}

/// Carries out what a person decided, where the rule writes that side.
fn decided(
    collector: &mut Collector<'_>,
    half: &Half<'_>,
    deleted: System,
    take: Take,
    decision: ConflictId,
) -> Option<Class> {
    let input = collector.input;
    let known = collector.conflicts_of(half.link.case, half.link.work_item);
    let by = Some((decision, take));
    match take {
        Take::Delete if input.rule.writes(deleted.other()) => {
            let how = Put::gentlest(input);
            Some(carry(collector, half, &known, deleted, how, by))
        }
        Take::Keep if input.rule.writes(deleted) => {
            Some(recreate(collector, half, &known, deleted, false, by))
        }
        Take::Unlink => Some(unlink(collector, half, &known, by)),
        _ => None,
    }
}

/// How a work item is put away.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Put {
    Close,
    Recycle,
}

impl Put {
    fn of_rule(input: &RuleInput<'_>) -> Self {
        match input.rule.when_deleted.testworthy {
            DeletedCase::Recycle => Self::Recycle,
            _ => Self::Close,
        }
    }

    /// As the rule says; where it leaves deletions to a person, in the gentlest way that there is.
    fn gentlest(input: &RuleInput<'_>) -> Self {
        let can_close = closing_state(input).is_some() || !can_be_recycled(input);
        match input.rule.when_deleted.testworthy {
            DeletedCase::Recycle => Self::Recycle,
            DeletedCase::Close => Self::Close,
            _ if can_close => Self::Close,
            _ => Self::Recycle,
        }
    }
}

fn can_be_recycled(input: &RuleInput<'_>) -> bool {
    let kind = &input.mapping.work_item_type;
    !NEVER_RECYCLED
        .iter()
        .any(|never| never.eq_ignore_ascii_case(kind))
}

/// The state that stands for done: the first of the category Completed, else of Removed.
fn closing_state<'a>(input: &RuleInput<'a>) -> Option<&'a str> {
    let kind = input.known.work_item_type.as_deref()?;
    ["Completed", "Removed"].into_iter().find_map(|category| {
        let mut states = kind.states.iter();
        let found = states.find(|state| state.category.eq_ignore_ascii_case(category));
        found.map(|state| state.name.as_str())
    })
}

/// A person decides.
fn ask(
    collector: &mut Collector<'_>,
    half: &Half<'_>,
    deleted: System,
    open: Option<ConflictId>,
) -> Class {
    let edited = *half.edited.get(deleted.other());
    let what = told(ItemKey::of(half.link, deleted));
    let two_way = collector.input.rule.is_two_way();
    let way_out = match open {
        Some(id) => format!(
            "conflict {id} of `accord conflicts list`, `accord conflicts resolve {id} --take {} decides",
            takes(collector.input, deleted)
        ),
        None => "after the next apply `accord conflicts list` shows it, and `accord conflicts resolve` decides".to_owned(),
    };
    let message = if two_way {
        let left = told(ItemKey::of(half.link, deleted.other()));
        let edit = if edited {
            ", which was edited since they were last in accord"
        } else {
            ""
        };
        format!(
            "{what} was deleted; nothing is written to {left}{edit}, until a person decides ({way_out})"
        )
    } else {
        format!("{what} was deleted; nothing is written until a person decides ({way_out})")
    };
    let item = if two_way {
        collector.link_ref(half.link)
    } else {
        collector.source_ref(half.source)
    };
    conflict::deletion_waits(collector, half.source, item, message);
    if open.is_none() {
        let subject = Subject::Deleted {
            side: deleted,
            edited,
        };
        let changes = vec![ConflictChange::Open(subject)];
        let record = half.record(LinkState::Active, changes);
        collector.push_record(half.source, record);
    }
    Class::Conflict
}

/// The decisions that the rule can carry out, for a sentence: the first one ends what is typed.
fn takes(input: &RuleInput<'_>, deleted: System) -> &'static str {
    match (
        input.rule.writes(deleted.other()),
        input.rule.writes(deleted),
    ) {
        (true, true) => "delete`, `keep` or `unlink`",
        (true, false) => "delete` or `unlink`",
        (false, true) => "keep` or `unlink`",
        (false, false) => "unlink`",
    }
}

/// Both items are gone, or the one that is left is put away already: the link ends.
fn end(collector: &mut Collector<'_>, half: &Half<'_>, resolved: &[(ConflictId, Take)]) -> Class {
    let known = collector.conflicts_of(half.link.case, half.link.work_item);
    let kept: Vec<ConflictId> = resolved.iter().map(|(id, _)| *id).collect();
    let mut changes = conflict::close_all(&known, Closing::Unlinked, Closing::Agreed, &kept);
    changes.extend(
        resolved
            .iter()
            .map(|(id, take)| ConflictChange::Close(*id, Closing::Resolved(*take))),
    );
    if !half.ended || !changes.is_empty() {
        let record = half.record(LinkState::Ended, changes);
        collector.push_record(half.source, record);
    }
    Class::Filtered
}

/// Neither item follows the other any more.
fn unlink(
    collector: &mut Collector<'_>,
    half: &Half<'_>,
    known: &[&Conflict],
    by: Option<(ConflictId, Take)>,
) -> Class {
    let kept: Vec<ConflictId> = by.iter().map(|(id, _)| *id).collect();
    let mut changes = conflict::close_all(known, Closing::Unlinked, Closing::Unlinked, &kept);
    if let Some((id, take)) = by {
        changes.push(ConflictChange::Close(id, Closing::Resolved(take)));
    }
    let record = half.record(LinkState::Unlinked, changes);
    collector.push_record(half.source, record);
    let says = if by.is_some() {
        "a person decided"
    } else {
        "the rule says"
    };
    let message = format!(
        "one item was deleted, and {says} that the other one goes on by itself; `accord link` gives it a counterpart again"
    );
    collector.finding(&codes::UNLINKED, half.source, &message);
    Class::Filtered
}

/// What puts an item away, as the executor runs it and as a plan shows it.
struct Retired {
    how: Retirement,
    fields: Vec<FieldChange>,
    precondition: Precondition,
}

/// Carries the deletion over to the item that is left.
fn carry(
    collector: &mut Collector<'_>,
    half: &Half<'_>,
    known: &[&Conflict],
    deleted: System,
    put: Put,
    by: Option<(ConflictId, Take)>,
) -> Class {
    let observed = collector.input.observed;
    let left = deleted.other();
    let retired = match left {
        System::TestWorthy => match observed.case(half.link.case) {
            Some(case) => disable(collector.input, case),
            None => return Class::Held,
        },
        System::AzureDevOps => match observed.work_item(half.link.work_item) {
            Some(item) => match put_away(collector, half, item, put) {
                Ok(retired) => retired,
                Err(()) => return Class::Held,
            },
            None => return Class::Held,
        },
    };
    let resolves: Vec<ConflictId> = by.iter().map(|(id, _)| *id).collect();
    let Some(retired) = retired else {
        let by: Vec<(ConflictId, Take)> = by.into_iter().collect();
        return end(collector, half, &by);
    };
    let change = Change {
        address: collector.address(half.source),
        system: left,
        action: Action::Delete,
        reason: Reason::CounterpartDeleted,
        item: collector.link_ref(half.link),
        fields: retired.fields,
        precondition: Some(retired.precondition),
        origin: origin_entry(&collector.input.rule.origin),
    };
    let operation = Operation::Retire {
        pair: half.pair(),
        how: retired.how,
        conflicts: conflict::close_all(known, Closing::Unlinked, Closing::Agreed, &resolves),
    };
    collector.push(half.source, Class::Delete, change, operation, resolves)
}

/// `None` if the case is disabled already.
fn disable(input: &RuleInput<'_>, case: &Case) -> Option<Retired> {
    if is_disabled(case) {
        return None;
    }
    let patch = |value: Value| CasePatch {
        fields: BTreeMap::from([("disabled".to_owned(), value)]),
        refs: None,
    };
    let now = case.fields.get("disabled").cloned().unwrap_or_default();
    let after = Value::Boolean(true);
    let expected = patch(now.clone());
    let mut rows = input.mapping.rows.iter();
    let sensitive = rows.any(|row| row.sensitive() && row.path(System::TestWorthy) == "disabled");
    Some(Retired {
        fields: vec![FieldChange::between("disabled", &now, &after, sensitive)],
        precondition: Precondition::Fingerprint(fingerprint(&expected)),
        how: Retirement::Disable {
            expected,
            patch: patch(after),
        },
    })
}

/// `None` if the work item is closed already; `Err` if there is no way, which was told.
fn put_away(
    collector: &mut Collector<'_>,
    half: &Half<'_>,
    item: &WorkItem,
    put: Put,
) -> Result<Option<Retired>, ()> {
    let precondition = Precondition::Rev(item.rev.0);
    if put == Put::Recycle {
        let (stays, goes) = (Value::Boolean(false), Value::Boolean(true));
        return Ok(Some(Retired {
            how: Retirement::Recycle { rev: item.rev },
            fields: vec![FieldChange::between(IS_DELETED, &stays, &goes, false)],
            precondition,
        }));
    }
    let input = collector.input;
    let Some(state) = closing_state(input) else {
        collector.finding(
            &codes::NO_CLOSING_STATE,
            half.source,
            "the counterpart of this work item was deleted, and the workflow of its type has no state of the category Completed or Removed that it could go to; the pair waits",
        );
        return Err(());
    };
    if is_at_rest(input, item) {
        return Ok(None);
    }
    let row = input.mapping.rows.iter().find(|row| row.walks());
    let route = if let Some(row) = row {
        row.route(Some(item), &Value::text(state))
    } else {
        let workflow = Workflow::new(input.known.work_item_type.as_deref(), &IndexMap::new());
        workflow
            .route(Some(state_of(item)), state)
            .map_err(Problem::from)
    };
    let route = match route {
        Ok(route) => route,
        Err(problem) => {
            let message = format!("the item cannot be closed: {problem}");
            collector.finding(problem.code(), half.source, &message);
            return Err(());
        }
    };
    let Some((first, rest)) = route.split_first() else {
        return Ok(None);
    };
    let walk = (!rest.is_empty()).then(|| Walk {
        rows: row.iter().map(|row| row.name().to_owned()).collect(),
        hops: rest.to_vec(),
    });
    let sensitive = row.is_some_and(CompiledRow::sensitive);
    let (before, after) = (
        Value::text(state_of(item)),
        Value::text(route.last().map_or(state, |hop: &Hop| hop.state.as_str())),
    );
    let field = FieldChange::between(STATE, &before, &after, sensitive).by(&route);
    Ok(Some(Retired {
        how: Retirement::Close {
            rev: item.rev,
            patch: WorkItemPatch {
                fields: first.fields(),
                ..WorkItemPatch::default()
            },
            walk,
        },
        fields: vec![field],
        precondition,
    }))
}

/// Brings the deleted item back: out of the recycle bin where that is possible, else as a new one.
fn recreate(
    collector: &mut Collector<'_>,
    half: &Half<'_>,
    known: &[&Conflict],
    deleted: System,
    edit_kept: bool,
    by: Option<(ConflictId, Take)>,
) -> Class {
    let input = collector.input;
    let resolves: Vec<ConflictId> = by.iter().map(|(id, _)| *id).collect();
    // What is open about fields stays open: the item that is left holds its value still.
    let deletions = known
        .iter()
        .copied()
        .filter(|conflict| matches!(conflict.subject, Subject::Deleted { .. }));
    let deletions: Vec<&Conflict> = deletions.collect();
    let mut conflicts =
        conflict::close_all(&deletions, Closing::Agreed, Closing::Agreed, &resolves);
    if edit_kept {
        let subject = Subject::Deleted {
            side: deleted,
            edited: true,
        };
        conflicts.push(ConflictChange::Note(subject, Closing::EditKept));
    }
    let bin = input.observed.deleted_work_items.get(&half.link.work_item);
    if deleted == System::AzureDevOps
        && bin == Some(&WorkItemDeletion::InRecycleBin)
        && can_be_recycled(input)
    {
        let (gone, back) = (Value::Boolean(true), Value::Boolean(false));
        let change = Change {
            address: collector.address(half.source),
            system: deleted,
            action: Action::Create,
            reason: Reason::Recreated,
            item: collector.link_ref(half.link),
            fields: vec![FieldChange::between(IS_DELETED, &gone, &back, false)],
            precondition: None,
            origin: origin_entry(&input.rule.origin),
        };
        let operation = Operation::Restore {
            pair: half.pair(),
            conflicts,
        };
        return collector.push(half.source, Class::Create, change, operation, resolves);
    }
    if let (System::TestWorthy, Some(message)) = (deleted, &half.replaced) {
        collector.finding(&codes::AMBIGUOUS_MATCH, half.source, message);
        return Class::Quarantined;
    }
    let new = New {
        source: half.source,
        item: ItemKey::of(half.link, deleted.other()),
        renews: Some(half.link.id.clone()),
        resolves,
    };
    let class = create::plan_create(collector, new);
    if class == Class::Create && !conflicts.is_empty() {
        let record = half.record(half.state(), conflicts);
        collector.push_record(half.source, record);
    }
    class
}
