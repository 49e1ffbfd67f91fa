//! Formatted texts: what is written reads back, twice is once, nothing dangerous stays, nothing grows
//! without bound.

use accord::mapping::codec::rich_text::{Format, MAX_BYTES, Unreadable, parse, render};
use accord::model::rich_text::RichText;

use super::markup;

/// Any bytes as HTML.
pub(crate) fn html(data: &[u8]) {
    laws(&super::text(data), Format::Html);
}

/// Any bytes as Markdown.
pub(crate) fn markdown(data: &[u8]) {
    laws(&super::text(data), Format::Markdown);
}

fn laws(text: &str, format: Format) {
    let tree = match parse(text, format) {
        Ok(tree) => tree,
        Err(Unreadable::TooLong | Unreadable::TooDeep) => {
            // Only what no person writes.
            assert!(text.len() > 1000, "{text:?}");
            return;
        }
    };
    assert_eq!(
        parse(text, format).as_ref(),
        Ok(&tree),
        "read twice: {text:?}"
    );
    let page = render(&tree, Format::Html);
    bounded(text, &page);
    markup::harmless(&page);
    reads_back(&page, Format::Html, &tree);
    // What servers do to a page when they save it.
    reads_back(&format!("<div>{page}</div>"), Format::Html, &tree);
    reads_back(&page.replace('\n', "\r\n"), Format::Html, &tree);
    reads_back(&format!("\u{FEFF}{page}\r\n\r\n"), Format::Html, &tree);

    // A comment says nothing, but no short way may be taken past it.
    reads_back(&format!("<!---->{page}"), Format::Html, &tree);
    if format == Format::Html && text.contains("</") {
        reads_back(&format!("<!---->{text}"), Format::Html, &tree);
    }

    let markdown = render(&tree, Format::Markdown);
    bounded(text, &markdown);
    reads_back(&markdown, Format::Markdown, &tree);
    // A renderer that trusts the text shows nothing but what the tree holds.
    markup::harmless(&shown(&markdown));

    // A text without formatting survives in a plain field.
    if tree.formatting().is_empty() {
        reads_back(&render(&tree, Format::Plain), Format::Plain, &tree);
    }
}

fn reads_back(written: &str, format: Format, tree: &RichText) {
    if written.len() > MAX_BYTES {
        return;
    }
    match parse(written, format) {
        Ok(again) => assert_eq!(&again, tree, "{format:?}: {written:?}"),
        Err(problem) => panic!("{format:?} {problem:?}: {written:?}"),
    }
}

/// Escaping, marks and prefixes make a text longer, but not without bound.
fn bounded(text: &str, written: &str) {
    let bound = 100 * text.len() + 1000;
    assert!(
        written.len() <= bound,
        "{} bytes from {}",
        written.len(),
        text.len()
    );
}

/// The page that a Markdown renderer makes of a text.
fn shown(markdown: &str) -> String {
    use pulldown_cmark::{Options, Parser, html};
    let mut page = String::new();
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH;
    html::push_html(&mut page, Parser::new_ext(markdown, options));
    page
}
