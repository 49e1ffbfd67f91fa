//! `accord conflicts show`: one record with both values whole.

use std::fmt::Write as _;

use super::super::args::{ConflictsShowArgs, RecordId};
use super::super::declared::{is_sensitive, pair_address, seconds};
use super::super::exit_code::ExitCode;
use super::super::failure::Failed;
use super::super::session::Session;
use super::super::stored;
use super::super::ui;
use super::super::values::{NOT_SHOWN, put, put_change};
use super::{about, address, hides, items, json, loss_json, numbered_losses, outcome};
use crate::model::config::Config;
use crate::model::{Conflict, ConflictId, ConflictState, Sides, Subject, System, Take, Value};
use crate::store::Loss;

pub(crate) async fn run(session: &Session, args: &ConflictsShowArgs) -> Result<ExitCode, Failed> {
    let project = session.load()?;
    let config = &project.config;
    let store = stored::for_reading(session, &project).await?;
    let conflicts = store.conflicts(usize::MAX).await?;
    let losses = numbered_losses(store.as_ref()).await?;
    let text = match args.id {
        RecordId::Conflict(id) => {
            let conflict = conflicts.iter().find(|one| one.id == id);
            let conflict = conflict.ok_or_else(|| unknown(id))?;
            let shown = Shown {
                config,
                conflict,
                reveal: args.reveal || !hides(config, conflict),
                others: conflicts
                    .iter()
                    .filter(|one| is_history(conflict, one))
                    .collect(),
                losses: losses
                    .iter()
                    .filter(|(_, loss)| lost_here(conflict, loss))
                    .collect(),
            };
            if session.json {
                ui::document(&shown.json())
            } else {
                ui::printable(&shown.human())
            }
        }
        RecordId::Loss(number) => {
            let loss = losses.iter().find(|(known, _)| *known == number);
            let (_, loss) = loss.ok_or_else(|| unknown_loss(number, losses.len()))?;
            let reveal = args.reveal || !is_sensitive(config, &loss.rule, &loss.row);
            if session.json {
                let mut document = loss_json(config, number, loss);
                document["schema"] = "accord-conflict/1".into();
                if reveal {
                    document["lost"] = loss.lost.to_json();
                    document["written"] = loss.written.to_json();
                }
                ui::document(&document)
            } else {
                ui::printable(&loss_text(config, number, loss, reveal))
            }
        }
    };
    session.ui.stdout(&text);
    Ok(ExitCode::Success)
}

/// There is no conflict of this number.
pub(super) fn unknown(id: ConflictId) -> Failed {
    Failed::new(ExitCode::Usage, format!("there is no conflict {id}"))
        .with_help("`accord conflicts list --all` shows every record with its number")
}

fn unknown_loss(number: u64, known: usize) -> Failed {
    let message = format!("there is no overwritten value loss/{number}");
    let help = match known {
        0 => "no rule has overwritten a value yet".to_owned(),
        _ => format!("they have the numbers 1 to {known}: `accord conflicts list --all`"),
    };
    Failed::new(ExitCode::Usage, message).with_help(help)
}

/// Whether two records are about the same field, or the same deletion, of one pair.
fn is_history(conflict: &Conflict, other: &Conflict) -> bool {
    let pair = |one: &Conflict| (one.endpoints.clone(), one.case, one.work_item);
    other.id != conflict.id
        && pair(other) == pair(conflict)
        && other.subject.row() == conflict.subject.row()
}

fn lost_here(conflict: &Conflict, loss: &Loss) -> bool {
    (&loss.endpoints, loss.case, loss.work_item)
        == (&conflict.endpoints, conflict.case, conflict.work_item)
        && conflict.subject.row() == Some(loss.row.as_str())
}

struct Shown<'a> {
    config: &'a Config,
    conflict: &'a Conflict,
    /// Whether values may be seen.
    reveal: bool,
    /// Records of the same subject, newest first.
    others: Vec<&'a Conflict>,
    losses: Vec<&'a (u64, Loss)>,
}

