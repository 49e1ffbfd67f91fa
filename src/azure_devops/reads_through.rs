//! Whoever does more than read reads through a [`Reader`].

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;

use super::reader::Reader;
use crate::model::{ClockOffset, Rev, WorkItem, WorkItemId, WorkItemType};
use crate::remote::{Changes, FeedPlace, PathTree, ReadAzureDevOps, RemoteError, WorkItemQuery};

/// Something with a reader of its own.
pub(super) trait ReadsThrough: Send + Sync {
    /// The reader.
    fn reader(&self) -> &Reader;
}

#[async_trait]
impl<T: ReadsThrough> ReadAzureDevOps for T {
    async fn check(&self) -> Result<(), RemoteError> {
        self.reader().check().await
    }

    async fn work_item_type(&self, name: &str) -> Result<WorkItemType, RemoteError> {
        self.reader().work_item_type(name).await
    }

    async fn query(&self, query: &WorkItemQuery) -> Result<Vec<WorkItemId>, RemoteError> {
        self.reader().query(query).await
    }

    async fn read(
        &self,
        ids: &[WorkItemId],
    ) -> Result<BTreeMap<WorkItemId, WorkItem>, RemoteError> {
        self.reader().read(ids).await
    }

    async fn find_by_hyperlink(
        &self,
        urls: &[String],
    ) -> Result<BTreeMap<String, Vec<WorkItemId>>, RemoteError> {
        self.reader().find_by_hyperlink(urls).await
    }

    async fn paths(&self, tree: PathTree) -> Result<Vec<String>, RemoteError> {
        self.reader().paths(tree).await
    }

    async fn changes(&self, since: &FeedPlace) -> Result<Changes, RemoteError> {
        self.reader().changes(since).await
    }

    async fn in_recycle_bin(
        &self,
        ids: &[WorkItemId],
    ) -> Result<BTreeSet<WorkItemId>, RemoteError> {
        self.reader().in_recycle_bin(ids).await
    }

    async fn revision(&self, id: WorkItemId, rev: Rev) -> Result<Option<WorkItem>, RemoteError> {
        self.reader().revision(id, rev).await
    }

    fn clock(&self) -> Option<ClockOffset> {
        self.reader().clock()
    }
}
