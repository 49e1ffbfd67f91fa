//! JSON Patch documents for work items, in the dialect of Work Items - Create and Work Items - Update.
//!
//! Settled here: a cleared field is a `remove`, which works for every type of field; the revision test
//! in front makes sure that the value which the plan saw is still there to be removed. Tags of an
//! existing item are replaced, because `add` merges them with those that are there. The format of a long
//! text is never written: a text goes out in the format that its field has, and the service keeps that one.

use std::collections::BTreeMap;

use jiff::Unit;
use serde::Serialize;
use serde_json::{Value as Json, json};

use super::tags;
use crate::model::{Marker, Rev, Value};
use crate::remote::{WorkItemDraft, WorkItemPatch, WorkItemWrite};

/// One operation of a document.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Operation {
    op: &'static str,
    path: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<Json>,
}

impl Operation {
    fn new(op: &'static str, path: impl Into<String>, value: Json) -> Self {
        Self {
            op,
            path: path.into(),
            value: Some(value),
        }
    }

    fn remove(path: String) -> Self {
        Self {
            op: "remove",
            path,
            value: None,
        }
    }
}

/// The document that creates an item. Inside one `$batch` every create needs its own negative id.
pub(super) fn create(draft: &WorkItemDraft, temporary_id: i64) -> Vec<Operation> {
    let mut operations = vec![Operation::new("add", "/id", temporary_id.into())];
    for (name, value) in &draft.fields {
        if name != tags::TAGS && !value.is_null() {
            operations.push(Operation::new("add", field_path(name), to_wire(value)));
        }
    }
    if !draft.tags.is_empty() {
        operations.push(Operation::new(
            "add",
            field_path(tags::TAGS),
            tags::join(&draft.tags).into(),
        ));
    }
    operations.push(add_marker(&draft.marker));
    operations
}

/// The document that changes an item, guarded by its revision.
pub(super) fn update(rev: Rev, patch: &WorkItemPatch) -> Vec<Operation> {
    let mut operations = vec![Operation::new("test", "/rev", rev.0.into())];
    for (name, value) in &patch.fields {
        if name == tags::TAGS {
            continue;
        }
        operations.push(if value.is_null() {
            Operation::remove(field_path(name))
        } else {
            Operation::new("add", field_path(name), to_wire(value))
        });
    }
    if let Some(list) = &patch.tags {
        operations.push(Operation::new(
            "replace",
            field_path(tags::TAGS),
            tags::join(list).into(),
        ));
    }
    operations.extend(patch.add_marker.as_ref().map(add_marker));
    operations
}

/// Why a write cannot be sent as it is, in words for a person.
pub(super) fn objection(write: &WorkItemWrite) -> Option<String> {
    match write {
        WorkItemWrite::Create(draft) if draft.work_item_type.trim().is_empty() => {
            Some("a new work item needs a type".to_owned())
        }
        WorkItemWrite::Create(draft) => {
            unwritable(&draft.fields).or_else(|| tags::objection(&draft.tags))
        }
        WorkItemWrite::Update { patch, .. } => {
            unwritable(&patch.fields).or_else(|| patch.tags.as_deref().and_then(tags::objection))
        }
    }
}

/// Steps and parameters have no form of their own here: codecs write them as the field's text.
fn unwritable(fields: &BTreeMap<String, Value>) -> Option<String> {
    let (name, value) = fields
        .iter()
        .find(|(_, value)| matches!(value, Value::Steps(_) | Value::Parameters(_)))?;
    Some(format!(
        "`{name}` takes {} as the text that the field holds",
        value.kind()
    ))
}

/// A value as the server takes it: numbers as numbers, instants as RFC 3339 in UTC with milliseconds
/// (the server keeps no more), persons and everything else as text.
fn to_wire(value: &Value) -> Json {
    match value {
        Value::DateTime(instant) => {
            let rounded = instant.round(Unit::Millisecond).unwrap_or(*instant);
            rounded.to_string().into()
        }
        Value::Set(members) => {
            let members: Vec<&str> = members.iter().map(String::as_str).collect();
            members.join("; ").into()
        }
        // Steps and parameters are refused before: see `unwritable`.
        Value::Null
        | Value::Text(_)
        | Value::Number(_)
        | Value::Boolean(_)
        | Value::Steps(_)
        | Value::Parameters(_) => value.to_json(),
    }
}

fn add_marker(marker: &Marker) -> Operation {
    let relation = marker.to_relation();
    let value = json!({
        "rel": relation.rel,
        "url": relation.url,
        "attributes": { "comment": relation.comment },
    });
    Operation::new("add", "/relations/-", value)
}