impl Shown<'_> {
    fn human(&self) -> String {
        let conflict = self.conflict;
        let mut text = format!(
            "Conflict {}: {}\n  {}\n  case {}, work item {}\n  found {}; {}\n",
            conflict.id,
            about(&conflict.subject),
            address(self.config, conflict),
            conflict.case,
            conflict.work_item,
            seconds(conflict.opened_at),
            outcome(&conflict.state),
        );
        if let Subject::Field { base, now, .. } = &conflict.subject {
            text.push('\n');
            if self.reveal {
                sides(&mut text, base.as_ref(), now);
            } else {
                let _ = writeln!(
                    text,
                    "  The row is sensitive: `accord conflicts show {} --reveal` shows its values.",
                    conflict.id
                );
            }
        }
        self.history(&mut text);
        self.choices(&mut text);
        text
    }

    fn history(&self, text: &mut String) {
        if self.others.is_empty() && self.losses.is_empty() {
            return;
        }
        text.push_str("\nEarlier and later records of the same\n");
        for other in &self.others {
            let (id, state) = (other.id.to_string(), outcome(&other.state));
            let _ = writeln!(
                text,
                "  {id:>8}  found {}; {state}",
                seconds(other.opened_at)
            );
        }
        for (number, loss) in &self.losses {
            let id = format!("loss/{number}");
            let _ = writeln!(text, "  {id:>8}  overwritten {}", seconds(loss.at));
        }
    }

    fn choices(&self, text: &mut String) {
        if matches!(self.conflict.state, ConflictState::Closed { .. }) {
            return;
        }
        let subject = &self.conflict.subject;
        let fits = super::fitting(self.config, self.conflict);
        let _ = writeln!(
            text,
            "\nDecide with `accord conflicts resolve {} --take ...`",
            self.conflict.id
        );
        for take in fits {
            let _ = writeln!(text, "  {:13}{}", take.key(), meaning(take, subject));
        }
    }

    fn json(&self) -> serde_json::Value {
        let mut document = json(self.config, self.conflict);
        document["schema"] = "accord-conflict/1".into();
        if let (Subject::Field { base, now, .. }, true) = (&self.conflict.subject, self.reveal) {
            let both = |sides: &Sides<Value>| {
                serde_json::json!({
                    "testworthy": sides.testworthy.to_json(),
                    "azureDevOps": sides.azure_devops.to_json(),
                })
            };
            document["base"] = base.as_ref().map(both).into();
            document["now"] = both(now);
        }
        let others = self.others.iter();
        document["history"] = others.map(|other| json(self.config, other)).collect();
        let losses = self.losses.iter();
        document["overwritten"] = losses
            .map(|(number, loss)| loss_json(self.config, *number, loss))
            .collect();
        document
    }
}

/// Both sides with what became of them since they were last in accord.
fn sides(text: &mut String, base: Option<&Sides<Value>>, now: &Sides<Value>) {
    if base.is_none() {
        text.push_str("  The two were never in accord: there is no earlier value.\n");
    }
    for (system, value) in now.iter() {
        let _ = writeln!(text, "  {system}");
        match base {
            Some(base) => put_change(text, 4, base.get(system), value),
            None => put(text, 4, "holds", value),
        }
    }
}

/// What a decision does.
fn meaning(take: Take, subject: &Subject) -> String {
    let side = match subject {
        Subject::Deleted { side, .. } => *side,
        Subject::Field { .. } => System::TestWorthy,
    };
    let (gone, left) = items(side);
    match take {
        Take::TestWorthy => "TestWorthy's value is written to Azure DevOps".to_owned(),
        Take::AzureDevOps => "Azure DevOps' value is written to TestWorthy".to_owned(),
        Take::Merged => "both edits are put together, where they touch different parts".to_owned(),
        Take::Delete => format!("the {left} is put away as the rule's `whenDeletedIn` can"),
        Take::Keep => format!("the {left} stays, and the {gone} is restored or made anew"),
        Take::Unlink => format!("the {left} stays, and is no longer kept in step"),
    }
}

fn loss_text(config: &Config, number: u64, loss: &Loss, reveal: bool) -> String {
    let mut text = format!(
        "loss/{number}: `{}` was overwritten by its rule\n  {}\n  case {}, work item {}\n  overwritten {}\n\n",
        loss.row,
        pair_address(config, &loss.rule, loss.case, loss.work_item),
        loss.case,
        loss.work_item,
        seconds(loss.at),
    );
    if reveal {
        put_change(&mut text, 2, &loss.lost, &loss.written);
    } else {
        let _ = writeln!(text, "  {NOT_SHOWN}");
    }
    text
}
