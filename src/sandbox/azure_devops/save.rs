//! Storing an edit: revisions, updates, the other ends of links, the recycle bin.

use super::Organization;
use super::edit::{Edit, Subject, Writer};
use super::error::ApiError;
use super::field::{self, FieldId};
use super::identity::UserId;
use super::instant;
use super::item::{Content, FieldChange, Update, WorkItem, split_tags};
use super::link_feed::LinkChange;
use super::patch::PatchOp;
use super::relation::{self, Relation, Target};
use super::store::tags_value;
use super::value::FieldValue;

/// The most revisions that the REST API accepts (Microsoft Learn, Work tracking limits).
const MAX_REVISIONS: u32 = 10_000;

impl Organization {
    /// Makes a work item and returns its id. `wanted` is its id if a seed decides it.
    pub(crate) fn create_item(
        &mut self,
        (project, kind): (usize, usize),
        wanted: Option<u64>,
        operations: &[PatchOp],
        writer: &Writer,
    ) -> Result<u64, ApiError> {
        let writer = on_grid(writer);
        let subject = Subject {
            id: None,
            rev: 0,
            kind,
            project,
        };
        let base = self.blank(kind, project);
        let mut edit = self.edit(subject, &base, operations, &writer)?;
        self.apply_rules(subject, &base, &mut edit, &writer)?;
        let id = wanted.unwrap_or_else(|| self.items.next_id());
        let watermark = self.items.next_watermark();
        self.spell_tags(&mut edit.next, &writer);
        let added = self.number_relations(std::mem::take(&mut edit.added));
        let stamps = Stamps::read(&edit, &writer);
        let mut content = edit.next;
        insert_relations(&mut content, &added);
        let comment = edit.comment.map(|new| FieldChange {
            field: field::HISTORY,
            old: None,
            new: Some(new),
        });
        let comments = self.new_comment(comment.as_ref(), 1, stamps.changed);
        self.items.put(WorkItem {
            id,
            rev: 1,
            kind,
            project,
            created: stamps.created.0,
            created_by: stamps.created.1,
            changed: stamps.changed.0,
            changed_by: stamps.changed.1,
            revised: None,
            watermark,
            comment_count: i64::from(comment.is_some()),
            content,
            updates: vec![Update {
                rev: 1,
                at: stamps.changed.0,
                by: stamps.changed.1,
                watermark,
                fields: comment.into_iter().collect(),
                added: Vec::new(),
                removed: Vec::new(),
            }],
            comments: comments.into_iter().collect(),
            deleted: None,
        });
        self.link_other_ends(id, &added, &[], &writer);
        Ok(id)
    }

