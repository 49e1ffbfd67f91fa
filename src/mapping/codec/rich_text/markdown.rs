//! Markdown as Azure DevOps keeps it in fields of the format `markdown` (`CommonMark` with tables and
//! strike-through), read and written by way of the canonical tree.
//!
//! Markdown cannot say everything that the tree can (underlines, merged cells, bold in the middle of
//! some words). Each block is written the plainest way that reads back as the same block: as Markdown,
//! else with HTML marks inside it, else as an HTML block.

use pulldown_cmark::{Options, Parser, html};

use super::{Unreadable, html as markup, read, simple};
use crate::model::rich_text::{Block, Cell, Image, Inline, InlineKind, Link, Mark, Row};

/// How deep quotations and lists may nest to be written as Markdown: each level stands in front of every
/// line. What nests deeper is written as HTML.
const MAX_NESTING: usize = 12;

/// Reads Markdown.
pub(super) fn parse(text: &str) -> Result<Vec<Block>, Unreadable> {
    let mut page = String::with_capacity(text.len() * 3 / 2);
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH;
    html::push_html(&mut page, Parser::new_ext(text, options));
    match simple::html(&page) {
        Some(blocks) => Ok(blocks),
        None => read::html(&page),
    }
}

/// Writes Markdown that [`parse`] reads back as the same blocks.
pub(super) fn render(blocks: &[Block]) -> String {
    let parts: Vec<String> = blocks.iter().map(block_alone).collect();
    let text = parts.join("\n\n");
    // Neighbours can change each other's meaning (two numbered lists in a row are one).
    if reads_as(&text, blocks) {
        text
    } else {
        let pages: Vec<String> = blocks.iter().map(as_html).collect();
        let all = pages.join("\n");
        if reads_as(&all, blocks) {
            all
        } else {
            pages.join("\n\n")
        }
    }
}

fn reads_as(text: &str, blocks: &[Block]) -> bool {
    parse(text).is_ok_and(|read| read == blocks)
}

fn block_alone(block: &Block) -> String {
    if nesting(block) > MAX_NESTING {
        return as_html(block);
    }
    for marks in [Style::Markdown, Style::Html] {
        if let Some(text) = write_block(block, marks)
            && reads_as(&text, std::slice::from_ref(block))
        {
            return text;
        }
    }
    as_html(block)
}

fn nesting(block: &Block) -> usize {
    let deepest = |blocks: &[Block]| blocks.iter().map(nesting).max().unwrap_or(0);
    match block {
        Block::List { items, .. } => 1 + items.iter().map(|item| deepest(item)).max().unwrap_or(0),
        Block::Quote(content) => 1 + deepest(content),
        _ => 0,
    }
}

/// An HTML block in Markdown ends at a blank line, so it has none.
fn as_html(block: &Block) -> String {
    let mut page = String::new();
    markup::write_block(block, &mut page);
    let page = page.replace('\n', "&#10;");
    if page.starts_with("<hr") || page.starts_with("<p") || page.starts_with("<h") {
        return page;
    }
    format!("<div>{page}</div>")
}

/// How marks inside a block are written.
#[derive(Clone, Copy, PartialEq)]
enum Style {
    Markdown,
    Html,
}

/// `None` where Markdown has no form for the block.
fn write_block(block: &Block, style: Style) -> Option<String> {
    Some(match block {
        Block::Paragraph(content) => line_start(&inlines(content, style, "\\\n")),
        Block::Heading { level, content } => {
            let hashes = "#".repeat(usize::from((*level).clamp(1, 6)));
            format!("{hashes} {}", inlines(content, style, "<br>"))
        }
        Block::List { start, items } => list(*start, items, style)?,
        Block::Quote(content) => prefixed(&join(content, style)?, "> ", "> "),
        Block::Code { language, text } => {
            let fence = "`".repeat(longest_run(text, '`').max(2) + 1);
            let language = language.as_deref().unwrap_or_default();
            format!("{fence}{language}\n{text}\n{fence}")
        }
        Block::Table(rows) => table(rows, style)?,
        Block::Rule => "---".to_owned(),
    })
}

fn join(blocks: &[Block], style: Style) -> Option<String> {
    let parts: Option<Vec<String>> = blocks
        .iter()
        .map(|block| write_block(block, style))
        .collect();
    Some(parts?.join("\n\n"))
}

