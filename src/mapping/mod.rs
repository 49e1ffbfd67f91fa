//! Compiled field mappings: reading rows from items, translating values, writing rows to items.
//!
//! A [`CompiledMapping`] is a [`crate::model::config::FieldMapping`] whose rows know their forms. Each
//! row reads a *canonical* value from either side ([`CompiledRow::read_case`],
//! [`CompiledRow::read_work_item`]), so that two spellings of the same thing never look like a change,
//! and translates between the sides ([`CompiledRow::to_azure_devops`], [`CompiledRow::to_testworthy`]).
//! The two sides are compared through the translation only ([`CompiledRow::in_accord`]).
//!
//! Pure: the same mapping, metadata and items give the same values and the same findings.

pub mod codec;
mod compile;
pub mod example;
pub mod expression;
mod filter;
mod form;
mod known;
mod lint;
mod path;
mod problem;
mod resolve;
mod row;
mod slice;
mod suggest;
mod user;
mod value_map;
mod walk;
mod wire;
mod workflow;
mod write;

#[cfg(test)]
pub(crate) mod testing;

pub use compile::CompiledMapping;
pub use filter::Filter;
pub use lint::{
    Allowed, LintReport, lint, lint_config, lint_create_in, lint_form, lint_paths, lint_report,
    names_custom_fields, names_paths, seen, unused_allows,
};
pub use problem::{Problem, RowProblem};
pub use row::CompiledRow;
pub use walk::Walk;
pub use workflow::{Blocked, Hop, Workflow};
pub use write::{CaseValues, WorkItemValues};
