//! The first pass over a file: events only, no values. It refuses what manifests may not contain (so
//! that an alias bomb or a tower of brackets never reaches the parser of values), finds out which
//! documents are ours, and notes the lines that plans refer to.

use std::borrow::Cow;
use std::collections::HashMap;

use saphyr_parser::{Event, Parser, ScalarStyle, ScanError, Span, Tag};

use super::kind::Kind;
use crate::diagnostics::catalog::yaml;
use crate::diagnostics::{CharOffsets, Code, Finding, Location, Place, quote};

/// The deepest nesting that is read.
pub(super) const DEEPEST: usize = 64;

/// What the first pass found out about a file.
#[derive(Default)]
pub(super) struct Scan {
    /// The documents, in order.
    pub(super) documents: Vec<DocumentScan>,
    /// What is wrong with the file as a whole: nothing behind it was read.
    pub(super) broken: Option<Finding>,
}

/// What the first pass found out about a document.
#[derive(Default)]
pub(super) struct DocumentScan {
    /// Line of its first key, from 1.
    pub(super) line: u32,
    /// Lines of the items of `spec.fields` or `spec.cases`.
    pub(super) row_lines: Vec<u32>,
    /// Line of `spec.scope.testworthy.where`.
    pub(super) where_line: Option<u32>,
    /// What it may not contain.
    pub(super) findings: Vec<Finding>,
    /// Whether it has one of Accord's kinds, or an `apiVersion` of Accord's.
    pub(super) is_ours: bool,
    /// Whether its values must not be read.
    pub(super) is_refused: bool,
}

/// Reads the events of `text`.
pub(super) fn scan(file: &str, text: &str) -> Scan {
    let mut pass = Pass {
        file,
        text,
        offsets: None,
        scan: Scan::default(),
        stack: Vec::new(),
    };
    let mut parser = Parser::new_from_str(text);
    loop {
        match parser.next_event() {
            Some(Ok((Event::StreamEnd, _))) | None => break,
            Some(Ok((event, span))) => {
                if !pass.take(event, span) {
                    break;
                }
            }
            Some(Err(error)) => {
                pass.fail(&error);
                break;
            }
        }
    }
    pass.scan
}

/// The keys that lead to the condition of a rule.
const WHERE: [&str; 4] = ["spec", "scope", "testworthy", "where"];

/// A collection that is open.
enum Frame<'t> {
    Map {
        keys: HashMap<Cow<'t, str>, Span>,
        /// The key that waits for its value; empty for keys that are not text.
        key: Option<Cow<'t, str>>,
    },
    List,
}

struct Pass<'t> {
    file: &'t str,
    text: &'t str,
    /// Made for the first finding only.
    offsets: Option<CharOffsets>,
    scan: Scan,
    stack: Vec<Frame<'t>>,
}

impl<'t> Pass<'t> {
    /// Whether to go on.
    fn take(&mut self, event: Event<'t>, span: Span) -> bool {
        match event {
            Event::DocumentStart(_) => {
                self.stack.clear();
                self.scan.documents.push(DocumentScan {
                    line: line(span),
                    ..DocumentScan::default()
                });
            }
            Event::Alias(_) => {
                let message = "aliases are not allowed in manifests";
                self.refuse(&yaml::ALIAS, span, message);
                self.node_begins(span);
                self.node_ends(None);
            }
            Event::Scalar(value, style, anchor, tag) => {
                self.check_properties(anchor, tag.as_deref(), span);
                self.scalar(value, style, span);
            }
            Event::MappingStart(anchor, tag) => {
                self.check_properties(anchor, tag.as_deref(), span);
                let frame = Frame::Map {
                    keys: HashMap::new(),
                    key: None,
                };
                return self.open(frame, span);
            }
            Event::SequenceStart(anchor, tag) => {
                self.check_properties(anchor, tag.as_deref(), span);
                return self.open(Frame::List, span);
            }
            Event::MappingEnd | Event::SequenceEnd => {
                self.stack.pop();
                self.node_ends(None);
            }
            _ => {}
        }
        true
    }

