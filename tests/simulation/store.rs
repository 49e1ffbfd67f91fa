//! The real store, which outlives the process, with a death before or behind each call.

use std::sync::{Arc, Mutex, PoisonError};

use accord::model::{
    CaseId, Conflict, ConflictId, Endpoints, Learned, Link, LinkState, Name, OperationId,
    Repetitions, RunId, Take, Value, WorkItemId,
};
use accord::store::{
    AuditCheck, AuditRow, Intent, IntentOutcome, Loss, MadeField, PairsByRule, Quarantine, Record,
    Run, RunOutcome, SqliteStore, Store, StoreError, Watermark,
};
use async_trait::async_trait;
use jiff::Timestamp;

use crate::ablation::{Ablation, Linked};
use crate::faults::{Moment, Process};
use crate::sim::Shared;

/// The state as one process sees it.
pub(crate) struct Mortal {
    pub(crate) inner: SqliteStore,
    pub(crate) world: Shared,
    pub(crate) process: Arc<Process>,
    pub(crate) ablation: Option<Ablation>,
    pub(crate) linked: Arc<Mutex<Linked>>,
}

impl Mortal {
    async fn around<T>(&self, what: &str, call: impl Future<Output = T> + Send) -> T {
        if self.process.is_dead() {
            self.process.die().await;
        }
        let (number, moment) = self.process.next_call(matches!(what, "prepare" | "record"));
        if let Some(moment) = moment {
            let when = if moment == Moment::After {
                "after"
            } else {
                "before"
            };
            let line = format!("#{number} killed {when} store.{what}");
            self.world.lock().note(&line);
            if moment != Moment::After {
                self.process.die().await;
            }
        }
        let answer = call.await;
        if moment.is_some() {
            self.process.die().await;
        }
        answer
    }

    fn lacks_intents(&self) -> bool {
        self.ablation == Some(Ablation::NoIntent)
    }

    /// Takes the titles of a pair that was written as they are now.
    fn rebase(&self, record: &mut Record) {
        let applied = matches!(record.intent, Some((_, IntentOutcome::Applied)));
        let Some(link) = record.link.as_mut().filter(|_| applied) else {
            return;
        };
        let sim = self.world.lock();
        let case = sim.testworthy.case(link.case);
        let item = sim.azure_devops.item(link.work_item);
        if let (Some(case), Some(item)) = (case, item)
            && let Some(title) = link.base.fields.get_mut("title")
        {
            title.testworthy = Value::text(case.title());
            title.azure_devops = Value::text(item.title());
        }
    }

    fn learn_links(&self, records: &[Record]) {
        let mut linked = self.linked.lock().unwrap_or_else(PoisonError::into_inner);
        for link in records.iter().filter_map(|record| record.link.as_ref()) {
            if link.state == LinkState::Active {
                linked.insert(link.work_item);
            }
        }
    }
}

/// What the store says without anybody dying of it.
pub(crate) async fn known_links(store: &SqliteStore) -> Vec<Link> {
    let mut links = Vec::new();
    for places in store.endpoints().await.expect("the places") {
        links.extend(store.links(&places).await.expect("the links"));
    }
    links
}

macro_rules! delegated {
    ($($name:ident($($argument:ident: $kind:ty),*) -> $answer:ty;)*) => {
        #[async_trait]
        impl Store for Mortal {
            $(
                async fn $name(&self, $($argument: $kind),*) -> Result<$answer, StoreError> {
                    self.around(stringify!($name), self.inner.$name($($argument),*)).await
                }
            )*

            async fn open_intents(&self, endpoints: &Endpoints) -> Result<Vec<Intent>, StoreError> {
                self.around("open_intents", self.inner.open_intents(endpoints)).await
            }

            async fn prepare(&self, intents: &[Intent], losses: &[Loss]) -> Result<(), StoreError> {
                let kept = if self.lacks_intents() { &[] } else { intents };
                self.around("prepare", self.inner.prepare(kept, losses)).await
            }

            async fn record(&self, records: &[Record]) -> Result<(), StoreError> {
                let mut records = records.to_vec();
                if self.lacks_intents() {
                    for record in &mut records {
                        record.intent = None;
                    }
                }
                if self.ablation == Some(Ablation::BaseFromCurrent) {
                    for record in &mut records {
                        self.rebase(record);
                    }
                }
                let recorded = async {
                    self.inner.record(&records).await?;
                    self.learn_links(&records);
                    Ok(())
                };
                self.around("record", recorded).await
            }
        }
    };
}

delegated! {
    links(endpoints: &Endpoints) -> Vec<Link>;
    pairs(endpoints: &Endpoints) -> PairsByRule;
    links_of(endpoints: &Endpoints, cases: &[CaseId]) -> Vec<Link>;
    quarantine(endpoints: &Endpoints) -> Vec<Quarantine>;
    losses(limit: usize) -> Vec<Loss>;
    loss_count() -> u64;
    runs(limit: usize) -> Vec<Run>;
    last_carried_out_run() -> Option<Run>;
    links_by_rule() -> Vec<(Name, u64)>;
    endpoints() -> Vec<Endpoints>;
    intent(id: &OperationId) -> Option<Intent>;
    audit(limit: usize) -> Vec<AuditRow>;
    verify_audit() -> AuditCheck;
    made_fields() -> Vec<MadeField>;
    parted_links(endpoints: &Endpoints) -> Vec<Link>;
    open_conflicts(endpoints: &Endpoints) -> Vec<Conflict>;
    conflicts(limit: usize) -> Vec<Conflict>;
    conflict(id: ConflictId) -> Option<Conflict>;
    decide(id: ConflictId, take: Option<Take>, at: Timestamp) -> bool;
    learned(endpoints: &Endpoints) -> Learned;
    repetitions(endpoints: &Endpoints) -> Repetitions;
    watermark(endpoints: &Endpoints, rule: &Name) -> Option<Watermark>;
    put_watermark(endpoints: &Endpoints, rule: &Name, watermark: Option<&Watermark>) -> ();
    check() -> Vec<String>;
    begin_run(run: &Run) -> ();
    finish_run(id: &RunId, outcome: &RunOutcome) -> ();
    forget_rules(known: &[Name]) -> u64;
    forget_fields(fields: &[MadeField]) -> ();
}

/// The pairs that are kept in step.
pub(crate) fn pairs(links: &[Link]) -> Vec<(CaseId, WorkItemId)> {
    links
        .iter()
        .map(|link| (link.case, link.work_item))
        .collect()
}
