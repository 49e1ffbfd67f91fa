//! Formats of texts: names, durations, addresses, paths, time zones, schedules.

use std::time::Duration;

use jiff::tz::{TimeZone, TimeZoneDatabase};
use url::{Host, Url};

use crate::diagnostics::catalog::manifest as codes;
use crate::diagnostics::{nearest, quote};
use crate::manifest::document::Report;
use crate::model::Name;

/// A DNS label made of `text`, if there is an obvious one.
pub(super) fn as_name(text: &str) -> Option<String> {
    let lower: String = text
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() {
                c.to_ascii_lowercase()
            } else {
                '-'
            }
        })
        .take(63)
        .collect();
    let words: Vec<&str> = lower.split('-').filter(|word| !word.is_empty()).collect();
    let name = words.join("-");
    Name::new(&name).ok().map(|_| name)
}

/// Whole numbers with `ms`, `s`, `m` or `h`, one or more: `120s`, `1m30s`. At most a day.
pub fn duration(text: &str) -> Option<Duration> {
    const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);
    let mut total = Duration::ZERO;
    let mut rest = text;
    while !rest.is_empty() {
        let digits = rest
            .find(|c: char| !c.is_ascii_digit())
            .filter(|at| *at > 0)?;
        let number: u64 = rest[..digits].parse().ok()?;
        rest = &rest[digits..];
        let letters = rest
            .find(|c: char| c.is_ascii_digit())
            .unwrap_or(rest.len());
        let unit = match &rest[..letters] {
            "ms" => Duration::from_millis(1),
            "s" => Duration::from_secs(1),
            "m" => Duration::from_secs(60),
            "h" => Duration::from_secs(3600),
            _ => return None,
        };
        rest = &rest[letters..];
        let part = unit.checked_mul(u32::try_from(number).ok()?)?;
        total = total.checked_add(part)?;
    }
    (!text.is_empty() && total <= LONGEST).then_some(total)
}

