//! A page as the parser of html5ever reads it: elements, attributes, texts.

use std::cell::RefCell;

use html5ever::tendril::StrTendril;
use html5ever::tokenizer::states::RawKind;
use html5ever::tokenizer::{
    BufferQueue, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts,
};

/// An element with what stands in front of its first child or end.
pub(super) struct Element {
    pub(super) tag: String,
    pub(super) attributes: Vec<(String, String)>,
    /// The text up to the next tag.
    pub(super) text: String,
}

impl Element {
    pub(super) fn attribute(&self, name: &str) -> Option<&str> {
        let found = self.attributes.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }
}

/// What was read.
#[derive(Default)]
pub(super) struct Page {
    pub(super) elements: Vec<Element>,
    /// Everything that is text, without style and scripts.
    pub(super) text: String,
    /// What the parser did not like.
    pub(super) errors: Vec<String>,
    /// Comments: the page has none.
    pub(super) comments: usize,
    open: Vec<String>,
}

#[derive(Default)]
struct Sink(RefCell<Page>);

impl TokenSink for Sink {
    type Handle = ();

    fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
        let mut page = self.0.borrow_mut();
        match token {
            Token::TagToken(tag) if tag.kind == TagKind::StartTag => {
                let name = tag.name.to_string();
                let attributes = tag.attrs.iter();
                page.elements.push(Element {
                    tag: name.clone(),
                    attributes: attributes
                        .map(|one| (one.name.local.to_string(), one.value.to_string()))
                        .collect(),
                    text: String::new(),
                });
                if !matches!(name.as_str(), "meta" | "link") {
                    page.open.push(name.clone());
                }
                // As the tree builder answers, so that a script ends where a browser ends it.
                return match name.as_str() {
                    "script" => TokenSinkResult::RawData(RawKind::ScriptData),
                    "style" => TokenSinkResult::RawData(RawKind::Rawtext),
                    "title" => TokenSinkResult::RawData(RawKind::Rcdata),
                    _ => TokenSinkResult::Continue,
                };
            }
            Token::TagToken(tag) => {
                let name = tag.name.to_string();
                let opened = page.open.pop();
                if opened.as_deref() != Some(&name) {
                    page.errors.push(format!("</{name}> closes {opened:?}"));
                }
            }
            Token::CharacterTokens(text) => {
                let raw = page
                    .open
                    .last()
                    .is_some_and(|tag| tag == "script" || tag == "style");
                if !raw {
                    page.text.push_str(&text);
                }
                // What stands behind the end of the last element is none of its text.
                let inside = page.open.last().cloned();
                if let Some(last) = page.elements.last_mut()
                    && inside.as_ref() == Some(&last.tag)
                {
                    last.text.push_str(&text);
                }
            }
            Token::CommentToken(_) => page.comments += 1,
            Token::ParseError(error) => page.errors.push(error.to_string()),
            Token::NullCharacterToken => page.errors.push("a null".to_owned()),
            Token::DoctypeToken(_) | Token::EOFToken => {}
        }
        TokenSinkResult::Continue
    }
}

impl Page {
    /// Reads a page.
    pub(super) fn read(text: &str) -> Self {
        let options = TokenizerOpts {
            exact_errors: true,
            ..TokenizerOpts::default()
        };
        let tokenizer = Tokenizer::new(Sink::default(), options);
        let input = BufferQueue::default();
        input.push_back(StrTendril::from(text));
        // A script that ends hands control back to the reader.
        while !matches!(tokenizer.feed(&input), html5ever::TokenizerResult::Done) {}
        tokenizer.end();
        let mut page = tokenizer.sink.0.take();
        if !page.open.is_empty() {
            let open = page.open.join(", ");
            page.errors.push(format!("never closed: {open}"));
        }
        page
    }

    /// What stands in the script of this type.
    pub(super) fn script(&self, kind: &str) -> Option<&str> {
        let scripts = self.elements.iter().filter(|one| one.tag == "script");
        let mut fitting = scripts.filter(|one| one.attribute("type").unwrap_or_default() == kind);
        fitting.next().map(|one| one.text.as_str())
    }

    /// The elements of this name.
    pub(super) fn all(&self, tag: &str) -> Vec<&Element> {
        self.elements.iter().filter(|one| one.tag == tag).collect()
    }
}
