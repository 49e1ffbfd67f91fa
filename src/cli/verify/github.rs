//! A test sync as annotations on the manifest lines.

use crate::diagnostics::Severity;
use crate::diagnostics::catalog::verify as codes;
use crate::diagnostics::render::annotation::{Annotation, Spot};
use crate::diagnostics::render::github::commands;
use crate::reconcile::{Echo, VerifyReport};

/// The annotations, errors first, and a notice that sums up. `prefix` is the way from the repository's top
/// folder to the project's.
pub(super) fn render(report: &VerifyReport, prefix: &str) -> String {
    let mut all = Vec::new();
    let spot = |(file, line): (&str, u32)| {
        Some(Spot {
            file: format!("{prefix}{file}"),
            line: usize::try_from(line).unwrap_or(1),
            column: None,
        })
    };
    if let Some(stop) = &report.stopped {
        all.push(run(
            Severity::Error,
            format!("{} {}", stop.message, stop.help),
        ));
    }
    for (_, sample, objection) in report.objections() {
        all.push(Annotation {
            level: Severity::Error,
            spot: spot((&objection.origin.file, objection.origin.line)),
            title: objection.code.clone(),
            message: format!("{}: {}", sample.address, objection.message),
        });
    }
    let samples = report.rules.iter().flat_map(|rule| &rule.samples);
    for (sample, field) in samples.flat_map(|sample| sample.fields.iter().map(move |f| (sample, f)))
    {
        if field.echo != Some(Echo::Rewritten) {
            continue;
        }
        let name = field.name(sample.system);
        let message = if field.sensitive {
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
        all.push(Annotation {
            level: Severity::Warning,
            spot: spot((&field.origin.file, field.origin.line)),
            title: codes::SERVER_REWRITES.code.to_owned(),
            message,
        });
    }
    all.push(run(Severity::Info, super::human::summary(report)));
    commands(&all, "`--format json` has them all")
}

/// About the whole run.
fn run(level: Severity, message: String) -> Annotation {
    Annotation {
        level,
        spot: None,
        title: "accord verify".to_owned(),
        message,
    }
}
