//! The state that the manifests name, whatever holds it.

use std::time::Duration;

use secrecy::ExposeSecret as _;

use super::exit_code::ExitCode;
use super::failure::Failed;
use super::session::{Project, Session};
use crate::model::config::{SecretRef, StateLocation};
use crate::reconcile::resolve_for_state;
use crate::store::{
    LEASE_TIME, PostgresAddress, PostgresLease, PostgresStore, RunLock, SqliteStore, Store,
    lock_holder,
};

/// A state, to be read or to be written.
pub(crate) type Stored = Box<dyn Store>;

/// Keeps every other run from writing the state while this value lives.
pub(crate) enum HeldLock {
    /// On a file beside the state.
    File {
        /// Ends with this value, and with the process.
        _lock: RunLock,
    },
    /// On the row of a database.
    Lease {
        /// Given back with this value; of a process that died it ends by itself.
        _lease: PostgresLease,
    },
}

/// For a command that only reads the state; a state that is not there yet is empty.
pub(crate) async fn for_reading(session: &Session, project: &Project) -> Result<Stored, Failed> {
    match &project.config.project.state {
        StateLocation::Sqlite(path) => {
            let path = project.folder.join(path);
            Ok(Box::new(SqliteStore::open_read_only(path).await?))
        }
        StateLocation::Postgres { url } => {
            let address = address(session, url)?;
            Ok(Box::new(PostgresStore::open_read_only(&address).await?))
        }
        other @ StateLocation::Git { .. } => Err(unsupported(other)),
    }
}

/// For a command that writes the state: alone, after waiting `seconds` for another run to end.
pub(crate) async fn for_writing(
    session: &Session,
    project: &Project,
    command: &str,
    seconds: u64,
) -> Result<(Stored, HeldLock), Failed> {
    let holder = lock_holder(command, session.clock.now());
    let wait = Duration::from_secs(seconds);
    match &project.config.project.state {
        StateLocation::Sqlite(path) => {
            let path = project.folder.join(path);
            let lock = RunLock::acquire(&path, wait, &holder).await?;
            let store = SqliteStore::open(&path).await?;
            Ok((Box::new(store), HeldLock::File { _lock: lock }))
        }
        StateLocation::Postgres { url } => {
            let address = address(session, url)?;
            let lease = PostgresLease::acquire(&address, wait, &holder, LEASE_TIME).await?;
            let store = PostgresStore::open(&address, &lease).await?;
            Ok((Box::new(store), HeldLock::Lease { _lease: lease }))
        }
        other @ StateLocation::Git { .. } => Err(unsupported(other)),
    }
}

/// The address of a database, from where the operator put it.
fn address(session: &Session, url: &SecretRef) -> Result<PostgresAddress, Failed> {
    const KEY: &str = "state.postgres.url";
    if session.offline {
        let message = "the state is in a database, and --offline contacts nothing";
        return Err(
            Failed::new(ExitCode::Unavailable, message).with_help("run it without --offline")
        );
    }
    let text = resolve_for_state(session.environment.as_ref(), KEY, url).map_err(|error| {
        Failed::new(ExitCode::Authentication, error.to_string())
            .with_help("set it in the environment of this command; manifests only name it")
    })?;
    PostgresAddress::parse(text.expose_secret())
        .map_err(|error| Failed::new(ExitCode::Authentication, error.to_string()))
}

/// Where the state is, for people; never an address that carries a password.
pub(crate) fn place(project: &Project) -> String {
    match &project.config.project.state {
        StateLocation::Sqlite(path) => project.folder.join(path).display().to_string(),
        StateLocation::Postgres { .. } => "the state in PostgreSQL".to_owned(),
        StateLocation::Git { remote, reference } => format!("{reference} of {remote}"),
    }
}

/// The check of the manifests refuses them first.
fn unsupported(location: &StateLocation) -> Failed {
    let name = match location {
        StateLocation::Sqlite(_) => "state.sqlite",
        StateLocation::Postgres { .. } => "state.postgres",
        StateLocation::Git { .. } => "state.git",
    };
    Failed::new(
        ExitCode::Invalid,
        format!("`{name}` is not supported yet; nothing was contacted"),
    )
}
