//! From a connection in the configuration to the systems behind it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use secrecy::SecretString;
use url::Url;

use super::error::{Carried, ReconcileError};
use super::secret::{self, Environment, SecretError};
use crate::http::probe::{ProbeLimits, Way, walk};
use crate::model::config::{
    AzureDevOpsCredential, Connection, Operations, TestWorthySurface, WorkloadIdentity,
};
use crate::model::{Endpoints, Name, System};
use crate::remote::{
    ExploreTestWorthy, ReadAzureDevOps, ReadProcess, ReadTestWorthy, RemoteError,
    ValidateAzureDevOps, WriteAzureDevOps, WriteProcess, WriteTestWorthy,
};
use crate::{azure_devops, http, testworthy};

/// The key of a workload identity.
pub(crate) const ENTRA: &str = "azureDevOps.entra";

/// The sign-in service, unless `AZURE_AUTHORITY_HOST` names another one.
const SIGN_IN: &str = "https://login.microsoftonline.com";

/// Where a job of GitHub Actions gets its identity token, and what opens that.
pub(super) const OIDC_VARIABLES: (&str, &str) = (
    "ACTIONS_ID_TOKEN_REQUEST_URL",
    "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
);

/// Both systems of a connection, for reading.
#[derive(Clone)]
pub struct Readers {
    /// TestWorthy.
    pub testworthy: Arc<dyn ReadTestWorthy>,
    /// Azure DevOps.
    pub azure_devops: Arc<dyn ReadAzureDevOps>,
    /// The process of its project.
    pub process: Arc<dyn ReadProcess>,
}

/// Both systems of a connection, for writing.
#[derive(Clone)]
pub struct Writers {
    /// TestWorthy.
    pub testworthy: Arc<dyn WriteTestWorthy>,
    /// Azure DevOps.
    pub azure_devops: Arc<dyn WriteAzureDevOps>,
    /// The process of its project.
    pub process: Arc<dyn WriteProcess>,
}

/// Both systems of a connection, for a test sync: nothing here writes.
#[derive(Clone)]
pub struct Validators {
    /// TestWorthy, which has no call that only validates.
    pub testworthy: Arc<dyn ReadTestWorthy>,
    /// Azure DevOps.
    pub azure_devops: Arc<dyn ValidateAzureDevOps>,
}

/// How to reach the systems of a connection.
pub trait Remotes: Send + Sync {
    /// For planning.
    fn readers(&self, connection: &Connection) -> Result<Readers, ReconcileError>;

    /// For a test sync.
    fn validators(&self, connection: &Connection) -> Result<Validators, ReconcileError>;

    /// For applying.
    fn writers(&self, connection: &Connection) -> Result<Writers, ReconcileError>;
}

/// The places that a connection's links belong to.
pub fn endpoints(connection: &Connection) -> Endpoints {
    let place = |url: &Url, with_path: bool| {
        let mut text = url.host_str().unwrap_or_default().to_owned();
        if let Some(port) = url.port() {
            text.push(':');
            text.push_str(&port.to_string());
        }
        if with_path {
            text.push_str(url.path().trim_end_matches('/'));
        }
        text.to_lowercase()
    };
    Endpoints {
        testworthy: place(&connection.testworthy.url, true),
        azure_devops: place(&connection.azure_devops.organization_url, true),
    }
}

/// The systems over HTTP. Clients are made once per connection and share one budget per identity.
pub struct HttpRemotes {
    environment: Arc<dyn Environment>,
    allow: http::AllowList,
    offline: bool,
    timeouts: http::Timeouts,
    notice: Option<Arc<http::Notice>>,
    made: Mutex<BTreeMap<Name, Clients>>,
}

#[derive(Clone)]
struct Clients {
    testworthy: http::Client,
    azure_devops: http::Client,
}

impl HttpRemotes {
    /// Over this environment's secrets, to these hosts only. `offline` refuses every request.
    pub fn new(environment: Arc<dyn Environment>, allow: http::AllowList, offline: bool) -> Self {
        Self {
            environment,
            allow,
            offline,
            timeouts: http::Timeouts::default(),
            notice: None,
            made: Mutex::new(BTreeMap::new()),
        }
    }

