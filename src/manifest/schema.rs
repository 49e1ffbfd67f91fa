//! JSON Schemas (draft-07) from the Rust types, for editors, for `schemas/`, and for the reader itself.

mod live;

use std::sync::OnceLock;

use jsonschema::Validator;
use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use super::kind::{API_VERSION, Kind};
use super::raw;

pub use live::{Live, LiveType, enrich};

/// The schema of one kind by its name (`SyncRule`), whatever its case, or of all (`all`).
pub fn for_kind(name: &str) -> Option<Value> {
    if name.eq_ignore_ascii_case("all") {
        return Some(combined());
    }
    let same = |kind: &Kind| {
        kind.name().eq_ignore_ascii_case(name) || kind.file_stem().eq_ignore_ascii_case(name)
    };
    Kind::ALL.into_iter().find(same).map(of_kind)
}

/// Every manifest schema with its file name in `schemas/`.
pub fn all() -> Vec<(String, Value)> {
    let single = Kind::ALL
        .into_iter()
        .map(|kind| (file_name(kind.file_stem()), of_kind(kind)));
    single.chain([(file_name("accord"), combined())]).collect()
}

/// The file name of a schema: `schemas/` holds it under this name.
pub fn file_name(stem: &str) -> String {
    format!("{stem}.schema.json")
}

/// The text of a schema file, so that what is written and what is compared are the same bytes.
pub fn to_text(schema: &Value) -> String {
    format!("{schema:#}\n")
}

/// The draft-07 schema of any type, by the same rules as those of the manifests: subschemas in place,
/// so that every key carries its own description and default.
pub fn of<T: JsonSchema>() -> Value {
    let settings = SchemaSettings::draft07().with(|settings| settings.inline_subschemas = true);
    let mut schema = settings
        .into_generator()
        .into_root_schema_for::<T>()
        .to_value();
    tidy(&mut schema);
    head_first(schema)
}

/// Puts what a reader looks for first at the top.
fn head_first(schema: Value) -> Value {
    let Value::Object(mut members) = schema else {
        return schema;
    };
    let mut ordered = Map::new();
    for key in ["$schema", "title", "description"] {
        ordered.extend(members.shift_remove_entry(key));
    }
    ordered.extend(members);
    Value::Object(ordered)
}

fn of_kind(kind: Kind) -> Value {
    match kind {
        Kind::Project => of::<raw::Project>(),
        Kind::Connection => of::<raw::Connection>(),
        Kind::CustomField => of::<raw::CustomField>(),
        Kind::FieldMapping => of::<raw::FieldMapping>(),
        Kind::SyncRule => of::<raw::SyncRule>(),
        Kind::MappingTest => of::<raw::MappingTest>(),
    }
}

/// One schema for a file of any kind: the kind decides which definition applies.
fn combined() -> Value {
    let names: Vec<&str> = Kind::ALL.into_iter().map(Kind::name).collect();
    let mut definitions = Map::new();
    let mut branches = Vec::new();
    for kind in Kind::ALL {
        let mut definition = of_kind(kind);
        if let Some(object) = definition.as_object_mut() {
            object.shift_remove("$schema");
        }
        definitions.insert(kind.name().to_owned(), definition);
        branches.push(json!({
            "if": { "properties": { "kind": { "const": kind.name() } }, "required": ["kind"] },
            "then": { "$ref": format!("#/definitions/{}", kind.name()) },
        }));
    }
    json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "Accord manifest",
        "description": "A document of any kind that Accord reads.",
        "type": "object",
        "properties": {
            "apiVersion": {
                "description": "The version of the manifest format.",
                "type": "string",
                "enum": [API_VERSION],
            },
            "kind": {
                "description": "What the document declares.",
                "type": "string",
                "enum": names,
            },
        },
        "required": ["apiVersion", "kind"],
        "allOf": branches,
        "definitions": definitions,
    })
}

/// Removes what only Rust readers need (number formats, line breaks of doc comments, absent members of
/// default objects) and turns the words of a one-word choice into an `enum` like all the others.
fn tidy(value: &mut Value) {
    match value {
        Value::Object(object) => {
            if object
                .get("format")
                .and_then(Value::as_str)
                .is_some_and(|format| {
                    matches!(format, "uint64" | "uint32" | "int64" | "double" | "uint")
                })
            {
                object.shift_remove("format");
            }
            if let Some(Value::String(text)) = object.get_mut("description") {
                *text = text.split_whitespace().collect::<Vec<_>>().join(" ");
            }
            if let Some(Value::Object(default)) = object.get_mut("default") {
                default.retain(|_, member| !member.is_null());
            }
            if let Some(word @ Value::String(_)) = object.shift_remove("const") {
                object.insert("enum".to_owned(), Value::Array(vec![word]));
            }
            object.values_mut().for_each(tidy);
        }
        Value::Array(items) => items.iter_mut().for_each(tidy),
        _ => {}
    }
}

/// A schema with its compiled form.
pub(super) struct Compiled {
    pub(super) schema: Value,
    pub(super) validator: Validator,
}

/// The compiled schema of a kind, made once per process. `None` only if a generated schema is no
/// schema, which a test excludes.
pub(super) fn compiled(kind: Kind) -> Option<&'static Compiled> {
    static CELLS: [OnceLock<Option<Compiled>>; Kind::ALL.len()] =
        [const { OnceLock::new() }; Kind::ALL.len()];
    let cell = &CELLS[kind as usize];
    let compile = || {
        let schema = of_kind(kind);
        let validator = jsonschema::draft7::new(&schema).ok()?;
        Some(Compiled { schema, validator })
    };
    cell.get_or_init(compile).as_ref()
}

/// The part of a schema that describes the node at `pointer`.
pub(super) fn part<'s>(schema: &'s Value, pointer: &str) -> Option<&'s Value> {
    pointer.split('/').skip(1).try_fold(schema, |part, step| {
        let step = step.replace("~1", "/").replace("~0", "~");
        part.get("properties")
            .and_then(|properties| properties.get(&step))
            .or_else(|| part.get("items"))
            .or_else(|| {
                part.get("additionalProperties")
                    .filter(|rest| rest.is_object())
            })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_compiles() {
        for kind in Kind::ALL {
            assert!(compiled(kind).is_some(), "{}", kind.name());
        }
    }

    #[test]
    fn parts_are_found_by_pointer() {
        let schema = of_kind(Kind::SyncRule);
        let part = part(&schema, "/spec/scope/testworthy/suites/0").unwrap();
        assert_eq!(part["type"], "integer");
    }
}
