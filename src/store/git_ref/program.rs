//! Runs the `git` program: what it may read, how long it may take, and what of its words is told.
//!
//! It works on a repository of its own in a private folder. Of the project's configuration it is given only the
//! settings that say how a remote is reached; hooks, attributes, submodules, aliases and filters of the project
//! never count. Settings travel through the environment and not on the command line, where every user of the
//! machine could read a header with a credential.

use std::ffi::OsString;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use super::words::{Secrets, tidy};

/// Of what a program prints more is not kept.
const KEPT: u64 = 256 * 1024;

/// How long the rest of the output is waited for when the program has ended.
const REST: Duration = Duration::from_secs(2);

/// Variables that say how a remote is reached. Other `GIT_*` variables would point git elsewhere, or make it
/// print what it sends.
const PASSED: [&str; 12] = [
    "GIT_ASKPASS",
    "GIT_EXEC_PATH",
    "GIT_HTTP_LOW_SPEED_LIMIT",
    "GIT_HTTP_LOW_SPEED_TIME",
    "GIT_HTTP_PROXY_AUTHMETHOD",
    "GIT_PROXY_SSL_CAINFO",
    "GIT_SSH",
    "GIT_SSH_COMMAND",
    "GIT_SSH_VARIANT",
    "GIT_SSL_CAINFO",
    "GIT_SSL_CAPATH",
    "GIT_SSL_NO_VERIFY",
];

/// Variables that hold settings of the operator; only the listing of settings reads them.
const SETTINGS: [&str; 6] = [
    "GIT_CONFIG_COUNT",
    "GIT_CONFIG_GLOBAL",
    "GIT_CONFIG_KEY_",
    "GIT_CONFIG_NOSYSTEM",
    "GIT_CONFIG_PARAMETERS",
    "GIT_CONFIG_SYSTEM",
];

/// A setting and its value.
pub(super) type Setting = (String, String);

/// How the program ended.
#[derive(Debug)]
pub(super) struct Ended {
    /// Whether it succeeded.
    pub(super) ok: bool,
    /// What it printed.
    pub(super) stdout: Vec<u8>,
    /// What it complained about, as it stands.
    pub(super) stderr: String,
}

/// Why it could not be run to its end.
#[derive(Debug)]
pub(super) enum NotRun {
    /// There is no such program.
    Missing,
    /// It took too long and was ended.
    TimedOut(Duration),
    /// The system's own reason.
    Failed(io::Error),
}

/// The program with what it needs to reach a remote.
#[derive(Debug)]
pub(super) struct Program {
    /// The project's repository: addresses of remotes may be relative to it.
    pub(super) root: PathBuf,
    /// The private repository.
    pub(super) repository: PathBuf,
    /// An empty folder.
    pub(super) no_hooks: PathBuf,
    /// What of the project's settings says how to reach the remote.
    pub(super) settings: Vec<Setting>,
    /// What must not be told.
    pub(super) secrets: Secrets,
    /// How long one call may take.
    pub(super) timeout: Duration,
}

/// What holds for every call on the private repository.
const ALWAYS: [&str; 8] = [
    "protocol.ext.allow=never",
    "gc.auto=0",
    "maintenance.auto=false",
    "core.fsmonitor=false",
    "submodule.recurse=false",
    "push.recurseSubmodules=no",
    "push.followTags=false",
    "fetch.writeCommitGraph=false",
];

impl Program {
    /// Runs it on the private repository. One that is `apart` does not see the signals of the terminal.
    pub(super) fn run(&self, arguments: &[&str], apart: bool) -> Result<Ended, NotRun> {
        let mut command = bare();
        command.current_dir(&self.root);
        let mut git_dir = OsString::from("--git-dir=");
        git_dir.push(&self.repository);
        command.arg(git_dir);
        for setting in ALWAYS {
            command.args(["-c", setting]);
        }
        let mut hooks = OsString::from("core.hooksPath=");
        hooks.push(&self.no_hooks);
        command.arg("-c").arg(hooks).args(arguments);
        command.env("GIT_CONFIG_NOSYSTEM", "1");
        command.env("GIT_CONFIG_GLOBAL", self.no_hooks.join("none"));
        command.env("GIT_CONFIG_COUNT", self.settings.len().to_string());
        for (index, (key, value)) in self.settings.iter().enumerate() {
            command.env(format!("GIT_CONFIG_KEY_{index}"), key);
            command.env(format!("GIT_CONFIG_VALUE_{index}"), value);
        }
        let own_ssh = std::env::var_os("GIT_SSH_COMMAND").is_some()
            || std::env::var_os("GIT_SSH").is_some()
            || self
                .settings
                .iter()
                .any(|(key, _)| key == "core.sshcommand");
        if !own_ssh {
            // Nobody answers a question of ssh here.
            command.env("GIT_SSH_COMMAND", "ssh -o BatchMode=yes");
        }
        if apart {
            detach(&mut command);
        }
        finish(command, self.timeout)
    }

