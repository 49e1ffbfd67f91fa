//! The sandbox's own time, so that a test can stand still or jump ahead.

use std::time::Instant;

use jiff::{SignedDuration, Timestamp};

/// The time that both systems stamp on what they store.
#[derive(Clone, Debug)]
pub struct SandboxClock {
    start: Timestamp,
    running_since: Option<Instant>,
}

impl SandboxClock {
    /// Runs with the machine's clock.
    pub fn system() -> Self {
        Self {
            start: machine_time(),
            running_since: Some(Instant::now()),
        }
    }

    /// Stands at one instant until it is moved.
    pub fn fixed(at: Timestamp) -> Self {
        Self {
            start: at,
            running_since: None,
        }
    }

    /// The current time of the sandbox.
    pub fn now(&self) -> Timestamp {
        let Some(since) = self.running_since else {
            return self.start;
        };
        SignedDuration::try_from(since.elapsed())
            .ok()
            .and_then(|elapsed| self.start.checked_add(elapsed).ok())
            .unwrap_or(self.start)
    }

    /// Moves the clock ahead (or back, with a negative duration).
    pub fn advance(&mut self, by: SignedDuration) {
        if let Ok(moved) = self.start.checked_add(by) {
            self.start = moved;
        }
    }
}

impl Default for SandboxClock {
    fn default() -> Self {
        Self::system()
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the sandbox plays two servers, and servers have a clock of their own"
)]
fn machine_time() -> Timestamp {
    Timestamp::now()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fixed_clock_stands_until_it_is_moved() {
        let noon: Timestamp = "2026-03-01T12:00:00Z".parse().unwrap();
        let mut clock = SandboxClock::fixed(noon);
        assert_eq!(clock.now(), noon);
        clock.advance(SignedDuration::from_secs(90));
        assert_eq!(clock.now().to_string(), "2026-03-01T12:01:30Z");
    }

    #[test]
    fn a_running_clock_never_goes_back() {
        let clock = SandboxClock::system();
        let first = clock.now();
        assert!(clock.now() >= first);
    }
}
