//! What every command works with: the project's folder, the output, the operator's settings.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::args::Format;
use super::checkout::{self, ReadManifests};
use super::events::Events;
use super::exit_code::ExitCode;
use super::failure::Failed;
use super::ui::Ui;
use crate::diagnostics::{Finding, SourceFile, render};
use crate::http::AllowList;
use crate::manifest::{self, LoadOptions};
use crate::mapping;
use crate::model::config::{Config, StateLocation};
use crate::plan::render::human::HumanOptions;
use crate::reconcile::{Clock, Environment, HttpRemotes, Notice, Timeouts};

/// A project whose manifests hold.
pub(crate) struct Project {
    /// What they say.
    pub(crate) config: Config,
    /// Their folder.
    pub(crate) folder: PathBuf,
    /// Their texts.
    pub(crate) sources: Vec<SourceFile>,
    /// The commit that they were taken from, if they are not those of the folder.
    pub(crate) commit: Option<String>,
}

/// Manifests that hold, with their texts.
pub(crate) struct Checked {
    /// What they say.
    pub(crate) config: Config,
    /// The project's folder.
    pub(crate) folder: PathBuf,
    /// Their texts.
    pub(crate) sources: Vec<SourceFile>,
    /// The commit that they were taken from, if they are not those of the folder.
    pub(crate) commit: Option<String>,
}

/// One invocation of a command.
pub(crate) struct Session {
    /// All output.
    pub(crate) ui: Ui,
    /// The folder that everything relative is relative to.
    pub(crate) directory: PathBuf,
    /// Variables and secrets.
    pub(crate) environment: Arc<dyn Environment>,
    /// Hosts that credentials may go to.
    pub(crate) allow: AllowList,
    /// Refuses every request.
    pub(crate) offline: bool,
    /// For read-only commands: longest time without an answer.
    pub(crate) patience: Duration,
    /// What stdout carries.
    pub(crate) format: Format,
    /// Whether that is JSON.
    pub(crate) json: bool,
    /// The stream of events, for commands that have one.
    pub(crate) events: Events,
    /// The time.
    pub(crate) clock: Arc<dyn Clock>,
    /// How long to wait for the systems.
    pub(crate) timeouts: Timeouts,
    /// The Git revision that the manifests are taken from (`--ref`); those of the folder without one.
    pub(crate) revision: Option<String>,
}

impl Session {
    /// Reads and checks the manifests; prints what is wrong with them.
    pub(crate) fn load(&self) -> Result<Project, Failed> {
        let project = self.checked()?;
        if project.config.rules.is_empty() {
            self.ui.note(&format!(
                "note: no sync rule is declared in {}; -C DIR takes another folder\n",
                project.folder.display()
            ));
        }
        Ok(project)
    }

    /// As [`Self::load`], for commands that need no rule.
    pub(crate) fn checked(&self) -> Result<Project, Failed> {
        let Checked {
            config,
            folder,
            sources,
            commit,
        } = self.check()?;
        let config = self.with_environment(config)?;
        Ok(Project {
            config,
            folder,
            sources,
            commit,
        })
    }

    /// The manifests with their texts, if they hold; prints what is wrong with them.
    pub(crate) fn check(&self) -> Result<Checked, Failed> {
        let ReadManifests {
            folder,
            loaded,
            commit,
        } = self.read(&[])?;
        let mut findings = loaded.findings;
        findings.extend(loaded.config.iter().flat_map(mapping::lint_config));
        let errors = findings.iter().any(Finding::is_error);
        // Warnings belong to `validate`; a plan repeats those that concern it.
        findings.retain(|finding| finding.is_error() || self.ui.verbosity() > 0);
        let text = render::text::render(&findings, &loaded.sources, self.ui.colour_stderr());
        self.ui.stderr(&text);
        match loaded.config {
            Some(config) if !errors => Ok(Checked {
                config,
                folder,
                sources: loaded.sources,
                commit,
            }),
            _ => Err(Failed::new(
                ExitCode::Invalid,
                "the manifests do not hold; nothing was contacted",
            )
            .with_help("`accord explain CODE` says more about a finding")),
        }
    }

