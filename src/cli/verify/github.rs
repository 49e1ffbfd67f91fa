//! A test sync as annotations on the manifest lines (GitHub Docs, Workflow commands for GitHub Actions).

use std::fmt::Write as _;

use crate::diagnostics::catalog::verify as codes;
use crate::reconcile::{Echo, VerifyReport};

/// GitHub shows so many annotations of each level for one step.
const MOST: usize = 10;

/// The annotations, errors first, and a notice that sums up.
pub(super) fn render(report: &VerifyReport) -> String {
    let mut errors: Vec<String> = Vec::new();
    let mut warnings: Vec<String> = Vec::new();
    if let Some(stop) = &report.stopped {
        let text = format!("{} {}", stop.message, stop.help);
        errors.push(format!("::error title=accord verify::{}\n", data(&text)));
    }
    for (_, sample, objection) in report.objections() {
        let text = format!("{}: {}", sample.address, objection.message);
        errors.push(annotation(
            "error",
            (&objection.origin.file, objection.origin.line),
            &objection.code,
            &text,
        ));
    }
    let samples = report.rules.iter().flat_map(|rule| &rule.samples);
    for (sample, field) in samples.flat_map(|sample| sample.fields.iter().map(move |f| (sample, f)))
    {
        if field.echo != Some(Echo::Rewritten) {
            continue;
        }
        let name = field.name(sample.system);
        let text = if field.sensitive {
            format!("{}: the server changes {name}", sample.address)
        } else {
            let value = |value: &Option<serde_json::Value>| {
                value
                    .as_ref()
                    .map_or("nothing".to_owned(), ToString::to_string)
            };
            format!(
                "{}: the server rewrites {name} from {} to {}",
                sample.address,
                value(&field.written),
                value(&field.answered)
            )
        };
        warnings.push(annotation(
            "warning",
            (&field.origin.file, field.origin.line),
            codes::SERVER_REWRITES.code,
            &text,
        ));
    }
    let mut output = String::new();
    for level in [&errors, &warnings] {
        output.extend(level.iter().take(MOST).map(String::as_str));
    }
    let left = errors.len().saturating_sub(MOST) + warnings.len().saturating_sub(MOST);
    let mut text = super::human::summary(report);
    if left > 0 {
        let _ = write!(text, " {left} more findings are in `--format json`.");
    }
    let _ = writeln!(output, "::notice title=accord verify::{}", data(&text));
    output
}

fn annotation(level: &str, (file, line): (&str, u32), title: &str, text: &str) -> String {
    format!(
        "::{level} file={},line={line},title={}::{}\n",
        property(file),
        property(title),
        data(text)
    )
}

/// Escaped as the text of a command.
fn data(text: &str) -> String {
    text.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

/// Escaped as the value of a property.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_value_can_end_its_command() {
        let line = annotation(
            "error",
            ("a,b:c%.yaml", 3),
            "server-objects",
            "one\r\n::error::two 100%",
        );
        assert_eq!(
            line,
            "::error file=a%2Cb%3Ac%25.yaml,line=3,title=server-objects::one%0D%0A::error::two 100%25\n"
        );
    }
}
