//! What Accord asks of TestWorthy.

use std::collections::BTreeMap;
use std::fmt;

use async_trait::async_trait;
use tokio::sync::mpsc::Sender;

use super::{IntegrationSettings, RemoteError, RemoteErrorKind};
use crate::model::{Case, CaseId, ClockOffset, SectionId, SuiteId, System, Value};

/// How sure it is that a server offers an operation. Reads are probed; writes never are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verification {
    /// It answered.
    Verified,
    /// Documented or inferred, not tried yet.
    Assumed,
    /// It answered that it does not offer it.
    Absent,
}

/// What a TestWorthy server and surface can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TestWorthyCapabilities {
    /// Listing suites.
    pub suites: Verification,
    /// Listing sections, hence full section paths.
    pub sections: Verification,
    /// Reading one case.
    pub get_case: Verification,
    /// Creating cases.
    pub create: Verification,
    /// Updating cases.
    pub update: Verification,
    /// Closing or deleting cases.
    pub close: Verification,
    /// TestWorthy's own Azure DevOps settings.
    pub integration: Verification,
    /// Whether cases carry references, hence markers.
    pub refs: bool,
    /// The only fields that cases have, by manifest name; `None` for all of
    /// [`crate::model::CASE_FIELDS`].
    pub fields: Option<&'static [&'static str]>,
}

/// Which cases to list: surfaces with suites list by suite, the others their whole project.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CaseScope {
    /// The cases of a suite.
    Suite(SuiteId),
    /// The cases of the connection's project.
    Project,
}

impl CaseScope {
    /// The listing that holds a case.
    pub fn of(case: &Case) -> Self {
        case.suite.map_or(Self::Project, Self::Suite)
    }
}

impl fmt::Display for CaseScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Suite(id) => write!(f, "suite {id}"),
            Self::Project => f.write_str("the project"),
        }
    }
}

/// A suite.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suite {
    /// Its id.
    pub id: SuiteId,
    /// Its name.
    pub name: String,
    /// Its project.
    pub project: Option<u64>,
}

/// A section.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    /// Its id.
    pub id: SectionId,
    /// Its name.
    pub name: String,
    /// The section that holds it.
    pub parent: Option<SectionId>,
}

/// The cases of a suite or a project.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CaseListing {
    /// The cases, by id.
    pub cases: BTreeMap<CaseId, Case>,
    /// Why the listing may lack some, if it may: then nothing is created or deleted on its strength.
    pub incomplete: Option<String>,
}

/// What a server says about one case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CaseRead {
    /// It is there.
    Present(Box<Case>),
    /// The server refuses the id (400, documented for unknown and foreign ids alike).
    Refused,
    /// It does not exist (404, on a surface where that is told apart from a refusal).
    Missing,
}

/// Reading from one TestWorthy project.
#[async_trait]
pub trait ReadTestWorthy: Send + Sync {
    /// What the server can do, as known so far.
    fn capabilities(&self) -> TestWorthyCapabilities;

    /// Checks that the credential works by asking for `scope`, and probes the optional reads.
    async fn check(&self, scope: CaseScope) -> Result<(), RemoteError>;

    /// All suites; [`super::RemoteErrorKind::Unsupported`] where the server lists none.
    async fn suites(&self) -> Result<Vec<Suite>, RemoteError>;

    /// All sections of a suite; [`super::RemoteErrorKind::Unsupported`] where the server lists none.
    async fn sections(&self, suite: SuiteId) -> Result<Vec<Section>, RemoteError>;

    /// All cases of a suite or of the project, with section paths as full as the server allows;
    /// [`super::RemoteErrorKind::Unsupported`] for a scope that the surface does not know.
    async fn cases(&self, scope: CaseScope) -> Result<CaseListing, RemoteError>;

    /// As [`Self::cases`], but hands the cases over as they come, a few at a time and each once, and
    /// gives only why some may be missing: what was looked at need not be kept. Whoever drops the other
    /// end of `pages` has seen enough.
    async fn cases_in_pages(
        &self,
        scope: CaseScope,
        pages: Sender<Vec<Case>>,
    ) -> Result<Option<String>, RemoteError> {
        let CaseListing { cases, incomplete } = self.cases(scope).await?;
        // Nobody waits for them any more: nothing is left to do.
        let _ = pages.send(cases.into_values().collect()).await;
        Ok(incomplete)
    }

    /// One case; [`super::RemoteErrorKind::Unsupported`] where the server cannot read one.
    async fn case(&self, id: CaseId) -> Result<CaseRead, RemoteError>;

    /// Why a write of these values (by manifest name, and the whole reference list) would be refused
    /// before it is sent: a name that no list of the server holds, a value of the wrong kind. `None` if
    /// nothing speaks against it. Lists may be asked for; nothing else is.
    async fn objection(
        &self,
        fields: &BTreeMap<String, Value>,
        refs: Option<&[String]>,
    ) -> Result<Option<String>, RemoteError> {
        let _ = (fields, refs);
        Ok(None)
    }

    /// How far the server's clock is from ours, as its last answers said; `None` before the first one.
    fn clock(&self) -> Option<ClockOffset> {
        None
    }

    /// TestWorthy's own Azure DevOps settings, those of other projects included;
    /// [`super::RemoteErrorKind::Unsupported`] where the server offers none.
    async fn integrations(&self) -> Result<Vec<IntegrationSettings>, RemoteError> {
        Err(no_integrations())
    }
}

/// Writing to one TestWorthy project. Every call is sent once and never repeated here.
#[async_trait]
pub trait WriteTestWorthy: ReadTestWorthy {
    /// Creates a case; the server's own answer.
    async fn create_case(&self, draft: &CaseDraft) -> Result<Case, RemoteError>;

    /// Changes a case; the server's own answer, read back if the write's answer does not carry it.
    async fn update_case(&self, id: CaseId, patch: &CasePatch) -> Result<Case, RemoteError>;

    /// The section at this path (names from the outermost on), created where it is missing.
    async fn ensure_section(
        &self,
        suite: SuiteId,
        path: &[String],
    ) -> Result<SectionId, RemoteError>;

    /// Creates or replaces the configuration with this name in this project; never sends a credential
    /// of Azure DevOps. [`super::RemoteErrorKind::Unsupported`] where the server offers none.
    async fn put_integration(&self, settings: &IntegrationSettings) -> Result<(), RemoteError> {
        let _ = settings;
        Err(no_integrations())
    }
}

fn no_integrations() -> RemoteError {
    RemoteError {
        system: System::TestWorthy,
        kind: RemoteErrorKind::Unsupported {
            operation: "managing TestWorthy's Azure DevOps settings".to_owned(),
        },
        request: None,
    }
}

/// A case to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseDraft {
    /// The suite to create it in.
    pub suite: SuiteId,
    /// The section to create it in.
    pub section: Option<SectionId>,
    /// References, the `AB#<work item>` mark included.
    pub refs: Vec<String>,
    /// Values by manifest name, `refs` left out.
    pub fields: BTreeMap<String, Value>,
}

/// A change of a case.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CasePatch {
    /// New values by manifest name; `Null` clears. `refs` left out.
    pub fields: BTreeMap<String, Value>,
    /// The whole new reference list, if it changes.
    pub refs: Option<Vec<String>>,
}

impl CasePatch {
    /// Whether it changes nothing.
    pub fn is_empty(&self) -> bool {
        self.fields.is_empty() && self.refs.is_none()
    }
}
