//! Picklists: lists of values that fields share (Microsoft Learn, Processes, Lists).

use std::sync::Arc;

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::super::Organization;
use super::super::body::{flag, items, text};
use super::super::error::ApiError;
use super::super::field::{FieldId, FieldKind};
use super::super::guid::guid;
use super::super::request::ApiRequest;
use super::super::route::{Answer, ok};
use super::super::value::FieldValue;
use super::super::wire::list;
use super::super::work_item_type::TypeField;
use super::{Processes, conflict, created, forbidden_change, gone};

/// Lists in an organisation, items in a list, characters in an item (Microsoft Learn, Work tracking,
/// process, and project limits).
const MAX_LISTS: usize = 2048;
const MAX_ITEMS: usize = 2048;
const MAX_ITEM: usize = 256;

/// A picklist.
#[derive(Clone, Debug)]
pub(crate) struct Picklist {
    name: String,
    pub(super) kind: FieldKind,
    items: Vec<String>,
    suggested: bool,
}

/// The values that a field of a type takes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Allowed {
    /// Empty means any.
    pub(crate) values: Vec<FieldValue>,
    /// Whether other values are taken too.
    pub(crate) suggested: bool,
}

impl Picklist {
    fn read(body: &Value, id: &str) -> Result<Self, ApiError> {
        let wrong = |message: String| forbidden_change("VssPropertyValidationException", message);
        let kind = match text(body, "type")
            .unwrap_or("String")
            .to_lowercase()
            .as_str()
        {
            "string" => FieldKind::String,
            "integer" => FieldKind::Integer,
            "double" => FieldKind::Double,
            other => {
                return Err(wrong(format!(
                    "The value '{other}' is not valid for the type of a list: String, Integer, Double."
                )));
            }
        };
        let mut values: Vec<String> = Vec::new();
        for value in items(body, "items") {
            let value = match value {
                Value::String(text) => text.trim().to_owned(),
                Value::Number(number) => number.to_string(),
                other => return Err(wrong(format!("The item {other} is no text."))),
            };
            let fits = match kind {
                FieldKind::Integer => value.parse::<i32>().is_ok(),
                FieldKind::Double => value.parse::<f64>().is_ok_and(f64::is_finite),
                _ => !value.is_empty() && value.chars().count() <= MAX_ITEM,
            };
            if !fits {
                return Err(wrong(format!(
                    "The item '{value}' is not valid for a list of its type; texts have 1 to {MAX_ITEM} \
                     characters."
                )));
            }
            if values
                .iter()
                .any(|known| known.eq_ignore_ascii_case(&value))
            {
                return Err(wrong(format!(
                    "The list has the item '{value}' more than once."
                )));
            }
            values.push(value);
        }
        if values.is_empty() {
            // Seen on the service, without a code.
            return Err(wrong(
                "You must provide a value for the Items parameter.".to_owned(),
            ));
        }
        if values.len() > MAX_ITEMS {
            return Err(wrong(format!(
                "The list has {} items; at most {MAX_ITEMS} are supported.",
                values.len()
            )));
        }
        Ok(Self {
            name: text(body, "name").map_or_else(|| format!("picklist_{id}"), str::to_owned),
            kind,
            items: values,
            suggested: flag(body, "isSuggested").unwrap_or(false),
        })
    }
}

impl Processes {
    /// Whether a list only suggests its values.
    pub(crate) fn is_suggested(&self, id: &str) -> bool {
        self.lists.get(id).is_some_and(|known| known.suggested)
    }
}

impl Organization {
    /// The values that a field takes on items of a type of the process in use.
    pub(crate) fn allowed(&self, kind: usize, id: FieldId) -> Allowed {
        match self.types[kind].fields.get(&id) {
            Some(rules) => self.allowed_of(rules, id),
            None => Allowed::default(),
        }
    }

    /// The values that rules and the field's picklist leave.
    pub(super) fn allowed_of(&self, rules: &TypeField, id: FieldId) -> Allowed {
        if !rules.allowed.is_empty() {
            return Allowed {
                values: rules.allowed.clone(),
                suggested: false,
            };
        }
        let field = self.fields.get(id);
        let listed = field
            .custom
            .picklist
            .as_deref()
            .and_then(|id| self.processes.lists.get(id));
        let Some(listed) = listed else {
            return Allowed::default();
        };
        let values = listed.items.iter().filter_map(|text| {
            self.read_value(field, &json!(text), -1, false)
                .ok()
                .flatten()
        });
        Allowed {
            values: values.collect(),
            suggested: listed.suggested,
        }
    }

