//! What earlier runs left open: writes that were intended and whose answer was never recorded.
//!
//! Each is left alone until it can no longer land, then looked up. A create that landed becomes a link;
//! one that did not is given up and planned afresh. Updates need no more than that: the pair is compared
//! with its base again, and what landed shows as being in accord.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::connect::{endpoints, remote_error};
use super::error::ReconcileError;
use super::executor::{StopFlag, is_not_offered, later};
use super::{Context, Readers, record};
use crate::model::config::{Connection, Row, RowTarget};
use crate::model::{
    ACCORD_TAG, Base, BaseField, Case, CaseId, Link, LinkId, LinkState, MarkState, Name, SuiteId,
    Value, WorkItemId, azure_boards_mentions,
};
use crate::remote::{CaseScope, WorkItemQuery};
use crate::store::{AuditEntry, Intent, IntentKind, IntentOutcome, Record};

/// Settles every open intent of the project's connections. Gives the number of items that were found.
pub(super) async fn recover(context: &Context<'_>, stop: &StopFlag) -> Result<u64, ReconcileError> {
    let mut found = 0;
    let mut seen = BTreeSet::new();
    for connection in context.config.connections.values() {
        let places = endpoints(connection);
        if !seen.insert(places.clone()) {
            continue;
        }
        let intents = context.store.open_intents(&places).await?;
        if intents.is_empty() {
            continue;
        }
        wait(context, &intents, stop).await?;
        let links = context.store.links(&places).await?;
        let mut linked = Linked {
            cases: links.iter().map(|link| link.case).collect(),
            work_items: links.iter().map(|link| link.work_item).collect(),
        };
        for (connection, intents) in by_connection(context, connection, intents) {
            let recovery = Recovery {
                context,
                connection,
                readers: context.remotes.readers(connection)?,
            };
            found += recovery.settle(&intents, &mut linked).await?;
        }
    }
    Ok(found)
}

/// Several connections may lead to the same two places, each with its own project and credentials: an
/// intent is looked up over the one that its rule uses. `fallback` is for rules that are gone.
fn by_connection<'a>(
    context: &Context<'a>,
    fallback: &'a Connection,
    intents: Vec<Intent>,
) -> Vec<(&'a Connection, Vec<Intent>)> {
    let mut grouped: BTreeMap<&Name, (&Connection, Vec<Intent>)> = BTreeMap::new();
    for intent in intents {
        let connections = &context.config.connections;
        let config = context.config;
        let named = match intent.kind {
            IntentKind::PutIntegration => Some(&intent.rule),
            IntentKind::PutCustomField => {
                let field = config.custom_fields.get(&intent.rule);
                field.map(|field| &field.connection)
            }
            IntentKind::CreateWorkItem
            | IntentKind::CreateCase
            | IntentKind::UpdateWorkItem
            | IntentKind::RecycleWorkItem
            | IntentKind::RestoreWorkItem
            | IntentKind::UpdateCase => config.rules.get(&intent.rule).map(|rule| &rule.connection),
        };
        let own = named.and_then(|name| connections.get(name));
        let own = own.filter(|own| endpoints(own) == intent.endpoints);
        let connection = own.unwrap_or(fallback);
        let group = grouped.entry(&connection.name);
        let (_, intents) = group.or_insert_with(|| (connection, Vec::new()));
        intents.push(intent);
    }
    grouped.into_values().collect()
}

async fn wait(
    context: &Context<'_>,
    intents: &[Intent],
    stop: &StopFlag,
) -> Result<(), ReconcileError> {
    let Some(until) = intents.iter().map(|intent| intent.settles_at).max() else {
        return Ok(());
    };
    // Whoever sent them is dead (this run holds the lock), so nothing was sent after this moment.
    let until = until.min(later(context.clock.now(), context.config.project.settle));
    let mut told = false;
    loop {
        let left = until.duration_since(context.clock.now());
        let Ok(left) = Duration::try_from(left) else {
            return Ok(());
        };
        if left.is_zero() {
            return Ok(());
        }
        if stop.is_set() {
            return Err(ReconcileError::Stopped);
        }
        if !told {
            context.progress.note(&format!(
                "an earlier run was stopped with {} writes unanswered; waiting {} s until they can no longer land",
                intents.len(),
                left.as_secs() + 1
            ));
            told = true;
        }
        context
            .clock
            .sleep(left.min(Duration::from_millis(500)))
            .await;
    }
}

