//! Which files of a project hold its manifests, over a folder and a tree alike; and reading them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, Path, PathBuf};

use super::check::stays_inside;
use super::read::{self, Loaded, ReadOptions};
use super::tree::{ManifestTree, Place, Typed};
use crate::diagnostics::catalog::yaml;
use crate::diagnostics::{Code, Finding, Location, Place as At, SourceFile, quote};

/// The file that makes a folder a project.
pub const PROJECT_FILE: &str = "accord.yaml";

/// Folders within folders, from the project's: more are no project, and a tree can name any number.
const DEEPEST: usize = 100;

/// How a file begins that Git LFS keeps elsewhere (git-lfs, docs/spec.md).
const LFS_POINTER: &[u8] = b"version https://git-lfs.github.com/spec/";

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
    /// What a project is called that no manifest names; by default as its folder.
    pub project_name: Option<String>,
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

/// Reads the manifests of a project whose files stand in `tree` and whose folder is `folder`: `*.yaml` and
/// `*.yml` under `spec.manifests`, in order of path.
pub fn load_from(tree: &dyn ManifestTree, folder: PathBuf, options: &LoadOptions) -> LoadedProject {
    let mut walk = Walk::new(tree);
    walk.project();
    let mut wanted = Vec::new();
    for path in &options.paths {
        wanted.extend(walk.named(path));
    }
    let name = options.project_name.clone().or_else(|| {
        let name = folder.file_name();
        name.map(|name| name.to_string_lossy().into_owned())
    });
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

/// Reads the files that `paths` name and nothing else of the project; without paths, all that
/// [`load_from`] reads.
pub fn files_from(tree: &dyn ManifestTree, folder: PathBuf, paths: &[PathBuf]) -> ProjectFiles {
    let mut walk = Walk::new(tree);
    if paths.is_empty() {
        walk.project();
    }
    for path in paths {
        walk.named(path);
    }
    ProjectFiles {
        sources: walk.files.into_values().collect(),
        findings: walk.findings,
        folder,
    }
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
    tree: &'a dyn ManifestTree,
    files: BTreeMap<String, SourceFile>,
    findings: Vec<Finding>,
    /// Places that were read or entered: links may lead to the same place twice, or in circles.
    seen: BTreeSet<PathBuf>,
}

impl<'a> Walk<'a> {
    fn new(tree: &'a dyn ManifestTree) -> Self {
        Self {
            tree,
            files: BTreeMap::new(),
            findings: Vec::new(),
            seen: BTreeSet::new(),
        }
    }

    /// Everything that the project file names.
    fn project(&mut self) {
        let project_file = Path::new(PROJECT_FILE);
        let mut roots = vec![".".to_owned()];
        let there = self.tree.look(project_file);
        if !matches!(there, Place::Missing | Place::Folder(_) | Place::Other) {
            self.enter(project_file, PROJECT_FILE);
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
        let relative = slashed(Path::new(root));
        let path = PathBuf::from(&relative);
        if is_too_deep(&relative) {
            self.report_depth(PROJECT_FILE);
        } else if self.tree.look(&path) == Place::Missing {
            let message = format!(
                "`spec.manifests` names {}, which does not exist",
                quote(root)
            );
            self.report(&yaml::PATH_NOT_FOUND, PROJECT_FILE, message);
        } else {
            self.enter(&path, &relative);
        }
    }

    /// A path from the command line; gives it relative to the project's folder.
    fn named(&mut self, path: &Path) -> Option<String> {
        let shown = quote(&path.to_string_lossy());
        let place = match self.tree.typed(path) {
            Typed::At(place) => place,
            Typed::Missing => {
                let message = format!("{shown} does not exist");
                self.findings
                    .push(Finding::new(&yaml::PATH_NOT_FOUND, message));
                return None;
            }
            Typed::Outside => {
                let message = format!("{shown} is outside the project's folder");
                self.findings
                    .push(Finding::new(&yaml::OUTSIDE_PROJECT, message));
                return None;
            }
        };
        let relative = slashed(&place);
        self.enter(&place, &relative);
        Some(relative)
    }

    /// Reads a file, or everything in a folder.
    fn enter(&mut self, path: &Path, relative: &str) {
        match self.tree.look(path) {
            Place::Missing => {
                let message = "this cannot be opened: a link to nowhere, or no permission";
                self.report(&yaml::UNREADABLE_FILE, relative, message.to_owned());
            }
            Place::LeadsOut => {
                let message = "this leads out of the project's folder and is not followed";
                self.report(&yaml::OUTSIDE_PROJECT, relative, message.to_owned());
            }
            Place::Link => {
                let message = "this is a symbolic link, and links of a revision are not followed";
                self.report(&yaml::UNREADABLE_FILE, relative, message.to_owned());
            }
            Place::Folder(place) => {
                if self.seen.insert(place.clone()) {
                    self.folder(&place, relative);
                }
            }
            Place::File(place) => {
                if self.seen.insert(place.clone()) {
                    self.file(&place, relative);
                }
            }
            Place::Other => {}
        }
    }

    fn folder(&mut self, folder: &Path, relative: &str) {
        if is_too_deep(relative) {
            self.report_depth(relative);
            return;
        }
        let entries = match self.tree.list(folder) {
            Ok(entries) => entries,
            Err(error) => {
                let message = format!("the folder cannot be read: {error}");
                self.report(&yaml::UNREADABLE_FILE, relative, message);
                return;
            }
        };
        for entry in entries {
            let name = entry.name.to_string_lossy().into_owned();
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
            let skipped = entry.is_folder && name.starts_with('.');
            if !skipped && (entry.is_folder || is_manifest) {
                self.enter(&folder.join(&entry.name), &below);
            }
        }
    }

    fn file(&mut self, file: &Path, relative: &str) {
        match self.tree.bytes(file) {
            // As YAML it would be a document of somebody else, and what it declares would be gone.
            Ok(bytes) if bytes.starts_with(LFS_POINTER) => {
                let message = "this is a pointer of Git LFS and not the file itself: keep manifests out of LFS";
                self.report(&yaml::UNREADABLE_FILE, relative, message.to_owned());
            }
            Ok(bytes) => {
                let source = SourceFile::new(relative, bytes);
                self.files.insert(relative.to_owned(), source);
            }
            Err(error) => {
                let message = format!("the file cannot be read: {error}");
                self.report(&yaml::UNREADABLE_FILE, relative, message);
            }
        }
    }

    fn report_depth(&mut self, file: &str) {
        let message = format!("folders are looked into {DEEPEST} deep, and no deeper");
        self.report(&yaml::UNREADABLE_FILE, file, message);
    }

    fn report(&mut self, code: Code, file: &str, message: String) {
        let location = Location {
            file: if file.is_empty() { "." } else { file }.to_owned(),
            place: At::File,
        };
        self.findings.push(Finding::new(code, message).at(location));
    }
}

/// Whether a path below the project's folder has more names than folders may be deep.
fn is_too_deep(relative: &str) -> bool {
    relative.split('/').count() > DEEPEST
}

/// The path with `/`, without `.` steps and doubled slashes.
fn slashed(path: &Path) -> String {
    let names = path.components().filter_map(|component| match component {
        Component::Normal(name) => Some(name.to_string_lossy().into_owned()),
        _ => None,
    });
    names.collect::<Vec<_>>().join("/")
}
