//! Symbolic places turned into lines and columns.

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::ops::Range;

use super::span_index::SpanIndex;
use super::{Finding, Location, Part, Place, SourceFile};

/// A position as editors count it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
}

/// A place with its lines and columns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resolved {
    /// Bytes of the file's text ([`SourceFile::text`]).
    pub range: Range<usize>,
    /// Where it begins.
    pub start: Position,
    /// Behind its last character.
    pub end: Position,
}

/// The files that findings point into. Each is indexed at most once, and only if a finding points to
/// one of its nodes.
pub struct Resolver<'a> {
    files: BTreeMap<&'a str, File<'a>>,
}

pub(super) struct File<'a> {
    pub(super) text: std::borrow::Cow<'a, str>,
    index: OnceCell<SpanIndex>,
    lines: OnceCell<Vec<usize>>,
}

impl<'a> Resolver<'a> {
    /// A resolver over these files.
    pub fn new(sources: &'a [SourceFile]) -> Self {
        let files = sources.iter().map(|source| {
            let file = File {
                text: source.text(),
                index: OnceCell::new(),
                lines: OnceCell::new(),
            };
            (source.path.as_str(), file)
        });
        Self {
            files: files.collect(),
        }
    }

    /// Where a location stands; `None` if its file is not among the sources.
    pub fn resolve(&self, location: &Location) -> Option<Resolved> {
        let file = self.files.get(location.file.as_str())?;
        let range = file.range(&location.place);
        Some(Resolved {
            start: file.position(range.start),
            end: file.position(range.end),
            range,
        })
    }

    /// Findings with their places, in order of file, position and code; those without a place first.
    pub fn in_order<'f>(&self, findings: &'f [Finding]) -> Vec<(&'f Finding, Option<Resolved>)> {
        let mut ordered: Vec<_> = findings
            .iter()
            .map(|finding| {
                let place = finding.location.as_ref();
                (finding, place.and_then(|place| self.resolve(place)))
            })
            .collect();
        ordered.sort_by(|(left, left_at), (right, right_at)| {
            let key = |finding: &Finding, at: &Option<Resolved>| {
                (
                    finding.location.as_ref().map(|l| l.file.clone()),
                    at.as_ref().map(|at| at.start),
                    finding.code.code,
                )
            };
            key(left, left_at).cmp(&key(right, right_at))
        });
        ordered
    }

    pub(super) fn file(&self, path: &str) -> Option<&File<'a>> {
        self.files.get(path)
    }
}

impl File<'_> {
    fn index(&self) -> &SpanIndex {
        self.index.get_or_init(|| SpanIndex::new(&self.text))
    }

    /// Byte offsets at which lines begin.
    pub(super) fn lines(&self) -> &[usize] {
        self.lines.get_or_init(|| {
            let ends = self.text.match_indices('\n').map(|(at, _)| at + 1);
            std::iter::once(0).chain(ends).collect()
        })
    }

    /// Byte ranges that must not be shown.
    pub(super) fn hidden(&self) -> &[Range<usize>] {
        &self.index().hidden
    }

    fn range(&self, place: &Place) -> Range<usize> {
        match place {
            Place::File => 0..0,
            Place::Line(line) => {
                let number = usize::try_from(*line).unwrap_or(usize::MAX);
                let start = self.lines().get(number.saturating_sub(1)).copied();
                let end = self.lines().get(number).copied().unwrap_or(self.text.len());
                start.map_or(0..0, |start| {
                    let line = &self.text[start..end];
                    let indent = line.len() - line.trim_start().len();
                    start + indent..start + line.trim_end().len().max(indent)
                })
            }
            Place::Bytes { start, end } => {
                let start = self.boundary(*start);
                start..self.boundary(*end).max(start)
            }
            Place::Node {
                document,
                pointer,
                part,
            } => match self.index().find(*document, pointer) {
                Some((node, is_it)) => match (part, is_it, &node.key) {
                    // The key of what is there stands for what is missing in it. List items and roots
                    // have no key.
                    (Part::Key, true, Some(key)) | (_, false, Some(key)) => key.clone(),
                    _ => node.value.clone(),
                },
                None => self.index().document(*document).unwrap_or(0..0),
            },
        }
    }

    /// The last character boundary at or before `byte`.
    fn boundary(&self, byte: usize) -> usize {
        let mut byte = byte.min(self.text.len());
        while !self.text.is_char_boundary(byte) {
            byte -= 1;
        }
        byte
    }

    fn position(&self, byte: usize) -> Position {
        let lines = self.lines();
        let line = lines.partition_point(|start| *start <= byte).max(1) - 1;
        let start = lines.get(line).copied().unwrap_or(0);
        Position {
            line: line + 1,
            column: self.text[start..byte].chars().count() + 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_lines_and_characters_from_one() {
        let sources = [SourceFile::new("a.yaml", "é: 1\nspec:\n  ü: x\n")];
        let resolver = Resolver::new(&sources);
        let location = Location {
            file: "a.yaml".to_owned(),
            place: Place::Node {
                document: 0,
                pointer: "/spec/ü".to_owned(),
                part: Part::Value,
            },
        };
        let at = resolver.resolve(&location).unwrap();
        assert_eq!((at.start.line, at.start.column), (3, 6));
        assert_eq!((at.end.line, at.end.column), (3, 7));
    }

    #[test]
    fn survives_places_outside_the_text() {
        let sources = [SourceFile::new("a.yaml", "é")];
        let resolver = Resolver::new(&sources);
        for place in [Place::bytes(1..9), Place::bytes(7..9), Place::File] {
            let location = Location {
                file: "a.yaml".to_owned(),
                place,
            };
            assert!(resolver.resolve(&location).is_some());
        }
    }
}
