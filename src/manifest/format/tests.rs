//! What the formatter does with texts that people write.

use super::*;

fn formatted(text: &str) -> String {
    match format(&SourceFile::new("a.yaml", text)) {
        Formatted::Text(text) => text,
        other => panic!("{other:?}\n{text}"),
    }
}

/// A mapping's `spec` from this text, formatted, without the header.
fn spec(text: &str) -> String {
    let head = "apiVersion: accord/v1\nkind: FieldMapping\nmetadata: { name: m }\n";
    let whole = formatted(&format!("{head}{text}"));
    whole.strip_prefix(head).expect("the header").to_owned()
}

#[test]
fn keys_stand_in_the_declared_order_and_free_ones_in_theirs() {
    let text = "spec:\n  z: 1\n  drift: report\n  direction: toAzureDevOps\n  a: 1\n  scope: { testworthy: { \
                cases: [1], suites: [2] } }\n  conflicts:\n    fields: { z: manual, a: latest }\n    \
                default: merge\nmetadata:\n  name: r\nkind: SyncRule\napiVersion: accord/v1\n";
    assert_eq!(
        formatted(text),
        "apiVersion: accord/v1\nkind: SyncRule\nmetadata:\n  name: r\nspec:\n  scope: { testworthy: { suites: \
         [2], cases: [1] } }\n  direction: toAzureDevOps\n  conflicts:\n    default: merge\n    fields: { z: \
         manual, a: latest }\n  drift: report\n  z: 1\n  a: 1\n"
    );
}

#[test]
fn an_unknown_kind_gets_its_header_in_order_and_no_more() {
    let text = "spec: { b: 1, a: 2 }\nkind: SyncRul\napiVersion: accord/v1\n";
    let expected = "apiVersion: accord/v1\nkind: SyncRul\nspec:\n  b: 1\n  a: 2\n";
    assert_eq!(formatted(text), expected);
}

#[test]
fn rows_keep_their_order_and_braces_where_they_fit() {
    let long = "x".repeat(80);
    let text = format!(
        "spec:\n    fields: [{{azureDevOps: A, testworthy: title}},{{azureDevOps: {long}, testworthy: \
         description , as: 'text'}}, # long\n     {{constant: a,\n      azureDevOps: B}}]\n"
    );
    let expected = format!(
        "spec:\n  fields:\n    - {{ testworthy: title, azureDevOps: A }}\n    # long\n    - testworthy: \
         description\n      azureDevOps: {long}\n      as: text\n    - {{ constant: a, azureDevOps: B }}\n"
    );
    assert_eq!(spec(&text), expected);
}

#[test]
fn the_widest_row_has_120_columns() {
    for (length, is_flat) in [(120, true), (121, false)] {
        let row = |name: &str| format!("    - {{ testworthy: title, azureDevOps: {name} }}");
        let name = "ü".repeat(length - row("").chars().count());
        let text = format!(
            "spec:\n  fields:\n{} # a comment does not count\n",
            row(&name)
        );
        assert_eq!(spec(&text) == text, is_flat, "{length}");
    }
}

#[test]
fn comments_stay_at_what_they_speak_of() {
    let text = "spec: # of spec
  azureDevOps: Test Case   # the type
  # of testworthy
  testworthy:  # kept
    # as well
    TestCase
  fields:
  # of the first row
  - azureDevOps: A

    # of its field
    testworthy: title
    # end of the row

  # of the second row
  -    # beside it
    testworthy: priority
    values:   # of values
      # nothing here yet
    azureDevOps: B
  - { testworthy: type, # inside
      azureDevOps: C
      # end of braces
    } # behind braces
    # end of the rows
  # end of spec
# end of the document
";
    let expected = "spec: # of spec
  # of testworthy
  # as well
  testworthy: TestCase  # kept
  azureDevOps: Test Case   # the type
  fields:
    # of the first row
    -
      # of its field
      testworthy: title
      azureDevOps: A
      # end of the row

    # of the second row
    # beside it
    - testworthy: priority
      azureDevOps: B
      values:   # of values
        # nothing here yet
    # behind braces
    - testworthy: type # inside
      azureDevOps: C
      # end of braces
    # end of the rows
  # end of spec
# end of the document
";
    assert_eq!(spec(text), expected);
}

#[test]
fn what_stands_above_the_first_key_speaks_of_the_document() {
    let text = "\n# yaml-language-server: $schema=x\n\n\n# A rule.\n\nkind: SyncRule # first\napiVersion: accord/v1\n";
    let expected = "# yaml-language-server: $schema=x\n\n# A rule.\n\napiVersion: accord/v1\nkind: SyncRule # first\n";
    assert_eq!(formatted(text), expected);
}

#[test]
fn blank_lines_stay_but_never_two_and_none_at_the_start_of_a_block() {
    let text = "spec:\n\n\n  fields:\n\n    - { testworthy: a }\n\n\n\n    - { testworthy: b }\n    - { testworthy: c }\n\n\n";
    let expected = "spec:\n  fields:\n    - { testworthy: a }\n\n    - { testworthy: b }\n    - { testworthy: c }\n";
    assert_eq!(spec(text), expected);
}

