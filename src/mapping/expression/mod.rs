//! Expressions over the fields of a case, for `expression` rows and `where` filters: one value in, no
//! statements, no loops, no way out of it.
//!
//! A manifest in a pull request is not trusted, so what it asks for is bounded: its length, how deep it
//! nests, the work of each evaluation (fuel), the size of what it reads. It is compiled on a stack of its
//! own, since a chain of operators recurses in the parser.

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Arc, OnceLock};

use minijinja::value::ValueKind;
use minijinja::{Environment, ErrorKind, UndefinedBehavior, Value as Dynamic};

use crate::model::{Number, Value};

/// The longest expression, in bytes.
pub const MAX_LENGTH: usize = 2048;
/// How deep brackets may nest.
pub const MAX_NESTING: usize = 32;
/// Steps and bytes that one evaluation may cost.
const FUEL: u64 = 1_000_000;
/// The longest text that an expression may read, in bytes.
const MAX_INPUT: usize = 256 * 1024;
/// Stack to compile on, in bytes.
const STACK: usize = 16 * 1024 * 1024;

/// A compiled expression.
#[derive(Clone)]
pub struct Expression {
    text: String,
    compiled: Arc<minijinja::Expression<'static, 'static>>,
    /// The fields that it reads.
    names: BTreeSet<String>,
}

impl fmt::Debug for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Expression").field(&self.text).finish()
    }
}

impl PartialEq for Expression {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

/// Why a text is no expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExpressionProblem {
    /// Longer than [`MAX_LENGTH`].
    TooLong,
    /// Brackets nest deeper than [`MAX_NESTING`].
    TooDeep,
    /// Not in the language.
    Syntax(String),
    /// It reads a name that is no field.
    UnknownName(String),
    /// It uses a filter, test or function that there is not.
    UnknownOperation(String),
}

/// Why an expression has no value for an item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EvaluationProblem {
    /// It costs too much work.
    TooMuchWork,
    /// A field is too long to be read by an expression.
    InputTooLong(String),
    /// The value is a list with other members than texts, or a mapping.
    NotAValue(&'static str),
    /// An operation does not fit its operands.
    Failed(String),
}

impl fmt::Display for EvaluationProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooMuchWork => f.write_str("it costs too much work"),
            Self::InputTooLong(name) => write!(
                f,
                "`{name}` is longer than the {} KiB that an expression may read",
                MAX_INPUT / 1024
            ),
            Self::NotAValue(kind) => write!(f, "its value is {kind}, which no field can hold"),
            Self::Failed(reason) => f.write_str(reason),
        }
    }
}

impl Expression {
    /// Compiles an expression over the names that `is_known` accepts.
    pub fn compile(text: &str, is_known: impl Fn(&str) -> bool) -> Result<Self, ExpressionProblem> {
        if text.len() > MAX_LENGTH {
            return Err(ExpressionProblem::TooLong);
        }
        if nesting(text) > MAX_NESTING {
            return Err(ExpressionProblem::TooDeep);
        }
        let owned = text.to_owned();
        let compile = move || environment().compile_expression_owned(owned);
        let thread = std::thread::Builder::new().stack_size(STACK).spawn(compile);
        let compiled = thread
            .map_err(|error| ExpressionProblem::Syntax(error.to_string()))?
            .join()
            .map_err(|_| ExpressionProblem::Syntax("it cannot be read".to_owned()))?
            .map_err(|error| problem(&error))?;
        if let Some(unknown) = unknown_operation(text) {
            return Err(ExpressionProblem::UnknownOperation(unknown));
        }
        let mut names = BTreeSet::new();
        // With `section.path` the root `section` is reported too; with `custom.x` only that.
        let mut read: Vec<String> = compiled.undeclared_variables(true).into_iter().collect();
        read.sort_unstable();
        for name in read {
            if is_known(&name) {
                names.insert(name);
            } else if !is_prefix(&name, compiled.undeclared_variables(true).iter()) {
                return Err(ExpressionProblem::UnknownName(name));
            }
        }
        Ok(Self {
            text: text.to_owned(),
            compiled: Arc::new(compiled),
            names,
        })
    }

    /// The expression as it was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The fields that it reads.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(String::as_str)
    }

    /// Its value over an item's fields; `read` gives `Null` for a field without a value.
    pub fn evaluate(&self, read: impl Fn(&str) -> Value) -> Result<Value, EvaluationProblem> {
        let mut context: BTreeMap<String, Dynamic> = BTreeMap::new();
        let mut nested: BTreeMap<&str, BTreeMap<String, Dynamic>> = BTreeMap::new();
        for name in &self.names {
            let value = dynamic(name, &read(name))?;
            match name.split_once('.') {
                Some((outer, inner)) => {
                    nested
                        .entry(outer)
                        .or_default()
                        .insert(inner.to_owned(), value);
                }
                None => {
                    context.insert(name.clone(), value);
                }
            }
        }
        for (name, members) in nested {
            context.insert(name.to_owned(), Dynamic::from(members));
        }
        let result = self
            .compiled
            .eval(Dynamic::from(context))
            .map_err(|error| match error.kind() {
                ErrorKind::OutOfFuel => EvaluationProblem::TooMuchWork,
                _ => EvaluationProblem::Failed(reason(&error)),
            })?;
        value(&result)
    }

    /// Whether an item passes it as a filter. Only true and false are answers.
    pub fn accepts(&self, read: impl Fn(&str) -> Value) -> Result<bool, EvaluationProblem> {
        match self.evaluate(read)? {
            Value::Boolean(answer) => Ok(answer),
            _ => Err(EvaluationProblem::NotAValue("neither true nor false")),
        }
    }
}

