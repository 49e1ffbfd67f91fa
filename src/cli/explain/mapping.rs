//! `accord explain FieldMapping/NAME`: every row with its direction and what happens on the way, the tables
//! of values both ways, and what is lost in each direction.

use std::fmt::Write as _;

use serde_json::{Value as Json, json};

use super::super::ui::printable;
use crate::diagnostics::{Finding, Place};
use crate::mapping::{CompiledMapping, lint};
use crate::model::config::{
    Config, FieldMapping, Row, RowSource, RowTarget, SyncRule, Unmapped, ValueMap,
};
use crate::model::{CaseField, CaseFieldAccess, System, Value};

/// Everything that is told of a mapping.
pub(super) struct Explained<'a> {
    mapping: &'a FieldMapping,
    rules: Vec<&'a SyncRule>,
    rows: Vec<ExplainedRow<'a>>,
    /// By the side that is written: findings that are no errors, but for L08, which each row tells.
    losses: [(System, Vec<Finding>); 2],
}

struct ExplainedRow<'a> {
    row: &'a Row,
    testworthy: String,
    azure_devops: String,
    /// Whether values go to Azure DevOps, and to TestWorthy.
    ways: (bool, bool),
    codec: String,
    notes: Vec<String>,
    entries: Vec<Entry>,
}

/// An entry of a table of values.
struct Entry {
    testworthy: String,
    azure_devops: String,
    ways: (bool, bool),
    /// What a reader might not expect.
    note: Option<String>,
}

impl<'a> Explained<'a> {
    pub(super) fn new(config: &'a Config, mapping: &'a FieldMapping) -> Self {
        let rules = config.rules.values();
        let rules: Vec<&SyncRule> = rules.filter(|rule| rule.mapping == mapping.name).collect();
        let targets = [System::AzureDevOps, System::TestWorthy];
        let linted = targets.map(|target| (target, lint(mapping, &[target])));
        let compiled = targets.map(|target| CompiledMapping::compile(mapping, None, &[target]).0);
        let row = |row| ExplainedRow::new(row, &rules, &linted, &compiled);
        let rows = mapping.rows.iter().map(row).collect();
        let losses = linted.map(|(target, mut findings)| {
            // The two systems' limits are no losses, and a direction that nobody could use has no rules.
            findings.retain(|finding| !finding.is_error());
            (target, findings)
        });
        Self {
            mapping,
            rules,
            rows,
            losses,
        }
    }

    pub(super) fn json(&self, address: &str) -> Json {
        let origin = &self.mapping.origin;
        let rules: Vec<Json> = self
            .rules
            .iter()
            .map(|rule| {
                let writes = if rule.is_two_way() {
                    "both"
                } else {
                    rule.target().key()
                };
                json!({ "name": rule.name.as_str(), "writes": writes })
            })
            .collect();
        let losses: serde_json::Map<String, Json> = self
            .losses
            .iter()
            .map(|(target, findings)| {
                let finding =
                    |finding: &Finding| json!({ "code": finding.code.code, "message": finding.message });
                let findings = findings.iter().map(finding).collect();
                (target.key().to_owned(), findings)
            })
            .collect();
        json!({
            "address": address,
            "facts": {
                "declared": format!("{}:{}", origin.file, origin.line),
                "work item type": self.mapping.work_item_type,
                "rules": rules,
            },
            "rows": self.rows.iter().map(ExplainedRow::json).collect::<Vec<_>>(),
            "warnings": losses,
        })
    }

    pub(super) fn human(&self, address: &str) -> String {
        let origin = &self.mapping.origin;
        let mut text = format!("{address}\n");
        let mut fact = |name: &str, value: &str| {
            let _ = writeln!(text, "  {name:16}{}", printable(value));
        };
        fact("declared", &format!("{}:{}", origin.file, origin.line));
        fact("work item type", &self.mapping.work_item_type);
        let rules: Vec<String> = self
            .rules
            .iter()
            .map(|rule| {
                if rule.is_two_way() {
                    format!("{} (writes both)", rule.name)
                } else {
                    format!("{} (writes {})", rule.name, rule.target())
                }
            })
            .collect();
        fact(
            "rules",
            &if rules.is_empty() {
                "none".to_owned()
            } else {
                rules.join(", ")
            },
        );
        text.push('\n');
        let mut table = vec![
            [
                "Row",
                "TestWorthy",
                "",
                "Azure DevOps",
                "Codec",
                "On the way",
            ]
            .map(str::to_owned),
        ];
        for row in &self.rows {
            table.push([
                row.row.name.clone(),
                row.testworthy.clone(),
                arrow(row.ways).to_owned(),
                row.azure_devops.clone(),
                row.codec.clone(),
                row.notes.join("; "),
            ]);
        }
        columns(&mut text, &table);
        for row in self.rows.iter().filter(|row| !row.entries.is_empty()) {
            let _ = writeln!(text, "\nValues of `{}`", printable(&row.row.name));
            let mut table = vec![["TestWorthy", "", "Azure DevOps", ""].map(str::to_owned)];
            for entry in &row.entries {
                table.push([
                    entry.testworthy.clone(),
                    arrow(entry.ways).to_owned(),
                    entry.azure_devops.clone(),
                    entry.note.clone().unwrap_or_default(),
                ]);
            }
            columns(&mut text, &table);
        }
        for (target, findings) in &self.losses {
            let _ = writeln!(text, "\nOn the way to {target}");
            if findings.is_empty() {
                text.push_str("  no warnings\n");
            }
            for finding in findings {
                let (code, message) = (finding.code.code, printable(&finding.message));
                let _ = writeln!(text, "  {code}  {message}");
            }
        }
        text
    }
}

