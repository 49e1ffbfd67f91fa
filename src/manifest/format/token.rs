//! The tokens of one document: scalars where the parser finds them, and what stands between them,
//! comments above all, which the parser passes over.

use saphyr_parser::{Event, Parser, ScalarStyle};

use super::Unsure;
use super::block_scalar;
use crate::diagnostics::CharOffsets;

/// The tokens of a document with the events that give them their structure.
pub(super) struct Tokens<'t> {
    pub(super) list: Vec<Token<'t>>,
    pub(super) events: Vec<Structure>,
}

/// What the parser says, as far as the tokens do not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Structure {
    Map,
    List,
    End,
    /// A scalar with a token.
    Scalar,
    /// An absent scalar.
    Nothing,
}

/// A token with its place.
#[derive(Clone, Debug)]
pub(super) struct Token<'t> {
    pub(super) kind: Kind<'t>,
    /// Characters before it in its line.
    pub(super) column: usize,
    /// Whether nothing but space stands before it in its line.
    pub(super) is_first: bool,
    /// Whether the line before its own is blank.
    pub(super) blank: bool,
    /// Spaces before it.
    pub(super) gap: usize,
    /// Line in the document, from 1.
    pub(super) line: usize,
}

#[derive(Clone, Debug)]
pub(super) enum Kind<'t> {
    /// From `#` on, without space at the end.
    Comment(&'t str),
    Dash,
    Question,
    Colon,
    Comma,
    Open,
    Close,
    Scalar(Scalar<'t>),
}

/// A scalar as it is written.
#[derive(Clone, Debug)]
pub(super) struct Scalar<'t> {
    /// What it says.
    pub(super) value: String,
    pub(super) form: Form<'t>,
}

#[derive(Clone, Debug)]
pub(super) enum Form<'t> {
    /// Without quotes, as it stands.
    Plain(&'t str),
    /// With its quotes, as it stands.
    Quoted(&'t str),
    Block(block_scalar::Block<'t>),
}

impl Tokens<'_> {
    /// The texts of all comments.
    pub(super) fn comments(&self) -> impl Iterator<Item = &str> {
        self.list.iter().filter_map(|token| match &token.kind {
            Kind::Comment(text) => Some(*text),
            Kind::Scalar(Scalar {
                form: Form::Block(block),
                ..
            }) => block.comment,
            _ => None,
        })
    }
}

/// Reads the tokens of one document.
pub(super) fn tokens(text: &str) -> Result<Tokens<'_>, Unsure> {
    let offsets = CharOffsets::new(text);
    let mut lexer = Lexer {
        text,
        at: 0,
        line_start: 0,
        line: 1,
        before_is_blank: false,
        list: Vec::new(),
    };
    let mut events = Vec::new();
    let mut parser = Parser::new_from_str(text);
    loop {
        match parser.next_event() {
            Some(Ok((event, span))) => match event {
                Event::StreamEnd => break,
                Event::MappingStart(0, None) => events.push(Structure::Map),
                Event::SequenceStart(0, None) => events.push(Structure::List),
                Event::MappingEnd | Event::SequenceEnd => events.push(Structure::End),
                Event::Scalar(value, ScalarStyle::Plain, 0, None) if value.is_empty() => {
                    events.push(Structure::Nothing);
                }
                Event::Scalar(value, style, 0, None) => {
                    events.push(Structure::Scalar);
                    let (start, end) = (span.start.index(), span.end.index());
                    let range = offsets.byte(start)..offsets.byte(end);
                    lexer.scalar(value.into_owned(), style, range)?;
                }
                Event::Alias(_)
                | Event::Scalar(..)
                | Event::MappingStart(..)
                | Event::SequenceStart(..) => return Err(lexer.unsure("an anchor, alias or tag")),
                _ => {}
            },
            Some(Err(_)) => return Err(lexer.unsure("the document cannot be parsed alone")),
            None => break,
        }
    }
    lexer.gap(text.len())?;
    Ok(Tokens {
        list: lexer.list,
        events,
    })
}

