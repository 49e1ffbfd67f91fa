//! What Accord asks of Azure DevOps.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;

use super::{PathTree, RemoteError, RemoteErrorKind};
use crate::model::{ClockOffset, Marker, Rev, System, Value, WorkItem, WorkItemId, WorkItemType};

/// Which work items to list. Every condition must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WorkItemQuery {
    /// `System.WorkItemType`.
    pub work_item_type: String,
    /// At or under this area.
    pub area_path: Option<String>,
    /// At or under this iteration.
    pub iteration_path: Option<String>,
    /// Carrying this tag.
    pub tag: Option<String>,
    /// Only these; empty means all.
    pub ids: Vec<WorkItemId>,
    /// A WIQL condition from the manifest, put in parentheses.
    pub wiql: Option<String>,
}

/// Reading from one Azure DevOps project.
#[async_trait]
pub trait ReadAzureDevOps: Send + Sync {
    /// Checks that the credential works and the project exists (two requests at most).
    async fn check(&self) -> Result<(), RemoteError>;

    /// A work item type of the project with its fields, allowed values and states.
    /// [`super::RemoteErrorKind::NotFound`] if the project has no such type.
    async fn work_item_type(&self, name: &str) -> Result<WorkItemType, RemoteError>;

    /// Ids of the matching work items, ascending; one request per 20,000.
    async fn query(&self, query: &WorkItemQuery) -> Result<Vec<WorkItemId>, RemoteError>;

    /// Reads work items with all fields and relations, one request per 200 ids. An id that is absent
    /// from the result does not exist, is deleted, or may not be seen.
    async fn read(&self, ids: &[WorkItemId])
    -> Result<BTreeMap<WorkItemId, WorkItem>, RemoteError>;

    /// The work items that carry a hyperlink to each address, one request per 200 addresses.
    /// Addresses that nothing links to are left out.
    async fn find_by_hyperlink(
        &self,
        urls: &[String],
    ) -> Result<BTreeMap<String, Vec<WorkItemId>>, RemoteError>;

    /// Every path of a tree as fields hold it (`Web Shop\\QA`), a parent before its children; one
    /// request.
    async fn paths(&self, tree: PathTree) -> Result<Vec<String>, RemoteError>;

    /// Every work item of the organisation that changed behind a place in the feed of revisions, each with
    /// its newest revision (Microsoft Learn, Reporting Work Item Revisions). One request per page.
    /// [`super::RemoteErrorKind::Rejected`] if the server no longer takes the place.
    async fn changes(&self, since: &FeedPlace) -> Result<Changes, RemoteError> {
        let _ = since;
        Err(not_offered("the feed of revisions"))
    }

    /// Which of these are in the recycle bin; one request per 200 ids.
    async fn in_recycle_bin(
        &self,
        ids: &[WorkItemId],
    ) -> Result<BTreeSet<WorkItemId>, RemoteError> {
        let _ = ids;
        Err(not_offered("the recycle bin"))
    }

    /// A work item as it was at a revision; `None` if it has none of that number or cannot be read.
    async fn revision(&self, id: WorkItemId, rev: Rev) -> Result<Option<WorkItem>, RemoteError> {
        let _ = (id, rev);
        Err(not_offered("revisions"))
    }

    /// How far the server's clock is from ours, as its last answers said; `None` before the first one.
    fn clock(&self) -> Option<ClockOffset> {
        None
    }
}

fn not_offered(operation: &str) -> RemoteError {
    RemoteError {
        system: System::AzureDevOps,
        kind: RemoteErrorKind::Unsupported {
            operation: operation.to_owned(),
        },
        request: None,
    }
}

/// A place in the feed of revisions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FeedPlace {
    /// Just before now: nothing is asked for but where the feed stands.
    Now,
    /// Where an earlier answer ended; opaque.
    Token(String),
}

/// What changed behind a place in the feed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// The work items.
    pub items: BTreeMap<WorkItemId, Changed>,
    /// Where the feed ended.
    pub token: String,
}

/// The newest revision of a work item in the feed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Changed {
    /// Its number.
    pub rev: Rev,
    /// Whether the work item is deleted.
    pub deleted: bool,
}

/// Writing to one Azure DevOps project.
#[async_trait]
pub trait WriteAzureDevOps: ReadAzureDevOps {
    /// How many of these writes, from the first on, fit into one request; at least one, at most 200.
    fn fit(&self, writes: &[WorkItemWrite]) -> usize;

    /// Sends at most 200 writes in one `$batch` request, which is sent once and never repeated here.
    /// One outcome per write, in order. `Err` means that the request as a whole got no usable answer;
    /// whether it was carried out is then unknown unless the error says that it was not sent.
    async fn write(&self, writes: &[WorkItemWrite]) -> Result<Vec<WriteOutcome>, RemoteError>;

    /// Puts a work item into the recycle bin, from which it can be restored. Sent once.
    async fn recycle(&self, id: WorkItemId) -> Result<(), RemoteError> {
        let _ = id;
        Err(not_offered("putting a work item into the recycle bin"))
    }

    /// Takes a work item out of the recycle bin. Sent once.
    async fn restore(&self, id: WorkItemId) -> Result<(), RemoteError> {
        let _ = id;
        Err(not_offered("restoring a work item"))
    }
}

/// One write to a work item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WorkItemWrite {
    /// A new one.
    Create(WorkItemDraft),
    /// A change, guarded by the revision it was planned against.
    Update {
        /// The item.
        id: WorkItemId,
        /// Refused by the server if the item is not at this revision.
        rev: Rev,
        /// The change.
        patch: WorkItemPatch,
    },
}

/// A work item to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkItemDraft {
    /// For example `Test Case`.
    pub work_item_type: String,
    /// Values by reference name, `System.Tags` left out.
    pub fields: BTreeMap<String, Value>,
    /// The whole tag list, Accord's own included.
    pub tags: Vec<String>,
    /// Carried in the same write as the create.
    pub marker: Marker,
}

/// A change of a work item.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WorkItemPatch {
    /// New values by reference name; `Null` clears. `System.Tags` left out.
    pub fields: BTreeMap<String, Value>,
    /// The whole new tag list, if tags change.
    pub tags: Option<Vec<String>>,
    /// A marker to add.
    pub add_marker: Option<Marker>,
}

impl WorkItemPatch {
    /// Whether it changes nothing.
    pub fn is_empty(&self) -> bool {
        self.fields.is_empty() && self.tags.is_none() && self.add_marker.is_none()
    }
}

/// What became of one write.
#[derive(Clone, Debug)]
pub enum WriteOutcome {
    /// Carried out; the server's own answer.
    Applied(Box<WorkItem>),
    /// The item is not at the planned revision (412, 409); nothing was written.
    Stale(RemoteError),
    /// Refused for good; nothing was written.
    Rejected(RemoteError),
    /// Not carried out because a neighbour failed or the service was busy; may be sent again.
    NotRun(RemoteError),
}
