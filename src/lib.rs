//! Accord keeps TestWorthy and Azure DevOps in accord with what a Git repository declares.
//!
//! The way of the data: **load -> validate -> observe -> plan -> (review) -> apply -> record**. The
//! modules stand in dependency order: each may use only those above it, `diagnostics` is free to all,
//! and `tests/architecture.rs` holds them to it. Pure (no I/O, no clock, no async): `diagnostics`,
//! `model`, `manifest` (but for its loader), `mapping`, `diff`, `plan`.

pub mod diagnostics;
pub mod model;
pub mod manifest;
pub mod mapping;
pub mod diff;
pub mod remote;
pub mod plan;
pub mod http;
pub mod testworthy;
pub mod azure_devops;
pub mod github;
pub mod store;
pub mod git;
pub mod reconcile;
pub mod sandbox;
pub mod cli;
