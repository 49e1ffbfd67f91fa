//! `A..B` and `A...B`: the two ends of a comparison.

use super::error::GitError;
use super::open::Repository;

/// The two ends of a comparison as they were written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Range {
    /// The older end.
    pub from: String,
    /// The newer end; `None` for the working folder.
    pub to: Option<String>,
    /// Whether the older end is where the two parted (three dots), not the revision itself.
    pub from_merge_base: bool,
}

impl Range {
    /// Reads `A..B`, `A...B`, or `A` alone; an end that is left out beside dots is `HEAD`, as in Git.
    pub fn read(text: &str) -> Self {
        let end = |name: &str| if name.is_empty() { "HEAD" } else { name }.to_owned();
        let (from, to, from_merge_base) = if let Some((from, to)) = text.split_once("...") {
            (end(from), Some(end(to)), true)
        } else if let Some((from, to)) = text.split_once("..") {
            (end(from), Some(end(to)), false)
        } else {
            (text.to_owned(), None, false)
        };
        Self {
            from,
            to,
            from_merge_base,
        }
    }

    /// The commits of both ends; the newer one's is `None` for the working folder.
    pub fn commits(&self, repository: &Repository) -> Result<(String, Option<String>), GitError> {
        let to = match &self.to {
            Some(to) => Some(repository.resolve(to)?),
            None => None,
        };
        let from = match &self.to {
            Some(to) if self.from_merge_base => repository.merge_base(&self.from, to)?,
            _ => repository.resolve(&self.from)?,
        };
        Ok((from, to))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read_as_git_reads_them() {
        for (text, from, to, from_merge_base) in [
            ("main", "main", None, false),
            ("main..topic", "main", Some("topic"), false),
            ("main...topic", "main", Some("topic"), true),
            ("main..", "main", Some("HEAD"), false),
            ("..topic", "HEAD", Some("topic"), false),
            ("v1.0..v1.1", "v1.0", Some("v1.1"), false),
        ] {
            let to = to.map(str::to_owned);
            let from = from.to_owned();
            let expected = Range {
                from,
                to,
                from_merge_base,
            };
            assert_eq!(Range::read(text), expected, "{text}");
        }
    }
}
