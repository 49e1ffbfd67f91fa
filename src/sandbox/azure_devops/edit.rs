//! A patch applied to the content of one item, before anything is stored.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::Value;

use super::Organization;
use super::error::ApiError;
use super::field::{self, Access, FieldId};
use super::identity::UserId;
use super::item::{Content, split_tags};
use super::patch::{Op, PatchOp, Path};
use super::relation::{self, Relation, Target};
use super::store::tags_value;
use super::value::FieldValue;

/// The most tags on an item, and the longest tag (Microsoft Learn, Naming restrictions; object limits).
const MAX_TAGS: usize = 100;
const MAX_TAG: usize = 400;
/// The most links on an item (Microsoft Learn, Work tracking limits).
const MAX_LINKS: usize = 1000;

/// Who writes, when, and under which options.
#[derive(Clone, Debug)]
pub(crate) struct Writer {
    pub(crate) user: UserId,
    pub(crate) now: Timestamp,
    /// Whether process rules are passed over.
    pub(crate) bypass: bool,
    /// Items of the same batch by their temporary ids.
    pub(crate) temporary: HashMap<i64, u64>,
}

/// The item that a patch works on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Subject {
    /// Its id; `None` for a new one.
    pub(crate) id: Option<u64>,
    pub(crate) rev: u32,
    pub(crate) kind: usize,
    pub(crate) project: usize,
}

impl Subject {
    /// The id in messages: -1 for a new item.
    pub(crate) fn number(&self) -> i64 {
        self.id.and_then(|id| i64::try_from(id).ok()).unwrap_or(-1)
    }
}

/// What a patch makes of an item.
#[derive(Debug)]
pub(crate) struct Edit {
    pub(crate) next: Content,
    /// Fields that the patch names.
    pub(crate) touched: BTreeSet<FieldId>,
    /// A comment for the discussion.
    pub(crate) comment: Option<FieldValue>,
    /// Values of created and changed fields that `bypassRules` set.
    pub(crate) stamps: Vec<(FieldId, FieldValue)>,
    /// Relations of the base that go, by index.
    pub(crate) removed: BTreeSet<usize>,
    pub(crate) added: Vec<Relation>,
}

impl Organization {
    /// Applies the operations of a patch to the content of an item. Process rules come after.
    pub(crate) fn edit(
        &self,
        subject: Subject,
        base: &Content,
        operations: &[PatchOp],
        writer: &Writer,
    ) -> Result<Edit, ApiError> {
        let mut edit = Edit {
            next: base.clone(),
            touched: BTreeSet::new(),
            comment: None,
            stamps: Vec::new(),
            removed: BTreeSet::new(),
            added: Vec::new(),
        };
        // The format decides how the value of the same patch is read, so it comes first.
        for operation in operations {
            if let Path::Format(name) = &operation.path {
                self.set_format(&mut edit, name, &operation.value)?;
            }
        }
        for operation in operations {
            match &operation.path {
                Path::Id | Path::Format(_) => {}
                Path::Rev => test_revision(subject, operation)?,
                Path::Field(name) => {
                    self.edit_field(&mut edit, subject, base, name, operation, writer)?;
                }
                Path::NewRelation if operation.op == Op::Add => {
                    let added = self.read_relation(subject, &operation.value, writer)?;
                    edit.added.push(added);
                }
                Path::Relation(index) if operation.op == Op::Remove => {
                    let known = *index < base.relations.len();
                    if !known || !edit.removed.insert(*index) {
                        return Err(no_relation(&index.to_string()));
                    }
                }
                Path::NamedRelation(kind, id) if operation.op == Op::Remove => {
                    let index = base.relations.iter().position(|relation| {
                        let number = match relation.target {
                            Target::Item(target) => target,
                            Target::Url(_) => relation.id,
                        };
                        number == *id
                            && relation::find(kind).is_some_and(|kind| kind == relation.kind)
                    });
                    let index = index.ok_or_else(|| no_relation(&format!("{kind}/{id}")))?;
                    edit.removed.insert(index);
                }
                Path::RelationAttribute(index, name)
                    if matches!(operation.op, Op::Add | Op::Replace)
                        && name.eq_ignore_ascii_case("comment") =>
                {
                    let relation = edit.next.relations.get_mut(*index);
                    let relation = relation.ok_or_else(|| no_relation(&index.to_string()))?;
                    relation.comment = operation.value.as_str().map(Arc::from);
                    relation.modified = writer.now;
                }
                _ => return Err(ApiError::bad_patch()),
            }
        }
        self.check_links(subject, base, &edit)?;
        let total = base.relations.len() - edit.removed.len() + edit.added.len();
        if total > MAX_LINKS {
            return Err(ApiError::limit(format!(
                "The work item would have {total} links; at most {MAX_LINKS} are supported."
            )));
        }
        Ok(edit)
    }

    fn set_format(&self, edit: &mut Edit, name: &str, value: &Value) -> Result<(), ApiError> {
        let id = self
            .fields
            .find(name)
            .ok_or_else(|| ApiError::no_field(name))?;
        edit.next.markdown.retain(|known| *known != id);
        match value.as_str().map(str::to_lowercase).as_deref() {
            Some("markdown") => edit.next.markdown.push(id),
            Some("html") => {}
            _ => return Err(ApiError::bad_patch()),
        }
        Ok(())
    }

