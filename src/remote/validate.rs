//! What Accord asks of Azure DevOps in a test sync: what it would make of a write, without the write.

use async_trait::async_trait;

use super::{ReadAzureDevOps, RemoteError, WorkItemWrite};
use crate::model::{Rev, WorkItem, WorkItemId};

/// Reading from one Azure DevOps project, and asking what it would make of writes. Nothing that this
/// offers stores anything: there is no method that writes.
#[async_trait]
pub trait ValidateAzureDevOps: ReadAzureDevOps {
    /// Finds out whether the server heeds `validateOnly`, by requests that no server can carry out.
    /// `Ok(Err(_))` says why it could not be shown.
    async fn evidence(&self) -> Result<Result<Evidence, String>, RemoteError>;

    /// Sends one write with `validateOnly=true`; two requests at most. `Err` is about the request and
    /// not about the write: no answer, no permission, an answer that cannot be read.
    async fn validate(
        &self,
        evidence: Evidence,
        write: &WorkItemWrite,
    ) -> Result<Validation, RemoteError>;
}

/// Why a server may be sent writes that it is only to validate: without one, nothing can be validated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Evidence {
    /// It is the service itself, where `validateOnly` is documented since version 4.1 (Microsoft Learn,
    /// Work Items - Create and Work Items - Update).
    Documented,
    /// It was shown to read the parameter.
    Shown,
    /// The operator says so.
    Assumed,
}

impl Evidence {
    /// In a few words, for people.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Documented => "Azure DevOps Services documents that it heeds validateOnly",
            Self::Shown => "the server was shown to read validateOnly",
            Self::Assumed => "you say that the server heeds validateOnly",
        }
    }
}

/// What the server makes of a write.
#[derive(Clone, Debug)]
pub enum Validation {
    /// It would carry it out.
    Accepted(Box<WouldBe>),
    /// The item is not at the expected revision any more; nothing can be said.
    Stale(RemoteError),
    /// It would refuse it.
    Objected(Objection),
}

/// The item as it would be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WouldBe {
    /// The item; its id is 0 for a create, because there is none.
    pub item: WorkItem,
    /// The id of an item that the server made all the same. Servers that heed `validateOnly` answer a
    /// create with no id or with -1.
    pub stored_as: Option<WorkItemId>,
}

impl WouldBe {
    /// Whether this answer to `write` looks as if the server had carried it out. What is only validated
    /// keeps its revision.
    pub fn looks_stored(&self, write: &WorkItemWrite) -> bool {
        match write {
            WorkItemWrite::Create(_) => self.stored_as.is_some(),
            WorkItemWrite::Update {
                rev: Rev(before), ..
            } => self.item.rev.0 > *before,
        }
    }
}

/// Why the server would refuse a write.
#[derive(Clone, Debug)]
pub struct Objection {
    /// Its words, with the request.
    pub error: RemoteError,
    /// The fields that it names, by reference name; empty if it names none.
    pub fields: Vec<String>,
}
