//! From loose runs to paragraphs: white space as a browser shows it, one run per change of marks.

use super::is_noise;
use crate::model::rich_text::{Block, Inline, InlineKind, Link, Marks};

/// The blocks and the line that is being written.
#[derive(Default)]
pub(super) struct Flow {
    blocks: Vec<Block>,
    line: Line,
}

/// One line of inline content under construction.
#[derive(Default)]
struct Line {
    runs: Vec<Inline>,
    /// White space since the last run.
    space: bool,
    /// Breaks since the last run.
    breaks: usize,
    /// Lines that two breaks in a row have ended.
    ended: Vec<Vec<Inline>>,
}

impl Line {
    fn text(&mut self, text: &str, marks: Marks, link: Option<&Link>) {
        let mut word = String::new();
        for c in text.chars() {
            if c.is_whitespace() {
                self.word(&mut word, marks, link);
                self.space = true;
            } else if !is_noise(c) {
                word.push(c);
            }
        }
        self.word(&mut word, marks, link);
    }

    fn word(&mut self, word: &mut String, marks: Marks, link: Option<&Link>) {
        if word.is_empty() {
            return;
        }
        self.begin(marks, link);
        match self.runs.last_mut() {
            Some(Inline {
                kind: InlineKind::Text(text),
                marks: before,
                link: before_link,
            }) if *before == marks && before_link.as_ref() == link => text.push_str(word),
            _ => self.runs.push(Inline {
                kind: InlineKind::Text(word.clone()),
                marks,
                link: link.cloned(),
            }),
        }
        word.clear();
    }

    /// Writes the breaks or the space that lie before the next thing.
    fn begin(&mut self, marks: Marks, link: Option<&Link>) {
        let space = std::mem::take(&mut self.space);
        let breaks = std::mem::take(&mut self.breaks);
        let Some(last) = self.runs.last_mut() else {
            return;
        };
        if breaks > 1 {
            self.ended.push(std::mem::take(&mut self.runs));
        } else if breaks == 1 {
            self.runs.push(Inline::line_break());
        } else if space {
            // A space is marked only if both its neighbours are: `<b>a </b>b` says what `<b>a</b> b` says.
            let shared = last.marks.intersection(marks);
            let shared_link = last
                .link
                .as_ref()
                .filter(|before| Some(*before) == link)
                .cloned();
            match &mut last.kind {
                InlineKind::Text(text) if last.marks == shared && last.link == shared_link => {
                    text.push(' ');
                }
                _ => self.runs.push(Inline {
                    kind: InlineKind::Text(" ".to_owned()),
                    marks: shared,
                    link: shared_link,
                }),
            }
        }
    }

    fn finish(&mut self) -> Vec<Vec<Inline>> {
        self.space = false;
        self.breaks = 0;
        let mut lines = std::mem::take(&mut self.ended);
        let last = std::mem::take(&mut self.runs);
        if !last.is_empty() {
            lines.push(last);
        }
        lines
    }
}

impl Flow {
    /// Text as it stands between tags.
    pub(super) fn text(&mut self, text: &str, marks: Marks, link: Option<&Link>) {
        self.line.text(text, marks, link);
    }

    /// An image; it carries no marks.
    pub(super) fn image(&mut self, kind: InlineKind, link: Option<&Link>) {
        self.line.begin(Marks::NONE, link);
        self.line.runs.push(Inline {
            kind,
            marks: Marks::NONE,
            link: link.cloned(),
        });
    }

    /// A line break.
    pub(super) fn line_break(&mut self) {
        self.line.space = false;
        if !self.line.runs.is_empty() {
            self.line.breaks += 1;
        }
    }

    /// Ends the line as a paragraph.
    pub(super) fn end_paragraph(&mut self) {
        let lines = self.line.finish();
        self.blocks.extend(lines.into_iter().map(Block::Paragraph));
    }

    /// Ends the line as a heading.
    pub(super) fn end_heading(&mut self, level: u8) {
        let lines = self.line.finish();
        self.blocks.extend(
            lines
                .into_iter()
                .map(|content| Block::Heading { level, content }),
        );
    }

    /// A finished block; the line before it becomes a paragraph.
    pub(super) fn block(&mut self, block: Block) {
        self.end_paragraph();
        match (self.blocks.last_mut(), block) {
            // Two lists of bullets in a row look like one, and Markdown cannot tell them apart.
            (
                Some(Block::List { start: None, items }),
                Block::List {
                    start: None,
                    items: more,
                },
            ) => {
                items.extend(more);
            }
            (_, block) => self.blocks.push(block),
        }
    }

    /// Blocks that stand in a container without meaning of its own.
    pub(super) fn blocks(&mut self, blocks: Vec<Block>) {
        for block in blocks {
            self.block(block);
        }
    }

    /// All blocks.
    pub(super) fn finish(mut self) -> Vec<Block> {
        self.end_paragraph();
        self.blocks
    }
}
