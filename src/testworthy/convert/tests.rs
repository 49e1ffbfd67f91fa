//! The published case object, odd ones, and the way there and back.

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::model::{CASE_FIELDS, CaseFieldKind};

fn published() -> Json {
    serde_json::from_str(
        r#"{
        "id": 210345, "title": "Reject expired card at checkout",
        "display_order": 0, "estimate": 900, "estimate_forecast": null, "milestone_id": 4,
        "template_id": 1, "refs": "AB#5120, TW-14,, ", "rail_case_id": "C227",
        "custom_preconds": "Cart holds one item", "custom_steps": "x", "custom_expected": null,
        "custom_steps_separated": [{"content": "Pay", "expected": "Error"}],
        "custom_mission": null, "custom_goals": "", "test_data": "4000-0001",
        "custom_desc": "<p>Card</p>", "custom_bdd_gherkin": null, "custom_cucumber_tags": null,
        "custom_browser": "Firefox", "custom_count": 2, "custom_labels": ["b", "a"],
        "custom_nested": {"x": 1},
        "is_copy": false, "copy_of_id": null, "tenant_id": 88,
        "smoke": true, "regression": false, "to_automate": false, "automation_type": null,
        "reviewed_by_qa_lead": false, "reviewed_by_qa_manager": false, "reviewed_by_pm": true,
        "custom_module": false, "custom_disabled": true, "custom_automated": false,
        "custom_tobemoved": false,
        "priority": {"id": 3, "name": "P1 - Must Test", "short_name": "High"},
        "type": {"id": 5, "name": "Functional"},
        "user": {"id": 512, "name": "Ada Example", "email": "ada@example.test"},
        "section": {"id": 903, "name": "Checkout", "suite_id": 41, "parent_id": null,
                    "created_on": "2026-02-03T08:12:45.1034207"},
        "suite": {"id": 41, "name": "Web regression", "project_id": 7},
        "created_by": 512, "created_on": "2026-08-11T14:07:52.4410963-05:00",
        "last_modified_by": 513, "last_modified_on": "2026-08-11T14:07:52.4410963",
        "a_field_of_tomorrow": [{"deep": null}]
    }"#,
    )
    .unwrap()
}

fn read(json: &Json) -> Case {
    let mut names = Names::default();
    names.learn(json);
    case(json, &TimeZone::UTC, None, &names).unwrap()
}

#[test]
fn the_published_case() {
    let case = read(&published());
    assert_eq!((case.id, case.suite), (CaseId(210_345), Some(SuiteId(41))));
    assert_eq!(
        (case.project, case.section),
        (Some(7), Some(SectionId(903)))
    );
    assert_eq!(case.section_path, ["Checkout"]);
    assert_eq!(case.refs, ["AB#5120", "TW-14"]);
    assert_eq!(
        case.modified_on,
        "2026-08-11T14:07:52.4410963Z".parse().ok()
    );
    let shown: Vec<String> = case
        .fields
        .iter()
        .map(|(k, v)| format!("{k}={v}"))
        .collect();
    assert_eq!(
        shown,
        [
            "automated=false",
            "createdBy=ada@example.test",
            "createdOn=2026-08-11T19:07:52.4410963Z",
            "custom.browser=Firefox",
            "custom.count=2",
            "custom.labels=a, b",
            "description=<p>Card</p>",
            "disabled=true",
            "estimate=900",
            "milestone=4",
            "modifiedBy=513",
            "modifiedOn=2026-08-11T14:07:52.4410963Z",
            "module=false",
            "preconditions=Cart holds one item",
            "priority=P1 - Must Test",
            "regression=false",
            "reviewedByPm=true",
            "reviewedByQaLead=false",
            "reviewedByQaManager=false",
            "section.name=Checkout",
            "smoke=true",
            r#"steps={"separated":[{"content":"Pay","expected":"Error"}]}"#,
            "suite=Web regression",
            "testData=4000-0001",
            "title=Reject expired card at checkout",
            "toAutomate=false",
            "toBeMoved=false",
            "type=Functional",
        ]
    );
}

