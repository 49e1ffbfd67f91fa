//! The short way for simple HTML: paragraphs, lines, marks and lists without attributes, properly nested.
//! Most fields hold nothing else, and a browser's parser spends most of its time on what they do not hold.
//!
//! Whatever it takes it reads as [`super::read`] does (a law, over any soup of tags); anything that could
//! mean something else to a browser is left to that.

use super::flow::Flow;
use crate::model::rich_text::{Block, Mark, Marks};

/// How many elements may be open.
const MOST_OPEN: usize = 24;

/// An element that is open.
enum Open {
    Division,
    Paragraph,
    /// With the marks outside of it.
    Marked(&'static str, Marks),
    List(Option<u32>, Vec<Vec<Block>>),
    Item,
}

impl Open {
    fn is_named(&self, name: &str) -> bool {
        match self {
            Self::Division => name == "div",
            Self::Paragraph => name == "p",
            Self::Marked(own, _) => *own == name,
            Self::List(None, _) => name == "ul",
            Self::List(Some(_), _) => name == "ol",
            Self::Item => name == "li",
        }
    }
}

struct Reader {
    /// One for the whole, one for each open item.
    flows: Vec<Flow>,
    open: Vec<Open>,
    marks: Marks,
}

/// Reads simple HTML; `None` if it is not.
pub(super) fn html(text: &str) -> Option<Vec<Block>> {
    let mut reader = Reader {
        flows: vec![Flow::default()],
        open: Vec::new(),
        marks: Marks::NONE,
    };
    let mut rest = text;
    while let Some(at) = rest.bytes().position(|byte| matches!(byte, b'<' | b'&')) {
        reader.text(&rest[..at])?;
        let behind = &rest[at + 1..];
        rest = if rest.as_bytes()[at] == b'<' {
            reader.tag(behind)?
        } else {
            reader.reference(behind)?
        };
    }
    reader.text(rest)?;
    if !reader.open.is_empty() {
        return None;
    }
    reader.flows.pop().map(Flow::finish)
}

impl Reader {
    fn flow(&mut self) -> Option<&mut Flow> {
        self.flows.last_mut()
    }

    fn text(&mut self, text: &str) -> Option<()> {
        if matches!(self.open.last(), Some(Open::List(..))) {
            let blank = text.chars().all(|c| c.is_ascii_whitespace());
            return blank.then_some(());
        }
        let marks = self.marks;
        self.flow()?.text(text, marks, None);
        Some(())
    }

    /// What stands behind `&`; gives what stands behind the reference.
    fn reference<'t>(&mut self, rest: &'t str) -> Option<&'t str> {
        const KNOWN: [(&str, &str); 6] = [
            ("nbsp;", "\u{A0}"),
            ("amp;", "&"),
            ("lt;", "<"),
            ("gt;", ">"),
            ("quot;", "\""),
            ("#39;", "'"),
        ];
        for (name, meaning) in KNOWN {
            if let Some(behind) = rest.strip_prefix(name) {
                self.text(meaning)?;
                return Some(behind);
            }
        }
        // `&` before a space stands for itself.
        rest.starts_with(' ').then_some(())?;
        self.text("&")?;
        Some(rest)
    }

    /// What stands behind `<`; gives what stands behind the tag.
    fn tag<'t>(&mut self, rest: &'t str) -> Option<&'t str> {
        let end = rest.bytes().take(12).position(|byte| byte == b'>')?;
        let (tag, behind) = (&rest[..end], &rest[end + 1..]);
        let mut lower = [0; 12];
        let lower = lower.get_mut(..tag.len())?;
        lower.copy_from_slice(tag.as_bytes());
        lower.make_ascii_lowercase();
        let tag = std::str::from_utf8(lower).ok()?;
        match tag.strip_prefix('/') {
            Some(name) => self.end(name)?,
            None => self.start(tag)?,
        }
        Some(behind)
    }

    fn start(&mut self, tag: &str) -> Option<()> {
        let in_list = matches!(self.open.last(), Some(Open::List(..)));
        if in_list != (tag == "li") || self.open.len() >= MOST_OPEN {
            return None;
        }
        // Browsers close a paragraph before a block, and move marks around blocks into them.
        let block = |open: &[Open]| {
            let outer = open
                .iter()
                .any(|open| matches!(open, Open::Paragraph | Open::Marked(..)));
            (!outer).then_some(())
        };
        match tag {
            "br" | "br/" | "br /" => self.flow()?.line_break(),
            "p" | "div" => {
                block(&self.open)?;
                self.flow()?.end_paragraph();
                self.open.push(if tag == "p" {
                    Open::Paragraph
                } else {
                    Open::Division
                });
            }
            "ul" | "ol" => {
                block(&self.open)?;
                let start = (tag == "ol").then_some(1);
                self.open.push(Open::List(start, Vec::new()));
            }
            "li" => {
                self.open.push(Open::Item);
                self.flows.push(Flow::default());
            }
            _ => {
                let (name, mark) = mark(tag)?;
                self.open.push(Open::Marked(name, self.marks));
                self.marks = self.marks.with(mark);
            }
        }
        Some(())
    }

    fn end(&mut self, name: &str) -> Option<()> {
        let open = self.open.pop().filter(|open| open.is_named(name))?;
        match open {
            Open::Division | Open::Paragraph => self.flow()?.end_paragraph(),
            Open::Marked(_, before) => self.marks = before,
            Open::List(start, items) => {
                if !items.is_empty() {
                    self.flow()?.block(Block::List { start, items });
                }
            }
            Open::Item => {
                let item = self.flows.pop()?.finish();
                match self.open.last_mut() {
                    Some(Open::List(_, items)) => items.push(item),
                    _ => return None,
                }
            }
        }
        Some(())
    }
}

