//! `accord status`: what the state knows. Contacts nothing.

use std::fmt::Write as _;

use serde_json::json;

use super::exit_code::ExitCode;
use super::failure::Failed;
use super::session::Session;
use super::ui;
use crate::model::Name;
use crate::store::{Intent, Loss, Quarantine, Run, SqliteStore, Store, StoreError};

/// Runs and recorded losses that are listed.
const LISTED: usize = 10;

/// Everything that is shown.
struct Status {
    links: Vec<(Name, u64)>,
    runs: Vec<Run>,
    intents: Vec<Intent>,
    quarantine: Vec<Quarantine>,
    losses: Vec<Loss>,
    loss_count: u64,
}

pub(crate) async fn run(session: &Session) -> Result<ExitCode, Failed> {
    let project = session.load()?;
    let store = SqliteStore::open_read_only(&project.state).await?;
    let status = Status::read(&store).await?;
    let text = if session.json {
        format!("{:#}\n", status.json())
    } else {
        ui::printable(&status.human())
    };
    session.ui.stdout(&text);
    Ok(ExitCode::Success)
}

impl Status {
    async fn read(store: &dyn Store) -> Result<Self, StoreError> {
        let mut intents = Vec::new();
        let mut quarantine = Vec::new();
        for endpoints in store.endpoints().await? {
            intents.extend(store.open_intents(&endpoints).await?);
            quarantine.extend(store.quarantine(&endpoints).await?);
        }
        Ok(Self {
            links: store.links_by_rule().await?,
            runs: store.runs(LISTED).await?,
            intents,
            quarantine,
            losses: store.losses(LISTED).await?,
            loss_count: store.loss_count().await?,
        })
    }

    fn human(&self) -> String {
        let mut text = String::new();
        if self.links.is_empty() {
            text.push_str("No links yet: nothing was applied from here.\n");
        } else {
            text.push_str("Links\n");
            for (rule, count) in &self.links {
                let _ = writeln!(text, "  {:40} {count}", rule.as_str());
            }
        }
        if !self.runs.is_empty() {
            text.push_str("Last runs\n");
        }
        for run in &self.runs {
            let _ = match &run.outcome {
                Some(outcome) => writeln!(
                    text,
                    "  {}  {} done, {} failed or skipped, exit code {}",
                    seconds(run.started_at),
                    outcome.applied,
                    outcome.failed,
                    outcome.exit_code
                ),
                None => writeln!(text, "  {}  did not end", seconds(run.started_at)),
            };
        }
        if let Some(counts) = self.last_counts() {
            let _ = writeln!(text, "Items at the last run\n  {counts}");
        }
        if !self.intents.is_empty() {
            let _ = writeln!(
                text,
                "{} writes got no answer; the next apply looks up what came of them",
                self.intents.len()
            );
            for intent in self.intents.iter().take(LISTED) {
                let _ = writeln!(text, "  {}", intent.address());
            }
        }
        if !self.quarantine.is_empty() {
            text.push_str("Quarantine (refused by a server; tried again when they change)\n");
        }
        for entry in &self.quarantine {
            let _ = writeln!(
                text,
                "  SyncRule/{}/{}: {}",
                entry.rule, entry.key, entry.reason
            );
        }
        if self.loss_count > 0 {
            let _ = writeln!(
                text,
                "{} values were overwritten by a rule and are kept; the last ones:",
                self.loss_count
            );
        }
        for loss in &self.losses {
            let _ = writeln!(
                text,
                "  {}  case {} / work item {}, `{}`",
                seconds(loss.at),
                loss.case,
                loss.work_item,
                loss.row
            );
        }
        text
    }

    fn last_counts(&self) -> Option<String> {
        let outcome = self.runs.iter().find_map(|run| run.outcome.as_ref())?;
        let counts = outcome.summary.as_object()?;
        let parts: Vec<String> = counts
            .iter()
            .filter(|(_, count)| count.as_u64() != Some(0))
            .map(|(class, count)| format!("{count} {class}"))
            .collect();
        (!parts.is_empty()).then(|| parts.join(", "))
    }

    fn json(&self) -> serde_json::Value {
        json!({
            "schema": "accord-status/1",
            "links": self.links.iter().map(|(rule, count)| json!({
                "rule": rule.as_str(),
                "count": count,
            })).collect::<Vec<_>>(),
            "runs": self.runs.iter().map(|run| json!({
                "id": run.id.to_string(),
                "startedAt": run.started_at.to_string(),
                "planId": run.plan_id,
                "outcome": run.outcome,
            })).collect::<Vec<_>>(),
            "openIntents": self.intents.iter().map(|intent| json!({
                "address": intent.address(),
                "rule": (!intent.kind.is_configuration()).then(|| intent.rule.as_str()),
                "kind": intent.kind,
                "case": intent.case,
                "workItem": intent.work_item,
                "settlesAt": intent.settles_at.to_string(),
            })).collect::<Vec<_>>(),
            "quarantine": self.quarantine.iter().map(|entry| json!({
                "address": format!("SyncRule/{}/{}", entry.rule, entry.key),
                "reason": entry.reason,
                "at": entry.at.to_string(),
            })).collect::<Vec<_>>(),
            "overwrittenValues": self.loss_count,
        })
    }
}

/// To the second, in UTC.
fn seconds(at: jiff::Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%SZ").to_string()
}
