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

/// Where a declaration stands and what it touches, to be put behind its address.
pub(super) fn about(change: &DeclarationChange) -> String {
    let mut text = String::new();
    if let Some(origin) = &change.origin {
        let _ = write!(text, "  {}:{}", origin.file, origin.line);
    }
    let items = |count: u64| match count {
        1 => "1 linked item".to_owned(),
        count => format!("{count} linked items"),
    };
    match (change.linked_items, change.rules.as_slice()) {
        (_, []) => {}
        (Some(count), [rule]) => {
            let _ = write!(text, "  touches {} of {rule}", items(count));
        }
        (Some(count), rules) => {
            let _ = write!(text, "  touches {} of {} rules", items(count), rules.len());
        }
        (None, [rule]) => {
            let _ = write!(text, "  touches items of {rule}");
        }
        (None, rules) => {
            let _ = write!(text, "  touches items of {} rules", rules.len());
        }
    }
    match change.planned {
        None => {}
        Some(1) => text.push_str("  causes 1 change of this plan"),
        Some(count) => {
            let _ = write!(text, "  causes {count} changes of this plan");
        }
    }
    text
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
    let about = about(change);
    let details: Vec<&str> = about.split("  ").filter(|part| !part.is_empty()).collect();
    if !details.is_empty() {
        let details: Vec<String> = details.into_iter().map(sentence).collect();
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
