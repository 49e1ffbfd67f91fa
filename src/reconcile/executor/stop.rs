//! How a run is asked to end.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::Notify;

/// Asks a run to stop: what was begun is finished and recorded, nothing new is sent. If that takes too long
/// the run gives up what it has begun: it waits for no answer any more, and the next run looks what came of
/// it, as after a kill.
#[derive(Clone, Debug, Default)]
pub struct StopFlag(Arc<Asked>);

#[derive(Debug, Default)]
struct Asked {
    stop: AtomicBool,
    give_up: AtomicBool,
    changed: Notify,
}

impl StopFlag {
    /// Asks to finish what was begun.
    pub fn stop(&self) {
        self.0.stop.store(true, Ordering::SeqCst);
    }

    /// Whether somebody asked.
    pub fn is_set(&self) -> bool {
        self.0.stop.load(Ordering::SeqCst)
    }

    /// Asks to wait no longer.
    pub fn give_up(&self) {
        self.stop();
        self.0.give_up.store(true, Ordering::SeqCst);
        self.0.changed.notify_waiters();
    }

    /// Whether nothing is waited for any more.
    pub fn is_given_up(&self) -> bool {
        self.0.give_up.load(Ordering::SeqCst)
    }

    /// Returns when nothing is to be waited for any more.
    pub async fn given_up(&self) {
        loop {
            // Made before the look, so that a call between the two is not missed.
            let changed = self.0.changed.notified();
            if self.is_given_up() {
                return;
            }
            changed.await;
        }
    }
}
