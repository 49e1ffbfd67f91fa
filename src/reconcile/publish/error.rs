//! Why a report could not be published, and how the command ends then.

use crate::github::{GitHubError, Refusal};
use crate::remote::{RemoteError, RemoteErrorKind};

/// A report that could not be published, or a review that could not be looked up.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// A variable of the runner is missing or does not hold what it should. Exit 64.
    #[error("{variable} {problem}")]
    Setting {
        /// Its name.
        variable: &'static str,
        /// What is wrong, for example `is not set`.
        problem: String,
        /// What to do.
        help: &'static str,
    },
    /// There is no token. Exit 8.
    #[error("{variables} is not set, so nobody is known to write as")]
    NoToken {
        /// The variables that were looked at.
        variables: &'static str,
        /// What to do.
        help: &'static str,
    },
    /// GitHub did not do what was asked.
    #[error(transparent)]
    GitHub(#[from] GitHubError),
    /// Azure DevOps did not do what was asked.
    #[error(transparent)]
    AzureDevOps(#[from] RemoteError),
}

impl PublishError {
    fn kind(&self) -> Option<&RemoteErrorKind> {
        match self {
            Self::GitHub(GitHubError {
                refusal: Refusal::Other(kind),
                ..
            }) => Some(kind),
            Self::AzureDevOps(error) => Some(&error.kind),
            _ => None,
        }
    }

    /// The exit code of a command that ends with it.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Setting { .. } => 64,
            Self::NoToken { .. } => 8,
            _ => match self.kind() {
                Some(RemoteErrorKind::HostRefused { .. }) => 5,
                Some(
                    RemoteErrorKind::Unauthenticated { .. } | RemoteErrorKind::Forbidden { .. },
                ) => 8,
                Some(
                    RemoteErrorKind::Unavailable { .. }
                    | RemoteErrorKind::RateLimited { .. }
                    | RemoteErrorKind::Protocol { .. },
                ) => 10,
                _ => 1,
            },
        }
    }

    /// What to do next.
    pub fn help(&self) -> String {
        match self {
            Self::Setting { help, .. } | Self::NoToken { help, .. } => (*help).to_owned(),
            _ => match self.kind() {
                Some(RemoteErrorKind::HostRefused { host }) => format!(
                    "tokens only go to hosts that you allow; if {host} is yours, add --allow-host {host} or set ACCORD_ALLOW_HOSTS"
                ),
                Some(RemoteErrorKind::Unauthenticated { .. }) => {
                    "check that the token is whole and not expired".to_owned()
                }
                Some(RemoteErrorKind::Forbidden { .. }) => {
                    "give the job the permission `pull-requests: read`, or `write` to post"
                        .to_owned()
                }
                _ => "try again; nothing but the report is affected".to_owned(),
            },
        }
    }
}
