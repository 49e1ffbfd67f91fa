//! From the canonical tree to HTML: one block per line, marks nested in one order.

use crate::model::rich_text::{Block, Cell, Inline, InlineKind, Link, Mark, Row};

/// Writes HTML.
pub(super) fn render(blocks: &[Block]) -> String {
    let mut out = String::new();
    for block in blocks {
        if !out.is_empty() {
            out.push('\n');
        }
        write_block(block, &mut out);
    }
    out
}

pub(super) fn write_block(block: &Block, out: &mut String) {
    match block {
        Block::Paragraph(content) => wrap("p", content, out),
        Block::Heading { level, content } => {
            let names = ["h1", "h2", "h3", "h4", "h5", "h6"];
            let at = usize::from(level.saturating_sub(1)).min(names.len() - 1);
            wrap(names[at], content, out);
        }
        Block::List { start, items } => {
            match start {
                None => out.push_str("<ul>"),
                Some(1) => out.push_str("<ol>"),
                Some(start) => {
                    out.push_str("<ol start=\"");
                    out.push_str(&start.to_string());
                    out.push_str("\">");
                }
            }
            for item in items {
                out.push_str("<li>");
                write_contents(item, out);
                out.push_str("</li>");
            }
            out.push_str(if start.is_some() { "</ol>" } else { "</ul>" });
        }
        Block::Quote(content) => {
            out.push_str("<blockquote>");
            for block in content {
                write_block(block, out);
            }
            out.push_str("</blockquote>");
        }
        Block::Code { language, text } => {
            out.push_str("<pre><code");
            if let Some(language) = language {
                attribute("class", &format!("language-{language}"), out);
            }
            out.push('>');
            escape(text, out);
            out.push_str("</code></pre>");
        }
        Block::Table(rows) => write_table(rows, out),
        Block::Rule => out.push_str("<hr>"),
    }
}

fn wrap(name: &str, content: &[Inline], out: &mut String) {
    out.push('<');
    out.push_str(name);
    out.push('>');
    write_inlines(content, out);
    out.push_str("</");
    out.push_str(name);
    out.push('>');
}

/// The blocks of a list item or cell: a single paragraph needs no element of its own.
fn write_contents(blocks: &[Block], out: &mut String) {
    let paragraphs = blocks
        .iter()
        .filter(|block| matches!(block, Block::Paragraph(_)));
    let bare = paragraphs.count() == 1;
    for block in blocks {
        match block {
            Block::Paragraph(content) if bare => write_inlines(content, out),
            other => write_block(other, out),
        }
    }
}

fn write_table(rows: &[Row], out: &mut String) {
    out.push_str("<table>");
    for row in rows {
        out.push_str("<tr>");
        row.cells.iter().for_each(|cell| write_cell(cell, out));
        out.push_str("</tr>");
    }
    out.push_str("</table>");
}

fn write_cell(cell: &Cell, out: &mut String) {
    let name = if cell.header { "th" } else { "td" };
    out.push('<');
    out.push_str(name);
    for (attribute_name, span) in [("colspan", cell.columns), ("rowspan", cell.rows)] {
        if span > 1 {
            attribute(attribute_name, &span.to_string(), out);
        }
    }
    out.push('>');
    write_contents(&cell.content, out);
    out.push_str("</");
    out.push_str(name);
    out.push('>');
}

/// An element that is open around a run.
#[derive(Clone, Copy, PartialEq)]
enum Open<'a> {
    Link(&'a Link),
    Mark(Mark),
}

pub(super) fn write_inlines(content: &[Inline], out: &mut String) {
    let mut open: Vec<Open<'_>> = Vec::new();
    for inline in content {
        let wanted: Vec<Open<'_>> = inline
            .link
            .iter()
            .map(Open::Link)
            .chain(inline.marks.iter().map(Open::Mark))
            .collect();
        let kept = open.iter().zip(&wanted).take_while(|(a, b)| a == b).count();
        open.drain(kept..)
            .rev()
            .for_each(|element| close(element, out));
        for element in &wanted[kept..] {
            start(*element, out);
            open.push(*element);
        }
        match &inline.kind {
            InlineKind::Text(text) => escape(text, out),
            InlineKind::Break => out.push_str("<br>"),
            InlineKind::Image(image) => {
                out.push_str("<img");
                attribute("src", &image.address, out);
                if !image.alternative.is_empty() {
                    attribute("alt", &image.alternative, out);
                }
                if let Some(title) = &image.title {
                    attribute("title", title, out);
                }
                for (name, size) in [("width", image.width), ("height", image.height)] {
                    if let Some(size) = size {
                        attribute(name, &size.to_string(), out);
                    }
                }
                out.push('>');
            }
        }
    }
    open.into_iter()
        .rev()
        .for_each(|element| close(element, out));
}

pub(super) fn element_name(mark: Mark) -> &'static str {
    match mark {
        Mark::Highlight => "mark",
        Mark::Strong => "strong",
        Mark::Emphasis => "em",
        Mark::Underline => "u",
        Mark::Strikethrough => "s",
        Mark::Subscript => "sub",
        Mark::Superscript => "sup",
        Mark::Code => "code",
    }
}

fn start(element: Open<'_>, out: &mut String) {
    match element {
        Open::Link(link) => {
            out.push_str("<a");
            attribute("href", &link.address, out);
            if let Some(title) = &link.title {
                attribute("title", title, out);
            }
            if let Some(mention) = &link.mention {
                attribute("data-vss-mention", mention, out);
            }
            out.push('>');
        }
        Open::Mark(mark) => {
            out.push('<');
            out.push_str(element_name(mark));
            out.push('>');
        }
    }
}

fn close(element: Open<'_>, out: &mut String) {
    out.push_str("</");
    out.push_str(match element {
        Open::Link(_) => "a",
        Open::Mark(mark) => element_name(mark),
    });
    out.push('>');
}

fn attribute(name: &str, value: &str, out: &mut String) {
    out.push(' ');
    out.push_str(name);
    out.push_str("=\"");
    for c in value.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("&quot;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            c => out.push(c),
        }
    }
    out.push('"');
}

fn escape(text: &str, out: &mut String) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            c => out.push(c),
        }
    }
}