fn prefixed(text: &str, first: &str, rest: &str) -> String {
    let mut out = String::with_capacity(text.len() + first.len());
    for (at, line) in text.split('\n').enumerate() {
        if at > 0 {
            out.push('\n');
        }
        let prefix = if at == 0 { first } else { rest };
        out.push_str(if line.is_empty() {
            prefix.trim_end()
        } else {
            prefix
        });
        out.push_str(line);
    }
    out
}

fn list(start: Option<u32>, items: &[Vec<Block>], style: Style) -> Option<String> {
    // A list whose items are single lines, with a nested list at most, is written without gaps.
    let tight = items.iter().all(|item| {
        matches!(
            item.as_slice(),
            [] | [Block::Paragraph(_)] | [Block::Paragraph(_), Block::List { .. }]
        )
    });
    let mut lines = Vec::new();
    for (number, item) in (u64::from(start.unwrap_or(1))..).zip(items) {
        let first = match start {
            Some(_) => format!("{number}. "),
            None => "- ".to_owned(),
        };
        let rest = " ".repeat(first.len());
        let parts: Option<Vec<String>> =
            item.iter().map(|block| write_block(block, style)).collect();
        let text = parts?.join(if tight { "\n" } else { "\n\n" });
        lines.push(prefixed(&text, &first, &rest));
    }
    Some(lines.join(if tight { "\n" } else { "\n\n" }))
}

fn table(rows: &[Row], style: Style) -> Option<String> {
    let (head, body) = rows.split_first()?;
    let width = head.cells.len();
    let plain = |cell: &Cell, header: bool| {
        cell.header == header
            && cell.columns == 1
            && cell.rows == 1
            && matches!(cell.content.as_slice(), [] | [Block::Paragraph(_)])
    };
    let fits = head.cells.iter().all(|cell| plain(cell, true))
        && body
            .iter()
            .all(|row| row.cells.len() == width && row.cells.iter().all(|cell| plain(cell, false)));
    if !fits {
        return None;
    }
    let line = |row: &Row| {
        let cells = row.cells.iter().map(|cell| match cell.content.first() {
            Some(Block::Paragraph(content)) => inlines(content, style, "<br>"),
            _ => String::new(),
        });
        format!("| {} |", cells.collect::<Vec<_>>().join(" | "))
    };
    let mut lines = vec![line(head), format!("|{}", " --- |".repeat(width))];
    lines.extend(body.iter().map(line));
    Some(lines.join("\n"))
}

/// What is open around a run.
#[derive(Clone, Copy, PartialEq)]
enum Open<'a> {
    Link(&'a Link),
    Mark(Mark),
}

fn inlines(content: &[Inline], style: Style, line_break: &str) -> String {
    let mut out = String::new();
    let mut open: Vec<Open<'_>> = Vec::new();
    for inline in content {
        let code = style == Style::Markdown && inline.marks.contains(Mark::Code);
        let wanted: Vec<Open<'_>> = inline
            .link
            .iter()
            .map(Open::Link)
            .chain(
                inline
                    .marks
                    .iter()
                    .filter(|mark| !code || *mark != Mark::Code)
                    .map(Open::Mark),
            )
            .collect();
        let kept = open.iter().zip(&wanted).take_while(|(a, b)| a == b).count();
        open.drain(kept..)
            .rev()
            .for_each(|element| end(element, style, &mut out));
        for element in &wanted[kept..] {
            begin(*element, style, &mut out);
            open.push(*element);
        }
        match &inline.kind {
            InlineKind::Text(text) if code => code_span(text, &mut out),
            InlineKind::Text(text) => escape(text, &mut out),
            InlineKind::Break => out.push_str(line_break),
            InlineKind::Image(picture) => image(picture, &mut out),
        }
    }
    open.into_iter()
        .rev()
        .for_each(|element| end(element, style, &mut out));
    out
}

fn delimiter(mark: Mark, style: Style) -> Option<&'static str> {
    match (style, mark) {
        (Style::Markdown, Mark::Strong) => Some("**"),
        (Style::Markdown, Mark::Emphasis) => Some("*"),
        (Style::Markdown, Mark::Strikethrough) => Some("~~"),
        _ => None,
    }
}

