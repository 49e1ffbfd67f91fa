//! `accord man`: manual pages, as the program's own help says it.

use std::path::Path;

use clap::{Command, CommandFactory as _};
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};

use super::args::{Cli, ManArgs};
use super::exit_code::ExitCode;
use super::failure::Failed;
use super::session::Session;

pub(crate) fn run(session: &Session, args: &ManArgs) -> Result<ExitCode, Failed> {
    let pages = pages();
    if let Some(folder) = &args.out {
        return write(session, &session.path(folder), &pages);
    }
    let words: Vec<&str> = args.command.iter().map(String::as_str).collect();
    let wanted = if words.is_empty() {
        "accord".to_owned()
    } else {
        format!("accord-{}", words.join("-"))
    };
    let Some((_, page)) = pages.iter().find(|(name, _)| *name == wanted) else {
        let command = words.join(" ");
        let message = format!("there is no command `{command}`");
        return Err(
            Failed::new(ExitCode::Usage, message).with_help("`accord --help` lists the commands")
        );
    };
    session.ui.stdout(page);
    Ok(ExitCode::Success)
}

/// The name of every page and its text in roff: `accord`, `accord-COMMAND` and, where a command has
/// commands of its own, `accord-COMMAND-COMMAND`.
fn pages() -> Vec<(String, String)> {
    let mut program = Cli::command().disable_help_subcommand(true);
    program.build();
    let mut all = vec![program.clone()];
    for command in program.get_subcommands() {
        all.push(command.clone());
        let own = command.get_subcommands();
        all.extend(own.filter(|one| one.get_name() != "help").cloned());
    }
    all.into_iter()
        .map(|command| {
            let name = command.get_display_name().unwrap_or(command.get_name());
            (name.to_owned(), page(command))
        })
        .collect()
}

fn page(command: Command) -> String {
    let is_program = !command.get_name().contains('-') && command.get_name() == "accord";
    // The list at the end of the help has a section of its own here.
    let command = command.after_help(None::<&str>);
    let man = Man::new(command).manual("Accord");
    let mut text = Vec::new();
    // Writing into memory does not fail.
    let _ = man.render(&mut text);
    if is_program {
        let _ = exit_status().to_writer(&mut text);
    }
    String::from_utf8_lossy(&text).into_owned()
}

fn exit_status() -> Roff {
    let mut roff = Roff::new();
    roff.control("SH", ["EXIT STATUS"]);
    for code in ExitCode::ALL {
        roff.control("TP", []);
        roff.text([bold(code.code().to_string())]);
        roff.text([roman(code.meaning())]);
    }
    roff
}

fn write(session: &Session, folder: &Path, pages: &[(String, String)]) -> Result<ExitCode, Failed> {
    let failed = |error: std::io::Error| {
        Failed::new(ExitCode::Failure, format!("{}: {error}", folder.display()))
    };
    std::fs::create_dir_all(folder).map_err(failed)?;
    for (name, page) in pages {
        std::fs::write(folder.join(format!("{name}.1")), page).map_err(failed)?;
        session.ui.stdout(&format!("{name}.1\n"));
    }
    Ok(ExitCode::Success)
}
