//! Codecs: between what a field holds on the wire and the value that is compared. Rows do not name these
//! yet: manifests that ask for them are refused with `not-supported-yet`.

pub mod parameters;
pub mod rich_text;
pub mod steps;
mod xml;
