//! `accord state show`: everything that the state holds about one pair.

use std::fmt::Write as _;

use super::super::args::StateShowArgs;
use super::super::conflicts::{self, numbered_losses};
use super::super::declared::{is_sensitive, pair_address, rule_known, seconds};
use super::super::exit_code::ExitCode;
use super::super::failure::Failed;
use super::super::session::Session;
use super::super::stored;
use super::super::ui;
use super::super::values::{NOT_SHOWN, put};
use super::list::{all_links, json};
use super::{mark_key, state_key};
use crate::model::config::Config;
use crate::model::{BaseField, Conflict, Link, Name, Value};
use crate::plan::ItemKey;
use crate::store::{Intent, Loss, Quarantine, Store, StoreError};

pub(crate) async fn run(session: &Session, args: &StateShowArgs) -> Result<ExitCode, Failed> {
    let project = session.load()?;
    let config = &project.config;
    let store = stored::for_reading(session, &project).await?;
    let links = all_links(store.as_ref()).await?;
    let (rule, key) = address(config, &links, &args.address)?;
    let of_item = |link: &&Link| match key {
        ItemKey::Case(case) => link.case == case,
        ItemKey::WorkItem(item) => link.work_item == item,
    };
    let found = links.iter().find(|link| link.rule == rule && of_item(link));
    let link = found.ok_or_else(|| not_there(config, &links, &args.address, key))?;
    let pair = Pair::read(store.as_ref(), config, link, args.reveal).await?;
    let text = if session.json {
        ui::document(&pair.json())
    } else {
        ui::printable(&pair.human())
    };
    session.ui.stdout(&text);
    Ok(ExitCode::Success)
}

/// The rule and the item that an address names.
fn address(config: &Config, links: &[Link], text: &str) -> Result<(Name, ItemKey), Failed> {
    let parts: Vec<&str> = text.split('/').collect();
    let ["SyncRule", rule, kind, id] = parts[..] else {
        return Err(no_address(text));
    };
    let remembered: Vec<&Name> = links.iter().map(|link| &link.rule).collect();
    let rule = rule_known(config, rule, &remembered)?;
    match format!("{kind}/{id}").parse() {
        Ok(key) => Ok((rule, key)),
        Err(()) => Err(no_address(text)),
    }
}

fn no_address(text: &str) -> Failed {
    Failed::new(
        ExitCode::Usage,
        format!("`{text}` is not the address of a pair"),
    )
    .with_help("write SyncRule/NAME/case/ID or SyncRule/NAME/workItem/ID")
}

fn not_there(config: &Config, links: &[Link], text: &str, key: ItemKey) -> Failed {
    let other = links.iter().find(|link| match key {
        ItemKey::Case(case) => link.case == case,
        ItemKey::WorkItem(item) => link.work_item == item,
    });
    let failed = Failed::new(ExitCode::Usage, format!("the state holds no pair `{text}`"));
    match other {
        Some(link) => {
            let address = pair_address(config, &link.rule, link.case, link.work_item);
            failed.with_help(format!("it belongs to another rule: {address}"))
        }
        None => failed.with_help(
            "`accord state list` shows the pairs; `accord plan` tells what would become of an item without one",
        ),
    }
}

/// A pair with everything around it.
struct Pair<'a> {
    config: &'a Config,
    link: &'a Link,
    reveal: bool,
    intents: Vec<Intent>,
    conflicts: Vec<Conflict>,
    losses: Vec<(u64, Loss)>,
    quarantine: Vec<Quarantine>,
}

impl<'a> Pair<'a> {
    async fn read(
        store: &dyn Store,
        config: &'a Config,
        link: &'a Link,
        reveal: bool,
    ) -> Result<Self, StoreError> {
        let places = &link.endpoints;
        let mut intents = store.open_intents(places).await?;
        intents.retain(|intent| {
            !intent.kind.is_configuration()
                && (intent.case == Some(link.case) || intent.work_item == Some(link.work_item))
        });
        let mut conflicts = store.conflicts(usize::MAX).await?;
        conflicts.retain(|one| {
            (&one.endpoints, one.case, one.work_item) == (places, link.case, link.work_item)
        });
        let mut losses = numbered_losses(store).await?;
        losses.retain(|(_, one)| {
            (&one.endpoints, one.case, one.work_item) == (places, link.case, link.work_item)
        });
        let keys = [
            ItemKey::Case(link.case).to_string(),
            ItemKey::WorkItem(link.work_item).to_string(),
        ];
        let mut quarantine = store.quarantine(places).await?;
        quarantine.retain(|one| keys.contains(&one.key));
        Ok(Self {
            config,
            link,
            reveal,
            intents,
            conflicts,
            losses,
            quarantine,
        })
    }

    fn shows(&self, row: &str) -> bool {
        self.reveal || !is_sensitive(self.config, &self.link.rule, row)
    }

