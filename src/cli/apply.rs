//! `accord apply`: plans afresh, shows, asks, and carries the plan out; or carries a saved plan out.

mod expect;
mod saved;

use std::fmt::Write as _;

use tokio::sync::oneshot;

use super::args::{ApplyArgs, Format};
use super::exit_code::ExitCode;
use super::failure::Failed;
use super::opened::Opened;
use super::outputs::Outputs;
use super::session::Session;
use super::signals::Signals;
use super::{ci, plan as plan_command, plan_file, ui};
use crate::plan::Plan;
use crate::reconcile::{ApplyReport, Context, StopFlag, apply, recover};
use expect::Expected;
pub(crate) use expect::expected_id;

pub(crate) async fn run(session: &Session, args: &ApplyArgs) -> Result<ExitCode, Failed> {
    let expected = Expected::of(session, args)?;
    match &args.file {
        Some(file) => Box::pin(saved::run(session, args, file, &expected)).await,
        None => Box::pin(afresh(session, args, &expected)).await,
    }
}

/// Plans afresh and applies that, if it is what was expected.
async fn afresh(
    session: &Session,
    args: &ApplyArgs,
    expected: &Expected,
) -> Result<ExitCode, Failed> {
    let outputs = Outputs::parse(session, &args.plan.out)?;
    let project = session.load()?;
    ci::refuse_two_way(session, &project.config, &args.plan.only)?;
    let stop = StopFlag::default();
    let signals = Signals::listen(stop.clone());
    // A lock that is taken while it is called off ends with its process, or by itself.
    let opening = Opened::for_writing(session, project, "apply", args.lock_timeout);
    let opened = signals.or_signal(Box::pin(opening)).await?;
    let context = opened.context();
    settle_earlier_runs(session, &context, &stop, &signals).await?;
    let outcome = signals
        .or_signal(Box::pin(plan_command::make(session, &opened, &args.plan)))
        .await?;
    let made = &outcome.planned.plan;
    if session.json {
        // stdout carries what became of it.
        outputs.write(session, made)?;
    } else {
        outputs.emit(session, made)?;
    }
    plan_file::save(session, args.plan.save.as_deref(), made)?;
    if let Err(unexpected) = expected.check(made) {
        if session.json {
            plan_command::show(session, made);
        }
        return Err(unexpected);
    }
    if let Some(blocked) = plan_command::blocked(made) {
        return Err(blocked);
    }
    if made.has_operations() && !args.yes && !confirm(session, &signals).await? {
        return Err(declined());
    }
    let report = apply(&context, &outcome, &stop)
        .await
        .map_err(Failed::from)?;
    plan_command::tell_requests(session, &opened.remotes);
    tell(session, made, &report);
    end(report, &signals)
}

/// Finds out what came of the writes that earlier runs left open.
async fn settle_earlier_runs(
    session: &Session,
    context: &Context<'_>,
    stop: &StopFlag,
    signals: &Signals,
) -> Result<(), Failed> {
    let found = recover(context, stop)
        .await
        .map_err(|error| signals.or(error))?;
    if found > 0 {
        session.ui.note(&format!(
            "found {found} items that an interrupted run had created; they are linked now\n"
        ));
    }
    Ok(())
}

/// A person looked at the plan and did not want it.
pub(crate) fn declined() -> Failed {
    Failed::new(ExitCode::Failure, "not applied: you did not say yes")
}

/// Asks whether the plan that was shown is to be applied. A signal is an answer too.
pub(crate) async fn confirm(session: &Session, signals: &Signals) -> Result<bool, Failed> {
    let (answer, answered) = oneshot::channel();
    let ui = session.ui.clone();
    // A thread of its own, which nothing waits for: reading a line cannot be called off.
    std::thread::spawn(move || answer.send(ui.confirm("Apply this plan?")));
    let asked = async {
        let answer = answered.await.unwrap_or(Err(ui::CannotAsk));
        answer.map_err(|ui::CannotAsk| {
            Failed::new(
                ExitCode::Usage,
                "nobody can be asked here, so nothing was applied",
            )
            .with_help("give --yes to apply without asking")
        })
    };
    let ended = signals.or_signal(asked).await;
    if signals.came() {
        // The line of the question that nobody ended.
        session.ui.stderr("\n");
    }
    ended
}

/// Tells what was not done and why, and what was done.
pub(crate) fn tell(session: &Session, plan: &Plan, report: &ApplyReport) {
    tell_failures(session, report);
    if session.json {
        let document = report_json(plan, report);
        session.ui.stdout(&ui::document(&document));
    } else if plan.has_operations() {
        let line = format!(
            "Applied: {} done, {} failed or skipped.\n",
            report.applied,
            report.failures.len()
        );
        say(session, &line);
    }
}

/// The words at the end, where stdout has its plan already: for a person below it, else on stderr, because
/// stdout is a document.
fn say(session: &Session, text: &str) {
    if session.format == Format::Human {
        session.ui.stdout(text);
    } else {
        session.ui.note(text);
    }
}

/// Tells on stderr what was not done and why.
pub(crate) fn tell_failures(session: &Session, report: &ApplyReport) {
    let mut text = String::new();
    for failure in report.failures.iter().take(50) {
        let _ = writeln!(text, "! {}: {}", failure.address, failure.message);
    }
    if report.failures.len() > 50 {
        let _ = writeln!(text, "! and {} more", report.failures.len() - 50);
    }
    // The first error ends the command with its own message.
    for error in report.errors.iter().skip(1) {
        let _ = writeln!(text, "! {error}");
    }
    for note in &report.notes {
        let _ = writeln!(text, "note: {note}");
    }
    if report.forgotten > 0 {
        let _ = writeln!(
            text,
            "note: forgot {} links of rules that are no longer declared; the items stay as they are",
            report.forgotten
        );
    }
    session.ui.stderr(&ui::printable(&text));
}

/// What was done, for programs.
pub(crate) fn report_json(plan: &Plan, report: &ApplyReport) -> serde_json::Value {
    let failures: Vec<serde_json::Value> = report
        .failures
        .iter()
        .map(|failure| {
            serde_json::json!({
                "address": failure.address,
                "kind": failure.kind.key(),
                "message": failure.message,
            })
        })
        .collect();
    serde_json::json!({
        "schema": "accord-apply/1",
        "run": report.run.to_string(),
        "planId": plan.plan_id,
        "applied": report.applied,
        "failures": failures,
        "notes": report.notes,
        "stopped": report.stopped,
    })
}

/// How a command ends that applied.
pub(crate) fn end(mut report: ApplyReport, signals: &Signals) -> Result<ExitCode, Failed> {
    if report.stopped {
        return Err(signals.stopped());
    }
    let code = ExitCode::from_number(report.exit_code());
    if report.errors.is_empty() {
        return Ok(code);
    }
    let mut failed = Failed::from(report.errors.remove(0));
    failed.code = code;
    Err(failed)
}