#[test]
fn block_scalars_keep_every_byte_of_their_content() {
    let text = "spec:\n    a: |\n          text  \n            more\n\n          # no comment\n    # a comment\n    b: >-   # why\n        folded\n        text\n\n          kept\n\n\n    c: |+\n        end\n\n\n    d: |2\n          deep\n        flat\n    e: |\n    f: >+\n\n    g: |-\n        last";
    let expected = "spec:\n  a: |\n    text  \n      more\n\n    # no comment\n  # a comment\n  b: >-   # why\n    folded\n    text\n\n      kept\n\n  c: |+\n    end\n\n\n  d: |2\n        deep\n      flat\n  e: |\n  f: >+\n\n  g: |-\n    last\n";
    assert_eq!(spec(text), expected);
}

/// Its text has no line end, so it must not get one.
#[test]
fn a_block_scalar_at_the_end_of_a_file_without_a_line_end_says_the_same_afterwards() {
    for (style, after) in [("|", "|-"), (">", ">-"), ("|-", "|-"), (">+", ">-")] {
        let text = format!("spec:\n  a: {style}\n    x");
        assert_eq!(spec(&text), format!("spec:\n  a: {after}\n    x\n"));
    }
}

/// A blank line behind it would become part of it.
#[test]
fn nothing_is_added_to_a_kept_block_scalar_that_moves() {
    let text = "spec:\n  fields: []\n\n  azureDevOps: b\n  testworthy: |+\n    a\n";
    assert_eq!(
        spec(text),
        "spec:\n  testworthy: |+\n    a\n  azureDevOps: b\n  fields: []\n"
    );
}

#[test]
fn texts_of_several_lines_and_keys_of_unusual_forms() {
    let text = "spec:\n    a: one\n      two\n\n      three # end\n    b: \"one\n\n         two\\\n         three\"\n    ? |\n      key\n    # of the value\n    : 1\n    ? 'x'  # of x\n    : 2\n    \"y\" : 3\n    'on': 4\n    list:\n    - - p\n      - q\n    -\n      r: s\n    - [t: u, {v: }, , ]\n";
    let text = text.replace(", , ]", "]");
    let expected = "spec:\n  a: one\n    two\n\n    three # end\n  b: \"one\n\n    two\\\n    three\"\n  # of the value\n  \"key\\n\": 1\n  # of x\n  x: 2\n  \"y\": 3\n  'on': 4\n  list:\n    - - p\n      - q\n    - r: s\n    - [{ t: u }, { v: null }]\n";
    assert_eq!(spec(&text), expected);
}

#[test]
fn json_becomes_yaml_of_the_usual_look() {
    let text = "{\"spec\": {\"settle\": \"0s\", \"manifests\": [\"a\"]}, \"kind\": \"Project\",\n \"metadata\": {\"name\": \"json\"}, \"apiVersion\": \"accord/v1\"}";
    let expected = "apiVersion: accord/v1\nkind: Project\nmetadata: { name: json }\nspec:\n  manifests: [a]\n  settle: \"0s\"\n";
    assert_eq!(formatted(text), expected);
}

#[test]
fn documents_of_others_stay_as_they_are() {
    let foreign = "# theirs\n\n\n  a:   &x  1   # c\n  b: *x\n";
    let text = format!(
        "---   # first\n{foreign}...\n\n\n# between\n\n\n---\nkind: SyncRule\napiVersion: accord/v1\n\n\n---\n\n--- {{a:   1}}"
    );
    let expected = format!(
        "---   # first\n{foreign}...\n\n# between\n---\napiVersion: accord/v1\nkind: SyncRule\n---\n\n--- {{a:   1}}"
    );
    assert_eq!(formatted(&text), expected);
    for alone in [foreign, "", "# nothing\n", "a: 1\r\n", "---\n---\n"] {
        let result = format_of(alone);
        assert!(
            matches!(result, Formatted::Foreign),
            "{alone:?}: {result:?}"
        );
    }
}

fn format_of(text: &str) -> Formatted {
    format(&SourceFile::new("a.yaml", text))
}

#[test]
fn line_ends_become_lf_and_the_byte_order_mark_goes() {
    let text = "\u{FEFF}kind: SyncRule # a\r\napiVersion: accord/v1\r\nspec:\r\n  x: |\r\n    a\r\n    b\r\n  y: \"a\r\n    b\"";
    let expected = "apiVersion: accord/v1\nkind: SyncRule # a\nspec:\n  x: |\n    a\n    b\n  y: \"a\n    b\"\n";
    assert_eq!(formatted(text), expected);
}

#[test]
fn what_cannot_be_read_is_refused_with_its_findings() {
    for (text, code) in [
        ("a: [", "invalid-yaml"),
        ("kind: SyncRule\nspec: &a 1\n", "anchor"),
        ("kind: SyncRule\nspec: { a: 1, a: 2 }\n", "duplicate-key"),
        ("kind: SyncRule\nspec: !!str 1\n", "tag"),
        ("kind: SyncRule\nspec: \u{202e}\n", "forbidden-character"),
        ("kind: SyncRule\nspec: .inf\n", "number-not-finite"),
    ] {
        match format_of(text) {
            Formatted::Refused(findings) => assert_eq!(findings[0].code.code, code, "{text}"),
            other => panic!("{text}: {other:?}"),
        }
    }
}

/// A list of a hundred thousand comments in brackets, and one of keys behind `?`.
#[test]
fn large_files_take_their_time_but_not_its_square() {
    let mut text = "kind: SyncRule\napiVersion: accord/v1\nspec:\n  list: [".to_owned();
    text.extend(std::iter::repeat_n("a, # c\n    ", 20_000));
    text.push_str("a]\n");
    let once = formatted(&text);
    assert!(once.lines().count() > 20_000);
}
