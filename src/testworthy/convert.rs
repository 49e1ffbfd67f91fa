//! Cases between the wire and the model. Names are as published (TestWorthy, Automation API page, add
//! test case): answers nest priority, type, section and suite, writes take flat ids.
//!
//! `steps` are carried as they came, in whichever of three members a case keeps them: see [`super::steps`].

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use serde_json::{Map, Value as Json};

use super::picklist::Picklist;
use super::steps;
use super::timestamp;
use super::wire::{Object, text_of};
use crate::model::{Case, CaseField, CaseFieldAccess, CaseId, Number, SectionId, SuiteId, Value};
use crate::remote::Section;

/// Manifest name and wire name of the fields that hold text.
const TEXTS: &[(&str, &str)] = &[
    ("title", "title"),
    ("description", "custom_desc"),
    ("preconditions", "custom_preconds"),
    ("mission", "custom_mission"),
    ("goals", "custom_goals"),
    ("testData", "test_data"),
    ("gherkin", "custom_bdd_gherkin"),
    ("cucumberTags", "custom_cucumber_tags"),
    ("automationType", "automation_type"),
];

/// Manifest name and wire name of the flags.
const FLAGS: &[(&str, &str)] = &[
    ("smoke", "smoke"),
    ("regression", "regression"),
    ("toAutomate", "to_automate"),
    ("automated", "custom_automated"),
    ("module", "custom_module"),
    ("disabled", "custom_disabled"),
    ("toBeMoved", "custom_tobemoved"),
    ("reviewedByQaLead", "reviewed_by_qa_lead"),
    ("reviewedByQaManager", "reviewed_by_qa_manager"),
    ("reviewedByPm", "reviewed_by_pm"),
];

/// The names of priorities and types and the addresses of people, learnt while reading.
#[derive(Debug)]
pub(super) struct Names {
    pub(super) priorities: Picklist,
    pub(super) types: Picklist,
    /// By user id. A case shows the account of one person and the ids of two.
    people: BTreeMap<u64, String>,
}

/// Manifest name and wire name of the people of a case.
const PEOPLE: &[(&str, &str)] = &[
    ("createdBy", "created_by"),
    ("modifiedBy", "last_modified_by"),
];

impl Default for Names {
    fn default() -> Self {
        Self {
            priorities: Picklist::priorities(),
            types: Picklist::types(),
            people: BTreeMap::new(),
        }
    }
}

impl Names {
    /// Whether a case shows only the id of a priority or type whose name was not seen yet.
    pub(super) fn lacks_a_name(&self, case: &Json) -> bool {
        let Some(case) = Object::of(case) else {
            return false;
        };
        [("priority", &self.priorities), ("type", &self.types)]
            .into_iter()
            .any(|(key, list)| {
                let named = case.text(key).is_some_and(|name| !name.is_empty());
                !named && picked_id(case, key).is_some_and(|id| list.name(id).is_none())
            })
    }

    /// Learns the pairs that a case shows.
    pub(super) fn learn(&mut self, case: &Json) {
        let Some(case) = Object::of(case) else { return };
        if let Some(entry) = case.object("priority") {
            self.priorities.learn(entry);
        }
        if let Some(entry) = case.object("type") {
            self.types.learn(entry);
        }
        if let Some(user) = case.object("user")
            && let (Some(id), Some(address)) = (user.id("id"), address(user))
            && self.people.get(&id) != Some(&address)
        {
            self.people.insert(id, address);
        }
    }

    /// Whether a case shows only the id of a person whose address was not seen yet.
    pub(super) fn lacks_a_person(&self, case: &Case) -> bool {
        PEOPLE
            .iter()
            .filter_map(|(name, _)| person_id(case, name))
            .any(|id| !self.people.contains_key(&id))
    }

    /// Puts addresses in the place of ids, where they are known by now.
    pub(super) fn name_people(&self, case: &mut Case) {
        for (name, _) in PEOPLE {
            let known = person_id(case, name).and_then(|id| self.people.get(&id));
            if let Some(address) = known {
                let address = Value::text(address.as_str());
                case.fields.insert((*name).to_owned(), address);
            }
        }
    }
}

/// The id that stands for a person; `None` for one with an address.
fn person_id(case: &Case, name: &str) -> Option<u64> {
    case.fields.get(name)?.as_text()?.parse().ok()
}

/// What a person is told by: the e-mail address, else the name of the account, which is one too.
fn address(user: Object<'_>) -> Option<String> {
    ["email", "user_name"]
        .into_iter()
        .filter_map(|key| user.text(key))
        .find(|address| !address.trim().is_empty())
}

