//! A project in a folder of this machine: the only place of this room that touches a file system.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use super::read::MOST_BYTES;
use super::scan::{LoadOptions, LoadedProject, PROJECT_FILE, ProjectFiles, files_from, load_from};
use super::tree::{Listed, ManifestTree, Place, Typed};

/// Reads the project of the working folder: the nearest folder upwards with `accord.yaml` inside the
/// same repository, else the working folder itself. Takes `*.yaml` and `*.yml` under `spec.manifests`,
/// in order of path; never leaves the project's folder.
pub fn load(options: &LoadOptions) -> LoadedProject {
    let folder = project_folder(&options.folder);
    let tree = FolderTree::new(&folder, &options.folder);
    load_from(&tree, folder, options)
}

/// Reads the project of exactly this folder, wherever it lies.
pub fn load_exactly(options: &LoadOptions) -> LoadedProject {
    let tree = FolderTree::new(&options.folder, &options.folder);
    load_from(&tree, options.folder.clone(), options)
}

/// Reads the files that `paths` of the options name and nothing else of the project; without paths, all
/// that [`load`] reads.
pub fn files(options: &LoadOptions) -> ProjectFiles {
    let folder = project_folder(&options.folder);
    let tree = FolderTree::new(&folder, &options.folder);
    files_from(&tree, folder, &options.paths)
}

/// The nearest folder upwards that holds `accord.yaml`, not beyond the repository that `start` is in;
/// else `start`.
pub fn project_folder(start: &Path) -> PathBuf {
    let start = fs::canonicalize(start).unwrap_or_else(|_| start.to_owned());
    if start.join(PROJECT_FILE).is_file() {
        return start;
    }
    // Without a repository around it, a file further up is somebody else's.
    let Some(top) = start
        .ancestors()
        .find(|folder| folder.join(".git").exists())
    else {
        return start;
    };
    let inside = start
        .ancestors()
        .take_while(|folder| folder.starts_with(top));
    inside
        .into_iter()
        .find(|folder| folder.join(PROJECT_FILE).is_file())
        .map_or_else(|| start.clone(), Path::to_owned)
}

/// A project's folder. Links are followed as long as they stay inside.
struct FolderTree<'a> {
    /// With all links resolved: what must not be left.
    folder: PathBuf,
    working_folder: &'a Path,
}

impl<'a> FolderTree<'a> {
    fn new(folder: &Path, working_folder: &'a Path) -> Self {
        Self {
            folder: fs::canonicalize(folder).unwrap_or_else(|_| folder.to_owned()),
            working_folder,
        }
    }
}

impl ManifestTree for FolderTree<'_> {
    fn look(&self, path: &Path) -> Place {
        let Ok(real) = fs::canonicalize(self.folder.join(path)) else {
            return Place::Missing;
        };
        let Ok(inside) = real.strip_prefix(&self.folder) else {
            return Place::LeadsOut;
        };
        let inside = inside.to_owned();
        if real.is_dir() {
            Place::Folder(inside)
        } else if real.is_file() {
            Place::File(inside)
        } else {
            Place::Other
        }
    }

    fn list(&self, folder: &Path) -> Result<Vec<Listed>, String> {
        let entries = fs::read_dir(self.folder.join(folder))
            .and_then(Iterator::collect::<Result<Vec<_>, _>>)
            .map_err(|error| error.to_string())?;
        let mut entries: Vec<Listed> = entries
            .into_iter()
            .map(|entry| Listed {
                is_folder: entry.path().is_dir(),
                name: entry.file_name(),
            })
            .collect();
        entries.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(entries)
    }

    fn bytes(&self, file: &Path) -> Result<Vec<u8>, String> {
        let mut bytes = Vec::new();
        let limit = MOST_BYTES as u64 + 1;
        fs::File::open(self.folder.join(file))
            .and_then(|file| file.take(limit).read_to_end(&mut bytes))
            .map_err(|error| error.to_string())?;
        Ok(bytes)
    }

    fn typed(&self, path: &Path) -> Typed {
        let Ok(real) = fs::canonicalize(self.working_folder.join(path)) else {
            return Typed::Missing;
        };
        match real.strip_prefix(&self.folder) {
            Ok(inside) => Typed::At(inside.to_owned()),
            Err(_) => Typed::Outside,
        }
    }
}

#[cfg(test)]
mod tests;
