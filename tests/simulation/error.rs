//! Errors as the adapters make them.

use accord::model::System;
use accord::remote::{RemoteError, RemoteErrorKind};

pub(crate) fn azure_devops(kind: RemoteErrorKind) -> RemoteError {
    error(System::AzureDevOps, kind)
}

pub(crate) fn testworthy(kind: RemoteErrorKind) -> RemoteError {
    error(System::TestWorthy, kind)
}

pub(crate) fn error(system: System, kind: RemoteErrorKind) -> RemoteError {
    RemoteError {
        system,
        kind,
        request: None,
    }
}

pub(crate) fn rejected(reason: &str) -> RemoteErrorKind {
    RemoteErrorKind::Rejected {
        code: None,
        reason: reason.to_owned(),
    }
}

pub(crate) fn unsupported(operation: &str) -> RemoteErrorKind {
    RemoteErrorKind::Unsupported {
        operation: operation.to_owned(),
    }
}
