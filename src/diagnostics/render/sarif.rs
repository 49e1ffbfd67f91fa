//! SARIF 2.1.0 (OASIS standard) for code scanning.
//!
//! GitHub keeps the 5,000 worst results of a run and needs a place for each (GitHub Docs, SARIF support for
//! code scanning), so there are never more, and what has no place of its own stands at the first line of the
//! project's file. Fingerprints leave lines out: a result stays the same one when the file grows above it.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::annotation::Spot;
use crate::diagnostics::printable::{is_hostile, json_defused};
use crate::diagnostics::{Finding, Place, Resolver, Severity, SourceFile, catalog};

/// The most results of a run.
pub const MOST: usize = 5_000;

/// The longest message, in characters.
const LONGEST: usize = 4_096;

/// The file that stands for what has no place.
const PROJECT_FILE: &str = "accord.yaml";

/// One result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The code of the catalogue.
    pub code: String,
    /// How bad it is.
    pub level: Severity,
    /// What and what to do next.
    pub message: String,
    /// Where it begins, if it has a place.
    pub spot: Option<Spot>,
    /// Line and column behind its end, both from 1.
    pub end: Option<(usize, usize)>,
    /// The address that it is about, for example `SyncRule/cases/case/7`.
    pub address: Option<String>,
    /// What tells it from others of its code at its address or in its file: nothing that changes when a file is edited
    /// elsewhere.
    pub identity: String,
}

/// Findings as a SARIF document with a line break at its end; `prefix` is the way from the repository's top
/// folder to the project's, with `/` behind it, or empty.
pub fn render(findings: &[Finding], sources: &[SourceFile], prefix: &str) -> String {
    let resolver = Resolver::new(sources);
    let outcomes = resolver
        .in_order(findings)
        .into_iter()
        .map(|(finding, at)| {
            let whole = |place: &Place| *place == Place::File;
            let at = at.filter(|_| !finding.location.as_ref().is_some_and(|l| whole(&l.place)));
            let mut message = finding.message.clone();
            if let Some(help) = &finding.help {
                message.push_str("\nhelp: ");
                message.push_str(help);
            }
            Outcome {
                code: finding.code.code.to_owned(),
                level: finding.code.severity,
                spot: finding.location.as_ref().map(|location| Spot {
                    file: format!("{prefix}{}", location.file),
                    line: at.as_ref().map_or(1, |at| at.start.line),
                    column: at.as_ref().map(|at| at.start.column),
                }),
                end: at.map(|at| (at.end.line, at.end.column)),
                address: None,
                identity: finding.message.clone(),
                message,
            }
        });
    document(
        outcomes.collect(),
        "validate",
        env!("CARGO_PKG_VERSION"),
        prefix,
    )
}

/// A document with one run. Results stand in order of badness, then as they were given; of more than
/// [`MOST`] a notification of the run counts the others.
/// `command` keeps what two commands upload apart: code scanning replaces the last results of the same name.
pub fn document(mut outcomes: Vec<Outcome>, command: &str, version: &str, prefix: &str) -> String {
    outcomes.sort_by_key(|outcome| std::cmp::Reverse(outcome.level));
    let left_out = outcomes.len().saturating_sub(MOST);
    outcomes.truncate(MOST);
    let codes: BTreeMap<&str, usize> = {
        let mut codes: Vec<&str> = outcomes.iter().map(|o| o.code.as_str()).collect();
        codes.sort_unstable();
        codes.dedup();
        codes
            .into_iter()
            .enumerate()
            .map(|(at, code)| (code, at))
            .collect()
    };
    let rules: Vec<Value> = codes.keys().map(|code| rule(code)).collect();
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let results: Vec<Value> = outcomes
        .iter()
        .map(|outcome| {
            let mut print = fingerprint(outcome);
            let again = seen.entry(print.clone()).or_default();
            *again += 1;
            if *again > 1 {
                let _ = write!(print, ":{again}");
            }
            result(outcome, codes[outcome.code.as_str()], &print, prefix)
        })
        .collect();
    let mut invocation = json!({ "executionSuccessful": true });
    if left_out > 0 {
        let text = format!("{left_out} more results were left out; `--format json` has them all.");
        invocation["toolExecutionNotifications"] =
            json!([{ "level": "warning", "message": { "text": text } }]);
    }
    let document = json!({
        "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": { "name": "accord", "semanticVersion": version, "rules": rules } },
            "automationDetails": { "id": format!("accord-{command}/{prefix}") },
            "columnKind": "unicodeCodePoints",
            "originalUriBaseIds": { "%SRCROOT%": { "description": { "text": "The top folder of the repository." } } },
            "invocations": [invocation],
            "results": results,
        }],
    });
    json_defused(format!("{document:#}\n"))
}

