//! What Accord asks of Azure DevOps.

use std::collections::BTreeMap;

use async_trait::async_trait;

use super::{PathTree, RemoteError};
use crate::model::{Marker, Rev, Value, WorkItem, WorkItemId, WorkItemType};

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
