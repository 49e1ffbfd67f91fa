//! The transport and the TestWorthy adapter against scripted servers on loopback.

#![expect(clippy::unwrap_used, reason = "the helpers of tests are tests too")]

mod client;
mod server;
mod testworthy;
mod testworthy_v1;
