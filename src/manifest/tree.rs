//! Where the files of a project stand: a folder of this machine, or a tree of a version control system.
//! The scan for manifests is the same over either.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// Files below a project's folder. Paths are relative to that folder; the empty one is the folder itself.
pub trait ManifestTree {
    /// What stands at a path.
    fn look(&self, path: &Path) -> Place;

    /// What is in a folder that [`Self::look`] gave, sorted by name. The error is a sentence's second half.
    fn list(&self, folder: &Path) -> Result<Vec<Listed>, String>;

    /// The bytes of a file that [`Self::look`] gave, at most one more than [`super::MOST_BYTES`].
    fn bytes(&self, file: &Path) -> Result<Vec<u8>, String>;

    /// Where a path leads that somebody typed in the working folder.
    fn typed(&self, path: &Path) -> Typed;
}

/// What stands at a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// Nothing that can be opened.
    Missing,
    /// A folder, by the one path that it has whatever link led there.
    Folder(PathBuf),
    /// A file, likewise.
    File(PathBuf),
    /// A link out of the project's folder.
    LeadsOut,
    /// A link, where none is followed.
    Link,
    /// Nothing that manifests could be read from: a device, a submodule.
    Other,
}

/// One entry of a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Its name.
    pub name: OsString,
    /// Whether it is a folder, or a link to one.
    pub is_folder: bool,
}

/// Where a typed path leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Typed {
    /// Inside the project.
    At(PathBuf),
    /// Nowhere.
    Missing,
    /// Out of the project's folder.
    Outside,
}
