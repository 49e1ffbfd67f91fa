//! Cases between the wire and the model. Names are as published (TestWorthy, API integration page, create
//! test case): `title`, `description`, `steps`, `expectedResult`.
//!
//! `steps` are a list of texts with one expected result. Both together are the manifest's `steps`.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use serde_json::{Map, Value as Json};

use super::super::timestamp;
use super::super::wire::Object;
use crate::mapping::codec::steps::{CaseSteps, Flat};
use crate::model::{Case, CaseField, CaseId, Value};

/// Manifest name and wire name of the fields that can be written.
const TEXTS: [(&str, &str); 2] = [("title", "title"), ("description", "description")];

/// Keys that a case is known to have. Each is part of every write: whether a PUT merges or replaces is not
/// published.
const KNOWN: [&str; 4] = ["title", "description", "steps", "expectedResult"];

/// Keys that the server keeps by itself; sending them back could only do harm.
const KEPT_BY_SERVER: [&str; 10] = [
    "id",
    "projectId",
    "createdAt",
    "createdBy",
    "createdOn",
    "updatedAt",
    "updatedBy",
    "updatedOn",
    "lastResult",
    "_links",
];

/// Reads a case of the project `listed_in`, should it not tell its own. `Err` says what it lacks.
pub(super) fn case(json: &Json, zone: &TimeZone, listed_in: Option<u64>) -> Result<Case, String> {
    let wire = Object::of(json).ok_or("the case is no object")?;
    let id = wire.id("id").ok_or("the case has no id")?;
    let mut fields = BTreeMap::new();
    for (name, key) in TEXTS {
        let value = wire.text(key).map_or(Value::Null, Value::text);
        if !value.is_null() {
            fields.insert(name.to_owned(), value);
        }
    }
    fields.insert("steps".to_owned(), steps(wire));
    let modified_on = wire
        .text("updatedAt")
        .and_then(|text| timestamp::parse(&text, zone));
    if let Some(at) = modified_on {
        fields.insert("modifiedOn".to_owned(), Value::DateTime(at));
    }
    Ok(Case {
        id: CaseId(id),
        suite: None,
        project: wire.id("projectId").or(listed_in),
        section: None,
        section_path: Vec::new(),
        refs: Vec::new(),
        fields,
        modified_on,
    })
}

/// The two members as the raw value that rows read. What is no list of texts is carried as it came, so
/// that a row says that it cannot be read and nobody takes it for empty. A case without steps has none in
/// this form, so that a row puts lines into it.
fn steps(wire: Object<'_>) -> Value {
    let expected_result = wire.text("expectedResult").unwrap_or_default();
    let steps = match wire.get("steps") {
        None => Some(Vec::new()),
        Some(Json::String(text)) => Some(vec![text.clone()]),
        Some(Json::Array(list)) => list
            .iter()
            .map(|step| step.as_str().map(str::to_owned))
            .collect(),
        Some(_) => None,
    };
    let Some(steps) = steps else {
        return Value::text(wire.get("steps").map(Json::to_string).unwrap_or_default());
    };
    CaseSteps::Lines(Flat {
        steps,
        expected_result,
    })
    .to_value()
}

/// The body of a write: the case as it was just read with the new values. Keys that are not published are
/// sent back as they came, so that a server which replaces loses nothing.
pub(super) fn body(
    current: &Json,
    changes: &BTreeMap<String, Value>,
) -> Result<Map<String, Json>, String> {
    let current = Object::of(current).ok_or("the case is no object")?;
    let mut body = Map::new();
    for (key, value) in current.members() {
        let kept = KEPT_BY_SERVER.iter().any(|k| k.eq_ignore_ascii_case(key));
        let known = KNOWN.iter().any(|k| k.eq_ignore_ascii_case(key));
        if !kept && !known {
            body.insert(key.to_owned(), value.clone());
        }
    }
    for key in KNOWN {
        let empty = match key {
            "steps" => Json::Array(Vec::new()),
            _ => Json::Null,
        };
        let value = current.get(key).cloned();
        body.insert(key.to_owned(), value.unwrap_or(empty));
    }
    for (name, value) in changes {
        if name == "steps" {
            let lines = lines(value)?;
            body.insert("steps".to_owned(), lines.steps.into());
            // Without a value is without text, as below.
            body.insert("expectedResult".to_owned(), lines.expected_result.into());
            continue;
        }
        let (key, value) = member(name, value)?;
        body.insert(key.to_owned(), value);
    }
    Ok(body)
}

/// The lines of a written value; none for no value.
fn lines(value: &Value) -> Result<Flat, String> {
    if value.is_null() {
        return Ok(Flat::default());
    }
    match CaseSteps::from_value(value) {
        Ok(CaseSteps::Lines(lines)) => Ok(lines),
        _ => Err("over `api: v1` `steps` takes lines with one expected result".to_owned()),
    }
}

