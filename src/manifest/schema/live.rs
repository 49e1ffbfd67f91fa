//! Schemas with what exists behind a connection, so that editors complete it and show its help texts.
//!
//! What exists is offered and never required: `anyOf` has the known values first and then whatever the
//! plain schema takes. A mapping may serve several connections, a field may be about to be created, and a
//! path may be a pattern; whether a name is right is for `plan` to say.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value as Json, json};

use crate::manifest::Kind;
use crate::model::{AzureFieldKind, CASE_FIELDS, CaseFieldKind, TypeField, WorkItemType};

/// Longer lists of allowed values help nobody who is typing.
const MOST_VALUES: usize = 500;

/// What exists behind a connection.
#[derive(Clone, Debug, Default)]
pub struct Live {
    /// Names of declared connections.
    pub connections: Vec<String>,
    /// Names of declared mappings.
    pub mappings: Vec<String>,
    /// Projects of the organisation that may be seen.
    pub projects: Vec<String>,
    /// Work item types of the project.
    pub types: Vec<LiveType>,
    /// Areas as fields hold them.
    pub areas: Vec<String>,
    /// Iterations as fields hold them.
    pub iterations: Vec<String>,
    /// Suites: id and name; an empty name is not known.
    pub suites: BTreeMap<u64, String>,
    /// Section paths, names joined by `/`.
    pub sections: BTreeSet<String>,
    /// Fields of the server's own (`custom.<name>`) that cases carry.
    pub custom_fields: BTreeSet<String>,
    /// Values that cases carry, by the field's manifest name; picklists only.
    pub case_values: BTreeMap<String, BTreeSet<String>>,
}

/// A work item type with help texts by reference name.
#[derive(Clone, Debug)]
pub struct LiveType {
    /// The type.
    pub work_item_type: WorkItemType,
    /// The words that explain its fields, where there are any.
    pub help: BTreeMap<String, String>,
}

/// Works `live` into the schema of a kind or of all kinds. Schemas of other documents stay as they are.
pub fn enrich(schema: &mut Json, live: &Live) {
    if let Some(definitions) = schema.get_mut("definitions").and_then(Json::as_object_mut) {
        definitions
            .values_mut()
            .for_each(|definition| enrich_kind(definition, live));
        return;
    }
    enrich_kind(schema, live);
}

fn enrich_kind(schema: &mut Json, live: &Live) {
    let kind = schema
        .pointer("/properties/kind/enum/0")
        .and_then(Json::as_str)
        .and_then(Kind::find);
    let mut offer = |path: &[&str], values: &[Offer]| {
        if let Some(part) = at(schema, path) {
            suggest(part, values);
        }
    };
    let plain = |names: &[String]| -> Vec<Offer> { names.iter().map(Offer::plain).collect() };
    let (areas, iterations) = (plain(&live.areas), plain(&live.iterations));
    match kind {
        Some(Kind::Connection) => {
            offer(&["spec", "azureDevOps", "project"], &plain(&live.projects));
        }
        Some(Kind::CustomField) => {
            offer(&["spec", "connection"], &plain(&live.connections));
            offer(&["spec", "workItemTypes", "[]"], &types(live));
        }
        Some(Kind::MappingTest) => offer(&["spec", "mapping"], &plain(&live.mappings)),
        Some(Kind::SyncRule) => {
            let suites: Vec<Offer> = live
                .suites
                .iter()
                .map(|(id, name)| Offer::new(json!(id), name))
                .collect();
            let sections: Vec<Offer> = live.sections.iter().map(Offer::plain).collect();
            offer(&["spec", "connection"], &plain(&live.connections));
            offer(&["spec", "mapping"], &plain(&live.mappings));
            let testworthy = ["spec", "scope", "testworthy"];
            offer(&[&testworthy[..], &["suites", "[]"]].concat(), &suites);
            offer(&[&testworthy[..], &["sections", "[]"]].concat(), &sections);
            offer(&["spec", "createIn", "testworthy", "suite"], &suites);
            offer(&["spec", "createIn", "testworthy", "section"], &sections);
            for place in ["scope", "createIn"] {
                offer(&["spec", place, "azureDevOps", "areaPath"], &areas);
                offer(
                    &["spec", place, "azureDevOps", "iterationPath"],
                    &iterations,
                );
            }
        }
        Some(Kind::FieldMapping) => {
            offer(&["spec", "azureDevOps"], &types(live));
            offer(&["spec", "fields", "[]", "testworthy"], &case_fields(live));
            by_type(schema, live);
        }
        Some(Kind::Project) | None => {}
    }
}

