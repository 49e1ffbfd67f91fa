//! The state: one suite that every backend has to pass, and what is special about each.

#![allow(clippy::unwrap_used, reason = "a failing call is a failing test")]

mod conformance;
mod crash;
mod lock;
mod model;
mod sample;
mod sqlite;
