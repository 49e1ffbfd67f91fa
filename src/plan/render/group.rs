//! Equal changes of many items told once.
//!
//! Forty items that get the same new priority are one thing to read. Grouping looks at every change
//! once, before anything is cut, so the counts are always those of the whole plan.

use std::collections::HashMap;

use crate::model::System;
use crate::plan::order::declaration;
use crate::plan::{Action, Change, FieldChange, Reason};

/// Changes that are told together, in the order of the plan; never empty.
pub(super) struct Group<'a> {
    pub(super) changes: Vec<&'a Change>,
}

#[derive(PartialEq, Eq, Hash)]
struct Key<'a> {
    declaration: &'a str,
    system: System,
    action: Action,
    reason: Reason,
    /// Creates differ in every value and are told together all the same.
    fields: Option<&'a [FieldChange]>,
}

/// Groups the changes of one kind, in the order in which the plan first names each group.
pub(super) fn group(changes: &[Change], action: Action) -> Vec<Group<'_>> {
    let mut groups: Vec<Group<'_>> = Vec::new();
    let mut known: HashMap<Key<'_>, usize> = HashMap::new();
    for change in changes.iter().filter(|change| change.action == action) {
        let differ = action == Action::Create && !super::words::is_restored(change);
        let fields = (!differ).then_some(change.fields.as_slice());
        let key = Key {
            declaration: declaration(&change.address),
            system: change.system,
            action,
            reason: change.reason,
            fields,
        };
        let at = *known.entry(key).or_insert_with(|| {
            groups.push(Group {
                changes: Vec::new(),
            });
            groups.len() - 1
        });
        groups[at].changes.push(change);
    }
    groups
}

impl<'a> Group<'a> {
    /// One that speaks for all.
    pub(super) fn first(&self) -> &'a Change {
        self.changes[0]
    }

    /// Fields that all of them set alike, and paths of those that differ from item to item.
    pub(super) fn common(&self) -> (Vec<&'a FieldChange>, Vec<&'a str>) {
        let first = self.first();
        let mut alike: Vec<&'a FieldChange> = first.fields.iter().collect();
        let mut differing: Vec<&'a str> = Vec::new();
        for change in &self.changes[1..] {
            alike.retain(|field| {
                let kept = change.fields.contains(field);
                if !kept {
                    differing.push(&field.path);
                }
                kept
            });
            for field in &change.fields {
                let known = alike.iter().any(|other| other.path == field.path)
                    || differing.contains(&field.path.as_str());
                if !known {
                    differing.push(&field.path);
                }
            }
        }
        (alike, differing)
    }
}
