//! The steps of a test case.

use std::fmt;

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

    /// The JSON a person would write for it.
    pub fn to_json(&self) -> serde_json::Value {
        match self {
            Self::Action { action, expected } if expected.is_empty() => {
                serde_json::json!({ "action": action })
            }
            Self::Action { action, expected } => {
                serde_json::json!({ "action": action, "expected": expected })
            }
            Self::Shared(id) => serde_json::json!({ "shared": id.0 }),
        }
    }

    /// Whether it says nothing.
    pub fn is_blank(&self) -> bool {
        matches!(self, Self::Action { action, expected } if action.is_empty() && expected.is_empty())
    }
}

impl fmt::Display for Step {
    /// The step on one line, as a person reads it in a plan; not a codec.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Action { action, expected } if expected.is_empty() => f.write_str(action),
            Self::Action { action, expected } => write!(f, "{action} => {expected}"),
            Self::Shared(id) => write!(f, "(shared steps of work item {id})"),
        }
    }
}
