//! The port of the state over any database: every call is one closure in one transaction.

use async_trait::async_trait;
use jiff::Timestamp;

use super::write::Writer;
use super::{Database, Fault, check, learned, queue, read, write};
use crate::model::{
    CaseId, Conflict, ConflictId, Endpoints, Learned, Link, Name, OperationId, Repetitions, RunId,
    Take,
};
use crate::store::{
    AuditCheck, AuditRow, Intent, Loss, MadeField, PairsByRule, Quarantine, Record, Run,
    RunOutcome, Store, StoreError, Watermark,
};

/// A database that holds the state. Calls may block, so they run on threads where that is allowed.
pub(in crate::store) trait Backend: Send + Sync {
    /// Runs a reading call on one moment of the state; `T::default()` stands for an empty one.
    fn read<T, F>(&self, call: F) -> impl Future<Output = Result<T, StoreError>> + Send
    where
        T: Default + Send + 'static,
        F: Fn(&dyn Database) -> Result<T, Fault> + Send + 'static;

    /// Runs a writing call in one transaction: wholly or not at all. It may be run again from its
    /// beginning where another transaction was in its way.
    fn write<T, F>(&self, call: F) -> impl Future<Output = Result<T, StoreError>> + Send
    where
        T: Send + 'static,
        F: Fn(&dyn Database) -> Result<T, Fault> + Send + 'static;
}

/// Runs `work` where it may block. `place` is where the state is.
pub(in crate::store) async fn blocking<T, F>(place: String, work: F) -> Result<T, StoreError>
where
    T: Send + 'static,
    F: FnOnce() -> Result<T, StoreError> + Send + 'static,
{
    match tokio::task::spawn_blocking(work).await {
        Ok(outcome) => outcome,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(_) => Err(Fault::Refused("the program is stopping".to_owned()).at(&place)),
        },
    }
}

#[async_trait]
impl<B: Backend> Store for B {
    async fn links(&self, endpoints: &Endpoints) -> Result<Vec<Link>, StoreError> {
        let endpoints = endpoints.clone();
        self.read(move |database| read::links(database, &endpoints))
            .await
    }

    async fn pairs(&self, endpoints: &Endpoints) -> Result<PairsByRule, StoreError> {
        let endpoints = endpoints.clone();
        self.read(move |database| read::pairs(database, &endpoints))
            .await
    }

    async fn links_of(
        &self,
        endpoints: &Endpoints,
        cases: &[CaseId],
    ) -> Result<Vec<Link>, StoreError> {
        let (endpoints, cases) = (endpoints.clone(), cases.to_vec());
        self.read(move |database| read::links_of(database, &endpoints, &cases))
            .await
    }

    async fn open_intents(&self, endpoints: &Endpoints) -> Result<Vec<Intent>, StoreError> {
        let endpoints = endpoints.clone();
        self.read(move |database| read::open_intents(database, &endpoints))
            .await
    }

    async fn quarantine(&self, endpoints: &Endpoints) -> Result<Vec<Quarantine>, StoreError> {
        let endpoints = endpoints.clone();
        self.read(move |database| read::quarantine(database, &endpoints))
            .await
    }

    async fn losses(&self, limit: usize) -> Result<Vec<Loss>, StoreError> {
        self.read(move |database| read::losses(database, limit))
            .await
    }

    async fn loss_count(&self) -> Result<u64, StoreError> {
        self.read(read::loss_count).await
    }

    async fn runs(&self, limit: usize) -> Result<Vec<Run>, StoreError> {
        self.read(move |database| read::runs(database, limit)).await
    }

    async fn last_carried_out_run(&self) -> Result<Option<Run>, StoreError> {
        self.read(read::last_carried_out).await
    }

    async fn links_by_rule(&self) -> Result<Vec<(Name, u64)>, StoreError> {
        self.read(read::links_by_rule).await
    }

    async fn endpoints(&self) -> Result<Vec<Endpoints>, StoreError> {
        self.read(read::endpoints).await
    }

    async fn intent(&self, id: &OperationId) -> Result<Option<Intent>, StoreError> {
        let id = id.clone();
        self.read(move |database| read::intent(database, &id)).await
    }

