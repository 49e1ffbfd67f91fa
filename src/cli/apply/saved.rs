//! `accord apply PLANFILE`: carries out what of a saved plan still holds, tells what does not, and asks
//! nobody: the file is the approval.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

use super::super::args::{ApplyArgs, Format};
use super::super::exit_code::ExitCode;
use super::super::failure::Failed;
use super::super::opened::Opened;
use super::super::outputs::Outputs;
use super::super::session::Session;
use super::super::signals::Signals;
use super::super::{ci, plan as plan_command, plan_file, ui};
use super::expect::Expected;
use super::{end, report_json, say, settle_earlier_runs, tell_failures};
use crate::diagnostics::catalog::bound_plan::{OPERATION_STALE, PLAN_OF_ANOTHER_CHECKOUT};
use crate::plan::order::declaration;
use crate::plan::render::difference::{changed_operation, place};
use crate::plan::safety::Overrides;
use crate::plan::{ConnectionEntry, Plan, id};
use crate::reconcile::{
    ApplyReport, Foreign, Prepared, Skipped, Staleness, StopFlag, apply, foreign, prepare,
};

/// Operations that are told one by one.
const TOLD: usize = 50;

pub(super) async fn run(
    session: &Session,
    args: &ApplyArgs,
    file: &Path,
    expected: &Expected,
) -> Result<ExitCode, Failed> {
    let outputs = Outputs::parse(session, &args.plan.out)?;
    let saved = plan_file::read(session, file)?;
    expected.check(&saved)?;
    if let Some(mut blocked) = plan_command::blocked(&saved) {
        let words = "a safety rule blocked this plan when it was made";
        blocked.message = blocked
            .message
            .map(|told| format!("{}: {words}; {told}", file.display()));
        return Err(blocked.with_help(
            "a saved plan is carried out as it is: plan again with the flag that the rule names, and save that",
        ));
    }
    let project = session.load()?;
    let reasons = foreign(&project.config, &saved);
    if !reasons.is_empty() {
        return Err(not_for_us(file, &reasons));
    }
    let rules: BTreeSet<&str> = saved
        .changes
        .iter()
        .map(|change| declaration(&change.address))
        .collect();
    let rules: Vec<String> = rules.into_iter().map(str::to_owned).collect();
    if !rules.is_empty() {
        ci::refuse_two_way(session, &project.config, &rules)?;
    }
    let stop = StopFlag::default();
    let signals = Signals::listen(stop.clone());
    // A lock that is taken while it is called off ends with its process, or by itself.
    let opening = Opened::for_writing(session, project, "apply", args.lock_timeout);
    let opened = signals.or_signal(Box::pin(opening)).await?;
    let context = opened.context();
    settle_earlier_runs(session, &context, &stop, &signals).await?;
    let overrides = Overrides {
        allow_updates: args.plan.allow_updates,
        allow_deletes: args.plan.allow_deletes,
    };
    let preparing = opened.watch(prepare(&context, &saved, overrides));
    let prepared = signals.or_signal(Box::pin(preparing)).await?;
    tell_skipped(session, &saved, &prepared.skipped);
    let Some(outcome) = &prepared.outcome else {
        let shown = shown(&saved, None);
        if session.json || session.format == Format::Human {
            // A person is told why there is nothing to show.
            outputs.write(session, &shown)?;
        } else {
            outputs.emit(session, &shown)?;
        }
        return nothing_to_run(session, &saved, &prepared);
    };
    let shown = shown(&saved, Some(&outcome.planned.plan));
    if session.json {
        // stdout carries what became of it.
        outputs.write(session, &shown)?;
    } else {
        outputs.emit(session, &shown)?;
    }
    if let Some(blocked) = plan_command::blocked(&outcome.planned.plan) {
        return Err(blocked);
    }
    let report = Box::pin(apply(&context, outcome, &stop))
        .await
        .map_err(Failed::from)?;
    plan_command::tell_requests(session, &opened.remotes);
    tell_failures(session, &report);
    tell(session, &saved, &prepared, &report);
    end(report, &signals)
}

/// What runs of a saved plan, as a plan of its own: with the ids of just that. If all of it runs it has the
/// ids of the saved one.
fn shown(saved: &Plan, runs: Option<&Plan>) -> Plan {
    let mut shown = runs.cloned().unwrap_or_else(|| Plan {
        changes: Vec::new(),
        conflicts: Vec::new(),
        findings: Vec::new(),
        drift: Vec::new(),
        summary: crate::plan::Summary::default(),
        ..saved.clone()
    });
    shown.inputs.clone_from(&saved.inputs);
    shown.connections.clone_from(&saved.connections);
    shown.plan_id = id::plan_id(&shown);
    shown.review_id = id::review_id(&shown);
    shown
}

