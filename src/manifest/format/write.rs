//! Trees to text: two spaces for each level, braces only where they were and in one line.

use super::scalar;
use super::split::Part;
use super::token::{Form, Scalar};
use super::tree::{Beside, Collection, Comment, Document, Entry, Node};

/// The longest line with braces, in characters, comments not counted.
const WIDTH: usize = 120;

/// What a value is to its document.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Root,
    Spec,
    /// `fields` of a mapping, `cases` of a test: one line each.
    Rows,
    Other,
}

impl Role {
    fn below(self, key: Option<&Scalar<'_>>) -> Self {
        match (self, key.map(|key| key.value.as_str())) {
            (Self::Root, Some("spec")) => Self::Spec,
            (Self::Spec, Some("fields" | "cases")) => Self::Rows,
            _ => Self::Other,
        }
    }
}

pub(super) struct Writer {
    out: String,
    /// Whether a blank line would become part of the value before it.
    keeps: bool,
}

impl Writer {
    pub(super) fn new(capacity: usize) -> Self {
        Self {
            out: String::with_capacity(capacity),
            keeps: false,
        }
    }

    pub(super) fn finish(self) -> String {
        self.out
    }

    /// A document of somebody else, as it is; what stands between documents, without needless blank
    /// lines.
    pub(super) fn verbatim(&mut self, part: &Part<'_>) {
        if part.is_document() {
            self.out.push_str(part.marker.unwrap_or_default());
            self.out.push_str(part.body);
            return;
        }
        self.marker(part);
        let mut blank = false;
        for line in part.body.lines().map(str::trim_end) {
            if line.is_empty() {
                blank = true;
                continue;
            }
            if std::mem::take(&mut blank) && !self.out.is_empty() {
                self.out.push('\n');
            }
            self.out.push_str(line);
            self.out.push('\n');
        }
    }

    pub(super) fn document(&mut self, part: &Part<'_>, document: &Document<'_>) {
        self.marker(part);
        self.keeps = false;
        self.comments(&document.head, 0, true);
        if document.head_gap && !document.head.is_empty() {
            self.blank();
        }
        if let Node::Collection(root) = &document.root {
            self.collection(root, 0, false, Role::Root);
        }
    }

    fn marker(&mut self, part: &Part<'_>) {
        if let Some(marker) = part.marker {
            self.out.push_str(marker.trim_end());
            self.out.push('\n');
        }
    }

    /// A collection by indentation. With `inline`, its first entry goes on in the line that has begun.
    fn collection(&mut self, collection: &Collection<'_>, indent: usize, inline: bool, role: Role) {
        for (number, entry) in collection.entries.iter().enumerate() {
            let is_first = number == 0;
            let role = role.below(entry.key.as_ref());
            if !(is_first && inline) {
                self.comments(&entry.before, indent, is_first);
                let above = beside_above(entry, indent, role);
                if entry.blank && !(is_first && entry.before.is_empty()) {
                    self.blank();
                }
                if let Some(comment) = above {
                    self.begin(indent);
                    self.out.push_str(comment.text);
                    self.out.push('\n');
                }
                self.begin(indent);
            }
            match &entry.key {
                Some(key) => {
                    self.out.push_str(&scalar::key(key));
                    self.out.push(':');
                }
                None => self.out.push('-'),
            }
            self.value(entry, indent, role);
        }
        self.comments(&collection.tail, indent, false);
    }

    /// What follows a key or a dash that stands at `indent`.
    fn value(&mut self, entry: &Entry<'_>, indent: usize, role: Role) {
        match &entry.value {
            Node::Nothing => {
                self.end(entry.beside.as_ref());
                self.comments(&entry.under, indent + 2, true);
            }
            Node::Scalar(Scalar {
                form: Form::Block(block),
                ..
            }) => {
                self.out.push(' ');
                self.out.push(block.style);
                let is_deep = |line: &&str| line.starts_with(' ');
                let first = block.lines.iter().find(|line| !line.is_empty());
                if first.is_some_and(is_deep) {
                    self.out.push('2');
                }
                self.out.extend(block.chomping);
                let comment = block.comment.map(|text| Beside {
                    text,
                    gap: block.gap,
                });
                self.end(comment.as_ref());
                for line in &block.lines {
                    self.begin(if line.is_empty() { 0 } else { indent + 2 });
                    self.out.push_str(line);
                    self.out.push('\n');
                }
                self.keeps = block.keeps();
            }
            Node::Scalar(scalar) => {
                for (number, line) in scalar::lines(scalar).iter().enumerate() {
                    if number == 0 {
                        self.out.push(' ');
                    } else {
                        self.out.push('\n');
                        self.begin(if line.is_empty() { 0 } else { indent + 2 });
                    }
                    self.out.push_str(line);
                }
                self.end(entry.beside.as_ref());
            }
            Node::Collection(collection) => self.below(entry, collection, indent, role),
        }
    }

