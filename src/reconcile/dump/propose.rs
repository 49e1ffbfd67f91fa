//! Which rows could be: pairs that both products know, then fields that are called alike.

use std::collections::BTreeSet;

use super::draft::RowDraft;
use super::name::{self, Likeness, likeness};
use super::seen::{Seen, SeenType};
use super::text::shortened;
use super::values::priorities;
use crate::model::{
    AzureFieldKind, CASE_FIELDS, CaseField, CaseFieldAccess, CaseFieldKind, TypeField, Value,
};

const TITLE: &str = "System.Title";
const DESCRIPTION: &str = "System.Description";
const REPRO_STEPS: &str = "Microsoft.VSTS.TCM.ReproSteps";
const STEPS: &str = "Microsoft.VSTS.TCM.Steps";
const PRIORITY: &str = "Microsoft.VSTS.Common.Priority";
const TAGS: &str = "System.Tags";
const STATE: &str = "System.State";
const AREA: &str = "System.AreaPath";

/// Prefix of the tags that carry references.
const REFERENCE: &str = "ref:";

/// Every row that can be thought of, the likeliest first. None is judged yet.
pub(super) fn candidates(seen: &Seen, of: &SeenType) -> Vec<RowDraft> {
    let mut rows = Vec::new();
    let has = |name: &str| of.live.fields.contains_key(name);
    if has(TITLE) {
        rows.push(RowDraft::between("title", TITLE));
    }
    let long = [DESCRIPTION, REPRO_STEPS];
    if let Some(field) = long.into_iter().find(|name| has(name)) {
        rows.push(rich("description", field));
    }
    if has(STEPS) {
        rows.push(RowDraft {
            codec: Some("steps"),
            ..RowDraft::between("steps", STEPS)
        });
    }
    if let Some(field) = of.live.fields.get(PRIORITY) {
        rows.push(priority(seen, field));
    }
    if has(TAGS) {
        rows.extend(flags(seen));
        rows.push(RowDraft {
            codec: Some("set"),
            prefix: Some(REFERENCE),
            ..RowDraft::between("refs", TAGS)
        });
    }
    rows.extend(alike(seen, of));
    rows.extend(for_people(seen, of));
    rows.retain(|row| {
        row.testworthy.starts_with("custom.") || seen.has_case_field(&row.testworthy)
    });
    rows
}

fn rich(testworthy: &str, azure_devops: &str) -> RowDraft {
    RowDraft {
        codec: Some("richText"),
        ..RowDraft::between(testworthy, azure_devops)
    }
}

/// The texts that a case field holds in the cases that were read.
fn occurring(seen: &Seen, field: &str) -> BTreeSet<String> {
    let cases = seen.cases.values();
    let texts = cases.filter_map(|case| case.fields.get(field)?.as_text());
    texts.map(str::to_owned).collect()
}

fn priority(seen: &Seen, field: &TypeField) -> RowDraft {
    let table = priorities(&occurring(seen, "priority"), &field.allowed_values);
    let mut row = RowDraft::between("priority", PRIORITY);
    if table.values.is_empty() {
        row.for_a_person = Some(
            "No case that was read has a priority that could be told: add `values` that name yours.".to_owned(),
        );
        return row;
    }
    let mut note = Vec::new();
    if !table.reverse.is_empty() {
        note.push(
            "What stands under `reverse` is read and left alone (lint L08); `allow` accepts that."
                .to_owned(),
        );
    }
    if !table.left.is_empty() {
        let left: Vec<String> = table.left.iter().map(|name| shortened(name, 40)).collect();
        note.push(format!(
            "Without an entry, so these wait: {}.",
            left.join(", ")
        ));
    }
    row.note = (!note.is_empty()).then(|| note.join(" "));
    row.values = table.values;
    row.reverse = table.reverse;
    row
}

/// A tag for every flag; those that no case has are for a person to add.
fn flags(seen: &Seen) -> Vec<RowDraft> {
    let booleans = CASE_FIELDS
        .iter()
        .filter(|field| field.kind == CaseFieldKind::Boolean);
    let rows = booleans.map(|field| {
        let tag = name::tag(field.name);
        let is_set = seen
            .cases
            .values()
            .any(|case| case.fields.get(field.name) == Some(&Value::Boolean(true)));
        RowDraft {
            for_a_person: (!is_set).then(|| "No case that was read has this flag.".to_owned()),
            tag: Some(tag),
            ..RowDraft::between(field.name, TAGS)
        }
    });
    let (set, unset): (Vec<RowDraft>, Vec<RowDraft>) =
        rows.partition(|row| row.for_a_person.is_none());
    set.into_iter().chain(unset).collect()
}

