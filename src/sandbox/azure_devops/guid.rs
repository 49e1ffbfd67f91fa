//! Stable GUIDs: the same name gives the same GUID in every run, so tests and transcripts repeat.

use sha2::{Digest, Sha256};

/// A GUID (version 4 layout, lower case) that depends only on `name`.
pub(crate) fn guid(name: &str) -> String {
    let digest = Sha256::digest(name.as_bytes());
    let mut text = String::with_capacity(36);
    for (at, byte) in digest.iter().take(16).enumerate() {
        let byte = match at {
            6 => (byte & 0x0f) | 0x40,
            8 => (byte & 0x3f) | 0x80,
            _ => *byte,
        };
        if matches!(at, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        for digit in [byte >> 4, byte & 0x0f] {
            text.push(char::from_digit(u32::from(digit), 16).unwrap_or('0'));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    #[test]
    fn guids_are_stable_and_have_the_usual_layout() {
        let one = super::guid("project Web Shop");
        assert_eq!(one, super::guid("project Web Shop"));
        assert_ne!(one, super::guid("project Web Stop"));
        assert_eq!(one.len(), 36);
        assert_eq!(one.as_bytes()[14], b'4');
        assert!(one.bytes().all(|b| b == b'-' || b.is_ascii_hexdigit()));
    }
}
