//! Fields of a work item type of a process: added, ruled, taken off (Microsoft Learn, Processes, Fields).

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::super::Organization;
use super::super::body::{flag, items, member, required, text};
use super::super::error::ApiError;
use super::super::field::{Access, FieldId, FieldKind};
use super::super::request::ApiRequest;
use super::super::route::{Answer, ok};
use super::super::value::FieldValue;
use super::super::wire::list;
use super::super::work_item_type::{Origin, TypeField};
use super::{conflict, created, forbidden_change, gone};

impl Organization {
    pub(super) fn type_field_route(
        &mut self,
        request: &ApiRequest<'_>,
        process: usize,
        kind: usize,
        path: &[&str],
    ) -> Answer {
        match (request.method, path) {
            ("GET", []) => {
                let fields = self.process_type_fields(process, kind);
                let told = fields
                    .into_iter()
                    .map(|id| self.process_field_json(process, kind, id, false));
                ok(list(told.collect()))
            }
            ("POST", []) => self.add_type_field(request, process, kind),
            ("GET", [name]) => {
                let id = self.find_type_field(process, kind, name)?;
                let expand = request.query("$expand").unwrap_or_default().to_lowercase();
                let values = matches!(expand.as_str(), "allowedvalues" | "all" | "1" | "2");
                ok(self.process_field_json(process, kind, id, values))
            }
            ("PATCH", [name]) => {
                let id = self.find_type_field(process, kind, name)?;
                self.update_type_field(request, process, kind, id)
            }
            ("DELETE", [name]) => {
                let id = self.find_type_field(process, kind, name)?;
                self.remove_type_field(process, kind, id)
            }
            _ => Err(ApiError::method_not_allowed(request.method)),
        }
    }

    fn process_type_fields(&self, process: usize, kind: usize) -> Vec<FieldId> {
        let kind = &self.process_types(process)[kind];
        self.fields
            .ids()
            .filter(|id| {
                kind.fields.contains_key(id)
                    || self.fields.get(*id).reference.starts_with("System.")
            })
            .collect()
    }

    fn find_type_field(
        &self,
        process: usize,
        kind: usize,
        name: &str,
    ) -> Result<FieldId, ApiError> {
        self.fields
            .find(name)
            .filter(|id| self.process_type_fields(process, kind).contains(id))
            .ok_or_else(|| {
                ApiError::process(
                    StatusCode::NOT_FOUND,
                    "ProcessWorkItemTypeFieldDoesNotExistException",
                    format!("TF51535: Cannot find field {name}."),
                )
            })
    }

    fn process_field_json(&self, process: usize, at: usize, id: FieldId, values: bool) -> Value {
        let kind = &self.process_types(process)[at];
        let field = self.fields.get(id);
        let rules = kind.fields.get(&id).cloned().unwrap_or_default();
        // Processes name identities, which `wit/fields` calls strings.
        let wire = match field.kind {
            FieldKind::Identity => "identity",
            other => other.wire(),
        };
        let customization = match rules.origin {
            Origin::System => "system",
            Origin::Inherited => "inherited",
            Origin::Custom => "custom",
        };
        let mut told = json!({
            "referenceName": &*field.reference,
            "name": &*field.name,
            "type": wire,
            "description": field.custom.description.as_deref(),
            "url": format!("{}/fields/{}", self.process_type_url(process, at), field.reference),
            "required": rules.required,
            "readOnly": rules.read_only || field.access != Access::Write,
            "defaultValue": rules.default.as_ref().map(|value| self.value_json(value)),
            "customization": customization,
            "isLocked": field.custom.locked,
        });
        if field.kind == FieldKind::Identity {
            told["allowGroups"] = json!(rules.allow_groups.unwrap_or(false));
        }
        if values {
            let allowed = self.allowed_of(&rules, id).values;
            let allowed = allowed.iter().map(|value| self.value_json(value));
            told["allowedValues"] = allowed.collect();
        }
        told
    }

