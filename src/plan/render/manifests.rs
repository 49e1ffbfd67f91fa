//! What changed in the manifests, in words that every form shares.

use crate::manifest::compare::{DeclarationChange, KeyChange, ManifestSummary};

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
