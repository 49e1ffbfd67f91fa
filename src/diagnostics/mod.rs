//! Findings: what is wrong with the manifests or worth knowing about a plan, where, and what to do.
//!
//! A validator speaks in symbolic places (a JSON Pointer into a document); [`Place`] is turned into
//! line and column only when a finding is rendered.

pub mod catalog;
mod finding;
mod nearest;
pub mod pointer;
mod printable;
mod redact;
pub mod render;
mod resolve;
mod secret_shape;
mod source;
mod span_index;

pub use finding::{Code, Entry, Finding, Location, Part, Place, Severity};
pub use nearest::nearest;
pub(crate) use printable::is_hostile_in_text;
pub use printable::{defused, json_defused, printable, quote};
pub use redact::{is_secret_key, looks_like_variable};
pub use resolve::{Position, Resolved, Resolver};
pub use secret_shape::{SecretShape, secret_shapes};
pub use source::{CharOffsets, SourceFile};
