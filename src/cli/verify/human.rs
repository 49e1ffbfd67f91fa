//! A test sync as people read it: a block for each sample, a line for each field, both sides and the
//! server's answer beside each other.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};
use serde_json::Value as Json;

use crate::model::System;
use crate::reconcile::{
    Echo, Objector, RuleReport, Sample, SampleField, SampleKind, SampleObjection, Verdict,
    VerifyReport,
};

/// Values longer than this are cut.
const WIDTH: usize = 60;

/// The whole report. The symbols carry the meaning, colours repeat it. `printable` escapes what a
/// stranger may have written.
pub(super) fn render(
    report: &VerifyReport,
    colour: bool,
    verbose: bool,
    printable: impl Fn(&str) -> String,
) -> String {
    let page = Page {
        colour,
        verbose,
        printable,
    };
    let mut text = String::new();
    for rule in &report.rules {
        page.rule(&mut text, rule);
    }
    for evidence in &report.evidence {
        let _ = writeln!(
            text,
            "Connection {}: {}.",
            evidence.connection, evidence.reason
        );
    }
    let _ = writeln!(text, "{}", summary(report));
    text
}

/// One sentence; where the test did not end well, what was stored is told by the error.
pub(super) fn summary(report: &VerifyReport) -> String {
    let tail = if report.stopped.is_some() {
        "The test was stopped."
    } else {
        "Nothing was stored."
    };
    let summary = &report.summary;
    let count = |number: u64, what: &str| (number > 0).then(|| format!("{number} {what}"));
    let parts: Vec<String> = [
        count(summary.objected, "objected to"),
        count(summary.rewritten, "accepted with another value"),
        count(summary.accepted, "accepted"),
        count(summary.not_asked, "checked by Accord alone"),
        count(summary.outdated, "changed meanwhile"),
    ]
    .into_iter()
    .flatten()
    .collect();
    let samples = if summary.samples == 1 {
        "1 sample".to_owned()
    } else {
        format!("{} samples", summary.samples)
    };
    match parts.as_slice() {
        [] => format!("{samples}. {tail}"),
        parts => format!("{samples}: {}. {tail}", parts.join(", ")),
    }
}

struct Page<P> {
    colour: bool,
    verbose: bool,
    printable: P,
}

impl<P: Fn(&str) -> String> Page<P> {
    fn rule(&self, text: &mut String, rule: &RuleReport) {
        let file = (self.printable)(&rule.origin.file);
        let targets: Vec<String> = rule.targets.iter().map(ToString::to_string).collect();
        let _ = writeln!(
            text,
            "{} writes {} ({file}:{})\n",
            rule.address,
            targets.join(" and "),
            rule.origin.line
        );
        for sample in &rule.samples {
            self.sample(text, rule, sample);
        }
        for note in &rule.notes {
            let _ = writeln!(text, "  note: {note}\n");
        }
    }

    fn sample(&self, text: &mut String, rule: &RuleReport, sample: &Sample) {
        let (symbol, style) = mark(sample.verdict);
        let (on, off) = if self.colour {
            (style.render().to_string(), style.render_reset().to_string())
        } else {
            (String::new(), String::new())
        };
        let short = sample.address.strip_prefix(&rule.address);
        let short = short.unwrap_or(&sample.address).trim_start_matches('/');
        let mut head = format!("{} {short}", sample.kind.as_str());
        if let (Some(_), Some(item)) = (sample.item.testworthy, sample.item.azure_devops) {
            let other = if short.starts_with("case/") {
                format!(" with workItem/{item}")
            } else {
                let case = sample.item.testworthy.unwrap_or_default();
                format!(" with case/{case}")
            };
            head.push_str(&other);
        }
        if !sample.item.title.is_empty() {
            let _ = write!(head, " {}", self.quoted(&sample.item.title));
        }
        let _ = writeln!(text, "  {on}{symbol}{off} {head}: {}", verdict(sample));
        let shown = |field: &&SampleField| {
            let told = field.is_written || field.echo == Some(Echo::FilledIn);
            self.verbose || (told && sample.kind != SampleKind::Held)
        };
        let fields: Vec<&SampleField> = sample.fields.iter().filter(shown).collect();
        let width = fields
            .iter()
            .map(|field| field.name(sample.system).chars().count())
            .max()
            .unwrap_or_default();
        for field in &fields {
            let name = (self.printable)(field.name(sample.system));
            let line = self.field(sample, field);
            let _ = writeln!(text, "      {name:width$}  {line}");
        }
        let hidden = sample.fields.len() - fields.len();
        if hidden > 0 && sample.kind != SampleKind::Held {
            let fields = if hidden == 1 { "field" } else { "fields" };
            let _ = writeln!(text, "      {hidden} more {fields} left alone");
        }
        for objection in &sample.objections {
            self.objection(text, sample, objection);
        }
        text.push('\n');
    }

