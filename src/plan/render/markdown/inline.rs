//! Foreign text inside Markdown.
//!
//! Titles, values and messages come from strangers, and a comment acts on what it holds: `@name` notifies,
//! `#12`, `AB#12` and `!12` link to items, a bare address becomes a link, markup hides or imitates. Escapes do not
//! help against the first ones, because GitHub looks for them in the rendered page; it passes over code. So
//! whatever is more than plain words stands in code. Inside code, what would still act on the source (the
//! Azure Boards app reads it, and so does who looks for a marker) gets a space.

use crate::diagnostics::defused;
use crate::plan::render::text::{cut, escape};

/// One line that neither a terminal nor a build agent acts on, without `AB#n` and without the beginning of
/// a comment.
pub(super) fn calm(text: &str) -> String {
    let escaped = escape(text);
    let line = defused(&escaped);
    if !line.contains('#') && !line.contains("<!") {
        return line.into_owned();
    }
    let mut calm = String::with_capacity(line.len() + 4);
    let mut chars = line.chars().peekable();
    while let Some(c) = chars.next() {
        calm.push(c);
        let acts = match (c, chars.peek()) {
            ('#', Some(next)) => next.is_numeric() && ends_with_ab(&calm),
            ('!', Some('-')) => calm.ends_with("<!"),
            _ => false,
        };
        if acts {
            calm.push(' ');
        }
    }
    calm
}

fn ends_with_ab(text: &str) -> bool {
    let mut before = text.chars().rev().skip(1);
    let (b, a) = (before.next(), before.next());
    matches!((a, b), (Some('a' | 'A'), Some('b' | 'B')))
}

/// A code span of at most `longest` characters of the text.
pub(super) fn code(text: &str, longest: usize) -> String {
    // What is calm is longer than what it was made of, so no more than this can be needed.
    let start: String = text.chars().take(longest + 1).collect();
    span(&cut(&calm(&start), longest))
}

/// Whether [`code`] or [`prose`] of at most `longest` characters does not hold all of the text.
pub(super) fn is_cut(text: &str, longest: usize) -> bool {
    // What is spelled out is longer than the text, and nothing of a longer text is promised.
    let is_long = |text: &str| text.chars().nth(longest).is_some();
    is_long(text) || is_long(&calm(text))
}

fn span(content: &str) -> String {
    if content.trim().is_empty() {
        return "(empty)".to_owned();
    }
    let fence = "`".repeat(longest_run(content) + 1);
    let edge = |c: Option<char>| matches!(c, Some('`' | ' '));
    let pad = if edge(content.chars().next()) || edge(content.chars().next_back()) {
        " "
    } else {
        ""
    };
    format!("{fence}{pad}{content}{pad}{fence}")
}

/// The longest run of back quotes.
pub(super) fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or(0)
}

/// Text for a cell of a table: nothing in it parts the cell.
pub(super) fn cell(markdown: &str) -> String {
    markdown.replace('|', "¦")
}

/// Text for the inside of an HTML element.
pub(super) fn html(text: &str, longest: usize) -> String {
    let start: String = text.chars().take(longest + 1).collect();
    cut(&calm(&start), longest)
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&#39;")
}

enum Piece {
    Space,
    Plain(String),
    Code(String),
}

/// A sentence of at most `longest` characters: plain words as they are, names in back quotes and everything
/// else as code. It never begins a block, if something stands before it on its line.
pub(super) fn prose(text: &str, longest: usize) -> String {
    let start: String = text.chars().take(longest + 1).collect();
    let line = cut(&calm(&start.replace(['\r', '\n'], " ")), longest);
    let mut markdown = String::with_capacity(line.len() + 16);
    let mut code = String::new();
    for piece in pieces(&line) {
        match piece {
            // Two spans without anything between them would read as one with other marks.
            Piece::Code(text) => {
                if !code.is_empty() {
                    code.push(' ');
                }
                code.push_str(&text);
            }
            Piece::Plain(text) => {
                flush(&mut markdown, &mut code);
                markdown.push_str(&text);
            }
            Piece::Space => {
                flush(&mut markdown, &mut code);
                if !markdown.ends_with(' ') && !markdown.is_empty() {
                    markdown.push(' ');
                }
            }
        }
    }
    flush(&mut markdown, &mut code);
    markdown.truncate(markdown.trim_end().len());
    markdown
}

