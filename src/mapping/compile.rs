//! From declared mappings to compiled ones.

use indexmap::IndexMap;

use super::lint::{self, Sorted, Usage};
use super::resolve::Resolver;
use super::row::CompiledRow;
use super::user::Users;
use crate::diagnostics::{Finding, Location, Place};
use crate::model::config::{FieldMapping, Row, RowSource};
use crate::model::{Name, System, WorkItemType};

/// A field mapping whose rows can read, translate and write.
#[derive(Clone, Debug)]
pub struct CompiledMapping {
    /// `metadata.name`.
    pub name: Name,
    /// The work item type, for example `Test Case`.
    pub work_item_type: String,
    /// Rows in the order of the manifest.
    pub rows: Vec<CompiledRow>,
}

impl CompiledMapping {
    /// Compiles a mapping for a rule that writes `targets` (both of them if it goes both ways), against what the server says of the work
    /// item type, if that is known. The mapping is `None` if a finding is an error; warnings come with
    /// either.
    pub fn compile(
        mapping: &FieldMapping,
        metadata: Option<&WorkItemType>,
        targets: &[System],
    ) -> (Option<Self>, Vec<Finding>) {
        let (rows, sorted) = check(mapping, metadata, &Usage::of_rule(targets));
        let findings = sorted.findings;
        let compiled = Self {
            name: mapping.name.clone(),
            work_item_type: mapping.work_item_type.clone(),
            rows,
        };
        let usable = !findings.iter().any(Finding::is_error);
        (usable.then_some(compiled), findings)
    }

    /// The same mapping with the people of a connection: TestWorthy address to Azure DevOps name.
    #[must_use]
    pub fn with_users(mut self, users: &IndexMap<String, String>) -> Self {
        let users = Users::new(users);
        for row in &mut self.rows {
            row.know_users(&users);
        }
        self
    }

    /// The row with this name.
    pub fn row(&self, name: &str) -> Option<&CompiledRow> {
        self.rows.iter().find(|row| row.name() == name)
    }

    /// The rows that a rule which writes `target` uses, in the order of the mapping.
    pub fn active_rows(&self, target: System) -> impl Iterator<Item = &CompiledRow> {
        self.rows.iter().filter(move |row| row.active(target))
    }

    /// What stands in the way of creating items on `target`: required fields that no row fills. For
    /// rules that create; updates do without.
    pub fn check_creates(&self, metadata: Option<&WorkItemType>, target: System) -> Vec<Finding> {
        lint::required(self, metadata, target)
    }
}

/// Compiles the rows that can be compiled and lints the whole; warnings that the manifest allows are
/// kept apart.
pub(super) fn check(
    mapping: &FieldMapping,
    metadata: Option<&WorkItemType>,
    usage: &Usage,
) -> (Vec<CompiledRow>, Sorted) {
    let mut sorted = Sorted::default();
    let mut compiled = Vec::new();
    for row in &mapping.rows {
        match Resolver::new(mapping, row, metadata).compile() {
            Ok(ready) => {
                sorted.take(row, lint::row(mapping, row, &ready, usage, metadata));
                compiled.push(ready);
            }
            Err(found) => {
                sorted.refused.push(row.name.clone());
                sorted.take(row, found);
            }
        }
    }
    hide_computed(mapping, &mut compiled);
    sorted
        .findings
        .extend(lint::whole(mapping, &compiled, usage));
    (compiled, sorted)
}

/// What is computed from a field that a sensitive row carries is as sensitive.
fn hide_computed(mapping: &FieldMapping, rows: &mut [CompiledRow]) {
    let secret = mapping.rows.iter().filter(|row| row.sensitive);
    let secret: Vec<&str> = secret
        .filter_map(|row| match &row.source {
            RowSource::Field(name) => Some(name.as_str()),
            RowSource::Constant(_) | RowSource::Expression(_) => None,
        })
        .collect();
    for row in rows {
        let computed = row.reads().any(|name| secret.contains(&name));
        row.sensitive |= computed;
    }
}

/// Where a row is declared.
pub(super) fn location(row: &Row) -> Location {
    Location {
        file: row.origin.file.clone(),
        place: Place::Line(row.origin.line),
    }
}
