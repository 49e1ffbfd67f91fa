//! From HTML to the canonical tree. What could run, load or hide something is left out; containers and
//! styles without meaning of their own vanish.

use std::cell;
use std::rc::Rc;

use super::dom::{Dom, Id, Part};
use super::flow::Flow;
use super::{MAX_LINK, MAX_LINKS, Unreadable, address, is_unkept};
use crate::model::rich_text::{Block, Cell, Image, InlineKind, Link, Mark, Marks, Row};

/// How deep lists, quotations and tables may nest; one that lies deeper is read as plain text of its place.
const MAX_NESTING: usize = 32;
/// How deep elements of any kind may nest. Beyond what [`MAX_NESTING`] needs to be written, so that elements
/// which servers wrap around a text never change what it says.
const MAX_DEPTH: usize = 192;
/// Columns or rows that one cell may cover: what HTML allows.
const MAX_SPAN: u16 = 1000;

/// Reads HTML.
pub(super) fn html(text: &str) -> Result<Vec<Block>, Unreadable> {
    let dom = Dom::parse(text).ok_or(Unreadable::TooLong)?;
    let reader = Reader {
        dom: &dom,
        links: cell::Cell::new(0),
    };
    let mut flow = Flow::default();
    reader.children(Dom::root(), &Context::default(), &mut flow);
    if reader.links.get() > MAX_LINKS {
        return Err(Unreadable::TooLong);
    }
    Ok(flow.finish())
}

/// Reads text without markup: blank lines part paragraphs, line ends are breaks.
pub(super) fn plain(text: &str) -> Vec<Block> {
    let mut flow = Flow::default();
    for line in text.lines() {
        if line.trim().is_empty() {
            flow.end_paragraph();
        } else {
            flow.text(line, Marks::NONE, None);
            flow.line_break();
        }
    }
    flow.finish()
}

/// What the elements around a text say about it.
#[derive(Clone, Default)]
struct Context {
    depth: usize,
    /// Lists, quotations and tables around it.
    nesting: usize,
    marks: Marks,
    link: Option<Rc<Link>>,
    /// Inside a heading, where nested blocks are part of its line.
    heading: bool,
    /// Inside what is bold by itself (headings, heads of tables), where bold says nothing.
    bold: bool,
}

struct Reader<'a> {
    dom: &'a Dom,
    /// Bytes of links so far, counted once for each run that they cover.
    links: cell::Cell<usize>,
}