    async fn audit(&self, limit: usize) -> Result<Vec<AuditRow>, StoreError> {
        self.read(move |database| read::audit(database, limit))
            .await
    }

    async fn verify_audit(&self) -> Result<AuditCheck, StoreError> {
        self.read(read::verify_audit).await
    }

    async fn made_fields(&self) -> Result<Vec<MadeField>, StoreError> {
        self.read(read::made_fields).await
    }

    async fn parted_links(&self, endpoints: &Endpoints) -> Result<Vec<Link>, StoreError> {
        let endpoints = endpoints.clone();
        self.read(move |database| read::parted_links(database, &endpoints))
            .await
    }

    async fn open_conflicts(&self, endpoints: &Endpoints) -> Result<Vec<Conflict>, StoreError> {
        let endpoints = endpoints.clone();
        self.read(move |database| queue::open(database, &endpoints))
            .await
    }

    async fn conflicts(&self, limit: usize) -> Result<Vec<Conflict>, StoreError> {
        self.read(move |database| queue::newest(database, limit))
            .await
    }

    async fn conflict(&self, id: ConflictId) -> Result<Option<Conflict>, StoreError> {
        self.read(move |database| queue::one(database, id)).await
    }

    async fn decide(
        &self,
        id: ConflictId,
        take: Option<Take>,
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        self.write(move |database| queue::decide(database, id, take, at))
            .await
    }

    async fn learned(&self, endpoints: &Endpoints) -> Result<Learned, StoreError> {
        let endpoints = endpoints.clone();
        self.read(move |database| learned::spellings(database, &endpoints))
            .await
    }

    async fn repetitions(&self, endpoints: &Endpoints) -> Result<Repetitions, StoreError> {
        let endpoints = endpoints.clone();
        self.read(move |database| learned::repetitions(database, &endpoints))
            .await
    }

    async fn watermark(
        &self,
        endpoints: &Endpoints,
        rule: &Name,
    ) -> Result<Option<Watermark>, StoreError> {
        let (endpoints, rule) = (endpoints.clone(), rule.clone());
        self.read(move |database| learned::watermark(database, &endpoints, &rule))
            .await
    }

    async fn put_watermark(
        &self,
        endpoints: &Endpoints,
        rule: &Name,
        watermark: Option<&Watermark>,
    ) -> Result<(), StoreError> {
        let (endpoints, rule) = (endpoints.clone(), rule.clone());
        let watermark = watermark.cloned();
        self.write(move |database| {
            let endpoints = Writer::new(database).endpoints(&endpoints)?;
            learned::put_watermark(database, endpoints, &rule, watermark.as_ref())
        })
        .await
    }

    async fn check(&self) -> Result<Vec<String>, StoreError> {
        self.read(check::check).await
    }

    async fn begin_run(&self, run: &Run) -> Result<(), StoreError> {
        let run = run.clone();
        self.write(move |database| write::begin_run(database, &run))
            .await
    }

    async fn finish_run(&self, id: &RunId, outcome: &RunOutcome) -> Result<(), StoreError> {
        let (id, outcome) = (id.clone(), outcome.clone());
        self.write(move |database| write::finish_run(database, &id, &outcome))
            .await
    }

    async fn prepare(&self, intents: &[Intent], losses: &[Loss]) -> Result<(), StoreError> {
        let (intents, losses) = (intents.to_vec(), losses.to_vec());
        self.write(move |database| Writer::new(database).prepare(&intents, &losses))
            .await
    }

    async fn record(&self, records: &[Record]) -> Result<(), StoreError> {
        let records = records.to_vec();
        self.write(move |database| Writer::new(database).record(&records))
            .await
    }

    async fn forget_rules(&self, known: &[Name]) -> Result<u64, StoreError> {
        let known = known.to_vec();
        self.write(move |database| write::forget_rules(database, &known))
            .await
    }

    async fn forget_fields(&self, fields: &[MadeField]) -> Result<(), StoreError> {
        let fields = fields.to_vec();
        self.write(move |database| write::forget_fields(database, &fields))
            .await
    }
}
