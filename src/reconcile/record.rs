//! Recording in the store without letting one pair that it refuses take others with it.

use std::slice;

use jiff::Timestamp;

use crate::model::{Link, Name, RunId};
use crate::plan::Plan;
use crate::store::{AuditEntry, Record, Store, StoreError};

/// The audit's line that a run begins with a rule: the plan, and the commit that the manifests are of. `None`
/// where nobody knows of a commit.
pub(super) fn began(plan: &Plan, run: &RunId, rule: &Name, at: Timestamp) -> Option<Record> {
    let commit = plan.inputs.git_commit.as_ref()?;
    let state = match plan.inputs.dirty {
        Some(true) => ", with manifests that are not committed",
        Some(false) => "",
        None => ", perhaps with manifests that are not committed",
    };
    let audit = AuditEntry {
        at,
        run: run.clone(),
        rule: rule.clone(),
        event: "began".to_owned(),
        case: None,
        work_item: None,
        detail: format!("plan {}, commit {commit}{state}", plan.plan_id),
    };
    Some(Record {
        audit: Some(audit),
        ..Record::default()
    })
}

/// Records what became of writes, in one transaction if nothing stands against it. Gives the links that
/// the store refuses because one of their items is linked to another one; everything else of their
/// records, the ends of intents included, is kept.
pub(super) async fn record(
    store: &dyn Store,
    records: Vec<Record>,
) -> Result<Vec<Link>, StoreError> {
    let mut refused = Vec::new();
    if records.is_empty() {
        return Ok(refused);
    }
    match store.record(&records).await {
        Err(StoreError::AlreadyLinked { .. }) => {}
        outcome => return outcome.map(|()| refused),
    }
    for mut record in records {
        match store.record(slice::from_ref(&record)).await {
            Err(StoreError::AlreadyLinked { .. }) => {
                refused.extend(record.link.take());
                if let Some(audit) = &mut record.audit {
                    "not linked".clone_into(&mut audit.event);
                }
                store.record(slice::from_ref(&record)).await?;
            }
            outcome => outcome?,
        }
    }
    Ok(refused)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Base, CaseId, Endpoints, LinkId, MarkState, Name, WorkItemId};
    use crate::store::SqliteStore;

    fn link(case: u64, work_item: u64) -> Record {
        let link = Link {
            state: crate::model::LinkState::Active,
            id: LinkId(format!("{case}-{work_item}")),
            endpoints: places(),
            case: CaseId(case),
            testworthy_project: None,
            work_item: WorkItemId(work_item),
            rule: Name::new("cases").unwrap(),
            case_mark: MarkState::Missing,
            work_item_mark: MarkState::Written,
            base: Base::default(),
        };
        Record {
            link: Some(link),
            ..Record::default()
        }
    }

    fn places() -> Endpoints {
        Endpoints {
            testworthy: "testworthy.us".to_owned(),
            azure_devops: "dev.azure.com/contoso".to_owned(),
        }
    }

    #[tokio::test]
    async fn one_pair_that_is_refused_takes_no_other_with_it() {
        let folder = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(&folder.path().join("state.db"))
            .await
            .unwrap();
        let refused = record(&store, vec![link(1, 5)]).await.unwrap();
        assert_eq!(refused, []);
        let records = vec![link(2, 6), link(3, 5), link(1, 7), link(4, 8)];
        let refused = record(&store, records).await.unwrap();
        let ids = |links: &[Link]| -> Vec<(u64, u64)> {
            let pairs = links.iter().map(|link| (link.case.0, link.work_item.0));
            pairs.collect()
        };
        assert_eq!(ids(&refused), [(3, 5), (1, 7)]);
        let kept = store.links(&places()).await.unwrap();
        assert_eq!(ids(&kept), [(1, 5), (2, 6), (4, 8)]);
    }
}
