//! Systems that die at a chosen call: before it is made, or after it was carried out and before its
//! answer arrives. Dropping the run at that point is what a kill of the process leaves behind.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use accord::model::config::Connection;
use accord::model::{
    Case, CaseId, ClockOffset, Rev, SectionId, SuiteId, WorkItem, WorkItemId, WorkItemType,
};
use accord::reconcile::{HttpRemotes, Readers, ReconcileError, Remotes, Validators, Writers};
use accord::remote::{
    CaseDraft, CaseListing, CasePatch, CaseRead, CaseScope, Changes, Control, FeedPlace,
    FieldDraft, FormGroup, IntegrationSettings, NewGroup, OrganizationField, PathTree, Picklist,
    PicklistName, Process, ProcessType, ReadAzureDevOps, ReadProcess, ReadTestWorthy, RemoteError,
    Section, Suite, TestWorthyCapabilities, WorkItemQuery, WorkItemWrite, WriteAzureDevOps,
    WriteOutcome, WriteProcess, WriteTestWorthy,
};
use async_trait::async_trait;
use tokio::sync::Notify;

/// When the process dies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Moment {
    /// The call is not made.
    Before,
    /// The call is carried out, its answer never arrives.
    After,
}

/// Where the process dies.
pub(crate) struct Death {
    at: usize,
    moment: Moment,
    calls: AtomicUsize,
    pub(crate) died: Notify,
    /// Counts calls of this name only, where there is one.
    only: Option<&'static str>,
    /// Happens in its place: the run goes on.
    instead: Option<Box<dyn Fn() + Send + Sync>>,
}

impl Death {
    /// Nobody dies: behind the call, `meddle` happens.
    pub(crate) fn meddling(at: usize, meddle: impl Fn() + Send + Sync + 'static) -> Arc<Self> {
        Arc::new(Self {
            at,
            moment: Moment::After,
            calls: AtomicUsize::new(0),
            died: Notify::new(),
            only: None,
            instead: Some(Box::new(meddle)),
        })
    }

    /// The `at`th call of a name.
    pub(crate) fn at_call(only: &'static str, at: usize, moment: Moment) -> Arc<Self> {
        Arc::new(Self {
            at,
            moment,
            calls: AtomicUsize::new(0),
            died: Notify::new(),
            only: Some(only),
            instead: None,
        })
    }

    /// Nobody dies: around the `at`th call of a name, `meddle` happens.
    pub(crate) fn meddling_at(
        only: &'static str,
        (at, moment): (usize, Moment),
        meddle: impl Fn() + Send + Sync + 'static,
    ) -> Arc<Self> {
        Arc::new(Self {
            at,
            moment,
            calls: AtomicUsize::new(0),
            died: Notify::new(),
            only: Some(only),
            instead: Some(Box::new(meddle)),
        })
    }

    pub(crate) fn new(at: usize, moment: Moment) -> Arc<Self> {
        Arc::new(Self {
            at,
            moment,
            calls: AtomicUsize::new(0),
            died: Notify::new(),
            only: None,
            instead: None,
        })
    }

    /// Calls that were made.
    pub(crate) fn calls(&self) -> usize {
        self.calls.load(Ordering::SeqCst)
    }

    async fn around<T>(&self, call: impl Future<Output = T>) -> T {
        self.around_call("", call).await
    }

    async fn around_call<T>(&self, name: &'static str, call: impl Future<Output = T>) -> T {
        if self.only.is_some_and(|only| only != name) {
            return call.await;
        }
        let number = self.calls.fetch_add(1, Ordering::SeqCst);
        if number == self.at && self.moment == Moment::Before {
            self.die().await;
        }
        let answer = call.await;
        if number == self.at && self.moment == Moment::After {
            self.die().await;
        }
        answer
    }

    async fn die(&self) {
        if let Some(meddle) = &self.instead {
            return meddle();
        }
        self.died.notify_one();
        std::future::pending::<()>().await;
    }
}

/// The sandbox's clients with a death among their calls.
pub(crate) struct Dying {
    pub(crate) inner: HttpRemotes,
    pub(crate) death: Arc<Death>,
}

