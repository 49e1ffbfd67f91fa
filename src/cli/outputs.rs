//! `--out FORMAT=PATH`: the plan in files, beside what stdout shows.

use std::path::PathBuf;

use super::exit_code::ExitCode;
use super::failure::Failed;
use super::session::Session;
use crate::plan::{Plan, render};

/// The files to write.
pub(crate) struct Outputs(Vec<(OutFormat, PathBuf)>);

#[derive(Clone, Copy)]
enum OutFormat {
    Human,
    Json,
}

impl Outputs {
    /// Reads the arguments before anything is done, so that a misspelt one costs nothing.
    pub(crate) fn parse(session: &Session, arguments: &[String]) -> Result<Self, Failed> {
        arguments
            .iter()
            .map(|argument| parse(session, argument))
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// Writes the plan to every file.
    pub(crate) fn write(&self, session: &Session, plan: &Plan) -> Result<(), Failed> {
        for (format, path) in &self.0 {
            let text = match format {
                OutFormat::Human => {
                    let options = render::human::HumanOptions {
                        colour: false,
                        ..session.human_options()
                    };
                    render::human::human(plan, &options)
                }
                OutFormat::Json => render::json::render(plan),
            };
            write_whole(path, &text).map_err(|error| {
                Failed::new(ExitCode::Failure, format!("{}: {error}", path.display()))
            })?;
        }
        Ok(())
    }
}

/// Readers never see half a file.
pub(super) fn write_whole(path: &std::path::Path, text: &str) -> std::io::Result<()> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".part");
    std::fs::write(&beside, text)?;
    std::fs::rename(&beside, path)
}

fn parse(session: &Session, argument: &str) -> Result<(OutFormat, PathBuf), Failed> {
    let usage = |message: String| {
        Failed::new(ExitCode::Usage, message).with_help("write --out human=PATH or --out json=PATH")
    };
    let Some((format, path)) = argument
        .split_once('=')
        .filter(|(_, path)| !path.is_empty())
    else {
        return Err(usage(format!("--out {argument}: FORMAT=PATH is needed")));
    };
    let format = match format {
        "human" => OutFormat::Human,
        "json" => OutFormat::Json,
        "jsonl" | "markdown" | "sarif" | "github" | "html" => {
            return Err(usage(format!(
                "--out {argument}: {format} is not supported yet"
            )));
        }
        other => {
            return Err(usage(format!(
                "--out {argument}: there is no format `{other}`"
            )));
        }
    };
    Ok((format, session.path(std::path::Path::new(path))))
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
