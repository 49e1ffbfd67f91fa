//! What the store keeps besides links.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::model::{
    CaseId, ConflictChange, Endpoints, Equivalence, Link, Name, OperationId, RefusalClass, Rev,
    RunId, System, Value, ValueDigest, WorkItemId,
};

/// A remote write that is about to be sent. It stays open until its outcome is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Intent {
    /// Its id; also the order in which intents were made.
    pub id: OperationId,
    /// The run.
    pub run: RunId,
    /// Where.
    pub endpoints: Endpoints,
    /// The rule; for a custom field its own name, for another configuration resource the connection that
    /// it belongs to.
    pub rule: Name,
    /// What.
    pub kind: IntentKind,
    /// The case, if it exists.
    pub case: Option<CaseId>,
    /// The work item, if it exists.
    pub work_item: Option<WorkItemId>,
    /// Digest of what is sent.
    pub payload_digest: String,
    /// When it was made.
    pub prepared_at: Timestamp,
    /// Until when the write may still land on the server.
    pub settles_at: Timestamp,
    /// The revision of the work item before the write, where it changes one.
    pub expected_rev: Option<Rev>,
    /// What it writes, by row: so that a write whose answer was lost can be told from a later edit. Of
    /// [`IntentKind::CloseWorkItem`] and [`IntentKind::DisableCase`], which are about no row, by field. The
    /// store keeps it until the outcome is known, then it is empty.
    pub rows: BTreeMap<String, IntentRow>,
    /// What became of it.
    pub outcome: Option<IntentOutcome>,
}

/// A row that an intent writes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct IntentRow {
    /// What the other side held when it was planned.
    pub from: Value,
    /// What is written; `None` for a row that only gets its base renewed.
    pub to: Option<Value>,
    /// The digest of the row's definition.
    pub digest: String,
    /// How much of the row's work this write does.
    #[serde(default)]
    pub part: IntentPart,
}

/// How much of the work on a row one write does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum IntentPart {
    /// All of it.
    #[default]
    Whole,
    /// The value is put together from both sides' edits, and the other side gets it too, by a write of its
    /// own.
    Half,
    /// The value takes more writes after this one.
    UnderWay,
}

/// The kind of a remote write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum IntentKind {
    /// Creating a work item for a case.
    CreateWorkItem,
    /// Creating a case for a work item.
    CreateCase,
    /// Changing a work item.
    UpdateWorkItem,
    /// Changing a case.
    UpdateCase,
    /// Putting a work item into the recycle bin.
    RecycleWorkItem,
    /// Taking a work item out of the recycle bin.
    RestoreWorkItem,
    /// Bringing a work item to a closing state because its case was deleted.
    CloseWorkItem,
    /// Disabling a case because its work item was deleted.
    DisableCase,
    /// Creating or changing TestWorthy's own Azure DevOps settings.
    PutIntegration,
    /// Making a part of a custom field.
    PutCustomField,
}

impl IntentKind {
    /// Whether it is about a configuration resource and not about an item.
    pub fn is_configuration(self) -> bool {
        matches!(self, Self::PutIntegration | Self::PutCustomField)
    }
}

impl Intent {
    /// The address of what it is about: the source's where an item is created, else the written item's.
    pub fn address(&self) -> String {
        let rule = &self.rule;
        match (self.kind, self.case, self.work_item) {
            (IntentKind::PutIntegration, ..) => format!("Connection/{rule}/integration"),
            (IntentKind::PutCustomField, ..) => format!("CustomField/{rule}"),
            (
                IntentKind::CreateWorkItem | IntentKind::UpdateCase | IntentKind::DisableCase,
                Some(case),
                _,
            )
            | (_, Some(case), None) => format!("SyncRule/{rule}/case/{case}"),
            (_, _, Some(item)) => format!("SyncRule/{rule}/workItem/{item}"),
            (_, None, None) => format!("SyncRule/{rule}"),
        }
    }
}

/// What became of an intent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum IntentOutcome {
    /// Carried out.
    Applied,
    /// Not carried out, and it cannot be any more.
    Abandoned {
        /// Why.
        reason: String,
    },
}

/// One fact that the store takes in, whole or not at all.
#[derive(Clone, Debug, Default)]
pub struct Record {
    /// The intent that ends with this.
    pub intent: Option<(OperationId, IntentOutcome)>,
    /// The link to add or to replace, with its base.
    pub link: Option<Link>,
    /// The item to put into quarantine or to take out of it.
    pub quarantine: Option<QuarantineChange>,
    /// A field that Accord made in Azure DevOps, or a part of it.
    pub custom_field: Option<MadeField>,
    /// What to write into the audit.
    pub audit: Option<AuditEntry>,
    /// What becomes known or done with in the queue of conflicts, of this pair.
    pub conflicts: Option<PairConflicts>,
    /// Spellings that a server showed.
    pub learned: Vec<(Endpoints, Equivalence)>,
    /// Fields that were written: the store counts the ones that are written in the same way again.
    pub written: Vec<(Endpoints, WrittenField)>,
}

