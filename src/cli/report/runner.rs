//! What a runner of continuous integration takes from a step beside its streams: a summary, outputs,
//! notices. GitHub Actions takes files, Azure Pipelines lines on stdout.

use std::fmt::Write as _;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use super::super::args::PostTo;
use super::super::exit_code::ExitCode;
use super::super::failure::Failed;
use super::super::session::Session;
use crate::reconcile::publish::{Label, Page};
use crate::reconcile::{Ids as _, TimeOrderedIds};

/// GitHub drops a step's summary beyond 1 MiB (Workflow commands, Step isolation and limits); a little
/// less, because its masking of secrets can lengthen a line.
const SUMMARY: usize = 1_000_000;

/// A summary shorter than this says nothing.
const LEAST: usize = 1_000;

/// Names and values, in a stated order.
pub(super) struct Outputs(pub(super) Vec<(&'static str, String)>);

/// The runner that this process runs under.
pub(super) struct Runner<'a> {
    session: &'a Session,
    /// `GITHUB_STEP_SUMMARY`.
    summary: Option<PathBuf>,
    /// `GITHUB_OUTPUT`.
    output: Option<PathBuf>,
    /// `AGENT_TEMPDIRECTORY`, where Azure Pipelines is asked for its summary.
    agent: Option<PathBuf>,
    /// `GITHUB_ACTIONS`.
    actions: bool,
}

impl<'a> Runner<'a> {
    /// Reads the variables. Lines for Azure Pipelines are only written where a report for it is asked for.
    pub(super) fn of(session: &'a Session, post: Option<PostTo>) -> Self {
        let variable = |name: &str| {
            let value = session.environment.variable(name);
            value.filter(|value| !value.is_empty())
        };
        let path = |name: &str| variable(name).map(|path| session.path(Path::new(&path)));
        let on_azure = post == Some(PostTo::AzureDevops) && variable("TF_BUILD").is_some();
        Self {
            session,
            summary: path("GITHUB_STEP_SUMMARY"),
            output: path("GITHUB_OUTPUT"),
            agent: path("AGENT_TEMPDIRECTORY").filter(|_| on_azure),
            actions: variable("GITHUB_ACTIONS").is_some_and(|value| value == "true"),
        }
    }

    /// Tells a person something that is no failure; stdout stays free for what was asked for.
    pub(super) fn notice(&self, sentence: &str) {
        let ui = &self.session.ui;
        if self.actions {
            // The runner reads commands from both streams.
            let line = sentence.split_whitespace().collect::<Vec<_>>().join(" ");
            let line = super::super::ui::printable(&line.replace('%', "%25"));
            ui.stderr(&format!("::notice title=accord report::{line}\n"));
        } else {
            ui.note(&format!("note: {sentence}\n"));
        }
    }

    /// Writes summary and outputs.
    pub(super) fn write(
        &self,
        outputs: &Outputs,
        label: &Label,
        page: &dyn Fn(usize) -> Page,
    ) -> Result<(), Failed> {
        if let Some(path) = &self.summary {
            self.summarise(path, page)
                .map_err(|error| cannot_write("GITHUB_STEP_SUMMARY", path, &error))?;
        }
        if let Some(path) = &self.output {
            append(path, &outputs.for_actions(&TimeOrderedIds.next()))
                .map_err(|error| cannot_write("GITHUB_OUTPUT", path, &error))?;
        }
        if let Some(folder) = &self.agent {
            let path = folder.join(format!("accord-report-{label}.md"));
            std::fs::write(&path, page(SUMMARY).text)
                .map_err(|error| cannot_write("AGENT_TEMPDIRECTORY", &path, &error))?;
            let mut lines = outputs.for_pipelines();
            let path = for_pipelines(&path.display().to_string());
            let _ = writeln!(lines, "##vso[task.uploadsummary]{path}");
            self.session.ui.stdout(&lines);
        }
        Ok(())
    }

    /// Adds the page behind what other commands of the step wrote.
    fn summarise(&self, path: &Path, page: &dyn Fn(usize) -> Page) -> std::io::Result<()> {
        let there = std::fs::metadata(path).map_or(0, |file| file.len());
        let there = usize::try_from(there).unwrap_or(usize::MAX);
        let room = SUMMARY.saturating_sub(there);
        if room < LEAST {
            self.notice("the step summary is full, so the report is not in it");
            return Ok(());
        }
        let between = if there > 0 { "\n" } else { "" };
        let page = page(room - 2);
        append(path, &format!("{between}{}\n", page.text.trim_end()))
    }
}

impl Outputs {
    /// The form with a delimiter, which takes any value. `unique` makes a delimiter that nobody can
    /// know beforehand, and a value that holds it all the same gets another one.
    fn for_actions(&self, unique: &str) -> String {
        let mut text = String::new();
        for (name, value) in &self.0 {
            let mut delimiter = format!("accord_{unique}");
            while value.contains(&delimiter) {
                delimiter.push('_');
            }
            let _ = writeln!(text, "{name}<<{delimiter}\n{value}\n{delimiter}");
        }
        text
    }

    fn for_pipelines(&self) -> String {
        let mut text = String::new();
        for (name, value) in &self.0 {
            let value = for_pipelines(value);
            let _ = writeln!(
                text,
                "##vso[task.setvariable variable=accord_{name};isOutput=true]{value}"
            );
        }
        text
    }
}

/// A value in a logging command of Azure Pipelines (Logging commands, Formatting).
fn for_pipelines(text: &str) -> String {
    text.replace('%', "%AZP25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

fn append(path: &Path, text: &str) -> std::io::Result<()> {
    let mut file = OpenOptions::new().append(true).create(true).open(path)?;
    file.write_all(text.as_bytes())
}

fn cannot_write(variable: &str, path: &Path, error: &std::io::Error) -> Failed {
    Failed::new(ExitCode::Failure, format!("{}: {error}", path.display()))
        .with_help(format!("{variable} names that file; the runner sets it"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Reads the file as the runner does: `name<<DELIMITER`, lines, `DELIMITER`.
    fn read(text: &str) -> Vec<(String, String)> {
        let mut lines = text.lines();
        let mut found = Vec::new();
        while let Some(line) = lines.next() {
            let (name, delimiter) = line.split_once("<<").unwrap();
            let value: Vec<&str> = lines
                .by_ref()
                .take_while(|line| *line != delimiter)
                .collect();
            found.push((name.to_owned(), value.join("\n")));
        }
        found
    }

    proptest! {
        /// No value can end itself and begin an output of its own.
        #[test]
        fn no_value_becomes_another_output(
            value in "([a-z<=\n]|accord_u|_){0,40}",
            other in "[a-z]{0,5}",
        ) {
            let outputs = Outputs(vec![("one", value.clone()), ("two", other.clone())]);
            let found = read(&outputs.for_actions("u"));
            prop_assert_eq!(found, [("one".to_owned(), value), ("two".to_owned(), other)]);
        }

        #[test]
        fn no_value_becomes_another_logging_command(value in any::<String>()) {
            let lines = Outputs(vec![("one", value)]).for_pipelines();
            prop_assert_eq!(lines.lines().count(), 1);
        }
    }
}
