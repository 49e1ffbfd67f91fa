//! Fields that are not stored but follow from the item: ids, paths, dates, counts, the parent.

use std::sync::Arc;

use super::Organization;
use super::field::{self, Access, FieldId};
use super::item::WorkItem;
use super::relation::Target;
use super::value::FieldValue;

impl Organization {
    /// The value of a field on an item, stored or computed.
    pub(crate) fn value_of(&self, item: &WorkItem, id: FieldId) -> Option<FieldValue> {
        let level = |path: FieldId, level: usize| {
            let node = item.node(path)?;
            self.nodes.level(node, level).map(FieldValue::Text)
        };
        let links = |wanted: fn(&str, &Target) -> bool| {
            let count = item
                .content
                .relations
                .iter()
                .filter(|relation| wanted(relation.kind.reference, &relation.target))
                .count();
            i64::try_from(count).ok().map(FieldValue::Integer)
        };
        match id {
            field::ID => whole(item.id),
            field::REV => Some(FieldValue::Integer(i64::from(item.rev))),
            field::AREA_ID => Some(FieldValue::Integer(i64::from(
                item.node(field::AREA_PATH)?.0,
            ))),
            field::ITERATION_ID => Some(FieldValue::Integer(i64::from(
                item.node(field::ITERATION_PATH)?.0,
            ))),
            field::NODE_NAME => {
                let node = self.nodes.get(item.node(field::AREA_PATH)?);
                Some(FieldValue::Text(node.name.clone()))
            }
            field::AREA_LEVEL_1 => level(field::AREA_PATH, 1),
            field::AREA_LEVEL_2 => level(field::AREA_PATH, 2),
            field::AREA_LEVEL_3 => level(field::AREA_PATH, 3),
            field::AREA_LEVEL_4 => level(field::AREA_PATH, 4),
            field::ITERATION_LEVEL_1 => level(field::ITERATION_PATH, 1),
            field::ITERATION_LEVEL_2 => level(field::ITERATION_PATH, 2),
            field::ITERATION_LEVEL_3 => level(field::ITERATION_PATH, 3),
            field::ITERATION_LEVEL_4 => level(field::ITERATION_PATH, 4),
            field::TEAM_PROJECT => Some(FieldValue::Text(self.projects[item.project].name.clone())),
            field::WORK_ITEM_TYPE => Some(FieldValue::Text(self.types[item.kind].name.clone())),
            field::CREATED_DATE => Some(FieldValue::DateTime(item.created)),
            field::CREATED_BY => Some(FieldValue::Identity(item.created_by)),
            field::CHANGED_DATE | field::AUTHORIZED_DATE => {
                Some(FieldValue::DateTime(item.changed))
            }
            field::CHANGED_BY | field::AUTHORIZED_AS => Some(FieldValue::Identity(item.changed_by)),
            field::REVISED_DATE => Some(match item.revised {
                Some(at) => FieldValue::DateTime(at),
                None => FieldValue::Text(Arc::from(super::instant::NEVER_REVISED)),
            }),
            field::PERSON_ID => Some(FieldValue::Integer(100 + i64::from(item.changed_by.0))),
            field::WATERMARK => whole(item.watermark),
            field::COMMENT_COUNT => Some(FieldValue::Integer(item.comment_count)),
            field::RELATED_LINK_COUNT => links(|_, target| matches!(target, Target::Item(_))),
            field::HYPERLINK_COUNT => links(|rel, _| rel == "Hyperlink"),
            field::EXTERNAL_LINK_COUNT => links(|rel, _| rel == "ArtifactLink"),
            field::ATTACHED_FILE_COUNT => links(|rel, _| rel == "AttachedFile"),
            field::PARENT => item.parent().and_then(whole),
            field::IS_DELETED => Some(FieldValue::Boolean(item.deleted.is_some())),
            _ => item.content.fields.get(&id).cloned(),
        }
    }

    /// The fields of an answer in their order. `expanded` adds those that come only on request.
    pub(crate) fn shown_fields(
        &self,
        item: &WorkItem,
        expanded: bool,
    ) -> Vec<(FieldId, FieldValue)> {
        self.fields
            .ids()
            .filter(|id| match self.fields.get(*id).access {
                Access::Hidden => expanded && (*id != field::IS_DELETED || item.deleted.is_some()),
                _ => true,
            })
            .filter_map(|id| Some((id, self.value_of(item, id)?)))
            .collect()
    }
}

fn whole(number: u64) -> Option<FieldValue> {
    i64::try_from(number).ok().map(FieldValue::Integer)
}