    /// A list of its own for a planted field; `None` for a field whose type no list has, and without values.
    pub(crate) fn plant_list(
        &mut self,
        reference_name: &str,
        kind: FieldKind,
        values: &[Value],
    ) -> Option<Arc<str>> {
        let listed = matches!(
            kind,
            FieldKind::String | FieldKind::Integer | FieldKind::Double
        );
        if !listed || values.is_empty() {
            return None;
        }
        let item = |value: &Value| match value {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        let id = guid(&format!("picklist of {reference_name}"));
        let planted = Picklist {
            name: format!("picklist_{id}"),
            kind,
            items: values.iter().map(item).collect(),
            suggested: false,
        };
        self.processes.lists.insert(id.clone(), planted);
        Some(Arc::from(id))
    }

    pub(super) fn picklist_route(&mut self, request: &ApiRequest<'_>, path: &[&str]) -> Answer {
        match (request.method, path) {
            ("GET", []) => {
                let told = self.processes.lists.iter();
                ok(list(
                    told.map(|(id, known)| self.list_json(id, known, false))
                        .collect(),
                ))
            }
            ("POST", []) => self.create_list(request),
            ("GET", [id]) => ok(self.list_json(id, self.find_list(id)?, true)),
            ("PUT", [id]) => self.replace_list(request, id),
            ("DELETE", [id]) => self.delete_list(id),
            _ => Err(ApiError::method_not_allowed(request.method)),
        }
    }

    fn find_list(&self, id: &str) -> Result<&Picklist, ApiError> {
        self.processes.lists.get(id).ok_or_else(|| {
            ApiError::process(
                StatusCode::NOT_FOUND,
                "WorkItemPicklistNotFoundException",
                format!("The picklist with id '{id}' does not exist."),
            )
        })
    }

    fn list_json(&self, id: &str, known: &Picklist, with_items: bool) -> Value {
        let kind = match known.kind {
            FieldKind::Integer => "Integer",
            FieldKind::Double => "Double",
            _ => "String",
        };
        let mut told = json!({
            "id": id,
            "name": known.name,
            "type": kind,
            "isSuggested": known.suggested,
            "url": format!("{}/_apis/work/processes/lists/{id}", self.url()),
        });
        if with_items {
            told["items"] = json!(known.items);
        }
        told
    }

    fn free_list_name(&self, name: &str, but: Option<&str>) -> Result<(), ApiError> {
        let mut others = self
            .processes
            .lists
            .iter()
            .filter(|(id, _)| Some(id.as_str()) != but);
        if others.any(|(_, known)| known.name.eq_ignore_ascii_case(name)) {
            return Err(conflict(
                "WorkItemPickListItemNameAlreadyInUseException",
                format!("VS402848: The picklist name {name} is already in use."),
            ));
        }
        Ok(())
    }

    fn create_list(&mut self, request: &ApiRequest<'_>) -> Answer {
        let body = request.json()?;
        if self.processes.lists.len() >= MAX_LISTS {
            return Err(forbidden_change(
                "WorkItemPicklistLimitExceededException",
                format!(
                    "VS402846: The number of picklists in the collection has reached the limit of \
                     {MAX_LISTS}"
                ),
            ));
        }
        let id = self.processes.next_id("picklist");
        let known = Picklist::read(&body, &id)?;
        self.free_list_name(&known.name, None)?;
        let told = self.list_json(&id, &known, true);
        self.processes.lists.insert(id, known);
        created(told)
    }

    /// Values on items that leave the list stay, as on the service; the next change must be a listed one.
    fn replace_list(&mut self, request: &ApiRequest<'_>, id: &str) -> Answer {
        let body = request.json()?;
        let before = self.find_list(id)?.clone();
        let mut known = Picklist::read(&body, id)?;
        if text(&body, "name").is_none() {
            known.name = before.name;
        }
        if known.kind != before.kind {
            return Err(forbidden_change(
                "VssPropertyValidationException",
                "The type of a picklist cannot be changed.".to_owned(),
            ));
        }
        self.free_list_name(&known.name, Some(id))?;
        let told = self.list_json(id, &known, true);
        self.processes.lists.insert(id.to_owned(), known);
        ok(told)
    }

    fn delete_list(&mut self, id: &str) -> Answer {
        self.find_list(id)?;
        let user = self.fields.all_ids().find(|field| {
            let list: Option<&Arc<str>> = self.fields.get(*field).custom.picklist.as_ref();
            list.is_some_and(|list| &**list == id)
        });
        if let Some(user) = user {
            return Err(forbidden_change(
                "WorkItemPicklistInUseException",
                format!(
                    "The picklist is in use by the field '{}' and cannot be deleted.",
                    self.fields.get(user).reference
                ),
            ));
        }
        self.processes.lists.remove(id);
        gone()
    }
}
