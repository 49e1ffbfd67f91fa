//! The one transport: rustls, connection reuse, gzip, time-outs, retries, rate budget, allow-list.
//!
//! Every request of both systems goes through [`Client::send`], so the host check, the redaction and
//! the budget cannot be forgotten.

mod message;

pub use message::{Repeat, Request, Response, SecretHeader};
