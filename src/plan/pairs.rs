//! Who belongs to whom: every linked pair between two places, in a few bytes each.
//!
//! A plan looks at all pairs and at the bases of few: those are read page by page, compared and dropped,
//! so that the memory of a plan grows by ids and not by texts.

use std::collections::BTreeMap;

use crate::model::{CaseId, Link, Name, WorkItemId};

/// Every linked pair between two places, whichever rule made it.
#[derive(Clone, Debug, Default)]
pub struct LinkedPairs {
    rules: Vec<Name>,
    /// The work item, and the rule's place in `rules`.
    by_case: BTreeMap<CaseId, (WorkItemId, usize)>,
    by_work_item: BTreeMap<WorkItemId, CaseId>,
}

impl LinkedPairs {
    /// From the pairs of each rule.
    pub fn new(by_rule: Vec<(Name, Vec<(CaseId, WorkItemId)>)>) -> Self {
        let pairs = by_rule
            .iter()
            .enumerate()
            .flat_map(|(rule, (_, pairs))| pairs.iter().map(move |pair| (*pair, rule)));
        // Sorted at once, the trees are half the size of those that grow.
        let by_case = pairs
            .clone()
            .map(|((case, item), rule)| (case, (item, rule)))
            .collect();
        let by_work_item = pairs.map(|((case, item), _)| (item, case)).collect();
        Self {
            rules: by_rule.into_iter().map(|(rule, _)| rule).collect(),
            by_case,
            by_work_item,
        }
    }

    /// From whole links.
    pub fn of<'l>(links: impl IntoIterator<Item = &'l Link>) -> Self {
        let mut by_rule: BTreeMap<&Name, Vec<(CaseId, WorkItemId)>> = BTreeMap::new();
        for link in links {
            let pairs = by_rule.entry(&link.rule).or_default();
            pairs.push((link.case, link.work_item));
        }
        let owned = by_rule
            .into_iter()
            .map(|(rule, pairs)| (rule.clone(), pairs));
        Self::new(owned.collect())
    }

    /// The work item that a case is linked to.
    pub fn work_item(&self, case: CaseId) -> Option<WorkItemId> {
        self.by_case.get(&case).map(|(item, _)| *item)
    }

    /// The case that a work item is linked to.
    pub fn case(&self, item: WorkItemId) -> Option<CaseId> {
        self.by_work_item.get(&item).copied()
    }

    /// The rule that last wrote the pair of a case.
    pub fn rule(&self, case: CaseId) -> Option<&Name> {
        let (_, rule) = self.by_case.get(&case)?;
        self.rules.get(*rule)
    }

    /// Every pair with its rule, by case id.
    pub fn iter(&self) -> impl Iterator<Item = (CaseId, WorkItemId, &Name)> {
        self.by_case.iter().filter_map(|(case, (item, rule))| {
            let rule = self.rules.get(*rule)?;
            Some((*case, *item, rule))
        })
    }
}
