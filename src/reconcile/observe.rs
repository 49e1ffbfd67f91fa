//! Reading both systems for the rules of one connection, each thing once and in bulk.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::connect::{Readers, remote_error};
use super::error::ReconcileError;
use super::progress::Progress;
use crate::model::config::{
    AzureDevOpsScope, Connection, MatchBy, SyncRule, TestWorthyScope, TestWorthySurface,
};
use crate::model::{
    ACCORD_TAG, Case, CaseId, Link, Name, SuiteId, System, WorkItem, WorkItemId, WorkItemType,
    azure_boards_mentions,
};
use crate::plan::{Observed, glob};
use crate::remote::{
    CaseListing, CaseRead, CaseScope, RemoteError, RemoteErrorKind, Verification, WorkItemQuery,
};

/// Linked cases that are missing from their listings are asked for one by one, at most so many: the
/// rest count as unreadable, which never leads to a write.
const MISSING_CASES_ASKED: usize = 200;

/// The cases of a suite or a project, shared between the rules that read it.
struct Listing {
    cases: BTreeMap<CaseId, Arc<Case>>,
    incomplete: Option<String>,
}

/// What became of asking for one case.
#[derive(Clone)]
enum SingleCase {
    Present(Arc<Case>),
    /// The server says that it does not exist.
    Missing,
    /// It cannot be told.
    Unknown,
}

/// Reads for the rules of one connection and remembers what it has read.
pub(super) struct Observer<'a> {
    connection: &'a Connection,
    readers: Readers,
    progress: &'a dyn Progress,
    listings: BTreeMap<CaseScope, Arc<Listing>>,
    single_cases: BTreeMap<CaseId, SingleCase>,
    items: BTreeMap<WorkItemId, Option<Arc<WorkItem>>>,
    queries: Vec<(WorkItemQuery, Vec<WorkItemId>)>,
    types: BTreeMap<String, Arc<WorkItemType>>,
    checked: bool,
}

impl<'a> Observer<'a> {
    pub(super) fn new(
        connection: &'a Connection,
        readers: Readers,
        progress: &'a dyn Progress,
    ) -> Self {
        Self {
            connection,
            readers,
            progress,
            listings: BTreeMap::new(),
            single_cases: BTreeMap::new(),
            items: BTreeMap::new(),
            queries: Vec::new(),
            types: BTreeMap::new(),
            checked: false,
        }
    }

    fn failed(&self, error: RemoteError) -> ReconcileError {
        remote_error(self.connection, error)
    }

    /// Checks the Azure DevOps credential once; TestWorthy's is checked by the first listing.
    async fn check(&mut self) -> Result<(), ReconcileError> {
        if !self.checked {
            self.readers
                .azure_devops
                .check()
                .await
                .map_err(|error| self.failed(error))?;
            self.checked = true;
        }
        Ok(())
    }

    /// The mapped work item type, or `None` if the project has none of that name.
    pub(super) async fn work_item_type(
        &mut self,
        name: &str,
    ) -> Result<Option<Arc<WorkItemType>>, ReconcileError> {
        self.check().await?;
        if let Some(known) = self.types.get(name) {
            return Ok(Some(known.clone()));
        }
        match self.readers.azure_devops.work_item_type(name).await {
            Ok(found) => {
                let found = Arc::new(found);
                self.types.insert(name.to_owned(), found.clone());
                Ok(Some(found))
            }
            Err(RemoteError {
                kind: RemoteErrorKind::NotFound { .. },
                ..
            }) => Ok(None),
            Err(error) => Err(self.failed(error)),
        }
    }

    /// Everything that planning `rule` needs from both systems. `rules` are all rules of the project: a
    /// pair may pass from one to another.
    pub(super) async fn observe(
        &mut self,
        rule: &SyncRule,
        work_item_type: &str,
        links: &[Link],
        rules: &BTreeMap<Name, SyncRule>,
    ) -> Result<Observed, ReconcileError> {
        self.check().await?;
        let mut observed = Observed::default();
        self.read_cases(rule, &mut observed).await?;
        self.read_work_items(rule, work_item_type, links, &mut observed)
            .await?;
        self.read_missing_cases(rule, links, rules, &mut observed)
            .await?;
        Ok(observed)
    }

    async fn read_cases(
        &mut self,
        rule: &SyncRule,
        observed: &mut Observed,
    ) -> Result<(), ReconcileError> {
        let scope = rule.scope.testworthy.as_ref();
        for listed in case_scopes(self.connection, rule) {
            let listing = self.listing(listed).await?;
            if let Some(reason) = &listing.incomplete {
                observed.incomplete = Some(format!("{listed}: {reason}"));
            }
            for (id, case) in &listing.cases {
                if scope.is_some_and(|scope| selects(scope, case)) {
                    observed.cases_in_scope.insert(*id);
                }
                observed.cases.insert(*id, case.clone());
            }
        }
        Ok(())
    }