    /// Changes a work item. Equal values make no revision; links to other items make none either.
    pub(crate) fn update_item(
        &mut self,
        id: u64,
        operations: &[PatchOp],
        writer: &Writer,
    ) -> Result<(), ApiError> {
        let writer = on_grid(writer);
        let Some(item) = self.items.live(id) else {
            return Err(ApiError::no_item(id));
        };
        if item.rev >= MAX_REVISIONS {
            return Err(ApiError::limit(format!(
                "VS403681: Work item {id} has {} revisions, but only work items with up to \
                 {MAX_REVISIONS} revisions are supported.",
                item.rev
            )));
        }
        let subject = Subject {
            id: Some(id),
            rev: item.rev,
            kind: item.kind,
            project: item.project,
        };
        let base = item.content.clone();
        let mut edit = self.edit(subject, &base, operations, &writer)?;
        self.apply_rules(subject, &base, &mut edit, &writer)?;
        self.spell_tags(&mut edit.next, &writer);
        let added = self.number_relations(std::mem::take(&mut edit.added));
        let removed: Vec<Relation> = edit
            .removed
            .iter()
            .filter_map(|index| base.relations.get(*index).cloned())
            .collect();
        let stamps = Stamps::read(&edit, &writer);
        let mut changes = changes(&base, &edit.next);
        let comment = edit.comment.take().map(|new| FieldChange {
            field: field::HISTORY,
            old: None,
            new: Some(new),
        });
        let new_comment = self.new_comment(comment.as_ref(), subject.rev + 1, stamps.changed);
        changes.extend(comment);
        let comments_differ = base
            .relations
            .iter()
            .zip(&edit.next.relations)
            .any(|(old, new)| old.comment != new.comment);
        let makes_revision = !changes.is_empty()
            || comments_differ
            || base.markdown != edit.next.markdown
            || added
                .iter()
                .chain(&removed)
                .any(|one| !one.kind.is_work_item_link());
        if !makes_revision && added.is_empty() && removed.is_empty() {
            return Ok(());
        }
        let mut content = edit.next;
        let mut index = 0;
        content.relations.retain(|_| {
            index += 1;
            !edit.removed.contains(&(index - 1))
        });
        insert_relations(&mut content, &added);
        let Some(mut item) = self.items.any(id).cloned() else {
            return Err(ApiError::no_item(id));
        };
        item.content = content;
        if makes_revision {
            item.rev += 1;
            item.watermark = self.items.next_watermark();
            (item.changed, item.changed_by) = stamps.changed;
            item.comment_count += i64::from(new_comment.is_some());
            item.comments.extend(new_comment);
        }
        item.updates.push(Update {
            rev: item.rev,
            at: stamps.changed.0,
            by: stamps.changed.1,
            watermark: item.watermark,
            fields: changes,
            added: added.clone(),
            removed: removed.clone(),
        });
        self.items.put(item);
        self.link_other_ends(id, &added, &removed, &writer);
        Ok(())
    }

    /// Moves an item into the recycle bin or out of it; both make a revision.
    pub(crate) fn set_deleted(&mut self, id: u64, deleted: bool, writer: &Writer) {
        let flag = |set: bool| set.then_some(FieldValue::Boolean(true));
        self.revise(id, writer, |item, writer| {
            item.deleted = deleted.then_some((writer.now, writer.user));
            vec![FieldChange {
                field: field::IS_DELETED,
                old: flag(!deleted),
                new: flag(deleted),
            }]
        });
    }

    /// Turns an item into one of another type, which begins in that type's first state.
    pub(crate) fn set_kind(&mut self, id: u64, kind: usize, writer: &Writer) {
        let named = |kind: usize| Some(FieldValue::Text(self.types[kind].name.clone()));
        let new = named(kind);
        let state = FieldValue::Text(self.types[kind].initial_state().into());
        let Some(old) = self.items.live(id).map(|item| named(item.kind)) else {
            return;
        };
        self.revise(id, writer, |item, _| {
            item.kind = kind;
            let before = item.content.fields.insert(field::STATE, state.clone());
            vec![
                FieldChange {
                    field: field::WORK_ITEM_TYPE,
                    old,
                    new,
                },
                FieldChange {
                    field: field::STATE,
                    old: before,
                    new: Some(state),
                },
            ]
        });
    }

    /// A revision that no rule judges.
    fn revise(
        &mut self,
        id: u64,
        writer: &Writer,
        change: impl FnOnce(&mut WorkItem, &Writer) -> Vec<FieldChange>,
    ) {
        let writer = on_grid(writer);
        let Some(mut item) = self.items.any(id).cloned() else {
            return;
        };
        item.rev += 1;
        item.watermark = self.items.next_watermark();
        item.changed = writer.now;
        item.changed_by = writer.user;
        let fields = change(&mut item, &writer);
        item.updates.push(Update {
            rev: item.rev,
            at: writer.now,
            by: writer.user,
            watermark: item.watermark,
            fields,
            added: Vec::new(),
            removed: Vec::new(),
        });
        self.items.put(item);
    }

    /// Removes an item for good, with the links that lead to it.
    pub(crate) fn destroy_item(&mut self, id: u64, writer: &Writer) {
        let links: Vec<Relation> = self
            .items
            .any(id)
            .map(|item| item.content.relations.clone())
            .unwrap_or_default();
        self.link_other_ends(id, &[], &links, &on_grid(writer));
        self.items.destroy(id);
    }

