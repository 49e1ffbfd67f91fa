//! What changed in the manifests, below the rules of safety.

use std::cmp::Reverse;

use super::escape::{Html, line};
use super::summary::{counted, digits, open_part};
use crate::manifest::compare::{Attention, ChangeKind, DeclarationChange, Level, ManifestChanges};
use crate::plan::render::manifests::{about, added_values, tally};

/// Declarations that are shown at most.
const DECLARATIONS: usize = 40;

/// How much of a declaration is shown.
#[derive(Clone, Copy, Debug)]
struct Form {
    sentences: usize,
    keys: usize,
}

const FULL: Form = Form {
    sentences: 5,
    keys: 5,
};

/// Where there is little room: what a reviewer must not miss and nothing else.
const LEAST: Form = Form {
    sentences: 2,
    keys: 0,
};

/// The section, its list in `room` bytes.
pub(super) fn section(page: &mut Html, changes: &ManifestChanges, room: usize) {
    let mut levels = changes.changes.iter().map(DeclarationChange::level);
    let loud = changes.problem.is_some() || levels.any(|level| level == Some(Level::Danger));
    let since = line(&changes.since.label(), 120);
    let count = format!("{} since {since}", tally(changes.summary));
    open_part(page, ("manifests", "Manifests"), &count, loud);
    if let Some(problem) = &changes.problem {
        page.element("p", &[("class", "help")], &line(problem, 600));
    } else if changes.changes.is_empty() {
        let same = "They mean the same as before.";
        page.element("p", &[("class", "help")], same);
    } else {
        list(page, &changes.changes, room);
    }
    page.close("details");
    page.close("section");
}

fn list(page: &mut Html, changes: &[DeclarationChange], room: usize) {
    page.open("ul", &[("class", "rules")]);
    let (mut room, mut told) = (room, 0);
    for change in changes.iter().take(DECLARATIONS) {
        let mut piece = entry(change, FULL);
        if piece.len() > room {
            piece = entry(change, LEAST);
        }
        if piece.len() > room {
            break;
        }
        room -= piece.len();
        told += 1;
        page.append(&piece);
    }
    if told < changes.len() {
        let left = digits((changes.len() - told) as u64);
        let rest = format!("and {left} more; the plan as JSON has all");
        page.element("li", &[], &rest);
    }
    page.close("ul");
}

fn entry(change: &DeclarationChange, form: Form) -> Html {
    let mut page = Html::default();
    let (class, word) = match change.level() {
        Some(Level::Danger) => ("blocked", "danger"),
        Some(Level::Caution) => ("accepted", "caution"),
        None => ("passes", "note"),
    };
    page.open("li", &[("class", class)]);
    page.element("span", &[("class", "badge")], word);
    page.open("div", &[]);
    page.open("p", &[]);
    page.element("span", &[("class", "at")], &line(&change.address, 200));
    page.text(match change.change {
        ChangeKind::Added => " added",
        ChangeKind::Changed => " changed",
        ChangeKind::Removed => " removed",
    });
    let details = about(change).join(", ");
    if !details.is_empty() {
        page.text(" (");
        page.text(&line(&details, 400));
        page.text(")");
    }
    page.close("p");
    let mut attention: Vec<&Attention> = change.attention.iter().collect();
    attention.sort_by_key(|one| Reverse(one.level));
    for one in attention.iter().take(form.sentences) {
        page.open("p", &[]);
        if one.level == Level::Danger {
            page.element("strong", &[], "Danger:");
            page.text(" ");
        }
        page.text(&line(&one.message, 400));
        page.close("p");
    }
    for key in change.keys.iter().take(form.keys) {
        page.open("p", &[("class", "help")]);
        page.text(match key.change {
            ChangeKind::Added => "added ",
            ChangeKind::Changed => "",
            ChangeKind::Removed => "removed ",
        });
        page.element("code", &[], &line(&key.path, 160));
        page.text(": ");
        page.text(&line(&added_values(key), 300));
        page.close("p");
    }
    let mut left = Vec::new();
    for (count, most, one, many) in [
        (attention.len(), form.sentences, "warning", "warnings"),
        (change.keys.len(), form.keys, "key", "keys"),
    ] {
        if count > most {
            left.push(counted((count - most) as u64, one, many));
        }
    }
    if !left.is_empty() {
        let left = format!("and {} more; the plan as JSON has all", left.join(" and "));
        page.element("p", &[("class", "help")], &left);
    }
    page.close("div");
    page.close("li");
    page
}
