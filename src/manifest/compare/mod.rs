//! What one set of manifests means that another one does not: the comparison of two checked configurations.
//!
//! Both are what their texts mean, with defaults filled in, so comments, form, the order of documents, rows
//! and keys, and the file that something stands in are no change; nor is a default that somebody wrote out.
//! Only in a value table the order of some entries counts (`order`).
//! Each declaration is shaped into a tree that follows the keys of its manifest (`declared`), and the trees
//! are compared (`shape`). What a reviewer must not miss is put into words (`attention`).

mod attention;
mod declared;
mod document;
mod order;
mod shape;
#[cfg(test)]
mod tests;
mod touched;

use std::collections::{BTreeMap, BTreeSet};

use self::declared::Declaration;
use self::shape::differences;
use crate::model::Name;
use crate::model::config::{Config, FieldMapping};

pub(crate) use document::present;
pub use document::{
    Attention, ChangeKind, DeclarationChange, DeclaredAt, KeyChange, Level, ManifestChanges,
    ManifestDiff, ManifestSide, ManifestSummary, SCHEMA,
};

/// The number of linked items of each rule that the state knows.
pub type LinkedItems = BTreeMap<Name, u64>;

/// What changed from `before` to `after`: what is dangerous first, then what asks for caution, then the rest,
/// each by kind and name. `linked` is what the state knows, `None` where it was not asked.
pub fn compare(
    before: &Config,
    after: &Config,
    linked: Option<&LinkedItems>,
) -> Vec<DeclarationChange> {
    let old = declared::all(before);
    let new = declared::all(after);
    let all: BTreeSet<&declared::Key> = old.keys().chain(new.keys()).collect();
    let mut changes: Vec<DeclarationChange> = all
        .into_iter()
        .filter_map(|key| {
            let sides = (old.get(key), new.get(key));
            let keys = match mappings(before, after, key) {
                Some((old, new)) => {
                    let (from, to) = declared::mapping::both(old, new);
                    let mut keys = differences(&from, &to);
                    keys.extend(order::turned(old, new));
                    keys
                }
                None => match sides {
                    (Some(old), Some(new)) => differences(&old.shape, &new.shape),
                    _ => Vec::new(),
                },
            };
            let mut change = declaration(key, sides, keys)?;
            change.attention = attention::of((before, after), key, &change);
            let rules = touched::rules(before, after, key);
            change.linked_items = linked.map(|linked| {
                let counts = rules.iter().filter_map(|rule| linked.get(rule));
                counts.sum()
            });
            change.rules = rules.iter().map(ToString::to_string).collect();
            Some(change)
        })
        .collect();
    // Stable: by kind and name within a level.
    changes.sort_by_key(|change| std::cmp::Reverse(change.level()));
    changes
}

/// A mapping that both sides have.
fn mappings<'c>(
    before: &'c Config,
    after: &'c Config,
    key: &declared::Key,
) -> Option<(&'c FieldMapping, &'c FieldMapping)> {
    if key.what != declared::What::FieldMapping {
        return None;
    }
    let name = Name::new(&key.name).ok()?;
    Some((before.mappings.get(&name)?, after.mappings.get(&name)?))
}

/// One declaration; `None` if it means the same on both sides.
fn declaration(
    key: &declared::Key,
    (before, after): (Option<&Declaration>, Option<&Declaration>),
    keys: Vec<KeyChange>,
) -> Option<DeclarationChange> {
    let change = match (before, after) {
        (Some(_), Some(_)) if keys.is_empty() => return None,
        (Some(_), Some(_)) => ChangeKind::Changed,
        (None, Some(_)) => ChangeKind::Added,
        (Some(_), None) => ChangeKind::Removed,
        (None, None) => return None,
    };
    let origin = after.or(before).and_then(|one| one.origin.as_ref());
    Some(DeclarationChange {
        address: key.address(),
        change,
        origin: origin.map(|origin| DeclaredAt {
            file: origin.file.clone(),
            line: origin.line,
        }),
        attention: Vec::new(),
        keys,
        rules: Vec::new(),
        linked_items: None,
        planned: None,
    })
}
