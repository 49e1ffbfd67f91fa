//! Edits as a person makes them in the product's pages, and the switches: what the API does not offer.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::account::PERSON_ID;
use super::edit::Edit;
use super::reply::Reply;
use super::{ROBOT_ID, Refusal, Server, TestWorthyOptions};

impl Server {
    /// Answers a request below `/_sandbox/testworthy`:
    ///
    /// | request | does |
    /// |---|---|
    /// | `GET options`, `POST options` | reads, changes the switches that the body names |
    /// | `POST cases` | creates; body names `suite`, `section`, `title`, ... |
    /// | `GET cases/{id}`, `POST cases/{id}`, `DELETE cases/{id}` | reads, edits, deletes |
    /// | `POST cases/{id}/copy`, `POST cases/{id}/move` | body may name `suite` and `section` |
    /// | `POST sections/{id}`, `DELETE sections/{id}` | `name`, `parent`; deletes all below |
    /// | `POST suites/{id}`, `DELETE suites/{id}` | `name`; deletes all below |
    /// | `POST rotate-key`, `POST rotate-token` | `apiKey`, `token`: the old one stops working at once |
    /// | `GET integrations` | the Azure DevOps settings of every project, secrets left out |
    pub fn control(&mut self, method: &str, path: &str, body: &[u8], now: Timestamp) -> Reply {
        self.control_checked(method, path, body, (PERSON_ID, now))
            .unwrap_or_else(Reply::from)
    }

    fn control_checked(
        &mut self,
        method: &str,
        path: &str,
        body: &[u8],
        stamp: (u64, Timestamp),
    ) -> Result<Reply, Refusal> {
        let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
        let id = match parts.get(1).map(|text| text.parse::<u64>()) {
            Some(Err(_)) => return Err(Refusal::invalid("The id must be a number.")),
            Some(Ok(id)) => id,
            None => 0,
        };
        match (method, parts.as_slice()) {
            ("GET", ["options"]) => Ok(Reply::ok(&self.options)),
            ("POST", ["options"]) => self.change_options(&object(body)?),
            ("POST", ["rotate-key"]) => {
                let members = object(body)?;
                let key = required_text(&members, "apiKey")?;
                self.rotate_key(ROBOT_ID, key)?;
                Ok(Reply::empty_object())
            }
            ("POST", ["rotate-token"]) => {
                let members = object(body)?;
                let token = required_text(&members, "token")?;
                self.set_token(ROBOT_ID, token)?;
                Ok(Reply::empty_object())
            }
            ("GET", ["integrations"]) => Ok(self.show_integrations()),
            ("POST", ["cases"]) => {
                let mut members = object(body)?;
                let suite = take_id(&mut members, "suite")?
                    .ok_or_else(|| Refusal::invalid("suite is required."))?;
                let edit = self.friendly_edit(suite, &members, stamp)?;
                let id = self.add_case(None, suite, &edit, stamp)?;
                Ok(self.show_case(id))
            }
            ("GET", ["cases", _]) => {
                self.suite_of(id)?;
                Ok(self.show_case(id))
            }
            ("POST", ["cases", _]) => {
                let suite = self.suite_of(id)?;
                let edit = self.friendly_edit(suite, &object(body)?, stamp)?;
                self.update_case(id, &edit, stamp)?;
                Ok(self.show_case(id))
            }
            ("DELETE", ["cases", _]) | ("POST", ["cases", _, "delete"]) => {
                self.delete_case(id)?;
                Ok(Reply::empty_object())
            }
            ("POST", ["cases", _, "copy"]) => {
                let section = self.target(id, body, stamp)?;
                let copy = self.copy_case(None, id, section, stamp)?;
                Ok(self.show_case(copy))
            }
            ("POST", ["cases", _, "move"]) => {
                let section = self
                    .target(id, body, stamp)?
                    .ok_or_else(|| Refusal::invalid("section is required."))?;
                self.move_case(id, section, stamp)?;
                Ok(self.show_case(id))
            }
            ("POST", ["sections", _]) => {
                let mut members = object(body)?;
                let parent = match members.get("parent") {
                    None => Edit::Keep,
                    Some(Value::Null) => Edit::Clear,
                    Some(_) => take_id(&mut members, "parent")?.map_or(Edit::Keep, Edit::Set),
                };
                let name = members
                    .contains_key("name")
                    .then(|| required_text(&members, "name"))
                    .transpose()?;
                self.change_section(id, name, &parent, stamp)?;
                Ok(Reply::empty_object())
            }
            ("DELETE", ["sections", _]) => {
                self.delete_section(id)?;
                Ok(Reply::empty_object())
            }
            ("POST", ["suites", _]) => {
                let name = required_text(&object(body)?, "name")?;
                self.rename_suite(id, name)?;
                Ok(Reply::empty_object())
            }
            ("DELETE", ["suites", _]) => {
                self.delete_suite(id)?;
                Ok(Reply::empty_object())
            }
            _ => Err(Refusal::no_such_operation()),
        }
    }