impl Remotes for Dying {
    fn readers(&self, connection: &Connection) -> Result<Readers, ReconcileError> {
        let Writers {
            testworthy,
            azure_devops,
            process,
        } = self.writers(connection)?;
        Ok(Readers {
            testworthy,
            azure_devops,
            process,
        })
    }

    fn validators(&self, connection: &Connection) -> Result<Validators, ReconcileError> {
        self.inner.validators(connection)
    }

    fn writers(&self, connection: &Connection) -> Result<Writers, ReconcileError> {
        let inner = self.inner.writers(connection)?;
        Ok(Writers {
            testworthy: Arc::new(TestWorthy(inner.testworthy, self.death.clone())),
            azure_devops: Arc::new(AzureDevOps(inner.azure_devops, self.death.clone())),
            process: Arc::new(ProcessOf(inner.process, self.death.clone())),
        })
    }
}

struct TestWorthy(Arc<dyn WriteTestWorthy>, Arc<Death>);

#[async_trait]
impl ReadTestWorthy for TestWorthy {
    fn capabilities(&self) -> TestWorthyCapabilities {
        self.0.capabilities()
    }

    async fn check(&self, scope: CaseScope) -> Result<(), RemoteError> {
        self.1.around(self.0.check(scope)).await
    }

    async fn suites(&self) -> Result<Vec<Suite>, RemoteError> {
        self.1.around(self.0.suites()).await
    }

    async fn sections(&self, suite: SuiteId) -> Result<Vec<Section>, RemoteError> {
        self.1.around(self.0.sections(suite)).await
    }

    async fn cases(&self, scope: CaseScope) -> Result<CaseListing, RemoteError> {
        self.1.around(self.0.cases(scope)).await
    }

    async fn case(&self, id: CaseId) -> Result<CaseRead, RemoteError> {
        self.1.around(self.0.case(id)).await
    }

    async fn integrations(&self) -> Result<Vec<IntegrationSettings>, RemoteError> {
        self.1.around(self.0.integrations()).await
    }

    fn clock(&self) -> Option<ClockOffset> {
        self.0.clock()
    }
}

#[async_trait]
impl WriteTestWorthy for TestWorthy {
    async fn create_case(&self, draft: &CaseDraft) -> Result<Case, RemoteError> {
        self.1
            .around_call("create_case", self.0.create_case(draft))
            .await
    }

    async fn update_case(&self, id: CaseId, patch: &CasePatch) -> Result<Case, RemoteError> {
        self.1
            .around_call("update_case", self.0.update_case(id, patch))
            .await
    }

    async fn ensure_section(
        &self,
        suite: SuiteId,
        path: &[String],
    ) -> Result<SectionId, RemoteError> {
        self.1.around(self.0.ensure_section(suite, path)).await
    }

    async fn put_integration(&self, settings: &IntegrationSettings) -> Result<(), RemoteError> {
        self.1.around(self.0.put_integration(settings)).await
    }
}

struct AzureDevOps(Arc<dyn WriteAzureDevOps>, Arc<Death>);

#[async_trait]
impl ReadAzureDevOps for AzureDevOps {
    async fn check(&self) -> Result<(), RemoteError> {
        self.1.around(self.0.check()).await
    }

    async fn work_item_type(&self, name: &str) -> Result<WorkItemType, RemoteError> {
        self.1.around(self.0.work_item_type(name)).await
    }

    async fn query(&self, query: &WorkItemQuery) -> Result<Vec<WorkItemId>, RemoteError> {
        self.1.around(self.0.query(query)).await
    }

    async fn read(
        &self,
        ids: &[WorkItemId],
    ) -> Result<BTreeMap<WorkItemId, WorkItem>, RemoteError> {
        self.1.around(self.0.read(ids)).await
    }

    async fn find_by_hyperlink(
        &self,
        urls: &[String],
    ) -> Result<BTreeMap<String, Vec<WorkItemId>>, RemoteError> {
        self.1.around(self.0.find_by_hyperlink(urls)).await
    }

    async fn paths(&self, tree: PathTree) -> Result<Vec<String>, RemoteError> {
        self.1.around(self.0.paths(tree)).await
    }

