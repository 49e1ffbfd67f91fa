//! What a rule looks at: every item that its scopes select, a pair once.

use std::collections::BTreeSet;

use super::matching::{Match, Matcher};
use super::parted::Parted;
use crate::model::{Link, LinkState, System};
use crate::plan::observed::{ItemKey, RuleInput};

/// The selected items under the names that plans give them, in order: the source's items of a one-way
/// rule; of a two-way rule cases, and the work items that no case stands for.
pub(super) fn selected(
    input: &RuleInput<'_>,
    matcher: &Matcher<'_>,
    parted: &Parted<'_>,
) -> Vec<ItemKey> {
    let cases = input.observed.cases_in_scope.iter().copied();
    let items = input.observed.work_items_in_scope.iter().copied();
    if !input.rule.is_two_way() {
        return match input.rule.source() {
            System::TestWorthy => cases.map(ItemKey::Case).collect(),
            System::AzureDevOps => items.map(ItemKey::WorkItem).collect(),
        };
    }
    let mut keys: BTreeSet<ItemKey> = cases.map(ItemKey::Case).collect();
    keys.extend(items.map(|item| name_of(input, matcher, parted, ItemKey::WorkItem(item))));
    keys.into_iter().collect()
}

/// The name of a work item in the plan of a two-way rule: its case's, if it has one, or if both are
/// selected and belong together.
fn name_of(
    input: &RuleInput<'_>,
    matcher: &Matcher<'_>,
    parted: &Parted<'_>,
    key: ItemKey,
) -> ItemKey {
    let ItemKey::WorkItem(item) = key else {
        return key;
    };
    if let Some(case) = input.pairs.case(item) {
        return ItemKey::Case(case);
    }
    if let Some(link) = parted.get(key) {
        return match link.state {
            LinkState::Ended => ItemKey::Case(link.case),
            LinkState::Active | LinkState::Unlinked => key,
        };
    }
    let Match::One { target, .. } = matcher.find(key) else {
        return key;
    };
    let selected =
        matches!(target, ItemKey::Case(case) if input.observed.cases_in_scope.contains(&case));
    let mutual = || matches!(matcher.find(target), Match::One { target, .. } if target == key);
    // A case that stands for a pair that has ended speaks for that one only.
    let is_free = parted.get(target).is_none();
    if selected && is_free && mutual() {
        target
    } else {
        key
    }
}

/// Whether a rule selects a pair: its source, or either item of a two-way rule.
pub(super) fn selects(input: &RuleInput<'_>, link: &Link) -> bool {
    if input.rule.is_two_way() {
        return [System::TestWorthy, System::AzureDevOps]
            .into_iter()
            .any(|side| in_scope(input, ItemKey::of(link, side)));
    }
    in_scope(input, ItemKey::of(link, input.rule.source()))
}

/// Whether the scope of its side selects an item.
pub(super) fn in_scope(input: &RuleInput<'_>, key: ItemKey) -> bool {
    match key {
        ItemKey::Case(id) => input.observed.cases_in_scope.contains(&id),
        ItemKey::WorkItem(id) => input.observed.work_items_in_scope.contains(&id),
    }
}
