//! The codec `steps`: test steps as both systems keep them.
//!
//! | where | shape |
//! |---|---|
//! | Azure DevOps, `Microsoft.VSTS.TCM.Steps` | XML with formatted texts, shared steps, ids ([`tcm`]) |
//! | TestWorthy, `custom_steps_separated` | a list of `{content, expected}` ([`separated`]) |
//! | TestWorthy, `custom_steps` and `custom_expected` | one text each ([`pair`]) |
//! | TestWorthy v1, `steps` and `expectedResult` | plain texts and one result ([`flat`]) |
//!
//! Each reads into the same list of [`Step`]s. Writing is a `put`: it takes what the field holds now, so
//! that ids, shared steps and members that this codec does not know stay with the step they belong to.

mod align;
mod case;
mod flat;
mod pair;
mod separated;
mod tcm;
#[cfg(test)]
mod tests;

pub use case::CaseSteps;
pub use flat::Flat;
pub use pair::Pair;

use super::rich_text::Unreadable;
use super::xml::Malformed;
use crate::model::WorkItemId;
use crate::model::steps::Step;

/// Why steps cannot be read or written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StepsProblem {
    /// The field holds something else than steps.
    Malformed {
        /// What is wrong.
        reason: String,
        /// Byte offset, where there is one.
        at: Option<u64>,
    },
    /// A text in it cannot be read.
    Unreadable(Unreadable),
    /// Shared steps that the work item does not refer to yet: only Azure DevOps can add them, since they
    /// need a relation of their own.
    NewSharedSteps(WorkItemId),
    /// The case keeps its steps in a form that cannot hold these.
    DoesNotFit(&'static str),
}

impl From<Malformed> for StepsProblem {
    fn from(malformed: Malformed) -> Self {
        Self::Malformed {
            reason: malformed.reason,
            at: Some(malformed.at),
        }
    }
}

impl From<Unreadable> for StepsProblem {
    fn from(unreadable: Unreadable) -> Self {
        Self::Unreadable(unreadable)
    }
}

/// Reads `Microsoft.VSTS.TCM.Steps`.
pub fn parse_tcm(xml: &str) -> Result<Vec<Step>, StepsProblem> {
    tcm::parse(xml)
}

/// Writes steps into what `Microsoft.VSTS.TCM.Steps` holds now (empty: nothing).
pub fn put_tcm(now: &str, steps: &[Step]) -> Result<String, StepsProblem> {
    tcm::put(now, steps)
}

/// Reads `custom_steps_separated`.
pub fn parse_separated(json: &serde_json::Value) -> Result<Vec<Step>, StepsProblem> {
    separated::parse(json)
}

/// Writes steps into what `custom_steps_separated` holds now.
pub fn put_separated(
    now: &serde_json::Value,
    steps: &[Step],
) -> Result<serde_json::Value, StepsProblem> {
    separated::put(now, steps)
}

/// How shared steps stand in TestWorthy, which has none: one line that a person understands and that
/// reads back as the same reference.
fn shared_text(id: WorkItemId) -> String {
    format!("<p>Shared steps AB#{id}</p>")
}

fn shared_id(action: &str) -> Option<WorkItemId> {
    let digits = action
        .strip_prefix("<p>Shared steps AB#")?
        .strip_suffix("</p>")?;
    let plain = !digits.starts_with('0') && digits.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| digits.parse().ok().map(WorkItemId)).flatten()
}
