//! When two readings of a field say the same. TestWorthy has no version to test, so a write is compared with
//! a fresh reading before it is sent, and a write without an answer with what is there afterwards.
//!
//! Before a write, whatever a person may have changed counts; only steps are compared as steps, because a
//! listing and a single reading may spell them differently, with other members or in another order. What
//! such a reading holds beside the steps is kept: the write is put into it. After a write, a server's own
//! spelling of formatted text counts as what was sent.

use crate::mapping::codec::rich_text::{self, Format};
use crate::mapping::codec::steps::{CaseSteps, StepsProblem};
use crate::model::steps::Step;
use crate::model::{Case, Value};
use crate::remote::CasePatch;

/// The field that a case keeps in several forms.
const STEPS: &str = "steps";

/// Whether the case still holds what the plan saw in the fields and references that `expected` names.
pub(super) fn is_unchanged(case: &Case, expected: &CasePatch) -> bool {
    holds(case, expected, |name, now, value| {
        now == value || (name == STEPS && same_steps(now, value))
    })
}

/// Whether the case holds what was sent, in whatever spelling.
pub(super) fn has_landed(case: &Case, patch: &CasePatch) -> bool {
    holds(case, patch, |name, now, value| {
        same_text(now, value) || (name == STEPS && same_steps(now, value))
    })
}

/// Whether two texts are equal or equal as formatted text.
pub(super) fn same_text(now: &Value, sent: &Value) -> bool {
    let canonical = |value: &Value| {
        let tree = rich_text::parse(value.as_text()?, Format::Html).ok()?;
        Some(rich_text::render(&tree, Format::Html))
    };
    now == sent || canonical(now).is_some_and(|now| canonical(sent) == Some(now))
}

/// The patch put into what the case holds now, so that members of steps which the plan did not see stay.
/// `Err` where the form that the case has now cannot hold the steps.
pub(super) fn on_top_of(
    case: &Case,
    expected: &CasePatch,
    patch: &CasePatch,
) -> Result<CasePatch, StepsProblem> {
    let (Some(before), Some(wanted)) = (expected.fields.get(STEPS), patch.fields.get(STEPS)) else {
        return Ok(patch.clone());
    };
    let now = case.fields.get(STEPS).unwrap_or(&Value::Null);
    if now == before {
        return Ok(patch.clone());
    }
    let steps = CaseSteps::from_value(wanted)?.parse()?;
    let put = CaseSteps::from_value(now)?.put(&steps)?;
    let mut patch = patch.clone();
    patch.fields.insert(STEPS.to_owned(), put.to_value());
    Ok(patch)
}

fn holds(case: &Case, patch: &CasePatch, same: impl Fn(&str, &Value, &Value) -> bool) -> bool {
    let field = |name: &str| case.fields.get(name).unwrap_or(&Value::Null);
    patch
        .fields
        .iter()
        .all(|(name, value)| same(name, field(name), value))
        && patch.refs.as_ref().is_none_or(|refs| case.refs == *refs)
}

fn same_steps(one: &Value, other: &Value) -> bool {
    steps(one).is_some_and(|one| steps(other) == Some(one))
}

