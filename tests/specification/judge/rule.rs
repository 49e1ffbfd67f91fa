//! What the documents say in prose only, or take from another standard, as rules with their source.

use std::collections::BTreeSet;

use serde_json::Value;

use super::operation::{Fit, Operation};
use super::request::{Call, Notes, Payload};
use super::{Place, supplement};

/// The most items that may be asked for at once, as the operation's own description says.
pub(crate) fn most_ids(operation: &Operation) -> Option<usize> {
    let (_, rest) = operation.description.split_once("(Maximum ")?;
    rest.split(')').next()?.parse().ok()
}

/// What Microsoft's own migrator sends at most in one `$batch`; nothing is documented.
const MOST_ELEMENTS: usize = 200;

/// Members without which the request makes no sense. The documents mark no member as required.
const REQUIRED: &[(&str, &str)] = &[
    ("Work Items_Get Work Items Batch", "ids"),
    ("Wiql_Query By Wiql", "query"),
    ("Artifact Uri Query_Query", "artifactUris"),
];

pub(crate) fn required() -> &'static [(&'static str, &'static str)] {
    REQUIRED
}

/// Checks what only prose says.
pub(crate) fn check(operation: &Operation, fit: &Fit, call: &Call<'_>, notes: &mut Notes<'_>) {
    let Payload::Json(body) = &call.body else {
        return;
    };
    for (id, member) in REQUIRED {
        if operation.id == *id && body.get(member).is_none() {
            notes.add(Place::Body, &format!("/{member}"), "is missing");
        }
    }
    if let (Some(most), Some(ids)) = (most_ids(operation), body["ids"].as_array())
        && ids.len() > most
    {
        let said = format!("{} ids, at most {most} are allowed", ids.len());
        notes.add(Place::Body, "/ids", said);
    }
    // The service refuses it: "The expand parameter can not be used with the fields parameter."
    let expands = body.get("$expand").is_some_and(|expand| expand != "none");
    if expands && body.get("fields").is_some() {
        notes.add(Place::Body, "/$expand", "stands beside fields");
    }
    let is_patch = operation
        .consumes
        .iter()
        .any(|kind| kind == "application/json-patch+json");
    if is_patch {
        check_patch(body, notes);
    }
    if operation.id == supplement::BATCH {
        check_elements(body, notes);
    }
    // The page of the batch API addresses existing items without a project; with one, the service
    // does not find them.
    let inside_batch = call.header_names.is_none();
    let has = |name: &str| fit.values.iter().any(|(known, _)| known == name);
    if inside_batch && has("id") && has("project") {
        notes.add(
            Place::Path,
            "project",
            "an update in a batch names a project",
        );
    }
}

/// RFC 6902, sections 3 and 4.
fn check_patch(body: &Value, notes: &mut Notes<'_>) {
    for operation in body.as_array().into_iter().flatten() {
        let op = operation["op"].as_str();
        if op.is_none() {
            notes.add(Place::Body, "/*/op", "is missing");
        }
        match operation["path"].as_str() {
            None => notes.add(Place::Body, "/*/path", "is missing"),
            // RFC 6901: a pointer is empty or begins with a slash.
            Some(path) if !path.starts_with('/') => {
                notes.add(
                    Place::Body,
                    "/*/path",
                    format!("{path:?} is no JSON Pointer"),
                );
            }
            Some(_) => {}
        }
        let needs_value = matches!(op, Some("add" | "replace" | "test"));
        if needs_value && operation.get("value").is_none() {
            notes.add(Place::Body, "/*/value", "is missing");
        }
        if matches!(op, Some("move" | "copy")) && operation.get("from").is_none() {
            notes.add(Place::Body, "/*/from", "is missing");
        }
    }
}

/// New items of a `$batch` are told apart by negative ids (Microsoft Learn, previous APIs, Work item
/// batch operations).
fn check_elements(body: &Value, notes: &mut Notes<'_>) {
    let elements = body.as_array().map(Vec::as_slice).unwrap_or_default();
    if elements.len() > MOST_ELEMENTS {
        let said = format!(
            "{} elements, at most {MOST_ELEMENTS} are sent",
            elements.len()
        );
        notes.add(Place::Body, "", said);
    }
    let mut temporary = BTreeSet::new();
    for element in elements {
        let creates = element["uri"].as_str().is_some_and(|uri| {
            let path = uri.split('?').next().unwrap_or_default();
            let last = path.rsplit('/').next().unwrap_or_default();
            last.starts_with('$') || last.to_uppercase().starts_with("%24")
        });
        if !creates {
            continue;
        }
        let operations = element["body"].as_array().into_iter().flatten();
        let mut ids = operations.filter(|operation| operation["path"] == "/id");
        match ids.next().and_then(|operation| operation["value"].as_i64()) {
            Some(id) if id < 0 && temporary.insert(id) => {}
            _ => notes.add(
                Place::Body,
                "/*/body",
                "a new item has no negative id of its own",
            ),
        }
    }
}
