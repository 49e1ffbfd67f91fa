//! How far a server's clock is from ours, by the `Date` of its answers (RFC 9110, 6.6.1).
//!
//! A date names a whole second, and the answer was made at some time between sending and receiving: the
//! middle of both is taken for both, and what that may be wrong by is the bound.

use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;

use super::Response;
use crate::model::ClockOffset;

/// What a date may be wrong by beside the time that the request took: itself and the server's rounding.
const DATE_BOUND_MS: i64 = 1_000;

/// What the answers said.
#[derive(Debug, Default)]
pub(super) struct ServerClock(Mutex<Option<ClockOffset>>);

impl ServerClock {
    /// Takes in the date of an answer. An answer from a cache is as old as it says and tells nothing.
    pub(super) fn heed(&self, response: &Response, sent: Timestamp, received: Timestamp) {
        if response.header("age").is_some() {
            return;
        }
        let Some(date) = response.date() else { return };
        let took = received.as_millisecond() - sent.as_millisecond();
        // Our clock was set while we waited.
        let Ok(half) = u64::try_from(took / 2) else {
            return;
        };
        let middle = sent.as_millisecond() + took / 2;
        let seen = ClockOffset {
            ahead_ms: date.as_millisecond() + DATE_BOUND_MS / 2 - middle,
            bound_ms: half + DATE_BOUND_MS.unsigned_abs(),
        };
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.is_none_or(|known| is_better(seen, known)) {
            *known = Some(seen);
        }
    }

    /// What is known.
    pub(super) fn offset(&self) -> Option<ClockOffset> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A tighter bound is better, and so is what contradicts the older one: somebody set a clock.
fn is_better(seen: ClockOffset, known: ClockOffset) -> bool {
    let apart = seen.ahead_ms.abs_diff(known.ahead_ms);
    seen.bound_ms <= known.bound_ms || apart > seen.bound_ms + known.bound_ms
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(headers: &[(&'static str, &str)]) -> Response {
        let headers = headers.iter().map(|(name, value)| {
            let name = reqwest::header::HeaderName::from_static(name);
            (name, value.parse().unwrap())
        });
        Response {
            status: 200,
            headers: headers.collect(),
            body: Vec::new(),
        }
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    const DATE: (&str, &str) = ("date", "Mon, 02 Mar 2026 09:00:10 GMT");

    #[test]
    fn the_bound_is_half_the_round_trip_and_a_second() {
        let clock = ServerClock::default();
        let (sent, received) = (at("2026-03-02T09:00:00Z"), at("2026-03-02T09:00:00.4Z"));
        clock.heed(&answer(&[DATE]), sent, received);
        let offset = clock.offset().unwrap();
        assert_eq!((offset.ahead_ms, offset.bound_ms), (10_300, 1_200));
    }

    #[test]
    fn whatever_the_true_offset_is_it_lies_within_the_bound() {
        // The server stamps at any moment of the exchange, and cuts to the second.
        for ahead in [-90_000_i64, -1, 0, 999, 1_000, 3_600_123] {
            for took in [0_i64, 7, 450, 9_999] {
                for stamped in [0, took / 3, took] {
                    let sent = at("2026-03-02T09:00:00.123Z");
                    let ms = sent.as_millisecond();
                    let server = (ms + stamped + ahead).div_euclid(1_000) * 1_000;
                    let date = Timestamp::from_millisecond(server).unwrap();
                    let date = date.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
                    let received = Timestamp::from_millisecond(ms + took).unwrap();
                    let clock = ServerClock::default();
                    clock.heed(&answer(&[("date", &date)]), sent, received);
                    let offset = clock.offset().unwrap();
                    let wrong = offset.ahead_ms.abs_diff(ahead);
                    assert!(
                        wrong <= offset.bound_ms,
                        "{ahead} {took} {stamped}: {offset:?}"
                    );
                }
            }
        }
    }

    #[test]
    fn a_quick_answer_is_worth_more_than_a_slow_one() {
        let clock = ServerClock::default();
        let sent = at("2026-03-02T09:00:00Z");
        clock.heed(&answer(&[DATE]), sent, at("2026-03-02T09:00:00.2Z"));
        let quick = clock.offset();
        clock.heed(&answer(&[DATE]), sent, at("2026-03-02T09:00:04Z"));
        assert_eq!(clock.offset(), quick);
    }

    #[test]
    fn a_clock_that_was_set_is_believed_whatever_its_bound() {
        let clock = ServerClock::default();
        let sent = at("2026-03-02T09:00:00Z");
        clock.heed(&answer(&[DATE]), sent, sent);
        let set = ("date", "Mon, 02 Mar 2026 19:00:10 GMT");
        clock.heed(&answer(&[set]), sent, at("2026-03-02T09:00:02Z"));
        assert!(clock.offset().unwrap().ahead_ms > 30_000_000);
    }

    #[test]
    fn an_answer_without_a_date_or_from_a_cache_tells_nothing() {
        let clock = ServerClock::default();
        let sent = at("2026-03-02T09:00:00Z");
        clock.heed(&answer(&[]), sent, sent);
        clock.heed(&answer(&[("date", "yesterday")]), sent, sent);
        clock.heed(&answer(&[DATE, ("age", "600")]), sent, sent);
        clock.heed(&answer(&[DATE]), sent, at("2026-03-02T08:00:00Z"));
        assert_eq!(clock.offset(), None);
    }
}
