//! `accord validate`: checks the manifests and contacts nothing.

use super::args::ValidateArgs;
use super::exit_code::ExitCode;
use super::session::Session;
use crate::diagnostics::{Severity, render};
use crate::mapping::lint_config;

pub(crate) fn run(session: &Session, args: &ValidateArgs) -> ExitCode {
    let mut loaded = session.read(&args.paths).loaded;
    if let Some(config) = &loaded.config {
        loaded.findings.extend(lint_config(config));
    }
    let count = |severity| {
        loaded
            .findings
            .iter()
            .filter(|finding| finding.code.severity == severity)
            .count()
    };
    let (errors, warnings) = (count(Severity::Error), count(Severity::Warning));
    if session.json {
        let document = render::json::render(&loaded.findings, &loaded.sources);
        session.ui.stdout(&format!("{document:#}\n"));
    } else {
        session.ui.stderr(&render::text::render(
            &loaded.findings,
            &loaded.sources,
            session.ui.colour_stderr(),
        ));
        session
            .ui
            .stdout(&summary(errors, warnings, loaded.sources.len()));
    }
    if errors == 0 {
        ExitCode::Success
    } else {
        ExitCode::Invalid
    }
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
