//! A command that did not succeed: the exit code, and what a person is told.

use super::exit_code::ExitCode;
use crate::diagnostics::{Location, Place};
use crate::model::System;
use crate::reconcile::{Carried, ENTRA, OFFLINE, ReconcileError, exit_code};
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
        let code = ExitCode::from_number(exit_code(&error));
        match error {
            ReconcileError::Remote {
                connection,
                credentials,
                error,
            } => {
                let message = format!("connection `{connection}`: {error}");
                let help = next_step(&error, &credentials);
                Self::new(code, message).with_help(help)
            }
            ReconcileError::Secret(error) => {
                let help = if error.key == ENTRA {
                    "run it in a job of GitHub Actions with `permissions: { id-token: write }`; elsewhere a connection needs a personal access token"
                } else {
                    "set it in the environment of this command; manifests only name it"
                };
                Self::new(ExitCode::Authentication, error.to_string()).with_help(help)
            }
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
                    code,
                    format!(
                        "the manifests do not fit what the systems report; nothing was written{lines}"
                    ),
                )
            }
            ReconcileError::Internal(reason) => Self::new(ExitCode::Internal, reason)
                .with_help("this is a defect of accord; nothing was written because of it"),
            ReconcileError::Blocked => Self::new(code, ReconcileError::Blocked.to_string()),
            ReconcileError::Stopped => Self::told(ExitCode::Interrupted),
        }
    }
}

impl From<StoreError> for Failed {
    fn from(error: StoreError) -> Self {
        match &error {
            StoreError::Locked { .. } => Self::new(ExitCode::Locked, error.to_string())
                .with_help("wait for it to end, or give --lock-timeout SECONDS; the lock of a process that died is free, a lease when its time is over"),
            StoreError::LeaseLost { .. } => Self::new(ExitCode::Locked, error.to_string())
                .with_help("this run was held up for longer than its lease lasts; run it again: what it had begun is looked at first"),
            StoreError::Unreachable { .. } => Self::new(ExitCode::Unavailable, error.to_string())
                .with_help("try again when the state can be reached; what was begun is recorded there and is looked at first"),
            StoreError::Denied { .. } => Self::new(ExitCode::Authentication, error.to_string()),
            StoreError::TooNew { .. } => Self::new(ExitCode::Failure, error.to_string())
                .with_help("use the newer version of accord"),
            StoreError::AlreadyLinked { .. } | StoreError::Backend { .. } => {
                Self::new(ExitCode::Failure, error.to_string())
            }
        }
    }
}

/// What to do next about a system that did not do what was asked.
fn next_step(error: &RemoteError, carried: &Carried) -> String {
    let system = error.system;
    let credentials = &carried.shown;
    match &error.kind {
        RemoteErrorKind::HostRefused { host } => format!(
            "credentials only go to hosts that you allow; if {host} is yours, add --allow-host {host} or set ACCORD_ALLOW_HOSTS (never in a manifest)"
        ),
        RemoteErrorKind::Unauthenticated { .. } if carried.workload_identity => format!(
            "the sign-in is by workload identity, as {credentials}: it must be a user of the organisation (Organization settings > Users) and trust this job"
        ),
        RemoteErrorKind::Forbidden { .. } if carried.workload_identity => format!(
            "give the user {credentials} of the organisation access to the project, with permission to edit work items"
        ),
        RemoteErrorKind::Unauthenticated { .. } => match system {
            System::AzureDevOps => format!(
                "the personal access token comes from {credentials}: check that it is whole, not expired, and of this organisation"
            ),
            System::TestWorthy => format!(
                "the credentials come from {credentials}: compare keys with Integration > Testworthy Configuration, and make a new bearer token under Settings > API Keys"
            ),
        },
        RemoteErrorKind::Forbidden { .. } => match system {
            System::AzureDevOps => format!(
                "the personal access token from {credentials} needs the scope Work Items (read & write), and its user access to the project"
            ),
            System::TestWorthy => format!(
                "what {credentials} opens must include this project, and its user must have access to it"
            ),
        },
        RemoteErrorKind::Unavailable { reason, .. } if reason == OFFLINE => {
            "run it without --offline; `validate`, `status` and `show` need no system".to_owned()
        }
        RemoteErrorKind::Unavailable { .. } => {
            "check the address and the network; nothing more was tried".to_owned()
        }
        RemoteErrorKind::RateLimited { .. } => match system {
            System::TestWorthy => {
                "try again later, or lower `testworthy.rate` of the connection".to_owned()
            }
            System::AzureDevOps => {
                "try again later; other programs that use the same token count too".to_owned()
            }
        },
        RemoteErrorKind::NotFound { .. } => {
            "compare what the manifests name (address, project, suite, work item type) with the system; what a user may not see is not found either".to_owned()
        }
        RemoteErrorKind::Rejected { .. } => {
            "the server's words say what it does not take; compare what the manifests name (suites, paths, `wiql`) with the system".to_owned()
        }
        RemoteErrorKind::Unsupported { operation } => match system {
            System::TestWorthy => format!(
                "set `operations.{operation}` of the connection if this server has another path for it, and check its url"
            ),
            System::AzureDevOps => {
                "check the connection's organizationUrl: it ends with the organisation's name".to_owned()
            }
        },
        RemoteErrorKind::Protocol { .. } => format!(
            "what answers there does not speak like {system}: check the connection's address, and whether a proxy stands in between; then try again"
        ),
    }
}