fn steps(value: &Value) -> Option<Vec<Step>> {
    CaseSteps::from_value(value).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::{Value as Json, json};

    use super::*;
    use crate::mapping::codec::steps::Pair;
    use crate::model::CaseId;

    fn separated(json: Json) -> Value {
        CaseSteps::Separated(json).to_value()
    }

    fn patch(steps: Value) -> CasePatch {
        CasePatch {
            fields: BTreeMap::from([("steps".to_owned(), steps)]),
            refs: None,
        }
    }

    fn case(steps: Value) -> Case {
        Case {
            id: CaseId(1),
            suite: None,
            project: None,
            section: None,
            section_path: Vec::new(),
            refs: Vec::new(),
            fields: patch(steps).fields,
            modified_on: None,
        }
    }

    fn pay() -> Value {
        separated(json!([{"content": "<p>Pay</p>", "expected": null}]))
    }

    #[test]
    fn an_edit_of_a_step_is_noticed_and_a_respelling_is_none() {
        for same in [
            json!([{"expected": null, "content": "<p>Pay</p>"}]),
            json!([{"content": "<p>Pay</p>"}]),
            json!([{"content": "<p>Pay</p>", "expected": "", "additional_info": "x"}]),
            json!([{"content": "<P class='x'>Pay </P>", "expected": null}]),
        ] {
            assert!(
                is_unchanged(&case(separated(same.clone())), &patch(pay())),
                "{same}"
            );
        }
        for other in [
            json!([{"content": "<p>Pay</p>", "expected": "<p>Paid</p>"}]),
            json!([{"content": "<p>Pay <b>now</b></p>"}]),
            json!([{"content": "<p>Pay</p>"}, {"content": "<p>Leave</p>"}]),
            json!([]),
            json!({"content": "<p>Pay</p>"}),
        ] {
            assert!(
                !is_unchanged(&case(separated(other.clone())), &patch(pay())),
                "{other}"
            );
        }
        assert!(!is_unchanged(
            &case(Value::text("<p>Pay</p>")),
            &patch(pay())
        ));
    }

    #[test]
    fn no_steps_are_no_steps_in_every_form() {
        let empty = [
            Value::Null,
            separated(json!([])),
            separated(Json::Null),
            CaseSteps::Texts(Pair::default()).to_value(),
        ];
        for one in &empty {
            for other in &empty {
                assert!(has_landed(&case(one.clone()), &patch(other.clone())));
            }
        }
    }

    #[test]
    fn other_fields_must_be_equal_before_a_write_and_mean_the_same_after_it() {
        let html = |text: &str| CasePatch {
            fields: BTreeMap::from([("description".to_owned(), Value::text(text))]),
            refs: None,
        };
        let mut case = case(Value::Null);
        case.fields = html("<p>It's </p>").fields;
        assert!(is_unchanged(&case, &html("<p>It's </p>")));
        assert!(!is_unchanged(&case, &html("<p>It&#39;s</p>")));
        assert!(has_landed(&case, &html("<p>It&#39;s</p>")));
        assert!(!has_landed(&case, &html("<p>It's not</p>")));
        let refs = CasePatch {
            refs: Some(vec!["AB#1".to_owned()]),
            ..CasePatch::default()
        };
        assert!(!is_unchanged(&case, &refs));
    }

    #[test]
    fn a_write_keeps_the_members_that_only_the_fresh_reading_has() {
        let now = separated(json!([
            {"content": "<p>Pay</p>", "expected": null, "additional_info": "card 1"},
        ]));
        let wanted = patch(separated(json!([
            {"content": "<p>Pay</p>", "expected": "<p>Paid</p>"}, {"content": "<p>Leave</p>"},
        ])));
        let written = on_top_of(&case(now), &patch(pay()), &wanted).unwrap();
        let CaseSteps::Separated(list) = CaseSteps::from_value(&written.fields["steps"]).unwrap()
        else {
            panic!("{written:?}");
        };
        assert_eq!(list[0]["additional_info"], "card 1");
        assert_eq!(list[0]["expected"], "<p>Paid</p>");
        assert_eq!(list[1]["content"], "<p>Leave</p>");
        assert_eq!(
            on_top_of(&case(pay()), &patch(pay()), &wanted).unwrap(),
            wanted
        );
    }

    #[test]
    fn steps_that_no_longer_fit_are_not_forced() {
        let text = |steps: &str| {
            CaseSteps::Texts(Pair {
                steps: steps.to_owned(),
                expected: String::new(),
            })
            .to_value()
        };
        let now = case(text("<p>Pay</p>"));
        assert!(is_unchanged(&now, &patch(pay())));
        let two = patch(separated(json!([{"content": "a"}, {"content": "b"}])));
        assert!(on_top_of(&now, &patch(pay()), &two).is_err());
    }
}
