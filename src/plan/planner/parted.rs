//! Links that are no longer kept in step, by the items that they joined.
//!
//! An item that is in an active pair again has nothing to do with the links that it left behind.

use std::collections::BTreeMap;

use crate::model::{Link, LinkState, System};
use crate::plan::observed::{ItemKey, RuleInput};

/// The link that an item without an active pair was in last.
pub(super) struct Parted<'a> {
    by_item: BTreeMap<ItemKey, &'a Link>,
}

impl<'a> Parted<'a> {
    pub(super) fn new(input: &'a RuleInput<'a>) -> Self {
        let mut by_item: BTreeMap<ItemKey, &'a Link> = BTreeMap::new();
        let is_free = |key: ItemKey| match key {
            ItemKey::Case(case) => input.pairs.work_item(case).is_none(),
            ItemKey::WorkItem(item) => input.pairs.case(item).is_none(),
        };
        for link in &input.known.parted {
            for key in keys(link) {
                // What a person parted stays parted, whatever else became of the item.
                let stays = by_item
                    .get(&key)
                    .is_some_and(|known| known.state == LinkState::Unlinked);
                if is_free(key) && (link.state == LinkState::Unlinked || !stays) {
                    by_item.insert(key, link);
                }
            }
        }
        // A pair can come back only if neither item has gone on without the other.
        let whole: Vec<ItemKey> = by_item
            .iter()
            .filter(|(_, link)| link.state == LinkState::Unlinked || is_whole(&by_item, link))
            .map(|(key, _)| *key)
            .collect();
        by_item.retain(|key, _| whole.binary_search(key).is_ok());
        Self { by_item }
    }

    /// The link that joined an item last, if it is parted and the item is in no pair.
    pub(super) fn get(&self, item: ItemKey) -> Option<&'a Link> {
        self.by_item.get(&item).copied()
    }

    /// Whether a person or a policy parted the item from its counterpart for good.
    pub(super) fn is_unlinked(&self, item: ItemKey) -> bool {
        self.get(item)
            .is_some_and(|link| link.state == LinkState::Unlinked)
    }
}

fn keys(link: &Link) -> [ItemKey; 2] {
    [System::TestWorthy, System::AzureDevOps].map(|system| ItemKey::of(link, system))
}

fn is_whole(by_item: &BTreeMap<ItemKey, &Link>, link: &Link) -> bool {
    keys(link)
        .iter()
        .all(|key| by_item.get(key).is_some_and(|known| known.id == link.id))
}
