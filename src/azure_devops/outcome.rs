//! From the answer of a `$batch` to one outcome per write.
//!
//! Published accounts disagree on whether one bad element spoils the others, so both are read: each
//! element by its own code, `TF401321: Whole Bulk failed` as "a neighbour's fault, may be sent again",
//! and an answer that is shorter than the request as a failure of the whole.

use serde_json::Value as Json;

use super::address::Addresses;
use super::batch;
use super::convert::FieldCatalog;
use super::error::ServerError;
use super::wire;
use crate::model::{Marker, Relation, System, WorkItem};
use crate::remote::{RemoteError, RemoteErrorKind, RequestInfo, WorkItemWrite, WriteOutcome};

/// What is needed to read an answer.
pub(super) struct Outcomes<'a> {
    pub(super) addresses: &'a Addresses,
    pub(super) catalog: &'a FieldCatalog,
    /// The `$batch` request.
    pub(super) info: &'a RequestInfo,
}

impl Outcomes<'_> {
    /// One outcome per write, in order. `Err` if it cannot be known which writes were carried out.
    pub(super) fn read(
        &self,
        writes: &[&WorkItemWrite],
        elements: Vec<wire::Element>,
    ) -> Result<Vec<WriteOutcome>, RemoteError> {
        if elements.len() == writes.len() {
            return writes
                .iter()
                .zip(elements)
                .map(|(write, element)| self.outcome(write, element))
                .collect();
        }
        self.whole_failure(writes, &elements)
    }

    /// A shorter answer with nothing but refusals: the server stopped at them, and which write caused
    /// it is not told. With anything else in it, only looking the items up can tell what was done.
    fn whole_failure(
        &self,
        writes: &[&WorkItemWrite],
        elements: &[wire::Element],
    ) -> Result<Vec<WriteOutcome>, RemoteError> {
        let counts = format!(
            "$batch: {} answers to {} writes",
            elements.len(),
            writes.len()
        );
        let refusal = elements.iter().find_map(|element| {
            let error = ServerError::from_json(&element.body);
            let stopped = (400..500).contains(&element.code)
                || error.is_whole_batch()
                || error.is_busy(element.code);
            stopped.then_some((element.code, error))
        });
        let all_failed = elements.iter().all(|element| element.code >= 400);
        match refusal {
            Some((code, error)) if all_failed && elements.len() < writes.len() => {
                let kind = error.classify(code, "$batch", false);
                Ok(writes
                    .iter()
                    .map(|write| WriteOutcome::NotRun(self.error(write, code, kind.clone())))
                    .collect())
            }
            _ => Err(self.protocol(counts)),
        }
    }

    fn outcome(
        &self,
        write: &WorkItemWrite,
        element: wire::Element,
    ) -> Result<WriteOutcome, RemoteError> {
        let code = element.code;
        if (200..300).contains(&code) {
            // The write was carried out; without a readable item the caller has to look it up.
            return self
                .item(write, element.body)
                .map(|item| WriteOutcome::Applied(Box::new(item)))
                .map_err(|lack| self.protocol(format!("$batch: {lack}")));
        }
        let server = ServerError::from_json(&element.body);
        let stale = server.is_stale(code);
        let whole = server.is_whole_batch();
        let kind = server.classify(code, "$batch", false);
        // A create tests no revision, so a race that it loses is nothing but a reason to try again.
        let raced = stale && matches!(write, WorkItemWrite::Create(_));
        let not_run = whole
            || raced
            || matches!(
                kind,
                RemoteErrorKind::RateLimited { .. }
                    | RemoteErrorKind::Unavailable { .. }
                    | RemoteErrorKind::Unauthenticated { .. }
                    | RemoteErrorKind::Protocol { .. }
            );
        let error = self.error(write, code, kind);
        Ok(if stale && !raced {
            WriteOutcome::Stale(error)
        } else if not_run {
            WriteOutcome::NotRun(error)
        } else {
            WriteOutcome::Rejected(error)
        })
    }

    /// The item after the write. Servers may leave the relations out of this answer; what the write
    /// itself added is then filled in.
    fn item(&self, write: &WorkItemWrite, body: Json) -> Result<WorkItem, String> {
        let item: wire::Item = match body {
            Json::String(text) => serde_json::from_str(text.trim_start_matches('\u{feff}')),
            object => serde_json::from_value(object),
        }
        .map_err(|error| format!("an item that cannot be read: {error}"))?;
        let mut item = self.catalog.work_item(item)?;
        match write {
            WorkItemWrite::Create(draft) => add_marker(&mut item, &draft.marker),
            WorkItemWrite::Update { id, .. } if item.id != *id => {
                return Err(format!(
                    "the answer for work item {id} is about {}",
                    item.id
                ));
            }
            WorkItemWrite::Update { patch, .. } => {
                if let Some(marker) = &patch.add_marker {
                    add_marker(&mut item, marker);
                }
            }
        }
        Ok(item)
    }

    /// The answer as a whole cannot be used.
    fn protocol(&self, reason: String) -> RemoteError {
        RemoteError {
            system: System::AzureDevOps,
            kind: RemoteErrorKind::Protocol { reason },
            request: Some(self.info.clone()),
        }
    }

    fn error(&self, write: &WorkItemWrite, code: u16, kind: RemoteErrorKind) -> RemoteError {
        let uri = batch::uri(self.addresses, write);
        RemoteError {
            system: System::AzureDevOps,
            kind,
            request: Some(RequestInfo {
                method: "PATCH".to_owned(),
                url: self.addresses.of_element(&uri),
                status: Some(code),
                activity_id: self.info.activity_id.clone(),
            }),
        }
    }
}

fn add_marker(item: &mut WorkItem, marker: &Marker) {
    let there = item
        .relations
        .iter()
        .filter_map(Marker::from_relation)
        .any(|known| known.case == marker.case);
    if !there {
        let relation: Relation = marker.to_relation();
        item.relations.push(relation);
    }
}

#[cfg(test)]
mod tests;
