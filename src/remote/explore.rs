//! What Accord asks of the two systems beside the items: who am I, what may I do, what is there. For
//! connection tests and for schemas with live values; nothing here writes.

use std::collections::BTreeMap;

use async_trait::async_trait;
use jiff::Timestamp;

use super::{CaseScope, ReadAzureDevOps, ReadTestWorthy, RemoteError, RemoteErrorKind};
use crate::model::WorkItemType;

/// How a system answered the first request of a connection test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Greeting {
    /// The status.
    pub status: u16,
    /// The answer's own `Date`, to the second.
    pub date: Option<Timestamp>,
    /// Whether the answer carries something that only this system sends. `None` where nothing is known
    /// that would tell.
    pub recognised: Option<bool>,
    /// The title of the page for people that came in place of data; empty if it has none.
    pub page: Option<String>,
    /// Whether that page asks for a sign-in.
    pub asks_to_sign_in: bool,
    /// What the answer means.
    pub outcome: Result<Identity, RemoteErrorKind>,
}

/// Who the server takes the caller for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Identity {
    /// The name that is shown; `None` where the server does not tell.
    pub display_name: Option<String>,
    /// Whether it is nobody: an organisation with public projects answers everyone.
    pub anonymous: bool,
    /// `hosted` for the service, `onPremises` for a server of one's own.
    pub deployment: Option<String>,
}

/// A work item type with the words that explain its fields.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DescribedType {
    /// The type.
    pub work_item_type: WorkItemType,
    /// Help texts by reference name, where there are any.
    pub help: BTreeMap<String, String>,
}

/// One of the two trees of a project.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PathTree {
    /// Areas.
    Areas,
    /// Iterations.
    Iterations,
}

/// Looking around in one Azure DevOps organisation and project. Each call is one request unless it says
/// otherwise.
#[async_trait]
pub trait ExploreAzureDevOps: ReadAzureDevOps {
    /// Asks who the caller is. `Err` only if there was no answer to judge.
    async fn greet(&self) -> Result<Greeting, RemoteError>;

    /// Asks for the connection's project. [`RemoteErrorKind::NotFound`] if there is none that the caller
    /// may see, [`RemoteErrorKind::Forbidden`] if the token may not ask.
    async fn project(&self) -> Result<(), RemoteError>;

    /// The names of the organisation's projects, at most 1,000, sorted.
    async fn projects(&self) -> Result<Vec<String>, RemoteError>;

    /// Whether work items of the project may be queried; asks for one id.
    async fn may_query(&self) -> Result<(), RemoteError>;

    /// The names of the project's work item types that are in use, in the server's order.
    async fn work_item_types(&self) -> Result<Vec<String>, RemoteError>;

    /// A work item type with its help texts; as many requests as [`ReadAzureDevOps::work_item_type`].
    async fn describe(&self, name: &str) -> Result<DescribedType, RemoteError>;
}

/// Looking around in one TestWorthy project.
#[async_trait]
pub trait ExploreTestWorthy: ReadTestWorthy {
    /// Asks for something in `scope` (the cases of a suite, the project), or for the suites without one,
    /// and judges the answer whatever it is. `Err` only if there was no answer to judge.
    async fn greet(&self, scope: Option<CaseScope>) -> Result<Greeting, RemoteError>;
}
