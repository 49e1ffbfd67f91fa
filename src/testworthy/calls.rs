//! Calls to the server: what is sent, whether the server offers it, and what the answers taught.

use serde_json::Value as Json;
use url::Url;

use super::error::classify;
use super::operations::{Ids, Operation};
use super::paging::{Listing, Pages};
use super::reader::{Reader, State};
use crate::http::{Repeat, Request, Response};
use crate::model::{CaseId, System};
use crate::remote::{RemoteError, RemoteErrorKind, RequestInfo, Verification};

/// A body that was read as JSON, and which request it answers.
pub(super) struct Answer {
    pub(super) body: serde_json::Result<Json>,
    pub(super) info: RequestInfo,
}

impl State {
    /// How sure a call is; `None` for calls that nobody asks about.
    fn verification(&mut self, operation: Operation) -> Option<&mut Verification> {
        Some(match operation {
            Operation::GetSuites => &mut self.capabilities.suites,
            Operation::GetSections => &mut self.capabilities.sections,
            Operation::GetCase => &mut self.capabilities.get_case,
            Operation::AddCase => &mut self.capabilities.create,
            Operation::UpdateCase => &mut self.capabilities.update,
            Operation::GetCases
            | Operation::GetPriorities
            | Operation::GetCaseTypes
            | Operation::AddSection => return None,
        })
    }
}

impl Reader {
    /// Makes a call: a read without `body`, a write with one, which is sent once.
    pub(super) async fn call(
        &self,
        operation: Operation,
        ids: Ids,
        body: Option<&Json>,
    ) -> Result<Answer, RemoteError> {
        let url = self.url(operation, ids)?;
        self.call_at(operation, url, body).await
    }

    pub(super) fn url(&self, operation: Operation, ids: Ids) -> Result<Url, RemoteError> {
        self.shared.paths.url(operation, ids).map_err(|problem| {
            let reason = format!("{}: {problem}", operation.key());
            error(RemoteErrorKind::Rejected { code: None, reason }, None)
        })
    }

    pub(super) async fn call_at(
        &self,
        operation: Operation,
        url: Url,
        body: Option<&Json>,
    ) -> Result<Answer, RemoteError> {
        let (response, info) = self.exchange_at(operation, url, body).await?;
        Ok(Answer {
            body: response.json(),
            info,
        })
    }

    /// As [`Self::call_at`], with the body left as it came.
    pub(super) async fn exchange_at(
        &self,
        operation: Operation,
        url: Url,
        body: Option<&Json>,
    ) -> Result<(Response, RequestInfo), RemoteError> {
        if self
            .state()
            .verification(operation)
            .is_some_and(|known| *known == Verification::Absent)
        {
            let operation = operation.key().to_owned();
            return Err(error(RemoteErrorKind::Unsupported { operation }, None));
        }
        let request = request(url, body);
        let unanswered = request.info(None);
        let response = self.shared.client.send(request).await?;
        let info = answered(unanswered, &response);
        match classify(&self.shared.client, operation, &response) {
            Ok(()) => {
                if let Some(known) = self.state().verification(operation) {
                    *known = Verification::Verified;
                }
                Ok((response, info))
            }
            Err(kind) => Err(error(self.learn_absence(operation, kind), Some(info))),
        }
    }

    /// A call that the server does not know is not tried again. One that worked before is there, so what
    /// was not found is the item.
    fn learn_absence(&self, operation: Operation, kind: RemoteErrorKind) -> RemoteErrorKind {
        let RemoteErrorKind::Unsupported { .. } = &kind else {
            return kind;
        };
        match self.state().verification(operation) {
            Some(Verification::Verified) => {
                let reason = format!("{} worked before, but not for this id", operation.key());
                RemoteErrorKind::NotFound { reason }
            }
            Some(known) => {
                *known = Verification::Absent;
                kind
            }
            None => kind,
        }
    }

    /// Reads a list, all pages of it.
    pub(super) async fn list(
        &self,
        operation: Operation,
        ids: Ids,
        noun: &str,
    ) -> Result<Listing, RemoteError> {
        let mut pages = Pages::default();
        let mut next = Some(self.url(operation, ids)?);
        while let Some(url) = next {
            let Answer { body, info } = self.call_at(operation, url.clone(), None).await?;
            next = body
                .map_err(|problem| problem.to_string())
                .and_then(|body| pages.take(body, noun, &url, &self.shared.paths))
                .map_err(|reason| error(RemoteErrorKind::Protocol { reason }, Some(info)))?;
        }
        Ok(pages.finish())
    }

    /// Probes an optional read. Only trouble that would stop a command is an error.
    pub(super) async fn probe(&self, operation: Operation, ids: Ids) -> Result<(), RemoteError> {
        let Err(refused) = self.call(operation, ids, None).await else {
            return Ok(());
        };
        match refused.kind {
            // The credential has just worked, so a page means that there is nothing at this address.
            RemoteErrorKind::Unauthenticated { .. } => {
                if let Some(known) = self.state().verification(operation) {
                    *known = Verification::Absent;
                }
                Ok(())
            }
            RemoteErrorKind::Unavailable { .. }
            | RemoteErrorKind::RateLimited { .. }
            | RemoteErrorKind::HostRefused { .. } => Err(refused),
            _ => Ok(()),
        }
    }
}

/// A read without `body`, a write with one.
pub(super) fn request(url: Url, body: Option<&Json>) -> Request {
    let mut request = match body {
        Some(body) => Request::post_json(url, body, Repeat::Never),
        None => Request::get(url),
    };
    request
        .headers
        .push(("accept", "application/json".to_owned()));
    // The published client sends it on reads too.
    request
        .headers
        .push(("content-type", "application/json".to_owned()));
    request
}

pub(super) fn another(asked: CaseId, got: CaseId) -> String {
    format!("the answer is about case {got} instead of case {asked}")
}

pub(super) fn error(kind: RemoteErrorKind, request: Option<RequestInfo>) -> RemoteError {
    RemoteError {
        system: System::TestWorthy,
        kind,
        request,
    }
}

/// 400 is documented for unknown and for foreign ids; other refusals are not about the id.
pub(super) fn is_bad_request(refused: &RemoteError) -> bool {
    matches!(refused.kind, RemoteErrorKind::Rejected { .. })
        && refused
            .request
            .as_ref()
            .is_some_and(|request| request.status == Some(400))
}

/// A short list that is not whole is of no use.
pub(super) fn whole(operation: Operation, incomplete: Option<&str>) -> Result<(), RemoteError> {
    match incomplete {
        None => Ok(()),
        Some(reason) => {
            let reason = format!("{}: {reason}", operation.key());
            Err(error(RemoteErrorKind::Protocol { reason }, None))
        }
    }
}

pub(super) fn answered(mut info: RequestInfo, response: &Response) -> RequestInfo {
    info.status = Some(response.status);
    info
}
