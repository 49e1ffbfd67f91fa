//! The mechanical mend of a published document, each step with its reason.
//!
//! Nothing here knows an operation: the steps repair what a generator got wrong everywhere. What is
//! wrong in one place is a known gap ([`super::gap`]).

use serde_json::{Map, Value, json};

/// How many places each step touched.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Mends {
    /// The file began with a byte order mark, which JSON does not allow (RFC 8259, section 8.1).
    pub(crate) byte_order_marks: usize,
    /// `x-ms-examples` was dropped: its references name files that are missing or spelt in other letters.
    pub(crate) examples: usize,
    /// `type: object` without properties was dropped: it stands for "any JSON", so that a patch operation's
    /// `value` and a work item's fields, mostly texts, would all be refused.
    pub(crate) untyped: usize,
    /// An answer that is said to be a bare array was wrapped: the service sends lists as
    /// `{"count": n, "value": [...]}`.
    pub(crate) lists: usize,
    /// `JsonPatchDocument` is said to be an object and an array at once, which nothing can be; it is the array.
    pub(crate) patch_documents: usize,
    /// `security` names OAuth only, though the same document defines the personal access token.
    pub(crate) securities: usize,
    /// `ReferenceLinks` is described as the class that makes it, with one member `links`; on the wire it is
    /// the dictionary itself (`"_links": {"self": {"href": ...}}`).
    pub(crate) reference_links: usize,
    /// `format: int32` says nothing to JSON Schema; the range is stated.
    pub(crate) ranges: usize,
    /// Every definition with members was closed, those of its bases included, so that a misspelt member is
    /// seen. JSON Schema alone would take it for an extra one; the service ignores it without a word.
    pub(crate) closed: usize,
}

/// Reads a document and mends it.
pub(crate) fn mend(bytes: &[u8]) -> Result<(Value, Mends), String> {
    let mut mends = Mends::default();
    let text = match bytes.strip_prefix(b"\xef\xbb\xbf") {
        Some(rest) => {
            mends.byte_order_marks += 1;
            rest
        }
        None => bytes,
    };
    let mut document: Value = serde_json::from_slice(text).map_err(|error| error.to_string())?;
    if document["swagger"] != "2.0" {
        return Err("not a Swagger 2.0 document".to_owned());
    }
    mends.examples = walk(&mut document, &mut |members| {
        members.shift_remove("x-ms-examples").is_some()
    });
    mends.untyped = walk(&mut document, &mut drop_empty_type);
    mends.ranges = walk(&mut document, &mut state_range);
    for section in ["paths", "x-ms-paths"] {
        let paths = document.get_mut(section).and_then(Value::as_object_mut);
        let methods = paths.into_iter().flat_map(Map::values_mut);
        for operation in methods
            .filter_map(Value::as_object_mut)
            .flat_map(Map::values_mut)
        {
            mends.lists += wrap_lists(operation);
            mends.securities += accept_tokens(operation);
        }
    }
    if let Some(definitions) = document["definitions"].as_object_mut() {
        for (name, mended, count) in [
            (
                "JsonPatchDocument",
                json!({ "type": "array", "items": { "$ref": "#/definitions/JsonPatchOperation" } }),
                &mut mends.patch_documents,
            ),
            (
                "ReferenceLinks",
                json!({ "type": "object", "additionalProperties": { "type": "object" } }),
                &mut mends.reference_links,
            ),
        ] {
            if let Some(definition) = definitions.get_mut(name) {
                *definition = mended;
                *count += 1;
            }
        }
        mends.closed = close(definitions)?;
    }
    Ok((document, mends))
}

/// Calls `step` on every object, outermost first; counts how often it said that it did something.
fn walk(value: &mut Value, step: &mut impl FnMut(&mut Map<String, Value>) -> bool) -> usize {
    match value {
        Value::Object(members) => {
            let here = usize::from(step(members));
            here + members
                .values_mut()
                .map(|value| walk(value, step))
                .sum::<usize>()
        }
        Value::Array(items) => items.iter_mut().map(|item| walk(item, step)).sum(),
        _ => 0,
    }
}

fn drop_empty_type(members: &mut Map<String, Value>) -> bool {
    let says_something = ["properties", "additionalProperties", "allOf"];
    let empty = members.get("type").is_some_and(|kind| kind == "object")
        && !says_something.iter().any(|key| members.contains_key(*key));
    if empty {
        members.shift_remove("type");
    }
    empty
}

fn state_range(members: &mut Map<String, Value>) -> bool {
    let is = |key: &str, value: &str| members.get(key).is_some_and(|found| found == value);
    let bounded = is("type", "integer") && is("format", "int32");
    // A parameter has an `in`; its text is parsed, not matched.
    if !bounded || members.contains_key("in") {
        return false;
    }
    members.insert("minimum".to_owned(), i32::MIN.into());
    members.insert("maximum".to_owned(), i32::MAX.into());
    true
}

fn wrap_lists(operation: &mut Value) -> usize {
    let responses = operation
        .get_mut("responses")
        .and_then(Value::as_object_mut);
    let mut count = 0;
    for response in responses.into_iter().flat_map(Map::values_mut) {
        let Some(schema) = response
            .get_mut("schema")
            .filter(|schema| schema["type"] == "array")
        else {
            continue;
        };
        *schema = json!({
            "type": "object",
            "properties": {
                "count": { "type": "integer" },
                "value": schema.take(),
            },
            "required": ["count", "value"],
            "additionalProperties": false,
        });
        count += 1;
    }
    count
}

fn accept_tokens(operation: &mut Value) -> usize {
    let Some(schemes) = operation.get_mut("security").and_then(Value::as_array_mut) else {
        return 0;
    };
    let only_oauth = schemes.iter().all(|scheme| scheme.get("oauth2").is_some());
    if only_oauth {
        schemes.push(json!({ "accessToken": [] }));
    }
    usize::from(only_oauth)
}

/// Gives every definition the members of its bases, and closes those that have members.
fn close(definitions: &mut Map<String, Value>) -> Result<usize, String> {
    let names: Vec<String> = definitions.keys().cloned().collect();
    let mut closed = Map::new();
    for name in names {
        let mut definition = definitions[&name].clone();
        let properties = all_properties(definitions, &name, 0)?;
        if let Some(members) = definition
            .as_object_mut()
            .filter(|_| !properties.is_empty())
        {
            members.shift_remove("allOf");
            members.insert("properties".to_owned(), properties.into());
            members
                .entry("additionalProperties")
                .or_insert(Value::Bool(false));
        }
        closed.insert(name, definition);
    }
    let count = closed
        .values()
        .filter(|definition| definition["additionalProperties"] == false)
        .count();
    *definitions = closed;
    Ok(count)
}

fn all_properties(
    definitions: &Map<String, Value>,
    name: &str,
    depth: usize,
) -> Result<Map<String, Value>, String> {
    let definition = definitions
        .get(name)
        .filter(|_| depth < 16)
        .ok_or_else(|| format!("{name} is not defined, or by itself"))?;
    let mut properties = Map::new();
    for base in definition["allOf"].as_array().into_iter().flatten() {
        let base = base["$ref"].as_str().unwrap_or_default();
        let base = base.trim_start_matches("#/definitions/");
        properties.extend(all_properties(definitions, base, depth + 1)?);
    }
    let own = definition["properties"].as_object().cloned();
    properties.extend(own.unwrap_or_default());
    Ok(properties)
}