    /// Reads the manifests without judging them: those of the folder, or of the revision of `--ref`.
    pub(crate) fn read(&self, paths: &[PathBuf]) -> Result<ReadManifests, Failed> {
        let options = LoadOptions {
            paths: paths.to_vec(),
            ..self.load_options()
        };
        match &self.revision {
            None => Ok(manifest::load(&options).into()),
            Some(revision) => checkout::read_at(&options, revision),
        }
    }

    /// What to read, and what manifests may refer to.
    pub(crate) fn load_options(&self) -> LoadOptions {
        LoadOptions {
            folder: self.directory.clone(),
            paths: Vec::new(),
            allowed_env: self.list("ACCORD_ALLOW_ENV"),
            project_name: None,
        }
    }

    /// `ACCORD_SETTLE` overrules the manifest.
    pub(crate) fn with_environment(&self, mut config: Config) -> Result<Config, Failed> {
        if let Some(text) = self.environment.variable("ACCORD_SETTLE") {
            config.project.settle = manifest::duration(&text).ok_or_else(|| {
                Failed::new(
                    ExitCode::Usage,
                    "ACCORD_SETTLE is not a duration; write it like `120s` or `2m`",
                )
            })?;
        }
        self.refuse_foreign_ref(&config)?;
        Ok(config)
    }

    /// A manifest of a pull request may name any ref. Only those below `refs/accord/` are nobody else's, so
    /// another one has to be named by the operator as well.
    fn refuse_foreign_ref(&self, config: &Config) -> Result<(), Failed> {
        let StateLocation::Git { reference, .. } = &config.project.state else {
            return Ok(());
        };
        let allowed = self.list("ACCORD_ALLOW_STATE_REFS");
        if reference.starts_with("refs/accord/") || allowed.contains(reference) {
            return Ok(());
        }
        Err(Failed::new(
            ExitCode::Refused,
            format!("the state may not be kept in {reference}; nothing was contacted"),
        )
        .with_help(format!(
            "name a ref below `refs/accord/`; if the server takes no such refs, set ACCORD_ALLOW_STATE_REFS={reference} \
             in the environment of the command (never in a manifest)"
        )))
    }

    /// A comma-separated list from the environment.
    pub(crate) fn list(&self, variable: &str) -> Vec<String> {
        let text = self.environment.variable(variable).unwrap_or_default();
        text.split(',')
            .map(str::trim)
            .filter(|part| !part.is_empty())
            .map(str::to_owned)
            .collect()
    }

    /// The systems over HTTP.
    pub(crate) fn remotes(&self) -> HttpRemotes {
        HttpRemotes::new(self.environment.clone(), self.allow.clone(), self.offline)
            .with_timeouts(self.timeouts)
            .with_notice(self.notice())
    }

    /// Tells on stderr that a system keeps not answering.
    pub(crate) fn notice(&self) -> Arc<Notice> {
        let ui = self.ui.clone();
        Arc::new(move |sentence: &str| ui.note(&format!("{sentence}\n")))
    }

    /// How people see plans.
    pub(crate) fn human_options(&self) -> HumanOptions {
        HumanOptions {
            colour: self.ui.colour_stdout(),
            verbose: self.ui.verbosity() > 0,
            full: self.ui.verbosity() > 1,
            ..HumanOptions::default()
        }
    }

    /// The way from the top of the repository to the project's folder, with `/` behind it; empty outside of
    /// any. Annotations name files from the top.
    pub(crate) fn prefix(&self) -> String {
        let folder = manifest::project_folder(&self.directory);
        let top = folder
            .ancestors()
            .find(|folder| folder.join(".git").exists());
        let inside = top.and_then(|top| folder.strip_prefix(top).ok());
        let names = inside.into_iter().flat_map(Path::components);
        names.fold(String::new(), |prefix, name| {
            prefix + &name.as_os_str().to_string_lossy() + "/"
        })
    }

    /// A path that was typed, relative to the session's folder.
    pub(crate) fn path(&self, typed: &Path) -> PathBuf {
        self.directory.join(typed)
    }
}
