//! Creates whose answer was lost: links to what was made.

use jiff::SignedDuration;

use super::rows::recognise;
use super::seen::Seen;
use super::{Linked, Recovery, Settled};
use crate::mapping::CompiledMapping;
use crate::model::config::{Row, RowTarget};
use crate::model::{
    BaseField, Case, CaseId, Link, MarkState, System, Value, WorkItemId, azure_boards_mentions,
};
use crate::store::Intent;

/// How far the clock of TestWorthy may be behind ours.
const CLOCKS_APART: SignedDuration = SignedDuration::from_mins(15);

impl Recovery<'_> {
    /// A work item that carries the marker of the intent's case.
    pub(super) fn created_item(
        &self,
        intent: &Intent,
        mapping: Option<&CompiledMapping>,
        seen: &Seen,
        linked: &Linked,
    ) -> Settled {
        let link = intent.case.and_then(|case| {
            let item = seen.marked.get(&case)?;
            let mut link = self.link_to(intent, (case, item.id), linked)?;
            link.work_item_mark = MarkState::Written;
            if let (Some(mapping), Some(made)) = (mapping, seen.then.get(&intent.id)) {
                let rows = (mapping, self.learned);
                let side = System::AzureDevOps;
                let read = |row: &crate::mapping::CompiledRow| row.read_work_item(made);
                let found = recognise(&intent.rows, rows, side, read, &link.base);
                link.base.rev = found.whole.then_some(made.rev);
                found.put_into(&mut link.base);
            }
            // Never compared again otherwise, and not all of it comes with the create itself.
            for row in self.states_of_new_items(intent) {
                let field = || BaseField::under_way(Value::Null);
                let known = link.base.fields.entry(row.name.clone());
                known.or_insert_with(field);
            }
            Some(link)
        });
        Settled {
            applied: link.is_some(),
            link,
        }
    }

    /// A case that names the intent's work item.
    pub(super) fn created_case(
        &self,
        intent: &Intent,
        mapping: Option<&CompiledMapping>,
        seen: &Seen,
        linked: &Linked,
    ) -> Settled {
        let link = intent.work_item.and_then(|item| {
            let is_free = |case: &&Case| !linked.active.contains_key(&case.id);
            let naming = seen.naming.get(&item).into_iter().flatten();
            let moved = || {
                let elsewhere = seen.naming_elsewhere.get(&item).into_iter().flatten();
                elsewhere
                    .filter(is_free)
                    .filter(|case| Self::is_of_its_time(intent, case, item))
                    .min_by_key(|case| case.id)
            };
            let case = naming.filter(is_free).min_by_key(|case| case.id);
            let case = case.or_else(moved)?;
            let mut link = self.link_to(intent, (case.id, item), linked)?;
            link.testworthy_project = case.project;
            link.case_mark = MarkState::Written;
            // It has no revisions: what still reads as it was sent is what it was made with.
            if let Some(mapping) = mapping {
                let rows = (mapping, self.learned);
                let side = System::TestWorthy;
                let read = |row: &crate::mapping::CompiledRow| row.read_case(case, Some(item));
                let found = recognise(&intent.rows, rows, side, read, &link.base);
                found.put_into(&mut link.base);
            }
            Some(link)
        });
        Settled {
            applied: link.is_some(),
            link,
        }
    }

    /// Whether a case came into being while the write of the intent could land, with the work item's mark in
    /// front of its references. A person may name a work item in any case, so the mark alone does not tell
    /// what was made; and people may have edited the new case since, so its other values do not either.
    fn is_of_its_time(intent: &Intent, case: &Case, item: WorkItemId) -> bool {
        let lands = intent.prepared_at - CLOCKS_APART..=intent.settles_at + CLOCKS_APART;
        let mentions = azure_boards_mentions(&case.refs);
        match case.fields.get("createdOn") {
            Some(Value::DateTime(at)) => lands.contains(at) && mentions.first() == Some(&item),
            _ => false,
        }
    }

    /// The link to a new item: a new one, or that of the deleted item whose place it takes, which the
    /// intent names. `None` if either item belongs to another pair.
    fn link_to(
        &self,
        intent: &Intent,
        (case, item): (CaseId, WorkItemId),
        linked: &Linked,
    ) -> Option<Link> {
        let replaced = intent.case.zip(intent.work_item);
        let renewed = replaced.and_then(|(case, item)| linked.pair(case, item));
        let fresh = self.new_link(intent, case, item);
        match renewed {
            Some(renewed) => {
                let known = linked.active.get(&case);
                let own = known.is_none_or(|known| known.id == renewed.id);
                let holder = linked.work_items.get(&item);
                let own = own && holder.is_none_or(|holder| *holder == renewed.case);
                own.then(|| Link {
                    id: renewed.id.clone(),
                    ..fresh
                })
            }
            None => linked.are_free(case, item).then_some(fresh),
        }
    }

    /// The rows of the intent's rule that give a new work item its state and nothing later.
    fn states_of_new_items(&self, intent: &Intent) -> impl Iterator<Item = &Row> {
        let config = self.context.config;
        let rule = config.rules.get(&intent.rule);
        let mapping = rule.and_then(|rule| config.mappings.get(&rule.mapping));
        let rows = mapping.into_iter().flat_map(|mapping| &mapping.rows);
        let is_state =
            |target: &RowTarget| matches!(target, RowTarget::Field(name) if name == "System.State");
        rows.filter(move |row| row.on_create && is_state(&row.target))
    }
}
