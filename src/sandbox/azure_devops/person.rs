//! Edits as a person would make them in the web interface: under an own name, bound by the rules.

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use super::edit::Writer;
use super::error::ApiError;
use super::patch::{Op, PatchOp, Path};
use super::write::WriteOptions;
use super::{Organization, PERSON};

/// An edit of a work item, or a new one. Field values replace what was there, tags included; null clears.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(crate) struct PersonEdit {
    /// Who edits, by sign-in name; absent: the organisation's tester.
    pub(crate) person: Option<String>,
    /// For a new item: its type.
    #[serde(rename = "type")]
    pub(crate) work_item_type: Option<String>,
    /// By reference name.
    pub(crate) fields: BTreeMap<String, Value>,
    /// Web addresses to link to.
    pub(crate) hyperlinks: Vec<String>,
}

/// Why an edit was refused: HTTP status and message.
pub(crate) type PersonError = (axum::http::StatusCode, String);

fn refused(error: &ApiError) -> PersonError {
    (error.status, error.message().to_owned())
}

impl Organization {
    /// Changes an item, and tells it.
    pub(crate) fn edit_as_person(
        &mut self,
        id: u64,
        edit: &PersonEdit,
        now: Timestamp,
    ) -> Result<Value, PersonError> {
        let writer = self.person(edit.person.as_deref(), now)?;
        self.change(id, &operations(edit), &writer, &WriteOptions::default())
            .map_err(|error| refused(&error))
    }

    /// Makes an item in the first project, and tells it.
    pub(crate) fn create_as_person(
        &mut self,
        edit: &PersonEdit,
        now: Timestamp,
    ) -> Result<Value, PersonError> {
        let writer = self.person(edit.person.as_deref(), now)?;
        let kind = edit.work_item_type.as_deref().unwrap_or("Test Case");
        let kind = self.find_type(kind).map_err(|error| refused(&error))?;
        self.create(
            0,
            kind,
            &operations(edit),
            &writer,
            &WriteOptions::default(),
        )
        .map(|(_, told)| told)
        .map_err(|error| refused(&error))
    }

    /// Turns an item into one of another type. Items of test management keep theirs
    /// (<https://learn.microsoft.com/en-us/azure/devops/boards/backlogs/move-change-type>).
    pub(crate) fn retype_as_person(
        &mut self,
        id: u64,
        name: &str,
        now: Timestamp,
    ) -> Result<(), PersonError> {
        let writer = self.person(None, now)?;
        let kind = self.find_type(name).map_err(|error| refused(&error))?;
        let item = self.items.live(id);
        let item = item.ok_or_else(|| refused(&ApiError::no_item(id)))?;
        if [item.kind, kind]
            .iter()
            .any(|kind| self.types[*kind].is_test_item())
        {
            let message = "An item of test management keeps its type.".to_owned();
            return Err((axum::http::StatusCode::BAD_REQUEST, message));
        }
        self.set_kind(id, kind, &writer);
        Ok(())
    }

    /// Deletes an item of any type: for good, or into the recycle bin. Test Cases always go for good.
    pub(crate) fn delete_as_person(
        &mut self,
        id: u64,
        destroy: bool,
        now: Timestamp,
    ) -> Result<(), PersonError> {
        let writer = self.person(None, now)?;
        let item = self
            .items
            .live(id)
            .ok_or_else(|| refused(&ApiError::no_item(id)))?;
        if destroy || self.types[item.kind].is_test_item() {
            self.destroy_item(id, &writer);
        } else {
            self.set_deleted(id, true, &writer);
        }
        Ok(())
    }

    fn person(&self, name: Option<&str>, now: Timestamp) -> Result<Writer, PersonError> {
        let name = name.unwrap_or(PERSON);
        let user = self.users.by_unique_name(name).ok_or_else(|| {
            let message = format!("The organisation knows no person '{name}'.");
            (axum::http::StatusCode::BAD_REQUEST, message)
        })?;
        Ok(Writer {
            user,
            now,
            bypass: false,
            temporary: HashMap::new(),
        })
    }
}

fn operations(edit: &PersonEdit) -> Vec<PatchOp> {
    let fields = edit.fields.iter().map(|(name, value)| PatchOp {
        op: Op::Replace,
        path: Path::Field(name.clone()),
        value: value.clone(),
    });
    let links = edit.hyperlinks.iter().map(|url| PatchOp {
        op: Op::Add,
        path: Path::NewRelation,
        value: json!({"rel": "Hyperlink", "url": url, "attributes": {}}),
    });
    fields.chain(links).collect()
}
