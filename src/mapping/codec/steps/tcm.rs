//! `Microsoft.VSTS.TCM.Steps`: XML whose texts are HTML, escaped once more.
//!
//! `<steps id="0" last="3"><step id="2" type="ValidateStep"><parameterizedString isformatted="true">`
//! ... `</parameterizedString>` twice, then an empty `description`. Shared steps are
//! `<compref id="3" ref="<work item>">`, and steps that follow one may be nested inside it (the classic
//! test client writes them so). Ids survive edits: results refer to them. (Shape: Microsoft's own
//! `azure-devops-mcp` and public migration tools; Microsoft publishes no schema.)

use super::super::rich_text::{Format, canonical};
use super::super::xml::{Element, Node};
use super::{StepsProblem, align};
use crate::model::WorkItemId;
use crate::model::steps::Step;

/// Microsoft's tools give the first step this id.
const FIRST_ID: u64 = 2;
/// How deep references to shared steps may nest: less than XML may, so that there is room for what is written
/// into the innermost one.
const MAX_NESTING: usize = 32;

pub(super) fn parse(xml: &str) -> Result<Vec<Step>, StepsProblem> {
    Ok(Document::read(xml)?.steps())
}

pub(super) fn put(now: &str, steps: &[Step]) -> Result<String, StepsProblem> {
    // What cannot be read is never overwritten.
    let document = Document::read(now)?;
    if document.steps() == steps {
        return Ok(now.to_owned());
    }
    if steps.is_empty() && !document.has_unknown() {
        return Ok(String::new());
    }
    document.with(steps)
}

/// A step or a reference in document order, with the element that it came from.
struct Entry {
    step: Step,
    /// The element without the entries nested in it.
    element: Element,
    /// The reference that it is nested in, as an index into the entries.
    parent: Option<usize>,
    /// What stands after it and is neither.
    after: Vec<Node>,
}

struct Document {
    /// The root without its children.
    root: Element,
    /// What stands before the first entry.
    before: Vec<Node>,
    entries: Vec<Entry>,
}

impl Document {
    fn read(xml: &str) -> Result<Self, StepsProblem> {
        let mut document = Self {
            root: Element::new("steps"),
            before: Vec::new(),
            entries: Vec::new(),
        };
        document.root.set("id", "0");
        document.root.set("last", (FIRST_ID - 1).to_string());
        if xml.trim().is_empty() {
            return Ok(document);
        }
        let mut root = Element::parse(xml)?;
        if root.name != "steps" {
            return Err(StepsProblem::Malformed {
                reason: format!("its root is `{}`, not `steps`", root.name),
                at: None,
            });
        }
        let children = std::mem::take(&mut root.children);
        document.root = root;
        document.walk(children, None, 0)?;
        Ok(document)
    }

    fn walk(
        &mut self,
        nodes: Vec<Node>,
        parent: Option<usize>,
        depth: usize,
    ) -> Result<(), StepsProblem> {
        if depth > MAX_NESTING {
            return Err(StepsProblem::Malformed {
                reason: format!("shared steps nest deeper than {MAX_NESTING}"),
                at: None,
            });
        }
        // The entry before, at this level.
        let mut before = None;
        for node in nodes {
            match node {
                Node::Element(element) if element.name == "step" => {
                    let step = step(&element)?;
                    before = Some(self.push(step, element, parent));
                }
                Node::Element(mut element) if element.name == "compref" => {
                    let id = element
                        .attribute("ref")
                        .and_then(|id| id.trim().parse().ok());
                    let Some(id) = id else {
                        return Err(StepsProblem::Malformed {
                            reason: "a `compref` does not say which shared steps it means"
                                .to_owned(),
                            at: None,
                        });
                    };
                    let nested = std::mem::take(&mut element.children);
                    let here = self.push(Step::Shared(WorkItemId(id)), element, parent);
                    self.walk(nested, Some(here), depth + 1)?;
                    before = Some(here);
                }
                Node::Text(text) if text.trim().is_empty() => {}
                other => match (before, parent) {
                    (Some(before), _) => self.entries[before].after.push(other),
                    (None, Some(parent)) => self.entries[parent].element.children.push(other),
                    (None, None) => self.before.push(other),
                },
            }
        }
        Ok(())
    }

    fn push(&mut self, step: Step, element: Element, parent: Option<usize>) -> usize {
        self.entries.push(Entry {
            step,
            element,
            parent,
            after: Vec::new(),
        });
        self.entries.len() - 1
    }

    fn steps(&self) -> Vec<Step> {
        self.entries
            .iter()
            .map(|entry| entry.step.clone())
            .collect()
    }

    fn has_unknown(&self) -> bool {
        let unknown = |entry: &Entry| {
            !entry.after.is_empty()
                || matches!(entry.step, Step::Shared(_)) && !entry.element.children.is_empty()
        };
        !self.before.is_empty() || self.entries.iter().any(unknown)
    }

