//! The schema's view of a document, in findings. What is wrong is cut out, so that the rest can still
//! be checked for its meaning in the same run.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use jsonschema::error::ValidationErrorKind;
use serde_json::Value as Json;

use super::document::Report;
use super::schema::{self, Compiled};
use crate::diagnostics::catalog::manifest as codes;
use crate::diagnostics::{Finding, Part, is_secret_key, nearest, pointer, quote};

/// What the schema says about a document.
#[derive(Default)]
pub(super) struct Shape {
    /// Pointers of nodes that were cut out, or that are missing and reported.
    pub(super) cut: BTreeSet<String>,
    /// Findings that the checks of meaning usually make with better words; used where they do not.
    pub(super) spare: Vec<Finding>,
}

/// Reports what the schema refuses and cuts it out of `value`.
pub(super) fn check(value: &mut Json, compiled: &Compiled, report: &mut Report<'_>) -> Shape {
    let mut shape = Shape::default();
    if compiled.validator.is_valid(value) {
        return shape;
    }
    let mut unknown: Vec<(String, String)> = Vec::new();
    let mut missing: Vec<(String, String)> = Vec::new();
    let mut wrong: Vec<Finding> = Vec::new();
    let mut mistyped: HashSet<String> = HashSet::new();
    for error in compiled.validator.iter_errors(value) {
        let at = error.instance_path().as_str().to_owned();
        let part = schema::part(&compiled.schema, &at).unwrap_or(&Json::Null);
        match error.kind() {
            ValidationErrorKind::AdditionalProperties { unexpected } => {
                unknown.extend(unexpected.iter().map(|key| (at.clone(), key.clone())));
            }
            ValidationErrorKind::Required { property } => {
                let key = property.as_str().unwrap_or_default();
                missing.push((at, key.to_owned()));
            }
            ValidationErrorKind::Type { .. } => {
                wrong.push(wrong_type(report, &at, part, error.instance()));
                mistyped.insert(at);
            }
            ValidationErrorKind::Enum { .. } => {
                wrong.push(unknown_value(report, &at, part, error.instance()));
                shape.cut.insert(at);
            }
            ValidationErrorKind::Pattern { .. } if part.get("required").is_some() => {
                wrong.push(unknown_value(report, &at, part, error.instance()));
                shape.cut.insert(at);
            }
            kind => {
                let message = limit(kind, &at);
                shape
                    .spare
                    .push(report.value(&codes::INVALID_VALUE, &at, message));
            }
        }
    }
    // A value of the wrong type breaks other rules of its schema too; the type is what counts.
    let is_mistyped = |finding: &Finding| {
        super::document::pointer_of(finding).is_some_and(|at| mistyped.contains(at))
    };
    wrong.retain(|finding| finding.code != &codes::UNKNOWN_VALUE || !is_mistyped(finding));
    shape.spare.retain(|finding| !is_mistyped(finding));
    report.findings.extend(wrong);
    shape.cut.extend(mistyped);
    let mut gone = shape.cut.clone();
    gone.extend(unknown.iter().map(|(at, key)| pointer::child(at, key)));
    remove(value, &gone);
    report_keys(compiled, report, &unknown, missing, &mut shape.cut);
    shape
        .cut
        .extend(unknown.iter().map(|(at, key)| pointer::child(at, key)));
    shape
}

fn report_keys(
    compiled: &Compiled,
    report: &mut Report<'_>,
    unknown: &[(String, String)],
    mut missing: Vec<(String, String)>,
    cut: &mut BTreeSet<String>,
) {
    for (number, (at, key)) in unknown.iter().enumerate() {
        let known = keys(schema::part(&compiled.schema, at));
        // Findings that will not be listed need no suggestion.
        let listed = number <= super::read::MOST_FINDINGS;
        let suggestion = nearest(key, known.iter().copied().filter(|_| listed));
        // A misspelt required key is one mistake, not two.
        if let Some(suggestion) = suggestion {
            missing.retain(|(place, name)| place != at || name != suggestion);
            cut.insert(pointer::child(at, suggestion));
        }
        let place = pointer::child(at, key);
        // `apiKey: { hunter2 }` makes the secret a key.
        let secret = at.split('/').any(is_secret_key);
        let named = if secret {
            String::new()
        } else {
            format!(" {}", quote(key))
        };
        let mut finding = report.key(&codes::UNKNOWN_KEY, &place, format!("unknown key{named}"));
        finding.help = Some(match suggestion {
            Some(suggestion) => format!("did you mean `{suggestion}`?"),
            None => format!("the keys here are {}", list(&known)),
        });
        report.push(finding);
    }
    for (at, key) in missing {
        let owner = pointer::split(&at).map_or_else(String::new, |(_, last)| {
            if last.bytes().all(|b| b.is_ascii_digit()) {
                String::new()
            } else {
                format!(" in `{last}`")
            }
        });
        let place = pointer::child(&at, &key);
        let described = schema::part(&compiled.schema, &place);
        let mut finding = Finding::new(&codes::MISSING_KEY, format!("`{key}` is missing{owner}"))
            .at(report.place(&at, Part::Key));
        finding.help = described.and_then(description);
        report.push(finding);
        cut.insert(place);
    }
}

