//! Which forms of output a command has, and the answer to a form that it has not.

use clap::ValueEnum as _;

use super::args::{Command, Format};
use super::exit_code::ExitCode;
use super::failure::Failed;

/// Forms of findings.
const FINDINGS: &[Format] = &[
    Format::Human,
    Format::Json,
    Format::Sarif,
    Format::Github,
    Format::AzurePipelines,
];

/// Forms of a plan.
const PLAN: &[Format] = &[
    Format::Human,
    Format::Json,
    Format::Jsonl,
    Format::Markdown,
    Format::Sarif,
    Format::Github,
    Format::AzurePipelines,
];

/// Forms of a report of samples or examples.
const REPORT: &[Format] = &[Format::Human, Format::Json, Format::Github];

/// Forms of a comparison of manifests.
const DIFF: &[Format] = &[Format::Human, Format::Json, Format::Markdown];

/// Forms of everything else.
const PLAIN: &[Format] = &[Format::Human, Format::Json];

/// Forms that a later version writes.
pub(super) const LATER: &[&str] = &["jsonl", "html"];

/// What stdout of a command can carry, the form for people first.
pub(super) fn of(command: &Command) -> &'static [Format] {
    match command {
        Command::Plan(_) | Command::Apply(_) | Command::Show(_) => PLAN,
        Command::Validate(_) => FINDINGS,
        Command::Test(_) | Command::Verify(_) => REPORT,
        Command::Diff(_) => DIFF,
        _ => PLAIN,
    }
}

/// Refuses a form that the command has not got, before anything is done.
pub(super) fn check(command: &Command, format: Format) -> Result<(), Failed> {
    let name = name(format);
    let formats = of(command);
    if !formats.contains(&format) {
        let known: Vec<String> = formats.iter().map(|format| self::name(*format)).collect();
        let message = format!("this command has no --format {name}");
        return Err(
            Failed::new(ExitCode::Usage, message).with_help(format!("it has {}", known.join(", ")))
        );
    }
    if LATER.contains(&name.as_str()) {
        return Err(later(&format!("--format {name}")));
    }
    Ok(())
}

/// The answer to a form that is known and not there yet.
pub(super) fn later(typed: &str) -> Failed {
    Failed::new(ExitCode::Usage, format!("{typed} is not supported yet"))
        .with_help("docs/formats.md lists the forms that are there")
}

/// A form as it is typed.
pub(super) fn name(format: Format) -> String {
    let value = format.to_possible_value();
    value.map_or_else(String::new, |value| value.get_name().to_owned())
}

#[cfg(test)]
mod tests {
    use clap::{Parser as _, ValueEnum as _};

    use super::super::args::{COMMANDS, Cli};
    use super::*;

    #[test]
    fn a_form_that_a_command_lacks_is_refused_by_name() {
        let mut tried = 0;
        for command in COMMANDS {
            let extra: &[&str] = match command {
                "show" => &["plan.json"],
                "diff" => &["main"],
                "state" | "conflicts" => &["list"],
                "completions" => &["bash"],
                _ => &[],
            };
            let mut line = vec!["accord", command];
            line.extend(extra);
            // A command that needs a name is given one.
            let cli = Cli::try_parse_from(&line).unwrap_or_else(|_| {
                line.push("x");
                Cli::try_parse_from(&line).expect("commands need one argument at most")
            });
            for format in Format::value_variants() {
                let has = of(&cli.command).contains(format);
                let answer = check(&cli.command, *format);
                tried += 1;
                if has {
                    continue;
                }
                let failed = answer.expect_err("it has no such form");
                assert_eq!(failed.code, ExitCode::Usage);
                let help = failed.help.expect("it names the forms that are there");
                assert!(help.contains("human, json"), "{help}");
            }
        }
        assert!(tried > 100);
    }
}
