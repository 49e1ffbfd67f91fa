//! Field values in one shape for both systems, with the equality that decides whether something
//! changed.

use std::collections::BTreeSet;
use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::parameters::Parameters;
use super::steps::Step;

/// One field value. `Null` also stands for an absent field and for an empty text: Azure DevOps leaves
/// empty fields out (reference: Microsoft Learn, Work Items - Get Work Item, and its recordings).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Value {
    /// No value.
    #[default]
    Null,
    /// Plain text, a picklist entry, canonical HTML, or markup that no codec has read yet.
    Text(String),
    /// A number.
    Number(Number),
    /// True or false.
    Boolean(bool),
    /// An instant.
    DateTime(Timestamp),
    /// An unordered set of texts (references, tags).
    Set(BTreeSet<String>),
    /// The steps of a test case; never empty.
    Steps(Vec<Step>),
    /// The parameters of a test case; never without a name.
    Parameters(Parameters),
}

/// The kind of a [`Value`], for messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValueKind {
    /// [`Value::Null`].
    Null,
    /// [`Value::Text`].
    Text,
    /// [`Value::Number`].
    Number,
    /// [`Value::Boolean`].
    Boolean,
    /// [`Value::DateTime`].
    DateTime,
    /// [`Value::Set`].
    Set,
    /// [`Value::Steps`].
    Steps,
    /// [`Value::Parameters`].
    Parameters,
}

impl Value {
    /// A text value; an empty text is [`Value::Null`].
    pub fn text(text: impl Into<String>) -> Self {
        let text = text.into();
        if text.is_empty() {
            Self::Null
        } else {
            Self::Text(text)
        }
    }

    /// An integer value.
    pub fn integer(number: i64) -> Self {
        Self::Number(Number::Integer(number))
    }

    /// A set; an empty set is [`Value::Null`].
    pub fn set<T: Into<String>>(members: impl IntoIterator<Item = T>) -> Self {
        let members: BTreeSet<String> = members.into_iter().map(Into::into).collect();
        if members.is_empty() {
            Self::Null
        } else {
            Self::Set(members)
        }
    }

    /// Steps; none of them is [`Value::Null`].
    pub fn steps(steps: Vec<Step>) -> Self {
        if steps.is_empty() {
            Self::Null
        } else {
            Self::Steps(steps)
        }
    }

    /// Parameters; none of them is [`Value::Null`].
    pub fn parameters(parameters: Parameters) -> Self {
        if parameters.is_empty() {
            Self::Null
        } else {
            Self::Parameters(parameters)
        }
    }

    /// Whether there is no value.
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// The text of a text value.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The kind, for messages.
    pub fn kind(&self) -> ValueKind {
        match self {
            Self::Null => ValueKind::Null,
            Self::Text(_) => ValueKind::Text,
            Self::Number(_) => ValueKind::Number,
            Self::Boolean(_) => ValueKind::Boolean,
            Self::DateTime(_) => ValueKind::DateTime,
            Self::Set(_) => ValueKind::Set,
            Self::Steps(_) => ValueKind::Steps,
            Self::Parameters(_) => ValueKind::Parameters,
        }
    }

    /// The JSON a person would write for it: text, number, true/false, RFC 3339, array, null; steps as
    /// objects with `action` and `expected` or with `shared`, parameters as one object for each row.
    pub fn to_json(&self) -> serde_json::Value {
        match self {
            Self::Null => serde_json::Value::Null,
            Self::Text(text) => text.as_str().into(),
            Self::Number(number) => number.to_json(),
            Self::Boolean(flag) => (*flag).into(),
            Self::DateTime(instant) => instant.to_string().into(),
            Self::Set(members) => members.iter().map(String::as_str).collect(),
            Self::Steps(steps) => steps.iter().map(Step::to_json).collect(),
            Self::Parameters(parameters) => parameters.to_json(),
        }
    }

    /// Reads a scalar or a list of texts as a person writes it in a manifest. `None` for objects and
    /// for lists with other members. Instants stay text: only a codec knows that a text is one.
    pub fn from_json(json: &serde_json::Value) -> Option<Self> {
        Some(match json {
            serde_json::Value::Null => Self::Null,
            serde_json::Value::Bool(flag) => Self::Boolean(*flag),
            serde_json::Value::Number(number) => Self::Number(Number::from_json(number)?),
            serde_json::Value::String(text) => Self::text(text.as_str()),
            serde_json::Value::Array(members) => {
                let texts: Option<Vec<&str>> = members.iter().map(|m| m.as_str()).collect();
                Self::set(texts?)
            }
            serde_json::Value::Object(_) => return None,
        })
    }
}

impl fmt::Display for Value {
    /// The value as a person reads it in a plan; not a codec.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("(none)"),
            Self::Text(text) => f.write_str(text),
            Self::Number(number) => number.fmt(f),
            Self::Boolean(flag) => flag.fmt(f),
            Self::DateTime(instant) => instant.fmt(f),
            Self::Set(members) => {
                let mut separator = "";
                for member in members {
                    write!(f, "{separator}{member}")?;
                    separator = ", ";
                }
                Ok(())
            }
            Self::Steps(steps) => {
                for (index, step) in steps.iter().enumerate() {
                    let end = if index == 0 { "" } else { "\n" };
                    write!(f, "{end}{}. {step}", index + 1)?;
                }
                Ok(())
            }
            Self::Parameters(parameters) => parameters.fmt(f),
        }
    }
}

impl fmt::Display for ValueKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Null => "nothing",
            Self::Text => "text",
            Self::Number => "a number",
            Self::Boolean => "true or false",
            Self::DateTime => "a date and time",
            Self::Set => "a set of texts",
            Self::Steps => "steps",
            Self::Parameters => "parameters",
        })
    }
}

/// A finite number. Whole numbers are always `Integer`, so `5` and `5.0` are equal: Azure DevOps
/// prints doubles either way.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Number {
    /// A whole number.
    Integer(i64),
    /// A finite number with a fraction, or beyond the range of `i64`.
    Fraction(f64),
}

/// Beyond this, an f64 no longer names every whole number.
const EXACT: f64 = 9_007_199_254_740_992.0;

impl Number {
    /// `None` for infinities and not-a-number.
    pub fn from_f64(number: f64) -> Option<Self> {
        if !number.is_finite() {
            return None;
        }
        if number.fract() == 0.0 && number.abs() <= EXACT {
            #[expect(clippy::cast_possible_truncation, reason = "whole and within ±2^53")]
            return Some(Self::Integer(number as i64));
        }
        Some(Self::Fraction(number))
    }

    /// Reads a JSON number.
    pub fn from_json(number: &serde_json::Number) -> Option<Self> {
        number
            .as_i64()
            .map(Self::Integer)
            .or_else(|| Self::from_f64(number.as_f64()?))
    }

    fn to_json(self) -> serde_json::Value {
        match self {
            Self::Integer(number) => number.into(),
            Self::Fraction(number) => number.into(),
        }
    }

    fn bits(self) -> (i64, u64) {
        match self {
            Self::Integer(number) => (number, 0),
            Self::Fraction(number) => (i64::MAX, number.to_bits()),
        }
    }
}

impl PartialEq for Number {
    fn eq(&self, other: &Self) -> bool {
        self.bits() == other.bits()
    }
}

impl Eq for Number {}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Number {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.bits().cmp(&other.bits())
    }
}

impl std::hash::Hash for Number {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.bits().hash(state);
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Integer(number) => number.fmt(f),
            Self::Fraction(number) => number.fmt(f),
        }
    }
}