    fn open(&mut self, frame: Frame<'t>, span: Span) -> bool {
        if let Some(Frame::Map { key: None, .. }) = self.stack.last() {
            let message = "a list or a mapping cannot be a key";
            self.refuse(&yaml::KEY_NOT_TEXT, span, message);
        }
        self.node_begins(span);
        self.stack.push(frame);
        if self.stack.len() > DEEPEST {
            let message = format!("nested more than {DEEPEST} levels deep");
            self.scan.broken = Some(self.finding(&yaml::TOO_DEEP, span, message));
            return false;
        }
        true
    }

    fn scalar(&mut self, value: Cow<'t, str>, style: ScalarStyle, span: Span) {
        let plain = style == ScalarStyle::Plain;
        if let Some(Frame::Map { keys, key: None }) = self.stack.last_mut() {
            let before = keys.insert(value.clone(), span);
            if plain && matches!(&*value, "" | "~" | "null" | "Null" | "NULL") {
                self.refuse(&yaml::KEY_NOT_TEXT, span, "an empty key");
            } else if plain && value == "<<" {
                let message = "merge keys are not allowed in manifests";
                self.refuse(&yaml::MERGE_KEY, span, message);
            } else if let Some(first) = before {
                let message = format!("the key {} stands twice", quote(&value));
                let first = self.location(first);
                let finding = self
                    .finding(&yaml::DUPLICATE_KEY, span, message)
                    .with_related(first, "first here");
                self.push(finding);
            }
            self.node_ends(Some(value));
            return;
        }
        if plain && is_not_finite(&value) {
            let message = format!("{value} is not a number that JSON knows");
            self.refuse(&yaml::NUMBER_NOT_FINITE, span, message);
        }
        if let [Frame::Map { key: Some(key), .. }] = self.stack.as_slice()
            && let Some(document) = self.scan.documents.last_mut()
        {
            document.is_ours |= match &**key {
                "kind" => Kind::find(&value).is_some(),
                "apiVersion" => value.starts_with("accord/"),
                _ => false,
            };
        }
        self.node_begins(span);
        self.node_ends(None);
    }

    /// Notes the lines that plans refer to.
    fn node_begins(&mut self, span: Span) {
        let Some(document) = self.scan.documents.last_mut() else {
            return;
        };
        match self.stack.as_slice() {
            [] => document.line = line(span),
            [
                Frame::Map {
                    key: Some(spec), ..
                },
                Frame::Map {
                    key: Some(fields), ..
                },
                Frame::List,
            ] if spec == "spec" && matches!(&**fields, "fields" | "cases") => {
                document.row_lines.push(line(span));
            }
            frames if frames.len() == WHERE.len() => {
                let is_at = |(frame, wanted): (&Frame<'t>, &str)| matches!(frame, Frame::Map { key: Some(key), .. } if key == wanted);
                if frames.iter().zip(WHERE).all(is_at) {
                    document.where_line = Some(line(span));
                }
            }
            _ => {}
        }
    }

    /// Turns the mapping around the node from key to value and back.
    fn node_ends(&mut self, as_key: Option<Cow<'t, str>>) {
        if let Some(Frame::Map { key, .. }) = self.stack.last_mut() {
            *key = match key {
                Some(_) => None,
                None => Some(as_key.unwrap_or_default()),
            };
        }
    }

    fn check_properties(&mut self, anchor: usize, tag: Option<&Tag>, span: Span) {
        if anchor != 0 {
            let message = "anchors are not allowed in manifests";
            self.refuse(&yaml::ANCHOR, span, message);
        }
        if tag.is_some() {
            self.refuse(&yaml::TAG, span, "tags are not allowed in manifests");
        }
    }

    /// Reports something that makes the values unreadable.
    fn refuse(&mut self, code: Code, span: Span, message: impl Into<String>) {
        let finding = self.finding(code, span, message.into());
        self.push(finding.with_help(code.fix));
        if let Some(document) = self.scan.documents.last_mut() {
            document.is_refused = true;
        }
    }

    fn push(&mut self, finding: Finding) {
        if let Some(document) = self.scan.documents.last_mut()
            && document.findings.len() <= super::read::MOST_FINDINGS
        {
            document.findings.push(finding);
        }
    }

    fn finding(&mut self, code: Code, span: Span, message: String) -> Finding {
        let location = self.location(span);
        Finding::new(code, message).at(location)
    }

    fn location(&mut self, span: Span) -> Location {
        let text = self.text;
        let offsets = self.offsets.get_or_insert_with(|| CharOffsets::new(text));
        let start = offsets.byte(span.start.index());
        let end = offsets.byte(span.end.index());
        Location {
            file: self.file.to_owned(),
            place: Place::bytes(start..end.max(start)),
        }
    }

    fn fail(&mut self, error: &ScanError) {
        let span = Span::empty(*error.marker());
        // The scanner counts open brackets in a byte.
        let (code, message) = if error.info().contains("recursion limit") {
            (
                &yaml::TOO_DEEP,
                format!("nested more than {DEEPEST} levels deep"),
            )
        } else {
            (
                &yaml::INVALID_YAML,
                format!("not valid YAML: {}", error.info()),
            )
        };
        self.scan.broken = Some(self.finding(code, span, message));
    }
}

fn is_not_finite(text: &str) -> bool {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    matches!(unsigned, ".inf" | ".Inf" | ".INF") || matches!(text, ".nan" | ".NaN" | ".NAN")
}

fn line(span: Span) -> u32 {
    u32::try_from(span.start.line()).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(text: &str) -> Vec<&'static str> {
        let scan = scan("a.yaml", text);
        let documents = scan
            .documents
            .iter()
            .flat_map(|document| &document.findings);
        documents
            .chain(&scan.broken)
            .map(|finding| finding.code.code)
            .collect()
    }

