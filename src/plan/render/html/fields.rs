//! A changed field as the page shows it: a value, a text with its changed words, a list, steps.

use serde::Serialize;
use serde_json::Value as Json;
use similar::{Algorithm, DiffOp, capture_diff_slices};

use super::escape::{block, line};
use super::words::{Effort, Segment, Tone, compare, folded};
use crate::plan::{Action, FieldChange};

/// Characters of a path.
const PATH: usize = 160;

/// A text that is longer is compared by words.
const SHORT: usize = 60;

/// How much of each value a page has room for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Limits {
    /// Characters of a text.
    pub(super) text: usize,
    /// Steps of a list of steps, members of a list.
    pub(super) members: usize,
    /// Fields of an item.
    pub(super) fields: usize,
}

/// A field of a change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct FieldView {
    /// The target's field.
    #[serde(rename = "p")]
    pub(super) path: String,
    /// What becomes of it.
    #[serde(flatten)]
    pub(super) content: Content,
}

/// What becomes of a field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "k")]
pub(super) enum Content {
    /// The values are left out of the plan.
    #[serde(rename = "s")]
    Sensitive,
    /// A short value; `None` is one that is not told (a create has no value before).
    #[serde(rename = "v")]
    Value {
        /// Before.
        #[serde(rename = "b", skip_serializing_if = "Option::is_none")]
        before: Option<String>,
        /// Afterwards.
        #[serde(rename = "a")]
        after: String,
        /// On the way.
        #[serde(rename = "via", skip_serializing_if = "Vec::is_empty")]
        via: Vec<String>,
    },
    /// A text.
    #[serde(rename = "d")]
    Text {
        /// Word by word.
        #[serde(rename = "d")]
        segments: Vec<Segment>,
        /// Whether its tags are to be dimmed.
        #[serde(rename = "h", skip_serializing_if = "std::ops::Not::not")]
        markup: bool,
    },
    /// A list without order.
    #[serde(rename = "l")]
    Members {
        /// What comes.
        #[serde(rename = "add")]
        added: Vec<String>,
        /// What goes.
        #[serde(rename = "del")]
        removed: Vec<String>,
        /// How many stay.
        #[serde(rename = "keep")]
        kept: usize,
        /// How many are left out here.
        #[serde(rename = "left", skip_serializing_if = "is_zero")]
        left: usize,
    },
    /// Steps.
    #[serde(rename = "t")]
    Steps {
        /// In order; those that stay are folded.
        #[serde(rename = "r")]
        rows: Vec<StepView>,
        /// Whether a step expects something, so that there is a column for it.
        #[serde(rename = "e", skip_serializing_if = "std::ops::Not::not")]
        expects: bool,
    },
}

/// A step, or several that stay.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct StepView {
    /// `=` stays, `-` goes, `+` comes, `~` changes; a fold of so many that stay has none.
    #[serde(rename = "m", skip_serializing_if = "Option::is_none")]
    pub(super) mark: Option<char>,
    /// Its number, the new one if it stays; how many are folded.
    #[serde(rename = "n")]
    pub(super) number: usize,
    /// What to do.
    #[serde(rename = "a", skip_serializing_if = "Vec::is_empty")]
    pub(super) action: Vec<Segment>,
    /// What to expect.
    #[serde(rename = "x", skip_serializing_if = "Vec::is_empty")]
    pub(super) expected: Vec<Segment>,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes a reference"
)]
fn is_zero(count: &usize) -> bool {
    *count == 0
}

/// The view of a field; `None` if it stays as it is.
pub(super) fn view(
    field: &FieldChange,
    action: Action,
    limits: Limits,
    effort: &mut Effort,
) -> Option<FieldView> {
    let content = if field.sensitive {
        Content::Sensitive
    } else {
        if field.before.is_some() && field.before == field.after {
            return None;
        }
        let before = field.before.as_ref().unwrap_or(&Json::Null);
        let after = field.after.as_ref().unwrap_or(&Json::Null);
        let new = action == Action::Create && before.is_null();
        content(before, after, new, &field.via, limits, effort)
    };
    Some(FieldView {
        path: line(&field.path, PATH),
        content,
    })
}

/// Two values of one field; `new` if there is no value before.
pub(super) fn content(
    before: &Json,
    after: &Json,
    new: bool,
    via: &[String],
    limits: Limits,
    effort: &mut Effort,
) -> Content {
    if via.is_empty()
        && !(before.is_null() && after.is_null())
        && let (Some(old), Some(fresh)) = (steps(before), steps(after))
    {
        return of_steps(&old, &fresh, new, limits, effort);
    }
    if let (Some(old), Some(fresh)) = (list(before), list(after))
        && !(before.is_null() && after.is_null())
        && let Some(members) = of_members(&old, &fresh, limits)
    {
        return members;
    }
    if via.is_empty()
        && !(before.is_null() && after.is_null())
        && let (Some(old), Some(fresh)) = (text(before), text(after))
        && (is_long(&old) || is_long(&fresh))
    {
        return of_text(&old, &fresh, new, limits, effort);
    }
    let room = limits.text;
    Content::Value {
        before: (!new).then(|| plain(before, room)),
        after: plain(after, room),
        via: via
            .iter()
            .take(limits.members)
            .map(|state| line(state, SHORT))
            .collect(),
    }
}

