//! A command line inside a program that goes on afterwards: its own folder, environment, clock and
//! patience, its output as texts. Nothing of the surrounding process is read or written, so that many
//! can run at a time.

use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;

use clap::Parser;

use super::args::Cli;
use super::exit_code::ExitCode;
use super::ui::Ui;
use super::{finish, session_in, ui_options};
use crate::reconcile::{Clock, Environment, RealClock, Timeouts};

/// What a command line finds around it.
#[derive(Clone)]
pub struct Host {
    /// The folder that it is started in.
    pub directory: PathBuf,
    /// Variables and secrets.
    pub environment: Arc<dyn Environment>,
    /// The time that runs are stamped with and that settling waits for.
    pub clock: Arc<dyn Clock>,
    /// How long to wait for the systems, and how long to try again.
    pub timeouts: Timeouts,
}

impl Host {
    /// The machine's clock and the program's usual patience.
    pub fn new(directory: PathBuf, environment: Arc<dyn Environment>) -> Self {
        Self {
            directory,
            environment,
            clock: Arc::new(RealClock),
            timeouts: Timeouts::default(),
        }
    }
}

/// How it ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ran {
    /// The exit code.
    pub code: ExitCode,
    /// What a process would have written there.
    pub stdout: String,
    /// What a process would have written there.
    pub stderr: String,
}

/// Runs one command line, the program's name first. Nobody can be asked, and there are no bars.
pub async fn run_in(host: &Host, arguments: impl IntoIterator<Item = OsString>) -> Ran {
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(error) => {
            let text = error.to_string();
            return if error.use_stderr() {
                Ran {
                    code: ExitCode::Usage,
                    stdout: String::new(),
                    stderr: text,
                }
            } else {
                Ran {
                    code: ExitCode::Success,
                    stdout: text,
                    stderr: String::new(),
                }
            };
        }
    };
    let (ui, streams) = Ui::apart(ui_options(&cli.global));
    let session = session_in(
        &cli.global,
        ui.clone(),
        host.directory.clone(),
        host.environment.clone(),
    );
    let session = session.map(|mut session| {
        session.clock = host.clock.clone();
        session.timeouts = host.timeouts;
        session
    });
    let code = Box::pin(finish(&ui, session, &cli.command)).await;
    let [stdout, stderr] = streams.take();
    Ran {
        code,
        stdout,
        stderr,
    }
}
