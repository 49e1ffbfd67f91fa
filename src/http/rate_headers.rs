//! What a server says about its rate limit, on any status.
//!
//! Azure DevOps sends `Retry-After` and the `X-RateLimit-*` headers with delayed answers of status 200
//! too (Microsoft Learn, Azure DevOps "Rate and usage limits"); `Retry-After` itself is RFC 9110, 10.2.3.

use std::time::Duration;

use jiff::Timestamp;
use reqwest::header::HeaderMap;

/// Longer waits are a mistake or malice, and would overflow the clock.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// Azure DevOps delays before it refuses, so what only announces a limit pauses for this at most; it
/// must not turn into a failed request.
const LONGEST_ADVICE: Duration = Duration::from_secs(10);

/// What a server told of its limit, as it told it; for reports.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RateReport {
    /// `X-RateLimit-Resource`: which budget it is about.
    pub resource: Option<String>,
    /// `X-RateLimit-Limit`.
    pub limit: Option<f64>,
    /// `X-RateLimit-Remaining`.
    pub remaining: Option<f64>,
    /// `X-RateLimit-Delay`, in seconds: by how much the answer was held back.
    pub delay: Option<f64>,
    /// `Retry-After`.
    pub retry_after: Option<Duration>,
}

impl RateReport {
    /// Reads the headers of one answer; `None` if it says nothing of a limit.
    pub(super) fn read(headers: &HeaderMap, local_now: impl FnOnce() -> Timestamp) -> Option<Self> {
        let text = |name: &str| headers.get(name)?.to_str().ok().map(str::trim);
        let number = |name: &str| {
            let number: f64 = text(name)?.parse().ok()?;
            number.is_finite().then_some(number)
        };
        let report = Self {
            resource: text("x-ratelimit-resource").map(str::to_owned),
            limit: number("x-ratelimit-limit"),
            remaining: number("x-ratelimit-remaining"),
            delay: number("x-ratelimit-delay"),
            retry_after: RateHint::read(headers, local_now).retry_after,
        };
        (report != Self::default()).then_some(report)
    }
}

/// The answer's own `Date`.
pub(super) fn date(headers: &HeaderMap) -> Option<Timestamp> {
    http_date(headers.get("date")?.to_str().ok()?.trim())
}

/// A server's wishes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct RateHint {
    /// `Retry-After`: nothing may be sent before it has passed.
    pub(super) retry_after: Option<Duration>,
    /// A shorter pause that the other headers suggest.
    pub(super) advice: Option<Duration>,
}

impl RateHint {
    /// Reads the headers of one answer. `now` is taken from the answer's `Date` where it has one, so
    /// that a wrong local clock does no harm.
    pub(super) fn read(headers: &HeaderMap, local_now: impl FnOnce() -> Timestamp) -> Self {
        let text = |name: &str| headers.get(name)?.to_str().ok().map(str::trim);
        let (retry_after, delay) = (text("retry-after"), text("x-ratelimit-delay"));
        let exhausted = text("x-ratelimit-remaining")
            .and_then(|left| left.parse::<f64>().ok())
            .is_some_and(|left| left <= 0.0);
        if retry_after.is_none() && delay.is_none() && !exhausted {
            return Self::default();
        }
        let now = text("date").and_then(http_date).unwrap_or_else(local_now);
        let reset = text("x-ratelimit-reset")
            .filter(|_| exhausted)
            .and_then(|reset| {
                let at = Timestamp::from_second(reset.parse().ok()?).ok()?;
                Duration::try_from(at.duration_since(now)).ok()
            });
        let advice = [delay.and_then(seconds), reset].into_iter().flatten().max();
        Self {
            retry_after: retry_after.and_then(|value| retry_after_wait(value, now)),
            advice: advice
                .filter(|pause| !pause.is_zero())
                .map(|pause| pause.min(LONGEST_ADVICE)),
        }
    }

    /// The pause for the whole identity.
    pub(super) fn pause(self) -> Option<Duration> {
        self.retry_after.max(self.advice)
    }

    /// Whether the server asks for fewer requests.
    pub(super) fn is_pressure(self) -> bool {
        self.retry_after.is_some() || self.advice.is_some()
    }
}

/// Reads `Retry-After`: seconds (a fraction is tolerated) or an HTTP date. A date in the past is no wait;
/// what is neither is ignored.
fn retry_after_wait(value: &str, now: Timestamp) -> Option<Duration> {
    seconds(value).or_else(|| {
        let at = http_date(value)?;
        Some(
            Duration::try_from(at.duration_since(now))
                .unwrap_or(Duration::ZERO)
                .min(LONGEST),
        )
    })
}

fn seconds(value: &str) -> Option<Duration> {
    let plain = value.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    if !plain {
        return None;
    }
    let seconds = value.parse::<f64>().ok()?.min(LONGEST.as_secs_f64());
    Duration::try_from_secs_f64(seconds).ok()
}