/// Items that belong to a pair already.
struct Linked {
    cases: BTreeSet<CaseId>,
    work_items: BTreeSet<WorkItemId>,
}

struct Recovery<'a> {
    context: &'a Context<'a>,
    connection: &'a Connection,
    readers: Readers,
}

impl Recovery<'_> {
    async fn settle(&self, intents: &[Intent], linked: &mut Linked) -> Result<u64, ReconcileError> {
        let marked = self.marked_items(intents, linked).await?;
        let cases = self.mentioning_cases(intents).await?;
        let mut records = Vec::with_capacity(intents.len());
        let mut found = 0;
        for intent in intents {
            let link = match intent.kind {
                IntentKind::CreateWorkItem => self.found_work_item(intent, &marked, linked),
                IntentKind::CreateCase => self.found_case(intent, &cases, linked),
                // Compared afresh by the plan that follows.
                IntentKind::UpdateWorkItem
                | IntentKind::UpdateCase
                | IntentKind::RecycleWorkItem
                | IntentKind::RestoreWorkItem
                | IntentKind::PutIntegration
                | IntentKind::PutCustomField => None,
            };
            if let Some(link) = &link {
                linked.cases.insert(link.case);
                linked.work_items.insert(link.work_item);
                found += 1;
            }
            records.push(self.record(intent, link));
        }
        let refused = record::record(self.context.store, records).await?;
        Ok(found - refused.len() as u64)
    }

    /// Work items that carry the marker of a case whose create is open: by the address first, and by
    /// the tag for servers that do not look up web addresses.
    async fn marked_items(
        &self,
        intents: &[Intent],
        linked: &Linked,
    ) -> Result<BTreeMap<CaseId, WorkItemId>, ReconcileError> {
        let wanted: BTreeSet<CaseId> = intents
            .iter()
            .filter(|intent| intent.kind == IntentKind::CreateWorkItem)
            .filter_map(|intent| intent.case)
            .collect();
        if wanted.is_empty() {
            return Ok(BTreeMap::new());
        }
        let failed = |error| remote_error(self.connection, error);
        let azure_devops = &self.readers.azure_devops;
        let urls: Vec<String> = wanted
            .iter()
            .map(|case| self.connection.testworthy.case_url(*case))
            .collect();
        let mut ids: BTreeSet<WorkItemId> = match azure_devops.find_by_hyperlink(&urls).await {
            Ok(by_url) => by_url.into_values().flatten().collect(),
            Err(error) if is_not_offered(&error) => BTreeSet::new(),
            Err(error) => return Err(failed(error)),
        };
        let types: BTreeSet<&str> = self
            .context
            .config
            .mappings
            .values()
            .map(|mapping| mapping.work_item_type.as_str())
            .collect();
        for work_item_type in types {
            let query = WorkItemQuery {
                work_item_type: work_item_type.to_owned(),
                tag: Some(ACCORD_TAG.to_owned()),
                ..WorkItemQuery::default()
            };
            ids.extend(azure_devops.query(&query).await.map_err(failed)?);
        }
        let ids: Vec<WorkItemId> = ids.difference(&linked.work_items).copied().collect();
        let items = azure_devops.read(&ids).await.map_err(failed)?;
        let mut marked = BTreeMap::new();
        for item in items.values() {
            // What Accord created carries one marker; with more of them a person has to look.
            let cases = self.connection.testworthy.marked_cases(item);
            if let (Some(case), 1) = (cases.first(), cases.len()) {
                // Items come in the order of their ids: the oldest of several is the one.
                marked.entry(*case).or_insert(item.id);
            }
        }
        Ok(marked)
    }

    /// Cases that name a work item whose create is open.
    async fn mentioning_cases(
        &self,
        intents: &[Intent],
    ) -> Result<BTreeMap<WorkItemId, Vec<Case>>, ReconcileError> {
        if !intents
            .iter()
            .any(|intent| intent.kind == IntentKind::CreateCase)
        {
            return Ok(BTreeMap::new());
        }
        let mut suites: BTreeSet<SuiteId> = BTreeSet::new();
        for rule in self.context.config.rules.values() {
            if rule.connection == self.connection.name {
                suites.extend(rule.create_in.suite);
                suites.extend(
                    rule.scope
                        .testworthy
                        .iter()
                        .flat_map(|scope| scope.suites.clone()),
                );
            }
        }
        let mut cases: BTreeMap<WorkItemId, Vec<Case>> = BTreeMap::new();
        for suite in suites {
            let listing = self.readers.testworthy.cases(CaseScope::Suite(suite)).await;
            let listing = listing.map_err(|error| remote_error(self.connection, error))?;
            for case in listing.cases.into_values() {
                for item in azure_boards_mentions(&case.refs) {
                    cases.entry(item).or_default().push(case.clone());
                }
            }
        }
        Ok(cases)
    }

    fn found_work_item(
        &self,
        intent: &Intent,
        marked: &BTreeMap<CaseId, WorkItemId>,
        linked: &Linked,
    ) -> Option<Link> {
        let case = intent.case?;
        let work_item = *marked.get(&case)?;
        if linked.cases.contains(&case) || linked.work_items.contains(&work_item) {
            return None;
        }
        let mut link = self.new_link(intent, case, work_item);
        link.work_item_mark = MarkState::Written;
        // Never compared again otherwise, and not all of it comes with the create itself.
        for row in self.states_of_new_items(intent) {
            let field = BaseField::under_way(Value::Null);
            link.base.fields.insert(row.name.clone(), field);
        }
        Some(link)
    }

    /// The rows of the intent's rule that give a new work item its state and nothing later.
    fn states_of_new_items(&self, intent: &Intent) -> impl Iterator<Item = &Row> {
        let config = self.context.config;
        let rule = config.rules.get(&intent.rule);
        let mapping = rule.and_then(|rule| config.mappings.get(&rule.mapping));
        let rows = mapping.into_iter().flat_map(|mapping| &mapping.rows);
        let is_state =
            |target: &RowTarget| matches!(target, RowTarget::Field(name) if name == "System.State");
        rows.filter(move |row| row.on_create && is_state(&row.target))
    }

    fn found_case(
        &self,
        intent: &Intent,
        cases: &BTreeMap<WorkItemId, Vec<Case>>,
        linked: &Linked,
    ) -> Option<Link> {
        let work_item = intent.work_item?;
        if linked.work_items.contains(&work_item) {
            return None;
        }
        let free = cases.get(&work_item)?.iter();
        let case = free
            .filter(|case| !linked.cases.contains(&case.id))
            .min_by_key(|case| case.id)?;
        let mut link = self.new_link(intent, case.id, work_item);
        link.testworthy_project = case.project;
        link.case_mark = MarkState::Written;
        Some(link)
    }

    fn new_link(&self, intent: &Intent, case: CaseId, work_item: WorkItemId) -> Link {
        Link {
            state: LinkState::Active,
            id: LinkId(self.context.ids.next()),
            endpoints: intent.endpoints.clone(),
            case,
            testworthy_project: None,
            work_item,
            rule: intent.rule.clone(),
            case_mark: MarkState::Missing,
            work_item_mark: MarkState::Missing,
            base: Base::default(),
        }
    }

    fn record(&self, intent: &Intent, link: Option<Link>) -> Record {
        let (event, outcome) = match (&link, intent.kind) {
            (Some(_), _) => ("found after an interruption", IntentOutcome::Applied),
            (None, IntentKind::CreateWorkItem | IntentKind::CreateCase) => (
                "not written",
                IntentOutcome::Abandoned {
                    reason: "no item with its marker exists".to_owned(),
                },
            ),
            (
                None,
                IntentKind::UpdateWorkItem
                | IntentKind::UpdateCase
                | IntentKind::RecycleWorkItem
                | IntentKind::RestoreWorkItem
                | IntentKind::PutIntegration
                | IntentKind::PutCustomField,
            ) => (
                "compared afresh",
                IntentOutcome::Abandoned {
                    reason: "what is there is compared afresh".to_owned(),
                },
            ),
        };
        let audit = AuditEntry {
            at: self.context.clock.now(),
            run: intent.run.clone(),
            rule: intent.rule.clone(),
            event: event.to_owned(),
            case: link.as_ref().map(|link| link.case).or(intent.case),
            work_item: link
                .as_ref()
                .map(|link| link.work_item)
                .or(intent.work_item),
            detail: if intent.kind.is_configuration() {
                format!("recovery of {}", intent.address())
            } else {
                "recovery".to_owned()
            },
        };
        Record {
            intent: Some((intent.id.clone(), outcome)),
            link,
            audit: Some(audit),
            ..Record::default()
        }
    }
}
