//! One field that changes: on one line if it fits, else old above new, and long texts as a small
//! difference with a line of context.

use serde_json::Value as Json;
use similar::{DiffOp, TextDiff};

use super::page::{Page, Tone};
use crate::plan::render::text::{ELLIPSIS, windows};
use crate::plan::render::value::{is_same, lines, members, rows_of, text_of, value, via};
use crate::plan::{Action, ConflictValues, FieldChange};

/// Texts beyond this many bytes or lines are not compared line by line.
const COMPARED_BYTES: usize = 256 * 1024;
const COMPARED_LINES: usize = 4_000;

const INDENT: usize = 6;

/// Writes the fields of a change; fields that stay the same are folded into a count.
pub(super) fn rows(page: &mut Page, action: Action, fields: &[FieldChange]) {
    let (same, changed): (Vec<&FieldChange>, Vec<&FieldChange>) =
        fields.iter().partition(|field| is_same(field));
    for (number, field) in changed.iter().enumerate() {
        if number >= page.caps.fields || !page.has_room() {
            page.shorten();
            let rest = (changed.len() - number) as u64;
            let rest = super::counted(rest, "more field", "more fields");
            page.row(INDENT, Tone::Faint, &rest);
            break;
        }
        row(page, action, field);
    }
    if !same.is_empty() {
        let count = super::counted(same.len() as u64, "field", "fields");
        page.row(INDENT, Tone::Faint, &format!("({count} unchanged)"));
    }
}

fn row(page: &mut Page, action: Action, field: &FieldChange) {
    let path = &field.path;
    if field.sensitive {
        let line = format!("{path}: (sensitive, not shown)");
        page.row(INDENT, Tone::Plain, &line);
        return;
    }
    let before = field.before.as_ref().unwrap_or(&Json::Null);
    let after = field.after.as_ref().unwrap_or(&Json::Null);
    let room = page.value_room(INDENT);
    if action != Action::Create
        && !(before.is_null() && after.is_null())
        && let (Some(before), Some(after)) = (rows_of(before), rows_of(after))
    {
        page.row(INDENT, Tone::Plain, &format!("{path}:"));
        text(page, &before, &after);
        return;
    }
    if action == Action::Create && before.is_null() {
        let line = format!(
            "{path}: {}{}",
            shown(page, after, room),
            via(&field.via, room)
        );
        page.row(INDENT, Tone::Plain, &line);
        return;
    }
    if let (Json::Array(before), Json::Array(after)) = (before, after)
        && let Some(line) = members(before, after, room)
    {
        page.row(INDENT, Tone::Plain, &format!("{path}: {line}"));
        return;
    }
    if let (Json::String(before), Json::String(after)) = (before, after)
        && field.via.is_empty()
        && is_long(before, after, page.room(INDENT + path.chars().count()))
    {
        page.row(INDENT, Tone::Plain, &format!("{path}:"));
        text(page, before, after);
        return;
    }
    let (before, mut after) = (shown(page, before, room), shown(page, after, room));
    after.push_str(&via(&field.via, room));
    let line = format!("{path}: {before} -> {after}");
    if line.chars().count() <= page.room(INDENT) {
        page.row(INDENT, Tone::Plain, &line);
    } else {
        page.row(INDENT, Tone::Plain, &format!("{path}:"));
        page.row(INDENT + 2, Tone::Delete, &format!("- {before}"));
        page.row(INDENT + 2, Tone::Create, &format!("+ {after}"));
    }
}

/// The two values that met in a conflict, each on its line, and what both held before where that is one
/// value; long texts as the difference between the two.
pub(super) fn both(page: &mut Page, values: &ConflictValues) {
    let (left, right) = (&values.testworthy, &values.azure_devops);
    let room = page.value_room(INDENT);
    let (Some(old), Some(new)) = (text_of(left), text_of(right)) else {
        return short(page, values, room);
    };
    if !is_long(&old, &new, page.room(INDENT + 24)) {
        return short(page, values, room);
    }
    let line = "from TestWorthy's value (-) to Azure DevOps' (+):";
    page.row(INDENT, Tone::Plain, line);
    text(page, &old, &new);
}

