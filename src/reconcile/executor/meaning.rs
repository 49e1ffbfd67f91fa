//! When two readings of a field say the same. TestWorthy has no version to test, so a write is compared with
//! a fresh reading before it is sent, and a write without an answer with what is there afterwards.
//!
//! Before a write, whatever a person may have changed counts; only steps are compared as steps, because a
//! listing and a single reading may spell them differently, with other members or in another order. What
//! such a reading holds beside the steps is kept: the write is put into it. After a write, a server's own
//! spelling of formatted text counts as what was sent.

use super::RuleRun;
use crate::mapping::codec::rich_text::{self, Format};
use crate::mapping::codec::steps::{CaseSteps, StepsProblem, parse_tcm};
use crate::model::steps::Step;
use crate::model::{Case, CaseField, CaseFieldKind, System, Value};
use crate::plan::Pair;
use crate::remote::CasePatch;

/// The field that a case keeps in several forms.
const STEPS: &str = "steps";

impl RuleRun<'_> {
    /// Whether a mapped field of the case is not as the plan saw it.
    pub(super) fn is_edited(&self, now: &Case, pair: &Pair) -> bool {
        let Some(seen) = self.observation.observed.case(now.id) else {
            return false;
        };
        self.mapping.rows.iter().any(|row| {
            let read = |case: &Case| row.read_case(case, Some(pair.work_item));
            match (read(seen), read(now)) {
                (Ok(seen), Ok(now)) => !row.same(System::TestWorthy, &seen, &now),
                (seen, now) => seen.is_ok() != now.is_ok(),
            }
        })
    }
}

/// Whether the case still holds what the plan saw in the fields and references that `expected` names.
pub(super) fn is_unchanged(case: &Case, expected: &CasePatch) -> bool {
    holds(case, expected, |name, now, value| {
        now == value || (name == STEPS && same_steps(now, value))
    })
}

/// Whether the case holds what was sent, in whatever spelling.
pub(in crate::reconcile) fn has_landed(case: &Case, patch: &CasePatch) -> bool {
    holds(case, patch, |name, now, value| {
        let kind = CaseField::find(name).map(|field| field.kind);
        match kind {
            Some(CaseFieldKind::RichText) => same_text(now, value, Format::Html),
            Some(CaseFieldKind::Steps) => now == value || same_steps(now, value),
            // Whether a custom field is formatted is not told.
            _ if name.starts_with("custom.") => same_text(now, value, format_of(value)),
            _ => same_text(now, value, Format::Plain),
        }
    })
}

/// Whether a work item's field holds what was sent. A type's fields are not told here, so what is written
/// as markup is taken for it, and everything else as it stands.
pub(in crate::reconcile) fn is_kept(name: &str, now: &Value, sent: &Value) -> bool {
    let texts = (
        now.as_text().unwrap_or_default(),
        sent.as_text().unwrap_or_default(),
    );
    match name {
        "System.Title" => same_text(now, sent, Format::Plain),
        "Microsoft.VSTS.TCM.Steps" => {
            now == sent || parse_tcm(texts.0).is_ok_and(|now| parse_tcm(texts.1) == Ok(now))
        }
        // XML, which read as HTML is nothing at all.
        "Microsoft.VSTS.TCM.Parameters" | "Microsoft.VSTS.TCM.LocalDataSource" => now == sent,
        _ => same_text(now, sent, format_of(sent)),
    }
}

/// Whether two texts are equal or mean the same.
fn same_text(now: &Value, sent: &Value, format: Format) -> bool {
    let canonical = |value: &Value| {
        let tree = rich_text::parse(value.as_text()?, format).ok()?;
        Some(rich_text::render(&tree, Format::Html))
    };
    now == sent || canonical(now).is_some_and(|now| canonical(sent) == Some(now))
}

/// Formatted texts are written with an element around everything.
fn format_of(sent: &Value) -> Format {
    let text = sent.as_text().unwrap_or_default();
    if text.starts_with('<') && text.ends_with('>') {
        Format::Html
    } else {
        Format::Plain
    }
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
    use crate::mapping::codec::steps::Pair as Texts;
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
            CaseSteps::Texts(Texts::default()).to_value(),
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

    /// Else a lost write would pass for one that arrived, and the edit be gone for good.
    #[test]
    fn a_plain_text_that_looks_like_markup_is_no_markup() {
        let title = |text: &str| CasePatch {
            fields: BTreeMap::from([("title".to_owned(), Value::text(text))]),
            refs: None,
        };
        let mut case = case(Value::Null);
        case.fields = title("Pay").fields;
        assert!(!has_landed(&case, &title("Pay <now>")));
        assert!(!has_landed(&case, &title("<b>Pay</b>")));
        assert!(
            has_landed(&case, &title("Pay ")),
            "white space at the end is no text"
        );
    }

    #[test]
    fn a_work_item_keeps_what_was_sent_in_the_servers_spelling_and_nothing_less() {
        let kept = |name: &str, now: &str, sent: &str| {
            is_kept(name, &Value::text(now), &Value::text(sent))
        };
        assert!(kept("System.Description", "<div>Pay</div>", "<p>Pay</p>"));
        assert!(!kept("System.Description", "Pay", "Pay <now>"), "Markdown");
        assert!(!kept("System.Title", "Pay", "<b>Pay</b>"));
        let steps = "Microsoft.VSTS.TCM.Steps";
        let xml =
            |id: u64| format!(r#"<steps id="0" last="2"><compref id="2" ref="{id}"/></steps>"#);
        assert!(!kept(steps, &xml(77), &xml(78)), "other shared steps");
        assert!(kept(steps, &xml(77).replace("/>", " />"), &xml(77)));
        let names = |name: &str| format!(r#"<parameters><param name="{name}"/></parameters>"#);
        assert!(!kept(
            "Microsoft.VSTS.TCM.Parameters",
            &names("user"),
            &names("card")
        ));
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
            CaseSteps::Texts(Texts {
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