/// Removes nodes; of a list the whole list, so that the places of its other items stay right.
fn remove(value: &mut Json, cut: &BTreeSet<String>) {
    let mut by_parent: BTreeMap<&str, HashSet<String>> = BTreeMap::new();
    for at in cut {
        if let Some((parent, key)) = pointer::split(at) {
            by_parent.entry(parent).or_default().insert(key);
        }
    }
    let mut lists = BTreeSet::new();
    for (parent, keys) in by_parent {
        match value.pointer_mut(parent) {
            Some(Json::Object(members)) => members.retain(|key, _| !keys.contains(key)),
            Some(Json::Array(_)) => {
                lists.insert(parent.to_owned());
            }
            _ => {}
        }
    }
    if !lists.is_empty() {
        remove(value, &lists);
    }
}

fn wrong_type(report: &Report<'_>, at: &str, part: &Json, found: &Json) -> Finding {
    let takes_reference = part.pointer("/properties/env").is_some();
    let takes_text = types(part).contains("text");
    if takes_reference && !takes_text && !found.is_object() && !found.is_null() {
        return secret_literal(report, at);
    }
    let expected = types(part);
    let message = format!(
        "{} has to be {expected}, not {}",
        named(at),
        type_name(found)
    );
    let finding = report.value(&codes::WRONG_TYPE, at, message);
    match description(part) {
        Some(description) => finding.with_help(description),
        None => finding,
    }
}

/// A secret that stands in the manifest.
pub(super) fn secret_literal(report: &Report<'_>, at: &str) -> Finding {
    let message = format!("{} is a secret and must not be written out", named(at));
    report
        .value(&codes::SECRET_LITERAL, at, message)
        .with_help("revoke it, put the new one into a variable, and write `{ env: NAME }`")
}

fn unknown_value(report: &Report<'_>, at: &str, part: &Json, found: &Json) -> Finding {
    let allowed: Vec<&str> = match part.get("enum") {
        Some(Json::Array(options)) => options.iter().filter_map(Json::as_str).collect(),
        // `hold`, `skipItem` or an object.
        _ => vec!["hold", "skipItem", "{ use: VALUE }"],
    };
    let text = found.as_str().unwrap_or_default();
    let message = if is_secret_key(&last(at)) {
        format!("{} has a value that does not exist", named(at))
    } else {
        format!("{} cannot be {}", named(at), quote(text))
    };
    let finding = report.value(&codes::UNKNOWN_VALUE, at, message);
    let choices = format!("it is one of {}", list(&allowed));
    match nearest(text, allowed.iter().copied()) {
        Some(near) => finding.with_help(format!("did you mean `{near}`? {choices}")),
        None => finding.with_help(choices),
    }
}

fn limit(kind: &ValidationErrorKind, at: &str) -> String {
    let name = named(at);
    match kind {
        ValidationErrorKind::MinItems { .. }
        | ValidationErrorKind::MinLength { .. }
        | ValidationErrorKind::MinProperties { .. } => format!("{name} is too short or empty"),
        ValidationErrorKind::MaxItems { limit }
        | ValidationErrorKind::MaxLength { limit }
        | ValidationErrorKind::MaxProperties { limit } => {
            format!("{name} is too long: at most {limit}")
        }
        ValidationErrorKind::Minimum { limit } => format!("{name} has to be at least {limit}"),
        ValidationErrorKind::Maximum { limit } => format!("{name} has to be at most {limit}"),
        ValidationErrorKind::ExclusiveMinimum { limit } => {
            format!("{name} has to be more than {limit}")
        }
        _ => format!("{name} is not of the form that this key asks for"),
    }
}

fn named(at: &str) -> String {
    let key = last(at);
    if key.is_empty() {
        "the document".to_owned()
    } else if key.bytes().all(|b| b.is_ascii_digit()) {
        let owner = pointer::split(at)
            .map(|(parent, _)| last(parent))
            .unwrap_or_default();
        format!("an item of {}", quote(&owner))
    } else {
        quote(&key)
    }
}

fn last(at: &str) -> String {
    pointer::split(at).map(|(_, key)| key).unwrap_or_default()
}

fn keys(part: Option<&Json>) -> Vec<&str> {
    part.and_then(|part| part.get("properties"))
        .and_then(Json::as_object)
        .map(|properties| properties.keys().map(String::as_str).collect())
        .unwrap_or_default()
}

fn description(part: &Json) -> Option<String> {
    part.get("description")
        .and_then(Json::as_str)
        .map(str::to_owned)
}

/// `a`, `b` and `c`, in back quotes.
pub(super) fn list(words: &[&str]) -> String {
    let quoted: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    match quoted.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
        None => "none".to_owned(),
    }
}

fn types(part: &Json) -> String {
    let word = |name: &str| match name {
        "string" => "text",
        "integer" => "a whole number",
        "number" => "a number",
        "boolean" => "true or false",
        "array" => "a list",
        "object" => "a mapping",
        _ => "empty",
    };
    match part.get("type") {
        Some(Json::String(name)) => word(name).to_owned(),
        Some(Json::Array(names)) => {
            let words: Vec<&str> = names
                .iter()
                .filter_map(Json::as_str)
                .filter(|name| *name != "null")
                .map(word)
                .collect();
            words.join(" or ")
        }
        _ => "one of the allowed values".to_owned(),
    }
}

fn type_name(value: &Json) -> &'static str {
    match value {
        Json::Null => "empty",
        Json::Bool(_) => "true or false",
        Json::Number(number) if number.is_f64() => "a number with a fraction",
        Json::Number(_) => "a number",
        Json::String(_) => "text",
        Json::Array(_) => "a list",
        Json::Object(_) => "a mapping",
    }
}
