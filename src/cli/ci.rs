//! Two-way rules and continuous integration: what both sides held when they were last in accord has to
//! be there the next time, or every edit looks like one that both sides made.

use std::fmt::Write as _;

use super::exit_code::ExitCode;
use super::failure::Failed;
use super::session::Session;
use crate::diagnostics::catalog::safety::TWO_WAY_IN_CI;
use crate::model::config::Config;
use crate::plan::glob;

/// Refuses a run that would carry out a two-way rule on a machine of continuous integration where the state is
/// a file, which the next run does not find.
pub(crate) fn refuse_two_way(
    session: &Session,
    config: &Config,
    only: &[String],
) -> Result<(), Failed> {
    if config.project.state.is_shared() || !is_ci(session) {
        return Ok(());
    }
    let rules = config.rules.values();
    let named: Vec<String> = rules
        .filter(|rule| rule.is_two_way())
        .map(|rule| format!("SyncRule/{}", rule.name))
        .filter(|address| glob::may_select_below(only, address))
        .collect();
    if named.is_empty() {
        return Ok(());
    }
    let code = TWO_WAY_IN_CI.code;
    let mut message =
        "a two-way rule does not run in CI on a state that is a file of this machine; nothing was contacted"
            .to_owned();
    for address in named {
        let _ = write!(message, "\n  {address} [{code}]: two-way, and `CI` is set");
    }
    Err(Failed::new(ExitCode::Refused, message).with_help(
        "run it where the state stays, for example on a server by a timer; in CI `accord plan` may run, and one-way \
         rules with --only. Or let the machines share the state (`state.postgres`, see docs/state.md; `state.git`, see \
         docs/state-git.md)",
    ))
}

/// `CI` as the usual services set it.
fn is_ci(session: &Session) -> bool {
    let set = session.environment.variable("CI");
    set.is_some_and(|value| !matches!(value.as_str(), "" | "0" | "false"))
}
