//! Why a server's answer puts an item into quarantine.

use std::time::Duration;

const HOUR: u64 = 60 * 60;

/// What kind of refusal it was. It says what may end the refusal, and so how soon the same write is sent
/// again although nothing that Accord can see has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RefusalClass {
    /// The server does not take what was sent: a rule of the process, a value that is not allowed.
    Content,
    /// The credential may not write this item, or not there.
    Permission,
    /// What the write names is not there, or not to be seen.
    Missing,
    /// The server does not offer the operation.
    NotOffered,
    /// The server took the write and kept something else.
    NotKept,
}

impl RefusalClass {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Content,
        Self::Permission,
        Self::Missing,
        Self::NotOffered,
        Self::NotKept,
    ];

    /// Its name in the state and in documents.
    pub fn key(self) -> &'static str {
        match self {
            Self::Content => "content",
            Self::Permission => "permission",
            Self::Missing => "missing",
            Self::NotOffered => "notOffered",
            Self::NotKept => "notKept",
        }
    }

    /// How long the same write is not sent again. Rights, and what else a write names, are mended where no
    /// plan sees it; a rule of a process mostly changes together with the type, which a plan reads.
    pub fn patience(self) -> Duration {
        match self {
            Self::Content | Self::NotKept => Duration::from_secs(24 * HOUR),
            Self::Permission | Self::Missing | Self::NotOffered => Duration::from_secs(HOUR),
        }
    }
}
