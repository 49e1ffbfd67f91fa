//! Pairs that planning need not look at again, recognised while they are read.

use super::pair::{carries_marks, is_mapped};
use crate::diff::{FieldVerdict, one_way_pair};
use crate::mapping::CompiledMapping;
use crate::model::config::{Connection, SyncRule};
use crate::model::{Case, Link, MarkState, System, WorkItem, azure_boards_mentions};
use crate::plan::observed::Known;

/// Whether a linked pair whose source `rule` selects is in accord to the last field and mark, and so
/// ordinary in every other way that a plan of it holds no word about it.
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
        let from = rule.source();
        let verdict = one_way_pair(mapping, &link.base, case, item, from, rule.drift);
        let same = |verdict: &FieldVerdict| matches!(verdict, FieldVerdict::Same);
        verdict.rows.iter().all(|row| same(&row.verdict))
    };
    known.parted.is_empty()
        && known.conflicts.iter().all(|one| one.case != link.case)
        && link.rule == rule.name
        && (link.case, link.work_item) == (case.id, item.id)
        && !owes_mark(link.case_mark, System::TestWorthy)
        && !owes_mark(link.work_item_mark, System::AzureDevOps)
        && is_mapped(mapping, connection, item)
        && !names_others()
        && in_accord()
}
