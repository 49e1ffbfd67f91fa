//! Every declaration of a configuration, shaped as its manifest is.

mod connection;
pub(super) mod mapping;
mod others;
mod rule;

use std::collections::BTreeMap;

use super::shape::Shape;
use crate::model::config::{Config, Origin, SecretRef, Winner};

/// What a declaration is, in the order in which they are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum What {
    // First, because it says where credentials go.
    Connection,
    Project,
    CustomField,
    FieldMapping,
    SyncRule,
    MappingTest,
}

/// Kind and name of a declaration.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    pub(super) what: What,
    /// Empty for the project.
    pub(super) name: String,
}

impl Key {
    pub(super) fn address(&self) -> String {
        match self.what {
            What::Project => "Project".to_owned(),
            what => format!("{what:?}/{}", self.name),
        }
    }
}

/// A declaration.
pub(super) struct Declaration {
    pub(super) shape: Shape,
    pub(super) origin: Option<Origin>,
}

/// All of them.
pub(super) fn all(config: &Config) -> BTreeMap<Key, Declaration> {
    let mut all = BTreeMap::new();
    let mut put = |what, name: &str, shape, origin: Option<&Origin>| {
        let key = Key {
            what,
            name: name.to_owned(),
        };
        let origin = origin.cloned();
        all.insert(key, Declaration { shape, origin });
    };
    put(What::Project, "", others::project(&config.project), None);
    for one in config.connections.values() {
        let shape = connection::shape(one);
        put(
            What::Connection,
            one.name.as_str(),
            shape,
            Some(&one.origin),
        );
    }
    for one in config.custom_fields.values() {
        let shape = others::custom_field(one);
        put(
            What::CustomField,
            one.name.as_str(),
            shape,
            Some(&one.origin),
        );
    }
    for one in config.mappings.values() {
        let shape = mapping::shape(one);
        put(
            What::FieldMapping,
            one.name.as_str(),
            shape,
            Some(&one.origin),
        );
    }
    for one in config.rules.values() {
        let shape = rule::shape(one);
        put(What::SyncRule, one.name.as_str(), shape, Some(&one.origin));
    }
    for one in config.mapping_tests.values() {
        let shape = others::mapping_test(one, config.mappings.get(&one.mapping));
        put(
            What::MappingTest,
            one.name.as_str(),
            shape,
            Some(&one.origin),
        );
    }
    all
}

/// The document with this under `spec`.
fn spec(entries: impl IntoIterator<Item = (&'static str, Option<Shape>)>) -> Shape {
    Shape::keys([("spec", Some(Shape::keys(entries)))])
}

/// A reference as manifests write it.
fn secret(reference: &SecretRef) -> Shape {
    Shape::Value(match reference {
        SecretRef::Env(name) => serde_json::json!({ "env": name }),
        SecretRef::File(path) => serde_json::json!({ "file": path.to_string_lossy() }),
    })
}

fn winner(winner: Winner) -> Shape {
    Shape::value(match winner {
        Winner::TestWorthy => "testworthy",
        Winner::AzureDevOps => "azureDevOps",
        Winner::Latest => "latest",
        Winner::Merge => "merge",
        Winner::Manual => "manual",
    })
}
