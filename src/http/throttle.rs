//! The budget of one identity: how many requests are in flight, how fast they start, and pauses that a
//! server asked for.
//!
//! Concurrency is additive increase, multiplicative decrease: one more after a window of successes, half
//! on pressure. Requests that were under way when the pressure was answered do not count against the new
//! window, else eight of them would halve it eight times.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

const START: usize = 8;
const MOST: usize = 32;

/// Shared by all clones of a client.
#[derive(Debug)]
pub(super) struct Budget {
    permits: Arc<Semaphore>,
    state: Mutex<State>,
    /// Distance between two starts, from a cap in requests per second.
    interval: Option<Duration>,
}

#[derive(Debug)]
struct State {
    window: Window,
    /// Permits that are in use and will be dropped instead of returned.
    debt: usize,
    paused_until: Option<Instant>,
    next_start: Option<Instant>,
}

/// One request's place in flight.
#[derive(Debug)]
pub(super) struct Permit {
    budget: Arc<Budget>,
    permit: Option<OwnedSemaphorePermit>,
}

impl Budget {
    /// `rate` caps requests per second; what is not a positive number caps nothing.
    pub(super) fn new(rate: Option<f64>) -> Self {
        let interval = rate
            .filter(|rate| *rate > 0.0)
            .and_then(|rate| Duration::try_from_secs_f64(1.0 / rate).ok());
        Self {
            permits: Arc::new(Semaphore::new(START)),
            state: Mutex::new(State {
                window: Window::default(),
                debt: 0,
                paused_until: None,
                next_start: None,
            }),
            interval,
        }
    }

    /// Waits for a place in flight, first come, first served.
    pub(super) async fn acquire(self: &Arc<Self>) -> Permit {
        let permit = Arc::clone(&self.permits).acquire_owned().await;
        Permit {
            budget: Arc::clone(self),
            // The semaphore is never closed; if it were, the request would go out unthrottled.
            permit: permit.ok(),
        }
    }

    /// Takes the next start under the cap: how long to wait for it.
    pub(super) fn take_start(&self, now: Instant) -> Duration {
        let Some(interval) = self.interval else {
            return Duration::ZERO;
        };
        let mut state = self.state();
        let start = state.next_start.map_or(now, |next| next.max(now));
        state.next_start = Some(start + interval);
        start - now
    }

    /// How long the identity is still paused.
    pub(super) fn pause_left(&self, now: Instant) -> Option<Duration> {
        let left = self.state().paused_until?.saturating_duration_since(now);
        (!left.is_zero()).then_some(left)
    }

    /// Pauses the identity for at least this long.
    pub(super) fn pause(&self, now: Instant, length: Duration) {
        let mut state = self.state();
        state.paused_until = state.paused_until.max(Some(now + length));
    }

    /// The window that a request starts in; to be given back with its outcome.
    pub(super) fn epoch(&self) -> u64 {
        self.state().window.epoch
    }

    /// A request of the window `epoch` went well.
    pub(super) fn succeeded(&self, epoch: u64) {
        let mut state = self.state();
        if !state.window.succeeded(epoch) {
            return;
        }
        if state.debt > 0 {
            state.debt -= 1;
        } else {
            self.permits.add_permits(1);
        }
    }

    /// The server asked a request of the window `epoch` for less.
    pub(super) fn pressed(&self, epoch: u64) {
        let mut state = self.state();
        let surplus = state.window.pressed(epoch);
        let idle = self.permits.forget_permits(surplus);
        state.debt += surplus - idle;
    }

    /// How many requests may be in flight.
    #[cfg(test)]
    pub(super) fn limit(&self) -> usize {
        self.state().window.limit
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Every change leaves the state whole, so a panic elsewhere does not spoil it.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let Some(permit) = self.permit.take() else {
            return;
        };
        let mut state = self.budget.state();
        if state.debt > 0 {
            state.debt -= 1;
            permit.forget();
        }
    }
}

/// The adaptive limit.
#[derive(Debug)]
struct Window {
    limit: usize,
    successes: usize,
    epoch: u64,
}

impl Default for Window {
    fn default() -> Self {
        Self {
            limit: START,
            successes: 0,
            epoch: 0,
        }
    }
}