fn rule(code: &str) -> Value {
    let Some(entry) = catalog::find(code) else {
        return json!({ "id": code });
    };
    json!({
        "id": entry.code,
        "shortDescription": { "text": entry.title },
        "fullDescription": { "text": entry.explanation },
        "help": { "text": format!("{}\n\nExample: {}", entry.fix, entry.example) },
        "defaultConfiguration": { "level": level(entry.severity) },
    })
}

fn result(outcome: &Outcome, rule: usize, print: &str, prefix: &str) -> Value {
    let fallback = Spot {
        file: format!("{prefix}{PROJECT_FILE}"),
        line: 1,
        column: None,
    };
    let spot = outcome.spot.as_ref().unwrap_or(&fallback);
    let mut region = json!({ "startLine": spot.line.max(1) });
    if let Some(column) = spot.column {
        region["startColumn"] = json!(column);
        if let Some((line, column)) = outcome.end {
            region["endLine"] = json!(line);
            region["endColumn"] = json!(column);
        }
    }
    let mut location = json!({
        "physicalLocation": {
            "artifactLocation": { "uri": uri(&spot.file), "uriBaseId": "%SRCROOT%" },
            "region": region,
        },
    });
    if let Some(address) = &outcome.address {
        location["logicalLocations"] =
            json!([{ "fullyQualifiedName": plain(address), "kind": "resource" }]);
    }
    json!({
        "ruleId": outcome.code,
        "ruleIndex": rule,
        "level": level(outcome.level),
        "message": { "text": plain(&outcome.message) },
        "locations": [location],
        "partialFingerprints": { "accordIdentity/v1": print },
    })
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "note",
    }
}

/// Text that a viewer shows as it is: `[text](target)` would be a link (SARIF 3.11.6), so its two halves are
/// parted; control characters are spelled out; cut to [`LONGEST`] characters.
fn plain(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' => safe.push(c),
            c if is_hostile(c) => safe.extend(c.escape_unicode()),
            c => safe.push(c),
        }
    }
    let safe = safe.replace("](", "] (");
    if safe.chars().nth(LONGEST).is_none() {
        return safe;
    }
    let mut short: String = safe.chars().take(LONGEST - 1).collect();
    short.push('…');
    short
}

/// A relative reference: every byte but unreserved ones and `/` is percent-encoded (RFC 3986, 2.1).
fn uri(path: &str) -> String {
    let mut uri = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                uri.push(char::from(byte));
            }
            byte => {
                let _ = write!(uri, "%{byte:02X}");
            }
        }
    }
    uri
}

