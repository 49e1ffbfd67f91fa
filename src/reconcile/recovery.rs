//! What earlier runs left open: writes that were intended and whose answer was never recorded.
//!
//! Each is left alone until it can no longer land, then looked up. A create that landed becomes a link;
//! one that did not is given up and planned afresh. Updates need no more than that: the pair is compared
//! with its base again, and what landed shows as being in accord.

use std::collections::BTreeSet;
use std::time::Duration;

use super::connect::{endpoints, remote_error};
use super::error::ReconcileError;
use super::executor::{StopFlag, later};
use super::{Context, Readers};
use crate::model::config::Connection;
use crate::model::{
    ACCORD_TAG, Base, Case, CaseId, Link, LinkId, MarkState, SuiteId, WorkItem, WorkItemId,
    azure_boards_mentions,
};
use crate::remote::WorkItemQuery;
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
        let readers = context.remotes.readers(connection)?;
        let links = context.store.links(&places).await?;
        let recovery = Recovery {
            context,
            connection,
            readers,
            links,
        };
        found += recovery.settle(&intents).await?;
    }
    Ok(found)
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

struct Recovery<'a> {
    context: &'a Context<'a>,
    connection: &'a Connection,
    readers: Readers,
    links: Vec<Link>,
}

impl Recovery<'_> {
    async fn settle(&self, intents: &[Intent]) -> Result<u64, ReconcileError> {
        let marked = self.marked_items(intents).await?;
        let cases = self.mentioning_cases(intents).await?;
        let mut records = Vec::with_capacity(intents.len());
        let mut found = 0;
        let mut taken = BTreeSet::new();
        for intent in intents {
            let link = match intent.kind {
                IntentKind::CreateWorkItem => self.found_work_item(intent, &marked),
                IntentKind::CreateCase => self.found_case(intent, &cases),
                IntentKind::UpdateWorkItem | IntentKind::UpdateCase => None,
            };
            let link = link.filter(|link| taken.insert((link.case, link.work_item)));
            found += u64::from(link.is_some());
            records.push(self.record(intent, link));
        }
        self.context.store.record(&records).await?;
        Ok(found)
    }

    /// Work items that carry the marker of a case whose create is open: by the address first, and by
    /// the tag for servers that do not look up web addresses.
    async fn marked_items(&self, intents: &[Intent]) -> Result<Vec<WorkItem>, ReconcileError> {
        let wanted: BTreeSet<CaseId> = intents
            .iter()
            .filter(|intent| intent.kind == IntentKind::CreateWorkItem)
            .filter_map(|intent| intent.case)
            .collect();
        if wanted.is_empty() {
            return Ok(Vec::new());
        }
        let failed = |error| remote_error(self.connection, error);
        let azure_devops = &self.readers.azure_devops;
        let urls: Vec<String> = wanted
            .iter()
            .map(|case| self.connection.testworthy.case_url(*case))
            .collect();
        let by_url = azure_devops
            .find_by_hyperlink(&urls)
            .await
            .map_err(failed)?;
        let mut ids: BTreeSet<WorkItemId> = by_url.into_values().flatten().collect();
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
        let linked: BTreeSet<WorkItemId> = self.links.iter().map(|link| link.work_item).collect();
        let ids: Vec<WorkItemId> = ids.difference(&linked).copied().collect();
        let items = azure_devops.read(&ids).await.map_err(failed)?;
        Ok(items.into_values().collect())
    }

    /// Cases that name a work item whose create is open.
    async fn mentioning_cases(&self, intents: &[Intent]) -> Result<Vec<Case>, ReconcileError> {
        if !intents
            .iter()
            .any(|intent| intent.kind == IntentKind::CreateCase)
        {
            return Ok(Vec::new());
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
        let mut cases = Vec::new();
        for suite in suites {
            let listing = self.readers.testworthy.cases(suite).await;
            let listing = listing.map_err(|error| remote_error(self.connection, error))?;
            cases.extend(
                listing
                    .cases
                    .into_values()
                    .filter(|case| !azure_boards_mentions(&case.refs).is_empty()),
            );
        }
        Ok(cases)
    }

    fn found_work_item(&self, intent: &Intent, items: &[WorkItem]) -> Option<Link> {
        let case = intent.case?;
        if self.links.iter().any(|link| link.case == case) {
            return None;
        }
        let mut ids: Vec<WorkItemId> = items
            .iter()
            .filter(|item| item.markers().iter().any(|marker| marker.case == case))
            .map(|item| item.id)
            .collect();
        ids.sort_unstable();
        let work_item = *ids.first()?;
        let mut link = self.new_link(intent, case, work_item);
        link.work_item_mark = MarkState::Written;
        Some(link)
    }

    fn found_case(&self, intent: &Intent, cases: &[Case]) -> Option<Link> {
        let work_item = intent.work_item?;
        if self.links.iter().any(|link| link.work_item == work_item) {
            return None;
        }
        let mut found: Vec<&Case> = cases
            .iter()
            .filter(|case| azure_boards_mentions(&case.refs).contains(&work_item))
            .filter(|case| !self.links.iter().any(|link| link.case == case.id))
            .collect();
        found.sort_by_key(|case| case.id);
        let case = found.first()?;
        let mut link = self.new_link(intent, case.id, work_item);
        link.testworthy_project = case.project;
        link.case_mark = MarkState::Written;
        Some(link)
    }

    fn new_link(&self, intent: &Intent, case: CaseId, work_item: WorkItemId) -> Link {
        Link {
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
            (None, IntentKind::UpdateWorkItem | IntentKind::UpdateCase) => (
                "compared afresh",
                IntentOutcome::Abandoned {
                    reason: "the pair is compared afresh".to_owned(),
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
            detail: "recovery".to_owned(),
        };
        Record {
            intent: Some((intent.id.clone(), outcome)),
            link,
            audit: Some(audit),
            quarantine: None,
        }
    }
}
