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
        if scan.documents.get(found).is_some_and(|scan| scan.is_ours && !scan.is_refused) {
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
        return Err(Box::new(Finding::new(&yaml::INVALID_YAML, message).at(location)));
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

    #[test]
    fn probe() {
        for c in ["%YAML 1.3\n---\na: 1\n", "a: \"\\u12\"\n", "a: \"\\x4\"\n", "a: [b\tc]\n", "a: 'b\n---\nc'\n","a: @b\n","a: `b\n","a: %b\n","\"\\q\": 1\n","a: {b: c, , d}\n","a: !<tag x\n","a:\tb: c\n","\ta: 1\n","a: \u{7}\n","a: [b,\nc]\n","k: {a: 1\n}\n","a: b\n c: d\n","%FOO\n---\nx: 1\n","? a\n: b\n? c\n", "{a: b}: c\n", "x: \"\n---\n\"\n","- a\nb: 1\n", "a: 1\n...\nb: 1\n", "a: |1\n  x\n", "a: |x\n  b\n","a: [1]]\n","--- a: 1\n","--- |\n a\n","a: &x\n","a: 1 #b\n#c\n", "a: [#b\n]\n", "a: -\n","a: [-]\n","a: ?\n","a: {?}\n", "x: [a: b, c: d]\n","x: [? a: b]\n","\u{85}a: 1\n","a: \u{feff}b\n","'a':b\n","{'a':b}\n","[a]:b\n"] {
            for text in [format!("kind: SyncRule\n---\n{c}"), format!("kind: SyncRule\n...\n{c}")] {
            let scan = strict::scan("a", &text);
            let r = parse("a", &text, &scan);
            println!("{} {} {:?}", scan.broken.is_some(), r.is_err(), &text[..text.len().min(60)]);
            }
        }
    }
}
