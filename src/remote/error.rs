//! Why a request to one of the systems did not give what was asked for.

use std::fmt;

use crate::model::System;

/// A failed request, with enough for a person to act on. Never holds a credential.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{system}: {kind}{}", RequestSuffix(request.as_ref()))]
pub struct RemoteError {
    /// The system that was asked.
    pub system: System,
    /// What went wrong.
    pub kind: RemoteErrorKind,
    /// The request, if one was made.
    pub request: Option<RequestInfo>,
}

/// Which request it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestInfo {
    /// `GET`, `POST`, ...
    pub method: String,
    /// The address without its query.
    pub url: String,
    /// The answer's status, if there was one.
    pub status: Option<u16>,
    /// The server's own id for the request (`ActivityId`), for its support.
    pub activity_id: Option<String>,
}

impl fmt::Display for RequestInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method, self.url)?;
        if let Some(status) = self.status {
            write!(f, ", status {status}")?;
        }
        match &self.activity_id {
            Some(id) => write!(f, ", ActivityId {id}"),
            None => Ok(()),
        }
    }
}

/// The classes of failure; each has its own way out and its own exit code.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RemoteErrorKind {
    /// The host is not one that this credential may be sent to. No connection was made. Exit 5.
    #[error("the host {host} is not allowed")]
    HostRefused {
        /// Host and port.
        host: String,
    },
    /// The credential was not accepted. `answer` says in which way (401, sign-in page, redirect). Exit 8.
    #[error("the credential was not accepted ({answer})")]
    Unauthenticated {
        /// For example `status 203 with a sign-in page`.
        answer: String,
    },
    /// The credential is good but may not do this. Exit 8.
    #[error("no permission: {reason}")]
    Forbidden {
        /// The server's words.
        reason: String,
    },
    /// Nobody answered, or not in time, or only with 5xx, until the retries ran out. Exit 10.
    #[error("not reachable: {reason}")]
    Unavailable {
        /// The last failure.
        reason: String,
        /// Whether a request may have been received and carried out.
        maybe_sent: bool,
    },
    /// The server asked to wait longer than a request may take. Exit 10.
    #[error("rate limited: {reason}")]
    RateLimited {
        /// The server's words or the wait it asked for.
        reason: String,
    },
    /// It does not exist, or may not be seen.
    #[error("not found: {reason}")]
    NotFound {
        /// The server's words.
        reason: String,
    },
    /// The server refused the content for good (a 4xx).
    #[error("refused: {reason}")]
    Rejected {
        /// The server's stable name for the error (`typeKey`, or the code at the message's start).
        code: Option<String>,
        /// The server's words.
        reason: String,
    },
    /// The server does not offer this operation.
    #[error("{operation} is not offered by this server")]
    Unsupported {
        /// The operation's name.
        operation: String,
    },
    /// The answer is not what the protocol says.
    #[error("an answer that could not be read: {reason}")]
    Protocol {
        /// What was wrong with it.
        reason: String,
    },
}

impl RemoteErrorKind {
    /// What a server or a library said, which may repeat what it was sent; `None` where all words are
    /// Accord's own.
    pub fn words_mut(&mut self) -> Option<&mut String> {
        match self {
            Self::Unauthenticated { answer: words }
            | Self::Forbidden { reason: words }
            | Self::Unavailable { reason: words, .. }
            | Self::RateLimited { reason: words }
            | Self::NotFound { reason: words }
            | Self::Rejected { reason: words, .. }
            | Self::Protocol { reason: words } => Some(words),
            Self::HostRefused { .. } | Self::Unsupported { .. } => None,
        }
    }
}

struct RequestSuffix<'a>(Option<&'a RequestInfo>);

impl fmt::Display for RequestSuffix<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(request) => write!(f, " [{request}]"),
            None => Ok(()),
        }
    }
}