    /// Reads the rules of a request over those that are there.
    fn read_rules(
        &self,
        body: &Value,
        id: FieldId,
        before: &TypeField,
    ) -> Result<TypeField, ApiError> {
        let field = self.fields.get(id);
        let read = |value: &Value| self.read_value(field, value, -1, false);
        let mut rules = before.clone();
        rules.required = flag(body, "required").unwrap_or(rules.required);
        rules.read_only = flag(body, "readOnly").unwrap_or(rules.read_only);
        rules.allow_groups = flag(body, "allowGroups").or(rules.allow_groups);
        if member(body, "allowedValues").is_some() {
            let values = items(body, "allowedValues").iter().map(read);
            let values: Vec<Option<FieldValue>> = values.collect::<Result<_, _>>()?;
            rules.allowed = values.into_iter().flatten().collect();
        }
        if let Some(object) = body.as_object()
            && let Some((_, value)) = object
                .iter()
                .find(|(key, _)| key.eq_ignore_ascii_case("defaultValue"))
        {
            // A null that comes beside other members means none; clients send it when they do not care.
            rules.default = match value {
                Value::Null => None,
                value => read(value)?,
            };
        }
        let allowed = self.allowed_of(&rules, id);
        if let Some(default) = &rules.default
            && !allowed.suggested
            && !allowed.values.is_empty()
            && !allowed.values.contains(default)
        {
            return Err(forbidden_change(
                "ProcessFieldDefaultValueException",
                format!(
                    "VS403221: The value '{}' is not an allowed value for field '{}'.",
                    self.value_text(default),
                    field.name
                ),
            ));
        }
        Ok(rules)
    }

    fn add_type_field(&mut self, request: &ApiRequest<'_>, process: usize, at: usize) -> Answer {
        self.changeable_type(process, at)?;
        let body = request.json()?;
        let name = match text(&body, "referenceName") {
            Some(name) => name,
            None => required(&body, "name")?,
        };
        let id = self
            .fields
            .find(name)
            .ok_or_else(|| ApiError::no_field(name))?;
        let field = self.fields.get(id);
        if field.access != Access::Write {
            return Err(forbidden_change(
                "ProcessFieldNotCustomizableException",
                format!(
                    "The field '{}' cannot be added to a work item type.",
                    field.name
                ),
            ));
        }
        let kind = &self.process_types(process)[at];
        if kind.fields.contains_key(&id) {
            return Err(conflict(
                "ProcessWorkItemTypeFieldAlreadyExistsException",
                format!(
                    "The field '{}' is already part of the work item type '{}'.",
                    field.reference, kind.name
                ),
            ));
        }
        let fresh = TypeField {
            origin: Origin::Custom,
            ..TypeField::default()
        };
        let rules = self.read_rules(&body, id, &fresh)?;
        self.process_types_mut(process)[at].fields.insert(id, rules);
        created(self.process_field_json(process, at, id, false))
    }

    fn update_type_field(
        &mut self,
        request: &ApiRequest<'_>,
        process: usize,
        at: usize,
        id: FieldId,
    ) -> Answer {
        self.changeable_type(process, at)?;
        let body = request.json()?;
        let before = self.process_types(process)[at]
            .fields
            .get(&id)
            .cloned()
            .unwrap_or_default();
        let mut rules = self.read_rules(&body, id, &before)?;
        if rules.origin == Origin::System {
            rules.origin = Origin::Inherited;
        }
        self.process_types_mut(process)[at].fields.insert(id, rules);
        ok(self.process_field_json(process, at, id, false))
    }

    /// A custom field leaves the type, a system field loses the process' rules. Values on items stay.
    fn remove_type_field(&mut self, process: usize, at: usize, id: FieldId) -> Answer {
        self.changeable_type(process, at)?;
        let kind = &self.process_types(process)[at];
        let origin = kind.fields.get(&id).map(|rules| rules.origin);
        let reference = kind.reference.clone();
        match origin {
            Some(Origin::Custom) => {
                self.process_types_mut(process)[at].fields.remove(&id);
            }
            Some(Origin::Inherited) => {
                let system = super::super::work_item_type::agile()
                    .into_iter()
                    .find(|known| known.reference == reference)
                    .and_then(|mut known| known.fields.remove(&id));
                let fields = &mut self.process_types_mut(process)[at].fields;
                match system {
                    Some(rules) => fields.insert(id, rules),
                    None => fields.remove(&id),
                };
            }
            Some(Origin::System) | None => {
                return Err(forbidden_change(
                    "ProcessFieldNotCustomizableException",
                    format!(
                        "The field '{}' belongs to the system type and cannot be removed.",
                        self.fields.get(id).name
                    ),
                ));
            }
        }
        gone()
    }
}
