//! `--base REV`: what changed in the manifests since a revision, as a part of a plan.

use super::checkout::{ReadManifests, read_commit};
use super::failure::Failed;
use super::opened::Opened;
use super::session::Session;
use crate::diagnostics::Finding;
use crate::git::{Range, Repository};
use crate::manifest::compare::{
    LinkedItems, ManifestChanges, ManifestSide, ManifestSummary, compare,
};
use crate::manifest::project_folder;
use crate::mapping;
use crate::model::config::Config;
use crate::plan::{self, Plan};

/// The manifests of the revision of `--base`.
pub(crate) struct Base {
    side: ManifestSide,
    /// `None` if they do not hold.
    config: Option<Config>,
    /// How many errors they have.
    errors: usize,
}

impl Base {
    /// Reads them, before anything is contacted. `A...B` is the commit at which B left A.
    pub(crate) fn read(session: &Session, base: &str) -> Result<Self, Failed> {
        let options = session.load_options();
        let folder = project_folder(&options.folder);
        let repository = Repository::around(&folder)?;
        let range = Range::read(base);
        let commit = if range.from_merge_base {
            range.commits(&repository)?.0
        } else {
            // A plain range is refused by its own name.
            repository.resolve(base)?
        };
        let read = read_commit(&repository, &folder, &options, commit)?;
        let ReadManifests { loaded, commit, .. } = read;
        let lint = loaded.config.iter().flat_map(mapping::lint_config);
        let errors = lint.chain(loaded.findings).filter(Finding::is_error);
        let errors = errors.count();
        // What the operator overrules is the same on both sides.
        let config = match loaded.config.filter(|_| errors == 0) {
            Some(config) => Some(session.with_environment(config)?),
            None => None,
        };
        let digest = config.as_ref().map(|config| config.digest.clone());
        Ok(Self {
            side: ManifestSide {
                name: Some(base.to_owned()),
                commit,
                digest: digest.unwrap_or_default(),
            },
            config,
            errors,
        })
    }

    /// Compares them with the manifests that the plan was made from. The plan's ids stay as they are.
    pub(crate) async fn add_to(self, plan: &mut Plan, opened: &Opened) -> Result<(), Failed> {
        let mut changes = ManifestChanges {
            since: self.side,
            problem: None,
            summary: ManifestSummary::default(),
            changes: Vec::new(),
        };
        match &self.config {
            None => {
                changes.problem = Some(format!(
                    "the manifests of {} do not hold ({}), so what changed since cannot be told",
                    changes.since.label(),
                    super::declared::counted(self.errors, "error", "errors")
                ));
            }
            Some(before) => {
                let linked: LinkedItems = opened.store.links_by_rule().await?.into_iter().collect();
                changes.changes = compare(before, &opened.config, Some(&linked));
                changes.summary = ManifestSummary::of(&changes.changes);
                plan::attribute(&mut changes.changes, before, &opened.config, plan);
            }
        }
        plan.manifest_changes = Some(changes);
        Ok(())
    }
}
