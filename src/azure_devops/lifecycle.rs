//! What becomes of a work item over time: its past revisions, and the recycle bin.

use std::collections::BTreeSet;
use std::sync::Arc;

use reqwest::Method;
use serde_json::json;

use super::address::API_VERSION;
use super::convert::FieldCatalog;
use super::session::Session;
use super::wire;
use crate::http::{Repeat, Request};
use crate::model::{Rev, WorkItem, WorkItemId};
use crate::remote::{RemoteError, RemoteErrorKind};

const RECYCLE_BIN: &str = "recyclebin";

/// Which of at most 200 items are in the recycle bin (Microsoft Learn, Recyclebin - Get Deleted Work
/// Items). Asked in the project: what was moved to another one and deleted there is not told.
pub(super) async fn in_recycle_bin(
    session: Arc<Session>,
    ids: Vec<u64>,
) -> Result<BTreeSet<WorkItemId>, RemoteError> {
    let mut found = BTreeSet::new();
    let mut waiting = vec![ids];
    while let Some(ids) = waiting.pop() {
        let named: Vec<String> = ids.iter().map(ToString::to_string).collect();
        let query = format!("{API_VERSION}&ids={}", named.join(","));
        let url = session
            .addresses
            .project(&["_apis", "wit", RECYCLE_BIN], &query);
        let listed: Result<wire::Listed<Option<wire::Deleted>>, _> =
            session.get(RECYCLE_BIN, url).await;
        let listed = match listed {
            Ok(listed) => listed.value.unwrap_or_default(),
            Err(error) if matches!(error.kind, RemoteErrorKind::NotFound { .. }) => {
                // One id that is not there may be the whole answer: each half is asked again.
                if ids.len() > 1 {
                    let (left, right) = ids.split_at(ids.len() / 2);
                    waiting.extend([left.to_vec(), right.to_vec()]);
                }
                continue;
            }
            Err(error) => return Err(error),
        };
        let there = listed.into_iter().flatten().filter(|entry| {
            let missing = entry.code.is_some_and(|code| code >= 400);
            !missing && entry.id.is_some_and(|id| ids.contains(&id))
        });
        found.extend(there.filter_map(|entry| entry.id).map(WorkItemId));
    }
    Ok(found)
}

/// An item as it was at a revision (Microsoft Learn, Revisions - Get); `None` for 404.
pub(super) async fn revision(
    session: &Session,
    catalog: &FieldCatalog,
    id: WorkItemId,
    rev: Rev,
) -> Result<Option<WorkItem>, RemoteError> {
    const OPERATION: &str = "revisions";
    let (id, rev) = (id.to_string(), rev.to_string());
    let path = ["_apis", "wit", "workitems", &id, OPERATION, &rev];
    let query = format!("{API_VERSION}&$expand=all");
    let url = session.addresses.organization(&path, &query);
    let answer = match session.send(OPERATION, Request::get(url)).await {
        Ok(answer) => answer,
        Err(error) if matches!(error.kind, RemoteErrorKind::NotFound { .. }) => return Ok(None),
        Err(error) => return Err(error),
    };
    let item: wire::Item = answer.json(OPERATION)?;
    catalog
        .work_item(item)
        .map(Some)
        .map_err(|lack| answer.protocol(format!("{OPERATION}: {lack}")))
}

/// Puts an item into the recycle bin (Microsoft Learn, Work Items - Delete, without `destroy`).
pub(super) async fn recycle(session: &Session, id: WorkItemId) -> Result<(), RemoteError> {
    let path = ["_apis", "wit", "workitems", &id.to_string()];
    let request = Request {
        method: Method::DELETE,
        url: session.addresses.project(&path, API_VERSION),
        headers: Vec::new(),
        body: None,
        repeat: Repeat::Never,
    };
    session.send("deleting a work item", request).await?;
    Ok(())
}

/// Takes an item out of the recycle bin (Microsoft Learn, Recyclebin - Restore Work Item).
pub(super) async fn restore(session: &Session, id: WorkItemId) -> Result<(), RemoteError> {
    let path = ["_apis", "wit", RECYCLE_BIN, &id.to_string()];
    let body = json!({ "isDeleted": false });
    let url = session.addresses.project(&path, API_VERSION);
    let request = Request {
        method: Method::PATCH,
        ..Request::post_json(url, &body, Repeat::Never)
    };
    session.send("restoring a work item", request).await?;
    Ok(())
}
