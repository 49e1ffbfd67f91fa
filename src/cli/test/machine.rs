//! Examples as programs read them: JSON, annotations of a GitHub workflow, `JUnit` XML.

use std::fmt::Write as _;

use serde_json::{Value as Json, json};

use super::super::ui;
use super::{Ran, Report, shown};
use crate::diagnostics::render::annotation::{Annotation, Spot};
use crate::diagnostics::{Severity, render};
use crate::mapping::example::{Difference, Got, Verdict};
use crate::model::System;

/// `accord-test/1`.
pub(super) fn json(report: &Report) -> String {
    let failed = report.failed().count();
    let mut document = json!({
        "schema": "accord-test/1",
        "passed": report.ran.len() - failed,
        "failed": failed,
        "examples": report.ran.iter().map(example).collect::<Vec<_>>(),
    });
    if let Some(updated) = &report.updated {
        let change = |change: &super::update::Change| {
            json!({
                "file": change.file,
                "test": change.test,
                "example": change.example,
                "field": change.field,
                "before": visible(&change.before, change.sensitive),
                "after": visible(&change.after, change.sensitive),
                "sensitive": change.sensitive,
            })
        };
        let refused = |refused: &super::update::Refused| {
            json!({
                "file": refused.file,
                "line": refused.line,
                "test": refused.test,
                "example": refused.example,
                "reason": refused.reason,
            })
        };
        document["updated"] = updated.changes.iter().map(change).collect();
        document["refused"] = updated.refused.iter().map(refused).collect();
    }
    ui::document(&document)
}

fn example(ran: &Ran) -> Json {
    let (differences, reasons) = match &ran.verdict {
        Verdict::Passed => (Vec::new(), Vec::new()),
        Verdict::Failed(differences) => {
            let lines = differences.iter().zip(&ran.lines);
            (lines.map(difference).collect(), Vec::new())
        }
        Verdict::NotComputed(findings) => {
            let reason =
                |finding: &crate::diagnostics::Finding| -> Json { finding.message.as_str().into() };
            (Vec::new(), findings.iter().map(reason).collect())
        }
    };
    json!({
        "test": ran.test.as_str(),
        "mapping": ran.mapping.as_str(),
        "name": ran.name,
        "direction": direction(ran.target),
        "file": ran.file,
        "line": ran.line,
        "passed": ran.verdict == Verdict::Passed,
        "differences": differences,
        "notComputed": reasons,
    })
}

fn difference((difference, line): (&Difference, &usize)) -> Json {
    let sensitive = difference.sensitive;
    let expected = difference.expected.as_ref();
    let (got, waits) = match &difference.got {
        Got::Value(value) => (visible(value, sensitive), None),
        Got::Waits(reason) => (Json::Null, Some(reason)),
    };
    json!({
        "field": difference.field,
        "line": line,
        "expected": expected.map(|value| visible(value, sensitive)),
        "expectedToWait": expected.is_none(),
        "got": got,
        "waits": waits,
        "sensitive": sensitive,
    })
}

fn visible(value: &Json, sensitive: bool) -> Json {
    if sensitive { Json::Null } else { value.clone() }
}

fn direction(target: System) -> &'static str {
    match target {
        System::AzureDevOps => "toAzureDevOps",
        System::TestWorthy => "toTestWorthy",
    }
}

/// What is wrong with an example, a line and a sentence for each.
fn complaints(ran: &Ran) -> Vec<(usize, String)> {
    match &ran.verdict {
        Verdict::Passed => Vec::new(),
        Verdict::NotComputed(findings) => {
            let all = findings.iter();
            all.map(|finding| (ran.line, finding.message.clone()))
                .collect()
        }
        Verdict::Failed(differences) => {
            let lines = ran.lines.iter().copied();
            lines.zip(differences.iter().map(sentence)).collect()
        }
    }
}

fn sentence(difference: &Difference) -> String {
    let sensitive = difference.sensitive;
    let expected = match &difference.expected {
        Some(value) => shown(value, sensitive),
        None => "to wait".to_owned(),
    };
    let got = match &difference.got {
        Got::Value(value) => shown(value, sensitive),
        Got::Waits(reason) => format!("none, it waits: {reason}"),
    };
    format!("{}: expected {expected}, got {got}", difference.field)
}

/// Annotations at the lines of the differences.
pub(super) fn github(report: &Report) -> String {
    let mut all = Vec::new();
    for ran in report.failed() {
        for (line, message) in complaints(ran) {
            all.push(Annotation {
                level: Severity::Error,
                spot: Some(Spot {
                    file: format!("{}{}", report.prefix, ran.file),
                    line,
                    column: None,
                }),
                title: format!("{}: {}", ran.test, ran.name),
                message,
            });
        }
    }
    render::github::commands(&all, "`--format json` has them all")
}

/// The form that `JUnit`'s Ant task writes and that test reporters read: a suite for each `MappingTest`.
pub(super) fn junit(report: &Report) -> String {
    let mut text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n".to_owned();
    let failed = report.failed().count();
    let all = report.ran.len();
    let _ = writeln!(
        text,
        "<testsuites name=\"accord test\" tests=\"{all}\" failures=\"{failed}\">"
    );
    for suite in report.ran.chunk_by(|left, right| left.test == right.test) {
        let failures = suite.iter().filter(|ran| ran.verdict != Verdict::Passed);
        let _ = writeln!(
            text,
            "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\">",
            xml(suite[0].test.as_str()),
            suite.len(),
            failures.count()
        );
        for ran in suite {
            let _ = write!(
                text,
                "    <testcase classname=\"{}\" name=\"{}\" file=\"{}\" line=\"{}\"",
                xml(ran.mapping.as_str()),
                xml(&ran.name),
                xml(&ran.file),
                ran.line
            );
            let complaints = complaints(ran);
            if complaints.is_empty() {
                text.push_str("/>\n");
                continue;
            }
            text.push_str(">\n");
            for (line, message) in complaints {
                let _ = writeln!(
                    text,
                    "      <failure message=\"{}\">{}:{line}</failure>",
                    xml(&message),
                    xml(&ran.file)
                );
            }
            text.push_str("    </testcase>\n");
        }
        text.push_str("  </testsuite>\n");
    }
    text.push_str("</testsuites>\n");
    text
}

/// Text for content and attributes; what XML 1.0 cannot hold becomes U+FFFD.
fn xml(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\n' => escaped.push_str("&#10;"),
            '\t' => escaped.push_str("&#9;"),
            c if c.is_control() || matches!(c, '\u{FFFE}' | '\u{FFFF}') => escaped.push('\u{FFFD}'),
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_breaks_out_of_xml() {
        let text = "</testcase>\u{1}\u{FFFF}\"&\n";
        assert_eq!(
            xml(text),
            "&lt;/testcase&gt;\u{FFFD}\u{FFFD}&quot;&amp;&#10;"
        );
    }
}
