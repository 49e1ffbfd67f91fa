//! The organisation's fields: made, locked, deleted, brought back (Microsoft Learn, Work Item Tracking,
//! Fields - Create, Update, Delete).
//!
//! A deleted field is gone from every answer and every item, but keeps its name and its values, and comes
//! back with both; that it also comes back to the types that had it is a guess.

use std::sync::Arc;

use axum::http::StatusCode;
use serde_json::Value;

use super::super::Organization;
use super::super::body::{as_choice, flag, member, required, text};
use super::super::error::ApiError;
use super::super::field::{Access, CustomField, Field, FieldId, FieldKind};
use super::super::request::ApiRequest;
use super::super::route::{Answer, ok};
use super::{condensed, conflict, created, forbidden_change, gone};

/// The longest name of a field, and what no name may hold (Microsoft Learn, Naming restrictions).
const MAX_NAME: usize = 128;
const FORBIDDEN: &str = ".,;'`:~\\/*|?\"&%$!+=()[]{}<>";

/// The types of fields, by name and by the number that official clients send.
const TYPES: [(&str, u64); 14] = [
    ("string", 0),
    ("integer", 1),
    ("dateTime", 2),
    ("plainText", 3),
    ("html", 4),
    ("treePath", 5),
    ("history", 6),
    ("double", 7),
    ("guid", 8),
    ("boolean", 9),
    ("identity", 10),
    ("picklistString", 11),
    ("picklistInteger", 12),
    ("picklistDouble", 13),
];

fn wrong(message: String) -> ApiError {
    forbidden_change("VssPropertyValidationException", message)
}

impl Organization {
    /// Everything under `_apis/wit/fields` but reading. `last` is the last segment of the path.
    pub(crate) fn edit_field_definition(&mut self, request: &ApiRequest<'_>, last: &str) -> Answer {
        match (request.method, last.eq_ignore_ascii_case("fields")) {
            ("POST", true) => self.define_field(request),
            ("PATCH", false) => self.redefine_field(request, last),
            ("DELETE", false) => {
                let id = self.custom_field(last)?;
                self.fields.get_mut(id).custom.deleted = true;
                gone()
            }
            _ => Err(ApiError::method_not_allowed(request.method)),
        }
    }

    fn define_field(&mut self, request: &ApiRequest<'_>) -> Answer {
        let body = request.json()?;
        let name = required(&body, "name")?;
        if name.chars().count() > MAX_NAME || name.contains(|letter| FORBIDDEN.contains(letter)) {
            return Err(wrong(format!(
                "The field name '{name}' is not valid: at most {MAX_NAME} characters and none of \
                 {FORBIDDEN}"
            )));
        }
        let reference = custom_reference(text(&body, "referenceName"), name);
        let (kind, picklist) = self.field_kind(&body)?;
        let taken = || {
            conflict(
                "FieldNameAlreadyInUseException",
                format!(
                    "VS402803: Field name '{name}' you specified is already in use, choose a different \
                     name"
                ),
            )
        };
        let id = self
            .fields
            .insert(Field {
                reference: Arc::from(reference),
                name: Arc::from(name),
                kind,
                access: Access::Write,
                is_picklist: picklist.is_some(),
                custom: CustomField {
                    is_custom: true,
                    description: text(&body, "description").map(Arc::from),
                    picklist,
                    locked: flag(&body, "isLocked").unwrap_or(false),
                    deleted: false,
                },
            })
            .ok_or_else(taken)?;
        created(self.field_told(id))
    }

    /// The type of a new field and the picklist behind it. The `picklist...` types are accepted as names
    /// for their base types; all that makes a field a picklist is its list.
    fn field_kind(&self, body: &Value) -> Result<(FieldKind, Option<Arc<str>>), ApiError> {
        let written = member(body, "type");
        let named = match written {
            None => "string",
            Some(value) => as_choice(value, &TYPES).ok_or_else(|| {
                wrong(format!(
                    "The value {value} is not valid for the field's type."
                ))
            })?,
        };
        let is_picklist =
            flag(body, "isPicklist").unwrap_or(false) || named.starts_with("picklist");
        let kind = match named {
            "picklistString" => FieldKind::String,
            "picklistInteger" => FieldKind::Integer,
            "picklistDouble" => FieldKind::Double,
            _ if flag(body, "isIdentity") == Some(true) => FieldKind::Identity,
            _ => FieldKind::from_seed(named)
                .ok_or_else(|| wrong(format!("A field of type '{named}' cannot be created.")))?,
        };
        if !is_picklist {
            return Ok((kind, None));
        }
        let id = required(body, "picklistId")?.to_lowercase();
        let list = self
            .processes
            .lists
            .get(&id)
            .ok_or_else(|| wrong(format!("The picklist with id '{id}' does not exist.")))?;
        if list.kind != kind {
            return Err(wrong(format!(
                "The type of the picklist with id '{id}' is not that of the field."
            )));
        }
        Ok((kind, Some(Arc::from(id))))
    }

    /// A field that the organisation made, deleted or not.
    fn custom_field(&self, name: &str) -> Result<FieldId, ApiError> {
        let id = self
            .fields
            .find_any(name)
            .ok_or_else(|| ApiError::not_found(&format!("The field '{name}'")))?;
        if self.fields.get(id).custom.is_custom {
            Ok(id)
        } else {
            Err(ApiError::process(
                StatusCode::BAD_REQUEST,
                "SystemFieldCannotBeChangedException",
                format!("The field '{name}' is a system field and cannot be changed or deleted."),
            ))
        }
    }

    fn redefine_field(&mut self, request: &ApiRequest<'_>, name: &str) -> Answer {
        let id = self.custom_field(name)?;
        let body = request.json()?;
        let custom = &mut self.fields.get_mut(id).custom;
        if let Some(deleted) = flag(&body, "isDeleted") {
            custom.deleted = deleted;
        }
        if let Some(locked) = flag(&body, "isLocked") {
            custom.locked = locked;
        }
        ok(self.field_told(id))
    }
}

/// The reference name of a new field: always in `Custom.`, whatever the client writes before the last dot;
/// without one it follows from the name.
fn custom_reference(written: Option<&str>, name: &str) -> String {
    let own = written
        .and_then(|written| written.rsplit('.').next())
        .map(condensed)
        .filter(|own| !own.is_empty());
    format!("Custom.{}", own.unwrap_or_else(|| condensed(name)))
}

#[cfg(test)]
mod tests {
    use super::custom_reference;

    #[test]
    fn reference_names_of_new_fields_are_in_custom() {
        for (written, name, reference) in [
            (Some("Custom.TestRisk"), "Test Risk", "Custom.TestRisk"),
            (Some("Contoso.Risk"), "Test Risk", "Custom.Risk"),
            (None, "Test Risk", "Custom.TestRisk"),
            (Some("Custom."), "Test Risk", "Custom.TestRisk"),
        ] {
            assert_eq!(custom_reference(written, name), reference, "{written:?}");
        }
    }
}
