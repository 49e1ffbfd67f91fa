//! `custom_steps_separated`: a list of objects with `content` and `expected`, both HTML. Other members
//! (newer servers add some) stay with their step.

use serde_json::{Map, Value as Json};

use super::super::rich_text::{Format, canonical};
use super::{StepsProblem, align, shared_id, shared_text};
use crate::model::steps::Step;

pub(super) fn parse(json: &Json) -> Result<Vec<Step>, StepsProblem> {
    let malformed = |reason: String| StepsProblem::Malformed { reason, at: None };
    let members = match json {
        Json::Null => return Ok(Vec::new()),
        Json::Array(members) => members,
        _ => return Err(malformed("it is not a list".to_owned())),
    };
    let one = |(at, member): (usize, &Json)| {
        let Json::Object(object) = member else {
            return Err(malformed(format!("step {} is not an object", at + 1)));
        };
        let text = |name: &str| match object.get(name) {
            None | Some(Json::Null) => Ok(String::new()),
            Some(Json::String(text)) => Ok(canonical(text, Format::Html)?),
            Some(_) => Err(malformed(format!(
                "`{name}` of step {} is not a text",
                at + 1
            ))),
        };
        let (action, expected) = (text("content")?, text("expected")?);
        Ok(match shared_id(&action) {
            Some(id) if expected.is_empty() => Step::Shared(id),
            _ => Step::Action { action, expected },
        })
    };
    members.iter().enumerate().map(one).collect()
}

pub(super) fn put(now: &Json, steps: &[Step]) -> Result<Json, StepsProblem> {
    let old = parse(now)?;
    if old == steps {
        return Ok(now.clone());
    }
    let members = now.as_array().map(Vec::as_slice).unwrap_or_default();
    let continued = align::align(&old, steps, |_, _| true);
    let rows = steps.iter().zip(continued).map(|(step, from)| {
        let mut object = from
            .and_then(|from| members.get(from)?.as_object().cloned())
            .unwrap_or_else(Map::new);
        // An unchanged step keeps the spelling that the server gave it.
        if from.is_none_or(|from| old[from] != *step) {
            let (action, expected) = match step {
                Step::Action { action, expected } => (action.clone(), expected.clone()),
                Step::Shared(id) => (shared_text(*id), String::new()),
            };
            object.insert("content".to_owned(), action.into());
            object.insert("expected".to_owned(), expected.into());
        }
        Json::Object(object)
    });
    let written: Json = rows.collect();
    // A step that reads like a reference to shared steps would come back as one.
    if parse(&written)? == steps {
        Ok(written)
    } else {
        Err(StepsProblem::DoesNotFit(
            "a step reads `Shared steps AB#...`, which stands for a reference",
        ))
    }
}
