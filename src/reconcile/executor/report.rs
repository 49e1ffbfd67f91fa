//! What became of an apply.

use crate::model::RunId;
use crate::reconcile::ReconcileError;
use crate::remote::RemoteErrorKind;

/// What an apply did.
#[derive(Debug)]
pub struct ApplyReport {
    /// The run.
    pub run: RunId,
    /// Operations that were carried out and recorded.
    pub applied: u64,
    /// Operations that were not, each with its reason.
    pub failures: Vec<Failure>,
    /// What ended a rule early.
    pub errors: Vec<ReconcileError>,
    /// Worth knowing and no failure: a source that refused its marker.
    pub notes: Vec<String>,
    /// Links of rules that the manifests no longer hold.
    pub forgotten: u64,
    /// Whether somebody asked to stop.
    pub stopped: bool,
}

impl Default for ApplyReport {
    fn default() -> Self {
        Self {
            run: RunId(String::new()),
            applied: 0,
            failures: Vec::new(),
            errors: Vec::new(),
            notes: Vec::new(),
            forgotten: 0,
            stopped: false,
        }
    }
}

/// An operation that was not carried out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The source item's address.
    pub address: String,
    /// Its class.
    pub kind: FailureKind,
    /// What happened and what comes next.
    pub message: String,
}

/// Why an operation was not carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FailureKind {
    /// The target changed between plan and write; the next plan takes it up.
    Stale,
    /// The server refused it for good; the item is in quarantine.
    Refused,
    /// It could not be found out whether the server carried it out; the next run looks it up.
    Unanswered,
    /// It was not sent, or the server did not get to it.
    NotRun,
}

impl FailureKind {
    /// The word that JSON uses for it.
    pub fn key(self) -> &'static str {
        match self {
            Self::Stale => "stale",
            Self::Refused => "refused",
            Self::Unanswered => "unanswered",
            Self::NotRun => "notRun",
        }
    }
}

impl ApplyReport {
    /// The exit code of DESIGN section 3 for this report: 9 as soon as something was left undone after
    /// something was written, otherwise the code of the first error.
    pub fn exit_code(&self) -> u8 {
        let first = self.errors.first().map(exit_code);
        match (self.failures.is_empty(), first) {
            (true, None) => 0,
            (true, Some(code)) if self.applied == 0 => code,
            (false, Some(code)) if self.applied == 0 && self.only_not_run() => code,
            _ => 9,
        }
    }

    fn only_not_run(&self) -> bool {
        self.failures
            .iter()
            .all(|failure| failure.kind == FailureKind::NotRun)
    }
}

/// The exit code of a failed command.
pub(crate) fn exit_code(error: &ReconcileError) -> u8 {
    match error {
        ReconcileError::Remote { error, .. } => match error.kind {
            RemoteErrorKind::HostRefused { .. } => 5,
            RemoteErrorKind::Unauthenticated { .. } | RemoteErrorKind::Forbidden { .. } => 8,
            RemoteErrorKind::Unavailable { .. } | RemoteErrorKind::RateLimited { .. } => 10,
            RemoteErrorKind::NotFound { .. }
            | RemoteErrorKind::Rejected { .. }
            | RemoteErrorKind::Unsupported { .. }
            | RemoteErrorKind::Protocol { .. } => 1,
        },
        ReconcileError::Secret(_) => 8,
        ReconcileError::Store(crate::store::StoreError::Locked { .. }) => 7,
        ReconcileError::Store(_) => 1,
        ReconcileError::Findings(_) => 4,
        ReconcileError::Internal(_) => 70,
        ReconcileError::Stopped => 130,
    }
}
