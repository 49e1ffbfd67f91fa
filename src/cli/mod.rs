//! The command line: arguments in, exit code out. Commands call `reconcile`, never an adapter.

mod apply;
mod args;
mod base;
mod checkout;
mod ci;
mod completions;
mod conflicts;
mod declared;
mod demo;
mod diff;
mod doctor;
mod drift;
mod dump;
mod embedded;
mod exit_code;
mod explain;
mod failure;
mod files;
mod fmt;
mod formats;
mod graph;
mod init;
mod link;
mod man;
mod opened;
mod outputs;
mod patience;
mod plan;
mod plan_file;
mod progress;
mod report;
mod sandbox;
mod schema;
mod session;
mod show;
mod signals;
mod state;
mod status;
mod stored;
mod test;
mod ui;
mod validate;
mod values;
mod verify;

use std::ffi::OsString;
use std::io::IsTerminal as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::Parser;

pub use embedded::{Host, Ran, run_in};
pub use exit_code::ExitCode;
pub use schema::files as schema_files;

use self::args::{Cli, ColorChoice, Command, Format, GlobalArgs};
use self::failure::Failed;
use self::session::Session;
use self::ui::{Ui, UiOptions};
use crate::http::AllowList;
use crate::reconcile::{Environment, ProcessEnvironment, RealClock, Timeouts};

/// Runs one command line in this process's environment.
pub async fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version go to stdout and are a success; everything else is a usage error.
            let _ = error.print();
            return if error.use_stderr() {
                ExitCode::Usage
            } else {
                ExitCode::Success
            };
        }
    };
    let ui = Ui::new(ui_options(&cli.global));
    let session = session(&cli.global, ui.clone(), Arc::new(ProcessEnvironment));
    Box::pin(finish(&ui, session, &cli.command)).await
}

/// Carries the command out, if there is a session for it, and tells why it failed.
async fn finish(ui: &Ui, session: Result<Session, Failed>, command: &Command) -> ExitCode {
    let ended = match session {
        Ok(mut session) => {
            session.revision = command.revision().map(str::to_owned);
            dispatch(&session, command).await
        }
        Err(failed) => return tell(ui, &failed),
    };
    let code = ended.unwrap_or_else(|failed| tell(ui, &failed));
    match (code, ui.lost_output()) {
        // A script that reads half a plan must not take it for a whole one.
        (ExitCode::Success | ExitCode::Changes, Some(reason)) => {
            tell(ui, &Failed::new(ExitCode::Failure, reason))
        }
        (code, _) => code,
    }
}

fn ui_options(global: &GlobalArgs) -> UiOptions {
    UiOptions {
        colour: match global.color {
            ColorChoice::Auto => None,
            ColorChoice::Always => Some(true),
            ColorChoice::Never => Some(false),
        },
        quiet: global.quiet,
        verbose: global.verbose,
        no_input: global.no_input,
    }
}

/// Sends logs to stderr as `ACCORD_LOG` asks (the syntax of `RUST_LOG`); nothing by default.
pub fn install_logs() {
    use tracing_subscriber::EnvFilter;
    let filter = EnvFilter::try_from_env("ACCORD_LOG").unwrap_or_else(|_| EnvFilter::new("off"));
    let plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(!plain && std::io::stderr().is_terminal())
        .with_writer(std::io::stderr)
        .init();
}

async fn dispatch(session: &Session, command: &Command) -> Result<ExitCode, Failed> {
    formats::check(command, session.format)?;
    match command {
        Command::Validate(args) => validate::run(session, args),
        Command::Plan(args) => plan::run(session, args).await,
        Command::Apply(args) => apply::run(session, args).await,
        Command::Verify(args) => verify::run(session, args).await,
        Command::Drift(args) => drift::run(session, args).await,
        Command::Diff(args) => diff::run(session, args).await,
        Command::Show(args) => show::run(session, args),
        Command::Report(args) => Box::pin(report::run(session, args)).await,
        Command::Status => status::run(session).await,
        Command::Conflicts(args) => conflicts::run(session, args).await,
        Command::Link(args) => link::run(session, args).await,
        Command::Unlink(args) => link::run_unlink(session, args).await,
        Command::State(args) => state::run(session, args).await,
        Command::Doctor(args) => doctor::run(session, args).await,
        Command::Dump(args) => dump::run(session, args).await,
        Command::Demo(args) => demo::run(session, args).await,
        Command::Sandbox(args) => sandbox::run(session, args).await,
        Command::Schema(args) => schema::run(session, args).await,
        Command::Explain(args) => explain::run(session, args).await,
        Command::Init(args) => init::run(session, args),
        Command::Fmt(args) => fmt::run(session, args),
        Command::Test(args) => test::run(session, args),
        Command::Graph(args) => graph::run(session, args),
        Command::Completions(args) => Ok(completions::run(session, args)),
        Command::Man(args) => man::run(session, args),
    }
}

fn session(
    global: &GlobalArgs,
    ui: Ui,
    environment: Arc<dyn Environment>,
) -> Result<Session, Failed> {
    let directory = std::env::current_dir()
        .map_err(|error| Failed::new(ExitCode::Failure, format!("working folder: {error}")))?;
    session_in(global, ui, directory, environment)
}

/// A session that is started in this folder.
fn session_in(
    global: &GlobalArgs,
    ui: Ui,
    mut directory: PathBuf,
    environment: Arc<dyn Environment>,
) -> Result<Session, Failed> {
    if let Some(wanted) = &global.directory {
        directory.push(wanted);
        if !directory.is_dir() {
            return Err(Failed::new(
                ExitCode::Usage,
                format!("-C {}: there is no such folder", wanted.display()),
            ));
        }
    }
    let mut hosts = global.allow_host.clone();
    let listed = environment
        .variable("ACCORD_ALLOW_HOSTS")
        .unwrap_or_default();
    hosts.extend(
        listed
            .split(',')
            .map(|host| host.trim().to_owned())
            .filter(|h| !h.is_empty()),
    );
    make_session(global, ui, directory, environment, &hosts)
}

fn make_session(
    global: &GlobalArgs,
    ui: Ui,
    directory: PathBuf,
    environment: Arc<dyn Environment>,
    hosts: &[String],
) -> Result<Session, Failed> {
    let allow = AllowList::new(hosts).map_err(|error| {
        Failed::new(ExitCode::Usage, error.to_string())
            .with_help("--allow-host and ACCORD_ALLOW_HOSTS take HOST or HOST:PORT")
    })?;
    Ok(Session {
        ui,
        directory,
        environment,
        allow,
        offline: global.offline,
        patience: Duration::from_secs(global.timeout.max(1)),
        format: global.format,
        json: global.format == Format::Json,
        clock: Arc::new(RealClock),
        timeouts: Timeouts::default(),
        revision: None,
    })
}

/// Tells a person why the command ends this way.
fn tell(ui: &Ui, failed: &Failed) -> ExitCode {
    if let Some(message) = &failed.message {
        ui.error(message, failed.help.as_deref());
    }
    failed.code
}
