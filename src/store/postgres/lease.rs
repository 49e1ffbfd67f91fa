//! The lease: one run at a time writes the state, on whatever machine.
//!
//! It ends by the server's clock unless its holder renews it, which a thread of its own does three times
//! as often as needed. Whoever takes over an ended lease raises its token. Every transaction that writes
//! names its token and renews the lease in its first statement, which also makes writers stand in line:
//! a run that was taken over (it slept, or lost the network) cannot write any more, whatever it believes.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use tokio::time::Instant;

use super::address::PostgresAddress;
use super::connection::Connection;
use super::schema;
use crate::store::StoreError;
use crate::store::sql::{Fault, blocking};

/// How long a lease lasts that nobody renews: so long after the death of a run another one may begin.
pub const LEASE_TIME: Duration = Duration::from_secs(120);

/// How often a waiting run looks again.
const POLL: Duration = Duration::from_millis(500);

/// How long the end of a run waits for the lease to be given back.
const FAREWELL: Duration = Duration::from_secs(5);

const TAKE: &str = "UPDATE lease SET holder = $1, token = token + 1, \
    expires = clock_timestamp() + make_interval(secs => $2) \
    WHERE name = 'run' AND (holder IS NULL OR expires IS NULL OR expires <= clock_timestamp()) \
    RETURNING token";
const HOLDER: &str = "SELECT holder || CASE WHEN expires IS NULL THEN '' \
    ELSE to_char(expires AT TIME ZONE 'UTC', '\", its lease lasts until \"HH24:MI:SS\"Z unless renewed\"') END \
    FROM lease WHERE name = 'run'";
const RENEW: &str = "UPDATE lease SET expires = clock_timestamp() + make_interval(secs => $1) \
    WHERE name = 'run' AND token = $2 AND holder IS NOT NULL";
const RELEASE: &str = "UPDATE lease SET holder = NULL, expires = NULL \
    WHERE name = 'run' AND token = $1";

/// The right to write one state while this value lives and nobody took it over.
#[derive(Debug)]
pub struct PostgresLease {
    fence: Fence,
    stop: Option<Sender<()>>,
    ended: Mutex<Receiver<()>>,
}

/// What a writer shows before it writes.
#[derive(Clone, Debug)]
pub(super) struct Fence {
    token: i64,
    time: Duration,
    lost: Arc<AtomicBool>,
}

impl PostgresLease {
    /// Takes the lease of the state at `address`, at once or within `timeout`. `holder` is told to those
    /// who have to wait ([`crate::store::lock_holder`] writes it); the lease lasts `time` and is renewed
    /// until this value ends. Makes the schema if there is none.
    ///
    /// Errors: [`StoreError::Locked`] with the holder's text when the time is over;
    /// [`StoreError::TooNew`]; [`StoreError::Unreachable`] and [`StoreError::Denied`].
    pub async fn acquire(
        address: &PostgresAddress,
        timeout: Duration,
        holder: &str,
        time: Duration,
    ) -> Result<Self, StoreError> {
        let deadline = Instant::now() + timeout;
        let mut connection = None;
        loop {
            let (address, holder) = (address.clone(), holder.to_owned());
            let attempt = blocking(address.to_string(), move || {
                attempt(&address, connection, &holder, time)
                    .map_err(|fault| fault.at(&address.to_string()))
            });
            match attempt.await? {
                Attempt::Taken(lease) => return Ok(lease),
                Attempt::Held(error, _) if Instant::now() >= deadline => return Err(error),
                Attempt::Held(_, still) => connection = Some(still),
            }
            tokio::time::sleep_until(deadline.min(Instant::now() + POLL)).await;
        }
    }

    /// The number of this lease: larger than that of every lease before.
    pub fn token(&self) -> i64 {
        self.fence.token
    }

    pub(super) fn fence(&self) -> Fence {
        self.fence.clone()
    }
}

enum Attempt {
    Taken(PostgresLease),
    Held(StoreError, Connection),
}

