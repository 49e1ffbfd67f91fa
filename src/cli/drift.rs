//! `accord drift`: what was changed outside Accord since the last apply. Writes nothing.

use std::fmt::Write as _;

use super::args::DriftArgs;
use super::declared::{counted, rule_named};
use super::exit_code::ExitCode;
use super::failure::Failed;
use super::opened::Opened;
use super::session::Session;
use super::values::put_change;
use super::{plan as plan_command, ui};
use crate::model::System;
use crate::reconcile::{Absence, DriftReport, DriftedField, DriftedPair, drift};

pub(crate) async fn run(session: &Session, args: &DriftArgs) -> Result<ExitCode, Failed> {
    let project = session.load()?;
    let only = match &args.rule {
        Some(wanted) => vec![format!(
            "SyncRule/{}",
            rule_named(&project.config, wanted)?.name
        )],
        None => Vec::new(),
    };
    let opened = Opened::for_reading(session, project).await?;
    let context = opened.context();
    let work = drift(&context, &only, args.full_scan);
    let report = opened.watch(work).await?;
    let text = if session.json {
        ui::document(&report)
    } else {
        ui::printable(&human(&report))
    };
    session.ui.stdout(&text);
    plan_command::tell_requests(session, &opened.remotes);
    Ok(if args.detailed_exitcode && !report.is_empty() {
        ExitCode::Changes
    } else {
        ExitCode::Success
    })
}

fn human(report: &DriftReport) -> String {
    let mut text = String::new();
    for pair in &report.pairs {
        of_pair(&mut text, pair);
    }
    for copy in &report.copies {
        let _ = writeln!(text, "! {}: {}", copy.address, copy.message);
    }
    for reason in &report.incomplete {
        let _ = writeln!(text, "! {reason}; what was not read is not compared");
    }
    let compared = counted(report.compared, "linked pair", "linked pairs");
    if report.is_empty() {
        let _ = writeln!(
            text,
            "No drift: nothing was changed outside Accord since the last apply ({compared})."
        );
    } else {
        let pairs = counted(report.pairs.len(), "pair", "pairs");
        let _ = write!(
            text,
            "Drift: {pairs} of {compared} changed since the last apply"
        );
        if !report.copies.is_empty() {
            let copies = counted(report.copies.len(), "item looks", "items look");
            let _ = write!(text, "; {copies} like a copy");
        }
        text.push_str(". `accord plan` shows what an apply makes of it.\n");
    }
    text
}

fn of_pair(text: &mut String, pair: &DriftedPair) {
    let _ = writeln!(
        text,
        "~ {} \"{}\"  case {}, work item {}",
        pair.address, pair.title, pair.case, pair.work_item
    );
    if pair.unanswered {
        text.push_str(
            "    a write of Accord has no answer yet: what looks edited may be that write\n",
        );
    }
    for (system, absence) in &pair.absent {
        let _ = writeln!(text, "    {}", absent(*system, absence));
    }
    for field in &pair.fields {
        of_field(text, field);
    }
    text.push('\n');
}

fn absent(system: System, absence: &Absence) -> String {
    let item = match system {
        System::TestWorthy => "case",
        System::AzureDevOps => "work item",
    };
    match absence {
        Absence::Deleted => format!("the {item} was deleted"),
        Absence::Gone => {
            format!("the {item} was not found; whether it was deleted cannot be told")
        }
        Absence::OutOfScope => format!("the {item} left the scope of the rule"),
        Absence::OfType(kind) => format!("the {item} is a {kind} now"),
        Absence::InProject(project) => format!("the {item} is in project {project} now"),
    }
}

fn of_field(text: &mut String, field: &DriftedField) {
    let _ = writeln!(text, "    {}: {}", field.system, field.path);
    match (&field.recorded, &field.live) {
        (Some(recorded), Some(live)) => put_change(text, 6, recorded, live),
        _ => {
            text.push_str("      (sensitive, not shown)\n");
        }
    }
}
