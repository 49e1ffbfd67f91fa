//! Takes out of outputs what differs from run to run.

use std::fmt::Write as _;

use crate::project::Project;

/// Replaces addresses, folders, plan ids, digests of manifests and moments by names.
pub(crate) struct Scrub {
    address: String,
    folder: String,
    plans: Vec<String>,
    digests: Vec<String>,
}

impl Scrub {
    pub(crate) fn new(project: &Project) -> Self {
        Self {
            address: project.sandbox.address.to_string(),
            folder: project.path().display().to_string(),
            plans: Vec::new(),
            digests: Vec::new(),
        }
    }

    pub(crate) fn text(&mut self, text: &str) -> String {
        let text = text
            .replace(&self.address, "SANDBOX")
            .replace(&self.folder, "PROJECT");
        moments(&self.plan_ids(&text))
    }

    fn plan_ids(&mut self, text: &str) -> String {
        let mut scrubbed = String::with_capacity(text.len());
        for word in text.split_inclusive(|c: char| !c.is_ascii_alphanumeric()) {
            let core = word.trim_end_matches(|c: char| !c.is_ascii_alphanumeric());
            let (name, seen) = match core.len() {
                32 => ("plan", &mut self.plans),
                64 => ("digest", &mut self.digests),
                _ => {
                    scrubbed.push_str(word);
                    continue;
                }
            };
            if !core.bytes().all(|byte| byte.is_ascii_hexdigit()) {
                scrubbed.push_str(word);
                continue;
            }
            let known = seen.iter().position(|known| known == core);
            let number = known.unwrap_or_else(|| {
                seen.push(core.to_owned());
                seen.len() - 1
            });
            let _ = write!(scrubbed, "<{name} {}>{}", number + 1, &word[core.len()..]);
        }
        scrubbed
    }
}

/// `2026-03-02 09:00:00Z`, digit by digit.
const MOMENT: &[u8] = b"0000-00-00 00:00:00Z";

fn moments(text: &str) -> String {
    let is_moment = |part: &[u8]| {
        part.iter().zip(MOMENT).all(|(byte, form)| match form {
            b'0' => byte.is_ascii_digit(),
            other => byte == other,
        })
    };
    let mut scrubbed = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.as_bytes().windows(MOMENT.len()).position(is_moment) {
        scrubbed.push_str(&rest[..at]);
        scrubbed.push_str("<time>");
        rest = &rest[at + MOMENT.len()..];
    }
    scrubbed + rest
}
