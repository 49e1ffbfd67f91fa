//! The steps of a test case.

use serde::{Deserialize, Serialize};

use super::WorkItemId;

/// One step.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Step {
    /// Something to do and what should come of it.
    Action {
        /// What to do, as canonical HTML; empty for nothing.
        action: String,
        /// What should come of it, likewise.
        expected: String,
    },
    /// The steps of a Shared Steps work item.
    Shared(WorkItemId),
}

impl Step {
    /// A step.
    pub fn action(action: impl Into<String>, expected: impl Into<String>) -> Self {
        Self::Action {
            action: action.into(),
            expected: expected.into(),
        }
    }

    /// Whether it says nothing.
    pub fn is_blank(&self) -> bool {
        matches!(self, Self::Action { action, expected } if action.is_empty() && expected.is_empty())
    }
}