    fn field(&self, sample: &Sample, field: &SampleField) -> String {
        let mut parts: Vec<String> = Vec::new();
        if field.sensitive {
            parts.push("values are left out".to_owned());
        }
        let now = match sample.system {
            System::AzureDevOps => (&field.testworthy, &field.azure_devops),
            System::TestWorthy => (&field.azure_devops, &field.testworthy),
        };
        if let Some(source) = now.0 {
            parts.push(format!("{} {}", sample.system.other(), self.value(source)));
        }
        if let Some(target) = now.1 {
            parts.push(format!("{} {}", sample.system, self.value(target)));
        }
        if let Some(written) = &field.written {
            parts.push(format!("would write {}", self.value(written)));
        } else if !field.is_written {
            parts.push("left alone".to_owned());
        }
        match (field.echo, &field.answered) {
            (Some(Echo::Kept), _) if field.is_written => parts.push("the server keeps it".into()),
            (Some(Echo::Rewritten), Some(answered)) => {
                parts.push(format!(
                    "the server rewrites it to {}",
                    self.value(answered)
                ));
            }
            (Some(Echo::Rewritten), None) => parts.push("the server changes it".into()),
            (Some(Echo::FilledIn), Some(answered)) => {
                parts.push(format!("the server fills in {}", self.value(answered)));
            }
            _ => {}
        }
        parts.join("; ")
    }

    fn objection(&self, text: &mut String, sample: &Sample, objection: &SampleObjection) {
        let who = match objection.by {
            Objector::Server => sample.system.to_string(),
            Objector::Accord => "Accord".to_owned(),
        };
        let _ = writeln!(
            text,
            "      {who} objects [{}]: {}",
            objection.code,
            (self.printable)(&objection.message)
        );
        let row = objection.row.as_ref();
        let row = row.map(|row| format!("row `{}`, ", (self.printable)(row)));
        let _ = writeln!(
            text,
            "        {}{}:{}",
            row.unwrap_or_default(),
            (self.printable)(&objection.origin.file),
            objection.origin.line
        );
        if let Some(request) = &objection.request {
            let _ = writeln!(text, "        {}", (self.printable)(request));
        }
        if let Some(id) = objection.activity_id.as_ref().filter(|_| self.verbose) {
            let _ = writeln!(text, "        ActivityId {}", (self.printable)(id));
        }
    }

    fn value(&self, value: &Json) -> String {
        match value {
            Json::Null => "nothing".to_owned(),
            Json::String(text) => self.quoted(text),
            other => (self.printable)(&cut(&other.to_string())),
        }
    }

    fn quoted(&self, text: &str) -> String {
        let line = text.replace('\n', "⏎");
        format!("\"{}\"", (self.printable)(&cut(&line)))
    }
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(WIDTH) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

fn verdict(sample: &Sample) -> &'static str {
    match sample.verdict {
        Verdict::Accepted => "the server would carry it out",
        Verdict::Rewritten => "the server would carry it out, with another value",
        Verdict::Objected if sample.kind == SampleKind::Held => "it is not sent",
        // It was asked, and what Accord holds back was not part of the question.
        Verdict::Objected if sample.objections.iter().all(is_accords) && was_answered(sample) => {
            "the server would carry out what is sent; Accord holds a part back"
        }
        Verdict::Objected => "it would be refused",
        Verdict::NotAsked if sample.system == System::AzureDevOps => {
            "it holds nothing but values of fields that are not there yet; Azure DevOps was not asked"
        }
        Verdict::NotAsked => "Accord has nothing against it; TestWorthy was not asked",
        Verdict::Outdated => "it was changed meanwhile; run the test again",
    }
}

fn is_accords(objection: &SampleObjection) -> bool {
    objection.by == Objector::Accord
}

fn was_answered(sample: &Sample) -> bool {
    sample.fields.iter().any(|field| field.echo.is_some())
}

fn mark(verdict: Verdict) -> (char, Style) {
    let paint = |colour: AnsiColor| Style::new().bold().fg_color(Some(colour.into()));
    match verdict {
        Verdict::Accepted => ('✓', paint(AnsiColor::Green)),
        Verdict::Rewritten | Verdict::Outdated => ('!', paint(AnsiColor::Yellow)),
        Verdict::Objected => ('✗', paint(AnsiColor::Red)),
        Verdict::NotAsked => ('-', Style::new().dimmed()),
    }
}
