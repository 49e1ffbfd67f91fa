//! Formatted text as a canonical tree: what is said and how it is marked, without what editors leave
//! behind (styles, classes, empty wrappers, runs of spaces).
//!
//! Marks are a set on each run of text, not nested elements, so that `<b><i>x</i></b>` and
//! `<i><b>x</b></i>` are one tree. Two texts mean the same if their trees are equal.

use std::fmt;

/// A formatted text. No blocks: nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct RichText {
    /// Its blocks from top to bottom.
    pub blocks: Vec<Block>,
}

/// What stands on lines of its own.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Block {
    /// A paragraph; never empty.
    Paragraph(Vec<Inline>),
    /// A heading; never empty.
    Heading {
        /// 1 to 6.
        level: u8,
        /// Its text.
        content: Vec<Inline>,
    },
    /// A list; at least one item, items may be empty.
    List {
        /// The first number of a numbered list; `None` for bullets.
        start: Option<u32>,
        /// The items.
        items: Vec<Vec<Block>>,
    },
    /// A quotation; never empty.
    Quote(Vec<Block>),
    /// Preformatted text; never empty.
    Code {
        /// The language that it is marked with.
        language: Option<String>,
        /// The text with LF line ends and none at its end.
        text: String,
    },
    /// A table; at least one row with a cell.
    Table(Vec<Row>),
    /// A horizontal line.
    Rule,
}

/// A row of a table.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Row {
    /// Its cells.
    pub cells: Vec<Cell>,
}

/// A cell of a table.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Cell {
    /// Whether it heads its row or column.
    pub header: bool,
    /// Columns that it covers, at least 1.
    pub columns: u16,
    /// Rows that it covers, at least 1.
    pub rows: u16,
    /// What it holds.
    pub content: Vec<Block>,
}

/// A run of text with one set of marks, an image, or a line break.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Inline {
    /// What it is.
    pub kind: InlineKind,
    /// How it is marked; images and breaks are not.
    pub marks: Marks,
    /// Where it leads to.
    pub link: Option<Link>,
}

/// What a run is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum InlineKind {
    /// Text without line ends and without two spaces in a row.
    Text(String),
    /// A picture.
    Image(Image),
    /// A line break inside a paragraph.
    Break,
}

/// A link.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Link {
    /// Its address, of a harmless scheme.
    pub address: String,
    /// What is shown when a pointer rests on it.
    pub title: Option<String>,
    /// Azure DevOps' own note on a mention of a person or work item (`data-vss-mention`).
    pub mention: Option<String>,
}

/// A picture.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Image {
    /// Its address, of a harmless scheme.
    pub address: String,
    /// The text in its place.
    pub alternative: String,
    /// What is shown when a pointer rests on it.
    pub title: Option<String>,
    /// Width in pixels, if it is set.
    pub width: Option<u32>,
    /// Height in pixels, if it is set.
    pub height: Option<u32>,
}

/// One way to mark text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Mark {
    /// Marked with a highlighter.
    Highlight,
    /// Bold.
    Strong,
    /// Italic.
    Emphasis,
    /// Underlined.
    Underline,
    /// Struck out.
    Strikethrough,
    /// Below the line.
    Subscript,
    /// Above the line.
    Superscript,
    /// As typed on a machine.
    Code,
}

impl Mark {
    /// All of them, the outermost first.
    pub const ALL: [Self; 8] = [
        Self::Highlight,
        Self::Strong,
        Self::Emphasis,
        Self::Underline,
        Self::Strikethrough,
        Self::Subscript,
        Self::Superscript,
        Self::Code,
    ];
}

/// A set of marks.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Marks(u8);

impl Marks {
    /// No mark.
    pub const NONE: Self = Self(0);

    /// These and one more.
    #[must_use]
    pub fn with(self, mark: Mark) -> Self {
        Self(self.0 | 1 << mark as u8)
    }

    /// These but one.
    #[must_use]
    pub fn without(self, mark: Mark) -> Self {
        Self(self.0 & !(1 << mark as u8))
    }

