//! `accord conflicts resolve`: writes a decision down, plans the pair, asks, and carries it out.

use std::fmt::Write as _;

use super::super::args::{ConflictsResolveArgs, PlanArgs};
use super::super::exit_code::ExitCode;
use super::super::failure::Failed;
use super::super::opened::Opened;
use super::super::session::Session;
use super::super::signals::Signals;
use super::super::stored;
use super::super::{apply as apply_command, ci, plan as plan_command};
use super::show::unknown;
use super::{about, address, fitting, keys, outcome};
use crate::diagnostics::catalog::sync::DECISION_VOID;
use crate::model::config::Config;
use crate::model::{Closing, Conflict, ConflictId, ConflictState, Take};
use crate::plan::Plan;
use crate::reconcile::{
    ApplyReport, Decisions, Fate, PlanOutcome, StopFlag, addresses, apply, only_bookkeeping,
    recover,
};
use crate::store::Store;

pub(crate) async fn run(
    session: &Session,
    args: &ConflictsResolveArgs,
) -> Result<ExitCode, Failed> {
    let project = session.load()?;
    // Nothing is made where there is nothing to decide.
    let known = stored::for_reading(session, &project).await?;
    let only = wanted(&project.config, known.as_ref(), args).await?.1;
    ci::refuse_two_way(session, &project.config, &only)?;
    let seconds = args.lock_timeout;
    let opened = Opened::for_writing(session, project, "conflicts resolve", seconds).await?;
    let store = opened.store.as_ref();
    // Whoever held the lock may have closed one.
    let (conflicts, only) = wanted(&opened.config, store, args).await?;
    let decisions = Decisions::write(store, conflicts, args.take, session.clock.now()).await?;
    if args.later {
        later(session, &decisions, args);
        return Ok(ExitCode::Success);
    }
    let ended = carry_out(session, &opened, &decisions, &only, args).await;
    let taken = decisions.take_back(session.clock.now()).await?;
    if !taken.is_empty() {
        session.ui.note(&format!(
            "note: the decision about {} was taken back; --later keeps it for the next apply\n",
            numbers(&taken)
        ));
    }
    ended
}

/// The conflicts that were named, and the addresses of their pairs; says what is wrong with a number.
async fn wanted(
    config: &Config,
    store: &dyn Store,
    args: &ConflictsResolveArgs,
) -> Result<(Vec<Conflict>, Vec<String>), Failed> {
    let mut conflicts: Vec<Conflict> = Vec::new();
    for id in &args.ids {
        if conflicts.iter().any(|known| known.id == *id) {
            continue;
        }
        let conflict = store.conflict(*id).await?;
        let conflict = conflict.ok_or_else(|| unknown(*id))?;
        if matches!(conflict.state, ConflictState::Closed { .. }) {
            return Err(closed(store, &conflict).await?);
        }
        let fits = fitting(config, &conflict);
        if !fits.contains(&args.take) {
            let mut message = format!(
                "conflict {id}, {}, cannot be decided by `{}`",
                about(&conflict.subject),
                args.take.key()
            );
            if args.take.fits(&conflict.subject) {
                let _ = write!(
                    message,
                    ": rule `{}` does not write that side",
                    conflict.rule
                );
            }
            let fits = keys(&fits).join(", ");
            return Err(Failed::new(ExitCode::Usage, message)
                .with_help(format!("what fits: --take {fits}")));
        }
        conflicts.push(conflict);
    }
    let only = addresses(config, &conflicts).map_err(|rule| {
        Failed::new(
            ExitCode::Invalid,
            format!("rule `{rule}`, which a conflict is of, is no longer declared"),
        )
        .with_help(
            "declare it again, or leave the conflict: the next apply forgets the rule's links",
        )
    })?;
    Ok((conflicts, only))
}

/// A decision about what is done with is as stale as a plan.
async fn closed(store: &dyn Store, conflict: &Conflict) -> Result<Failed, Failed> {
    let message = format!(
        "conflict {} cannot be decided any more: {}",
        conflict.id,
        outcome(&conflict.state)
    );
    let failed = Failed::new(ExitCode::Stale, message);
    let successor = successor(store, conflict).await?;
    Ok(match successor {
        Some(id) => failed.with_help(format!(
            "conflict {id} took its place: `accord conflicts show {id}`"
        )),
        None => failed.with_help("`accord conflicts list` shows what waits"),
    })
}

