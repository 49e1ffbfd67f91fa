//! Linked pairs, compared as soon as their cases are read.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::incremental::is_as_recorded;
use super::{Observer, SLICE, Sight};
use crate::model::{Case, CaseId, Link, WorkItem, WorkItemId, azure_boards_mentions};
use crate::plan::{ItemKey, is_unchanged};
use crate::reconcile::error::ReconcileError;
use crate::store::StoreError;

impl Observer<'_> {
    /// Whether a case belongs to a pair of this rule that can be compared as soon as it is read.
    pub(super) fn compares(&self, case: CaseId, sight: &Sight<'_>) -> bool {
        let Some(item) = self.pairs.work_item(case) else {
            return false;
        };
        let keys = [ItemKey::Case(case), ItemKey::WorkItem(item)];
        self.pairs.rule(case) == Some(&sight.rule.name)
            && sight.selects(case, item)
            && !keys.iter().any(|key| self.waiting.contains(key))
    }

    /// Whether the plan has nothing to say about the pair of a case, so that its work item need not be read. A
    /// case that names another work item is evidence about that one, and stays.
    pub(super) fn passes_by(&self, case: &Case, sight: &Sight<'_>) -> bool {
        let (Some(touched), Some(item)) = (&self.touched, self.pairs.work_item(case.id)) else {
            return false;
        };
        let keys = [ItemKey::Case(case.id), ItemKey::WorkItem(item)];
        self.pairs.rule(case.id) == Some(&sight.rule.name)
            && !keys.iter().any(|key| touched.contains(key))
            && azure_boards_mentions(&case.refs)
                .iter()
                .all(|id| *id == item)
    }

    /// Compares linked cases with their work items. What is unchanged is dropped, the rest kept.
    pub(super) async fn compare(
        &mut self,
        cases: &[Arc<Case>],
        sight: &mut Sight<'_>,
    ) -> Result<(), ReconcileError> {
        let ids: Vec<CaseId> = cases.iter().map(|case| case.id).collect();
        let unread = |observer: &Self, cases: &mut dyn Iterator<Item = &Arc<Case>>| {
            let items = cases.filter_map(|case| observer.pairs.work_item(case.id));
            items
                .filter(|id| !observer.items.contains_key(id))
                .collect::<Vec<WorkItemId>>()
        };
        let (links, mut items) = if sight.changed.is_some() {
            let links = by_case(self.links_of(&ids).await?);
            let mut doubtful = Vec::new();
            for case in cases {
                match links.get(&case.id) {
                    Some(link) if self.is_clean(case, link, sight) => {
                        self.drop_pair(case.id, link.work_item, sight);
                    }
                    _ => doubtful.push(Arc::clone(case)),
                }
            }
            let items = self.read(&unread(self, &mut doubtful.iter())).await?;
            (links, items)
        } else {
            let unread = unread(self, &mut cases.iter());
            let (items, links) = tokio::try_join!(self.read(&unread), self.links_of(&ids))?;
            (by_case(links), items)
        };
        let mut links = links;
        for case in cases {
            let Some(id) = self.pairs.work_item(case.id) else {
                continue;
            };
            if sight.observed.unchanged.has_case(case.id) {
                continue;
            }
            let read_now = items.remove(&id);
            let kept = self.items.get(&id).and_then(Option::as_deref);
            let link = links.remove(&case.id);
            let unchanged = read_now.as_ref().or(kept).is_some_and(|item| {
                let (rule, mapping, known) = (sight.rule, sight.mapping, sight.known);
                link.as_ref().is_some_and(|link| {
                    is_unchanged(rule, self.connection, mapping, known, link, case, item)
                })
            });
            if unchanged {
                self.drop_pair(case.id, id, sight);
                continue;
            }
            Self::keep(sight, Arc::clone(case));
            sight.links.extend(link.map(|link| (link.case, link)));
            self.items
                .entry(id)
                .or_insert_with(|| read_now.map(Arc::new));
        }
        Ok(())
    }

    /// Whether a pair is in accord without a look at its work item, which is as its base says.
    fn is_clean(&self, case: &Case, link: &Link, sight: &Sight<'_>) -> bool {
        let (rule, mapping, known) = (sight.rule, sight.mapping, sight.known);
        !sight.may_have_changed(link.work_item)
            && is_as_recorded(rule, self.connection, mapping, known, link, case)
    }

    /// Nothing but the two ids is kept of a pair that is in accord.
    pub(super) fn drop_pair(&mut self, case: CaseId, item: WorkItemId, sight: &mut Sight<'_>) {
        sight.observed.unchanged.insert(case, item);
        let kind = sight.mapping.work_item_type.to_lowercase();
        self.dropped.entry(kind).or_default().insert(item, case);
    }

    async fn read(
        &self,
        ids: &[WorkItemId],
    ) -> Result<BTreeMap<WorkItemId, WorkItem>, ReconcileError> {
        let read = self.readers.azure_devops.read(ids).await;
        read.map_err(|error| self.failed(error))
    }

    /// The links that planning may need and that were not read yet.
    pub(super) async fn read_links(&self, sight: &mut Sight<'_>) -> Result<(), ReconcileError> {
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
            sight.links.extend(by_case(links));
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

fn by_case(links: Vec<Link>) -> BTreeMap<CaseId, Link> {
    links.into_iter().map(|link| (link.case, link)).collect()
}
