//! From the name of a revision to its commit, and what may have been meant by one that is not there.

use super::error::GitError;
use super::open::Repository;
use crate::diagnostics::{nearest, printable};

/// Longer than any name of a revision that a person writes.
const LONGEST: usize = 1_000;

impl Repository {
    /// The commit of a revision as Git writes them: a branch, a tag, an id or the beginning of one, `HEAD~2`;
    /// 40 hexadecimal digits. Errors if there is no such one, with the nearest name.
    pub fn resolve(&self, revision: &str) -> Result<String, GitError> {
        let shown = printable(revision).into_owned();
        let refused = |reason| GitError::NotARevision {
            revision: shown.clone(),
            reason,
        };
        if revision.is_empty() {
            return Err(refused("it is empty"));
        }
        if revision.starts_with('-') {
            return Err(refused("it begins with `-`"));
        }
        if revision.contains("..") {
            return Err(refused("it is a range"));
        }
        if revision.len() > LONGEST || revision.contains('\0') {
            return Err(refused("no name is like that"));
        }
        match self.git.revparse_single(revision) {
            Ok(object) => match object.peel_to_commit() {
                Ok(commit) => Ok(commit.id().to_string()),
                Err(error) if is_damage(&error) => Err(GitError::from(&error)),
                Err(_) => Err(refused("it names no commit")),
            },
            Err(error) if error.code() == git2::ErrorCode::InvalidSpec => {
                Err(refused("Git knows no such way to write one"))
            }
            // Less than that is no beginning of an id to Git.
            Err(error) if error.code() == git2::ErrorCode::Ambiguous && revision.len() >= 4 => {
                Err(refused("several objects begin like that"))
            }
            Err(error) if is_damage(&error) => Err(GitError::from(&error)),
            Err(_) => Err(self.unknown(revision)),
        }
    }

    /// The newest commit that both have in their past.
    pub(super) fn merge_base(&self, from: &str, to: &str) -> Result<String, GitError> {
        let none = || GitError::NoMergeBase {
            from: printable(from).into_owned(),
            to: printable(to).into_owned(),
            is_shallow: self.is_shallow(),
        };
        let id = |revision: &str| -> Result<git2::Oid, GitError> {
            let commit = self.resolve(revision)?;
            git2::Oid::from_str(&commit).map_err(|error| GitError::from(&error))
        };
        let base = self.git.merge_base(id(from)?, id(to)?);
        base.map(|id| id.to_string()).map_err(|error| {
            if is_damage(&error) {
                GitError::from(&error)
            } else {
                none()
            }
        })
    }

    fn unknown(&self, revision: &str) -> GitError {
        let shown = printable(revision).into_owned();
        // `main~3` is there or not by the past of `main`.
        let end = revision.find(['~', '^', '@']).unwrap_or(revision.len());
        let (name, rest) = revision.split_at(end);
        let names = self.names();
        let known = name == "HEAD" || self.git.revparse_single(name).is_ok();
        if !known
            && let Some(near) = of_a_remote(name, &names).or_else(|| {
                let wanted = names.iter().map(String::as_str);
                nearest(name, wanted).map(str::to_owned)
            })
        {
            return GitError::Unknown {
                revision: shown,
                nearest: Some(format!("{near}{rest}")),
            };
        }
        if self.is_shallow() {
            return GitError::Shallow { revision: shown };
        }
        GitError::Unknown {
            revision: shown,
            nearest: None,
        }
    }

    /// Branches, tags and branches of remotes, sorted.
    fn names(&self) -> Vec<String> {
        let Ok(references) = self.git.references() else {
            return Vec::new();
        };
        let mut names: Vec<String> = references
            .filter_map(Result::ok)
            .filter_map(|reference| {
                let short = reference.shorthand().ok()?;
                Some(printable(short).into_owned())
            })
            .collect();
        names.sort();
        names.dedup();
        names
    }
}

/// Whether an object is there and cannot be read, as against one that is not there.
fn is_damage(error: &git2::Error) -> bool {
    matches!(
        error.code(),
        git2::ErrorCode::GenericError | git2::ErrorCode::HashsumMismatch
    ) && matches!(
        error.class(),
        git2::ErrorClass::Odb | git2::ErrorClass::Object | git2::ErrorClass::Zlib
    )
}

/// A branch that only a remote has: after a checkout of a pull request that is where the target branch is.
fn of_a_remote(name: &str, names: &[String]) -> Option<String> {
    let at_end = |known: &&String| {
        known
            .strip_suffix(name)
            .is_some_and(|remote| remote.ends_with('/') && remote.len() > 1)
    };
    names.iter().find(at_end).cloned()
}
