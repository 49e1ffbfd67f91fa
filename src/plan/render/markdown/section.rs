//! The parts of the page around the changes: counts, safety, tables, conflicts, drift, findings.

use std::fmt::Write as _;

use serde_json::Value as Json;

use super::change::{subject, why};
use super::inline::{cell, code, prose};
use super::{MarkdownOptions, Unit};
use crate::model::System;
use crate::plan::render::group::Group;
use crate::plan::render::value::value;
use crate::plan::render::words::{counted, noun, verb_of};
use crate::plan::{
    ConflictEntry, DriftEntry, ItemRef, Plan, PlanFinding, Reason, SafetyRule, SafetyVerdict,
};

/// Characters of a message or a help.
const MESSAGE: usize = 600;

/// Characters of a value beside others.
const VALUE: usize = 160;

/// Heading, verdict and counts.
pub(super) fn header(plan: &Plan, options: &MarkdownOptions) -> String {
    let mut text = format!("## {}", prose(&options.heading, 120));
    if let Some(label) = &options.label {
        let _ = write!(text, " {}", code(label, 80));
    }
    let summary = &plan.summary;
    let selected = counted(summary.selected(), "selected item", "selected items");
    let changes = format!("{} of {selected} would change", summary.planned());
    let configuration = plan.changes.iter().filter(|c| c.is_configuration()).count() as u64;
    let configuration = match configuration {
        0 => String::new(),
        n => format!(
            ", and {}",
            counted(n, "configuration resource", "configuration resources")
        ),
    };
    let verdict = match plan.safety.verdict {
        SafetyVerdict::Blocked => {
            let rules = plan.safety.rules.iter();
            let blocked = rules
                .filter(|r| r.verdict == SafetyVerdict::Blocked)
                .count() as u64;
            let rules = counted(blocked, "safety rule", "safety rules");
            format!("**Blocked by {rules}: nothing runs.** {changes}{configuration}.")
        }
        _ if !plan.has_operations() => {
            format!(
                "**Nothing to do:** {} of {selected} in accord.",
                summary.unchanged
            )
        }
        SafetyVerdict::Overridden => format!(
            "**{changes}{configuration}.** A safety limit is exceeded and was accepted beforehand."
        ),
        SafetyVerdict::Pass => format!("**{changes}{configuration}.** Within the safety limits."),
    };
    let _ = write!(text, "\n\n{verdict}\n\n");
    text.push_str(
        "| create | update | delete | link | unchanged | conflict | held | quarantined | filtered | selected |\n\
         |---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|\n",
    );
    let _ = writeln!(
        text,
        "| {} | {} | {} | {} | {} | {} | {} | {} | {} | {} |\n",
        summary.create,
        summary.update,
        summary.delete,
        summary.link,
        summary.unchanged,
        summary.conflict,
        summary.held,
        summary.quarantined,
        summary.filtered,
        summary.selected()
    );
    let mapping = plan.changes.iter();
    let mapping = mapping
        .filter(|c| c.reason == Reason::MappingChanged)
        .count() as u64;
    if mapping > 0 {
        let count = counted(mapping, "change follows", "changes follow");
        let _ = writeln!(text, "{count} only from a changed mapping.\n");
    }
    if !plan.inputs.only.is_empty() {
        let only: Vec<String> = plan
            .inputs
            .only
            .iter()
            .take(20)
            .map(|a| code(a, 120))
            .collect();
        let more = plan.inputs.only.len().saturating_sub(20);
        let more = if more > 0 {
            format!(" and {more} more")
        } else {
            String::new()
        };
        let _ = writeln!(text, "Narrowed to {}{more}.\n", only.join(", "));
    }
    text
}

/// Ids, commit and version.
pub(super) fn footer(plan: &Plan) -> String {
    let mut text = format!(
        "planId {}, reviewId {}",
        code(&plan.plan_id, 64),
        code(&plan.review_id, 64)
    );
    if let Some(commit) = &plan.inputs.git_commit {
        let dirty = match plan.inputs.dirty {
            Some(true) => " with changes that are not committed",
            _ => "",
        };
        let _ = write!(text, ", commit {}{dirty}", code(commit, 64));
    }
    let _ = writeln!(text, ", accord {}", code(&plan.tool.version, 40));
    text
}