impl<'a> ExplainedRow<'a> {
    fn new(
        row: &'a Row,
        rules: &[&SyncRule],
        linted: &[(System, Vec<Finding>); 2],
        compiled: &[Option<CompiledMapping>; 2],
    ) -> Self {
        let ready = compiled
            .iter()
            .flatten()
            .find_map(|mapping| mapping.row(&row.name));
        let codec = ready.map(crate::mapping::CompiledRow::codec).or(row.codec);
        let read_only = |target: System| {
            let findings = linted.iter().filter(|(to, _)| *to == target);
            findings.flat_map(|(_, findings)| findings).any(|finding| {
                finding.code.code == "L03"
                    && finding.location.as_ref().is_some_and(|location| {
                        location.file == row.origin.file
                            && location.place == Place::Line(row.origin.line)
                    })
            })
        };
        let has_way_back = match &row.source {
            RowSource::Field(name) => {
                CaseField::find(name).is_none_or(|field| field.access == CaseFieldAccess::Write)
            }
            RowSource::Constant(_) | RowSource::Expression(_) => false,
        };
        let allowed = |target: System| row.direction.is_none_or(|way| way.writes(target));
        let ways = (
            allowed(System::AzureDevOps) && !read_only(System::AzureDevOps),
            allowed(System::TestWorthy) && has_way_back,
        );
        Self {
            row,
            testworthy: match &row.source {
                RowSource::Field(name) => name.clone(),
                RowSource::Constant(value) => format!("constant {value}"),
                RowSource::Expression(text) => format!("expression {text}"),
            },
            azure_devops: match &row.target {
                RowTarget::Field(name) => name.clone(),
                RowTarget::Tag(tag) => format!("tag {tag}"),
                RowTarget::TagPrefix(prefix) => format!("tags {prefix}*"),
            },
            ways,
            codec: codec.map_or_else(
                || "by the field's type".to_owned(),
                |codec| codec.key().to_owned(),
            ),
            notes: notes(row, if ways == (true, true) { rules } else { &[] }),
            entries: row
                .values
                .as_ref()
                .map_or_else(Vec::new, |map| entries(map, ways)),
        }
    }

    fn json(&self) -> Json {
        let entries: Vec<Json> = self
            .entries
            .iter()
            .map(|entry| {
                json!({
                    "testworthy": entry.testworthy,
                    "azureDevOps": entry.azure_devops,
                    "toAzureDevOps": entry.ways.0,
                    "toTestWorthy": entry.ways.1,
                    "note": entry.note,
                })
            })
            .collect();
        let allow: Vec<Json> = self
            .row
            .allow
            .iter()
            .map(|allow| json!({ "code": allow.code, "reason": allow.reason }))
            .collect();
        json!({
            "name": self.row.name,
            "line": self.row.origin.line,
            "testworthy": self.testworthy,
            "azureDevOps": self.azure_devops,
            "toAzureDevOps": self.ways.0,
            "toTestWorthy": self.ways.1,
            "codec": self.codec,
            "onCreate": self.row.on_create,
            "sensitive": self.row.sensitive,
            "conflict": self.row.conflict,
            "unmapped": self.row.values.as_ref().map(|map| &map.unmapped),
            "values": entries,
            "allow": allow,
        })
    }
}

/// What happens to a row's values on the way, in words.
fn notes(row: &Row, rules: &[&SyncRule]) -> Vec<String> {
    let mut notes = Vec::new();
    match &row.target {
        RowTarget::Tag(tag) => notes.push(format!("true is the tag `{tag}`, false its absence")),
        RowTarget::TagPrefix(prefix) => {
            notes.push(format!("each member is a tag with `{prefix}` before it"));
        }
        RowTarget::Field(_) => {}
    }
    if let Some(map) = &row.values {
        let number = map.values.len();
        let plural = if number == 1 { "value" } else { "values" };
        notes.push(format!("{number} {plural} by table"));
        notes.push(match &map.unmapped {
            Unmapped::Hold => "others wait".to_owned(),
            Unmapped::SkipItem => "with others the item waits".to_owned(),
            Unmapped::Use(value) => format!("others become `{value}`"),
        });
    }
    if row.on_create {
        notes.push("only when an item is created".to_owned());
    } else {
        notes.extend(conflicts(row, rules));
    }
    if row.sensitive {
        notes.push("sensitive: left out of plans".to_owned());
    }
    for allow in &row.allow {
        notes.push(format!("{} accepted: {}", allow.code, allow.reason));
    }
    notes
}

