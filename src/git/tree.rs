//! The files of a project at a revision, read from its tree: nothing is checked out.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::{Component, Path, PathBuf};

use crate::manifest::{Listed, MOST_BYTES, ManifestTree, Place, Typed};

/// A tree can name the same one many times over, at every level; more entries than this are no project.
const MOST_ENTRIES: usize = 200_000;

/// The most bytes that are read of one revision.
const MOST_BYTES_OF_ALL: usize = 256 * 1024 * 1024;

/// A link's target is a path; more than this is none.
const LONGEST_LINK: usize = 4_096;

const LINK: i32 = 0o120_000;

/// A project's folder at a revision.
pub struct RevisionTree<'r> {
    repository: &'r git2::Repository,
    /// The whole tree of the revision.
    top: git2::Tree<'r>,
    /// The project's folder in it.
    below: PathBuf,
    /// The working folder below the project's.
    typed_below: PathBuf,
    /// Folders that were looked into, by their path from the top: large ones are costly to read again.
    folders: RefCell<BTreeMap<PathBuf, git2::Tree<'r>>>,
    entries: Cell<usize>,
    bytes: Cell<usize>,
}

impl<'r> RevisionTree<'r> {
    pub(super) fn new(
        repository: &'r git2::Repository,
        top: git2::Tree<'r>,
        below: &Path,
        typed_below: &Path,
    ) -> Self {
        Self {
            repository,
            top,
            below: below.to_owned(),
            typed_below: typed_below.to_owned(),
            folders: RefCell::default(),
            entries: Cell::new(0),
            bytes: Cell::new(0),
        }
    }

    /// The folder at a path from the top; `None` if something else or nothing is there.
    fn folder(&self, path: &Path) -> Option<git2::Tree<'r>> {
        if path.as_os_str().is_empty() {
            return Some(self.top.clone());
        }
        if let Some(known) = self.folders.borrow().get(path) {
            return Some(known.clone());
        }
        let (id, mode) = self.entry(path)?;
        if kind(mode) != Some(git2::ObjectType::Tree) {
            return None;
        }
        let tree = self.repository.find_tree(id).ok()?;
        self.folders
            .borrow_mut()
            .insert(path.to_owned(), tree.clone());
        Some(tree)
    }

    /// Whether a folder on the way to a path from the top, or at it, is named by the revision and its object
    /// missing.
    fn is_lost(&self, path: &Path) -> bool {
        path.ancestors().any(|at| {
            let named = self.entry(at);
            named.is_some_and(|(_, mode)| kind(mode) == Some(git2::ObjectType::Tree))
                && self.folder(at).is_none()
        })
    }

    /// Id and mode of what is at a path from the top, which is not empty.
    fn entry(&self, path: &Path) -> Option<(git2::Oid, i32)> {
        let Some(Component::Normal(name)) = path.components().next_back() else {
            return None;
        };
        let folder = self.folder(path.parent()?)?;
        let entry = folder.get_name_bytes(name.as_encoded_bytes())?;
        Some((entry.id(), entry.filemode()))
    }

    /// Whether a link in this folder leads to a folder of the same revision, or to or through another link,
    /// behind which anything may be.
    fn leads_to_folder(&self, folder: &Path, link: git2::Oid) -> bool {
        let short = self.size(link).is_some_and(|size| size <= LONGEST_LINK);
        let Some(target) = short
            .then(|| self.repository.find_blob(link).ok())
            .flatten()
        else {
            return false;
        };
        let Ok(target) = std::str::from_utf8(target.content()) else {
            return false;
        };
        // Step by step, because a tree holds nothing at a path that goes through a link.
        let mut way = folder.to_owned();
        for component in Path::new(target).components() {
            match component {
                Component::Normal(name) => {
                    way.push(name);
                    match self.entry(&way) {
                        Some((_, LINK)) => return true,
                        Some((_, mode)) if kind(mode) == Some(git2::ObjectType::Tree) => {}
                        _ => return false,
                    }
                }
                Component::CurDir => {}
                Component::ParentDir => {
                    if !way.pop() {
                        return false;
                    }
                }
                Component::RootDir | Component::Prefix(_) => return false,
            }
        }
        true
    }

    /// The size of an object, without reading it.
    fn size(&self, id: git2::Oid) -> Option<usize> {
        let odb = self.repository.odb().ok()?;
        odb.read_header(id).ok().map(|(size, _)| size)
    }
}

