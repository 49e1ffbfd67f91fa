//! What becomes of a row, whichever way its rule goes.

use super::field::{Cause, FieldVerdict};
use crate::mapping::Problem;
use crate::model::config::DriftPolicy;
use crate::model::{ConflictCause, Sides, System, Value};

/// What becomes of a row of a pair.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RowDecision {
    /// Nothing to do.
    Same,
    /// Both sides are in accord and the base is not up to date: record it, write nothing.
    Refresh,
    /// One side gets a new value, or both do.
    Write(RowWrite),
    /// A person decides; nothing is written to either side.
    Conflict(ConflictCause),
    /// The side that is not read was edited and the rule lets it be.
    Drift {
        /// Never [`DriftPolicy::Enforce`].
        policy: DriftPolicy,
        /// The side that was edited.
        side: System,
        /// What it held when both were in accord.
        recorded: Value,
        /// What it holds.
        live: Value,
    },
    /// The same write was made again and again and does not stay: the field waits.
    Flapping {
        /// The side that does not keep it.
        side: System,
        /// What it holds.
        before: Value,
        /// What it is given.
        after: Value,
    },
    /// The field waits, or the item does ([`Problem::skips_item`]).
    Hold(Problem),
}

/// New values for a row; one at least.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowWrite {
    /// By side.
    pub to: Sides<Option<Put>>,
    /// Why.
    pub cause: Cause,
}

impl RowWrite {
    /// A write to one side.
    pub fn one(to: System, put: Put, cause: Cause) -> Self {
        Self {
            to: Sides::of(to, Some(put), None),
            cause,
        }
    }
}

/// A new value for one side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Put {
    /// What it holds.
    pub before: Value,
    /// What it gets.
    pub after: Value,
    /// What it holds, if a person may have put it there and it is not in what it gets: to be recorded
    /// before the write.
    pub overwrites: Option<Value>,
}

impl RowDecision {
    /// The decision of a rule or a row that goes one way only.
    pub fn one_way(verdict: FieldVerdict, target: System) -> Self {
        match verdict {
            FieldVerdict::Same => Self::Same,
            FieldVerdict::Refresh => Self::Refresh,
            FieldVerdict::Write {
                before,
                after,
                cause,
                overwrites,
            } => {
                let put = Put {
                    before,
                    after,
                    overwrites,
                };
                Self::Write(RowWrite::one(target, put, cause))
            }
            FieldVerdict::Drift {
                policy,
                recorded,
                live,
            } => Self::Drift {
                policy,
                side: target,
                recorded,
                live,
            },
            FieldVerdict::Hold(problem) => Self::Hold(problem),
        }
    }
}
