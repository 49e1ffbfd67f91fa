//! The state that the manifests name, whatever holds it.

use std::sync::Arc;
use std::time::Duration;

use secrecy::ExposeSecret as _;

use super::exit_code::ExitCode;
use super::failure::Failed;
use super::session::{Project, Session};
use super::ui::{Ui, printable};
use crate::diagnostics::catalog::safety::STATE_IN_GIT;
use crate::model::config::{SecretRef, StateLocation};
use crate::reconcile::{Ids as _, TimeOrderedIds, resolve_for_state};
use crate::store::{
    GitRefHolder, GitRefPlace, GitRefStore, GitRefTimes, LEASE_TIME, PostgresAddress,
    PostgresLease, PostgresStore, RunLock, SqliteStore, Store, lock_holder,
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
    /// In a Git ref.
    Git {
        /// Given back with this value.
        _lease: GitLease,
    },
}

/// Gives the lease in a Git ref back when it is dropped.
pub(crate) struct GitLease {
    store: GitRefStore,
    ui: Ui,
}

impl Drop for GitLease {
    fn drop(&mut self) {
        if let Err(error) = self.store.release() {
            let error = printable(&error.to_string());
            self.ui.note(&format!(
                "note: the state could not be closed, so the next run has to wait for some minutes, and looks again at what this one recorded last: {error}\n"
            ));
        }
    }
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
        StateLocation::Git { remote, reference } => {
            let (place, times) = git_ref(session, project, (remote, reference))?;
            Ok(Box::new(GitRefStore::open_read_only(&place, &times).await?))
        }
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
        StateLocation::Git { remote, reference } => {
            let code = STATE_IN_GIT.code;
            session.ui.note(&format!(
                "warning[{code}]: whoever may read the repository may read the state in {reference}\n"
            ));
            let holder = GitRefHolder {
                id: TimeOrderedIds.next(),
                about: holder,
                url: run_url(session),
            };
            let (place, times) = git_ref(session, project, (remote, reference))?;
            let store = GitRefStore::acquire(&place, &times, &holder, wait).await?;
            let lease = GitLease {
                store: store.clone(),
                ui: session.ui.clone(),
            };
            Ok((Box::new(store), HeldLock::Git { _lease: lease }))
        }
    }
}

/// Where a state in a Git ref is, and by which clock its lease goes.
fn git_ref(
    session: &Session,
    project: &Project,
    (remote, reference): (&str, &str),
) -> Result<(GitRefPlace, GitRefTimes), Failed> {
    if session.offline {
        let message = "the state is in a Git ref of a remote, and --offline contacts nothing";
        return Err(
            Failed::new(ExitCode::Unavailable, message).with_help("run it without --offline")
        );
    }
    let clock = Arc::clone(&session.clock);
    let place = GitRefPlace {
        folder: project.folder.clone(),
        remote: remote.to_owned(),
        reference: reference.to_owned(),
    };
    Ok((place, GitRefTimes::new(Arc::new(move || clock.now()))))
}

/// Where the log of this run is, as the service that runs it says.
fn run_url(session: &Session) -> Option<String> {
    let variable = |name: &str| {
        let value = session.environment.variable(name);
        value.filter(|value| !value.is_empty())
    };
    let github = || {
        let server = variable("GITHUB_SERVER_URL")?;
        let (repository, run) = (variable("GITHUB_REPOSITORY")?, variable("GITHUB_RUN_ID")?);
        Some(format!("{server}/{repository}/actions/runs/{run}"))
    };
    let azure = || {
        let collection = variable("SYSTEM_TEAMFOUNDATIONCOLLECTIONURI")?;
        let (project, build) = (variable("SYSTEM_TEAMPROJECT")?, variable("BUILD_BUILDID")?);
        let project = project.replace(' ', "%20");
        Some(format!(
            "{collection}{project}/_build/results?buildId={build}"
        ))
    };
    github().or_else(azure)
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
