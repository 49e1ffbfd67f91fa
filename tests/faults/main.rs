//! Odd answers of the two systems against every command that contacts them.
//!
//! Each row lets requests of one system go wrong in one way, runs a command inside this process and
//! judges it by the laws in `laws.rs`; what came out stands in `table.md`, for people to read.
//! `ACCORD_BLESS=1 cargo test --test faults` writes it anew.

mod commands;
mod laws;
mod matrix;
mod mended;
mod oddities;
mod table;
mod world;
