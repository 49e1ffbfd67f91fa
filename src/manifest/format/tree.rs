//! A document as a tree in which every comment belongs to something: to the document, to an entry, or
//! to the end of a collection.
//!
//! A comment in a line of its own belongs to the entry behind it, or, where it is indented like the
//! entries of a collection that ends before it, to the end of that collection. A comment at the end of a
//! line belongs to the entry in that line. What stands above the first key of a document speaks of the
//! document.

use super::Unsure;
use super::token::{Form, Kind, Scalar, Structure, Token, Tokens};

pub(super) struct Document<'t> {
    /// Comments above the first key.
    pub(super) head: Vec<Comment<'t>>,
    /// Whether a blank line stands between these and the first key.
    pub(super) head_gap: bool,
    pub(super) root: Node<'t>,
}

/// A comment in a line of its own.
pub(super) struct Comment<'t> {
    pub(super) text: &'t str,
    /// Whether a blank line stands before it.
    pub(super) blank: bool,
}

/// A comment behind something.
pub(super) struct Beside<'t> {
    pub(super) text: &'t str,
    /// Spaces before it.
    pub(super) gap: usize,
}

pub(super) enum Node<'t> {
    /// An absent value.
    Nothing,
    Scalar(Scalar<'t>),
    Collection(Collection<'t>),
}

pub(super) struct Collection<'t> {
    pub(super) is_map: bool,
    /// Whether it stands in brackets.
    pub(super) is_flow: bool,
    pub(super) entries: Vec<Entry<'t>>,
    /// Comments behind the last entry.
    pub(super) tail: Vec<Comment<'t>>,
}

/// A member of a mapping or an item of a list.
pub(super) struct Entry<'t> {
    pub(super) before: Vec<Comment<'t>>,
    /// Whether a blank line stands before it (behind its comments).
    pub(super) blank: bool,
    /// `None` for items of lists.
    pub(super) key: Option<Scalar<'t>>,
    pub(super) value: Node<'t>,
    /// The comment at the end of its line; of its first line if it has several.
    pub(super) beside: Option<Beside<'t>>,
    /// Comments where an absent value would stand.
    pub(super) under: Vec<Comment<'t>>,
}

/// Reads the tree of a document.
pub(super) fn read(tokens: Tokens<'_>) -> Result<Document<'_>, Unsure> {
    let mut reader = Reader {
        tokens: tokens.list,
        at: 0,
        events: tokens.events.into_iter().peekable(),
    };
    let mut head = reader.comments();
    let mut entry = Entry::new(Vec::new(), false);
    reader.value(&mut entry, None)?;
    // Only braces at the top leave comments of their own here.
    head.extend(entry.before);
    head.extend(entry.beside.map(Comment::from));
    let Node::Collection(mut root) = entry.value else {
        return Err(reader.unsure("the document is no mapping"));
    };
    root.tail.extend(reader.comments());
    if reader.peek().is_some() || reader.events.next().is_some() {
        return Err(reader.unsure("something stands behind the document"));
    }
    let head_gap = match root.entries.first_mut() {
        Some(first) => std::mem::take(&mut first.blank),
        None => false,
    };
    Ok(Document {
        head,
        head_gap,
        root: Node::Collection(root),
    })
}

impl<'t> From<Beside<'t>> for Comment<'t> {
    fn from(beside: Beside<'t>) -> Self {
        Self {
            text: beside.text,
            blank: false,
        }
    }
}

impl<'t> Entry<'t> {
    fn new(before: Vec<Comment<'t>>, blank: bool) -> Self {
        Self {
            before,
            blank,
            key: None,
            value: Node::Nothing,
            beside: None,
            under: Vec::new(),
        }
    }

    /// Takes comments that stand within its line; the first has its end, the others go above it.
    fn take(&mut self, comments: impl IntoIterator<Item = Beside<'t>>) {
        for comment in comments {
            if self.beside.is_none() && !self.is_block_scalar() {
                self.beside = Some(comment);
            } else {
                self.before.push(comment.into());
            }
        }
    }

    fn is_block_scalar(&self) -> bool {
        matches!(
            &self.value,
            Node::Scalar(Scalar {
                form: Form::Block(_),
                ..
            })
        )
    }
}

struct Reader<'t> {
    tokens: Vec<Token<'t>>,
    /// The next token.
    at: usize,
    events: std::iter::Peekable<std::vec::IntoIter<Structure>>,
}

impl<'t> Reader<'t> {
    fn unsure(&self, reason: &'static str) -> Unsure {
        let last = self.tokens.get(self.at).or(self.tokens.last());
        let line = last.map_or(1, |token| token.line);
        Unsure { line, reason }
    }