fn not_for_us(file: &Path, reasons: &[Foreign]) -> Failed {
    let code = PLAN_OF_ANOTHER_CHECKOUT.code;
    let mut message = format!(
        "{}: this plan was not made from these manifests [{code}]; nothing was contacted",
        file.display()
    );
    let places = |entry: &ConnectionEntry| {
        format!(
            "{} <-> {}, project {}",
            entry.testworthy, entry.azure_devops, entry.project
        )
    };
    for reason in reasons {
        let _ = match reason {
            Foreign::Manifests { then, now } => write!(
                message,
                "\n  manifests: the plan was made from digest {then}, the checkout has {now}"
            ),
            Foreign::Connection { then, now: None } => {
                write!(message, "\n  connection {}: not declared here", then.name)
            }
            Foreign::Connection {
                then,
                now: Some(now),
            } => write!(
                message,
                "\n  connection {}: {} in the plan, {} here",
                then.name,
                places(then),
                places(now)
            ),
        };
    }
    Failed::new(ExitCode::Stale, message).with_help(
        "apply it in the checkout that it was made from, or plan again and have that plan reviewed",
    )
}

/// Why an operation is left out, as a sentence goes on.
fn why(staleness: &Staleness) -> String {
    match staleness {
        Staleness::Changed(changed) => changed_operation(changed),
        Staleness::PairChanged => {
            "its pair was edited since: another operation of it is not as it was approved"
                .to_owned()
        }
        Staleness::InConflict(message) => format!("the pair waits for a decision: {message}"),
        Staleness::HeldBack { code, message } => format!("it is held back: {message} [{code}]"),
        Staleness::NotThere => {
            "the item is not there any more, or its rule does not select it".to_owned()
        }
        Staleness::NothingToDo => {
            "there is nothing to do for it now, and it does not hold the values that were approved"
                .to_owned()
        }
    }
}

fn tell_skipped(session: &Session, saved: &Plan, skipped: &[Skipped]) {
    let mut text = String::new();
    for one in skipped.iter().take(TOLD) {
        let change = &saved.changes[one.change];
        let _ = writeln!(
            text,
            "! {} ({}): left out: {}",
            change.address,
            place(change.system, change.action),
            why(&one.why)
        );
    }
    if skipped.len() > TOLD {
        let _ = writeln!(text, "! and {} more", skipped.len() - TOLD);
    }
    session.ui.stderr(&ui::printable(&text));
}

fn tell(session: &Session, saved: &Plan, prepared: &Prepared, report: &ApplyReport) {
    if session.json {
        let document = with_saved(report_json(saved, report), saved, prepared);
        session.ui.stdout(&ui::document(&document));
        return;
    }
    let satisfied = match prepared.satisfied.len() {
        0 => String::new(),
        count => format!(", {count} needed nothing any more"),
    };
    let line = format!(
        "Applied from the saved plan: {} done{satisfied}, {} left out, {} failed or skipped.\n",
        report.applied,
        prepared.skipped.len(),
        report.failures.len()
    );
    say(session, &line);
}

/// What a saved plan adds to the document of an apply.
fn with_saved(
    mut document: serde_json::Value,
    saved: &Plan,
    prepared: &Prepared,
) -> serde_json::Value {
    let left_out = prepared.skipped.iter().map(|one| {
        let change = &saved.changes[one.change];
        serde_json::json!({
            "address": change.address,
            "system": change.system,
            "action": change.action,
            "why": one.why.key(),
            "message": why(&one.why),
        })
    });
    if let Some(members) = document.as_object_mut() {
        members.insert("leftOut".to_owned(), left_out.collect());
        let satisfied = prepared.satisfied.iter();
        let satisfied = satisfied.map(|at| saved.changes[*at].address.as_str());
        members.insert("satisfied".to_owned(), satisfied.collect());
    }
    document
}

/// Nothing of the file is carried out: because nothing is left to do, or because all of it is stale.
fn nothing_to_run(
    session: &Session,
    saved: &Plan,
    prepared: &Prepared,
) -> Result<ExitCode, Failed> {
    let (satisfied, stale) = (prepared.satisfied.len(), prepared.skipped.len());
    if session.json {
        let document = serde_json::json!({
            "schema": "accord-apply/1",
            "run": null,
            "planId": saved.plan_id,
            "applied": 0,
            "failures": [],
            "notes": [],
            "stopped": false,
        });
        let document = with_saved(document, saved, prepared);
        session.ui.stdout(&ui::document(&document));
    }
    if stale == 0 {
        if !session.json {
            let text = match satisfied {
                0 => "The saved plan holds no operation.\n".to_owned(),
                count => format!(
                    "Nothing is left to do: all {count} operations of the saved plan are satisfied.\n"
                ),
            };
            say(session, &text);
        }
        return Ok(ExitCode::Success);
    }
    let code = OPERATION_STALE.code;
    let message = format!(
        "nothing was written: {stale} of {} operations of the saved plan are stale [{code}]",
        saved.changes.len()
    );
    Err(Failed::new(ExitCode::Stale, message)
        .with_help("plan again, and have that plan reviewed: `accord plan --save FILE`"))
}
