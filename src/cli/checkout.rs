//! Manifests and Git: those of a revision in place of the folder's, and what commit those of the folder are.

use std::fs;
use std::path::{Path, PathBuf};

use super::exit_code::ExitCode;
use super::failure::Failed;
use super::session::{Project, Session};
use crate::diagnostics::quote;
use crate::git::{GitError, Repository};
use crate::manifest::{self, LoadOptions, Loaded, LoadedProject};

/// Manifests that were read and not judged yet.
pub(crate) struct ReadManifests {
    /// The project's folder: where the state is and the secrets are, whatever the manifests were taken from.
    pub(crate) folder: PathBuf,
    /// What they say.
    pub(crate) loaded: Loaded,
    /// The commit that they were taken from; `None` for those of the folder.
    pub(crate) commit: Option<String>,
}

impl From<LoadedProject> for ReadManifests {
    fn from(project: LoadedProject) -> Self {
        Self {
            folder: project.folder,
            loaded: project.loaded,
            commit: None,
        }
    }
}

/// What Git says of the manifests that a command works with.
#[derive(Clone, Debug, Default)]
pub(crate) struct Checkout {
    /// The commit of `--ref`, else the one that is checked out; `None` if there is none or nobody can say.
    pub(crate) commit: Option<String>,
    /// Whether the manifests differ from that commit; `None` if nobody can say.
    pub(crate) dirty: Option<bool>,
}

impl Checkout {
    /// Of a project. A repository that cannot be read keeps no command from its work.
    pub(crate) fn of(session: &Session, project: &Project) -> Self {
        if project.commit.is_some() {
            return Self {
                commit: project.commit.clone(),
                dirty: Some(false),
            };
        }
        let asked = || -> Result<Self, GitError> {
            let repository = Repository::around(&project.folder)?;
            let Some(commit) = repository.head()? else {
                return Ok(Self {
                    commit: None,
                    dirty: Some(true),
                });
            };
            let dirty = repository.is_dirty(&commit, &project.sources)?;
            Ok(Self {
                commit: Some(commit),
                dirty,
            })
        };
        match asked() {
            Ok(checkout) => checkout,
            Err(GitError::NoRepository { .. }) => Self::default(),
            Err(error) => {
                session.ui.detail(&format!(
                    "the commit is not known: {error}; {}\n",
                    error.help()
                ));
                Self::default()
            }
        }
    }
}

/// The manifests of the project as they stood at a revision.
pub(crate) fn read_at(options: &LoadOptions, revision: &str) -> Result<ReadManifests, Failed> {
    let folder = manifest::project_folder(&options.folder);
    let repository = Repository::around(&folder)?;
    let commit = repository.resolve(revision)?;
    let read = read_commit(&repository, &folder, options, commit)?;
    if read.loaded.sources.is_empty() && read.loaded.findings.is_empty() {
        let message = format!(
            "{} holds no manifests in this project's folder",
            quote(revision)
        );
        return Err(Failed::new(ExitCode::Usage, message)
            .with_help("name a later revision, or give -C DIR with the folder they were in"));
    }
    Ok(read)
}

/// The manifests below a folder as they stood at a commit; none if the folder was not there yet.
pub(crate) fn read_commit(
    repository: &Repository,
    folder: &Path,
    options: &LoadOptions,
    commit: String,
) -> Result<ReadManifests, Failed> {
    let working = fs::canonicalize(&options.folder).unwrap_or_else(|_| options.folder.clone());
    let typed_below = working.strip_prefix(folder).unwrap_or(Path::new(""));
    let tree = repository.tree(&commit, typed_below)?;
    let LoadedProject { folder, loaded } = manifest::load_from(&tree, folder.to_owned(), options);
    Ok(ReadManifests {
        folder,
        loaded,
        commit: Some(commit),
    })
}

impl From<GitError> for Failed {
    fn from(error: GitError) -> Self {
        let code = if error.is_usage() {
            ExitCode::Usage
        } else {
            ExitCode::Failure
        };
        Self::new(code, error.to_string()).with_help(error.help())
    }
}
