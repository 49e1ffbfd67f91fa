//! The state: links with their bases, intents, conflicts, runs, recorded losses, quarantine, audit.
//!
//! [`Store`] is the port. [`SqliteStore`] is the backend for one machine, where [`RunLock`] keeps a second
//! apply away; [`PostgresStore`] is shared by machines, and whoever writes holds its [`PostgresLease`];
//! [`GitRefStore`] keeps the same in a Git ref for machines without a disk that stays.
//! Everything that belongs to one fact changes in one transaction. `record` says what is kept, `schema`
//! and `sql` hold the SQL and its code, one set for every database.

mod audit;
mod codec;
mod folder;
mod git_ref;
mod lock;
mod postgres;
mod record;
mod sql;
mod sqlite;

use async_trait::async_trait;

pub use git_ref::{GitRefHolder, GitRefPlace, GitRefStore, GitRefTimes};
pub use lock::{RunLock, lock_holder};
pub use postgres::{LEASE_TIME, PostgresAddress, PostgresLease, PostgresStore};
pub use record::{
    AuditCheck, AuditEntry, AuditRow, Intent, IntentKind, IntentOutcome, IntentPart, IntentRow,
    Loss, MadeField, PairConflicts, Quarantine, QuarantineChange, Record, Run, RunOutcome,
    Watermark, WrittenField,
};
pub use sqlite::SqliteStore;

use jiff::Timestamp;

