//! `steps` and `expectedResult` of the v1 surface: plain lines and one result for the whole case. The
//! result is that of the last step; any other result and any formatting do not fit.

use serde::{Deserialize, Serialize};

use super::super::rich_text::{self, Format, canonical};
use super::{StepsProblem, shared_id, shared_text};
use crate::model::steps::Step;

/// What the surface holds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Flat {
    /// `steps`.
    pub steps: Vec<String>,
    /// `expectedResult`.
    pub expected_result: String,
}

impl Flat {
    /// Reads it. A result without any step is a step that only expects.
    pub fn parse(&self) -> Result<Vec<Step>, StepsProblem> {
        let mut steps = Vec::new();
        for text in &self.steps {
            let action = canonical(text, Format::Plain)?;
            steps.push(match shared_id(&action) {
                Some(id) => Step::Shared(id),
                None => Step::action(action, ""),
            });
        }
        let result = canonical(&self.expected_result, Format::Plain)?;
        if !result.is_empty() {
            match steps.last_mut() {
                Some(Step::Action { expected, .. }) => *expected = result,
                _ => steps.push(Step::action("", result)),
            }
        }
        Ok(steps)
    }

    /// Writes steps into what is there now.
    pub fn put(&self, steps: &[Step]) -> Result<Self, StepsProblem> {
        if self.parse()? == steps {
            return Ok(self.clone());
        }
        let mut flat = Self::default();
        for (at, step) in steps.iter().enumerate() {
            let is_last = at + 1 == steps.len();
            match step {
                Step::Shared(id) => flat.steps.push(plain(&shared_text(*id))?),
                Step::Action { action, expected } => {
                    // A last step that only expects, after shared steps, is the result alone.
                    let only_result = is_last && action.is_empty() && !expected.is_empty();
                    if !only_result {
                        flat.steps.push(plain(action)?);
                    }
                    if is_last {
                        flat.expected_result = plain(expected)?;
                    } else if !expected.is_empty() {
                        return Err(StepsProblem::DoesNotFit(
                            "this surface keeps one expected result, that of the last step",
                        ));
                    }
                }
            }
        }
        // What does not come back would look like a change on every run.
        if flat.parse()? == steps {
            Ok(flat)
        } else {
            Err(StepsProblem::DoesNotFit(
                "this surface keeps steps as plain lines, which cannot hold these",
            ))
        }
    }
}

/// The text of canonical HTML without formatting.
fn plain(html: &str) -> Result<String, StepsProblem> {
    let tree = rich_text::parse(html, Format::Html)?;
    if tree.formatting().is_empty() {
        Ok(rich_text::render(&tree, Format::Plain))
    } else {
        Err(StepsProblem::DoesNotFit(
            "this surface keeps steps as plain text, and a step has formatting",
        ))
    }
}