fn attempt(
    address: &PostgresAddress,
    connection: Option<Connection>,
    holder: &str,
    time: Duration,
) -> Result<Attempt, Fault> {
    let connection = match connection {
        Some(connection) => connection,
        None => {
            let connection = Connection::open(address)?;
            schema::found(&connection, address)?;
            connection
        }
    };
    match connection.row(TAKE, &[&holder, &time.as_secs_f64()])? {
        Some(row) => {
            let fence = Fence {
                token: row.try_get(0)?,
                time,
                lost: Arc::default(),
            };
            Ok(Attempt::Taken(keep(address, connection, fence)?))
        }
        None => {
            let fault = Fault::Locked {
                holder: connection.word(HOLDER, &[])?,
            };
            Ok(Attempt::Held(fault.at(&address.to_string()), connection))
        }
    }
}

/// Renews the lease until the value that this returns ends.
fn keep(
    address: &PostgresAddress,
    connection: Connection,
    fence: Fence,
) -> Result<PostgresLease, Fault> {
    let (stop, stopped) = mpsc::channel();
    let (end, ended) = mpsc::channel();
    let heart = Heart {
        address: address.clone(),
        connection: Some(connection),
        fence: fence.clone(),
    };
    thread::Builder::new()
        .name("accord-lease".to_owned())
        .spawn(move || {
            heart.beat(&stopped);
            drop(end);
        })
        .map_err(|error| Fault::Refused(format!("no thread for the lease: {error}")))?;
    Ok(PostgresLease {
        fence,
        stop: Some(stop),
        ended: Mutex::new(ended),
    })
}

impl Drop for PostgresLease {
    fn drop(&mut self) {
        // Without its sender the thread gives the lease back and ends, which ends the other channel.
        self.stop.take();
        let ended = self.ended.get_mut().unwrap_or_else(PoisonError::into_inner);
        let _given_back = ended.recv_timeout(FAREWELL);
    }
}

/// What renews a lease.
struct Heart {
    address: PostgresAddress,
    connection: Option<Connection>,
    fence: Fence,
}

impl Heart {
    fn beat(mut self, stopped: &Receiver<()>) {
        while stopped.recv_timeout(self.fence.time / 3) == Err(RecvTimeoutError::Timeout) {
            // Without a connection the next beat tries again: a writer renews the lease as well.
            let renewed = self.with_connection(|connection, fence| fence.renew(connection));
            if matches!(renewed, Ok(false)) {
                self.fence.lost.store(true, Ordering::Relaxed);
                return;
            }
        }
        if self.fence.is_lost() {
            return;
        }
        let token = self.fence.token;
        // It ends by itself where the server cannot be told.
        let _told =
            self.with_connection(|connection, _| connection.change(RELEASE, &[&token]).map(drop));
    }

    /// Does what may be done twice; on a new connection where the one at hand turns out to be broken.
    fn with_connection<T>(
        &mut self,
        work: impl Fn(&Connection, &Fence) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        if let Some(connection) = self.connection.take() {
            let outcome = work(&connection, &self.fence);
            if !matches!(outcome, Err(Fault::Lost(_))) {
                self.connection = Some(connection);
                return outcome;
            }
        }
        let connection = Connection::open(&self.address)?;
        let outcome = work(&connection, &self.fence);
        if !matches!(outcome, Err(Fault::Lost(_))) {
            self.connection = Some(connection);
        }
        outcome
    }
}

impl Fence {
    /// Whether the lease is known to be another's.
    pub(super) fn is_lost(&self) -> bool {
        self.lost.load(Ordering::Relaxed)
    }

    /// Renews the lease; `false` if it is another's, or no one's, by now.
    fn renew(&self, connection: &Connection) -> Result<bool, Fault> {
        let seconds = self.time.as_secs_f64();
        Ok(connection.change(RENEW, &[&seconds, &self.token])? > 0)
    }

    /// The first statement of every transaction that writes: holds the lease's row to the transaction's
    /// end, so that nobody takes it over in between, or refuses.
    pub(super) fn hold(&self, connection: &Connection) -> Result<(), Fault> {
        if self.renew(connection)? {
            return Ok(());
        }
        self.lost.store(true, Ordering::Relaxed);
        Err(Fault::LeaseLost {
            holder: connection.word(HOLDER, &[])?,
        })
    }
}
