//! Steps: each by its identity, and two edits of one step by its action and its expected result.

use super::sequence::{self, Part, alike};
use crate::model::Value;
use crate::model::steps::Step;

pub(super) fn merge(base: &Value, left: &Value, right: &Value) -> Option<Value> {
    let merged = sequence::merge(steps(base)?, steps(left)?, steps(right)?)?;
    Some(Value::steps(merged))
}

fn steps(value: &Value) -> Option<&[Step]> {
    match value {
        Value::Null => Some(&[]),
        Value::Steps(steps) => Some(steps),
        _ => None,
    }
}

impl Part for Step {
    /// A step has no id that both systems know. It is the same one if it has kept its action or its expected
    /// result, or half of the words of its action.
    fn resembles(&self, old: &Self) -> bool {
        let (
            Self::Action { action, expected },
            Self::Action {
                action: old_action,
                expected: old_expected,
            },
        ) = (self, old)
        else {
            return false;
        };
        let kept = |now: &str, then: &str| now == then && !then.is_empty();
        kept(action, old_action) || kept(expected, old_expected) || alike(action, old_action)
    }

    fn merge(base: &Self, left: &Self, right: &Self) -> Option<Self> {
        let (
            Self::Action { action, expected },
            Self::Action {
                action: left_action,
                expected: left_expected,
            },
            Self::Action {
                action: right_action,
                expected: right_expected,
            },
        ) = (base, left, right)
        else {
            return None;
        };
        let step = Self::Action {
            action: one_edit(action, left_action, right_action)?,
            expected: one_edit(expected, left_expected, right_expected)?,
        };
        (!step.is_blank()).then_some(step)
    }
}

/// The text that was edited on one side at most, or in the same way on both.
fn one_edit(base: &str, left: &str, right: &str) -> Option<String> {
    if left == right || right == base {
        Some(left.to_owned())
    } else if left == base {
        Some(right.to_owned())
    } else {
        None
    }
}
