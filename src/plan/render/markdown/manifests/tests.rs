//! Markdown that a stranger's manifests cannot break out of.

use serde_json::json;

use super::super::{MarkdownOptions, Rendered, markdown};
use super::*;
use crate::manifest::compare::{DeclaredAt, ManifestSide, ManifestSummary};
use crate::plan::sample;

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

/// A comment about a plan that does nothing but change these.
fn comment(changes: Vec<DeclarationChange>) -> Rendered {
    let mut plan = sample::plan(Vec::new());
    plan.manifest_changes = Some(ManifestChanges {
        since: ManifestSide::default(),
        problem: None,
        summary: ManifestSummary::of(&changes),
        changes,
    });
    let options = MarkdownOptions {
        budget_bytes: COMMENT_BYTES,
        ..MarkdownOptions::default()
    };
    markdown(&plan, &options)
}

#[test]
fn a_value_that_nobody_can_read_to_its_end_counts_as_cut() {
    let short = comment(vec![changed(vec![key("spec.x", "a", "b")], "x")]);
    assert!(!short.truncated, "{}", short.text);
    let expression = format!("{} ~ title", "priority ~ ".repeat(72));
    let long = comment(vec![changed(
        vec![key("spec.fields[label].expression", "title", &expression)],
        "x",
    )]);
    assert!(long.truncated && !long.text.contains("~ title"));
    let left_out = "Left out here: values of 1 changed declaration.";
    assert!(long.text.contains(left_out), "{}", long.text);
    let said = comment(vec![changed(Vec::new(), &"word ".repeat(200))]);
    assert!(said.truncated, "{}", said.text);
}

#[test]
fn a_danger_is_told_however_long_its_declaration_is() {
    let keys = |letter: &str| -> Vec<KeyChange> {
        let path = |n: usize| format!("spec.values[{n}{}]", letter.repeat(150));
        let value = letter.repeat(400);
        (0..60).map(|n| key(&path(n), &value, "b")).collect()
    };
    for letter in ["a", "支", "@ "] {
        let page = comment(vec![changed(keys(letter), "credentials go elsewhere")]);
        assert!(page.truncated && page.text.len() <= COMMENT_BYTES);
        assert!(
            page.text.contains("**Danger:** credentials go"),
            "{}",
            page.text
        );
        assert!(page.text.contains("more keys"), "{}", page.text);
        let whole = manifests(&diff(vec![changed(
            keys(letter),
            "credentials go elsewhere",
        )]));
        assert!(whole.contains("**Danger:** credentials go"), "{whole}");
    }
    // Nor does one take the room of the next, or a caution that of a danger.
    let mut loud = changed(keys("a"), "credentials go elsewhere");
    let caution = Attention {
        level: Level::Caution,
        message: "y ".repeat(400),
    };
    let mut cautions = vec![caution; 30];
    cautions.append(&mut loud.attention);
    loud.attention = cautions;
    let page = comment(vec![loud; 4]).text;
    assert_eq!(
        page.matches("**Danger:** credentials go").count(),
        4,
        "{page}"
    );
    assert!(page.contains("more warnings"), "{page}");
}