/// A field's JSON Pointer, escaped by RFC 6901.
fn field_path(reference_name: &str) -> String {
    let escaped = reference_name.replace('~', "~0").replace('/', "~1");
    format!("/fields/{escaped}")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;
    use crate::model::{CaseId, Number};

    fn marker() -> Marker {
        Marker {
            case: CaseId(210_345),
            url: "https://testworthy.us/TestCase/Detail/210345".to_owned(),
        }
    }

    fn all_kinds() -> BTreeMap<String, Value> {
        let instant = "2026-03-04T05:06:07.1234567Z".parse().unwrap();
        BTreeMap::from([
            ("Custom.Automated".to_owned(), Value::Boolean(true)),
            ("Custom.Cleared".to_owned(), Value::Null),
            (
                "Custom.Effort".to_owned(),
                Value::Number(Number::Fraction(2.5)),
            ),
            ("Custom.Reviewed".to_owned(), Value::DateTime(instant)),
            ("Custom.Set".to_owned(), Value::set(["b", "a"])),
            ("Custom.a/b~c".to_owned(), Value::text("escaped")),
            (
                "Microsoft.VSTS.Common.Priority".to_owned(),
                Value::integer(2),
            ),
            (
                "System.AssignedTo".to_owned(),
                Value::text("ada@contoso.example"),
            ),
            ("System.Tags".to_owned(), Value::text("never; sent; here")),
            ("System.Title".to_owned(), Value::text("Pay \"by\" card")),
        ])
    }

    #[test]
    fn a_create_document() {
        let draft = WorkItemDraft {
            work_item_type: "Test Case".to_owned(),
            fields: all_kinds(),
            tags: vec!["accord".to_owned(), "smoke".to_owned()],
            marker: marker(),
        };
        assert_eq!(
            serde_json::to_value(create(&draft, -3)).unwrap(),
            json!([
                { "op": "add", "path": "/id", "value": -3 },
                { "op": "add", "path": "/fields/Custom.Automated", "value": true },
                { "op": "add", "path": "/fields/Custom.Effort", "value": 2.5 },
                { "op": "add", "path": "/fields/Custom.Reviewed", "value": "2026-03-04T05:06:07.123Z" },
                { "op": "add", "path": "/fields/Custom.Set", "value": "a; b" },
                { "op": "add", "path": "/fields/Custom.a~1b~0c", "value": "escaped" },
                { "op": "add", "path": "/fields/Microsoft.VSTS.Common.Priority", "value": 2 },
                { "op": "add", "path": "/fields/System.AssignedTo", "value": "ada@contoso.example" },
                { "op": "add", "path": "/fields/System.Title", "value": "Pay \"by\" card" },
                { "op": "add", "path": "/fields/System.Tags", "value": "accord; smoke" },
                { "op": "add", "path": "/relations/-", "value": {
                    "rel": "Hyperlink",
                    "url": "https://testworthy.us/TestCase/Detail/210345",
                    "attributes": { "comment": "accord/1 case=210345" },
                } },
            ])
        );
    }

    #[test]
    fn an_update_document_tests_the_revision_first_and_replaces_tags() {
        let patch = WorkItemPatch {
            fields: all_kinds(),
            tags: Some(vec!["accord".to_owned()]),
            add_marker: Some(marker()),
        };
        let document = serde_json::to_value(update(Rev(9), &patch)).unwrap();
        assert_eq!(
            document[0],
            json!({ "op": "test", "path": "/rev", "value": 9 })
        );
        let find = |path: &str| {
            let all = document.as_array().unwrap();
            all.iter()
                .filter(|op| op["path"] == path)
                .cloned()
                .collect::<Vec<_>>()
        };
        assert_eq!(
            find("/fields/Custom.Cleared"),
            [json!({ "op": "remove", "path": "/fields/Custom.Cleared" })]
        );
        assert_eq!(
            find("/fields/System.Tags"),
            [json!({ "op": "replace", "path": "/fields/System.Tags", "value": "accord" })]
        );
        assert_eq!(find("/relations/-").len(), 1);
    }

    #[test]
    fn steps_and_parameters_must_come_as_the_fields_text() {
        let steps = Value::steps(vec![crate::model::steps::Step::action("<p>Pay</p>", "")]);
        let fields = BTreeMap::from([("Microsoft.VSTS.TCM.Steps".to_owned(), steps)]);
        let update = WorkItemWrite::Update {
            id: crate::model::WorkItemId(1),
            rev: Rev(1),
            patch: WorkItemPatch {
                fields: fields.clone(),
                ..WorkItemPatch::default()
            },
        };
        let create = WorkItemWrite::Create(WorkItemDraft {
            work_item_type: "Test Case".to_owned(),
            fields,
            tags: Vec::new(),
            marker: marker(),
        });
        for write in [update, create] {
            let words = objection(&write).unwrap();
            assert!(words.contains("Microsoft.VSTS.TCM.Steps"), "{words}");
        }
    }

    #[test]
    fn the_last_tag_can_be_taken_away() {
        let patch = WorkItemPatch {
            tags: Some(Vec::new()),
            ..WorkItemPatch::default()
        };
        assert_eq!(
            serde_json::to_value(update(Rev(1), &patch)).unwrap()[1],
            json!({ "op": "replace", "path": "/fields/System.Tags", "value": "" })
        );
    }

    proptest! {
        #[test]
        fn every_update_is_guarded_once(rev in 1_u64..10_000, names in prop::collection::btree_set("[A-Z][a-z]{1,8}\\.[A-Z][a-z/~]{1,8}", 0..6)) {
            let fields = names.iter().map(|name| (name.clone(), Value::text("x"))).collect();
            let document = update(Rev(rev), &WorkItemPatch { fields, ..WorkItemPatch::default() });
            prop_assert_eq!(document[0].op, "test");
            prop_assert_eq!(document.iter().filter(|operation| operation.op == "test").count(), 1);
            prop_assert_eq!(document.len(), names.len() + 1);
            for operation in &document[1..] {
                // One segment after `/fields/`, so no name can reach another part of the item.
                prop_assert_eq!(operation.path.matches('/').count(), 2);
            }
        }
    }
}
