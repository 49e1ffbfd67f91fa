//! What is missing: moved, not to be seen, or deleted. Only what several signs agree on counts as deleted,
//! because it is carried over to the other side.
//!
//! A case counts as deleted when two complete listings lack it, the server refuses it or says that it is
//! not there when it is asked for alone, and the same call answers for another case, one that was listed a
//! moment ago if there is any. A work item counts as deleted when it is in the recycle bin, or when the feed
//! of revisions says so. Everything else is gone without a reason, and waits.

use std::collections::BTreeSet;
use std::sync::Arc;

use tokio::sync::mpsc;

use super::incremental::Feed;
use super::sight::case_scopes;
use super::{Observer, Sight};
use crate::model::{Case, CaseId, Link, WorkItemId};
use crate::plan::WorkItemDeletion;
use crate::reconcile::error::ReconcileError;
use crate::remote::{CaseRead, CaseScope, RemoteErrorKind};

/// Linked cases that are missing from their listings are asked for one by one, at most so many: the
/// rest count as unreadable, which never leads to a write.
const MISSING_CASES_ASKED: usize = 200;

/// As many linked cases are asked for to see whether the server answers for any.
const LINKED_CASES_ASKED: usize = 3;

/// What became of asking for one case.
#[derive(Clone)]
pub(super) enum SingleCase {
    Present(Arc<Case>),
    /// The server refuses the id, or says that it does not exist.
    Absent,
    /// It cannot be told.
    Unknown,
}

/// The ids of a listing that was read a second time.
pub(super) struct ListedAgain {
    ids: BTreeSet<CaseId>,
    complete: bool,
}

