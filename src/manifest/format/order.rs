//! The order of keys: as the kind's schema declares them, which is the order of the raw types.

use serde_json::Value as Json;

use super::tree::{Collection, Node};
use crate::manifest::kind::Kind;
use crate::manifest::schema;

/// What every document begins with.
const HEADER: [&str; 4] = ["apiVersion", "kind", "metadata", "spec"];

/// Sorts the keys of a document. Keys that the schema does not name stay behind those that it names, in
/// their order; mappings with free keys stay as they are.
pub(super) fn sort(root: &mut Node<'_>) {
    let Node::Collection(collection) = root else {
        return;
    };
    let kind = collection.entries.iter().find_map(|entry| {
        let key = entry.key.as_ref()?;
        match &entry.value {
            Node::Scalar(scalar) if key.value == "kind" => Kind::find(&scalar.value),
            _ => None,
        }
    });
    let schema = kind.and_then(schema::compiled);
    match schema {
        Some(compiled) => sort_by_schema(collection, &compiled.schema),
        None => by_position(collection, |key| {
            HEADER.iter().position(|name| *name == key)
        }),
    }
}

fn sort_by_schema(collection: &mut Collection<'_>, schema: &Json) {
    let properties = schema.get("properties").and_then(Json::as_object);
    if let Some(properties) = properties.filter(|_| collection.is_map) {
        by_position(collection, |key| {
            properties.keys().position(|name| name == key)
        });
    }
    for entry in &mut collection.entries {
        let Node::Collection(value) = &mut entry.value else {
            continue;
        };
        let below = match &entry.key {
            Some(key) => properties
                .and_then(|properties| properties.get(&key.value))
                .or_else(|| schema.get("additionalProperties")),
            None => schema.get("items"),
        };
        if let Some(below) = below {
            sort_by_schema(value, below);
        }
    }
}

fn by_position(collection: &mut Collection<'_>, position: impl Fn(&str) -> Option<usize>) {
    collection.entries.sort_by_cached_key(|entry| {
        let key = entry.key.as_ref();
        key.and_then(|key| position(&key.value))
            .unwrap_or(usize::MAX)
    });
}
