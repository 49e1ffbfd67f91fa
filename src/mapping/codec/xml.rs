//! XML as a tree that keeps what it does not understand, for fields that hold small XML documents.

use std::io::Cursor;

use quick_xml::escape::{escape, resolve_predefined_entity};
use quick_xml::events::attributes::Attribute;
use quick_xml::events::{BytesEnd, BytesStart, BytesText, Event};
use quick_xml::name::QName;
use quick_xml::{Reader, Writer, XmlVersion};

/// How deep elements may nest.
const MAX_DEPTH: usize = 64;

/// An element with everything in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Element {
    pub(super) name: String,
    pub(super) attributes: Vec<(String, String)>,
    pub(super) children: Vec<Node>,
}

/// What an element holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Node {
    Element(Element),
    Text(String),
    Comment(String),
}

/// Why a text is no document: what is wrong and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Malformed {
    pub(super) reason: String,
    /// Byte offset in the text.
    pub(super) at: u64,
}

impl Element {
    pub(super) fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            ..Self::default()
        }
    }

    pub(super) fn attribute(&self, name: &str) -> Option<&str> {
        let found = self.attributes.iter().find(|(there, _)| there == name);
        found.map(|(_, value)| value.as_str())
    }

    pub(super) fn set(&mut self, name: &str, value: impl Into<String>) {
        let value = value.into();
        match self.attributes.iter_mut().find(|(there, _)| there == name) {
            Some((_, there)) => *there = value,
            None => self.attributes.push((name.to_owned(), value)),
        }
    }

    pub(super) fn elements(&self) -> impl Iterator<Item = &Self> {
        self.children.iter().filter_map(|node| match node {
            Node::Element(element) => Some(element),
            _ => None,
        })
    }

    /// The text directly in it and in the elements below it.
    pub(super) fn text(&self) -> String {
        let mut text = String::new();
        for node in &self.children {
            match node {
                Node::Text(part) => text.push_str(part),
                Node::Element(element) => text.push_str(&element.text()),
                Node::Comment(_) => {}
            }
        }
        text
    }

    /// Reads a document. Definitions of entities are refused, so nothing can expand.
    pub(super) fn parse(text: &str) -> Result<Self, Malformed> {
        let mut reader = Reader::from_str(text);
        let mut open: Vec<Self> = vec![Self::default()];
        loop {
            let at = reader.buffer_position();
            let fail = |reason: String| Malformed { reason, at };
            let event = reader
                .read_event()
                .map_err(|error| fail(error.to_string()))?;
            let node = match event {
                Event::Eof => break,
                Event::Start(start) => {
                    if open.len() > MAX_DEPTH {
                        return Err(fail(format!("elements nest deeper than {MAX_DEPTH}")));
                    }
                    open.push(element(&start).map_err(fail)?);
                    continue;
                }
                Event::Empty(start) => Node::Element(element(&start).map_err(fail)?),
                Event::End(_) => match open.pop() {
                    Some(done) if !open.is_empty() => Node::Element(done),
                    _ => return Err(fail("an end tag without its start".to_owned())),
                },
                Event::Text(part) => Node::Text(part.xml10_content().into_owned()),
                Event::CData(part) => Node::Text(part.xml10_content().into_owned()),
                Event::GeneralRef(reference) => {
                    let text = if let Some(c) = reference
                        .resolve_char_ref()
                        .map_err(|error| fail(error.to_string()))?
                    {
                        c.to_string()
                    } else {
                        let name = reference.into_inner();
                        resolve_predefined_entity(&name)
                            .map(str::to_owned)
                            .ok_or_else(|| fail(format!("the entity `&{name};` is not known")))?
                    };
                    Node::Text(text)
                }
                Event::Comment(part) => Node::Comment(part.into_inner().into_owned()),
                Event::DocType(_) => {
                    return Err(fail("a document type is not accepted".to_owned()));
                }
                Event::Decl(_) | Event::PI(_) => continue,
            };
            let Some(parent) = open.last_mut() else {
                return Err(fail("more than one root".to_owned()));
            };
            match (parent.children.last_mut(), node) {
                (Some(Node::Text(before)), Node::Text(more)) => before.push_str(&more),
                (_, node) => parent.children.push(node),
            }
        }
        let end = text.len() as u64;
        let fail = |reason: &str| Malformed {
            reason: reason.to_owned(),
            at: end,
        };
        if open.len() != 1 {
            return Err(fail("it ends inside an element"));
        }
        let mut roots = open.pop().unwrap_or_default().children.into_iter();
        let mut root = None;
        for node in &mut roots {
            match node {
                Node::Element(element) if root.is_none() => root = Some(element),
                Node::Element(_) => return Err(fail("more than one root")),
                Node::Text(text) if !text.trim().is_empty() => {
                    return Err(fail("text outside the root"));
                }
                _ => {}
            }
        }
        root.ok_or_else(|| fail("no element"))
    }

    /// Writes it without white space of its own.
    pub(super) fn render(&self) -> String {
        let mut writer = Writer::new(Cursor::new(Vec::new()));
        self.write(&mut writer);
        String::from_utf8(writer.into_inner().into_inner()).unwrap_or_default()
    }

    fn write(&self, writer: &mut Writer<Cursor<Vec<u8>>>) {
        let mut start = BytesStart::new(self.name.as_str());
        for (name, value) in &self.attributes {
            start.push_attribute(Attribute {
                key: QName(name.as_str()),
                value: escaped_attribute(value).into(),
            });
        }
        // Writing into memory cannot fail.
        if self.children.is_empty() {
            let _ = writer.write_event(Event::Empty(start));
            return;
        }
        let _ = writer.write_event(Event::Start(start));
        for node in &self.children {
            match node {
                Node::Element(element) => element.write(writer),
                Node::Text(text) => {
                    let text = escape(text.as_str()).replace('\r', "&#13;");
                    let _ = writer.write_event(Event::Text(BytesText::from_escaped(text)));
                }
                Node::Comment(text) => {
                    let _ =
                        writer.write_event(Event::Comment(BytesText::from_escaped(text.as_str())));
                }
            }
        }
        let _ = writer.write_event(Event::End(BytesEnd::new(self.name.as_str())));
    }
}

/// White space in attributes reads as spaces unless it is written as references (XML 1.0, 3.3.3).
fn escaped_attribute(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    for c in escape(value).chars() {
        match c {
            '\t' => out.push_str("&#9;"),
            '\n' => out.push_str("&#10;"),
            '\r' => out.push_str("&#13;"),
            c => out.push(c),
        }
    }
    out
}

/// Whether a tag can be called so (XML 1.0, Name): no sign that would end the tag or begin another.
fn is_name(name: &str) -> bool {
    !name.is_empty() && !name.contains(['<', '>', '/', '&', '"', '\'', '='])
}

fn element(start: &BytesStart<'_>) -> Result<Element, String> {
    let name = start.name();
    // The reader takes `<>` for a tag; written again it would be another document.
    if !is_name(name.as_ref()) {
        return Err("a tag without a name".to_owned());
    }
    let mut element = Element::new(name.as_ref());
    for attribute in start.attributes() {
        let attribute = attribute.map_err(|error| error.to_string())?;
        let name: &str = attribute.key.as_ref();
        let value = attribute
            .normalized_value(XmlVersion::Implicit1_0)
            .map_err(|error| error.to_string())?;
        element
            .attributes
            .push((name.to_owned(), value.into_owned()));
    }
    Ok(element)
}
