//! `accord show`: renders a plan that was written to a file.

use super::args::ShowArgs;
use super::exit_code::ExitCode;
use super::failure::Failed;
use super::outputs::Outputs;
use super::plan_file;
use super::session::Session;

pub(crate) fn run(session: &Session, args: &ShowArgs) -> Result<ExitCode, Failed> {
    let outputs = Outputs::parse(session, &args.out)?;
    let document = plan_file::read(session, &args.file)?;
    outputs.emit(session, &document)?;
    Ok(ExitCode::Success)
}
