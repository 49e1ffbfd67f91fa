//! What changed in the manifests: a part of a plan's page, and the page of `accord diff`.

use std::cmp::Reverse;
use std::fmt::Write as _;

use super::inline::{code, is_cut, prose};
use super::{COMMENT_BYTES, MOST, Unit};
use crate::manifest::compare::{
    Attention, ChangeKind, DeclarationChange, KeyChange, Level, ManifestChanges, ManifestDiff,
};
use crate::plan::render::manifests::{about, added_values, tally};
use crate::plan::render::words::counted;

/// Characters of an address, and of the name of a key.
const NAME: usize = 200;

/// Characters of one value.
const VALUE: usize = 300;

/// Characters of a sentence.
const MESSAGE: usize = 600;

/// Into how many shares the room of a plan's part is parted at most.
const SHARES: usize = 12;

/// How much of a declaration is shown.
#[derive(Clone, Copy, Debug)]
struct Form {
    keys: usize,
    sentences: usize,
    /// Characters of a sentence.
    message: usize,
}

/// From all to the least. Whoever writes manifests says how long a declaration is, so none may be too long
/// for its warnings to be shown: each form holds the worst of them.
const FORMS: [Form; 3] = [
    form(50, usize::MAX, MESSAGE),
    form(5, 10, 300),
    form(0, 3, 160),
];

const fn form(keys: usize, sentences: usize, message: usize) -> Form {
    Form {
        keys,
        sentences,
        message,
    }
}

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
        let (entry, _) = fitting(change, COMMENT_BYTES / 4);
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

/// What a plan says of the manifests within about `room` bytes: why nobody can say what changed, or the
/// declarations that did; each with whether something of it is left out. What is dangerous gets the most room,
/// and a long declaration cannot take it from the next one.
pub(super) fn units(changes: &ManifestChanges, room: usize) -> Vec<(Unit, bool)> {
    let unit = |text: String, cut: bool| (Unit { text, count: 1 }, cut);
    let problem = changes.problem.iter().map(|problem| {
        let text = format!(":warning: {}\n\n", prose(problem, MESSAGE));
        unit(text, is_cut(problem, MESSAGE))
    });
    let shown = || changes.changes.iter().take(MOST);
    let whole: usize = shown().map(|one| entry(one, FORMS[0]).len() + 1).sum();
    let is_dangerous = |one: &DeclarationChange| one.level() == Some(Level::Danger);
    let dangers = shown().filter(|one| is_dangerous(one)).count();
    let longest = |one: &DeclarationChange| {
        if whole <= room {
            usize::MAX
        } else if is_dangerous(one) {
            room / (dangers + 1).min(SHARES)
        } else {
            room / SHARES
        }
    };
    // What is behind these is left out whole, whatever it holds.
    let changes = changes.changes.iter().map(|one| {
        let (text, cut) = fitting(one, longest(one));
        unit(format!("{text}\n"), cut)
    });
    problem.chain(changes).collect()
}

/// The fullest form within `longest` bytes, or the least one, and whether something is left out of it.
fn fitting(change: &DeclarationChange, longest: usize) -> (String, bool) {
    let [.., least] = FORMS;
    let fits = |form: &Form| entry(change, *form).len() <= longest;
    let form = FORMS.into_iter().find(fits).unwrap_or(least);
    (entry(change, form), is_shortened(change, form))
}

/// Whether a form leaves something of a declaration out.
fn is_shortened(change: &DeclarationChange, form: Form) -> bool {
    let message = |text: &str| is_cut(text, form.message);
    change.keys.len() > form.keys
        || change.attention.len() > form.sentences
        || is_cut(&change.address, NAME)
        || about(change).iter().any(|part| message(part))
        || change.attention.iter().any(|one| message(&one.message))
        || change
            .keys
            .iter()
            .any(|key| is_cut(&key.path, NAME) || is_cut(&added_values(key), VALUE))
}

fn entry(change: &DeclarationChange, form: Form) -> String {
    let verb = match change.change {
        ChangeKind::Added => "added",
        ChangeKind::Changed => "changed",
        ChangeKind::Removed => "removed",
    };
    let mut text = format!("**{}** {verb}", code(&change.address, NAME));
    let details: Vec<String> = about(change)
        .iter()
        .map(|part| prose(part, form.message))
        .collect();
    if !details.is_empty() {
        let _ = write!(text, " ({})", details.join(", "));
    }
    text.push_str("\n\n");
    let mut attention: Vec<&Attention> = change.attention.iter().collect();
    attention.sort_by_key(|one| Reverse(one.level));
    let (shown, left) = attention.split_at(form.sentences.min(attention.len()));
    for one in shown {
        let message = prose(&one.message, form.message);
        let _ = writeln!(text, "- {} {message}", mark(one.level));
    }
    if let Some(worst) = left.first() {
        let more = counted(left.len() as u64, "more warning", "more warnings");
        let _ = writeln!(text, "- {} and {more}", mark(worst.level));
    }
    for key in change.keys.iter().take(form.keys) {
        text.push_str(&of_key(key));
    }
    let left = change.keys.len().saturating_sub(form.keys);
    if left > 0 {
        let more = counted(left as u64, "more key", "more keys");
        let _ = writeln!(text, "- and {more}");
    }
    text
}

fn mark(level: Level) -> &'static str {
    match level {
        Level::Danger => ":rotating_light: **Danger:**",
        Level::Caution => ":warning:",
    }
}

fn of_key(key: &KeyChange) -> String {
    let verb = match key.change {
        ChangeKind::Added => "added ",
        ChangeKind::Changed => "",
        ChangeKind::Removed => "removed ",
    };
    let value = code(&added_values(key), VALUE);
    format!("- {verb}{}: {value}\n", code(&key.path, NAME))
}

#[cfg(test)]
mod tests;