    #[test]
    fn refuses_what_is_not_plain_data() {
        for (text, expected) in [
            ("a: &x 1", "anchor"),
            ("a: *x", "invalid-yaml"),
            ("a: &x 1\nb: *x", "alias"),
            ("<<: {a: 1}", "merge-key"),
            ("a: !!str 1", "tag"),
            ("a: !thing {}", "tag"),
            ("a: 1\nb: 2\na: 3", "duplicate-key"),
            ("{a: {b: 1, \"b\": 2}}", "duplicate-key"),
            ("? [a]\n: 1", "key-not-text"),
            ("~: 1", "key-not-text"),
            ("a: .inf", "number-not-finite"),
            ("a: [1", "invalid-yaml"),
            ("a: b: c", "invalid-yaml"),
        ] {
            assert!(codes(text).contains(&expected), "{text}: {:?}", codes(text));
        }
        for text in [
            "",
            "# only\n",
            "a: \"*x\"",
            "a: '&x'",
            "\"<<\": 1",
            "a: x!y",
            "---\n---\n",
        ] {
            assert_eq!(codes(text), [""; 0], "{text}");
        }
    }

    #[test]
    fn stops_at_deep_nesting() {
        for text in [
            "[".repeat(100_000),
            "- ".repeat(100_000),
            "{a: ".repeat(100_000),
            "? ".repeat(100_000),
            format!("a: {}{}", "[".repeat(300_000), "]".repeat(300_000)),
        ] {
            assert_eq!(
                codes(&text).last(),
                Some(&"nesting-too-deep"),
                "{}",
                &text[..8]
            );
        }
    }

    #[test]
    fn knows_documents_and_lines() {
        let text = "# c\nkind: Other\n---\n\nkind: FieldMapping\nspec:\n  fields:\n    - a: 1\n    - { b: 2 }\n";
        let scan = scan("a.yaml", text);
        let ours: Vec<bool> = scan.documents.iter().map(|d| d.is_ours).collect();
        assert_eq!(ours, [false, true]);
        assert_eq!(scan.documents[1].line, 5);
        assert_eq!(scan.documents[1].row_lines, [8, 9]);
    }
}