/// The language: minijinja's operators, filters and tests, without its functions.
fn environment() -> &'static Environment<'static> {
    static LANGUAGE: OnceLock<Environment<'static>> = OnceLock::new();
    LANGUAGE.get_or_init(|| {
        let mut language = Environment::new();
        for function in ["range", "dict", "debug", "namespace"] {
            language.remove_global(function);
        }
        language.set_undefined_behavior(UndefinedBehavior::Strict);
        language.set_fuel(Some(FUEL));
        language
    })
}

/// The first filter or test of an expression that there is not: the engine itself notices only when one is
/// used.
fn unknown_operation(text: &str) -> Option<String> {
    let mut before = String::new();
    let mut words = words(text).into_iter().peekable();
    while let Some(word) = words.next() {
        let is_name = word.starts_with(|c: char| c.is_alphabetic() || c == '_');
        let kind = match before.as_str() {
            "|" if is_name => Some(ErrorKind::UnknownFilter),
            "is" if word == "not" => {
                words.peek()?;
                continue;
            }
            "is" if is_name => Some(ErrorKind::UnknownTest),
            _ => None,
        };
        if let Some(kind) = kind {
            let (probe, what) = match kind {
                ErrorKind::UnknownFilter => (format!("0|{word}"), "filter"),
                _ => (format!("0 is {word}"), "test"),
            };
            let tried = environment()
                .compile_expression_owned(probe)
                .and_then(|probe| probe.eval(()));
            if tried.is_err_and(|error| error.kind() == kind) {
                return Some(format!("{what} {word} is unknown"));
            }
        }
        before = word;
    }
    None
}

/// Names and single characters, without texts in quotes.
fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        if c == '"' || c == '\'' {
            while let Some(inner) = rest.next() {
                match inner {
                    '\\' => drop(rest.next()),
                    end if end == c => break,
                    _ => {}
                }
            }
            words.push("\"\"".to_owned());
        } else if c.is_alphanumeric() || c == '_' {
            let mut word = String::from(c);
            while let Some(more) = rest.next_if(|c| c.is_alphanumeric() || *c == '_') {
                word.push(more);
            }
            words.push(word);
        } else if !c.is_whitespace() {
            words.push(c.to_string());
        }
    }
    words
}

/// Whether a name is only the first part of one that is read in full.
fn is_prefix<'a>(name: &str, mut all: impl Iterator<Item = &'a String>) -> bool {
    all.any(|other| {
        other
            .strip_prefix(name)
            .is_some_and(|rest| rest.starts_with('.'))
    })
}

/// How deep brackets nest, counted without regard to texts in quotes.
fn nesting(text: &str) -> usize {
    let mut depth = 0_usize;
    let mut most = 0;
    for c in text.chars() {
        match c {
            '(' | '[' | '{' => {
                depth += 1;
                most = most.max(depth);
            }
            ')' | ']' | '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    most
}

fn problem(error: &minijinja::Error) -> ExpressionProblem {
    match error.kind() {
        ErrorKind::UnknownFilter | ErrorKind::UnknownTest | ErrorKind::UnknownFunction => {
            ExpressionProblem::UnknownOperation(reason(error))
        }
        _ => ExpressionProblem::Syntax(reason(error)),
    }
}

/// What the engine says, without its own place names.
fn reason(error: &minijinja::Error) -> String {
    error
        .detail()
        .map_or_else(|| error.kind().to_string(), str::to_owned)
}

fn dynamic(name: &str, value: &Value) -> Result<Dynamic, EvaluationProblem> {
    Ok(match value {
        Value::Null => Dynamic::from(()),
        Value::Text(text) if text.len() > MAX_INPUT => {
            return Err(EvaluationProblem::InputTooLong(name.to_owned()));
        }
        Value::Text(text) => Dynamic::from(text.as_str()),
        Value::Number(Number::Integer(number)) => Dynamic::from(*number),
        Value::Number(number) => number
            .to_string()
            .parse::<f64>()
            .map_or_else(|_| Dynamic::from(number.to_string()), Dynamic::from),
        Value::Boolean(flag) => Dynamic::from(*flag),
        Value::DateTime(instant) => Dynamic::from(instant.to_string()),
        Value::Set(members) => members
            .iter()
            .map(|member| Dynamic::from(member.as_str()))
            .collect(),
        // One line for each step or row, as a person reads them.
        Value::Steps(_) | Value::Parameters(_) => dynamic(name, &Value::text(value.to_string()))?,
    })
}

fn value(result: &Dynamic) -> Result<Value, EvaluationProblem> {
    Ok(match result.kind() {
        ValueKind::Undefined | ValueKind::None => Value::Null,
        ValueKind::Bool => Value::Boolean(result.is_true()),
        ValueKind::String => Value::text(result.as_str().unwrap_or_default()),
        ValueKind::Number => match i64::try_from(result.clone()) {
            Ok(whole) => Value::integer(whole),
            Err(_) => f64::try_from(result.clone())
                .ok()
                .and_then(Number::from_f64)
                .map(Value::Number)
                .ok_or(EvaluationProblem::NotAValue("a number without an end"))?,
        },
        ValueKind::Seq | ValueKind::Iterable => {
            let members = result
                .try_iter()
                .map_err(|error| EvaluationProblem::Failed(reason(&error)))?;
            let texts: Option<Vec<String>> = members
                .map(|member| member.as_str().map(str::to_owned))
                .collect();
            Value::set(texts.ok_or(EvaluationProblem::NotAValue(
                "a list of other things than texts",
            ))?)
        }
        _ => return Err(EvaluationProblem::NotAValue("a mapping")),
    })
}