    /// What it complained about, fit to be told.
    pub(super) fn complaint(&self, ended: &Ended) -> String {
        tidy(&ended.stderr, &self.secrets)
    }
}

/// The settings that hold in the repository at `root`, whoever made them, in the order in which later ones
/// overrule earlier ones; with the scope of each.
pub(super) fn settings(root: &Path, timeout: Duration) -> Result<Ended, NotRun> {
    let mut command = bare();
    for (name, value) in std::env::vars_os() {
        let is_setting = name.to_str().is_some_and(|name| {
            SETTINGS.contains(&name)
                || name.starts_with("GIT_CONFIG_KEY_")
                || name.starts_with("GIT_CONFIG_VALUE_")
        });
        if is_setting {
            command.env(name, value);
        }
    }
    command
        .current_dir(root)
        // What lies in the working tree and merely looks like a repository is none.
        .args(["-c", "safe.bareRepository=explicit"])
        .args(["config", "--list", "--show-scope", "--includes", "--null"]);
    finish(command, timeout)
}

/// Git with nothing of the environment that leads it elsewhere, speaking English.
fn bare() -> Command {
    let mut command = Command::new("git");
    for (name, _) in std::env::vars_os() {
        let Some(text) = name.to_str() else { continue };
        if text.starts_with("GIT_") && !PASSED.contains(&text) {
            command.env_remove(&name);
        }
    }
    command
        .env("GIT_TERMINAL_PROMPT", "0")
        .env("GCM_INTERACTIVE", "never")
        .env("LC_ALL", "C")
        .env("LANGUAGE", "C");
    command
}

#[cfg(unix)]
fn detach(command: &mut Command) {
    use std::os::unix::process::CommandExt as _;
    // Ctrl-C asks accord to finish what it has begun; it must not end the push that does so.
    command.process_group(0);
}

#[cfg(not(unix))]
fn detach(_command: &mut Command) {}

fn finish(mut command: Command, timeout: Duration) -> Result<Ended, NotRun> {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => NotRun::Missing,
        _ => NotRun::Failed(error),
    })?;
    let stdout = collect(child.stdout.take());
    let stderr = collect(child.stderr.take());
    let deadline = Instant::now() + timeout;
    let mut pause = Duration::from_millis(1);
    let status: ExitStatus = loop {
        match child.try_wait() {
            Ok(Some(status)) => break status,
            Ok(None) if Instant::now() >= deadline => {
                let _ended = child.kill();
                let _reaped = child.wait();
                return Err(NotRun::TimedOut(timeout));
            }
            Ok(None) => {
                thread::sleep(pause);
                pause = (pause * 2).min(Duration::from_millis(20));
            }
            Err(error) => {
                let _ended = child.kill();
                return Err(NotRun::Failed(error));
            }
        }
    };
    let rest = |receiver: mpsc::Receiver<Vec<u8>>| receiver.recv_timeout(REST).unwrap_or_default();
    Ok(Ended {
        ok: status.success(),
        stdout: rest(stdout),
        stderr: String::from_utf8_lossy(&rest(stderr)).into_owned(),
    })
}

/// Reads a stream to its end on a thread of its own, so that the program never waits for a reader.
fn collect(stream: Option<impl Read + Send + 'static>) -> mpsc::Receiver<Vec<u8>> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut stream) = stream {
            let _read = stream.by_ref().take(KEPT).read_to_end(&mut bytes);
            let _rest = io::copy(&mut stream, &mut io::sink());
        }
        let _received = sender.send(bytes);
    });
    receiver
}
