//! One change, or one group of equal ones, as a `<details>` element with a difference inside.

use std::fmt::Write as _;

use serde_json::Value as Json;
use similar::{DiffOp, TextDiff};

use super::inline::{calm, code, html, longest_run, prose};
use crate::plan::order::declaration;
use crate::plan::render::group::Group;
use crate::plan::render::text::{cut, windows};
use crate::plan::render::value::{is_same, lines, members, text_of, value, via};
use crate::plan::render::words::{because, counted, id, noun, partner, plural, verb_of};
use crate::plan::{Action, Change, FieldChange};

/// Texts beyond this many bytes are not compared line by line.
const COMPARED_BYTES: usize = 128 * 1024;
const COMPARED_LINES: usize = 2_000;

/// How much one element shows.
#[derive(Clone, Copy, Debug)]
pub(super) struct Caps {
    /// Fields of a change.
    pub(super) fields: usize,
    /// Lines of all its differences.
    pub(super) lines: usize,
    /// Characters of a line.
    pub(super) width: usize,
    /// Items of a group.
    pub(super) items: usize,
}

/// The element, blank line behind it; as short as it has to be to stay below `longest` bytes.
pub(super) fn details(group: &Group<'_>, caps: Caps, longest: usize) -> String {
    let tight = Caps {
        fields: 5,
        lines: 10,
        width: 80,
        items: 3,
    };
    let bare = Caps {
        fields: 0,
        lines: 0,
        width: 40,
        items: 0,
    };
    let fits = |caps: &Caps| element(group, *caps);
    [caps, tight]
        .iter()
        .map(fits)
        .find(|element| element.len() <= longest)
        .unwrap_or_else(|| element(group, bare))
}

fn element(group: &Group<'_>, caps: Caps) -> String {
    let first = group.first();
    let mut text = format!("<details><summary>{}</summary>\n\n", summary(group));
    let address = match group.changes.len() {
        1 => first.address.as_str(),
        _ => declaration(&first.address),
    };
    let origin = format!("{}:{}", first.origin.file, first.origin.line);
    let _ = writeln!(
        text,
        "{}, declared at {}\n",
        code(address, 200),
        code(&origin, 200)
    );
    let difference = difference(group, caps);
    if !difference.is_empty() {
        let longest = difference.iter().map(|line| longest_run(line)).max();
        let fence = "`".repeat(longest.unwrap_or(0).max(2) + 1);
        let _ = writeln!(text, "{fence}diff\n{}\n{fence}\n", difference.join("\n"));
    }
    if group.changes.len() > 1 {
        items(&mut text, group, caps);
    }
    text.push_str("</details>\n\n");
    text
}

/// `update 3 work items in the same way: changed in TestWorthy`, as HTML.
fn summary(group: &Group<'_>) -> String {
    let first = group.first();
    let why = html(&because(first.reason, first.system), 200);
    format!(
        "{} {}: {why}",
        verb_of(first),
        subject(group, |title| {
            format!("<code>{}</code>", html(title, 80))
        })
    )
}

/// What a group is about; `quoted` shows a title or address.
pub(super) fn subject(group: &Group<'_>, quoted: impl Fn(&str) -> String) -> String {
    let first = group.first();
    if group.changes.len() > 1 {
        let count = group.changes.len() as u64;
        let alike = match first.action {
            Action::Update if !first.fields.is_empty() => " in the same way",
            _ => "",
        };
        let items = counted(count, noun(first.system), plural(first.system));
        return format!("{items}{alike}");
    }
    if first.is_configuration() {
        return format!("{} in {}", quoted(&first.address), first.system);
    }
    let has_item = first.item.testworthy.is_some() || first.item.azure_devops.is_some();
    // Without an id the address stands for it, and that is foreign text.
    let name = if has_item {
        id(first)
    } else {
        quoted(&first.address)
    };
    let partner = match first.action {
        Action::Link => partner(first),
        _ => String::new(),
    };
    let title = quoted(&first.item.title);
    if first.action == Action::Create && verb_of(first) == "create" {
        return format!("{} for {name} {title}", noun(first.system));
    }
    format!("{name}{partner} {title}")
}

fn items(text: &mut String, group: &Group<'_>, caps: Caps) {
    for change in group.changes.iter().take(caps.items) {
        let has_item = change.item.testworthy.is_some() || change.item.azure_devops.is_some();
        let name = if has_item {
            id(change)
        } else {
            code(&change.address, 200)
        };
        let partner = match change.action {
            Action::Link => partner(change),
            _ => String::new(),
        };
        let _ = writeln!(text, "- {name}{partner} {}", code(&change.item.title, 80));
    }
    let more = group.changes.len().saturating_sub(caps.items);
    if more > 0 {
        let _ = writeln!(text, "- and {more} more");
    }
    text.push('\n');
}

