//! The schemas in `schemas/` are those of the program, valid draft-07, complete, and agree with the
//! reader on every example.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::{Path, PathBuf};

use accord::diagnostics::SourceFile;
use accord::manifest::{Kind, ReadOptions, read, schema};
use serde::Deserialize;
use serde_json::Value;

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

#[test]
fn checked_in_schemas_are_fresh() {
    for (name, fresh) in accord::cli::schema_files() {
        let path = folder("schemas").join(&name);
        if std::env::var_os("ACCORD_BLESS").is_some() {
            fs::write(&path, &fresh).unwrap();
        }
        let checked_in = fs::read_to_string(&path).unwrap_or_default();
        assert!(
            checked_in == fresh,
            "schemas/{name} is not what the types say; run: cargo run -- schema --write"
        );
    }
}

#[test]
fn schemas_are_valid_draft_07() {
    for (name, schema) in schema::all() {
        assert_eq!(
            schema["$schema"], "http://json-schema.org/draft-07/schema#",
            "{name}"
        );
        if let Err(error) = jsonschema::draft7::meta::validate(&schema) {
            panic!("{name}: {error}");
        }
    }
}

#[test]
fn every_key_has_a_description_and_every_optional_one_a_default() {
    for (name, schema) in schema::all() {
        let mut keys = 0;
        walk(&schema, &name, &mut keys);
        assert!(keys > 5, "{name} has only {keys} keys");
    }
}

/// Walks every `properties` of a schema.
fn walk(part: &Value, place: &str, keys: &mut usize) {
    // The branches of the combined schema repeat `kind` only to look at it.
    let branches = ["if"];
    if let Some(properties) = part.get("properties").and_then(Value::as_object) {
        let required: Vec<&str> = part["required"]
            .as_array()
            .map(|names| names.iter().filter_map(Value::as_str).collect())
            .unwrap_or_default();
        for (key, property) in properties {
            *keys += 1;
            let text = property["description"].as_str().unwrap_or_default();
            assert!(text.len() > 10, "{place}/{key} has no description");
            assert!(text.ends_with('.'), "{place}/{key}: {text}");
            if !required.contains(&key.as_str()) {
                assert!(
                    property.get("default").is_some(),
                    "{place}/{key} has no default"
                );
            }
            walk(property, &format!("{place}/{key}"), keys);
        }
        assert_eq!(
            part.get("additionalProperties")
                .unwrap_or(&Value::Bool(place.starts_with("accord"))),
            &Value::Bool(part.get("definitions").is_some()),
            "{place} takes unknown keys"
        );
    }
    if let Some(object) = part.as_object() {
        for (key, inner) in object {
            if key != "properties" && !branches.contains(&key.as_str()) && key != "default" {
                walk(inner, &format!("{place}#{key}"), keys);
            }
        }
    }
    if let Some(items) = part.as_array() {
        for inner in items {
            walk(inner, place, keys);
        }
    }
}

/// Documents of ours in a file of examples.
fn documents(text: &str) -> Vec<Value> {
    serde_yaml::Deserializer::from_str(text)
        .map_while(|document| Value::deserialize(document).ok())
        .filter(|value| value["apiVersion"] == "accord/v1")
        .filter(|value| value["kind"].as_str().and_then(Kind::find).is_some())
        .collect()
}

fn cases(kind: &str) -> Vec<(String, Vec<u8>)> {
    let mut files = Vec::new();
    let mut folders = vec![folder("tests/manifests").join(kind)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path
                .extension()
                .is_some_and(|extension| extension == "yaml")
            {
                files.push((path.display().to_string(), fs::read(path).unwrap()));
            }
        }
    }
    files.sort();
    files
}

#[test]
fn every_valid_example_fulfils_its_schema_and_the_combined_one() {
    let combined = jsonschema::draft7::new(&schema::for_kind("all").unwrap()).unwrap();
    let mut count = 0;
    for (name, bytes) in cases("valid") {
        let text = SourceFile::new("a.yaml", bytes).text().into_owned();
        for document in documents(&text) {
            let kind = document["kind"].as_str().unwrap();
            let single = jsonschema::draft7::new(&schema::for_kind(kind).unwrap()).unwrap();
            for validator in [&single, &combined] {
                let errors: Vec<String> = validator
                    .iter_errors(&document)
                    .map(|e| e.to_string())
                    .collect();
                assert!(errors.is_empty(), "{name}: {errors:?}");
            }
            count += 1;
        }
    }
    assert!(count >= 10, "only {count} valid documents");
}

/// What the schema refuses, the reader refuses; and the findings that speak of shape come from there.
#[test]
fn schema_and_reader_agree_on_invalid_examples() {
    let of_shape = ["unknown-key", "missing-key", "wrong-type", "unknown-value"];
    let combined = jsonschema::draft7::new(&schema::for_kind("all").unwrap()).unwrap();
    let (mut refused, mut by_meaning) = (0, 0);
    for (name, bytes) in cases("invalid") {
        let source = SourceFile::new("accord.yaml", bytes);
        let text = source.text().into_owned();
        let documents = documents(&text);
        let loaded = read(vec![source], &ReadOptions::default());
        let schema_refuses = documents
            .iter()
            .any(|document| !combined.is_valid(document));
        if schema_refuses {
            refused += 1;
            assert!(
                loaded.has_errors(),
                "{name}: the schema refuses what the reader takes"
            );
        } else {
            by_meaning += 1;
        }
        let stem = Path::new(&name)
            .file_stem()
            .unwrap()
            .to_string_lossy()
            .into_owned();
        if of_shape.iter().any(|code| stem == *code) {
            assert!(schema_refuses, "{name}: the schema takes a wrong shape");
        }
    }
    assert!(
        refused >= 5 && by_meaning >= 5,
        "{refused} by schema, {by_meaning} by meaning"
    );
}

#[test]
fn kinds_are_found_by_either_name() {
    for kind in Kind::ALL {
        assert!(schema::for_kind(kind.name()).is_some());
        assert_eq!(
            schema::for_kind(kind.name()),
            schema::for_kind(kind.file_stem())
        );
    }
    assert!(schema::for_kind("nothing").is_none());
}
