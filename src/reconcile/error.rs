//! Why a plan or an apply could not be made.

use crate::diagnostics::Finding;
use crate::model::Name;
use crate::remote::RemoteError;
use crate::store::StoreError;

use super::secret::SecretError;

/// Which credential a failed request carried, for a person to look at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Carried {
    /// Variable names, file names or the name of an application, never values.
    pub shown: String,
    /// Whether it is a workload identity and not something that is stored.
    pub workload_identity: bool,
}

/// A failure of the whole command; failures of single items are in the report.
#[derive(Debug, thiserror::Error)]
pub enum ReconcileError {
    /// A system did not do what was asked.
    #[error("connection `{connection}`: {error}")]
    Remote {
        /// The connection.
        connection: Name,
        /// Which credential the failed request carried.
        credentials: Carried,
        /// What happened.
        error: RemoteError,
    },
    /// A secret is missing. Exit 8.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// The state could not be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The manifests do not fit what the systems hold. Exit 4.
    #[error("the manifests do not fit what the systems hold")]
    Findings(Vec<Finding>),
    /// A law of the program was broken by the program itself. Exit 70.
    #[error("internal error: {0}")]
    Internal(String),
    /// The plan is over a safety limit (law 15). Nothing was written. Exit 5.
    #[error("a safety rule blocks this plan; nothing was written")]
    Blocked,
    /// A person or the system asked to stop; what was begun was finished.
    #[error("stopped")]
    Stopped,
}
