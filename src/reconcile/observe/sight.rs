//! What is seen for one rule, in the making, and what its scopes select.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::mapping::{CompiledMapping, Filter};
use crate::model::config::{
    AzureDevOpsScope, Connection, SyncRule, TestWorthyScope, TestWorthySurface,
};
use crate::model::{Case, CaseId, Link, SuiteId, System, WorkItemId};
use crate::plan::{Known, LinkedPairs, Observed, glob};
use crate::reconcile::error::ReconcileError;
use crate::remote::{CaseScope, WorkItemQuery};

/// What is seen for one rule, in the making.
pub(super) struct Sight<'a> {
    pub(super) rule: &'a SyncRule,
    pub(super) mapping: &'a CompiledMapping,
    pub(super) known: &'a Known,
    /// The work items that may differ from what is recorded of them; `None` if any may.
    pub(super) changed: Option<Arc<BTreeSet<WorkItemId>>>,
    filter: Option<Filter>,
    pub(super) observed: Observed,
    /// Links that were read with their bases and are not dropped.
    pub(super) links: BTreeMap<CaseId, Link>,
}

impl<'a> Sight<'a> {
    /// With nothing seen yet.
    pub(super) fn new(
        rule: &'a SyncRule,
        mapping: &'a CompiledMapping,
        known: &'a Known,
        changed: Option<Arc<BTreeSet<WorkItemId>>>,
    ) -> Result<Self, ReconcileError> {
        Ok(Self {
            rule,
            mapping,
            known,
            changed,
            filter: filter(rule)?,
            observed: Observed::default(),
            links: BTreeMap::new(),
        })
    }

    /// Whether the rule selects a pair by one of its items, as far as scopes were read.
    pub(super) fn selects(&self, case: CaseId, item: WorkItemId) -> bool {
        let by_case = || self.observed.cases_in_scope.contains(&case);
        let by_item = || self.observed.work_items_in_scope.contains(&item);
        (self.rule.selects_on(System::TestWorthy) && by_case())
            || (self.rule.selects_on(System::AzureDevOps) && by_item())
    }

    /// Whether a work item may differ from what is recorded of it.
    pub(super) fn may_have_changed(&self, item: WorkItemId) -> bool {
        let changed = self.changed.as_ref();
        changed.is_none_or(|changed| changed.contains(&item))
    }

    /// Takes in that a case is there, and whether the rule selects it.
    pub(super) fn note_case(&mut self, case: &Case, pairs: &LinkedPairs) {
        let scope = self.rule.scope.testworthy.as_ref();
        self.count_case(case);
        if !scope.is_some_and(|scope| selects(scope, case)) {
            return;
        }
        let passes = self.filter.as_ref().map_or(Ok(true), |filter| {
            filter.accepts(case, pairs.work_item(case.id))
        });
        match passes {
            Ok(true) => {
                self.observed.cases_in_scope.insert(case.id);
            }
            Ok(false) => {}
            Err(problem) => {
                let reason = problem.to_string();
                self.observed.unanswered.insert(case.id, reason);
            }
        }
    }

    pub(super) fn count_case(&mut self, case: &Case) {
        let listing = CaseScope::of(case);
        *self.observed.listing_sizes.entry(listing).or_default() += 1;
    }
}

/// The listings that a rule needs: its suites, or the project where there are none.
pub(super) fn case_scopes(connection: &Connection, rule: &SyncRule) -> BTreeSet<CaseScope> {
    if matches!(connection.testworthy.surface, TestWorthySurface::V1 { .. }) {
        return BTreeSet::from([CaseScope::Project]);
    }
    let scope = rule.scope.testworthy.iter();
    let mut suites: BTreeSet<SuiteId> = scope.flat_map(|scope| scope.suites.clone()).collect();
    // What the rule creates there has to be seen again, and so has what it would create a second time.
    if rule.writes(System::TestWorthy) {
        suites.extend(rule.create_in.suite);
    }
    suites.into_iter().map(CaseScope::Suite).collect()
}

/// The query for what a scope selects.
pub(super) fn scope_query(work_item_type: &str, scope: &AzureDevOpsScope) -> WorkItemQuery {
    WorkItemQuery {
        work_item_type: work_item_type.to_owned(),
        area_path: scope.area_path.clone(),
        iteration_path: scope.iteration_path.clone(),
        tag: None,
        ids: scope.ids.clone(),
        wiql: scope.wiql.clone(),
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
