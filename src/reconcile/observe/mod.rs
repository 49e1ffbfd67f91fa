//! Reading both systems for the rules of one connection, each thing once and in bulk.
//!
//! Cases come page by page. The linked ones are compared with their work items and their bases at once,
//! and what is unchanged is dropped: of a pair that nobody touched only the two ids stay in memory.

mod compare;
mod deletion;
mod incremental;
mod listing;
mod sight;
mod work_items;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use jiff::Timestamp;

use super::Context;
use super::connect::{Readers, endpoints, remote_error};
use super::error::ReconcileError;
use super::plan::item_keys;
use crate::mapping::CompiledMapping;
use crate::model::config::{Connection, SyncRule};
use crate::model::{
    Case, CaseId, ClockOffset, Endpoints, Link, Sides, WorkItem, WorkItemId, WorkItemType,
};
use crate::plan::{ItemKey, Known, LinkedPairs, Observed};
use crate::remote::{CaseScope, PathTree, RemoteError, RemoteErrorKind, WorkItemQuery};
use crate::store::Watermark;
use deletion::{ListedAgain, SingleCase};
pub(super) use incremental::advance;
use incremental::{Feed, with_parted};
use listing::Listing;
use sight::{Sight, case_scopes};

/// Work items and links that are read at once; a multiple of the 200 ids that one request reads. This
/// many cases, work items and bases are the memory of a plan in which nothing changed.
const SLICE: usize = 1_000;

/// Reads for the rules of one connection and remembers what it has read.
pub(super) struct Observer<'a> {
    context: &'a Context<'a>,
    connection: &'a Connection,
    endpoints: Endpoints,
    readers: Readers,
    pairs: Arc<LinkedPairs>,
    rules: Vec<&'a SyncRule>,
    /// Whether the feed of revisions may spare nothing.
    full_scan: bool,
    started: Timestamp,
    /// The items whose pairs are read; `None` for all.
    touched: Option<Arc<BTreeSet<ItemKey>>>,
    /// What the feed of revisions said, once it was asked.
    feed: Option<Arc<Feed>>,
    /// Items that wait for an answer or are in quarantine: the planner has to look at them.
    waiting: BTreeSet<ItemKey>,
    /// Listings that several rules read, and that are kept for them.
    shared: BTreeSet<CaseScope>,
    listings: BTreeMap<CaseScope, Arc<Listing>>,
    listed_again: BTreeMap<CaseScope, Arc<ListedAgain>>,
    single_cases: BTreeMap<CaseId, SingleCase>,
    items: BTreeMap<WorkItemId, Option<Arc<WorkItem>>>,
    /// Work items that were asked for in the recycle bin, and whether they are there.
    recycled: BTreeMap<WorkItemId, bool>,
    /// Work items of unchanged pairs that were dropped, by the lower-case name of their type.
    dropped: BTreeMap<String, HashMap<WorkItemId, CaseId>>,
    queries: Vec<(WorkItemQuery, Arc<Vec<WorkItemId>>)>,
    trees: Vec<(PathTree, Option<Arc<Vec<String>>>)>,
    types: BTreeMap<String, Arc<WorkItemType>>,
    checked: bool,
}

/// What was read for one rule.
pub(super) struct Reading {
    /// What both systems held.
    pub(super) observed: Observed,
    /// The links that planning may need whole.
    pub(super) links: Vec<Link>,
    /// What an apply of the plan may store; see [`incremental`].
    pub(super) watermark: Option<Watermark>,
}

impl<'a> Observer<'a> {
    /// For these rules of `connection`.
    pub(super) async fn new(
        context: &'a Context<'a>,
        connection: &'a Connection,
        readers: Readers,
        rules: &[&'a SyncRule],
        full_scan: bool,
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
            rules: rules.to_vec(),
            full_scan,
            started: context.clock.now(),
            touched: None,
            feed: None,
            waiting,
            shared: readings.into_keys().collect(),
            listings: BTreeMap::new(),
            listed_again: BTreeMap::new(),
            single_cases: BTreeMap::new(),
            items: BTreeMap::new(),
            recycled: BTreeMap::new(),
            dropped: BTreeMap::new(),
            queries: Vec::new(),
            trees: Vec::new(),
            types: BTreeMap::new(),
            checked: false,
        })
    }

    /// Narrows reading to the pairs of these items; see
    /// [`PlanOptions::touched`](super::plan::PlanOptions::touched).
    pub(super) fn read_only_pairs_of(&mut self, touched: Option<Arc<BTreeSet<ItemKey>>>) {
        self.touched = touched;
    }

    /// Every pair between the two places.
    pub(super) fn pairs(&self) -> Arc<LinkedPairs> {
        Arc::clone(&self.pairs)
    }

    /// How far the servers' clocks are from ours, as their answers said so far.
    pub(super) fn clocks(&self) -> Sides<Option<ClockOffset>> {
        Sides {
            testworthy: self.readers.testworthy.clock(),
            azure_devops: self.readers.azure_devops.clock(),
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
    ) -> Result<Reading, ReconcileError> {
        self.check().await?;
        // Before anything is read: what changes from here on is behind this place.
        let feed = self.follow_feed().await?;
        let changed = feed
            .changed(rule)
            .map(|changed| with_parted(changed, known));
        let mut sight = Sight::new(rule, mapping, known, changed)?;
        self.read_scope(&mut sight).await?;
        for listed in case_scopes(self.connection, rule) {
            self.read_cases(listed, &mut sight).await?;
        }
        self.read_work_items(&mut sight).await?;
        self.read_missing_cases(&mut sight).await?;
        self.look_for_deleted(&mut sight, &feed).await?;
        self.read_links(&mut sight).await?;
        let watermark = self.watermark(&sight, &feed);
        Ok(Reading {
            observed: sight.observed,
            links: sight.links.into_values().collect(),
            watermark,
        })
    }

    /// A case that was read and that the planner will look at.
    fn keep(sight: &mut Sight<'_>, case: Arc<Case>) {
        sight.observed.cases.insert(case.id, case);
    }
}
