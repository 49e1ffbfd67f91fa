//! How two plan documents differ: what a reviewer saw, and what would run now.
//!
//! Operations are told apart by the digest that the plan's id is made of, so a difference is listed
//! exactly where the ids differ for it. Two operations are versions of one another if they write the same
//! system for the same address. Everything is symmetric: comparing the other way round gives the same
//! differences with both sides swapped.

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashMap};
use std::hash::Hash;

use super::id::operation_digest;
use super::{
    Action, Change, ConnectionEntry, FieldChange, Plan, Precondition, Reason, SafetyVerdict, order,
};
use crate::model::System;

/// Two versions of one thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Versions<T> {
    /// What the first plan has.
    pub then: T,
    /// What the second plan has.
    pub now: T,
}

impl<T: PartialEq> Versions<T> {
    /// Both, if they are not the same.
    fn differing(then: T, now: T) -> Option<Self> {
        (then != now).then_some(Self { then, now })
    }

    fn reversed(self) -> Self {
        Self {
            then: self.now,
            now: self.then,
        }
    }
}

/// What differs between two plans; see [`compare`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Comparison {
    /// The digests of the manifests.
    pub manifests: Option<Versions<String>>,
    /// The addresses that `--only` narrowed the plans to; none is everything.
    pub scope: Option<Versions<Vec<String>>>,
    /// Connections by name, with what each plan says of them.
    pub connections: Vec<Versions<Option<ConnectionEntry>>>,
    /// Whether the plans may run.
    pub safety: Option<Versions<SafetyVerdict>>,
    /// Operations, in the order of their addresses.
    pub operations: Vec<OperationDifference>,
}

/// An operation that only one of two plans has, or that they have in two versions.
#[derive(Clone, Debug, PartialEq)]
pub struct OperationDifference {
    /// The address of both versions.
    pub address: String,
    /// The system that is written.
    pub system: System,
    /// The item's title in each plan that has the operation; for the reader only.
    pub titles: Versions<Option<String>>,
    /// What became of it.
    pub what: Difference,
}

/// How an operation differs between two plans.
#[derive(Clone, Debug, PartialEq)]
pub enum Difference {
    /// Only the second plan has it.
    Came(Box<Change>),
    /// Only the first plan has it.
    Went(Box<Change>),
    /// Both have it, and it is not the same.
    Changed(Box<ChangedOperation>),
}

/// What is not the same of two versions of an operation.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ChangedOperation {
    /// What is done.
    pub action: Option<Versions<Action>>,
    /// Why.
    pub reason: Option<Versions<Reason>>,
    /// The ids of the pair: case and work item.
    pub item: Option<Versions<(Option<u64>, Option<u64>)>>,
    /// Fields, in the order of their paths.
    pub fields: Vec<FieldDifference>,
    /// What must still hold when it runs.
    pub precondition: Option<Versions<Option<Precondition>>>,
}

/// A field that only one version writes, or that they write otherwise.
#[derive(Clone, Debug, PartialEq)]
pub struct FieldDifference {
    /// The target's field.
    pub path: String,
    /// What each version does to it.
    pub versions: Versions<Option<FieldChange>>,
}

impl Comparison {
    /// Whether both plans come from the same manifests, over the same places, and do the same.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The same differences seen from the other plan.
    #[must_use]
    pub fn reversed(self) -> Self {
        Self {
            manifests: self.manifests.map(Versions::reversed),
            scope: self.scope.map(Versions::reversed),
            connections: self
                .connections
                .into_iter()
                .map(Versions::reversed)
                .collect(),
            safety: self.safety.map(Versions::reversed),
            operations: self
                .operations
                .into_iter()
                .map(OperationDifference::reversed)
                .collect(),
        }
    }

    /// How many operations came, went, changed in what they do, and changed in their precondition alone.
    pub fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        for one in &self.operations {
            let count = match &one.what {
                Difference::Came(_) => &mut counts.came,
                Difference::Went(_) => &mut counts.went,
                Difference::Changed(changed) if changed.is_only_precondition() => {
                    &mut counts.precondition
                }
                Difference::Changed(_) => &mut counts.changed,
            };
            *count += 1;
        }
        counts
    }
}