impl Window {
    /// Whether the limit grew by one.
    fn succeeded(&mut self, epoch: u64) -> bool {
        if epoch != self.epoch {
            return false;
        }
        self.successes += 1;
        if self.successes < self.limit || self.limit >= MOST {
            return false;
        }
        self.successes = 0;
        self.limit += 1;
        true
    }

    /// By how much the limit fell.
    fn pressed(&mut self, epoch: u64) -> usize {
        if epoch != self.epoch {
            return 0;
        }
        let before = self.limit;
        self.limit = (self.limit / 2).max(1);
        self.successes = 0;
        self.epoch += 1;
        before - self.limit
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_window_of_successes_grows_by_one_up_to_the_most() {
        let mut window = Window::default();
        for _ in 0..START - 1 {
            assert!(!window.succeeded(0));
        }
        assert!(window.succeeded(0));
        assert_eq!(window.limit, START + 1);
        for _ in 0..10_000 {
            window.succeeded(0);
        }
        assert_eq!(window.limit, MOST);
    }

    #[test]
    fn pressure_halves_once_per_window_down_to_one() {
        let mut window = Window::default();
        assert_eq!(window.pressed(0), 4);
        // Seven more that were under way at the time.
        for _ in 0..7 {
            assert_eq!(window.pressed(0), 0);
        }
        assert_eq!(window.limit, 4);
        for epoch in 1..9 {
            window.pressed(epoch);
        }
        assert_eq!(window.limit, 1);
    }

    #[tokio::test]
    async fn in_flight_never_exceeds_the_limit_even_while_it_falls() {
        let budget = Arc::new(Budget::new(None));
        let mut held = Vec::new();
        for _ in 0..START {
            held.push(budget.acquire().await);
        }
        budget.pressed(0);
        assert_eq!(budget.limit(), 4);
        // Four of the eight go without making room; the fifth makes room.
        for expected in [0, 0, 0, 0, 1] {
            held.pop();
            assert_eq!(budget.permits.available_permits(), expected);
        }
        held.clear();
        assert_eq!(budget.permits.available_permits(), 4);
    }

    #[test]
    fn pauses_only_grow() {
        let budget = Budget::new(None);
        let now = Instant::now();
        assert_eq!(budget.pause_left(now), None);
        budget.pause(now, Duration::from_secs(5));
        budget.pause(now, Duration::from_secs(2));
        assert_eq!(budget.pause_left(now), Some(Duration::from_secs(5)));
        assert_eq!(budget.pause_left(now + Duration::from_secs(5)), None);
    }

    #[test]
    fn a_cap_spaces_the_starts() {
        let budget = Budget::new(Some(4.0));
        let now = Instant::now();
        let waits: Vec<u128> = (0..4).map(|_| budget.take_start(now).as_millis()).collect();
        assert_eq!(waits, [0, 250, 500, 750]);
        // Idle time is not saved up for a burst.
        let later = now + Duration::from_secs(60);
        let waits: Vec<u128> = (0..2)
            .map(|_| budget.take_start(later).as_millis())
            .collect();
        assert_eq!(waits, [0, 250]);
    }

    #[test]
    fn nonsense_caps_nothing() {
        for rate in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            let budget = Budget::new(Some(rate));
            let now = Instant::now();
            budget.take_start(now);
            assert_eq!(budget.take_start(now), Duration::ZERO, "{rate}");
        }
    }

    proptest! {
        /// After any history the semaphore holds exactly the limit once everything is returned.
        #[test]
        fn permits_are_conserved(events in prop::collection::vec(0_u8..4, 0..200)) {
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            let budget = Arc::new(Budget::new(None));
            runtime.block_on(async {
                let mut held: Vec<Permit> = Vec::new();
                for event in events {
                    match event {
                        0 if budget.permits.available_permits() > 0 => held.push(budget.acquire().await),
                        1 => drop(held.pop()),
                        2 => budget.succeeded(budget.epoch()),
                        3 => budget.pressed(budget.epoch()),
                        _ => {}
                    }
                    assert!((1..=MOST).contains(&budget.limit()));
                }
                held.clear();
                assert_eq!(budget.permits.available_permits(), budget.limit());
            });
        }
    }
}
