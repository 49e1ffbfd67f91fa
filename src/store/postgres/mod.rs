//! The state in a PostgreSQL database, shared by machines.
//!
//! Calls run on tokio's blocking threads. Whoever writes holds the [`PostgresLease`], and every writing
//! transaction shows it first. A store that reads only (`plan`, `status`) creates nothing, changes
//! nothing, and answers empty where there is no schema.

mod address;
mod connection;
mod lease;
mod schema;
mod tls;

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

pub use self::address::PostgresAddress;
use self::connection::Connection;
use self::lease::Fence;
pub use self::lease::{LEASE_TIME, PostgresLease};
use self::schema::{Format, MIGRATIONS};
use super::StoreError;
use super::sql::{Backend, Database, Fault, blocking};

/// A transaction that others were in the way of is run again at most this often.
const ATTEMPTS: u32 = 8;

/// The state in one schema of a PostgreSQL database.
#[derive(Clone)]
pub struct PostgresStore {
    shared: Arc<Shared>,
}

struct Shared {
    address: PostgresAddress,
    /// `None` before the first call, and after a connection broke.
    connection: Mutex<Option<Connection>>,
    /// `None` reads only.
    fence: Option<Fence>,
    /// Whether the schema is known to have the newest format.
    current: AtomicBool,
}

impl fmt::Debug for PostgresStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresStore")
            .field("address", &self.shared.address)
            .field("writes", &self.shared.fence.is_some())
            .finish_non_exhaustive()
    }
}

impl PostgresStore {
    /// Opens the state for an apply that holds its lease: brings an older format to the present one.
    ///
    /// Errors: [`StoreError::TooNew`]; [`StoreError::LeaseLost`]; [`StoreError::Unreachable`] and
    /// [`StoreError::Denied`]; [`StoreError::Backend`] for a schema that is another program's.
    pub async fn open(
        address: &PostgresAddress,
        lease: &PostgresLease,
    ) -> Result<Self, StoreError> {
        let store = Self::new(address, Some(lease.fence()));
        let shared = Arc::clone(&store.shared);
        blocking(address.to_string(), move || {
            shared.transact(|connection| {
                schema::migrate(connection, &shared.address.schema, MIGRATIONS)
            })
        })
        .await?;
        store.shared.current.store(true, Ordering::Relaxed);
        Ok(store)
    }

    /// Looks at the state without ever creating or changing it. Where there is no schema the store is
    /// empty; one that appears later is read. Every writing call fails.
    ///
    /// Errors: as [`PostgresStore::open`]; [`StoreError::Backend`] for an older format, which the next
    /// apply brings to the present one.
    pub async fn open_read_only(address: &PostgresAddress) -> Result<Self, StoreError> {
        let store = Self::new(address, None);
        // Says now what would be wrong with every read.
        store.read(|_: &dyn Database| Ok(())).await?;
        Ok(store)
    }

    /// Where the state is, without its password.
    pub fn address(&self) -> &PostgresAddress {
        &self.shared.address
    }

    fn new(address: &PostgresAddress, fence: Option<Fence>) -> Self {
        Self {
            shared: Arc::new(Shared {
                address: address.clone(),
                connection: Mutex::new(None),
                fence,
                current: AtomicBool::new(false),
            }),
        }
    }
}

impl Backend for PostgresStore {
    async fn read<T, F>(&self, call: F) -> Result<T, StoreError>
    where
        T: Default + Send + 'static,
        F: Fn(&dyn Database) -> Result<T, Fault> + Send + 'static,
    {
        let shared = Arc::clone(&self.shared);
        blocking(self.shared.address.to_string(), move || {
            let read = || {
                let empty = || Ok(T::default());
                shared.look(|connection| match shared.is_empty(connection)? {
                    true => empty(),
                    false => call(connection),
                })
            };
            shared.patiently(true, read)
        })
        .await
    }

