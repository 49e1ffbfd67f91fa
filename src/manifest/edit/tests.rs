//! Values go in, everything else stays.

use proptest::prelude::*;
use serde_json::json;

use super::*;

const HEAD: &str = "# head\napiVersion: accord/v1\nkind: MappingTest\nmetadata: { name: a }\n";

fn set(text: &str, pointer: &str, value: Json) -> Result<String, String> {
    let source = SourceFile::new("a.yaml", format!("{HEAD}{text}"));
    let pointer = pointer.to_owned();
    let edits = [Edit {
        document: 0,
        pointer,
        value,
    }];
    edit(&source, &edits).map(|text| text.strip_prefix(HEAD).unwrap().to_owned())
}

#[test]
fn only_the_value_changes() {
    for (before, value, after) in [
        (
            "spec: { x: 1, y:   2 } # c\n",
            json!(3),
            "spec: { x: 3, y:   2 } # c\n",
        ),
        (
            "spec:\n  x:   1   # one\n  # y\n  y: 2\n",
            json!("on"),
            "spec:\n  x:   \"on\"   # one\n  # y\n  y: 2\n",
        ),
        (
            "spec:\n  x: 'a b'\n  y: 2\n",
            json!("it's: 1"),
            "spec:\n  x: 'it''s: 1'\n  y: 2\n",
        ),
        (
            "spec:\n  x: a\n",
            json!("Web Shop\\QA"),
            "spec:\n  x: 'Web Shop\\QA'\n",
        ),
        (
            "spec:\n  x:\n  y: 2\n",
            json!(true),
            "spec:\n  x: true\n  y: 2\n",
        ),
        (
            "spec: { x, y: 2 }\n",
            json!(null),
            "spec: { x: null, y: 2 }\n",
        ),
        (
            "spec:\n  x: [a, b] # c\n",
            json!(["b", "ref:c"]),
            "spec:\n  x: [b, \"ref:c\"] # c\n",
        ),
        (
            "spec:\n  x:\n    - a\n    - b # b\n  # y\n  y: 1\n",
            json!(["c"]),
            "spec:\n  x:\n    - c # b\n  # y\n  y: 1\n",
        ),
        (
            "spec:\n  x:\n  - a\n  y: 1\n",
            json!(["c", "d"]),
            "spec:\n  x:\n  - c\n  - d\n  y: 1\n",
        ),
        (
            "spec:\n  x:\n    - a\n  y: 1\n",
            json!(null),
            "spec:\n  x: null\n  y: 1\n",
        ),
        (
            "spec:\n  x: |\n    a\n    b\n\n  y: 1\n",
            json!("c\n\nd"),
            "spec:\n  x: |-\n    c\n\n    d\n\n  y: 1\n",
        ),
        (
            "spec:\n  x: |\n    a\n  y: 1\n",
            json!("c"),
            "spec:\n  x: c\n  y: 1\n",
        ),
        (
            "spec:\r\n  x: a\r\n  y: 1\r\n",
            json!("c\nd"),
            "spec:\r\n  x: \"c\\nd\"\r\n  y: 1\r\n",
        ),
        (
            "spec:\n  x: a\n     b\n  y: 1\n",
            json!("c"),
            "spec:\n  x: c\n  y: 1\n",
        ),
    ] {
        assert_eq!(
            set(before, "/spec/x", value).as_deref(),
            Ok(after),
            "{before}"
        );
    }
}

#[test]
fn comments_inside_a_value_are_not_lost() {
    for before in [
        "spec:\n  x:\n    # why\n    - a\n    # because\n    - b\n",
        "spec:\n  x: [a, # why\n    b]\n",
        "spec:\n  x: | # why\n    a\n",
    ] {
        assert!(
            set(before, "/spec/x", json!(["c"]))
                .unwrap_err()
                .contains("comments")
        );
    }
    let before = "spec:\n  x: # why\n    - a\n";
    assert!(set(before, "/spec/x", json!(1)).is_err());
    assert_eq!(
        set(before, "/spec/x", json!(["b"])).as_deref(),
        Ok("spec:\n  x: # why\n    - b\n")
    );
}

#[test]
fn what_is_not_there_is_not_made() {
    assert!(set("spec: { x: 1 }\n", "/spec/z", json!(1)).is_err());
}

#[test]
fn a_formatted_file_stays_formatted() {
    let long = "word ".repeat(30);
    let before = "spec:\n  mapping: m\n  cases:\n    - { name: a, direction: toAzureDevOps, given: { title: x }, expect: { A.B: y } }\n";
    let after = set(before, "/spec/cases/0/expect/A.B", json!(long.trim())).unwrap();
    let source = SourceFile::new("a.yaml", format!("{HEAD}{after}"));
    match format(&source) {
        Formatted::Text(text) => assert_eq!(text.as_bytes(), source.bytes),
        other => panic!("{other:?}"),
    }
    assert!(
        after.contains("\n      direction: toAzureDevOps\n"),
        "{after}"
    );
}

fn any_value() -> impl Strategy<Value = Json> {
    let scalar = prop_oneof![
        Just(json!(null)),
        any::<bool>().prop_map(Json::from),
        any::<i64>().prop_map(Json::from),
        (-1e9..1e9_f64).prop_map(Json::from),
        any::<String>().prop_map(Json::from),
        "[-a #:'\"\\\\{},\\[\\]|>&*!%@`\n\t\u{200b}\u{85}]{0,8}".prop_map(Json::from),
        prop::sample::select(vec!["on", "NULL", "1", "2026-01-01", "0x1F", "~"])
            .prop_map(Json::from),
    ];
    let texts = proptest::collection::vec("[ a-z:#'\",]{0,4}".prop_map(Json::from), 0..4);
    prop_oneof![3 => scalar, 1 => texts.prop_map(Json::from)]
}

/// The comments are longer than any text of `any_value` that is likely to look like one.
fn any_shape() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "spec: { w: 1, x: old, y: 2 } # comment c\n",
        "spec:\n  # comment w\n  w: 1\n  x: 'old' # comment x\n  # comment y\n  y: 2\n",
        "spec:\n  x:\n  y: 2\n",
        "spec:\n  x: |\n    old\n      lines\n  # comment y\n  y: 2\n",
        "spec:\n  x: >+\n    old\n\n  y: 2\n",
        "spec:\n  x:\n    - old\n    - b # comment b\n  y: 2\n",
        "spec:\n  x: [old,\n    b]\n  y: 2\n",
        "spec:\n  x: \"old\n    text\"\n  y: 2\n",
    ])
}

proptest! {
    /// `edit` proves its own result; this shows that it has one, and that nothing around the value moved.
    #[test]
    fn every_value_can_be_written_everywhere(shape in any_shape(), value in any_value()) {
        let after = set(shape, "/spec/x", value.clone()).unwrap();
        let whole = format!("{HEAD}{after}");
        let documents = parsed("a.yaml", &whole).unwrap();
        let read = documents[0].1.pointer("/spec/x").unwrap();
        if let (Json::Number(read), Json::Number(value)) = (read, &value) {
            // 41.0 is read as 41.
            prop_assert_eq!(read.as_f64(), value.as_f64());
        } else {
            prop_assert_eq!(read, &value);
        }
        for comment in ["# comment c", "# comment w", "# comment x", "# comment y", "# comment b"] {
            prop_assert_eq!(shape.contains(comment), after.contains(comment), "{}", after);
        }
        let tail = "\n  y: 2\n";
        prop_assert_eq!(shape.ends_with(tail), after.ends_with(tail), "{}", after);
    }
}
