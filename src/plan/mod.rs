//! The plan: a value that says what an apply would do to either system, and why.
//!
//! Pure. [`Plan`] is the document that people and programs read; [`Step`] is what the executor runs.

mod cause;
pub mod compare;
pub mod configuration;
pub mod conservation;
pub mod custom_field;
mod document;
pub use crate::model::glob;
mod hex;
pub mod id;
mod observed;
pub mod order;
mod pairs;
mod planner;
pub mod render;
pub mod safety;
#[cfg(test)]
pub(crate) mod sample;
mod step;

pub use cause::attribute;
pub use document::{
    Action, Change, ConflictEntry, ConflictValues, ConnectionEntry, DriftEntry, FieldChange,
    Inputs, ItemRef, OriginEntry, Plan, PlanFinding, Precondition, Reason, SCHEMA, SafetyReport,
    SafetyRule, SafetyVerdict, Summary, ToolEntry,
};
pub use observed::{
    ItemKey, Known, Observed, Refusal, RuleInput, UnchangedPairs, WorkItemDeletion,
};
pub use pairs::LinkedPairs;
pub use planner::{Aside, PlanRequest, Planned, adoptions, is_unchanged, plan};
pub use step::{CreateTarget, Operation, Overwrite, Pair, Retirement, RowValues, Step};
