//! What a look-up of writes without an answer found.

use std::collections::BTreeMap;

use super::job::Job;
use super::meaning::is_kept;
use crate::model::{CaseId, Rev, Value, WorkItem, WorkItemId};
use crate::remote::WorkItemWrite;

/// What a look-up found.
pub(super) struct Found {
    items: BTreeMap<WorkItemId, WorkItem>,
    /// Ids by the address that a marker on them points to (lower case, which servers may change).
    by_url: BTreeMap<String, Vec<WorkItemId>>,
    /// What items that were changed since held behind the write that is looked for.
    then: BTreeMap<WorkItemId, WorkItem>,
}

/// What there is of an item that was to be created.
pub(super) enum Created<'f> {
    Nothing,
    Free(&'f WorkItem),
    /// It carries the marker, and belongs to another case.
    Taken(WorkItemId, CaseId),
}

impl Found {
    pub(super) fn new(items: BTreeMap<WorkItemId, WorkItem>) -> Self {
        let mut by_url: BTreeMap<String, Vec<WorkItemId>> = BTreeMap::new();
        for item in items.values() {
            for marker in item.markers() {
                let url = marker.url.to_lowercase();
                by_url.entry(url).or_default().push(item.id);
            }
        }
        Self {
            items,
            by_url,
            then: BTreeMap::new(),
        }
    }

    /// The revision that the write of a job made, if it landed and the item was changed since.
    pub(super) fn earlier(
        &self,
        job: &Job<'_>,
        linked: &BTreeMap<WorkItemId, CaseId>,
    ) -> Option<(WorkItemId, Rev)> {
        let (item, made) = match &job.write {
            WorkItemWrite::Create(_) => match self.created(job, linked) {
                Created::Free(item) => (item, Rev(1)),
                Created::Nothing | Created::Taken(..) => return None,
            },
            WorkItemWrite::Update { id, rev, .. } => (self.items.get(id)?, Rev(rev.0 + 1)),
        };
        (item.rev > made).then_some((item.id, made))
    }

    /// Takes in what an item held at that revision.
    pub(super) fn remember(&mut self, item: WorkItem) {
        self.then.insert(item.id, item);
    }

    /// What a new item held when it was made.
    pub(super) fn as_made(&self, id: WorkItemId) -> Option<&WorkItem> {
        self.then.get(&id)
    }

    /// The item that a create made; the lowest id if there are several.
    pub(super) fn created(
        &self,
        job: &Job<'_>,
        linked: &BTreeMap<WorkItemId, CaseId>,
    ) -> Created<'_> {
        let Some(marker) = job.marker() else {
            return Created::Nothing;
        };
        let mut taken = Created::Nothing;
        let ids = self.by_url.get(&marker.url.to_lowercase());
        for item in ids
            .into_iter()
            .flatten()
            .filter_map(|id| self.items.get(id))
        {
            if !item.markers().iter().any(|found| found.case == marker.case) {
                continue;
            }
            match linked.get(&item.id) {
                Some(other) if *other != marker.case => taken = Created::Taken(item.id, *other),
                _ => return Created::Free(item),
            }
        }
        taken
    }

    /// The item, if the write was carried out.
    pub(super) fn applied(
        &self,
        job: &Job<'_>,
        linked: &BTreeMap<WorkItemId, CaseId>,
    ) -> Option<&WorkItem> {
        match &job.write {
            WorkItemWrite::Create(_) => match self.created(job, linked) {
                Created::Free(item) => Some(item),
                Created::Nothing | Created::Taken(..) => None,
            },
            WorkItemWrite::Update { id, rev, patch } => {
                let now = self.items.get(id)?;
                let item = self.then.get(id).unwrap_or(now);
                // The service rewrites formatted text on save.
                let holds = |(name, value): (&String, &Value)| {
                    is_kept(
                        name,
                        &item.fields.get(name).cloned().unwrap_or_default(),
                        value,
                    )
                };
                let tags = patch
                    .tags
                    .as_ref()
                    .is_none_or(|tags| same_tags(tags, &item.tags));
                // A revision may come without relations.
                let marker = patch.add_marker.as_ref().is_none_or(|marker| {
                    let mut all = item.markers().into_iter().chain(now.markers());
                    all.any(|found| found.case == marker.case)
                });
                let ours = tags && marker && patch.fields.iter().all(holds);
                (item.rev.0 == rev.0 + 1 && ours).then_some(item)
            }
        }
    }

    /// Whether nothing stands against sending the same write again.
    pub(super) fn may_repeat(&self, job: &Job<'_>) -> bool {
        match &job.write {
            WorkItemWrite::Create(_) => true,
            WorkItemWrite::Update { id, rev, .. } => {
                self.items.get(id).is_some_and(|item| item.rev == *rev)
            }
        }
    }
}

fn same_tags(one: &[String], other: &[String]) -> bool {
    let sorted = |tags: &[String]| {
        let mut tags: Vec<String> = tags.iter().map(|tag| tag.to_lowercase()).collect();
        tags.sort_unstable();
        tags
    };
    sorted(one) == sorted(other)
}
