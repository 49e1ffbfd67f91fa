//! Codecs: between what a field holds on the wire and the value that is compared.

pub mod parameters;
pub mod rich_text;
pub mod steps;
mod xml;
