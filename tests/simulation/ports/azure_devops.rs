//! Azure DevOps' port.

use std::collections::{BTreeMap, BTreeSet};

use accord::model::{ClockOffset, Marker, Rev, System, WorkItem, WorkItemId, WorkItemType};
use accord::remote::{
    Changes, FeedPlace, PathTree, ReadAzureDevOps, RemoteError, WorkItemQuery, WorkItemWrite,
    WriteAzureDevOps, WriteOutcome,
};
use async_trait::async_trait;

use super::{Line, Race, Request};
use crate::ablation::Ablation;
use crate::azure_devops::AzureDevOps;
use crate::error::{azure_devops, rejected, unsupported};
use crate::faults::Fault;
use crate::sim::Sim;

fn read(what: String) -> Request {
    Request {
        system: System::AzureDevOps,
        what,
        is_write: false,
        is_batch: false,
        race: Race::AzureDevOps,
        overwrites: None,
    }
}

fn write(what: String) -> Request {
    Request {
        is_write: true,
        ..read(what)
    }
}

#[async_trait]
impl ReadAzureDevOps for Line {
    async fn check(&self) -> Result<(), RemoteError> {
        let request = read("check".to_owned());
        self.ask(request, |_: &mut Sim| Ok(())).await
    }

    async fn work_item_type(&self, name: &str) -> Result<WorkItemType, RemoteError> {
        let (request, name) = (read(format!("type {name}")), name.to_owned());
        self.ask(request, move |sim| sim.azure_devops.type_named(&name))
            .await
    }

    async fn query(&self, query: &WorkItemQuery) -> Result<Vec<WorkItemId>, RemoteError> {
        let request = read(format!("query {:?} {:?}", query.area_path, query.tag));
        let query = query.clone();
        let by_tag = query.tag.is_some();
        let mut found = self
            .ask(request, move |sim| Ok(sim.azure_devops.query(&query)))
            .await?;
        if by_tag && self.lacks(Ablation::NoMarkerProbe) {
            found.retain(|id| self.is_linked(*id));
        }
        Ok(found)
    }

    async fn read(
        &self,
        ids: &[WorkItemId],
    ) -> Result<BTreeMap<WorkItemId, WorkItem>, RemoteError> {
        if ids.is_empty() {
            return Ok(BTreeMap::new());
        }
        let (request, ids) = (read(format!("read {ids:?}")), ids.to_vec());
        let mut found = self
            .ask(request, move |sim| Ok(sim.azure_devops.read(&ids)))
            .await?;
        if self.lacks(Ablation::NoMarkerProbe) {
            for (id, item) in &mut found {
                if !self.is_linked(*id) {
                    item.relations
                        .retain(|one| Marker::from_relation(one).is_none());
                }
            }
        }
        Ok(found)
    }

    async fn find_by_hyperlink(
        &self,
        urls: &[String],
    ) -> Result<BTreeMap<String, Vec<WorkItemId>>, RemoteError> {
        let (request, urls) = (read(format!("look up {urls:?}")), urls.to_vec());
        let mut found = self
            .ask(request, move |sim| {
                if sim.azure_devops.plain {
                    return Err(azure_devops(unsupported("looking up hyperlinks")));
                }
                Ok(sim.azure_devops.find_by_hyperlink(&urls))
            })
            .await?;
        if self.lacks(Ablation::NoMarkerProbe) {
            for ids in found.values_mut() {
                ids.retain(|id| self.is_linked(*id));
            }
            found.retain(|_, ids| !ids.is_empty());
        }
        Ok(found)
    }

    async fn paths(&self, tree: PathTree) -> Result<Vec<String>, RemoteError> {
        let request = read("paths".to_owned());
        self.ask(request, move |_| Ok(AzureDevOps::paths(tree)))
            .await
    }

    async fn changes(&self, since: &FeedPlace) -> Result<Changes, RemoteError> {
        let (request, since) = (read(format!("changes since {since:?}")), since.clone());
        self.ask(request, move |sim| sim.azure_devops.changes(&since))
            .await
    }

    async fn in_recycle_bin(
        &self,
        ids: &[WorkItemId],
    ) -> Result<BTreeSet<WorkItemId>, RemoteError> {
        let (request, ids) = (read(format!("recycle bin {ids:?}")), ids.to_vec());
        self.ask(request, move |sim| {
            Ok(sim.azure_devops.in_recycle_bin(&ids))
        })
        .await
    }

