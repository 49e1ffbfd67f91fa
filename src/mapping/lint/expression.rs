//! `expression` and `where`: whether they are in the language, and what they read.

use crate::diagnostics::catalog::{lint as codes, mapping as entry};
use crate::diagnostics::{Finding, Location};
use crate::mapping::expression::{Expression, ExpressionProblem, MAX_LENGTH, MAX_NESTING};
use crate::mapping::suggest::nearest;
use crate::model::{CASE_FIELDS, CaseField};

/// Compiles an expression over the fields of a case. `owner` begins the message: a row or a rule.
pub(super) fn compile(
    text: &str,
    owner: &str,
    place: &Location,
) -> Result<Expression, Box<Finding>> {
    Expression::compile(text, is_field)
        .map_err(|problem| Box::new(refusal(&problem, owner).at(place.clone())))
}

fn is_field(name: &str) -> bool {
    CaseField::find(name).is_some()
}

fn refusal(problem: &ExpressionProblem, owner: &str) -> Finding {
    let invalid =
        |what: String| Finding::new(&codes::EXPRESSION_INVALID, format!("{owner}: {what}"));
    match problem {
        ExpressionProblem::TooLong => invalid(format!(
            "the expression is longer than {MAX_LENGTH} bytes"
        )),
        ExpressionProblem::TooDeep => invalid(format!(
            "brackets nest deeper than {MAX_NESTING} in the expression"
        )),
        ExpressionProblem::Syntax(reason) => invalid(format!("not an expression: {reason}"))
            .with_help("close quotes and brackets, and join texts with `~`"),
        ExpressionProblem::UnknownOperation(reason) => {
            invalid(format!("the expression uses what there is not: {reason}")).with_help(
                "filters and tests are those of Jinja, such as `upper`, `trim`, `default` and `is none`; there are no functions",
            )
        }
        ExpressionProblem::UnknownName(name) => {
            let message = format!(
                "{owner}: the expression reads `{name}`, and TestWorthy cases have no such field"
            );
            let near = nearest(name, CASE_FIELDS.iter().map(|field| field.name));
            Finding::new(&entry::L01_UNKNOWN_FIELD, message).with_help(match near {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("for a custom field write `custom.{name}`; texts stand in quotes"),
            })
        }
    }
}
