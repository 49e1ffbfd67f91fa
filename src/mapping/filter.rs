//! What expressions see of a case, and the condition `where` over it.

use super::codec::rich_text::{self, Format};
use super::codec::steps::CaseSteps;
use super::expression::{EvaluationProblem, Expression, ExpressionProblem};
use super::slice::mentions;
use crate::model::{Case, CaseField, CaseFieldKind, Value, WorkItemId};

/// A compiled `where`.
#[derive(Clone, Debug)]
pub struct Filter(Expression);

impl Filter {
    /// Compiles a condition over the fields of a case.
    pub fn compile(text: &str) -> Result<Self, ExpressionProblem> {
        compile(text).map(Self)
    }

    /// The fields that it reads.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.names()
    }

    /// Whether a case passes. `own` is the work item that it is linked to: its mention is Accord's and
    /// not seen, so that linking a case does not move it out of a rule.
    pub fn accepts(&self, case: &Case, own: Option<WorkItemId>) -> Result<bool, EvaluationProblem> {
        self.0.accepts(|name| seen(case, name, own))
    }
}

/// Compiles an expression over the fields of a case.
pub(super) fn compile(text: &str) -> Result<Expression, ExpressionProblem> {
    Expression::compile(text, |name| CaseField::find(name).is_some())
}

/// What a case holds under a manifest name, as it came.
pub(super) fn raw(case: &Case, name: &str, own: Option<WorkItemId>) -> Value {
    let stored = || case.fields.get(name).cloned();
    match name {
        "refs" => {
            let foreign = |r: &&String| own.is_none_or(|own| !mentions(r, own));
            Value::set(case.refs.iter().filter(foreign).map(String::as_str))
        }
        "section.path" => match case.section_path.as_slice() {
            [] => stored().unwrap_or_default(),
            names => Value::text(names.join("/")),
        },
        "section.name" => match case.section_path.last() {
            Some(section) => Value::text(section.as_str()),
            None => stored().unwrap_or_default(),
        },
        "suite" => stored().unwrap_or_else(|| {
            let id = case.suite.map(|suite| suite.to_string());
            id.map_or(Value::Null, Value::text)
        }),
        "modifiedOn" => stored()
            .or(case.modified_on.map(Value::DateTime))
            .unwrap_or_default(),
        _ => stored().unwrap_or_default(),
    }
}

/// A field as expressions see it: formatted texts without their markup, steps one on each line. What
/// cannot be read is seen as it came.
pub(super) fn seen(case: &Case, name: &str, own: Option<WorkItemId>) -> Value {
    let value = raw(case, name, own);
    let words = |html: &str| {
        rich_text::parse(html, Format::Html)
            .map(|tree| tree.plain())
            .ok()
    };
    match (CaseField::find(name).map(|field| field.kind), &value) {
        (Some(CaseFieldKind::RichText), Value::Text(html)) => {
            words(html).map_or(value, Value::text)
        }
        (Some(CaseFieldKind::Steps), _) => {
            let steps = CaseSteps::from_value(&value).and_then(|steps| steps.parse());
            steps.map_or(value, |steps| {
                let lines = steps.iter().map(ToString::to_string);
                let lines: Vec<String> = lines.map(|line| words(&line).unwrap_or(line)).collect();
                Value::text(lines.join("\n"))
            })
        }
        // Filters ask `if smoke`: a flag that the server left out is not set.
        (Some(CaseFieldKind::Boolean), Value::Null) => Value::Boolean(false),
        _ => value,
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::case;
    use super::*;

    fn accepts(text: &str, case: &Case, own: Option<WorkItemId>) -> bool {
        Filter::compile(text).unwrap().accepts(case, own).unwrap()
    }

    #[test]
    fn conditions_read_the_fields_of_a_case() {
        let case = case(
            &[
                ("smoke", Value::Boolean(true)),
                ("priority", Value::text("P2 - Should Test")),
                ("description", Value::text("<p>Pay <b>by</b> card</p>")),
                ("custom.team", Value::text("Web")),
            ],
            &["TW-1", "AB#5120"],
        );
        for (text, expected) in [
            ("smoke or priority == \"P1 - Must Test\"", true),
            ("smoke and not regression", true),
            ("description == \"Pay by card\"", true),
            (
                "section.path == \"Checkout/Cards\" and section.name == \"Cards\"",
                true,
            ),
            ("custom.team in [\"Web\", \"Shop\"]", true),
            ("\"TW-1\" in refs", true),
            ("\"AB#5120\" in refs", false),
            ("milestone is none", true),
            ("disabled", false),
        ] {
            assert_eq!(
                accepts(text, &case, Some(WorkItemId(5120))),
                expected,
                "{text}"
            );
        }
        assert!(accepts("\"AB#5120\" in refs", &case, None));
    }

    #[test]
    fn what_is_no_condition_is_refused() {
        assert!(matches!(
            Filter::compile("prioritty == 1"),
            Err(ExpressionProblem::UnknownName(name)) if name == "prioritty"
        ));
        let text = Filter::compile("title").unwrap();
        let case = case(&[("title", Value::text("Pay"))], &[]);
        assert!(matches!(
            text.accepts(&case, None),
            Err(EvaluationProblem::NotAValue(_))
        ));
    }
}
