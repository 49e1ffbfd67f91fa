//! Cases as people write them, in sample files and in edits through the control routes: priorities and
//! types by name, sections by path, fields by short names or by wire names. A name that no case has is
//! refused, so that a typing mistake does not pass for an edit.

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::edit::{CaseEdit, Edit};
use super::entity::{FLAGS, Step, TEXT_FIELDS};
use super::lookup::{CASE_TYPES, PRIORITIES};
use super::{Refusal, Server};

/// Short names of text fields and flags.
const SHORT_NAMES: [(&str, &str); 17] = [
    ("description", "custom_desc"),
    ("preconditions", "custom_preconds"),
    ("mission", "custom_mission"),
    ("goals", "custom_goals"),
    ("testData", "test_data"),
    ("gherkin", "custom_bdd_gherkin"),
    ("cucumberTags", "custom_cucumber_tags"),
    ("automationType", "automation_type"),
    ("testRailId", "rail_case_id"),
    ("toAutomate", "to_automate"),
    ("reviewedByQaLead", "reviewed_by_qa_lead"),
    ("reviewedByQaManager", "reviewed_by_qa_manager"),
    ("reviewedByPm", "reviewed_by_pm"),
    ("module", "custom_module"),
    ("disabled", "custom_disabled"),
    ("automated", "custom_automated"),
    ("toBeMoved", "custom_tobemoved"),
];

impl Server {
    /// The change that `members` describe, for a case of `suite`; sections that a path names and that
    /// lack are made.
    pub fn friendly_edit(
        &mut self,
        suite: u64,
        members: &Map<String, Value>,
        stamp: (u64, Timestamp),
    ) -> Result<CaseEdit, Refusal> {
        let mut edit = CaseEdit::default();
        for (name, value) in members {
            match name.as_str() {
                "title" => edit.title = text(name, value)?,
                "estimate" => edit.estimate = number(name, value)?,
                "template" => edit.template = id(name, value)?,
                "milestone" => edit.milestone = id(name, value)?,
                "priority" => {
                    edit.priority = named(name, value, |wanted| {
                        PRIORITIES
                            .iter()
                            .find(|priority| priority.name == wanted)
                            .map(|priority| priority.id)
                    })?;
                }
                "type" => {
                    edit.kind = named(name, value, |wanted| {
                        CASE_TYPES
                            .iter()
                            .find(|kind| kind.name == wanted)
                            .map(|kind| kind.id)
                    })?;
                }
                "section" => {
                    edit.section = match value {
                        Value::String(path) => Edit::Set(self.section_at(suite, path, stamp)?),
                        other => id(name, other)?,
                    };
                }
                "steps" | "custom_steps_separated" => edit.steps = steps(value)?,
                _ => self.other(&mut edit, name, value)?,
            }
        }
        Ok(edit)
    }

    fn other(&self, edit: &mut CaseEdit, name: &str, value: &Value) -> Result<(), Refusal> {
        let wire = SHORT_NAMES
            .iter()
            .find(|(short, _)| *short == name)
            .map_or(name, |(_, wire)| *wire);
        if let Some(field) = TEXT_FIELDS.iter().find(|field| **field == wire) {
            edit.texts.insert(field, text(name, value)?);
        } else if let Some(field) = FLAGS.iter().find(|field| **field == wire) {
            let flag = value
                .as_bool()
                .ok_or_else(|| Refusal::invalid(format!("{name} must be true or false.")))?;
            edit.flags.insert(field, flag);
        } else if self.custom_fields.iter().any(|field| field == wire) {
            let value = if value.is_null() {
                Edit::Clear
            } else {
                Edit::Set(value.clone())
            };
            edit.custom.insert(wire.to_owned(), value);
        } else {
            return Err(Refusal::invalid(format!("A case has no field {name}.")));
        }
        Ok(())
    }
}

fn read<T>(
    name: &str,
    value: &Value,
    what: &str,
    convert: impl Fn(&Value) -> Option<T>,
) -> Result<Edit<T>, Refusal> {
    if value.is_null() {
        return Ok(Edit::Clear);
    }
    convert(value)
        .map(Edit::Set)
        .ok_or_else(|| Refusal::invalid(format!("{name} must be {what}.")))
}

fn text(name: &str, value: &Value) -> Result<Edit<String>, Refusal> {
    read(name, value, "a text", |value| {
        value.as_str().map(str::to_owned)
    })
}

fn number(name: &str, value: &Value) -> Result<Edit<i64>, Refusal> {
    read(name, value, "a whole number", Value::as_i64)
}

fn id(name: &str, value: &Value) -> Result<Edit<u64>, Refusal> {
    read(name, value, "an id", Value::as_u64)
}

fn named(
    name: &str,
    value: &Value,
    find: impl Fn(&str) -> Option<u64>,
) -> Result<Edit<u64>, Refusal> {
    read(name, value, "the name of one that exists", |value| {
        value.as_str().and_then(&find)
    })
}

fn steps(value: &Value) -> Result<Edit<Vec<Step>>, Refusal> {
    read("steps", value, "a list of {action, expected}", |value| {
        value
            .as_array()?
            .iter()
            .map(|step| {
                let content = step.get("action").or_else(|| step.get("content"))?;
                Some(Step {
                    content: content.as_str()?.to_owned(),
                    expected: match step.get("expected") {
                        None | Some(Value::Null) => None,
                        Some(expected) => Some(expected.as_str()?.to_owned()),
                    },
                    more: match step.get("additional_info") {
                        None | Some(Value::Null) => None,
                        Some(more) => Some(more.as_str()?.to_owned()),
                    },
                })
            })
            .collect()
    })
}
