//! What every command works with: the project's folder, the output, the operator's settings.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::exit_code::ExitCode;
use super::failure::Failed;
use super::ui::Ui;
use crate::diagnostics::render;
use crate::http::AllowList;
use crate::manifest::{self, LoadOptions, Loaded};
use crate::model::config::Config;
use crate::reconcile::{Environment, HttpRemotes};

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
    /// Whether stdout carries JSON.
    pub(crate) json: bool,
    /// Nothing may be asked.
    pub(crate) no_input: bool,
}

impl Session {
    /// Reads and checks the manifests; prints what is wrong with them.
    pub(crate) fn load(&self, paths: &[PathBuf]) -> Result<(Loaded, Config), Failed> {
        let loaded = self.read(paths)?;
        let errors = loaded.findings.iter().filter(|finding| finding.is_error()).count();
        self.ui.stderr(&render::text::render(
            &loaded.findings,
            &loaded.sources,
            self.ui.colour_stderr(),
        ));
        match (errors, loaded.config.clone()) {
            (0, Some(config)) => Ok((loaded, self.with_environment(config)?)),
            _ => Err(Failed::told(ExitCode::Invalid)),
        }
    }

    /// Reads the manifests without judging them.
    pub(crate) fn read(&self, paths: &[PathBuf]) -> Result<Loaded, Failed> {
        let options = LoadOptions {
            paths: paths.to_vec(),
            allowed_env: self.list("ACCORD_ALLOW_ENV"),
            ..LoadOptions::default()
        };
        manifest::load(&self.directory, &options)
            .map_err(|error| Failed::new(ExitCode::Failure, error.to_string()))
    }

    /// `ACCORD_SETTLE` overrules the manifest.
    fn with_environment(&self, mut config: Config) -> Result<Config, Failed> {
        if let Some(text) = self.environment.variable("ACCORD_SETTLE") {
            config.project.settle = manifest::duration(&text).ok_or_else(|| {
                Failed::new(
                    ExitCode::Usage,
                    "ACCORD_SETTLE is not a duration; write it like `120s` or `2m`",
                )
            })?;
        }
        Ok(config)
    }

    /// A comma-separated list from the environment.
    pub(crate) fn list(&self, variable: &str) -> Vec<String> {
        let text = self.environment.variable(variable).unwrap_or_default();
        text.split(',').map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect()
    }

    /// The systems over HTTP.
    pub(crate) fn remotes(&self) -> HttpRemotes {
        HttpRemotes::new(self.environment.clone(), self.allow.clone(), self.offline)
    }

    /// The store's file.
    pub(crate) fn state_path(&self, config: &Config) -> PathBuf {
        self.directory.join(&config.project.state)
    }

    /// A path that was typed, relative to the session's folder.
    pub(crate) fn path(&self, typed: &Path) -> PathBuf {
        self.directory.join(typed)
    }
}
