//! Whole exchanges, kept for whoever wants to judge them: each request with its body, and its answer.
//!
//! Off by default, since everything is kept in memory until it is taken. Credentials are never kept: of
//! the headers only the names, and the values of [`KEPT_VALUES`].

use std::collections::BTreeMap;
use std::fmt::Write as _;

use axum::body::{Body, Bytes, to_bytes};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use axum::response::Response;
use serde::Serialize;

use super::log::System;
use super::{Sandbox, State};

/// Request headers whose values are kept: those that an interface's description speaks of, and none that
/// could hold a credential.
const KEPT_VALUES: &[&str] = &["accept", "api-version", "content-type"];

/// One request and what became of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Exchange {
    /// The number of its entry in the request log.
    pub sequence: u64,
    /// Which system was asked.
    pub system: System,
    /// The HTTP method.
    pub method: String,
    /// The path as sent, percent-encoding included.
    pub path: String,
    /// The query as sent, without the question mark.
    pub query: String,
    /// The names of all request headers in lower case, in order.
    pub header_names: Vec<String>,
    /// The values of `accept`, `api-version` and `content-type`.
    pub headers: BTreeMap<String, String>,
    /// The request body; bytes that are not UTF-8 are replaced.
    pub body: String,
    /// The fault that struck, by its name in `/_sandbox/faults`.
    pub fault: Option<String>,
    /// What was answered; absent while it is under way or when it was withheld.
    pub answer: Option<Answer>,
}

/// An answer as the system gave it. A fault may have cut it short on its way.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The `content-type` header.
    pub content_type: Option<String>,
    /// The body; bytes that are not UTF-8 are replaced.
    pub body: String,
}

/// The exchanges since recording began.
#[derive(Debug, Default)]
pub struct Exchanges {
    recording: bool,
    kept: Vec<Exchange>,
}

impl Exchanges {
    /// Keeps every exchange from now on.
    pub fn record(&mut self) {
        self.recording = true;
    }

    /// What was kept so far, in order of arrival; recording goes on.
    pub fn take(&mut self) -> Vec<Exchange> {
        std::mem::take(&mut self.kept)
    }

    fn answer(&mut self, sequence: u64, answer: Answer) {
        // Sequence numbers ascend, but what was taken is gone.
        if let Ok(at) = self
            .kept
            .binary_search_by_key(&sequence, |exchange| exchange.sequence)
        {
            self.kept[at].answer = Some(answer);
        }
    }
}

impl Sandbox {
    /// Keeps every exchange with either system from now on; see [`Exchanges`]. Take them with
    /// `state().exchanges.take()`.
    pub fn record(&self) {
        self.state().exchanges.record();
    }
}

/// Exchanges as JSON lines, one each.
pub fn json_lines(exchanges: &[Exchange]) -> String {
    let mut lines = String::new();
    for exchange in exchanges {
        // No part of an exchange can fail to be JSON.
        let _ = writeln!(
            lines,
            "{}",
            serde_json::to_value(exchange).unwrap_or_default()
        );
    }
    lines
}

/// Keeps a request as it arrives, if that is wanted.
pub(super) fn keep_request(
    state: &mut State,
    (sequence, system): (u64, System),
    parts: &Parts,
    body: &Bytes,
    fault: Option<&str>,
) {
    if !state.exchanges.recording {
        return;
    }
    let mut header_names: Vec<String> = parts
        .headers
        .keys()
        .map(|name| name.as_str().to_owned())
        .collect();
    header_names.sort_unstable();
    state.exchanges.kept.push(Exchange {
        sequence,
        system,
        method: parts.method.as_str().to_owned(),
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        header_names,
        headers: kept_values(&parts.headers),
        body: String::from_utf8_lossy(body).into_owned(),
        fault: fault.map(str::to_owned),
        answer: None,
    });
}

/// Keeps an answer on its way out, if that is wanted.
pub(super) async fn keep_answer(sandbox: &Sandbox, sequence: u64, response: Response) -> Response {
    if !sandbox.state().exchanges.recording {
        return response;
    }
    let (parts, body) = response.into_parts();
    // The systems build their answers in memory, so reading them cannot fail.
    let body = to_bytes(body, usize::MAX).await.unwrap_or_default();
    let content_type = parts.headers.get(header::CONTENT_TYPE);
    let answer = Answer {
        status: parts.status.as_u16(),
        content_type: content_type
            .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned()),
        body: String::from_utf8_lossy(&body).into_owned(),
    };
    sandbox.state().exchanges.answer(sequence, answer);
    Response::from_parts(parts, Body::from(body))
}

fn kept_values(headers: &HeaderMap) -> BTreeMap<String, String> {
    KEPT_VALUES
        .iter()
        .filter_map(|name| {
            let value = headers.get(*name)?;
            let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
            Some(((*name).to_owned(), value))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use axum::http::Request;

    use super::*;

    fn arrive(state: &mut State, sequence: u64) {
        let request = Request::builder()
            .method("POST")
            .uri("/contoso/_apis/wit/workitemsbatch?api-version=7.1")
            .header("Authorization", "Basic c2VjcmV0")
            .header("X-TMA-KEY", "a secret too")
            .header("Content-Type", "application/json");
        let (parts, ()) = request.body(()).unwrap().into_parts();
        let body = Bytes::from_static(b"{\"ids\":[1]}");
        keep_request(state, (sequence, System::AzureDevOps), &parts, &body, None);
    }

    #[test]
    fn nothing_is_kept_until_it_is_wanted_and_credentials_never() {
        let sandbox = Sandbox::default();
        arrive(&mut sandbox.state(), 1);
        assert_eq!(sandbox.state().exchanges.take(), []);
        sandbox.record();
        arrive(&mut sandbox.state(), 2);
        let kept = sandbox.state().exchanges.take();
        assert_eq!(sandbox.state().exchanges.take(), [], "taken once");
        assert_eq!(
            json_lines(&kept),
            "{\"sequence\":2,\"system\":\"azureDevOps\",\"method\":\"POST\",\
             \"path\":\"/contoso/_apis/wit/workitemsbatch\",\"query\":\"api-version=7.1\",\
             \"headerNames\":[\"authorization\",\"content-type\",\"x-tma-key\"],\
             \"headers\":{\"content-type\":\"application/json\"},\
             \"body\":\"{\\\"ids\\\":[1]}\",\"fault\":null,\"answer\":null}\n"
        );
    }

    #[tokio::test]
    async fn an_answer_finds_its_request_and_passes_on_unchanged() {
        let sandbox = Sandbox::default();
        sandbox.record();
        arrive(&mut sandbox.state(), 4);
        arrive(&mut sandbox.state(), 7);
        for sequence in [7, 5] {
            let response = Response::builder()
                .status(404)
                .header("content-type", "text/plain");
            let response = response.body(Body::from("not here")).unwrap();
            let passed = keep_answer(&sandbox, sequence, response).await;
            assert_eq!(passed.status(), 404);
            let body = to_bytes(passed.into_body(), 100).await.unwrap();
            assert_eq!(body, "not here");
        }
        let kept = sandbox.state().exchanges.take();
        assert_eq!(kept[0].answer, None);
        let answer = Answer {
            status: 404,
            content_type: Some("text/plain".to_owned()),
            body: "not here".to_owned(),
        };
        assert_eq!(kept[1].answer, Some(answer));
    }
}
