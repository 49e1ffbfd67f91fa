//! What both systems hold of the items that open intents are about.

use std::collections::{BTreeMap, BTreeSet};

use super::{Linked, Recovery};
use crate::model::{
    ACCORD_TAG, Case, CaseId, OperationId, Rev, SuiteId, WorkItem, WorkItemId,
    azure_boards_mentions,
};
use crate::reconcile::ReconcileError;
use crate::reconcile::executor::is_not_offered;
use crate::remote::{CaseRead, CaseScope, RemoteErrorKind, WorkItemQuery};
use crate::store::{Intent, IntentKind};

/// Cases by the work items that they name.
pub(super) type Naming = BTreeMap<WorkItemId, Vec<Case>>;

/// What was read.
#[derive(Default)]
pub(super) struct Seen {
    /// Work items that carry the marker of a case whose create is open.
    pub(super) marked: BTreeMap<CaseId, WorkItem>,
    /// Cases that name a work item whose create is open.
    pub(super) naming: Naming,
    /// The same in suites that no rule names: where a person may have moved what was made, and where people
    /// name work items for reasons of their own.
    pub(super) naming_elsewhere: Naming,
    /// Changed work items as they are now.
    pub(super) items: BTreeMap<WorkItemId, WorkItem>,
    /// Work items as the write of an intent left them, if it landed.
    pub(super) then: BTreeMap<OperationId, WorkItem>,
    /// Changed cases as they are now.
    pub(super) cases: BTreeMap<CaseId, Case>,
    /// Work items in the recycle bin.
    pub(super) binned: BTreeSet<WorkItemId>,
}

impl Seen {
    pub(super) async fn look(
        recovery: &Recovery<'_>,
        intents: &[Intent],
        linked: &Linked,
    ) -> Result<Self, ReconcileError> {
        let (naming, naming_elsewhere) = recovery.mentioning_cases(intents).await?;
        let mut seen = Self {
            marked: recovery.marked_items(intents, linked).await?,
            naming,
            naming_elsewhere,
            cases: recovery.changed_cases(intents).await?,
            ..Self::default()
        };
        let of = |kinds: &[IntentKind]| -> Vec<WorkItemId> {
            let wanted = intents.iter().filter(|intent| kinds.contains(&intent.kind));
            let ids: BTreeSet<WorkItemId> = wanted.filter_map(|intent| intent.work_item).collect();
            ids.into_iter().collect()
        };
        let azure_devops = &recovery.readers.azure_devops;
        let changed = of(&[
            IntentKind::UpdateWorkItem,
            IntentKind::CloseWorkItem,
            IntentKind::RestoreWorkItem,
        ]);
        if !changed.is_empty() {
            recovery.go_on()?;
            let items = azure_devops.read(&changed).await;
            seen.items = items.map_err(|error| recovery.failed(error))?;
        }
        let recycled = of(&[IntentKind::RecycleWorkItem]);
        if !recycled.is_empty() {
            recovery.go_on()?;
            seen.binned = match azure_devops.in_recycle_bin(&recycled).await {
                Ok(binned) => binned,
                Err(error) if is_not_offered(&error) => BTreeSet::new(),
                // Who may not look there does not learn it by asking again: the plan compares afresh.
                Err(error) if matches!(error.kind, RemoteErrorKind::Forbidden { .. }) => {
                    BTreeSet::new()
                }
                Err(error) => return Err(recovery.failed(error)),
            };
        }
        seen.look_back(recovery, intents).await?;
        Ok(seen)
    }

    /// Reads the revisions that the writes made, where the items have moved on.
    async fn look_back(
        &mut self,
        recovery: &Recovery<'_>,
        intents: &[Intent],
    ) -> Result<(), ReconcileError> {
        let mut offered = true;
        for intent in intents {
            let Some((item, made)) = self.revision_of(intent) else {
                continue;
            };
            if item.rev == made {
                self.then.insert(intent.id.clone(), item.clone());
                continue;
            }
            if item.rev < made || !offered {
                continue;
            }
            recovery.go_on()?;
            match recovery.readers.azure_devops.revision(item.id, made).await {
                Ok(Some(then)) => {
                    self.then.insert(intent.id.clone(), then);
                }
                Ok(None) => {}
                Err(error) => match error.kind {
                    RemoteErrorKind::Unsupported { .. } => offered = false,
                    _ if is_not_offered(&error) => {}
                    _ => return Err(recovery.failed(error)),
                },
            }
        }
        Ok(())
    }

    /// The work item of an intent, and the revision that its write made if it landed.
    fn revision_of(&self, intent: &Intent) -> Option<(&WorkItem, Rev)> {
        match intent.kind {
            IntentKind::CreateWorkItem => Some((self.marked.get(&intent.case?)?, Rev(1))),
            IntentKind::UpdateWorkItem | IntentKind::CloseWorkItem => {
                let item = self.items.get(&intent.work_item?)?;
                Some((item, Rev(intent.expected_rev?.0 + 1)))
            }
            _ => None,
        }
    }
}

