//! Project-wide settings of `accord.yaml`.

use std::path::PathBuf;
use std::time::Duration;

use super::SecretRef;

/// A checked `Project`.
#[derive(Clone, Debug)]
pub struct Project {
    /// `metadata.name`, or the folder's name.
    pub name: String,
    /// What holds the state.
    pub state: StateLocation,
    /// How long a write without an answer may still land.
    pub settle: Duration,
    /// Limits on what one run may change.
    pub safety: Safety,
}

/// What holds the state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StateLocation {
    /// A file of this machine, relative to the project's folder and inside it.
    Sqlite(PathBuf),
    /// A database that machines share. Its address carries the password, so it is a reference.
    Postgres {
        /// Where the address stands.
        url: SecretRef,
    },
    /// A ref of the project's repository that machines share through a remote.
    Git {
        /// The remote's name, never its address.
        remote: String,
        /// The full name of the ref: `refs/accord/state`.
        reference: String,
    },
}

impl StateLocation {
    /// Whether other machines find the same state.
    pub fn is_shared(&self) -> bool {
        match self {
            Self::Sqlite(_) => false,
            Self::Postgres { .. } | Self::Git { .. } => true,
        }
    }
}

/// Limits on what one run may change, per rule and of its linked items.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Safety {
    /// Updates.
    pub updates: ChangeLimit,
    /// Deletes.
    pub deletes: ChangeLimit,
}

/// One limit. Percentages count only from [`ChangeLimit::FROM`] linked items on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ChangeLimit {
    /// Share of the rule's linked items, in percent.
    pub max_percent: Option<f64>,
    /// Number of items.
    pub max_count: Option<u64>,
}

impl ChangeLimit {
    /// The number of linked items from which percentages count.
    pub const FROM: u64 = 10;
}

impl Default for Safety {
    fn default() -> Self {
        Self {
            updates: ChangeLimit {
                max_percent: Some(30.0),
                max_count: None,
            },
            deletes: ChangeLimit {
                max_percent: Some(10.0),
                max_count: Some(25),
            },
        }
    }
}
