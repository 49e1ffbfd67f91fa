//! Examples run as creates would.

use indexmap::IndexMap;
use serde_json::{Value as Json, json};

use super::{Difference, Got, Outcome, Verdict, run};
use crate::mapping::testing::{
    constant_row, field_row, mapping, prefix_row, priority_row, tag_row,
};
use crate::model::config::{
    Codec, Example, FieldMapping, MappingTest, Origin, Row, Unmapped, ValueMap,
};
use crate::model::{Direction, Name, System, Value};

fn rows() -> FieldMapping {
    mapping(vec![
        field_row("title", "System.Title"),
        priority_row(),
        tag_row("smoke", "smoke"),
        tag_row("regression", "regression"),
        prefix_row("refs", "ref:"),
        Row {
            codec: Some(Codec::DateTime),
            direction: Some(Direction::ToAzureDevOps),
            ..field_row("modifiedOn", "Custom.When")
        },
        Row {
            sensitive: true,
            ..field_row("custom.account", "Custom.Account")
        },
        Row {
            on_create: true,
            ..constant_row(Value::text("TestWorthy"), "Custom.Origin")
        },
    ])
}

fn object(json: Json) -> IndexMap<String, Json> {
    serde_json::from_value(json).unwrap()
}

pub(super) fn example(target: System, given: Json, expect: Json, waits: &[&str]) -> MappingTest {
    let origin = Origin {
        file: "tests.yaml".to_owned(),
        line: 1,
    };
    MappingTest {
        name: Name::new("examples").unwrap(),
        mapping: Name::new("test-case").unwrap(),
        cases: vec![Example {
            name: "one".to_owned(),
            target,
            given: object(given),
            expect: object(expect),
            waits: waits.iter().map(|field| (*field).to_owned()).collect(),
            origin: origin.clone(),
        }],
        document: 0,
        origin,
    }
}

fn verdict(mapping: &FieldMapping, test: &MappingTest) -> Verdict {
    let mut outcomes: Vec<Outcome<'_>> = run(mapping, test, None);
    assert_eq!(outcomes.len(), 1);
    outcomes.remove(0).verdict
}

fn to_azure(given: Json, expect: Json) -> Verdict {
    verdict(&rows(), &example(System::AzureDevOps, given, expect, &[]))
}

fn to_testworthy(given: Json, expect: Json) -> Verdict {
    verdict(&rows(), &example(System::TestWorthy, given, expect, &[]))
}

fn difference(verdict: Verdict) -> Difference {
    match verdict {
        Verdict::Failed(mut differences) if differences.len() == 1 => differences.remove(0),
        other => panic!("{other:?}"),
    }
}

#[test]
fn tables_tags_and_constants_take_part_as_in_a_create() {
    let given = json!({ "priority": "P1 - Must Test", "smoke": true, "refs": ["TW-1", "TW-2"] });
    let expect = json!({
        "Microsoft.VSTS.Common.Priority": 1,
        "System.Tags": ["ref:tw-2", "SMOKE", "ref:TW-1"],
        "Custom.Origin": "TestWorthy",
        "Custom.When": null,
    });
    assert_eq!(to_azure(given, expect), Verdict::Passed);
    let given = json!({ "System.Tags": "smoke; ref:A; accord; other", "Microsoft.VSTS.Common.Priority": 4 });
    let expect =
        json!({ "priority": "P3 - Good to Test", "smoke": true, "regression": null, "refs": "A" });
    assert_eq!(to_testworthy(given, expect), Verdict::Passed);
}

#[test]
fn spellings_of_one_meaning_are_the_same_and_others_are_not() {
    let given = json!({ "title": "  Pay  twice ", "modifiedOn": "2026-05-06T09:08:09.5+02:00" });
    let expect = json!({ "System.Title": "Pay twice", "Custom.When": "2026-05-06T07:08:09Z" });
    assert_eq!(to_azure(given.clone(), expect), Verdict::Passed);
    let wrong = difference(to_azure(given, json!({ "System.Title": "Pay Twice" })));
    assert_eq!(wrong.got, Got::Value(json!("Pay twice")));
    assert_eq!(wrong.expected, Some(json!("Pay Twice")));
    let priority = |expected: Json| {
        let given = json!({ "priority": "p1 - must test" });
        to_azure(given, json!({ "Microsoft.VSTS.Common.Priority": expected }))
    };
    assert_eq!(priority(json!("1")), Verdict::Passed);
    let got = Got::Value(json!(1));
    assert_eq!(difference(priority(json!(2))).got, got);
    assert_eq!(difference(priority(json!(null))).got, got);
    assert_eq!(difference(priority(json!(["1", "2"]))).got, got);
}

#[test]
fn what_has_no_entry_waits_and_an_example_can_say_so() {
    let given = json!({ "priority": "P9" });
    let field = "Microsoft.VSTS.Common.Priority";
    for expected in [json!(null), json!(1)] {
        let wrong = difference(to_azure(given.clone(), json!({ field: expected })));
        assert!(matches!(&wrong.got, Got::Waits(reason) if reason.contains("P9")));
    }
    let waits = |given: Json| {
        let test = example(System::AzureDevOps, given, json!({}), &[field]);
        verdict(&rows(), &test)
    };
    assert_eq!(waits(given), Verdict::Passed);
    let wrong = difference(waits(json!({ "priority": "P2 - Should Test" })));
    assert_eq!((wrong.expected, wrong.got), (None, Got::Value(json!(2))));
}

#[test]
fn an_empty_title_waits_only_if_it_was_given() {
    let test = example(
        System::AzureDevOps,
        json!({ "title": "", "smoke": true }),
        json!({ "System.Tags": ["smoke"] }),
        &["System.Title"],
    );
    assert_eq!(verdict(&rows(), &test), Verdict::Passed);
    let given = json!({ "smoke": false });
    let expect = json!({ "System.Title": null, "System.Tags": null });
    assert_eq!(to_azure(given, expect), Verdict::Passed);
}

#[test]
fn a_skipped_item_writes_nothing() {
    let mapping = mapping(vec![
        field_row("title", "System.Title"),
        Row {
            values: Some(ValueMap {
                unmapped: Unmapped::SkipItem,
                ..crate::mapping::testing::values(&[("a", 1)], &[])
            }),
            ..field_row("priority", "Microsoft.VSTS.Common.Priority")
        },
    ]);
    let given = json!({ "title": "Pay", "priority": "b" });
    let test = example(
        System::AzureDevOps,
        given,
        json!({ "System.Title": "Pay" }),
        &[],
    );
    let wrong = difference(verdict(&mapping, &test));
    assert!(matches!(wrong.got, Got::Waits(reason) if reason.contains("whole item")));
}

#[test]
fn a_mapping_that_cannot_go_that_way_says_why() {
    let mapping = mapping(vec![field_row("createdOn", "Custom.When")]);
    let given = json!({ "Custom.When": "2026-05-06T07:08:09Z" });
    let test = example(System::TestWorthy, given, json!({ "createdOn": null }), &[]);
    match verdict(&mapping, &test) {
        Verdict::NotComputed(findings) => assert!(findings.iter().any(|f| f.code.code == "L03")),
        other => panic!("{other:?}"),
    }
}

#[test]
fn sensitive_rows_are_known() {
    let given = json!({ "custom.account": "a" });
    let wrong = difference(to_azure(given, json!({ "Custom.Account": "b" })));
    assert!(wrong.sensitive);
}
