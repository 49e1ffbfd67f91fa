//! The emulated Azure DevOps organisation, judged over its wire with plain requests: shapes, rules,
//! errors, faults. None of Accord's client code is used.

#![allow(clippy::unwrap_used, reason = "a test ends where something goes wrong")]

mod batch;
mod faults;
mod history;
mod hooks;
mod items;
mod links;
mod metadata;
mod organization;
mod processes;
mod queries;
mod resources;
mod scale;
mod test_plans;