    /// Those in both.
    #[must_use]
    pub fn intersection(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Whether a mark is among them.
    pub fn contains(self, mark: Mark) -> bool {
        self.0 & (1 << mark as u8) != 0
    }

    /// The marks, the outermost first.
    pub fn iter(self) -> impl Iterator<Item = Mark> {
        Mark::ALL
            .into_iter()
            .filter(move |mark| self.contains(*mark))
    }
}

impl FromIterator<Mark> for Marks {
    fn from_iter<T: IntoIterator<Item = Mark>>(marks: T) -> Self {
        marks.into_iter().fold(Self::NONE, Self::with)
    }
}

impl fmt::Debug for Marks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

impl Inline {
    /// Unmarked text.
    pub fn text(text: impl Into<String>) -> Self {
        Self {
            kind: InlineKind::Text(text.into()),
            marks: Marks::NONE,
            link: None,
        }
    }

    /// A line break.
    pub fn line_break() -> Self {
        Self {
            kind: InlineKind::Break,
            marks: Marks::NONE,
            link: None,
        }
    }
}

impl RichText {
    /// Whether there is nothing.
    pub fn is_empty(&self) -> bool {
        self.blocks.is_empty()
    }

    /// Only the words: a blank line between blocks, one line per list item and table cell; what a plain
    /// field can hold.
    pub fn plain(&self) -> String {
        let parts = self.blocks.iter().map(|block| {
            let mut lines = Vec::new();
            plain_blocks(std::slice::from_ref(block), &mut lines);
            lines.join("\n")
        });
        parts.collect::<Vec<_>>().join("\n\n")
    }

    /// What [`Self::plain`] leaves out, in words, each once; empty if the text is plain.
    pub fn formatting(&self) -> Vec<&'static str> {
        let mut found = Vec::new();
        formatting_of(&self.blocks, &mut found);
        found.sort_unstable();
        found.dedup();
        found
    }
}

fn plain_blocks(blocks: &[Block], lines: &mut Vec<String>) {
    for block in blocks {
        match block {
            Block::Paragraph(content) | Block::Heading { content, .. } => {
                plain_inlines(content, lines);
            }
            Block::List { items, .. } => items.iter().for_each(|item| plain_blocks(item, lines)),
            Block::Quote(content) => plain_blocks(content, lines),
            Block::Code { text, .. } => lines.extend(text.split('\n').map(str::to_owned)),
            Block::Table(rows) => {
                for cell in rows.iter().flat_map(|row| &row.cells) {
                    plain_blocks(&cell.content, lines);
                }
            }
            Block::Rule => {}
        }
    }
}

fn plain_inlines(content: &[Inline], lines: &mut Vec<String>) {
    let mut line = String::new();
    for inline in content {
        match &inline.kind {
            InlineKind::Text(text) => line.push_str(text),
            InlineKind::Image(image) => line.push_str(&image.alternative),
            InlineKind::Break => lines.push(std::mem::take(&mut line)),
        }
    }
    lines.push(line);
}

fn formatting_of(blocks: &[Block], found: &mut Vec<&'static str>) {
    for block in blocks {
        match block {
            Block::Paragraph(content) => inline_formatting(content, found),
            Block::Heading { content, .. } => {
                found.push("headings");
                inline_formatting(content, found);
            }
            Block::List { items, .. } => {
                found.push("lists");
                for item in items {
                    formatting_of(item, found);
                }
            }
            Block::Quote(content) => {
                found.push("quotations");
                formatting_of(content, found);
            }
            Block::Code { .. } => found.push("code blocks"),
            Block::Table(rows) => {
                found.push("tables");
                for cell in rows.iter().flat_map(|row| &row.cells) {
                    formatting_of(&cell.content, found);
                }
            }
            Block::Rule => found.push("lines"),
        }
    }
}

fn inline_formatting(content: &[Inline], found: &mut Vec<&'static str>) {
    for inline in content {
        if inline.marks != Marks::NONE {
            found.push("marks such as bold");
        }
        if inline.link.is_some() {
            found.push("links");
        }
        if matches!(inline.kind, InlineKind::Image(_)) {
            found.push("images");
        }
    }
}
