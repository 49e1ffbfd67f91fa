//! Texts that have the form of a secret, wherever they stand in a file.

use std::ops::Range;

/// How many letters and digits follow the prefix of a GitHub token at least.
const GITHUB_TOKEN: usize = 36;

/// A text that looks like a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretShape {
    /// Where it stands, in bytes.
    pub range: Range<usize>,
    /// What it looks like, in words.
    pub kind: &'static str,
}

/// What looks like a secret in `text`, in order. Forms: private keys in PEM, personal access tokens of
/// Azure DevOps (52 characters of base 32, or 84 with the signature `AZDO`: Microsoft Learn, Use personal
/// access tokens, format of a token), tokens of GitHub (GitHub Docs, About authentication, token
/// formats), JSON Web Tokens (RFC 7519) and access keys of AWS. Too few rather than a false alarm.
pub fn secret_shapes(text: &str) -> Vec<SecretShape> {
    let mut found = private_keys(text);
    found.extend(words(text).filter_map(|range| {
        let kind = kind(&text[range.clone()])?;
        Some(SecretShape { range, kind })
    }));
    found.sort_by_key(|shape| shape.range.start);
    found
}

fn private_keys(text: &str) -> Vec<SecretShape> {
    const BEGIN: &str = "-----BEGIN ";
    const KEY: &str = "PRIVATE KEY-----";
    let mut found = Vec::new();
    let mut behind = 0;
    for (start, _) in text.match_indices(BEGIN) {
        let line = text[start..].lines().next().unwrap_or_default();
        let Some(at) = line.find(KEY) else {
            continue;
        };
        if start < behind {
            continue;
        }
        let body = start + at + KEY.len();
        // Up to its end, or to where something else than base 64 stands.
        let end = match text[body..].find("-----END ") {
            Some(end) => {
                let tail = text[body + end..].lines().next().unwrap_or_default();
                let close = tail.find(KEY).map_or(tail.len(), |at| at + KEY.len());
                body + end + close
            }
            None => body,
        };
        behind = end;
        found.push(SecretShape {
            range: start..end,
            kind: "a private key",
        });
    }
    found
}

/// Runs of the characters that tokens are made of.
fn words(text: &str) -> impl Iterator<Item = Range<usize>> {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    let bytes = text.as_bytes();
    let mut at = 0;
    std::iter::from_fn(move || {
        while at < bytes.len() && !is_part(bytes[at]) {
            at += 1;
        }
        let start = at;
        while at < bytes.len() && is_part(bytes[at]) {
            at += 1;
        }
        (start < at).then_some(start..at)
    })
}

fn kind(word: &str) -> Option<&'static str> {
    let word = word.trim_matches(['.', '-']);
    if is_azure_devops_token(word) {
        return Some("a personal access token of Azure DevOps");
    }
    if is_github_token(word) {
        return Some("a token of GitHub");
    }
    if is_json_web_token(word) {
        return Some("a JSON Web Token");
    }
    is_aws_key(word).then_some("an access key of AWS")
}

fn is_azure_devops_token(word: &str) -> bool {
    let alphanumeric = || word.bytes().all(|byte| byte.is_ascii_alphanumeric());
    match word.len() {
        52 => {
            let base_32 = |byte: u8| byte.is_ascii_lowercase() || (b'2'..=b'7').contains(&byte);
            // A word of letters only, or of one letter, is a filler.
            word.bytes().all(base_32)
                && word.bytes().any(|byte| byte.is_ascii_digit())
                && distinct(word) > 8
        }
        84 => alphanumeric() && word.get(76..80) == Some("AZDO"),
        _ => false,
    }
}

fn is_github_token(word: &str) -> bool {
    let rest = ["ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"]
        .iter()
        .find_map(|prefix| word.strip_prefix(prefix));
    rest.is_some_and(|rest| {
        rest.len() >= GITHUB_TOKEN
            && rest
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    })
}

/// Three parts of base 64 url, of which the first two are JSON objects (`{"` is `eyJ`).
fn is_json_web_token(word: &str) -> bool {
    let parts: Vec<&str> = word.split('.').collect();
    let [header, payload, signature] = parts.as_slice() else {
        return false;
    };
    header.starts_with("eyJ")
        && payload.starts_with("eyJ")
        && header.len() > 12
        && payload.len() > 12
        && signature.len() > 12
}

fn is_aws_key(word: &str) -> bool {
    word.len() == 20
        && (word.starts_with("AKIA") || word.starts_with("ASIA"))
        && word
            .bytes()
            .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
        && distinct(word) > 8
}

fn distinct(word: &str) -> usize {
    let mut bytes: Vec<u8> = word.bytes().collect();
    bytes.sort_unstable();
    bytes.dedup();
    bytes.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shapes(text: &str) -> Vec<&str> {
        secret_shapes(text)
            .into_iter()
            .map(|shape| &text[shape.range])
            .collect()
    }

    /// Made here, so that no text of this form stands in the repository.
    fn made(prefix: &str, alphabet: &str, length: usize) -> String {
        let letters: Vec<char> = alphabet.chars().collect();
        let rest = (0..length - prefix.len()).map(|index| letters[(index * 7) % letters.len()]);
        prefix.chars().chain(rest).collect()
    }

    const BASE_32: &str = "abcdefghijklmnopqrstuvwxyz234567";

    #[test]
    fn tokens_are_found_wherever_they_stand() {
        let tokens = [
            made("", BASE_32, 52),
            made("", BASE_32, 76) + "AZDO" + "ab12",
            made("ghp_", BASE_32, 40),
            made("github_pat_", BASE_32, 60),
            format!(
                "{}.{}.{}",
                made("eyJ", BASE_32, 20),
                made("eyJ", BASE_32, 30),
                made("", BASE_32, 43)
            ),
            made("AKIA", "ABCDEFGHIJKLMNOP234567", 20),
        ];
        for token in &tokens {
            for text in [
                token.clone(),
                format!("# old: {token}."),
                format!("a: {{ constant: \"{token}\" }}"),
                format!("url: https://x.test/?t={token}&b=1"),
            ] {
                let found = shapes(&text);
                assert_eq!(found.len(), 1, "{text}");
                assert!(found[0].contains(token.as_str()), "{text}");
            }
        }
    }

    #[test]
    fn what_only_resembles_a_token_is_left_alone() {
        for text in [
            "a".repeat(52),
            made("", "0123456789abcdef", 64),
            made("", BASE_32, 51),
            made("", BASE_32, 53),
            made("", BASE_32, 84),
            "ghp_short".to_owned(),
            "eyJ.eyJ.x".to_owned(),
            "Microsoft.VSTS.Common.Priority".to_owned(),
            "-----BEGIN CERTIFICATE-----".to_owned(),
            "AKIAAAAAAAAAAAAAAAAA".to_owned(),
        ] {
            assert_eq!(shapes(&text), [""; 0], "{text}");
        }
    }

    #[test]
    fn a_private_key_is_hidden_to_its_end() {
        let key = "-----BEGIN RSA PRIVATE KEY-----\n  abc\n  def\n  -----END RSA PRIVATE KEY-----";
        assert_eq!(shapes(&format!("key: |\n  {key}\nb: 1\n")), [key]);
        let open = "key: -----BEGIN PRIVATE KEY-----\nb: 1\n";
        assert_eq!(shapes(open), ["-----BEGIN PRIVATE KEY-----"]);
    }
}
