//! What was seen of both systems: the plain data that proposals are made from.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::config::Connection;
use crate::model::{Case, CaseId, WorkItem, WorkItemId, WorkItemType, azure_boards_mentions};
use crate::remote::CaseScope;

/// Everything that was looked at.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    /// The connection.
    pub(super) connection: Connection,
    /// The chosen work item types, in the order of the question.
    pub(super) types: Vec<SeenType>,
    /// The chosen listings of cases.
    pub(super) suites: Vec<SeenSuite>,
    /// Every case of them.
    pub(super) cases: BTreeMap<CaseId, Case>,
    /// Every work item that was read.
    pub(super) items: BTreeMap<WorkItemId, WorkItem>,
    /// Areas, a parent before its children.
    pub(super) areas: Vec<String>,
    /// The only fields that cases have on the surface; `None` for all.
    pub(super) case_fields: Option<&'static [&'static str]>,
    /// Whether cases carry references.
    pub(super) keeps_references: bool,
}

/// A work item type.
#[derive(Clone, Debug)]
pub(super) struct SeenType {
    /// What the server says of it.
    pub(super) live: WorkItemType,
    /// The pairs of cases and work items of this type, by case.
    pub(super) pairs: Vec<SeenPair>,
}

/// A listing of cases.
#[derive(Clone, Debug)]
pub(super) struct SeenSuite {
    /// Which.
    pub(super) scope: CaseScope,
    /// The suite's name; empty if the server tells none.
    pub(super) name: String,
    /// Its cases.
    pub(super) cases: BTreeSet<CaseId>,
}

/// A case and the work item that belongs to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct SeenPair {
    /// The case.
    pub(super) case: CaseId,
    /// The work item.
    pub(super) item: WorkItemId,
    /// How it is known.
    pub(super) by: Known,
}

/// How a pair is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Known {
    /// The state links it.
    Linked,
    /// Accord's marker on the work item.
    Marker,
    /// `AB#n` in the references of the case.
    Mention,
}

impl Seen {
    /// The case and the work item of a pair.
    pub(super) fn pair(&self, pair: &SeenPair) -> Option<(&Case, &WorkItem)> {
        self.cases.get(&pair.case).zip(self.items.get(&pair.item))
    }

    /// Whether the surface has a case field.
    pub(super) fn has_case_field(&self, name: &str) -> bool {
        self.case_fields.is_none_or(|fields| fields.contains(&name))
            && (name != "refs" || self.keeps_references)
    }
}

/// The pairs of a type among what was read: those that are linked, those with one marker, those that one
/// case mentions. What is not certain is no pair.
pub(super) fn pairs(
    connection: &Connection,
    work_item_type: &str,
    cases: &BTreeMap<CaseId, Case>,
    items: &BTreeMap<WorkItemId, WorkItem>,
    linked: &BTreeMap<CaseId, WorkItemId>,
) -> Vec<SeenPair> {
    let project = &connection.azure_devops.project;
    let is_mapped = |item: &&WorkItem| {
        item.work_item_type.eq_ignore_ascii_case(work_item_type)
            && item.project.eq_ignore_ascii_case(project)
    };
    let mut marked: BTreeMap<CaseId, Vec<WorkItemId>> = BTreeMap::new();
    for item in items.values().filter(is_mapped) {
        for case in connection.testworthy.marked_cases(item) {
            marked.entry(case).or_default().push(item.id);
        }
    }
    let linked_items: BTreeSet<WorkItemId> = linked.values().copied().collect();
    let is_free = |id: &WorkItemId| {
        items.get(id).as_ref().is_some_and(is_mapped) && !linked_items.contains(id)
    };
    let mut pairs = Vec::new();
    for case in cases.values() {
        let found = if let Some(item) = linked.get(&case.id) {
            items
                .get(item)
                .as_ref()
                .is_some_and(is_mapped)
                .then_some((*item, Known::Linked))
        } else {
            let mut marked = marked.get(&case.id).cloned().unwrap_or_default();
            marked.retain(is_free);
            let mut mentioned = azure_boards_mentions(&case.refs);
            mentioned.retain(is_free);
            match (&marked[..], &mentioned[..]) {
                ([item], _) => Some((*item, Known::Marker)),
                ([], [item]) => Some((*item, Known::Mention)),
                _ => None,
            }
        };
        pairs.extend(found.map(|(item, by)| SeenPair {
            case: case.id,
            item,
            by,
        }));
    }
    pairs
}
