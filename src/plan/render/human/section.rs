//! The sections around the changes: safety, conflicts, drift, findings, and the last line.

use std::collections::HashMap;

use serde_json::Value as Json;

use super::field::{self, shown};
use super::page::{Page, Tone};
use super::{HumanOptions, counted, noun, quote};
use crate::model::System;
use crate::plan::{
    ConflictEntry, DriftEntry, ItemRef, Plan, PlanFinding, SafetyRule, SafetyVerdict,
};

/// Rules that block or were overridden, and those that passed with something to say; all with
/// `measures`.
pub(super) fn safety(page: &mut Page, plan: &Plan, measures: bool) {
    let worth =
        |rule: &&SafetyRule| measures || rule.verdict != SafetyVerdict::Pass || rule.help.is_some();
    let mut rules: Vec<&SafetyRule> = plan.safety.rules.iter().filter(worth).collect();
    rules.sort_by_key(|rule| std::cmp::Reverse(rule.verdict));
    if rules.is_empty() {
        return;
    }
    page.blank();
    let blocked = plan.safety.verdict == SafetyVerdict::Blocked;
    let heading = if blocked {
        "! SAFETY: blocked, nothing runs"
    } else {
        "SAFETY"
    };
    page.row(
        0,
        if blocked { Tone::Alert } else { Tone::Heading },
        heading,
    );
    capped(page, &rules, |page, rule| {
        let (symbol, tone, verdict) = match rule.verdict {
            SafetyVerdict::Blocked => ('!', Tone::Alert, "blocked"),
            SafetyVerdict::Overridden => ('!', Tone::Update, "accepted"),
            SafetyVerdict::Pass => (' ', Tone::Plain, "passes"),
        };
        let line = format!(
            "{symbol} {} {verdict}: {}; limit {} [{}]",
            rule.address, rule.measured, rule.limit, rule.code
        );
        page.flow(2, tone, &line);
        if let Some(help) = &rule.help {
            page.flow(6, Tone::Plain, help);
        }
    });
}

/// What a person has to decide.
pub(super) fn conflicts(page: &mut Page, conflicts: &[ConflictEntry]) {
    if conflicts.is_empty() {
        return;
    }
    page.blank();
    page.row(0, Tone::Heading, "CONFLICTS: a person decides");
    capped(page, conflicts, |page, conflict| {
        let path = conflict.path.as_deref();
        let path = path.map(|path| format!(", {path}")).unwrap_or_default();
        let line = format!("! {}{path} [{}]", pair(page, &conflict.item), conflict.code);
        page.row(2, Tone::Alert, &line);
        page.row(6, Tone::Faint, &conflict.address);
        page.flow(6, Tone::Plain, &conflict.message);
        if let Some(values) = &conflict.values {
            field::both(page, values);
        } else if conflict.sensitive {
            page.row(6, Tone::Plain, "both values are sensitive and not shown");
        }
    });
}

/// Edits on the target of a one-way rule.
pub(super) fn drift(page: &mut Page, drift: &[DriftEntry]) {
    if drift.is_empty() {
        return;
    }
    page.blank();
    let heading = "DRIFT: edited on the target since the last apply";
    page.row(0, Tone::Heading, heading);
    capped(page, drift, |page, entry| {
        // The address names the source item; the edit is on the other one.
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
        let title = quote(&entry.item.title, page.value_room(page.width / 3));
        let outcome = match entry.policy.as_str() {
            "enforce" => "will be overwritten",
            "ignore" => "stays until the source changes",
            _ => "stays",
        };
        let line = format!("! {}{id} {title}: {outcome}", noun(target));
        page.row(2, Tone::Alert, &line);
        if entry.sensitive {
            let line = format!("{}: (sensitive, not shown)", entry.path);
            page.row(6, Tone::Plain, &line);
            return;
        }
        let room = page.value_room(page.width / 2);
        let null = Json::Null;
        let was = shown(page, entry.recorded.as_ref().unwrap_or(&null), room);
        let is = shown(page, entry.live.as_ref().unwrap_or(&null), room);
        page.row(6, Tone::Plain, &format!("{}: was {was}", entry.path));
        page.row(
            6,
            Tone::Plain,
            &format!("{:w$}  is  {is}", "", w = entry.path.chars().count()),
        );
    });
}

/// What makes two findings the same one to a reader.
#[derive(PartialEq, Eq, Hash)]
struct Told<'a> {
    severity: &'a str,
    code: &'a str,
    message: &'a str,
    place: Option<(&'a str, u32)>,
}

