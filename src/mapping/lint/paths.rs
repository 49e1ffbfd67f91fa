//! Areas and iterations that tables of paths name, against those that the project has.

use super::facts::{Facts, Usage};
use crate::diagnostics::catalog::mapping as entry;
use crate::diagnostics::{Finding, nearest};
use crate::mapping::resolve::finding;
use crate::model::config::{Codec, FieldMapping, Row, RowSource, SyncRule, Unmapped};
use crate::model::{System, Value, WorkItemType};

/// The paths that rows write into `field` (`System.AreaPath` or `System.IterationPath`), each with its
/// row.
fn written<'a>(
    mapping: &'a FieldMapping,
    live: Option<&'a WorkItemType>,
    field: &'a str,
) -> impl Iterator<Item = (&'a Row, String)> {
    let usage = Usage::of_rule(&[System::AzureDevOps]);
    let rows = mapping.rows.iter().filter(move |row| {
        let facts = Facts {
            row,
            metadata: live,
            usage: &usage,
            compiled: None,
        };
        facts
            .azure()
            .is_some_and(|name| name.eq_ignore_ascii_case(field))
            && facts.codec() == Some(Codec::Path)
            && facts.writes(System::AzureDevOps)
    });
    rows.flat_map(|row| {
        let mut paths: Vec<&Value> = Vec::new();
        if let RowSource::Constant(value) = &row.source {
            paths.push(value);
        }
        if let Some(table) = &row.values {
            paths.extend(table.values.values());
            if let Unmapped::Use(value) = &table.unmapped {
                paths.push(value);
            }
        }
        paths.into_iter().map(move |path| (row, path.to_string()))
    })
}

/// Whether a mapping names paths for `field`, so that it is worth asking for those of the project.
pub fn names_paths(mapping: &FieldMapping, field: &str) -> bool {
    written(mapping, None, field).next().is_some()
}

/// L06: paths of the mapping's tables that the project does not have. Names of nodes are compared without
/// case, and a leading backslash is nothing.
pub fn lint_paths(mapping: &FieldMapping, field: &str, there: &[String]) -> Vec<Finding> {
    written(mapping, None, field)
        .filter(|(_, path)| !is_there(path, there))
        .map(|(row, path)| {
            let what = format!("the project has no `{path}`, which the row writes into `{field}`");
            finding(mapping, row, &entry::L06_NOT_ALLOWED, what)
                .with_help(way_out(&path, there, "the row"))
        })
        .collect()
}

/// L06 for the place of new work items: a path under `createIn` that the project does not have.
pub fn lint_create_in(rule: &SyncRule, path: &str, there: &[String]) -> Option<Finding> {
    if is_there(path, there) {
        return None;
    }
    let message = format!(
        "the project has no `{path}`, in which rule `{}` creates work items",
        rule.name
    );
    let finding = Finding::new(&entry::L06_NOT_ALLOWED, message).at(super::place(&rule.origin));
    Some(finding.with_help(way_out(path, there, "the rule")))
}

fn is_there(path: &str, there: &[String]) -> bool {
    let fold = |path: &str| path.trim_matches('\\').to_lowercase();
    there.iter().any(|known| fold(known) == fold(path))
}

fn way_out(path: &str, there: &[String], what: &str) -> String {
    match nearest(path, there.iter().map(String::as_str)) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("create it in the project's settings, or correct {what}"),
    }
}
