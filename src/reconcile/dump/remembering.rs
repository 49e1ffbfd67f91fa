//! Readers that ask for each thing once: what was looked at for the proposal is what it is proven against.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;

use crate::model::config::Connection;
use crate::model::{CaseId, SuiteId, WorkItem, WorkItemId, WorkItemType};
use crate::reconcile::connect::{Readers, Remotes, Validators, Writers};
use crate::reconcile::error::ReconcileError;
use crate::remote::{
    CaseListing, CaseRead, CaseScope, PathTree, ReadAzureDevOps, ReadTestWorthy, RemoteError,
    Section, Suite, TestWorthyCapabilities, WorkItemQuery,
};

/// TestWorthy, each listing read once.
pub(super) struct RememberedTestWorthy {
    inner: Arc<dyn ReadTestWorthy>,
    listings: Mutex<BTreeMap<CaseScope, CaseListing>>,
}

/// Azure DevOps, each type, query and work item read once.
pub(super) struct RememberedAzureDevOps {
    inner: Arc<dyn ReadAzureDevOps>,
    types: Mutex<BTreeMap<String, WorkItemType>>,
    queries: Mutex<Vec<(WorkItemQuery, Vec<WorkItemId>)>>,
    items: Mutex<BTreeMap<WorkItemId, Option<WorkItem>>>,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Both sides, remembered; whatever else there is to read stays as it is.
pub(super) fn remembered(mut readers: Readers) -> Readers {
    readers.testworthy = Arc::new(RememberedTestWorthy {
        inner: readers.testworthy,
        listings: Mutex::default(),
    });
    readers.azure_devops = Arc::new(RememberedAzureDevOps {
        inner: readers.azure_devops,
        types: Mutex::default(),
        queries: Mutex::default(),
        items: Mutex::default(),
    });
    readers
}

#[async_trait]
impl ReadTestWorthy for RememberedTestWorthy {
    fn capabilities(&self) -> TestWorthyCapabilities {
        self.inner.capabilities()
    }

    async fn check(&self, scope: CaseScope) -> Result<(), RemoteError> {
        self.inner.check(scope).await
    }

    async fn suites(&self) -> Result<Vec<Suite>, RemoteError> {
        self.inner.suites().await
    }

    async fn sections(&self, suite: SuiteId) -> Result<Vec<Section>, RemoteError> {
        self.inner.sections(suite).await
    }

    async fn cases(&self, scope: CaseScope) -> Result<CaseListing, RemoteError> {
        if let Some(known) = locked(&self.listings).get(&scope) {
            return Ok(known.clone());
        }
        let listing = self.inner.cases(scope).await?;
        locked(&self.listings).insert(scope, listing.clone());
        Ok(listing)
    }

    async fn case(&self, id: CaseId) -> Result<CaseRead, RemoteError> {
        self.inner.case(id).await
    }
}

#[async_trait]
impl ReadAzureDevOps for RememberedAzureDevOps {
    async fn check(&self) -> Result<(), RemoteError> {
        // Whoever reads has been let in.
        if locked(&self.types).is_empty() {
            return self.inner.check().await;
        }
        Ok(())
    }

    async fn work_item_type(&self, name: &str) -> Result<WorkItemType, RemoteError> {
        if let Some(known) = locked(&self.types).get(name) {
            return Ok(known.clone());
        }
        let found = self.inner.work_item_type(name).await?;
        locked(&self.types).insert(name.to_owned(), found.clone());
        Ok(found)
    }

    async fn query(&self, query: &WorkItemQuery) -> Result<Vec<WorkItemId>, RemoteError> {
        let known = locked(&self.queries)
            .iter()
            .find(|(known, _)| known == query)
            .map(|(_, ids)| ids.clone());
        if let Some(ids) = known {
            return Ok(ids);
        }
        let ids = self.inner.query(query).await?;
        locked(&self.queries).push((query.clone(), ids.clone()));
        Ok(ids)
    }

    async fn read(
        &self,
        ids: &[WorkItemId],
    ) -> Result<BTreeMap<WorkItemId, WorkItem>, RemoteError> {
        let unread: BTreeSet<WorkItemId> = {
            let items = locked(&self.items);
            ids.iter()
                .copied()
                .filter(|id| !items.contains_key(id))
                .collect()
        };
        let unread: Vec<WorkItemId> = unread.into_iter().collect();
        let mut read = if unread.is_empty() {
            BTreeMap::new()
        } else {
            self.inner.read(&unread).await?
        };
        let mut items = locked(&self.items);
        for id in unread {
            items.insert(id, read.remove(&id));
        }
        let found = ids
            .iter()
            .filter_map(|id| Some((*id, items.get(id)?.clone()?)));
        Ok(found.collect())
    }

    async fn find_by_hyperlink(
        &self,
        urls: &[String],
    ) -> Result<BTreeMap<String, Vec<WorkItemId>>, RemoteError> {
        self.inner.find_by_hyperlink(urls).await
    }

    async fn paths(&self, tree: PathTree) -> Result<Vec<String>, RemoteError> {
        self.inner.paths(tree).await
    }
}

/// The readers as planning takes them. There are no writers: a dump only reads.
pub(super) struct OnlyReaders(pub(super) Readers);

impl Remotes for OnlyReaders {
    fn readers(&self, _: &Connection) -> Result<Readers, ReconcileError> {
        Ok(self.0.clone())
    }

    fn validators(&self, _: &Connection) -> Result<Validators, ReconcileError> {
        Err(ReconcileError::Internal(
            "a dump asked for a test sync".to_owned(),
        ))
    }

    fn writers(&self, _: &Connection) -> Result<Writers, ReconcileError> {
        Err(ReconcileError::Internal(
            "a dump asked for writers".to_owned(),
        ))
    }
}
