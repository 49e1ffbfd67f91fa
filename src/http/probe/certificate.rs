//! What a person wants to know of a certificate: whom it names, who signed it, how long it holds.
//!
//! The TLS library judges certificates and shows nothing of them. These few members are read from the
//! DER form (RFC 5280, 4.1); nothing is decided by them, so what cannot be read is left out.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

const SEQUENCE: u8 = 0x30;
const VERSION: u8 = 0xa0;
const COMMON_NAME: &[u8] = &[0x55, 0x04, 0x03];
const ORGANIZATION: &[u8] = &[0x55, 0x04, 0x0a];

/// The longest name that is shown, in characters.
const LONGEST_NAME: usize = 100;

/// A server's certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    /// Whom it names: common name, else organisation; may be empty.
    pub subject: String,
    /// Who signed it, in the same form.
    pub issuer: String,
    /// Whether it names itself as its issuer.
    pub self_issued: bool,
    /// From when on it holds.
    pub not_before: Option<Timestamp>,
    /// Until when it holds.
    pub not_after: Option<Timestamp>,
}

impl Certificate {
    /// Reads a certificate in DER form; `None` if it is none.
    pub(super) fn read(der: &[u8]) -> Option<Self> {
        let mut outer = Der(der).take(SEQUENCE)?;
        let mut body = outer.take(SEQUENCE)?;
        if body.peek() == Some(VERSION) {
            body.next()?;
        }
        // Serial number and signature algorithm.
        body.next()?;
        body.next()?;
        let issuer = body.take(SEQUENCE)?;
        let mut validity = body.take(SEQUENCE)?;
        let subject = body.take(SEQUENCE)?;
        let not_before = validity.next().and_then(|(tag, text)| time(tag, text));
        let not_after = validity.next().and_then(|(tag, text)| time(tag, text));
        Some(Self {
            self_issued: issuer.0 == subject.0,
            subject: name(subject),
            issuer: name(issuer),
            not_before,
            not_after,
        })
    }
}

/// What is left of a run of DER values.
#[derive(Clone, Copy)]
struct Der<'a>(&'a [u8]);

impl<'a> Der<'a> {
    fn peek(self) -> Option<u8> {
        self.0.first().copied()
    }

    /// The next value: its tag and its content.
    fn next(&mut self) -> Option<(u8, &'a [u8])> {
        let (tag, rest) = self.0.split_first()?;
        let (first, rest) = rest.split_first()?;
        let (length, rest) = if *first < 0x80 {
            (usize::from(*first), rest)
        } else {
            let count = usize::from(first & 0x7f);
            // Four bytes of length are 4 GiB.
            let digits = rest.get(..count).filter(|_| (1..=4).contains(&count))?;
            let length = digits
                .iter()
                .fold(0_usize, |sum, digit| (sum << 8) | usize::from(*digit));
            (length, rest.get(count..)?)
        };
        let content = rest.get(..length)?;
        self.0 = rest.get(length..)?;
        Some((*tag, content))
    }

    /// The content of the next value, if it has this tag.
    fn take(&mut self, tag: u8) -> Option<Self> {
        let (found, content) = self.next()?;
        (found == tag).then_some(Self(content))
    }
}

/// The common name of a name, else its organisation.
fn name(mut name: Der<'_>) -> String {
    let (mut common, mut organization) = (None, None);
    while let Some((_, set)) = name.next() {
        let mut set = Der(set);
        while let Some((_, pair)) = set.next() {
            let mut pair = Der(pair);
            let (Some((_, kind)), Some((tag, value))) = (pair.next(), pair.next()) else {
                continue;
            };
            match kind {
                COMMON_NAME => common = Some(text(tag, value)),
                ORGANIZATION => organization = Some(text(tag, value)),
                _ => {}
            }
        }
    }
    let name = common.or(organization).unwrap_or_default();
    name.chars().take(LONGEST_NAME).collect()
}

fn text(tag: u8, value: &[u8]) -> String {
    const BMP: u8 = 0x1e;
    if tag == BMP {
        let units: Vec<u16> = value
            .chunks_exact(2)
            .map(|pair| u16::from_be_bytes([pair[0], pair[1]]))
            .collect();
        return String::from_utf16_lossy(&units);
    }
    String::from_utf8_lossy(value).into_owned()
}

/// `UTCTime` with two digits for the year (50 and more are 19xx), or `GeneralizedTime` with four.
fn time(tag: u8, value: &[u8]) -> Option<Timestamp> {
    const UTC_TIME: u8 = 0x17;
    let text = std::str::from_utf8(value).ok()?;
    let text = if tag == UTC_TIME {
        let century = if text.get(..2)?.parse::<u8>().ok()? >= 50 {
            "19"
        } else {
            "20"
        };
        format!("{century}{text}")
    } else {
        text.to_owned()
    };
    let civil = DateTime::strptime("%Y%m%d%H%M%SZ", &text).ok()?;
    Some(civil.to_zoned(TimeZone::UTC).ok()?.timestamp())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rcgen::{CertificateParams, DistinguishedName, DnType, KeyPair, date_time_ymd};

    use super::*;

    fn made(change: impl FnOnce(&mut CertificateParams)) -> Vec<u8> {
        let mut params = CertificateParams::new(vec!["a.example".to_owned()]).unwrap();
        params.not_before = date_time_ymd(2024, 2, 29);
        params.not_after = date_time_ymd(2061, 12, 31);
        params.distinguished_name = DistinguishedName::new();
        params
            .distinguished_name
            .push(DnType::OrganizationName, "Contoso");
        change(&mut params);
        let key = KeyPair::generate().unwrap();
        params.self_signed(&key).unwrap().der().to_vec()
    }

    #[test]
    fn what_a_real_certificate_says() {
        let der = made(|params| {
            params
                .distinguished_name
                .push(DnType::CommonName, "Prüfstelle");
        });
        let read = Certificate::read(&der).unwrap();
        assert_eq!(read.subject, "Prüfstelle");
        assert_eq!(read.issuer, "Prüfstelle");
        assert!(read.self_issued);
        // The first date has two digits for its year, the second four.
        let day = |at: Option<Timestamp>| at.unwrap().to_string();
        assert_eq!(day(read.not_before), "2024-02-29T00:00:00Z");
        assert_eq!(day(read.not_after), "2061-12-31T00:00:00Z");
    }

    #[test]
    fn without_a_common_name_the_organisation_speaks() {
        assert_eq!(Certificate::read(&made(|_| {})).unwrap().subject, "Contoso");
    }

    proptest! {
        #[test]
        fn nothing_breaks_it(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = Certificate::read(&bytes);
        }

        #[test]
        fn no_cut_breaks_it(at in 0_usize..300) {
            let der = made(|_| {});
            let _ = Certificate::read(&der[..at.min(der.len())]);
        }
    }
}
