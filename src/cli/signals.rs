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
        // Here and not in the task: a signal that comes before the task had its turn counts as well.
        let mut incoming = Incoming::register();
        let task = tokio::spawn(async move {
            let code = incoming.next().await;
            stop.stop();
            seen.send_replace(code);
            let second = tokio::time::timeout(GRACE, incoming.next()).await;
            let code = if let Ok(code) = second {
                code
            } else {
                stop.give_up();
                incoming.next().await
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

/// Both signals, as exit codes.
#[cfg(unix)]
struct Incoming(Option<[tokio::signal::unix::Signal; 2]>);

#[cfg(unix)]
impl Incoming {
    /// From here on the program is not ended by them.
    fn register() -> Self {
        use tokio::signal::unix::{SignalKind, signal};
        let interrupt = signal(SignalKind::interrupt());
        let terminate = signal(SignalKind::terminate());
        Self(interrupt.ok().zip(terminate.ok()).map(<[_; 2]>::from))
    }

    /// The next one.
    async fn next(&mut self) -> u8 {
        let Some([interrupt, terminate]) = &mut self.0 else {
            return std::future::pending().await;
        };
        tokio::select! {
            _ = interrupt.recv() => 130,
            _ = terminate.recv() => 143,
        }
    }
}

/// Ctrl-C, as an exit code.
#[cfg(not(unix))]
struct Incoming;

#[cfg(not(unix))]
impl Incoming {
    fn register() -> Self {
        Self
    }

    async fn next(&mut self) -> u8 {
        let _ = tokio::signal::ctrl_c().await;
        130
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    /// One thread: the task that listens has had no turn when the signal comes.
    #[tokio::test]
    async fn a_signal_right_behind_the_start_is_not_missed() {
        let stop = StopFlag::default();
        let signals = Signals::listen(stop.clone());
        let script = format!("kill -TERM {}", std::process::id());
        let status = std::process::Command::new("sh")
            .args(["-c", &script])
            .status();
        assert!(status.unwrap().success());
        let never = std::future::pending::<Result<(), Failed>>();
        let ended = signals.or_signal(never).await.unwrap_err();
        assert_eq!(ended.code, ExitCode::Terminated);
        assert!(stop.is_set() && !stop.is_given_up());
    }
}
