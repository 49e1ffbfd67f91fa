//! Finding and reading the files of a project: the only place of this room that touches a file system.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Read;
use std::path::{Component, Path, PathBuf};

use super::check::stays_inside;
use super::read::{self, Loaded, MOST_BYTES, ReadOptions};
use crate::diagnostics::catalog::yaml;
use crate::diagnostics::{Code, Finding, Location, Place, SourceFile, quote};

/// The file that makes a folder a project.
pub const PROJECT_FILE: &str = "accord.yaml";

/// What to load.
#[derive(Clone, Debug, Default)]
pub struct LoadOptions {
    /// The working folder.
    pub folder: PathBuf,
    /// Only findings about these files and folders are wanted (relative to `folder`); empty means all.
    /// The rest of the project is read all the same, for what they refer to.
    pub paths: Vec<PathBuf>,
    /// Environment variables beyond the usual prefixes that manifests may refer to
    /// (`ACCORD_ALLOW_ENV`).
    pub allowed_env: Vec<String>,
}

/// A project as it was loaded.
#[derive(Clone, Debug)]
pub struct LoadedProject {
    /// The project's folder.
    pub folder: PathBuf,
    /// What its manifests say.
    pub loaded: Loaded,
}

/// Files of a project, not yet judged.
#[derive(Clone, Debug)]
pub struct ProjectFiles {
    /// The project's folder.
    pub folder: PathBuf,
    /// The files, sorted by path.
    pub sources: Vec<SourceFile>,
    /// Files and folders that could not be read.
    pub findings: Vec<Finding>,
}

/// Reads the project of the working folder: the nearest folder upwards with `accord.yaml` inside the
/// same repository, else the working folder itself. Takes `*.yaml` and `*.yml` under `spec.manifests`,
/// in order of path; never leaves the project's folder.
pub fn load(options: &LoadOptions) -> LoadedProject {
    let folder = project_folder(&options.folder);
    let mut walk = Walk::new(&folder);
    walk.project();
    let mut wanted = Vec::new();
    for path in &options.paths {
        wanted.extend(walk.named(&options.folder, path));
    }
    let name = folder
        .file_name()
        .map(|name| name.to_string_lossy().into_owned());
    let read_options = ReadOptions {
        project_name: name.unwrap_or_else(|| "project".to_owned()),
        allowed_env: options.allowed_env.clone(),
    };
    let mut loaded = read::read(walk.files.into_values().collect(), &read_options);
    loaded.findings.splice(0..0, walk.findings);
    if !options.paths.is_empty() {
        loaded.findings.retain(|finding| concerns(finding, &wanted));
    }
    if loaded.has_errors() {
        loaded.config = None;
    }
    LoadedProject { folder, loaded }
}

/// Reads the files that `paths` of the options name and nothing else of the project; without paths, all
/// that [`load`] reads.
pub fn files(options: &LoadOptions) -> ProjectFiles {
    let folder = project_folder(&options.folder);
    let mut walk = Walk::new(&folder);
    if options.paths.is_empty() {
        walk.project();
    }
    for path in &options.paths {
        walk.named(&options.folder, path);
    }
    ProjectFiles {
        sources: walk.files.into_values().collect(),
        findings: walk.findings,
        folder,
    }
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

/// Whether a finding is about one of the wanted paths; findings without a file always are.
fn concerns(finding: &Finding, wanted: &[String]) -> bool {
    let places = finding
        .location
        .iter()
        .chain(finding.related.iter().map(|(place, _)| place));
    let mut files = places.map(|place| place.file.as_str()).peekable();
    files.peek().is_none()
        || files.any(|file| {
            wanted.iter().any(|path| {
                path.is_empty()
                    || file == path
                    || file
                        .strip_prefix(path.as_str())
                        .is_some_and(|rest| rest.starts_with('/'))
            })
        })
}

struct Walk<'a> {
    folder: &'a Path,
    /// The project's folder with all links resolved: what must not be left.
    real_folder: PathBuf,
    files: BTreeMap<String, SourceFile>,
    findings: Vec<Finding>,
    /// Real paths that were read or entered: links may lead to the same place twice, or in circles.
    seen: BTreeSet<PathBuf>,
}

impl<'a> Walk<'a> {
    fn new(folder: &'a Path) -> Self {
        Self {
            folder,
            real_folder: fs::canonicalize(folder).unwrap_or_else(|_| folder.to_owned()),
            files: BTreeMap::new(),
            findings: Vec::new(),
            seen: BTreeSet::new(),
        }
    }