    /// For a connection test: nothing is sent twice, and a silent server is given up after `patience`,
    /// or sooner.
    #[must_use]
    pub fn probing(mut self, patience: Duration) -> Self {
        let most = |seconds| Duration::from_secs(seconds).min(patience);
        self.timeouts = http::Timeouts {
            connect: most(3),
            read: most(10),
            total: most(15),
            retries: most(5),
            once: true,
            ..self.timeouts
        };
        self
    }

    /// The way to a system of a connection, step by step; `None` for `--offline`.
    pub(super) async fn walk(&self, system: System, url: &Url) -> Option<Result<Way, RemoteError>> {
        if self.offline {
            return None;
        }
        let limits = ProbeLimits::default();
        let limits = ProbeLimits {
            lookup: limits.lookup.min(self.timeouts.read),
            connect: limits.connect.min(self.timeouts.connect),
            handshake: limits.handshake.min(self.timeouts.read),
        };
        Some(walk(&self.allow, system, url, limits).await)
    }

    /// Whether the credentials of a system may go to this address.
    pub(super) fn allowed(&self, system: System, url: &Url) -> Result<(), RemoteError> {
        self.allow.check(system, url)
    }

    /// Where secrets come from.
    pub(super) fn environment(&self) -> &dyn Environment {
        self.environment.as_ref()
    }

    /// Both sides of a connection for looking around.
    pub(super) fn explorers(
        &self,
        connection: &Connection,
    ) -> Result<(azure_devops::Reader, Arc<dyn ExploreTestWorthy>), ReconcileError> {
        let clients = self.clients(connection)?;
        let reader = azure_devops::Reader::new(&connection.azure_devops, clients.azure_devops);
        Ok((reader, testworthy_explorer(connection, clients.testworthy)?))
    }

    /// The Azure DevOps side of a connection for looking around, with its transport.
    pub(super) fn explore_azure_devops(
        &self,
        connection: &Connection,
    ) -> Result<(azure_devops::Reader, http::Client), ReconcileError> {
        let client = self.azure_devops_client(connection)?;
        let reader = azure_devops::Reader::new(&connection.azure_devops, client.clone());
        Ok((reader, client))
    }

    /// The TestWorthy side of a connection for looking around, with its transport.
    pub(super) fn explore_testworthy(
        &self,
        connection: &Connection,
    ) -> Result<(Arc<dyn ExploreTestWorthy>, http::Client), ReconcileError> {
        let client = self.testworthy_client(connection)?;
        let reader = testworthy_explorer(connection, client.clone())?;
        Ok((reader, client))
    }

    /// With another patience than the usual one.
    #[must_use]
    pub fn with_timeouts(mut self, timeouts: http::Timeouts) -> Self {
        self.timeouts = timeouts;
        self
    }

    /// With somebody to tell when a system keeps not answering.
    #[must_use]
    pub fn with_notice(mut self, notice: Arc<http::Notice>) -> Self {
        self.notice = Some(notice);
        self
    }

    /// What the transports of all connections have done so far.
    pub fn counters(&self) -> Vec<(Name, System, http::Counters)> {
        let made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        made.iter()
            .flat_map(|(name, clients)| {
                [
                    (
                        name.clone(),
                        System::TestWorthy,
                        clients.testworthy.counters(),
                    ),
                    (
                        name.clone(),
                        System::AzureDevOps,
                        clients.azure_devops.counters(),
                    ),
                ]
            })
            .collect()
    }

    fn clients(&self, connection: &Connection) -> Result<Clients, ReconcileError> {
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(clients) = made.get(&connection.name) {
            return Ok(clients.clone());
        }
        let clients = Clients {
            testworthy: self.testworthy_client(connection)?,
            azure_devops: self.azure_devops_client(connection)?,
        };
        made.insert(connection.name.clone(), clients.clone());
        Ok(clients)
    }

    /// A host that may not have a credential is refused before the credential is even read.
    fn check_host(
        &self,
        connection: &Connection,
        system: System,
        url: &Url,
    ) -> Result<(), ReconcileError> {
        self.allow
            .check(system, url)
            .map_err(|error| remote_error(connection, error))
    }

