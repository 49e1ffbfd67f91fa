//! HTML text to a flat tree of elements and texts, as a browser would read it.
//!
//! The nodes lie in one vector, so that a text nested a hundred thousand deep is freed without recursion.

use std::borrow::Cow;
use std::cell::RefCell;
use std::rc::Rc;

use html5ever::interface::{ElemName, ElementFlags, NodeOrText, QuirksMode, TreeSink};
use html5ever::tendril::{StrTendril, TendrilSink as _};
use html5ever::{Attribute, LocalName, Namespace, ParseOpts, QualName, local_name, ns};

/// Nodes that any text may have beyond one for each of its bytes.
const MOST_NODES: usize = 20_000;
/// Bytes that are read between two looks at how much has come of them.
const PART: usize = 4096;

/// Where a node lies in [`Dom`].
pub(super) type Id = usize;

/// A parsed text.
pub(super) struct Dom {
    nodes: Vec<Node>,
}

struct Node {
    parent: Option<Id>,
    children: Vec<Id>,
    kind: Kind,
}

enum Kind {
    /// The document, a comment, a processing instruction: nothing to read.
    Other,
    Text(String),
    Element {
        name: Rc<QualName>,
        attributes: Vec<Attribute>,
    },
}

/// What a node is, for a reader.
pub(super) enum Part<'a> {
    Text(&'a str),
    Element(&'a str),
    Nothing,
}

impl Dom {
    /// Reads a fragment as the content of a `<div>`. `None` if it holds many times more than it says: each
    /// mark that is never closed is opened again in every paragraph behind it, so that a hundred kilobytes
    /// could become gigabytes.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let context = QualName::new(None, ns!(html), local_name!("div"));
        let sink = Sink::default();
        let mut parser =
            html5ever::parse_fragment(sink, ParseOpts::default(), context, vec![], false);
        let most = MOST_NODES + text.len();
        let mut rest = text;
        while !rest.is_empty() {
            let end = (PART..rest.len()).find(|at| rest.is_char_boundary(*at));
            let (part, behind) = rest.split_at(end.unwrap_or(rest.len()));
            parser.process(StrTendril::from(part));
            if parser.tokenizer.sink.sink.nodes.borrow().len() > most {
                return None;
            }
            rest = behind;
        }
        Some(parser.finish())
    }

    /// The node that holds everything.
    pub(super) const fn root() -> Id {
        0
    }

    pub(super) fn children(&self, id: Id) -> &[Id] {
        &self.nodes[id].children
    }

    pub(super) fn part(&self, id: Id) -> Part<'_> {
        match &self.nodes[id].kind {
            Kind::Text(text) => Part::Text(text),
            Kind::Element { name, .. } => Part::Element(&name.local),
            Kind::Other => Part::Nothing,
        }
    }

    /// An attribute of an element, by its lower-case name.
    pub(super) fn attribute(&self, id: Id, wanted: &str) -> Option<&str> {
        match &self.nodes[id].kind {
            Kind::Element { attributes, .. } => attributes
                .iter()
                .find(|attribute| &*attribute.name.local == wanted)
                .map(|attribute| &*attribute.value),
            _ => None,
        }
    }

    /// All text below a node, line breaks as LF, without what `hidden` elements hold.
    pub(super) fn text(&self, id: Id, hidden: fn(&str) -> bool) -> String {
        let mut text = String::new();
        let mut open = vec![id];
        while let Some(id) = open.pop() {
            match self.part(id) {
                Part::Text(part) => text.push_str(part),
                Part::Element("br") => text.push('\n'),
                Part::Element(name) if hidden(name) => {}
                _ => open.extend(self.children(id).iter().rev()),
            }
        }
        text
    }
}

#[derive(Default)]
struct Sink {
    nodes: RefCell<Vec<Node>>,
}

/// An element's name that does not borrow from the tree under construction.
#[derive(Debug)]
struct Name(Rc<QualName>);

impl ElemName for Name {
    fn ns(&self) -> &Namespace {
        &self.0.ns
    }

    fn local_name(&self) -> &LocalName {
        &self.0.local
    }
}

impl Sink {
    fn make(&self, kind: Kind) -> Id {
        let mut nodes = self.nodes.borrow_mut();
        if nodes.is_empty() {
            nodes.push(Node {
                parent: None,
                children: Vec::new(),
                kind: Kind::Other,
            });
        }
        nodes.push(Node {
            parent: None,
            children: Vec::new(),
            kind,
        });
        nodes.len() - 1
    }

    fn detach(&self, id: Id) {
        let mut nodes = self.nodes.borrow_mut();
        if let Some(parent) = nodes[id].parent.take() {
            let children = &mut nodes[parent].children;
            // What is moved was put there last.
            if let Some(at) = children.iter().rposition(|child| *child == id) {
                children.remove(at);
            }
        }
    }