    fn below(&mut self, entry: &Entry<'_>, collection: &Collection<'_>, indent: usize, role: Role) {
        if let Some(text) = short(collection, self.column() + 1, role) {
            self.out.push(' ');
            self.out.push_str(&text);
            self.end(entry.beside.as_ref());
            return;
        }
        if entry.key.is_some() {
            self.end(entry.beside.as_ref());
            self.collection(collection, indent + 2, false, role);
            return;
        }
        let inline = collection.entries.first().is_some_and(|first| {
            first.before.is_empty() && beside_above(first, indent + 2, Role::Other).is_none()
        });
        self.out.push(if inline { ' ' } else { '\n' });
        self.collection(collection, indent + 2, inline, role);
    }

    fn comments(&mut self, comments: &[Comment<'_>], indent: usize, at_start: bool) {
        for (number, comment) in comments.iter().enumerate() {
            if comment.blank && !(number == 0 && at_start) {
                self.blank();
            }
            self.begin(indent);
            self.out.push_str(comment.text);
            self.out.push('\n');
        }
    }

    fn begin(&mut self, indent: usize) {
        self.keeps = false;
        self.out.extend(std::iter::repeat_n(' ', indent));
    }

    fn blank(&mut self) {
        if !self.keeps {
            self.out.push('\n');
        }
    }

    fn end(&mut self, comment: Option<&Beside<'_>>) {
        if let Some(comment) = comment {
            self.out
                .extend(std::iter::repeat_n(' ', comment.gap.max(1)));
            self.out.push_str(comment.text);
        }
        self.out.push('\n');
    }

    fn column(&self) -> usize {
        let line = self.out.rfind('\n').map_or(0, |end| end + 1);
        self.out[line..].chars().count()
    }
}

/// The comment of an item whose value takes several lines: there it stands above the dash.
fn beside_above<'e, 't>(entry: &'e Entry<'t>, indent: usize, role: Role) -> Option<&'e Beside<'t>> {
    let beside = entry.beside.as_ref().filter(|_| entry.key.is_none())?;
    match &entry.value {
        Node::Collection(value) if short(value, indent + 2, role).is_none() => Some(beside),
        _ => None,
    }
}

/// A collection in the line that has `column` characters already, if it may and can stand there.
fn short(collection: &Collection<'_>, column: usize, role: Role) -> Option<String> {
    if role != Role::Other && !collection.entries.is_empty() {
        return None;
    }
    flat(collection).filter(|text| column + text.chars().count() <= WIDTH)
}

/// A collection in one line, if it was written in brackets and no comment stands in it.
fn flat(collection: &Collection<'_>) -> Option<String> {
    if collection.entries.is_empty() {
        return Some(if collection.is_map { "{}" } else { "[]" }.to_owned());
    }
    if !collection.is_flow || !collection.tail.is_empty() {
        return None;
    }
    let mut parts = Vec::with_capacity(collection.entries.len());
    for entry in &collection.entries {
        if !entry.before.is_empty() || entry.beside.is_some() {
            return None;
        }
        let value = match &entry.value {
            Node::Nothing => "null".to_owned(),
            Node::Scalar(scalar) => scalar::line(scalar)?.into_owned(),
            Node::Collection(collection) => flat(collection)?,
        };
        parts.push(match &entry.key {
            Some(key) => format!("{}: {value}", scalar::key(key)),
            None => value,
        });
    }
    let inside = parts.join(", ");
    Some(if collection.is_map {
        format!("{{ {inside} }}")
    } else {
        format!("[{inside}]")
    })
}
