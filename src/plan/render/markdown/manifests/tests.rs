//! Markdown that a stranger's manifests cannot break out of.

use serde_json::json;

use super::*;
use crate::manifest::compare::{Attention, DeclaredAt, ManifestSide};

fn key(path: &str, before: &str, after: &str) -> KeyChange {
    KeyChange {
        path: path.to_owned(),
        change: ChangeKind::Changed,
        before: Some(json!(before)),
        after: Some(json!(after)),
        sensitive: false,
    }
}

fn changed(keys: Vec<KeyChange>, message: &str) -> DeclarationChange {
    DeclarationChange {
        address: "FieldMapping/test-case".to_owned(),
        change: ChangeKind::Changed,
        origin: Some(DeclaredAt {
            file: "mappings/test-case.yaml".to_owned(),
            line: 3,
        }),
        attention: vec![Attention {
            level: Level::Danger,
            message: message.to_owned(),
        }],
        keys,
        rules: vec!["checkout".to_owned()],
        linked_items: Some(9),
        planned: None,
    }
}

fn diff(changes: Vec<DeclarationChange>) -> ManifestDiff {
    let side = |name: &str| ManifestSide {
        name: Some(name.to_owned()),
        commit: None,
        digest: String::new(),
    };
    ManifestDiff::new(side("main"), side("topic"), changes)
}

#[test]
fn foreign_text_is_neither_markup_nor_a_mention() {
    let hostile = "``` </details> <script> [a](https://b) @everyone\n# x";
    let page = manifests(&diff(vec![changed(
        vec![key("spec.x", hostile, "b")],
        "row `<b>` [x](https://y) & *z*",
    )]));
    let code_begins = page.find("spec.x").expect("the key");
    assert!(page[code_begins..].contains("````"), "{page}");
    assert!(!page.contains(" <b>") && !page.contains(" [x]"), "{page}");
    assert!(!page.contains("\n# x"), "{page}");
    let calling = manifests(&diff(vec![changed(Vec::new(), "for @everyone")]));
    assert!(!calling.contains(" @everyone"), "{calling}");
}

#[test]
fn a_page_keeps_its_budget_and_says_what_is_missing() {
    let one = changed(vec![key("spec.x", &"a".repeat(5_000), "b")], "x");
    let page = manifests(&diff(vec![one; 2_000]));
    assert!(page.len() <= COMMENT_BYTES, "{}", page.len());
    assert!(page.len() > COMMENT_BYTES / 2, "{}", page.len());
    assert!(page.ends_with("more are left out for their length; `accord diff` shows all.*\n"));
}

#[test]
fn sensitive_values_are_not_shown() {
    let mut hidden = key("spec.fields[secret].values", "a", "b");
    (hidden.before, hidden.after, hidden.sensitive) = (None, None, true);
    let page = manifests(&diff(vec![changed(vec![hidden], "x")]));
    assert!(page.contains("(sensitive, not shown)"), "{page}");
}
