//! Examples as people read them: one line each, and below those that fail what is different.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};
use serde_json::Value as Json;
use similar::{ChangeTag, TextDiff};

use super::super::ui::printable;
use super::{Ran, Report, count, shown};
use crate::mapping::example::{Difference, Got, Verdict};
use crate::model::System;

/// Characters of a value that are shown without `--verbose`.
const SHOWN: usize = 200;

pub(super) fn render(report: &Report, colour: bool, whole: bool) -> String {
    let page = Page { colour, whole };
    let mut text = String::new();
    if report.ran.is_empty() {
        text.push_str("No MappingTest: nothing to run\n");
        return text;
    }
    let mut heading = None;
    for ran in &report.ran {
        if heading != Some(&ran.test) {
            if heading.is_some() {
                text.push('\n');
            }
            let file = printable(&ran.file);
            let _ = writeln!(text, "{} (mapping {}, {file})", ran.test, ran.mapping);
            heading = Some(&ran.test);
        }
        page.example(&mut text, ran);
    }
    text.push('\n');
    page.updates(&mut text, report);
    let failed = report.failed().count();
    let passed = report.ran.len() - failed;
    let all = count(report.ran.len(), "example");
    let _ = if failed == 0 {
        writeln!(text, "{all}: all hold")
    } else {
        writeln!(text, "{all}: {passed} hold, {failed} do not")
    };
    text
}

struct Page {
    colour: bool,
    /// Long values are shown whole.
    whole: bool,
}

impl Page {
    fn mark(&self, passed: bool) -> String {
        let (symbol, colour) = if passed {
            ("✓", AnsiColor::Green)
        } else {
            ("✗", AnsiColor::Red)
        };
        if !self.colour {
            return symbol.to_owned();
        }
        let style = Style::new().fg_color(Some(colour.into()));
        format!("{style}{symbol}{style:#}")
    }

    fn example(&self, text: &mut String, ran: &Ran) {
        let passed = ran.verdict == Verdict::Passed;
        let way = match ran.target {
            System::AzureDevOps => "to Azure DevOps",
            System::TestWorthy => "to TestWorthy",
        };
        let name = printable(&ran.name);
        let _ = writeln!(text, "  {} {name} ({way})", self.mark(passed));
        match &ran.verdict {
            Verdict::Passed => {}
            Verdict::NotComputed(findings) => {
                self.place(text, ran, ran.line);
                for finding in findings {
                    let (code, message) = (finding.code.code, printable(&finding.message));
                    let _ = writeln!(text, "      {code}: {message}");
                }
            }
            Verdict::Failed(differences) => {
                let hidden = differences.iter().any(|difference| difference.sensitive);
                for (field, value) in &ran.given {
                    let value = self.value(value, hidden);
                    let _ = writeln!(text, "      given     {}: {value}", printable(field));
                }
                for (difference, line) in differences.iter().zip(&ran.lines) {
                    self.difference(text, difference);
                    self.place(text, ran, *line);
                }
            }
        }
    }

    fn place(&self, text: &mut String, ran: &Ran, line: usize) {
        let style = Style::new().dimmed();
        let at = format!("--> {}:{line}", printable(&ran.file));
        let _ = if self.colour {
            writeln!(text, "      {style}{at}{style:#}")
        } else {
            writeln!(text, "      {at}")
        };
    }

    fn difference(&self, text: &mut String, difference: &Difference) {
        let field = printable(&difference.field);
        if let (Some(Json::String(expected)), Got::Value(Json::String(got)), false) =
            (&difference.expected, &difference.got, difference.sensitive)
            && (expected.contains('\n') || got.contains('\n'))
        {
            let _ = writeln!(text, "      {field}: expected (-) and got (+)");
            for change in TextDiff::from_lines(expected, got).iter_all_changes() {
                let sign = match change.tag() {
                    ChangeTag::Delete => '-',
                    ChangeTag::Insert => '+',
                    ChangeTag::Equal => ' ',
                };
                let line = printable(change.value().trim_end_matches('\n'));
                let _ = writeln!(text, "        {sign} {line}");
            }
            return;
        }
        let expected = match &difference.expected {
            Some(value) => self.value(value, difference.sensitive),
            None => "(waits)".to_owned(),
        };
        let got = match &difference.got {
            Got::Value(value) => self.value(value, difference.sensitive),
            Got::Waits(reason) => format!("(waits) {}", printable(reason)),
        };
        let _ = writeln!(text, "      expected  {field}: {expected}");
        let _ = writeln!(text, "      got       {field}: {got}");
    }

    fn value(&self, value: &Json, sensitive: bool) -> String {
        let text = shown(value, sensitive);
        match text.char_indices().nth(SHOWN) {
            Some((end, _)) if !self.whole => {
                format!("{}… [-v shows it whole]", printable(&text[..end]))
            }
            _ => printable(&text),
        }
    }

    fn updates(&self, text: &mut String, report: &Report) {
        let Some(updated) = &report.updated else {
            return;
        };
        if updated.changes.is_empty() && updated.refused.is_empty() {
            text.push_str("Nothing to update\n");
        }
        if !updated.changes.is_empty() {
            text.push_str("Updated\n");
        }
        for change in &updated.changes {
            let before = self.value(&change.before, change.sensitive);
            let after = self.value(&change.after, change.sensitive);
            let _ = writeln!(
                text,
                "  {}: {} / {}\n    {}: {before} -> {after}",
                printable(&change.file),
                change.test,
                printable(&change.example),
                printable(&change.field)
            );
        }
        if !updated.refused.is_empty() {
            text.push_str("Left for a person\n");
        }
        for refused in &updated.refused {
            let _ = writeln!(
                text,
                "  {}:{}: {} / {}\n    {}",
                printable(&refused.file),
                refused.line,
                refused.test,
                printable(&refused.example),
                printable(&refused.reason)
            );
        }
    }
}
