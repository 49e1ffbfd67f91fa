//! A work item with its history.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::comment::Comment;
use super::field::{self, FieldId};
use super::identity::UserId;
use super::node::NodeId;
use super::relation::{Relation, Target};
use super::value::FieldValue;

/// What an edit can change.
#[derive(Clone, Debug, Default)]
pub(crate) struct Content {
    /// Stored values; an empty field is absent.
    pub(crate) fields: BTreeMap<FieldId, FieldValue>,
    pub(crate) relations: Vec<Relation>,
    /// Long texts that are kept as Markdown.
    pub(crate) markdown: Vec<FieldId>,
}

/// One change of a field.
#[derive(Clone, Debug)]
pub(crate) struct FieldChange {
    pub(crate) field: FieldId,
    pub(crate) old: Option<FieldValue>,
    pub(crate) new: Option<FieldValue>,
}

/// One entry of an item's history. Its number is its place, from 1; link-only updates keep the revision.
#[derive(Clone, Debug)]
pub(crate) struct Update {
    pub(crate) rev: u32,
    pub(crate) at: Timestamp,
    pub(crate) by: UserId,
    pub(crate) watermark: u64,
    /// Empty for the first update: what was there at first follows by undoing the later ones.
    pub(crate) fields: Vec<FieldChange>,
    pub(crate) added: Vec<Relation>,
    pub(crate) removed: Vec<Relation>,
}

/// A work item.
#[derive(Clone, Debug)]
pub(crate) struct WorkItem {
    pub(crate) id: u64,
    pub(crate) rev: u32,
    /// Index in the organisation's types.
    pub(crate) kind: usize,
    /// Index in the organisation's projects.
    pub(crate) project: usize,
    pub(crate) created: Timestamp,
    pub(crate) created_by: UserId,
    pub(crate) changed: Timestamp,
    pub(crate) changed_by: UserId,
    /// When a later revision took over; `None` for the latest.
    pub(crate) revised: Option<Timestamp>,
    pub(crate) watermark: u64,
    pub(crate) comment_count: i64,
    pub(crate) content: Content,
    pub(crate) updates: Vec<Update>,
    /// Oldest first, deleted ones included.
    pub(crate) comments: Vec<Comment>,
    /// When and by whom it was put into the recycle bin.
    pub(crate) deleted: Option<(Timestamp, UserId)>,
}

impl WorkItem {
    pub(crate) fn text(&self, field: FieldId) -> &str {
        self.content
            .fields
            .get(&field)
            .and_then(FieldValue::as_text)
            .unwrap_or_default()
    }

    pub(crate) fn node(&self, field: FieldId) -> Option<NodeId> {
        match self.content.fields.get(&field) {
            Some(FieldValue::Node(node)) => Some(*node),
            _ => None,
        }
    }

    pub(crate) fn tags(&self) -> impl Iterator<Item = &str> {
        split_tags(self.text(field::TAGS))
    }

    pub(crate) fn parent(&self) -> Option<u64> {
        self.content.relations.iter().find_map(|relation| {
            match (relation.kind.reference, &relation.target) {
                ("System.LinkTypes.Hierarchy-Reverse", Target::Item(id)) => Some(*id),
                _ => None,
            }
        })
    }

    pub(crate) fn hyperlinks(&self) -> impl Iterator<Item = &str> {
        self.content
            .relations
            .iter()
            .filter_map(|relation| match &relation.target {
                Target::Url(url) => Some(&**url),
                Target::Item(_) => None,
            })
    }

    /// The item as it was at a revision, without history; `None` if it never had that revision.
    pub(crate) fn at_revision(&self, rev: u32) -> Option<Self> {
        let last = self.updates.iter().rposition(|update| update.rev == rev)?;
        let mut item = self.without_history();
        for update in self.updates[last + 1..].iter().rev() {
            for change in &update.fields {
                if change.field == field::IS_DELETED {
                    item.deleted = change.old.as_ref().map(|_| (update.at, update.by));
                    continue;
                }
                match &change.old {
                    Some(old) => item.content.fields.insert(change.field, old.clone()),
                    None => item.content.fields.remove(&change.field),
                };
            }
            item.content
                .relations
                .retain(|relation| !update.added.iter().any(|added| added.same_as(relation)));
            item.content
                .relations
                .extend(update.removed.iter().cloned());
            if update
                .fields
                .iter()
                .any(|change| change.field == field::HISTORY)
            {
                item.comment_count -= 1;
            }
        }
        let update = &self.updates[last];
        item.rev = rev;
        item.changed = update.at;
        item.changed_by = update.by;
        item.watermark = update.watermark;
        item.revised = self.updates[last + 1..]
            .iter()
            .find(|later| later.rev > rev)
            .map(|later| later.at);
        // A comment belongs to the revision that it made.
        item.content.fields.remove(&field::HISTORY);
        for change in self
            .updates
            .iter()
            .filter(|update| update.rev == rev)
            .flat_map(|u| &u.fields)
        {
            if let (field::HISTORY, Some(new)) = (change.field, &change.new) {
                item.content.fields.insert(field::HISTORY, new.clone());
            }
        }
        Some(item)
    }

    /// The item as it was at a time; `None` if it was not there yet.
    pub(crate) fn as_of(&self, at: Timestamp) -> Option<Self> {
        let update = self.updates.iter().rfind(|update| update.at <= at)?;
        self.at_revision(update.rev)
    }

    pub(crate) fn without_history(&self) -> Self {
        Self {
            updates: Vec::new(),
            content: self.content.clone(),
            comments: self.comments.clone(),
            ..*self
        }
    }
}

/// The tags in a written or stored value.
pub(crate) fn split_tags(text: &str) -> impl Iterator<Item = &str> {
    text.split([';', ','])
        .map(str::trim)
        .filter(|tag| !tag.is_empty())
}
