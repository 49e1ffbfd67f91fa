//! What changed in the manifests, in words that every form shares, and as Markdown for a comment.

use std::fmt::Write as _;

use super::text::{cut, escape};
use crate::manifest::compare::{
    ChangeKind, DeclarationChange, KeyChange, Level, ManifestChanges, ManifestDiff, ManifestSummary,
};

/// The most bytes of a page in Markdown: GitHub takes 65,536 characters in one comment.
const MOST_BYTES: usize = 60_000;

/// The most keys of one declaration.
const MOST_KEYS: usize = 50;

/// Characters of one value.
const LONGEST_VALUE: usize = 300;

/// `1 added, 2 changed`.
pub(super) fn tally(summary: ManifestSummary) -> String {
    let parts = [
        (summary.added, "added"),
        (summary.changed, "changed"),
        (summary.removed, "removed"),
    ];
    let parts: Vec<String> = parts
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, what)| format!("{count} {what}"))
        .collect();
    if parts.is_empty() {
        "nothing changed".to_owned()
    } else {
        parts.join(", ")
    }
}

/// Where a declaration stands and what it touches.
pub(super) fn about(change: &DeclarationChange) -> Vec<String> {
    let mut parts = Vec::new();
    if let Some(origin) = &change.origin {
        parts.push(format!("{}:{}", origin.file, origin.line));
    }
    let rules = match change.rules.as_slice() {
        [] => None,
        [rule] => Some(format!("of {rule}")),
        rules => Some(format!("of {} rules", rules.len())),
    };
    if let Some(rules) = rules {
        parts.push(match change.linked_items {
            Some(1) => format!("touches 1 linked item {rules}"),
            Some(count) => format!("touches {count} linked items {rules}"),
            None => format!("touches items {rules}"),
        });
    }
    match change.planned {
        None => {}
        Some(1) => parts.push("causes 1 change of this plan".to_owned()),
        Some(count) => parts.push(format!("causes {count} changes of this plan")),
    }
    parts
}

/// `"a" -> "b"`, or the one value that there is.
pub(super) fn added_values(key: &KeyChange) -> String {
    if key.sensitive {
        return "(sensitive, not shown)".to_owned();
    }
    match (&key.before, &key.after) {
        (Some(before), Some(after)) => format!("{before} -> {after}"),
        (Some(one), None) | (None, Some(one)) => one.to_string(),
        (None, None) => "(not shown)".to_owned(),
    }
}

/// A comparison as Markdown, at most 60,000 bytes: what does not fit is left out from the bottom, and the
/// page says so.
pub fn markdown(diff: &ManifestDiff) -> String {
    let title = format!(
        "### Manifests: {}\n\nFrom {} to {}.",
        tally(diff.summary),
        code(&diff.from.label()),
        code(&diff.to.label())
    );
    page(&title, &diff.changes, MOST_BYTES)
}

/// What changed in the manifests as a section of a plan in Markdown, at most `most` bytes.
pub fn markdown_section(changes: &ManifestChanges, most: usize) -> String {
    let since = code(&changes.since.label());
    if let Some(problem) = &changes.problem {
        return format!("### Manifests\n\n> :warning: {}\n", sentence(problem));
    }
    let title = format!(
        "### Manifests: {}\n\nSince {since}.",
        tally(changes.summary)
    );
    page(&title, &changes.changes, most)
}

fn page(title: &str, changes: &[DeclarationChange], most: usize) -> String {
    let mut page = format!("{title}\n");
    for (number, change) in changes.iter().enumerate() {
        let entry = entry(change);
        // Room for the sentence that says what is missing.
        if page.len() + entry.len() + 120 > most {
            let _ = writeln!(
                page,
                "\n*{} more are left out for their length; `accord diff` shows all.*",
                changes.len() - number
            );
            break;
        }
        page.push_str(&entry);
    }
    page
}

fn entry(change: &DeclarationChange) -> String {
    let verb = match change.change {
        ChangeKind::Added => "added",
        ChangeKind::Changed => "changed",
        ChangeKind::Removed => "removed",
    };
    let mut text = format!("\n**{}** {verb}", code(&change.address));
    let details: Vec<String> = about(change).iter().map(|part| sentence(part)).collect();
    if !details.is_empty() {
        let _ = write!(text, " ({})", details.join(", "));
    }
    text.push_str("\n\n");
    for attention in &change.attention {
        let mark = match attention.level {
            Level::Danger => ":rotating_light: **",
            Level::Caution => ":warning: ",
        };
        let end = if attention.level == Level::Danger {
            "**"
        } else {
            ""
        };
        let _ = writeln!(text, "- {mark}{}{end}", sentence(&attention.message));
    }
    for key in change.keys.iter().take(MOST_KEYS) {
        let value = cut(&added_values(key), LONGEST_VALUE);
        let verb = match key.change {
            ChangeKind::Added => "added ",
            ChangeKind::Changed => "",
            ChangeKind::Removed => "removed ",
        };
        let _ = writeln!(text, "- {verb}{}: {}", code(&key.path), code(&value));
    }
    if change.keys.len() > MOST_KEYS {
        let _ = writeln!(text, "- and {} more keys", change.keys.len() - MOST_KEYS);
    }
    text
}

/// Foreign text as code: nothing in it is markup, a link or the name of a person to be called.
fn code(text: &str) -> String {
    let text = escape(text);
    let mut longest = 0;
    let mut run = 0;
    for c in text.chars() {
        run = if c == '`' { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    let fence = "`".repeat(longest + 1);
    if longest > 0 || text.starts_with(' ') || text.is_empty() {
        format!("{fence} {text} {fence}")
    } else {
        format!("{fence}{text}{fence}")
    }
}

/// A sentence that may hold foreign names.
fn sentence(text: &str) -> String {
    if text.contains('@') {
        return code(text);
    }
    let mut safe = String::with_capacity(text.len() + 16);
    for c in escape(text).chars() {
        if c.is_ascii_punctuation() && !matches!(c, ',' | '.' | ';' | '\'' | '%' | '/' | '-') {
            safe.push('\\');
        }
        safe.push(c);
    }
    safe
}

#[cfg(test)]
mod tests;
