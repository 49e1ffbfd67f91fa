//! `accord conflicts list`: the manual queue, without values.

use std::fmt::Write as _;

use super::super::args::ConflictsListArgs;
use super::super::declared::{pair_address, rule_known, seconds};
use super::super::exit_code::ExitCode;
use super::super::failure::Failed;
use super::super::session::Session;
use super::super::stored;
use super::super::ui;
use super::{about, address, json, loss_json, numbered_losses, outcome};
use crate::model::config::Config;
use crate::model::{Conflict, ConflictState, Name};
use crate::store::Loss;

pub(crate) async fn run(session: &Session, args: &ConflictsListArgs) -> Result<ExitCode, Failed> {
    let project = session.load()?;
    let config = &project.config;
    let store = stored::for_reading(session, &project).await?;
    let mut conflicts = Vec::new();
    let mut losses = Vec::new();
    if args.all {
        conflicts = store.conflicts(usize::MAX).await?;
        conflicts.sort_by_key(|conflict| conflict.id);
        losses = numbered_losses(store.as_ref()).await?;
        losses.reverse();
    } else {
        for endpoints in store.endpoints().await? {
            conflicts.extend(store.open_conflicts(&endpoints).await?);
        }
        conflicts.sort_by_key(|conflict| conflict.id);
    }
    if let Some(wanted) = &args.rule {
        let remembered: Vec<&Name> = conflicts
            .iter()
            .map(|conflict| &conflict.rule)
            .chain(losses.iter().map(|(_, loss)| &loss.rule))
            .collect();
        let rule = rule_known(config, wanted, &remembered)?;
        conflicts.retain(|conflict| conflict.rule == rule);
        losses.retain(|(_, loss)| loss.rule == rule);
    }
    let text = if session.json {
        let document = serde_json::json!({
            "schema": "accord-conflicts/1",
            "conflicts": conflicts.iter().map(|one| json(config, one)).collect::<Vec<_>>(),
            "overwritten": losses
                .iter()
                .map(|(number, loss)| loss_json(config, *number, loss))
                .collect::<Vec<_>>(),
        });
        ui::document(&document)
    } else {
        ui::printable(&human(config, &conflicts, &losses, args.all))
    };
    session.ui.stdout(&text);
    Ok(ExitCode::Success)
}

fn human(config: &Config, conflicts: &[Conflict], losses: &[(u64, Loss)], all: bool) -> String {
    let mut text = String::new();
    let mut group = |title: &str, wanted: fn(&ConflictState) -> bool, told: bool| {
        let members = conflicts.iter().filter(|one| wanted(&one.state));
        for (place, conflict) in members.enumerate() {
            if place == 0 {
                let _ = writeln!(text, "{title}");
            }
            let (id, address) = (conflict.id.to_string(), address(config, conflict));
            let _ = writeln!(text, "  {id:>4}  {address} {}", about(&conflict.subject));
            if told {
                let _ = writeln!(text, "        {}", outcome(&conflict.state));
            }
        }
    };
    group(
        "Waiting for a decision",
        |state| matches!(state, ConflictState::Open),
        false,
    );
    group(
        "Decided",
        |state| matches!(state, ConflictState::Decided { .. }),
        true,
    );
    group(
        "Closed",
        |state| matches!(state, ConflictState::Closed { .. }),
        true,
    );
    if !losses.is_empty() {
        text.push_str("Overwritten by a rule; the values are kept\n");
    }
    for (number, loss) in losses {
        let address = pair_address(config, &loss.rule, loss.case, loss.work_item);
        let id = format!("loss/{number}");
        let at = seconds(loss.at);
        let _ = writeln!(text, "  {id:>8}  {address} `{}`, {at}", loss.row);
    }
    let waits = |one: &&Conflict| !matches!(one.state, ConflictState::Closed { .. });
    match conflicts.iter().find(waits) {
        Some(first) => {
            let take = super::keys(&super::fitting(config, first));
            let _ = writeln!(
                text,
                "\n`accord conflicts show {0}` shows both values, `accord conflicts resolve {0} --take {1}` decides.",
                first.id,
                take.first().copied().unwrap_or_default()
            );
        }
        None if text.is_empty() && all => text.push_str("There is no record of any conflict.\n"),
        None if text.is_empty() => text.push_str("Nothing waits for a decision.\n"),
        None => {}
    }
    text
}
