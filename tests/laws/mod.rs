//! What must hold of any bytes that people, servers or attackers can put into a field or a file. One
//! function for each kind of input; it panics where a law is broken.
//!
//! Two programs use this module by its path: the fuzz targets in `fuzz/fuzz_targets`, and
//! `tests/fuzz_corpus.rs`, which replays `fuzz/corpus` with `cargo test`.

mod expression;
mod manifest;
mod markup;
mod parameters;
mod rich_text;
mod steps;
mod value_map;

pub(crate) use expression::expression;
pub(crate) use manifest::{manifest, wiql};
pub(crate) use parameters::parameters;
pub(crate) use rich_text::{html, markdown};
pub(crate) use steps::{separated, steps_xml};
pub(crate) use value_map::value_map;

/// What panics where something does not hold of its input.
type Law = fn(&[u8]);

/// Every target with its law, by the name of its folder in `fuzz/corpus`.
#[allow(dead_code, reason = "a fuzz target uses one of them")]
pub(crate) const TARGETS: [(&str, Law); 9] = [
    ("expression", expression),
    ("html", html),
    ("manifest", manifest),
    ("markdown", markdown),
    ("parameters", parameters),
    ("separated", separated),
    ("steps_xml", steps_xml),
    ("value_map", value_map),
    ("wiql", wiql),
];

/// Bytes as a field of a JSON answer can hold them: always text, `U+FFFD` for what is none.
fn text(data: &[u8]) -> std::borrow::Cow<'_, str> {
    String::from_utf8_lossy(data)
}