#[test]
fn every_member_may_be_null_or_missing_but_the_id() {
    let Json::Object(whole) = published() else {
        unreachable!()
    };
    let names = Names::default();
    for key in whole.keys().filter(|key| *key != "id") {
        let mut nulled = whole.clone();
        nulled.insert(key.clone(), Json::Null);
        let mut cut = whole.clone();
        cut.shift_remove(key);
        let read = |map| {
            case(
                &Json::Object(map),
                &TimeZone::UTC,
                Some(SuiteId(41)),
                &names,
            )
        };
        assert_eq!(read(nulled).unwrap(), read(cut).unwrap(), "{key}");
    }
    let bare = case(&json!({"id": 1}), &TimeZone::UTC, Some(SuiteId(41)), &names).unwrap();
    assert_eq!((bare.suite, bare.fields.len()), (Some(SuiteId(41)), 0));
    for lacking in [
        json!({"title": "x"}),
        json!([]),
        json!(null),
        json!({"id": "x"}),
    ] {
        assert!(
            case(&lacking, &TimeZone::UTC, Some(SuiteId(41)), &names).is_err(),
            "{lacking}"
        );
    }
    assert!(case(&json!({"id": 1}), &TimeZone::UTC, None, &names).is_err());
}

#[test]
fn a_priority_that_shows_only_its_id_takes_the_name_seen_elsewhere() {
    let mut names = Names::default();
    names.learn(&published());
    let short = json!({"id": 1, "priority": {"id": 3, "name": null}, "type_id": 99});
    let case = case(&short, &TimeZone::UTC, Some(SuiteId(41)), &names).unwrap();
    assert_eq!(case.fields["priority"], Value::text("P1 - Must Test"));
    assert_eq!(case.fields["type"], Value::text("99"));
}

#[test]
fn people_are_told_by_the_address_that_any_case_shows() {
    let mut names = Names::default();
    let suite = Some(SuiteId(41));
    let read = |json: &Json, names: &Names| case(json, &TimeZone::UTC, suite, names).unwrap();
    let first = json!({"id": 1, "created_by": 512, "last_modified_by": "513"});
    let mut shown = read(&first, &names);
    assert_eq!(shown.fields["createdBy"], Value::text("512"));
    assert!(names.lacks_a_person(&shown));
    names.learn(&published());
    names.learn(&json!({"user": {"id": 513, "user_name": "bo@example.test", "email": ""}}));
    names.learn(&json!({"user": {"id": 514, "name": "No Address"}}));
    assert!(!names.lacks_a_person(&shown));
    names.name_people(&mut shown);
    assert_eq!(shown, read(&first, &names));
    assert_eq!(shown.fields["createdBy"], Value::text("ada@example.test"));
    assert_eq!(shown.fields["modifiedBy"], Value::text("bo@example.test"));
    for (person, told) in [
        (json!(514), "514"),
        (
            json!({"id": 9, "email": "cy@example.test"}),
            "cy@example.test",
        ),
        (json!("dee@example.test"), "dee@example.test"),
    ] {
        let shown = read(&json!({"id": 1, "last_modified_by": person}), &names);
        assert_eq!(shown.fields["modifiedBy"], Value::text(told));
    }
    let nobody = read(&json!({"id": 1, "created_by": null}), &names);
    assert!(!nobody.fields.contains_key("createdBy") && !names.lacks_a_person(&nobody));
}

