//! Pushes outcomes and renews the lease while a run goes on, on a thread of its own: a run may wait long for a
//! server or a person, and its runtime may be busy.

use std::sync::{Arc, Condvar, Mutex, PoisonError, Weak};
use std::thread;
use std::time::Duration;

use super::publisher::Publisher;

/// Ends its thread when dropped.
#[derive(Debug)]
pub(super) struct Checkpoints(Arc<Ending>);

#[derive(Debug, Default)]
struct Ending {
    asked: Mutex<bool>,
    changed: Condvar,
}

impl Checkpoints {
    /// One every `every`, as long as there is anything to publish.
    pub(super) fn begin(publisher: &Arc<Publisher>, every: Duration) -> Self {
        let ending = Arc::new(Ending::default());
        let (theirs, publisher) = (Arc::clone(&ending), Arc::downgrade(publisher));
        thread::spawn(move || {
            while !theirs.wait(every) {
                let Some(publisher) = Weak::upgrade(&publisher) else {
                    return;
                };
                // Whatever is wrong, the next write of the run meets it too and tells it.
                let _tried = publisher.keep_up();
            }
        });
        Self(ending)
    }
}

impl Ending {
    /// Waits; whether it was asked to end.
    fn wait(&self, every: Duration) -> bool {
        let asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        let (asked, _) = self
            .changed
            .wait_timeout_while(asked, every, |asked| !*asked)
            .unwrap_or_else(PoisonError::into_inner);
        *asked
    }
}

impl Drop for Checkpoints {
    fn drop(&mut self) {
        *self.0.asked.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.0.changed.notify_all();
    }
}
