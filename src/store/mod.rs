//! The state: links with their bases, intents, runs, recorded losses, quarantine, audit.
//!
//! [`Store`] is the port; [`sqlite`](self) is the backend for one machine. Everything that belongs to
//! one fact changes in one transaction.

mod record;

use async_trait::async_trait;

pub use record::{
    AuditEntry, Intent, IntentKind, IntentOutcome, Loss, Quarantine, QuarantineChange, Record, Run,
    RunOutcome,
};

use crate::model::{Endpoints, Link, Name, OperationId, RunId};

/// Why the store did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Another run holds the lock. Exit 7.
    #[error("another accord run holds {path}{}", holder.as_deref().map(|h| format!(" ({h})")).unwrap_or_default())]
    Locked {
        /// The lock.
        path: String,
        /// What the holder wrote about itself.
        holder: Option<String>,
    },
    /// Either item is already linked to another one: the store refuses a second pair.
    #[error("case {case} or work item {work_item} is already linked to another item")]
    AlreadyLinked {
        /// The case.
        case: u64,
        /// The work item.
        work_item: u64,
    },
    /// The store was written by a newer version.
    #[error(
        "{path} was written by a newer version of accord (format {found}, this one reads up to {known})"
    )]
    TooNew {
        /// The file.
        path: String,
        /// Its format.
        found: u32,
        /// The newest format that this version reads.
        known: u32,
    },
    /// Anything else: the disk, the file, its content.
    #[error("{path}: {reason}")]
    Backend {
        /// The file.
        path: String,
        /// What happened.
        reason: String,
    },
}

/// What every backend of the state can do. Reads need no lock.
#[async_trait]
pub trait Store: Send + Sync {
    /// All links between two places, with their bases, by case id.
    async fn links(&self, endpoints: &Endpoints) -> Result<Vec<Link>, StoreError>;

    /// Intents without an outcome, oldest first.
    async fn open_intents(&self, endpoints: &Endpoints) -> Result<Vec<Intent>, StoreError>;

    /// Items that a server refused, by key.
    async fn quarantine(&self, endpoints: &Endpoints) -> Result<Vec<Quarantine>, StoreError>;

    /// Values that were overwritten, newest first, at most `limit`.
    async fn losses(&self, limit: usize) -> Result<Vec<Loss>, StoreError>;

    /// Runs, newest first, at most `limit`.
    async fn runs(&self, limit: usize) -> Result<Vec<Run>, StoreError>;

    /// The number of links of each rule.
    async fn links_by_rule(&self) -> Result<Vec<(Name, u64)>, StoreError>;

    /// Begins a run.
    async fn begin_run(&self, run: &Run) -> Result<(), StoreError>;

    /// Ends a run.
    async fn finish_run(&self, id: &RunId, outcome: &RunOutcome) -> Result<(), StoreError>;

    /// Records, durably and in one transaction, that these writes are about to be sent, with what
    /// they will overwrite. Nothing may be sent before this returns.
    async fn prepare(&self, intents: &[Intent], losses: &[Loss]) -> Result<(), StoreError>;

    /// Records, in one transaction, what became of writes: link, base, intent, quarantine and audit
    /// together.
    async fn record(&self, records: &[Record]) -> Result<(), StoreError>;

    /// Forgets links of rules that the manifests no longer hold. Remote items stay as they are.
    async fn forget_rules(&self, known: &[Name]) -> Result<u64, StoreError>;

    /// Looks up one intent by its id, whatever its state.
    async fn intent(&self, id: &OperationId) -> Result<Option<Intent>, StoreError>;
}
