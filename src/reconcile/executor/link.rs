//! Links and bases from what the servers answered.

use std::collections::BTreeMap;

use super::RuleRun;
use crate::mapping::{CompiledRow, Walk};
use crate::model::{
    Base, BaseField, Case, CaseId, Link, LinkId, LinkState, MarkState, Rev, System, Value,
    WorkItem, WorkItemId,
};
use crate::plan::{Pair, RowValues};

impl RuleRun<'_> {
    fn new_link(&self, case: CaseId, project: Option<u64>, work_item: WorkItemId) -> Link {
        Link {
            state: LinkState::Active,
            id: LinkId(self.context.ids.next()),
            endpoints: self.endpoints.clone(),
            case,
            testworthy_project: project,
            work_item,
            rule: self.observation.rule.name.clone(),
            case_mark: MarkState::Missing,
            work_item_mark: MarkState::Missing,
            base: Base::default(),
        }
    }

    /// The link of a pair as the store has it, or a new one.
    fn link_for(&self, pair: &Pair) -> Link {
        let known = pair.link.as_ref().and_then(|id| self.links.get(id));
        let mut link = known
            .cloned()
            .unwrap_or_else(|| self.new_link(pair.case, pair.testworthy_project, pair.work_item));
        link.rule = self.observation.rule.name.clone();
        link
    }

    /// The link after a work item was written for a case; `source` are the case's row values. The rows
    /// of a `walk` that goes on are under way.
    pub(super) fn link_after_work_item(
        &self,
        pair: &Pair,
        source: &RowValues,
        walk: Option<&Walk>,
        written: &WorkItem,
    ) -> Link {
        let mut link = self.link_for(pair);
        for row in self.rows_of(source) {
            let Ok(target) = row.read_work_item(written) else {
                continue;
            };
            let from = source[row.name()].clone();
            if self.is_unkept_by_work_item(pair, row, &from, &target) {
                continue;
            }
            let goes_on = walk.is_some_and(|walk| walk.rows.iter().any(|name| name == row.name()));
            let field = if goes_on {
                BaseField::under_way(target)
            } else {
                base_field(row, from, target)
            };
            link.base.fields.insert(row.name().to_owned(), field);
        }
        link.base.rev = Some(written.rev);
        link.base.recorded_at = Some(self.context.clock.now());
        link.work_item_mark = MarkState::Written;
        self.note_existing_marks(&mut link);
        link
    }

    /// The link after a case was written for a work item; `source` are the work item's row values.
    pub(super) fn link_after_case(&self, pair: &Pair, source: &RowValues, written: &Case) -> Link {
        let mut link = self.link_for(pair);
        link.testworthy_project = written.project.or(link.testworthy_project);
        for row in self.rows_of(source) {
            let Ok(target) = row.read_case(written, Some(pair.work_item)) else {
                continue;
            };
            let from = source[row.name()].clone();
            if self.is_unkept_by_case(pair, row, &from, &target) {
                continue;
            }
            link.base
                .fields
                .insert(row.name().to_owned(), base_field(row, target, from));
        }
        link.base.rev = self.observed_item(pair.work_item).map(|item| item.rev);
        link.base.recorded_at = Some(self.context.clock.now());
        self.case_is_marked(&mut link);
        self.note_existing_marks(&mut link);
        link
    }

    /// What a server says that takes a write and leaves a field as it was, if it did: the first such row.
    /// Such a row gets no base, or the next plan would take the loss for the server's own spelling.
    pub(super) fn unkept_by_work_item(
        &self,
        pair: &Pair,
        source: &RowValues,
        written: &WorkItem,
    ) -> Option<String> {
        let row = self.rows_of(source).find(|row| {
            let now = row.read_work_item(written);
            now.is_ok_and(|now| self.is_unkept_by_work_item(pair, row, &source[row.name()], &now))
        })?;
        let path = row.path(System::AzureDevOps);
        Some(unkept(&path, System::AzureDevOps))
    }

    /// The same of a case.
    pub(super) fn unkept_by_case(
        &self,
        pair: &Pair,
        source: &RowValues,
        written: &Case,
    ) -> Option<String> {
        let row = self.rows_of(source).find(|row| {
            let now = row.read_case(written, Some(pair.work_item));
            now.is_ok_and(|now| self.is_unkept_by_case(pair, row, &source[row.name()], &now))
        })?;
        let path = row.path(System::TestWorthy);
        Some(unkept(&path, System::TestWorthy))
    }

    /// A state is brought about by several writes, and judged by where they lead.
    fn is_unkept_by_work_item(
        &self,
        pair: &Pair,
        row: &CompiledRow,
        from: &Value,
        now: &Value,
    ) -> bool {
        let before = self.observed_item(pair.work_item);
        let before = before.and_then(|item| row.read_work_item(item).ok());
        !row.walks()
            && stands_still(row, System::AzureDevOps, before.as_ref(), now)
            && row.to_azure_devops(from).is_ok()
            && !row.in_accord(from, now)
    }

    fn is_unkept_by_case(&self, pair: &Pair, row: &CompiledRow, from: &Value, now: &Value) -> bool {
        let before = self.observation.observed.case(pair.case);
        let before = before.and_then(|case| row.read_case(case, Some(pair.work_item)).ok());
        let wanted = row.to_testworthy(from);
        stands_still(row, System::TestWorthy, before.as_ref(), now)
            && wanted.is_ok_and(|wanted| !row.same(System::TestWorthy, &wanted, now))
            && !row.in_accord(now, from)
    }

    /// The link with bases that both sides reached by themselves. Without a revision nothing was
    /// compared: the link only becomes this rule's.
    pub(super) fn agreed_link(
        &self,
        pair: &Pair,
        base: &BTreeMap<String, BaseField>,
        rev: Option<Rev>,
    ) -> Link {
        let mut link = self.link_for(pair);
        link.base.fields.extend(
            base.iter()
                .map(|(name, field)| (name.clone(), field.clone())),
        );
        if rev.is_some() {
            link.base.rev = rev;
            link.base.recorded_at = Some(self.context.clock.now());
        }
        self.note_existing_marks(&mut link);
        link
    }

    /// A link to an item that was found after its create got no answer. It has no base: what the pair
    /// holds is compared afresh by the next plan.
    pub(super) fn link_without_base(&self, pair: &Pair) -> Link {
        let mut link = self.link_for(pair);
        match self.observation.rule.target() {
            System::AzureDevOps => link.work_item_mark = MarkState::Written,
            System::TestWorthy => self.case_is_marked(&mut link),
        }
        self.note_existing_marks(&mut link);
        link
    }

    /// The same for a work item. What a create alone writes is never compared, so what of it may not
    /// have arrived with the first write has to be said.
    pub(super) fn link_to_created(&self, pair: &Pair) -> Link {
        let mut link = self.link_without_base(pair);
        let rows = self.mapping.active_rows(System::AzureDevOps);
        for row in rows.filter(|row| row.on_create() && row.walks()) {
            let field = BaseField::under_way(Value::Null);
            link.base.fields.insert(row.name().to_owned(), field);
        }
        link
    }

    /// A write of a case carries its mark, where cases have references.
    fn case_is_marked(&self, link: &mut Link) {
        if self.connection.testworthy.keeps_references() {
            link.case_mark = MarkState::Written;
        }
    }

    /// Marks that stand on the items already are not written again.
    fn note_existing_marks(&self, link: &mut Link) {
        let observed = &self.observation.observed;
        if let Some(case) = observed.case(link.case)
            && crate::model::azure_boards_mentions(&case.refs).contains(&link.work_item)
        {
            link.case_mark = MarkState::Written;
        }
        if let Some(item) = observed.work_item(link.work_item)
            && item.has_accord_tag()
            && self
                .connection
                .testworthy
                .marked_cases(item)
                .contains(&link.case)
        {
            link.work_item_mark = MarkState::Written;
        }
    }

    fn rows_of<'b>(&'b self, values: &'b RowValues) -> impl Iterator<Item = &'b CompiledRow> {
        self.mapping
            .rows
            .iter()
            .filter(|row| values.contains_key(row.name()))
    }
}

fn base_field(
    row: &CompiledRow,
    testworthy: crate::model::Value,
    azure_devops: crate::model::Value,
) -> BaseField {
    BaseField {
        testworthy,
        azure_devops,
        row_digest: row.digest().to_owned(),
    }
}

/// Whether a field is as it was before the write; one of a new item if it is empty.
fn stands_still(row: &CompiledRow, system: System, before: Option<&Value>, now: &Value) -> bool {
    match before {
        Some(before) => row.same(system, before, now),
        None => now.is_null() || *now == Value::Boolean(false),
    }
}

fn unkept(path: &str, system: System) -> String {
    format!(
        "{system} accepted the new `{path}` and kept the old one: see whether the field exists there and may be changed, or take it out of the mapping"
    )
}
