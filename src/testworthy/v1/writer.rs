//! Writing to one TestWorthy project over `v1`: changes of cases, and the integration settings. Everything
//! that can be refused here is refused before anything is sent; what was sent is never repeated.

use async_trait::async_trait;
use serde_json::Value as Json;

use super::super::calls::error;
use super::reader::{Reader, unsupported};
use super::{convert, integration};
use crate::http::{Repeat, Request};
use crate::model::{Case, CaseId, ClockOffset, SectionId, SuiteId};
use crate::remote::{
    CaseDraft, CaseListing, CasePatch, CaseRead, CaseScope, IntegrationSettings, ReadTestWorthy,
    RemoteError, RemoteErrorKind, RequestInfo, Section, Suite, TestWorthyCapabilities,
    Verification, WriteTestWorthy,
};

/// Reads and writes one TestWorthy project.
#[derive(Debug)]
pub struct Writer {
    reader: Reader,
}

impl Writer {
    /// A writer that shares what `reader` learnt.
    pub fn new(reader: Reader) -> Self {
        Self { reader }
    }

    /// The case as it is now. Nothing was written yet, whatever goes wrong here.
    async fn current(&self, id: CaseId) -> Result<Json, RemoteError> {
        match self.reader.raw_case(id).await {
            Ok(Some((case, _))) => Ok(case),
            Ok(None) => Err(rejected(format!("case {id} is not there any more"))),
            Err(mut failed) => {
                failed.kind = match failed.kind {
                    RemoteErrorKind::Unavailable { reason, .. } => not_sent(reason),
                    RemoteErrorKind::Protocol { reason } => not_sent(reason),
                    other => other,
                };
                Err(failed)
            }
        }
    }

    /// Reads the case back and compares what was asked for. `before` is what it held.
    async fn verify(
        &self,
        id: CaseId,
        patch: &CasePatch,
        before: &Case,
        info: RequestInfo,
    ) -> Result<Case, RemoteError> {
        let read = match self.reader.case(id).await {
            Ok(CaseRead::Present(case)) => *case,
            Ok(CaseRead::Missing | CaseRead::Refused) => {
                return Err(accepted("the case cannot be read any more", Some(info)));
            }
            Err(failed) => {
                let reason = format!("it could not be read back: {}", failed.kind);
                return Err(accepted(&reason, failed.request.or(Some(info))));
            }
        };
        let held = |case: &Case, name: &str| case.fields.get(name).cloned().unwrap_or_default();
        // Another value than the one that was sent may be the server's own spelling of it; the old one
        // is not.
        let ignored = patch.fields.iter().find(|(name, value)| {
            let now = held(&read, name);
            now != **value && now == held(before, name)
        });
        match ignored {
            None => Ok(read),
            Some((name, _)) => {
                let reason = format!(
                    "the server accepted the new `{name}` of case {id} and kept the old one"
                );
                Err(error(
                    RemoteErrorKind::Rejected { code: None, reason },
                    Some(info),
                ))
            }
        }
    }
}

#[async_trait]
impl WriteTestWorthy for Writer {
    async fn create_case(&self, _draft: &CaseDraft) -> Result<Case, RemoteError> {
        Err(unsupported("creating cases"))
    }

    async fn update_case(&self, id: CaseId, patch: &CasePatch) -> Result<Case, RemoteError> {
        if patch.refs.is_some() {
            return Err(rejected(
                "over `api: v1` a case has no references".to_owned(),
            ));
        }
        let current = self.current(id).await?;
        let before = self.reader.read_case(&current, false).map_err(rejected)?;
        let body = convert::body(&current, &patch.fields).map_err(rejected)?;
        let request =
            Request::put_json(self.reader.url(&format!("cases/{id}")), &Json::Object(body));
        let answer = self.reader.send(request).await?;
        self.reader.learnt().update = Verification::Verified;
        self.verify(id, patch, &before, answer.info).await
    }

    async fn ensure_section(
        &self,
        _suite: SuiteId,
        _path: &[String],
    ) -> Result<SectionId, RemoteError> {
        Err(unsupported("creating sections"))
    }

    async fn put_integration(&self, settings: &IntegrationSettings) -> Result<(), RemoteError> {
        let url = self.reader.url(integration::PATH);
        let request = Request::post_json(url, &integration::body(settings), Repeat::Never);
        let answer = self.reader.send(request).await;
        answer
            .map(drop)
            .map_err(|refused| integration::not_offered(&self.reader, refused))
    }
}

fn not_sent(reason: String) -> RemoteErrorKind {
    RemoteErrorKind::Unavailable {
        reason,
        maybe_sent: false,
    }
}

/// Refused before anything was sent.
fn rejected(reason: String) -> RemoteError {
    error(RemoteErrorKind::Rejected { code: None, reason }, None)
}

/// The server accepted a write but did not tell what became of it.
fn accepted(reason: &str, request: Option<RequestInfo>) -> RemoteError {
    let reason = format!("the server accepted the write, but {reason}");
    error(
        RemoteErrorKind::Unavailable {
            reason,
            maybe_sent: true,
        },
        request,
    )
}

#[async_trait]
impl ReadTestWorthy for Writer {
    fn capabilities(&self) -> TestWorthyCapabilities {
        self.reader.capabilities()
    }

    async fn check(&self, scope: CaseScope) -> Result<(), RemoteError> {
        self.reader.check(scope).await
    }

    async fn suites(&self) -> Result<Vec<Suite>, RemoteError> {
        self.reader.suites().await
    }

    async fn sections(&self, suite: SuiteId) -> Result<Vec<Section>, RemoteError> {
        self.reader.sections(suite).await
    }

    async fn cases(&self, scope: CaseScope) -> Result<CaseListing, RemoteError> {
        self.reader.cases(scope).await
    }

    async fn case(&self, id: CaseId) -> Result<CaseRead, RemoteError> {
        self.reader.case(id).await
    }

    fn clock(&self) -> Option<ClockOffset> {
        self.reader.clock()
    }

    async fn integrations(&self) -> Result<Vec<IntegrationSettings>, RemoteError> {
        self.reader.integrations().await
    }
}