    fn edit_field(
        &self,
        edit: &mut Edit,
        subject: Subject,
        base: &Content,
        name: &str,
        operation: &PatchOp,
        writer: &Writer,
    ) -> Result<(), ApiError> {
        let id = self
            .fields
            .find(name)
            .ok_or_else(|| ApiError::no_field(name))?;
        let definition = self.fields.get(id);
        if operation.op == Op::Test {
            let current = self.stored(subject, base, id);
            let told = current
                .as_ref()
                .map_or(Value::Null, |value| self.value_json(value));
            let text = current
                .as_ref()
                .map(|value| self.value_text(value))
                .unwrap_or_default();
            let equal = told == operation.value || operation.value.as_str() == Some(&text);
            return if equal {
                Ok(())
            } else {
                let tested = operation.value.to_string();
                Err(ApiError::stale(&format!("/fields/{name}"), &text, &tested))
            };
        }
        if id == field::AREA_ID || id == field::ITERATION_ID {
            return self.edit_node_by_number(edit, subject, id, &operation.value);
        }
        if !self.has_field(subject.kind, id) {
            let flags = "InvalidNotEmpty";
            return Err(ApiError::rule(
                &definition.reference,
                &definition.name,
                flags,
                2,
            ));
        }
        let markdown = edit.next.markdown.contains(&id);
        let value = match operation.op {
            Op::Remove => None,
            _ => self.read_value(definition, &operation.value, subject.number(), markdown)?,
        };
        match definition.access {
            Access::Write => {}
            Access::Rule if writer.bypass => {
                if matches!(
                    id,
                    field::CREATED_DATE
                        | field::CREATED_BY
                        | field::CHANGED_DATE
                        | field::CHANGED_BY
                ) {
                    edit.stamps.extend(value.map(|value| (id, value)));
                    return Ok(());
                }
            }
            _ if value == self.stored(subject, base, id) && value.is_some() => return Ok(()),
            _ => {
                let flags = "ReadOnly, InvalidNotOldValue";
                return Err(ApiError::rule(
                    &definition.reference,
                    &definition.name,
                    flags,
                    66,
                ));
            }
        }
        edit.touched.insert(id);
        let value = match id {
            field::TAGS => merge_tags(edit, operation.op, value.as_ref())?,
            field::HISTORY => {
                edit.comment = value;
                return Ok(());
            }
            _ => value,
        };
        set(&mut edit.next, id, value);
        Ok(())
    }

    fn edit_node_by_number(
        &self,
        edit: &mut Edit,
        subject: Subject,
        id: FieldId,
        value: &Value,
    ) -> Result<(), ApiError> {
        let (path, tree) = if id == field::AREA_ID {
            (field::AREA_PATH, super::node::Tree::Area)
        } else {
            (field::ITERATION_PATH, super::node::Tree::Iteration)
        };
        let number = value.as_i64().or_else(|| value.as_str()?.parse().ok());
        let node = number.and_then(|number| self.nodes.by_number(tree, number));
        let reference = &self.fields.get(id).reference;
        let node = node.ok_or_else(|| ApiError::bad_tree_path(subject.number(), reference))?;
        edit.touched.insert(path);
        edit.next.fields.insert(path, FieldValue::Node(node));
        Ok(())
    }

    /// The value of a field before the edit, computed ones included.
    fn stored(&self, subject: Subject, base: &Content, id: FieldId) -> Option<FieldValue> {
        match id {
            field::WORK_ITEM_TYPE => Some(FieldValue::Text(self.types[subject.kind].name.clone())),
            field::TEAM_PROJECT => Some(FieldValue::Text(
                self.projects[subject.project].name.clone(),
            )),
            _ => match subject.id.and_then(|id| self.items.any(id)) {
                Some(item) => self.value_of(item, id),
                None => base.fields.get(&id).cloned(),
            },
        }
    }

    fn read_relation(
        &self,
        subject: Subject,
        value: &Value,
        writer: &Writer,
    ) -> Result<Relation, ApiError> {
        let text = |key: &str| value.get(key).and_then(Value::as_str);
        let rel = text("rel").ok_or_else(ApiError::bad_patch)?;
        let url = text("url").map(str::trim).filter(|url| !url.is_empty());
        let url = url.ok_or_else(ApiError::bad_patch)?;
        let kind = relation::find(rel)
            .ok_or_else(|| ApiError::link(format!("Unrecognized link type: {rel}.")))?;
        let target = if kind.is_work_item_link() {
            let number = url
                .trim_end_matches('/')
                .rsplit('/')
                .next()
                .and_then(|tail| tail.parse::<i64>().ok())
                .ok_or_else(|| ApiError::link(format!("The link target '{url}' is not valid.")))?;
            let id = match writer.temporary.get(&number) {
                Some(id) => *id,
                None => u64::try_from(number).map_err(|_| ApiError::no_item(number))?,
            };
            if self.items.live(id).is_none() {
                return Err(ApiError::no_item(number));
            }
            if subject.id == Some(id) {
                return Err(ApiError::link("A work item cannot be linked to itself."));
            }
            Target::Item(id)
        } else {
            if url::Url::parse(url).is_err() {
                return Err(ApiError::link(format!(
                    "The link target '{url}' is not valid."
                )));
            }
            Target::Url(Arc::from(url))
        };
        let attribute = |key: &str| {
            let found = value.get("attributes").and_then(|all| all.get(key));
            found.and_then(Value::as_str).map(Arc::from)
        };
        let size = match &target {
            Target::Url(url) if kind.reference == "AttachedFile" => {
                let file = self.attachments.at_url(url);
                Some(file.ok_or_else(|| ApiError::no_attachment(url))?.size())
            }
            _ => None,
        };
        Ok(Relation {
            kind,
            target,
            size,
            id: 0,
            comment: attribute("comment"),
            name: attribute("name"),
            created: writer.now,
            modified: writer.now,
        })
    }