/// Lines of a `diff` block.
fn difference(group: &Group<'_>, caps: Caps) -> Vec<String> {
    let first = group.first();
    let mut lines = Vec::new();
    if first.action == Action::Create && group.changes.len() > 1 {
        let (alike, differing) = group.common();
        let alike: Vec<FieldChange> = alike.into_iter().cloned().collect();
        fields(&mut lines, first, &alike, caps);
        if !differing.is_empty() {
            let names: Vec<String> = differing.iter().take(20).map(|path| calm(path)).collect();
            lines.push(cut(
                &format!("  each its own: {}", names.join(", ")),
                caps.width * 4,
            ));
        }
    } else {
        fields(&mut lines, first, &first.fields, caps);
    }
    if lines.len() > caps.lines + 1 {
        lines.truncate(caps.lines);
        lines.push("  (more lines are left out)".to_owned());
    }
    if lines.is_empty() && first.action == Action::Update {
        lines.push("  only Accord's marker is written".to_owned());
    }
    lines
}

fn fields(lines: &mut Vec<String>, change: &Change, fields: &[FieldChange], caps: Caps) {
    let (same, changed): (Vec<&FieldChange>, Vec<&FieldChange>) =
        fields.iter().partition(|field| is_same(field));
    let mut shown = 0;
    for field in changed.iter().take(caps.fields) {
        if lines.len() > caps.lines {
            break;
        }
        one(lines, change.action, field, caps);
        shown += 1;
    }
    let more = (changed.len() - shown) as u64;
    if more > 0 {
        lines.push(format!(
            "  ({})",
            counted(more, "more field", "more fields")
        ));
    }
    if !same.is_empty() {
        let count = counted(same.len() as u64, "field", "fields");
        lines.push(format!("  ({count} unchanged)"));
    }
}

fn one(lines: &mut Vec<String>, action: Action, field: &FieldChange, caps: Caps) {
    lines.push(format!("@@ {} @@", cut(&calm(&field.path), caps.width)));
    if field.sensitive {
        lines.push("  (sensitive, not shown)".to_owned());
        return;
    }
    let null = Json::Null;
    let before = field.before.as_ref().unwrap_or(&null);
    let after = field.after.as_ref().unwrap_or(&null);
    if let (Json::Array(old), Json::Array(new)) = (before, after)
        && !old.iter().chain(new).any(Json::is_object)
        && let Some(came_and_went) = members(old, new, caps.width)
    {
        let short: String = came_and_went.chars().take(caps.width * 2 + 1).collect();
        lines.push(format!("! {}", cut(&calm(&short), caps.width * 2)));
        return;
    }
    if let (Some(old), Some(new)) = (text_of(before), text_of(after))
        && (old.contains('\n') || new.contains('\n') || old.len() + new.len() > caps.width)
        && field.via.is_empty()
    {
        texts(lines, action, (&old, &new), caps);
        return;
    }
    let shown = |json: &Json| {
        let text = value(json, caps.width);
        let start: String = text.chars().take(caps.width + 1).collect();
        cut(&calm(&start), caps.width)
    };
    if !(action == Action::Create && before.is_null()) {
        lines.push(format!("- {}", shown(before)));
    }
    lines.push(format!(
        "+ {}{}",
        shown(after),
        cut(&calm(&via(&field.via, 60)), 400)
    ));
}

/// Two long texts as a difference with one line around it.
fn texts(out: &mut Vec<String>, action: Action, (old, new): (&str, &str), caps: Caps) {
    let (before, after) = (lines(old), lines(new));
    let long = old.len().max(new.len()) > COMPARED_BYTES;
    if long || before.len() + after.len() > COMPARED_LINES {
        out.push(format!(
            "! a text of {} characters becomes one of {}",
            old.chars().count(),
            new.chars().count()
        ));
        return;
    }
    let put = |out: &mut Vec<String>, sign: char, line: &str, other: &str| {
        let trim = |line: &str| line.trim_end_matches(['\n', '\r']).to_owned();
        let (shown, _) = windows(&trim(line), &trim(other), caps.width);
        out.push(format!("{sign} {}", cut(&calm(&shown), caps.width)));
    };
    if action == Action::Create && old.is_empty() {
        for line in &after {
            put(out, '+', line, line);
        }
        return;
    }
    let difference = TextDiff::from_slices(&before, &after);
    for (number, hunk) in difference.grouped_ops(1).iter().enumerate() {
        if number > 0 {
            out.push("  …".to_owned());
        }
        for op in hunk {
            let (was, is) = (&before[op.old_range()], &after[op.new_range()]);
            if matches!(op, DiffOp::Equal { .. }) {
                for line in was {
                    put(out, ' ', line, line);
                }
                continue;
            }
            for (at, line) in was.iter().enumerate() {
                put(out, '-', line, is.get(at).copied().unwrap_or(""));
            }
            for (at, line) in is.iter().enumerate() {
                put(out, '+', line, was.get(at).copied().unwrap_or(""));
            }
        }
    }
}

/// Why a group changes, for a cell.
pub(super) fn why(group: &Group<'_>) -> String {
    let first = group.first();
    prose(&because(first.reason, first.system), 200)
}
