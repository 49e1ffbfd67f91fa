//! How a scalar is written: without quotes where no reader could take it for anything but a text.

use std::borrow::Cow;

use super::token::{Form, Scalar};

/// What YAML 1.1 takes for true, false or nothing (yaml.org/type), whatever the case, and words that
/// some readers take for numbers.
const NO_TEXTS: [&str; 11] = [
    "y", "n", "yes", "no", "true", "false", "on", "off", "null", "nan", "inf",
];

/// The lines of a scalar that is no block scalar; the first stands behind its key, the others are
/// indented further than it.
pub(super) fn lines<'s>(scalar: &'s Scalar<'_>) -> Vec<Cow<'s, str>> {
    let raw = match &scalar.form {
        Form::Plain(raw) => *raw,
        Form::Quoted(raw) if !raw.contains('\n') && is_plain_text(&scalar.value) => {
            return vec![(&*scalar.value).into()];
        }
        Form::Quoted(raw) => *raw,
        Form::Block(_) => return vec![encoded(&scalar.value).into()],
    };
    let lines: Vec<&str> = raw.split('\n').collect();
    if lines.len() > 1 && lines.iter().any(|line| is_escaped_space(line)) {
        return vec![encoded(&scalar.value).into()];
    }
    let trimmed = lines.iter().map(|line| line.trim_matches([' ', '\t']));
    trimmed.map(Cow::Borrowed).collect()
}

/// A scalar in one line; `None` if it has several.
pub(super) fn line<'s>(scalar: &'s Scalar<'_>) -> Option<Cow<'s, str>> {
    if matches!(scalar.form, Form::Block(_)) {
        return None;
    }
    let mut lines = lines(scalar);
    let last = lines.pop();
    last.filter(|_| lines.is_empty())
}

/// A key, always in one line.
pub(super) fn key<'s>(scalar: &'s Scalar<'_>) -> Cow<'s, str> {
    line(scalar).unwrap_or_else(|| encoded(&scalar.value).into())
}

/// In double quotes, with everything escaped that has to be. JSON's escapes are YAML's too.
fn encoded(value: &str) -> String {
    serde_json::Value::from(value).to_string()
}

/// Whether a space at the end of the line counts, because a backslash stands before it.
fn is_escaped_space(line: &str) -> bool {
    let trimmed = line.trim_end_matches([' ', '\t']);
    trimmed.len() < line.len() && trimmed.ends_with('\\')
}

/// Whether the text needs no quotes: words of letters, digits and a few harmless marks, each beginning
/// with a letter, one space between them; or addresses.
pub(in crate::manifest) fn is_plain_text(text: &str) -> bool {
    let is_harmless = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '/' | '@');
    let is_word = |word: &str| {
        let rest = match word.split_once("://") {
            // A colon is no mark of its own unless space follows.
            Some((scheme, rest)) if scheme.chars().all(is_harmless) => {
                rest.ends_with(is_harmless).then(|| rest.replace(':', ""))
            }
            _ => Some(word.to_owned()),
        };
        word.starts_with(char::is_alphabetic)
            && rest.is_some_and(|rest| rest.chars().all(is_harmless))
    };
    let lower = text.to_lowercase();
    text.split(' ').all(is_word) && !NO_TEXTS.contains(&&*lower)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(raw: &str, value: &str) -> String {
        let scalar = Scalar {
            value: value.to_owned(),
            form: Form::Quoted(raw),
        };
        lines(&scalar).join("\n")
    }

    #[test]
    fn quotes_go_only_from_words() {
        for plain in [
            "a",
            "Test Case",
            "System.Title",
            "accord/v1",
            "Prüfung",
            "https://a.example",
            "http://127.0.0.1:4010/x",
            "a-b_c",
            "y2",
        ] {
            assert_eq!(written(&format!("\"{plain}\""), plain), plain);
            assert_eq!(written(&format!("'{plain}'"), plain), plain);
        }
        for kept in [
            "",
            " ",
            "a ",
            " a",
            "a  b",
            "on",
            "Off",
            "YES",
            "no",
            "y",
            "N",
            "true",
            "False",
            "null",
            "~",
            "1",
            "1.5",
            "1e3",
            "0x1F",
            "0o7",
            "1_000",
            "2026-11-22",
            "12:30:45",
            ".inf",
            ".nan",
            "NaN",
            "Inf",
            "-",
            "- a",
            "a: b",
            "a:",
            "a #b",
            "#a",
            "[a]",
            "{a}",
            "*a",
            "&a",
            "!a",
            "%a",
            "@a",
            "`a`",
            "?",
            "a,b",
            "**",
            "P1 - Must Test",
            r"Web Shop\QA",
            "ref:",
            "ref:x",
            "a://",
            "a://b:",
            "a,b://c",
            "<<",
            "=",
            "\u{a0}a",
        ] {
            let raw = format!("'{kept}'");
            assert_eq!(written(&raw, kept), raw);
        }
    }

    #[test]
    fn several_lines_lose_only_space_that_means_nothing() {
        assert_eq!(written("\"a \n   b\n\n  c\"", "a b\nc"), "\"a\nb\n\nc\"");
        assert_eq!(written("\"a\\ \n   b\"", "a  b"), "\"a  b\"");
        assert_eq!(written("\"a\\\n   b\"", "ab"), "\"a\\\nb\"");
    }
}
