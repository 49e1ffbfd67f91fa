//! Expressions: whatever they say, they end, answer the same twice and grow within bounds. (How soon they end
//! is watched by the fuzzer's `-timeout`; no test asks for the time.)

use accord::mapping::expression::{EvaluationProblem, Expression, MAX_LENGTH};
use accord::model::Value;

/// What a value may hold, in bytes: what the work of one evaluation pays for.
const LARGE: usize = 64 * 1024 * 1024;

/// Any bytes as an expression.
pub(crate) fn expression(data: &[u8]) {
    let text = super::text(data);
    let strict = Expression::compile(&text, known);
    let free = Expression::compile(&text, |_| true);
    if text.len() > MAX_LENGTH {
        assert!(strict.is_err() && free.is_err());
    }
    if let Ok(expression) = &strict {
        assert!(free.is_ok(), "known names make nothing worse: {text:?}");
        assert!(expression.names().all(known), "{text:?}");
        assert_eq!(expression.text(), text);
    }
    for expression in strict.iter().chain(&free) {
        for (read, again) in [
            (small as fn(&str) -> Value, true),
            (large, false),
            (|_| Value::Null, true),
        ] {
            let value = expression.evaluate(read);
            if again {
                assert_eq!(value, expression.evaluate(read), "{text:?}");
            }
            if let Ok(value) = &value {
                assert!(size(value) <= LARGE, "{} bytes from {text:?}", size(value));
            }
            if !again {
                continue;
            }
            match (expression.accepts(read), value) {
                (Ok(answer), Ok(value)) => assert_eq!(value, Value::Boolean(answer)),
                (Err(EvaluationProblem::NotAValue(_)), Ok(value)) => {
                    assert!(!matches!(value, Value::Boolean(_)));
                }
                (refused, value) => assert_eq!(refused.err(), value.err(), "{text:?}"),
            }
        }
    }
}

fn known(name: &str) -> bool {
    matches!(
        name,
        "title" | "priority" | "smoke" | "refs" | "section.path" | "estimate" | "custom.env"
    )
}

fn small(name: &str) -> Value {
    match name {
        "title" => Value::text("Reject expired card"),
        "priority" => Value::text("P1 - Must Test"),
        "smoke" => Value::Boolean(true),
        "refs" => Value::set(["AB#1", "TW-2"]),
        "section.path" => Value::text("Checkout/Cards"),
        "estimate" => Value::integer(900),
        _ => Value::Null,
    }
}

/// As long as a field may be.
fn large(name: &str) -> Value {
    match name {
        "title" => Value::text("a ".repeat(20_000)),
        "refs" => Value::set((0..2000).map(|number| format!("AB#{number}"))),
        "estimate" => Value::integer(i64::MAX),
        other => small(other),
    }
}

fn size(value: &Value) -> usize {
    match value {
        Value::Text(text) => text.len(),
        Value::Set(members) => members.iter().map(String::len).sum(),
        _ => 0,
    }
}
