//! Reading both systems for the rules of one connection, each thing once and in bulk.
//!
//! Cases come page by page. The linked ones are compared with their work items and their bases at once,
//! and what is unchanged is dropped: of a pair that nobody touched only the two ids stay in memory.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::Context;
use super::connect::{Readers, endpoints, remote_error};
use super::error::ReconcileError;
use super::plan::item_keys;
use crate::mapping::{CompiledMapping, Filter};
use crate::model::config::{
    AzureDevOpsScope, Connection, MatchBy, SyncRule, TestWorthyScope, TestWorthySurface,
};
use crate::model::{
    ACCORD_TAG, Case, CaseId, Endpoints, Link, SuiteId, System, WorkItem, WorkItemId, WorkItemType,
    azure_boards_mentions,
};
use crate::plan::{ItemKey, Known, LinkedPairs, Observed, glob, is_unchanged};
use crate::remote::{
    CaseListing, CaseRead, CaseScope, PathTree, RemoteError, RemoteErrorKind, Verification,
    WorkItemQuery,
};
use crate::store::StoreError;

/// Linked cases that are missing from their listings are asked for one by one, at most so many: the
/// rest count as unreadable, which never leads to a write.
const MISSING_CASES_ASKED: usize = 200;

/// Work items and links that are read at once; a multiple of the 200 ids that one request reads. This
/// many cases, work items and bases are the memory of a plan in which nothing changed.
const SLICE: usize = 1_000;

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
    context: &'a Context<'a>,
    connection: &'a Connection,
    endpoints: Endpoints,
    readers: Readers,
    pairs: Arc<LinkedPairs>,
    /// Items that wait for an answer or are in quarantine: the planner has to look at them.
    waiting: BTreeSet<ItemKey>,
    /// Listings that several rules read, and that are kept for them.
    shared: BTreeSet<CaseScope>,
    listings: BTreeMap<CaseScope, Arc<Listing>>,
    single_cases: BTreeMap<CaseId, SingleCase>,
    items: BTreeMap<WorkItemId, Option<Arc<WorkItem>>>,
    /// Work items of unchanged pairs that were dropped, by the lower-case name of their type.
    dropped: BTreeMap<String, HashMap<WorkItemId, CaseId>>,
    queries: Vec<(WorkItemQuery, Arc<Vec<WorkItemId>>)>,
    trees: Vec<(PathTree, Option<Arc<Vec<String>>>)>,
    types: BTreeMap<String, Arc<WorkItemType>>,
    checked: bool,
}

/// What is seen for one rule, in the making.
struct Sight<'a> {
    rule: &'a SyncRule,
    mapping: &'a CompiledMapping,
    known: &'a Known,
    filter: Option<Filter>,
    observed: Observed,
    /// Links that were read with their bases and are not dropped.
    links: BTreeMap<CaseId, Link>,
}

impl Sight<'_> {
    /// Whether the rule selects the source item of a pair, as far as scopes were read.
    fn selects(&self, case: CaseId, item: WorkItemId) -> bool {
        match self.rule.source() {
            System::TestWorthy => self.observed.cases_in_scope.contains(&case),
            System::AzureDevOps => self.observed.work_items_in_scope.contains(&item),
        }
    }
}

impl<'a> Observer<'a> {
    /// For these rules of `connection`.
    pub(super) async fn new(
        context: &'a Context<'a>,
        connection: &'a Connection,
        readers: Readers,
        rules: &[&SyncRule],
    ) -> Result<Self, ReconcileError> {
        let endpoints = endpoints(connection);
        let pairs = LinkedPairs::new(context.store.pairs(&endpoints).await?);
        let intents = context.store.open_intents(&endpoints).await?;
        let quarantine = context.store.quarantine(&endpoints).await?;
        let refused = quarantine.iter().filter_map(|entry| entry.key.parse().ok());
        let waiting = intents.iter().flat_map(item_keys).chain(refused).collect();
        let mut readings: BTreeMap<CaseScope, usize> = BTreeMap::new();
        for listed in rules.iter().flat_map(|rule| case_scopes(connection, rule)) {
            *readings.entry(listed).or_default() += 1;
        }
        readings.retain(|_, rules| *rules > 1);
        Ok(Self {
            context,
            connection,
            endpoints,
            readers,
            pairs: Arc::new(pairs),
            waiting,
            shared: readings.into_keys().collect(),
            listings: BTreeMap::new(),
            single_cases: BTreeMap::new(),
            items: BTreeMap::new(),
            dropped: BTreeMap::new(),
            queries: Vec::new(),
            trees: Vec::new(),
            types: BTreeMap::new(),
            checked: false,
        })
    }

