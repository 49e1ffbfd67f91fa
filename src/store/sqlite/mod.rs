//! The state in one SQLite file, for one machine.
//!
//! Calls run on tokio's blocking threads, so a slow disk never holds up the requests in flight. A
//! store that reads only (`plan`, `status`) creates nothing, changes nothing and answers empty where
//! there is no file.

mod database;
mod schema;
mod snapshot;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::{Connection, OpenFlags, TransactionBehavior};

use self::database::Sqlite;
use super::sql::{Backend, Database, Fault, blocking};
use super::{StoreError, folder};

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
        blocking(shown(&path), move || {
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
            let connection = open().map_err(|fault: Fault| fault.at(&shown(&path)))?;
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
        store.read(|_: &dyn Database| Ok(())).await?;
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
        let connection = open().map_err(|fault: Fault| fault.at(&shown(&path)))?;
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
}

impl Backend for SqliteStore {
    async fn read<T, F>(&self, call: F) -> Result<T, StoreError>
    where
        T: Default + Send + 'static,
        F: Fn(&dyn Database) -> Result<T, Fault> + Send + 'static,
    {
        let path = self.path.clone();
        let access = self.access.clone();
        unhurried(&self.path, move || {
            // One moment for all queries of the call.
            let at_once = |connection: &Connection| {
                let snapshot = connection.unchecked_transaction()?;
                call(&Sqlite(&snapshot))
            };
            let answer = match access {
                Access::Writer(connection) => {
                    at_once(&connection.lock().unwrap_or_else(PoisonError::into_inner))
                }
                Access::Reader => snapshot::read(&path, at_once).map(Option::unwrap_or_default),
            };
            answer.map_err(|fault| fault.at(&shown(&path)))
        })
        .await
    }

    async fn write<T, F>(&self, call: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: Fn(&dyn Database) -> Result<T, Fault> + Send + 'static,
    {
        let place = shown(&self.path);
        let Access::Writer(connection) = self.access.clone() else {
            let reason = "the state was opened for reading only".to_owned();
            return Err(Fault::Refused(reason).at(&place));
        };
        unhurried(&self.path, move || {
            // A transaction of a call that panicked was rolled back, so the connection is good.
            let mut connection = connection.lock().unwrap_or_else(PoisonError::into_inner);
            let mut transact = || {
                let transaction =
                    connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
                let answer = call(&Sqlite(&transaction))?;
                transaction.commit()?;
                Ok(answer)
            };
            transact().map_err(|fault: Fault| fault.at(&place))
        })
        .await
    }
}

/// What stands for the file of a state that has none.
const MEMORY: &str = ":memory:";

/// Runs `work` where it may block; at once where there is no disk to wait for.
async fn unhurried<T, F>(path: &Path, work: F) -> Result<T, StoreError>
where
    T: Send + 'static,
    F: FnOnce() -> Result<T, StoreError> + Send + 'static,
{
    if path.as_os_str() == MEMORY {
        return work();
    }
    blocking(shown(path), work).await
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}