/// A value that exists, with what there is to say of it.
struct Offer {
    value: Json,
    description: String,
}

impl Offer {
    fn new(value: Json, description: impl Into<String>) -> Self {
        Self {
            value,
            description: description.into(),
        }
    }

    fn plain(text: &String) -> Self {
        Self::new(json!(text), "")
    }
}

/// The schema of a member; `[]` stands for the items of a list.
fn at<'s>(schema: &'s mut Json, path: &[&str]) -> Option<&'s mut Json> {
    path.iter().try_fold(schema, |part, step| match *step {
        "[]" => part.get_mut("items"),
        member => part.get_mut("properties")?.get_mut(member),
    })
}

/// Puts the known values in front of what the part takes anyway.
fn suggest(part: &mut Json, offers: &[Offer]) {
    let Some(object) = part.as_object_mut().filter(|_| !offers.is_empty()) else {
        return;
    };
    let mut plain = std::mem::take(object);
    for kept in ["description", "default"] {
        if let Some(value) = plain.shift_remove(kept) {
            object.insert(kept.to_owned(), value);
        }
    }
    object.insert("anyOf".to_owned(), json!([known(offers), plain]));
}

/// An `enum`; `enumDescriptions` is what editors built on VS Code's language services show beside it.
fn known(offers: &[Offer]) -> Json {
    let mut known = Map::new();
    let values: Vec<&Json> = offers.iter().map(|offer| &offer.value).collect();
    known.insert("enum".to_owned(), json!(values));
    if offers.iter().any(|offer| !offer.description.is_empty()) {
        let words: Vec<&str> = offers.iter().map(|o| o.description.as_str()).collect();
        known.insert("enumDescriptions".to_owned(), json!(words));
    }
    Json::Object(known)
}

/// Offers values where another part of the schema decides what is right.
fn offered(offers: &[Offer]) -> Json {
    json!({ "anyOf": [known(offers), {}] })
}

fn types(live: &Live) -> Vec<Offer> {
    live.types
        .iter()
        .map(|kind| {
            let kind = &kind.work_item_type;
            let states: Vec<&str> = kind
                .states
                .iter()
                .map(|state| state.name.as_str())
                .collect();
            let description = if states.is_empty() {
                String::new()
            } else {
                format!("States: {}.", states.join(", "))
            };
            Offer::new(json!(kind.name), description)
        })
        .collect()
}

fn case_fields(live: &Live) -> Vec<Offer> {
    let own = CASE_FIELDS
        .iter()
        .map(|field| Offer::new(json!(field.name), case_kind(field.kind)));
    let custom = live
        .custom_fields
        .iter()
        .map(|name| Offer::new(json!(name), "A field of this server's own: text."));
    own.chain(custom).collect()
}

fn case_kind(kind: CaseFieldKind) -> &'static str {
    match kind {
        CaseFieldKind::Text => "One line of text.",
        CaseFieldKind::RichText => "HTML.",
        CaseFieldKind::Steps => "Test steps with expected results.",
        CaseFieldKind::Picklist => "One of a list.",
        CaseFieldKind::Boolean => "True or false.",
        CaseFieldKind::Number => "A number.",
        CaseFieldKind::DateTime => "An instant.",
        CaseFieldKind::Set => "A set of references.",
        CaseFieldKind::Path => "Names of nested sections.",
        CaseFieldKind::User => "A person.",
    }
}

