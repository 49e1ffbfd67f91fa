//! From the wire to the model: field types, work items, relations.

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::Value as Json;

use super::{tags, wire};
use crate::model::{
    AzureFieldKind, FieldDefinition, Number, Relation, Rev, TypeField, Value, WorkItem, WorkItemId,
    WorkItemState,
};

/// The fields of the organisation by reference name: needed to read any value, because instants,
/// persons and markup all arrive as texts.
#[derive(Clone, Debug, Default)]
pub(super) struct FieldCatalog(HashMap<String, FieldDefinition>);

impl FieldCatalog {
    pub(super) fn new(fields: impl IntoIterator<Item = wire::Field>) -> Self {
        let definitions = fields
            .into_iter()
            .filter(|field| !field.is_deleted && !field.reference_name.is_empty())
            .map(|field| (field.reference_name.clone(), definition(field)));
        Self(definitions.collect())
    }

    fn kind(&self, reference_name: &str) -> Option<AzureFieldKind> {
        self.0.get(reference_name).map(|field| field.kind)
    }

    /// A field of a work item type; the type's own entry does not tell the field's type.
    pub(super) fn type_field(&self, field: wire::TypeField) -> (String, TypeField) {
        let definition = self
            .0
            .get(&field.reference_name)
            .cloned()
            .unwrap_or_else(|| FieldDefinition {
                reference_name: field.reference_name.clone(),
                name: field.name.clone(),
                kind: kind("string", field.is_identity),
                is_picklist: false,
                read_only: false,
            });
        let normalised = |json: &Json| value(Some(definition.kind), json);
        let allowed = field.allowed_values.unwrap_or_default();
        let allowed_values = allowed
            .iter()
            .map(normalised)
            .filter(|value| !value.is_null())
            .collect();
        let default_value = normalised(&field.default_value);
        let type_field = TypeField {
            definition,
            always_required: field.always_required,
            default_value,
            allowed_values,
        };
        (field.reference_name, type_field)
    }

    /// A work item. `Err` says what the answer lacks.
    pub(super) fn work_item(&self, item: wire::Item) -> Result<WorkItem, String> {
        use AzureFieldKind::{Html, PlainText, TreePath};
        let id = item
            .id
            .and_then(|id| u64::try_from(id).ok())
            .filter(|id| *id > 0)
            .ok_or("a work item without an id")?;
        let rev = item.rev.ok_or("a work item without a revision")?;
        let mut tags = Vec::new();
        let mut fields = BTreeMap::new();
        for (name, json) in item.fields.0 {
            if name == tags::TAGS {
                tags = json.as_str().map(tags::split).unwrap_or_default();
                continue;
            }
            let value = match (self.kind(&name), json) {
                // Nearly all texts, and the long ones: taken over without a copy.
                (
                    Some(Html | PlainText | AzureFieldKind::String | TreePath),
                    Json::String(text),
                ) => Value::text(text),
                (kind, json) => value(kind, &json),
            };
            if !value.is_null() {
                fields.insert(name, value);
            }
        }
        let text = |name: &str| {
            fields
                .get(name)
                .and_then(Value::as_text)
                .unwrap_or_default()
                .to_owned()
        };
        Ok(WorkItem {
            id: WorkItemId(id),
            rev: Rev(rev),
            work_item_type: text("System.WorkItemType"),
            project: text("System.TeamProject"),
            tags,
            fields,
            markdown: item.markdown.0,
            relations: item
                .relations
                .unwrap_or_default()
                .into_iter()
                .map(relation)
                .collect(),
        })
    }
}

/// The states in the server's order, which is that of the workflow.
pub(super) fn states(states: Vec<wire::State>) -> Vec<WorkItemState> {
    states
        .into_iter()
        .filter(|state| !state.name.is_empty())
        .map(|state| WorkItemState {
            name: state.name,
            category: state.category,
        })
        .collect()
}

/// The states that may follow each state. To stay is no step, so it is left out; a server that names no
/// way at all did not tell.
pub(super) fn transitions(told: &Json) -> Option<BTreeMap<String, Vec<String>>> {
    let ways: BTreeMap<String, Vec<String>> = told
        .as_object()?
        .iter()
        .filter_map(|(from, ways)| {
            let mut next: Vec<String> = Vec::new();
            for way in ways.as_array()? {
                let to = way.get("to").and_then(Json::as_str).unwrap_or_default();
                if !to.is_empty() && to != from && !next.iter().any(|known| known == to) {
                    next.push(to.to_owned());
                }
            }
            Some((from.clone(), next))
        })
        .collect();
    let tells = ways.values().any(|next| !next.is_empty());
    tells.then_some(ways)
}

