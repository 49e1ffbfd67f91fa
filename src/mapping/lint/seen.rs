//! Rules about the items themselves: what only those see who have read both systems.
//!
//! Each looks at what a plan has read anyway and asks nothing more. Findings name at most ten things and
//! count the rest.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::facts::may_write;
use super::place;
use crate::diagnostics::catalog::lint as codes;
use crate::diagnostics::{Finding, quote};
use crate::mapping::known;
use crate::mapping::resolve::finding;
use crate::mapping::wire;
use crate::mapping::{CompiledMapping, CompiledRow};
use crate::model::config::{
    Codec, Connection, FieldMapping, MatchBy, Row, RowSource, RowTarget, SyncRule, Unmapped,
};
use crate::model::{CASE_FIELDS, Case, CaseFieldAccess, System, Value, WorkItem};

/// Most names in one finding.
const SHOWN: usize = 10;

/// So many shared titles are told by the items themselves; more say that the title is no key here.
const FEW_TITLES: usize = 2;

/// How long the first run may take before it is worth a word, in seconds.
const LONG: f64 = 3600.0;

/// What was read for one rule.
pub struct Seen<'a> {
    /// The rule.
    pub rule: &'a SyncRule,
    /// Its mapping.
    pub mapping: &'a FieldMapping,
    /// The same, compiled.
    pub compiled: &'a CompiledMapping,
    /// Its connection.
    pub connection: &'a Connection,
    /// Cases in scope that were kept, without unchanged pairs.
    pub cases: Vec<&'a Case>,
    /// Work items in scope that were kept, without unchanged pairs.
    pub work_items: Vec<&'a WorkItem>,
    /// Cases that belong to no pair.
    pub free_cases: Vec<&'a Case>,
    /// Work items that belong to no pair.
    pub free_work_items: Vec<&'a WorkItem>,
    /// Pairs of items in scope that were kept.
    pub pairs: Vec<(&'a Case, &'a WorkItem)>,
}

/// L16, L20 and L29.
pub fn lint_seen(seen: &Seen<'_>) -> Vec<Finding> {
    let mut found = people(seen);
    found.extend(titles(seen));
    found.extend(slow(seen));
    found
}

/// L10 with numbers: for each row that writes formatted text into a plain field, how many items lose what.
/// Only what is yet to be written counts: new items, and pairs whose two values are not in accord.
pub fn lost_formatting(seen: &Seen<'_>) -> Vec<Finding> {
    let targets = seen.rule.targets().into_iter();
    targets
        .flat_map(|target| lost_formatting_in(seen, target))
        .collect()
}

fn lost_formatting_in(seen: &Seen<'_>, target: System) -> Vec<Finding> {
    let mut found = Vec::new();
    for row in &seen.mapping.rows {
        let accepted = row.allow.iter().any(|allow| allow.code == "L10");
        let ready = seen
            .compiled
            .row(&row.name)
            .filter(|ready| !accepted && may_write(row, target) && ready.drops_formatting(target));
        let Some(ready) = ready else { continue };
        let mut parts: BTreeSet<&'static str> = BTreeSet::new();
        let mut items = Vec::new();
        for (id, value) in sources(seen, row, ready, target) {
            let lost = wire::formatting(&value);
            if !lost.is_empty() {
                parts.extend(lost);
                items.push(id);
            }
        }
        if items.is_empty() {
            continue;
        }
        let (count, one) = (items.len(), items.len() == 1);
        let parts: Vec<&str> = parts.into_iter().collect();
        let what = format!(
            "{target} keeps plain text here, and {count} {} {}: {}",
            if one { "item loses" } else { "items lose" },
            super::joined(&parts),
            listed(items.into_iter())
        );
        found.push(
            finding(seen.mapping, row, &codes::L10_FORMATTING_DROPPED, what).with_help(
                "map it to a field of formatted text; if plain text is enough, `allow: [{ code: L10, reason: ... }]` says so",
            ),
        );
    }
    found
}

/// The source values that the rule has yet to write into `target` with a row, each with the name of its item.
fn sources(
    seen: &Seen<'_>,
    row: &Row,
    ready: &CompiledRow,
    target: System,
) -> Vec<(String, Value)> {
    let creates = *seen.rule.creates.get(target);
    let mut values = Vec::new();
    match target {
        System::AzureDevOps => {
            for case in seen.free_cases.iter().filter(|_| creates) {
                let value = ready.read_case(case, None).ok();
                values.extend(value.map(|value| (format!("case {}", case.id), value)));
            }
        }
        System::TestWorthy => {
            for item in seen.free_work_items.iter().filter(|_| creates) {
                let value = ready.read_work_item(item).ok();
                values.extend(value.map(|value| (format!("work item {}", item.id), value)));
            }
        }
    }
    for (case, item) in seen.pairs.iter().filter(|_| !row.on_create) {
        let read = (
            ready.read_case(case, Some(item.id)),
            ready.read_work_item(item),
        );
        let (Ok(left), Ok(right)) = read else {
            continue;
        };
        if ready.in_accord(&left, &right) {
            continue;
        }
        values.push(match target {
            System::AzureDevOps => (format!("case {}", case.id), left),
            System::TestWorthy => (format!("work item {}", item.id), right),
        });
    }
    values
}

