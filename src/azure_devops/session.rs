//! One organisation, one project and the transport to them: sends a request and reads the JSON answer,
//! or says in the port's terms why there is none.

use std::sync::Arc;

use serde::de::DeserializeOwned;
use tokio::task::JoinSet;
use url::Url;

use super::address::Addresses;
use super::auth;
use super::error::ServerError;
use crate::http::{Client, Repeat, Request, Response};
use crate::model::System;
use crate::remote::{RemoteError, RemoteErrorKind, RequestInfo};

/// Reads of one call that are under way at once. The transport's budget narrows it when the service
/// asks for that.
const IN_FLIGHT: usize = 8;

/// The way to one project.
#[derive(Debug)]
pub(super) struct Session {
    client: Client,
    pub(super) addresses: Addresses,
}

/// An answer of success, with the request it belongs to.
pub(super) struct Answer {
    pub(super) info: RequestInfo,
    response: Response,
}

/// An answer that refuses.
pub(super) struct Refused {
    /// What it means.
    pub(super) error: RemoteError,
    /// The answer itself.
    pub(super) response: Response,
}

impl Answer {
    /// Reads the body. [`RemoteErrorKind::Protocol`] if it is not what `operation` answers with.
    pub(super) fn json<T: DeserializeOwned>(&self, operation: &str) -> Result<T, RemoteError> {
        self.response
            .json()
            .map_err(|error| self.protocol(format!("{operation}: {error}")))
    }

    /// An error that says what is wrong with this answer.
    pub(super) fn protocol(&self, reason: impl Into<String>) -> RemoteError {
        RemoteError {
            system: System::AzureDevOps,
            kind: RemoteErrorKind::Protocol {
                reason: reason.into(),
            },
            request: Some(self.info.clone()),
        }
    }
}

impl Session {
    pub(super) fn new(client: Client, addresses: Addresses) -> Self {
        Self { client, addresses }
    }

    /// The transport, for an answer that is to be judged whatever it is.
    pub(super) fn client(&self) -> &Client {
        &self.client
    }

    /// Reads a resource.
    pub(super) async fn get<T: DeserializeOwned>(
        &self,
        operation: &str,
        url: Url,
    ) -> Result<T, RemoteError> {
        self.send(operation, Request::get(url))
            .await?
            .json(operation)
    }

    /// Asks a question that needs a body; it changes nothing and may be repeated.
    pub(super) async fn ask<T: DeserializeOwned>(
        &self,
        operation: &str,
        url: Url,
        body: &serde_json::Value,
    ) -> Result<T, RemoteError> {
        let request = Request::post_json(url, body, Repeat::Safe);
        self.send(operation, request).await?.json(operation)
    }

    /// Sends a request. `Err` for everything but a 2xx answer with something other than a web page.
    pub(super) async fn send(
        &self,
        operation: &str,
        request: Request,
    ) -> Result<Answer, RemoteError> {
        let judged = self.send_for_judgement(operation, request).await?;
        judged.map_err(|refused| refused.error)
    }

    /// As [`Self::send`], but a refusal comes with the whole answer. The outer `Err` means that there was
    /// none.
    pub(super) async fn send_for_judgement(
        &self,
        operation: &str,
        request: Request,
    ) -> Result<Result<Answer, Refused>, RemoteError> {
        let writes = request.repeat == Repeat::Never;
        let mut info = request.info(None);
        let response = self.client.send(request).await.map_err(|mut error| {
            if let RemoteErrorKind::Unavailable { maybe_sent, .. } = &mut error.kind {
                // A read changes nothing, so there is nothing to settle.
                *maybe_sent &= writes;
            }
            error
        })?;
        info.status = Some(response.status);
        info.activity_id = response.header("ActivityId").map(str::to_owned);
        let mut kind = if let Some(answer) = auth::turned_down(&response) {
            RemoteErrorKind::Unauthenticated { answer }
        } else if response.is_success() {
            return Ok(Ok(Answer { info, response }));
        } else {
            ServerError::from_response(&response).classify(response.status, operation, writes)
        };
        self.hide_secrets(&mut kind);
        let error = RemoteError {
            system: System::AzureDevOps,
            kind,
            request: Some(info),
        };
        Ok(Err(Refused { error, response }))
    }

    /// A server's words may echo what it was sent.
    pub(super) fn hide_secrets(&self, kind: &mut RemoteErrorKind) {
        if let Some(words) = kind.words_mut() {
            *words = self.client.redact(words);
        }
    }
}

/// An error of Accord's own making, before any request.
pub(super) fn refused(reason: impl Into<String>) -> RemoteError {
    RemoteError {
        system: System::AzureDevOps,
        kind: RemoteErrorKind::Rejected {
            code: None,
            reason: reason.into(),
        },
        request: None,
    }
}

/// Runs `call` for every page, a few at a time; the results come in no particular order. The first
/// failure ends it.
pub(super) async fn for_each_page<P, T, F, Fut>(
    session: &Arc<Session>,
    pages: impl IntoIterator<Item = P>,
    call: F,
) -> Result<Vec<T>, RemoteError>
where
    F: Fn(Arc<Session>, P) -> Fut,
    Fut: Future<Output = Result<T, RemoteError>> + Send + 'static,
    T: Send + 'static,
{
    let mut pages = pages.into_iter();
    let mut running = JoinSet::new();
    let mut results = Vec::new();
    loop {
        while running.len() < IN_FLIGHT
            && let Some(page) = pages.next()
        {
            running.spawn(call(Arc::clone(session), page));
        }
        match running.join_next().await {
            None => return Ok(results),
            Some(Ok(result)) => results.push(result?),
            Some(Err(failure)) => match failure.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                Err(_) => {
                    return Err(RemoteError {
                        system: System::AzureDevOps,
                        kind: RemoteErrorKind::Unavailable {
                            reason: "the read was stopped".to_owned(),
                            maybe_sent: false,
                        },
                        request: None,
                    });
                }
            },
        }
    }
}
