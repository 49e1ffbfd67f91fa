//! What the servers tell beside their answers: clock, rate budget, capabilities, versions.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::shown;
use crate::http::RateReport;
use crate::reconcile::doctor::check::Check;
use crate::remote::{TestWorthyCapabilities, Verification};

/// Clocks that are further apart are worth a warning.
const APART: SignedDuration = SignedDuration::from_secs(30);

/// A smaller share of the rate limit that is left is worth a warning.
const LITTLE_LEFT: f64 = 0.1;

/// How far the server's clock is from this machine's. `before` and `after` are this machine's times
/// around the answer that carried `date`, which is cut to the second.
pub(in crate::reconcile::doctor) fn clock(
    date: Option<Timestamp>,
    before: Timestamp,
    after: Timestamp,
) -> Check {
    let Some(date) = date else {
        return Check::skipped("clock", "the server does not tell its time");
    };
    // The true moment lies anywhere between the two, and the date anywhere within its second.
    let latest = date.duration_since(before) + SignedDuration::from_secs(1);
    let earliest = date.duration_since(after);
    let offset = if earliest > SignedDuration::ZERO {
        earliest
    } else if latest < SignedDuration::ZERO {
        latest
    } else {
        return Check::ok("clock", "in step with the server");
    };
    let (length, way) = if offset.is_negative() {
        (-offset, "behind")
    } else {
        (offset, "ahead of")
    };
    let measured = format!(
        "the server's clock is {} {way} this machine's",
        rough(length)
    );
    if length <= APART {
        return Check::ok("clock", measured);
    }
    Check::warn(
        "clock",
        measured,
        "let this machine's clock follow a time server; times decide which of two edits is the latest, and whether certificates and tokens hold",
    )
}

/// Two units at most, as people say it.
fn rough(length: SignedDuration) -> String {
    let seconds = length.as_secs();
    let plural = |count: i64, unit: &str| match count {
        1 => format!("1 {unit}"),
        count => format!("{count} {unit}s"),
    };
    match seconds {
        0 => "less than a second".to_owned(),
        1..120 => plural(seconds, "second"),
        120..7_200 => format!("about {}", plural((seconds + 30) / 60, "minute")),
        7_200..172_800 => format!("about {}", plural((seconds + 1_800) / 3_600, "hour")),
        _ => format!("about {}", plural((seconds + 43_200) / 86_400, "day")),
    }
}

/// What the server said last of its rate limit.
pub(in crate::reconcile::doctor) fn rate(report: Option<&RateReport>) -> Check {
    let Some(report) = report else {
        return Check::ok(
            "rate",
            "the server announces no limit, as it does far from one",
        );
    };
    let mut told = Vec::new();
    if let Some(left) = report.remaining {
        told.push(match report.limit {
            Some(limit) => format!("{left} of {limit} left"),
            None => format!("{left} left"),
        });
    } else if let Some(limit) = report.limit {
        told.push(format!("limit {limit}"));
    }
    if let Some(resource) = &report.resource {
        told.push(format!("resource {}", shown(resource)));
    }
    let delayed = report.delay.filter(|delay| *delay > 0.0);
    if let Some(delay) = delayed {
        told.push(format!("answers are held back by {delay} s"));
    }
    let wait = report.retry_after.filter(|wait| *wait > Duration::ZERO);
    if let Some(wait) = wait {
        told.push(format!("it asks to wait {} s", wait.as_secs_f64()));
    }
    let little = match (report.remaining, report.limit) {
        (Some(left), Some(limit)) => left <= limit * LITTLE_LEFT,
        (Some(left), None) => left <= 0.0,
        _ => false,
    };
    let measured = told.join(", ");
    if little || wait.is_some() || delayed.is_some() {
        return Check::warn(
            "rate",
            measured,
            "other programs of the same user use up the same limit: wait a few minutes, or give accord a user of its own",
        );
    }
    Check::ok("rate", measured)
}

/// What the server offers, as far as it was tried. Writes are never tried.
pub(in crate::reconcile::doctor) fn capabilities(known: TestWorthyCapabilities) -> Check {
    let word = |verification: Verification| match verification {
        Verification::Verified => "verified",
        Verification::Assumed => "assumed",
        Verification::Absent => "absent",
    };
    let all = [
        ("suites", known.suites),
        ("sections", known.sections),
        ("single case", known.get_case),
        ("create", known.create),
        ("update", known.update),
    ];
    let told: Vec<String> = all
        .iter()
        .map(|(name, verification)| format!("{name} {}", word(*verification)))
        .collect();
    let measured = told.join(", ");
    // The v1 surface, which has no references either, has none by design.
    if known.sections == Verification::Absent && known.refs {
        return Check::warn(
            "capabilities",
            measured,
            "without sections a case shows only its own section's name: write section patterns for that, or set `testworthy.operations.getSections`",
        );
    }
    Check::ok("capabilities", measured)
}

