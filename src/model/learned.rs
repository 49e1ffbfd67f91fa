//! What runs have learnt about the servers: values that they spell in their own way, and values that do
//! not stay as they are written. Digests only, no values.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::{CaseId, System, Value, WorkItemId};

/// How often the same change of a field may be written before it counts as one that does not stay.
pub const MOST_REPETITIONS: u32 = 5;

/// A digest of a canonical value: 32 hexadecimal digits. Made by [`digest_of`].
pub type ValueDigest = String;

/// A server answered a write of one value with another and keeps that.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Equivalence {
    /// The server's side.
    pub system: System,
    /// Digest of the row's definition.
    pub row_digest: String,
    /// What was sent.
    pub sent: ValueDigest,
    /// What the server made of it.
    pub kept: ValueDigest,
}

/// All equivalences between two places.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Learned(BTreeSet<Equivalence>);

impl Learned {
    /// Whether nothing was learnt, which is usual.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether a server makes `kept` of `sent`.
    pub fn holds(&self, equivalence: &Equivalence) -> bool {
        self.0.contains(equivalence)
    }
}

impl FromIterator<Equivalence> for Learned {
    fn from_iter<I: IntoIterator<Item = Equivalence>>(all: I) -> Self {
        Self(all.into_iter().collect())
    }
}

/// The last change that Accord wrote to a field of a pair, and how often it wrote that same one in a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repetition {
    /// The case.
    pub case: CaseId,
    /// The work item.
    pub work_item: WorkItemId,
    /// The row.
    pub row: String,
    /// The side that was written.
    pub system: System,
    /// What stood there.
    pub before: ValueDigest,
    /// What was written.
    pub after: ValueDigest,
    /// How often in a row; 1 for the first time.
    pub times: u32,
    /// When it was written last.
    pub at: Timestamp,
}

/// Repetitions by pair, row and side.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Repetitions(BTreeMap<(CaseId, String, System), Repetition>);

impl Repetitions {
    /// The last change of a field.
    pub fn last(&self, case: CaseId, row: &str, system: System) -> Option<&Repetition> {
        self.0.get(&(case, row.to_owned(), system))
    }

    /// Whether this change was written so often in a row that writing it again changes nothing.
    pub fn is_flapping(
        &self,
        (case, row, system): (CaseId, &str, System),
        (before, after): (&str, &str),
    ) -> bool {
        !self.0.is_empty()
            && self.last(case, row, system).is_some_and(|last| {
                last.times >= MOST_REPETITIONS && last.before == before && last.after == after
            })
    }
}

impl FromIterator<Repetition> for Repetitions {
    fn from_iter<I: IntoIterator<Item = Repetition>>(all: I) -> Self {
        let keyed = all.into_iter().map(|one| {
            let key = (one.case, one.row.clone(), one.system);
            (key, one)
        });
        Self(keyed.collect())
    }
}

/// How far a server's clock is from ours, from the `Date` of its answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClockOffset {
    /// Milliseconds that the server is ahead.
    pub ahead_ms: i64,
    /// How wrong that may be, in milliseconds.
    pub bound_ms: u64,
}

impl ClockOffset {
    /// An instant of the server's clock on ours.
    pub fn correct(self, instant: Timestamp) -> Timestamp {
        let by = jiff::SignedDuration::from_millis(self.ahead_ms);
        instant.checked_sub(by).unwrap_or(instant)
    }
}

/// Digest of a canonical value; equal values and no others have equal digests.
pub fn digest_of(value: &Value) -> ValueDigest {
    digest_of_bytes(&serde_json::to_vec(value).unwrap_or_default())
}

/// The first half of SHA-256, in lower-case hex.
pub(super) fn digest_of_bytes(bytes: &[u8]) -> ValueDigest {
    use sha2::{Digest, Sha256};
    use std::fmt::Write as _;
    let hash = Sha256::digest(bytes);
    hash[..16].iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
