//! Items made from the values of an example, as the adapters would make them from answers.

use indexmap::IndexMap;
use serde_json::Value as Json;

use crate::model::{Case, CaseId, Rev, Value, WorkItem, WorkItemId};

pub(super) const TAGS: &str = "System.Tags";
pub(super) const REFS: &str = "refs";

/// The id of items that are not there; no server gives it.
pub(super) const NOBODY: WorkItemId = WorkItemId(0);

/// A case with these values and nothing else.
pub(super) fn case<'v>(values: impl IntoIterator<Item = (&'v String, &'v Json)>) -> Case {
    let mut case = Case {
        id: CaseId(0),
        suite: None,
        project: None,
        section: None,
        section_path: Vec::new(),
        refs: Vec::new(),
        fields: std::collections::BTreeMap::new(),
        modified_on: None,
    };
    for (name, json) in values {
        match name.as_str() {
            REFS => case.refs = texts(json, &[',']),
            "section.path" => case.section_path = texts(json, &['/']),
            _ => {
                let value = value(json);
                case.fields.insert(name.clone(), value);
            }
        }
    }
    case.fields.retain(|_, value| !value.is_null());
    case
}

/// A work item with these values and nothing else.
pub(super) fn work_item<'v>(
    work_item_type: &str,
    values: impl IntoIterator<Item = (&'v String, &'v Json)>,
) -> WorkItem {
    let mut item = WorkItem {
        id: NOBODY,
        rev: Rev(1),
        work_item_type: work_item_type.to_owned(),
        project: String::new(),
        tags: Vec::new(),
        fields: std::collections::BTreeMap::new(),
        markdown: std::collections::BTreeSet::new(),
        relations: Vec::new(),
    };
    for (name, json) in values {
        if name == TAGS {
            item.tags = texts(json, &[';', ',']);
        } else {
            item.fields.insert(name.clone(), value(json));
        }
    }
    item.fields.retain(|_, value| !value.is_null());
    item
}

/// Texts in their order: a list, or a text with separators, trimmed and without empty ones.
pub(super) fn texts(json: &Json, separators: &[char]) -> Vec<String> {
    let parts: Vec<&str> = match json {
        Json::Array(members) => members.iter().filter_map(Json::as_str).collect(),
        Json::String(text) => text.split(separators).collect(),
        _ => Vec::new(),
    };
    let trimmed = parts.into_iter().map(str::trim);
    trimmed
        .filter(|part| !part.is_empty())
        .map(str::to_owned)
        .collect()
}

fn value(json: &Json) -> Value {
    Value::from_json(json).unwrap_or_default()
}

/// One field with its value, for [`case`] and [`work_item`].
pub(super) fn one(field: &str, json: &Json) -> IndexMap<String, Json> {
    IndexMap::from([(field.to_owned(), json.clone())])
}