    /// The document with other steps in it.
    fn with(mut self, steps: &[Step]) -> Result<String, StepsProblem> {
        let old = self.steps();
        let both_actions = |old: &Step, new: &Step| {
            matches!((old, new), (Step::Action { .. }, Step::Action { .. }))
        };
        let continued = align::align(&old, steps, both_actions);
        let mut last = self.last_id();
        let mut open: Vec<Open> = Vec::new();
        let mut has_nested = vec![false; self.entries.len()];
        for parent in self.entries.iter().filter_map(|entry| entry.parent) {
            has_nested[parent] = true;
        }
        let mut root = std::mem::take(&mut self.root);
        root.children = std::mem::take(&mut self.before);
        for (step, from) in steps.iter().zip(continued) {
            let Some(from) = from else {
                last = last.checked_add(1).ok_or(StepsProblem::DoesNotFit(
                    "the highest number that a step can have is taken",
                ))?;
                let element = match step {
                    Step::Action { action, expected } => new_step(last, action, expected),
                    // Moved: the relation that it needs is there already.
                    Step::Shared(id) if old.contains(step) => new_reference(last, *id),
                    Step::Shared(id) => return Err(StepsProblem::NewSharedSteps(*id)),
                };
                container(&mut open, &mut root).push(Node::Element(element));
                continue;
            };
            if let Some(parent) = self.entries[from].parent
                && let Some(depth) = open.iter().position(|open| open.entry == parent)
            {
                close(&mut open, depth + 1, &mut root);
            } else if self.entries[from].parent.is_none() {
                close(&mut open, 0, &mut root);
            }
            let entry = &mut self.entries[from];
            let mut element = std::mem::take(&mut entry.element);
            let after = std::mem::take(&mut entry.after);
            if entry.step != *step
                && let Step::Action { action, expected } = step
            {
                rewrite(&mut element, action, expected);
            }
            if has_nested[from] {
                open.push(Open {
                    entry: from,
                    element,
                    after,
                });
            } else {
                let place = container(&mut open, &mut root);
                place.push(Node::Element(element));
                place.extend(after);
            }
        }
        close(&mut open, 0, &mut root);
        root.set("last", last.to_string());
        Ok(root.render())
    }

    /// The highest id that was ever given.
    fn last_id(&self) -> u64 {
        let number = |element: &Element, name: &str| {
            element
                .attribute(name)
                .and_then(|text| text.trim().parse::<u64>().ok())
        };
        let given = self
            .entries
            .iter()
            .filter_map(|entry| number(&entry.element, "id"));
        let last = number(&self.root, "last");
        given.chain(last).max().unwrap_or(0).max(FIRST_ID - 1)
    }
}

/// A reference that is being written and that later entries are nested in.
struct Open {
    entry: usize,
    element: Element,
    after: Vec<Node>,
}

fn container<'a>(open: &'a mut [Open], root: &'a mut Element) -> &'a mut Vec<Node> {
    match open.last_mut() {
        Some(open) => &mut open.element.children,
        None => &mut root.children,
    }
}

/// Closes the open references beyond a depth.
fn close(open: &mut Vec<Open>, depth: usize, root: &mut Element) {
    while open.len() > depth {
        let Some(done) = open.pop() else { return };
        let place = container(open, root);
        place.push(Node::Element(done.element));
        place.extend(done.after);
    }
}

fn step(element: &Element) -> Result<Step, StepsProblem> {
    let mut texts = element
        .elements()
        .filter(|child| child.name == "parameterizedString");
    let mut next = || {
        texts.next().map_or(Ok(String::new()), |text| {
            // Without the attribute, or with a `text` element inside, it is plain (an older form).
            let formatted = text
                .attribute("isformatted")
                .is_some_and(|flag| flag.eq_ignore_ascii_case("true"))
                && text.elements().next().is_none();
            let format = if formatted {
                Format::Html
            } else {
                Format::Plain
            };
            canonical(&text.text(), format)
        })
    };
    let action = next()?;
    let expected = next()?;
    Ok(Step::Action { action, expected })
}

fn step_type(expected: &str) -> &'static str {
    if expected.is_empty() {
        "ActionStep"
    } else {
        "ValidateStep"
    }
}

fn new_step(id: u64, action: &str, expected: &str) -> Element {
    let mut element = Element::new("step");
    element.set("id", id.to_string());
    element.set("type", step_type(expected));
    element.children = vec![
        Node::Element(formatted(action)),
        Node::Element(formatted(expected)),
        Node::Element(Element::new("description")),
    ];
    element
}

fn new_reference(id: u64, shared: WorkItemId) -> Element {
    let mut element = Element::new("compref");
    element.set("id", id.to_string());
    element.set("ref", shared.to_string());
    element
}

fn formatted(html: &str) -> Element {
    let mut element = Element::new("parameterizedString");
    element.set("isformatted", "true");
    if !html.is_empty() {
        element.children.push(Node::Text(html.to_owned()));
    }
    element
}

/// Puts other texts into a step; everything else about it stays.
fn rewrite(element: &mut Element, action: &str, expected: &str) {
    if matches!(
        element.attribute("type"),
        None | Some("ActionStep" | "ValidateStep")
    ) {
        element.set("type", step_type(expected));
    }
    let mut texts = [action, expected].into_iter();
    for node in &mut element.children {
        if let Node::Element(child) = node
            && child.name == "parameterizedString"
            && let Some(text) = texts.next()
        {
            // A plain text may look like markup that means this.
            let is_html = child
                .attribute("isformatted")
                .is_some_and(|flag| flag.eq_ignore_ascii_case("true"));
            let same =
                is_html && canonical(&child.text(), Format::Html).is_ok_and(|there| there == text);
            if !same
                || child.elements().next().is_some()
                || child.attribute("isformatted").is_none()
            {
                child.children.clear();
                child.set("isformatted", "true");
                if !text.is_empty() {
                    child.children.push(Node::Text(text.to_owned()));
                }
            }
        }
    }
    for (at, text) in texts.enumerate() {
        let place = element
            .children
            .iter()
            .rposition(
                |node| matches!(node, Node::Element(child) if child.name == "parameterizedString"),
            )
            .map_or(at, |there| there + 1);
        element.children.insert(
            place.min(element.children.len()),
            Node::Element(formatted(text)),
        );
    }
}
