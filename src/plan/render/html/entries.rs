//! What the page lists: changes in groups, conflicts, edits on the target, findings; each as data for the
//! page's script and for the part that is written without it.

use std::collections::HashMap;

use serde::Serialize;

use super::escape::line;
use super::fields::{Content, FieldView, Limits, content, plain, view};
use super::words::Effort;
use crate::model::System;
use crate::plan::order::declaration;
use crate::plan::render::words::{because, is_restored, verb_of};
use crate::plan::{
    Action, Change, ConflictEntry, DriftEntry, FieldChange, ItemRef, OriginEntry, Plan,
    PlanFinding, Precondition, Reason,
};

/// Characters of a title, of an address, of a message.
const TITLE: usize = 240;
const ADDRESS: usize = 240;
const MESSAGE: usize = 2_000;

/// Characters of the words in the heading of a change that tell what it changes.
const GIST: usize = 120;

/// The addresses that a finding names.
const PLACES: usize = 200;

/// Changes that are told together: of one rule and one kind, and what they set alike is told once.
#[derive(Debug, Serialize)]
pub(super) struct Group {
    /// `delete`, `update`, `create` or `link`.
    #[serde(rename = "a")]
    pub(super) action: Action,
    /// What is done, in a verb.
    #[serde(rename = "v")]
    pub(super) verb: &'static str,
    /// The system that is written.
    #[serde(rename = "y")]
    pub(super) system: System,
    /// Why, as the plan says it.
    #[serde(rename = "r")]
    pub(super) reason: Reason,
    /// Why, in words.
    #[serde(rename = "w")]
    pub(super) because: String,
    /// The declaration that it belongs to.
    #[serde(rename = "rule")]
    pub(super) rule: String,
    /// Where it is declared.
    #[serde(rename = "o")]
    pub(super) origin: String,
    /// What is changed, in a few words.
    #[serde(rename = "g", skip_serializing_if = "String::is_empty")]
    pub(super) gist: String,
    /// Fields that all of them set alike.
    #[serde(rename = "f", skip_serializing_if = "Vec::is_empty")]
    pub(super) fields: Vec<FieldView>,
    /// How many more fields there are.
    #[serde(rename = "fl", skip_serializing_if = "is_zero")]
    pub(super) fields_left: usize,
    /// How many fields of each stay as they are.
    #[serde(rename = "u", skip_serializing_if = "is_zero")]
    pub(super) same: usize,
    /// How many items there are, of which `items` may hold fewer.
    #[serde(rename = "n")]
    pub(super) count: usize,
    /// One for each change; written apart, so that some can be left out.
    #[serde(skip)]
    pub(super) items: Vec<Item>,
}

/// One item of a group.
#[derive(Debug, Serialize)]
pub(super) struct Item {
    #[serde(flatten)]
    pub(super) pair: PairView,
    /// What must hold when it runs.
    #[serde(rename = "c", skip_serializing_if = "String::is_empty")]
    pub(super) condition: String,
    /// Fields of its own.
    #[serde(rename = "f", skip_serializing_if = "Vec::is_empty")]
    pub(super) fields: Vec<FieldView>,
    /// How many more of them there are.
    #[serde(rename = "fl", skip_serializing_if = "is_zero")]
    pub(super) fields_left: usize,
}

/// The pair that an entry is about.
#[derive(Debug, Serialize)]
pub(super) struct PairView {
    /// The address, which is the link to it too.
    #[serde(rename = "i")]
    pub(super) address: String,
    /// The case.
    #[serde(rename = "t", skip_serializing_if = "Option::is_none")]
    pub(super) case: Option<u64>,
    /// The work item.
    #[serde(rename = "d", skip_serializing_if = "Option::is_none")]
    pub(super) work_item: Option<u64>,
    /// The title.
    #[serde(rename = "n")]
    pub(super) title: String,
}

