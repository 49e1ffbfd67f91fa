//! From JSON Pointers to byte ranges, built only for files that have findings.

use std::collections::HashMap;
use std::ops::Range;

use saphyr_parser::{Event, Parser, ScalarStyle, Span};

use super::source::CharOffsets;
use super::{looks_like_variable, pointer, redact, secret_shapes};

/// Deeper documents are refused anyway.
const DEEPEST: usize = 128;

/// Where the nodes of a file stand.
#[derive(Debug, Default)]
pub(super) struct SpanIndex {
    /// By document and pointer.
    nodes: Vec<HashMap<String, Node>>,
    documents: Vec<Range<usize>>,
    /// Parts of the text that must not be shown.
    pub(super) hidden: Vec<Range<usize>>,
}

/// Byte ranges of a node.
#[derive(Clone, Debug)]
pub(super) struct Node {
    /// Its key; `None` for list items and roots.
    pub(super) key: Option<Range<usize>>,
    /// Its value.
    pub(super) value: Range<usize>,
}

/// A collection that is open.
struct Frame {
    pointer: String,
    key: Option<Range<usize>>,
    start: usize,
    kind: FrameKind,
    /// Whether everything in it is the value of a secret key.
    secret: bool,
}

enum FrameKind {
    /// The key that waits for its value.
    Map(Option<(String, Range<usize>)>),
    /// How many items there were.
    List(usize),
}

impl SpanIndex {
    /// Reads `text` as far as it can be read.
    pub(super) fn new(text: &str) -> Self {
        let mut builder = Builder {
            text,
            offsets: CharOffsets::new(text),
            index: Self::default(),
            stack: Vec::new(),
        };
        let mut parser = Parser::new_from_str(text);
        let complete = loop {
            match parser.next_event() {
                Some(Ok((Event::StreamEnd, _))) | None => break true,
                Some(Ok((event, span))) => builder.take(&event, span),
                Some(Err(_)) => break false,
            }
            if builder.stack.len() > DEEPEST {
                break false;
            }
        };
        let mut index = builder.index;
        if !complete {
            index.hidden.extend(redact::by_looks(text));
        }
        let shapes = secret_shapes(text).into_iter();
        index.hidden.extend(shapes.map(|shape| shape.range));
        index
    }

    /// The node at `pointer`, or the nearest one around it; and whether it is the one that was asked
    /// for.
    pub(super) fn find(&self, document: usize, pointer: &str) -> Option<(&Node, bool)> {
        let nodes = self.nodes.get(document)?;
        let mut nearest = pointer;
        loop {
            if let Some(node) = nodes.get(nearest) {
                return Some((node, nearest.len() == pointer.len()));
            }
            nearest = &nearest[..nearest.rfind('/')?];
        }
    }

    /// The range of a document.
    pub(super) fn document(&self, document: usize) -> Option<Range<usize>> {
        self.documents.get(document).cloned()
    }
}

struct Builder<'a> {
    text: &'a str,
    offsets: CharOffsets,
    index: SpanIndex,
    stack: Vec<Frame>,
}

