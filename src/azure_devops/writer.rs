//! Writing to one project: one `$batch` per call, sent once.

use async_trait::async_trait;
use reqwest::Method;

use super::address::API_VERSION;
use super::batch::{self, MAX_BATCH_WRITES};
use super::lifecycle;
use super::outcome::Outcomes;
use super::reader::Reader;
use super::reads_through::ReadsThrough;
use super::session::{Session, refused};
use super::{patch, wire};
use crate::http::{Repeat, Request};
use crate::model::WorkItemId;
use crate::remote::{RemoteError, RemoteErrorKind, WorkItemWrite, WriteAzureDevOps, WriteOutcome};

/// Writes to the project of a [`Reader`], and reads like it.
#[derive(Debug)]
pub struct Writer {
    reader: Reader,
}

impl Writer {
    /// A writer to the reader's project.
    pub fn new(reader: Reader) -> Self {
        Self { reader }
    }

    pub(super) fn session(&self) -> &Session {
        self.reader.session()
    }

    /// Sends the writes that have nothing against them and sorts the answers.
    async fn send(&self, writes: &[&WorkItemWrite]) -> Result<Vec<WriteOutcome>, RemoteError> {
        const OPERATION: &str = "$batch";
        // Before the write, because its answer cannot be read without the fields' types.
        let catalog = self.reader.fields().await?;
        let session = self.reader.session();
        let body = batch::body(&session.addresses, writes).to_string();
        let bytes = body.len();
        let request = Request {
            method: Method::PATCH,
            url: session
                .addresses
                .organization(&["_apis", "wit", OPERATION], API_VERSION),
            headers: Vec::new(),
            body: Some(("application/json", body.into_bytes())),
            repeat: Repeat::Never,
        };
        let answer = session
            .send(OPERATION, request)
            .await
            .map_err(|error| explain_size(error, writes.len(), bytes))?;
        let listed: wire::Listed<wire::Element> = answer.json(OPERATION)?;
        let mut outcomes = Outcomes {
            addresses: &session.addresses,
            catalog: &catalog,
            info: &answer.info,
        }
        .read(writes, listed.value.unwrap_or_default())?;
        for outcome in &mut outcomes {
            if let WriteOutcome::Stale(error)
            | WriteOutcome::Rejected(error)
            | WriteOutcome::NotRun(error) = outcome
            {
                session.hide_secrets(&mut error.kind);
            }
        }
        Ok(outcomes)
    }
}

/// Says how much was sent when the server found it too much.
fn explain_size(mut error: RemoteError, writes: usize, bytes: usize) -> RemoteError {
    let status = error.request.as_ref().and_then(|request| request.status);
    if let RemoteErrorKind::Rejected { reason, .. } = &mut error.kind
        && matches!(status, Some(400 | 413 | 414))
    {
        *reason = format!(
            "the server refused a $batch of {writes} writes ({bytes} bytes) as a whole: {reason}"
        );
    }
    error
}

#[async_trait]
impl WriteAzureDevOps for Writer {
    fn fit(&self, writes: &[WorkItemWrite]) -> usize {
        batch::chunks(writes)
            .first()
            .map_or(1, |run| run.len().max(1))
    }

    async fn write(&self, writes: &[WorkItemWrite]) -> Result<Vec<WriteOutcome>, RemoteError> {
        if writes.len() > MAX_BATCH_WRITES {
            return Err(refused(format!(
                "{} writes are too many for one $batch of {MAX_BATCH_WRITES}",
                writes.len()
            )));
        }
        // A write with an objection stays here: some servers give up the whole batch for one of them.
        let objections: Vec<Option<String>> = writes.iter().map(patch::objection).collect();
        let sound: Vec<&WorkItemWrite> = writes
            .iter()
            .zip(&objections)
            .filter(|(_, objection)| objection.is_none())
            .map(|(write, _)| write)
            .collect();
        let sent = if sound.is_empty() {
            Vec::new()
        } else {
            self.send(&sound).await?
        };
        let mut sent = sent.into_iter();
        Ok(objections
            .into_iter()
            .filter_map(|objection| match objection {
                Some(reason) => Some(WriteOutcome::Rejected(refused(reason))),
                None => sent.next(),
            })
            .collect())
    }

    async fn recycle(&self, id: WorkItemId) -> Result<(), RemoteError> {
        lifecycle::recycle(self.session(), id).await
    }

    async fn restore(&self, id: WorkItemId) -> Result<(), RemoteError> {
        lifecycle::restore(self.session(), id).await
    }
}

impl ReadsThrough for Writer {
    fn reader(&self) -> &Reader {
        &self.reader
    }
}
