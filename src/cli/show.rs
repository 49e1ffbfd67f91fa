//! `accord show`: renders a plan that was written to a file.

use std::path::Path;

use super::args::ShowArgs;
use super::exit_code::ExitCode;
use super::failure::Failed;
use super::outputs::Outputs;
use super::session::Session;
use crate::plan::Plan;
use crate::plan::render::json;

/// A plan of 100,000 changes stays well below this.
const LARGEST: u64 = 512 * 1024 * 1024;

pub(crate) fn run(session: &Session, args: &ShowArgs) -> Result<ExitCode, Failed> {
    let outputs = Outputs::parse(session, &args.out)?;
    let document = read(session, &args.file)?;
    outputs.emit(session, &document)?;
    Ok(ExitCode::Success)
}

/// The plan in a file.
pub(crate) fn read(session: &Session, file: &Path) -> Result<Plan, Failed> {
    let path = session.path(file);
    let failed = |reason: String| {
        Failed::new(ExitCode::Failure, format!("{}: {reason}", file.display()))
            .with_help("`accord plan --out json=FILE` writes a plan that can be shown")
    };
    let size = std::fs::metadata(&path)
        .map_err(|error| failed(error.to_string()))?
        .len();
    if size > LARGEST {
        return Err(failed("larger than any plan".to_owned()));
    }
    let text = std::fs::read_to_string(&path).map_err(|error| failed(error.to_string()))?;
    json::parse(&text).map_err(failed)
}
