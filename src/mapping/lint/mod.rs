//! Rules for mappings: what cannot work, and what probably is not meant.
//!
//! What needs no server is said by `accord validate`; what needs the live work item type by `plan` and
//! `doctor` too; what needs the items themselves by `plan` ([`seen`]). `docs/lint.md` lists the rules.

mod accept;
mod expression;
mod facts;
mod form;
mod lossy;
mod paths;
mod people;
mod row;
mod rules;
pub mod seen;
mod table;
mod volatile;
mod whole;
mod workflow;

use std::collections::BTreeSet;

pub(super) use accept::Sorted;
pub(super) use facts::Usage;
pub(super) use whole::required;

use super::compile::{check, location};
use super::form::key;
use super::row::CompiledRow;
use crate::diagnostics::{Finding, Location, Place};
use crate::model::config::{Config, FieldMapping, Origin, Row, SyncRule};
use crate::model::{Name, System, Value, WorkItemType};
use facts::Facts;

pub use accept::Allowed;
pub use form::{lint_form, names_custom_fields};
pub use paths::{lint_create_in, lint_paths, names_paths};

/// What the rules say of manifests.
#[derive(Clone, Debug, Default)]
pub struct LintReport {
    /// What is wrong or probably not meant.
    pub findings: Vec<Finding>,
    /// What somebody accepted, with the reason.
    pub allowed: Vec<Allowed>,
}

/// Lints a mapping without asking a server, as a rule uses it that writes `targets`: both of them for a
/// rule that goes both ways.
pub fn lint(mapping: &FieldMapping, targets: &[System]) -> Vec<Finding> {
    check(mapping, None, &Usage::of_rule(targets)).1.findings
}

/// Lints every mapping and rule of a project, without asking a server.
pub fn lint_config(config: &Config) -> Vec<Finding> {
    lint_report(config).findings
}

/// [`lint_config`], with what the manifests accept.
pub fn lint_report(config: &Config) -> LintReport {
    let mut report = LintReport::default();
    for mapping in config.mappings.values() {
        let usage = usage(config, mapping);
        let sorted = check(mapping, None, &usage).1;
        report
            .findings
            .extend(accept::unused(mapping, &sorted, &usage, false));
        report.findings.extend(sorted.findings);
        report.allowed.extend(sorted.allowed);
    }
    report.findings.extend(rules::check(config));
    report
}

/// Entries of `allow` that silence nothing, for a mapping held against the live work item type. Every
/// rule of the project that uses it counts, whichever way it goes.
pub fn unused_allows(config: &Config, mapping: &FieldMapping, live: &WorkItemType) -> Vec<Finding> {
    let usage = usage(config, mapping);
    let sorted = check(mapping, Some(live), &usage).1;
    accept::unused(mapping, &sorted, &usage, true)
}

/// How the rules of a project use a mapping.
fn usage(config: &Config, mapping: &FieldMapping) -> Usage {
    let using = || {
        let rules = config.rules.values();
        rules.filter(|rule| rule.mapping == mapping.name)
    };
    let targets: BTreeSet<System> = using().flat_map(SyncRule::targets).collect();
    let connections: BTreeSet<_> = using().map(|rule| &rule.connection).collect();
    let without_users = connections.into_iter().filter(|name| {
        let connection = config.connections.get(*name);
        connection.is_some_and(|connection| connection.users.is_empty())
    });
    let flat = |wanted: fn(&SyncRule) -> bool| -> Vec<String> {
        let names: BTreeSet<&Name> = using()
            .filter(|rule| rule.writes(System::TestWorthy) && wanted(rule))
            .map(|rule| &rule.connection)
            .filter(|name| {
                let connection = config.connections.get(*name);
                connection.is_some_and(|connection| connection.testworthy.is_v1())
            })
            .collect();
        names.into_iter().map(ToString::to_string).collect()
    };
    Usage {
        flat: flat(|_| true),
        flat_both_ways: flat(SyncRule::is_two_way),
        targets: targets.into_iter().collect(),
        // Two rules that go one way each share no item.
        two_way: using().any(SyncRule::is_two_way),
        whole_project: true,
        without_users: without_users.map(ToString::to_string).collect(),
    }
}

/// Findings about one row that compiles.
pub(super) fn row(
    mapping: &FieldMapping,
    row: &Row,
    ready: &CompiledRow,
    usage: &Usage,
    metadata: Option<&WorkItemType>,
) -> Vec<Finding> {
    let facts = Facts {
        row,
        metadata,
        usage,
        compiled: Some(ready.codec()),
    };
    let mut found = Vec::new();
    row::check(mapping, &facts, ready, &mut found);
    table::check(mapping, &facts, ready, &mut found);
    lossy::check(mapping, &facts, &mut found);
    workflow::check(mapping, &facts, &mut found);
    people::check(mapping, &facts, &mut found);
    volatile::check(mapping, &facts, &mut found);
    found
}

/// Findings about the rows as a whole.
pub(super) fn whole(mapping: &FieldMapping, rows: &[CompiledRow], usage: &Usage) -> Vec<Finding> {
    whole::check(mapping, rows, usage)
}

/// Where a declaration begins.
fn place(origin: &Origin) -> Location {
    Location {
        file: origin.file.clone(),
        place: Place::Line(origin.line),
    }
}

fn quoted(values: &[&Value]) -> String {
    let texts: Vec<String> = values.iter().map(|value| key(value)).collect();
    quoted_texts(&texts.iter().map(String::as_str).collect::<Vec<_>>())
}

/// Texts in back quotes, with commas and an `and`.
fn quoted_texts(texts: &[&str]) -> String {
    let texts: Vec<String> = texts.iter().map(|text| format!("`{text}`")).collect();
    joined(&texts.iter().map(String::as_str).collect::<Vec<_>>())
}

/// Texts with commas and an `and`.
fn joined(texts: &[&str]) -> String {
    match texts.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        _ => texts.concat(),
    }
}

#[cfg(test)]
mod tests;
