//! `accord state`: the pairs that the state holds, whether it holds together, and its recovery.

mod list;
mod rebuild;
mod show;

use std::fmt::Write as _;

use super::args::{StateAction, StateArgs};
use super::exit_code::ExitCode;
use super::failure::Failed;
use super::session::Session;
use super::stored;
use super::ui;
use crate::model::{LinkState, MarkState};
use crate::store::AuditCheck;

pub(crate) async fn run(session: &Session, args: &StateArgs) -> Result<ExitCode, Failed> {
    match &args.action {
        StateAction::List(args) => list::run(session, args).await,
        StateAction::Show(args) => show::run(session, args).await,
        StateAction::Verify => verify(session).await,
        StateAction::Rebuild(args) => rebuild::run(session, args).await,
    }
}

/// The word for a pair's state.
pub(crate) fn state_key(state: LinkState) -> &'static str {
    match state {
        LinkState::Active => "active",
        LinkState::Ended => "ended",
        LinkState::Unlinked => "unlinked",
    }
}

/// The word for a mark.
pub(crate) fn mark_key(mark: MarkState) -> &'static str {
    match mark {
        MarkState::Missing => "missing",
        MarkState::Written => "written",
        MarkState::Refused => "refused",
    }
}

/// Whether the state holds together.
async fn verify(session: &Session) -> Result<ExitCode, Failed> {
    let project = session.load()?;
    let store = stored::for_reading(session, &project).await?;
    let contradictions = store.check().await?;
    let audit = store.verify_audit().await?;
    let mut pairs = 0;
    for endpoints in store.endpoints().await? {
        let by_rule = store.pairs(&endpoints).await?;
        pairs += by_rule.iter().map(|(_, pairs)| pairs.len()).sum::<usize>();
    }
    let broken = match &audit {
        AuditCheck::Intact { .. } => None,
        AuditCheck::Broken { number, reason } => Some(format!(
            "the audit is broken from row {number} on: {reason}"
        )),
    };
    let findings: Vec<&String> = contradictions.iter().chain(&broken).collect();
    if session.json {
        let (rows, head) = match &audit {
            AuditCheck::Intact { rows, head } => (Some(*rows), head.clone()),
            AuditCheck::Broken { .. } => (None, None),
        };
        let document = serde_json::json!({
            "schema": "accord-state-check/1",
            "pairs": pairs,
            "contradictions": contradictions,
            "audit": { "intact": broken.is_none(), "rows": rows, "head": head, "reason": broken },
        });
        session.ui.stdout(&ui::document(&document));
    } else if findings.is_empty() {
        let text = match &audit {
            AuditCheck::Intact { rows: 0, .. } if pairs == 0 => {
                "The state is empty: nothing was applied from here.\n".to_owned()
            }
            AuditCheck::Intact { rows, head } => {
                let pairs = super::declared::counted(pairs, "pair", "pairs");
                let mut text = format!(
                    "The state holds together: {pairs}, {rows} rows of audit, none changed.\n"
                );
                if let Some(head) = head {
                    // Kept elsewhere it proves later that nothing before it was changed.
                    let _ = writeln!(text, "  newest row of the audit: {head}");
                }
                text
            }
            AuditCheck::Broken { .. } => String::new(),
        };
        session.ui.stdout(&text);
    } else {
        let lines = findings.iter().fold(String::new(), |mut lines, one| {
            let _ = writeln!(lines, "! {one}");
            lines
        });
        session.ui.stdout(&ui::printable(&lines));
    }
    if findings.is_empty() {
        return Ok(ExitCode::Success);
    }
    let found = super::declared::counted(findings.len(), "contradiction", "contradictions");
    Err(Failed::new(
        ExitCode::Invalid,
        format!("{}: {found}", stored::place(&project)),
    )
    .with_help(
        "restore the file from a backup; or move it away and run `accord state rebuild`, which recovers the pairs from their marks (conflicts, overwritten values and the audit are then only in the file that you moved)",
    ))
}
