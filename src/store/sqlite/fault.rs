//! What can go wrong inside the database, before the file's path is added to it.

use std::path::Path;

use rusqlite::ErrorCode;

use crate::store::StoreError;
use crate::store::codec::Unreadable;

/// A failure that does not know the file's path yet.
#[derive(Debug)]
pub(super) enum Fault {
    /// The database's own error.
    Database(rusqlite::Error),
    /// A column holds what this version does not know.
    Unreadable(Unreadable),
    /// The file is another program's.
    Foreign,
    /// Written by a newer version.
    TooNew { found: u32, known: u32 },
    /// A second pair for one item.
    AlreadyLinked { case: u64, work_item: u64 },
    /// Anything else, in words.
    Refused(String),
}

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Self {
        Self::Database(error)
    }
}

impl From<Unreadable> for Fault {
    fn from(error: Unreadable) -> Self {
        Self::Unreadable(error)
    }
}

/// The way out of a file that cannot be read.
const DAMAGED: &str = "restore it from a backup, or move it away: the next plan finds linked items \
    again by their markers, only what both sides held last is lost";

impl Fault {
    /// What is wrong, without what to do about it.
    pub(super) fn words(&self) -> String {
        match self {
            Self::Database(error) => error.to_string(),
            Self::Unreadable(error) => error.to_string(),
            Self::Foreign => "another program's content".to_owned(),
            Self::TooNew { found, .. } => format!("format {found} is newer than this version"),
            Self::AlreadyLinked { case, work_item } => {
                format!("case {case} or work item {work_item} is already linked")
            }
            Self::Refused(reason) => reason.clone(),
        }
    }

    pub(super) fn at(self, path: &Path) -> StoreError {
        let path = path.display().to_string();
        let reason = match self {
            Self::TooNew { found, known } => {
                return StoreError::TooNew { path, found, known };
            }
            Self::AlreadyLinked { case, work_item } => {
                return StoreError::AlreadyLinked { case, work_item };
            }
            Self::Database(error) => database_reason(&error),
            Self::Unreadable(error) => format!("the state is damaged: {error}; {DAMAGED}"),
            Self::Foreign => "this is an SQLite file of another program; check `state.sqlite` of \
                the project"
                .to_owned(),
            Self::Refused(reason) => reason,
        };
        StoreError::Backend { path, reason }
    }
}

fn database_reason(error: &rusqlite::Error) -> String {
    let help = match error.sqlite_error_code() {
        Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => {
            return format!("the state is damaged ({error}); {DAMAGED}");
        }
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            "another program keeps the file locked; try again when it is done"
        }
        Some(ErrorCode::DiskFull) => "make room on the disk",
        Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen | ErrorCode::PermissionDenied) => {
            "check who owns the file and its folder, and their permissions"
        }
        _ => return error.to_string(),
    };
    format!("{error}; {help}")
}