impl Reader<'_> {
    fn children(&self, id: Id, context: &Context, flow: &mut Flow) {
        for &child in self.dom.children(id) {
            match self.dom.part(child) {
                Part::Text(text) => self.text(text, context, flow),
                Part::Element(name) => self.element(child, name, context, flow),
                Part::Nothing => self.nested(child, context, flow),
            }
        }
    }

    /// What the parser wrapped the fragment into.
    fn nested(&self, id: Id, context: &Context, flow: &mut Flow) {
        let deeper = Context {
            depth: context.depth + 1,
            ..context.clone()
        };
        if deeper.depth > MAX_DEPTH {
            self.text(&self.dom.text(id, is_hidden), context, flow);
        } else {
            self.children(id, &deeper, flow);
        }
    }

    /// Text with the marks and the link of its place.
    fn text(&self, text: &str, context: &Context, flow: &mut Flow) {
        flow.text(text, context.marks, self.around(context));
    }

    /// The link around a run, as long as all of them together stay within bounds.
    fn around<'c>(&self, context: &'c Context) -> Option<&'c Link> {
        let link = context.link.as_deref()?;
        self.links.set(self.links.get().saturating_add(size(link)));
        (self.links.get() <= MAX_LINKS).then_some(link)
    }

    fn element(&self, id: Id, name: &str, context: &Context, flow: &mut Flow) {
        let nests = matches!(name, "ul" | "ol" | "menu" | "dir" | "blockquote" | "table");
        if context.depth >= MAX_DEPTH || (nests && context.nesting >= MAX_NESTING) {
            if !is_hidden(name) {
                self.text(&self.dom.text(id, is_hidden), context, flow);
            }
            return;
        }
        let mut inner = Context {
            depth: context.depth + 1,
            nesting: context.nesting + usize::from(nests),
            marks: self.marks(id, name, context),
            ..context.clone()
        };
        match name {
            name if is_hidden(name) => {}
            "br" => flow.line_break(),
            "img" => self.image(id, context, flow),
            "input" => self.input(id, context, flow),
            "a" => {
                if let Some(link) = self.link(id) {
                    inner.link = Some(Rc::new(link));
                }
                self.children(id, &inner, flow);
            }
            // A heading is one line: what is nested in it cannot be a block of its own.
            name if context.heading && is_block(name) => {
                flow.text(" ", Marks::NONE, None);
                self.children(id, &inner, flow);
                flow.text(" ", Marks::NONE, None);
            }
            "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => {
                flow.end_paragraph();
                inner.heading = true;
                inner.bold = true;
                inner.marks = inner.marks.without(Mark::Strong);
                self.children(id, &inner, flow);
                flow.end_heading(name.as_bytes()[1] - b'0');
            }
            "ul" | "ol" | "menu" | "dir" => self.list(id, name == "ol", &inner, flow),
            "blockquote" => {
                let mut quote = Flow::default();
                self.children(id, &inner, &mut quote);
                let content = quote.finish();
                if !content.is_empty() {
                    flow.block(Block::Quote(content));
                }
            }
            "pre" | "listing" | "xmp" | "plaintext" => self.code(id, flow),
            "table" => self.table(id, &inner, flow),
            "hr" => flow.block(Block::Rule),
            name if is_container(name) => {
                flow.end_paragraph();
                self.children(id, &inner, flow);
                flow.end_paragraph();
            }
            _ => self.children(id, &inner, flow),
        }
    }

    /// The marks inside an element: by its name, then by its style.
    fn marks(&self, id: Id, name: &str, context: &Context) -> Marks {
        let marks = self.styled(id, name, context.marks);
        if context.bold {
            marks.without(Mark::Strong)
        } else {
            marks
        }
    }

    fn styled(&self, id: Id, name: &str, marks: Marks) -> Marks {
        let mut marks = match name {
            "b" | "strong" => marks.with(Mark::Strong),
            "i" | "em" | "cite" | "dfn" | "var" => marks.with(Mark::Emphasis),
            "u" | "ins" => marks.with(Mark::Underline),
            "s" | "strike" | "del" => marks.with(Mark::Strikethrough),
            "sub" => marks.with(Mark::Subscript),
            "sup" => marks.with(Mark::Superscript),
            "code" | "kbd" | "samp" | "tt" => marks.with(Mark::Code),
            "mark" => marks.with(Mark::Highlight),
            _ => marks,
        };
        let Some(style) = self.dom.attribute(id, "style") else {
            return marks;
        };
        for declaration in style.split(';') {
            let Some((property, value)) = declaration.split_once(':') else {
                continue;
            };
            let value = value.trim().to_ascii_lowercase();
            let value = value.trim_end_matches("!important").trim();
            match property.trim().to_ascii_lowercase().as_str() {
                "font-weight" => match value {
                    "bold" | "bolder" | "600" | "700" | "800" | "900" => {
                        marks = marks.with(Mark::Strong);
                    }
                    "normal" | "lighter" | "100" | "200" | "300" | "400" | "500" => {
                        marks = marks.without(Mark::Strong);
                    }
                    _ => {}
                },
                "font-style" => match value {
                    "italic" | "oblique" => marks = marks.with(Mark::Emphasis),
                    "normal" => marks = marks.without(Mark::Emphasis),
                    _ => {}
                },
                // Editors underline their links by style; that says nothing.
                "text-decoration" | "text-decoration-line" if name != "a" => {
                    if value.contains("underline") {
                        marks = marks.with(Mark::Underline);
                    }
                    if value.contains("line-through") {
                        marks = marks.with(Mark::Strikethrough);
                    }
                }
                _ => {}
            }
        }
        marks
    }

    fn link(&self, id: Id) -> Option<Link> {
        let link = Link {
            address: address::link(self.dom.attribute(id, "href")?)?,
            title: self.words(id, "title"),
            mention: self.words(id, "data-vss-mention"),
        };
        if size(&link) > MAX_LINK {
            self.links.set(usize::MAX);
            return None;
        }
        Some(link)
    }

    fn image(&self, id: Id, context: &Context, flow: &mut Flow) {
        let source = self.dom.attribute(id, "src").and_then(address::image);
        let alternative = self.words(id, "alt").unwrap_or_default();
        let Some(address) = source else {
            self.text(&alternative, context, flow);
            return;
        };
        let image = Image {
            address,
            alternative,
            title: self.words(id, "title"),
            width: self.pixels(id, "width"),
            height: self.pixels(id, "height"),
        };
        flow.image(InlineKind::Image(image), self.around(context));
    }

    /// An attribute as one line of text.
    fn words(&self, id: Id, name: &str) -> Option<String> {
        let text = self.dom.attribute(id, name)?;
        let words: Vec<&str> = text.split_whitespace().collect();
        let line: String = words
            .join(" ")
            .chars()
            .filter(|c| !c.is_control() && !is_unkept(*c))
            .collect();
        (!line.is_empty()).then_some(line)
    }

    fn pixels(&self, id: Id, name: &str) -> Option<u32> {
        let text = self.dom.attribute(id, name)?.trim();
        text.strip_suffix("px")
            .unwrap_or(text)
            .trim()
            .parse()
            .ok()
            .filter(|n| *n > 0)
    }

    /// The box of a task.
    fn input(&self, id: Id, context: &Context, flow: &mut Flow) {
        let kind = self.dom.attribute(id, "type").unwrap_or_default();
        if kind.eq_ignore_ascii_case("checkbox") {
            let text = if self.dom.attribute(id, "checked").is_some() {
                "[x] "
            } else {
                "[ ] "
            };
            self.text(text, context, flow);
        }
    }

    fn list(&self, id: Id, numbered: bool, context: &Context, flow: &mut Flow) {
        let mut items: Vec<Vec<Block>> = Vec::new();
        for &child in self.dom.children(id) {
            let mut item = Flow::default();
            match self.dom.part(child) {
                Part::Element("li") => {
                    self.nested(child, context, &mut item);
                    items.push(item.finish());
                    continue;
                }
                // Editors put nested lists beside the item that they belong to.
                Part::Element(name) => self.element(child, name, context, &mut item),
                Part::Text(text) => self.text(text, context, &mut item),
                Part::Nothing => {}
            }
            let stray = item.finish();
            if !stray.is_empty() {
                match items.last_mut() {
                    Some(last) => {
                        let mut joined = Flow::default();
                        joined.blocks(std::mem::take(last));
                        joined.blocks(stray);
                        *last = joined.finish();
                    }
                    None => items.push(stray),
                }
            }
        }
        if items.is_empty() {
            return;
        }
        let start = numbered.then(|| {
            let start = self.dom.attribute(id, "start");
            start.and_then(|text| text.trim().parse().ok()).unwrap_or(1)
        });
        flow.block(Block::List { start, items });
    }

    fn code(&self, id: Id, flow: &mut Flow) {
        let text = self
            .dom
            .text(id, is_hidden)
            .replace("\r\n", "\n")
            .replace(['\r', '\u{A0}'], " ");
        let text: String = text
            .chars()
            .filter(|c| *c == '\n' || *c == '\t' || !(c.is_control() || is_unkept(*c)))
            .collect();
        let text = text.trim_end().to_owned();
        if text.is_empty() {
            return;
        }
        let inner = self
            .dom
            .children(id)
            .iter()
            .copied()
            .find(|child| matches!(self.dom.part(*child), Part::Element("code")));
        let language = [Some(id), inner].into_iter().flatten().find_map(|id| {
            let classes = self.dom.attribute(id, "class")?;
            classes.split_whitespace().find_map(|class| {
                let name = class
                    .strip_prefix("language-")
                    .or_else(|| class.strip_prefix("lang-"))?;
                let plain =
                    |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '#' | '.' | '_');
                (!name.is_empty() && name.chars().all(plain)).then(|| name.to_owned())
            })
        });
        flow.block(Block::Code { language, text });
    }

    fn table(&self, id: Id, context: &Context, flow: &mut Flow) {
        let mut rows = Vec::new();
        let mut caption = Flow::default();
        self.rows(id, false, context, &mut rows, &mut caption);
        flow.end_paragraph();
        flow.blocks(caption.finish());
        rows.retain(|row: &Row| !row.cells.is_empty());
        if !rows.is_empty() {
            flow.block(Block::Table(rows));
        }
    }

    fn rows(&self, id: Id, head: bool, context: &Context, rows: &mut Vec<Row>, caption: &mut Flow) {
        for &child in self.dom.children(id) {
            match self.dom.part(child) {
                Part::Element("thead") => self.rows(child, true, context, rows, caption),
                Part::Element("tbody" | "tfoot") => self.rows(child, false, context, rows, caption),
                Part::Element("caption") => self.nested(child, context, caption),
                Part::Element("tr") => rows.push(self.row(child, head, context)),
                _ => {}
            }
        }
    }

    fn row(&self, id: Id, head: bool, context: &Context) -> Row {
        let mut row = Row::default();
        for &child in self.dom.children(id) {
            let Part::Element(name @ ("td" | "th")) = self.dom.part(child) else {
                continue;
            };
            let header = head || name == "th";
            let mut inner = context.clone();
            inner.bold = header;
            if header {
                inner.marks = inner.marks.without(Mark::Strong);
            }
            let mut content = Flow::default();
            self.nested(child, &inner, &mut content);
            row.cells.push(Cell {
                header,
                columns: self.span(child, "colspan"),
                rows: self.span(child, "rowspan"),
                content: content.finish(),
            });
        }
        row
    }

    fn span(&self, id: Id, name: &str) -> u16 {
        let span = self
            .dom
            .attribute(id, name)
            .and_then(|text| text.trim().parse().ok());
        span.unwrap_or(1).clamp(1, MAX_SPAN)
    }
}

