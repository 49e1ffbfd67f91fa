//! The hidden first line by which a report is found again: `<!-- accord:plan label=NAME {...} -->`.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

const START: &str = "<!-- accord:plan label=";
const END: &str = " -->";

/// Which of several reports on one pull request it is: 1 to 64 letters, digits, `-`, `_` and `.`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label(String);

impl Default for Label {
    fn default() -> Self {
        Self("default".to_owned())
    }
}

impl FromStr for Label {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        // `--` would end a comment for some readers of HTML.
        if text.is_empty() || text.len() > 64 || !text.chars().all(plain) || text.contains("--") {
            return Err("a label is 1 to 64 letters, digits, `-`, `_` and `.`, without `--`");
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a report says of itself to programs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Marker {
    /// Which report it is.
    pub label: Label,
    /// `planId` of the plan that it shows.
    pub plan_id: String,
    /// `reviewId` of the plan that it shows.
    pub review_id: String,
    /// The commit that the plan was made from, if known.
    pub commit: Option<String>,
    /// Whether not all of the plan is shown.
    pub truncated: bool,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Members {
    plan_id: String,
    review_id: String,
    commit: Option<String>,
    truncated: bool,
}

impl Marker {
    /// `None` unless both ids are ids and the commit is one: what goes into a marker is plain.
    pub fn new(label: Label, plan_id: &str, review_id: &str, commit: Option<&str>) -> Option<Self> {
        let marker = Self {
            label,
            plan_id: plan_id.to_owned(),
            review_id: review_id.to_owned(),
            commit: commit.map(str::to_owned),
            truncated: false,
        };
        marker.is_plain().then_some(marker)
    }

    fn is_plain(&self) -> bool {
        is_id(&self.plan_id)
            && is_id(&self.review_id)
            && self.commit.as_deref().is_none_or(is_commit)
    }

    /// The line, without its end.
    pub fn line(&self) -> String {
        let members = Members {
            plan_id: self.plan_id.clone(),
            review_id: self.review_id.clone(),
            commit: self.commit.clone(),
            truncated: self.truncated,
        };
        let json = serde_json::to_string(&members).expect("texts and a flag");
        format!("{START}{} {json}{END}", self.label)
    }

    /// The marker in the first line of a text; `None` if that is no marker.
    pub fn read(text: &str) -> Option<Self> {
        let line = text.lines().next()?.trim_end();
        let inner = line.strip_prefix(START)?.strip_suffix(END)?;
        let (label, json) = inner.split_once(' ')?;
        let members: Members = serde_json::from_str(json).ok()?;
        let marker = Self {
            label: label.parse().ok()?,
            plan_id: members.plan_id,
            review_id: members.review_id,
            commit: members.commit,
            truncated: members.truncated,
        };
        marker.is_plain().then_some(marker)
    }
}

/// Whether it is the digest of a plan: 32 hexadecimal digits.
fn is_id(text: &str) -> bool {
    text.len() == 32 && is_hex(text)
}

/// Whether it is the name of a commit, SHA-1 or SHA-256, whole or shortened.
pub(super) fn is_commit(text: &str) -> bool {
    (7..=64).contains(&text.len()) && is_hex(text)
}

fn is_hex(text: &str) -> bool {
    text.bytes()
        .all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// What is written is read, whatever follows the line.
        #[test]
        fn a_marker_survives(
            label in "[A-Za-z0-9_.]{1,64}",
            plan in "[0-9a-f]{32}",
            review in "[0-9a-f]{32}",
            commit in proptest::option::of("[0-9a-f]{7,64}"),
            truncated in any::<bool>(),
            rest in any::<String>(),
        ) {
            let mut marker =
                Marker::new(label.parse().unwrap(), &plan, &review, commit.as_deref()).unwrap();
            marker.truncated = truncated;
            let line = marker.line();
            prop_assert_eq!(line.matches("-->").count(), 1);
            prop_assert!(!line.contains('\n'));
            for end in ["\n", "\r\n"] {
                let text = format!("{line}{end}{rest}");
                prop_assert_eq!(Marker::read(&text), Some(marker.clone()));
            }
        }

        #[test]
        fn no_text_is_a_marker_by_chance(text in any::<String>()) {
            prop_assert_eq!(Marker::read(&text), None);
        }
    }

    #[test]
    fn what_is_not_plain_is_no_marker() {
        let id = "0123456789abcdef0123456789abcdef";
        let marker =
            |plan: &str, commit: &str| Marker::new(Label::default(), plan, id, Some(commit));
        assert!(marker(id, "abcdef0").is_some());
        for (plan, commit) in [
            ("-->", "abcdef0"),
            (&id[1..], "abcdef0"),
            (&id.to_uppercase(), "abcdef0"),
            (id, "HEAD"),
            (id, "abc"),
            (id, "abcdef0 --> x"),
        ] {
            assert_eq!(marker(plan, commit), None, "{plan} {commit}");
        }
        let line = marker(id, "abcdef0").unwrap().line();
        assert!(
            Marker::read(&format!("\n{line}")).is_none(),
            "first line only"
        );
        assert!(Marker::read(&format!("> {line}")).is_none(), "no quotation");
        assert!(Marker::read(&line.replace(id, "x")).is_none());
        for label in ["", "a b", "a--b", "a>b", "ä", &"a".repeat(65)] {
            assert!(label.parse::<Label>().is_err(), "{label}");
        }
    }
}
