//! A project that a command works on: what it declares, its state, and the ways to both systems.

use std::sync::Arc;
use std::time::Duration;

use super::checkout::Checkout;
use super::failure::Failed;
use super::patience;
use super::progress::Bars;
use super::session::{Project, Session};
use super::stored::{self, HeldLock, Stored};
use crate::model::config::Config;
use crate::reconcile::{Clock, Context, HttpRemotes, ReconcileError, TimeOrderedIds};

/// A project with its state open.
pub(crate) struct Opened {
    /// What it declares.
    pub(crate) config: Config,
    /// Its state.
    pub(crate) store: Stored,
    /// The systems.
    pub(crate) remotes: HttpRemotes,
    /// What Git says of its manifests.
    pub(crate) checkout: Checkout,
    bars: Bars,
    clock: Arc<dyn Clock>,
    /// How long a read-only command waits for an answer.
    patience: Duration,
    /// Held as long as the state is written.
    _lock: Option<HeldLock>,
}

impl Opened {
    /// For a command that only reads the state.
    pub(crate) async fn for_reading(session: &Session, project: Project) -> Result<Self, Failed> {
        let store = stored::for_reading(session, &project).await?;
        Ok(Self::new(session, project, store, None))
    }

    /// For a command that writes the state: alone, after waiting `seconds` for another run to end.
    pub(crate) async fn for_writing(
        session: &Session,
        project: Project,
        command: &str,
        seconds: u64,
    ) -> Result<Self, Failed> {
        let (store, lock) = stored::for_writing(session, &project, command, seconds).await?;
        Ok(Self::new(session, project, store, Some(lock)))
    }

    fn new(session: &Session, project: Project, store: Stored, lock: Option<HeldLock>) -> Self {
        Self {
            checkout: Checkout::of(session, &project),
            config: project.config,
            store,
            remotes: session.remotes(),
            bars: Bars::new(&session.ui),
            clock: Arc::clone(&session.clock),
            patience: session.patience,
            _lock: lock,
        }
    }

    /// What `reconcile` is handed.
    pub(crate) fn context(&self) -> Context<'_> {
        Context {
            config: &self.config,
            remotes: &self.remotes,
            store: self.store.as_ref(),
            clock: self.clock.as_ref(),
            ids: &TimeOrderedIds,
            progress: &self.bars,
        }
    }

    /// Work that only reads: given up when neither system answers for too long.
    pub(crate) async fn watch<T>(
        &self,
        work: impl Future<Output = Result<T, ReconcileError>>,
    ) -> Result<T, Failed> {
        patience::watch(self.patience, &self.remotes, work).await
    }
}
