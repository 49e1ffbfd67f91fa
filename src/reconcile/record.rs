//! Recording in the store without letting one pair that it refuses take others with it.

use std::slice;

use crate::model::Link;
use crate::store::{Record, Store, StoreError};

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
