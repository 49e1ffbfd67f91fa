//! Finding the repository around a folder, and what it says of the folder's files.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use super::error::GitError;
use super::tree::RevisionTree;
use crate::diagnostics::SourceFile;
use crate::manifest::files_from;

/// The repository that a project's folder lies in.
pub struct Repository {
    pub(super) git: git2::Repository,
    /// The project's folder below the top of the working tree; empty in a bare repository, whose trees are
    /// read from their top.
    below: PathBuf,
}

impl Repository {
    /// The repository around a project's folder: a working tree, a linked one, or a bare repository that is
    /// the folder itself. Errors if there is none, or one that may not be read.
    pub fn around(folder: &Path) -> Result<Self, GitError> {
        let real = fs::canonicalize(folder).unwrap_or_else(|_| folder.to_owned());
        // Only `.git` makes a repository of a folder: no tree can hold that name, but files in it can look
        // like a bare repository. Without any `.git` around it, the folder that was named may be one.
        let top = real
            .ancestors()
            .find(|at| at.join(".git").symlink_metadata().is_ok());
        let place = top.map_or_else(|| real.clone(), |top| top.join(".git"));
        let git = git2::Repository::open(&place).map_err(|error| {
            if error.code() == git2::ErrorCode::NotFound {
                GitError::NoRepository {
                    folder: folder.to_owned(),
                }
            } else {
                GitError::of(&error, folder)
            }
        })?;
        let below = match git.workdir() {
            None => PathBuf::new(),
            Some(top) => {
                let top = fs::canonicalize(top).unwrap_or_else(|_| top.to_owned());
                // A configuration may name any folder as the working tree.
                let Ok(below) = real.strip_prefix(&top) else {
                    return Err(GitError::NoRepository {
                        folder: folder.to_owned(),
                    });
                };
                below.to_owned()
            }
        };
        Ok(Self { git, below })
    }

    /// The commit that is checked out, 40 hexadecimal digits; `None` before the first one.
    pub fn head(&self) -> Result<Option<String>, GitError> {
        let head = match self.git.head() {
            Ok(head) => head,
            Err(error) if is_nothing_yet(&error) => return Ok(None),
            Err(error) => return Err(GitError::from(&error)),
        };
        let commit = head.peel_to_commit().map_err(|e| GitError::from(&e))?;
        Ok(Some(commit.id().to_string()))
    }

    /// The files of the project's folder at a commit, given by its id; a folder that is not there holds
    /// nothing. `typed_below` is the working folder relative to the project's.
    pub fn tree(&self, commit: &str, typed_below: &Path) -> Result<RevisionTree<'_>, GitError> {
        let unreadable = |error: git2::Error| GitError::from(&error);
        let id = git2::Oid::from_str(commit).map_err(unreadable)?;
        let commit = self.git.find_commit(id).map_err(unreadable)?;
        let tree = commit.tree().map_err(unreadable)?;
        Ok(RevisionTree::new(&self.git, tree, &self.below, typed_below))
    }

    /// Whether these files of the project's folder, the manifests that were read there, differ from those of
    /// a commit: changed, added (ignored ones too, because they count) or missing. Line ends do not matter:
    /// Git may turn them, and they mean nothing in manifests. `None` where the commit holds what is not
    /// read of a tree: links, pointers of Git LFS, folders that are too deep.
    pub fn is_dirty(&self, commit: &str, sources: &[SourceFile]) -> Result<Option<bool>, GitError> {
        let tree = self.tree(commit, Path::new(""))?;
        let committed = files_from(&tree, PathBuf::new(), &[]);
        if !committed.findings.is_empty() {
            return Ok(None);
        }
        let by_path = |sources: &[SourceFile]| -> BTreeMap<String, Vec<u8>> {
            let one = |source: &SourceFile| (source.path.clone(), unified(&source.bytes));
            sources.iter().map(one).collect()
        };
        Ok(Some(by_path(sources) != by_path(&committed.sources)))
    }

    /// Whether the history ends somewhere because it was not fetched whole.
    pub fn is_shallow(&self) -> bool {
        self.git.is_shallow()
    }
}

/// A branch without a commit.
fn is_nothing_yet(error: &git2::Error) -> bool {
    matches!(
        error.code(),
        git2::ErrorCode::UnbornBranch | git2::ErrorCode::NotFound
    )
}

/// With `\n` at the end of every line.
fn unified(bytes: &[u8]) -> Vec<u8> {
    let mut kept = Vec::with_capacity(bytes.len());
    for (at, byte) in bytes.iter().enumerate() {
        if *byte != b'\r' || bytes.get(at + 1) != Some(&b'\n') {
            kept.push(*byte);
        }
    }
    kept
}
