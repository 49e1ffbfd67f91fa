//! Findings: what is wrong with the manifests or worth knowing about a plan, where, and what to do.
//!
//! A validator speaks in symbolic places (a JSON Pointer into a document); [`Place`] is turned into
//! line and column only when a finding is rendered.

pub mod catalog;
mod finding;

pub use finding::{Code, Entry, Finding, Location, Part, Place, Severity};