    /// Cases of pairs that no listing holds: they may have moved to another suite.
    async fn read_missing_cases(
        &mut self,
        rule: &SyncRule,
        links: &[Link],
        rules: &BTreeMap<Name, SyncRule>,
        observed: &mut Observed,
    ) -> Result<(), ReconcileError> {
        let missing: Vec<CaseId> = links
            .iter()
            .filter(|link| {
                let passed_on = || {
                    let maker = rules.get(&link.rule);
                    observed.work_items_in_scope.contains(&link.work_item)
                        && maker.is_none_or(|maker| maker.target == rule.target)
                };
                link.rule == rule.name || passed_on()
            })
            .map(|link| link.case)
            .filter(|case| !observed.cases.contains_key(case))
            .take(MISSING_CASES_ASKED)
            .collect();
        for id in missing {
            match self.single_case(id).await? {
                SingleCase::Present(case) => {
                    observed.cases.insert(id, case);
                }
                // A listing that may lack cases confirms nothing.
                SingleCase::Missing if observed.incomplete.is_none() => {
                    if self.answers_for_cases(observed).await? {
                        observed.deleted_cases.insert(id);
                    }
                }
                SingleCase::Missing | SingleCase::Unknown => {}
            }
        }
        Ok(())
    }

    /// Whether the server has read a case alone: else a 404 says that the call is not there. Asked with a
    /// case that was just listed.
    async fn answers_for_cases(&mut self, observed: &Observed) -> Result<bool, ReconcileError> {
        let verified = |readers: &Readers| {
            readers.testworthy.capabilities().get_case == Verification::Verified
        };
        if !verified(&self.readers)
            && let Some(id) = observed.cases.keys().next().copied()
        {
            self.single_case(id).await?;
        }
        Ok(verified(&self.readers))
    }

    async fn listing(&mut self, scope: CaseScope) -> Result<Arc<Listing>, ReconcileError> {
        if let Some(known) = self.listings.get(&scope) {
            return Ok(known.clone());
        }
        self.progress
            .begin(&format!("reading {scope} of TestWorthy"), None);
        let listing = self.readers.testworthy.cases(scope).await;
        self.progress.end();
        let CaseListing { cases, incomplete } = listing.map_err(|error| self.failed(error))?;
        let cases = cases.into_iter().map(|(id, case)| (id, Arc::new(case)));
        let listing = Arc::new(Listing {
            cases: cases.collect(),
            incomplete,
        });
        self.listings.insert(scope, listing.clone());
        Ok(listing)
    }

    async fn single_case(&mut self, id: CaseId) -> Result<SingleCase, ReconcileError> {
        if let Some(known) = self.single_cases.get(&id) {
            return Ok(known.clone());
        }
        let case = match self.readers.testworthy.case(id).await {
            Ok(CaseRead::Present(case)) => SingleCase::Present(Arc::from(case)),
            Ok(CaseRead::Missing) => SingleCase::Missing,
            Ok(CaseRead::Refused) => SingleCase::Unknown,
            Err(error) if matches!(error.kind, RemoteErrorKind::Unsupported { .. }) => {
                SingleCase::Unknown
            }
            Err(error) => return Err(self.failed(error)),
        };
        self.single_cases.insert(id, case.clone());
        Ok(case)
    }

    async fn read_work_items(
        &mut self,
        rule: &SyncRule,
        work_item_type: &str,
        links: &[Link],
        observed: &mut Observed,
    ) -> Result<(), ReconcileError> {
        let mut wanted: BTreeSet<WorkItemId> = links
            .iter()
            .filter(|link| link.rule == rule.name || observed.cases_in_scope.contains(&link.case))
            .map(|link| link.work_item)
            .collect();
        if let Some(scope) = &rule.scope.azure_devops {
            let ids = self.query(scope_query(work_item_type, scope)).await?;
            observed.work_items_in_scope.extend(&ids);
            wanted.extend(ids);
        }
        if rule.target == System::AzureDevOps {
            wanted.extend(
                self.candidates(rule, work_item_type, links, observed)
                    .await?,
            );
        }
        self.fetch(&wanted).await?;
        for id in wanted {
            if let Some(Some(item)) = self.items.get(&id) {
                observed.work_items.insert(id, item.clone());
            }
        }
        observed
            .work_items_in_scope
            .retain(|id| observed.work_items.contains_key(id));
        Ok(())
    }