/// The open conflict of the same pair about the same thing.
async fn successor(store: &dyn Store, conflict: &Conflict) -> Result<Option<ConflictId>, Failed> {
    let open = store.open_conflicts(&conflict.endpoints).await?;
    let same = |one: &&Conflict| {
        one.id != conflict.id
            && (one.case, one.work_item) == (conflict.case, conflict.work_item)
            && one.subject.row() == conflict.subject.row()
    };
    Ok(open.iter().find(same).map(|one| one.id))
}

fn later(session: &Session, decisions: &Decisions<'_>, args: &ConflictsResolveArgs) {
    let ids: Vec<ConflictId> = decisions.conflicts().iter().map(|one| one.id).collect();
    if session.json {
        let document = serde_json::json!({
            "schema": "accord-resolve/1",
            "take": args.take.key(),
            "decisions": ids
                .iter()
                .map(|id| serde_json::json!({ "id": id.0, "outcome": "later" }))
                .collect::<Vec<_>>(),
            "apply": null,
        });
        session.ui.stdout(&super::super::ui::document(&document));
    } else {
        session.ui.stdout(&format!(
            "Decided about {}: take {}. The next apply carries it out, if both sides still hold what was decided about.\n",
            numbers(&ids),
            args.take.key()
        ));
    }
}

async fn carry_out(
    session: &Session,
    opened: &Opened,
    decisions: &Decisions<'_>,
    only: &[String],
    args: &ConflictsResolveArgs,
) -> Result<ExitCode, Failed> {
    let Opened { config, store, .. } = opened;
    let store = store.as_ref();
    let context = opened.context();
    let stop = StopFlag::default();
    let signals = Signals::listen(stop.clone());
    recover(&context, &stop)
        .await
        .map_err(|error| signals.or(error))?;
    let narrowed = PlanArgs {
        only: only.to_vec(),
        ..PlanArgs::default()
    };
    let mut outcome = signals
        .or_signal(Box::pin(plan_command::make(session, opened, &narrowed)))
        .await?;
    if let Some(blocked) = plan_command::blocked(&outcome.planned.plan) {
        if !session.json {
            plan_command::show(session, &outcome.planned.plan);
        }
        return Err(blocked);
    }
    let fates = decisions.fates(&outcome);
    let void = |(id, fate): &(ConflictId, Fate)| match fate {
        Fate::Void(how) => Some((*id, *how)),
        Fate::CarriedOut | Fate::Waits => None,
    };
    let voids: Vec<(ConflictId, Closing)> = fates.iter().filter_map(void).collect();
    if !voids.is_empty() {
        // What came instead is written down, so that it can be looked at and decided about.
        only_bookkeeping(&mut outcome);
        let report = apply(&context, &outcome, &stop).await?;
        // Where that failed, nothing can be said of what came.
        apply_command::end(report, &signals)?;
        return Err(gone(store, decisions, &voids).await?);
    }
    let made = &outcome.planned.plan;
    let waits = waiting(&fates);
    if waits.len() == fates.len() {
        return Err(held(config, decisions, &waits, made, args.take));
    }
    if !session.json {
        plan_command::show(session, made);
    }
    if made.has_operations() && !args.yes && !apply_command::confirm(session, &signals).await? {
        return Err(apply_command::declined());
    }
    let report = apply(&context, &outcome, &stop).await?;
    plan_command::tell_requests(session, &opened.remotes);
    tell(session, &outcome, &report, decisions, args).await?;
    let ended = apply_command::end(report, &signals)?;
    if ended == ExitCode::Success && !waits.is_empty() {
        return Err(held(
            config,
            decisions,
            &waits,
            &outcome.planned.plan,
            args.take,
        ));
    }
    Ok(ended)
}

fn waiting(fates: &[(ConflictId, Fate)]) -> Vec<ConflictId> {
    let waits = fates.iter().filter(|(_, fate)| *fate == Fate::Waits);
    waits.map(|(id, _)| *id).collect()
}

