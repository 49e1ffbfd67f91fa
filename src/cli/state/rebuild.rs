//! `accord state rebuild`: recovers pairs from the marks in both systems.

use std::fmt::Write as _;

use super::super::args::StateRebuildArgs;
use super::super::declared::{counted, rule_named};
use super::super::exit_code::ExitCode;
use super::super::failure::Failed;
use super::super::opened::Opened;
use super::super::session::Session;
use super::super::{plan as plan_command, ui};
use crate::reconcile::{RebuildReport, rebuild};

pub(crate) async fn run(session: &Session, args: &StateRebuildArgs) -> Result<ExitCode, Failed> {
    let project = session.load()?;
    let only = match &args.rule {
        Some(wanted) => vec![format!(
            "SyncRule/{}",
            rule_named(&project.config, wanted)?.name
        )],
        None => Vec::new(),
    };
    let opened = Opened::for_writing(session, project, "state rebuild", args.lock_timeout).await?;
    let report = opened.watch(rebuild(&opened.context(), &only)).await?;
    let text = if session.json {
        ui::document(&json(&report))
    } else {
        ui::printable(&human(&report))
    };
    session.ui.stdout(&text);
    plan_command::tell_requests(session, &opened.remotes);
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
    if report.begun_anew > 0 {
        let pairs = counted(report.begun_anew, "pair begins", "pairs begin");
        let _ = writeln!(
            text,
            "{pairs} anew from what both sides hold: the work items are at older revisions than at the last apply."
        );
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
        "begunAnew": report.begun_anew,
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