    async fn write<T, F>(&self, call: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: Fn(&dyn Database) -> Result<T, Fault> + Send + 'static,
    {
        let shared = Arc::clone(&self.shared);
        blocking(self.shared.address.to_string(), move || {
            shared.transact(|connection| call(connection))
        })
        .await
    }
}

impl Shared {
    /// Runs `work` in one writing transaction: wholly or not at all.
    fn transact<T>(&self, work: impl Fn(&Connection) -> Result<T, Fault>) -> Result<T, StoreError> {
        let Some(fence) = &self.fence else {
            let reason = "the state was opened for reading only".to_owned();
            return Err(Fault::Refused(reason).at(&self.address.to_string()));
        };
        self.patiently(false, || {
            self.with_connection(
                "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE",
                |connection| {
                    // Held to the end, this row is what makes writers stand in line: what is read behind
                    // it is what the last one left.
                    fence.hold(connection)?;
                    work(connection)
                },
            )
        })
    }

    /// Runs `work` on one moment of the state.
    fn look<T>(&self, work: impl Fn(&Connection) -> Result<T, Fault>) -> Result<T, Fault> {
        self.with_connection("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", work)
    }

    /// Begins a transaction, runs `work` in it and ends it. What panics or loses its connection leaves
    /// none behind: the server takes back what was not committed.
    fn with_connection<T>(
        &self,
        begin: &str,
        work: impl Fn(&Connection) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        let mut standing = self
            .connection
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let connection = match standing.take() {
            // One that broke while it was idle shows now, when nothing has been done yet.
            Some(connection) => match connection.run(begin) {
                Ok(()) => connection,
                Err(Fault::Lost(_)) => self.connect(begin)?,
                Err(fault) => return Err(fault),
            },
            None => self.connect(begin)?,
        };
        let outcome = match work(&connection) {
            Ok(answer) => connection.run("COMMIT").map(|()| answer).map_err(|fault| {
                let Fault::Lost(reason) = fault else {
                    return fault;
                };
                Fault::Unreachable(format!(
                    "{reason} while a change was being committed: whether it is recorded is not known. \
                     Nothing is lost: the next apply looks at what was begun"
                ))
            }),
            Err(Fault::Lost(reason)) => return Err(Fault::Lost(reason)),
            Err(fault) => match connection.run("ROLLBACK") {
                Ok(()) => Err(fault),
                Err(_) => return Err(fault),
            },
        };
        if !matches!(outcome, Err(Fault::Unreachable(_))) {
            *standing = Some(connection);
        }
        outcome
    }

    fn connect(&self, begin: &str) -> Result<Connection, Fault> {
        let connection = Connection::open(&self.address)?;
        connection.run(begin)?;
        Ok(connection)
    }

    /// Runs `work` again where others were in its way, and, if it may be `repeated` even behind a
    /// broken connection, there too.
    fn patiently<T>(
        &self,
        repeated: bool,
        work: impl Fn() -> Result<T, Fault>,
    ) -> Result<T, StoreError> {
        let mut attempt = 1;
        loop {
            let outcome = work();
            let again = match &outcome {
                Err(Fault::Transient(_)) => attempt < ATTEMPTS,
                Err(Fault::Lost(_)) => repeated && attempt == 1,
                _ => false,
            };
            if !again {
                return outcome.map_err(|fault| fault.at(&self.address.to_string()));
            }
            // Those who met wait differently long, by chance of when they met.
            let spread = u64::from(std::process::id() % 7) + u64::from(attempt) * 10;
            thread::sleep(Duration::from_millis(spread));
            attempt += 1;
        }
    }

    /// Whether there is no state yet; a fault for one that this version does not read.
    fn is_empty(&self, connection: &Connection) -> Result<bool, Fault> {
        if self.current.load(Ordering::Relaxed) {
            return Ok(false);
        }
        let newest = MIGRATIONS.len();
        match schema::format(connection, &self.address.schema, newest)? {
            // With a lease but without a state it is one that nobody has opened yet.
            Format::Empty | Format::Version(0) => Ok(true),
            Format::Version(version) if version < newest => Err(Fault::Refused(format!(
                "the state has the older format {version}; the next `accord apply` brings it to format {newest}"
            ))),
            Format::Version(_) => {
                self.current.store(true, Ordering::Relaxed);
                Ok(false)
            }
        }
    }
}