/// One rule of safety with what it measured.
pub(super) fn safety(rule: &SafetyRule) -> Unit {
    let verdict = match rule.verdict {
        SafetyVerdict::Blocked => "**blocked**",
        SafetyVerdict::Overridden => "**accepted**",
        SafetyVerdict::Pass => "passes",
    };
    let mut text = format!(
        "- {verdict} {}, {}: {}; limit {}",
        code(&rule.address, 200),
        code(&rule.code, 80),
        prose(&rule.measured, MESSAGE),
        prose(&rule.limit, 120)
    );
    if let Some(help) = &rule.help {
        let _ = write!(text, ". {}", prose(help, MESSAGE));
    }
    text.push('\n');
    Unit { text, count: 1 }
}

/// The head of a table of changes.
pub(super) const TABLE: &str = "| | what | why | declared at |\n|---|---|---|---|\n";

/// A change or a group of equal ones in that table.
pub(super) fn row(group: &Group<'_>) -> Unit {
    let first = group.first();
    let origin = format!("{}:{}", first.origin.file, first.origin.line);
    let strong = if first.action == crate::plan::Action::Delete {
        "**"
    } else {
        ""
    };
    let text = format!(
        "| {strong}{}{strong} | {} | {} | {} |\n",
        verb_of(first),
        cell(&subject(group, |title| code(title, 60))),
        cell(&why(group)),
        cell(&code(&origin, 120)),
    );
    Unit {
        text,
        count: group.changes.len() as u64,
    }
}

/// What a person has to decide.
pub(super) fn conflict(conflict: &ConflictEntry) -> Unit {
    let mut text = format!("- {}", pair(&conflict.item));
    if let Some(path) = &conflict.path {
        let _ = write!(text, ", {}", code(path, 120));
    }
    let _ = write!(
        text,
        ", {}, {}: {}",
        code(&conflict.code, 80),
        code(&conflict.address, 200),
        prose(&conflict.message, MESSAGE)
    );
    text.push('\n');
    if let Some(values) = conflict.values.as_ref().filter(|_| !conflict.sensitive) {
        for (side, value) in [
            ("TestWorthy", &values.testworthy),
            ("Azure DevOps", &values.azure_devops),
        ] {
            let _ = writeln!(text, "  - {side}: {}", shown(value));
        }
    } else if conflict.sensitive {
        text.push_str("  - both values are sensitive and not shown\n");
    }
    Unit { text, count: 1 }
}

/// An edit on the target of a one-way rule.
pub(super) fn drift(entry: &DriftEntry) -> Unit {
    let target = entry.system.unwrap_or({
        if entry.address.contains("/workItem/") {
            System::TestWorthy
        } else {
            System::AzureDevOps
        }
    });
    let id = match target {
        System::TestWorthy => entry.item.testworthy,
        System::AzureDevOps => entry.item.azure_devops,
    };
    let id = id.map_or_else(String::new, |id| format!(" {id}"));
    let outcome = match entry.policy.as_str() {
        "enforce" => "will be overwritten",
        "ignore" => "stays until the source changes",
        _ => "stays",
    };
    let mut text = format!(
        "- {}{id} {}, {}: {outcome}",
        noun(target),
        code(&entry.item.title, 80),
        code(&entry.path, 120)
    );
    if entry.sensitive {
        text.push_str("; sensitive, not shown");
    } else {
        let null = Json::Null;
        let _ = write!(
            text,
            "; was {}, is {}",
            shown(entry.recorded.as_ref().unwrap_or(&null)),
            shown(entry.live.as_ref().unwrap_or(&null))
        );
    }
    text.push('\n');
    Unit { text, count: 1 }
}

/// Findings that read alike, told once.
pub(super) fn finding(group: &[&PlanFinding]) -> Unit {
    let first = group[0];
    let severity = match first.severity.as_str() {
        "error" => "**error**",
        "warning" => "**warning**",
        _ => "note",
    };
    let more = match group.len() {
        1 => String::new(),
        n => format!(" and {} more", n - 1),
    };
    let place = first.origin.as_ref();
    let place = place.map_or_else(String::new, |origin| {
        let place = format!("{}:{}", origin.file, origin.line);
        format!(" at {}", code(&place, 200))
    });
    let text = format!(
        "- {severity} {}{place}: {} ({}{more})\n",
        code(&first.code, 80),
        prose(&first.message, MESSAGE),
        code(&first.address, 200)
    );
    Unit {
        text,
        count: group.len() as u64,
    }
}

fn shown(json: &Json) -> String {
    code(&value(json, VALUE), VALUE)
}

fn pair(item: &ItemRef) -> String {
    let mut ids = Vec::new();
    if let Some(id) = item.testworthy {
        ids.push(format!("case {id}"));
    }
    if let Some(id) = item.azure_devops {
        ids.push(format!("work item {id}"));
    }
    format!("{} {}", ids.join(", "), code(&item.title, 80))
}