    fn testworthy_client(&self, connection: &Connection) -> Result<http::Client, ReconcileError> {
        let side = &connection.testworthy;
        self.check_host(connection, System::TestWorthy, &side.url)?;
        let environment = self.environment.as_ref();
        let name = &connection.name;
        let resolve = |key, reference| secret::resolve(environment, name, key, reference);
        let credentials = match &side.surface {
            TestWorthySurface::Automation {
                user_email,
                api_key,
                project_key,
                ..
            } => testworthy::credential_headers(
                secret::resolve_text(environment, name, "testworthy.userEmail", user_email)?,
                resolve("testworthy.apiKey", api_key)?,
                resolve("testworthy.projectKey", project_key)?,
            ),
            TestWorthySurface::V1 { token, .. } => {
                let token = resolve("testworthy.token", token)?;
                vec![testworthy::v1::credential_header(&token)]
            }
        };
        self.client(
            connection,
            System::TestWorthy,
            credentials,
            Vec::new(),
            side.rate,
        )
    }

    fn azure_devops_client(&self, connection: &Connection) -> Result<http::Client, ReconcileError> {
        let side = &connection.azure_devops;
        self.check_host(connection, System::AzureDevOps, &side.organization_url)?;
        let (credentials, tokens) = match &side.credential {
            AzureDevOpsCredential::PersonalAccessToken(reference) => {
                let key = "azureDevOps.personalAccessToken";
                let environment = self.environment.as_ref();
                let pat = secret::resolve(environment, &connection.name, key, reference)?;
                (vec![azure_devops::credential_header(&pat)], None)
            }
            AzureDevOpsCredential::WorkloadIdentity(identity) => (
                Vec::new(),
                Some(self.workload_tokens(connection, identity)?),
            ),
        };
        let client = self.client(
            connection,
            System::AzureDevOps,
            credentials,
            azure_devops::default_headers(),
            None,
        )?;
        Ok(match tokens {
            Some(tokens) => client.with_bearer(Arc::new(tokens)),
            None => client,
        })
    }

    /// The sign-in of a job of GitHub Actions, from the runner's variables. No manifest can name those,
    /// nor the sign-in service.
    fn workload_tokens(
        &self,
        connection: &Connection,
        identity: &WorkloadIdentity,
    ) -> Result<azure_devops::EntraTokens, ReconcileError> {
        let missing = |name: &str, reason| SecretError {
            connection: connection.name.clone(),
            key: ENTRA,
            reference: format!("environment variable {name}"),
            reason,
        };
        let variable = |name: &str| {
            let value = self.environment.variable(name).unwrap_or_default();
            let value = value.trim().to_owned();
            (!value.is_empty()).then_some(value).ok_or_else(|| {
                missing(
                    name,
                    "it is not set, as in a job without `permissions: { id-token: write }`",
                )
            })
        };
        let address = |name: &str, text: String| {
            let url = Url::parse(&text).ok().filter(Url::has_host);
            url.ok_or_else(|| missing(name, "it is not an address"))
        };
        let authority = "AZURE_AUTHORITY_HOST";
        let (request, token) = OIDC_VARIABLES;
        let options = azure_devops::EntraOptions {
            identity: identity.clone(),
            authority: match variable(authority) {
                Ok(text) => address(authority, text)?,
                Err(_) => Url::parse(SIGN_IN).expect("a constant address"),
            },
            request_url: address(request, variable(request)?)?,
            request_token: SecretString::from(variable(token)?),
            allow: self.allow.clone(),
            timeouts: self.timeouts,
            offline: self.offline,
            notice: self.notice.clone(),
        };
        azure_devops::EntraTokens::new(options).map_err(|error| remote_error(connection, error))
    }

