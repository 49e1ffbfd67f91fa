//! The state: one suite that every backend has to pass, and what is special about each.

#![allow(clippy::unwrap_used, reason = "a failing call is a failing test")]

mod check;
mod conformance;
mod crash;
mod git_ref;
mod lock;
mod model;
mod older;
mod postgres;
mod postgres_crash;
mod postgres_lease;
mod postgres_tls;
mod queue;
mod sample;
mod server;
mod sqlite;
mod suite;
mod two_way;
