//! The pairing of one case with one work item, and what both held when they were last in accord.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{CaseId, LinkId, Name, Rev, Value, WorkItemId};

/// The two places that a link joins. Links belong to these and to ids, never to manifest names or
/// files, so renaming a rule or moving a file loses nothing.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Endpoints {
    /// Host and port of the TestWorthy server, lower case (case ids are global on a server).
    pub testworthy: String,
    /// Host and organisation in Azure DevOps, lower case: `dev.azure.com/contoso`.
    pub azure_devops: String,
}

/// One case and one work item that belong together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// Its id in the store.
    pub id: LinkId,
    /// Where both live.
    pub endpoints: Endpoints,
    /// The case.
    pub case: CaseId,
    /// The TestWorthy project of the case, once known.
    pub testworthy_project: Option<u64>,
    /// The work item.
    pub work_item: WorkItemId,
    /// The rule that last wrote it.
    pub rule: Name,
    /// Whether `AB#<work item>` stands in the case's references.
    pub case_mark: MarkState,
    /// Whether the marker and the tag stand on the work item.
    pub work_item_mark: MarkState,
    /// What both sides held when they were last in accord.
    pub base: Base,
    /// Whether the pair is kept in step.
    pub state: LinkState,
}

/// Whether a pair is kept in step.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum LinkState {
    /// It is.
    #[default]
    Active,
    /// Both items are deleted, or one is and the other was closed for it. Should one of them come back the
    /// pair goes on from its base.
    Ended,
    /// A person, or the rule's policy, parted them: neither item is matched or gets a counterpart until
    /// `accord link` joins it again.
    Unlinked,
}

/// Whether a marker has been written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum MarkState {
    /// Still to be written.
    Missing,
    /// Written, or found.
    Written,
    /// The server refused it; the link lives in the store and on the other side.
    Refused,
}

/// The common ancestor of a linked pair.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Base {
    /// Per row of the mapping, by the row's name. A row without an entry has no base yet.
    pub fields: BTreeMap<String, BaseField>,
    /// The work item's revision that the base was taken from.
    pub rev: Option<Rev>,
    /// When it was recorded.
    pub recorded_at: Option<Timestamp>,
}

/// The common ancestor of one row: what each side held, in that side's own values. A side has changed
/// only against its own value here; the two are never compared with each other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BaseField {
    /// What TestWorthy held.
    pub testworthy: Value,
    /// What Azure DevOps held.
    pub azure_devops: Value,
    /// Digest of the row's definition that produced it; a different one means that the mapping changed.
    pub row_digest: String,
}

/// Stands in the place of a digest, and is none: those are hexadecimal.
const UNDER_WAY: &str = "under-way";

impl BaseField {
    /// The base of a row whose Azure DevOps value takes several writes and has not arrived yet:
    /// `azure_devops` is where the writes so far brought it. There is no value of TestWorthy that went
    /// with it, so TestWorthy's side counts as changed whatever it holds, and the next plan goes on.
    pub fn under_way(azure_devops: Value) -> Self {
        Self {
            testworthy: Value::Null,
            azure_devops,
            row_digest: UNDER_WAY.to_owned(),
        }
    }

    /// Whether it was made by [`Self::under_way`].
    pub fn is_under_way(&self) -> bool {
        self.row_digest == UNDER_WAY
    }
}
