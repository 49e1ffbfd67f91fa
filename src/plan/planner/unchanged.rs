//! Pairs that planning need not look at again, recognised while they are read.

use std::collections::BTreeMap;

use super::pair::{carries_marks, is_mapped};
use crate::diff::{CompareContext, compare_pair};
use crate::mapping::CompiledMapping;
use crate::model::config::{Connection, SyncRule};
use crate::model::{Case, Link, LinkState, MarkState, System, WorkItem, azure_boards_mentions};
use crate::plan::observed::Known;

/// Whether a linked pair that `rule` selects is in accord to the last field and mark, and so ordinary in
/// every other way that a plan of it holds no word about it.
///
/// The caller must see to it that neither item waits for the answer to a write or is in quarantine. A
/// law of the planner holds this function to the plan itself: leaving such pairs out changes no byte.
pub fn is_unchanged(
    rule: &SyncRule,
    connection: &Connection,
    mapping: &CompiledMapping,
    known: &Known,
    link: &Link,
    case: &Case,
    item: &WorkItem,
) -> bool {
    // What a mark names beside the pair itself is evidence about other items, which matching needs.
    let names_others = || {
        let mentions = azure_boards_mentions(&case.refs);
        let markers = connection.testworthy.marked_cases(item);
        mentions.iter().any(|id| *id != item.id) || markers.iter().any(|id| *id != case.id)
    };
    // The store has a mark still to learn of, or a side to get.
    let owes_mark = |mark, side| {
        let may_stand = side == System::AzureDevOps || !case.refs.is_empty();
        mark == MarkState::Missing && (may_stand || carries_marks(connection, side))
    };
    let in_accord = || {
        // Nobody was asked about a pair without a conflict, and where nothing differs nobody is later.
        let context = CompareContext {
            latest: None,
            decided: &BTreeMap::new(),
            learned: &known.learned,
            repetitions: &known.repetitions,
        };
        compare_pair(mapping, rule, &link.base, case, item, &context).is_unchanged()
    };
    // Links that the items were in before say nothing about a pair that is kept in step.
    link.state == LinkState::Active
        && known.conflicts.iter().all(|one| one.case != link.case)
        && link.rule == rule.name
        && (link.case, link.work_item) == (case.id, item.id)
        && !went_down(link, item)
        && !owes_mark(link.case_mark, System::TestWorthy)
        && !owes_mark(link.work_item_mark, System::AzureDevOps)
        && is_mapped(mapping, connection, item)
        && !names_others()
        && in_accord()
}

/// Whether a work item is at an older revision than the one that its base was taken from: the server was
/// set back, because revisions only grow.
pub(super) fn went_down(link: &Link, item: &WorkItem) -> bool {
    link.base.rev.is_some_and(|base| item.rev < base)
}