    async fn revision(&self, id: WorkItemId, rev: Rev) -> Result<Option<WorkItem>, RemoteError> {
        let request = read(format!("revision {rev} of {id}"));
        self.ask(request, move |sim| Ok(sim.azure_devops.revision(id, rev)))
            .await
    }

    fn clock(&self) -> Option<ClockOffset> {
        Some(self.world.offset(|sim| sim.ahead.1))
    }
}

#[async_trait]
impl WriteAzureDevOps for Line {
    fn fit(&self, writes: &[WorkItemWrite]) -> usize {
        writes.len().clamp(1, 3)
    }

    async fn write(&self, writes: &[WorkItemWrite]) -> Result<Vec<WriteOutcome>, RemoteError> {
        let what = writes.iter().map(told).collect::<Vec<_>>().join(" + ");
        let request = Request {
            is_batch: true,
            ..write(what)
        };
        let (writes, no_rev_test) = (writes.to_vec(), self.lacks(Ablation::NoRevTest));
        self.ask(request, move |sim| {
            let partial = sim.faults.draw(true, true) == Some(Fault::Partial);
            let outcomes = writes.into_iter().map(|mut one| {
                if no_rev_test {
                    fill_in_rev(sim, &mut one);
                }
                element(sim, &one, partial)
            });
            Ok(outcomes.collect())
        })
        .await
    }

    async fn recycle(&self, id: WorkItemId) -> Result<(), RemoteError> {
        let request = write(format!("recycle work item {id}"));
        self.ask(request, move |sim| set_deleted(sim, id, true))
            .await
    }

    async fn restore(&self, id: WorkItemId) -> Result<(), RemoteError> {
        let request = write(format!("restore work item {id}"));
        self.ask(request, move |sim| set_deleted(sim, id, false))
            .await
    }
}

fn set_deleted(sim: &mut Sim, id: WorkItemId, deleted: bool) -> Result<(), RemoteError> {
    sim.azure_devops.writes += 1;
    let item = sim.azure_devops.items.get(&id);
    if item.is_none_or(|item| item.in_recycle_bin == deleted) {
        return Err(azure_devops(accord::remote::RemoteErrorKind::NotFound {
            reason: "it is not there".to_owned(),
        }));
    }
    if deleted {
        sim.azure_devops.retired.push(id);
    }
    let at = sim.azure_devops_time();
    sim.azure_devops.set_deleted(id, deleted, at);
    Ok(())
}

fn fill_in_rev(sim: &Sim, write: &mut WorkItemWrite) {
    if let WorkItemWrite::Update { id, rev, .. } = write
        && let Some(item) = sim.azure_devops.item(*id)
    {
        *rev = item.rev;
    }
}

fn element(sim: &mut Sim, write: &WorkItemWrite, partial: bool) -> WriteOutcome {
    if partial {
        match sim.faults.element() {
            0 => {}
            1 => {
                sim.note("       not run");
                return WriteOutcome::NotRun(azure_devops(rejected("a neighbour failed")));
            }
            _ => {
                sim.note("       refused");
                return WriteOutcome::Rejected(azure_devops(rejected("not this one")));
            }
        }
    }
    if let WorkItemWrite::Create(draft) = write {
        sim.about_to_create_work_item(draft.marker.case);
    }
    let at = sim.azure_devops_time();
    let outcome = sim.azure_devops.write(write, at);
    let line = match &outcome {
        WriteOutcome::Applied(item) => format!("       work item {} at {}", item.id, item.rev),
        WriteOutcome::Stale(_) => "       stale".to_owned(),
        WriteOutcome::Rejected(error) | WriteOutcome::NotRun(error) => format!("       {error}"),
    };
    sim.note(&line);
    outcome
}

fn told(write: &WorkItemWrite) -> String {
    let (head, fields, tags) = match write {
        WorkItemWrite::Create(draft) => {
            let head = format!("create for case {}", draft.marker.case);
            (head, &draft.fields, Some(&draft.tags))
        }
        WorkItemWrite::Update { id, rev, patch } => (
            format!("update work item {id} at {rev}"),
            &patch.fields,
            patch.tags.as_ref(),
        ),
    };
    let mut all = vec![head];
    all.extend(fields.iter().map(|(name, value)| format!("{name}={value}")));
    all.extend(tags.map(|tags| format!("tags={tags:?}")));
    all.join(" ")
}
