//! States: whether the workflow of the work item type leads to the mapped ones.

use std::collections::{BTreeMap, BTreeSet};

use super::facts::Facts;
use super::quoted_texts;
use crate::diagnostics::Finding;
use crate::diagnostics::catalog::{lint as codes, mapping as entry};
use crate::diagnostics::nearest;
use crate::mapping::resolve::finding;
use crate::model::config::{Codec, FieldMapping, RowSource, Unmapped};
use crate::model::{System, Value, WorkItemType};

/// How a new item is named among the states.
const NEW: &str = "";

pub(super) fn check(mapping: &FieldMapping, facts: &Facts<'_>, found: &mut Vec<Finding>) {
    let (Some(metadata), Some(Codec::State)) = (facts.metadata, facts.codec()) else {
        return;
    };
    if metadata.states.is_empty() {
        return;
    }
    let report = |code, what: String| finding(mapping, facts.row, code, what);
    let is_state = |name: &str| state(metadata, name).is_some();
    for name in facts.row.reasons.keys().filter(|name| !is_state(name)) {
        found.push(unknown_state(&report, metadata, name));
    }
    reasons(mapping, facts, metadata, found);
    if !facts.writes(System::AzureDevOps) {
        return;
    }
    for wanted in mapped(facts) {
        // A state that the type does not have is reported with the other values.
        let Some(exact) = state(metadata, &wanted) else {
            continue;
        };
        if let Some(transitions) = &metadata.transitions {
            reach(&report, metadata, transitions, exact, found);
        }
    }
}

/// The states that the row may write, as they are written in the manifest, each once.
fn mapped(facts: &Facts<'_>) -> BTreeSet<String> {
    let mut states = BTreeSet::new();
    let mut add = |value: &Value| {
        if !value.is_null() {
            states.insert(value.to_string());
        }
    };
    if let RowSource::Constant(value) = &facts.row.source {
        add(value);
    }
    if let Some(table) = &facts.row.values {
        table.values.values().for_each(&mut add);
        if let Unmapped::Use(value) = &table.unmapped
            && !facts.writes(System::TestWorthy)
        {
            add(value);
        }
    }
    states
}

/// The type's own spelling of a state.
fn state<'a>(metadata: &'a WorkItemType, name: &str) -> Option<&'a str> {
    let mut states = metadata.states.iter().map(|state| state.name.as_str());
    let exact = states.clone().find(|state| *state == name);
    exact.or_else(|| states.find(|state| state.eq_ignore_ascii_case(name.trim())))
}

fn unknown_state(
    report: &impl Fn(crate::diagnostics::Code, String) -> Finding,
    metadata: &WorkItemType,
    name: &str,
) -> Finding {
    let states: Vec<&str> = metadata.states.iter().map(|s| s.name.as_str()).collect();
    let what = format!(
        "`reasons` names the state `{name}`, which `{}` does not have",
        metadata.name
    );
    report(&entry::L06_NOT_ALLOWED, what).with_help(match nearest(name, states.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("it has {}", quoted_texts(&states)),
    })
}

/// Reasons against the list of the field, where the server tells it.
fn reasons(
    mapping: &FieldMapping,
    facts: &Facts<'_>,
    metadata: &WorkItemType,
    found: &mut Vec<Finding>,
) {
    let field = metadata.fields.get("System.Reason");
    let allowed = field.map_or(&[][..], |field| field.allowed_values.as_slice());
    let texts: Vec<String> = allowed.iter().map(ToString::to_string).collect();
    let unknown = facts
        .row
        .reasons
        .values()
        .filter(|reason| !texts.is_empty() && !texts.contains(reason));
    for reason in unknown {
        let what = format!(
            "the list of reasons of `{}` does not have `{reason}`",
            metadata.name
        );
        let list: Vec<&str> = texts.iter().map(String::as_str).take(20).collect();
        found.push(
            finding(mapping, facts.row, &codes::REASON_NOT_LISTED, what)
                .with_help(format!("it has {}", quoted_texts(&list))),
        );
    }
}

/// Whether there is a way to a state, and from where there is none.
fn reach(
    report: &impl Fn(crate::diagnostics::Code, String) -> Finding,
    metadata: &WorkItemType,
    transitions: &BTreeMap<String, Vec<String>>,
    wanted: &str,
    found: &mut Vec<Finding>,
) {
    let reached = |from: &str| leads(transitions, from, wanted);
    let others: Vec<&str> = metadata
        .states
        .iter()
        .map(|state| state.name.as_str())
        .filter(|name| *name != wanted)
        .collect();
    let stuck: Vec<&str> = others
        .iter()
        .copied()
        .filter(|from| !reached(from))
        .collect();
    let born = reached(NEW);
    if !born && stuck.len() == others.len() {
        let what = format!("no transition of `{}` leads to `{wanted}`", metadata.name);
        found.push(report(&codes::L15_STATE_NEVER_REACHED, what));
        return;
    }
    if stuck.is_empty() && born {
        return;
    }
    let mut from: Vec<String> = stuck.iter().map(|name| format!("`{name}`")).collect();
    if !born {
        from.insert(0, "a new item".to_owned());
    }
    let what = format!(
        "there is no way to the state `{wanted}` from {}",
        from.join(", ")
    );
    found.push(
        report(&codes::STATE_OUT_OF_REACH, what)
            .with_help("such items wait; add the transition to the process, or move them by hand"),
    );
}

/// Whether transitions lead from one state to another.
fn leads(transitions: &BTreeMap<String, Vec<String>>, from: &str, wanted: &str) -> bool {
    let mut seen = BTreeSet::from([from]);
    let mut open = vec![from];
    while let Some(state) = open.pop() {
        for next in transitions.get(state).into_iter().flatten() {
            if next == wanted {
                return true;
            }
            if seen.insert(next) {
                open.push(next);
            }
        }
    }
    false
}
