//! The one transport: rustls, connection reuse, gzip, time-outs, retries, rate budget, allow-list.
//!
//! Every request to anybody goes through [`Client::send`], so the host check, the redaction and
//! the budget cannot be forgotten.

mod allow_list;
mod bearer;
mod client;
mod counters;
mod failure;
mod lean_json;
mod message;
pub mod probe;
mod rate_headers;
mod redact;
mod retry;
mod server_clock;
mod throttle;
mod tls;
mod words;

pub use allow_list::{AllowList, InvalidHost, Party, is_public_host};
pub use bearer::{Bearer, BearerSource};
pub use client::{Client, ClientOptions, Notice, OFFLINE, Timeouts};
pub use counters::Counters;
pub use lean_json::Lean;
pub use message::{Repeat, Request, Response, SecretHeader, address_without_query};
pub use rate_headers::RateReport;
pub use redact::redact;
pub use tls::install_tls_provider;