    fn spell_tags(&mut self, content: &mut Content, writer: &Writer) {
        let Some(FieldValue::Text(tags)) = content.fields.get(&field::TAGS).cloned() else {
            return;
        };
        let spelled: Vec<_> = split_tags(&tags)
            .map(|tag| self.items.define_tag(tag, writer.now))
            .collect();
        if let Some(value) = tags_value(spelled) {
            content.fields.insert(field::TAGS, value);
        }
    }

    fn number_relations(&mut self, mut relations: Vec<Relation>) -> Vec<Relation> {
        for relation in &mut relations {
            if !relation.kind.is_work_item_link() {
                relation.id = self.items.next_relation();
            }
        }
        relations
    }

    /// Gives the items at the other ends of links their side, without a revision.
    fn link_other_ends(
        &mut self,
        id: u64,
        added: &[Relation],
        removed: &[Relation],
        writer: &Writer,
    ) {
        let opposite = |relation: &Relation| {
            let Target::Item(target) = relation.target else {
                return None;
            };
            let kind = relation::find(relation.kind.opposite?)?;
            Some((
                target,
                Relation {
                    kind,
                    target: Target::Item(id),
                    ..relation.clone()
                },
            ))
        };
        for (relation, is_new) in added
            .iter()
            .map(|relation| (relation, true))
            .chain(removed.iter().map(|relation| (relation, false)))
        {
            let Some((target, back)) = opposite(relation) else {
                continue;
            };
            self.items
                .note_link(LinkChange::new(id, relation, target, is_new, writer));
            let Some(mut item) = self.items.any(target).cloned() else {
                continue;
            };
            item.content.relations.retain(|known| !known.same_as(&back));
            let mut update = Update {
                rev: item.rev,
                at: writer.now,
                by: writer.user,
                watermark: item.watermark,
                fields: Vec::new(),
                added: Vec::new(),
                removed: Vec::new(),
            };
            if is_new {
                insert_relations(&mut item.content, std::slice::from_ref(&back));
                update.added.push(back);
            } else {
                update.removed.push(back);
            }
            item.updates.push(update);
            self.items.put(item);
        }
    }
}

/// The dates and people of a write, which `bypassRules` can set.
struct Stamps {
    created: (jiff::Timestamp, UserId),
    changed: (jiff::Timestamp, UserId),
}

impl Stamps {
    fn read(edit: &Edit, writer: &Writer) -> Self {
        let find = |id: FieldId| edit.stamps.iter().rfind(|(field, _)| *field == id);
        let date = |id: FieldId| match find(id) {
            Some((_, FieldValue::DateTime(at))) => Some(*at),
            _ => None,
        };
        let person = |id: FieldId| match find(id) {
            Some((_, FieldValue::Identity(user))) => Some(*user),
            _ => None,
        };
        let changed = (
            date(field::CHANGED_DATE).unwrap_or(writer.now),
            person(field::CHANGED_BY).unwrap_or(writer.user),
        );
        Self {
            created: (
                date(field::CREATED_DATE).unwrap_or(changed.0),
                person(field::CREATED_BY).unwrap_or(changed.1),
            ),
            changed,
        }
    }
}

fn on_grid(writer: &Writer) -> Writer {
    Writer {
        now: instant::on_grid(writer.now),
        ..writer.clone()
    }
}

/// Puts relations among those that are there. The service's order is not that of insertion, and
/// clients must not count on one.
fn insert_relations(content: &mut Content, added: &[Relation]) {
    for relation in added {
        let place = content.relations.len() / 2;
        content.relations.insert(place, relation.clone());
    }
}

fn changes(base: &Content, next: &Content) -> Vec<FieldChange> {
    let mut fields: Vec<FieldId> = base
        .fields
        .keys()
        .chain(next.fields.keys())
        .copied()
        .collect();
    fields.sort_unstable();
    fields.dedup();
    fields
        .into_iter()
        .map(|field| FieldChange {
            field,
            old: base.fields.get(&field).cloned(),
            new: next.fields.get(&field).cloned(),
        })
        .filter(|change| change.old != change.new)
        .collect()
}