impl Observer<'_> {
    /// Cases of pairs that no listing holds: they may have moved to another suite.
    pub(super) async fn read_missing_cases(
        &mut self,
        sight: &mut Sight<'_>,
    ) -> Result<(), ReconcileError> {
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
            .chain(self.touched_since_the_end(sight))
            .filter(|case| !observed.has_case(*case) && self.concerns(*case))
            .take(MISSING_CASES_ASKED)
            .collect();
        let mut absent = Vec::new();
        for id in missing {
            match self.single_case(id).await? {
                SingleCase::Present(case) => {
                    sight.count_case(&case);
                    Self::keep(sight, case);
                }
                SingleCase::Absent => absent.push(id),
                SingleCase::Unknown => {}
            }
        }
        // A listing that may lack cases confirms nothing.
        if absent.is_empty()
            || sight.observed.incomplete.is_some()
            || !self.answers_for_cases(sight, &absent).await?
        {
            return Ok(());
        }
        let mut listings = Vec::new();
        for listed in case_scopes(self.connection, rule) {
            listings.push(self.list_again(listed).await?);
        }
        let lacks = |id: &CaseId| {
            let mut all = listings.iter();
            all.all(|listing| listing.complete && !listing.ids.contains(id))
        };
        sight
            .observed
            .deleted_cases
            .extend(absent.into_iter().filter(lacks));
        Ok(())
    }

    /// Cases of ended pairs whose work item is there and was changed since. Those of the others stay ended
    /// and are not asked for again.
    fn touched_since_the_end<'s>(
        &'s self,
        sight: &'s Sight<'_>,
    ) -> impl Iterator<Item = CaseId> + 's {
        let touched = |link: &Link| {
            let item = sight.observed.work_item(link.work_item);
            item.is_some_and(|item| link.base.rev.is_none_or(|rev| item.rev > rev))
        };
        let ended = self.ended(sight);
        ended
            .filter(move |link| touched(link))
            .map(|link| link.case)
    }

    /// Whether the server reads a case alone, one that it has just listed or, where the rule's listings are
    /// empty, one that is linked: else what it says about a missing one may mean that the call is not there.
    async fn answers_for_cases(
        &mut self,
        sight: &Sight<'_>,
        absent: &[CaseId],
    ) -> Result<bool, ReconcileError> {
        let pairs = self.pairs();
        let linked = pairs.iter().map(|(case, ..)| case);
        let linked = linked.filter(|case| !absent.contains(case));
        let known: Vec<CaseId> = match sight.observed.any_case() {
            Some(listed) => vec![listed],
            None => linked.take(LINKED_CASES_ASKED).collect(),
        };
        for id in known {
            if matches!(self.single_case(id).await?, SingleCase::Present(_)) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The ids of a listing, read once more, once.
    async fn list_again(&mut self, listed: CaseScope) -> Result<Arc<ListedAgain>, ReconcileError> {
        if let Some(known) = self.listed_again.get(&listed) {
            return Ok(Arc::clone(known));
        }
        let what = format!("reading {listed} of TestWorthy again, to be sure of what is missing");
        self.context.progress.begin(&what, None);
        let (send, mut pages) = mpsc::channel::<Vec<Case>>(1);
        let testworthy = self.readers.testworthy.clone();
        let collect = async {
            let mut ids = BTreeSet::new();
            while let Some(page) = pages.recv().await {
                ids.extend(page.iter().map(|case| case.id));
            }
            ids
        };
        let (read, ids) = tokio::join!(testworthy.cases_in_pages(listed, send), collect);
        self.context.progress.end();
        let incomplete = read.map_err(|error| self.failed(error))?;
        let again = Arc::new(ListedAgain {
            ids,
            complete: incomplete.is_none(),
        });
        self.listed_again.insert(listed, Arc::clone(&again));
        Ok(again)
    }

    async fn single_case(&mut self, id: CaseId) -> Result<SingleCase, ReconcileError> {
        if let Some(known) = self.single_cases.get(&id) {
            return Ok(known.clone());
        }
        let case = match self.readers.testworthy.case(id).await {
            Ok(CaseRead::Present(case)) => SingleCase::Present(Arc::from(case)),
            Ok(CaseRead::Missing | CaseRead::Refused) => SingleCase::Absent,
            Err(error) if matches!(error.kind, RemoteErrorKind::Unsupported { .. }) => {
                SingleCase::Unknown
            }
            Err(error) => return Err(self.failed(error)),
        };
        self.single_cases.insert(id, case.clone());
        Ok(case)
    }

    /// Linked work items that could not be read: which of them were deleted.
    pub(super) async fn look_for_deleted(
        &mut self,
        sight: &mut Sight<'_>,
        feed: &Feed,
    ) -> Result<(), ReconcileError> {
        let mut absent = self.absent_items(sight);
        let ended = self.ended(sight).map(|link| link.work_item);
        absent.extend(ended.filter(|id| matches!(self.items.get(id), Some(None))));
        let unasked = absent.iter().copied();
        let unasked: Vec<WorkItemId> = unasked
            .filter(|id| !self.recycled.contains_key(id))
            .collect();
        if !unasked.is_empty() {
            // Whoever may not look into the recycle bin cannot be sure of a deletion, and waits.
            let found = self.readers.azure_devops.in_recycle_bin(&unasked).await;
            let found = match found {
                Ok(found) => found,
                Err(error) => {
                    self.context.progress.note(&format!(
                        "the recycle bin of Azure DevOps cannot be read, so no deletion of a work item is confirmed by it: {error}"
                    ));
                    BTreeSet::new()
                }
            };
            let told = unasked.into_iter().map(|id| (id, found.contains(&id)));
            self.recycled.extend(told);
        }
        for id in absent {
            let how = if self.recycled.get(&id).copied().unwrap_or_default() {
                WorkItemDeletion::InRecycleBin
            } else if feed.tells_deleted(id) {
                WorkItemDeletion::Told
            } else {
                continue;
            };
            sight.observed.deleted_work_items.insert(id, how);
        }
        Ok(())
    }

    /// Work items of this rule's pairs that were asked for and could not be read.
    pub(super) fn absent_items(&self, sight: &Sight<'_>) -> Vec<WorkItemId> {
        let own = self.pairs.iter().filter(|(case, _, maker)| {
            **maker == sight.rule.name || sight.observed.cases_in_scope.contains(case)
        });
        let items = own.map(|(_, item, _)| item);
        items
            .filter(|id| matches!(self.items.get(id), Some(None)))
            .collect()
    }
}
