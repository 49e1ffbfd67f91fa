//! The finding and where it points.

use std::ops::Range;

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// Probably not meant.
    Warning,
    /// Nothing runs until it is mended.
    Error,
}

impl Severity {
    /// `error`, `warning` or `info`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// A kind of finding, as `accord explain CODE` shows it. Codes are kebab-case (`unknown-key`) or a lint
/// rule's number (`L05`), and never change their meaning.
#[derive(Debug, PartialEq, Eq)]
pub struct Entry {
    /// The stable code.
    pub code: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// One line.
    pub title: &'static str,
    /// What it means and why it matters.
    pub explanation: &'static str,
    /// A manifest or a situation that causes it.
    pub example: &'static str,
    /// What to do.
    pub fix: &'static str,
}

/// A reference to an entry of the catalogue.
pub type Code = &'static Entry;

/// One finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Its kind.
    pub code: Code,
    /// What happened, in one line, with the names that matter.
    pub message: String,
    /// Where.
    pub location: Option<Location>,
    /// Other places that belong to it, each with a few words.
    pub related: Vec<(Location, String)>,
    /// What to do next: a suggestion made for this very case.
    pub help: Option<String>,
}

impl Finding {
    /// A finding without a place.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            location: None,
            related: Vec::new(),
            help: None,
        }
    }

    /// Says where.
    #[must_use]
    pub fn at(mut self, location: Location) -> Self {
        self.location = Some(location);
        self
    }

    /// Adds another place.
    #[must_use]
    pub fn with_related(mut self, location: Location, note: impl Into<String>) -> Self {
        self.related.push((location, note.into()));
        self
    }

    /// Adds a suggestion.
    #[must_use]
    pub fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Whether it stops the command.
    pub fn is_error(&self) -> bool {
        self.code.severity == Severity::Error
    }
}

/// A place in a manifest file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Location {
    /// Path below the project's folder, with `/`.
    pub file: String,
    /// Where in it.
    pub place: Place,
}

/// A place in a file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Place {
    /// The file as a whole.
    File,
    /// A line, from 1: for checked declarations, which remember their line only.
    Line(u32),
    /// A byte range.
    Bytes {
        /// First byte.
        start: usize,
        /// Behind the last byte.
        end: usize,
    },
    /// A node of a document.
    Node {
        /// Which document of the file, from 0.
        document: usize,
        /// JSON Pointer (RFC 6901).
        pointer: String,
        /// Its key or its value.
        part: Part,
    },
}

impl Place {
    /// A byte range.
    pub fn bytes(range: Range<usize>) -> Self {
        Self::Bytes {
            start: range.start,
            end: range.end,
        }
    }
}

/// Which part of a node is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// The key.
    Key,
    /// The value.
    Value,
}