/// A value on one line.
pub(super) fn plain(value: &Json, most: usize) -> String {
    match value {
        Json::Null => "(none)".to_owned(),
        Json::String(text) if text.is_empty() => "(empty)".to_owned(),
        Json::String(text) => line(text, most),
        Json::Array(members) if members.iter().all(|m| !m.is_object() && !m.is_array()) => {
            let mut text = String::new();
            for (number, member) in members.iter().enumerate() {
                if number > 0 {
                    text.push_str(", ");
                }
                text.push_str(&plain(member, most));
                if text.len() > most.saturating_mul(4) {
                    break;
                }
            }
            line(if members.is_empty() { "(none)" } else { &text }, most)
        }
        other => line(&other.to_string(), most),
    }
}

fn is_long(text: &str) -> bool {
    text.contains(['\n', '<']) || text.chars().nth(SHORT).is_some()
}

/// A text, and nothing as an empty one; parameters line by line.
fn text(value: &Json) -> Option<String> {
    match value {
        Json::Null => Some(String::new()),
        Json::String(text) => Some(text.clone()),
        Json::Object(table) => {
            let cells = |row: &Json| -> Option<String> {
                let cells: Option<Vec<&str>> = row.as_array()?.iter().map(Json::as_str).collect();
                Some(cells?.join(" | "))
            };
            let names = std::iter::once(cells(table.get("names")?));
            let rows = table.get("rows")?.as_array()?.iter().map(cells);
            let lines: Option<Vec<String>> = names.chain(rows).collect();
            Some(lines?.join("\n"))
        }
        _ => None,
    }
}

fn of_text(before: &str, after: &str, new: bool, limits: Limits, effort: &mut Effort) -> Content {
    let (old, fresh, markup) =
        if let (Some(old), Some(fresh)) = (paragraphs(before), paragraphs(after)) {
            (old, fresh, false)
        } else if before.contains("</") || after.contains("</") {
            (laid_out(before), laid_out(after), true)
        } else {
            (before.to_owned(), after.to_owned(), false)
        };
    let (old, fresh) = (block(&old), block(&fresh));
    let segments = if new {
        vec![Segment::new(Tone::Same, fresh)]
    } else {
        compare(&old, &fresh, effort)
    };
    Content::Text {
        segments: folded(segments, limits.text),
        markup,
    }
}

/// The paragraphs of a text that has nothing else, without their tags, which then say nothing.
fn paragraphs(html: &str) -> Option<String> {
    if html.is_empty() {
        return Some(String::new());
    }
    let mut rest = html;
    let mut lines = Vec::new();
    while !rest.is_empty() {
        let (inner, more) = rest.strip_prefix("<p>")?.split_once("</p>")?;
        if inner.contains(['<', '\n']) {
            return None;
        }
        lines.push(inner);
        rest = more;
    }
    Some(lines.join("\n"))
}

/// Formatted text often stands on one line; every block of it gets its own.
fn laid_out(html: &str) -> String {
    const BLOCKS: [&str; 14] = [
        "p", "div", "li", "ul", "ol", "tr", "table", "pre", "h1", "h2", "h3", "h4", "h5", "h6",
    ];
    let mut out = String::with_capacity(html.len() + html.len() / 8);
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let length = super::words::tag(rest).unwrap_or(1);
        let (tag, more) = rest.split_at(length);
        out.push_str(tag);
        let name = tag.trim_matches(['<', '>', '/', ' ']);
        let opens = matches!(name, "ul" | "ol") && !tag.starts_with("</");
        let closes = tag.starts_with("</") && BLOCKS.contains(&name);
        if (opens || closes || name == "br") && !more.is_empty() && !more.starts_with('\n') {
            out.push('\n');
        }
        rest = more;
    }
    out.push_str(rest);
    out
}

/// A list of plain values; nothing as an empty one.
fn list(value: &Json) -> Option<Vec<&Json>> {
    match value {
        Json::Null => Some(Vec::new()),
        Json::Array(members) if members.iter().all(|m| !m.is_object() && !m.is_array()) => {
            Some(members.iter().collect())
        }
        _ => None,
    }
}

/// What came and what went; `None` if only the order differs.
fn of_members(before: &[&Json], after: &[&Json], limits: Limits) -> Option<Content> {
    let missing = |from: &[&Json], other: &[&Json]| -> Vec<String> {
        let others: std::collections::HashSet<&Json> = other.iter().copied().collect();
        let mine = from.iter().filter(|member| !others.contains(*member));
        mine.map(|member| plain(member, limits.text.min(SHORT * 4)))
            .collect()
    };
    let (mut removed, mut added) = (missing(before, after), missing(after, before));
    if removed.is_empty() && added.is_empty() {
        return None;
    }
    let kept = before.len() - removed.len();
    let whole = removed.len() + added.len();
    added.truncate(limits.members);
    removed.truncate(limits.members);
    Some(Content::Members {
        kept,
        left: whole - added.len() - removed.len(),
        added,
        removed,
    })
}

