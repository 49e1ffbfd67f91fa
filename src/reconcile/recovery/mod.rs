//! What earlier runs left open: writes that were intended and whose answer was never recorded.
//!
//! Each is left alone until it can no longer land, then looked up, and what became of it is recorded in the
//! same transaction that ends its intent.
//!
//! - A create that landed is found by the mark that it carried, and becomes a link. Its base is what the item
//!   was made with: revision 1 of a work item, and of a case whatever still reads as it was sent.
//! - A change of a work item that landed made the revision behind the one it expected. If that revision holds
//!   what was sent, the base is taken from there and never from what the item holds now, so that an edit which
//!   somebody made since still shows as one.
//! - A case has no revisions: the rows that still read as they were sent have arrived, the others are compared
//!   afresh.
//! - What ends a pair has ended it if it landed. Taken for an edit it would bring the deleted item back.
//! - Anything else is given up and planned afresh.
//!
//! Rows whose definition is not what it was when the intent was made get no base from it.

mod created;
mod landed;
mod rows;
mod seen;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::connect::{endpoints, remote_error};
use super::error::ReconcileError;
use super::executor::{StopFlag, later};
use super::plan::fit;
use super::{Context, Readers, record};
use crate::mapping::CompiledMapping;
use crate::model::config::Connection;
use crate::model::{
    Base, CaseId, Closing, Conflict, ConflictChange, ConflictState, Endpoints, Learned, Link,
    LinkId, LinkState, MarkState, Name, WorkItemId,
};
use crate::remote::{RemoteError, RemoteErrorKind};
use crate::store::{
    AuditEntry, Intent, IntentKind, IntentOutcome, IntentPart, PairConflicts, Record,
};
use seen::Seen;

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
        let mut linked = Linked::read(context, &places).await?;
        let learned = context.store.learned(&places).await?;
        for (connection, intents) in by_connection(context, connection, intents) {
            let recovery = Recovery {
                context,
                connection,
                readers: context.remotes.readers(connection)?,
                learned: &learned,
                stop,
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
            | IntentKind::CloseWorkItem
            | IntentKind::DisableCase
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

/// The pairs between two places.
struct Linked {
    /// By the id of the case.
    active: BTreeMap<CaseId, Link>,
    work_items: BTreeMap<WorkItemId, CaseId>,
    /// Links that are ended or unlinked.
    parted: Vec<Link>,
}

impl Linked {
    async fn read(context: &Context<'_>, places: &Endpoints) -> Result<Self, ReconcileError> {
        let mut linked = Self {
            active: BTreeMap::new(),
            work_items: BTreeMap::new(),
            parted: context.store.parted_links(places).await?,
        };
        for link in context.store.links(places).await? {
            linked.take_in(&link);
        }
        Ok(linked)
    }

    /// The link of two items, whatever its state.
    fn pair(&self, case: CaseId, item: WorkItemId) -> Option<&Link> {
        let active = self.active.get(&case).filter(|link| link.work_item == item);
        active.or_else(|| {
            let mut parted = self.parted.iter();
            parted.find(|link| (link.case, link.work_item) == (case, item))
        })
    }

    /// Whether neither item is in a pair.
    fn are_free(&self, case: CaseId, item: WorkItemId) -> bool {
        !self.active.contains_key(&case) && !self.work_items.contains_key(&item)
    }

    fn take_in(&mut self, link: &Link) {
        self.parted.retain(|parted| parted.id != link.id);
        let renewed: Vec<CaseId> = self
            .active
            .values()
            .filter(|known| known.id == link.id)
            .map(|known| known.case)
            .collect();
        for case in renewed {
            if let Some(known) = self.active.remove(&case) {
                self.work_items.remove(&known.work_item);
            }
        }
        if link.state == LinkState::Active {
            self.work_items.insert(link.work_item, link.case);
            self.active.insert(link.case, link.clone());
        } else {
            self.parted.push(link.clone());
        }
    }
}

struct Recovery<'a> {
    context: &'a Context<'a>,
    connection: &'a Connection,
    readers: Readers,
    learned: &'a Learned,
    stop: &'a StopFlag,
}

/// What became of an intent.
struct Settled {
    /// The link as it is to be, if that changes.
    link: Option<Link>,
    /// Whether all of it was carried out.
    applied: bool,
}

impl Settled {
    const NOT_WRITTEN: Self = Self {
        link: None,
        applied: false,
    };
}

impl Recovery<'_> {
    /// Ends every intent. Gives the number of items that were found.
    async fn settle(&self, intents: &[Intent], linked: &mut Linked) -> Result<u64, ReconcileError> {
        let seen = Seen::look(self, intents, linked).await?;
        let mappings = self.mappings(intents).await?;
        let mut records = Vec::with_capacity(intents.len());
        let mut found = 0;
        let places = endpoints(self.connection);
        let conflicts = self.context.store.open_conflicts(&places).await?;
        for intent in intents {
            let mapping = mappings.get(&intent.rule);
            let settled = match intent.kind {
                IntentKind::CreateWorkItem => self.created_item(intent, mapping, &seen, linked),
                IntentKind::CreateCase => self.created_case(intent, mapping, &seen, linked),
                IntentKind::UpdateWorkItem => self.updated_item(intent, mapping, &seen, linked),
                IntentKind::UpdateCase => self.updated_case(intent, mapping, &seen, linked),
                IntentKind::CloseWorkItem => Self::closed_item(intent, mapping, &seen, linked),
                IntentKind::DisableCase => Self::disabled_case(intent, mapping, &seen, linked),
                IntentKind::RecycleWorkItem | IntentKind::RestoreWorkItem => {
                    Self::moved_item(intent, &seen, linked)
                }
                // Compared afresh by the plan that follows.
                IntentKind::PutIntegration | IntentKind::PutCustomField => Settled::NOT_WRITTEN,
            };
            if let Some(link) = &settled.link {
                linked.take_in(link);
                let is_create = matches!(
                    intent.kind,
                    IntentKind::CreateWorkItem | IntentKind::CreateCase
                );
                found += u64::from(is_create);
            }
            let carried_out = self.carried_out(intent, &settled, &conflicts);
            records.push(Record {
                conflicts: carried_out,
                ..self.record(intent, settled)
            });
        }
        let refused = record::record(self.context.store, records).await?;
        Ok(found.saturating_sub(refused.len() as u64))
    }

    /// The end of the conflicts whose decision was carried out by a change that landed. Left open, the
    /// decision would count once more if somebody brought the value back that it was made against.
    fn carried_out(
        &self,
        intent: &Intent,
        settled: &Settled,
        conflicts: &[Conflict],
    ) -> Option<PairConflicts> {
        let link = settled.link.as_ref().filter(|_| settled.applied)?;
        let is_written = |row: &str| {
            let row = intent.rows.get(row);
            row.is_some_and(|row| row.to.is_some() && row.part == IntentPart::Whole)
        };
        let of_pair = conflicts
            .iter()
            .filter(|one| (one.case, one.work_item) == (link.case, link.work_item));
        let changes: Vec<ConflictChange> = of_pair
            .filter(|one| one.subject.row().is_some_and(is_written))
            .filter_map(|one| match one.state {
                ConflictState::Decided { take, .. } => {
                    Some(ConflictChange::Close(one.id, Closing::Resolved(take)))
                }
                ConflictState::Open | ConflictState::Closed { .. } => None,
            })
            .collect();
        (!changes.is_empty()).then(|| PairConflicts {
            endpoints: link.endpoints.clone(),
            rule: link.rule.clone(),
            case: link.case,
            work_item: link.work_item,
            at: self.context.clock.now(),
            changes,
        })
    }

    /// The mappings of the intents' rules, as far as they hold against the live types.
    async fn mappings(
        &self,
        intents: &[Intent],
    ) -> Result<BTreeMap<Name, CompiledMapping>, ReconcileError> {
        let config = self.context.config;
        let rules: BTreeSet<&Name> = intents
            .iter()
            .filter(|intent| !intent.kind.is_configuration())
            .map(|intent| &intent.rule)
            .collect();
        let mut compiled = BTreeMap::new();
        for rule in rules.into_iter().filter_map(|name| config.rules.get(name)) {
            let Some(mapping) = config.mappings.get(&rule.mapping) else {
                continue;
            };
            let kind = &mapping.work_item_type;
            let live = match self.readers.azure_devops.work_item_type(kind).await {
                Ok(live) => live,
                Err(error) if matches!(error.kind, RemoteErrorKind::NotFound { .. }) => continue,
                Err(error) => return Err(self.failed(error)),
            };
            if let (Some(ready), _) = fit(config, rule, mapping, Some(&live)) {
                let ready = ready.with_users(&self.connection.users);
                compiled.insert(rule.name.clone(), ready);
            }
        }
        Ok(compiled)
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

    /// Fails if somebody asked to stop: what is not settled stays open for the next run.
    fn go_on(&self) -> Result<(), ReconcileError> {
        if self.stop.is_set() {
            return Err(ReconcileError::Stopped);
        }
        Ok(())
    }

    fn failed(&self, error: RemoteError) -> ReconcileError {
        remote_error(self.connection, error)
    }

    fn record(&self, intent: &Intent, Settled { link, applied }: Settled) -> Record {
        let abandoned = |reason: &str| IntentOutcome::Abandoned {
            reason: reason.to_owned(),
        };
        let (event, outcome) = match intent.kind {
            _ if applied => ("found after an interruption", IntentOutcome::Applied),
            IntentKind::CreateWorkItem | IntentKind::CreateCase => {
                let reason = "no item with its marker exists";
                ("not written", abandoned(reason))
            }
            IntentKind::UpdateWorkItem
            | IntentKind::UpdateCase
            | IntentKind::RecycleWorkItem
            | IntentKind::RestoreWorkItem
            | IntentKind::CloseWorkItem
            | IntentKind::DisableCase
            | IntentKind::PutIntegration
            | IntentKind::PutCustomField => {
                let reason = "what is there is compared afresh";
                ("compared afresh", abandoned(reason))
            }
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
