//! The private repository: trees and commits, written and read without a working tree.

use std::path::Path;

use git2::build::TreeUpdateBuilder;
use git2::{
    Error, FileMode, ObjectType, Oid, Repository, RepositoryInitOptions, Signature, Time,
    TreeWalkMode, TreeWalkResult,
};
use jiff::Timestamp;

use super::export::Changes;

/// Where trees and commits are written before they are pushed.
pub(super) struct Objects(Repository);

impl Objects {
    /// Makes an empty repository.
    pub(super) fn create(path: &Path) -> Result<Self, Error> {
        let mut options = RepositoryInitOptions::new();
        options.bare(true).external_template(false).no_reinit(true);
        Ok(Self(Repository::init_opts(path, &options)?))
    }

    /// The paths of all files in a commit.
    pub(super) fn paths(&self, commit: Oid) -> Result<Vec<String>, Error> {
        let tree = self.0.find_commit(commit)?.tree()?;
        let mut paths = Vec::new();
        tree.walk(TreeWalkMode::PreOrder, |folder, entry| {
            if entry.kind() != Some(ObjectType::Tree) {
                let name = String::from_utf8_lossy(entry.name_bytes());
                paths.push(format!("{folder}{name}"));
            }
            TreeWalkResult::Ok
        })?;
        Ok(paths)
    }

    /// The bytes of a file in a commit; `None` if there is no such file.
    pub(super) fn file(&self, commit: Oid, path: &str) -> Result<Option<Vec<u8>>, Error> {
        let tree = self.0.find_commit(commit)?.tree()?;
        let entry = match tree.get_path(Path::new(path)) {
            Ok(entry) => entry,
            Err(error) if error.code() == git2::ErrorCode::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        if entry.kind() != Some(ObjectType::Blob) {
            return Ok(None);
        }
        Ok(Some(self.0.find_blob(entry.id())?.content().to_vec()))
    }

    /// Writes a commit that changes some files of another one, and gives its id.
    pub(super) fn commit(
        &self,
        parent: Option<Oid>,
        changes: &Changes,
        message: &str,
        at: Timestamp,
    ) -> Result<Oid, Error> {
        let parent = parent
            .map(|parent| self.0.find_commit(parent))
            .transpose()?;
        let baseline = match &parent {
            Some(parent) => parent.tree()?,
            None => self.0.find_tree(self.0.treebuilder(None)?.write()?)?,
        };
        let mut update = TreeUpdateBuilder::new();
        for (path, bytes) in changes {
            match bytes {
                Some(bytes) => {
                    update.upsert(path, self.0.blob(bytes)?, FileMode::Blob);
                }
                None if baseline.get_path(Path::new(path)).is_ok() => {
                    update.remove(path);
                }
                None => {}
            }
        }
        let tree = self
            .0
            .find_tree(update.create_updated(&self.0, &baseline)?)?;
        // Not the person whose machine this is: the ref is written by a program.
        let time = Time::new(at.as_second(), 0);
        let author = Signature::new("Accord", "accord@localhost", &time)?;
        let parents: Vec<_> = parent.iter().collect();
        self.0
            .commit(None, &author, &author, message, &tree, &parents)
    }
}