/// Case fields that no fixed pair speaks of, custom ones included.
fn loose_case_fields(seen: &Seen) -> Vec<(String, CaseField)> {
    let fixed = [
        "title",
        "description",
        "steps",
        "priority",
        "refs",
        "lastResult",
    ];
    let own = CASE_FIELDS
        .iter()
        .filter(|field| !fixed.contains(&field.name) && field.kind != CaseFieldKind::Boolean)
        .map(|field| (field.name.to_owned(), *field));
    let custom: BTreeSet<&String> = seen
        .cases
        .values()
        .flat_map(|case| case.fields.keys())
        .filter(|name| name.starts_with("custom."))
        .collect();
    let custom = custom
        .into_iter()
        .filter_map(|name| Some((name.clone(), CaseField::find(name)?)));
    own.chain(custom).collect()
}

/// Whether an Azure DevOps field was added by an organisation and is no part of every process.
pub(super) fn is_custom(reference_name: &str) -> bool {
    !reference_name.starts_with("System.") && !reference_name.starts_with("Microsoft.")
}

/// Fields of the same or nearly the same name; each field is proposed once.
fn alike(seen: &Seen, of: &SeenType) -> Vec<RowDraft> {
    let mut found: Vec<(Likeness, String, CaseField, &TypeField)> = Vec::new();
    for (name, case_field) in loose_case_fields(seen) {
        for (reference_name, field) in of.live.fields.iter().filter(|(name, _)| is_custom(name)) {
            let last = reference_name.rsplit('.').next().unwrap_or_default();
            let alike = likeness(&name, &field.definition.name)
                .into_iter()
                .chain(likeness(&name, last))
                .min();
            found.extend(alike.map(|alike| (alike, name.clone(), case_field, field)));
        }
    }
    // The sort is stable: of equally alike ones the first in the order of fields wins.
    found.sort_by_key(|(alike, ..)| *alike);
    let (mut cases, mut azure) = (BTreeSet::new(), BTreeSet::new());
    let mut rows = Vec::new();
    for (alike, name, case_field, field) in found {
        let target = &field.definition.reference_name;
        if cases.contains(&name) || azure.contains(target) {
            continue;
        }
        cases.insert(name.clone());
        azure.insert(target.clone());
        let mut row = RowDraft::between(&name, target);
        if case_field.kind == CaseFieldKind::RichText {
            row.codec = Some("richText");
        }
        if case_field.access == CaseFieldAccess::Read {
            row.direction = Some("toAzureDevOps");
        }
        if alike == Likeness::Nearly {
            row.note = Some(format!(
                "Nearly the same name: \"{}\" in Azure DevOps.",
                shortened(&field.definition.name, 60)
            ));
        }
        rows.push(row);
    }
    rows
}

/// What both sides have and only a team can decide on.
fn for_people(seen: &Seen, of: &SeenType) -> Vec<RowDraft> {
    let mut rows = Vec::new();
    let person = |text: &str| Some(text.to_owned());
    if of.live.fields.contains_key(AREA)
        && let Some(top) = seen.areas.first()
    {
        rows.push(RowDraft {
            codec: Some("path"),
            direction: Some("toAzureDevOps"),
            values: vec![("**".to_owned(), Value::text(top.as_str()))],
            for_a_person: person("Which sections belong to which area is for your team to say."),
            ..RowDraft::between("section.path", AREA)
        });
    }
    let state = |category: &str| {
        let mut states = of.live.states.iter();
        states
            .find(|state| state.category == category)
            .map(|state| state.name.clone())
    };
    if let (Some(open), Some(closed)) = (state("Proposed"), state("Completed"))
        && of.live.fields.contains_key(STATE)
    {
        rows.push(RowDraft {
            codec: Some("state"),
            direction: Some("toAzureDevOps"),
            values: vec![
                ("false".to_owned(), Value::text(open)),
                ("true".to_owned(), Value::text(closed)),
            ],
            for_a_person: person(
                "Whether a disabled case closes its work item is for your team to say.",
            ),
            ..RowDraft::between("disabled", STATE)
        });
    }
    if of.live.fields.contains_key("System.AssignedTo") {
        rows.push(RowDraft {
            codec: Some("user"),
            direction: Some("toAzureDevOps"),
            for_a_person: person(
                "People need `users` in the connection, see the proposal of this dump.",
            ),
            ..RowDraft::between("createdBy", "System.AssignedTo")
        });
    }
    rows
}

/// The words of a field's type, as `CustomField` spells them where it can.
pub(super) fn kind_word(field: &TypeField) -> &'static str {
    if field.definition.is_picklist {
        return "picklist";
    }
    match field.definition.kind {
        AzureFieldKind::String => "string",
        AzureFieldKind::PlainText => "text",
        AzureFieldKind::Html => "html",
        AzureFieldKind::History => "history",
        AzureFieldKind::Integer => "integer",
        AzureFieldKind::Double => "double",
        AzureFieldKind::DateTime => "dateTime",
        AzureFieldKind::Boolean => "boolean",
        AzureFieldKind::TreePath => "path",
        AzureFieldKind::Identity => "identity",
        AzureFieldKind::Guid => "guid",
    }
}
