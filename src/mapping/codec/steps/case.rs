//! The steps of a case in whichever form it keeps them, as one raw value between the adapters and the rows.
//!
//! Adapters put it into a case's `steps` as it came, unknown members included, and take it apart again to
//! write it; rows read steps from it and put steps into it.

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::{Flat, Pair, StepsProblem, separated};
use crate::model::Value;
use crate::model::steps::Step;

/// What a case holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum CaseSteps {
    /// `custom_steps_separated`, as it came.
    Separated(Json),
    /// `custom_steps` and `custom_expected`.
    Texts(Pair),
    /// `steps` and `expectedResult` of the v1 surface.
    Lines(Flat),
}

impl CaseSteps {
    /// The raw value that stands in a case's `steps`.
    pub fn to_value(&self) -> Value {
        // Every member is a text, a list or JSON already.
        serde_json::to_string(self).map_or(Value::Null, Value::Text)
    }

    /// Reads the raw value. Nothing is an empty list of separated steps.
    pub fn from_value(value: &Value) -> Result<Self, StepsProblem> {
        match value {
            Value::Null => Ok(Self::Separated(Json::Null)),
            Value::Text(text) => serde_json::from_str(text).map_err(|_| malformed()),
            _ => Err(malformed()),
        }
    }

    /// Reads the steps.
    pub fn parse(&self) -> Result<Vec<Step>, StepsProblem> {
        match self {
            Self::Separated(json) => separated::parse(json),
            Self::Texts(pair) => pair.parse(),
            Self::Lines(flat) => flat.parse(),
        }
    }

    /// Puts steps into what is there, in the form that is there.
    pub fn put(&self, steps: &[Step]) -> Result<Self, StepsProblem> {
        match self {
            Self::Separated(json) => separated::put(json, steps).map(Self::Separated),
            Self::Texts(pair) => pair.put(steps).map(Self::Texts),
            Self::Lines(flat) => flat.put(steps).map(Self::Lines),
        }
    }
}

fn malformed() -> StepsProblem {
    StepsProblem::Malformed {
        reason: "it is none of the forms in which a case keeps steps".to_owned(),
        at: None,
    }
}