/// Something to decide.
#[derive(Debug, Serialize)]
pub(super) struct Conflict {
    #[serde(flatten)]
    pub(super) pair: PairView,
    pub(super) code: String,
    #[serde(rename = "p", skip_serializing_if = "Option::is_none")]
    pub(super) path: Option<String>,
    #[serde(rename = "m")]
    pub(super) message: String,
    /// From TestWorthy's value to that of Azure DevOps.
    #[serde(rename = "f", skip_serializing_if = "Option::is_none")]
    pub(super) values: Option<Content>,
    /// What both held when they were in accord.
    #[serde(rename = "b", skip_serializing_if = "Option::is_none")]
    pub(super) base: Option<String>,
    #[serde(rename = "s", skip_serializing_if = "std::ops::Not::not")]
    pub(super) sensitive: bool,
}

/// An edit on the target.
#[derive(Debug, Serialize)]
pub(super) struct Drift {
    #[serde(flatten)]
    pub(super) pair: PairView,
    #[serde(rename = "p")]
    pub(super) path: String,
    #[serde(rename = "y")]
    pub(super) system: System,
    /// What becomes of the edit.
    #[serde(rename = "w")]
    pub(super) outcome: &'static str,
    /// From what was recorded to what is there.
    #[serde(rename = "f")]
    pub(super) values: Content,
}

/// What waits, is set aside or is worth knowing; one that many items share is one.
#[derive(Debug, Serialize)]
pub(super) struct Finding {
    #[serde(rename = "sev")]
    pub(super) severity: String,
    pub(super) code: String,
    /// `quarantine`, `held` or `finding`.
    #[serde(rename = "cls")]
    pub(super) class: &'static str,
    #[serde(rename = "m")]
    pub(super) message: String,
    #[serde(rename = "o", skip_serializing_if = "String::is_empty")]
    pub(super) origin: String,
    /// How many items share it.
    #[serde(rename = "n")]
    pub(super) count: usize,
    /// The addresses of the first of them.
    #[serde(rename = "at")]
    pub(super) addresses: Vec<String>,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes a reference"
)]
fn is_zero(count: &usize) -> bool {
    *count == 0
}

/// What is told together.
#[derive(PartialEq, Eq, Hash)]
struct Key<'a> {
    declaration: &'a str,
    system: System,
    action: Action,
    reason: Reason,
    verb: &'static str,
    /// Creates differ in every value and are told together all the same.
    fields: Option<&'a [FieldChange]>,
}

/// The changes in groups: deletes first, each kind in the order in which the plan first names a group.
pub(super) fn groups(plan: &Plan, limits: Limits, effort: &mut Effort) -> Vec<Group> {
    let mut groups = Vec::new();
    for action in [Action::Delete, Action::Update, Action::Create, Action::Link] {
        let mut gathered: Vec<Vec<&Change>> = Vec::new();
        let mut known: HashMap<Key<'_>, usize> = HashMap::new();
        for change in plan.changes.iter().filter(|one| one.action == action) {
            let differ = action == Action::Create && !is_restored(change);
            let key = Key {
                declaration: declaration(&change.address),
                system: change.system,
                action,
                reason: change.reason,
                verb: verb_of(change),
                fields: (!differ).then_some(change.fields.as_slice()),
            };
            let at = *known.entry(key).or_insert_with(|| {
                gathered.push(Vec::new());
                gathered.len() - 1
            });
            gathered[at].push(change);
        }
        groups.extend(
            gathered
                .iter()
                .map(|changes| group(changes, limits, effort)),
        );
    }
    groups
}

