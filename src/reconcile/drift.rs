//! What people changed on either side since the last apply: fields, and items that went or were copied.
//!
//! Reads only. A side is compared with its own base and with nothing else, so this says what was edited
//! and not what an apply would make of it.

use std::collections::BTreeSet;

use serde::{Serialize, Serializer};

use super::Context;
use super::error::ReconcileError;
use super::plan::{Observation, PlanOptions, Survey, item_keys, survey};
use super::resolve::address_of;
use crate::diff::{Edit, SideItem, edits};
use crate::model::config::Connection;
use crate::model::{
    Case, CaseId, Link, System, Value, WorkItem, WorkItemId, azure_boards_mentions,
};
use crate::plan::{Inputs, ItemKey};

/// The document of `accord drift --format json`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DriftReport {
    /// Always `accord-drift/1`.
    pub schema: &'static str,
    /// Pairs of which something was changed, by address.
    pub pairs: Vec<DriftedPair>,
    /// Items that look like copies of linked ones.
    pub copies: Vec<Copied>,
    /// How many linked pairs were looked at.
    pub compared: usize,
    /// Why a reading may lack items, by rule, if it may.
    pub incomplete: Vec<String>,
}

impl DriftReport {
    /// Whether nothing was changed.
    pub fn is_empty(&self) -> bool {
        self.pairs.is_empty() && self.copies.is_empty()
    }
}

/// A pair of which something was changed.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DriftedPair {
    /// Its address.
    pub address: String,
    /// The case.
    pub case: CaseId,
    /// The work item.
    pub work_item: WorkItemId,
    /// The title of the case, else of the work item.
    pub title: String,
    /// Fields, TestWorthy's first.
    pub fields: Vec<DriftedField>,
    /// Items that are not there as they were.
    pub absent: Vec<(System, Absence)>,
    /// Whether a write of Accord has no answer yet: what looks edited may be that write.
    pub unanswered: bool,
}

/// A field that was edited.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DriftedField {
    /// The side.
    pub system: System,
    /// Its field.
    pub path: String,
    /// The row.
    pub row: String,
    /// What it held at the last apply; left out when sensitive.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "as_json")]
    pub recorded: Option<Value>,
    /// What it holds; left out when sensitive.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "as_json")]
    pub live: Option<Value>,
    /// Whether the values are left out.
    pub sensitive: bool,
}

/// As a person writes it in a manifest.
#[expect(clippy::ref_option, reason = "the signature that serde asks for")]
fn as_json<S: Serializer>(value: &Option<Value>, serializer: S) -> Result<S::Ok, S::Error> {
    value.as_ref().map(Value::to_json).serialize(serializer)
}

/// How an item of a pair is not there as it was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Absence {
    /// Its deletion is confirmed.
    Deleted,
    /// It was not found, and whether it was deleted cannot be told.
    Gone,
    /// It is there, and the rule does not select it any more.
    OutOfScope,
    /// It has another type now.
    OfType(String),
    /// It is in another project now.
    InProject(String),
}

/// An item that carries the mark of a pair that it is not of.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Copied {
    /// Its address.
    pub address: String,
    /// What it carries, and whose that is.
    pub message: String,
}

/// Compares every linked pair of the rules that `only` selects with its base.
pub async fn drift(
    context: &Context<'_>,
    only: &[String],
    full_scan: bool,
) -> Result<DriftReport, ReconcileError> {
    let options = PlanOptions {
        inputs: Inputs {
            digest: context.config.digest.clone(),
            only: only.to_vec(),
            ..Inputs::default()
        },
        assume_declared: true,
        full_scan,
        ..PlanOptions::default()
    };
    let Survey { observations, .. } = survey(context, &options).await?;
    let mut report = DriftReport {
        schema: "accord-drift/1",
        pairs: Vec::new(),
        copies: Vec::new(),
        compared: 0,
        incomplete: Vec::new(),
    };
    let mut copies = BTreeSet::new();
    for observation in &observations {
        let Some(connection) = context.config.connections.get(&observation.rule.connection) else {
            continue;
        };
        let intents = context.store.open_intents(&observation.endpoints).await?;
        let unanswered: BTreeSet<ItemKey> = intents.iter().flat_map(item_keys).collect();
        let rule = &observation.rule.name;
        let of_rule = observation
            .pairs
            .iter()
            .filter(|(_, _, maker)| *maker == rule);
        report.compared += of_rule.count();
        if let Some(reason) = &observation.observed.incomplete {
            report.incomplete.push(format!("SyncRule/{rule}: {reason}"));
        }
        let own = observation.links.iter().filter(|link| link.rule == *rule);
        for link in own {
            let mut pair = compared(observation, connection, link);
            let keys = [ItemKey::Case(link.case), ItemKey::WorkItem(link.work_item)];
            pair.unanswered = keys.iter().any(|key| unanswered.contains(key));
            if !pair.fields.is_empty() || !pair.absent.is_empty() {
                report.pairs.push(pair);
            }
        }
        copies.extend(copied(observation, connection));
    }
    report.copies = copies.into_iter().collect();
    report.pairs.sort_by(|a, b| a.address.cmp(&b.address));
    Ok(report)
}