/// L30: fields with data that the mapping does not name, one finding for each side.
pub fn coverage(seen: &Seen<'_>) -> Vec<Finding> {
    let rows = &seen.mapping.rows;
    let cases = seen.cases.iter().flat_map(|case| {
        let filled = case.fields.iter().filter(|(_, value)| is_data(value));
        filled.map(|(name, _)| name.as_str())
    });
    let writable = |name: &str| {
        let known = CASE_FIELDS.iter().find(|field| field.name == name);
        known.is_none_or(|field| field.access == CaseFieldAccess::Write)
    };
    let unmapped_case = count(cases.filter(|name| writable(name)).filter(|name| {
        let reads = |row: &Row| matches!(&row.source, RowSource::Field(field) if field == name);
        !rows.iter().any(reads)
    }));
    let items = seen.work_items.iter().flat_map(|item| {
        let filled = item.fields.iter().filter(|(_, value)| is_data(value));
        filled.map(|(name, _)| name.as_str())
    });
    let of_people = |name: &str| {
        known::is_writable(name, None)
            && !known::is_filled_on_create(name)
            && !name.starts_with("System.Board")
            && !name.starts_with("WEF_")
            && !name.ends_with("Date")
            && !name.ends_with("Rank")
            && !name.ends_with("By")
    };
    let unmapped_item = count(items.filter(|name| of_people(name)).filter(|name| {
        let named = |row: &Row| match &row.target {
            RowTarget::Field(field) => field.eq_ignore_ascii_case(name),
            RowTarget::Tag(_) | RowTarget::TagPrefix(_) => *name == "System.Tags",
        };
        !rows.iter().any(named)
    }));
    let mut found = Vec::new();
    for (system, fields, looked_at) in [
        (System::TestWorthy, unmapped_case, seen.cases.len()),
        (System::AzureDevOps, unmapped_item, seen.work_items.len()),
    ] {
        if fields.is_empty() {
            continue;
        }
        let message = format!(
            "mapping `{}` names no row for these fields of {system}, which hold data in the {looked_at} \
             items that this plan looks at: {}",
            seen.mapping.name,
            listed(
                fields
                    .iter()
                    .map(|(name, items)| format!("`{name}` ({items})"))
            )
        );
        found
            .push(Finding::new(&codes::L30_UNMAPPED_DATA, message).at(place(&seen.mapping.origin)));
    }
    found
}

fn is_data(value: &Value) -> bool {
    match value {
        Value::Null | Value::Boolean(false) => false,
        Value::Text(text) => !text.trim().is_empty(),
        _ => true,
    }
}

fn count<'a>(names: impl Iterator<Item = &'a str>) -> BTreeMap<&'a str, usize> {
    let mut counts = BTreeMap::new();
    for name in names {
        *counts.entry(name).or_default() += 1;
    }
    counts
}

/// People in the source of rows of people whom neither the table nor an address identifies.
fn people(seen: &Seen<'_>) -> Vec<Finding> {
    let targets = seen.rule.targets().into_iter();
    targets
        .flat_map(|target| people_for(seen, target))
        .collect()
}

fn people_for(seen: &Seen<'_>, target: System) -> Vec<Finding> {
    let mut found = Vec::new();
    for row in &seen.mapping.rows {
        let ready = seen.compiled.row(&row.name);
        let substituted = row
            .values
            .as_ref()
            .is_some_and(|table| matches!(table.unmapped, Unmapped::Use(_)));
        let accepted = row.allow.iter().any(|allow| allow.code == "L16");
        let carries =
            ready.is_some_and(|ready| ready.codec() == Codec::User && ready.active(target));
        if !carries || substituted || accepted || row.sensitive {
            continue;
        }
        let names = match (target, &row.source, &row.target) {
            (System::AzureDevOps, RowSource::Field(name), _) => {
                texts(seen.cases.iter().map(|case| case.fields.get(name)))
            }
            (System::TestWorthy, _, RowTarget::Field(name)) => {
                texts(seen.work_items.iter().map(|item| item.fields.get(name)))
            }
            _ => continue,
        };
        let unknown: Vec<&str> = names
            .into_iter()
            .filter(|name| !is_known_person(seen, row, name))
            .collect();
        if unknown.is_empty() {
            continue;
        }
        let what = format!(
            "people of {1} without an entry under `users` of connection `{2}` and without an e-mail address ({0}): {3}",
            unknown.len(),
            target.other(),
            seen.connection.name,
            listed(unknown.into_iter().map(quote))
        );
        found.push(
            finding(seen.mapping, row, &codes::L16_PEOPLE_NOT_COVERED, what)
                .with_help("add them under `users` of the connection; until then the field waits"),
        );
    }
    found
}