    fn client(
        &self,
        connection: &Connection,
        system: System,
        credentials: Vec<http::SecretHeader>,
        default_headers: Vec<(&'static str, String)>,
        rate: Option<f64>,
    ) -> Result<http::Client, ReconcileError> {
        let options = http::ClientOptions {
            system,
            allow: self.allow.clone(),
            credentials,
            default_headers,
            rate,
            timeouts: self.timeouts,
            offline: self.offline,
        };
        let mut client =
            http::Client::new(options).map_err(|error| remote_error(connection, error))?;
        if system == System::AzureDevOps {
            client = client.with_busy(azure_devops::is_busy);
        }
        if let Some(notice) = &self.notice {
            client = client.with_notice(Arc::clone(notice));
        }
        Ok(client)
    }
}

impl Remotes for HttpRemotes {
    fn readers(&self, connection: &Connection) -> Result<Readers, ReconcileError> {
        let clients = self.clients(connection)?;
        let reader = azure_devops::Reader::new(&connection.azure_devops, clients.azure_devops);
        let reader = Arc::new(reader);
        Ok(Readers {
            testworthy: testworthy_explorer(connection, clients.testworthy)?,
            azure_devops: reader.clone(),
            process: reader,
        })
    }

    fn validators(&self, connection: &Connection) -> Result<Validators, ReconcileError> {
        let clients = self.clients(connection)?;
        let reader = azure_devops::Reader::new(&connection.azure_devops, clients.azure_devops);
        Ok(Validators {
            testworthy: testworthy_explorer(connection, clients.testworthy)?,
            azure_devops: Arc::new(azure_devops::Validator::new(reader)),
        })
    }

    fn writers(&self, connection: &Connection) -> Result<Writers, ReconcileError> {
        let clients = self.clients(connection)?;
        let reader = azure_devops::Reader::new(&connection.azure_devops, clients.azure_devops);
        let writer = Arc::new(azure_devops::Writer::new(reader));
        Ok(Writers {
            testworthy: testworthy_writer(connection, clients.testworthy)?,
            azure_devops: writer.clone(),
            process: writer,
        })
    }
}

fn testworthy_explorer(
    connection: &Connection,
    client: http::Client,
) -> Result<Arc<dyn ExploreTestWorthy>, ReconcileError> {
    Ok(match &connection.testworthy.surface {
        TestWorthySurface::Automation { operations, .. } => {
            Arc::new(automation(connection, operations, client)?)
        }
        TestWorthySurface::V1 { project_id, .. } => Arc::new(v1(connection, *project_id, client)),
    })
}

fn testworthy_writer(
    connection: &Connection,
    client: http::Client,
) -> Result<Arc<dyn WriteTestWorthy>, ReconcileError> {
    Ok(match &connection.testworthy.surface {
        TestWorthySurface::Automation { operations, .. } => {
            let reader = automation(connection, operations, client)?;
            Arc::new(testworthy::Writer::new(reader))
        }
        TestWorthySurface::V1 { project_id, .. } => {
            let reader = v1(connection, *project_id, client);
            Arc::new(testworthy::v1::Writer::new(reader))
        }
    })
}

fn automation(
    connection: &Connection,
    operations: &Operations,
    client: http::Client,
) -> Result<testworthy::Reader, ReconcileError> {
    let side = &connection.testworthy;
    testworthy::Reader::new(&side.url, operations, side.time_zone.clone(), client)
        .map_err(|error| remote_error(connection, error))
}

fn v1(connection: &Connection, project: u64, client: http::Client) -> testworthy::v1::Reader {
    let side = &connection.testworthy;
    testworthy::v1::Reader::new(&side.url, project, side.time_zone.clone(), client)
}

/// An application as messages name it.
pub(super) fn application(identity: &WorkloadIdentity) -> String {
    format!(
        "application {} of directory {}",
        identity.client_id, identity.tenant_id
    )
}

/// Adds to a remote error which credential it was about.
pub(super) fn remote_error(connection: &Connection, error: RemoteError) -> ReconcileError {
    let credentials = match (error.system, &connection.azure_devops.credential) {
        (System::TestWorthy, _) => {
            let secrets = connection.testworthy.secrets().into_iter();
            let names: Vec<String> = secrets.map(|(_, s)| secret::describe(s)).collect();
            Carried {
                shown: names.join(", "),
                workload_identity: false,
            }
        }
        (System::AzureDevOps, AzureDevOpsCredential::PersonalAccessToken(reference)) => Carried {
            shown: secret::describe(reference),
            workload_identity: false,
        },
        (System::AzureDevOps, AzureDevOpsCredential::WorkloadIdentity(identity)) => Carried {
            shown: application(identity),
            workload_identity: true,
        },
    };
    ReconcileError::Remote {
        connection: connection.name.clone(),
        credentials,
        error,
    }
}
