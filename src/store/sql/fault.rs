//! What can go wrong inside a database, before the place of the state is added to it.

use crate::store::StoreError;
use crate::store::codec::Unreadable;

/// A failure that does not know yet where the state is.
#[derive(Debug)]
pub(in crate::store) enum Fault {
    /// The database's own error: what it says, and the same with what to do about it.
    Database { words: String, reason: String },
    /// A row has a key that another one has already.
    Duplicate(String),
    /// Two transactions were in each other's way; the same one again may go through.
    Transient(String),
    /// The connection is gone.
    Lost(String),
    /// No connection can be made.
    Unreachable(String),
    /// The database does not let this user in, or not do this.
    Denied(String),
    /// Another run has taken the lease over.
    LeaseLost { holder: Option<String> },
    /// Another run holds the lease.
    Locked { holder: Option<String> },
    /// A column holds what this version does not know.
    Unreadable(Unreadable),
    /// What stands there is another program's: what to check.
    Foreign(&'static str),
    /// Written by a newer version.
    TooNew { found: u32, known: u32 },
    /// A second pair for one item.
    AlreadyLinked { case: u64, work_item: u64 },
    /// Anything else, in words.
    Refused(String),
}

impl From<Unreadable> for Fault {
    fn from(error: Unreadable) -> Self {
        Self::Unreadable(error)
    }
}

/// The way out of a state that cannot be read.
pub(in crate::store) const DAMAGED: &str = "restore it from a backup, or move it away: the next plan \
    finds linked items again by their markers, only what both sides held last is lost";

impl Fault {
    /// What is wrong, without what to do about it.
    pub(in crate::store) fn words(&self) -> String {
        match self {
            Self::Database { words, .. } => words.clone(),
            Self::Duplicate(words)
            | Self::Transient(words)
            | Self::Lost(words)
            | Self::Unreachable(words)
            | Self::Denied(words)
            | Self::Refused(words) => words.clone(),
            Self::Unreadable(error) => error.to_string(),
            Self::LeaseLost { .. } => "another run took the state over".to_owned(),
            Self::Locked { .. } => "another run holds the state".to_owned(),
            Self::Foreign(_) => "another program's content".to_owned(),
            Self::TooNew { found, .. } => format!("format {found} is newer than this version"),
            Self::AlreadyLinked { case, work_item } => {
                format!("case {case} or work item {work_item} is already linked")
            }
        }
    }

    /// The error of the state at `place`, which never holds a secret.
    pub(in crate::store) fn at(self, place: &str) -> StoreError {
        let path = place.to_owned();
        let reason = match self {
            Self::TooNew { found, known } => {
                return StoreError::TooNew { path, found, known };
            }
            Self::AlreadyLinked { case, work_item } => {
                return StoreError::AlreadyLinked { case, work_item };
            }
            Self::Locked { holder } => return StoreError::Locked { path, holder },
            Self::LeaseLost { holder } => return StoreError::LeaseLost { path, holder },
            Self::Unreachable(reason) | Self::Lost(reason) => {
                return StoreError::Unreachable { path, reason };
            }
            Self::Denied(reason) => return StoreError::Denied { path, reason },
            Self::Database { reason, .. } => reason,
            Self::Transient(reason) => {
                format!("other programs kept changing the state ({reason}); try again")
            }
            Self::Unreadable(error) => format!("the state is damaged: {error}; {DAMAGED}"),
            Self::Foreign(check) => check.to_owned(),
            Self::Duplicate(reason) | Self::Refused(reason) => reason,
        };
        StoreError::Backend { path, reason }
    }
}
