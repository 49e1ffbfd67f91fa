//! `accord state rebuild`: recovers pairs from the marks in both systems.

use std::fmt::Write as _;
use std::time::Duration;

use super::super::args::StateRebuildArgs;
use super::super::declared::{counted, rule_named};
use super::super::exit_code::ExitCode;
use super::super::failure::Failed;
use super::super::progress::Bars;
use super::super::session::{Project, Session};
use super::super::{patience, plan as plan_command, ui};
use crate::reconcile::{Context, RebuildReport, TimeOrderedIds, rebuild};
use crate::store::{RunLock, SqliteStore, lock_holder};

pub(crate) async fn run(session: &Session, args: &StateRebuildArgs) -> Result<ExitCode, Failed> {
    let Project { config, state } = session.load()?;
    let only = match &args.rule {
        Some(wanted) => vec![format!("SyncRule/{}", rule_named(&config, wanted)?.name)],
        None => Vec::new(),
    };
    let wait = Duration::from_secs(args.lock_timeout);
    let holder = lock_holder("state rebuild", session.clock.now());
    let _lock = RunLock::acquire(&state, wait, &holder).await?;
    let store = SqliteStore::open(&state).await?;
    let remotes = session.remotes();
    let bars = Bars::new(&session.ui);
    let context = Context {
        config: &config,
        remotes: &remotes,
        store: &store,
        clock: session.clock.as_ref(),
        ids: &TimeOrderedIds,
        progress: &bars,
    };
    let work = rebuild(&context, &only);
    let report = patience::watch(session.patience, &remotes, work).await?;
    let text = if session.json {
        format!("{:#}\n", json(&report))
    } else {
        ui::printable(&human(&report))
    };
    session.ui.stdout(&text);
    plan_command::tell_requests(session, &remotes);
    Ok(ExitCode::Success)
}

fn human(report: &RebuildReport) -> String {
    let mut text = String::new();
    for pair in &report.recovered {
        let _ = writeln!(
            text,
            "+ {}  case {}, work item {}; {}",
            pair.address,
            pair.case,
            pair.work_item,
            counted(pair.fields, "field in accord", "fields in accord")
        );
    }
    if !report.contradictions.is_empty() {
        text.push_str("Not recovered, or to be looked at\n");
    }
    for (address, message) in &report.contradictions {
        let _ = writeln!(text, "! {address}: {message}");
    }
    let recovered = counted(report.recovered.len(), "pair", "pairs");
    let _ = writeln!(
        text,
        "Recovered {recovered}; {} known before. Nothing was written to either system.",
        report.known
    );
    text
}

fn json(report: &RebuildReport) -> serde_json::Value {
    serde_json::json!({
        "schema": "accord-rebuild/1",
        "known": report.known,
        "recovered": report.recovered.iter().map(|pair| serde_json::json!({
            "address": pair.address,
            "case": pair.case.0,
            "workItem": pair.work_item.0,
            "fields": pair.fields,
        })).collect::<Vec<_>>(),
        "contradictions": report.contradictions.iter().map(|(address, message)| serde_json::json!({
            "address": address,
            "message": message,
        })).collect::<Vec<_>>(),
    })
}
