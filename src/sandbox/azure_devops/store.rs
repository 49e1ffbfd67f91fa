//! All work items with the indices that make queries by tag, hyperlink and watermark cheap.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use super::field;
use super::item::{WorkItem, split_tags};
use super::link_feed::LinkChange;
use super::value::FieldValue;

/// A tag definition: its spelling is that of its first use.
#[derive(Clone, Debug)]
pub(crate) struct Tag {
    pub(crate) name: Arc<str>,
    pub(crate) last_updated: jiff::Timestamp,
}

/// What an attempt changed, so that it can be taken back.
#[derive(Clone, Debug)]
struct Attempt {
    before: Vec<(u64, Option<WorkItem>)>,
    tags: Vec<String>,
    watermark: u64,
    link_changes: usize,
}

/// The items.
#[derive(Clone, Debug, Default)]
pub(crate) struct Items {
    by_id: BTreeMap<u64, WorkItem>,
    /// Lower-case address to items.
    links: HashMap<String, BTreeSet<u64>>,
    /// Lower-case tag to items.
    tagged: BTreeMap<String, BTreeSet<u64>>,
    tags: BTreeMap<String, Tag>,
    /// Watermark to the revision that it marks.
    feed: BTreeMap<u64, (u64, u32)>,
    last_id: u64,
    watermark: u64,
    relation: u64,
    comment: u64,
    /// Changes of links between work items, oldest first.
    link_changes: Vec<LinkChange>,
    attempts: Vec<Attempt>,
    /// Items that were stored since [`Self::take_touched`], and how many updates they had before.
    touched: BTreeMap<u64, usize>,
}

impl Items {
    pub(crate) fn next_id(&mut self) -> u64 {
        self.last_id += 1;
        self.last_id
    }

    pub(crate) fn next_watermark(&mut self) -> u64 {
        self.watermark += 1;
        self.watermark
    }

    pub(crate) fn next_relation(&mut self) -> u64 {
        self.relation += 1;
        self.relation
    }

    pub(crate) fn next_comment(&mut self) -> u64 {
        self.comment += 1;
        self.comment
    }

    /// Notes a change of a link for the feed of links.
    pub(crate) fn note_link(&mut self, change: LinkChange) {
        self.link_changes.push(change);
    }

    /// Every change of a link, oldest first.
    pub(crate) fn link_changes(&self) -> &[LinkChange] {
        &self.link_changes
    }

    /// Changes an item in place, without a revision, an update or an entry in the feed.
    pub(crate) fn amend(&mut self, id: u64, change: impl FnOnce(&mut WorkItem)) {
        if let Some(mut item) = self.by_id.get(&id).cloned() {
            change(&mut item);
            self.replace(id, Some(item));
        }
    }

    /// An item, whether or not it is in the recycle bin.
    pub(crate) fn any(&self, id: u64) -> Option<&WorkItem> {
        self.by_id.get(&id)
    }

    /// An item that is not in the recycle bin.
    pub(crate) fn live(&self, id: u64) -> Option<&WorkItem> {
        self.by_id.get(&id).filter(|item| item.deleted.is_none())
    }

    /// All items by id.
    pub(crate) fn all(&self) -> impl DoubleEndedIterator<Item = &WorkItem> {
        self.by_id.values()
    }

    /// Items from an id on.
    pub(crate) fn from(&self, id: u64) -> impl Iterator<Item = &WorkItem> {
        self.by_id.range(id..).map(|(_, item)| item)
    }

    pub(crate) fn len(&self) -> usize {
        self.by_id.len()
    }

    /// Stores an item in place of the one with its id, and its latest revision in the feed.
    pub(crate) fn put(&mut self, item: WorkItem) {
        let id = item.id;
        self.last_id = self.last_id.max(id);
        self.feed.insert(item.watermark, (id, item.rev));
        let before = self.replace(id, Some(item));
        let known = before.as_ref().map_or(0, |item| item.updates.len());
        self.touched.entry(id).or_insert(known);
        if let Some(attempt) = self.attempts.last_mut() {
            attempt.before.push((id, before));
        }
    }

    /// Removes an item for good; its revisions leave the feed.
    pub(crate) fn destroy(&mut self, id: u64) {
        if let Some(item) = self.replace(id, None) {
            for update in &item.updates {
                self.feed.remove(&update.watermark);
            }
        }
    }

    /// The items that were stored since the last call, each with the number of updates that it had before.
    pub(crate) fn take_touched(&mut self) -> BTreeMap<u64, usize> {
        std::mem::take(&mut self.touched)
    }

