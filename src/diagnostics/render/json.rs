//! For programs: a stable array.

use serde_json::{Value, json};

use crate::diagnostics::{Finding, Location, Resolver, SourceFile};

/// One object per finding, in order of file and position: `code`, `severity`, `message`, `file`,
/// `line`, `column`, `endLine`, `endColumn` (from 1, columns in characters, the end exclusive; null
/// without a place), `help` (or null) and `related` (places with a `message` each).
pub fn render(findings: &[Finding], sources: &[SourceFile]) -> Value {
    let resolver = Resolver::new(sources);
    let entries = resolver.in_order(findings).into_iter().map(|(finding, _)| {
        let related: Vec<Value> = finding
            .related
            .iter()
            .map(|(location, note)| place(Some(location), &resolver, json!({ "message": note })))
            .collect();
        let head = json!({
            "code": finding.code.code,
            "severity": finding.code.severity.as_str(),
            "message": finding.message,
        });
        let mut entry = place(finding.location.as_ref(), &resolver, head);
        entry["help"] = json!(finding.help);
        entry["related"] = json!(related);
        entry
    });
    entries.collect()
}

fn place(location: Option<&Location>, resolver: &Resolver<'_>, mut entry: Value) -> Value {
    let at = location.and_then(|location| resolver.resolve(location));
    entry["file"] = json!(location.map(|location| &location.file));
    entry["line"] = json!(at.as_ref().map(|at| at.start.line));
    entry["column"] = json!(at.as_ref().map(|at| at.start.column));
    entry["endLine"] = json!(at.as_ref().map(|at| at.end.line));
    entry["endColumn"] = json!(at.as_ref().map(|at| at.end.column));
    entry
}