    fn check_links(&self, subject: Subject, base: &Content, edit: &Edit) -> Result<(), ApiError> {
        let mut standing: Vec<&Relation> = base
            .relations
            .iter()
            .enumerate()
            .filter(|(index, _)| !edit.removed.contains(index))
            .map(|(_, relation)| relation)
            .collect();
        for added in &edit.added {
            if standing.iter().any(|relation| relation.same_as(added)) {
                return Err(ApiError::link("Relation already exists."));
            }
            if let Target::Item(target) = added.target {
                let (parent, child) = match added.kind.reference {
                    "System.LinkTypes.Hierarchy-Reverse" => (Some(target), subject.id),
                    "System.LinkTypes.Hierarchy-Forward" => (subject.id, Some(target)),
                    _ => (None, None),
                };
                let is_parent_link = added.kind.reference == "System.LinkTypes.Hierarchy-Reverse";
                let has_parent = if is_parent_link {
                    standing.iter().any(|relation| relation.kind == added.kind)
                } else if child.is_some() {
                    self.items
                        .any(target)
                        .is_some_and(|item| item.parent().is_some())
                } else {
                    false
                };
                if has_parent {
                    return Err(ApiError::link(format!(
                        "TF201036: You cannot add a Child link between work items {} and {target} \
                         because a work item can have only one Parent link.",
                        subject.number()
                    )));
                }
                if let (Some(parent), Some(child)) = (parent, child)
                    && self.is_above(child, parent)
                {
                    return Err(ApiError::link(format!(
                        "TF201035: You cannot add a Child link between work items {parent} and \
                         {child} because this would create a circular relationship."
                    )));
                }
            }
            standing.push(added);
        }
        Ok(())
    }

    /// Whether `top` is `item` or one of its ancestors.
    fn is_above(&self, top: u64, item: u64) -> bool {
        let mut at = Some(item);
        while let Some(id) = at {
            if id == top {
                return true;
            }
            at = self.items.any(id).and_then(super::item::WorkItem::parent);
        }
        false
    }
}

fn test_revision(subject: Subject, operation: &PatchOp) -> Result<(), ApiError> {
    if operation.op != Op::Test {
        return Err(ApiError::bad_patch());
    }
    let tested = operation
        .value
        .as_u64()
        .or_else(|| operation.value.as_str()?.parse().ok());
    if tested == Some(u64::from(subject.rev)) {
        return Ok(());
    }
    let value = match &operation.value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    Err(ApiError::stale("/rev", &subject.rev.to_string(), &value))
}

/// `add` keeps the tags that are there, anything else replaces them.
fn merge_tags(
    edit: &Edit,
    op: Op,
    written: Option<&FieldValue>,
) -> Result<Option<FieldValue>, ApiError> {
    let current = edit
        .next
        .fields
        .get(&field::TAGS)
        .and_then(FieldValue::as_text);
    let kept = current.filter(|_| op == Op::Add).unwrap_or_default();
    let written = written.and_then(FieldValue::as_text).unwrap_or_default();
    let all: Vec<Arc<str>> = split_tags(kept)
        .chain(split_tags(written))
        .map(Arc::from)
        .collect();
    if let Some(long) = all.iter().find(|tag| tag.chars().count() > MAX_TAG) {
        let start: String = long.chars().take(20).collect();
        return Err(ApiError::limit(format!(
            "TF401407: The tag '{start}...' is longer than {MAX_TAG} characters."
        )));
    }
    let value = tags_value(all);
    let count = value
        .as_ref()
        .and_then(FieldValue::as_text)
        .map_or(0, |t| split_tags(t).count());
    if count > MAX_TAGS {
        return Err(ApiError::limit(format!(
            "VS403393: A work item cannot have more than {MAX_TAGS} tags."
        )));
    }
    Ok(value)
}

fn set(content: &mut Content, id: FieldId, value: Option<FieldValue>) {
    match value {
        Some(value) => content.fields.insert(id, value),
        None => content.fields.remove(&id),
    };
}

fn no_relation(which: &str) -> ApiError {
    ApiError::bad_request(format!("Index out of range for path /relations/{which}."))
}