fn begin(element: Open<'_>, style: Style, out: &mut String) {
    match element {
        Open::Link(link) if link.mention.is_some() => {
            let anchor = Inline {
                link: Some(link.clone()),
                ..Inline::text("\0")
            };
            let mut page = String::new();
            markup::write_inlines(&[anchor], &mut page);
            out.push_str(page.split('\0').next().unwrap_or_default());
        }
        Open::Link(_) => out.push('['),
        Open::Mark(mark) => {
            if let Some(delimiter) = delimiter(mark, style) {
                out.push_str(delimiter);
            } else {
                out.push('<');
                out.push_str(markup::element_name(mark));
                out.push('>');
            }
        }
    }
}

fn end(element: Open<'_>, style: Style, out: &mut String) {
    match element {
        Open::Link(link) if link.mention.is_some() => out.push_str("</a>"),
        Open::Link(link) => {
            out.push(']');
            target(&link.address, link.title.as_deref(), out);
        }
        Open::Mark(mark) => {
            if let Some(delimiter) = delimiter(mark, style) {
                out.push_str(delimiter);
            } else {
                out.push_str("</");
                out.push_str(markup::element_name(mark));
                out.push('>');
            }
        }
    }
}

fn target(address: &str, title: Option<&str>, out: &mut String) {
    out.push('(');
    let plain = address
        .chars()
        .all(|c| c.is_ascii_graphic() && !matches!(c, '(' | ')' | '<' | '>' | '\\' | '&'));
    if plain && !address.is_empty() {
        out.push_str(address);
    } else {
        out.push('<');
        for c in address.chars() {
            if matches!(c, '<' | '>' | '\\' | '&') {
                out.push('\\');
            }
            out.push(c);
        }
        out.push('>');
    }
    if let Some(title) = title {
        out.push_str(" \"");
        for c in title.chars() {
            if matches!(c, '"' | '\\' | '&' | '<') {
                out.push('\\');
            }
            out.push(c);
        }
        out.push('"');
    }
    out.push(')');
}

fn image(picture: &Image, out: &mut String) {
    if picture.width.is_some() || picture.height.is_some() {
        let inline = Inline {
            kind: InlineKind::Image(picture.clone()),
            ..Inline::text("")
        };
        markup::write_inlines(&[inline], out);
        return;
    }
    out.push_str("![");
    escape(&picture.alternative, out);
    out.push(']');
    target(&picture.address, picture.title.as_deref(), out);
}

fn code_span(text: &str, out: &mut String) {
    let ticks = "`".repeat(longest_run(text, '`') + 1);
    let padded = text.starts_with('`') || text.ends_with('`');
    out.push_str(&ticks);
    if padded {
        out.push(' ');
    }
    out.push_str(text);
    if padded {
        out.push(' ');
    }
    out.push_str(&ticks);
}

fn longest_run(text: &str, wanted: char) -> usize {
    let mut longest = 0;
    let mut run = 0;
    for c in text.chars() {
        run = if c == wanted { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    longest
}

fn escape(text: &str, out: &mut String) {
    let mut before = ' ';
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        let after = rest.peek().copied().unwrap_or(' ');
        let special = match c {
            '\\' | '`' | '*' | '[' | ']' | '<' | '~' | '|' => true,
            '_' => !(before.is_alphanumeric() && after.is_alphanumeric()),
            '&' => after.is_ascii_alphanumeric() || after == '#',
            _ => false,
        };
        if special {
            out.push('\\');
        }
        out.push(c);
        before = c;
    }
}

/// Escapes what would make the first line of a paragraph something else.
fn line_start(text: &str) -> String {
    let lines: Vec<String> = text
        .split('\n')
        .map(|line| {
            let digits = line.bytes().take_while(u8::is_ascii_digit).count();
            let after = line.as_bytes().get(digits).copied();
            if digits > 0 && matches!(after, Some(b'.' | b')')) {
                format!("{}\\{}", &line[..digits], &line[digits..])
            } else if line.starts_with(['#', '+', '-', '=', '>', ':']) {
                format!("\\{line}")
            } else {
                line.to_owned()
            }
        })
        .collect();
    lines.join("\n")
}
