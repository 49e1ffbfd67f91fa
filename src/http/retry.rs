//! When a request is sent again, and how long to wait before.

use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};
use tokio::time::Instant;

use super::Repeat;

/// What became of one attempt, as far as repeating it goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// An answer with this status arrived whole.
    Status(u16),
    /// No connection came about; nothing was sent.
    NotConnected,
    /// The connection broke, or the answer did not arrive whole or in time.
    Lost,
}

/// What to do with an outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It is the answer.
    Deliver,
    /// Send again if time remains.
    Again,
    /// A write that may have been carried out: never again.
    Ambiguous,
}

/// The policy as one table. A 429 was not carried out, so even a write may follow it.
pub(super) fn verdict(repeat: Repeat, outcome: Outcome) -> Verdict {
    match outcome {
        Outcome::Status(429) | Outcome::NotConnected => Verdict::Again,
        // Not implemented: the server will not do it the next time either, and did not do it now.
        Outcome::Status(501) => Verdict::Deliver,
        Outcome::Lost | Outcome::Status(500..) => match repeat {
            Repeat::Safe => Verdict::Again,
            Repeat::Never => Verdict::Ambiguous,
        },
        Outcome::Status(_) => Verdict::Deliver,
    }
}

/// The time that one request may spend on waiting and trying again.
#[derive(Debug)]
pub(super) struct Patience {
    until: Instant,
    whole: Duration,
    delays: ExponentialBackoff,
}

impl Patience {
    /// Starts the time now.
    pub(super) fn new(now: Instant, whole: Duration, first: Duration) -> Self {
        Self {
            until: now + whole,
            whole,
            delays: ExponentialBuilder::new()
                .with_min_delay(first)
                .with_max_delay(first.saturating_mul(25))
                .with_factor(2.0)
                .with_jitter()
                // Without its `std` feature backon would jitter every process alike.
                .with_jitter_seed(RandomState::new().hash_one(0_u8))
                .without_max_times()
                .build(),
        }
    }

    /// Leaves only this part of the time, counted from `since`.
    pub(super) fn shorten(&mut self, since: Instant, part: u32) {
        self.until = self.until.min(since + self.whole / part);
    }

    /// What is left of the time.
    pub(super) fn left(&self, now: Instant) -> Duration {
        self.until.saturating_duration_since(now)
    }

    /// Whether a wait of this length still fits.
    pub(super) fn allows(&self, now: Instant, wait: Duration) -> bool {
        now + wait <= self.until
    }

    /// The next delay before a retry: the first one doubling up to 25 times it, plus up to as much again.
    /// `None` when it no longer fits.
    pub(super) fn next_delay(&mut self, now: Instant) -> Option<Duration> {
        let delay = self.delays.next()?;
        self.allows(now, delay).then_some(delay)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: Duration = Duration::from_millis(200);

    #[test]
    fn the_whole_policy() {
        use Outcome::{Lost, NotConnected, Status};
        use Verdict::{Again, Ambiguous, Deliver};
        for (outcome, safe, never) in [
            (Status(200), Deliver, Deliver),
            (Status(203), Deliver, Deliver),
            (Status(302), Deliver, Deliver),
            (Status(400), Deliver, Deliver),
            (Status(401), Deliver, Deliver),
            (Status(404), Deliver, Deliver),
            (Status(409), Deliver, Deliver),
            (Status(412), Deliver, Deliver),
            (Status(429), Again, Again),
            (Status(500), Again, Ambiguous),
            (Status(501), Deliver, Deliver),
            (Status(502), Again, Ambiguous),
            (Status(503), Again, Ambiguous),
            (Status(504), Again, Ambiguous),
            (NotConnected, Again, Again),
            (Lost, Again, Ambiguous),
        ] {
            assert_eq!(verdict(Repeat::Safe, outcome), safe, "{outcome:?}");
            assert_eq!(verdict(Repeat::Never, outcome), never, "{outcome:?}");
        }
    }

    #[test]
    fn delays_grow_and_end_with_the_time() {
        let start = Instant::now();
        let mut patience = Patience::new(start, Duration::from_secs(30), FIRST);
        let mut now = start;
        let mut delays = Vec::new();
        while let Some(delay) = patience.next_delay(now) {
            delays.push(delay);
            now += delay;
        }
        assert!(now - start <= Duration::from_secs(30));
        assert!(delays.len() >= 5, "{delays:?}");
        assert!(delays[0] >= Duration::from_millis(200) && delays[0] <= Duration::from_millis(400));
        assert!(delays.iter().all(|delay| *delay <= Duration::from_secs(10)));
    }

    #[test]
    fn a_shortened_time_ends_earlier_and_never_later() {
        let start = Instant::now();
        let mut patience = Patience::new(start, Duration::from_secs(30), FIRST);
        patience.shorten(start, 3);
        assert_eq!(patience.left(start), Duration::from_secs(10));
        patience.shorten(start + Duration::from_secs(60), 3);
        assert_eq!(patience.left(start), Duration::from_secs(10));
        assert_eq!(
            patience.left(start + Duration::from_secs(11)),
            Duration::ZERO
        );
    }

    #[test]
    fn jitter_differs_between_requests() {
        let start = Instant::now();
        let first = |_| Patience::new(start, Duration::from_secs(30), FIRST).next_delay(start);
        let delays: std::collections::BTreeSet<_> = (0..8).map(first).collect();
        assert!(delays.len() > 1);
    }

    #[test]
    fn a_wait_longer_than_what_remains_does_not_fit() {
        let start = Instant::now();
        let patience = Patience::new(start, Duration::from_secs(30), FIRST);
        assert!(patience.allows(start, Duration::from_secs(30)));
        assert!(!patience.allows(start, Duration::from_secs(31)));
        assert!(!patience.allows(start + Duration::from_secs(20), Duration::from_secs(11)));
    }
}
