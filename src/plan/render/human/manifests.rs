//! What changed in the manifests: a section of a plan, and the whole page of `accord diff`.

use super::HumanOptions;
use super::page::{Page, Tone};
use crate::manifest::compare::{
    ChangeKind, DeclarationChange, KeyChange, Level, ManifestChanges, ManifestDiff, ManifestSummary,
};
use crate::plan::render::manifests::{about, added_values, tally};
use crate::plan::render::words::counted;

/// What changed between two sides, as a page: what is dangerous stands first, the last line sums up.
pub fn manifests(diff: &ManifestDiff, options: &HumanOptions) -> String {
    let mut page = Page::new(options);
    let (from, to) = (diff.from.label(), diff.to.label());
    all(&mut page, &diff.changes);
    page.blank();
    if diff.changes.is_empty() {
        let line = format!("The manifests of {from} and {to} mean the same.");
        page.flow(0, Tone::Plain, &line);
    } else {
        let line = format!("{}, from {from} to {to}.", sentence(diff.summary));
        page.flow(0, tone(diff.summary), &line);
        if diff.changes.iter().all(|one| one.linked_items.is_none()) {
            let line =
                "How many linked items are touched is unknown: there is no state in a file here.";
            page.flow(0, Tone::Faint, line);
        }
    }
    page.finish()
}

/// The section of a plan.
pub(super) fn section(page: &mut Page, changes: &ManifestChanges) {
    page.blank();
    let since = changes.since.label();
    if let Some(problem) = &changes.problem {
        page.flow(0, Tone::Alert, &format!("! MANIFESTS: {problem}"));
        return;
    }
    if changes.changes.is_empty() {
        let line = format!("MANIFESTS: they mean the same as those of {since}");
        page.flow(0, Tone::Heading, &line);
        return;
    }
    let tone = match tone(changes.summary) {
        Tone::Plain => Tone::Heading,
        other => other,
    };
    let line = format!("MANIFESTS: {} since {since}", tally(changes.summary));
    page.flow(0, tone, &line);
    all(page, &changes.changes);
}

fn sentence(summary: ManifestSummary) -> String {
    let all = summary.added + summary.changed + summary.removed;
    let mut text = counted(all, "declaration differs", "declarations differ");
    text = format!("{text}: {}", tally(summary));
    if summary.dangerous > 0 {
        text = format!("{text}, {} of them dangerous", summary.dangerous);
    }
    text
}

fn tone(summary: ManifestSummary) -> Tone {
    if summary.dangerous > 0 {
        Tone::Alert
    } else {
        Tone::Plain
    }
}

fn all(page: &mut Page, changes: &[DeclarationChange]) {
    let most = page.caps.entries;
    for (number, change) in changes.iter().enumerate() {
        // What is dangerous is never left out.
        let must = change.level() == Some(Level::Danger);
        if !must && (number >= most || !page.has_room()) {
            page.shorten();
            page.blank();
            let line = format!("... and {} more", changes.len() - number);
            page.row(0, Tone::Faint, &line);
            return;
        }
        declaration(page, change);
    }
}

fn declaration(page: &mut Page, change: &DeclarationChange) {
    page.blank();
    let (symbol, tone) = mark(change.change);
    let verb = match change.change {
        ChangeKind::Added => "added",
        ChangeKind::Changed => "changed",
        ChangeKind::Removed => "removed",
    };
    let loud = change.level() == Some(Level::Danger);
    let details = about(change);
    let colon = if details.is_empty() { "" } else { ": " };
    let details = details.join(", ");
    let line = format!("{symbol} {} {verb}{colon}{details}", change.address);
    page.flow(0, if loud { Tone::Alert } else { tone }, &line);
    for attention in &change.attention {
        let (mark, tone) = match attention.level {
            Level::Danger => ("!! ", Tone::Alert),
            Level::Caution => ("! ", Tone::Update),
        };
        page.flow(4, tone, &format!("{mark}{}", attention.message));
    }
    let most = page.caps.fields;
    for key in change.keys.iter().take(most) {
        of_key(page, key);
    }
    if change.keys.len() > most {
        page.shorten();
        let line = format!("... and {} more keys", change.keys.len() - most);
        page.row(4, Tone::Faint, &line);
    }
}

fn of_key(page: &mut Page, key: &KeyChange) {
    let (symbol, tone) = mark(key.change);
    let whole = format!("{symbol} {}: {}", key.path, added_values(key));
    if whole.chars().count() <= page.room(4) || key.change != ChangeKind::Changed {
        page.row(4, tone, &whole);
        return;
    }
    // Two long values are read one below the other.
    page.row(4, tone, &format!("{symbol} {}:", key.path));
    for (mark, value) in [("-", &key.before), ("+", &key.after)] {
        if let Some(value) = value {
            page.row(8, tone, &format!("{mark} {value}"));
        }
    }
}

fn mark(change: ChangeKind) -> (char, Tone) {
    match change {
        ChangeKind::Added => ('+', Tone::Create),
        ChangeKind::Changed => ('~', Tone::Update),
        ChangeKind::Removed => ('-', Tone::Delete),
    }
}
