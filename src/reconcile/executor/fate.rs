//! What a failed write means for what may be done next.

use crate::remote::{RemoteError, RemoteErrorKind};

/// What a failed write means for what may be done next.
pub(super) enum Fate {
    /// Refused for good: nothing was written.
    Refused,
    /// Nothing was written, and nothing more will be.
    NotSent,
    /// It may have been carried out.
    Unknown,
}

pub(super) fn classify(error: &RemoteError) -> Fate {
    match &error.kind {
        RemoteErrorKind::Rejected { .. }
        | RemoteErrorKind::NotFound { .. }
        | RemoteErrorKind::Unsupported { .. } => Fate::Refused,
        RemoteErrorKind::Unavailable {
            maybe_sent: true, ..
        }
        | RemoteErrorKind::Protocol { .. } => Fate::Unknown,
        RemoteErrorKind::Unavailable {
            maybe_sent: false, ..
        }
        | RemoteErrorKind::HostRefused { .. }
        | RemoteErrorKind::Unauthenticated { .. }
        | RemoteErrorKind::Forbidden { .. }
        | RemoteErrorKind::RateLimited { .. } => Fate::NotSent,
    }
}
