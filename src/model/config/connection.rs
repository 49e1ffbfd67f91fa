//! A pair of places that rules keep in step, and references to the secrets that open them.

use std::collections::BTreeSet;
use std::path::PathBuf;

use indexmap::IndexMap;
use jiff::tz::TimeZone;
use url::Url;

use super::{Operations, Origin};
use crate::model::{CaseId, Name, WorkItem};

/// A checked `Connection`.
#[derive(Clone, Debug)]
pub struct Connection {
    /// `metadata.name`.
    pub name: Name,
    /// The TestWorthy side.
    pub testworthy: TestWorthyConnection,
    /// The Azure DevOps side.
    pub azure_devops: AzureDevOpsConnection,
    /// People: TestWorthy e-mail address to the name that Azure DevOps knows them by.
    pub users: IndexMap<String, String>,
    /// Where it is declared.
    pub origin: Origin,
}

/// The TestWorthy side of a connection.
#[derive(Clone, Debug)]
pub struct TestWorthyConnection {
    /// Base address, without a trailing slash in its path.
    pub url: Url,
    /// The surface, with what opens it.
    pub surface: TestWorthySurface,
    /// For timestamps without an offset.
    pub time_zone: TimeZone,
    /// Template of the address that a person opens for a case: `{url}` and `{case_id}`.
    pub case_url: String,
    /// Cap in requests per second; `None` adapts.
    pub rate: Option<f64>,
    /// Whether TestWorthy's own Azure DevOps settings are managed.
    pub integration: Integration,
}

/// One of the two HTTP surfaces of TestWorthy, with what opens it.
#[derive(Clone, Debug)]
pub enum TestWorthySurface {
    /// `/api/tests/*` with three headers: suites, sections, references, every field.
    Automation {
        /// Sent as `X-USER-EMAIL`.
        user_email: TextOrSecret,
        /// Sent as `X-TMA-KEY`.
        api_key: SecretRef,
        /// Sent as `X-PROJECT-KEY`.
        project_key: SecretRef,
        /// Overridden operation paths.
        operations: Operations,
    },
    /// `/v1/*` with a bearer token: one project, few fields, no references; cases are never created.
    V1 {
        /// Sent as `Authorization: Bearer`.
        token: SecretRef,
        /// The project.
        project_id: u64,
    },
}

/// What is done with TestWorthy's own Azure DevOps settings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Integration {
    /// Nothing.
    #[default]
    Ignore,
    /// The configuration that carries the connection's name is kept as declared.
    Manage,
}

impl TestWorthyConnection {
    /// Whether it is reached over the surface `v1`.
    pub fn is_v1(&self) -> bool {
        matches!(self.surface, TestWorthySurface::V1 { .. })
    }

    /// Whether cases carry references, hence Accord's `AB#n`.
    pub fn keeps_references(&self) -> bool {
        matches!(self.surface, TestWorthySurface::Automation { .. })
    }

    /// Secrets that open it, with the manifest key that names each.
    pub fn secrets(&self) -> Vec<(&'static str, &SecretRef)> {
        match &self.surface {
            TestWorthySurface::Automation {
                user_email,
                api_key,
                project_key,
                ..
            } => {
                let email = match user_email {
                    TextOrSecret::Secret(reference) => Some(("testworthy.userEmail", reference)),
                    TextOrSecret::Text(_) => None,
                };
                let keys = [
                    ("testworthy.apiKey", api_key),
                    ("testworthy.projectKey", project_key),
                ];
                email.into_iter().chain(keys).collect()
            }
            TestWorthySurface::V1 { token, .. } => vec![("testworthy.token", token)],
        }
    }

    /// The address of a case: what a person opens, and what a marker points to.
    pub fn case_url(&self, case: CaseId) -> String {
        self.case_url
            .replace("{url}", self.url.as_str().trim_end_matches('/'))
            .replace("{case_id}", &case.to_string())
    }

    /// Cases of this server that the markers on a work item name. A marker of another server may carry
    /// the same number and means nothing here.
    pub fn marked_cases(&self, item: &WorkItem) -> BTreeSet<CaseId> {
        item.markers()
            .into_iter()
            .filter(|marker| {
                marker.url == self.case_url(marker.case)
                    || Url::parse(&marker.url).is_ok_and(|url| url.origin() == self.url.origin())
            })
            .map(|marker| marker.case)
            .collect()
    }
}

/// The Azure DevOps side of a connection.
#[derive(Clone, Debug)]
pub struct AzureDevOpsConnection {
    /// `https://dev.azure.com/contoso`, without a trailing slash in its path.
    pub organization_url: Url,
    /// The project's name.
    pub project: String,
    /// What opens it.
    pub credential: AzureDevOpsCredential,
}

/// What opens an organisation of Azure DevOps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AzureDevOpsCredential {
    /// A personal access token.
    PersonalAccessToken(SecretRef),
    /// The identity of the workload itself: no secret is stored anywhere.
    WorkloadIdentity(WorkloadIdentity),
}

/// An application of Microsoft Entra that trusts the identity tokens of GitHub Actions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkloadIdentity {
    /// The directory: its id, or one of its domains.
    pub tenant_id: String,
    /// The application's id.
    pub client_id: String,
}

impl From<SecretRef> for AzureDevOpsCredential {
    fn from(token: SecretRef) -> Self {
        Self::PersonalAccessToken(token)
    }
}

/// Where a secret comes from. The secret itself is never part of the configuration.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum SecretRef {
    /// An environment variable.
    Env(String),
    /// A file below `ACCORD_SECRETS_DIR`.
    File(PathBuf),
}

/// A value that may stand in the manifest or come from a reference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TextOrSecret {
    /// Written out.
    Text(String),
    /// Referred to.
    Secret(SecretRef),
}
