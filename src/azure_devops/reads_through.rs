//! Whoever does more than read reads through a [`Reader`].

use std::collections::BTreeMap;

use async_trait::async_trait;

use super::reader::Reader;
use crate::model::{WorkItem, WorkItemId, WorkItemType};
use crate::remote::{PathTree, ReadAzureDevOps, RemoteError, WorkItemQuery};

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
}
