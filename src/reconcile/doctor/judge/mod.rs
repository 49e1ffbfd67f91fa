//! From facts to checks: pure functions, one for each step of a connection test.

mod answer;
mod fit;
mod permission;
mod process;
mod secret;
mod service;
mod way;

pub(super) use answer::{Asked, azure_devops_answer, no_answer, sign_in, testworthy_answer};
pub(super) use fit::{Wanted, mapping, missing_type, paths, suite};
pub(super) use permission::{Feature, not_checked, permission, project};
pub(super) use process::{field, forms_not_seen, process};
pub(super) use secret::{Expected, host, secret};
pub(super) use service::{capabilities, clock, rate, versions};
pub(super) use way::way;

use super::check::Cause;
use crate::remote::RemoteErrorKind;

/// What kind of trouble a failed request is.
fn cause(kind: &RemoteErrorKind) -> Cause {
    match kind {
        RemoteErrorKind::HostRefused { .. } => Cause::HostRefused,
        RemoteErrorKind::Unauthenticated { .. } | RemoteErrorKind::Forbidden { .. } => {
            Cause::Authentication
        }
        RemoteErrorKind::NotFound { .. } => Cause::Manifests,
        RemoteErrorKind::Unavailable { .. }
        | RemoteErrorKind::RateLimited { .. }
        | RemoteErrorKind::Rejected { .. }
        | RemoteErrorKind::Unsupported { .. }
        | RemoteErrorKind::Protocol { .. } => Cause::Unreachable,
    }
}

/// What to do about trouble that has nothing to do with what was asked for.
fn general_way_out(kind: &RemoteErrorKind) -> String {
    match kind {
        RemoteErrorKind::RateLimited { .. } => {
            "wait, then test again; other programs of the same user use up the same limit"
        }
        RemoteErrorKind::Unavailable { .. } => {
            "test again in a moment; if it stays, look at the system's status page or ask who runs it"
        }
        RemoteErrorKind::Protocol { .. } => {
            "check that the address leads to the system itself and not to a proxy or another server"
        }
        _ => "compare the address and the credential of the connection with the system's own settings",
    }
    .to_owned()
}

/// `text`, short enough for a line and without what drives a terminal.
fn shown(text: &str) -> String {
    const LONGEST: usize = 300;
    let text = crate::diagnostics::printable(text);
    if text.chars().count() <= LONGEST {
        return text.into_owned();
    }
    text.chars().take(LONGEST).chain("…".chars()).collect()
}
