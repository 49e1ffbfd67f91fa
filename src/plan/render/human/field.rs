//! One field that changes: on one line if it fits, else old above new, and long texts as a small
//! difference with a line of context.

use serde_json::Value as Json;
use similar::{DiffOp, TextDiff};

use super::page::{Page, Tone};
use crate::plan::render::text::{ELLIPSIS, quote, windows};
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
            let rest = super::page::counted(rest, "more field", "more fields");
            page.row(INDENT, Tone::Faint, &rest);
            break;
        }
        row(page, action, field);
    }
    if !same.is_empty() {
        let count = super::page::counted(same.len() as u64, "field", "fields");
        page.row(INDENT, Tone::Faint, &format!("({count} unchanged)"));
    }
}

fn is_same(field: &FieldChange) -> bool {
    !field.sensitive && field.before.is_some() && field.before == field.after
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

/// A text, or steps and parameters line by line.
fn text_of(value: &Json) -> Option<String> {
    match value {
        Json::String(text) => Some(text.clone()),
        Json::Null => Some(String::new()),
        other => rows_of(other),
    }
}

/// Steps and parameters as one line for each step or row; nothing is no line. `None` for other values.
fn rows_of(value: &Json) -> Option<String> {
    let lines: Vec<String> = match value {
        Json::Null => Vec::new(),
        Json::Array(members) if !members.is_empty() => {
            let steps = members.iter().enumerate();
            steps
                .map(|(index, step)| Some(format!("{}. {}", index + 1, step_of(step)?)))
                .collect::<Option<_>>()?
        }
        Json::Object(table) => {
            let cells = |row: &Json| -> Option<String> {
                let cells: Option<Vec<&str>> = row.as_array()?.iter().map(Json::as_str).collect();
                Some(cells?.join(" | "))
            };
            let names = std::iter::once(cells(table.get("names")?));
            let rows = table.get("rows")?.as_array()?.iter().map(cells);
            names.chain(rows).collect::<Option<_>>()?
        }
        _ => return None,
    };
    Some(lines.join("\n"))
}

/// One step on one line.
fn step_of(step: &Json) -> Option<String> {
    let step = step.as_object()?;
    if let Some(shared) = step.get("shared") {
        return Some(format!("(shared steps of work item {shared})"));
    }
    let action = on_one_line(step.get("action")?.as_str()?);
    Some(match step.get("expected").and_then(Json::as_str) {
        Some(expected) => format!("{action} => {}", on_one_line(expected)),
        None => action,
    })
}

/// Without the mark-up of a single paragraph, and without line ends.
fn on_one_line(html: &str) -> String {
    let inner = html
        .strip_prefix("<p>")
        .and_then(|rest| rest.strip_suffix("</p>"))
        .filter(|inner| !inner.contains("<p>"));
    inner.unwrap_or(html).replace('\n', " ")
}

/// The values on the way, in parentheses; nothing if there are none.
fn via(between: &[String], width: usize) -> String {
    if between.is_empty() {
        return String::new();
    }
    let between: Vec<String> = between.iter().map(|state| quote(state, width)).collect();
    format!(" (via {})", between.join(", "))
}

/// A value, and a note for the hint at the end if it was cut.
pub(super) fn shown(page: &mut Page, json: &Json, width: usize) -> String {
    let text = value(json, width);
    if text.ends_with("…\"") {
        page.shorten();
    }
    text
}

/// A value as a person reads it: texts in quotes, lists in brackets, nothing as `(none)`.
fn value(value: &Json, width: usize) -> String {
    match value {
        Json::Null => "(none)".to_owned(),
        Json::String(text) => quote(text, width),
        Json::Array(members) if members.first().is_some_and(Json::is_object) => {
            let steps = rows_of(value).unwrap_or_default();
            let count = super::page::counted(members.len() as u64, "step", "steps");
            format!("{count}: {}", quote(&steps.replace('\n', "  "), width))
        }
        Json::Array(members) => {
            // A list is cut with the line; its members are not worth more than the line has.
            let mut list = String::from("[");
            for (number, member) in members.iter().enumerate() {
                if number > 0 {
                    list.push_str(", ");
                }
                list.push_str(&self::value(member, width));
                if list.len() > width.saturating_mul(4) {
                    break;
                }
            }
            list.push(']');
            list
        }
        other => other.to_string(),
    }
}

/// What was added to a list and what was taken away; `None` if only its order differs.
fn members(before: &[Json], after: &[Json], width: usize) -> Option<String> {
    let missing = |from: &[Json], other: &[Json]| -> Vec<String> {
        let others: std::collections::HashSet<&Json> = other.iter().collect();
        from.iter()
            .filter(|member| !others.contains(member))
            .map(|member| value(member, width))
            .collect()
    };
    let (removed, added) = (missing(before, after), missing(after, before));
    if removed.is_empty() && added.is_empty() {
        return None;
    }
    let mut parts = Vec::new();
    if !added.is_empty() {
        parts.push(format!("added {}", added.join(", ")));
    }
    if !removed.is_empty() {
        parts.push(format!("removed {}", removed.join(", ")));
    }
    let kept = before.len() - removed.len();
    if kept > 0 {
        parts.push(format!("{kept} kept"));
    }
    Some(parts.join("; "))
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

/// The lines of a text. Markup often stands on one line, so that its blocks count as lines too.
fn lines(text: &str) -> Vec<&str> {
    const BLOCKS: [&str; 11] = [
        "p", "div", "li", "ul", "ol", "tr", "table", "br", "pre", "step", "steps",
    ];
    let mut lines = Vec::new();
    let mut start = 0;
    let mut tag = None;
    for (at, c) in text.char_indices() {
        match c {
            '<' => tag = Some(at + 1),
            '>' => {
                let name = tag.take().map_or("", |from| &text[from..at]);
                let is_break = name.starts_with("br");
                let name = name.trim_end_matches(['/', ' ']);
                let closed = name.strip_prefix('/').or(is_break.then_some(name));
                if closed.is_some_and(|n| BLOCKS.iter().any(|b| b.eq_ignore_ascii_case(n))) {
                    lines.push(&text[start..=at]);
                    start = at + 1;
                }
            }
            '\n' => {
                lines.push(&text[start..=at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    if start < text.len() {
        lines.push(&text[start..]);
    }
    lines.retain(|line| *line != "\n" && *line != "\r\n");
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_of_markup_are_lines() {
        assert_eq!(
            lines("<div>a</div><p>b</p>c<br/>d\n\ne<BR>f"),
            ["<div>a</div>", "<p>b</p>", "c<br/>", "d\n", "e<BR>f"]
        );
        assert_eq!(lines("plain"), ["plain"]);
        assert_eq!(lines("a < b > c"), ["a < b > c"]);
        assert!(lines("").is_empty());
    }

    #[test]
    fn lists_show_what_came_and_went() {
        let list =
            |members: &[&str]| -> Vec<Json> { members.iter().map(|m| Json::from(*m)).collect() };
        assert_eq!(
            members(&list(&["a", "b"]), &list(&["b", "c"]), 40).unwrap(),
            "added \"c\"; removed \"a\"; 1 kept"
        );
        assert_eq!(members(&list(&["a", "b"]), &list(&["b", "a"]), 40), None);
    }
}
