//! A command that did not succeed: the exit code, and what a person is told.

use super::exit_code::ExitCode;
use crate::diagnostics::{Location, Place};
use crate::model::System;
use crate::reconcile::ReconcileError;
use crate::remote::{RemoteError, RemoteErrorKind};
use crate::store::StoreError;

/// Why a command ends with another code than 0.
#[derive(Debug)]
pub(crate) struct Failed {
    /// The code.
    pub(crate) code: ExitCode,
    /// What is still to be told; `None` if everything was.
    pub(crate) message: Option<String>,
    /// What to do next.
    pub(crate) help: Option<String>,
}

impl Failed {
    /// With a message.
    pub(crate) fn new(code: ExitCode, message: impl Into<String>) -> Self {
        Self {
            code,
            message: Some(message.into()),
            help: None,
        }
    }

    /// Everything has been told already.
    pub(crate) fn told(code: ExitCode) -> Self {
        Self {
            code,
            message: None,
            help: None,
        }
    }

    /// Adds what to do next.
    #[must_use]
    pub(crate) fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

impl From<ReconcileError> for Failed {
    fn from(error: ReconcileError) -> Self {
        match error {
            ReconcileError::Remote {
                connection,
                credentials,
                error,
            } => {
                let message = format!("connection `{connection}`: {error}");
                let (code, help) = remote(&error, &credentials);
                Self {
                    code,
                    message: Some(message),
                    help,
                }
            }
            ReconcileError::Secret(error) => Self::new(ExitCode::Authentication, error.to_string())
                .with_help("set it in the environment of this command; manifests only name it"),
            ReconcileError::Store(error) => error.into(),
            ReconcileError::Findings(findings) => {
                let lines = findings.iter().map(|finding| {
                    let help = finding.help.as_deref().unwrap_or(finding.code.fix);
                    let severity = finding.code.severity.as_str();
                    let code = finding.code.code;
                    let place = match &finding.location {
                        Some(Location {
                            file,
                            place: Place::Line(line),
                        }) => format!("\n   --> {file}:{line}"),
                        _ => String::new(),
                    };
                    format!(
                        "\n  {severity}[{code}]: {}{place}\n    help: {help}",
                        finding.message
                    )
                });
                let lines: String = lines.collect();
                Self::new(
                    ExitCode::Invalid,
                    format!(
                        "the manifests do not fit what the systems report; nothing was written{lines}"
                    ),
                )
            }
            ReconcileError::Internal(reason) => Self::new(ExitCode::Internal, reason)
                .with_help("this is a defect of accord; nothing was written because of it"),
            ReconcileError::Stopped => Self::told(ExitCode::Interrupted),
        }
    }
}

impl From<StoreError> for Failed {
    fn from(error: StoreError) -> Self {
        match &error {
            StoreError::Locked { .. } => Self::new(ExitCode::Locked, error.to_string())
                .with_help("wait for it to end, or give --lock-timeout SECONDS; the lock of a process that died is free"),
            StoreError::TooNew { .. } => Self::new(ExitCode::Failure, error.to_string())
                .with_help("use the newer version of accord"),
            StoreError::AlreadyLinked { .. } | StoreError::Backend { .. } => {
                Self::new(ExitCode::Failure, error.to_string())
            }
        }
    }
}

fn remote(error: &RemoteError, credentials: &str) -> (ExitCode, Option<String>) {
    match &error.kind {
        RemoteErrorKind::HostRefused { host } => (
            ExitCode::Refused,
            Some(format!(
                "credentials only go to hosts that you allow; if {host} is yours, add --allow-host {host} or set ACCORD_ALLOW_HOSTS (never in a manifest)"
            )),
        ),
        RemoteErrorKind::Unauthenticated { .. } => (
            ExitCode::Authentication,
            Some(match error.system {
                System::AzureDevOps => format!(
                    "the personal access token comes from {credentials}: check that it is whole, not expired, and of this organisation"
                ),
                System::TestWorthy => format!(
                    "the credentials come from {credentials}: compare keys with Integration > Testworthy Configuration, and make a new bearer token under Settings > API Keys"
                ),
            }),
        ),
        RemoteErrorKind::Forbidden { .. } => (
            ExitCode::Authentication,
            Some(match error.system {
                System::AzureDevOps => format!(
                    "the personal access token from {credentials} needs the scope Work Items (read & write), and its user access to the project"
                ),
                System::TestWorthy => {
                    format!(
                        "what {credentials} opens must include this project, and its user must have access to it"
                    )
                }
            }),
        ),
        RemoteErrorKind::Unavailable { .. } => (
            ExitCode::Unavailable,
            Some("check the address and the network; nothing more was tried".to_owned()),
        ),
        RemoteErrorKind::RateLimited { .. } => (
            ExitCode::Unavailable,
            Some("try again later, or lower `rate` of the connection".to_owned()),
        ),
        RemoteErrorKind::NotFound { .. }
        | RemoteErrorKind::Rejected { .. }
        | RemoteErrorKind::Unsupported { .. }
        | RemoteErrorKind::Protocol { .. } => (ExitCode::Failure, None),
    }
}
