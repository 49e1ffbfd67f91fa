//! What changed in the manifests: a part of a plan's page, and the page of `accord diff`.

use std::fmt::Write as _;

use super::inline::{code, prose};
use super::{COMMENT_BYTES, Unit};
use crate::manifest::compare::{
    ChangeKind, DeclarationChange, KeyChange, Level, ManifestChanges, ManifestDiff,
};
use crate::plan::render::manifests::{about, added_values, tally};

/// The most keys of one declaration.
const MOST_KEYS: usize = 50;

/// Characters of one value.
const VALUE: usize = 300;

/// Characters of a sentence.
const MESSAGE: usize = 600;

/// A comparison as Markdown, short enough for one comment: what does not fit is left out from the bottom, and
/// the page says so. Text of manifests reaches it only as code or plain words.
pub fn manifests(diff: &ManifestDiff) -> String {
    let mut page = format!(
        "### Manifests: {}\n\nFrom {} to {}.\n",
        tally(diff.summary),
        code(&diff.from.label(), 120),
        code(&diff.to.label(), 120)
    );
    for (number, change) in diff.changes.iter().enumerate() {
        let entry = entry(change);
        // Room for the sentence that says what is missing.
        if page.len() + entry.len() + 120 > COMMENT_BYTES {
            let _ = writeln!(
                page,
                "\n*{} more are left out for their length; `accord diff` shows all.*",
                diff.changes.len() - number
            );
            break;
        }
        page.push('\n');
        page.push_str(&entry);
    }
    page
}

/// What stands above the changes in a plan.
pub(super) fn head(changes: &ManifestChanges) -> String {
    let since = code(&changes.since.label(), 120);
    format!(
        "### Manifests: {} since {since}\n\n",
        tally(changes.summary)
    )
}

/// Why nobody can say what changed.
pub(super) fn problem(problem: &str) -> Unit {
    Unit {
        text: format!(":warning: {}\n\n", prose(problem, MESSAGE)),
        count: 1,
    }
}

/// A declaration in a plan.
pub(super) fn unit(change: &DeclarationChange) -> Unit {
    Unit {
        text: format!("{}\n", entry(change)),
        count: 1,
    }
}

fn entry(change: &DeclarationChange) -> String {
    let verb = match change.change {
        ChangeKind::Added => "added",
        ChangeKind::Changed => "changed",
        ChangeKind::Removed => "removed",
    };
    let mut text = format!("**{}** {verb}", code(&change.address, 200));
    let details: Vec<String> = about(change)
        .iter()
        .map(|part| prose(part, MESSAGE))
        .collect();
    if !details.is_empty() {
        let _ = write!(text, " ({})", details.join(", "));
    }
    text.push_str("\n\n");
    for attention in &change.attention {
        let mark = match attention.level {
            Level::Danger => ":rotating_light: **Danger:**",
            Level::Caution => ":warning:",
        };
        let _ = writeln!(text, "- {mark} {}", prose(&attention.message, MESSAGE));
    }
    for key in change.keys.iter().take(MOST_KEYS) {
        text.push_str(&of_key(key));
    }
    if change.keys.len() > MOST_KEYS {
        let _ = writeln!(text, "- and {} more keys", change.keys.len() - MOST_KEYS);
    }
    text
}

fn of_key(key: &KeyChange) -> String {
    let verb = match key.change {
        ChangeKind::Added => "added ",
        ChangeKind::Changed => "",
        ChangeKind::Removed => "removed ",
    };
    let value = code(&added_values(key), VALUE);
    format!("- {verb}{}: {value}\n", code(&key.path, 200))
}

#[cfg(test)]
mod tests;
