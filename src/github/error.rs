//! What GitHub refuses, and what that means for a report.

use std::fmt;

use crate::http::Response;
use crate::remote::{RemoteError, RemoteErrorKind, RequestInfo};

/// A request to GitHub that did not give what was asked for. Never holds a credential.
#[derive(Clone, Debug)]
pub struct GitHubError {
    /// What went wrong.
    pub refusal: Refusal,
    /// The request, if one was made.
    pub request: Option<RequestInfo>,
}

/// The classes of failure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The text is longer than GitHub takes (422).
    TooLong,
    /// Anything else.
    Other(RemoteErrorKind),
}

impl GitHubError {
    /// Whether the request may have been carried out although no answer says so.
    pub fn maybe_sent(&self) -> bool {
        matches!(
            self.refusal,
            Refusal::Other(RemoteErrorKind::Unavailable {
                maybe_sent: true,
                ..
            })
        )
    }

    /// Whether what the request named is not there, or not for this token.
    pub fn is_not_found(&self) -> bool {
        matches!(
            self.refusal,
            Refusal::Other(RemoteErrorKind::NotFound { .. })
        )
    }

    /// Whether GitHub understood and will not do it for this token or this conversation, so that the
    /// report has to go elsewhere: no permission, not found, locked, rejected, or too many requests.
    pub fn is_refusal(&self) -> bool {
        match &self.refusal {
            Refusal::TooLong => true,
            Refusal::Other(kind) => matches!(
                kind,
                RemoteErrorKind::Forbidden { .. }
                    | RemoteErrorKind::NotFound { .. }
                    | RemoteErrorKind::Rejected { .. }
                    | RemoteErrorKind::RateLimited { .. }
            ),
        }
    }
}

impl fmt::Display for GitHubError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("GitHub: ")?;
        match &self.refusal {
            Refusal::TooLong => f.write_str("the text is too long")?,
            Refusal::Other(kind) => kind.fmt(f)?,
        }
        match &self.request {
            Some(request) => write!(f, " [{request}]"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for GitHubError {}

impl From<RemoteError> for GitHubError {
    fn from(error: RemoteError) -> Self {
        Self {
            refusal: Refusal::Other(error.kind),
            request: error.request,
        }
    }
}

/// Whether an answer means "not now": GitHub says so with 403 as well as with 429 (REST API, Rate
/// limits; Best practices, Handle rate limit errors).
pub(super) fn is_rate_limit(response: &Response, message: &str) -> bool {
    if !matches!(response.status, 403 | 429) {
        return false;
    }
    let exhausted = response.header("x-ratelimit-remaining") == Some("0");
    let message = message.to_ascii_lowercase();
    response.header("retry-after").is_some()
        || exhausted
        || message.contains("secondary rate limit")
        || message.contains("rate limit exceeded")
}

/// What an answer other than 2xx means. `message` is GitHub's, without credentials.
pub(super) fn classify(response: &Response, message: String) -> Refusal {
    let reason = if message.is_empty() {
        format!("status {}", response.status)
    } else {
        message
    };
    let lower = reason.to_ascii_lowercase();
    Refusal::Other(match response.status {
        401 => RemoteErrorKind::Unauthenticated { answer: reason },
        _ if is_rate_limit(response, &reason) => RemoteErrorKind::RateLimited { reason },
        403 => RemoteErrorKind::Forbidden { reason },
        404 | 410 => RemoteErrorKind::NotFound { reason },
        422 if lower.contains("too long") => return Refusal::TooLong,
        300..=399 => RemoteErrorKind::NotFound {
            reason: "it has moved; the repository may have been renamed".to_owned(),
        },
        400..=499 => RemoteErrorKind::Rejected { code: None, reason },
        _ => RemoteErrorKind::Protocol { reason },
    })
}

#[cfg(test)]
mod tests {
    use reqwest::header::{HeaderMap, HeaderName, HeaderValue};

    use super::*;

    fn answer(status: u16, headers: &[(&'static str, &'static str)]) -> Response {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.insert(
                HeaderName::from_static(name),
                HeaderValue::from_static(value),
            );
        }
        Response {
            status,
            headers: map,
            body: Vec::new(),
        }
    }

    fn meaning(status: u16, headers: &[(&'static str, &'static str)], words: &str) -> &'static str {
        let refusal = classify(&answer(status, headers), words.to_owned());
        match refusal {
            Refusal::TooLong => "too long",
            Refusal::Other(RemoteErrorKind::Unauthenticated { .. }) => "unauthenticated",
            Refusal::Other(RemoteErrorKind::Forbidden { .. }) => "forbidden",
            Refusal::Other(RemoteErrorKind::NotFound { .. }) => "not found",
            Refusal::Other(RemoteErrorKind::RateLimited { .. }) => "rate limited",
            Refusal::Other(RemoteErrorKind::Rejected { .. }) => "rejected",
            Refusal::Other(_) => "other",
        }
    }

    #[test]
    fn every_status_has_its_meaning() {
        let by_integration = "Resource not accessible by integration";
        let long = "Validation Failed: body is too long (maximum is 65536 characters)";
        for (status, headers, words, expected) in [
            (401, &[][..], "Bad credentials", "unauthenticated"),
            (403, &[], by_integration, "forbidden"),
            (403, &[("retry-after", "60")], "", "rate limited"),
            (403, &[("x-ratelimit-remaining", "0")], "", "rate limited"),
            (
                403,
                &[],
                "You have exceeded a secondary rate limit",
                "rate limited",
            ),
            (404, &[], "Not Found", "not found"),
            (404, &[("retry-after", "60")], "Not Found", "not found"),
            (410, &[], "Issues are disabled", "not found"),
            (301, &[], "", "not found"),
            (422, &[], long, "too long"),
            (422, &[], "Validation Failed", "rejected"),
            (418, &[], "", "rejected"),
            (600, &[], "", "other"),
        ] {
            assert_eq!(
                meaning(status, headers, words),
                expected,
                "{status} {words}"
            );
        }
    }
}