    fn peek(&self) -> Option<&Token<'t>> {
        self.tokens.get(self.at)
    }

    fn next_if(&mut self, wanted: impl Fn(&Token<'t>) -> bool) -> Option<&Token<'t>> {
        let token = self.tokens.get(self.at).filter(|token| wanted(token))?;
        self.at += 1;
        Some(token)
    }

    /// The first token behind the comments that may come.
    fn behind_comments(&self) -> Option<&Kind<'t>> {
        let kinds = self.tokens[self.at..].iter().map(|token| &token.kind);
        let mut others = kinds.filter(|kind| !matches!(kind, Kind::Comment(_)));
        others.next()
    }

    /// All comments up to the next other token.
    fn comments(&mut self) -> Vec<Comment<'t>> {
        self.comments_while(|_| true)
    }

    fn comments_while(&mut self, fits: impl Fn(&Token<'t>) -> bool) -> Vec<Comment<'t>> {
        let mut comments = Vec::new();
        let is_next = |token: &Token<'t>| matches!(token.kind, Kind::Comment(_)) && fits(token);
        while let Some(token) = self.next_if(is_next) {
            if let Kind::Comment(text) = token.kind {
                let blank = token.blank && token.is_first;
                comments.push(Comment { text, blank });
            }
        }
        comments
    }

    /// A comment in the line of what stands before it.
    fn beside(&mut self) -> Option<Beside<'t>> {
        let token = self.next_if(|token| !token.is_first && matches!(token.kind, Kind::Comment(_)));
        let token = token?;
        match token.kind {
            Kind::Comment(text) => Some(Beside {
                text,
                gap: token.gap,
            }),
            _ => None,
        }
    }

    fn takes(&mut self, wanted: impl Fn(&Kind<'t>) -> bool) -> bool {
        self.next_if(|token| wanted(&token.kind)).is_some()
    }

    fn ends(&mut self) -> bool {
        self.events
            .next_if(|event| *event == Structure::End)
            .is_some()
    }

    fn scalar(&mut self) -> Result<Scalar<'t>, Unsure> {
        match self.next_if(|token| matches!(token.kind, Kind::Scalar(_))) {
            Some(Token {
                kind: Kind::Scalar(scalar),
                ..
            }) => Ok(scalar.clone()),
            _ => Err(self.unsure("a value is not where it was expected")),
        }
    }

    /// Reads the value of an entry. `column` is that of the block entry; `None` in brackets and at the
    /// top.
    fn value(&mut self, entry: &mut Entry<'t>, column: Option<usize>) -> Result<(), Unsure> {
        match self.events.next() {
            Some(Structure::Nothing) => {
                let beside = self.beside();
                entry.take(beside);
                if let Some(column) = column {
                    entry.under = self.deeper_than(column);
                }
                Ok(())
            }
            Some(Structure::Scalar) => {
                let lead = self.beside();
                let own = self.comments();
                entry.before.extend(own);
                entry.value = Node::Scalar(self.scalar()?);
                let after = self.beside();
                entry.take(after.into_iter().chain(lead));
                Ok(())
            }
            Some(Structure::Map) => self.collection(entry, true, column),
            Some(Structure::List) => self.collection(entry, false, column),
            Some(Structure::End) | None => Err(self.unsure("a value is missing")),
        }
    }

    fn collection(
        &mut self,
        entry: &mut Entry<'t>,
        is_map: bool,
        column: Option<usize>,
    ) -> Result<(), Unsure> {
        let lead = self.beside();
        let own = self.comments();
        if self.takes(|kind| matches!(kind, Kind::Open)) {
            let open = self.beside();
            entry.before.extend(own);
            let mut collection = self.flow(is_map)?;
            let after = self.beside();
            if collection.entries.is_empty() {
                entry.before.append(&mut collection.tail);
            }
            entry.value = Node::Collection(collection);
            entry.take(after.into_iter().chain(lead).chain(open));
            return Ok(());
        }
        entry.take(lead);
        let collection = self.block(is_map, own, column)?;
        entry.value = Node::Collection(collection);
        Ok(())
    }

    /// A collection by indentation; `first` are the comments above its first entry, `parent` is the
    /// column of the entry that it is the value of.
    fn block(
        &mut self,
        is_map: bool,
        first: Vec<Comment<'t>>,
        parent: Option<usize>,
    ) -> Result<Collection<'t>, Unsure> {
        let mut own = Some(first);
        let mut column = None;
        let mut entries: Vec<Entry<'t>> = Vec::new();
        while !self.ends() {
            let before = own.take().unwrap_or_else(|| self.comments());
            let Some(token) = self.peek() else {
                return Err(self.unsure("a collection ends too early"));
            };
            let column = *column.get_or_insert(token.column);
            let blank = token.blank && token.is_first;
            let mut entry = Entry::new(before, blank);
            if is_map {
                self.key(&mut entry)?;
            } else if !self.takes(|kind| matches!(kind, Kind::Dash)) {
                return Err(self.unsure("an item without its dash"));
            }
            self.value(&mut entry, Some(column))?;
            entries.push(entry);
        }
        let column = column.unwrap_or_default();
        let tail = self.tail(column, parent);
        let mut collection = Collection {
            is_map,
            is_flow: false,
            entries,
            tail,
        };
        if parent.is_some() {
            collection.trim();
        }
        Ok(collection)
    }

    /// A collection in brackets, behind the opening one.
    fn flow(&mut self, is_map: bool) -> Result<Collection<'t>, Unsure> {
        let mut entries = Vec::new();
        let tail = loop {
            let before = self.comments();
            if self.ends() {
                break before;
            }
            let blank = self
                .peek()
                .is_some_and(|token| token.blank && token.is_first);
            let mut entry = Entry::new(before, blank);
            if is_map {
                self.key(&mut entry)?;
                self.value(&mut entry, None)?;
            } else {
                self.item(&mut entry)?;
            }
            let beside = self.beside();
            entry.take(beside);
            if matches!(self.behind_comments(), Some(Kind::Comma)) {
                let own = self.comments();
                entry.before.extend(own);
                self.takes(|kind| matches!(kind, Kind::Comma));
                let beside = self.beside();
                entry.take(beside);
            }
            entries.push(entry);
        };
        if !self.takes(|kind| matches!(kind, Kind::Close)) {
            return Err(self.unsure("a bracket is not closed"));
        }
        let mut collection = Collection {
            is_map,
            is_flow: true,
            entries,
            tail,
        };
        collection.trim();
        Ok(collection)
    }

    /// An item of a list in brackets, which may be a pair without braces: `[a: b]`.
    fn item(&mut self, entry: &mut Entry<'t>) -> Result<(), Unsure> {
        let opens = matches!(self.behind_comments(), Some(Kind::Open));
        if opens || self.events.peek() != Some(&Structure::Map) {
            return self.value(entry, None);
        }
        self.events.next();
        let mut pair = Entry::new(Vec::new(), false);
        self.key(&mut pair)?;
        self.value(&mut pair, None)?;
        if !self.ends() {
            return Err(self.unsure("a pair in a list does not end"));
        }
        entry.before.append(&mut pair.before);
        entry.take(pair.beside.take());
        entry.value = Node::Collection(Collection {
            is_map: true,
            is_flow: true,
            entries: vec![pair],
            tail: Vec::new(),
        });
        Ok(())
    }

    /// A key and its colon.
    fn key(&mut self, entry: &mut Entry<'t>) -> Result<(), Unsure> {
        if self.takes(|kind| matches!(kind, Kind::Question)) {
            let own = self.comments();
            entry.before.extend(own);
        }
        if self.events.next() != Some(Structure::Scalar) {
            return Err(self.unsure("a key that is no text"));
        }
        let mut key = self.scalar()?;
        if let Form::Block(block) = &mut key.form {
            let comment = block.comment.take();
            let blank = false;
            entry
                .before
                .extend(comment.map(|text| Comment { text, blank }));
        }
        entry.key = Some(key);
        // Only behind `?` may anything stand before the colon.
        if matches!(self.behind_comments(), Some(Kind::Colon)) {
            let own = self.comments();
            entry.before.extend(own);
            self.takes(|kind| matches!(kind, Kind::Colon));
        }
        Ok(())
    }

    /// Comments at the end of a collection whose entries stand at `column`.
    fn tail(&mut self, column: usize, parent: Option<usize>) -> Vec<Comment<'t>> {
        self.own_lines(|at| at >= column && parent.is_none_or(|parent| at > parent))
    }

    fn deeper_than(&mut self, column: usize) -> Vec<Comment<'t>> {
        self.own_lines(|at| at > column)
    }

    fn own_lines(&mut self, fits: impl Fn(usize) -> bool) -> Vec<Comment<'t>> {
        self.comments_while(|token| token.is_first && fits(token.column))
    }
}

impl Collection<'_> {
    /// No blank line at the start.
    fn trim(&mut self) {
        if let Some(first) = self.entries.first_mut() {
            match first.before.first_mut() {
                Some(comment) => comment.blank = false,
                None => first.blank = false,
            }
        }
    }
}
