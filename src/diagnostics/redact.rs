//! Which parts of a manifest must never be shown: a secret that someone wrote out.
//!
//! A finding about such a place prints its line, so the literal is blanked in the excerpt. Where the
//! file can be parsed, whole nodes are hidden by their keys ([`crate::diagnostics::span_index`]); where it cannot, lines are hidden
//! by how they look, rather too many than too few.

use std::ops::Range;

use super::nearest::distance;

/// Keys whose values are references to secrets.
const SECRET_KEYS: [&str; 7] = [
    "apikey",
    "credential",
    "projectkey",
    "personalaccesstoken",
    "token",
    "secret",
    "password",
];

/// Whether a key, possibly misspelt, names a secret.
pub fn is_secret_key(key: &str) -> bool {
    let key: String = key
        .chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect();
    if key.is_empty() || key.len() > 60 {
        return false;
    }
    if key == "pat" || key.ends_with("pwd") {
        return true;
    }
    if ["auth", "passw", "passphrase", "privatekey", "bearer"]
        .iter()
        .any(|word| key.contains(word))
    {
        return true;
    }
    let letters: Vec<char> = key.chars().collect();
    SECRET_KEYS.iter().any(|secret| {
        let most = if secret.len() > 6 { 2 } else { 1 };
        key.contains(secret) || distance(&letters, &secret.chars().collect::<Vec<_>>()) <= most
    })
}

/// Whether a text is recognisably the name of an environment variable (`A_NAME`) and not a secret that
/// someone pasted where the name belongs.
pub fn looks_like_variable(text: &str) -> bool {
    text.len() <= 64
        && text.contains('_')
        && text.starts_with(|c: char| c.is_ascii_uppercase())
        && text.split('_').all(|word| {
            !word.is_empty()
                && word.len() <= 20
                && word
                    .chars()
                    .all(|c| c.is_ascii_uppercase() || c.is_ascii_digit())
        })
}

/// Whether a text is an address with a user or a password in it.
pub(super) fn carries_credentials(text: &str) -> bool {
    text.split_once("://").is_some_and(|(_, rest)| {
        let authority = rest.split(['/', '?', '#', ' ']).next().unwrap_or_default();
        authority.contains('@')
    })
}

/// Byte ranges to hide in a text that no parser understands.
pub(super) fn by_looks(text: &str) -> Vec<Range<usize>> {
    let mut hidden = Vec::new();
    let mut offset = 0;
    // Lines indented deeper than a secret key belong to its value.
    let mut inside: Option<usize> = None;
    for line in text.split_inclusive('\n') {
        let body = line.trim_end();
        let indent = body.len() - body.trim_start().len();
        if let Some(depth) = inside
            && !body.is_empty()
            && indent <= depth
        {
            inside = None;
        }
        if inside.is_some() {
            if !is_reference(body) {
                hidden.push(offset + indent..offset + body.len());
            }
        } else if let Some(start) = value_of_secret(body) {
            let value = body[start..].trim();
            if !is_reference(value) {
                hidden.push(offset + start..offset + body.len());
            }
            inside = Some(indent);
        } else if carries_credentials(body) {
            hidden.push(offset + indent..offset + body.len());
        }
        offset += line.len();
    }
    hidden
}

/// Where the value behind the first secret key of a line begins.
fn value_of_secret(line: &str) -> Option<usize> {
    line.match_indices([':', '=']).find_map(|(colon, _)| {
        let key = line[..colon]
            .trim_end()
            .rsplit([' ', '\t', '{', ',', '[', '?'])
            .next()?
            .trim_matches(['"', '\'']);
        is_secret_key(key).then_some(colon + 1)
    })
}

/// `{ env: A_NAME }` and the like, in flow or block form.
fn is_reference(value: &str) -> bool {
    let inner = value
        .trim()
        .trim_start_matches(['{', '-', ' '])
        .trim_end_matches(['}', ' ', ',']);
    inner.split_once(':').is_some_and(|(key, name)| {
        key.trim() == "env" && looks_like_variable(name.trim().trim_matches(['"', '\'']))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_secret_keys_however_written() {
        for key in [
            "apiKey",
            "api_key",
            "apiKye",
            "TOKEN",
            "tokn",
            "pat",
            "hookSecret",
            "projctKey",
        ] {
            assert!(is_secret_key(key), "{key}");
        }
        for key in [
            "name", "title", "url", "project", "timeZone", "path", "env", "type", "section",
        ] {
            assert!(!is_secret_key(key), "{key}");
        }
    }

    #[test]
    fn tells_names_from_secrets() {
        assert!(looks_like_variable("AZURE_DEVOPS_EXT_PAT"));
        assert!(looks_like_variable("MY_PAT"));
        for secret in ["hunter2", "A1B2C3D4E5", "sk_live_abc", "", "ABC_", "_A"] {
            assert!(!looks_like_variable(secret), "{secret}");
        }
    }

    #[test]
    fn hides_by_looks() {
        let text = "a: 1\napiKey: hunter2\ntoken: |\n  line one\n  line two\nb: { secret: \"x\n\
                    personalAccessToken: { env: A_PAT }\nurl: https://u:p@host/\n";
        let hidden: Vec<&str> = by_looks(text).into_iter().map(|r| &text[r]).collect();
        assert_eq!(
            hidden,
            [
                " hunter2",
                " |",
                "line one",
                "line two",
                " \"x",
                "url: https://u:p@host/"
            ]
        );
    }
}
