//! The law of `--update`: afterwards the examples hold, what held before is untouched, and nothing else
//! changes.

use std::fmt::Write as _;

use proptest::prelude::*;
use serde_json::{Value as Json, json};

use super::update::rewrite;
use super::{Ran, examples};
use crate::diagnostics::SourceFile;
use crate::manifest::format::{Formatted, format};
use crate::manifest::{ReadOptions, read};
use crate::mapping::example::Verdict;
use crate::model::config::MappingTest;

const MAPPING: &str = "\
apiVersion: accord/v1
kind: FieldMapping
metadata: { name: m }
spec:
  testworthy: TestCase
  azureDevOps: Test Case
  fields:
    - { testworthy: title, azureDevOps: System.Title }
    - { testworthy: priority, azureDevOps: Custom.Priority, as: picklist, values: { High: 1, Low: 2 }, reverse: { 3: Low } }
    - { testworthy: estimate, azureDevOps: Custom.Estimate, as: number }
    - { testworthy: smoke, azureDevOps: System.Tags, tag: smoke }
    - { testworthy: refs, azureDevOps: System.Tags, as: set, prefix: \"ref:\" }
    - { testworthy: gherkin, azureDevOps: Custom.Gherkin, as: text }
";

/// A document with these examples, written in one of two ways.
fn document(name: &str, cases: &[(Json, Json)], block: bool) -> SourceFile {
    let mut text = format!(
        "# {name}\napiVersion: accord/v1\nkind: MappingTest\nmetadata: {{ name: {name} }}\nspec:\n  mapping: m\n  cases:\n"
    );
    for (index, (given, expect)) in cases.iter().enumerate() {
        let head = format!("name: e{index}, direction: toAzureDevOps, given: {given}");
        if block {
            let _ = writeln!(
                text,
                "    # {index}\n    - name: e{index} # n\n      direction: toAzureDevOps\n      given: {given}\n      expect:"
            );
            for (field, value) in expect.as_object().into_iter().flatten() {
                let _ = writeln!(text, "        {field}: {value} # v");
            }
        } else {
            let _ = writeln!(text, "    - {{ {head}, expect: {expect} }} # {index}");
        }
    }
    SourceFile::new(format!("{name}.yaml"), text)
}

fn ran(sources: &[SourceFile]) -> Vec<Ran> {
    let loaded = read(sources.to_vec(), &ReadOptions::default());
    let config = loaded
        .config
        .unwrap_or_else(|| panic!("{:#?}", loaded.findings));
    let tests: Vec<&MappingTest> = config.mapping_tests.values().collect();
    examples(&config, &tests, sources)
}

fn value() -> impl Strategy<Value = Json> {
    prop_oneof![
        Just(json!(null)),
        (-9..9_i64).prop_map(Json::from),
        any::<bool>().prop_map(Json::from),
        "[ -~ä\n]{0,12}".prop_map(Json::from),
        proptest::collection::vec("[a-z#: ]{1,4}".prop_map(Json::from), 0..3).prop_map(Json::from),
    ]
}

fn case() -> impl Strategy<Value = (Json, Json)> {
    let text = "[ -~ä\n]{0,12}";
    let priority = prop::sample::select(vec!["High", "Low", "low ", "Other"]);
    let refs = proptest::collection::vec("[a-zA-Z]{1,3}", 0..3);
    let given = (text, priority, any::<bool>(), refs, text, -50..50_i64).prop_map(
        |(title, priority, smoke, refs, gherkin, estimate)| {
            json!({ "title": title, "priority": priority, "smoke": smoke, "refs": refs,
                "gherkin": gherkin, "estimate": estimate })
        },
    );
    let expect = [value(), value(), value(), value(), value()].prop_map(|[a, b, c, d, e]| {
        json!({ "System.Title": a, "Custom.Priority": b, "Custom.Estimate": c, "System.Tags": d, "Custom.Gherkin": e })
    });
    (given, expect)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]
    #[test]
    fn after_an_update_the_examples_hold(
        cases in proptest::collection::vec(case(), 1..4),
        block in any::<bool>(),
        tidy in any::<bool>(),
    ) {
        let holding = document("holds", &[(json!({ "title": "Pay" }), json!({ "System.Title": "Pay" }))], block);
        let mut failing = document("fails", &cases, block);
        if tidy && let Formatted::Text(text) = format(&failing) {
            failing.bytes = text.into_bytes();
        }
        let mut sources = vec![failing, holding, SourceFile::new("m.yaml", MAPPING)];
        sources.sort_by(|left, right| left.path.cmp(&right.path));
        let before = ran(&sources);
        let (updated, new) = rewrite(&sources, &before);
        prop_assert!(new.iter().all(|(at, _)| sources[*at].path == "fails.yaml"), "a file without failures is touched");
        for (at, text) in new {
            let was_tidy = matches!(format(&sources[at]), Formatted::Text(text) if text.as_bytes() == sources[at].bytes);
            for mark in ["# fails\n", "# 0"] {
                prop_assert!(text.contains(mark), "{text}");
            }
            sources[at].bytes = text.into_bytes();
            if was_tidy {
                let again = match format(&sources[at]) {
                    Formatted::Text(text) => text.into_bytes(),
                    _ => Vec::new(),
                };
                prop_assert_eq!(&again, &sources[at].bytes);
            }
        }
        let after = ran(&sources);
        for (old, now) in before.iter().zip(&after) {
            let refused = updated.refused.iter().any(|refused| refused.test == now.test.as_str() && refused.example == now.name);
            prop_assert_eq!(now.verdict == Verdict::Passed, !refused, "{:?}", now.verdict);
            prop_assert_eq!(&old.given, &now.given);
        }
        // Only what has no value is left to a person.
        for refused in &updated.refused {
            prop_assert!(refused.reason.contains("has no value"), "{}", refused.reason);
        }
        let (again, untouched) = rewrite(&sources, &after);
        prop_assert!(again.changes.is_empty() && untouched.is_empty());
    }
}