fn mark(tag: &str) -> Option<(&'static str, Mark)> {
    Some(match tag {
        "b" => ("b", Mark::Strong),
        "strong" => ("strong", Mark::Strong),
        "i" => ("i", Mark::Emphasis),
        "em" => ("em", Mark::Emphasis),
        "u" => ("u", Mark::Underline),
        "s" => ("s", Mark::Strikethrough),
        "sub" => ("sub", Mark::Subscript),
        "sup" => ("sup", Mark::Superscript),
        "code" => ("code", Mark::Code),
        "mark" => ("mark", Mark::Highlight),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::read;
    use super::*;

    #[test]
    fn what_editors_mostly_write_is_simple() {
        for text in [
            "<div>Open the cart&nbsp;<br></div><div><b>Pay</b> &amp; wait</div>",
            "<p>a <strong><em>b</em></strong></p>\n<ul><li>c<ul><li>d</li></ul></li><li></li></ul>\n<ol><li><p>e</p><p>f</p></li></ol>",
            "<UL>\n <LI>a</LI>\n</UL>x & y",
            "",
        ] {
            assert_eq!(
                html(text),
                Some(read::html(text).expect("readable")),
                "{text}"
            );
        }
    }

    #[test]
    fn what_a_browser_would_mend_is_not() {
        for text in [
            "<p>a",
            "<p>a<div>b</div></p>",
            "<b>a<i>b</b>c</i>",
            "<b><p>a</p></b>",
            "<ul>a</ul>",
            "<li>a</li>",
            "<ul><ul></ul></ul>",
            "a < b",
            "&copy;",
            "&ampx",
            "<p class=x>a</p>",
            "</br>",
            "<p/>a",
            "<!-- a -->",
        ] {
            assert_eq!(html(text), None, "{text}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        #[test]
        fn the_short_way_reads_what_the_long_one_reads(parts in prop::collection::vec(prop_oneof![
            Just("<p>"), Just("</p>"), Just("<div>"), Just("</div>"), Just("<b>"), Just("</b>"), Just("<em>"),
            Just("</em>"), Just("<ul>"), Just("</ul>"), Just("<ol>"), Just("</ol>"), Just("<li>"), Just("</li>"),
            Just("<br>"), Just("<br/>"), Just("a"), Just(" "), Just("\n"), Just("&amp;"), Just("&nbsp;"), Just("& "),
            Just("\0"), Just("<p>a</p>"), Just("<li>a</li>"), Just("<ul><li>"), Just("</li></ul>"), Just("<b>a</b>"),
        ], 0..12)) {
            let text = parts.concat();
            if let Some(blocks) = html(&text) {
                prop_assert_eq!(blocks, read::html(&text).expect("readable"), "{}", text);
            }
        }
    }
}
