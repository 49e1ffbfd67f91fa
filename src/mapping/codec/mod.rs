//! Codecs: between what a field holds on the wire and the value that is compared.

pub(crate) mod parameters;
pub(crate) mod rich_text;
pub(crate) mod steps;
mod xml;
