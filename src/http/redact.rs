//! Takes credentials out of texts that a server or a library wrote.
//!
//! Some servers echo the key they refused. A secret is looked for in every form in which it may come
//! back: as it was sent, without its scheme, decoded from Basic, escaped for JSON, HTML and addresses.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use secrecy::{ExposeSecret, SecretString};

const MASK: &str = "[redacted]";

/// Shorter texts are no secrets, and masking them would shred every message.
const SHORTEST: usize = 4;

/// `text` with every occurrence of every secret replaced. A secret may be a bare key or a whole
/// `Authorization` value.
pub fn redact(text: &str, secrets: &[SecretString]) -> String {
    Redactor::new(secrets).apply(text)
}

/// The forms to look for, computed once per client.
pub(super) struct Redactor {
    needles: Vec<SecretString>,
}

impl Redactor {
    pub(super) fn new<'a>(secrets: impl IntoIterator<Item = &'a SecretString>) -> Self {
        let mut plain: Vec<String> = Vec::new();
        for secret in secrets {
            let value = secret.expose_secret().trim();
            plain.push(value.to_owned());
            let Some((scheme, rest)) = value.split_once(' ') else {
                continue;
            };
            plain.push(rest.trim().to_owned());
            if scheme.eq_ignore_ascii_case("basic")
                && let Ok(bytes) = STANDARD.decode(rest.trim())
                && let Ok(pair) = String::from_utf8(bytes)
            {
                if let Some((_, password)) = pair.split_once(':') {
                    plain.push(password.to_owned());
                }
                plain.push(pair);
            }
        }
        let mut needles: Vec<String> = plain.iter().flat_map(|value| forms(value)).collect();
        needles.retain(|needle| needle.len() >= SHORTEST);
        // The longest first, else a part that is replaced early would leave the rest of the whole.
        needles.sort_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
        needles.dedup();
        Self {
            needles: needles.into_iter().map(SecretString::from).collect(),
        }
    }

    pub(super) fn apply(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for needle in &self.needles {
            if text.contains(needle.expose_secret()) {
                text = text.replace(needle.expose_secret(), MASK);
            }
        }
        text
    }
}

fn forms(value: &str) -> [String; 5] {
    let json = serde_json::Value::from(value).to_string();
    let html = value
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;");
    let html = html.replace('"', "&quot;").replace('\'', "&#39;");
    [
        value.to_owned(),
        json.trim_matches('"').to_owned(),
        html,
        url::form_urlencoded::byte_serialize(value.as_bytes()).collect(),
        STANDARD.encode(value),
    ]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn secrets(values: &[&str]) -> Vec<SecretString> {
        values
            .iter()
            .map(|&value| SecretString::from(value))
            .collect()
    }

    #[test]
    fn every_form_is_masked() {
        let basic = format!("Basic {}", STANDARD.encode(":p&t\"se/cret"));
        let list = secrets(&[&basic, "Bearer tok+en==1", "plainkey"]);
        for echoed in [
            "the key plainkey is unknown",
            "p&t\"se/cret",
            "p&amp;t&quot;se/cret",
            r#"{"pat":"p&t\"se/cret"}"#,
            "?pat=p%26t%22se%2Fcret",
            "Bearer tok+en==1",
            "tok+en==1",
            "token=tok%2Ben%3D%3D1",
            basic.as_str(),
            basic.strip_prefix("Basic ").unwrap(),
        ] {
            let shown = redact(echoed, &list);
            assert!(shown.contains(MASK), "{echoed} -> {shown}");
            for part in [
                "plainkey",
                "t\\\"se",
                "se/cret",
                "se%2Fcret",
                "tok",
                &basic[6..],
            ] {
                let known = part == "tok" && shown.starts_with("token=");
                assert!(known || !shown.contains(part), "{echoed} -> {shown}");
            }
        }
    }

    #[test]
    fn a_longer_secret_goes_before_one_inside_it() {
        assert_eq!(redact("abcdefgh", &secrets(&["abcd", "abcdefgh"])), MASK);
    }

    #[test]
    fn empty_and_tiny_secrets_shred_nothing() {
        assert_eq!(
            redact("an apple", &secrets(&["", "a", "Basic "])),
            "an apple"
        );
    }

    proptest! {
        #[test]
        fn no_secret_survives(before in "\\PC{0,8}", secret in "[A-Za-z0-9+/=&\"]{8,20}", after in "\\PC{0,8}") {
            let text = format!("{before}{secret}{after}");
            let shown = redact(&text, &secrets(&[&secret]));
            prop_assert!(!shown.contains(&secret));
        }
    }
}
