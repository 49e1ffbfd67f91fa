//! A declaration as a tree that follows the keys of its manifest, and the differences between two trees.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json};

use super::document::{ChangeKind, KeyChange};

/// A part of a declaration.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Shape {
    /// Compared as a whole.
    Value(Json),
    /// The same, and never shown.
    Hidden(Json),
    /// Keys of the manifest. One that is missing says the same as its default.
    Keys(Vec<(&'static str, Shape)>),
    /// Entries with names that people chose, in no order that means anything.
    Named(BTreeMap<String, Shape>),
}

impl Shape {
    /// A value.
    pub(super) fn value(value: impl Into<Json>) -> Self {
        Self::Value(value.into())
    }

    /// A list whose order means nothing.
    pub(super) fn set<T: Ord + Into<Json>>(members: impl IntoIterator<Item = T>) -> Self {
        let mut members: Vec<T> = members.into_iter().collect();
        members.sort();
        members.dedup();
        Self::Value(members.into_iter().map(Into::into).collect())
    }

    /// Entries by name.
    pub(super) fn named(entries: impl IntoIterator<Item = (String, Shape)>) -> Self {
        Self::Named(entries.into_iter().collect())
    }

    /// The keys among these that have a value.
    pub(super) fn keys(entries: impl IntoIterator<Item = (&'static str, Option<Shape>)>) -> Self {
        let entries = entries.into_iter();
        let given = entries.filter_map(|(key, shape)| Some((key, shape?)));
        // An entry that holds no entries is one that was left out.
        Self::Keys(
            given
                .filter(|(_, shape)| !matches!(shape, Self::Named(entries) if entries.is_empty()))
                .collect(),
        )
    }

    /// What stands there, as the manifest writes it; what is hidden is left out, `None` if that is all.
    fn shown(&self) -> Option<Json> {
        match self {
            Self::Value(value) => Some(value.clone()),
            Self::Hidden(_) => None,
            Self::Keys(entries) => {
                let shown = entries.iter();
                let shown =
                    shown.filter_map(|(key, part)| Some(((*key).to_owned(), part.shown()?)));
                Some(Json::Object(shown.collect::<Map<_, _>>()))
            }
            Self::Named(entries) => {
                let shown = entries.iter();
                let shown = shown.filter_map(|(name, part)| Some((name.clone(), part.shown()?)));
                Some(Json::Object(shown.collect::<Map<_, _>>()))
            }
        }
    }

    fn is_hidden(&self) -> bool {
        matches!(self, Self::Hidden(_))
    }
}

/// What differs, key by key, in the order of the manifest. A key or entry that only one side has is one
/// difference, however much is in it.
pub(super) fn differences(before: &Shape, after: &Shape) -> Vec<KeyChange> {
    let mut found = Vec::new();
    walk(before, after, "", &mut found);
    found
}

fn walk(before: &Shape, after: &Shape, path: &str, found: &mut Vec<KeyChange>) {
    match (before, after) {
        (Shape::Keys(old), Shape::Keys(new)) => {
            let at = |key: &str| {
                if path.is_empty() {
                    key.to_owned()
                } else {
                    format!("{path}.{key}")
                }
            };
            let get = |entries: &[(&'static str, Shape)], key: &str| {
                let mut entries = entries.iter();
                entries.find(|(one, _)| *one == key).map(|(_, s)| s.clone())
            };
            for (key, old) in old {
                pair(Some(old), get(new, key).as_ref(), &at(key), found);
            }
            for (key, new) in new {
                if get(old, key).is_none() {
                    pair(None, Some(new), &at(key), found);
                }
            }
        }
        (Shape::Named(old), Shape::Named(new)) => {
            let mut names: Vec<&String> = old.keys().chain(new.keys()).collect();
            names.sort();
            names.dedup();
            for name in names {
                let at = format!("{path}[{}]", bracketed(name));
                pair(old.get(name), new.get(name), &at, found);
            }
        }
        _ if before == after => {}
        _ => {
            // A value that turns hidden shows neither what it was nor what it is.
            let sensitive = before.is_hidden() || after.is_hidden();
            if sensitive && before.bare() == after.bare() {
                return;
            }
            found.push(KeyChange {
                path: path.to_owned(),
                change: ChangeKind::Changed,
                before: before.shown().filter(|_| !sensitive),
                after: after.shown().filter(|_| !sensitive),
                sensitive,
            });
        }
    }
}

fn pair(before: Option<&Shape>, after: Option<&Shape>, path: &str, found: &mut Vec<KeyChange>) {
    let one = |shape: &Shape, change| KeyChange {
        path: path.to_owned(),
        change,
        before: (change == ChangeKind::Removed)
            .then(|| shape.shown())
            .flatten(),
        after: (change == ChangeKind::Added)
            .then(|| shape.shown())
            .flatten(),
        sensitive: shape.is_hidden(),
    };
    match (before, after) {
        (Some(before), Some(after)) => walk(before, after, path, found),
        // Entries that people chose the names of are told one by one, also where there were none before.
        (Some(Shape::Named(_)), None) => {
            let none = Shape::Named(BTreeMap::new());
            walk(before.unwrap_or(&none), &none, path, found);
        }
        (None, Some(new @ Shape::Named(_))) => {
            walk(&Shape::Named(BTreeMap::new()), new, path, found);
        }
        (Some(before), None) => found.push(one(before, ChangeKind::Removed)),
        (None, Some(after)) => found.push(one(after, ChangeKind::Added)),
        (None, None) => {}
    }
}

impl Shape {
    /// The value, hidden or not.
    fn bare(&self) -> Option<Json> {
        match self {
            Self::Hidden(value) => Some(value.clone()),
            other => other.shown(),
        }
    }
}

/// A name within brackets: as it is where that can be read, else in quotes.
pub(super) fn bracketed(name: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | ' ' | '@' | '/');
    if !name.is_empty() && name.trim() == name && name.chars().all(plain) {
        name.to_owned()
    } else {
        Json::from(name).to_string()
    }
}