/// Changes of the queue of conflicts, all of one pair.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PairConflicts {
    /// Where.
    pub endpoints: Endpoints,
    /// The rule.
    pub rule: Name,
    /// The case.
    pub case: CaseId,
    /// The work item.
    pub work_item: WorkItemId,
    /// When.
    pub at: Timestamp,
    /// The changes, in their order.
    pub changes: Vec<ConflictChange>,
}

/// A field that a write changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrittenField {
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
    /// When.
    pub at: Timestamp,
}

/// How far Azure DevOps' feed of revisions was followed, and what it does not tell.
///
/// A linked pair that is not in `dirty` and whose work item is not in the feed behind `token` is, on the
/// side of Azure DevOps, as its base says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Watermark {
    /// Where to go on in the feed.
    pub token: String,
    /// When everything was read last.
    pub full_scan_at: Timestamp,
    /// Digest of the manifests that it was made under; under others everything is read again.
    pub config_digest: String,
    /// Work items that have to be read whatever the feed says.
    pub dirty: BTreeSet<WorkItemId>,
}

/// A field of an organisation that Accord made, so that it is missed when its declaration goes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MadeField {
    /// The organisation: [`Endpoints::azure_devops`].
    pub organization: String,
    /// For example `Custom.TestData`.
    pub reference_name: String,
    /// The name of the `CustomField` that declared it.
    pub declared_by: String,
}

impl MadeField {
    /// Whether both are about the same field of the same organisation.
    pub fn is_same_field(&self, other: &Self) -> bool {
        self.organization == other.organization
            && self
                .reference_name
                .eq_ignore_ascii_case(&other.reference_name)
    }
}

/// A change of the quarantine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum QuarantineChange {
    /// Puts an item in; one with the same key is replaced.
    Put(Quarantine),
    /// Takes an item out.
    Release {
        /// Where.
        endpoints: Endpoints,
        /// The item.
        key: String,
    },
}

/// An item that a server refused. It is tried again when what would be sent or the work item type changes,
/// and after the [patience](RefusalClass::patience) of its class.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quarantine {
    /// Where.
    pub endpoints: Endpoints,
    /// The source item's address without the rule: `case/ID` or `workItem/ID`.
    pub key: String,
    /// The rule.
    pub rule: Name,
    /// Digests of what was sent: a pair may have a write on each side.
    pub payload_digests: BTreeSet<String>,
    /// What kind of refusal it was.
    pub class: RefusalClass,
    /// Digest of the work item type as it was then; `None` where it was not known.
    pub type_digest: Option<String>,
    /// The server's reason.
    pub reason: String,
    /// When it was refused last.
    pub at: Timestamp,
}

/// A value that a write replaced and that a person may have put there. Never dropped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loss {
    /// The write that replaced it.
    pub operation: OperationId,
    /// Where.
    pub endpoints: Endpoints,
    /// The rule.
    pub rule: Name,
    /// The case.
    pub case: CaseId,
    /// The work item.
    pub work_item: WorkItemId,
    /// The row.
    pub row: String,
    /// What was there.
    pub lost: Value,
    /// What was written.
    pub written: Value,
    /// When.
    pub at: Timestamp,
}

/// One apply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// Its id.
    pub id: RunId,
    /// When it began.
    pub started_at: Timestamp,
    /// Digest of the manifests.
    pub config_digest: String,
    /// How many manifest files there were.
    pub files: u64,
    /// The plan it ran.
    pub plan_id: String,
    /// How it ended; `None` while it runs or if it was killed.
    pub outcome: Option<RunOutcome>,
}

/// How an apply ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RunOutcome {
    /// When.
    pub finished_at: Timestamp,
    /// The exit code.
    pub exit_code: u8,
    /// Operations that were carried out.
    pub applied: u64,
    /// Operations that failed or were skipped.
    pub failed: u64,
    /// The plan's conservation counts, as JSON.
    pub summary: serde_json::Value,
}

/// One line of the audit. Holds no values and no secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditEntry {
    /// When.
    pub at: Timestamp,
    /// The run.
    pub run: RunId,
    /// The rule; for a custom field its own name, for another configuration resource the connection that
    /// it belongs to.
    pub rule: Name,
    /// `created work item`, `updated case`, `linked`, `refused`, ...
    pub event: String,
    /// The case.
    pub case: Option<CaseId>,
    /// The work item.
    pub work_item: Option<WorkItemId>,
    /// Names of the rows that were written, or the server's reason.
    pub detail: String,
}

/// One line of the audit as it stands in the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditRow {
    /// Its number, from 1, without gaps.
    pub number: u64,
    /// The line.
    pub entry: AuditEntry,
    /// SHA-256 over the hash of the row before it and its own content, 64 hexadecimal digits.
    pub hash: String,
}

/// Whether the audit is as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AuditCheck {
    /// Every row follows from the one before it.
    Intact {
        /// How many rows there are.
        rows: u64,
        /// The newest row's hash; kept elsewhere, it proves later that nothing before it changed.
        head: Option<String>,
    },
    /// A row was changed, removed or put in.
    Broken {
        /// The first row that does not follow.
        number: u64,
        /// What is wrong with it.
        reason: String,
    },
}

impl Default for AuditCheck {
    /// The audit of an empty store.
    fn default() -> Self {
        Self::Intact {
            rows: 0,
            head: None,
        }
    }
}