    fn replace(&mut self, id: u64, item: Option<WorkItem>) -> Option<WorkItem> {
        let before = self.by_id.remove(&id);
        if let Some(old) = &before {
            for url in old.hyperlinks() {
                forget(&mut self.links, &url.to_lowercase(), id);
            }
            for tag in old.tags() {
                let key = tag.to_lowercase();
                if let Some(ids) = self.tagged.get_mut(&key) {
                    ids.remove(&id);
                    if ids.is_empty() {
                        self.tagged.remove(&key);
                    }
                }
            }
        }
        if let Some(new) = item {
            for url in new.hyperlinks() {
                self.links.entry(url.to_lowercase()).or_default().insert(id);
            }
            for tag in split_tags(new.text(field::TAGS)) {
                self.tagged
                    .entry(tag.to_lowercase())
                    .or_default()
                    .insert(id);
            }
            self.by_id.insert(id, new);
        }
        before
    }

    /// From now on changes can be taken back. Attempts nest.
    pub(crate) fn begin(&mut self) {
        self.attempts.push(Attempt {
            before: Vec::new(),
            tags: Vec::new(),
            watermark: self.watermark,
            link_changes: self.link_changes.len(),
        });
    }

    /// Keeps the changes since the last [`Self::begin`].
    pub(crate) fn keep(&mut self) {
        if let Some(inner) = self.attempts.pop()
            && let Some(outer) = self.attempts.last_mut()
        {
            outer.before.extend(inner.before);
            outer.tags.extend(inner.tags);
        }
    }

    /// Takes back the changes since the last [`Self::begin`]. Ids stay used, as on the service.
    pub(crate) fn take_back(&mut self) {
        let Some(attempt) = self.attempts.pop() else {
            return;
        };
        for (id, before) in attempt.before.into_iter().rev() {
            self.replace(id, before);
        }
        for tag in attempt.tags {
            self.tags.remove(&tag);
        }
        self.feed.retain(|mark, _| *mark <= attempt.watermark);
        self.link_changes.truncate(attempt.link_changes);
    }

    /// Ids of the live items that link to an address, ascending.
    pub(crate) fn linking_to(&self, url: &str) -> Vec<u64> {
        self.links
            .get(&url.to_lowercase())
            .into_iter()
            .flatten()
            .copied()
            .filter(|id| self.live(*id).is_some())
            .collect()
    }

    /// Ids of items with a tag that begins so.
    pub(crate) fn tagged_like(&self, start: &str) -> BTreeSet<u64> {
        let start = start.to_lowercase();
        self.tagged
            .range(start.clone()..)
            .take_while(|(tag, _)| tag.starts_with(&start))
            .flat_map(|(_, ids)| ids.iter().copied())
            .collect()
    }

    /// The spelling of a tag, which its first use decides.
    pub(crate) fn define_tag(&mut self, tag: &str, now: jiff::Timestamp) -> Arc<str> {
        let key = tag.to_lowercase();
        if let Some(definition) = self.tags.get(&key) {
            return definition.name.clone();
        }
        let name: Arc<str> = Arc::from(tag);
        if let Some(attempt) = self.attempts.last_mut() {
            attempt.tags.push(key.clone());
        }
        let definition = Tag {
            name: name.clone(),
            last_updated: now,
        };
        self.tags.insert(key, definition);
        name
    }

    /// Takes a tag definition away.
    pub(crate) fn remove_tag(&mut self, name: &str) {
        self.tags.remove(&name.to_lowercase());
    }

    pub(crate) fn tags(&self) -> impl Iterator<Item = &Tag> {
        self.tags.values()
    }

    pub(crate) fn tag(&self, name: &str) -> Option<&Tag> {
        self.tags.get(&name.to_lowercase())
    }

    /// Revisions after a watermark, oldest first.
    pub(crate) fn feed_after(&self, watermark: u64) -> impl Iterator<Item = (u64, u64, u32)> {
        self.feed
            .range(watermark.saturating_add(1)..)
            .map(|(mark, (id, rev))| (*mark, *id, *rev))
    }
}

fn forget(index: &mut HashMap<String, BTreeSet<u64>>, key: &str, id: u64) {
    if let Some(ids) = index.get_mut(key) {
        ids.remove(&id);
        if ids.is_empty() {
            index.remove(key);
        }
    }
}

/// Tags in stored form: sorted without regard to case, each once, joined by `; `. `None` if there are none.
pub(crate) fn tags_value(tags: impl IntoIterator<Item = Arc<str>>) -> Option<FieldValue> {
    let unique: BTreeMap<String, Arc<str>> =
        tags.into_iter().fold(BTreeMap::new(), |mut all, tag| {
            all.entry(tag.to_lowercase()).or_insert(tag);
            all
        });
    let joined: Vec<&str> = unique.values().map(|tag| &**tag).collect();
    (!joined.is_empty()).then(|| FieldValue::text(&joined.join("; ")))
}