fn texts<'a>(values: impl Iterator<Item = Option<&'a Value>>) -> BTreeSet<&'a str> {
    let text = |value: Option<&'a Value>| match value {
        Some(Value::Text(text)) if !text.trim().is_empty() => Some(text.trim()),
        _ => None,
    };
    values.filter_map(text).collect()
}

fn is_known_person(seen: &Seen<'_>, row: &Row, name: &str) -> bool {
    let same = |other: &str| other.eq_ignore_ascii_case(name);
    let mut users = seen.connection.users.iter();
    let in_row = row.values.as_ref().is_some_and(|table| {
        table.values.keys().any(|key| same(key)) || table.reverse.keys().any(|key| same(key))
    });
    name.contains('@') || in_row || users.any(|(left, right)| same(left) || same(right))
}

/// Titles by which the rule recognises items and that are not unique among those without a pair.
fn titles(seen: &Seen<'_>) -> Option<Finding> {
    if !seen.rule.match_by.contains(&MatchBy::Title) {
        return None;
    }
    let mut titles: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for case in &seen.free_cases {
        titles.entry(case.title().trim()).or_default().0 += 1;
    }
    for item in &seen.free_work_items {
        titles.entry(item.title().trim()).or_default().1 += 1;
    }
    // A title that only one side has leads to no wrong pair.
    titles.retain(|title, (cases, items)| {
        !title.is_empty() && *cases > 0 && *items > 0 && *cases + *items > 2
    });
    if titles.len() <= FEW_TITLES {
        return None;
    }
    let hidden = seen.mapping.rows.iter().any(|row| {
        row.sensitive
            && (row.name == "title"
                || matches!(&row.target, RowTarget::Field(name) if name == "System.Title"))
    });
    let (cases, items) = titles
        .values()
        .fold((0, 0), |(a, b), (cases, items)| (a + cases, b + items));
    let names = if hidden {
        String::new()
    } else {
        format!(": {}", listed(titles.keys().map(|title| quote(title))))
    };
    let message = format!(
        "rule `{}` recognises items by their title, and {} titles are shared by {cases} cases and {items} \
         work items without a pair{names}",
        seen.rule.name,
        titles.len(),
    );
    Some(
        Finding::new(&codes::L20_TITLES_NOT_UNIQUE, message)
            .at(place(&seen.rule.origin))
            .with_help("make the titles unique, or pair the items by their ids"),
    )
}

/// Whether the cap of the connection makes the first run very long.
fn slow(seen: &Seen<'_>) -> Option<Finding> {
    let rate = seen.connection.testworthy.rate.filter(|rate| *rate > 0.0)?;
    // One request creates a case, or writes `AB#n` into one that got a work item.
    let creates = seen.rule.creates;
    let marks = creates.azure_devops && seen.connection.testworthy.keeps_references();
    let new_cases = if creates.testworthy {
        seen.free_work_items.len()
    } else {
        0
    };
    let new_work_items = if marks { seen.free_cases.len() } else { 0 };
    let requests = new_cases.saturating_add(new_work_items);
    let seconds = f64::from(u32::try_from(requests).unwrap_or(u32::MAX)) / rate;
    if seconds <= LONG {
        return None;
    }
    let message = format!(
        "rule `{}` needs about {requests} requests to TestWorthy for items without a pair, and `rate: \
         {rate}` of connection `{}` lets them take about {:.1} hours",
        seen.rule.name,
        seen.connection.name,
        seconds / 3600.0
    );
    Some(
        Finding::new(&codes::L29_SLOW_FIRST_RUN, message)
            .at(place(&seen.connection.origin))
            .with_help("raise or remove `rate`, or bring the items in by sections"),
    )
}

/// At most [`SHOWN`] of them, and how many more there are.
fn listed(names: impl Iterator<Item = String>) -> String {
    let names: Vec<String> = names.collect();
    let mut text = names
        .iter()
        .take(SHOWN)
        .cloned()
        .collect::<Vec<_>>()
        .join(", ");
    if names.len() > SHOWN {
        let _ = write!(text, " and {} more", names.len() - SHOWN);
    }
    text
}
