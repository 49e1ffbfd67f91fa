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
    let count = scan.documents.len();
    let mut values = Vec::new();
    let mut found = 0;
    // Behind an error that nobody looked at, this iterator would go on for ever.
    for document in serde_yaml::Deserializer::from_str(text).take(count + 1) {
        if scan
            .documents
            .get(found)
            .is_some_and(|scan| scan.is_ours && !scan.is_refused)
        {
            match Json::deserialize(document) {
                Ok(mut value) => {
                    whole_numbers(&mut value);
                    values.push((found, value));
                }
                Err(error) => return Err(Box::new(disagreement(file, text, &error))),
            }
        }
        found += 1;
    }
    if found != count {
        let message = "not valid YAML: a document cannot be told from its neighbours";
        let location = Location {
            file: file.to_owned(),
            place: Place::File,
        };
        let finding = Finding::new(&yaml::INVALID_YAML, message)
            .at(location)
            .with_help("begin every document of the file with `---`, and mend foreign ones too");
        return Err(Box::new(finding));
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::strict;
    use serde_json::json;

    fn read(text: &str) -> Result<Vec<(usize, Json)>, Box<Finding>> {
        parse("a.yaml", text, &strict::scan("a.yaml", text))
    }

    #[test]
    fn reads_only_what_is_ours_and_was_let_through() {
        let text = "a: &x 1\n---\nkind: SyncRule\nn: [41.0, 2.5, \"7\", on]\n---\nkind: SyncRule\nb: &x 1\n";
        let value = json!({ "kind": "SyncRule", "n": [41, 2.5, "7", "on"] });
        assert_eq!(read(text).unwrap(), [(1, value)]);
    }

    /// The first parser takes these foreign documents, the second does not: that is an error, and above
    /// all it ends.
    #[test]
    fn parsers_that_disagree_are_an_error() {
        for foreign in ["---\n\ta: 1\n", "---\na: \u{7}\n", "...\na: 1\n"] {
            let text = format!("kind: SyncRule\n{foreign}");
            assert!(
                strict::scan("a.yaml", &text).broken.is_none(),
                "{foreign:?}"
            );
            assert_eq!(
                read(&text).unwrap_err().code,
                &yaml::INVALID_YAML,
                "{foreign:?}"
            );
        }
    }
}
