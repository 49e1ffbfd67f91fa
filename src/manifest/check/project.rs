//! `Project`.

use std::path::PathBuf;
use std::time::Duration;

use super::text::{duration, stays_inside};
use super::{Context, secret};
use crate::diagnostics::catalog::{lint, manifest as codes, safety};
use crate::diagnostics::{pointer, quote};
use crate::manifest::document::Report;
use crate::manifest::raw::{ProjectSpec, RawGit, RawState};
use crate::model::Name;
use crate::model::config::{ChangeLimit, Project, Safety, StateLocation};

/// A limit of so many items guards nothing.
const NO_GUARD: u64 = 10_000;

/// The project where no manifest describes it.
pub(super) fn default(name: &str) -> Project {
    Project {
        name: name.to_owned(),
        state: StateLocation::Sqlite(PathBuf::from(RawState::DEFAULT)),
        settle: Duration::from_secs(120),
        safety: Safety::default(),
    }
}

pub(super) fn check(
    name: Option<Name>,
    spec: &ProjectSpec,
    context: &mut Context<'_>,
    report: &mut Report<'_>,
) -> Option<Project> {
    for (index, path) in spec.manifests.iter().enumerate() {
        if !stays_inside(path) {
            let message = format!("{} is not inside the project's folder", quote(path));
            let at = pointer::item("/spec/manifests", index);
            report.push(report.value(&codes::INVALID_PATH, &at, message));
        }
    }
    let state = state(&spec.state, context, report);
    let settle = duration(&spec.settle);
    if settle.is_none() {
        let message = format!("{} is not a duration up to a day", quote(&spec.settle));
        let finding = report.value(&codes::INVALID_DURATION, "/spec/settle", message);
        report.push(finding.with_help("write it like `120s` or `1m30s`"));
    }
    let (updates, deletes) = (&spec.safety.updates, &spec.safety.deletes);
    let loose_share = deletes.max_percent.is_none_or(|percent| percent >= 100.0);
    let loose_count = deletes.max_count.is_none_or(|count| count >= NO_GUARD);
    if loose_share && loose_count {
        let message = "`safety.deletes` lets every linked item be deleted in one run";
        let finding = report.key(&lint::L21_NO_GUARD, "/spec/safety/deletes", message);
        report.push(finding.with_help(
            "lower `maxPercent` or `maxCount`; `accord apply --allow-deletes N` lifts the limit once",
        ));
    }
    Some(Project {
        name: name?.as_str().to_owned(),
        state: state?,
        settle: settle?,
        safety: Safety {
            updates: ChangeLimit {
                max_percent: updates.max_percent,
                max_count: updates.max_count,
            },
            deletes: ChangeLimit {
                max_percent: deletes.max_percent,
                max_count: deletes.max_count,
            },
        },
    })
}

fn state(
    raw: &RawState,
    context: &mut Context<'_>,
    report: &mut Report<'_>,
) -> Option<StateLocation> {
    let database = raw.postgres.as_ref().map(|postgres| {
        let at = "/spec/state/postgres/url";
        secret::check(&postgres.url, "state.postgres.url", at, context, report)
    });
    let git = raw.git.as_ref().and_then(|raw| git(raw, report));
    let given = [
        raw.sqlite.is_some(),
        raw.postgres.is_some(),
        raw.git.is_some(),
    ];
    if given.into_iter().filter(|given| *given).count() != 1 {
        let message = "`state` needs exactly one of `sqlite`, `postgres` and `git`";
        report.push(report.value(&codes::INVALID_VALUE, "/spec/state", message));
        return None;
    }
    if let Some(url) = database {
        return url.map(|url| StateLocation::Postgres { url });
    }
    if raw.git.is_some() {
        return git;
    }
    let path = raw.sqlite.as_deref()?;
    let names_file = !path.ends_with('/') && !path.ends_with("/.") && path != ".";
    if !stays_inside(path) || !names_file {
        let message = format!("{} is not a file inside the project's folder", quote(path));
        let finding = report.value(&codes::INVALID_PATH, "/spec/state/sqlite", message);
        report.push(finding.with_help(format!("write it like `{}`", RawState::DEFAULT)));
        return None;
    }
    Some(StateLocation::Sqlite(PathBuf::from(path)))
}

/// A state in a Git ref, with a warning of who may read it.
fn git(raw: &RawGit, report: &mut Report<'_>) -> Option<StateLocation> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    let is_name = raw.remote.starts_with(|c: char| c.is_ascii_alphanumeric())
        && raw.remote.chars().all(plain);
    if !is_name {
        let message = "a Git remote is a name, not an address";
        report.push(report.value(&codes::INVALID_VALUE, "/spec/state/git/remote", message));
    }
    let is_reference = is_reference(&raw.reference);
    if !is_reference {
        let message = "a ref begins with `refs/` and holds letters, digits, `-`, `_`, `.` and `/`";
        let finding = report.value(&codes::INVALID_VALUE, "/spec/state/git/ref", message);
        report.push(finding.with_help("write it like `refs/accord/state`"));
    }
    if !is_name || !is_reference {
        return None;
    }
    let message = "texts of cases and work items can be read in the repository";
    report.push(report.key(&safety::STATE_IN_GIT, "/spec/state/git", message));
    Some(StateLocation::Git {
        remote: raw.remote.clone(),
        reference: raw.reference.clone(),
    })
}

/// Of the names that Git takes those that need no thought: no spelling of one is another one.
fn is_reference(reference: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    let is_part = |part: &str| {
        part.starts_with(|c: char| c.is_ascii_alphanumeric())
            && part.ends_with(|c: char| c.is_ascii_alphanumeric())
            && part.chars().all(plain)
            && !part.contains("..")
            && std::path::Path::new(part)
                .extension()
                .is_none_or(|end| end != "lock")
    };
    let Some(rest) = reference.strip_prefix("refs/") else {
        return false;
    };
    rest.contains('/') && rest.split('/').all(is_part)
}