/// The bytes of a link.
fn size(link: &Link) -> usize {
    let more = |text: &Option<String>| text.as_ref().map_or(0, String::len);
    link.address.len() + more(&link.title) + more(&link.mention)
}

/// Elements whose content no reader sees or whose content could run.
fn is_hidden(name: &str) -> bool {
    matches!(
        name,
        "script"
            | "style"
            | "head"
            | "title"
            | "meta"
            | "link"
            | "base"
            | "template"
            | "noscript"
            | "iframe"
            | "frame"
            | "frameset"
            | "noframes"
            | "object"
            | "embed"
            | "applet"
            | "param"
            | "svg"
            | "math"
            | "canvas"
            | "audio"
            | "video"
            | "source"
            | "track"
            | "select"
            | "datalist"
            | "textarea"
            | "dialog"
    )
}

/// Elements that stand on lines of their own.
fn is_block(name: &str) -> bool {
    is_container(name)
        || matches!(
            name,
            "h1" | "h2"
                | "h3"
                | "h4"
                | "h5"
                | "h6"
                | "ul"
                | "ol"
                | "menu"
                | "dir"
                | "blockquote"
                | "pre"
                | "listing"
                | "xmp"
                | "plaintext"
                | "table"
                | "hr"
        )
}

/// Elements that stand on lines of their own and mean nothing else.
fn is_container(name: &str) -> bool {
    matches!(
        name,
        "p" | "div"
            | "section"
            | "article"
            | "aside"
            | "header"
            | "footer"
            | "main"
            | "nav"
            | "address"
            | "center"
            | "dl"
            | "dt"
            | "dd"
            | "figure"
            | "figcaption"
            | "fieldset"
            | "legend"
            | "form"
            | "details"
            | "summary"
            | "hgroup"
            | "li"
            | "body"
            | "html"
            | "search"
            | "tr"
            | "td"
            | "th"
            | "tbody"
            | "thead"
            | "tfoot"
            | "caption"
    )
}