/// 32 hexadecimal digits over code, file, address and identity; each with its length, so that no two
/// different ones read alike. What has an address is told apart by it, wherever it is declared and whether or
/// not a plan names the place.
fn fingerprint(outcome: &Outcome) -> String {
    let mut digest = Sha256::new();
    let spot = outcome.spot.as_ref();
    let spot = spot.filter(|_| outcome.address.is_none());
    let file = spot.map_or("", |spot| spot.file.as_str());
    let address = outcome.address.as_deref().unwrap_or("");
    for part in [&outcome.code, file, address, &outcome.identity] {
        digest.update((part.len() as u64).to_be_bytes());
        digest.update(part.as_bytes());
    }
    digest.finalize()[..16]
        .iter()
        .fold(String::with_capacity(32), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(n: usize, level: Severity) -> Outcome {
        Outcome {
            code: "unknown-key".to_owned(),
            level,
            message: format!("message {n}"),
            spot: Some(Spot {
                file: format!("rules/ä b:{}.yaml", n % 7),
                line: n + 1,
                column: Some(3),
            }),
            end: Some((n + 1, 9)),
            address: None,
            identity: format!("message {n}"),
        }
    }

    fn run(outcomes: Vec<Outcome>) -> Value {
        let text = document(outcomes, "plan", "1.2.3", "sync/");
        assert!(text.ends_with("}\n"));
        serde_json::from_str::<Value>(&text).unwrap()["runs"][0].clone()
    }

    #[test]
    fn results_are_limited_worst_first_and_the_others_counted() {
        let mut all: Vec<Outcome> = (0..MOST).map(|n| outcome(n, Severity::Info)).collect();
        all.extend((0..3).map(|n| outcome(n, Severity::Error)));
        let run = run(all);
        let results = run["results"].as_array().unwrap();
        assert_eq!(results.len(), MOST);
        assert_eq!(results[2]["level"], "error");
        assert_eq!(results[3]["level"], "note");
        let notification = &run["invocations"][0]["toolExecutionNotifications"][0];
        assert!(
            notification["message"]["text"]
                .as_str()
                .unwrap()
                .starts_with("3 more results")
        );
    }

    #[test]
    fn fingerprints_do_not_know_lines_and_are_unique() {
        let prints = |run: &Value| -> Vec<String> {
            let results = run["results"].as_array().unwrap();
            let print = |r: &Value| r["partialFingerprints"]["accordIdentity/v1"].to_string();
            results.iter().map(print).collect()
        };
        let one = outcome(1, Severity::Error);
        let mut moved = one.clone();
        moved.spot.as_mut().unwrap().line += 40;
        assert_eq!(prints(&run(vec![one.clone()])), prints(&run(vec![moved])));
        let mut placed = one.clone();
        placed.address = Some("SyncRule/cases/case/7".to_owned());
        let placeless = Outcome {
            spot: None,
            ..placed.clone()
        };
        let elsewhere = Outcome {
            address: None,
            ..placeless.clone()
        };
        let placed = prints(&run(vec![placed]));
        assert_eq!(placed, prints(&run(vec![placeless])));
        assert_ne!(placed, prints(&run(vec![elsewhere])));
        let twice = prints(&run(vec![one.clone(), one]));
        assert_ne!(twice[0], twice[1]);
    }

    #[test]
    fn places_are_relative_references_and_nothing_is_without_one() {
        let mut placeless = outcome(0, Severity::Warning);
        placeless.spot = None;
        placeless.message = "see [here](https://contoso.example) \u{202e}".to_owned();
        let run = run(vec![outcome(1, Severity::Warning), placeless]);
        let at = |n: usize| &run["results"][n]["locations"][0]["physicalLocation"];
        assert_eq!(
            at(0)["artifactLocation"]["uri"],
            "rules/%C3%A4%20b%3A1.yaml"
        );
        assert_eq!(at(1)["artifactLocation"]["uri"], "sync/accord.yaml");
        assert_eq!(at(1)["region"], json!({ "startLine": 1 }));
        assert_eq!(
            run["results"][1]["message"]["text"],
            "see [here] (https://contoso.example) \\u{202e}"
        );
    }

    #[test]
    fn rules_come_from_the_catalogue() {
        let mut other = outcome(1, Severity::Error);
        other.code = "L01".to_owned();
        let run = run(vec![outcome(0, Severity::Error), other]);
        let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
        assert_eq!(rules.len(), 2);
        for result in run["results"].as_array().unwrap() {
            let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
            assert_eq!(rules[index]["id"], result["ruleId"]);
            assert!(
                rules[index]["fullDescription"]["text"]
                    .as_str()
                    .unwrap()
                    .len()
                    > 20
            );
        }
    }
}
