//! Foreign text made fit for a page: nothing of it can become an element, an attribute or a script.
//!
//! Names of elements and attributes are `&'static str`, so that they cannot come out of a plan; whatever
//! does come out of one passes through [`Html::text`], an attribute's value or [`data`].

use crate::plan::render::text;

/// A piece of the page under construction.
#[derive(Debug, Default)]
pub(super) struct Html(String);

/// An attribute: its name and its value.
pub(super) type Attribute<'a> = (&'static str, &'a str);

impl Html {
    /// Opens an element.
    pub(super) fn open(&mut self, tag: &'static str, attributes: &[Attribute<'_>]) {
        self.0.push('<');
        self.0.push_str(tag);
        for (name, value) in attributes {
            self.0.push(' ');
            self.0.push_str(name);
            self.0.push_str("=\"");
            self.text(value);
            self.0.push('"');
        }
        self.0.push('>');
    }

    /// Closes an element.
    pub(super) fn close(&mut self, tag: &'static str) {
        self.0.push_str("</");
        self.0.push_str(tag);
        self.0.push('>');
    }

    /// A text, and nothing but a text.
    pub(super) fn text(&mut self, text: &str) {
        for c in text.chars() {
            match c {
                '&' => self.0.push_str("&amp;"),
                '<' => self.0.push_str("&lt;"),
                '>' => self.0.push_str("&gt;"),
                '"' => self.0.push_str("&quot;"),
                '\'' => self.0.push_str("&#39;"),
                // A parser drops it, and a page that holds one is not the page that was written.
                '\0' => self.0.push('\u{fffd}'),
                c => self.0.push(c),
            }
        }
    }

    /// An element that holds a text.
    pub(super) fn element(&mut self, tag: &'static str, attributes: &[Attribute<'_>], text: &str) {
        self.open(tag, attributes);
        self.text(text);
        self.close(tag);
    }

    /// Markup of this program's own.
    pub(super) fn raw(&mut self, markup: &'static str) {
        self.0.push_str(markup);
    }

    /// Another piece.
    pub(super) fn append(&mut self, piece: &Self) {
        self.0.push_str(&piece.0);
    }

    /// What [`data`] made.
    pub(super) fn data(&mut self, json: &str) {
        self.0.push_str(json);
    }

    /// Bytes so far.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// The page.
    pub(super) fn into_string(self) -> String {
        self.0
    }
}

/// JSON that may stand inside `<script type="application/json">`: it holds no `<`, so it can neither end
/// the element nor begin a comment. `<`, `>` and `&` only occur inside JSON's strings, where their number
/// means the same.
pub(super) fn data(json: &str) -> String {
    let mut safe = String::with_capacity(json.len() + json.len() / 16);
    for c in json.chars() {
        match c {
            '<' => safe.push_str("\\u003c"),
            '>' => safe.push_str("\\u003e"),
            '&' => safe.push_str("\\u0026"),
            '\u{2028}' => safe.push_str("\\u2028"),
            '\u{2029}' => safe.push_str("\\u2029"),
            c => safe.push(c),
        }
    }
    safe
}

/// One line of at most `most` characters; what would reorder or hide its neighbours is spelled out.
pub(super) fn line(text: &str, most: usize) -> String {
    // Escaping never makes a text shorter by more than a line break's second half.
    let enough: String = text.chars().take(most.saturating_mul(2)).collect();
    text::cut(&text::escape(&enough), most)
}

/// Several lines, each as [`line`]; a tab stays one.
pub(super) fn block(text: &str) -> String {
    let mut block = String::with_capacity(text.len());
    for (number, line) in text.split('\n').enumerate() {
        if number > 0 {
            block.push('\n');
        }
        let line = line.strip_suffix('\r').unwrap_or(line);
        for (number, part) in line.split('\t').enumerate() {
            if number > 0 {
                block.push('\t');
            }
            block.push_str(&text::escape(part));
        }
    }
    block
}
