//! The surface `v1` of TestWorthy (`/v1/*` with a bearer token) behind the ports of `remote`.
//!
//! The vendor's API integration page publishes the addresses and the bodies of writes; answers, envelopes,
//! paging and error bodies are not published, so they are read with tolerance and every doubt makes a
//! listing incomplete. A project is the scope here: there are no suites, sections, references or flags,
//! and Accord creates and closes no cases.

mod convert;
mod integration;
mod paging;
mod reader;
mod writer;

use secrecy::{ExposeSecret, SecretString};

pub use reader::Reader;
pub use writer::Writer;

use crate::http::SecretHeader;

/// The header that opens the surface, for [`crate::http::ClientOptions::credentials`].
pub fn credential_header(token: &SecretString) -> SecretHeader {
    SecretHeader {
        name: "authorization",
        value: SecretString::from(format!("Bearer {}", token.expose_secret())),
    }
}