/// The three date forms of RFC 9110, 5.6.7; all of them are in GMT.
fn http_date(value: &str) -> Option<Timestamp> {
    let civil = |format: &str| jiff::civil::DateTime::strptime(format, value).ok();
    civil("%a, %d %b %Y %H:%M:%S GMT")
        .or_else(|| civil("%A, %d-%b-%y %H:%M:%S GMT"))
        .or_else(|| civil("%a %b %e %H:%M:%S %Y"))
        .and_then(|at| at.to_zoned(jiff::tz::TimeZone::UTC).ok())
        .map(|at| at.timestamp())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn now() -> Timestamp {
        "1994-11-06T08:49:07Z".parse().unwrap()
    }

    #[expect(
        clippy::unnecessary_wraps,
        reason = "compared with readers that may find nothing"
    )]
    fn secs(seconds: f64) -> Option<Duration> {
        Some(Duration::from_secs_f64(seconds))
    }

    #[test]
    fn retry_after_table() {
        for (value, expected) in [
            ("0", secs(0.0)),
            ("5", secs(5.0)),
            ("007", secs(7.0)),
            ("1.5", secs(1.5)),
            ("120", secs(120.0)),
            ("99999999999999999999999", Some(LONGEST)),
            ("Sun, 06 Nov 1994 08:49:37 GMT", secs(30.0)),
            ("Sunday, 06-Nov-94 08:49:37 GMT", secs(30.0)),
            ("Sun Nov  6 08:49:37 1994", secs(30.0)),
            ("Sun, 06 Nov 1994 08:49:07 GMT", secs(0.0)),
            ("Sun, 06 Nov 1994 08:00:00 GMT", secs(0.0)),
            ("Wed, 01 Jan 2200 00:00:00 GMT", Some(LONGEST)),
            ("", None),
            ("-5", None),
            ("+5", None),
            ("5 s", None),
            ("soon", None),
            ("1e3", None),
            ("NaN", None),
            ("inf", None),
            (".", None),
            ("1.2.3", None),
            ("Sun, 31 Feb 1994 08:49:37 GMT", None),
            ("1994-11-06T08:49:37Z", None),
        ] {
            assert_eq!(retry_after_wait(value, now()), expected, "{value:?}");
        }
    }

    fn hint(headers: &[(&'static str, &str)]) -> RateHint {
        let map = headers
            .iter()
            .map(|(n, v)| (n.parse().unwrap(), v.parse().unwrap()))
            .collect();
        RateHint::read(&map, now)
    }

    #[test]
    fn every_header_has_its_say() {
        assert_eq!(hint(&[]), RateHint::default());
        assert!(!hint(&[("x-ratelimit-remaining", "12")]).is_pressure());
        assert_eq!(hint(&[("retry-after", "7")]).pause(), secs(7.0));
        assert_eq!(hint(&[("x-ratelimit-delay", "0.421")]).pause(), secs(0.421));
        assert_eq!(hint(&[("x-ratelimit-delay", "0.000")]).pause(), None);
        assert_eq!(
            hint(&[("x-ratelimit-delay", "90")]).pause(),
            Some(LONGEST_ADVICE)
        );
        let reset = (now().as_second() + 4).to_string();
        let exhausted = [
            ("x-ratelimit-remaining", "0"),
            ("x-ratelimit-reset", reset.as_str()),
        ];
        assert_eq!(hint(&exhausted).pause(), secs(4.0));
        assert_eq!(
            hint(&[("x-ratelimit-remaining", "1"), exhausted[1]]).pause(),
            None
        );
        let past = [exhausted[0], ("x-ratelimit-reset", "12")];
        assert_eq!(hint(&past).pause(), None);
        // The strictest wish wins.
        assert_eq!(
            hint(&[("retry-after", "2"), exhausted[0], exhausted[1]]).pause(),
            secs(4.0)
        );
    }

    #[test]
    fn a_report_repeats_what_was_told() {
        let report = |headers: &[(&'static str, &str)]| {
            let map = headers
                .iter()
                .map(|(n, v)| (n.parse().unwrap(), v.parse().unwrap()))
                .collect();
            RateReport::read(&map, now)
        };
        assert_eq!(report(&[("date", "Mon, 01 Jan 2024 00:00:00 GMT")]), None);
        assert_eq!(report(&[("x-ratelimit-limit", "inf")]), None);
        let told = report(&[
            ("x-ratelimit-resource", "core"),
            ("x-ratelimit-limit", "200"),
            ("x-ratelimit-remaining", "12.5"),
            ("retry-after", "7"),
        ]);
        let expected = RateReport {
            resource: Some("core".to_owned()),
            limit: Some(200.0),
            remaining: Some(12.5),
            delay: None,
            retry_after: secs(7.0),
        };
        assert_eq!(told, Some(expected));
    }

    #[test]
    fn the_servers_own_date_decides() {
        let headers = [
            ("date", "Mon, 01 Jan 2024 00:00:00 GMT"),
            ("retry-after", "Mon, 01 Jan 2024 00:00:09 GMT"),
        ];
        assert_eq!(hint(&headers).retry_after, secs(9.0));
    }

    proptest! {
        #[test]
        fn no_header_can_break_it(value in "[ -~]{0,40}") {
            for name in ["retry-after", "x-ratelimit-delay", "x-ratelimit-remaining", "date"] {
                let pause = hint(&[(name, value.as_str())]).pause();
                prop_assert!(pause.is_none_or(|pause| pause <= LONGEST));
            }
        }
    }
}