/// What speaks with what.
pub(in crate::reconcile::doctor) fn versions(surface: &str, server: Option<&str>) -> Check {
    let server = server.map_or_else(String::new, |server| format!(", server {}", shown(server)));
    Check::ok(
        "versions",
        format!("accord {}, {surface}{server}", env!("CARGO_PKG_VERSION")),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reconcile::doctor::check::Status;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn clocks() {
        let (before, after) = (at("2026-03-01T12:00:00.2Z"), at("2026-03-01T12:00:00.8Z"));
        for (date, status, words) in [
            ("2026-03-01T12:00:00Z", Status::Ok, "in step"),
            // Within what rounding and the answer's way explain.
            ("2026-03-01T11:59:59.5Z", Status::Ok, "in step"),
            ("2026-03-01T12:00:05Z", Status::Ok, "4 seconds ahead of"),
            ("2026-03-01T11:59:50Z", Status::Ok, "9 seconds behind"),
            ("2026-03-01T12:00:31Z", Status::Warn, "30 seconds ahead of"),
            (
                "2026-03-01T12:10:00Z",
                Status::Warn,
                "about 10 minutes ahead of",
            ),
            (
                "2026-03-01T11:50:00Z",
                Status::Warn,
                "about 10 minutes behind",
            ),
            (
                "2026-03-01T15:00:00Z",
                Status::Warn,
                "about 3 hours ahead of",
            ),
            (
                "2027-03-01T12:00:00Z",
                Status::Warn,
                "about 365 days ahead of",
            ),
        ] {
            let check = clock(Some(at(date)), before, after);
            assert_eq!(check.status, status, "{date}: {}", check.measured);
            assert!(check.measured.contains(words), "{date}: {}", check.measured);
        }
        assert_eq!(clock(None, before, after).status, Status::Skipped);
    }

    #[test]
    fn thirty_seconds_are_the_limit() {
        let moment = at("2026-03-01T12:00:00Z");
        let status = |seconds| {
            let date = moment + SignedDuration::from_secs(seconds);
            clock(Some(date), moment, moment).status
        };
        assert_eq!((status(30), status(31)), (Status::Ok, Status::Warn));
        // The second in which the date lies counts for the server.
        assert_eq!((status(-31), status(-32)), (Status::Ok, Status::Warn));
    }

    #[test]
    fn rates() {
        let report = RateReport::default;
        for (told, status, words) in [
            (None, Status::Ok, "no limit"),
            (
                Some(RateReport {
                    limit: Some(200.0),
                    remaining: Some(150.0),
                    resource: Some("core".to_owned()),
                    ..report()
                }),
                Status::Ok,
                "150 of 200 left, resource core",
            ),
            (
                Some(RateReport {
                    limit: Some(200.0),
                    remaining: Some(20.0),
                    ..report()
                }),
                Status::Warn,
                "20 of 200 left",
            ),
            (
                Some(RateReport {
                    retry_after: Some(Duration::from_secs(3)),
                    ..report()
                }),
                Status::Warn,
                "asks to wait 3 s",
            ),
            (
                Some(RateReport {
                    delay: Some(1.25),
                    ..report()
                }),
                Status::Warn,
                "held back by 1.25 s",
            ),
        ] {
            let check = rate(told.as_ref());
            assert_eq!(check.status, status, "{}", check.measured);
            assert!(check.measured.contains(words), "{}", check.measured);
        }
    }

    #[test]
    fn what_was_not_tried_is_only_assumed() {
        let known = TestWorthyCapabilities {
            suites: Verification::Verified,
            sections: Verification::Verified,
            get_case: Verification::Assumed,
            create: Verification::Assumed,
            update: Verification::Assumed,
            close: Verification::Assumed,
            integration: Verification::Absent,
            refs: true,
            fields: None,
        };
        let check = capabilities(known);
        assert_eq!(check.status, Status::Ok);
        assert!(check.measured.contains("suites verified"));
        assert!(check.measured.contains("create assumed"));
        let without = TestWorthyCapabilities {
            sections: Verification::Absent,
            ..known
        };
        assert_eq!(capabilities(without).status, Status::Warn);
    }
}