/// Fields and values depend on the work item type that the mapping names.
fn by_type(schema: &mut Json, live: &Live) {
    let Some(spec) = at(schema, &["spec"]).and_then(Json::as_object_mut) else {
        return;
    };
    let branches: Vec<Json> = live
        .types
        .iter()
        .map(|kind| {
            let row = row(kind, live);
            json!({
                "if": is("azureDevOps", &json!(kind.work_item_type.name)),
                "then": { "properties": { "fields": { "items": row } } },
            })
        })
        .collect();
    if !branches.is_empty() {
        spec.insert("allOf".to_owned(), Json::Array(branches));
    }
}

/// A row of a mapping to this type.
fn row(kind: &LiveType, live: &Live) -> Json {
    let fields: Vec<Offer> = kind
        .work_item_type
        .fields
        .iter()
        .map(|(name, field)| Offer::new(json!(name), about(field, kind.help.get(name))))
        .collect();
    let mut branches = Vec::new();
    for (name, field) in &kind.work_item_type.fields {
        let allowed = allowed(kind, name, field);
        if allowed.is_empty() {
            continue;
        }
        let texts: Vec<Offer> = allowed
            .iter()
            .map(|offer| Offer::new(json!(text_of(&offer.value)), ""))
            .collect();
        branches.push(json!({
            "if": is("azureDevOps", &json!(name)),
            "then": { "properties": {
                "constant": offered(&allowed),
                "values": { "additionalProperties": offered(&allowed) },
                "reverse": { "propertyNames": offered(&texts) },
            } },
        }));
    }
    for (name, values) in &live.case_values {
        let offers: Vec<Offer> = values.iter().map(Offer::plain).collect();
        branches.push(json!({
            "if": is("testworthy", &json!(name)),
            "then": { "properties": {
                "values": { "propertyNames": offered(&offers) },
                "reverse": { "additionalProperties": offered(&offers) },
            } },
        }));
    }
    let mut row = json!({ "properties": { "azureDevOps": offered(&fields) } });
    if let Some(object) = row.as_object_mut().filter(|_| !branches.is_empty()) {
        object.insert("allOf".to_owned(), Json::Array(branches));
    }
    row
}

fn is(member: &str, value: &Json) -> Json {
    json!({ "properties": { member: { "const": value } }, "required": [member] })
}

/// The values that a field of a type may hold. People are left out: a schema goes into repositories.
fn allowed(kind: &LiveType, name: &str, field: &TypeField) -> Vec<Offer> {
    if name == "System.State" {
        let states = &kind.work_item_type.states;
        return states
            .iter()
            .map(|state| Offer::new(json!(state.name), &state.category))
            .collect();
    }
    let few = field.allowed_values.len() <= MOST_VALUES;
    if field.definition.kind == AzureFieldKind::Identity || !few {
        return Vec::new();
    }
    let values = field.allowed_values.iter();
    values
        .map(|value| Offer::new(value.to_json(), ""))
        .collect()
}

fn about(field: &TypeField, help: Option<&String>) -> String {
    let mut about = format!("{}: {}", field.definition.name, kind_name(field));
    if field.always_required {
        about.push_str(", required");
    }
    about.push('.');
    let help = help.map(|help| help.split_whitespace().collect::<Vec<_>>().join(" "));
    if let Some(help) = help.filter(|help| !help.is_empty()) {
        about.push(' ');
        about.push_str(&help);
    }
    about
}

fn kind_name(field: &TypeField) -> &'static str {
    if field.definition.is_picklist {
        return "picklist";
    }
    match field.definition.kind {
        AzureFieldKind::String => "string",
        AzureFieldKind::PlainText => "plain text",
        AzureFieldKind::Html => "html",
        AzureFieldKind::History => "history",
        AzureFieldKind::Integer => "integer",
        AzureFieldKind::Double => "double",
        AzureFieldKind::DateTime => "date and time",
        AzureFieldKind::Boolean => "boolean",
        AzureFieldKind::TreePath => "path",
        AzureFieldKind::Identity => "identity",
        AzureFieldKind::Guid => "guid",
    }
}

/// A value as it is written for a key.
fn text_of(value: &Json) -> String {
    match value {
        Json::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests;