/// Reads a case; its section path is just its own section's name. `listed_in` is the suite that was
/// asked for, should the case not tell its own. `Err` says what it lacks.
pub(super) fn case(
    json: &Json,
    zone: &TimeZone,
    listed_in: Option<SuiteId>,
    names: &Names,
) -> Result<Case, String> {
    let wire = Object::of(json).ok_or("the case is no object")?;
    let id = wire.id("id").ok_or("the case has no id")?;
    let (section, suite) = (wire.object("section"), wire.object("suite"));
    let suite_id = suite
        .and_then(|suite| suite.id("id"))
        .or_else(|| wire.id("suite_id"))
        .or_else(|| section?.id("suite_id"))
        .map(SuiteId)
        .or(listed_in)
        .ok_or_else(|| format!("case {id} does not tell its suite"))?;
    let section_name = section
        .and_then(|section| section.text("name"))
        .filter(|n| !n.is_empty());
    let modified_on = instant(wire, "last_modified_on", zone);

    let mut fields = BTreeMap::new();
    let mut put = |name: &str, value: Value| {
        if !value.is_null() {
            fields.insert(name.to_owned(), value);
        }
    };
    for (name, key) in TEXTS {
        put(name, text(wire.text(key)));
    }
    for (name, key) in FLAGS {
        put(name, wire.flag(key).map_or(Value::Null, Value::Boolean));
    }
    put(
        "priority",
        text(picked(wire, "priority", &names.priorities)),
    );
    put("type", text(picked(wire, "type", &names.types)));
    put("estimate", number(wire.number("estimate")));
    put("milestone", number(wire.number("milestone_id")));
    put(
        "lastResult",
        text(wire.text("last_result").or_else(|| wire.text("status"))),
    );
    put("section.name", text(section_name.clone()));
    put("suite", text(suite.and_then(|suite| suite.text("name"))));
    put("steps", steps::read(wire));
    for (name, key) in PEOPLE {
        put(name, text(person(wire, key, names)));
    }
    let date = |at: Option<jiff::Timestamp>| at.map_or(Value::Null, Value::DateTime);
    put("createdOn", date(instant(wire, "created_on", zone)));
    put("modifiedOn", date(modified_on));
    for (key, value) in wire.members() {
        if let Some(name) = custom_name(key) {
            put(&format!("custom.{name}"), custom(value));
        }
    }
    Ok(Case {
        id: CaseId(id),
        suite: Some(suite_id),
        project: suite.and_then(|suite| suite.id("project_id")),
        section: section
            .and_then(|section| section.id("id"))
            .or_else(|| wire.id("section_id"))
            .map(SectionId),
        section_path: section_name.into_iter().collect(),
        refs: wire.get("refs").map(refs).unwrap_or_default(),
        fields,
        modified_on,
    })
}

/// Reads a section; `None` without an id.
pub(super) fn section(json: &Json) -> Option<Section> {
    let wire = Object::of(json)?;
    Some(Section {
        id: SectionId(wire.id("id")?),
        name: wire.text("name").unwrap_or_default(),
        parent: wire.id("parent_id").filter(|id| *id != 0).map(SectionId),
    })
}

/// The members of a write: absent is unchanged, null clears. `Err` says which value cannot be written and
/// why; nothing must be sent then.
pub(super) fn members(
    fields: &BTreeMap<String, Value>,
    names: &Names,
) -> Result<Map<String, Json>, String> {
    let mut body = Map::new();
    for (name, value) in fields {
        if name == "steps" {
            body.extend(steps::members(value)?);
            continue;
        }
        let (key, json) = member(name, value, names)?;
        body.insert(key, json);
    }
    Ok(body)
}

/// References as the wire holds them; null if there are none. `Err` for one that the wire would split.
pub(super) fn refs_member(refs: &[String]) -> Result<Json, String> {
    if let Some(broken) = refs.iter().find(|r| r.contains(',') || r.trim().is_empty()) {
        return Err(format!(
            "the reference `{broken}` is empty or holds a comma"
        ));
    }
    Ok(if refs.is_empty() {
        Json::Null
    } else {
        refs.join(", ").into()
    })
}

