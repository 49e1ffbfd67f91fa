//! The state in one SQLite file, for one machine.
//!
//! Calls run on tokio's blocking threads, so a slow disk never holds up the requests in flight. A
//! store that reads only (`plan`, `status`) creates nothing, changes nothing and answers empty where
//! there is no file.

mod check;
mod fault;
mod learned;
mod queue;
mod read;
mod schema;
mod snapshot;
mod write;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use jiff::Timestamp;
use rusqlite::{Connection, OpenFlags, TransactionBehavior};

use self::fault::Fault;
use self::write::Writer;
use super::{
    AuditCheck, AuditRow, Intent, Loss, MadeField, PairsByRule, Quarantine, Record, Run,
    RunOutcome, Store, StoreError, Watermark, folder,
};
use crate::model::{
    CaseId, Conflict, ConflictId, Endpoints, Learned, Link, Name, OperationId, Repetitions, RunId,
    Take,
};

/// The state in one SQLite file.
#[derive(Clone, Debug)]
pub struct SqliteStore {
    path: PathBuf,
    access: Access,
}

#[derive(Clone, Debug)]
enum Access {
    /// One connection for reads and writes; its transactions stand in line.
    Writer(Arc<Mutex<Connection>>),
    /// A connection per call, see [`snapshot`].
    Reader,
}

impl SqliteStore {
    /// Opens the state for an apply: makes the file and its folder if there is none and brings an
    /// older format to the present one. Take the [`super::RunLock`] first.
    ///
    /// Errors: [`StoreError::TooNew`]; [`StoreError::Backend`] for a file that is damaged, another
    /// program's, or not to be opened.
    pub async fn open(path: impl Into<PathBuf>) -> Result<Self, StoreError> {
        let path = path.into();
        blocking(path.clone(), move || {
            folder::create_for(&path)?;
            folder::create_private(&path)?;
            let open = || {
                let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
                let mut connection = Connection::open_with_flags(&path, flags)?;
                schema::configure(&connection)?;
                // Before anything is written: not into a file that is not ours.
                schema::format(&connection, schema::MIGRATIONS.len())?;
                schema::configure_writer(&connection)?;
                schema::migrate(&mut connection, schema::MIGRATIONS)?;
                Ok(connection)
            };
            let connection = open().map_err(|fault: Fault| fault.at(&path))?;
            Ok(Self::writer(path, connection))
        })
        .await
    }

    /// Looks at the state without ever creating or changing it. Where there is no file the store is
    /// empty; one that appears later is read. Every writing call fails.
    ///
    /// A file of an older format is read as the present one. Errors: as [`SqliteStore::open`].
    pub async fn open_read_only(path: impl Into<PathBuf>) -> Result<Self, StoreError> {
        let store = Self {
            path: path.into(),
            access: Access::Reader,
        };
        // Says now what would be wrong with every read.
        store.read(|_| Ok(())).await?;
        Ok(store)
    }

    /// A state that ends with this value, for tests and simulations.
    pub fn in_memory() -> Result<Self, StoreError> {
        let path = PathBuf::from(MEMORY);
        let open = || {
            let mut connection = Connection::open_in_memory()?;
            schema::configure(&connection)?;
            schema::migrate(&mut connection, schema::MIGRATIONS)?;
            Ok(connection)
        };
        let connection = open().map_err(|fault: Fault| fault.at(&path))?;
        Ok(Self::writer(path, connection))
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn writer(path: PathBuf, connection: Connection) -> Self {
        Self {
            path,
            access: Access::Writer(Arc::new(Mutex::new(connection))),
        }
    }

    /// Runs a reading call; `T::default()` stands for an empty state.
    async fn read<T, F>(&self, call: F) -> Result<T, StoreError>
    where
        T: Default + Send + 'static,
        F: Fn(&Connection) -> Result<T, Fault> + Send + 'static,
    {
        let path = self.path.clone();
        let access = self.access.clone();
        blocking(self.path.clone(), move || {
            let answer = match access {
                Access::Writer(connection) => {
                    call(&connection.lock().unwrap_or_else(PoisonError::into_inner))
                }
                Access::Reader => snapshot::read(&path, call).map(Option::unwrap_or_default),
            };
            answer.map_err(|fault| fault.at(&path))
        })
        .await
    }

    /// Runs a writing call in one transaction: wholly or not at all.
    async fn write<T, F>(&self, call: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, Fault> + Send + 'static,
    {
        let path = self.path.clone();
        let Access::Writer(connection) = self.access.clone() else {
            let reason = "the state was opened for reading only".to_owned();
            return Err(Fault::Refused(reason).at(&path));
        };
        blocking(self.path.clone(), move || {
            // A transaction of a call that panicked was rolled back, so the connection is good.
            let mut connection = connection.lock().unwrap_or_else(PoisonError::into_inner);
            let transact = || {
                let transaction =
                    connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
                let answer = call(&transaction)?;
                transaction.commit()?;
                Ok(answer)
            };
            transact().map_err(|fault: Fault| fault.at(&path))
        })
        .await
    }
}

/// What stands for the file of a state that has none.
const MEMORY: &str = ":memory:";

/// Runs `work` where it may block; at once where there is no disk to wait for.
async fn blocking<T, F>(path: PathBuf, work: F) -> Result<T, StoreError>
where
    T: Send + 'static,
    F: FnOnce() -> Result<T, StoreError> + Send + 'static,
{
    if path.as_os_str() == MEMORY {
        return work();
    }
    match tokio::task::spawn_blocking(work).await {
        Ok(outcome) => outcome,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(_) => Err(Fault::Refused("the program is stopping".to_owned()).at(&path)),
        },
    }
}

#[async_trait]
impl Store for SqliteStore {
    async fn links(&self, endpoints: &Endpoints) -> Result<Vec<Link>, StoreError> {
        let endpoints = endpoints.clone();
        self.read(move |connection| read::links(connection, &endpoints))
            .await
    }

