//! What a client did, for reports and tests.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

/// What a client and its clones did so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Requests sent, retries included.
    pub requests: u64,
    /// Of these, writes ([`super::Repeat::Never`]).
    pub writes: u64,
    /// Requests that were sent again after a failure.
    pub retries: u64,
    /// Pauses made for a server's rate limit or between retries.
    pub waits: u64,
    /// Their length in all.
    pub waited: Duration,
    /// Bytes of request bodies.
    pub bytes_sent: u64,
    /// Bytes of answers' bodies, decompressed.
    pub bytes_received: u64,
}

/// The counting side.
#[derive(Debug, Default)]
pub(super) struct Tally {
    requests: AtomicU64,
    writes: AtomicU64,
    retries: AtomicU64,
    waits: AtomicU64,
    waited_micros: AtomicU64,
    bytes_sent: AtomicU64,
    bytes_received: AtomicU64,
    answered: AtomicBool,
}

impl Tally {
    pub(super) fn sent(&self, write: bool, bytes: usize) {
        add(&self.requests, 1);
        add(&self.writes, u64::from(write));
        add(&self.bytes_sent, bytes as u64);
    }

    pub(super) fn received(&self, bytes: usize) {
        self.answered.store(true, Ordering::Relaxed);
        add(&self.bytes_received, bytes as u64);
    }

    /// Whether any answer has ever come.
    pub(super) fn has_answered(&self) -> bool {
        self.answered.load(Ordering::Relaxed)
    }

    pub(super) fn retried(&self) {
        add(&self.retries, 1);
    }

    pub(super) fn waited(&self, length: Duration) {
        add(&self.waits, 1);
        add(
            &self.waited_micros,
            u64::try_from(length.as_micros()).unwrap_or(u64::MAX),
        );
    }

    pub(super) fn read(&self) -> Counters {
        let get = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Counters {
            requests: get(&self.requests),
            writes: get(&self.writes),
            retries: get(&self.retries),
            waits: get(&self.waits),
            waited: Duration::from_micros(get(&self.waited_micros)),
            bytes_sent: get(&self.bytes_sent),
            bytes_received: get(&self.bytes_received),
        }
    }
}

fn add(counter: &AtomicU64, amount: u64) {
    counter.fetch_add(amount, Ordering::Relaxed);
}