fn compared(observation: &Observation, connection: &Connection, link: &Link) -> DriftedPair {
    let observed = &observation.observed;
    let case = observed.case(link.case);
    let item = observed.work_item(link.work_item);
    let mut fields = Vec::new();
    if let Some(case) = case {
        let side = SideItem::Case(case, link.work_item);
        let edited = edits(&observation.mapping, &link.base, side);
        fields.extend(edited.iter().map(|edit| field(System::TestWorthy, edit)));
    }
    if let Some(item) = item {
        let edited = edits(&observation.mapping, &link.base, SideItem::WorkItem(item));
        fields.extend(edited.iter().map(|edit| field(System::AzureDevOps, edit)));
    }
    let titles = [case.map(Case::title), item.map(WorkItem::title)];
    let mut titles = titles.into_iter().flatten();
    DriftedPair {
        address: address_of(&observation.rule, link.case, link.work_item),
        case: link.case,
        work_item: link.work_item,
        title: titles
            .find(|title| !title.is_empty())
            .unwrap_or_default()
            .to_owned(),
        fields,
        absent: absences(observation, connection, link),
        unanswered: false,
    }
}

fn field(system: System, edit: &Edit<'_>) -> DriftedField {
    let sensitive = edit.row.sensitive();
    DriftedField {
        system,
        path: edit.row.path(system),
        row: edit.row.name().to_owned(),
        recorded: (!sensitive).then(|| edit.recorded.clone()),
        live: (!sensitive).then(|| edit.live.clone()),
        sensitive,
    }
}

fn absences(
    observation: &Observation,
    connection: &Connection,
    link: &Link,
) -> Vec<(System, Absence)> {
    let (rule, observed) = (&observation.rule, &observation.observed);
    let mut absent = Vec::new();
    let has_case = observed.has_case(link.case);
    let has_item = observed.has_work_item(link.work_item);
    if !has_case {
        let deleted = observed.deleted_cases.contains(&link.case);
        let how = if deleted {
            Absence::Deleted
        } else {
            Absence::Gone
        };
        absent.push((System::TestWorthy, how));
    }
    if !has_item {
        let deleted = observed.deleted_work_items.contains_key(&link.work_item);
        let how = if deleted {
            Absence::Deleted
        } else {
            Absence::Gone
        };
        absent.push((System::AzureDevOps, how));
    }
    if let Some(item) = observed.work_item(link.work_item) {
        if !item
            .work_item_type
            .eq_ignore_ascii_case(&observation.mapping.work_item_type)
        {
            let kind = Absence::OfType(item.work_item_type.clone());
            absent.push((System::AzureDevOps, kind));
        }
        if !item
            .project
            .eq_ignore_ascii_case(&connection.azure_devops.project)
        {
            let project = Absence::InProject(item.project.clone());
            absent.push((System::AzureDevOps, project));
        }
    }
    // A pair is let go only when no side of it is selected any more.
    let selected = |system| match system {
        System::TestWorthy => observed.cases_in_scope.contains(&link.case),
        System::AzureDevOps => observed.work_items_in_scope.contains(&link.work_item),
    };
    let mut sides = [System::TestWorthy, System::AzureDevOps]
        .into_iter()
        .filter(|system| rule.selects_on(*system))
        .peekable();
    let first = sides.peek().copied();
    if has_case && has_item && !sides.any(selected) {
        absent.extend(first.map(|system| (system, Absence::OutOfScope)));
    }
    absent
}

/// Items with the mark of a pair that they are not of: somebody copied the case or the work item.
fn copied(observation: &Observation, connection: &Connection) -> Vec<Copied> {
    let (rule, observed) = (&observation.rule.name, &observation.observed);
    let pairs = &observation.pairs;
    let mut copies = Vec::new();
    for item in observed.work_items.values() {
        for case in connection.testworthy.marked_cases(item) {
            let Some(linked) = pairs.work_item(case).filter(|linked| *linked != item.id) else {
                continue;
            };
            copies.push(Copied {
                address: format!("SyncRule/{rule}/workItem/{}", item.id),
                message: format!(
                    "carries Accord's hyperlink to case {case}, which is linked to work item {linked}: a copy of it?"
                ),
            });
        }
    }
    for case in observed.cases.values() {
        for item in azure_boards_mentions(&case.refs) {
            let Some(linked) = pairs.case(item).filter(|linked| *linked != case.id) else {
                continue;
            };
            copies.push(Copied {
                address: format!("SyncRule/{rule}/case/{}", case.id),
                message: format!(
                    "names AB#{item} in its references, which is linked to case {linked}: a copy of it?"
                ),
            });
        }
    }
    copies
}