fn member(name: &str, value: &Value) -> Result<(&'static str, Json), String> {
    let Some((_, key)) = TEXTS.iter().find(|(known, _)| *known == name) else {
        return Err(match name {
            _ if CaseField::find(name).is_some() => {
                format!("over `api: v1` a case has no `{name}` that could be written")
            }
            _ => format!("a case has no field `{name}`"),
        });
    };
    match value {
        Value::Null if name == "title" => Err("a case needs a title".to_owned()),
        // Without a value is without text: null may be refused where a text was.
        Value::Null => Ok((key, Json::String(String::new()))),
        Value::Text(text) => Ok((key, text.as_str().into())),
        _ => Err(format!("`{name}` takes text, not {}", value.kind())),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(json: &Json) -> Case {
        case(json, &TimeZone::UTC, Some(7)).unwrap()
    }

    fn changes(fields: &[(&str, Value)]) -> BTreeMap<String, Value> {
        let own = |(name, value): &(&str, Value)| ((*name).to_owned(), value.clone());
        fields.iter().map(own).collect()
    }

    #[test]
    fn a_case_has_what_the_surface_has_and_nothing_else() {
        let case = read(&json!({
            "id": 210_345, "title": "Reject expired card", "description": "", "priority": "High",
            "steps": ["Pay"], "expectedResult": "An error", "updatedAt": "2026-08-11T14:07:52.441Z"
        }));
        assert_eq!(
            (case.id, case.suite, case.project),
            (CaseId(210_345), None, Some(7))
        );
        let names: Vec<&str> = case.fields.keys().map(String::as_str).collect();
        assert_eq!(
            names,
            ["modifiedOn", "steps", "title"],
            "an empty text is no value"
        );
        assert!(case.refs.is_empty() && case.section_path.is_empty());
        assert!(
            case.fields
                .keys()
                .all(|name| crate::model::V1_CASE_FIELDS.contains(&name.as_str()))
        );
    }

    #[test]
    fn a_case_names_its_own_project() {
        assert_eq!(read(&json!({"id": 1, "projectId": 8})).project, Some(8));
        assert!(case(&json!({"title": "x"}), &TimeZone::UTC, None).is_err());
    }

    #[test]
    fn a_write_carries_every_key_that_the_case_has() {
        let current = json!({
            "id": 1, "projectId": 7, "title": "Old", "steps": ["a", "b"], "expectedResult": "c",
            "updatedAt": "2026-08-11T14:07:52Z", "owner": "ada", "tags": ["x"]
        });
        let body = body(&current, &changes(&[("title", Value::text("New"))])).unwrap();
        assert_eq!(
            Json::Object(body),
            json!({
                "title": "New", "description": null, "steps": ["a", "b"], "expectedResult": "c",
                "owner": "ada", "tags": ["x"]
            })
        );
    }

    #[test]
    fn steps_are_both_members_together() {
        let lines = |steps: &[&str], expected: &str| {
            CaseSteps::Lines(Flat {
                steps: steps.iter().map(|step| (*step).to_owned()).collect(),
                expected_result: expected.to_owned(),
            })
            .to_value()
        };
        for (shown, value) in [
            (
                json!({"steps": ["a", "b"], "expectedResult": "c"}),
                lines(&["a", "b"], "c"),
            ),
            (json!({"steps": "a"}), lines(&["a"], "")),
            (
                json!({"steps": null, "expectedResult": "c"}),
                lines(&[], "c"),
            ),
            (json!({"steps": [], "expectedResult": ""}), lines(&[], "")),
            (json!({}), lines(&[], "")),
        ] {
            let mut shown = shown;
            shown["id"] = json!(1);
            let read = read(&shown)
                .fields
                .get("steps")
                .cloned()
                .unwrap_or_default();
            assert_eq!(read, value, "{shown}");
            let body = super::body(&shown, &changes(&[("steps", lines(&["x"], "y"))])).unwrap();
            assert_eq!(
                (&body["steps"], &body["expectedResult"]),
                (&json!(["x"]), &json!("y"))
            );
            let body = super::body(&shown, &changes(&[("steps", Value::Null)])).unwrap();
            assert_eq!(
                (&body["steps"], &body["expectedResult"]),
                (&json!([]), &json!(""))
            );
        }
        let odd = &read(&json!({"id": 1, "steps": [{"content": "a"}]})).fields["steps"];
        assert!(
            CaseSteps::from_value(odd).is_err(),
            "nobody takes it for steps"
        );
        for wrong in [Value::text("x"), CaseSteps::Separated(json!([])).to_value()] {
            assert!(body(&json!({"id": 1}), &changes(&[("steps", wrong)])).is_err());
        }
    }

    #[test]
    fn what_the_surface_cannot_keep_is_refused_by_name() {
        for name in [
            "steps",
            "priority",
            "refs",
            "smoke",
            "custom.x",
            "modifiedOn",
            "nonsense",
        ] {
            let refused = body(&json!({"id": 1}), &changes(&[(name, Value::text("x"))]));
            assert!(refused.unwrap_err().contains(name), "{name}");
        }
        let cleared = changes(&[("title", Value::Null)]);
        assert!(body(&json!({"id": 1}), &cleared).is_err());
        let number = changes(&[("title", Value::integer(1))]);
        assert!(body(&json!({"id": 1}), &number).is_err());
    }
}
