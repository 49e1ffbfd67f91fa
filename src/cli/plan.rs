//! `accord plan`: shows what an apply would do, and writes to neither system.

use std::fmt::Write as _;

use super::args::PlanArgs;
use super::base::Base;
use super::exit_code::ExitCode;
use super::failure::Failed;
use super::opened::Opened;
use super::outputs::Outputs;
use super::plan_file;
use super::session::Session;
use crate::plan::safety::Overrides;
use crate::plan::{Inputs, Plan, SafetyVerdict};
use crate::reconcile::{HttpRemotes, PlanOptions, PlanOutcome, plan};

pub(crate) async fn run(session: &Session, args: &PlanArgs) -> Result<ExitCode, Failed> {
    let outputs = Outputs::parse(session, &args.out)?;
    let opened = Opened::for_reading(session, session.load()?).await?;
    let outcome = make(session, &opened, args).await?;
    let made = &outcome.planned.plan;
    outputs.emit(session, made)?;
    plan_file::save(session, args.save.as_deref(), made)?;
    tell_requests(session, &opened.remotes);
    if made.has_errors() {
        return Ok(ExitCode::Invalid);
    }
    if !args.detailed_exitcode {
        return Ok(ExitCode::Success);
    }
    // 2 promises that an apply would do something.
    if let Some(blocked) = blocked(made) {
        return Err(blocked);
    }
    Ok(if made.has_operations() {
        ExitCode::Changes
    } else {
        ExitCode::Success
    })
}

/// Reads both systems and plans; gives up when neither answers for too long.
pub(crate) async fn make(
    session: &Session,
    opened: &Opened,
    args: &PlanArgs,
) -> Result<PlanOutcome, Failed> {
    let base = match &args.base {
        Some(base) => Some(Base::read(session, base)?),
        None => None,
    };
    let options = options(session, opened, args);
    let mut outcome = opened.watch(plan(&opened.context(), &options)).await?;
    if let Some(base) = base {
        base.add_to(&mut outcome.planned.plan, opened).await?;
    }
    Ok(outcome)
}

fn options(session: &Session, opened: &Opened, args: &PlanArgs) -> PlanOptions {
    let mut only = args.only.clone();
    only.sort();
    only.dedup();
    PlanOptions {
        overrides: Overrides {
            allow_updates: args.allow_updates,
            allow_deletes: args.allow_deletes,
        },
        inputs: Inputs {
            digest: opened.config.digest.clone(),
            git_commit: opened.checkout.commit.clone(),
            dirty: opened.checkout.dirty,
            only,
        },
        coverage: session.ui.verbosity() > 0,
        full_scan: args.full_scan,
        ..PlanOptions::default()
    }
}

/// Puts the plan on stdout, for commands that have it for people and as JSON only.
pub(crate) fn show(session: &Session, plan: &Plan) {
    session.ui.stdout(&if session.json {
        crate::plan::render::json::render(plan)
    } else {
        crate::plan::render::human::human(plan, &session.human_options())
    });
}

/// Request counts go to stderr: they are no part of a plan.
pub(crate) fn tell_requests(session: &Session, remotes: &HttpRemotes) {
    let mut text = String::new();
    for (connection, system, counters) in remotes.counters() {
        let _ = writeln!(
            text,
            "{connection}: {} requests to {system}, {} of them repeated",
            counters.requests, counters.retries
        );
        session
            .events
            .requests(connection.as_ref(), system, &counters);
    }
    session.ui.detail(&text);
}

/// The sentence that says why a blocked plan does not run.
pub(crate) fn blocked(plan: &Plan) -> Option<Failed> {
    if plan.safety.verdict != SafetyVerdict::Blocked {
        return None;
    }
    let rules = plan
        .safety
        .rules
        .iter()
        .filter(|rule| rule.verdict == SafetyVerdict::Blocked);
    let mut message = "a safety rule blocks this plan; nothing was written".to_owned();
    for rule in rules {
        let _ = write!(
            message,
            "\n  {} [{}]: {}, limit {}",
            rule.address, rule.code, rule.measured, rule.limit
        );
        if let Some(help) = &rule.help {
            let _ = write!(message, "\n    {help}");
        }
    }
    Some(Failed::new(ExitCode::Refused, message))
}
