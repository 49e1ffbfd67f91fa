//! `accord completions`: what a shell needs to complete commands, flags and their words.

use std::fmt::Write as _;

use clap::CommandFactory as _;
use clap::builder::{PossibleValue, PossibleValuesParser, StringValueParser, TypedValueParser};

use clap_complete::Shell;

use super::args::{Cli, CompletionsArgs};
use super::exit_code::ExitCode;
use super::session::Session;
use crate::diagnostics::catalog;
use crate::manifest::Kind;
use crate::model::Take;

pub(crate) fn run(session: &Session, args: &CompletionsArgs) -> ExitCode {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "accord", &mut script);
    let mut script = String::from_utf8_lossy(&script).into_owned();
    if args.shell == Shell::Fish {
        script.push_str(&words_for_fish());
    }
    session.ui.stdout(&script);
    ExitCode::Success
}

/// The words that arguments take: the generator for fish knows only those of flags.
fn words_for_fish() -> String {
    let mut lines = String::new();
    // Commands of commands take ids and names, which are no words of a list.
    for command in Cli::command().get_subcommands() {
        for argument in command.get_positionals() {
            for word in argument.get_possible_values() {
                let help = word.get_help().map(ToString::to_string);
                let help = help
                    .unwrap_or_default()
                    .replace('\\', "\\\\")
                    .replace('\'', "\\'");
                let _ = writeln!(
                    lines,
                    "complete -c accord -n \"__fish_accord_using_subcommand {}\" -f -a {} -d '{help}'",
                    command.get_name(),
                    word.get_name(),
                );
            }
        }
    }
    lines
}

/// Any text, with words that shells offer. What is said about other texts is the command's business.
#[derive(Clone)]
pub(crate) struct Suggested(Vec<PossibleValue>);

impl Suggested {
    /// The kinds of which there is a schema.
    pub(crate) fn kinds() -> Self {
        let kinds = Kind::ALL
            .into_iter()
            .map(|kind| PossibleValue::new(kind.name()));
        Self(
            kinds
                .chain(["Plan", "Doctor", "Diff"].map(PossibleValue::new))
                .collect(),
        )
    }

    /// The codes of findings.
    pub(crate) fn codes() -> Self {
        let codes = catalog::all().map(|entry| PossibleValue::new(entry.code).help(entry.title));
        Self(codes.collect())
    }

    /// What a person can decide. Another word is refused.
    pub(crate) fn takes() -> PossibleValuesParser {
        PossibleValuesParser::new(Take::ALL.map(|take| {
            PossibleValue::new(take.key()).help(match take {
                Take::TestWorthy => "TestWorthy's value",
                Take::AzureDevOps => "Azure DevOps' value",
                Take::Merged => "both edits put together",
                Take::Delete => "the other item is closed, recycled or disabled too",
                Take::Keep => "the deleted item is restored or made anew",
                Take::Unlink => "the item that is left is no longer kept in step",
            })
        }))
    }

    /// The commands.
    pub(crate) fn commands() -> Self {
        // The parser of the commands is made while they are: their names cannot be asked for here.
        Self(super::args::COMMANDS.map(PossibleValue::new).to_vec())
    }
}

impl TypedValueParser for Suggested {
    type Value = String;

    fn parse_ref(
        &self,
        command: &clap::Command,
        argument: Option<&clap::Arg>,
        value: &std::ffi::OsStr,
    ) -> Result<String, clap::Error> {
        StringValueParser::new().parse_ref(command, argument, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(self.0.iter().cloned()))
    }
}
