//! Protections of the write protocol that the simulation can take away, each outside the product.

use std::collections::BTreeSet;

use accord::model::WorkItemId;

/// What is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ablation {
    /// Writes are sent without a durable intent before them.
    NoIntent,
    /// Nobody can look up an item by its marker or mention before it is linked.
    NoMarkerProbe,
    /// Every update of a work item carries whatever revision it is at.
    NoRevTest,
    /// Nobody waits until a write can no longer land.
    NoSettle,
    /// What a pair holds when a write is recorded becomes its base, not what the write made of it.
    BaseFromCurrent,
}

/// What the store has linked so far: what may be seen without a marker probe.
pub(crate) type Linked = BTreeSet<WorkItemId>;
