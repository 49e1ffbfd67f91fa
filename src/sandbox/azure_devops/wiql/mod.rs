//! WIQL, the work item query language (Microsoft Learn, WIQL syntax): flat queries over work items.

pub(crate) mod compile;
pub(crate) mod evaluate;
pub(crate) mod lexer;
pub(crate) mod parser;

#[cfg(test)]
mod tests;