struct Lexer<'t> {
    text: &'t str,
    /// Everything before it has become a token.
    at: usize,
    line_start: usize,
    line: usize,
    before_is_blank: bool,
    list: Vec<Token<'t>>,
}

impl<'t> Lexer<'t> {
    fn unsure(&self, reason: &'static str) -> Unsure {
        let line = self.line;
        Unsure { line, reason }
    }

    fn scalar(
        &mut self,
        value: String,
        style: ScalarStyle,
        range: std::ops::Range<usize>,
    ) -> Result<(), Unsure> {
        let text = self.text;
        let (form, end) = match style {
            ScalarStyle::Plain => {
                self.gap(range.start)?;
                let raw = text[range.clone()].trim_end();
                (Form::Plain(raw), range.start + raw.len())
            }
            ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted => {
                self.gap(range.start)?;
                // The parser's end may lie behind a comment.
                let end = end_of_quotes(text, range.start)
                    .ok_or_else(|| self.unsure("quotes that do not end"))?;
                (Form::Quoted(&text[range.start..end]), end)
            }
            ScalarStyle::Literal | ScalarStyle::Folded => {
                let start = self.block_start()?;
                let (block, end) = block_scalar::read(text, start, &value)
                    .ok_or_else(|| self.unsure("a block scalar of an unusual form"))?;
                (Form::Block(block), end)
            }
        };
        self.push(Kind::Scalar(Scalar { value, form }));
        self.advance(end);
        Ok(())
    }

    /// Goes to the `|` or `>` that must come.
    fn block_start(&mut self) -> Result<usize, Unsure> {
        while let Some(c) = self.text[self.at..].chars().next() {
            if matches!(c, '|' | '>') {
                return Ok(self.at);
            }
            self.between(c)?;
        }
        Err(self.unsure("a block scalar without its header"))
    }

    /// Takes everything up to `end`, where no scalar stands.
    fn gap(&mut self, end: usize) -> Result<(), Unsure> {
        while self.at < end {
            match self.text[self.at..end].chars().next() {
                Some(c) => self.between(c)?,
                None => break,
            }
        }
        Ok(())
    }

    /// Takes one token, or one character of space.
    fn between(&mut self, c: char) -> Result<(), Unsure> {
        let kind = match c {
            ' ' | '\t' | '\n' => {
                self.advance(self.at + 1);
                return Ok(());
            }
            '#' => {
                let rest = &self.text[self.at..];
                let line = &rest[..rest.find('\n').unwrap_or(rest.len())];
                self.push(Kind::Comment(line.trim_end()));
                self.advance(self.at + line.len());
                return Ok(());
            }
            '-' => Kind::Dash,
            '?' => Kind::Question,
            ':' => Kind::Colon,
            ',' => Kind::Comma,
            '[' | '{' => Kind::Open,
            ']' | '}' => Kind::Close,
            _ => return Err(self.unsure("something that is neither a value nor a comment")),
        };
        self.push(kind);
        self.advance(self.at + 1);
        Ok(())
    }

    fn push(&mut self, kind: Kind<'t>) {
        let before = &self.text[self.line_start..self.at];
        self.list.push(Token {
            kind,
            column: before.chars().count(),
            is_first: before.trim().is_empty(),
            blank: self.before_is_blank,
            gap: before.len() - before.trim_end_matches([' ', '\t']).len(),
            line: self.line,
        });
    }

    fn advance(&mut self, to: usize) {
        for (index, _) in self.text[self.at..to].match_indices('\n') {
            let line = &self.text[self.line_start..self.at + index];
            self.before_is_blank = line.trim().is_empty();
            self.line_start = self.at + index + 1;
            self.line += 1;
        }
        self.at = to;
    }
}

/// The place behind the closing quote of the quoted scalar that begins at `start`.
pub(in crate::manifest) fn end_of_quotes(text: &str, start: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    let quote = *bytes.get(start)?;
    let mut at = start + 1;
    loop {
        match *bytes.get(at)? {
            b'\\' if quote == b'"' => at += 2,
            b'\'' if quote == b'\'' && bytes.get(at + 1) == Some(&b'\'') => at += 2,
            byte if byte == quote => return Some(at + 1),
            _ => at += 1,
        }
    }
}