    async fn changes(&self, since: &FeedPlace) -> Result<Changes, RemoteError> {
        self.1.around(self.0.changes(since)).await
    }

    async fn in_recycle_bin(
        &self,
        ids: &[WorkItemId],
    ) -> Result<BTreeSet<WorkItemId>, RemoteError> {
        self.1.around(self.0.in_recycle_bin(ids)).await
    }

    async fn revision(&self, id: WorkItemId, rev: Rev) -> Result<Option<WorkItem>, RemoteError> {
        let call = self.0.revision(id, rev);
        self.1.around_call("revision", call).await
    }

    fn clock(&self) -> Option<ClockOffset> {
        self.0.clock()
    }
}

#[async_trait]
impl WriteAzureDevOps for AzureDevOps {
    fn fit(&self, writes: &[WorkItemWrite]) -> usize {
        self.0.fit(writes)
    }

    async fn write(&self, writes: &[WorkItemWrite]) -> Result<Vec<WriteOutcome>, RemoteError> {
        self.1.around_call("write", self.0.write(writes)).await
    }

    async fn recycle(&self, id: WorkItemId) -> Result<(), RemoteError> {
        self.1.around_call("recycle", self.0.recycle(id)).await
    }

    async fn restore(&self, id: WorkItemId) -> Result<(), RemoteError> {
        self.1.around_call("restore", self.0.restore(id)).await
    }
}

struct ProcessOf(Arc<dyn WriteProcess>, Arc<Death>);

#[async_trait]
impl ReadProcess for ProcessOf {
    async fn process(&self) -> Result<Process, RemoteError> {
        self.1.around(self.0.process()).await
    }

    async fn organization_fields(&self) -> Result<Vec<OrganizationField>, RemoteError> {
        self.1.around(self.0.organization_fields()).await
    }

    async fn process_types(&self, process: &str) -> Result<Vec<ProcessType>, RemoteError> {
        self.1.around(self.0.process_types(process)).await
    }

    async fn type_fields(
        &self,
        process: &str,
        work_item_type: &str,
    ) -> Result<BTreeSet<String>, RemoteError> {
        let call = self.0.type_fields(process, work_item_type);
        self.1.around(call).await
    }

    async fn picklists(&self) -> Result<Vec<PicklistName>, RemoteError> {
        self.1.around(self.0.picklists()).await
    }

    async fn picklist(&self, id: &str) -> Result<Picklist, RemoteError> {
        self.1.around(self.0.picklist(id)).await
    }
}

#[async_trait]
impl WriteProcess for ProcessOf {
    async fn create_picklist(&self, picklist: &Picklist) -> Result<Picklist, RemoteError> {
        self.1.around(self.0.create_picklist(picklist)).await
    }

    async fn replace_picklist(&self, picklist: &Picklist) -> Result<Picklist, RemoteError> {
        self.1.around(self.0.replace_picklist(picklist)).await
    }

    async fn create_field(&self, field: &FieldDraft) -> Result<OrganizationField, RemoteError> {
        self.1.around(self.0.create_field(field)).await
    }

    async fn derive_type(
        &self,
        process: &str,
        system_type: &ProcessType,
    ) -> Result<String, RemoteError> {
        let call = self.0.derive_type(process, system_type);
        self.1.around(call).await
    }

    async fn add_type_field(
        &self,
        process: &str,
        work_item_type: &str,
        field: &str,
    ) -> Result<String, RemoteError> {
        let call = self.0.add_type_field(process, work_item_type, field);
        self.1.around(call).await
    }

    async fn add_control(
        &self,
        process: &str,
        work_item_type: &str,
        group: &str,
        control: &Control,
    ) -> Result<Control, RemoteError> {
        let call = self.0.add_control(process, work_item_type, group, control);
        self.1.around(call).await
    }

    async fn add_group(
        &self,
        process: &str,
        work_item_type: &str,
        group: &NewGroup,
        control: &Control,
    ) -> Result<FormGroup, RemoteError> {
        let call = self.0.add_group(process, work_item_type, group, control);
        self.1.around(call).await
    }
}
