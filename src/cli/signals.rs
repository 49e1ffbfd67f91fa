//! SIGINT and SIGTERM: the first one asks a run to finish what it has begun, within a few seconds, the second
//! one ends it at once.

use std::future::Future;
use std::time::Duration;

use tokio::sync::watch;

use super::exit_code::ExitCode;
use super::failure::Failed;
use crate::reconcile::{ReconcileError, StopFlag};

/// As long as a run may take to finish what it has begun: it ends within five seconds, whatever a server
/// does, and writes down what it did in the rest of the time.
const GRACE: Duration = Duration::from_millis(3_500);

/// Which signal came first.
pub(crate) struct Signals {
    first: watch::Receiver<u8>,
    stop: StopFlag,
    task: tokio::task::JoinHandle<()>,
}

impl Signals {
    /// Listens until dropped.
    pub(crate) fn listen(stop: StopFlag) -> Self {
        let (seen, first) = watch::channel(0);
        let asked = stop.clone();
        let task = tokio::spawn(async move {
            let code = wait().await;
            stop.stop();
            seen.send_replace(code);
            let second = wait();
            tokio::pin!(second);
            let code = tokio::select! {
                code = &mut second => code,
                () = tokio::time::sleep(GRACE) => {
                    stop.give_up();
                    second.await
                }
            };
            // What is under way is found again by its marker; the store is whole at every moment.
            std::process::exit(i32::from(code));
        });
        Self {
            first,
            stop: asked,
            task,
        }
    }

    /// Runs what may be cut off at any moment because it writes to neither system, such as waiting for
    /// another run, reading and asking: the first signal ends it.
    pub(crate) async fn or_signal<T>(
        &self,
        work: impl Future<Output = Result<T, Failed>>,
    ) -> Result<T, Failed> {
        let mut first = self.first.clone();
        let came = async { first.wait_for(|code| *code != 0).await.is_ok() };
        tokio::select! {
            ended = work => ended,
            true = came => Err(self.end("stopped before anything was written")),
        }
    }

    /// Whether one came.
    pub(crate) fn came(&self) -> bool {
        *self.first.borrow() != 0
    }

    /// The end of a command that was asked to stop.
    pub(crate) fn stopped(&self) -> Failed {
        self.end(if self.stop.is_given_up() {
            "stopped before every answer had come; the state knows what was sent"
        } else {
            "stopped; what was begun is finished and recorded"
        })
    }

    fn end(&self, message: &str) -> Failed {
        let code = match *self.first.borrow() {
            143 => ExitCode::Terminated,
            _ => ExitCode::Interrupted,
        };
        Failed::new(code, message).with_help("the next `accord apply` goes on from here")
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