impl Builder<'_> {
    fn take(&mut self, event: &Event<'_>, span: Span) {
        let range = self.offsets.byte(span.start.index())..self.offsets.byte(span.end.index());
        match event {
            Event::DocumentStart(_) => {
                self.index.nodes.push(HashMap::new());
                self.index.documents.push(range);
                self.stack.clear();
            }
            Event::Scalar(value, style, ..) => self.scalar(value, *style, range),
            Event::Alias(_) => self.scalar("", ScalarStyle::Plain, range),
            Event::MappingStart(..) => self.open(range.start, FrameKind::Map(None)),
            Event::SequenceStart(..) => self.open(range.start, FrameKind::List(0)),
            Event::MappingEnd | Event::SequenceEnd => {
                if let Some(frame) = self.stack.pop() {
                    let value = frame.start..range.end.max(frame.start);
                    self.insert(frame.pointer, frame.key, value);
                }
            }
            _ => {}
        }
    }

    /// Pointer, key range and secrecy of the node that begins now.
    fn next(&mut self) -> (String, Option<Range<usize>>, bool) {
        let Some(frame) = self.stack.last_mut() else {
            return (String::new(), None, false);
        };
        match &mut frame.kind {
            FrameKind::Map(key) => match key.take() {
                Some((name, range)) => {
                    let secret = frame.secret || redact::is_secret_key(&name);
                    (pointer::child(&frame.pointer, &name), Some(range), secret)
                }
                None => (pointer::child(&frame.pointer, "?"), None, frame.secret),
            },
            FrameKind::List(count) => {
                let place = pointer::item(&frame.pointer, *count);
                *count += 1;
                (place, None, frame.secret)
            }
        }
    }

    fn open(&mut self, start: usize, kind: FrameKind) {
        let (pointer, key, secret) = self.next();
        self.stack.push(Frame {
            pointer,
            key,
            start,
            kind,
            secret,
        });
    }

    fn scalar(&mut self, value: &str, style: ScalarStyle, range: Range<usize>) {
        if let Some(frame) = self.stack.last_mut()
            && let FrameKind::Map(key @ None) = &mut frame.kind
        {
            // A literal in braces is a key: `apiKey: { hunter2 }`.
            if frame.secret && !matches!(value, "env" | "file") {
                self.index.hidden.push(range.clone());
            }
            *key = Some((value.to_owned(), range));
            return;
        }
        let (pointer, key, secret) = self.next();
        let referred =
            pointer.ends_with("/file") || (pointer.ends_with("/env") && looks_like_variable(value));
        let database = pointer.ends_with("/postgres/url");
        if (secret && !referred && !matches!(value, "" | "null" | "~"))
            || (database && !value.is_empty())
            || redact::carries_credentials(value)
        {
            self.index.hidden.push(range.clone());
        }
        let trimmed = match style {
            // Block scalars reach to the next token; the caret should not.
            ScalarStyle::Literal | ScalarStyle::Folded => {
                let end = self.text[range.clone()].trim_end().len() + range.start;
                range.start..end
            }
            _ => range,
        };
        self.insert(pointer, key, trimmed);
    }

    fn insert(&mut self, pointer: String, key: Option<Range<usize>>, value: Range<usize>) {
        // An absent value has no extent of its own: its key stands for it.
        let value = match &key {
            Some(key) if value.is_empty() => key.clone(),
            _ => value,
        };
        if let Some(nodes) = self.index.nodes.last_mut() {
            nodes.insert(pointer, Node { key, value });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at<'a>(text: &'a str, document: usize, pointer: &str) -> (Option<&'a str>, &'a str) {
        let index = SpanIndex::new(text);
        let (node, _) = index.find(document, pointer).unwrap();
        (
            node.key.clone().map(|k| &text[k]),
            &text[node.value.clone()],
        )
    }

    #[test]
    fn finds_keys_and_values_behind_wide_characters() {
        let text =
            "# Prüfung €\r\nkind: A\r\nspec:\r\n  list: [ä, {b: \"ö\"}]\r\n---\r\nkind: B\r\n";
        assert_eq!(at(text, 0, "/kind"), (Some("kind"), "A"));
        assert_eq!(at(text, 0, "/spec/list/1/b"), (Some("b"), "\"ö\""));
        assert_eq!(at(text, 0, "/spec/list/1"), (None, "{b: \"ö\"}"));
        assert_eq!(at(text, 1, "/kind"), (Some("kind"), "B"));
        assert_eq!(at(text, 0, "/spec/list/0/none"), (None, "ä"));
    }

    #[test]
    fn hides_literals_where_secrets_belong() {
        let text = "spec:\n  apiKey: hunter2\n  projectKey: { value: hunter3 }\n  token: { env: A_PAT }\n  \
                    pat: { env: hunter4 }\n  secret: { hunter5 }\n  url: https://me:hunter6@host/x\n";
        let index = SpanIndex::new(text);
        let hidden: Vec<&str> = index.hidden.iter().map(|r| &text[r.clone()]).collect();
        assert_eq!(
            hidden,
            [
                "hunter2",
                "value",
                "hunter3",
                "hunter4",
                "hunter5",
                "https://me:hunter6@host/x"
            ]
        );
    }
}
