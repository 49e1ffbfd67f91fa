//! Plans in files: saved for a review, and read back with suspicion, because a file may have been cut,
//! edited or made up since.

use std::path::Path;

use super::exit_code::ExitCode;
use super::failure::Failed;
use super::files;
use super::session::Session;
use crate::diagnostics::catalog::bound_plan::PLAN_FILE_DAMAGED;
use crate::plan::render::json;
use crate::plan::{Plan, id};

/// A plan of 100,000 changes stays well below this.
const LARGEST: u64 = 512 * 1024 * 1024;

/// `--save FILE`: the bytes of `--out json=FILE`, readable by the owner alone, because a plan holds values of
/// items.
pub(crate) fn save(session: &Session, file: Option<&Path>, plan: &Plan) -> Result<(), Failed> {
    let Some(file) = file else { return Ok(()) };
    let path = session.path(file);
    files::write_private(&path, &json::render(plan))
        .map_err(|error| Failed::new(ExitCode::Failure, format!("{}: {error}", file.display())))
}

/// Reads a plan whose ids fit its content. A file that is not there or cannot be read ends 1, one that is no
/// plan of this schema or is damaged 4.
pub(crate) fn read(session: &Session, file: &Path) -> Result<Plan, Failed> {
    let path = session.path(file);
    let failed = |code, reason: String| {
        Failed::new(code, format!("{}: {reason}", file.display()))
            .with_help("`accord plan --save FILE` saves a plan that can be shown and applied")
    };
    let unreadable = |error: std::io::Error| failed(ExitCode::Failure, error.to_string());
    let damaged = |reason: String| {
        let code = PLAN_FILE_DAMAGED.code;
        failed(
            ExitCode::Invalid,
            format!("{reason} [{code}]; nothing was contacted"),
        )
    };
    let size = std::fs::metadata(&path).map_err(unreadable)?.len();
    if size > LARGEST {
        return Err(damaged("larger than any plan".to_owned()));
    }
    let bytes = std::fs::read(&path).map_err(unreadable)?;
    let text = String::from_utf8(bytes)
        .map_err(|_| damaged("this is not a saved plan: it is not UTF-8".to_owned()))?;
    let plan = json::parse(&text).map_err(damaged)?;
    if !id::fit(&plan) {
        let reason = "this plan is damaged: its planId or its reviewId does not fit what it holds";
        return Err(damaged(reason.to_owned()));
    }
    // No item is called so; as a pattern it would stand for others.
    if plan.changes.iter().any(|one| one.address.contains('*')) {
        let reason = "this plan is damaged: the address of an operation is a pattern";
        return Err(damaged(reason.to_owned()));
    }
    Ok(plan)
}
