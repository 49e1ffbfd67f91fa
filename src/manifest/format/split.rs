//! A file cut at its document markers. `---` and `...` at the start of a line are markers wherever they
//! stand (YAML 1.2.2, 9.1.4), so that lines tell where documents begin and end.

/// A piece of a file.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Part<'t> {
    /// The line of the marker that it begins with, `---` or `...`; `None` at the start of a file and
    /// for a document that begins without one.
    pub(super) marker: Option<&'t str>,
    /// What follows, with what stands behind `---` in its line, if that is more than a comment.
    pub(super) body: &'t str,
    /// Line of the body's first character in the file, from 1.
    pub(super) line: usize,
    /// Whether there is a node in it, though it begins without `---`.
    has_content: bool,
}

impl Part<'_> {
    /// Whether it is a document, an empty one included.
    pub(super) fn is_document(&self) -> bool {
        self.has_content || self.marker.is_some_and(|marker| marker.starts_with("---"))
    }
}

/// The pieces of `text`, in order: marker lines and bodies together are the whole text.
pub(super) fn split(text: &str) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    let mut marker: Option<&str> = None;
    let (mut start, mut first_line) = (0, 1);
    let mut at = 0;
    for (index, line) in text.split_inclusive('\n').enumerate() {
        if is_marker(line) {
            push(&mut parts, marker, &text[start..at], first_line);
            let rest = line[3..].trim_start_matches([' ', '\t']);
            let has_node = !rest.is_empty() && !rest.starts_with(['\n', '#']);
            if has_node {
                marker = Some(&line[..3]);
                start = at + 3;
                first_line = index + 1;
            } else {
                marker = Some(line);
                start = at + line.len();
                first_line = index + 2;
            }
        }
        at += line.len();
    }
    push(&mut parts, marker, &text[start..], first_line);
    parts
}

fn push<'t>(parts: &mut Vec<Part<'t>>, marker: Option<&'t str>, body: &'t str, line: usize) {
    let opens = marker.is_some_and(|marker| marker.starts_with("---"));
    let has_content = !opens
        && body
            .lines()
            .any(|line| !line.trim().is_empty() && !line.trim_start().starts_with(['#', '%']));
    parts.push(Part {
        marker,
        body,
        line,
        has_content,
    });
}

fn is_marker(line: &str) -> bool {
    (line.starts_with("---") || line.starts_with("..."))
        && (line.len() == 3 || line[3..].starts_with([' ', '\t', '\n']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_are_told_from_what_stands_between_them() {
        let text = "# head\n--- # first\na: 1\n...\n# between\n---\n--- {b: 2}\n---x\n";
        let parts = split(text);
        let seen: Vec<_> = parts
            .iter()
            .map(|part| (part.marker, part.body, part.line, part.is_document()))
            .collect();
        assert_eq!(
            seen,
            [
                (None, "# head\n", 1, false),
                (Some("--- # first\n"), "a: 1\n", 3, true),
                (Some("...\n"), "# between\n", 5, false),
                (Some("---\n"), "", 7, true),
                (Some("---"), " {b: 2}\n---x\n", 7, true),
            ]
        );
    }
}
