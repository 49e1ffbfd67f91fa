//! The engine over the sandbox, in one process: real clients, real HTTP, a real SQLite file.

mod content;
mod crash;
mod custom_field;
mod dump;
mod edges;
mod faults;
mod incremental;
#[path = "../specification/judge/mod.rs"]
#[allow(
    dead_code,
    reason = "shared with tests/specification, which uses more of it"
)]
mod judge;
mod laws;
mod quarantine;
mod requests;
mod review_apply;
mod review_edits;
mod review_help;
mod saved;
mod support;
mod two_rules;
mod two_way;
mod two_way_crash;
mod two_way_renewal;
mod v1;
mod walk;
mod verify;
