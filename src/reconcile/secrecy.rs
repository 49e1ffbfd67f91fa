//! Words of a server that repeat a value which nobody is to see.

use crate::model::Value;
use crate::model::steps::Step;

/// What stands in their place.
pub(super) const LEFT_OUT: &str =
    "the server's words are left out: they may repeat a value of a sensitive row";

/// Whether words hold a value.
pub(super) fn holds(words: &str, value: &Value) -> bool {
    match value {
        Value::Null | Value::Boolean(_) => false,
        Value::Set(members) => members
            .iter()
            .any(|member| !member.is_empty() && words.contains(member.as_str())),
        Value::Text(text) => !text.is_empty() && words.contains(text.as_str()),
        Value::Number(_) | Value::DateTime(_) => words.contains(&value.to_string()),
        Value::Steps(steps) => steps.iter().any(|step| match step {
            Step::Action { action, expected } => [action, expected]
                .into_iter()
                .any(|text| !text.is_empty() && words.contains(text.as_str())),
            Step::Shared(_) => false,
        }),
        Value::Parameters(table) => table
            .rows
            .iter()
            .flatten()
            .any(|text| !text.is_empty() && words.contains(text.as_str())),
    }
}
