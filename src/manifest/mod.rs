//! YAML text to checked raw documents with places, to the configuration.

mod kind;
mod raw;
pub mod schema;

pub use kind::{API_VERSION, Kind};