    fn change_options(&mut self, changes: &Map<String, Value>) -> Result<Reply, Refusal> {
        let Value::Object(mut members) = json!(self.options) else {
            return Err(Refusal::invalid("The switches could not be read."));
        };
        merge(&mut members, changes);
        let options: TestWorthyOptions = serde_json::from_value(Value::Object(members))
            .map_err(|error| Refusal::invalid(error.to_string()))?;
        self.set_options(options)?;
        Ok(Reply::ok(&self.options))
    }

    fn suite_of(&self, case: u64) -> Result<u64, Refusal> {
        self.case(case)
            .map(|case| case.suite)
            .ok_or_else(|| Refusal::unknown("Test case"))
    }

    /// The section that a copy or a move goes to, if the body names one.
    fn target(
        &mut self,
        case: u64,
        body: &[u8],
        stamp: (u64, Timestamp),
    ) -> Result<Option<u64>, Refusal> {
        let own = self.suite_of(case)?;
        let mut members = object(body)?;
        let suite = take_id(&mut members, "suite")?.unwrap_or(own);
        match members.get("section") {
            None => Ok(None),
            Some(Value::String(path)) => self.section_at(suite, path, stamp).map(Some),
            Some(_) => take_id(&mut members, "section"),
        }
    }

    fn show_case(&self, id: u64) -> Reply {
        match self.case(id) {
            Some(case) => Reply::ok(&self.stored(case)),
            None => Refusal::unknown("Test case").into(),
        }
    }
}

/// Objects within objects are changed member by member too.
fn merge(members: &mut Map<String, Value>, changes: &Map<String, Value>) {
    for (name, value) in changes {
        match (members.get_mut(name), value) {
            (Some(Value::Object(inner)), Value::Object(changes)) => merge(inner, changes),
            _ => drop(members.insert(name.clone(), value.clone())),
        }
    }
}

fn object(body: &[u8]) -> Result<Map<String, Value>, Refusal> {
    if body.iter().all(u8::is_ascii_whitespace) {
        return Ok(Map::new());
    }
    serde_json::from_slice(body)
        .map_err(|error| Refusal::invalid(format!("The body must be a JSON object: {error}.")))
}

fn required_text(members: &Map<String, Value>, name: &str) -> Result<String, Refusal> {
    members
        .get(name)
        .and_then(Value::as_str)
        .filter(|text| !text.trim().is_empty())
        .map(str::to_owned)
        .ok_or_else(|| Refusal::invalid(format!("{name} is required.")))
}

fn take_id(members: &mut Map<String, Value>, name: &str) -> Result<Option<u64>, Refusal> {
    match members.remove(name) {
        None => Ok(None),
        Some(value) => value
            .as_u64()
            .map(Some)
            .ok_or_else(|| Refusal::invalid(format!("{name} must be an id."))),
    }
}
