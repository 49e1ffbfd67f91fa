//! `accord status`: what the state knows. Contacts nothing.

use std::fmt::Write as _;

use serde_json::json;

use super::conflicts;
use super::declared::seconds;
use super::exit_code::ExitCode;
use super::failure::Failed;
use super::session::Session;
use super::stored;
use super::ui;
use crate::model::config::Config;
use crate::model::{Conflict, ConflictState, LinkState, Name};
use crate::reconcile::endpoints;
use crate::store::{Intent, Loss, Quarantine, Run, Store, StoreError, Watermark};

/// Runs and recorded losses that are listed.
const LISTED: usize = 10;

/// Everything that is shown.
struct Status<'c> {
    config: &'c Config,
    links: Vec<(Name, u64)>,
    /// How many pairs are parted: ended, unlinked.
    parted: [usize; 2],
    conflicts: Vec<Conflict>,
    /// Of rules that follow the feed of revisions.
    watermarks: Vec<(Name, Watermark)>,
    runs: Vec<Run>,
    intents: Vec<Intent>,
    quarantine: Vec<Quarantine>,
    losses: Vec<Loss>,
    loss_count: u64,
}

pub(crate) async fn run(session: &Session) -> Result<ExitCode, Failed> {
    let project = session.load()?;
    let store = stored::for_reading(session, &project).await?;
    let status = Status::read(store.as_ref(), &project.config).await?;
    let text = if session.json {
        ui::document(&status.json())
    } else {
        ui::printable(&status.human())
    };
    session.ui.stdout(&text);
    Ok(ExitCode::Success)
}

impl<'c> Status<'c> {
    async fn read(store: &dyn Store, config: &'c Config) -> Result<Self, StoreError> {
        let mut intents = Vec::new();
        let mut quarantine = Vec::new();
        let mut conflicts = Vec::new();
        let mut parted = [0, 0];
        for endpoints in store.endpoints().await? {
            intents.extend(store.open_intents(&endpoints).await?);
            quarantine.extend(store.quarantine(&endpoints).await?);
            conflicts.extend(store.open_conflicts(&endpoints).await?);
            for link in store.parted_links(&endpoints).await? {
                parted[usize::from(link.state == LinkState::Unlinked)] += 1;
            }
        }
        conflicts.sort_by_key(|conflict| conflict.id);
        let mut watermarks = Vec::new();
        for rule in config.rules.values() {
            let Some(connection) = config.connections.get(&rule.connection) else {
                continue;
            };
            let watermark = store.watermark(&endpoints(connection), &rule.name).await?;
            watermarks.extend(watermark.map(|watermark| (rule.name.clone(), watermark)));
        }
        Ok(Self {
            config,
            parted,
            conflicts,
            watermarks,
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
        let [ended, unlinked] = self.parted;
        if ended + unlinked > 0 {
            let _ = writeln!(
                text,
                "  besides {ended} whose items were deleted and {unlinked} that were unlinked"
            );
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
        self.feed(&mut text);
        self.waiting(&mut text);
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
            text.push_str("Quarantine (writes that a server refused or did not keep; docs/quarantine.md tells when they are sent again)\n");
        }
        for entry in &self.quarantine {
            let _ = writeln!(
                text,
                "  SyncRule/{}/{} ({}): {}",
                entry.rule,
                entry.key,
                entry.class.key(),
                entry.reason
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

    /// How far each rule followed the feed of revisions.
    fn feed(&self, text: &mut String) {
        if !self.watermarks.is_empty() {
            text.push_str("Last full reading\n");
        }
        for (rule, watermark) in &self.watermarks {
            let at = seconds(watermark.full_scan_at);
            let _ = write!(text, "  {:40} {at}", rule.as_str());
            match watermark.dirty.len() {
                0 => {}
                1 => text.push_str(", 1 work item to be read again"),
                several => {
                    let _ = write!(text, ", {several} work items to be read again");
                }
            }
            text.push('\n');
        }
    }

    /// What a person has to decide, and what was decided.
    fn waiting(&self, text: &mut String) {
        let is_open = |one: &&Conflict| matches!(one.state, ConflictState::Open);
        let (open, decided): (Vec<&Conflict>, Vec<&Conflict>) =
            self.conflicts.iter().partition(is_open);
        for (title, members) in [
            (
                "Conflicts that wait for a decision (`accord conflicts list`)",
                open,
            ),
            (
                "Conflicts that are decided; the next apply carries it out",
                decided,
            ),
        ] {
            if !members.is_empty() {
                let _ = writeln!(text, "{title}");
            }
            for conflict in members.iter().take(LISTED) {
                let address = conflicts::address(self.config, conflict);
                let about = conflicts::about(&conflict.subject);
                let _ = writeln!(text, "  {:>4}  {address} {about}", conflict.id.to_string());
            }
            if members.len() > LISTED {
                let _ = writeln!(text, "  and {} more", members.len() - LISTED);
            }
        }
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
                "class": entry.class.key(),
                "reason": entry.reason,
                "at": entry.at.to_string(),
            })).collect::<Vec<_>>(),
            "conflicts": self.conflicts.iter().map(|one| conflicts::json(self.config, one)).collect::<Vec<_>>(),
            "parted": { "ended": self.parted[0], "unlinked": self.parted[1] },
            "fullScans": self.watermarks.iter().map(|(rule, watermark)| json!({
                "rule": rule.as_str(),
                "at": watermark.full_scan_at.to_string(),
                "toBeReadAgain": watermark.dirty.len(),
            })).collect::<Vec<_>>(),
            "overwrittenValues": self.loss_count,
        })
    }
}
