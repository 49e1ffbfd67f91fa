//! Texts: formatted ones by block, plain ones by line.

use super::sequence::{self, Part, alike};
use crate::mapping::codec::rich_text::{Format, parse, render};
use crate::model::Value;
use crate::model::rich_text::{Block, Inline, InlineKind, RichText};

/// Merges canonical HTML.
pub(super) fn merge_blocks(base: &Value, left: &Value, right: &Value) -> Option<Value> {
    let blocks = |value: &Value| -> Option<Vec<Block>> {
        Some(parse(text(value)?, Format::Html).ok()?.blocks)
    };
    let merged = RichText {
        blocks: sequence::merge(&blocks(base)?, &blocks(left)?, &blocks(right)?)?,
    };
    let html = render(&merged, Format::Html);
    // Blocks that come to stand side by side must not run into each other.
    let again = parse(&html, Format::Html).ok()?;
    (again == merged).then(|| Value::text(html))
}

/// Merges plain text.
pub(super) fn merge_lines(base: &Value, left: &Value, right: &Value) -> Option<Value> {
    let lines = |value: &Value| -> Option<Vec<Line>> {
        let text = text(value)?;
        let lines = text.split('\n').filter(|_| !text.is_empty());
        Some(lines.map(|line| Line(line.to_owned())).collect())
    };
    let merged = sequence::merge(&lines(base)?, &lines(left)?, &lines(right)?)?;
    let merged: Vec<&str> = merged.iter().map(|line| line.0.as_str()).collect();
    Some(Value::text(merged.join("\n").trim_end()))
}

fn text(value: &Value) -> Option<&str> {
    match value {
        Value::Null => Some(""),
        other => other.as_text(),
    }
}

/// A line of plain text.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Line(String);

impl Part for Line {
    fn resembles(&self, _old: &Self) -> bool {
        false
    }

    fn merge(_base: &Self, _left: &Self, _right: &Self) -> Option<Self> {
        None
    }

    fn is_slight(&self) -> bool {
        self.0.is_empty()
    }
}

impl Part for Block {
    fn resembles(&self, old: &Self) -> bool {
        std::mem::discriminant(self) == std::mem::discriminant(old)
            && alike_blocks(std::slice::from_ref(self), std::slice::from_ref(old))
    }

    fn merge(base: &Self, left: &Self, right: &Self) -> Option<Self> {
        match (base, left, right) {
            (Self::Paragraph(base), Self::Paragraph(left), Self::Paragraph(right)) => {
                let lines = |content: &[Inline]| -> Vec<Run> {
                    let breaks = |inline: &Inline| inline.kind == InlineKind::Break;
                    content
                        .split(breaks)
                        .map(|line| Run(line.to_vec()))
                        .collect()
                };
                let merged = sequence::merge(&lines(base), &lines(left), &lines(right))?;
                let merged: Vec<Vec<Inline>> = merged.into_iter().map(|line| line.0).collect();
                Some(Self::Paragraph(merged.join(&Inline::line_break())))
            }
            (
                Self::List { start, items: base },
                Self::List {
                    start: left_start,
                    items: left,
                },
                Self::List {
                    start: right_start,
                    items: right,
                },
            ) if start == left_start && start == right_start => {
                let items = |items: &[Vec<Self>]| -> Vec<Item> {
                    items.iter().map(|item| Item(item.clone())).collect()
                };
                let merged = sequence::merge(&items(base), &items(left), &items(right))?;
                let items: Vec<Vec<Self>> = merged.into_iter().map(|item| item.0).collect();
                let start = *start;
                (!items.is_empty()).then_some(Self::List { start, items })
            }
            _ => None,
        }
    }
}

/// One line of a paragraph.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Run(Vec<Inline>);

impl Part for Run {
    fn resembles(&self, _old: &Self) -> bool {
        false
    }

    fn merge(_base: &Self, _left: &Self, _right: &Self) -> Option<Self> {
        None
    }

    fn is_slight(&self) -> bool {
        self.0.is_empty()
    }
}

/// An item of a list.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Item(Vec<Block>);

impl Part for Item {
    fn resembles(&self, old: &Self) -> bool {
        alike_blocks(&self.0, &old.0)
    }

    /// What one item holds is merged as a text of its own.
    fn merge(base: &Self, left: &Self, right: &Self) -> Option<Self> {
        sequence::merge(&base.0, &left.0, &right.0).map(Self)
    }

    fn is_slight(&self) -> bool {
        self.0.is_empty()
    }
}

fn alike_blocks(one: &[Block], other: &[Block]) -> bool {
    let words = |blocks: &[Block]| {
        let blocks = blocks.to_vec();
        RichText { blocks }.plain()
    };
    alike(&words(one), &words(other))
}
