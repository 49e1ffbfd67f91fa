//! Edits as people make them, for code that holds the state: the demo and tests.

use serde_json::Value;

use super::State;
use super::azure_devops::PersonEdit;

impl State {
    /// Changes a case as a tester would; `members` are named as the control route names them, for
    /// example `{"title": "..."}`. `Err` is the server's reason.
    pub fn edit_case(&mut self, id: u64, members: &Value) -> Result<(), String> {
        let now = self.clock.now();
        let body = members.to_string();
        let reply = self
            .testworthy
            .control("POST", &format!("cases/{id}"), body.as_bytes(), now);
        if (200..300).contains(&reply.status) {
            return Ok(());
        }
        Err(String::from_utf8_lossy(&reply.body).into_owned())
    }

    /// Deletes a case as a tester would.
    pub fn delete_case(&mut self, id: u64) -> Result<(), String> {
        let now = self.clock.now();
        let reply = self
            .testworthy
            .control("DELETE", &format!("cases/{id}"), b"", now);
        if (200..300).contains(&reply.status) {
            return Ok(());
        }
        Err(String::from_utf8_lossy(&reply.body).into_owned())
    }

    /// Changes fields of a work item, by reference name, as a person would.
    pub fn edit_work_item(&mut self, id: u64, fields: &Value) -> Result<(), String> {
        let fields = serde_json::from_value(fields.clone()).map_err(|error| error.to_string())?;
        let edit = PersonEdit {
            fields,
            ..PersonEdit::default()
        };
        let now = self.clock.now();
        let edited = self.azure_devops.edit_as_person(id, &edit, now);
        edited.map(drop).map_err(|(_, reason)| reason)
    }

    /// Turns a work item into one of another type as a person would; items of test management keep theirs.
    pub fn retype_work_item(&mut self, id: u64, work_item_type: &str) -> Result<(), String> {
        let now = self.clock.now();
        let retyped = self.azure_devops.retype_as_person(id, work_item_type, now);
        retyped.map_err(|(_, reason)| reason)
    }

    /// Deletes a work item as a person would: into the recycle bin, or for good where its type has none.
    pub fn delete_work_item(&mut self, id: u64) -> Result<(), String> {
        let now = self.clock.now();
        let deleted = self.azure_devops.delete_as_person(id, false, now);
        deleted.map_err(|(_, reason)| reason)
    }
}