    /// Existing work items that a case may turn out to belong to.
    async fn candidates(
        &mut self,
        rule: &SyncRule,
        work_item_type: &str,
        links: &[Link],
        observed: &Observed,
    ) -> Result<BTreeSet<WorkItemId>, ReconcileError> {
        // Marked items are read whatever the rule matches by: a create whose answer was lost is found
        // among them.
        let mut candidates: BTreeSet<WorkItemId> = self
            .query(WorkItemQuery {
                work_item_type: work_item_type.to_owned(),
                tag: Some(ACCORD_TAG.to_owned()),
                ..WorkItemQuery::default()
            })
            .await?
            .into_iter()
            .collect();
        if rule.match_by.contains(&MatchBy::Title) && rule.scope.azure_devops.is_none() {
            let all = WorkItemQuery {
                work_item_type: work_item_type.to_owned(),
                ..WorkItemQuery::default()
            };
            candidates.extend(self.query(all).await?);
        }
        if rule.match_by.contains(&MatchBy::Id) {
            let linked: BTreeSet<CaseId> = links.iter().map(|link| link.case).collect();
            let unlinked = observed
                .cases_in_scope
                .iter()
                .filter(|id| !linked.contains(id));
            for case in unlinked.filter_map(|id| observed.cases.get(id)) {
                candidates.extend(azure_boards_mentions(&case.refs));
            }
        }
        // What another rule linked is not a candidate, and need not be read.
        let elsewhere: BTreeSet<WorkItemId> = links
            .iter()
            .filter(|link| link.rule != rule.name && !observed.cases_in_scope.contains(&link.case))
            .map(|link| link.work_item)
            .collect();
        Ok(candidates.difference(&elsewhere).copied().collect())
    }

    async fn query(&mut self, query: WorkItemQuery) -> Result<Vec<WorkItemId>, ReconcileError> {
        if let Some((_, ids)) = self.queries.iter().find(|(known, _)| *known == query) {
            return Ok(ids.clone());
        }
        let ids = self
            .readers
            .azure_devops
            .query(&query)
            .await
            .map_err(|error| remote_error(self.connection, error))?;
        self.queries.push((query, ids.clone()));
        Ok(ids)
    }

    async fn fetch(&mut self, wanted: &BTreeSet<WorkItemId>) -> Result<(), ReconcileError> {
        let missing: Vec<WorkItemId> = wanted
            .iter()
            .copied()
            .filter(|id| !self.items.contains_key(id))
            .collect();
        if missing.is_empty() {
            return Ok(());
        }
        self.progress.begin(
            "reading work items of Azure DevOps",
            Some(missing.len() as u64),
        );
        // Slices keep the bar moving; each is a multiple of the 200 ids that one request reads.
        for slice in missing.chunks(2_000) {
            let read = self.readers.azure_devops.read(slice).await;
            let mut read = match read {
                Ok(read) => read,
                Err(error) => {
                    self.progress.end();
                    return Err(self.failed(error));
                }
            };
            for id in slice {
                self.items.insert(*id, read.remove(id).map(Arc::new));
            }
            self.progress.advance(slice.len() as u64);
        }
        self.progress.end();
        Ok(())
    }
}

/// The listings that a rule needs: its suites, or the project where there are none.
fn case_scopes(connection: &Connection, rule: &SyncRule) -> BTreeSet<CaseScope> {
    if matches!(connection.testworthy.surface, TestWorthySurface::V1 { .. }) {
        return BTreeSet::from([CaseScope::Project]);
    }
    let scope = rule.scope.testworthy.iter();
    let mut suites: BTreeSet<SuiteId> = scope.flat_map(|scope| scope.suites.clone()).collect();
    if rule.target == System::TestWorthy {
        suites.extend(rule.create_in.suite);
    }
    suites.into_iter().map(CaseScope::Suite).collect()
}

/// Whether a scope selects a case of one of its suites; a case without a suite is in the project.
fn selects(scope: &TestWorthyScope, case: &Case) -> bool {
    let section = case.section_path.join("/");
    case.suite.is_none_or(|suite| scope.suites.contains(&suite))
        && (scope.sections.is_empty()
            || scope
                .sections
                .iter()
                .any(|pattern| glob::fits(pattern, &section)))
        && (scope.cases.is_empty() || scope.cases.contains(&case.id))
}

fn scope_query(work_item_type: &str, scope: &AzureDevOpsScope) -> WorkItemQuery {
    WorkItemQuery {
        work_item_type: work_item_type.to_owned(),
        area_path: scope.area_path.clone(),
        iteration_path: scope.iteration_path.clone(),
        tag: None,
        ids: scope.ids.clone(),
        wiql: scope.wiql.clone(),
    }
}
