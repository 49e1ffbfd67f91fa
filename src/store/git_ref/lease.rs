//! The lease: who may write the state, told in the state itself.
//!
//! It is taken, kept and given back like everything else here, by a push that only succeeds if the ref is what it
//! was. So there is never more than one holder: whoever takes a lease over has changed the ref, and the next push
//! of the one before finds that out. The token counts the holders; it only ever grows.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::import::Damage;
use super::layout::LEASE_FILE;

/// So far two machines' clocks may differ before one takes over a lease that the other still renews.
const SKEW: SignedDuration = SignedDuration::from_secs(60);

/// More of a holder's text is not shown.
const SHOWN: usize = 300;

/// What [`LEASE_FILE`] says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Lease {
    /// The number of the present holder, or of the last one.
    pub(super) token: u64,
    /// Who holds it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) holder: Option<Holder>,
}

/// A run that may write.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Holder {
    /// Tells two holders apart that describe themselves alike.
    pub(super) id: String,
    /// What it says about itself.
    pub(super) about: String,
    /// Where its log is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) url: Option<String>,
    /// Until when nobody may take it over.
    pub(super) expires: Timestamp,
}

impl Lease {
    pub(super) fn parse(text: &[u8]) -> Result<Self, Damage> {
        serde_json::from_slice(text).map_err(|_| Damage::At {
            file: LEASE_FILE.to_owned(),
            line: None,
            reason: "it is no lease that this version knows".to_owned(),
        })
    }

    pub(super) fn text(&self) -> String {
        let mut text =
            serde_json::to_string_pretty(self).expect("texts and numbers are plain JSON");
        text.push('\n');
        text
    }

    /// The holder, unless it has been silent for so long that it counts as dead.
    pub(super) fn held(&self, now: Timestamp) -> Option<&Holder> {
        let holder = self.holder.as_ref()?;
        let until = holder.expires.checked_add(SKEW).unwrap_or(Timestamp::MAX);
        (now < until).then_some(holder)
    }

    /// The lease of the next holder.
    pub(super) fn next(&self, id: &str, about: &str, url: Option<&str>) -> Self {
        Self {
            token: self.token.saturating_add(1),
            holder: Some(Holder {
                id: id.to_owned(),
                about: about.to_owned(),
                url: url.map(str::to_owned),
                expires: Timestamp::MIN,
            }),
        }
    }

    /// The same holder for some time more.
    pub(super) fn renew(&mut self, now: Timestamp, ttl: Duration) {
        if let Some(holder) = &mut self.holder {
            let ttl = SignedDuration::try_from(ttl).unwrap_or(SignedDuration::MAX);
            holder.expires = now.checked_add(ttl).unwrap_or(Timestamp::MAX);
        }
    }
}

impl Holder {
    /// For those who wait. It comes from the ref, so it is shown in one line and cut short.
    pub(super) fn words(&self) -> String {
        let mut words = self.about.clone();
        if let Some(url) = &self.url {
            words.push_str(", ");
            words.push_str(url);
        }
        words
            .chars()
            .map(|c| if c.is_control() { ' ' } else { c })
            .take(SHOWN)
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_790_000_000 + second).unwrap()
    }

    #[test]
    fn a_lease_comes_back_from_its_text() {
        let mut lease = Lease::default().next("id", "apply", Some("https://ci.example/1"));
        lease.renew(at(0), Duration::from_secs(180));
        assert_eq!(Lease::parse(lease.text().as_bytes()), Ok(lease.clone()));
        lease.holder = None;
        assert_eq!(lease.text(), "{\n  \"token\": 1\n}\n");
        assert_eq!(Lease::parse(lease.text().as_bytes()), Ok(lease));
        assert!(Lease::parse(b"{\"token\":1,\"king\":\"me\"}").is_err());
    }

    #[test]
    fn a_silent_holder_is_given_up_only_after_its_time_and_the_clocks_doubt() {
        let mut lease = Lease::default().next("id", "apply", None);
        lease.renew(at(0), Duration::from_secs(180));
        assert!(lease.held(at(0)).is_some());
        assert!(lease.held(at(239)).is_some());
        assert!(lease.held(at(240)).is_none());
        lease.renew(at(100), Duration::from_secs(180));
        assert!(lease.held(at(240)).is_some());
    }

    #[test]
    fn every_holder_has_a_higher_token_also_after_a_free_lease() {
        let first = Lease::default().next("a", "apply", None);
        let free = Lease {
            holder: None,
            ..first.clone()
        };
        assert!(free.held(at(0)).is_none());
        assert_eq!((first.token, free.next("b", "x", None).token), (1, 2));
    }

    #[test]
    fn what_a_holder_says_is_shown_in_one_short_line() {
        let long = "x".repeat(900);
        let lease = Lease::default().next("a", &format!("apply\u{1b}[2J\n{long}"), None);
        let words = lease.holder.unwrap().words();
        assert!(words.starts_with("apply [2J x"), "{words}");
        assert_eq!(words.chars().count(), SHOWN);
    }
}
