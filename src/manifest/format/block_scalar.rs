//! Block scalars (`|` and `>`): where they end, and their lines without indentation. The parser says
//! what they mean, not how far they reach.

/// A block scalar as it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::manifest) struct Block<'t> {
    /// `|` or `>`.
    pub(in crate::manifest) style: char,
    /// `+`, `-` or nothing.
    pub(in crate::manifest) chomping: Option<char>,
    /// Whether the header says how far the content is indented.
    pub(in crate::manifest) is_explicit: bool,
    /// The comment behind the header.
    pub(in crate::manifest) comment: Option<&'t str>,
    /// Spaces before that comment.
    pub(in crate::manifest) gap: usize,
    /// The lines without their indentation; blank ones at the end only where they count.
    pub(in crate::manifest) lines: Vec<&'t str>,
}

impl Block<'_> {
    /// Whether blank lines behind it would belong to it.
    pub(super) fn keeps(&self) -> bool {
        self.chomping == Some('+')
    }
}

/// Reads the block scalar whose header begins at `start`, and says where it ends: behind the line end
/// of its last line. `value` is what the parser made of it. `None` for forms that nobody writes.
pub(in crate::manifest) fn read<'t>(
    text: &'t str,
    start: usize,
    value: &str,
) -> Option<(Block<'t>, usize)> {
    let rest = &text[start..];
    let header = &rest[..rest.find('\n').unwrap_or(rest.len())];
    let indicators = &header[..header.find([' ', '\t']).unwrap_or(header.len())];
    let style = indicators.chars().next()?;
    let behind = &header[indicators.len()..];
    let comment = Some(behind.trim()).filter(|comment| !comment.is_empty());
    let mut block = Block {
        style,
        chomping: indicators.chars().find(|c| matches!(c, '+' | '-')),
        is_explicit: indicators.contains(|c: char| c.is_ascii_digit()),
        comment,
        gap: behind.len() - behind.trim_start().len(),
        lines: Vec::new(),
    };
    let content = (start + header.len() + 1).min(text.len());
    let Some(first) = value.lines().find(|line| !line.is_empty()) else {
        // Nothing but line ends: with `+` they count.
        block.lines = vec![""; if block.keeps() { value.len() } else { 0 }];
        let end = content + blank_lines(&text[content..], block.lines.len())?;
        // The line end of the header, where nothing follows, stays for the next token.
        return Some((
            block,
            if end == content {
                start + header.len()
            } else {
                end
            },
        ));
    };
    if first.trim().is_empty() {
        return None;
    }
    let is_text = |line: &&str| !line.trim_matches(' ').is_empty();
    let line = text[content..].split('\n').find(is_text)?;
    let indent = spaces(line).checked_sub(spaces(first))?;
    let mut end = content;
    let mut counted = content;
    let mut kept = 0;
    for line in text[content..].split_inclusive('\n') {
        let bare = line.strip_suffix('\n').unwrap_or(line);
        let inside = spaces(bare) >= indent;
        if !inside && is_text(&bare) {
            break;
        }
        let bare = if inside { &bare[indent..] } else { "" };
        block.lines.push(bare);
        end += line.len();
        if !bare.is_empty() {
            counted = end;
            kept = block.lines.len();
        }
    }
    // A text that ends with the file may lack its line end; the file will not.
    if end == text.len() && !text.ends_with('\n') {
        block.chomping = Some('-');
    }
    if block.keeps() {
        return Some((block, end));
    }
    block.lines.truncate(kept);
    Some((block, counted))
}

/// The length of the first `count` lines, if they are blank.
fn blank_lines(text: &str, count: usize) -> Option<usize> {
    let lines: Vec<&str> = text.split_inclusive('\n').take(count).collect();
    let blank = lines.len() == count && lines.iter().all(|line| line.trim().is_empty());
    blank.then(|| lines.iter().map(|line| line.len()).sum())
}

fn spaces(line: &str) -> usize {
    line.len() - line.trim_start_matches(' ').len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str, value: &str) -> (Block<'static>, String) {
        let text: &'static str = text.to_owned().leak();
        let start = text.find(['|', '>']).unwrap();
        let (block, end) = read(text, start, value).unwrap();
        (block, text[end..].to_owned())
    }

    #[test]
    fn ends_before_comments_and_keys_that_are_not_its_own() {
        let (block, rest) = of(
            "k: |  # why\n    a\n\n     # b\n  \n # c\nl: 1\n",
            "a\n\n # b\n",
        );
        assert_eq!(block.lines, ["a", "", " # b"]);
        assert_eq!((block.comment, block.gap), (Some("# why"), 2));
        assert_eq!(rest, "  \n # c\nl: 1\n");
    }

    #[test]
    fn keeps_blank_lines_where_they_count() {
        let (block, rest) = of("k: |+\n  a\n\n\nl: 1\n", "a\n\n\n");
        assert_eq!(
            (block.lines.as_slice(), rest.as_str()),
            (&["a", "", ""][..], "l: 1\n")
        );
        let (block, rest) = of("k: >-\n  a\n\n\nl: 1\n", "a");
        assert_eq!(
            (block.lines.as_slice(), rest.as_str()),
            (&["a"][..], "\n\nl: 1\n")
        );
        let (block, rest) = of("k: |+\n\n\nl: 1\n", "\n\n");
        assert_eq!(
            (block.lines.as_slice(), rest.as_str()),
            (&["", ""][..], "l: 1\n")
        );
        let (block, rest) = of("k: |\nl: 1\n", "");
        assert_eq!((block.lines.len(), rest.as_str()), (0, "\nl: 1\n"));
    }

    #[test]
    fn explicit_indentation_leaves_the_spaces_that_count() {
        let (block, rest) = of("k: |2-\n      a\n    b\n", "  a\nb");
        assert!(block.is_explicit);
        assert_eq!(
            (block.lines.as_slice(), rest.as_str()),
            (&["  a", "b"][..], "")
        );
    }
}
