//! Which side was changed last, if the clocks of the servers let that be told.

use jiff::{SignedDuration, Timestamp};

use crate::model::{ClockOffset, Sides, System};

/// How wrong a clock may be that was never compared with ours, in milliseconds.
const UNKNOWN_BOUND_MS: u64 = 5_000;

/// How coarse the stamps of one side are, in milliseconds: TestWorthy's are in whole seconds, and those of
/// Azure DevOps count as such too, since a stamp may be cut on its way.
const GRAIN_MS: u64 = 1_000;

/// The side that was changed last. `None` where a stamp is missing, or where both are closer to each other
/// than what the clocks and the stamps may be wrong by: a wrong answer would cost an edit.
pub fn latest(
    case_modified: Option<Timestamp>,
    item_changed: Option<Timestamp>,
    clocks: &Sides<Option<ClockOffset>>,
) -> Option<System> {
    let on_our_clock = |instant: Timestamp, clock: Option<ClockOffset>| {
        let (corrected, bound) = match clock {
            Some(clock) => (clock.correct(instant), clock.bound_ms),
            None => (instant, UNKNOWN_BOUND_MS),
        };
        (corrected, bound.saturating_add(GRAIN_MS))
    };
    let (case, case_bound) = on_our_clock(case_modified?, clocks.testworthy);
    let (item, item_bound) = on_our_clock(item_changed?, clocks.azure_devops);
    let doubt = i64::try_from(case_bound.saturating_add(item_bound)).ok()?;
    let doubt = SignedDuration::from_millis(doubt);
    let case_is_later_by = case.duration_since(item);
    if case_is_later_by > doubt {
        Some(System::TestWorthy)
    } else if case_is_later_by < -doubt {
        Some(System::AzureDevOps)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    #![expect(
        clippy::unnecessary_wraps,
        reason = "stamps and clocks may be unknown, and the tables say each as the function takes it"
    )]

    use super::*;

    const NOON: i64 = 1_700_000_000_000;

    fn at(ms: i64) -> Option<Timestamp> {
        Some(Timestamp::from_millisecond(NOON + ms).unwrap())
    }

    fn clock(ahead_ms: i64, bound_ms: u64) -> Option<ClockOffset> {
        Some(ClockOffset { ahead_ms, bound_ms })
    }

    fn told(
        case: i64,
        item: i64,
        testworthy: Option<ClockOffset>,
        azure_devops: Option<ClockOffset>,
    ) -> Option<System> {
        let clocks = Sides {
            testworthy,
            azure_devops,
        };
        let told = latest(at(case), at(item), &clocks);
        let mirrored = latest(at(item), at(case), &clocks.swapped());
        assert_eq!(
            told,
            mirrored.map(System::other),
            "both ways round are mirrors"
        );
        told
    }

    #[test]
    fn at_the_sum_of_bounds_and_grains_nobody_is_told_and_one_beyond_the_later_one() {
        let (left, right) = (clock(0, 300), clock(0, 200));
        // 300 + 200 + 1000 + 1000.
        assert_eq!(told(2_500, 0, left, right), None);
        assert_eq!(told(2_501, 0, left, right), Some(System::TestWorthy));
        assert_eq!(told(0, 2_500, left, right), None);
        assert_eq!(told(0, 2_501, left, right), Some(System::AzureDevOps));
        assert_eq!(told(0, 0, left, right), None);
    }

    #[test]
    fn a_clock_that_is_ahead_is_set_right_first() {
        let (left, right) = (clock(60_000, 0), clock(-60_000, 0));
        // By the stamps the case is later by a minute, by our clock earlier by a minute.
        assert_eq!(told(60_000, 0, left, right), Some(System::AzureDevOps));
        assert_eq!(told(120_000, 0, left, right), None);
        assert_eq!(told(122_000, 0, left, right), None);
        assert_eq!(told(122_001, 0, left, right), Some(System::TestWorthy));
        assert_eq!(told(118_000, 0, left, right), None);
        assert_eq!(told(117_999, 0, left, right), Some(System::AzureDevOps));
    }

    #[test]
    fn an_unknown_clock_may_be_wrong_by_five_seconds() {
        assert_eq!(told(7_000, 0, None, clock(0, 0)), None);
        assert_eq!(told(7_001, 0, None, clock(0, 0)), Some(System::TestWorthy));
        assert_eq!(told(12_000, 0, None, None), None);
        assert_eq!(told(12_001, 0, None, None), Some(System::TestWorthy));
    }

    #[test]
    fn without_a_stamp_nobody_is_told() {
        let clocks = Sides::default();
        assert_eq!(latest(None, at(0), &clocks), None);
        assert_eq!(latest(at(0), None, &clocks), None);
        assert_eq!(latest(None, None, &clocks), None);
    }

    #[test]
    fn absurd_clocks_and_stamps_tell_nothing_and_do_no_harm() {
        let far = Some(Timestamp::MAX);
        let clocks = Sides {
            testworthy: clock(i64::MIN, u64::MAX),
            azure_devops: clock(i64::MAX, u64::MAX),
        };
        assert_eq!(latest(far, Some(Timestamp::MIN), &clocks), None);
    }
}