/// The values that were decided about are not there any more.
async fn gone(
    store: &dyn Store,
    decisions: &Decisions<'_>,
    voids: &[(ConflictId, Closing)],
) -> Result<Failed, Failed> {
    let ids: Vec<ConflictId> = voids.iter().map(|(id, _)| *id).collect();
    let mut message = format!(
        "the decision about {} is void, and nothing was written to either system",
        numbers(&ids)
    );
    let mut successors = Vec::new();
    for conflict in decisions.conflicts() {
        let Some((_, how)) = voids.iter().find(|(id, _)| *id == conflict.id) else {
            continue;
        };
        let _ = write!(message, "\n  {}: ", conflict.id);
        match successor(store, conflict).await? {
            Some(id) => {
                let _ = write!(
                    message,
                    "the values changed again; they are conflict {id} now"
                );
                successors.push(id.to_string());
            }
            None => message.push_str(&super::ended(*how)),
        }
    }
    let help = match successors.first() {
        Some(id) => format!("look at what is there now: `accord conflicts show {id}`"),
        None => "`accord conflicts list` shows what waits".to_owned(),
    };
    Ok(Failed::new(ExitCode::Stale, message).with_help(help))
}

/// Nothing speaks against the decision, and yet the plan does not carry it out.
fn held(
    config: &Config,
    decisions: &Decisions<'_>,
    waits: &[ConflictId],
    plan: &Plan,
    take: Take,
) -> Failed {
    let mut message = format!("{} could not be carried out", numbers(waits));
    for conflict in decisions.conflicts() {
        if !waits.contains(&conflict.id) {
            continue;
        }
        let address = address(config, conflict);
        let told = plan.findings.iter().filter(|one| one.address == address);
        for finding in told {
            // The planner only knows that it cannot; why is known here.
            if take == Take::Merged && finding.code == DECISION_VOID.code {
                let _ = write!(
                    message,
                    "\n  {address} {}: the two edits touch the same part, or values of this kind do not merge",
                    about(&conflict.subject)
                );
                continue;
            }
            let _ = write!(
                message,
                "\n  {address} [{}]: {}",
                finding.code, finding.message
            );
        }
    }
    let code = if plan.has_errors() {
        ExitCode::Invalid
    } else {
        ExitCode::Partial
    };
    let first = decisions
        .conflicts()
        .iter()
        .find(|one| waits.contains(&one.id));
    let address = first.map(|one| address(config, one)).unwrap_or_default();
    Failed::new(code, message).with_help(format!(
        "`accord plan --only {address}` says what it waits for"
    ))
}

async fn tell(
    session: &Session,
    outcome: &PlanOutcome,
    report: &ApplyReport,
    decisions: &Decisions<'_>,
    args: &ConflictsResolveArgs,
) -> Result<(), Failed> {
    let plan = &outcome.planned.plan;
    if session.json {
        apply_command::tell_failures(session, report);
    } else {
        apply_command::tell(session, plan, report);
    }
    let now = decisions.now().await?;
    let is_done = |id: &ConflictId| {
        now.get(id)
            .is_some_and(|one| matches!(one.state, ConflictState::Closed { .. }))
    };
    if session.json {
        let decisions: Vec<serde_json::Value> = now
            .keys()
            .map(|id| {
                let outcome = if is_done(id) {
                    "carriedOut"
                } else {
                    "takenBack"
                };
                serde_json::json!({ "id": id.0, "outcome": outcome })
            })
            .collect();
        let document = serde_json::json!({
            "schema": "accord-resolve/1",
            "take": args.take.key(),
            "decisions": decisions,
            "apply": apply_command::report_json(plan, report),
        });
        session.ui.stdout(&super::super::ui::document(&document));
        return Ok(());
    }
    let done: Vec<ConflictId> = now.keys().copied().filter(|id| is_done(id)).collect();
    if !done.is_empty() {
        session.ui.stdout(&format!(
            "Resolved {}: took {}.\n",
            numbers(&done),
            args.take.key()
        ));
    }
    Ok(())
}

/// `conflict 3`, `conflicts 3 and 4`.
fn numbers(ids: &[ConflictId]) -> String {
    let mut numbers: Vec<String> = ids.iter().map(ToString::to_string).collect();
    match (numbers.pop(), numbers.is_empty()) {
        (Some(only), true) => format!("conflict {only}"),
        (Some(last), false) => format!("conflicts {} and {last}", numbers.join(", ")),
        (None, _) => "no conflict".to_owned(),
    }
}
