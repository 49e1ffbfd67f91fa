//! Timestamps as .NET writes them: seven fractional digits, with an offset just after a write and
//! without one when read back (TestWorthy, Automation API page, add test case).

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

/// Reads a timestamp; one without an offset is local time in `zone`. A time that a clock change skips is
/// taken as if the clock had not changed yet, one that occurs twice as its first occurrence. `None` for
/// .NET's zero (year 1) and for what is no timestamp.
pub(super) fn parse(text: &str, zone: &TimeZone) -> Option<Timestamp> {
    let text = text.trim();
    // A text with an offset would also parse as a civil time, silently without it.
    let instant = match text.parse::<Timestamp>() {
        Ok(instant) => instant,
        Err(_) if has_offset(text) => return None,
        Err(_) => {
            let local: DateTime = text.parse().ok()?;
            zone.to_ambiguous_timestamp(local).compatible().ok()?
        }
    };
    (instant.as_second() > ZERO).then_some(instant)
}

/// The end of year 1, in seconds from 1970: `DateTime.MinValue` in any zone is before it.
const ZERO: i64 = -62_104_060_800;

/// Whether something stands behind the time of day that is no fraction.
fn has_offset(text: &str) -> bool {
    text.split_once(['T', 't', ' '])
        .is_some_and(|(_, time)| time.contains(['+', '-', 'Z', 'z', '[']))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, zone: &str) -> Option<String> {
        parse(text, &TimeZone::get(zone).unwrap()).map(|instant| instant.to_string())
    }

    #[test]
    fn naive_times_are_in_the_configured_zone_and_offsets_win() {
        for (text, zone, expected) in [
            (
                "2026-08-11T14:07:52.4410963-05:00",
                "UTC",
                Some("2026-08-11T19:07:52.4410963Z"),
            ),
            (
                "2026-08-11T14:07:52.4410963-05:00",
                "Europe/Berlin",
                Some("2026-08-11T19:07:52.4410963Z"),
            ),
            (
                "2026-02-03T08:12:45.1034207",
                "UTC",
                Some("2026-02-03T08:12:45.1034207Z"),
            ),
            (
                "2026-02-03T08:12:45.1034207",
                "America/Chicago",
                Some("2026-02-03T14:12:45.1034207Z"),
            ),
            (
                "2026-08-03T08:12:45.1034207",
                "America/Chicago",
                Some("2026-08-03T13:12:45.1034207Z"),
            ),
            (
                "2026-02-03T08:12:45Z",
                "America/Chicago",
                Some("2026-02-03T08:12:45Z"),
            ),
            ("2026-02-03T08:12:45", "UTC", Some("2026-02-03T08:12:45Z")),
            ("2026-02-03 08:12:45", "UTC", Some("2026-02-03T08:12:45Z")),
            (" 2026-02-03T08:12:45 ", "UTC", Some("2026-02-03T08:12:45Z")),
            ("0001-01-01T00:00:00", "UTC", None),
            ("0001-01-01T00:00:00", "America/Chicago", None),
            ("0001-01-01T00:00:00-12:00", "UTC", None),
            ("2026-02-30T08:12:45", "UTC", None),
            ("2026-02-03T08:12:45+99:00", "UTC", None),
            ("yesterday", "UTC", None),
            ("", "UTC", None),
        ] {
            assert_eq!(read(text, zone).as_deref(), expected, "{text} {zone}");
        }
    }

    #[test]
    fn clock_changes() {
        // 02:30 does not exist on 2026-03-29 in Berlin; 02:30 happens twice on 2026-10-25.
        assert_eq!(
            read("2026-03-29T02:30:00.0000001", "Europe/Berlin").unwrap(),
            "2026-03-29T01:30:00.0000001Z"
        );
        assert_eq!(
            read("2026-10-25T02:30:00", "Europe/Berlin").unwrap(),
            "2026-10-25T00:30:00Z"
        );
        assert_eq!(
            read("2026-10-25T03:30:00", "Europe/Berlin").unwrap(),
            "2026-10-25T02:30:00Z"
        );
        assert_eq!(
            read("2026-10-25T02:30:00+01:00", "Europe/Berlin").unwrap(),
            "2026-10-25T01:30:00Z"
        );
    }
}
