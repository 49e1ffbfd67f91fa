//! What a person has to decide: a field that both sides changed, or an item that one side deleted.
//!
//! A record is never dropped. It keeps both values whole, so that whatever is decided nothing is lost.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{CaseId, Endpoints, Name, Sides, System, Value, WorkItemId};

/// A conflict in the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conflict {
    /// Its number in the store, from 1: what `accord conflicts show` takes.
    pub id: ConflictId,
    /// Where.
    pub endpoints: Endpoints,
    /// The rule.
    pub rule: Name,
    /// The case.
    pub case: CaseId,
    /// The work item.
    pub work_item: WorkItemId,
    /// What it is about, with the values that met.
    pub subject: Subject,
    /// When it was found.
    pub opened_at: Timestamp,
    /// What became of it.
    pub state: ConflictState,
}

/// The number of a conflict.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ConflictId(pub u64);

impl std::fmt::Display for ConflictId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl std::str::FromStr for ConflictId {
    type Err = std::num::ParseIntError;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self)
    }
}

/// What a conflict is about. Two conflicts of a pair are the same one if their subjects are equal.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(
    clippy::large_enum_variant,
    reason = "nearly all are about fields, so a box would save nothing"
)]
pub enum Subject {
    /// A row of the mapping.
    Field {
        /// The row.
        row: String,
        /// Why nobody but a person can decide.
        cause: ConflictCause,
        /// What both held when they were last in accord; `None` if they never were.
        base: Option<Sides<Value>>,
        /// What they hold.
        now: Sides<Value>,
        /// Whether the row is sensitive: then its values are shown by `conflicts show` alone.
        sensitive: bool,
    },
    /// The item of one side was deleted.
    Deleted {
        /// The side that lost its item.
        side: System,
        /// Whether the other item was edited since both were last in accord.
        edited: bool,
    },
}

impl Subject {
    /// The row, if it is about one.
    pub fn row(&self) -> Option<&str> {
        match self {
            Self::Field { row, .. } => Some(row),
            Self::Deleted { .. } => None,
        }
    }
}

/// Why a field is in conflict.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ConflictCause {
    /// Both sides changed it since they were last in accord.
    BothChanged,
    /// The pair meets for the first time, or its base was lost, and the two differ.
    FirstSync,
    /// The row's definition changed, and the two differ by the new one.
    MappingChanged,
}

/// What became of a conflict.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConflictState {
    /// It waits for a person.
    Open,
    /// A person has decided; the next apply of the pair carries it out, if both sides still hold what was
    /// decided about.
    Decided {
        /// What.
        take: Take,
        /// When.
        at: Timestamp,
    },
    /// Done with.
    Closed {
        /// How.
        how: Closing,
        /// When.
        at: Timestamp,
    },
}

/// What a person decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Take {
    /// TestWorthy's value.
    #[serde(rename = "testworthy")]
    TestWorthy,
    /// Azure DevOps' value.
    AzureDevOps,
    /// What a merge of both gives.
    Merged,
    /// The deletion: the other item is closed, recycled or disabled.
    Delete,
    /// The item: the deleted one is restored or made anew.
    Keep,
    /// Neither: the pair is no longer kept in step.
    Unlink,
}

impl Take {
    /// All of them, in the order in which help shows them.
    pub const ALL: [Self; 6] = [
        Self::TestWorthy,
        Self::AzureDevOps,
        Self::Merged,
        Self::Delete,
        Self::Keep,
        Self::Unlink,
    ];

    /// The word that commands take.
    pub fn key(self) -> &'static str {
        match self {
            Self::TestWorthy => "testworthy",
            Self::AzureDevOps => "azureDevOps",
            Self::Merged => "merged",
            Self::Delete => "delete",
            Self::Keep => "keep",
            Self::Unlink => "unlink",
        }
    }

    /// Whether it decides about this.
    pub fn fits(self, subject: &Subject) -> bool {
        let about_field = matches!(self, Self::TestWorthy | Self::AzureDevOps | Self::Merged);
        about_field == matches!(subject, Subject::Field { .. })
    }
}

/// How a conflict ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Closing {
    /// A decision was carried out.
    Resolved(Take),
    /// The sides came to be in accord by themselves, or the rule's policies decide now.
    Agreed,
    /// The values changed again: another conflict of the same field took its place.
    Superseded,
    /// The pair is no longer linked.
    Unlinked,
    /// The item that was kept by the rule itself: an edit beats a deletion.
    EditKept,
}

/// A change of the queue, part of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConflictChange {
    /// A conflict that was not there; an open one of the pair about the same row or side is superseded.
    Open(Subject),
    /// As [`Self::Open`], but closed at once: nobody is asked, and yet both values stay on record.
    Note(Subject, Closing),
    /// The end of one that is open or decided.
    Close(ConflictId, Closing),
}