fn group(changes: &[&Change], limits: Limits, effort: &mut Effort) -> Group {
    let first = changes[0];
    // What is grouped by its fields has no others; creates share some of theirs.
    let differ = first.action == Action::Create && !is_restored(first) && changes.len() > 1;
    let alike = |field: &FieldChange| {
        let mut others = changes[1..].iter();
        !differ || others.all(|change| change.fields.contains(field))
    };
    let (common, own): (Vec<&FieldChange>, Vec<&FieldChange>) =
        first.fields.iter().partition(|field| alike(field));
    let (fields, fields_left, same) = views(&common, first.action, limits, effort);
    let items = changes.iter().map(|change| {
        let all = change.fields.iter().filter(|_| differ);
        let mine: Vec<&FieldChange> = all.filter(|field| !common.contains(field)).collect();
        let (fields, fields_left, _) = views(&mine, change.action, limits, effort);
        Item {
            pair: pair(&change.address, &change.item),
            condition: condition(change.precondition.as_ref()),
            fields,
            fields_left,
        }
    });
    let items: Vec<Item> = items.collect();
    Group {
        action: first.action,
        verb: verb_of(first),
        system: first.system,
        reason: first.reason,
        because: because(first.reason, first.system),
        rule: line(declaration(&first.address), ADDRESS),
        origin: origin(Some(&first.origin)),
        gist: gist(&fields, &own),
        fields,
        fields_left,
        same,
        count: changes.len(),
        items,
    }
}

/// The fields that change, how many are left out, and how many stay as they are.
fn views(
    fields: &[&FieldChange],
    action: Action,
    limits: Limits,
    effort: &mut Effort,
) -> (Vec<FieldView>, usize, usize) {
    let (mut views, mut left, mut same) = (Vec::new(), 0, 0);
    for field in fields {
        if !field.sensitive && field.before.is_some() && field.before == field.after {
            same += 1;
        } else if views.len() >= limits.fields {
            left += 1;
        } else {
            views.extend(view(field, action, limits, effort));
        }
    }
    (views, left, same)
}

/// What is changed, in a few words: short values whole, else the names of the fields.
fn gist(fields: &[FieldView], own: &[&FieldChange]) -> String {
    let mut parts: Vec<String> = Vec::new();
    for field in fields {
        let name = short_name(&field.path);
        parts.push(match &field.content {
            Content::Value {
                before: Some(before),
                after,
                ..
            } if before.chars().count() + after.chars().count() <= 24 => {
                format!("{name} {before} → {after}")
            }
            _ => name.to_owned(),
        });
    }
    parts.extend(own.iter().map(|field| short_name(&field.path).to_owned()));
    line(&parts.join(", "), GIST)
}

/// `Priority` of `Microsoft.VSTS.Common.Priority`.
fn short_name(path: &str) -> &str {
    let base = path.split('[').next().unwrap_or(path);
    let start = base.rfind('.').map_or(0, |at| at + 1);
    &path[start..]
}

fn pair(address: &str, item: &ItemRef) -> PairView {
    PairView {
        address: line(address, ADDRESS),
        case: item.testworthy,
        work_item: item.azure_devops,
        title: line(&item.title, TITLE),
    }
}

fn condition(precondition: Option<&Precondition>) -> String {
    match precondition {
        Some(Precondition::Rev(rev)) => format!("the work item is at revision {rev}"),
        Some(Precondition::Fingerprint(print)) => {
            format!("what is there has the digest {}", line(print, 40))
        }
        Some(Precondition::Absent) => "there is none yet".to_owned(),
        None => String::new(),
    }
}

/// `FILE:LINE`.
pub(super) fn origin(origin: Option<&OriginEntry>) -> String {
    origin.map_or_else(String::new, |origin| {
        format!("{}:{}", line(&origin.file, ADDRESS), origin.line)
    })
}

/// What a person has to decide.
pub(super) fn conflict(entry: &ConflictEntry, limits: Limits, effort: &mut Effort) -> Conflict {
    let values = entry.values.as_ref().filter(|_| !entry.sensitive);
    let base = values.and_then(|values| {
        let same = values.base_testworthy == values.base_azure_devops;
        values.base_testworthy.as_ref().filter(|_| same)
    });
    Conflict {
        pair: pair(&entry.address, &entry.item),
        code: line(&entry.code, 80),
        path: entry.path.as_ref().map(|path| line(path, 160)),
        message: line(&entry.message, MESSAGE.min(limits.text)),
        values: values.map(|values| {
            let (left, right) = (&values.testworthy, &values.azure_devops);
            content(left, right, false, &[], limits, effort)
        }),
        base: base.map(|base| plain(base, limits.text)),
        sensitive: entry.sensitive,
    }
}