fn definition(field: wire::Field) -> FieldDefinition {
    FieldDefinition {
        kind: kind(&field.kind, field.is_identity),
        is_picklist: field.is_picklist || field.kind.starts_with("picklist"),
        read_only: field.read_only,
        reference_name: field.reference_name,
        name: field.name,
    }
}

/// The field types of Fields - List. Identity fields arrive as `string` with a flag, picklists as their
/// base type with a flag, though the published enumeration has names for both. A type that is not known
/// is read as text.
fn kind(name: &str, is_identity: bool) -> AzureFieldKind {
    if is_identity {
        return AzureFieldKind::Identity;
    }
    match name {
        "integer" | "picklistInteger" => AzureFieldKind::Integer,
        "double" | "picklistDouble" => AzureFieldKind::Double,
        "dateTime" => AzureFieldKind::DateTime,
        "plainText" => AzureFieldKind::PlainText,
        "html" => AzureFieldKind::Html,
        "history" => AzureFieldKind::History,
        "treePath" => AzureFieldKind::TreePath,
        "boolean" => AzureFieldKind::Boolean,
        "guid" => AzureFieldKind::Guid,
        "identity" => AzureFieldKind::Identity,
        _ => AzureFieldKind::String,
    }
}

/// A value by its field's type. What does not fit the type keeps its text, so that nothing is lost and
/// a mapping can object to it; `kind` is `None` for fields that the organisation does not list.
pub(super) fn value(kind: Option<AzureFieldKind>, json: &Json) -> Value {
    use AzureFieldKind::{Boolean, DateTime, Double, Identity, Integer};
    match (kind, json) {
        (_, Json::Null) => Value::Null,
        (Some(Identity), Json::String(text)) => Value::text(unique_name(text)),
        (_, Json::Object(person)) => {
            let name = wire::PERSON
                .iter()
                .filter_map(|key| person.get(*key)?.as_str())
                .find(|name| !name.is_empty());
            name.map_or_else(|| Value::text(json.to_string()), Value::text)
        }
        (Some(Integer | Double), Json::String(text)) => parse_number(text),
        (Some(Boolean), Json::String(text)) => match text.trim().to_ascii_lowercase().as_str() {
            "true" | "1" => Value::Boolean(true),
            "false" | "0" => Value::Boolean(false),
            _ => Value::text(text.as_str()),
        },
        (Some(Boolean), Json::Number(number)) => match number.as_i64() {
            Some(0) => Value::Boolean(false),
            Some(1) => Value::Boolean(true),
            _ => Value::text(number.to_string()),
        },
        (Some(DateTime), Json::String(text)) => {
            instant(text).map_or_else(|| Value::text(text.as_str()), Value::DateTime)
        }
        (Some(Integer | Double) | None, Json::Number(number)) => {
            Number::from_json(number).map_or(Value::Null, Value::Number)
        }
        (_, Json::Number(number)) => Value::text(number.to_string()),
        (Some(Boolean) | None, Json::Bool(flag)) => Value::Boolean(*flag),
        (_, Json::Bool(flag)) => Value::text(flag.to_string()),
        (_, Json::String(text)) => Value::text(text.as_str()),
        (_, Json::Array(_)) => Value::text(json.to_string()),
    }
}

fn parse_number(text: &str) -> Value {
    let trimmed = text.trim();
    let number = match trimmed.parse::<i64>() {
        Ok(whole) => Some(Number::Integer(whole)),
        Err(_) => trimmed.parse().ok().and_then(Number::from_f64),
    };
    number.map_or_else(|| Value::text(text), Value::Number)
}

/// An instant; a time without an offset is in UTC, as `0001-01-01T00:00:00` in older answers.
fn instant(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    text.parse().ok().or_else(|| {
        let civil: jiff::civil::DateTime = text.parse().ok()?;
        Some(civil.to_zoned(TimeZone::UTC).ok()?.timestamp())
    })
}

/// `Ada Example <ada@contoso.example>` and the bare form both give the name that can be written back.
fn unique_name(text: &str) -> &str {
    let text = text.trim();
    text.strip_suffix('>')
        .and_then(|rest| rest.rsplit_once('<'))
        .map(|(_, name)| name.trim())
        .filter(|name| !name.is_empty())
        .unwrap_or(text)
}

fn relation(relation: wire::Relation) -> Relation {
    let comment = relation
        .attributes
        .as_ref()
        .and_then(|attributes| attributes.get("comment")?.as_str())
        .map(str::to_owned);
    Relation {
        rel: relation.rel.unwrap_or_default(),
        url: relation.url.unwrap_or_default(),
        comment,
    }
}

#[cfg(test)]
mod tests;