    fn human(&self) -> String {
        let link = self.link;
        let mut text = format!(
            "{}\n  case {} of {}\n  work item {} of {}\n  {}; mark on the case {}, mark on the work item {}\n",
            pair_address(self.config, &link.rule, link.case, link.work_item),
            link.case,
            link.endpoints.testworthy,
            link.work_item,
            link.endpoints.azure_devops,
            state_key(link.state),
            mark_key(link.case_mark),
            mark_key(link.work_item_mark),
        );
        match (link.base.recorded_at, link.base.rev) {
            (Some(at), Some(rev)) => {
                let _ = writeln!(text, "  in accord {} at revision {rev}", seconds(at));
            }
            (Some(at), None) => {
                let _ = writeln!(text, "  in accord {}", seconds(at));
            }
            (None, _) => text.push_str("  not compared yet\n"),
        }
        if !link.base.fields.is_empty() {
            text.push_str("\nWhat both held when they were last in accord\n");
        }
        for (row, field) in &link.base.fields {
            let _ = writeln!(text, "  {row}");
            self.base(&mut text, row, field);
        }
        self.around(&mut text);
        text
    }

    fn base(&self, text: &mut String, row: &str, field: &BaseField) {
        if !self.shows(row) {
            let _ = writeln!(text, "    {NOT_SHOWN}");
        } else if field.is_under_way() {
            text.push_str("    takes several writes, and the last one is still to come\n");
        } else {
            put(text, 4, "TestWorthy  ", &field.testworthy);
            put(text, 4, "Azure DevOps", &field.azure_devops);
        }
    }

    fn around(&self, text: &mut String) {
        if !self.intents.is_empty() {
            text.push_str(
                "\nWrites without an answer; the next apply looks up what came of them\n",
            );
        }
        for intent in &self.intents {
            let at = seconds(intent.prepared_at);
            let rows: Vec<&str> = intent.rows.keys().map(String::as_str).collect();
            let _ = writeln!(text, "  {at}  {}  {}", kind(intent), rows.join(", "));
        }
        if !self.quarantine.is_empty() {
            text.push_str("\nRefused by a server; tried again when it changes\n");
        }
        for entry in &self.quarantine {
            let _ = writeln!(text, "  {}  {}", seconds(entry.at), entry.reason);
        }
        if !self.conflicts.is_empty() {
            text.push_str("\nConflicts\n");
        }
        for conflict in &self.conflicts {
            let (id, about) = (conflict.id.to_string(), conflicts::about(&conflict.subject));
            let state = conflicts::outcome(&conflict.state);
            let _ = writeln!(text, "  {id:>8}  {about}; {state}");
        }
        if !self.losses.is_empty() {
            text.push_str("\nOverwritten by the rule; the values are kept\n");
        }
        for (number, loss) in &self.losses {
            let id = format!("loss/{number}");
            let _ = writeln!(text, "  {id:>8}  `{}`, {}", loss.row, seconds(loss.at));
        }
    }

    fn json(&self) -> serde_json::Value {
        let link = self.link;
        let mut document = json(self.config, link);
        document["schema"] = "accord-pair/1".into();
        let shown = |row: &str, value: &Value| {
            if self.shows(row) {
                value.to_json()
            } else {
                serde_json::Value::Null
            }
        };
        let base = link.base.fields.iter().map(|(row, field)| {
            serde_json::json!({
                "row": row,
                "sensitive": is_sensitive(self.config, &link.rule, row),
                "underWay": field.is_under_way(),
                "testworthy": shown(row, &field.testworthy),
                "azureDevOps": shown(row, &field.azure_devops),
            })
        });
        document["base"] = base.collect();
        let intents = self.intents.iter().map(|intent| {
            serde_json::json!({
                "kind": intent.kind,
                "rows": intent.rows.keys().collect::<Vec<_>>(),
                "preparedAt": intent.prepared_at.to_string(),
                "settlesAt": intent.settles_at.to_string(),
            })
        });
        document["openIntents"] = intents.collect();
        let quarantine = self.quarantine.iter();
        document["quarantine"] = quarantine
            .map(|entry| serde_json::json!({ "reason": entry.reason, "at": entry.at.to_string() }))
            .collect();
        let conflicts = self.conflicts.iter();
        document["conflicts"] = conflicts
            .map(|conflict| conflicts::json(self.config, conflict))
            .collect();
        let losses = self.losses.iter();
        document["overwritten"] = losses
            .map(|(number, loss)| conflicts::loss_json(self.config, *number, loss))
            .collect();
        document
    }
}

fn kind(intent: &Intent) -> &'static str {
    use crate::store::IntentKind as Kind;
    match intent.kind {
        Kind::CreateWorkItem => "create the work item",
        Kind::CreateCase => "create the case",
        Kind::UpdateWorkItem => "update the work item",
        Kind::UpdateCase => "update the case",
        Kind::CloseWorkItem => "close the work item",
        Kind::DisableCase => "disable the case",
        Kind::RecycleWorkItem => "recycle the work item",
        Kind::RestoreWorkItem => "restore the work item",
        Kind::PutIntegration => "write the settings",
        Kind::PutCustomField => "make the field",
    }
}
