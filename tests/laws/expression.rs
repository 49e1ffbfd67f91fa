//! Expressions: whatever they say, they end soon, answer the same twice and grow within bounds.

use std::time::{Duration, Instant};

use accord::mapping::expression::{EvaluationProblem, Expression, MAX_LENGTH};
use accord::model::Value;

/// Longer than any expression may take, on a machine with other work to do.
const LONG: Duration = Duration::from_secs(10);
/// What a value may hold, in bytes: what the work of one evaluation pays for.
const LARGE: usize = 64 * 1024 * 1024;

/// Any bytes as an expression.
pub fn expression(data: &[u8]) {
    let text = super::text(data);
    let started = Instant::now();
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
        for read in [small, large, |_: &str| Value::Null] {
            let value = expression.evaluate(read);
            assert_eq!(value, expression.evaluate(read), "{text:?}");
            if let Ok(value) = &value {
                assert!(size(value) <= LARGE, "{} bytes from {text:?}", size(value));
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
    assert!(started.elapsed() < LONG, "{:?} for {text:?}", started.elapsed());
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
        "title" => Value::text("a ".repeat(100_000)),
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