/// An absolute https address (http on loopback) without query, fragment, user or password, and without
/// a slash at its end.
pub(super) fn url(text: &str, at: &str, report: &mut Report<'_>) -> Option<Url> {
    let parsed = Url::parse(text).ok().filter(|url| {
        text.contains("://") && url.has_host() && matches!(url.scheme(), "http" | "https")
    });
    let Some(mut url) = parsed else {
        let finding = report.value(
            &codes::INVALID_URL,
            at,
            "this is not an absolute http address",
        );
        report.push(finding.with_help("write it like `https://example.test`"));
        return None;
    };
    if !url.username().is_empty() || url.password().is_some() {
        let message = "an address must not carry a user or a password";
        let finding = report.value(&codes::SECRET_LITERAL, at, message);
        report.push(finding.with_help("remove it, and revoke the password"));
        return None;
    }
    if url.query().is_some() || url.fragment().is_some() {
        let message = "this address has a query or a fragment";
        report.push(report.value(&codes::INVALID_URL, at, message));
        return None;
    }
    if url.scheme() == "http" && !is_loopback(&url) {
        let message = "plain http is only for loopback addresses: credentials would be readable";
        let finding = report.value(&codes::INSECURE_URL, at, message);
        report.push(finding.with_help("use https"));
        return None;
    }
    let path = url.path().trim_end_matches('/').to_owned();
    url.set_path(&path);
    Some(url)
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name.eq_ignore_ascii_case("localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// Whether a path stays in the folder it is relative to: `/` between names, no root, no drive, no `..`.
pub(crate) fn stays_inside(path: &str) -> bool {
    !path.is_empty()
        && !path.starts_with(['/', '~'])
        && !path.contains(['\\', ':', '\0'])
        && !path.split('/').any(|step| step == "..")
}

/// An IANA time zone. Taken from the database inside the program, so that a manifest is valid on every
/// machine or on none.
pub(super) fn time_zone(name: &str, at: &str, report: &mut Report<'_>) -> Option<TimeZone> {
    let database = TimeZoneDatabase::bundled();
    if let Ok(zone) = database.get(name) {
        return Some(zone);
    }
    let names: Vec<String> = database
        .available()
        .map(|name| name.as_str().to_owned())
        .collect();
    let city = names.iter().find(|known| {
        known
            .rsplit('/')
            .next()
            .is_some_and(|city| city.eq_ignore_ascii_case(name))
    });
    let near = city
        .map(String::as_str)
        .or_else(|| nearest(name, names.iter().map(String::as_str)));
    let message = format!("{} is not a time zone", quote(name));
    let finding = report.value(&codes::INVALID_TIME_ZONE, at, message);
    report.push(finding.with_help(match near {
        Some(near) => format!("did you mean `{near}`?"),
        None => "use an IANA name like `Europe/Berlin`, or `UTC`".to_owned(),
    }));
    None
}

/// Whether a text has the form of a cron expression with five fields.
pub(super) fn is_cron(text: &str) -> bool {
    let fields: Vec<&str> = text.split_ascii_whitespace().collect();
    let allowed = |c: char| c.is_ascii_alphanumeric() || "*/,-?#".contains(c);
    fields.len() == 5 && fields.iter().all(|field| field.chars().all(allowed))
}

/// Whether a text can be the reference name of an Azure DevOps field: words joined by dots.
pub(super) fn is_reference_name(text: &str) -> bool {
    let word = |word: &str| {
        !word.is_empty()
            && word
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-')
    };
    text.len() <= 128
        && text.contains('.')
        && text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.split('.').all(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_durations() {
        for (text, seconds) in [
            ("120s", 120),
            ("1m30s", 90),
            ("2h", 7200),
            ("0s", 0),
            ("24h", 86400),
        ] {
            assert_eq!(duration(text), Some(Duration::from_secs(seconds)), "{text}");
        }
        assert_eq!(duration("250ms"), Some(Duration::from_millis(250)));
        for text in [
            "",
            "120",
            "s",
            "1 s",
            "-1s",
            "1.5h",
            "25h",
            "99999999999999999999s",
            "1d",
        ] {
            assert_eq!(duration(text), None, "{text}");
        }
    }

    #[test]
    fn accepts_only_safe_addresses() {
        let code = |text: &str| {
            let mut report = Report::new("a.yaml", 0);
            url(text, "/url", &mut report);
            report.findings.first().map(|finding| finding.code.code)
        };
        for text in [
            "https://testworthy.us",
            "https://host.test/base/",
            "http://127.0.0.1:8080",
            "http://localhost",
            "http://[::1]:1",
        ] {
            assert_eq!(code(text), None, "{text}");
        }
        for (text, expected) in [
            ("testworthy.us", "invalid-url"),
            ("ftp://testworthy.us", "invalid-url"),
            ("file:///etc/passwd", "invalid-url"),
            ("", "invalid-url"),
            ("https://host.test/?a=b", "invalid-url"),
            ("http://testworthy.us", "insecure-url"),
            ("http://localhost.evil.test", "insecure-url"),
            ("http://127.0.0.1.evil.test", "insecure-url"),
            ("http://[::ffff:10.0.0.1]", "insecure-url"),
            ("https://me:pw@host.test", "secret-literal"),
        ] {
            assert_eq!(code(text), Some(expected), "{text}");
        }
    }

    #[test]
    fn suggests_time_zones() {
        let help = |name: &str| {
            let mut report = Report::new("a.yaml", 0);
            assert!(time_zone(name, "/z", &mut report).is_none(), "{name}");
            report
                .findings
                .pop()
                .and_then(|finding| finding.help)
                .unwrap()
        };
        assert_eq!(help("berlin"), "did you mean `Europe/Berlin`?");
        assert_eq!(help("Europe/Berln"), "did you mean `Europe/Berlin`?");
        let mut report = Report::new("a.yaml", 0);
        assert!(time_zone("UTC", "/z", &mut report).is_some());
        assert!(time_zone("Europe/Berlin", "/z", &mut report).is_some());
    }

    #[test]
    fn keeps_paths_inside() {
        for path in [".", "a/b.db", ".accord/state.db", "a..b"] {
            assert!(stays_inside(path), "{path}");
        }
        for path in ["", "/a", "..", "a/../b", "C:\\a", "C:a", "~/a", "a\\..\\b"] {
            assert!(!stays_inside(path), "{path}");
        }
    }

    #[test]
    fn names_and_references() {
        assert_eq!(
            as_name("Regression Cases").as_deref(),
            Some("regression-cases")
        );
        assert_eq!(as_name("---"), None);
        assert!(is_reference_name("Microsoft.VSTS.TCM.Steps"));
        for text in ["Title", "System.", ".Title", "System Title.x", ""] {
            assert!(!is_reference_name(text), "{text}");
        }
        assert!(is_cron("*/15 * * * *"));
        assert!(!is_cron("*/15 * * *"));
    }
}
