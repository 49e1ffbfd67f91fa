//! The steps of a case between the wire and the raw value that rows read: `custom_steps_separated`, or
//! `custom_steps` and `custom_expected` (TestWorthy, Automation API page, add test case).
//!
//! The list is carried as it came, members that nobody knows included, and the texts as the HTML that they
//! are. What is no such value is refused before anything is sent.

use serde_json::{Map, Value as Json};

use super::wire::Object;
use crate::mapping::codec::steps::{CaseSteps, Pair};
use crate::model::Value;

const SEPARATED: &str = "custom_steps_separated";
const STEPS: &str = "custom_steps";
const EXPECTED: &str = "custom_expected";

/// The members that hold steps; the wire names begin like those of custom fields.
pub(super) const KEYS: [&str; 3] = [STEPS, EXPECTED, SEPARATED];

/// The steps of a case as they came: the list if it has entries, else the two texts if one has any.
pub(super) fn read(case: Object<'_>) -> Value {
    let list = case.get(SEPARATED);
    if let Some(list) = list.filter(|list| list.as_array().is_none_or(|all| !all.is_empty())) {
        return CaseSteps::Separated(list.clone()).to_value();
    }
    let text = |key| case.text(key).unwrap_or_default();
    let pair = Pair {
        steps: text(STEPS),
        expected: text(EXPECTED),
    };
    if pair == Pair::default() {
        return Value::Null;
    }
    CaseSteps::Texts(pair).to_value()
}

/// The members of a write. A list with entries leaves the two texts alone, and they the list; without any
/// step all three are cleared, so that nothing of the steps is left.
pub(super) fn members(value: &Value) -> Result<Map<String, Json>, String> {
    let steps = CaseSteps::from_value(value).map_err(|_| {
        format!(
            "`steps` takes them in the form in which a case keeps them, not {}",
            value.kind()
        )
    })?;
    let mut body = Map::new();
    match steps {
        CaseSteps::Separated(Json::Array(list)) if !list.is_empty() => {
            if let Some(at) = list.iter().position(|step| !is_step(step)) {
                return Err(format!(
                    "step {} is no object with the texts `content` and `expected`",
                    at + 1
                ));
            }
            body.insert(SEPARATED.to_owned(), Json::Array(list));
        }
        CaseSteps::Texts(pair) if pair != Pair::default() => {
            let text = |text: String| Json::from((!text.is_empty()).then_some(text));
            body.insert(STEPS.to_owned(), text(pair.steps));
            body.insert(EXPECTED.to_owned(), text(pair.expected));
        }
        CaseSteps::Separated(Json::Null | Json::Array(_)) | CaseSteps::Texts(_) => {
            body.extend(KEYS.map(|key| (key.to_owned(), Json::Null)));
        }
        CaseSteps::Separated(_) => {
            return Err(format!("`{SEPARATED}` takes a list of steps"));
        }
        CaseSteps::Lines(_) => {
            return Err("lines with one expected result are the steps of `api: v1`".to_owned());
        }
    }
    Ok(body)
}

fn is_step(step: &Json) -> bool {
    let text = |key| {
        step.get(key)
            .is_none_or(|text| text.is_string() || text.is_null())
    };
    step.is_object() && text("content") && text("expected")
}

#[cfg(test)]
mod tests;