/// An edit on the target.
pub(super) fn drift(entry: &DriftEntry, limits: Limits, effort: &mut Effort) -> Drift {
    // The address names the source item; the edit is on the other one.
    let target = entry.system.unwrap_or({
        if entry.address.contains("/workItem/") {
            System::TestWorthy
        } else {
            System::AzureDevOps
        }
    });
    let null = serde_json::Value::Null;
    let was = entry.recorded.as_ref().unwrap_or(&null);
    let is = entry.live.as_ref().unwrap_or(&null);
    Drift {
        pair: pair(&entry.address, &entry.item),
        path: line(&entry.path, 160),
        system: target,
        outcome: match entry.policy.as_str() {
            "enforce" => "will be overwritten",
            "ignore" => "stays until the source changes",
            _ => "stays",
        },
        values: if entry.sensitive {
            Content::Sensitive
        } else {
            content(was, is, false, &[], limits, effort)
        },
    }
}

/// Findings, the worst first; one that many items share is told once.
pub(super) fn findings(findings: &[PlanFinding], limits: Limits) -> Vec<Finding> {
    type Told<'a> = (&'a str, &'a str, &'a str, Option<(&'a str, u32)>);
    let mut gathered: Vec<Finding> = Vec::new();
    let mut known: HashMap<Told<'_>, usize> = HashMap::new();
    for finding in findings {
        let place = finding.origin.as_ref();
        let place = place.map(|origin| (origin.file.as_str(), origin.line));
        let key = (
            finding.severity.as_str(),
            finding.code.as_str(),
            finding.message.as_str(),
            place,
        );
        let at = *known.entry(key).or_insert_with(|| {
            gathered.push(Finding {
                severity: line(&finding.severity, 20),
                code: line(&finding.code, 80),
                class: class(&finding.code),
                message: line(&finding.message, MESSAGE.min(limits.text)),
                origin: origin(finding.origin.as_ref()),
                count: 0,
                addresses: Vec::new(),
            });
            gathered.len() - 1
        });
        gathered[at].count += 1;
        if gathered[at].addresses.len() < PLACES.min(limits.members) {
            gathered[at].addresses.push(line(&finding.address, ADDRESS));
        }
    }
    gathered.sort_by_key(rank);
    gathered
}

fn rank(finding: &Finding) -> (u8, u8) {
    let severity = match finding.severity.as_str() {
        "error" => 0,
        "warning" => 1,
        _ => 2,
    };
    let class = match finding.class {
        "quarantine" => 0,
        "held" => 1,
        _ => 2,
    };
    (severity, class)
}

/// Codes of findings about items that are set aside until their cause is mended.
pub(super) const QUARANTINE: [&str; 3] = ["quarantined", "ambiguous-match", "item-retyped"];

/// Codes of findings about items, or fields of them, that wait.
pub(super) const HELD: [&str; 17] = [
    "expression-failed",
    "field-flapping",
    "filter-failed",
    "item-deleted",
    "item-gone",
    "no-closing-state",
    "nowhere-to-create",
    "state-blocked",
    "tag-not-usable",
    "unmapped-value",
    "user-unknown",
    "value-not-allowed",
    "value-not-storable",
    "value-required",
    "value-too-long",
    "value-wrong-kind",
    "write-settling",
];

fn class(code: &str) -> &'static str {
    if QUARANTINE.contains(&code) {
        "quarantine"
    } else if HELD.contains(&code) {
        "held"
    } else {
        "finding"
    }
}
