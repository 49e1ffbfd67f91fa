//! Values as people read them, in every form: texts in quotes, steps and tables line by line, lists by what
//! came and went.

use serde_json::Value as Json;

use super::text::quote;
use crate::plan::FieldChange;

pub(super) fn is_same(field: &FieldChange) -> bool {
    !field.sensitive && field.before.is_some() && field.before == field.after
}

/// A text, or steps and parameters line by line.
pub(super) fn text_of(value: &Json) -> Option<String> {
    match value {
        Json::String(text) => Some(text.clone()),
        Json::Null => Some(String::new()),
        other => rows_of(other),
    }
}

/// Steps and parameters as one line for each step or row; nothing is no line. `None` for other values.
pub(super) fn rows_of(value: &Json) -> Option<String> {
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
pub(super) fn step_of(step: &Json) -> Option<String> {
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
pub(super) fn on_one_line(html: &str) -> String {
    let inner = html
        .strip_prefix("<p>")
        .and_then(|rest| rest.strip_suffix("</p>"))
        .filter(|inner| !inner.contains("<p>"));
    inner.unwrap_or(html).replace('\n', " ")
}

/// The values on the way, in parentheses; nothing if there are none.
pub(super) fn via(between: &[String], width: usize) -> String {
    if between.is_empty() {
        return String::new();
    }
    let between: Vec<String> = between.iter().map(|state| quote(state, width)).collect();
    format!(" (via {})", between.join(", "))
}

/// A value as a person reads it: texts in quotes, lists in brackets, nothing as `(none)`.
pub(super) fn value(value: &Json, width: usize) -> String {
    match value {
        Json::Null => "(none)".to_owned(),
        Json::String(text) => quote(text, width),
        Json::Array(members) if members.first().is_some_and(Json::is_object) => {
            let steps = rows_of(value).unwrap_or_default();
            let count = super::words::counted(members.len() as u64, "step", "steps");
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
pub(super) fn members(before: &[Json], after: &[Json], width: usize) -> Option<String> {
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

/// The lines of a text. Markup often stands on one line, so that its blocks count as lines too.
pub(super) fn lines(text: &str) -> Vec<&str> {
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
