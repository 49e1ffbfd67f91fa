//! `accord fmt`: writes manifests in their canonical form, or says which are not in it.

use std::fmt::Write as _;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use similar::TextDiff;

use super::args::FmtArgs;
use super::exit_code::ExitCode;
use super::failure::Failed;
use super::files;
use super::session::Session;
use super::ui::{self, printable};
use crate::diagnostics::{Finding, SourceFile, render};
use crate::manifest::format::{Formatted, format};
use crate::manifest::{self, LoadOptions, MOST_BYTES, ProjectFiles};

/// The most lines of a difference that are shown of one file without `--verbose`.
const MOST_LINES: usize = 40;

pub(crate) fn run(session: &Session, args: &FmtArgs) -> Result<ExitCode, Failed> {
    let dash = Path::new("-");
    match args.paths.as_slice() {
        [only] if only == dash => stdin(session, args),
        paths if paths.iter().any(|path| path == dash) => {
            let message = "`-` (stdin) cannot be combined with other paths";
            Err(Failed::new(ExitCode::Usage, message))
        }
        paths => project(session, args, paths),
    }
}

/// What became of all files.
#[derive(Default)]
struct Outcome {
    /// Path, text before and text after of those that were not formatted.
    changed: Vec<(String, String, String)>,
    findings: Vec<Finding>,
    /// Files that this version cannot format, each with the reason.
    unsure: Vec<String>,
    /// Manifests that were looked at.
    manifests: usize,
}

impl Outcome {
    fn take(&mut self, source: &SourceFile) -> Option<String> {
        let formatted = match format(source) {
            Formatted::Foreign => return None,
            Formatted::Text(text) => text,
            Formatted::Refused(findings) => {
                self.findings.extend(findings);
                return None;
            }
            Formatted::Unsure(reason) => {
                self.unsure.push(format!("{}: {reason}", source.path));
                return None;
            }
        };
        self.manifests += 1;
        if formatted.as_bytes() == source.bytes {
            return None;
        }
        let before = source.text().into_owned();
        self.changed
            .push((source.path.clone(), before, formatted.clone()));
        Some(formatted)
    }

    /// Says what stands in the way, and how the command ends.
    fn end(
        self,
        session: &Session,
        check: bool,
        sources: &[SourceFile],
    ) -> Result<ExitCode, Failed> {
        let ui = &session.ui;
        let text = render::text::render(&self.findings, sources, ui.colour_stderr());
        ui.stderr(&text);
        if !self.unsure.is_empty() {
            let list = self.unsure.join("\n  ");
            let message =
                format!("these files cannot be formatted and are left as they are\n  {list}");
            return Err(Failed::new(ExitCode::Internal, message)
                .with_help("this is a defect of accord, or a form of YAML that it does not know"));
        }
        if self.findings.iter().any(Finding::is_error) {
            let message = "files that cannot be read as manifests are left as they are";
            return Err(Failed::new(ExitCode::Invalid, message)
                .with_help("`accord explain CODE` says more about a finding"));
        }
        if check && !self.changed.is_empty() {
            let message = match self.changed.len() {
                1 => "1 file is not formatted".to_owned(),
                count => format!("{count} files are not formatted"),
            };
            return Err(Failed::new(ExitCode::Unformatted, message).with_help("run `accord fmt`"));
        }
        Ok(ExitCode::Success)
    }
}

fn project(session: &Session, args: &FmtArgs, paths: &[PathBuf]) -> Result<ExitCode, Failed> {
    let ProjectFiles {
        folder,
        sources,
        findings,
    } = manifest::files(&LoadOptions {
        folder: session.directory.clone(),
        paths: paths.to_vec(),
        ..LoadOptions::default()
    });
    let mut outcome = Outcome {
        findings,
        ..Outcome::default()
    };
    for source in &sources {
        let formatted = outcome.take(source);
        if let Some(text) = formatted.filter(|_| !args.check) {
            files::replace(&folder.join(&source.path), &source.bytes, &text).map_err(|error| {
                Failed::new(ExitCode::Failure, format!("{}: {error}", source.path))
            })?;
        }
    }
    show(session, args, &outcome);
    outcome.end(session, args.check, &sources)
}

/// What stdout carries: the files that were or would be rewritten.
fn show(session: &Session, args: &FmtArgs, outcome: &Outcome) {
    let ui = &session.ui;
    if session.json {
        let changed: Vec<&str> = outcome.changed.iter().map(|file| file.0.as_str()).collect();
        let document = serde_json::json!({
            "schema": "accord-fmt/1",
            "manifests": outcome.manifests,
            "changed": changed,
            "written": !args.check,
        });
        ui.stdout(&ui::document(&document));
        return;
    }
    for (path, before, after) in &outcome.changed {
        ui.stdout(&format!("{}\n", printable(path)));
        if args.check {
            ui.stdout(&difference(session, path, before, after));
        }
    }
    if outcome.changed.is_empty() && outcome.findings.is_empty() {
        let files = match outcome.manifests {
            1 => "1 manifest file is".to_owned(),
            count => format!("{count} manifest files are"),
        };
        ui.note(&format!("{files} formatted already\n"));
    }
}

fn difference(session: &Session, path: &str, before: &str, after: &str) -> String {
    let diff = TextDiff::from_lines(before, after);
    let text = diff
        .unified_diff()
        .context_radius(2)
        .header(path, "formatted")
        .to_string();
    let most = if session.ui.verbosity() > 0 {
        usize::MAX
    } else {
        MOST_LINES
    };
    let mut shown = String::new();
    for line in text.lines().take(most) {
        shown.push_str(&printable(line));
        shown.push('\n');
    }
    let rest = text.lines().count().saturating_sub(most);
    if rest > 0 {
        let _ = writeln!(shown, "[{rest} more lines; -v shows them]");
    }
    shown
}

/// stdin to stdout, for editors.
fn stdin(session: &Session, args: &FmtArgs) -> Result<ExitCode, Failed> {
    let mut bytes = Vec::new();
    let limit = MOST_BYTES as u64 + 1;
    std::io::stdin()
        .lock()
        .take(limit)
        .read_to_end(&mut bytes)
        .map_err(|error| Failed::new(ExitCode::Failure, format!("stdin: {error}")))?;
    let source = SourceFile::new("stdin", bytes);
    let mut outcome = Outcome::default();
    let formatted = outcome.take(&source);
    if args.check {
        show(session, args, &outcome);
    } else if outcome.findings.is_empty() && outcome.unsure.is_empty() {
        let unchanged = || source.text().into_owned();
        session.ui.stdout(&formatted.unwrap_or_else(unchanged));
    }
    outcome.end(session, args.check, &[source])
}
