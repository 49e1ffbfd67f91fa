//! The TestWorthy adapter: its automation surface (`/api/tests/*`) behind the ports of `remote`, and below
//! [`v1`] the other one.
//!
//! Only part of the surface is published (TestWorthy, Automation API page): adding a case, its answer,
//! the three credential headers, and listing cases by suite. Every other call is inferred, so each path is
//! a template that a manifest can override, optional reads may be missing, and every wire shape is read
//! with tolerance. Wire types never leave this module.

mod calls;
mod case_listing;
mod convert;
mod error;
mod list_body;
mod members;
mod operations;
mod paging;
mod picklist;
mod reader;
mod sections;
mod steps;
mod timestamp;
pub mod v1;
mod wire;
mod writer;

use secrecy::SecretString;

pub use operations::{InvalidOperation, Operation};
pub use reader::Reader;
pub use writer::Writer;

use crate::http::SecretHeader;

/// The three headers that open a project, for [`crate::http::ClientOptions::credentials`].
pub fn credential_headers(
    email: SecretString,
    api_key: SecretString,
    project_key: SecretString,
) -> Vec<SecretHeader> {
    [
        ("X-USER-EMAIL", email),
        ("X-TMA-KEY", api_key),
        ("X-PROJECT-KEY", project_key),
    ]
    .into_iter()
    .map(|(name, value)| SecretHeader { name, value })
    .collect()
}
