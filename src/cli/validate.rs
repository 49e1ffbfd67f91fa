//! `accord validate`: checks the manifests and contacts nothing.

use super::args::{Format, ValidateArgs};
use super::exit_code::ExitCode;
use super::failure::Failed;
use super::session::Session;
use super::ui;
use crate::diagnostics::{Finding, Location, Place, Severity, SourceFile, printable, render};
use crate::mapping::{Allowed, lint_report};

pub(crate) fn run(session: &Session, args: &ValidateArgs) -> Result<ExitCode, Failed> {
    let mut loaded = session.read(&args.paths)?.loaded;
    let mut allowed = Vec::new();
    if let Some(config) = &loaded.config {
        let report = lint_report(config);
        loaded.findings.extend(report.findings);
        allowed = report.allowed;
    }
    let count = |severity| {
        loaded
            .findings
            .iter()
            .filter(|finding| finding.code.severity == severity)
            .count()
    };
    let (errors, warnings) = (count(Severity::Error), count(Severity::Warning));
    if session.format == Format::Human {
        session.ui.stderr(&render::text::render(
            &loaded.findings,
            &loaded.sources,
            session.ui.colour_stderr(),
        ));
        if session.ui.verbosity() > 0 {
            session.ui.stderr(&accepted(&allowed));
        }
        session
            .ui
            .stdout(&summary(errors, warnings, loaded.sources.len()));
    } else {
        session
            .ui
            .stdout(&machine(session, &loaded.findings, &loaded.sources));
    }
    Ok(if errors == 0 {
        ExitCode::Success
    } else {
        ExitCode::Invalid
    })
}

/// The findings as programs and build services read them.
fn machine(session: &Session, findings: &[Finding], sources: &[SourceFile]) -> String {
    match session.format {
        Format::Sarif => render::sarif::render(findings, sources, &session.prefix()),
        Format::Github => render::github::render(findings, sources, &session.prefix()),
        Format::AzurePipelines => {
            render::azure_pipelines::render(findings, sources, &session.prefix())
        }
        _ => ui::document(&render::json::render(findings, sources)),
    }
}

/// One line for each finding that a row accepts.
fn accepted(allowed: &[Allowed]) -> String {
    let line = |one: &Allowed| {
        let finding = &one.finding;
        let place = match &finding.location {
            Some(Location {
                file,
                place: Place::Line(line),
            }) => format!("{file}:{line}: "),
            _ => String::new(),
        };
        format!(
            "{place}allowed[{}]: {} (reason: {})\n",
            finding.code.code,
            printable(&finding.message),
            printable(&one.reason)
        )
    };
    allowed.iter().map(line).collect()
}

fn summary(errors: usize, warnings: usize, files: usize) -> String {
    let plural = |count: usize, one: &str| {
        if count == 1 {
            format!("1 {one}")
        } else {
            format!("{count} {one}s")
        }
    };
    let files = plural(files, "manifest file");
    match (errors, warnings) {
        (0, 0) => format!("{files} checked: no findings\n"),
        _ => format!(
            "{files} checked: {}, {}\n",
            plural(errors, "error"),
            plural(warnings, "warning")
        ),
    }
}
