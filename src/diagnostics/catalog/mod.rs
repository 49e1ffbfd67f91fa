//! Every kind of finding, by the room that reports it.

pub mod bound_plan;
pub mod custom_field;
pub mod lint;
pub mod manifest;
pub mod mapping;
pub mod safety;
pub mod sync;
pub mod value;
pub mod verify;
pub mod yaml;

use super::{Code, Entry};

/// Declares entries as statics, and the list of them.
macro_rules! entries {
    ($($(#[$doc:meta])* $name:ident, $code:literal, $severity:ident, $title:literal,
        $explanation:literal, $example:literal, $fix:literal;)*) => {
        $(
            #[doc = $title]
            pub static $name: $crate::diagnostics::Entry = $crate::diagnostics::Entry {
                code: $code,
                severity: $crate::diagnostics::Severity::$severity,
                title: $title,
                explanation: $explanation,
                example: $example,
                fix: $fix,
            };
        )*
        /// All of them.
        pub(super) static ALL: &[&$crate::diagnostics::Entry] = &[$(&$name),*];
    };
}
use entries;

/// The entry with this code, whatever its case.
pub fn find(code: &str) -> Option<Code> {
    all().find(|entry| entry.code.eq_ignore_ascii_case(code))
}

/// The code that a misspelt one was probably meant to be.
pub fn nearest(code: &str) -> Option<&'static str> {
    super::nearest(code, all().map(|entry| entry.code))
}

/// Whether the code says that a file is not the plain YAML that manifests are.
pub fn is_about_yaml(code: Code) -> bool {
    yaml::ALL.iter().any(|entry| entry.code == code.code)
}

/// Whether the code is one that the mappings report: about a declaration of theirs, or about a value
/// that they cannot read, translate or store.
pub fn is_about_mappings(code: &str) -> bool {
    mapping::ALL.iter().any(|entry| entry.code == code)
}

/// All entries, room by room.
pub fn all() -> impl Iterator<Item = &'static Entry> {
    [
        yaml::ALL,
        manifest::ALL,
        mapping::ALL,
        lint::ALL,
        safety::ALL,
        sync::ALL,
        value::ALL,
        custom_field::ALL,
        verify::ALL,
        bound_plan::ALL,
    ]
    .into_iter()
    .flatten()
    .copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_entry_says_everything_under_one_code() {
        let mut codes = BTreeSet::new();
        for entry in all() {
            assert!(codes.insert(entry.code), "{} is there twice", entry.code);
            for text in [entry.title, entry.explanation, entry.example, entry.fix] {
                assert!(
                    !text.trim().is_empty(),
                    "{} leaves something out",
                    entry.code
                );
            }
            let kebab = |c: char| c.is_ascii_lowercase() || c == '-' || c.is_ascii_digit();
            let rule = entry.code.starts_with('L') && entry.code.len() == 3;
            assert!(rule || entry.code.chars().all(kebab), "{}", entry.code);
        }
    }

    #[test]
    fn finds_codes_and_near_misses() {
        assert_eq!(
            find("UNKNOWN-KEY").map(|entry| entry.code),
            Some("unknown-key")
        );
        assert_eq!(nearest("unknwon-key"), Some("unknown-key"));
        assert_eq!(find("no-such-code"), None);
    }
}