/// Findings, the worst first; one that many items share is told once.
pub(super) fn findings(page: &mut Page, findings: &[PlanFinding]) {
    if findings.is_empty() {
        return;
    }
    let mut groups: Vec<Vec<&PlanFinding>> = Vec::new();
    let mut known: HashMap<Told<'_>, usize> = HashMap::new();
    for finding in findings {
        let key = Told {
            severity: &finding.severity,
            code: &finding.code,
            message: &finding.message,
            place: finding.origin.as_ref().map(|o| (o.file.as_str(), o.line)),
        };
        let at = *known.entry(key).or_insert_with(|| {
            groups.push(Vec::new());
            groups.len() - 1
        });
        groups[at].push(finding);
    }
    groups.sort_by_key(|group| match group[0].severity.as_str() {
        "error" => 0,
        "warning" => 1,
        _ => 2,
    });
    page.blank();
    page.row(0, Tone::Heading, "FINDINGS");
    capped(page, &groups, |page, group| {
        let first = group[0];
        let tone = match first.severity.as_str() {
            "error" => Tone::Alert,
            "warning" => Tone::Update,
            _ => Tone::Plain,
        };
        let line = format!("! {} [{}]: {}", first.severity, first.code, first.message);
        page.flow(2, tone, &line);
        let place = first.origin.as_ref();
        let place = place
            .map(|o| format!(" ({}:{})", o.file, o.line))
            .unwrap_or_default();
        let more = match group.len() {
            1 => String::new(),
            n => format!(" and {} more", n - 1),
        };
        page.flow(6, Tone::Faint, &format!("{}{more}{place}", first.address));
    });
}

/// How the plan adds up, in one line; before it, once, how to see what was left out.
pub(super) fn last_line(page: &mut Page, plan: &Plan, options: &HumanOptions) {
    page.blank();
    if page.is_shortened() {
        let more = if options.verbose {
            "Not everything is shown: `--format json` has it all."
        } else {
            "Not everything is shown: `-v` shows more, `--format json` all of it."
        };
        page.row(0, Tone::Faint, more);
    }
    let summary = &plan.summary;
    let mut others = Vec::new();
    for (count, what) in [
        (summary.conflict, "in conflict"),
        (summary.quarantined, "in quarantine"),
        (summary.held, "held"),
        (summary.filtered, "filtered"),
    ] {
        if count > 0 {
            others.push(format!("{count} {what}"));
        }
    }
    let others = others.join(", ");
    if !plan.has_operations() {
        let selected = summary.selected();
        let items = counted(selected, "item", "items");
        let line = match (selected, summary.unchanged == selected) {
            (0, _) => "Nothing to do: no item is selected.".to_owned(),
            (1, true) => "Nothing to do: the one selected item is in accord.".to_owned(),
            (_, true) => format!("Nothing to do: all {items} are in accord."),
            (_, false) => format!(
                "Nothing to do: {} of {items} in accord; {others}.",
                summary.unchanged
            ),
        };
        page.line(Tone::Create, &line);
        return;
    }
    let mut planned = Vec::new();
    let configuration = plan.changes.iter().filter(|c| c.is_configuration()).count() as u64;
    if configuration > 0 {
        planned.push(counted(
            configuration,
            "configuration change",
            "configuration changes",
        ));
    }
    for (count, what) in [
        (summary.create, "create"),
        (summary.update, "update"),
        (summary.delete, "delete"),
        (summary.link, "link"),
    ] {
        if count > 0 {
            planned.push(format!("{count} to {what}"));
        }
    }
    let blocked = plan
        .safety
        .rules
        .iter()
        .filter(|rule| rule.verdict == SafetyVerdict::Blocked)
        .count() as u64;
    let (tone, start) = if plan.safety.verdict == SafetyVerdict::Blocked {
        let rules = counted(blocked, "safety rule", "safety rules");
        (Tone::Alert, format!("Plan BLOCKED by {rules}"))
    } else {
        (Tone::Heading, "Plan".to_owned())
    };
    let others = if others.is_empty() {
        others
    } else {
        format!(", {others}")
    };
    let line = format!(
        "{start}: {}; {} unchanged{others}.",
        planned.join(", "),
        summary.unchanged
    );
    page.line(tone, &line);
}

fn pair(page: &Page, item: &ItemRef) -> String {
    let mut ids = Vec::new();
    if let Some(id) = item.testworthy {
        ids.push(format!("case {id}"));
    }
    if let Some(id) = item.azure_devops {
        ids.push(format!("work item {id}"));
    }
    let title = quote(&item.title, page.value_room(page.width / 2));
    format!("{} {title}", ids.join(", "))
}

fn capped<T>(page: &mut Page, entries: &[T], mut write: impl FnMut(&mut Page, &T)) {
    for (number, entry) in entries.iter().enumerate() {
        if number >= page.caps.entries || !page.has_room() {
            page.shorten();
            let line = format!("... and {} more", entries.len() - number);
            page.row(2, Tone::Faint, &line);
            return;
        }
        write(page, entry);
    }
}
