//! Links and bases from what the servers answered.

use std::collections::BTreeMap;

use super::RuleRun;
use super::halves::{base_after, base_field};
use super::written::{Echo, Writing};
use crate::mapping::CompiledRow;
use crate::model::{
    Base, BaseField, Case, CaseId, Equivalence, Link, LinkId, LinkState, MarkState, Rev, System,
    Value, WorkItem, WorkItemId, azure_boards_mentions, digest_of,
};
use crate::plan::Pair;
use crate::remote::CasePatch;
use crate::store::{IntentPart, Record, WrittenField};

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

    /// The link of a pair: the one that the step names, the one that an earlier step of this run made, or
    /// a new one. One whose other item is replaced begins anew: what the old item held says nothing of
    /// the new one.
    pub(super) fn link_for(&self, pair: &Pair) -> Link {
        let named = pair.link.as_ref().and_then(|id| self.links.get(id));
        let made = || {
            let made = self.links.get(self.by_case.get(&pair.case)?)?;
            (made.work_item == pair.work_item).then_some(made)
        };
        let mut link = named
            .or_else(made)
            .cloned()
            .unwrap_or_else(|| self.new_link(pair.case, pair.testworthy_project, pair.work_item));
        if (link.case, link.work_item) != (pair.case, pair.work_item) {
            let fresh = self.new_link(pair.case, pair.testworthy_project, pair.work_item);
            link = Link {
                id: link.id,
                ..fresh
            };
        }
        link.rule = self.observation.rule.name.clone();
        link
    }

    /// The link after a write whose answer is `echo`.
    pub(super) fn link_after(
        &mut self,
        pair: &Pair,
        writing: &Writing<'_>,
        echo: Echo<'_>,
    ) -> Link {
        let mut link = self.link_for(pair);
        link.state = LinkState::Active;
        let mapping = self.mapping;
        for (row, from) in writing.rows(mapping) {
            let Ok(now) = echo.read(row) else {
                continue;
            };
            if self.is_unkept(pair, writing, row, from, &now)
                || self.is_edited_since(pair, writing, row, (from, &now), echo)
            {
                continue;
            }
            let name = row.name().to_owned();
            let field = match writing.part(row) {
                IntentPart::Half => self.half(pair, writing.side, row, (from, &now), &link.base),
                part => base_after(row, writing.side, part, (from, &now), None),
            };
            match field {
                Some(field) => link.base.fields.insert(name, field),
                None => link.base.fields.remove(&name),
            };
        }
        link.base.recorded_at = Some(self.context.clock.now());
        match echo {
            Echo::WorkItem(item) => {
                link.base.rev = Some(item.rev);
                is_marked(&mut link.work_item_mark);
            }
            Echo::Case(case, _) | Echo::Found(case, _) => {
                link.testworthy_project = case.project.or(link.testworthy_project);
                let seen = self.observed_item(pair.work_item).map(|item| item.rev);
                // A write of this run may have made a newer revision than the one that was read.
                link.base.rev = link.base.rev.max(seen);
                self.case_is_marked(&mut link);
            }
        }
        self.note_existing_marks(&mut link);
        link
    }

    /// The base of a row of which one half was written: of both answers, if the other half was too.
    fn half(
        &mut self,
        pair: &Pair,
        side: System,
        row: &CompiledRow,
        (from, now): (&Value, &Value),
        old: &Base,
    ) -> Option<BaseField> {
        let key = (pair.case, row.name().to_owned());
        if let Some(first) = self.halves.remove(&key) {
            return Some(base_field(row, side, first, now.clone()));
        }
        self.halves.insert(key, now.clone());
        let old = old.fields.get(row.name());
        base_after(row, side, IntentPart::Half, (from, now), old)
    }

    /// Whether a person may have put there what the row reads now. Taken into the base, such an edit would
    /// pass for one that both sides know of: the row is left for the next plan to compare.
    ///
    /// A row that was only to get its base is not sent, and a case has no revision that would guard it; what
    /// was looked up because no answer came may have been edited while the run waited.
    fn is_edited_since(
        &self,
        pair: &Pair,
        writing: &Writing<'_>,
        row: &CompiledRow,
        (from, now): (&Value, &Value),
        echo: Echo<'_>,
    ) -> bool {
        if writing.part(row) == IntentPart::UnderWay {
            return false;
        }
        let side = writing.side;
        match writing.sent(row) {
            Some(_) if echo.is_answer() => false,
            Some(sent) => !row.same(side, sent, now),
            None if writing.creates => !echo.is_answer(),
            None => {
                let before = self.before(pair, side, row);
                let stands = before.is_some_and(|before| row.same(side, &before, now));
                let agrees = match side {
                    System::AzureDevOps => row.in_accord(from, now),
                    System::TestWorthy => row.in_accord(now, from),
                };
                !stands && !agrees
            }
        }
    }

    /// What a server says that takes a write and leaves a field as it was, if it did: the first such row.
    /// Such a row gets no base, or the next plan would take the loss for the server's own spelling.
    pub(super) fn unkept_by(
        &self,
        pair: &Pair,
        writing: &Writing<'_>,
        echo: Echo<'_>,
    ) -> Option<String> {
        let (row, _) = writing.rows(self.mapping).find(|(row, from)| {
            let now = echo.read(row);
            now.is_ok_and(|now| self.is_unkept(pair, writing, row, from, &now))
        })?;
        let (path, system) = (row.path(writing.side), writing.side);
        Some(format!(
            "{system} accepted the new `{path}` and kept the old one: see whether the field exists there and may be changed, or take it out of the mapping"
        ))
    }

    fn is_unkept(
        &self,
        pair: &Pair,
        writing: &Writing<'_>,
        row: &CompiledRow,
        from: &Value,
        now: &Value,
    ) -> bool {
        let side = writing.side;
        let before = self.before(pair, side, row);
        let still = match &before {
            Some(before) => row.same(side, before, now),
            // A field of a new item stands still if it is empty.
            None => now.is_null() || *now == Value::Boolean(false),
        };
        // A state is brought about by several writes, and judged by where they lead.
        if !still || row.walks() {
            return false;
        }
        // What only gets its base renewed was not sent, so nothing of it can be kept from us.
        let Some(wanted) = writing.sent(row) else {
            return false;
        };
        let is_half = writing.part(row) == IntentPart::Half;
        let agrees = || match side {
            System::AzureDevOps => row.in_accord(from, now),
            System::TestWorthy => row.in_accord(now, from),
        };
        !row.same(side, wanted, now) && (is_half || !agrees())
    }

    /// What the row held when it was planned.
    fn before(&self, pair: &Pair, side: System, row: &CompiledRow) -> Option<Value> {
        match side {
            System::AzureDevOps => {
                let item = self.observed_item(pair.work_item)?;
                row.read_work_item(item).ok()
            }
            System::TestWorthy => {
                let case = self.observation.observed.case(pair.case)?;
                row.read_case(case, Some(pair.work_item)).ok()
            }
        }
    }

    /// Puts what a write and its answer teach into its record: which values the server spells in its own
    /// way, and which change was written.
    pub(super) fn teach(
        &self,
        pair: &Pair,
        writing: &Writing<'_>,
        echo: Echo<'_>,
        record: &mut Record,
    ) {
        let side = writing.side;
        for (row, from) in writing.rows(self.mapping) {
            let before = if writing.creates {
                None
            } else {
                self.before(pair, side, row)
            };
            let wanted = writing.wanted.and_then(|wanted| wanted.get(row.name()));
            if let (Some(before), Some(wanted)) = (&before, wanted) {
                let field = WrittenField {
                    case: pair.case,
                    work_item: pair.work_item,
                    row: row.name().to_owned(),
                    system: side,
                    before: digest_of(before),
                    after: digest_of(wanted),
                    at: self.context.clock.now(),
                };
                record.written.push((self.endpoints.clone(), field));
            }
            let (Some(sent), Ok(now)) = (writing.sent(row), echo.read(row)) else {
                continue;
            };
            let changed = match &before {
                Some(before) => !row.same(side, before, &now),
                None => writing.creates && !now.is_null() && !sent.is_null(),
            };
            let agrees = match side {
                System::AzureDevOps => row.in_accord(from, &now),
                System::TestWorthy => row.in_accord(&now, from),
            };
            // A state that a rule of the process moved on is no spelling.
            if echo.is_answer() && changed && !agrees && !row.walks() && !row.same(side, sent, &now)
            {
                let equivalence = Equivalence {
                    system: side,
                    row_digest: row.digest().to_owned(),
                    sent: digest_of(sent),
                    kept: digest_of(&now),
                };
                record.learned.push((self.endpoints.clone(), equivalence));
            }
        }
    }

    /// The link with bases that both sides reached by themselves. Without a revision nothing was
    /// compared: the link only becomes this rule's.
    pub(super) fn agreed_link(
        &self,
        pair: &Pair,
        base: &BTreeMap<String, BaseField>,
        rev: Option<Rev>,
        state: LinkState,
    ) -> Link {
        let mut link = self.link_for(pair);
        link.state = state;
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

    /// A link to an item of `side` that was found after its create got no answer. It has no base: what the
    /// pair holds is compared afresh by the next plan.
    pub(super) fn link_without_base(&self, pair: &Pair, side: System) -> Link {
        let mut link = self.link_for(pair);
        link.state = LinkState::Active;
        match side {
            System::AzureDevOps => link.work_item_mark = MarkState::Written,
            System::TestWorthy => self.case_is_marked(&mut link),
        }
        self.note_existing_marks(&mut link);
        link
    }

    /// The same for a work item. What a create alone writes is never compared, so what of it may not
    /// have arrived with the first write has to be said.
    pub(super) fn link_to_created(&self, pair: &Pair) -> Link {
        let mut link = self.link_without_base(pair, System::AzureDevOps);
        let rows = self.mapping.active_rows(System::AzureDevOps);
        for row in rows.filter(|row| row.on_create() && row.walks()) {
            let field = BaseField::under_way(Value::Null);
            let known = link.base.fields.entry(row.name().to_owned());
            known.or_insert(field);
        }
        link
    }

    /// The link of a pair whose work item was closed because its case was deleted. Its state counts as one
    /// that TestWorthy owes, so that a case which comes back opens it again and is not disabled by it.
    pub(super) fn link_after_closing(&self, pair: &Pair, item: &WorkItem, ended: bool) -> Link {
        let mut link = self.link_for(pair);
        close_base(&mut link.base, self.mapping.rows.iter(), item);
        link.base.rev = Some(item.rev);
        if ended {
            link.state = LinkState::Ended;
        }
        link
    }

    /// The link of a pair whose case was disabled because its work item was deleted; the same the other
    /// way round.
    pub(super) fn link_after_disabling(&self, pair: &Pair, patch: &CasePatch, case: &Case) -> Link {
        let mut link = self.link_for(pair);
        let fields = |name: &str| patch.fields.contains_key(name);
        let rows = self.mapping.rows.iter();
        disable_base(&mut link.base, rows, fields, (case, pair.work_item));
        link.state = LinkState::Ended;
        link
    }

    /// A write of a case carries its mark, where cases have references.
    fn case_is_marked(&self, link: &mut Link) {
        if self.connection.testworthy.keeps_references() {
            is_marked(&mut link.case_mark);
        }
    }

    /// Marks that stand on the items already are not written again.
    fn note_existing_marks(&self, link: &mut Link) {
        let observed = &self.observation.observed;
        if let Some(case) = observed.case(link.case)
            && azure_boards_mentions(&case.refs).contains(&link.work_item)
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
}

/// A write carries the mark that is missing; one that was refused is not tried again.
fn is_marked(mark: &mut MarkState) {
    if *mark == MarkState::Missing {
        *mark = MarkState::Written;
    }
}

/// Makes TestWorthy owe the state of a work item that was closed for a deleted case.
pub(in crate::reconcile) fn close_base<'r>(
    base: &mut Base,
    rows: impl Iterator<Item = &'r CompiledRow>,
    item: &WorkItem,
) {
    for row in rows.filter(|row| row.walks()) {
        if let Ok(state) = row.read_work_item(item) {
            let field = BaseField::under_way(state);
            base.fields.insert(row.name().to_owned(), field);
        }
    }
}

/// Makes Azure DevOps owe what disabling a case changed of it: no item has an empty state, so the one that
/// comes back counts as changed.
pub(in crate::reconcile) fn disable_base<'r>(
    base: &mut Base,
    rows: impl Iterator<Item = &'r CompiledRow>,
    is_written: impl Fn(&str) -> bool,
    (case, item): (&Case, WorkItemId),
) {
    for row in rows.filter(|row| is_written(&row.path(System::TestWorthy))) {
        let Some(field) = base.fields.get_mut(row.name()) else {
            continue;
        };
        match row.read_case(case, Some(item)) {
            Ok(now) if !row.same(System::TestWorthy, &now, &field.testworthy) => {
                field.testworthy = now;
                field.azure_devops = Value::Null;
            }
            _ => {}
        }
    }
}