fn member(name: &str, value: &Value, names: &Names) -> Result<(String, Json), String> {
    let wrong = |wanted: &str| Err(format!("`{name}` takes {wanted}, not {}", value.kind()));
    if let Some((_, key)) = TEXTS.iter().find(|(known, _)| *known == name) {
        return match value {
            Value::Null if name == "title" => Err("a case needs a title".to_owned()),
            Value::Null => Ok(((*key).to_owned(), Json::Null)),
            Value::Text(text) => Ok(((*key).to_owned(), text.as_str().into())),
            _ => wrong("text"),
        };
    }
    if let Some((_, key)) = FLAGS.iter().find(|(known, _)| *known == name) {
        return match value {
            // A flag is never null in an answer, so cleared is off.
            Value::Null => Ok(((*key).to_owned(), false.into())),
            Value::Boolean(flag) => Ok(((*key).to_owned(), (*flag).into())),
            _ => wrong("true or false"),
        };
    }
    if let Some(custom) = name.strip_prefix("custom.") {
        let key = format!("custom_{custom}");
        return match custom_name(&key) {
            Some(_) => Ok((key, value.to_json())),
            None => Err(format!(
                "`{name}` is a field with a name of its own, or no name at all"
            )),
        };
    }
    match (name, value) {
        ("priority", _) => picked_member("priority_id", value, &names.priorities),
        ("type", _) => picked_member("type_id", value, &names.types),
        ("estimate", Value::Null) => Ok(("estimate".to_owned(), Json::Null)),
        ("estimate", Value::Number(Number::Integer(seconds))) => {
            Ok(("estimate".to_owned(), (*seconds).into()))
        }
        ("estimate", _) => wrong("a whole number of seconds"),
        ("refs", _) => Err("`refs` is written apart from the other fields".to_owned()),
        _ => Err(match CaseField::find(name) {
            Some(field) if field.access == CaseFieldAccess::Read => {
                format!("`{name}` can only be read")
            }
            _ => format!("a case has no field `{name}`"),
        }),
    }
}

fn picked_member(key: &str, value: &Value, list: &Picklist) -> Result<(String, Json), String> {
    match value {
        Value::Null => Ok((key.to_owned(), Json::Null)),
        Value::Text(name) => match list.id(name) {
            Some(id) => Ok((key.to_owned(), id.into())),
            None => Err(format!(
                "the server has no {} `{name}`; known are {}",
                list.noun,
                list.names().join(", ")
            )),
        },
        _ => Err(format!("`{}` takes text, not {}", list.noun, value.kind())),
    }
}

/// The name of a nested entry; of one that shows only its id, the name seen elsewhere, else the id.
fn picked(wire: Object<'_>, key: &str, list: &Picklist) -> Option<String> {
    let name = wire.text(key).filter(|name| !name.is_empty());
    name.or_else(|| {
        let id = picked_id(wire, key)?;
        Some(list.name(id).map_or_else(|| id.to_string(), str::to_owned))
    })
}

fn picked_id(wire: Object<'_>, key: &str) -> Option<u64> {
    let id = wire.object(key).and_then(|entry| entry.id("id"));
    id.or_else(|| wire.id(&format!("{key}_id")))
}

/// A person by address where this case or another one shows the account, else by id.
fn person(wire: Object<'_>, key: &str, names: &Names) -> Option<String> {
    let Some(id) = wire.id(key) else {
        let whole = wire.object(key).and_then(address);
        return whole.or_else(|| wire.text(key));
    };
    wire.object("user")
        .filter(|user| user.id("id") == Some(id))
        .and_then(address)
        .or_else(|| names.people.get(&id).cloned())
        .or_else(|| Some(id.to_string()))
}

/// The references of a case, trimmed, without empty ones: a text with commas, or a list.
fn refs(json: &Json) -> Vec<String> {
    let texts: Vec<String> = match json {
        Json::Array(items) => items.iter().filter_map(text_of).collect(),
        other => text_of(other).into_iter().collect(),
    };
    texts
        .iter()
        .flat_map(|text| text.split(','))
        .map(str::trim)
        .filter(|reference| !reference.is_empty())
        .map(str::to_owned)
        .collect()
}

/// The part behind `custom_` of a custom field's wire name; `None` for every other name.
fn custom_name(key: &str) -> Option<&str> {
    let published = TEXTS
        .iter()
        .chain(FLAGS)
        .any(|(_, wire)| key.eq_ignore_ascii_case(wire));
    let steps = steps::KEYS
        .iter()
        .any(|wire| key.eq_ignore_ascii_case(wire));
    key.strip_prefix("custom_")
        .filter(|name| !name.is_empty() && !published && !steps)
}

/// A custom field's value; what has no counterpart is passed over.
fn custom(json: &Json) -> Value {
    Value::from_json(json).unwrap_or_else(|| text(text_of(json)))
}

fn text(text: Option<String>) -> Value {
    text.map_or(Value::Null, Value::text)
}

fn number(number: Option<Number>) -> Value {
    number.map_or(Value::Null, Value::Number)
}

fn instant(wire: Object<'_>, key: &str, zone: &TimeZone) -> Option<jiff::Timestamp> {
    timestamp::parse(&wire.text(key)?, zone)
}

#[cfg(test)]
mod tests;