    /// Everything that the project file names.
    fn project(&mut self) {
        let project_file = self.folder.join(PROJECT_FILE);
        let mut roots = vec![".".to_owned()];
        if project_file.is_file() {
            self.enter(&project_file, PROJECT_FILE);
            if let Some(named) = self.files.get(PROJECT_FILE).and_then(read::manifests_of) {
                roots = named;
            }
        }
        for root in roots.iter().filter(|root| stays_inside(root)) {
            self.root(root);
        }
    }

    /// An entry of `spec.manifests`.
    fn root(&mut self, root: &str) {
        let relative = clean(root);
        let path = self.folder.join(&relative);
        if path.exists() {
            self.enter(&path, &relative);
        } else {
            let message = format!(
                "`spec.manifests` names {}, which does not exist",
                quote(root)
            );
            self.report(&yaml::PATH_NOT_FOUND, PROJECT_FILE, message);
        }
    }

    /// A path from the command line; gives it relative to the project's folder.
    fn named(&mut self, working_folder: &Path, path: &Path) -> Option<String> {
        let full = working_folder.join(path);
        let shown = quote(&path.to_string_lossy());
        let Ok(real) = fs::canonicalize(&full) else {
            let message = format!("{shown} does not exist");
            self.findings
                .push(Finding::new(&yaml::PATH_NOT_FOUND, message));
            return None;
        };
        let Ok(relative) = real.strip_prefix(&self.real_folder) else {
            let message = format!("{shown} is outside the project's folder");
            self.findings
                .push(Finding::new(&yaml::OUTSIDE_PROJECT, message));
            return None;
        };
        let relative = slashed(relative);
        self.enter(&real, &relative);
        Some(relative)
    }

    /// Reads a file, or everything in a folder.
    fn enter(&mut self, path: &Path, relative: &str) {
        let Ok(real) = fs::canonicalize(path) else {
            let message = "this cannot be opened: a link to nowhere, or no permission";
            self.report(&yaml::UNREADABLE_FILE, relative, message.to_owned());
            return;
        };
        if !real.starts_with(&self.real_folder) {
            let message = "this leads out of the project's folder and is not followed";
            self.report(&yaml::OUTSIDE_PROJECT, relative, message.to_owned());
            return;
        }
        if !self.seen.insert(real.clone()) {
            return;
        }
        if real.is_dir() {
            self.folder(&real, relative);
        } else if real.is_file() {
            self.file(&real, relative);
        }
    }

    fn folder(&mut self, path: &Path, relative: &str) {
        let entries = fs::read_dir(path).and_then(Iterator::collect::<Result<Vec<_>, _>>);
        let mut entries = match entries {
            Ok(entries) => entries,
            Err(error) => {
                let message = format!("the folder cannot be read: {error}");
                self.report(&yaml::UNREADABLE_FILE, relative, message);
                return;
            }
        };
        entries.sort_by_key(fs::DirEntry::file_name);
        for entry in entries {
            let name = entry.file_name().to_string_lossy().into_owned();
            let path = entry.path();
            let below = if relative.is_empty() {
                name.clone()
            } else {
                format!("{relative}/{name}")
            };
            let is_manifest = Path::new(&name)
                .extension()
                .is_some_and(|extension| extension == "yaml" || extension == "yml");
            // Links count as what they lead to; one that leads nowhere is reported if it looks like a
            // manifest.
            let is_folder = path.is_dir();
            let skipped = is_folder && name.starts_with('.');
            if !skipped && (is_folder || is_manifest) {
                self.enter(&path, &below);
            }
        }
    }

    fn file(&mut self, path: &Path, relative: &str) {
        let mut bytes = Vec::new();
        let limit = MOST_BYTES as u64 + 1;
        let result = fs::File::open(path).and_then(|file| file.take(limit).read_to_end(&mut bytes));
        match result {
            Ok(_) => {
                let source = SourceFile::new(relative, bytes);
                self.files.insert(relative.to_owned(), source);
            }
            Err(error) => {
                let message = format!("the file cannot be read: {error}");
                self.report(&yaml::UNREADABLE_FILE, relative, message);
            }
        }
    }

    fn report(&mut self, code: Code, file: &str, message: String) {
        let location = Location {
            file: if file.is_empty() { "." } else { file }.to_owned(),
            place: Place::File,
        };
        self.findings.push(Finding::new(code, message).at(location));
    }
}

/// The path without `.` steps and doubled slashes.
fn clean(path: &str) -> String {
    slashed(Path::new(path))
}

fn slashed(path: &Path) -> String {
    let names = path.components().filter_map(|component| match component {
        Component::Normal(name) => Some(name.to_string_lossy().into_owned()),
        _ => None,
    });
    names.collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests;
