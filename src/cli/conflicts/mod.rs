//! `accord conflicts`: what a person has to decide, and every record of what was decided.

mod list;
mod resolve;
mod show;

use super::args::{ConflictsAction, ConflictsArgs};
use super::exit_code::ExitCode;
use super::failure::Failed;
use super::session::Session;
use crate::model::config::Config;
use crate::model::{Closing, Conflict, ConflictCause, ConflictState, Subject, System, Take};
use crate::store::{Loss, Store, StoreError};

use super::declared::{is_sensitive, pair_address, seconds};

pub(crate) async fn run(session: &Session, args: &ConflictsArgs) -> Result<ExitCode, Failed> {
    match &args.action {
        ConflictsAction::List(args) => list::run(session, args).await,
        ConflictsAction::Show(args) => show::run(session, args).await,
        ConflictsAction::Resolve(args) => resolve::run(session, args).await,
    }
}

/// Every overwritten value with its number, from 1, the newest first.
pub(crate) async fn numbered_losses(store: &dyn Store) -> Result<Vec<(u64, Loss)>, StoreError> {
    let losses = store.losses(usize::MAX).await?;
    let newest = losses.len() as u64;
    Ok((0..).map(|older| newest - older).zip(losses).collect())
}

/// The address of the pair.
pub(crate) fn address(config: &Config, conflict: &Conflict) -> String {
    pair_address(config, &conflict.rule, conflict.case, conflict.work_item)
}

/// Whether its values are to be left out.
pub(crate) fn hides(config: &Config, conflict: &Conflict) -> bool {
    match &conflict.subject {
        Subject::Field { row, sensitive, .. } => {
            *sensitive || is_sensitive(config, &conflict.rule, row)
        }
        Subject::Deleted { .. } => false,
    }
}

/// What it is about and why nobody but a person can decide, without any value.
pub(crate) fn about(subject: &Subject) -> String {
    match subject {
        Subject::Field { row, cause, .. } => format!("`{row}`: {}", why(*cause)),
        Subject::Deleted { side, edited } => {
            let (gone, left) = items(*side);
            if *edited {
                format!("the {gone} was deleted, and the {left} was edited since")
            } else {
                format!("the {gone} was deleted")
            }
        }
    }
}

fn why(cause: ConflictCause) -> &'static str {
    match cause {
        ConflictCause::BothChanged => "both sides changed it",
        ConflictCause::FirstSync => "the pair meets for the first time, and the two differ",
        ConflictCause::MappingChanged => "its row was changed, and the two differ by the new one",
    }
}

/// The item that this side lost, and the one that is left.
fn items(side: System) -> (&'static str, &'static str) {
    match side {
        System::TestWorthy => ("case", "work item"),
        System::AzureDevOps => ("work item", "case"),
    }
}

/// What became of it.
pub(crate) fn outcome(state: &ConflictState) -> String {
    match state {
        ConflictState::Open => "open".to_owned(),
        ConflictState::Decided { take, at } => format!(
            "decided {} for {}; the next apply carries it out",
            seconds(*at),
            take.key()
        ),
        ConflictState::Closed { how, at } => format!("closed {}: {}", seconds(*at), ended(*how)),
    }
}

fn ended(how: Closing) -> String {
    match how {
        Closing::Resolved(take) => format!("a person took {}", take.key()),
        Closing::Agreed => {
            "the sides came to be in accord, or the rule's policies decide now".to_owned()
        }
        Closing::Superseded => {
            "the values changed again, and another record took its place".to_owned()
        }
        Closing::Unlinked => "the pair is no longer linked".to_owned(),
        Closing::EditKept => "an edit beats a deletion, so the item was kept".to_owned(),
    }
}

/// The word that JSON uses for how it ended.
pub(crate) fn closing_key(how: Closing) -> &'static str {
    match how {
        Closing::Resolved(_) => "resolved",
        Closing::Agreed => "agreed",
        Closing::Superseded => "superseded",
        Closing::Unlinked => "unlinked",
        Closing::EditKept => "editKept",
    }
}

/// The decisions that fit, and that the rule can carry out.
pub(crate) fn fitting(config: &Config, conflict: &Conflict) -> Vec<Take> {
    let rule = config.rules.get(&conflict.rule);
    let writes = |system: System| rule.is_none_or(|rule| rule.writes(system));
    let can = |take: &Take| match (take, &conflict.subject) {
        (Take::Delete, Subject::Deleted { side, .. }) => writes(side.other()),
        (Take::Keep, Subject::Deleted { side, .. }) => writes(*side),
        _ => true,
    };
    let takes = Take::ALL.into_iter();
    takes
        .filter(|take| take.fits(&conflict.subject))
        .filter(can)
        .collect()
}

/// Their words.
pub(crate) fn keys(takes: &[Take]) -> Vec<&'static str> {
    takes.iter().map(|take| take.key()).collect()
}

/// One record for programs, without values.
pub(crate) fn json(config: &Config, conflict: &Conflict) -> serde_json::Value {
    let (state, take, closing, at) = match &conflict.state {
        ConflictState::Open => ("open", None, None, None),
        ConflictState::Decided { take, at } => ("decided", Some(take.key()), None, Some(at)),
        ConflictState::Closed { how, at } => {
            let take = match how {
                Closing::Resolved(take) => Some(take.key()),
                _ => None,
            };
            ("closed", take, Some(closing_key(*how)), Some(at))
        }
    };
    let mut record = serde_json::json!({
        "id": conflict.id.0,
        "address": address(config, conflict),
        "rule": conflict.rule.as_str(),
        "case": conflict.case.0,
        "workItem": conflict.work_item.0,
        "openedAt": conflict.opened_at.to_string(),
        "state": state,
        "take": take,
        "closing": closing,
        "at": at.map(ToString::to_string),
        "takes": keys(&fitting(config, conflict)),
    });
    record["subject"] = match &conflict.subject {
        Subject::Field { row, cause, .. } => serde_json::json!({
            "kind": "field",
            "row": row,
            "cause": cause,
            "sensitive": hides(config, conflict),
        }),
        Subject::Deleted { side, edited } => serde_json::json!({
            "kind": "deleted",
            "side": side.key(),
            "edited": edited,
        }),
    };
    record
}

/// One overwritten value for programs, without the values.
pub(crate) fn loss_json(config: &Config, number: u64, loss: &Loss) -> serde_json::Value {
    serde_json::json!({
        "id": format!("loss/{number}"),
        "address": pair_address(config, &loss.rule, loss.case, loss.work_item),
        "rule": loss.rule.as_str(),
        "case": loss.case.0,
        "workItem": loss.work_item.0,
        "row": loss.row,
        "at": loss.at.to_string(),
        "sensitive": is_sensitive(config, &loss.rule, &loss.row),
    })
}
