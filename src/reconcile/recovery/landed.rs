//! Changes of items that are there already, whose answer was lost.

use super::rows::recognise;
use super::seen::Seen;
use super::{Linked, Recovery, Settled};
use crate::mapping::{CompiledMapping, CompiledRow, Problem};
use crate::model::{
    CaseId, Link, LinkState, MarkState, System, Value, WorkItemId, azure_boards_mentions,
};
use crate::reconcile::executor::{close_base, disable_base, has_landed, is_kept};
use crate::remote::CasePatch;
use crate::store::{Intent, IntentKind, IntentPart};

impl Recovery<'_> {
    /// A change of a work item: recognised in the revision that it made.
    pub(super) fn updated_item(
        &self,
        intent: &Intent,
        mapping: Option<&CompiledMapping>,
        seen: &Seen,
        linked: &Linked,
    ) -> Settled {
        let settled = || {
            let made = seen.then.get(&intent.id)?;
            let read = |row: &CompiledRow, _| row.read_work_item(made);
            let (mut link, applied) =
                self.recognised(intent, mapping?, linked, System::AzureDevOps, read)?;
            if applied {
                link.base.rev = Some(made.rev);
            }
            let now = seen.items.get(&link.work_item).unwrap_or(made);
            let marked = self.connection.testworthy.marked_cases(now);
            if now.has_accord_tag() && marked.contains(&link.case) {
                link.work_item_mark = MarkState::Written;
            }
            Some(Settled {
                link: Some(link),
                applied,
            })
        };
        settled().unwrap_or(Settled::NOT_WRITTEN)
    }

    /// A change of a case: recognised in what the case holds now.
    pub(super) fn updated_case(
        &self,
        intent: &Intent,
        mapping: Option<&CompiledMapping>,
        seen: &Seen,
        linked: &Linked,
    ) -> Settled {
        let settled = || {
            let case = seen.cases.get(&intent.case?)?;
            let read = |row: &CompiledRow, item| row.read_case(case, Some(item));
            let (mut link, applied) =
                self.recognised(intent, mapping?, linked, System::TestWorthy, read)?;
            link.testworthy_project = case.project.or(link.testworthy_project);
            if azure_boards_mentions(&case.refs).contains(&link.work_item) {
                link.case_mark = MarkState::Written;
            }
            Some(Settled {
                link: Some(link),
                applied,
            })
        };
        settled().unwrap_or(Settled::NOT_WRITTEN)
    }

    /// The link with the bases of the rows that have arrived, and whether all of them have; `None` if
    /// none has. `read` reads a row of the written side, given the work item of the pair.
    fn recognised(
        &self,
        intent: &Intent,
        mapping: &CompiledMapping,
        linked: &Linked,
        side: System,
        read: impl Fn(&CompiledRow, WorkItemId) -> Result<Value, Problem>,
    ) -> Option<(Link, bool)> {
        let mut link = self.link_of(intent, linked)?;
        let read = |row: &CompiledRow| read(row, link.work_item);
        let rows = (mapping, self.learned);
        let found = recognise(&intent.rows, rows, side, read, &link.base);
        if found.fields.is_empty() {
            return None;
        }
        let whole = found.whole;
        found.put_into(&mut link.base);
        link.base.recorded_at = Some(self.context.clock.now());
        Some((link, whole))
    }

    /// A work item that was to be closed because its case was deleted. Its fields are in the intent.
    pub(super) fn closed_item(
        intent: &Intent,
        mapping: Option<&CompiledMapping>,
        seen: &Seen,
        linked: &Linked,
    ) -> Settled {
        let settled = || {
            let made = seen.then.get(&intent.id)?;
            let mut link = linked.pair(intent.case?, intent.work_item?)?.clone();
            let mut rows = intent.rows.iter();
            let landed = rows.all(|(name, row)| {
                let now = made.fields.get(name).cloned().unwrap_or_default();
                row.to
                    .as_ref()
                    .is_some_and(|sent| is_kept(name, &now, sent))
            });
            if !landed || intent.rows.is_empty() {
                return None;
            }
            let rows = mapping.iter().flat_map(|mapping| &mapping.rows);
            close_base(&mut link.base, rows, made);
            link.base.rev = Some(made.rev);
            let mut rows = intent.rows.values();
            if rows.all(|row| row.part == IntentPart::Whole) {
                link.state = LinkState::Ended;
            }
            Some(Settled {
                link: Some(link),
                applied: true,
            })
        };
        settled().unwrap_or(Settled::NOT_WRITTEN)
    }

    /// A case that was to be disabled because its work item was deleted. Its fields are in the intent.
    pub(super) fn disabled_case(
        intent: &Intent,
        mapping: Option<&CompiledMapping>,
        seen: &Seen,
        linked: &Linked,
    ) -> Settled {
        let settled = || {
            let case = seen.cases.get(&intent.case?)?;
            let mut link = linked.pair(intent.case?, intent.work_item?)?.clone();
            let fields = intent.rows.iter();
            let fields = fields.filter_map(|(name, row)| Some((name.clone(), row.to.clone()?)));
            let patch = CasePatch {
                fields: fields.collect(),
                refs: None,
            };
            if patch.is_empty() || !has_landed(case, &patch) {
                return None;
            }
            let rows = mapping.iter().flat_map(|mapping| &mapping.rows);
            let is_written = |name: &str| patch.fields.contains_key(name);
            disable_base(&mut link.base, rows, is_written, (case, link.work_item));
            link.state = LinkState::Ended;
            Some(Settled {
                link: Some(link),
                applied: true,
            })
        };
        settled().unwrap_or(Settled::NOT_WRITTEN)
    }

    /// A work item that was to go into the recycle bin, or to come out of it.
    pub(super) fn moved_item(intent: &Intent, seen: &Seen, linked: &Linked) -> Settled {
        let settled = || {
            let id = intent.work_item?;
            let mut link = linked.pair(intent.case?, id)?.clone();
            link.state = match intent.kind {
                IntentKind::RecycleWorkItem if seen.binned.contains(&id) => LinkState::Ended,
                IntentKind::RestoreWorkItem if seen.items.contains_key(&id) => LinkState::Active,
                _ => return None,
            };
            Some(Settled {
                link: Some(link),
                applied: true,
            })
        };
        settled().unwrap_or(Settled::NOT_WRITTEN)
    }

    /// The link of an intent's two items; a new one if the write was to link them and neither has become
    /// part of another pair.
    fn link_of(&self, intent: &Intent, linked: &Linked) -> Option<Link> {
        let (case, item): (CaseId, WorkItemId) = intent.case.zip(intent.work_item)?;
        if let Some(link) = linked.pair(case, item) {
            return Some(link.clone());
        }
        let free = linked.are_free(case, item);
        free.then(|| self.new_link(intent, case, item))
    }
}