/// Who is right where both sides edited the row, each once with the two-way rules that say so.
fn conflicts(row: &Row, rules: &[&SyncRule]) -> Vec<String> {
    let mut told: Vec<(&'static str, Vec<&str>)> = Vec::new();
    for rule in rules.iter().filter(|rule| rule.is_two_way()) {
        let words = super::address::winner(rule.winner(&row.name, row.conflict));
        let own = rule.name.as_str();
        match told.iter_mut().find(|(known, _)| *known == words) {
            Some((_, names)) => names.push(own),
            None => told.push((words, vec![own])),
        }
    }
    let several = told.len() > 1;
    let line = |(words, names): (&str, Vec<&str>)| {
        if several {
            format!("edited on both sides ({}): {words}", names.join(", "))
        } else {
            format!("edited on both sides: {words}")
        }
    };
    told.into_iter().map(line).collect()
}

/// The table of values. `reverse` goes before `values` on the way back, and of several the first does.
fn entries(map: &ValueMap, ways: (bool, bool)) -> Vec<Entry> {
    let key = |value: &Value| {
        if value.is_null() {
            String::new()
        } else {
            value.to_string()
        }
    };
    let back = |azure: &str| -> Option<String> {
        if let Some(value) = map.reverse.get(azure) {
            return Some(key(value));
        }
        let mut entries = map.values.iter();
        let first = entries.find(|(_, value)| key(value) == azure);
        first.map(|(left, _)| left.clone())
    };
    let mut all = Vec::with_capacity(map.values.len() + map.reverse.len());
    for (left, value) in &map.values {
        let right = key(value);
        let returned = back(&right);
        let returns = returned.as_deref() == Some(left.as_str());
        let note = (!returns && ways.1).then(|| {
            let as_what = returned.as_deref().unwrap_or_default();
            format!("merged: comes back as `{as_what}`")
        });
        all.push(Entry {
            testworthy: left.clone(),
            azure_devops: right,
            ways: (ways.0, ways.1 && returns),
            note,
        });
    }
    for (right, value) in &map.reverse {
        let left = key(value);
        let forward = map.values.get(&left).map(key);
        if forward.as_deref() == Some(right.as_str()) {
            continue;
        }
        let note = forward.filter(|_| ways.0).map(|forward| {
            format!("counts as in accord with `{forward}`, and is not written back")
        });
        all.push(Entry {
            testworthy: left,
            azure_devops: right.clone(),
            ways: (false, ways.1),
            note,
        });
    }
    all
}

fn arrow(ways: (bool, bool)) -> &'static str {
    match ways {
        (true, true) => "<->",
        (true, false) => "->",
        (false, true) => "<-",
        (false, false) => "-",
    }
}

/// Cells under each other, two spaces between; the last column ends where its text does.
fn columns<const N: usize>(text: &mut String, table: &[[String; N]]) {
    let mut widths = [0; N];
    for row in table {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(printable(cell).chars().count());
        }
    }
    for row in table {
        let mut line = String::from("  ");
        for (cell, width) in row.iter().zip(widths) {
            let cell = printable(&cell.replace('\n', " "));
            let _ = write!(line, "{cell:width$}  ");
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
}

#[cfg(test)]
mod tests {
    use indexmap::IndexMap;

    use super::*;

    fn table(values: &[(&str, i64)], reverse: &[(i64, &str)]) -> ValueMap {
        let left = |(left, right): &(&str, i64)| ((*left).to_owned(), Value::integer(*right));
        let right = |(right, left): &(i64, &str)| (right.to_string(), Value::text(*left));
        ValueMap {
            values: values.iter().map(left).collect(),
            reverse: reverse.iter().map(right).collect::<IndexMap<_, _>>(),
            unmapped: Unmapped::Hold,
        }
    }

    fn told(map: &ValueMap, ways: (bool, bool)) -> Vec<String> {
        let line = |entry: Entry| {
            let note = entry.note.unwrap_or_default();
            let (left, right) = (entry.testworthy, entry.azure_devops);
            format!("{left} {} {right} {note}", arrow(entry.ways))
                .trim_end()
                .to_owned()
        };
        entries(map, ways).into_iter().map(line).collect()
    }

    #[test]
    fn both_ways_are_told_with_what_is_merged() {
        let map = table(&[("a", 1), ("b", 2), ("c", 1)], &[(2, "b"), (4, "a")]);
        assert_eq!(
            told(&map, (true, true)),
            [
                "a <-> 1",
                "b <-> 2",
                "c -> 1 merged: comes back as `a`",
                "a <- 4 counts as in accord with `1`, and is not written back",
            ]
        );
        assert_eq!(
            told(&map, (true, false)),
            [
                "a -> 1",
                "b -> 2",
                "c -> 1",
                "a - 4 counts as in accord with `1`, and is not written back",
            ]
        );
    }

    #[test]
    fn reverse_goes_before_values() {
        let map = table(&[("a", 1), ("b", 1)], &[(1, "b")]);
        assert_eq!(
            told(&map, (true, true)),
            ["a -> 1 merged: comes back as `b`", "b <-> 1"]
        );
    }
}
