//! `allow`: findings that somebody accepted for one row, with a reason.

use super::facts::Usage;
use crate::diagnostics::catalog::{self, lint as codes};
use crate::diagnostics::{Finding, Severity, quote};
use crate::mapping::resolve::finding;
use crate::model::config::{FieldMapping, Row};

/// Rules that `accord validate` decides for every row: an `allow` for one of them that silences nothing
/// there silences nothing anywhere.
const OFFLINE: [&str; 3] = ["L08", "L14", "L25"];

/// A finding that somebody accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allowed {
    /// The row that accepts it.
    pub row: String,
    /// The finding.
    pub finding: Finding,
    /// Why it is right here.
    pub reason: String,
}

/// Findings sorted by whether they are accepted.
#[derive(Clone, Debug, Default)]
pub(in crate::mapping) struct Sorted {
    pub(in crate::mapping) findings: Vec<Finding>,
    pub(in crate::mapping) allowed: Vec<Allowed>,
    /// Rows that do not compile: nothing more is known of them.
    pub(in crate::mapping) refused: Vec<String>,
}

impl Sorted {
    /// Takes in the findings of one row. An error cannot be accepted.
    pub(in crate::mapping) fn take(&mut self, row: &Row, found: Vec<Finding>) {
        for one in found {
            let accepted = row
                .allow
                .iter()
                .find(|allow| allow.code.eq_ignore_ascii_case(one.code.code));
            match accepted.filter(|_| !one.is_error()) {
                Some(allow) => self.allowed.push(Allowed {
                    row: row.name.clone(),
                    finding: one,
                    reason: allow.reason.clone(),
                }),
                None => self.findings.push(one),
            }
        }
    }
}

/// Entries of `allow` that silence nothing. `live` says that the server was asked; without it, only what
/// needs no server is judged.
pub(super) fn unused(
    mapping: &FieldMapping,
    sorted: &Sorted,
    usage: &Usage,
    live: bool,
) -> Vec<Finding> {
    let mut found = Vec::new();
    for row in &mapping.rows {
        for allow in &row.allow {
            let used = sorted
                .allowed
                .iter()
                .any(|one| one.row == row.name && one.finding.code.code == allow.code);
            if used {
                continue;
            }
            let code = quote(&allow.code);
            let why = match catalog::find(&allow.code) {
                None => format!("there is no rule {code}"),
                Some(entry) if entry.severity == Severity::Error => {
                    format!("{code} is an error, and an error cannot be accepted")
                }
                Some(_) if ABOUT_ROWS.iter().all(|code| *code != allow.code) => {
                    format!("{code} is not about a row")
                }
                Some(_) => {
                    // A mapping that no rule uses has no direction to judge it by.
                    let decided = !usage.targets.is_empty()
                        && (live || OFFLINE.contains(&allow.code.as_str()));
                    let refused = sorted.refused.contains(&row.name);
                    // What depends on the items themselves is known to a plan only.
                    if !decided || refused || OF_ITEMS.contains(&allow.code.as_str()) {
                        continue;
                    }
                    format!("the row has no finding {code}")
                }
            };
            found.push(
                finding(
                    mapping,
                    row,
                    &codes::UNUSED_ALLOW,
                    format_args!("`allow` silences nothing: {why}"),
                )
                .with_help("remove the entry"),
            );
        }
    }
    found
}

/// Warnings about single rows.
const ABOUT_ROWS: [&str; 11] = [
    "L05", "L08", "L10", "L11", "L14", "L16", "L18", "L22", "L24", "L25", "L30",
];

/// Those of them that are found while items are read, or where a document is read.
const OF_ITEMS: [&str; 4] = ["L16", "L18", "L22", "L30"];
