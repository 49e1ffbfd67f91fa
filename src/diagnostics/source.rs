//! The text of a manifest file, and the way from characters to bytes.

use std::borrow::Cow;

/// A file as it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceFile {
    /// Path below the project's folder, with `/`.
    pub path: String,
    /// Its bytes. A reader stops one byte behind the size limit, so that too large stays visible.
    pub bytes: Vec<u8>,
}

impl SourceFile {
    /// A file.
    pub fn new(path: impl Into<String>, bytes: impl Into<Vec<u8>>) -> Self {
        Self {
            path: path.into(),
            bytes: bytes.into(),
        }
    }

    /// The text that places refer to: without a byte order mark, wrong UTF-8 replaced.
    pub fn text(&self) -> Cow<'_, str> {
        let bytes = self.bytes.strip_prefix(b"\xEF\xBB\xBF");
        String::from_utf8_lossy(bytes.unwrap_or(&self.bytes))
    }
}

/// Byte offsets of the characters of a text: the span parser counts characters.
#[derive(Debug)]
pub struct CharOffsets {
    /// Empty for ASCII, where both are the same.
    offsets: Vec<usize>,
    length: usize,
}

impl CharOffsets {
    /// Reads `text` once.
    pub fn new(text: &str) -> Self {
        let offsets = if text.is_ascii() {
            Vec::new()
        } else {
            text.char_indices().map(|(offset, _)| offset).collect()
        };
        Self {
            offsets,
            length: text.len(),
        }
    }

    /// The byte at which the character with this index starts; behind the last one, the length.
    pub fn byte(&self, character: usize) -> usize {
        if self.offsets.is_empty() {
            character.min(self.length)
        } else {
            self.offsets.get(character).copied().unwrap_or(self.length)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn converts_characters_to_bytes() {
        let offsets = CharOffsets::new("aü€b");
        let bytes: Vec<usize> = (0..6).map(|i| offsets.byte(i)).collect();
        assert_eq!(bytes, [0, 1, 3, 6, 7, 7]);
        assert_eq!(CharOffsets::new("ab").byte(9), 2);
    }

    #[test]
    fn drops_the_byte_order_mark() {
        let file = SourceFile::new("a.yaml", *b"\xEF\xBB\xBFkind: x");
        assert_eq!(file.text(), "kind: x");
    }
}
