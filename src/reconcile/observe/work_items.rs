//! Work items: those of a scope, of links, and those that a case may turn out to belong to.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::sight::scope_query;
use super::{Observer, SLICE, Sight};
use crate::model::config::MatchBy;
use crate::model::{
    ACCORD_TAG, CaseId, Link, LinkState, System, WorkItemId, azure_boards_mentions,
};
use crate::reconcile::error::ReconcileError;
use crate::remote::WorkItemQuery;

/// As many ids are named in a query, about what fits into one statement of WIQL. Of more, all that match are
/// asked for: a server that looks for thousands of ids in each of many statements takes long.
const NAMED_AT_ONCE: usize = 4_000;

impl Observer<'_> {
    /// Which work items the rule's scope selects.
    pub(super) async fn read_scope(&mut self, sight: &mut Sight<'_>) -> Result<(), ReconcileError> {
        let Some(scope) = &sight.rule.scope.azure_devops else {
            return Ok(());
        };
        let query = scope_query(&sight.mapping.work_item_type, scope);
        let ids = self.query_changed(query, sight).await?;
        sight.observed.work_items_in_scope.extend(ids);
        if sight.changed.is_some() && sight.rule.selects_on(System::AzureDevOps) {
            // They were selected when they were looked at last, and nothing became of them since.
            let own = self.pairs.iter();
            let own = own.filter(|(_, item, maker)| {
                **maker == sight.rule.name && !sight.may_have_changed(*item)
            });
            let own: Vec<WorkItemId> = own.map(|(_, item, _)| item).collect();
            sight.observed.work_items_in_scope.extend(own);
        }
        Ok(())
    }

    /// A clean pair of a rule that selects on both sides may owe that to its case alone. Where the case is
    /// selected no more, it is asked whether the work item is.
    pub(super) async fn settle_membership(
        &mut self,
        cases: impl Iterator<Item = CaseId>,
        sight: &mut Sight<'_>,
    ) -> Result<(), ReconcileError> {
        let rule = sight.rule;
        let both = [System::TestWorthy, System::AzureDevOps]
            .into_iter()
            .all(|side| rule.selects_on(side));
        let Some(scope) = rule.scope.azure_devops.as_ref().filter(|_| both) else {
            return Ok(());
        };
        let doubtful: Vec<WorkItemId> = cases
            .filter(|case| !sight.observed.cases_in_scope.contains(case))
            .filter(|case| self.pairs.rule(*case) == Some(&rule.name))
            .filter_map(|case| self.pairs.work_item(case))
            .filter(|item| !sight.may_have_changed(*item))
            .collect();
        if doubtful.is_empty() {
            return Ok(());
        }
        let query = scope_query(&sight.mapping.work_item_type, scope);
        let selected: BTreeSet<WorkItemId> = self
            .query_among(query, doubtful.iter().copied())
            .await?
            .into_iter()
            .collect();
        for item in doubtful.iter().filter(|item| !selected.contains(item)) {
            sight.observed.work_items_in_scope.remove(item);
        }
        Ok(())
    }

    pub(super) async fn read_work_items(
        &mut self,
        sight: &mut Sight<'_>,
    ) -> Result<(), ReconcileError> {
        let rule = sight.rule;
        let unlisted: Vec<CaseId> = self
            .pairs
            .iter()
            .filter(|(case, _, maker)| **maker == rule.name && !sight.observed.has_case(*case))
            .map(|(case, ..)| case)
            .collect();
        self.settle_membership(unlisted.into_iter(), sight).await?;
        let observed = &sight.observed;
        let linked = self.pairs.iter().filter(|(case, _, maker)| {
            **maker == rule.name || observed.cases_in_scope.contains(case)
        });
        let mut wanted: BTreeSet<WorkItemId> = linked.map(|(_, item, _)| item).collect();
        wanted.extend(&observed.work_items_in_scope);
        // A case of an ended pair that is there may be there again.
        let ended = self.ended(sight);
        let ended = ended.filter(|link| observed.has_case(link.case));
        wanted.extend(ended.map(|link| link.work_item));
        if rule.writes(System::AzureDevOps) {
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

    /// Ended links that may come back to life under the rule: neither item went on without the other.
    pub(super) fn ended<'s>(&'s self, sight: &'s Sight<'_>) -> impl Iterator<Item = &'s Link> {
        let is_free = |link: &Link| {
            self.pairs.work_item(link.case).is_none() && self.pairs.case(link.work_item).is_none()
        };
        let is_ours =
            |link: &Link| link.rule == sight.rule.name || sight.selects(link.case, link.work_item);
        let parted = sight.known.parted.iter();
        parted.filter(move |link| link.state == LinkState::Ended && is_free(link) && is_ours(link))
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
        let mut candidates: BTreeSet<WorkItemId> = self
            .query_changed(marked, sight)
            .await?
            .into_iter()
            .collect();
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

    /// The matching work items, of those that may have changed.
    async fn query_changed(
        &mut self,
        query: WorkItemQuery,
        sight: &Sight<'_>,
    ) -> Result<Vec<WorkItemId>, ReconcileError> {
        match &sight.changed {
            Some(changed) => self.query_among(query, changed.iter().copied()).await,
            None => Ok(self.query(query).await?.to_vec()),
        }
    }

    /// The matching work items, of these.
    async fn query_among(
        &mut self,
        query: WorkItemQuery,
        ids: impl Iterator<Item = WorkItemId>,
    ) -> Result<Vec<WorkItemId>, ReconcileError> {
        let named: BTreeSet<WorkItemId> = query.ids.iter().copied().collect();
        let ids = ids.filter(|id| named.is_empty() || named.contains(id));
        let ids: Vec<WorkItemId> = ids.collect();
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let (asked, among) = narrowed(query, ids);
        let matching = self.query(asked).await?;
        let matching = matching.iter().copied();
        Ok(matching
            .filter(|id| among.as_ref().is_none_or(|among| among.contains(id)))
            .collect())
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
}

/// What to ask for to learn which of these ids match, and which of the answer count, if not all.
fn narrowed(
    query: WorkItemQuery,
    ids: Vec<WorkItemId>,
) -> (WorkItemQuery, Option<BTreeSet<WorkItemId>>) {
    if ids.len() > NAMED_AT_ONCE {
        (query, Some(ids.into_iter().collect()))
    } else {
        (WorkItemQuery { ids, ..query }, None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_ids_are_named_and_many_are_picked_from_the_answer() {
        let query = WorkItemQuery {
            work_item_type: "Bug".to_owned(),
            ..WorkItemQuery::default()
        };
        let ids = |many: usize| -> Vec<WorkItemId> { (1..).map(WorkItemId).take(many).collect() };
        let (asked, among) = narrowed(query.clone(), ids(NAMED_AT_ONCE));
        assert_eq!((asked.ids.len(), among), (NAMED_AT_ONCE, None));
        let (asked, among) = narrowed(query.clone(), ids(NAMED_AT_ONCE + 1));
        assert_eq!(asked, query);
        assert_eq!(among.unwrap().len(), NAMED_AT_ONCE + 1);
    }
}
