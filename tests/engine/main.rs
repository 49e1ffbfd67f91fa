//! The engine over the sandbox, in one process: real clients, real HTTP, a real SQLite file.

mod crash;
mod faults;
mod laws;
mod requests;
mod review_apply;
mod review_edits;
mod review_help;
mod support;
mod v1;