use crate::model::{
    CaseId, Conflict, ConflictId, Endpoints, Learned, Link, Name, OperationId, Repetitions, RunId,
    Take, WorkItemId,
};

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
    /// This run held the state, and another one has taken it over since. Nothing of the call was
    /// written. Exit 7.
    #[error(
        "this run no longer holds {path}{}; nothing of this change was written to the state",
        holder.as_deref().map(|h| format!(": taken over by {h}")).unwrap_or_default()
    )]
    LeaseLost {
        /// The state.
        path: String,
        /// Who holds it now, if anyone does.
        holder: Option<String>,
    },
    /// No connection to the state, or one that broke. Exit 10.
    #[error("{path}: {reason}")]
    Unreachable {
        /// The state.
        path: String,
        /// What happened.
        reason: String,
    },
    /// The state does not let this user in, or not do what is needed. Exit 8.
    #[error("{path}: {reason}")]
    Denied {
        /// The state.
        path: String,
        /// What happened.
        reason: String,
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

/// Linked pairs, each rule's together.
pub type PairsByRule = Vec<(Name, Vec<(CaseId, WorkItemId)>)>;

/// What every backend of the state can do. Reads need no lock.
#[async_trait]
pub trait Store: Send + Sync {
    /// All active links between two places, with their bases, by case id.
    async fn links(&self, endpoints: &Endpoints) -> Result<Vec<Link>, StoreError>;

    /// The pairs of every rule between two places, by the rule's name and case id, without their bases.
    async fn pairs(&self, endpoints: &Endpoints) -> Result<PairsByRule, StoreError>;

    /// The links of these cases, with their bases, in the order of `cases`; cases without one are passed
    /// over. For many links a few at a time: their bases are as large as what they were taken from.
    async fn links_of(
        &self,
        endpoints: &Endpoints,
        cases: &[CaseId],
    ) -> Result<Vec<Link>, StoreError>;

    /// Intents without an outcome, oldest first.
    async fn open_intents(&self, endpoints: &Endpoints) -> Result<Vec<Intent>, StoreError>;

    /// Items that a server refused, by key.
    async fn quarantine(&self, endpoints: &Endpoints) -> Result<Vec<Quarantine>, StoreError>;

    /// Values that were overwritten, newest first, at most `limit`.
    async fn losses(&self, limit: usize) -> Result<Vec<Loss>, StoreError>;

    /// How many overwritten values there are.
    async fn loss_count(&self) -> Result<u64, StoreError>;

    /// Runs, newest first, at most `limit`.
    async fn runs(&self, limit: usize) -> Result<Vec<Run>, StoreError>;

    /// The newest run that carried out its plan, wholly (exit code 0) or in part (9). Its number of
    /// manifest files is what the next apply is measured against; a run that was refused does not
    /// lower that bar.
    async fn last_carried_out_run(&self) -> Result<Option<Run>, StoreError>;

    /// The number of links of each rule, by the rule's name.
    async fn links_by_rule(&self) -> Result<Vec<(Name, u64)>, StoreError>;

    /// All places that anything was recorded for, in their order.
    async fn endpoints(&self) -> Result<Vec<Endpoints>, StoreError>;

    /// Looks up one intent by its id, whatever its state.
    async fn intent(&self, id: &OperationId) -> Result<Option<Intent>, StoreError>;

    /// Rows of the audit, newest first, at most `limit`.
    async fn audit(&self, limit: usize) -> Result<Vec<AuditRow>, StoreError>;

    /// Checks the hash chain of the whole audit.
    async fn verify_audit(&self) -> Result<AuditCheck, StoreError>;

    /// Fields that Accord made in Azure DevOps and that were not forgotten, in their order.
    async fn made_fields(&self) -> Result<Vec<MadeField>, StoreError>;

    /// Links between two places that are ended or unlinked, with their bases, by case id. None of the other
    /// reads gives one of them.
    async fn parted_links(&self, endpoints: &Endpoints) -> Result<Vec<Link>, StoreError>;

    /// Conflicts between two places that are open or decided, by id.
    async fn open_conflicts(&self, endpoints: &Endpoints) -> Result<Vec<Conflict>, StoreError>;

    /// Conflicts of every place and state, newest first, at most `limit`.
    async fn conflicts(&self, limit: usize) -> Result<Vec<Conflict>, StoreError>;

    /// One conflict.
    async fn conflict(&self, id: ConflictId) -> Result<Option<Conflict>, StoreError>;

    /// Writes down what a person decided, or takes a decision back. `false` if the conflict is closed.
    /// Errors if there is no such conflict, or if it is not about what was decided.
    async fn decide(
        &self,
        id: ConflictId,
        take: Option<Take>,
        at: Timestamp,
    ) -> Result<bool, StoreError>;

    /// Spellings that the servers showed.
    async fn learned(&self, endpoints: &Endpoints) -> Result<Learned, StoreError>;

    /// The fields that Accord wrote, each with its last change and how often that was the same.
    async fn repetitions(&self, endpoints: &Endpoints) -> Result<Repetitions, StoreError>;

    /// How far the feed of Azure DevOps was followed for a rule.
    async fn watermark(
        &self,
        endpoints: &Endpoints,
        rule: &Name,
    ) -> Result<Option<Watermark>, StoreError>;

    /// Sets or, with `None`, forgets a rule's watermark.
    async fn put_watermark(
        &self,
        endpoints: &Endpoints,
        rule: &Name,
        watermark: Option<&Watermark>,
    ) -> Result<(), StoreError>;

    /// Everything in the state that contradicts itself, in words; empty if nothing does. Open intents of a
    /// killed run do not: the next apply ends them.
    async fn check(&self) -> Result<Vec<String>, StoreError>;

    /// Begins a run. Changes that were written more than a day before are no longer counted as repeated.
    async fn begin_run(&self, run: &Run) -> Result<(), StoreError>;

    /// Ends a run. Errors if no such run was begun.
    async fn finish_run(&self, id: &RunId, outcome: &RunOutcome) -> Result<(), StoreError>;

    /// Records, durably and in one transaction, that these writes are about to be sent, with what
    /// they will overwrite. Nothing may be sent before this returns. Errors if an intent's id was used
    /// before. Losses alone, without an intent, are taken as well.
    async fn prepare(&self, intents: &[Intent], losses: &[Loss]) -> Result<(), StoreError>;

    /// Records, in one transaction, what became of writes: link, base, intent, quarantine and audit
    /// together.
    ///
    /// A link is added or, by its id, replaced; the pair that it joins under another id is the same
    /// link and keeps the id it has in the store. An active link takes the place of ended and unlinked ones
    /// that hold one of its items. Where a link ends, is unlinked or goes on with another item, the
    /// conflicts of the pair that was are closed, after the record's own changes of them. The outcome of an intent is final: the same one
    /// again changes nothing. Errors, and then nothing of the whole call is kept:
    /// [`StoreError::AlreadyLinked`] for a second pair, [`StoreError::Backend`] for an intent that was
    /// never prepared or that ended otherwise.
    async fn record(&self, records: &[Record]) -> Result<(), StoreError>;

    /// Forgets links (in every state), quarantined items and watermarks of rules that the manifests no
    /// longer hold, closes the conflicts of those links, and returns the number of links. Remote items,
    /// intents, recorded losses and the history of conflicts stay as they are.
    async fn forget_rules(&self, known: &[Name]) -> Result<u64, StoreError>;

    /// Forgets that Accord made these fields. They stay as they are in Azure DevOps.
    async fn forget_fields(&self, fields: &[MadeField]) -> Result<(), StoreError>;

    /// Makes everything that was written durable for other machines, where that does not happen at once. Called
    /// where a run ends.
    async fn flush(&self) -> Result<(), StoreError> {
        Ok(())
    }
}
