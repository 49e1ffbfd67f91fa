//! Timestamps as .NET writes them: seven fractional digits, with an offset only while the value is
//! still the one that the server's clock gave. The published case carries both forms side by side.

use std::fmt;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::{Serialize, Serializer};

/// Where the value comes from, which decides its form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// The clock, just now: with an offset.
    Clock,
    /// The database: without one.
    Database,
}

/// An instant in the server's zone.
#[derive(Clone, Copy)]
pub(super) struct Stamp<'a> {
    pub(super) at: Timestamp,
    pub(super) zone: &'a TimeZone,
    pub(super) source: Source,
}

impl fmt::Display for Stamp<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let offset = self.zone.to_offset(self.at);
        let local = offset.to_datetime(self.at);
        write!(
            out,
            "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:07}",
            local.year(),
            local.month(),
            local.day(),
            local.hour(),
            local.minute(),
            local.second(),
            local.subsec_nanosecond() / 100,
        )?;
        if self.source == Source::Clock {
            let sign = if offset.seconds() < 0 { '-' } else { '+' };
            let minutes = offset.seconds().abs() / 60;
            write!(out, "{sign}{:02}:{:02}", minutes / 60, minutes % 60)?;
        }
        Ok(())
    }
}

impl Serialize for Stamp<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(at: &str, zone: &str, source: Source) -> String {
        Stamp {
            at: at.parse().expect("an instant"),
            zone: &TimeZone::posix(zone).expect("a zone"),
            source,
        }
        .to_string()
    }

    #[test]
    fn seven_digits_with_the_offset_of_the_day() {
        let chicago = "CST6CDT,M3.2.0,M11.1.0";
        assert_eq!(
            text("2026-08-11T19:07:52.4410963Z", chicago, Source::Clock),
            "2026-08-11T14:07:52.4410963-05:00"
        );
        assert_eq!(
            text("2026-02-03T14:12:45Z", chicago, Source::Clock),
            "2026-02-03T08:12:45.0000000-06:00"
        );
        assert_eq!(
            text("2026-02-03T14:12:45.1034207Z", chicago, Source::Database),
            "2026-02-03T08:12:45.1034207"
        );
        assert_eq!(
            text("2026-02-03T20:00:00Z", "<+0545>-5:45", Source::Clock),
            "2026-02-04T01:45:00.0000000+05:45"
        );
    }

    #[test]
    fn the_repeated_hour_is_ambiguous_without_an_offset() {
        let chicago = "CST6CDT,M3.2.0,M11.1.0";
        let first = "2026-11-01T06:30:00Z";
        let second = "2026-11-01T07:30:00Z";
        assert_eq!(
            text(first, chicago, Source::Database),
            text(second, chicago, Source::Database)
        );
        assert_ne!(
            text(first, chicago, Source::Clock),
            text(second, chicago, Source::Clock)
        );
    }
}
