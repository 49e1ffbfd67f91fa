//! `custom_steps` and `custom_expected`: all steps as one text, all results as another (cases of the
//! text template). That is one step; more than one cannot be told apart again and does not fit.

use serde::{Deserialize, Serialize};

use super::super::rich_text::{Format, canonical};
use super::StepsProblem;
use crate::model::steps::Step;

/// The two texts, as HTML.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Pair {
    /// `custom_steps`.
    pub steps: String,
    /// `custom_expected`.
    pub expected: String,
}

impl Pair {
    /// Reads them: one step, or none if both are empty.
    pub fn parse(&self) -> Result<Vec<Step>, StepsProblem> {
        let step = Step::Action {
            action: canonical(&self.steps, Format::Html)?,
            expected: canonical(&self.expected, Format::Html)?,
        };
        Ok(if step.is_blank() {
            Vec::new()
        } else {
            vec![step]
        })
    }

    /// Writes steps into what is there now.
    pub fn put(&self, steps: &[Step]) -> Result<Self, StepsProblem> {
        if self.parse()? == steps {
            return Ok(self.clone());
        }
        match steps {
            [] => Ok(Self::default()),
            [step] if step.is_blank() => Err(StepsProblem::DoesNotFit(
                "the case keeps its steps as one text, which cannot hold an empty step",
            )),
            [Step::Action { action, expected }] => Ok(Self {
                steps: action.clone(),
                expected: expected.clone(),
            }),
            _ => Err(StepsProblem::DoesNotFit(
                "the case keeps its steps as one text, which holds one step",
            )),
        }
    }
}