fn flush(markdown: &mut String, code: &mut String) {
    if !code.is_empty() {
        markdown.push_str(&span(code));
        code.clear();
    }
}

fn pieces(line: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut rest = line;
    while let Some(first) = rest.chars().next() {
        if first.is_whitespace() {
            rest = rest.trim_start();
            pieces.push(Piece::Space);
            continue;
        }
        if first == '`'
            && let Some(end) = rest[1..].find('`').filter(|end| *end > 0)
        {
            pieces.push(Piece::Code(rest[1..=end].to_owned()));
            rest = &rest[end + 2..];
            continue;
        }
        let end = rest
            .char_indices()
            .skip(1)
            .find(|(_, c)| c.is_whitespace() || *c == '`')
            .map_or(rest.len(), |(at, _)| at);
        let word = rest[..end].to_owned();
        pieces.push(if is_plain(&word) {
            Piece::Plain(word)
        } else {
            Piece::Code(word)
        });
        rest = &rest[end..];
    }
    pieces
}

/// Whether no reader of Markdown and no filter behind it sees more in the word than letters: no markup, no
/// address, no name to notify, no number of an item or commit.
fn is_plain(word: &str) -> bool {
    let known = |c: char| c.is_alphanumeric() || "-'’.,;:!?()\"%–…⏎".contains(c);
    if !word.chars().all(known) {
        return false;
    }
    let lower = word.to_lowercase();
    let bare = lower.trim_matches(|c: char| !c.is_alphanumeric());
    let is_commit = bare.len() >= 7 && bare.chars().all(|c| c.is_ascii_hexdigit());
    let last = lower.trim_end_matches(['.', ',', ')', '"', '\'', '!', '?']);
    let colons = lower.matches(':').count();
    let colon_ends = colons == 0 || (colons == 1 && last.ends_with(':'));
    // Azure Repos takes it for the number of a pull request.
    let mut marks = lower.split('!').skip(1);
    let numbered = marks.any(|behind| behind.starts_with(char::is_numeric));
    !is_commit
        && colon_ends
        && !numbered
        && !lower.contains("www.")
        && bare.split('-').next().is_none_or(|start| start != "gh")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_keep_their_words_and_lose_their_teeth() {
        for (text, expected) in [
            (
                "priority \"P0\" has no entry under `values`; the field waits. Add one.",
                "priority \"P0\" has no entry under `values`; the field waits. Add one.",
            ),
            ("ask @ada about #12", "ask `@ada` about `#12`"),
            ("AB#12 and ab#7x", "`AB#` 12 and `ab#` 7x"),
            (
                "see https://contoso.example now",
                "see `https://contoso.example` now",
            ),
            ("www.contoso.example", "`www.contoso.example`"),
            ("<b>x</b> ![a](b)", "`<b>x</b>` `![a](b)`"),
            ("a ` b", "a `` ` `` b"),
            ("``x`", "`` ` x ``"),
            ("`a``b`", "`a b`"),
            ("<!-- accord:plan -->", "`<!` -- `accord:plan` `-->`"),
            ("commit 0123abc is", "commit `0123abc` is"),
            ("see !42, (!7) now! 5!", "see `!42,` `(!7)` now! 5!"),
            ("GH-12 :smile: 12%", "`GH-12` `:smile:` 12%"),
            ("one\ntwo", "one two"),
            ("10 of 30 (33.3 %)", "10 of 30 (33.3 %)"),
        ] {
            assert_eq!(prose(text, 400), expected, "{text}");
        }
    }

    #[test]
    fn code_is_closed_by_its_own_marks_only() {
        assert_eq!(code("Pay", 40), "`Pay`");
        assert_eq!(code("a`b", 40), "``a`b``");
        assert_eq!(code("`", 40), "`` ` ``");
        assert_eq!(code(" a ", 40), "`  a  `");
        assert_eq!(code("  ", 40), "(empty)");
        assert_eq!(code("a\nb\u{202e}", 40), "`a⏎b\\u{202e}`");
        assert_eq!(code("abcdefgh", 4), "`abc…`");
        assert!(is_cut("abcde", 4) && is_cut("ab\u{1b}c", 4) && !is_cut("abcd", 4));
        assert_eq!(cell(&code("a|b", 40)), "`a¦b`");
    }
}