/// A step, ready to be compared.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct Step {
    action: String,
    expected: String,
}

/// Steps; nothing as none. `None` for other values.
fn steps(value: &Json) -> Option<Vec<Step>> {
    match value {
        Json::Null => Some(Vec::new()),
        Json::Array(members) if !members.is_empty() => members.iter().map(step).collect(),
        _ => None,
    }
}

fn step(value: &Json) -> Option<Step> {
    let step = value.as_object()?;
    if let Some(shared) = step.get("shared") {
        return Some(Step {
            action: format!(
                "(shared steps of work item {})",
                line(&shared.to_string(), 20)
            ),
            expected: String::new(),
        });
    }
    let shown = |html: &str| block(&paragraphs(html).unwrap_or_else(|| laid_out(html)));
    let expected = step.get("expected").and_then(Json::as_str);
    Some(Step {
        action: shown(step.get("action")?.as_str()?),
        expected: expected.map(shown).unwrap_or_default(),
    })
}

fn of_steps(
    before: &[Step],
    after: &[Step],
    new: bool,
    limits: Limits,
    effort: &mut Effort,
) -> Content {
    let room = limits.text;
    let mut row = |mark: char, number: usize, old: Option<&Step>, fresh: Option<&Step>| {
        let mut side = |part: fn(&Step) -> &str| -> Vec<Segment> {
            let segments = match (old, fresh) {
                (Some(old), Some(fresh)) => compare(part(old), part(fresh), effort),
                (Some(only), None) => vec![Segment::new(Tone::Gone, part(only))],
                (None, Some(only)) if mark == '=' => vec![Segment::new(Tone::Same, part(only))],
                (None, Some(only)) => vec![Segment::new(Tone::New, part(only))],
                (None, None) => Vec::new(),
            };
            let segments = folded(segments, room);
            segments
                .into_iter()
                .filter(|s| !s.text.is_empty())
                .collect()
        };
        StepView {
            mark: Some(mark),
            number,
            action: side(|step| &step.action),
            expected: side(|step| &step.expected),
        }
    };
    let mut rows = Vec::new();
    if new {
        let all = after.iter().enumerate();
        rows.extend(all.map(|(at, step)| row('=', at + 1, None, Some(step))));
    } else {
        let ops = if effort_of_steps(before, after) {
            capture_diff_slices(Algorithm::Myers, before, after)
        } else {
            vec![DiffOp::Replace {
                old_index: 0,
                old_len: before.len(),
                new_index: 0,
                new_len: after.len(),
            }]
        };
        for op in ops {
            let (old, fresh) = (op.old_range(), op.new_range());
            if matches!(op, DiffOp::Equal { .. }) {
                fold(&mut rows, fresh, after, &mut row);
                continue;
            }
            let pairs = old.len().max(fresh.len());
            for at in 0..pairs {
                let (left, right) = (before[old.clone()].get(at), after[fresh.clone()].get(at));
                let (mark, number) = match (left, right) {
                    (Some(_), Some(_)) => ('~', fresh.start + at + 1),
                    (None, _) => ('+', fresh.start + at + 1),
                    (_, None) => ('-', old.start + at + 1),
                };
                rows.push(row(mark, number, left, right));
            }
        }
    }
    if rows.len() > limits.members {
        let left = rows.len() - limits.members;
        rows.truncate(limits.members);
        rows.push(folded_steps(left));
    }
    Content::Steps {
        expects: rows.iter().any(|row| !row.expected.is_empty()),
        rows,
    }
}

/// Lists of steps have tens of members; thousands come from no person and are not compared.
fn effort_of_steps(before: &[Step], after: &[Step]) -> bool {
    before.len() + after.len() <= 1_000
}

fn folded_steps(count: usize) -> StepView {
    StepView {
        mark: None,
        number: count,
        action: Vec::new(),
        expected: Vec::new(),
    }
}

/// Steps that stay: the neighbours of a change, and how many more there are.
fn fold(
    rows: &mut Vec<StepView>,
    range: std::ops::Range<usize>,
    after: &[Step],
    row: &mut impl FnMut(char, usize, Option<&Step>, Option<&Step>) -> StepView,
) {
    let (first, last) = (range.start, range.end);
    let head = if first == 0 {
        first
    } else {
        (first + 1).min(last)
    };
    let tail = if last == after.len() {
        last
    } else {
        (last - 1).max(head)
    };
    let mut whole = |from: usize, to: usize| -> Vec<StepView> {
        let steps = after[from..to].iter().enumerate();
        steps
            .map(|(at, step)| row('=', from + at + 1, None, Some(step)))
            .collect()
    };
    rows.extend(whole(first, head));
    match tail - head {
        0 => {}
        1 => rows.extend(whole(head, tail)),
        count => rows.push(folded_steps(count)),
    }
    rows.extend(whole(tail, last));
}
