//! One document of ours: its values, its header, and the findings that are made while it is read.

use serde_json::Value as Json;

use super::kind::Kind;
use crate::diagnostics::{Code, Finding, Location, Part, Place};

/// A document of ours with its values.
pub(super) struct Document<'f> {
    /// Path of its file.
    pub(super) file: &'f str,
    /// Which document of the file, from 0.
    pub(super) index: usize,
    /// What it declares.
    pub(super) kind: Kind,
    /// `metadata.name`, if there is a text.
    pub(super) name: Option<String>,
    /// Line of its first key.
    pub(super) line: u32,
    /// Lines of the items of `spec.fields` or `spec.cases`.
    pub(super) row_lines: Vec<u32>,
    /// Line of `spec.scope.testworthy.where`.
    pub(super) where_line: Option<u32>,
    /// Whether a key stands twice in it: which of the two was meant is unknown, so its meaning is not
    /// checked.
    pub(super) is_ambiguous: bool,
    /// The whole document.
    pub(super) value: Json,
}

/// Collects the findings about one document.
pub(super) struct Report<'f> {
    file: &'f str,
    document: usize,
    pub(super) findings: Vec<Finding>,
}

impl<'f> Report<'f> {
    pub(super) fn new(file: &'f str, document: usize) -> Self {
        Self {
            file,
            document,
            findings: Vec::new(),
        }
    }

    /// The place of a node.
    pub(super) fn place(&self, pointer: &str, part: Part) -> Location {
        Location {
            file: self.file.to_owned(),
            place: Place::Node {
                document: self.document,
                pointer: pointer.to_owned(),
                part,
            },
        }
    }

    /// A finding about a value.
    pub(super) fn value(&self, code: Code, pointer: &str, message: impl Into<String>) -> Finding {
        Finding::new(code, message).at(self.place(pointer, Part::Value))
    }

    /// A finding about a key.
    pub(super) fn key(&self, code: Code, pointer: &str, message: impl Into<String>) -> Finding {
        Finding::new(code, message).at(self.place(pointer, Part::Key))
    }

    pub(super) fn push(&mut self, finding: Finding) {
        self.findings.push(finding);
    }
}

/// The pointer that a finding points to, if it points into a document.
pub(super) fn pointer_of(finding: &Finding) -> Option<&str> {
    match &finding.location.as_ref()?.place {
        Place::Node { pointer, .. } => Some(pointer),
        _ => None,
    }
}
