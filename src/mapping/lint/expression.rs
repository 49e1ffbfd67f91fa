//! `expression` and `where`: whether they are in the language, and what they read.

use crate::diagnostics::{Finding, Location};
use crate::mapping::expression::Expression;
use crate::mapping::filter;
use crate::mapping::resolve::expression_refusal;

/// Compiles a condition over the fields of a case. `owner` begins the message.
pub(super) fn compile(
    text: &str,
    owner: &str,
    place: &Location,
) -> Result<Expression, Box<Finding>> {
    filter::compile(text).map_err(|problem| {
        let (code, what, help) = expression_refusal(&problem);
        let mut finding = Finding::new(code, format!("{owner}: {what}")).at(place.clone());
        finding.help = help;
        Box::new(finding)
    })
}

/// The fields that an expression reads; none if it is not in the language, which is reported elsewhere.
pub(super) fn reads(text: &str) -> Vec<String> {
    filter::compile(text).map_or_else(
        |_| Vec::new(),
        |expression| expression.names().map(str::to_owned).collect(),
    )
}
