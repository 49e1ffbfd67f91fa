//! The emulated `TestWorthy` over its wire: shapes, timestamps, envelopes, refusals and switches, member by
//! member, as the vendor's Automation API page and client script show them.

mod refusals;
mod samples;
mod shapes;
mod shop;
mod switches;
mod writes;
