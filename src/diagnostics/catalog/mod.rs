//! Every kind of finding, by the room that reports it.

pub mod manifest;
pub mod mapping;
pub mod safety;
pub mod sync;

use super::{Code, Entry};

/// The entry with this code, whatever its case.
pub fn find(code: &str) -> Option<Code> {
    all().find(|entry| entry.code.eq_ignore_ascii_case(code))
}

/// All entries, room by room.
pub fn all() -> impl Iterator<Item = &'static Entry> {
    [manifest::ALL, mapping::ALL, safety::ALL, sync::ALL]
        .into_iter()
        .flatten()
        .copied()
}