#[test]
fn every_field_of_the_model_is_written_or_refused_with_a_reason() {
    let names = Names::default();
    for field in CASE_FIELDS {
        let value = match field.kind {
            CaseFieldKind::Boolean => Value::Boolean(true),
            CaseFieldKind::Number => Value::integer(60),
            CaseFieldKind::Picklist if field.name == "type" => Value::text("Functional"),
            CaseFieldKind::Picklist => Value::text("P2 - Should Test"),
            _ if field.name == "steps" => {
                Value::text(r#"{"texts":{"steps":"Pay","expected":"Paid"}}"#)
            }
            _ => Value::text("x"),
        };
        let written = members(&BTreeMap::from([(field.name.to_owned(), value)]), &names);
        let writable = field.access == CaseFieldAccess::Write && field.name != "refs";
        assert_eq!(written.is_ok(), writable, "{}: {written:?}", field.name);
    }
}

#[test]
fn what_cannot_be_written_says_why() {
    let names = Names::default();
    for (name, value, reason) in [
        ("title", Value::Null, "needs a title"),
        ("title", Value::integer(1), "takes text, not a number"),
        ("smoke", Value::text("yes"), "takes true or false, not text"),
        (
            "estimate",
            Value::Number(Number::Fraction(1.5)),
            "whole number of seconds",
        ),
        (
            "priority",
            Value::text("Urgent"),
            "no priority `Urgent`; known are P1 - Must Test, P2",
        ),
        ("type", Value::Boolean(true), "takes text"),
        ("modifiedOn", Value::text("x"), "only be read"),
        ("milestone", Value::integer(1), "only be read"),
        ("custom.desc", Value::text("x"), "name of its own"),
        (
            "custom.steps_separated",
            Value::text("x"),
            "name of its own",
        ),
        ("custom.", Value::text("x"), "no name"),
        ("titel", Value::text("x"), "no field `titel`"),
    ] {
        let refused = member(name, &value, &names).unwrap_err();
        assert!(refused.contains(reason), "{name}: {refused}");
    }
    assert!(refs_member(&["a,b".to_owned()]).is_err());
    assert!(refs_member(&[" ".to_owned()]).is_err());
    assert_eq!(refs_member(&[]).unwrap(), Json::Null);
    assert_eq!(
        refs_member(&["AB#1".to_owned(), "x".to_owned()]).unwrap(),
        json!("AB#1, x")
    );
}

/// A value that may be written to the field of this index in [`CASE_FIELDS`].
fn writable() -> impl Strategy<Value = BTreeMap<String, Value>> {
    let fields: Vec<&str> = CASE_FIELDS
        .iter()
        .filter(|field| field.access == CaseFieldAccess::Write)
        .filter(|field| !["steps", "refs"].contains(&field.name))
        .map(|field| field.name)
        .chain(["custom.browser", "custom.Os"])
        .collect();
    prop::collection::btree_map(
        prop::sample::select(fields),
        any::<prop::sample::Index>(),
        0..12,
    )
    .prop_perturb(|chosen, mut rng| {
        chosen
            .into_keys()
            .map(|name| {
                let kind = CaseField::find(name).unwrap().kind;
                let number = rng.random_range(0_i64..100_000);
                let value = match kind {
                    CaseFieldKind::Boolean => Value::Boolean(number % 2 == 0),
                    CaseFieldKind::Number => Value::integer(number),
                    CaseFieldKind::Picklist if name == "type" => Value::text("Security"),
                    CaseFieldKind::Picklist => Value::text("P3 - Good to Test"),
                    _ if number % 5 == 0 && name != "title" => Value::Null,
                    _ => Value::text(format!("<p>\u{e4} \"{number}\" &amp; \\ \n</p>")),
                };
                (name.to_owned(), value)
            })
            .collect()
    })
}

proptest! {
    /// What is written reads back as it was, once the server has turned ids into nested objects.
    #[test]
    fn writable_fields_round_trip(fields in writable(), refs in prop::collection::vec("[A-Z]{2}#[0-9]{1,4}", 0..4)) {
        let names = Names::default();
        let mut wire = members(&fields, &names).unwrap();
        wire.insert("refs".to_owned(), refs_member(&refs).unwrap());
        for (flat, nested, list) in [("priority_id", "priority", [(1, "P3 - Good to Test")]), ("type_id", "type", [(9, "Security")])] {
            if let Some(id) = wire.shift_remove(flat) {
                let (expected, name) = list[0];
                prop_assert_eq!(&id, &json!(expected));
                wire.insert(nested.to_owned(), json!({"id": id, "name": name}));
            }
        }
        wire.insert("id".to_owned(), json!(1));
        let got = case(&Json::Object(wire), &TimeZone::UTC, Some(SuiteId(41)), &names).unwrap();
        let expected: BTreeMap<String, Value> =
            fields.into_iter().filter(|(_, value)| !value.is_null()).collect();
        prop_assert_eq!(got.fields, expected);
        prop_assert_eq!(got.refs, refs);
    }

    /// No answer, however odd, breaks the reader.
    #[test]
    fn odd_members_are_tolerated(index in any::<prop::sample::Index>(), odd in 0_usize..6) {
        let Json::Object(mut wire) = published() else { unreachable!() };
        let key = index.get(&wire.keys().cloned().collect::<Vec<_>>()).clone();
        let odd = [json!(-1), json!("\u{0}"), json!([[]]), json!({"id": {}}), json!(1e300), json!(true)][odd].clone();
        wire.insert(key, odd);
        let _ = case(&Json::Object(wire), &TimeZone::UTC, None, &Names::default());
    }
}
