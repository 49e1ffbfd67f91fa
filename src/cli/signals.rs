//! SIGINT and SIGTERM: the first one asks a run to finish what it has begun, the second one ends it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use super::exit_code::ExitCode;
use super::failure::Failed;
use crate::reconcile::{ReconcileError, StopFlag};

/// Which signal came first.
pub(crate) struct Signals {
    first: Arc<AtomicU8>,
    task: tokio::task::JoinHandle<()>,
}

impl Signals {
    /// Listens until dropped.
    pub(crate) fn listen(stop: StopFlag) -> Self {
        let first = Arc::new(AtomicU8::new(0));
        let seen = first.clone();
        let task = tokio::spawn(async move {
            let code = wait().await;
            seen.store(code, Ordering::SeqCst);
            stop.stop();
            let code = wait().await;
            // What is under way is found again by its marker; the store is whole at every moment.
            std::process::exit(i32::from(code));
        });
        Self { first, task }
    }

    /// The end of a command that was asked to stop.
    pub(crate) fn stopped(&self) -> Failed {
        let code = match self.first.load(Ordering::SeqCst) {
            143 => ExitCode::Terminated,
            _ => ExitCode::Interrupted,
        };
        Failed::new(code, "stopped; what was begun is finished and recorded")
            .with_help("the next `accord apply` goes on from here")
    }

    /// The error, or the end of a stopped command if that is what it means.
    pub(crate) fn or(&self, error: ReconcileError) -> Failed {
        match error {
            ReconcileError::Stopped => self.stopped(),
            other => other.into(),
        }
    }
}

impl Drop for Signals {
    fn drop(&mut self) {
        self.task.abort();
    }
}

#[cfg(unix)]
async fn wait() -> u8 {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut terminate) = signal(SignalKind::terminate()) else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => 130,
        _ = terminate.recv() => 143,
    }
}

#[cfg(not(unix))]
async fn wait() -> u8 {
    let _ = tokio::signal::ctrl_c().await;
    130
}