impl ManifestTree for RevisionTree<'_> {
    fn look(&self, path: &Path) -> Place {
        let whole = self.below.join(path);
        if whole.as_os_str().is_empty() {
            return Place::Folder(PathBuf::new());
        }
        // The project's folder may be newer than the revision: then it holds nothing.
        let is_project = path.as_os_str().is_empty();
        match self.entry(&whole) {
            None if is_project => Place::Folder(PathBuf::new()),
            None => Place::Missing,
            Some((_, LINK)) => Place::Link,
            Some((_, mode)) => match kind(mode) {
                Some(git2::ObjectType::Tree) => Place::Folder(path.to_owned()),
                Some(git2::ObjectType::Blob) => Place::File(path.to_owned()),
                // A commit: the place of a submodule.
                _ => Place::Other,
            },
        }
    }

    fn list(&self, folder: &Path) -> Result<Vec<Listed>, String> {
        let whole = self.below.join(folder);
        let Some(tree) = self.folder(&whole) else {
            // The project's folder may be newer than the revision; one whose object is lost is not.
            return if folder.as_os_str().is_empty() && !self.is_lost(&whole) {
                Ok(Vec::new())
            } else {
                Err("its tree is missing in the repository".to_owned())
            };
        };
        self.entries.set(self.entries.get() + tree.len());
        if self.entries.get() > MOST_ENTRIES {
            return Err(format!("the revision has more than {MOST_ENTRIES} entries"));
        }
        let mut listed: Vec<Listed> = tree
            .iter()
            .map(|entry| Listed {
                name: os_name(entry.name_bytes()),
                is_folder: match entry.filemode() {
                    LINK => self.leads_to_folder(&whole, entry.id()),
                    mode => kind(mode) == Some(git2::ObjectType::Tree),
                },
            })
            .collect();
        // Git sorts folders as if their names ended with `/`.
        listed.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(listed)
    }

    fn bytes(&self, file: &Path) -> Result<Vec<u8>, String> {
        let missing = || "it is missing in the repository".to_owned();
        let (id, _) = self.entry(&self.below.join(file)).ok_or_else(missing)?;
        let size = self.size(id).ok_or_else(missing)?;
        // Too large is told by the size, which takes its place too.
        self.bytes.set(self.bytes.get() + size.min(MOST_BYTES + 1));
        if self.bytes.get() > MOST_BYTES_OF_ALL {
            let most = MOST_BYTES_OF_ALL / (1024 * 1024);
            return Err(format!(
                "the files of the revision are larger than {most} MiB"
            ));
        }
        if size > MOST_BYTES {
            // What is in it is never looked at.
            return Ok(vec![b' '; MOST_BYTES + 1]);
        }
        let blob = self
            .repository
            .find_blob(id)
            .map_err(|error| error.message().to_owned())?;
        Ok(blob.content().to_vec())
    }

    fn typed(&self, path: &Path) -> Typed {
        if path.is_absolute() {
            return Typed::Outside;
        }
        match joined(&self.typed_below, path) {
            None => Typed::Outside,
            Some(place) if self.look(&place) == Place::Missing => Typed::Missing,
            Some(place) => Typed::At(place),
        }
    }
}

/// The kind of object that an entry of this mode names.
fn kind(mode: i32) -> Option<git2::ObjectType> {
    match mode {
        0o040_000 => Some(git2::ObjectType::Tree),
        0o100_644 | 0o100_755 | 0o100_664 => Some(git2::ObjectType::Blob),
        _ => None,
    }
}

/// A path behind another one, without `.` and `..`; `None` if it leads out or is absolute.
fn joined(folder: &Path, path: &Path) -> Option<PathBuf> {
    let mut whole = folder.to_owned();
    for component in path.components() {
        match component {
            Component::Normal(name) => whole.push(name),
            Component::CurDir => {}
            Component::ParentDir => {
                if !whole.pop() {
                    return None;
                }
            }
            Component::RootDir | Component::Prefix(_) => return None,
        }
    }
    Some(whole)
}

#[cfg(unix)]
fn os_name(bytes: &[u8]) -> OsString {
    use std::os::unix::ffi::OsStrExt as _;
    OsStr::from_bytes(bytes).to_owned()
}

#[cfg(not(unix))]
fn os_name(bytes: &[u8]) -> OsString {
    // A name that is no UTF-8 is not found again, which is told.
    String::from_utf8_lossy(bytes).into_owned().into()
}
