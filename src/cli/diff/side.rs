//! The two sides of a comparison: revisions, folders, or the working folder.

use std::path::{Path, PathBuf};

use super::super::checkout::{ReadManifests, read_commit};
use super::super::exit_code::ExitCode;
use super::super::failure::Failed;
use super::super::session::Session;
use crate::diagnostics::{Finding, printable, render};
use crate::git::{GitError, Range, Repository};
use crate::manifest::compare::ManifestSide;
use crate::manifest::{LoadOptions, load, load_exactly, project_folder};
use crate::mapping;
use crate::model::config::Config;

/// Manifests of one side, not judged yet.
pub(super) struct Side {
    /// As it was asked for; `None` for the working folder.
    name: Option<String>,
    read: ReadManifests,
}

/// Manifests that hold.
pub(super) struct Held {
    /// What they say.
    pub(super) config: Config,
    /// Where their state is.
    pub(super) state_folder: PathBuf,
    name: Option<String>,
    commit: Option<String>,
}

impl Side {
    /// The manifests, if they hold; prints what is wrong with them and says of which side it is.
    pub(super) fn hold(self, session: &Session) -> Result<Held, Failed> {
        let ReadManifests {
            folder,
            loaded,
            commit,
        } = self.read;
        let mut findings = loaded.findings;
        findings.extend(loaded.config.iter().flat_map(mapping::lint_config));
        findings.retain(Finding::is_error);
        match loaded.config {
            Some(config) if findings.is_empty() => Ok(Held {
                config,
                state_folder: folder,
                name: self.name,
                commit,
            }),
            _ => {
                let name = self.name.as_deref().unwrap_or("the working folder");
                let colour = session.ui.colour_stderr();
                let text = render::text::render(&findings, &loaded.sources, colour);
                session
                    .ui
                    .stderr(&format!("in {}:\n{text}", printable(name)));
                Err(Failed::new(
                    ExitCode::Invalid,
                    format!(
                        "the manifests of {} do not hold, so they are not compared",
                        printable(name)
                    ),
                )
                .with_help("`accord explain CODE` says more about a finding"))
            }
        }
    }
}

impl Held {
    pub(super) fn described(&self) -> ManifestSide {
        ManifestSide {
            name: self.name.clone(),
            commit: self.commit.clone(),
            digest: self.config.digest.clone(),
        }
    }
}

/// Reads both sides: `A..B`, `A...B`, `A`, or two of anything.
pub(super) fn sides(session: &Session, typed: &[String]) -> Result<(Side, Side), Failed> {
    let mut options = session.load_options();
    // Two folders have two names, and that is no change of what stands in them.
    let folder = project_folder(&options.folder);
    let name = folder.file_name();
    options.project_name = name.map(|name| name.to_string_lossy().into_owned());
    let working = |options: &LoadOptions| Side {
        name: None,
        read: load(options).into(),
    };
    match typed {
        [from, to] => Ok((one(session, &options, from)?, one(session, &options, to)?)),
        [only] if is_path(only) => Ok((one(session, &options, only)?, working(&options))),
        [range] => {
            let folder = project_folder(&options.folder);
            let repository = match Repository::around(&folder) {
                Ok(repository) => repository,
                Err(_) if session.path(Path::new(range)).is_dir() => {
                    return Ok((one(session, &options, range)?, working(&options)));
                }
                Err(error) => return Err(error.into()),
            };
            let asked = Range::read(range);
            let (from, to) = match asked.commits(&repository) {
                Ok(commits) => commits,
                Err(GitError::Unknown { .. }) if session.path(Path::new(range)).is_dir() => {
                    return Ok((one(session, &options, range)?, working(&options)));
                }
                Err(error) => return Err(error.into()),
            };
            let at = |name: String, commit| -> Result<Side, Failed> {
                let read = read_commit(&repository, &folder, &options, commit)?;
                Ok(Side {
                    name: Some(name),
                    read,
                })
            };
            let from_name = match &asked.to {
                Some(to) if asked.from_merge_base => {
                    format!("where {to} left {}", asked.from)
                }
                _ => asked.from.clone(),
            };
            let from = at(from_name, from)?;
            let to = match (asked.to, to) {
                (Some(name), Some(commit)) => at(name, commit)?,
                _ => working(&options),
            };
            Ok((from, to))
        }
        _ => Err(Failed::new(
            ExitCode::Usage,
            "one or two sides are compared",
        )),
    }
}

/// Whether a text can only be a path.
fn is_path(text: &str) -> bool {
    Path::new(text).is_absolute() || text == "." || text == ".." || {
        let below = |start: &str| text.starts_with(&format!("{start}/"));
        below(".") || below("..")
    }
}

/// A folder, or a revision.
fn one(session: &Session, options: &LoadOptions, typed: &str) -> Result<Side, Failed> {
    let path = session.path(Path::new(typed));
    let project = project_folder(&options.folder);
    let name = Some(typed.to_owned());
    if !is_path(typed)
        && let Ok(repository) = Repository::around(&project)
    {
        match repository.resolve(typed) {
            Ok(commit) => {
                let read = read_commit(&repository, &project, options, commit)?;
                return Ok(Side { name, read });
            }
            Err(_) if path.is_dir() => {}
            Err(error) => return Err(error.into()),
        }
    }
    if !path.is_dir() {
        let message = format!("there is no folder {}", printable(typed));
        return Err(Failed::new(ExitCode::Usage, message)
            .with_help("write two folders, or revisions of this repository: A..B"));
    }
    let folder = std::fs::canonicalize(&path).unwrap_or(path);
    let options = LoadOptions {
        folder,
        ..options.clone()
    };
    Ok(Side {
        name,
        read: load_exactly(&options).into(),
    })
}
