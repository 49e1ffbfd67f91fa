//! What is a change of meaning and what is none: every key of a whole project by itself, and the sentences.

use serde_json::{Value as Json, json};

use super::*;
use crate::diagnostics::SourceFile;
use crate::manifest::{ReadOptions, read};

mod keys;
mod sentences;

/// The files of `tests/manifests/valid` that together say everything.
pub(super) const EVERYTHING: &str =
    include_str!("../../../tests/manifests/valid/every-supported-key.yaml");
pub(super) const TWO_WAY: &str = include_str!("../../../tests/manifests/valid/two-way.yaml");
pub(super) const ON_V1: &str = include_str!("../../../tests/manifests/valid/on-v1.yaml");

/// The configuration of one file; `None` if it does not hold.
pub(super) fn config_if_valid(text: &str) -> Option<Config> {
    config_of(&[("accord.yaml", text)])
}

pub(super) fn config(text: &str) -> Config {
    config_if_valid(text).unwrap_or_else(|| panic!("it holds:\n{text}"))
}

fn config_of(files: &[(&str, &str)]) -> Option<Config> {
    let sources = files
        .iter()
        .map(|(path, text)| SourceFile::new(*path, text.as_bytes()))
        .collect();
    let options = ReadOptions {
        project_name: "project".to_owned(),
        allowed_env: vec!["SHOP_KEY".to_owned()],
    };
    read(sources, &options).config
}

pub(super) fn changes(before: &str, after: &str) -> Vec<DeclarationChange> {
    compare(&config(before), &config(after), None)
}

#[test]
fn nothing_differs_from_itself() {
    for text in [EVERYTHING, TWO_WAY, ON_V1] {
        assert_eq!(changes(text, text), []);
    }
}

#[test]
fn comments_order_and_files_are_no_change() {
    let documents: Vec<&str> = EVERYTHING.split("\n---\n").collect();
    let commented: Vec<String> = documents
        .iter()
        .rev()
        .map(|document| format!("# A comment.\n\n{document}\n# Another one.\n"))
        .collect();
    assert_eq!(changes(EVERYTHING, &commented.join("\n---\n")), []);
    // One file for each document, in folders.
    let names: Vec<String> = (0..documents.len())
        .map(|number| match number {
            0 => "accord.yaml".to_owned(),
            number => format!("moved/to/{number}.yaml"),
        })
        .collect();
    let files: Vec<(&str, &str)> = names
        .iter()
        .map(String::as_str)
        .zip(documents.iter().copied())
        .collect();
    let moved = config_of(&files).expect("it holds");
    assert_eq!(compare(&config(EVERYTHING), &moved, None), []);
}

#[test]
fn rows_and_lists_in_another_order_mean_the_same() {
    let value = parsed(EVERYTHING);
    let mut turned = value.clone();
    let mut count = 0;
    for document in &mut turned {
        turn(document, &mut count);
    }
    assert!(count > 10, "only {count} lists and tables were turned");
    assert_eq!(changes(&written(&value), &written(&turned)), []);
}

/// Turns every list and table round, but for the one list whose order counts.
fn turn(part: &mut Json, count: &mut usize) {
    match part {
        Json::Object(members) => {
            let mut entries: Vec<(String, Json)> = std::mem::take(members).into_iter().collect();
            *count += usize::from(entries.len() > 1);
            entries.reverse();
            for (key, mut member) in entries {
                // What is tried one after the other, and steps of an example.
                if !["match", "steps", "Microsoft.VSTS.TCM.Steps"].contains(&key.as_str()) {
                    turn(&mut member, count);
                }
                members.insert(key, member);
            }
        }
        Json::Array(members) => {
            *count += usize::from(members.len() > 1);
            members.reverse();
            for member in members.iter_mut() {
                turn(member, count);
            }
        }
        _ => {}
    }
}

#[test]
fn what_comes_and_goes_is_told_whole() {
    let documents: Vec<&str> = TWO_WAY.split("\n---\n").collect();
    let (last, before) = documents.split_last().expect("documents");
    assert!(last.contains("kind: SyncRule"), "{last}");
    let before = before.join("\n---\n");
    let told = changes(&before, TWO_WAY);
    assert_eq!(told.len(), 1, "{told:#?}");
    assert_eq!(told[0].change, ChangeKind::Added);
    assert!(told[0].address.starts_with("SyncRule/"));
    assert_eq!(told[0].keys, []);
    let told = changes(TWO_WAY, &before);
    assert_eq!(told[0].change, ChangeKind::Removed);
    assert!(told[0].attention[0].message.contains("forgets its links"));
}

#[test]
fn linked_items_are_those_of_the_rules_that_a_declaration_reaches() {
    let before = config(TWO_WAY);
    let rule = before.rules.keys().next().expect("a rule").clone();
    let mut after = before.clone();
    let mapping = after.rules[&rule].mapping.clone();
    let rows = &mut after.mappings.get_mut(&mapping).expect("its mapping").rows;
    rows[0].on_create = !rows[0].on_create;
    let other = Name::new("another-rule").expect("a name");
    let linked = LinkedItems::from([(rule.clone(), 7), (other, 100)]);
    let told = compare(&before, &after, Some(&linked));
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].linked_items, Some(7));
    let over = before.rules.values().filter(|one| one.mapping == mapping);
    let over: Vec<String> = over.map(|one| one.name.to_string()).collect();
    assert_eq!(told[0].rules, over);
    assert_eq!(compare(&before, &after, None)[0].linked_items, None);
}

#[test]
fn a_document_fits_its_schema() {
    let told = changes(EVERYTHING, TWO_WAY);
    assert!(told.len() > 5);
    let side = || ManifestSide {
        name: Some("main".to_owned()),
        commit: None,
        digest: "d".to_owned(),
    };
    let diff = ManifestDiff::new(side(), ManifestSide::default(), told);
    let document = serde_json::to_value(&diff).expect("JSON");
    let schema = ManifestDiff::json_schema();
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    let errors: Vec<String> = validator
        .iter_errors(&document)
        .map(|error| error.to_string())
        .collect();
    assert_eq!(errors, [""; 0]);
    let again: ManifestDiff = serde_json::from_value(document).expect("the same document");
    assert_eq!(again, diff);
    assert!(!validator.is_valid(&json!({ "schema": "accord-diff/2" })));
}

/// The documents of a file as data.
pub(super) fn parsed(text: &str) -> Vec<Json> {
    use serde::Deserialize as _;
    serde_yaml::Deserializer::from_str(text)
        .map(|document| Json::deserialize(document).expect("data"))
        .filter(|document| document["apiVersion"] == "accord/v1")
        .collect()
}

/// Data as documents of a file: JSON is YAML.
pub(super) fn written(documents: &[Json]) -> String {
    let documents: Vec<String> = documents.iter().map(|one| format!("{one:#}\n")).collect();
    documents.join("---\n")
}