fn short(page: &mut Page, values: &ConflictValues, room: usize) {
    let sides = [
        ("TestWorthy: ", Some(&values.testworthy)),
        ("Azure DevOps: ", Some(&values.azure_devops)),
        // One value stands for both where they are spelled alike.
        (
            "in accord both held: ",
            values
                .base_testworthy
                .as_ref()
                .filter(|base| values.base_azure_devops.as_ref() == Some(base)),
        ),
    ];
    for (name, value) in sides {
        if let Some(value) = value {
            let value = shown(page, value, room);
            page.row(INDENT, Tone::Plain, &format!("{name}{value}"));
        }
    }
}

/// A value, and a note for the hint at the end if it was cut.
pub(super) fn shown(page: &mut Page, json: &Json, width: usize) -> String {
    let text = value(json, width);
    if text.ends_with("…\"") {
        page.shorten();
    }
    text
}

fn is_long(before: &str, after: &str, room: usize) -> bool {
    before.contains('\n') || after.contains('\n') || before.len() + after.len() + 10 > room
}

fn text(page: &mut Page, before: &str, after: &str) {
    const AT: usize = INDENT + 2;
    let (old, new) = (lines(before), lines(after));
    if before.len().max(after.len()) > COMPARED_BYTES || old.len() + new.len() > COMPARED_LINES {
        let line = format!(
            "a text of {} characters becomes one of {}",
            before.chars().count(),
            after.chars().count()
        );
        page.shorten();
        page.row(AT, Tone::Plain, &line);
        return;
    }
    let difference = TextDiff::from_slices(&old, &new);
    let mut lines = Lines {
        room: page.value_room(AT + 2),
        rows: Vec::new(),
        cut: false,
    };
    for (number, hunk) in difference.grouped_ops(1).iter().enumerate() {
        if number > 0 {
            lines.rows.push((Tone::Faint, "  …".to_owned()));
        }
        for op in hunk {
            lines.add(op, &old, &new);
        }
    }
    if lines.cut {
        page.shorten();
    }
    let total = lines.rows.len();
    let shown = if total > page.caps.diff.saturating_add(1) {
        page.caps.diff
    } else {
        total
    };
    for (tone, line) in lines.rows.iter().take(shown) {
        page.row(AT, *tone, line);
    }
    if shown < total {
        page.shorten();
        let more = format!("  {} more lines of difference", total - shown);
        page.row(AT, Tone::Faint, &more);
    }
}

struct Lines {
    room: usize,
    rows: Vec<(Tone, String)>,
    cut: bool,
}

impl Lines {
    fn add(&mut self, op: &DiffOp, old: &[&str], new: &[&str]) {
        let (before, after) = (&old[op.old_range()], &new[op.new_range()]);
        if matches!(op, DiffOp::Equal { .. }) {
            for line in before {
                let line = self.shown(line, line).0;
                self.push(Tone::Faint, ' ', &line);
            }
            return;
        }
        // Lines that replace each other are cut around their first difference.
        let removed = before.iter().enumerate().map(|(at, line)| {
            let line = self.shown(line, after.get(at).copied().unwrap_or(""));
            (Tone::Delete, '-', line.0)
        });
        let removed: Vec<_> = removed.collect();
        let added = after.iter().enumerate().map(|(at, line)| {
            let line = self.shown(before.get(at).copied().unwrap_or(""), line);
            (Tone::Create, '+', line.1)
        });
        let added: Vec<_> = added.collect();
        for (tone, sign, line) in removed.into_iter().chain(added) {
            self.push(tone, sign, &line);
        }
    }

    fn shown(&mut self, left: &str, right: &str) -> (String, String) {
        let trim = |line: &str| line.trim_end_matches(['\n', '\r']).to_owned();
        let (left, right) = (trim(left), trim(right));
        let pair = windows(&left, &right, self.room);
        self.cut |= [(&pair.0, &left), (&pair.1, &right)]
            .into_iter()
            .any(|(short, whole)| short.contains(ELLIPSIS) && !whole.contains(ELLIPSIS));
        pair
    }

    fn push(&mut self, tone: Tone, sign: char, line: &str) {
        self.rows.push((tone, format!("{sign} {line}")));
    }
}