/// See [`Comparison::counts`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Operations that only the second plan has.
    pub came: usize,
    /// Operations that only the first plan has.
    pub went: usize,
    /// Operations that do something else.
    pub changed: usize,
    /// Operations that do the same on an item that was touched.
    pub precondition: usize,
}

impl OperationDifference {
    fn reversed(self) -> Self {
        let what = match self.what {
            Difference::Came(change) => Difference::Went(change),
            Difference::Went(change) => Difference::Came(change),
            Difference::Changed(changed) => Difference::Changed(Box::new(changed.reversed())),
        };
        Self {
            titles: self.titles.reversed(),
            what,
            ..self
        }
    }
}

impl ChangedOperation {
    /// What is not the same of two changes.
    pub fn between(then: &Change, now: &Change) -> Self {
        let ids = |change: &Change| (change.item.testworthy, change.item.azure_devops);
        Self {
            action: Versions::differing(then.action, now.action),
            reason: Versions::differing(then.reason, now.reason),
            item: Versions::differing(ids(then), ids(now)),
            fields: fields(&then.fields, &now.fields),
            precondition: Versions::differing(then.precondition.clone(), now.precondition.clone()),
        }
    }

    /// Whether the operation does the same, and only the item that it is done to was touched.
    pub fn is_only_precondition(&self) -> bool {
        let rest = Self {
            precondition: None,
            ..self.clone()
        };
        self.precondition.is_some() && rest == Self::default()
    }

    fn reversed(self) -> Self {
        Self {
            action: self.action.map(Versions::reversed),
            reason: self.reason.map(Versions::reversed),
            item: self.item.map(Versions::reversed),
            fields: self
                .fields
                .into_iter()
                .map(|field| FieldDifference {
                    versions: field.versions.reversed(),
                    ..field
                })
                .collect(),
            precondition: self.precondition.map(Versions::reversed),
        }
    }
}

/// What differs between `then` and `now`. Costs no more than sorting both.
pub fn compare(then: &Plan, now: &Plan) -> Comparison {
    Comparison {
        manifests: Versions::differing(then.inputs.digest.clone(), now.inputs.digest.clone()),
        scope: Versions::differing(scope(then), scope(now)),
        connections: connections(&then.connections, &now.connections),
        safety: Versions::differing(then.safety.verdict, now.safety.verdict),
        operations: operations(&then.changes, &now.changes),
    }
}

/// Operations that two lists of changes do not have in common.
pub fn operations(then: &[Change], now: &[Change]) -> Vec<OperationDifference> {
    let mut differences = Vec::new();
    for (place, versions) in by_place(then, now, Place::of) {
        let (then, now) = without_common(versions.then, versions.now, |change| {
            operation_digest(change)
        });
        let longest = then.len().max(now.len());
        for at in 0..longest {
            let (then, now) = (then.get(at).copied(), now.get(at).copied());
            let what = match (then, now) {
                (Some(then), Some(now)) => {
                    Difference::Changed(Box::new(ChangedOperation::between(then, now)))
                }
                (Some(then), None) => Difference::Went(Box::new(then.clone())),
                (None, Some(now)) => Difference::Came(Box::new(now.clone())),
                (None, None) => continue,
            };
            let title = |change: Option<&Change>| change.map(|change| change.item.title.clone());
            differences.push(OperationDifference {
                address: place.address.to_owned(),
                system: place.system(),
                titles: Versions {
                    then: title(then),
                    now: title(now),
                },
                what,
            });
        }
    }
    differences
}

