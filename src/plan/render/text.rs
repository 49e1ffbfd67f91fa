//! Foreign text made fit for a terminal: escaped, cut, wrapped.
//!
//! Titles and values come from strangers. A control character could move the cursor, set the window
//! title or hide what follows; a bidirectional override could make a line read as another one.

use std::fmt::Write as _;

use crate::diagnostics::is_hostile_in_text;

/// Stands for what was cut away.
pub(super) const ELLIPSIS: char = '…';

/// One line without any character that a terminal acts on: a line break becomes `⏎`, a tab `⇥`, any
/// other control character, and those that reorder or hide text, its number: `\u{1b}`. Applying it
/// twice changes nothing more.
pub(super) fn escape(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\r' if chars.peek() == Some(&'\n') => {}
            '\n' => line.push('⏎'),
            '\t' => line.push('⇥'),
            c if is_hostile_in_text(c) => {
                let _ = write!(line, "\\u{{{:x}}}", u32::from(c));
            }
            c => line.push(c),
        }
    }
    line
}

/// At most `width` characters, the last one an ellipsis if something was cut.
pub(super) fn cut(text: &str, width: usize) -> String {
    if text.chars().nth(width).is_none() {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(width.saturating_sub(1)).collect();
    short.push(ELLIPSIS);
    short
}

/// Escaped, in quotes, its own quotes marked, at most `width` characters with the quotes.
pub(super) fn quote(text: &str, width: usize) -> String {
    // Escaping never makes a text shorter by more than a line break's second half.
    let enough: String = text.chars().take(width.saturating_mul(2)).collect();
    let inner = escape(&enough).replace('"', "\\\"");
    format!("\"{}\"", cut(&inner, width.saturating_sub(2).max(1)))
}

/// Two escaped lines cut to `width` so that their first difference stays in sight.
pub(super) fn windows(left: &str, right: &str, width: usize) -> (String, String) {
    let fits = |text: &str| text.chars().nth(width).is_none();
    let (left, right) = (escape(left), escape(right));
    if fits(&left) && fits(&right) {
        return (left, right);
    }
    let common = left
        .chars()
        .zip(right.chars())
        .take_while(|(a, b)| a == b)
        .count();
    let longest = left.chars().count().max(right.chars().count());
    let start = if common < width * 2 / 3 {
        0
    } else {
        // As much in front of the difference as there is room for, a third of the width at least.
        (common - width / 3).min((longest + 1).saturating_sub(width))
    };
    let window = |text: &str| {
        if start == 0 {
            return cut(text, width);
        }
        let rest: String = text.chars().skip(start + 1).collect();
        cut(&format!("{ELLIPSIS}{rest}"), width)
    };
    (window(&left), window(&right))
}

/// Lines of at most `width` characters, broken between words; a word that is longer stands alone and
/// whole, because it is an address or an id that someone will copy.
pub(super) fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    let mut length = 0;
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        let word_length = word.chars().count();
        if length > 0 && length + 1 + word_length > width {
            lines.push(std::mem::take(&mut line));
            length = 0;
        }
        if length > 0 {
            line.push(' ');
            length += 1;
        }
        line.push_str(word);
        length += word_length;
    }
    if length > 0 {
        lines.push(line);
    }
    lines
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_a_terminal_acts_on_is_spelled_out() {
        assert_eq!(escape("a\u{1b}[31mb"), "a\\u{1b}[31mb");
        assert_eq!(escape("a\r\nb\tc\rd"), "a⏎b⇥c\\u{d}d");
        assert_eq!(escape("pay\u{202e}drac"), "pay\\u{202e}drac");
        assert_eq!(
            escape("Web Shop\\QA é 支払い 👩\u{200d}🔬"),
            "Web Shop\\QA é 支払い 👩\u{200d}🔬"
        );
    }

    #[test]
    fn cutting_counts_characters() {
        assert_eq!(cut("支払い", 3), "支払い");
        assert_eq!(cut("支払い日", 3), "支払…");
        assert_eq!(quote("say \"hi\"", 40), "\"say \\\"hi\\\"\"");
        assert_eq!(quote("abcdefgh", 6), "\"abc…\"");
    }

    #[test]
    fn a_late_difference_stays_in_sight() {
        let long = "x".repeat(300);
        let (left, right) = windows(&format!("{long}old"), &format!("{long}new"), 40);
        assert!(left.starts_with('…') && left.ends_with("old"), "{left}");
        assert!(right.starts_with('…') && right.ends_with("new"), "{right}");
    }

    #[test]
    fn words_are_not_broken() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(
            wrap("see SyncRule/a-long-name now", 6),
            ["see", "SyncRule/a-long-name", "now"]
        );
        assert!(wrap("  ", 7).is_empty());
    }

    proptest! {
        #[test]
        fn escaping_is_complete_and_done_once(text in any::<String>()) {
            let escaped = escape(&text);
            prop_assert!(!escaped.chars().any(is_hostile_in_text));
            prop_assert_eq!(escape(&escaped), escaped);
        }

        #[test]
        fn nothing_grows_beyond_its_width(
            left in any::<String>(), right in any::<String>(), width in 4..60usize,
        ) {
            prop_assert!(cut(&left, width).chars().count() <= width);
            prop_assert!(quote(&left, width).chars().count() <= width);
            let (l, r) = windows(&left, &right, width);
            prop_assert!(l.chars().count() <= width && r.chars().count() <= width);
            if width > 12 && left != right && escape(&left) != escape(&right) {
                prop_assert_ne!(l, r);
            }
        }
    }
}