    /// Every pair between the two places.
    pub(super) fn pairs(&self) -> Arc<LinkedPairs> {
        Arc::clone(&self.pairs)
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

    /// The type of a mapping, once [`Self::work_item_type`] has asked for it.
    pub(super) fn known_type(&self, mapping: &CompiledMapping) -> Option<Arc<WorkItemType>> {
        self.types.get(&mapping.work_item_type).cloned()
    }

    /// The paths of a tree of the project, asked for once; `None` if this token may not see them.
    pub(super) async fn paths(
        &mut self,
        tree: PathTree,
    ) -> Result<Option<Arc<Vec<String>>>, ReconcileError> {
        self.check().await?;
        let mut known = self.trees.iter();
        if let Some((_, paths)) = known.find(|(known, _)| *known == tree) {
            return Ok(paths.clone());
        }
        let paths = match self.readers.azure_devops.paths(tree).await {
            Ok(paths) => Some(Arc::new(paths)),
            // The credential was accepted a moment ago, so 401 means here that it may not do this. Not
            // to be able to look ahead is no reason to stop.
            Err(RemoteError {
                kind:
                    RemoteErrorKind::Unauthenticated { .. }
                    | RemoteErrorKind::Forbidden { .. }
                    | RemoteErrorKind::NotFound { .. }
                    | RemoteErrorKind::Unsupported { .. },
                ..
            }) => None,
            Err(error) => return Err(self.failed(error)),
        };
        self.trees.push((tree, paths.clone()));
        Ok(paths)
    }

    /// Everything that planning `rule` needs from both systems, and the links that it may need whole.
    pub(super) async fn observe(
        &mut self,
        rule: &SyncRule,
        mapping: &CompiledMapping,
        known: &Known,
    ) -> Result<(Observed, Vec<Link>), ReconcileError> {
        self.check().await?;
        let mut sight = Sight {
            rule,
            mapping,
            known,
            filter: filter(rule)?,
            observed: Observed::default(),
            links: BTreeMap::new(),
        };
        if let Some(scope) = &rule.scope.azure_devops {
            let ids = self
                .query(scope_query(&mapping.work_item_type, scope))
                .await?;
            sight
                .observed
                .work_items_in_scope
                .extend(ids.iter().copied());
        }
        for listed in case_scopes(self.connection, rule) {
            self.read_cases(listed, &mut sight).await?;
        }
        self.read_work_items(&mut sight).await?;
        self.read_missing_cases(&mut sight).await?;
        self.read_links(&mut sight).await?;
        Ok((sight.observed, sight.links.into_values().collect()))
    }

    async fn read_cases(
        &mut self,
        listed: CaseScope,
        sight: &mut Sight<'_>,
    ) -> Result<(), ReconcileError> {
        let incomplete = if self.shared.contains(&listed) {
            let listing = self.listing(listed).await?;
            for (id, case) in &listing.cases {
                note_case(sight, case, &self.pairs);
                sight.observed.cases.insert(*id, case.clone());
            }
            listing.incomplete.clone()
        } else {
            self.read_pages(listed, sight).await?
        };
        if let Some(reason) = incomplete {
            sight.observed.incomplete = Some(format!("{listed}: {reason}"));
        }
        Ok(())
    }

    /// Reads a listing page by page, comparing what is linked while the next page is on its way.
    async fn read_pages(
        &mut self,
        listed: CaseScope,
        sight: &mut Sight<'_>,
    ) -> Result<Option<String>, ReconcileError> {
        let what = format!("reading {listed} of TestWorthy and its work items");
        self.context.progress.begin(&what, None);
        let (send, mut pages) = mpsc::channel(1);
        let (testworthy, connection) = (self.readers.testworthy.clone(), self.connection);
        // A task of its own reads ahead on another thread; it ends with this call.
        let mut reading = JoinSet::new();
        reading.spawn(async move { testworthy.cases_in_pages(listed, send).await });
        let read = async {
            match reading.join_next().await {
                Some(Ok(read)) => read.map_err(|error| remote_error(connection, error)),
                Some(Err(failure)) => match failure.try_into_panic() {
                    Ok(panic) => std::panic::resume_unwind(panic),
                    Err(_) => Err(ReconcileError::Stopped),
                },
                None => Err(ReconcileError::Stopped),
            }
        };
        let take = async {
            while let Some(page) = pages.recv().await {
                let units = page.len() as u64;
                self.take_page(page, sight).await?;
                self.context.progress.advance(units);
            }
            Ok(())
        };
        let done = tokio::try_join!(read, take);
        self.context.progress.end();
        done.map(|(incomplete, ())| incomplete)
    }

    async fn take_page(
        &mut self,
        page: Vec<Case>,
        sight: &mut Sight<'_>,
    ) -> Result<(), ReconcileError> {
        for case in &page {
            note_case(sight, case, &self.pairs);
        }
        let (own, others): (Vec<Case>, Vec<Case>) = page
            .into_iter()
            .partition(|case| self.compares(case.id, sight));
        let others = others.into_iter().map(|case| (case.id, Arc::new(case)));
        sight.observed.cases.extend(others);
        for slice in own.chunks(SLICE) {
            self.compare(slice, sight).await?;
        }
        Ok(())
    }

    /// Whether a case belongs to a pair of this rule that can be compared as soon as it is read.
    fn compares(&self, case: CaseId, sight: &Sight<'_>) -> bool {
        let Some(item) = self.pairs.work_item(case) else {
            return false;
        };
        let keys = [ItemKey::Case(case), ItemKey::WorkItem(item)];
        self.pairs.rule(case) == Some(&sight.rule.name)
            && sight.selects(case, item)
            && !keys.iter().any(|key| self.waiting.contains(key))
    }

    /// Compares linked cases with their work items. What is unchanged is dropped, the rest kept.
    async fn compare(
        &mut self,
        cases: &[Case],
        sight: &mut Sight<'_>,
    ) -> Result<(), ReconcileError> {
        let pairs = Arc::clone(&self.pairs);
        let item_of = |case: &Case| pairs.work_item(case.id);
        let ids: Vec<CaseId> = cases.iter().map(|case| case.id).collect();
        let unread: Vec<WorkItemId> = cases
            .iter()
            .filter_map(item_of)
            .filter(|id| !self.items.contains_key(id))
            .collect();
        let azure_devops = self.readers.azure_devops.clone();
        let read = async {
            let read = azure_devops.read(&unread).await;
            read.map_err(|error| self.failed(error))
        };
        let (mut items, links) = tokio::try_join!(read, self.links_of(&ids))?;
        let mut links: BTreeMap<CaseId, Link> =
            links.into_iter().map(|link| (link.case, link)).collect();
        for case in cases {
            let Some(id) = item_of(case) else { continue };
            let read_now = items.remove(&id);
            let kept = self.items.get(&id).and_then(Option::as_deref);
            let link = links.remove(&case.id);
            let unchanged = read_now.as_ref().or(kept).is_some_and(|item| {
                link.as_ref().is_some_and(|link| {
                    let (rule, mapping) = (sight.rule, sight.mapping);
                    is_unchanged(
                        rule,
                        self.connection,
                        mapping,
                        sight.known,
                        link,
                        case,
                        item,
                    )
                })
            });
            if unchanged {
                sight.observed.unchanged.insert(case.id, id);
                let kind = sight.mapping.work_item_type.to_lowercase();
                self.dropped.entry(kind).or_default().insert(id, case.id);
                continue;
            }
            let case = Arc::new(case.clone());
            sight.observed.cases.insert(case.id, case);
            sight.links.extend(link.map(|link| (link.case, link)));
            self.items
                .entry(id)
                .or_insert_with(|| read_now.map(Arc::new));
        }
        Ok(())
    }

    /// Cases of pairs that no listing holds: they may have moved to another suite.
    async fn read_missing_cases(&mut self, sight: &mut Sight<'_>) -> Result<(), ReconcileError> {
        let (rule, observed) = (sight.rule, &sight.observed);
        // A pair may pass from one rule to another.
        let rules = &self.context.config.rules;
        let missing: Vec<CaseId> = self
            .pairs
            .iter()
            .filter(|(_, item, maker)| {
                let passed_on = || {
                    let maker = rules.get(*maker);
                    observed.work_items_in_scope.contains(item)
                        && maker.is_none_or(|maker| maker.target() == rule.target())
                };
                **maker == rule.name || passed_on()
            })
            .map(|(case, ..)| case)
            .filter(|case| !observed.has_case(*case))
            .take(MISSING_CASES_ASKED)
            .collect();
        for id in missing {
            match self.single_case(id).await? {
                SingleCase::Present(case) => {
                    count_case(&mut sight.observed, &case);
                    sight.observed.cases.insert(id, case);
                }
                // A listing that may lack cases confirms nothing.
                SingleCase::Missing if sight.observed.incomplete.is_none() => {
                    if self.answers_for_cases(&sight.observed).await? {
                        sight.observed.deleted_cases.insert(id);
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
            && let Some(id) = observed.any_case()
        {
            self.single_case(id).await?;
        }
        Ok(verified(&self.readers))
    }

    async fn listing(&mut self, listed: CaseScope) -> Result<Arc<Listing>, ReconcileError> {
        if let Some(known) = self.listings.get(&listed) {
            return Ok(known.clone());
        }
        let progress = self.context.progress;
        progress.begin(&format!("reading {listed} of TestWorthy"), None);
        let listing = self.readers.testworthy.cases(listed).await;
        progress.end();
        let CaseListing { cases, incomplete } = listing.map_err(|error| self.failed(error))?;
        let cases = cases.into_iter().map(|(id, case)| (id, Arc::new(case)));
        let listing = Arc::new(Listing {
            cases: cases.collect(),
            incomplete,
        });
        self.listings.insert(listed, listing.clone());
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

    async fn read_work_items(&mut self, sight: &mut Sight<'_>) -> Result<(), ReconcileError> {
        let (rule, observed) = (sight.rule, &sight.observed);
        let linked = self.pairs.iter().filter(|(case, _, maker)| {
            **maker == rule.name || observed.cases_in_scope.contains(case)
        });
        let mut wanted: BTreeSet<WorkItemId> = linked.map(|(_, item, _)| item).collect();
        wanted.extend(&observed.work_items_in_scope);
        if rule.target() == System::AzureDevOps {
            wanted.extend(self.candidates(sight).await?);
        }
        let observed = &mut sight.observed;
        // What another rule found unchanged is linked, of this type, and there: more nobody asks.
        let kind = sight.mapping.work_item_type.to_lowercase();
        if let Some(dropped) = self.dropped.get(&kind) {
            for (item, case) in dropped.iter().filter(|(item, _)| wanted.contains(item)) {
                observed.unchanged.insert(*case, *item);
            }
        }
        wanted.retain(|id| !observed.unchanged.has_work_item(*id));
        self.fetch(&wanted).await?;
        for id in wanted {
            if let Some(Some(item)) = self.items.get(&id) {
                observed.work_items.insert(id, item.clone());
            }
        }
        let mut in_scope = std::mem::take(&mut observed.work_items_in_scope);
        in_scope.retain(|id| observed.has_work_item(*id));
        observed.work_items_in_scope = in_scope;
        Ok(())
    }

    /// Existing work items that a case may turn out to belong to.
    async fn candidates(
        &mut self,
        sight: &Sight<'_>,
    ) -> Result<BTreeSet<WorkItemId>, ReconcileError> {
        let (rule, observed) = (sight.rule, &sight.observed);
        let work_item_type = &sight.mapping.work_item_type;
        // Marked items are read whatever the rule matches by: a create whose answer was lost is found
        // among them.
        let marked = WorkItemQuery {
            work_item_type: work_item_type.clone(),
            tag: Some(ACCORD_TAG.to_owned()),
            ..WorkItemQuery::default()
        };
        let mut candidates: BTreeSet<WorkItemId> =
            self.query(marked).await?.iter().copied().collect();
        if rule.match_by.contains(&MatchBy::Title) && rule.scope.azure_devops.is_none() {
            let all = WorkItemQuery {
                work_item_type: work_item_type.clone(),
                ..WorkItemQuery::default()
            };
            candidates.extend(self.query(all).await?.iter());
        }
        if rule.match_by.contains(&MatchBy::Id) {
            let unlinked = observed
                .cases_in_scope
                .iter()
                .filter(|id| self.pairs.work_item(**id).is_none());
            for case in unlinked.filter_map(|id| observed.cases.get(id)) {
                candidates.extend(azure_boards_mentions(&case.refs));
            }
        }
        // What another rule linked is not a candidate, and need not be read.
        candidates.retain(|item| {
            self.pairs.case(*item).is_none_or(|case| {
                self.pairs.rule(case) == Some(&rule.name) || observed.cases_in_scope.contains(&case)
            })
        });
        Ok(candidates)
    }

    async fn query(
        &mut self,
        query: WorkItemQuery,
    ) -> Result<Arc<Vec<WorkItemId>>, ReconcileError> {
        if let Some((_, ids)) = self.queries.iter().find(|(known, _)| *known == query) {
            return Ok(ids.clone());
        }
        let ids = self.readers.azure_devops.query(&query).await;
        let ids = Arc::new(ids.map_err(|error| self.failed(error))?);
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
        let progress = self.context.progress;
        progress.begin(
            "reading work items of Azure DevOps",
            Some(missing.len() as u64),
        );
        // Slices keep the bar moving.
        for slice in missing.chunks(SLICE) {
            let read = self.readers.azure_devops.read(slice).await;
            let mut read = match read {
                Ok(read) => read,
                Err(error) => {
                    progress.end();
                    return Err(self.failed(error));
                }
            };
            for id in slice {
                self.items.insert(*id, read.remove(id).map(Arc::new));
            }
            progress.advance(slice.len() as u64);
        }
        progress.end();
        Ok(())
    }

    /// The links that planning may need and that were not read yet.
    async fn read_links(&self, sight: &mut Sight<'_>) -> Result<(), ReconcileError> {
        let missing: Vec<CaseId> = self
            .pairs
            .iter()
            .filter(|(case, item, maker)| {
                (**maker == sight.rule.name || sight.selects(*case, *item))
                    && !sight.observed.unchanged.has_case(*case)
                    && !sight.links.contains_key(case)
            })
            .map(|(case, ..)| case)
            .collect();
        for slice in missing.chunks(SLICE) {
            let links = self.links_of(slice).await?;
            sight
                .links
                .extend(links.into_iter().map(|link| (link.case, link)));
        }
        Ok(())
    }

    /// The links of linked cases, which must still be as [`Self::pairs`] says.
    async fn links_of(&self, cases: &[CaseId]) -> Result<Vec<Link>, ReconcileError> {
        let links = self.context.store.links_of(&self.endpoints, cases).await?;
        let same = |link: &Link| {
            self.pairs.work_item(link.case) == Some(link.work_item)
                && self.pairs.rule(link.case) == Some(&link.rule)
        };
        if links.len() == cases.len() && links.iter().all(same) {
            return Ok(links);
        }
        Err(ReconcileError::Store(StoreError::Backend {
            path: "the state".to_owned(),
            reason: "another run changed it while it was read; try again when that is done"
                .to_owned(),
        }))
    }
}

/// The listings that a rule needs: its suites, or the project where there are none.
fn case_scopes(connection: &Connection, rule: &SyncRule) -> BTreeSet<CaseScope> {
    if matches!(connection.testworthy.surface, TestWorthySurface::V1 { .. }) {
        return BTreeSet::from([CaseScope::Project]);
    }
    let scope = rule.scope.testworthy.iter();
    let mut suites: BTreeSet<SuiteId> = scope.flat_map(|scope| scope.suites.clone()).collect();
    if rule.target() == System::TestWorthy {
        suites.extend(rule.create_in.suite);
    }
    suites.into_iter().map(CaseScope::Suite).collect()
}

/// Takes in that a case is there, and whether the rule selects it.
fn note_case(sight: &mut Sight<'_>, case: &Case, pairs: &LinkedPairs) {
    let scope = sight.rule.scope.testworthy.as_ref();
    count_case(&mut sight.observed, case);
    if !scope.is_some_and(|scope| selects(scope, case)) {
        return;
    }
    let passes = sight.filter.as_ref().map_or(Ok(true), |filter| {
        filter.accepts(case, pairs.work_item(case.id))
    });
    match passes {
        Ok(true) => {
            sight.observed.cases_in_scope.insert(case.id);
        }
        Ok(false) => {}
        Err(problem) => {
            let reason = problem.to_string();
            sight.observed.unanswered.insert(case.id, reason);
        }
    }
}

/// The rule's `where`, compiled. What cannot be compiled was refused with the manifests.
fn filter(rule: &SyncRule) -> Result<Option<Filter>, ReconcileError> {
    let scope = rule.scope.testworthy.as_ref();
    let condition = scope.and_then(|scope| scope.condition.as_deref());
    condition.map(Filter::compile).transpose().map_err(|_| {
        let reason = format!("`where` of rule `{}` cannot be used", rule.name);
        ReconcileError::Internal(reason)
    })
}

fn count_case(observed: &mut Observed, case: &Case) {
    let listing = CaseScope::of(case);
    *observed.listing_sizes.entry(listing).or_default() += 1;
}

/// Whether a scope selects a case of one of its suites; a case without a suite is in the project.
fn selects(scope: &TestWorthyScope, case: &Case) -> bool {
    case.suite.is_none_or(|suite| scope.suites.contains(&suite))
        && (scope.sections.is_empty() || {
            let section = case.section_path.join("/");
            let mut patterns = scope.sections.iter();
            patterns.any(|pattern| glob::fits(pattern, &section))
        })
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
