//! The rules whose items a declaration is about.

use std::collections::BTreeSet;

use super::declared::{Key, What};
use crate::model::Name;
use crate::model::config::{Config, FieldMapping, RowTarget, SyncRule};

/// Rules of either side that run over a connection, apply a mapping, or write a custom field.
pub(super) fn rules(before: &Config, after: &Config, key: &Key) -> BTreeSet<Name> {
    let of = |config: &Config| -> Vec<Name> {
        let rules = config.rules.values();
        let rules = rules.filter(|rule| is_about(config, rule, key));
        rules.map(|rule| rule.name.clone()).collect()
    };
    of(before).into_iter().chain(of(after)).collect()
}

fn is_about(config: &Config, rule: &SyncRule, key: &Key) -> bool {
    let is_called = |name: &Name| name.as_str() == key.name;
    match key.what {
        What::Project => true,
        What::Connection => is_called(&rule.connection),
        What::FieldMapping => is_called(&rule.mapping),
        What::SyncRule => is_called(&rule.name),
        What::MappingTest => false,
        What::CustomField => {
            let mut declared = config.custom_fields.values();
            let Some(declared) = declared.find(|one| is_called(&one.name)) else {
                return false;
            };
            let mapping = config.mappings.get(&rule.mapping);
            let names = |mapping: &FieldMapping| {
                mapping.rows.iter().any(
                    |row| matches!(&row.target, RowTarget::Field(name) if declared.is_called(name)),
                )
            };
            declared.connection == rule.connection && mapping.is_some_and(names)
        }
    }
}
