//! Dates as the service stores and reads them: on SQL Server's 3.33 ms grid, in UTC.

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

/// The revised date of a revision that is still the latest.
pub(crate) const NEVER_REVISED: &str = "9999-01-01T00:00:00Z";

/// The nearest value that a SQL Server `datetime` can hold: multiples of 1/300 s, shown in whole
/// milliseconds, so that the last digit is 0, 3 or 7.
pub(crate) fn on_grid(at: Timestamp) -> Timestamp {
    let milliseconds = at.as_millisecond();
    let ticks = (milliseconds * 3 + 5).div_euclid(10);
    let rounded = (ticks * 20 + 3).div_euclid(6);
    Timestamp::from_millisecond(rounded).unwrap_or(at)
}

/// A date as written by a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Written {
    pub(crate) at: Timestamp,
    /// Whether a time of day was given, not only a date.
    pub(crate) has_time: bool,
}

/// Reads `2026-03-01`, `2026-03-01T10:00:00.123Z` (or with an offset, or with none, which means UTC)
/// the American `3/1/2026`, and `Sun, 01 Mar 2026 10:00:00 GMT`, which the client for Node.js sends.
pub(crate) fn parse(text: &str) -> Option<Written> {
    let text = text.trim();
    if let Ok(at) = text.parse::<Timestamp>() {
        return Some(Written { at, has_time: true });
    }
    if text.contains(',') {
        let parser = jiff::fmt::rfc2822::DateTimeParser::new();
        let at = parser.parse_timestamp(text).ok()?;
        return Some(Written { at, has_time: true });
    }
    let has_time = text.contains(':');
    let civil = if has_time {
        text.parse::<DateTime>().ok()?
    } else {
        date(text)?.at(0, 0, 0, 0)
    };
    let at = civil.to_zoned(TimeZone::UTC).ok()?.timestamp();
    Some(Written { at, has_time })
}

fn date(text: &str) -> Option<Date> {
    if let Ok(date) = text.parse::<Date>() {
        return Some(date);
    }
    let mut parts = text.split('/');
    let month = parts.next()?.parse().ok()?;
    let day = parts.next()?.parse().ok()?;
    let year = parts.next()?.parse().ok()?;
    if parts.next().is_some() {
        return None;
    }
    Date::new(year, month, day).ok()
}

/// Midnight of the day.
pub(crate) fn day(at: Timestamp) -> Timestamp {
    let seconds = at.as_second();
    Timestamp::from_second(seconds - seconds.rem_euclid(86_400)).unwrap_or(at)
}

/// So many days later.
pub(crate) fn plus_days(at: Timestamp, days: i64) -> Timestamp {
    at.checked_add(SignedDuration::from_hours(days.saturating_mul(24)))
        .unwrap_or(at)
}

/// `1/31/2017 9:21:14 PM`, the form of the recycle bin (Microsoft Learn, Recyclebin - List, sample).
pub(crate) fn american(at: Timestamp) -> String {
    let at = at.to_zoned(TimeZone::UTC);
    let hour = at.hour();
    let (hour, half) = match hour {
        0 => (12, "AM"),
        1..=11 => (hour, "AM"),
        12 => (12, "PM"),
        _ => (hour - 12, "PM"),
    };
    format!(
        "{}/{}/{} {hour}:{:02}:{:02} {half}",
        at.month(),
        at.day(),
        at.year(),
        at.minute(),
        at.second()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_fall_on_the_grid_and_stay_there() {
        for (given, stored) in [
            ("2026-03-01T10:00:00Z", "2026-03-01T10:00:00Z"),
            ("2026-03-01T10:00:00.001Z", "2026-03-01T10:00:00Z"),
            ("2026-03-01T10:00:00.002Z", "2026-03-01T10:00:00.003Z"),
            ("2026-03-01T10:00:00.008Z", "2026-03-01T10:00:00.007Z"),
            ("2026-03-01T10:00:00.2299Z", "2026-03-01T10:00:00.23Z"),
            ("2026-03-01T10:00:00.999Z", "2026-03-01T10:00:01Z"),
        ] {
            let rounded = on_grid(given.parse().unwrap());
            assert_eq!(rounded.to_string(), stored, "{given}");
            assert_eq!(on_grid(rounded), rounded, "{given}");
        }
    }

    #[test]
    fn dates_are_read_with_and_without_a_time() {
        for (text, at, has_time) in [
            ("2026-03-01", "2026-03-01T00:00:00Z", false),
            ("3/1/2026", "2026-03-01T00:00:00Z", false),
            ("2026-03-01T10:20:30", "2026-03-01T10:20:30Z", true),
            ("2026-03-01T10:20:30+02:00", "2026-03-01T08:20:30Z", true),
        ] {
            let written = parse(text).unwrap();
            assert_eq!(
                (written.at.to_string().as_str(), written.has_time),
                (at, has_time)
            );
        }
        assert_eq!(parse("yesterday"), None);
        assert_eq!(parse("13/13/2026"), None);
    }

    #[test]
    fn the_recycle_bin_writes_american_dates() {
        for (at, text) in [
            ("2017-01-31T21:21:14Z", "1/31/2017 9:21:14 PM"),
            ("2017-01-31T00:01:04Z", "1/31/2017 12:01:04 AM"),
            ("2017-01-31T12:00:00Z", "1/31/2017 12:00:00 PM"),
        ] {
            assert_eq!(american(at.parse().unwrap()), text);
        }
    }
}
