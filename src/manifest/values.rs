//! The second pass: values of the documents that are ours.

use serde::Deserialize;
use serde_json::{Number, Value as Json};

use super::strict::Scan;
use crate::diagnostics::catalog::yaml;
use crate::diagnostics::{Finding, Location, Place};

/// The values of the documents that are ours and that the first pass let through, each with its index.
///
/// # Errors
/// The parser of values disagrees with the first pass about what the file contains. Nothing of the file
/// is used then: the two must have seen the same.
pub(super) fn parse(
    file: &str,
    text: &str,
    scan: &Scan,
) -> Result<Vec<(usize, Json)>, Box<Finding>> {
    let wanted = |index: usize| {
        scan.documents
            .get(index)
            .is_some_and(|d| d.is_ours && !d.is_refused)
    };
    let mut values = Vec::new();
    let mut count = 0;
    for (index, document) in serde_yaml::Deserializer::from_str(text).enumerate() {
        count = index + 1;
        if wanted(index) {
            match Json::deserialize(document) {
                Ok(mut value) => {
                    whole_numbers(&mut value);
                    values.push((index, value));
                }
                Err(error) => return Err(Box::new(disagreement(file, text, &error))),
            }
        }
    }
    if count < scan.documents.len() && (count..scan.documents.len()).any(wanted) {
        let message = "not valid YAML: a document cannot be told from its neighbours";
        let location = Location {
            file: file.to_owned(),
            place: Place::File,
        };
        return Err(Box::new(
            Finding::new(&yaml::INVALID_YAML, message).at(location),
        ));
    }
    Ok(values)
}

/// The parser's own words may quote a value, so only its place is used.
fn disagreement(file: &str, text: &str, error: &serde_yaml::Error) -> Finding {
    let place = error.location().map_or(Place::File, |at| {
        let start = at.index().min(text.len());
        Place::bytes(start..start)
    });
    let location = Location {
        file: file.to_owned(),
        place,
    };
    let message = "not valid YAML: the value cannot be read";
    Finding::new(&yaml::INVALID_YAML, message).at(location)
}

/// Turns `41.0` into `41`: JSON Schema takes both for the same whole number, Rust's readers do not.
fn whole_numbers(value: &mut Json) {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    match value {
        Json::Number(number) if number.is_f64() => {
            if let Some(float) = number.as_f64()
                && float.fract() == 0.0
                && float.abs() <= EXACT
            {
                #[expect(clippy::cast_possible_truncation, reason = "whole and within ±2^53")]
                let whole = float as i64;
                *number = Number::from(whole);
            }
        }
        Json::Array(items) => items.iter_mut().for_each(whole_numbers),
        Json::Object(members) => members.values_mut().for_each(whole_numbers),
        _ => {}
    }
}
