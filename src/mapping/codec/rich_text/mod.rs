//! The codec `richText`: HTML of both systems and Markdown, compared as a canonical tree.
//!
//! | law | holds for |
//! |---|---|
//! | `parse(render(t)) = t` | every tree that [`parse`] can yield, in each format |
//! | a server that rewrites white space, entities, attribute order or style | yields the same tree |
//! | what could run, load or hide something | is in no tree, whatever the input |
//!
//! Facts: Azure DevOps keeps long texts as HTML or, per field, as Markdown and rewrites HTML on save
//! (Microsoft Learn, work item tracking; Markdown in large text fields). TestWorthy's rich text editors
//! write HTML.

mod address;
mod dom;
mod flow;
mod html;
mod line;
mod markdown;
mod read;
mod simple;
#[cfg(test)]
mod tests;

use crate::model::rich_text::RichText;

/// The longest text that is read, in bytes: the limit of a long text field in Azure DevOps with room for
/// its markup. Longer ones are refused by the caller.
pub const MAX_BYTES: usize = 4 * 1024 * 1024;
/// Elements that may be open at once in the source. Browsers stop at 512; what nests deeper is an attack
/// on the reader, not a text.
const MAX_OPEN: usize = 4096;
/// The longest link with its title, in bytes. Web servers refuse longer addresses.
const MAX_LINK: usize = 8 * 1024;
/// What all links of a text may take where they are written around each run that they cover, in bytes.
const MAX_LINKS: usize = 4 * MAX_BYTES;

/// How a field keeps formatted text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// HTML; text without any markup is taken as plain text with line ends.
    Html,
    /// Markdown.
    Markdown,
    /// Text that is never markup. What [`RichText::formatting`] names is lost when it is written.
    Plain,
}

/// Why a text cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unreadable {
    /// Longer than [`MAX_BYTES`], or longer than that once it is written out: marks and links that are never
    /// closed count again in each paragraph behind them.
    TooLong,
    /// Nested too deep.
    TooDeep,
}

/// Reads a text into its canonical tree.
pub fn parse(text: &str, format: Format) -> Result<RichText, Unreadable> {
    if text.len() > MAX_BYTES {
        return Err(Unreadable::TooLong);
    }
    if format == Format::Html
        && has_markup(text)
        && let Some(blocks) = simple::html(text)
    {
        return Ok(RichText { blocks });
    }
    if format != Format::Plain && open_elements(text) > MAX_OPEN {
        return Err(Unreadable::TooDeep);
    }
    let blocks = match format {
        Format::Html if has_markup(text) => read::html(text)?,
        Format::Html | Format::Plain => read::plain(text),
        Format::Markdown => markdown::parse(text)?,
    };
    Ok(RichText { blocks })
}

/// A text as the canonical HTML that is compared: what [`render`] makes of what [`parse`] reads.
pub fn canonical(text: &str, format: Format) -> Result<String, Unreadable> {
    if format == Format::Html
        && text.len() <= MAX_BYTES
        && let Some(short) = line::canonical(text)
    {
        return Ok(short);
    }
    Ok(render(&parse(text, format)?, Format::Html))
}

/// Writes a tree so that [`parse`] reads it back.
pub fn render(text: &RichText, format: Format) -> String {
    match format {
        Format::Html => html::render(&text.blocks),
        Format::Markdown => markdown::render(&text.blocks),
        Format::Plain => text.plain(),
    }
}

/// What no text holds that both systems can keep: control characters, and what XML has no place for (XML 1.0,
/// 2.2). White space is not among them.
fn is_unkept(c: char) -> bool {
    (c.is_control() && !c.is_whitespace()) || matches!(c, '\u{FFFE}' | '\u{FFFF}')
}

/// Characters without width that editors leave behind, and what cannot be kept. Joiners stay: scripts and emoji
/// need them.
pub(super) fn is_noise(c: char) -> bool {
    matches!(c, '\u{200B}' | '\u{2060}' | '\u{FEFF}') || is_unkept(c)
}

/// Whether a text holds a tag, a comment or an entity. `a < b & c` holds none.
fn has_markup(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.iter().enumerate().any(|(at, byte)| {
        let next = bytes.get(at + 1).copied().unwrap_or(b' ');
        match byte {
            b'<' => next.is_ascii_alphabetic() || matches!(next, b'/' | b'!' | b'?'),
            b'&' => {
                let rest = &bytes[at + 1..bytes.len().min(at + 34)];
                let name = rest
                    .iter()
                    .take_while(|b| b.is_ascii_alphanumeric() || **b == b'#')
                    .count();
                name > 0 && rest.get(name) == Some(&b';')
            }
            _ => false,
        }
    })
}

/// An upper bound of how many elements are open at once, by counting tags.
fn open_elements(text: &str) -> usize {
    /// Without content, or closed by the next of their kind.
    const FLAT: [&str; 15] = [
        "br", "img", "hr", "input", "col", "wbr", "meta", "link", "p", "li", "td", "th", "tr",
        "dt", "dd",
    ];
    let mut open = 0_usize;
    let mut most = 0_usize;
    for tag in text.split('<').skip(1) {
        let name = tag.strip_prefix('/').unwrap_or(tag);
        let end = name
            .find(|c: char| !c.is_ascii_alphanumeric())
            .unwrap_or(name.len());
        if FLAT.contains(&name[..end].to_ascii_lowercase().as_str()) {
            continue;
        }
        if tag.starts_with('/') {
            open = open.saturating_sub(1);
        } else if tag.starts_with(|c: char| c.is_ascii_alphabetic()) {
            open += 1;
            most = most.max(open);
        }
    }
    most
}
