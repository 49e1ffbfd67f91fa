//! The emulated `TestWorthy` over its wire: shapes, timestamps, envelopes, refusals and switches, member by
//! member, as the vendor's Automation API page and client script show them.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on shall stop")]

mod refusals;
mod samples;
mod shapes;
mod shop;
mod switches;
mod writes;
