//! Text from outside made safe for a terminal.

use std::borrow::Cow;

/// Messages longer than this are cut.
const LONGEST: usize = 2000;

/// Quoted names and values longer than this are cut.
const LONGEST_QUOTE: usize = 80;

/// `text` with control characters and those that reorder or hide text written as escapes, and cut
/// after 2,000 characters: a manifest must not be able to drive the terminal or to fake a message.
pub fn printable(text: &str) -> Cow<'_, str> {
    shortened(text, LONGEST)
}

/// A name or value from a manifest in back quotes, made printable and cut after 80 characters.
pub fn quote(text: &str) -> String {
    format!("`{}`", shortened(text, LONGEST_QUOTE))
}

fn shortened(text: &str, longest: usize) -> Cow<'_, str> {
    let short = text.len() <= longest || text.chars().count() <= longest;
    if short && !text.chars().any(is_hostile) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len().min(longest * 4));
    for (count, c) in text.chars().enumerate() {
        if count == longest {
            safe.push('…');
            break;
        }
        if is_hostile(c) {
            safe.extend(c.escape_unicode());
        } else {
            safe.push(c);
        }
    }
    Cow::Owned(safe)
}

/// Control characters, line separators and the marks that change the direction of text (Unicode
/// Technical Report 36, bidirectional text spoofing).
pub(crate) fn is_hostile(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{061C}'
                | '\u{200B}'..='\u{200F}'
                | '\u{2028}'..='\u{202E}'
                | '\u{2060}'..='\u{206F}'
                | '\u{FEFF}'
                | '\u{FFF9}'..='\u{FFFB}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_what_drives_a_terminal() {
        assert_eq!(printable("a\u{1b}[31mb"), "a\\u{1b}[31mb");
        assert_eq!(printable("a\nb"), "a\\u{a}b");
        assert_eq!(quote("\u{202E}evil"), "`\\u{202e}evil`");
        assert_eq!(printable("Prüfung ✓"), "Prüfung ✓");
    }

    #[test]
    fn cuts_long_text() {
        assert_eq!(quote(&"ü".repeat(500)).chars().count(), LONGEST_QUOTE + 3);
        assert_eq!(quote(&"ü".repeat(80)).chars().count(), 82);
    }
}
