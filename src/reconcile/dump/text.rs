//! Pieces of manifest text: quoted values, comments, canonical form. What servers say goes through here,
//! so that no name and no value of theirs can end a comment or a quotation.

use std::fmt::Write as _;

use crate::diagnostics::{Finding, SourceFile};
use crate::manifest::format::{Formatted, format};
use crate::model::Value;

/// The widest comment, its indentation included.
const WIDTH: usize = 118;

/// Characters that a manifest may not hold as themselves; see `manifest::read`.
fn is_refused(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{200B}' | '\u{2028}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}'
        )
}

/// A text in double quotes; the formatter takes needless ones away.
pub(super) fn quoted(text: &str) -> String {
    let mut written = String::with_capacity(text.len() + 2);
    for c in serde_json::Value::from(text).to_string().chars() {
        if is_refused(c) {
            // All of them are of the basic plane.
            let _ = write!(written, "\\u{:04X}", u32::from(c));
        } else {
            written.push(c);
        }
    }
    written
}

/// A value as a manifest holds it.
pub(super) fn value(value: &Value) -> String {
    match value {
        Value::Text(text) => quoted(text),
        other => other.to_json().to_string(),
    }
}

/// A text of a server inside a comment: one line, and nothing that hides.
pub(super) fn told(text: &str) -> String {
    let mut written = String::with_capacity(text.len());
    for c in text
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
        .chars()
    {
        if is_refused(c) {
            written.extend(c.escape_unicode());
        } else {
            written.push(c);
        }
    }
    written
}

/// As [`told`], and no longer than `most` characters.
pub(super) fn shortened(text: &str, most: usize) -> String {
    let text = told(text);
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", text[..end].trim_end()),
        None => text,
    }
}

/// A comment of as many lines as it needs.
pub(super) fn comment(indent: usize, text: &str) -> String {
    let (mut written, mut line) = (String::new(), String::new());
    let margin = " ".repeat(indent);
    for word in told(text).split(' ') {
        let wide = indent + 2 + line.chars().count() + 1 + word.chars().count() > WIDTH;
        if wide && !line.is_empty() {
            let _ = writeln!(written, "{margin}# {line}");
            line.clear();
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    if !line.is_empty() {
        let _ = writeln!(written, "{margin}# {line}");
    }
    written
}

/// Every line of a text as a comment.
pub(super) fn commented(indent: usize, text: &str) -> String {
    let margin = " ".repeat(indent);
    let mut written = String::with_capacity(text.len() * 2);
    for line in text.lines() {
        let line: String = line
            .chars()
            .flat_map(|c| {
                let escaped = is_refused(c).then(|| c.escape_unicode().collect::<Vec<_>>());
                escaped.unwrap_or_else(|| vec![c])
            })
            .collect();
        let line = format!("{margin}# {line}");
        written.push_str(line.trim_end());
        written.push('\n');
    }
    written
}

/// Why something stands as a comment: an error, without the name of the row that stands beside it.
pub(super) fn refused(finding: &Finding) -> String {
    let message = finding.message.as_str();
    let bare = match message.split_once(": ") {
        Some((start, rest)) if start.starts_with("row `") => rest,
        _ => message,
    };
    format!("Refused: {bare} [{}].", finding.code.code)
}

/// The canonical form of a document of ours; the reason if there is none.
pub(super) fn canonical(text: &str) -> Result<String, String> {
    match format(&SourceFile::new("dump.yaml", text)) {
        Formatted::Text(text) => Ok(text),
        Formatted::Foreign => Ok(text.to_owned()),
        Formatted::Refused(findings) => Err(findings
            .first()
            .map_or_else(String::new, |finding| finding.message.clone())),
        Formatted::Unsure(reason) => Err(reason),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn comments_are_wrapped_and_stay_comments() {
        let text = "word ".repeat(60);
        let written = comment(4, &format!("{text}\nspec: 1"));
        assert!(written.lines().all(|line| line.starts_with("    # ")));
        assert!(written.lines().all(|line| line.chars().count() <= WIDTH));
        assert_eq!(comment(0, ""), "");
        assert_eq!(commented(2, "a\n\n  b\n"), "  # a\n  #\n  #   b\n");
    }

    #[test]
    fn what_hides_is_spelled_out() {
        assert_eq!(quoted("a\u{200B}\"b\n"), "\"a\\u200B\\\"b\\n\"");
        assert_eq!(told("a\u{202E}\r\n b"), "a\\u{202e} b");
        assert_eq!(shortened("abcdef", 3), "abc…");
    }

    proptest! {
        #[test]
        fn a_quoted_text_is_itself_again(text in any::<String>()) {
            let written = quoted(&text);
            prop_assert!(!written.chars().any(is_refused));
            let back: String = serde_yaml::from_str(&written).unwrap();
            prop_assert_eq!(back, text);
        }

        #[test]
        fn a_comment_is_nothing_but_comments(text in any::<String>()) {
            for written in [comment(2, &text), commented(2, &text)] {
                prop_assert!(written.lines().all(|line| line.trim_start().starts_with('#')));
                prop_assert!(!written.chars().any(|c| c != '\n' && is_refused(c)));
            }
        }
    }
}
