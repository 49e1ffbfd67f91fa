//! What the store keeps besides links.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::model::{CaseId, Endpoints, Link, Name, OperationId, RunId, Value, WorkItemId};

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
    /// What became of it.
    pub outcome: Option<IntentOutcome>,
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
            (IntentKind::CreateWorkItem | IntentKind::UpdateCase, Some(case), _)
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

/// An item that a server refused. It is tried again when what would be sent changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quarantine {
    /// Where.
    pub endpoints: Endpoints,
    /// The source item's address without the rule: `case/ID` or `workItem/ID`.
    pub key: String,
    /// The rule.
    pub rule: Name,
    /// Digest of what was sent.
    pub payload_digest: String,
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