    /// Puts a node or text at a place among the children of `parent`; text joins the text before it.
    fn insert(&self, parent: Id, at: usize, child: NodeOrText<Id>) {
        match child {
            NodeOrText::AppendNode(id) => {
                self.detach(id);
                let mut nodes = self.nodes.borrow_mut();
                nodes[id].parent = Some(parent);
                let at = at.min(nodes[parent].children.len());
                nodes[parent].children.insert(at, id);
            }
            NodeOrText::AppendText(more) => {
                {
                    let mut nodes = self.nodes.borrow_mut();
                    let before = at
                        .checked_sub(1)
                        .and_then(|at| nodes[parent].children.get(at).copied());
                    if let Some(before) = before
                        && let Kind::Text(text) = &mut nodes[before].kind
                    {
                        text.push_str(&more);
                        return;
                    }
                }
                let id = self.make(Kind::Text(more.to_string()));
                let mut nodes = self.nodes.borrow_mut();
                nodes[id].parent = Some(parent);
                nodes[parent].children.insert(at, id);
            }
        }
    }
}

impl TreeSink for Sink {
    type Handle = Id;
    type Output = Dom;
    type ElemName<'a> = Name;

    fn finish(self) -> Dom {
        let mut nodes = self.nodes.into_inner();
        if nodes.is_empty() {
            nodes.push(Node {
                parent: None,
                children: Vec::new(),
                kind: Kind::Other,
            });
        }
        Dom { nodes }
    }

    fn parse_error(&self, _: Cow<'static, str>) {}

    fn get_document(&self) -> Id {
        if self.nodes.borrow().is_empty() {
            self.nodes.borrow_mut().push(Node {
                parent: None,
                children: Vec::new(),
                kind: Kind::Other,
            });
        }
        0
    }

    fn elem_name<'a>(&'a self, target: &'a Id) -> Name {
        match &self.nodes.borrow()[*target].kind {
            Kind::Element { name, .. } => Name(name.clone()),
            // The parser asks only for elements; any other answer is as good as a panic.
            _ => Name(Rc::new(QualName::new(None, ns!(html), local_name!("")))),
        }
    }

    fn create_element(&self, name: QualName, attributes: Vec<Attribute>, _: ElementFlags) -> Id {
        self.make(Kind::Element {
            name: Rc::new(name),
            attributes,
        })
    }

    fn create_comment(&self, _: StrTendril) -> Id {
        self.make(Kind::Other)
    }

    fn create_pi(&self, _: StrTendril, _: StrTendril) -> Id {
        self.make(Kind::Other)
    }

    fn append(&self, parent: &Id, child: NodeOrText<Id>) {
        let end = self.nodes.borrow()[*parent].children.len();
        self.insert(*parent, end, child);
    }

    fn append_based_on_parent_node(&self, element: &Id, previous: &Id, child: NodeOrText<Id>) {
        if self.nodes.borrow()[*element].parent.is_some() {
            self.append_before_sibling(element, child);
        } else {
            self.append(previous, child);
        }
    }

    fn append_doctype_to_document(&self, _: StrTendril, _: StrTendril, _: StrTendril) {}

    /// Templates show nothing: what they hold goes into the element itself, which readers skip.
    fn get_template_contents(&self, target: &Id) -> Id {
        *target
    }

    fn same_node(&self, left: &Id, right: &Id) -> bool {
        left == right
    }

    fn set_quirks_mode(&self, _: QuirksMode) {}

    fn append_before_sibling(&self, sibling: &Id, child: NodeOrText<Id>) {
        if let NodeOrText::AppendNode(id) = &child {
            self.detach(*id);
        }
        let place = {
            let nodes = self.nodes.borrow();
            nodes[*sibling].parent.map(|parent| {
                let children = &nodes[parent].children;
                let at = children.iter().rposition(|child| child == sibling);
                (parent, at.unwrap_or(children.len()))
            })
        };
        if let Some((parent, at)) = place {
            self.insert(parent, at, child);
        }
    }

    fn add_attrs_if_missing(&self, target: &Id, more: Vec<Attribute>) {
        if let Kind::Element { attributes, .. } = &mut self.nodes.borrow_mut()[*target].kind {
            for attribute in more {
                if attributes.iter().all(|there| there.name != attribute.name) {
                    attributes.push(attribute);
                }
            }
        }
    }

    fn remove_from_parent(&self, target: &Id) {
        self.detach(*target);
    }

    fn reparent_children(&self, node: &Id, new_parent: &Id) {
        let mut nodes = self.nodes.borrow_mut();
        let children = std::mem::take(&mut nodes[*node].children);
        for child in &children {
            nodes[*child].parent = Some(*new_parent);
        }
        nodes[*new_parent].children.extend(children);
    }
}