/// The entries of two lists by where they stand.
fn by_place<'a, T, K: Ord>(
    then: &'a [T],
    now: &'a [T],
    place: impl Fn(&'a T) -> K,
) -> BTreeMap<K, Versions<Vec<&'a T>>> {
    let nothing = || Versions {
        then: Vec::new(),
        now: Vec::new(),
    };
    let mut places: BTreeMap<K, Versions<Vec<&T>>> = BTreeMap::new();
    for one in then {
        let versions = places.entry(place(one)).or_insert_with(nothing);
        versions.then.push(one);
    }
    for one in now {
        let versions = places.entry(place(one)).or_insert_with(nothing);
        versions.now.push(one);
    }
    places
}

/// Where an operation stands: by this two versions of it are known again.
#[derive(PartialEq, Eq)]
struct Place<'a> {
    address: &'a str,
    is_azure_devops: bool,
}

impl<'a> Place<'a> {
    fn of(change: &'a Change) -> Self {
        Self {
            address: &change.address,
            is_azure_devops: change.system == System::AzureDevOps,
        }
    }

    fn system(&self) -> System {
        if self.is_azure_devops {
            System::AzureDevOps
        } else {
            System::TestWorthy
        }
    }
}

impl Ord for Place<'_> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        order::addresses(self.address, other.address)
            .then_with(|| self.is_azure_devops.cmp(&other.is_azure_devops))
    }
}

impl PartialOrd for Place<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

/// What each list has beyond the other, as often as it has it more often, in an order that does not
/// depend on the lists'.
fn without_common<'a, T, K: Eq + Hash + Ord + Clone>(
    then: Vec<&'a T>,
    now: Vec<&'a T>,
    key: impl Fn(&T) -> K,
) -> (Vec<&'a T>, Vec<&'a T>) {
    let keyed = |list: Vec<&'a T>| -> Vec<(K, &'a T)> {
        let mut keyed: Vec<(K, &T)> = list.into_iter().map(|one| (key(one), one)).collect();
        keyed.sort_by(|(one, _), (other, _)| one.cmp(other));
        keyed
    };
    let (then, now) = (keyed(then), keyed(now));
    let beyond = |list: &[(K, &'a T)], other: &[(K, &'a T)]| -> Vec<&'a T> {
        let mut common: HashMap<K, usize> = HashMap::new();
        for (key, _) in other {
            *common.entry(key.clone()).or_default() += 1;
        }
        let own = list.iter().filter(|(key, _)| match common.get_mut(key) {
            Some(left) if *left > 0 => {
                *left -= 1;
                false
            }
            _ => true,
        });
        own.map(|(_, one)| *one).collect()
    };
    (beyond(&then, &now), beyond(&now, &then))
}

fn fields(then: &[FieldChange], now: &[FieldChange]) -> Vec<FieldDifference> {
    let mut differences = Vec::new();
    for (path, versions) in by_place(then, now, |field| field.path.as_str()) {
        let text = |field: &FieldChange| {
            let shown = [&field.before, &field.after]
                .map(|value| value.as_ref().map(serde_json::Value::to_string));
            (shown, field.sensitive, field.via.clone())
        };
        let (then, now) = without_common(versions.then, versions.now, text);
        for at in 0..then.len().max(now.len()) {
            differences.push(FieldDifference {
                path: path.to_owned(),
                versions: Versions {
                    then: then.get(at).map(|field| (*field).clone()),
                    now: now.get(at).map(|field| (*field).clone()),
                },
            });
        }
    }
    differences
}

fn scope(plan: &Plan) -> Vec<String> {
    let mut only = plan.inputs.only.clone();
    only.sort_unstable();
    only.dedup();
    only
}

fn connections(
    then: &[ConnectionEntry],
    now: &[ConnectionEntry],
) -> Vec<Versions<Option<ConnectionEntry>>> {
    let mut names: Vec<&str> = then
        .iter()
        .chain(now)
        .map(|entry| entry.name.as_str())
        .collect();
    names.sort_unstable();
    names.dedup();
    let named = |entries: &[ConnectionEntry], name: &str| {
        entries.iter().find(|entry| entry.name == name).cloned()
    };
    names
        .into_iter()
        .filter_map(|name| Versions::differing(named(then, name), named(now, name)))
        .collect()
}