impl Recovery<'_> {
    /// Work items that carry the marker of a case whose create is open: by the address first, and by
    /// the tag for servers that do not look up web addresses.
    async fn marked_items(
        &self,
        intents: &[Intent],
        linked: &Linked,
    ) -> Result<BTreeMap<CaseId, WorkItem>, ReconcileError> {
        let wanted: BTreeSet<CaseId> = intents
            .iter()
            .filter(|intent| intent.kind == IntentKind::CreateWorkItem)
            .filter_map(|intent| intent.case)
            .collect();
        if wanted.is_empty() {
            return Ok(BTreeMap::new());
        }
        let failed = |error| self.failed(error);
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
        let ids: Vec<WorkItemId> = ids
            .into_iter()
            .filter(|id| !linked.work_items.contains_key(id))
            .collect();
        let items = azure_devops.read(&ids).await.map_err(failed)?;
        let mut marked = BTreeMap::new();
        for item in items.into_values() {
            // What Accord created carries one marker; with more of them a person has to look.
            let cases = self.connection.testworthy.marked_cases(&item);
            if let (Some(case), 1) = (cases.first(), cases.len()) {
                // Items come in the order of their ids: the oldest of several is the one.
                marked.entry(*case).or_insert(item);
            }
        }
        Ok(marked)
    }

    /// Cases that name a work item whose create is open: those of the suites that rules name, and apart from
    /// them, where one is still missing, those of every other suite, because a person may have moved it.
    async fn mentioning_cases(
        &self,
        intents: &[Intent],
    ) -> Result<(Naming, Naming), ReconcileError> {
        let creates = intents
            .iter()
            .filter(|intent| intent.kind == IntentKind::CreateCase);
        let wanted: BTreeSet<WorkItemId> = creates.filter_map(|intent| intent.work_item).collect();
        let (mut cases, mut elsewhere) = (Naming::new(), Naming::new());
        if wanted.is_empty() {
            return Ok((cases, elsewhere));
        }
        let named = self.suites();
        for suite in &named {
            self.mentions_in(*suite, &mut cases).await?;
        }
        if wanted.iter().all(|item| cases.contains_key(item)) {
            return Ok((cases, elsewhere));
        }
        self.go_on()?;
        let others = match self.readers.testworthy.suites().await {
            Ok(all) => all,
            Err(error) if matches!(error.kind, RemoteErrorKind::Unsupported { .. }) => Vec::new(),
            Err(error) => return Err(self.failed(error)),
        };
        for suite in others.into_iter().filter(|one| !named.contains(&one.id)) {
            self.mentions_in(suite.id, &mut elsewhere).await?;
        }
        Ok((cases, elsewhere))
    }

    /// Adds the cases of a suite to the work items that they name.
    async fn mentions_in(&self, suite: SuiteId, cases: &mut Naming) -> Result<(), ReconcileError> {
        self.go_on()?;
        let listing = self.readers.testworthy.cases(CaseScope::Suite(suite)).await;
        let listing = listing.map_err(|error| self.failed(error))?;
        for case in listing.cases.into_values() {
            for item in azure_boards_mentions(&case.refs) {
                cases.entry(item).or_default().push(case.clone());
            }
        }
        Ok(())
    }

    /// Every suite that a rule of the connection names.
    fn suites(&self) -> BTreeSet<SuiteId> {
        let mut suites: BTreeSet<SuiteId> = BTreeSet::new();
        for rule in self.context.config.rules.values() {
            if rule.connection == self.connection.name {
                suites.extend(rule.create_in.suite);
                let scope = rule.scope.testworthy.iter();
                suites.extend(scope.flat_map(|scope| scope.suites.clone()));
            }
        }
        suites
    }

    /// The cases that open intents change, as they are now. One that cannot be read is left out.
    async fn changed_cases(
        &self,
        intents: &[Intent],
    ) -> Result<BTreeMap<CaseId, Case>, ReconcileError> {
        let wanted: BTreeSet<CaseId> = intents
            .iter()
            .filter(|intent| {
                matches!(
                    intent.kind,
                    IntentKind::UpdateCase | IntentKind::DisableCase
                )
            })
            .filter_map(|intent| intent.case)
            .collect();
        let mut cases = BTreeMap::new();
        for id in &wanted {
            self.go_on()?;
            match self.readers.testworthy.case(*id).await {
                Ok(CaseRead::Present(case)) => {
                    cases.insert(*id, *case);
                }
                Ok(CaseRead::Refused | CaseRead::Missing) => {}
                Err(error) if matches!(error.kind, RemoteErrorKind::Unsupported { .. }) => {
                    return self.listed_cases(&wanted).await;
                }
                Err(error) => return Err(self.failed(error)),
            }
        }
        Ok(cases)
    }

    /// The same from listings, for servers that cannot read one case.
    async fn listed_cases(
        &self,
        wanted: &BTreeSet<CaseId>,
    ) -> Result<BTreeMap<CaseId, Case>, ReconcileError> {
        let mut scopes: Vec<CaseScope> = self.suites().into_iter().map(CaseScope::Suite).collect();
        if scopes.is_empty() {
            scopes.push(CaseScope::Project);
        }
        let mut cases = BTreeMap::new();
        for scope in scopes {
            self.go_on()?;
            let listing = self.readers.testworthy.cases(scope).await;
            let listing = listing
                .map_err(|error| self.failed(error))?
                .cases
                .into_iter();
            cases.extend(listing.filter(|(id, _)| wanted.contains(id)));
        }
        Ok(cases)
    }
}
