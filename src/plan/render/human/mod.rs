//! The plan as a person reads it.
//!
//! What needs a decision stands first: blocked rules, then deletes, updates, creates and links; then
//! conflicts, edits made on the target, findings; the last line sums up. Symbols carry the meaning
//! (`-` delete, `~` update, `+` create, `=` link, `!` look here) and colours only repeat it. Lists are
//! capped and say how many more there are; [`HumanOptions::full`] lifts every cap.

mod field;
mod manifests;
mod page;
mod section;
#[cfg(test)]
mod tests;

pub use self::manifests::manifests;
use self::page::{Page, Tone};
use super::group::{Group, group};
use super::text::quote;
use super::words::{
    because, counted, id, is_restored, noun, origin, partner, plural, symbol, verb, verb_of,
};
use crate::plan::order::declaration;
use crate::plan::{Action, Change, Plan};

/// How to show a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HumanOptions {
    /// Whether to write ANSI colours.
    pub colour: bool,
    /// Width of a line in characters; kept between 40 and 240.
    pub width: usize,
    /// Longer lists and whole values.
    pub verbose: bool,
    /// Everything, however long.
    pub full: bool,
}

impl Default for HumanOptions {
    fn default() -> Self {
        Self {
            colour: false,
            width: 100,
            verbose: false,
            full: false,
        }
    }
}

/// The plan as text, each line ended. Grows linearly with the plan up to the caps, and not beyond them
/// (about 500 lines; 4,000 with `verbose`). No control character of an item or manifest gets through.
pub fn human(plan: &Plan, options: &HumanOptions) -> String {
    let mut page = Page::new(options);
    if plan.has_operations() {
        header(&mut page, plan);
    }
    section::safety(&mut page, plan, options.verbose || options.full);
    if let Some(changes) = &plan.manifest_changes {
        manifests::section(&mut page, changes);
    }
    for action in [Action::Delete, Action::Update, Action::Create, Action::Link] {
        changes(&mut page, plan, action, options);
    }
    section::conflicts(&mut page, &plan.conflicts);
    section::drift(&mut page, &plan.drift);
    section::findings(&mut page, &plan.findings);
    section::last_line(&mut page, plan, options);
    page.finish()
}

fn header(page: &mut Page, plan: &Plan) {
    page.row(0, Tone::Heading, &format!("Plan {}", plan.plan_id));
    for connection in &plan.connections {
        let line = format!(
            "{}: {} <-> {}, project {}",
            connection.name, connection.testworthy, connection.azure_devops, connection.project
        );
        page.flow(2, Tone::Faint, &line);
    }
    if !plan.inputs.only.is_empty() {
        let line = format!("only: {}", plan.inputs.only.join(", "));
        page.flow(2, Tone::Faint, &line);
    }
}

fn changes(page: &mut Page, plan: &Plan, action: Action, options: &HumanOptions) {
    let groups = group(&plan.changes, action);
    let mut entries = 0;
    for (number, group) in groups.iter().enumerate() {
        if entries >= page.caps.entries || !page.has_room() {
            page.shorten();
            let rest: u64 = groups[number..]
                .iter()
                .map(|g| g.changes.len() as u64)
                .sum();
            page.blank();
            let line = format!("{} ... and {rest} more to {}", symbol(action), verb(action));
            page.row(0, tone(action), &line);
            return;
        }
        let whole = options.verbose || options.full || group.changes.len() <= 3;
        if group.changes.len() == 1 || (action == Action::Create && whole) {
            for (at, change) in group.changes.iter().enumerate() {
                if entries >= page.caps.entries || !page.has_room() {
                    page.shorten();
                    page.blank();
                    let rest = group.changes.len() - at;
                    let line = format!("{} ... and {rest} more like this", symbol(action));
                    page.row(0, tone(action), &line);
                    break;
                }
                single(page, change);
                entries += 1;
            }
        } else {
            many(page, action, group);
            entries += 1;
        }
    }
}

fn single(page: &mut Page, change: &Change) {
    page.blank();
    let action = change.action;
    let heading = format!(
        "{} {} {}",
        symbol(action),
        verb_of(change),
        subject(page, change)
    );
    page.row(0, tone(action), &heading);
    let line = format!(
        "{}: {} {}",
        change.address,
        because(change.reason, change.system),
        origin(change)
    );
    page.flow(4, Tone::Faint, &line);
    body(page, change);
}

fn many(page: &mut Page, action: Action, group: &Group<'_>) {
    page.blank();
    let first = group.first();
    let count = counted(
        group.changes.len() as u64,
        noun(first.system),
        plural(first.system),
    );
    let alike = match action {
        Action::Update if !first.fields.is_empty() => " in the same way",
        _ => "",
    };
    let heading = format!("{} {} {count}{alike}", symbol(action), verb_of(first));
    page.row(0, tone(action), &heading);
    let line = format!(
        "{}: {} {}",
        declaration(&first.address),
        because(first.reason, first.system),
        origin(first)
    );
    page.flow(4, Tone::Faint, &line);
    if action == Action::Create {
        let (alike, differing) = group.common();
        let alike: Vec<_> = alike.into_iter().cloned().collect();
        field::rows(page, action, &alike);
        if !differing.is_empty() {
            let line = format!("each its own: {}", differing.join(", "));
            page.flow(6, Tone::Plain, &line);
            page.shorten();
        }
    } else {
        body(page, first);
    }
    let items = group.changes.len();
    for (number, change) in group.changes.iter().enumerate() {
        if number >= page.caps.items || !page.has_room() {
            page.shorten();
            let line = format!("... and {} more", items - number);
            page.row(6, Tone::Faint, &line);
            break;
        }
        let partner = match action {
            Action::Link => partner(change),
            _ => String::new(),
        };
        let line = format!("{}{partner} {}", id(change), title(page, change));
        page.row(6, Tone::Plain, &line);
    }
}

fn body(page: &mut Page, change: &Change) {
    if change.fields.is_empty() {
        if change.action == Action::Update {
            page.row(6, Tone::Faint, "only Accord's marker is written");
        }
        return;
    }
    field::rows(page, change.action, &change.fields);
}

fn subject(page: &Page, change: &Change) -> String {
    if change.is_configuration() {
        return format!("{} in {}", change.address, change.system);
    }
    let title = title(page, change);
    match change.action {
        Action::Create if is_restored(change) => format!("{} {title}", id(change)),
        Action::Create => format!("{} for {} {title}", noun(change.system), id(change)),
        Action::Link => format!("{}{} {title}", id(change), partner(change)),
        Action::Update | Action::Delete => format!("{} {title}", id(change)),
    }
}

fn title(page: &Page, change: &Change) -> String {
    quote(&change.item.title, page.value_room(page.width / 3))
}

fn tone(action: Action) -> Tone {
    match action {
        Action::Create => Tone::Create,
        Action::Update => Tone::Update,
        Action::Delete => Tone::Delete,
        Action::Link => Tone::Link,
    }
}
