//! A plan in every form that was asked for: on stdout, and by `--out FORMAT=PATH` in files beside it.

use std::path::{Path, PathBuf};

use super::args::Format;
use super::exit_code::ExitCode;
use super::failure::Failed;
use super::formats;
use super::session::Session;
use crate::plan::render::azure_pipelines::AzurePipelinesOptions;
use crate::plan::render::github::GithubOptions;
use crate::plan::render::markdown::MarkdownOptions;
use crate::plan::render::sarif::SarifOptions;
use crate::plan::{Plan, render};

/// A form of a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum PlanForm {
    Human,
    Json,
    Jsonl,
    Markdown,
    Sarif,
    Github,
    AzurePipelines,
    Html,
}

/// Every form by the name that `--out` takes.
const FORMS: [(&str, PlanForm); 8] = [
    ("human", PlanForm::Human),
    ("json", PlanForm::Json),
    ("jsonl", PlanForm::Jsonl),
    ("markdown", PlanForm::Markdown),
    ("sarif", PlanForm::Sarif),
    ("github", PlanForm::Github),
    ("azure-pipelines", PlanForm::AzurePipelines),
    ("html", PlanForm::Html),
];

impl From<Format> for PlanForm {
    fn from(format: Format) -> Self {
        match format {
            Format::Human => Self::Human,
            Format::Json => Self::Json,
            Format::Jsonl => Self::Jsonl,
            Format::Markdown => Self::Markdown,
            Format::Sarif => Self::Sarif,
            Format::Github => Self::Github,
            Format::AzurePipelines => Self::AzurePipelines,
        }
    }
}

/// The files to write.
pub(crate) struct Outputs(Vec<(PlanForm, PathBuf)>);

impl Outputs {
    /// Reads the arguments before anything is done, so that a misspelt one costs nothing.
    pub(crate) fn parse(session: &Session, arguments: &[String]) -> Result<Self, Failed> {
        arguments
            .iter()
            .map(|argument| parse(session, argument))
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// Writes the plan to every file and then to stdout. One that cannot be written keeps no other one
    /// from its plan; the first failure is what the command ends with.
    pub(crate) fn emit(&self, session: &Session, plan: &Plan) -> Result<(), Failed> {
        let (written, outcome) = self.files(session, plan);
        let text = rendered(session, plan, session.format.into(), &written, true);
        session.ui.stdout(&text);
        outcome
    }

    /// Writes the plan to every file, where stdout carries something else.
    pub(crate) fn write(&self, session: &Session, plan: &Plan) -> Result<(), Failed> {
        self.files(session, plan).1
    }

    /// The Markdown files that were written, and the first failure.
    fn files(&self, session: &Session, plan: &Plan) -> (Vec<&Path>, Result<(), Failed>) {
        let (mut written, mut outcome) = (Vec::new(), Ok(()));
        // Logging commands name the files of this run, so these come first.
        let names_files = |form: &PlanForm| *form == PlanForm::AzurePipelines;
        let (later, sooner): (Vec<_>, Vec<_>) =
            self.0.iter().partition(|(form, _)| names_files(form));
        for (form, path) in sooner.into_iter().chain(later) {
            let text = rendered(session, plan, *form, &written, false);
            match write_whole(path, &text) {
                Ok(()) if *form == PlanForm::Markdown => written.push(path.as_path()),
                Ok(()) => {}
                Err(error) => {
                    let message = format!("{}: {error}", path.display());
                    let failed = Failed::new(ExitCode::Failure, message);
                    outcome = outcome.and(Err(failed));
                }
            }
        }
        (written, outcome)
    }
}

/// The plan in a form; `summaries` are the Markdown files that the same run wrote.
fn rendered(
    session: &Session,
    plan: &Plan,
    form: PlanForm,
    summaries: &[&Path],
    stdout: bool,
) -> String {
    let prefix = || session.prefix();
    match form {
        PlanForm::Human => {
            let mut options = session.human_options();
            options.colour &= stdout;
            render::human::human(plan, &options)
        }
        // What is not there yet was refused when the command line was read.
        PlanForm::Json | PlanForm::Jsonl | PlanForm::Html => render::json::render(plan),
        PlanForm::Markdown => render::markdown::markdown(plan, &MarkdownOptions::default()).text,
        PlanForm::Sarif => render::sarif::sarif(plan, &SarifOptions { prefix: prefix() }),
        PlanForm::Github => render::github::github(plan, &GithubOptions { prefix: prefix() }),
        PlanForm::AzurePipelines => {
            let absolute = |path: &&Path| std::path::absolute(path).ok();
            let paths = summaries.iter().filter_map(absolute);
            let options = AzurePipelinesOptions {
                prefix: prefix(),
                summaries: paths.map(|path| path.display().to_string()).collect(),
            };
            render::azure_pipelines::azure_pipelines(plan, &options)
        }
    }
}

/// Readers never see half a file.
pub(super) fn write_whole(path: &Path, text: &str) -> std::io::Result<()> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".part");
    std::fs::write(&beside, text)?;
    std::fs::rename(&beside, path)
}

fn parse(session: &Session, argument: &str) -> Result<(PlanForm, PathBuf), Failed> {
    let names = FORMS.map(|(name, _)| name);
    let (name, path) = named(session, argument, &names)?;
    if formats::LATER.contains(&name) {
        return Err(formats::later(&format!("--out {argument}: {name}")));
    }
    let known = FORMS.iter().find(|(known, _)| *known == name);
    Ok((known.map_or(PlanForm::Human, |(_, form)| *form), path))
}

/// A `FORMAT=PATH` of a command with formats of its own.
pub(super) fn named(
    session: &Session,
    argument: &str,
    formats: &[&'static str],
) -> Result<(&'static str, PathBuf), Failed> {
    let usage = |what: String| {
        let ways: Vec<String> = formats
            .iter()
            .map(|format| format!("--out {format}=PATH"))
            .collect();
        let message = format!("--out {argument}: {what}");
        Failed::new(ExitCode::Usage, message).with_help(format!("write {}", ways.join(" or ")))
    };
    let Some((format, path)) = argument
        .split_once('=')
        .filter(|(_, path)| !path.is_empty())
    else {
        return Err(usage("FORMAT=PATH is needed".to_owned()));
    };
    match formats.iter().find(|known| **known == format) {
        Some(known) => Ok((known, session.path(std::path::Path::new(path)))),
        None => Err(usage(format!("there is no format `{format}`"))),
    }
}
