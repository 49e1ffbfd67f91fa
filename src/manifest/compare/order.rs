//! Entries of a value table that stand in another order, where the order counts: of patterns that are equally
//! specific the first one that fits does, and of entries that become one value the first is the way back.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;

use super::declared::mapping::new_names;
use super::document::{ChangeKind, KeyChange};
use super::shape::bracketed;
use crate::model::config::{Codec, FieldMapping, Row, RowTarget, ValueMap};
use crate::model::{Direction, Value, glob};

/// One change of `values` for each tie whose keys stand in another order, with them in the order of either side.
pub(super) fn turned(before: &FieldMapping, after: &FieldMapping) -> Vec<KeyChange> {
    let names = new_names(before, after);
    let mut found = Vec::new();
    for old in &before.rows {
        let name = names.get(&old.name).unwrap_or(&old.name);
        let Some(new) = after.rows.iter().find(|row| row.name == *name) else {
            continue;
        };
        let (Some(from), Some(to)) = (&old.values, &new.values) else {
            continue;
        };
        let ties = match (is_path(old), is_path(new)) {
            (true, true) => patterns(from, to),
            (false, false) if leads_back(old) && leads_back(new) => ways_back(from, to),
            // Another kind of row: its table is another one too.
            _ => continue,
        };
        let sensitive = old.sensitive || new.sensitive;
        let shown = |keys: Vec<&str>| (!sensitive).then(|| Json::from(keys));
        for (was, is) in ties {
            found.push(KeyChange {
                path: format!("spec.fields[{}].values", bracketed(name)),
                change: ChangeKind::Changed,
                before: shown(was),
                after: shown(is),
                sensitive,
            });
        }
    }
    found
}

/// Whether the table of a row holds patterns. Without `as` that follows from the Azure DevOps field, which only
/// the server knows for all of them.
fn is_path(row: &Row) -> bool {
    let is_tree = match &row.target {
        RowTarget::Field(field) => ["System.AreaPath", "System.IterationPath"]
            .iter()
            .any(|tree| field.eq_ignore_ascii_case(tree)),
        RowTarget::Tag(_) | RowTarget::TagPrefix(_) => false,
    };
    let mut keys = row.values.iter().flat_map(|map| map.values.keys());
    row.codec.map_or_else(
        || is_tree || keys.any(|key| key.contains('*')),
        |codec| codec == Codec::Path,
    )
}

/// Whether values of Azure DevOps may be written to TestWorthy, as far as the row says.
fn leads_back(row: &Row) -> bool {
    row.direction != Some(Direction::ToAzureDevOps)
}

/// Keys of a tie in the order of the older side, and of the newer one.
type Tie<'m> = (Vec<&'m str>, Vec<&'m str>);

/// Patterns that are equally specific and may fit the same path, each standing for another one.
fn patterns<'m>(before: &'m ValueMap, after: &'m ValueMap) -> Vec<Tie<'m>> {
    let groups = |map: &'m ValueMap, other: &ValueMap| {
        let mut groups: BTreeMap<_, Vec<&'m str>> = BTreeMap::new();
        for key in map.values.keys() {
            let pattern = normal(key);
            if pattern.contains('*') && other.values.contains_key(key) {
                let group = groups.entry(glob::specificity(&pattern)).or_default();
                group.push(key);
            }
        }
        groups
    };
    let (old, mut new) = (groups(before, after), groups(after, before));
    let mut ties = Vec::new();
    for (specificity, was) in old {
        let is = new.remove(&specificity).unwrap_or_default();
        if was == is {
            continue;
        }
        let places = is.iter().copied().enumerate();
        let place: BTreeMap<&str, usize> = places.map(|(at, key)| (key, at)).collect();
        let is_turned = |one: &str, other: &str| {
            place.get(one) > place.get(other)
                && after.values.get(one) != after.values.get(other)
                && may_meet(&normal(one), &normal(other))
        };
        let counts = was.iter().copied().enumerate().any(|(at, one)| {
            let mut later = was.iter().copied().skip(at + 1);
            later.any(|other| is_turned(one, other))
        });
        if counts {
            ties.push((was, is));
        }
    }
    ties
}

/// Entries that become one value, unless `reverse` says what that one becomes.
fn ways_back<'m>(before: &'m ValueMap, after: &'m ValueMap) -> Vec<Tie<'m>> {
    let groups = |map: &'m ValueMap, other: &ValueMap| {
        let mut groups: BTreeMap<String, Vec<&'m str>> = BTreeMap::new();
        for (key, value) in &map.values {
            if other.values.contains_key(key) {
                groups.entry(folded(value)).or_default().push(key);
            }
        }
        groups
    };
    let reversed: BTreeSet<String> = after.reverse.keys().map(|key| key.to_lowercase()).collect();
    let (old, mut new) = (groups(before, after), groups(after, before));
    let mut ties = Vec::new();
    for (value, was) in old {
        let is = new.remove(&value).unwrap_or_default();
        // An entry that is of this value on one side only is told by itself.
        let of_both = |keys: &[&'m str], others: &[&'m str]| -> Vec<&'m str> {
            let others: BTreeSet<&str> = others.iter().copied().collect();
            let keys = keys.iter().copied();
            keys.filter(|key| others.contains(key)).collect()
        };
        let (was, is) = (of_both(&was, &is), of_both(&is, &was));
        if was.first() != is.first() && !reversed.contains(&value) {
            ties.push((was, is));
        }
    }
    ties
}

/// Most fields hold texts without regard to case, so entries that differ in nothing else count as one.
fn folded(value: &Value) -> String {
    value.to_string().to_lowercase()
}

/// A pattern as the paths that it is held against are: `/` between names, nothing around them, no empty ones.
fn normal(pattern: &str) -> String {
    let names = pattern.split(['/', '\\']).map(str::trim);
    let names: Vec<&str> = names.filter(|name| !name.is_empty()).collect();
    names.join("/")
}

/// Whether one path may fit both patterns. Errs on the side of yes.
fn may_meet(one: &str, other: &str) -> bool {
    let one: Vec<&str> = one.split('/').collect();
    let other: Vec<&str> = other.split('/').collect();
    let is_open = |names: &[&str]| names.contains(&"**");
    if !is_open(&one) && !is_open(&other) && one.len() != other.len() {
        return false;
    }
    let from_start = one.iter().copied().zip(other.iter().copied());
    let from_end = one.iter().copied().rev().zip(other.iter().copied().rev());
    !are_apart(from_start) && !are_apart(from_end)
}

/// Whether two plain names differ before any number of names may stand between.
fn are_apart<'p>(pairs: impl Iterator<Item = (&'p str, &'p str)>) -> bool {
    for (one, other) in pairs {
        if one == "**" || other == "**" {
            return false;
        }
        if !one.contains('*') && !other.contains('*') && one != other {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_that_may_fit_one_path_are_told_from_those_that_cannot() {
        for (one, other, meet) in [
            ("Checkout/*", "*/Cart", true),
            ("Checkout/*", "Search/*", false),
            ("Checkout/*", "Checkout/*/Cart", false),
            ("Checkout/**", "**/Cart", true),
            ("Checkout/**", "Search/**", false),
            ("**/Cash", "**/Cart", false),
            ("a*", "*b", true),
        ] {
            assert_eq!(may_meet(one, other), meet, "{one} {other}");
            assert_eq!(may_meet(other, one), meet, "{other} {one}");
        }
    }
}
