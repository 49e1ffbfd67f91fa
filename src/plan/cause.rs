//! Which changes of a plan a change of the manifests causes, where that can be said.

use std::collections::BTreeSet;

use super::{Change, Plan, Reason};
use crate::manifest::compare::{ChangeKind, DeclarationChange};
use crate::model::Name;
use crate::model::config::{Config, FieldMapping, Row, RowSource, RowTarget};

/// Counts, for each mapping and rule that changed, the plan's changes with the reason
/// [`Reason::MappingChanged`] that write one of its changed rows. Others get no number: an item that is new
/// to a scope looks to a plan like one that is new.
pub fn attribute(changes: &mut [DeclarationChange], before: &Config, after: &Config, plan: &Plan) {
    let caused: Vec<&Change> = plan
        .changes
        .iter()
        .filter(|change| change.reason == Reason::MappingChanged)
        .collect();
    for change in changes {
        if change.change != ChangeKind::Changed {
            continue;
        }
        let named = change.address.split_once('/');
        let Some((kind, Ok(name))) = named.map(|(kind, name)| (kind, Name::new(name))) else {
            continue;
        };
        change.planned = match kind {
            "FieldMapping" => {
                let sides = (before.mappings.get(&name), after.mappings.get(&name));
                let (Some(old), Some(new)) = sides else {
                    continue;
                };
                let written = written_by_changed_rows(old, new);
                let rules: BTreeSet<String> = after
                    .rules
                    .values()
                    .filter(|rule| rule.mapping == name)
                    .map(|rule| format!("SyncRule/{}/", rule.name))
                    .collect();
                let is_caused = |one: &&&Change| {
                    rules.iter().any(|rule| one.address.starts_with(rule))
                        && one
                            .fields
                            .iter()
                            .any(|field| written.iter().any(|known| known.is(&field.path)))
                };
                Some(caused.iter().filter(is_caused).count() as u64)
            }
            "SyncRule" => {
                let sides = (before.rules.get(&name), after.rules.get(&name));
                let (Some(old), Some(new)) = sides else {
                    continue;
                };
                // Only then do its rows mean something else.
                if old.mapping == new.mapping {
                    continue;
                }
                let below = format!("SyncRule/{name}/");
                let caused = caused.iter().filter(|one| one.address.starts_with(&below));
                Some(caused.count() as u64)
            }
            _ => continue,
        };
    }
}

/// What a row writes, as a plan names it.
enum Written {
    Field(String),
    /// One of the slices of the tags.
    Tags,
}

impl Written {
    fn is(&self, path: &str) -> bool {
        match self {
            Self::Field(name) => name.eq_ignore_ascii_case(path),
            Self::Tags => path.starts_with("System.Tags["),
        }
    }
}

/// The fields, of either side, of rows whose meaning differs.
fn written_by_changed_rows(old: &FieldMapping, new: &FieldMapping) -> Vec<Written> {
    // What a row means, without where it stands and how conflicts in it are decided.
    let meaning = |row: &Row| serde_json::to_value(row).ok();
    let mut written = Vec::new();
    for row in &new.rows {
        let known = old.rows.iter().find(|one| one.name == row.name);
        if known.is_some_and(|known| meaning(known) == meaning(row)) {
            continue;
        }
        written.push(match &row.target {
            RowTarget::Field(name) => Written::Field(name.clone()),
            RowTarget::Tag(_) | RowTarget::TagPrefix(_) => Written::Tags,
        });
        if let RowSource::Field(name) = &row.source {
            written.push(Written::Field(name.clone()));
        }
    }
    written
}
