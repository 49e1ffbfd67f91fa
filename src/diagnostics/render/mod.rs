//! Findings in the forms that people and programs read.

pub mod annotation;
pub mod azure_pipelines;
pub mod github;
pub mod json;
pub mod sarif;
pub mod text;

use std::ops::Range;

use super::printable::is_hostile;

/// One line of a file as it may be shown: hidden parts blanked, control characters replaced.
struct Excerpt {
    /// The line, without its end.
    line: String,
    /// The marked bytes of it.
    marked: Range<usize>,
}

/// The longest part of a line that is shown before and behind the mark.
const AROUND: usize = 100;

impl Excerpt {
    /// Shows the line from `start` on, in which `marked` begins. All are bytes of `text`.
    fn new(text: &str, start: usize, marked: &Range<usize>, hidden: &[Range<usize>]) -> Self {
        let length = text[start..].find('\n').unwrap_or(text.len() - start);
        let full = &text[start..start + length];
        let full = full.strip_suffix('\r').unwrap_or(full);
        let from = full[..marked.start.saturating_sub(start).min(full.len())]
            .char_indices()
            .rev()
            .nth(AROUND)
            .map_or(0, |(at, _)| at);
        let here = start + from..start + full.len();
        let hidden: Vec<&Range<usize>> = hidden
            .iter()
            .filter(|range| range.start < here.end && here.start < range.end)
            .collect();
        let mut line = String::new();
        let (mut mark_start, mut mark_end) = (None, None);
        if from > 0 {
            line.push('…');
        }
        let mut behind = 0;
        for (at, c) in full[from..].char_indices() {
            let byte = start + from + at;
            if byte >= marked.start {
                mark_start.get_or_insert(line.len());
                behind += 1;
            }
            if byte >= marked.end {
                mark_end.get_or_insert(line.len());
            }
            if behind > 2 * AROUND {
                line.push('…');
                break;
            }
            let shown = match c {
                '\t' => ' ',
                _ if hidden.iter().any(|range| range.contains(&byte)) => '*',
                _ if is_hostile(c) => '\u{FFFD}',
                other => other,
            };
            line.push(shown);
        }
        let mark_start = mark_start.unwrap_or(line.len());
        let mark_end = mark_end.unwrap_or(line.len()).max(mark_start);
        Self {
            marked: mark_start..mark_end,
            line,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blanks_what_must_not_be_shown() {
        let text = "a: 1\nkey: hun\u{1b}ter2\r\nb: 2\n";
        let hidden = 10..18;
        let excerpt = Excerpt::new(text, 5, &(10..18), std::slice::from_ref(&hidden));
        assert_eq!(excerpt.line, "key: ********");
        assert_eq!(&excerpt.line[excerpt.marked], "********");
        let excerpt = Excerpt::new(text, 5, &(5..8), &[]);
        assert_eq!(excerpt.line, "key: hun\u{FFFD}ter2");
        assert_eq!(&excerpt.line[excerpt.marked], "key");
    }

    #[test]
    fn shortens_long_lines_around_the_mark() {
        let text = format!("{}X{}", "a".repeat(5000), "b".repeat(5000));
        let excerpt = Excerpt::new(&text, 0, &(5000..5001), &[]);
        assert!(excerpt.line.chars().count() < 4 * AROUND);
        assert_eq!(&excerpt.line[excerpt.marked], "X");
    }
}