    async fn pairs(&self, endpoints: &Endpoints) -> Result<PairsByRule, StoreError> {
        let endpoints = endpoints.clone();
        self.read(move |connection| read::pairs(connection, &endpoints))
            .await
    }

    async fn links_of(
        &self,
        endpoints: &Endpoints,
        cases: &[CaseId],
    ) -> Result<Vec<Link>, StoreError> {
        let (endpoints, cases) = (endpoints.clone(), cases.to_vec());
        self.read(move |connection| read::links_of(connection, &endpoints, &cases))
            .await
    }

    async fn open_intents(&self, endpoints: &Endpoints) -> Result<Vec<Intent>, StoreError> {
        let endpoints = endpoints.clone();
        self.read(move |connection| read::open_intents(connection, &endpoints))
            .await
    }

    async fn quarantine(&self, endpoints: &Endpoints) -> Result<Vec<Quarantine>, StoreError> {
        let endpoints = endpoints.clone();
        self.read(move |connection| read::quarantine(connection, &endpoints))
            .await
    }

    async fn losses(&self, limit: usize) -> Result<Vec<Loss>, StoreError> {
        self.read(move |connection| read::losses(connection, limit))
            .await
    }

    async fn loss_count(&self) -> Result<u64, StoreError> {
        self.read(read::loss_count).await
    }

    async fn runs(&self, limit: usize) -> Result<Vec<Run>, StoreError> {
        self.read(move |connection| read::runs(connection, limit))
            .await
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
        self.read(move |connection| read::intent(connection, &id))
            .await
    }

    async fn audit(&self, limit: usize) -> Result<Vec<AuditRow>, StoreError> {
        self.read(move |connection| read::audit(connection, limit))
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
        self.read(move |connection| read::parted_links(connection, &endpoints))
            .await
    }

    async fn open_conflicts(&self, endpoints: &Endpoints) -> Result<Vec<Conflict>, StoreError> {
        let endpoints = endpoints.clone();
        self.read(move |connection| queue::open(connection, &endpoints))
            .await
    }

    async fn conflicts(&self, limit: usize) -> Result<Vec<Conflict>, StoreError> {
        self.read(move |connection| queue::newest(connection, limit))
            .await
    }

    async fn conflict(&self, id: ConflictId) -> Result<Option<Conflict>, StoreError> {
        self.read(move |connection| queue::one(connection, id))
            .await
    }

    async fn decide(
        &self,
        id: ConflictId,
        take: Option<Take>,
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        self.write(move |transaction| queue::decide(transaction, id, take, at))
            .await
    }

    async fn learned(&self, endpoints: &Endpoints) -> Result<Learned, StoreError> {
        let endpoints = endpoints.clone();
        self.read(move |connection| learned::spellings(connection, &endpoints))
            .await
    }

    async fn repetitions(&self, endpoints: &Endpoints) -> Result<Repetitions, StoreError> {
        let endpoints = endpoints.clone();
        self.read(move |connection| learned::repetitions(connection, &endpoints))
            .await
    }

    async fn watermark(
        &self,
        endpoints: &Endpoints,
        rule: &Name,
    ) -> Result<Option<Watermark>, StoreError> {
        let (endpoints, rule) = (endpoints.clone(), rule.clone());
        self.read(move |connection| learned::watermark(connection, &endpoints, &rule))
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
        self.write(move |transaction| {
            let endpoints = Writer::new(transaction).endpoints(&endpoints)?;
            learned::put_watermark(transaction, endpoints, &rule, watermark.as_ref())
        })
        .await
    }

    async fn check(&self) -> Result<Vec<String>, StoreError> {
        self.read(check::check).await
    }

    async fn begin_run(&self, run: &Run) -> Result<(), StoreError> {
        let run = run.clone();
        self.write(move |transaction| write::begin_run(transaction, &run))
            .await
    }

    async fn finish_run(&self, id: &RunId, outcome: &RunOutcome) -> Result<(), StoreError> {
        let (id, outcome) = (id.clone(), outcome.clone());
        self.write(move |transaction| write::finish_run(transaction, &id, &outcome))
            .await
    }

    async fn prepare(&self, intents: &[Intent], losses: &[Loss]) -> Result<(), StoreError> {
        let (intents, losses) = (intents.to_vec(), losses.to_vec());
        self.write(move |transaction| Writer::new(transaction).prepare(&intents, &losses))
            .await
    }

    async fn record(&self, records: &[Record]) -> Result<(), StoreError> {
        let records = records.to_vec();
        self.write(move |transaction| Writer::new(transaction).record(&records))
            .await
    }

    async fn forget_rules(&self, known: &[Name]) -> Result<u64, StoreError> {
        let known = known.to_vec();
        self.write(move |transaction| write::forget_rules(transaction, &known))
            .await
    }

    async fn forget_fields(&self, fields: &[MadeField]) -> Result<(), StoreError> {
        let fields = fields.to_vec();
        self.write(move |transaction| write::forget_fields(transaction, &fields))
            .await
    }
}
