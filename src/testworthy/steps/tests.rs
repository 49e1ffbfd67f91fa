//! The three members, and the way there and back.

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::mapping::codec::steps::Flat;
use crate::model::steps::Step;

fn read_from(json: &Json) -> Value {
    read(Object::of(json).unwrap())
}

fn separated(json: Json) -> Value {
    CaseSteps::Separated(json).to_value()
}

fn texts(steps: &str, expected: &str) -> Value {
    let (steps, expected) = (steps.to_owned(), expected.to_owned());
    CaseSteps::Texts(Pair { steps, expected }).to_value()
}

#[test]
fn a_list_with_entries_wins_and_keeps_every_member() {
    let list = json!([
        {"content": "<p>Pay</p>", "expected": null, "additional_info": "card", "shared_step_id": 7},
        {"content": "Leave", "expected": "Gone"},
    ]);
    for case in [
        json!({"custom_steps_separated": list}),
        json!({"Custom_Steps_Separated": list, "custom_steps": "x", "custom_expected": "y"}),
    ] {
        assert_eq!(read_from(&case), separated(list.clone()));
    }
}

#[test]
fn without_entries_the_texts_count_and_without_text_there_are_no_steps() {
    for (case, found) in [
        (
            json!({"custom_steps": "<p>Pay</p>"}),
            texts("<p>Pay</p>", ""),
        ),
        (
            json!({"custom_expected": "Paid", "custom_steps_separated": []}),
            texts("", "Paid"),
        ),
        (
            json!({"custom_steps": "a", "custom_expected": "b", "custom_steps_separated": null}),
            texts("a", "b"),
        ),
        (
            json!({"custom_steps": "", "custom_expected": null, "custom_steps_separated": []}),
            Value::Null,
        ),
        (json!({}), Value::Null),
    ] {
        assert_eq!(read_from(&case), found, "{case}");
    }
}

#[test]
fn what_is_no_list_is_kept_so_that_a_row_refuses_it() {
    let value = read_from(&json!({"custom_steps_separated": {"content": "Pay"}}));
    assert!(CaseSteps::from_value(&value).unwrap().parse().is_err());
}

#[test]
fn each_form_has_its_members_and_no_steps_clear_all() {
    let body = |value: &Value| Json::Object(members(value).unwrap());
    let list = json!([{"content": "Pay", "additional_info": "card"}]);
    assert_eq!(
        body(&separated(list.clone())),
        json!({"custom_steps_separated": list})
    );
    assert_eq!(
        body(&texts("<p>Pay</p>", "")),
        json!({"custom_steps": "<p>Pay</p>", "custom_expected": null})
    );
    let cleared =
        json!({"custom_steps": null, "custom_expected": null, "custom_steps_separated": null});
    for none in [
        Value::Null,
        separated(json!([])),
        separated(Json::Null),
        texts("", ""),
    ] {
        assert_eq!(body(&none), cleared, "{none}");
    }
}

#[test]
fn everything_else_is_refused_before_a_request() {
    for (value, reason) in [
        (
            Value::text("<p>Pay</p>"),
            "the form in which a case keeps them, not text",
        ),
        (Value::integer(1), "not a number"),
        (
            Value::steps(vec![Step::action("<p>Pay</p>", "")]),
            "not steps",
        ),
        (separated(json!({"content": "Pay"})), "takes a list"),
        (separated(json!(["Pay"])), "step 1 is no object"),
        (
            separated(json!([{"content": "Pay"}, {"content": 2}])),
            "step 2 is no object",
        ),
        (CaseSteps::Lines(Flat::default()).to_value(), "api: v1"),
    ] {
        let refused = members(&value).unwrap_err();
        assert!(refused.contains(reason), "{refused}");
    }
}

fn step() -> impl Strategy<Value = Json> {
    let text = || prop::option::of("\\PC{0,20}");
    (text(), text(), any::<bool>()).prop_map(|(content, expected, more)| {
        let mut step = json!({"content": content, "expected": expected});
        if more {
            step["refs"] = json!(["TW-1", {"deep": null}]);
        }
        step
    })
}

proptest! {
    /// What a case showed can be written back as it was, and reads the same again.
    #[test]
    fn what_is_read_writes_back(list in prop::collection::vec(step(), 0..5), steps in "\\PC{0,20}", expected in "\\PC{0,20}") {
        let case = json!({"custom_steps_separated": list, "custom_steps": steps, "custom_expected": expected});
        let value = read_from(&case);
        let written = Json::Object(members(&value).unwrap());
        prop_assert_eq!(read_from(&written), value);
    }
}
