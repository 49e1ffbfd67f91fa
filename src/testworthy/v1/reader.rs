//! Reading from one TestWorthy project over `v1`.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use jiff::tz::TimeZone;
use serde_json::Value as Json;
use url::Url;

use super::super::calls::{another, answered, error};
use super::super::error::{asks_to_sign_in, moved, words};
use super::super::wire::Object;
use super::convert;
use super::integration;
use super::paging::{LIMIT, Listing, Next, Pages};
use crate::http::{Client, Request, Response};
use crate::model::{Case, CaseId, ClockOffset, SuiteId, V1_CASE_FIELDS};
use crate::remote::{
    CaseListing, CaseRead, CaseScope, ExploreTestWorthy, Greeting, Identity, IntegrationSettings,
    ReadTestWorthy, RemoteError, RemoteErrorKind, RequestInfo, Section, Suite,
    TestWorthyCapabilities, Verification,
};

/// Reads from one TestWorthy project. It has no way to write. Clones share what was learnt.
#[derive(Clone, Debug)]
pub struct Reader {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    client: Client,
    /// Ends with `/v1/`.
    root: Url,
    project: u64,
    zone: TimeZone,
    capabilities: Mutex<TestWorthyCapabilities>,
}

/// A body that was read as JSON, and which request it answers.
pub(super) struct Answer {
    pub(super) body: serde_json::Result<Json>,
    pub(super) info: RequestInfo,
}

impl Answer {
    /// The body, or that it cannot be read.
    pub(super) fn json(self) -> Result<(Json, RequestInfo), RemoteError> {
        match self.body {
            Ok(body) => Ok((body, self.info)),
            Err(problem) => {
                let reason = problem.to_string();
                Err(error(RemoteErrorKind::Protocol { reason }, Some(self.info)))
            }
        }
    }
}

/// What the surface is known to have before anything was asked.
const CAPABILITIES: TestWorthyCapabilities = TestWorthyCapabilities {
    suites: Verification::Absent,
    sections: Verification::Absent,
    get_case: Verification::Assumed,
    create: Verification::Absent,
    update: Verification::Assumed,
    close: Verification::Absent,
    integration: Verification::Assumed,
    refs: false,
    fields: Some(V1_CASE_FIELDS),
};

impl Reader {
    /// A reader of `project` on the server at `base`, whose timestamps without an offset are in `zone`.
    /// `client` holds the token ([`super::credential_header`]).
    pub fn new(base: &Url, project: u64, zone: TimeZone, client: Client) -> Self {
        let mut root = base.clone();
        root.set_query(None);
        root.set_fragment(None);
        root.set_path(&format!("{}/v1/", base.path().trim_end_matches('/')));
        Self {
            shared: Arc::new(Shared {
                client,
                root,
                project,
                zone,
                capabilities: Mutex::new(CAPABILITIES),
            }),
        }
    }

    /// The address of a path below the root; `path` is made of fixed words and ids only.
    pub(super) fn url(&self, path: &str) -> Url {
        let mut url = self.shared.root.clone();
        url.set_path(&format!("{}{path}", self.shared.root.path()));
        url
    }

    pub(super) fn learnt(&self) -> MutexGuard<'_, TestWorthyCapabilities> {
        // One word at a time is changed, so a panic elsewhere does not spoil it.
        self.shared
            .capabilities
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends a request; `Ok` for an answer with data.
    pub(super) async fn send(&self, mut request: Request) -> Result<Answer, RemoteError> {
        request
            .headers
            .push(("accept", "application/json".to_owned()));
        // Documented for every call, reads included.
        request
            .headers
            .push(("content-type", "application/json".to_owned()));
        let what = format!("{} {}", request.method, request.url.path());
        let unanswered = request.info(None);
        let response = self.shared.client.send(request).await?;
        let info = answered(unanswered, &response);
        match classify(&self.shared.client, &what, &response) {
            Ok(()) => Ok(Answer {
                body: response.json(),
                info,
            }),
            Err(kind) => Err(error(kind, Some(info))),
        }
    }

    async fn get(&self, path: &str) -> Result<(Json, RequestInfo), RemoteError> {
        self.send(Request::get(self.url(path))).await?.json()
    }

    /// One case as the wire has it; `None` if the server answers 404.
    pub(super) async fn raw_case(
        &self,
        id: CaseId,
    ) -> Result<Option<(Json, RequestInfo)>, RemoteError> {
        let (body, info) = match self.get(&format!("cases/{id}")).await {
            Err(refused) if matches!(refused.kind, RemoteErrorKind::NotFound { .. }) => {
                return Ok(None);
            }
            answer => answer?,
        };
        let found = case_in(body).ok_or_else(|| "the answer holds no case".to_owned());
        let found = found.and_then(|case| {
            let told = Object::of(&case).and_then(|case| case.id("id"));
            match told {
                Some(told) if told != id.0 => Err(another(id, CaseId(told))),
                Some(_) => Ok(case),
                None => Err("the case has no id".to_owned()),
            }
        });
        let case = found
            .map_err(|reason| error(RemoteErrorKind::Protocol { reason }, Some(info.clone())))?;
        self.learnt().get_case = Verification::Verified;
        Ok(Some((case, info)))
    }

    pub(super) fn read_case(&self, json: &Json, listed: bool) -> Result<Case, String> {
        let project = listed.then_some(self.shared.project);
        convert::case(json, &self.shared.zone, project)
    }

    async fn page(&self, number: usize) -> Result<(Json, RequestInfo), RemoteError> {
        let mut url = self.url(&format!("projects/{}/cases", self.shared.project));
        url.query_pairs_mut()
            .append_pair("page", &number.to_string())
            .append_pair("limit", &LIMIT.to_string());
        let answer = self.send(Request::get(url)).await;
        let answer = answer.map_err(|refused| self.about_project(refused))?;
        answer.json()
    }

    /// Reads the whole list of the project's cases.
    async fn list(&self) -> Result<Listing, RemoteError> {
        let (mut pages, mut next) = (Pages::default(), Next::Page(1));
        loop {
            match next {
                Next::Page(number) => {
                    let (body, info) = self.page(number).await?;
                    next = pages.take(body).map_err(|reason| {
                        error(RemoteErrorKind::Protocol { reason }, Some(info))
                    })?;
                }
                Next::First => {
                    let first = self.page(0).await;
                    match first {
                        Ok((body, _)) => pages.take_first(Some(body)),
                        // A server that counts from 1 may say so in any words.
                        Err(refused) if is_about_the_page(&refused) => pages.take_first(None),
                        Err(failed) => return Err(failed),
                    }
                    next = Next::End;
                }
                Next::End => return Ok(pages.finish()),
            }
        }
    }

    /// A project that is not found is a wrong `projectId`, or one that the token may not see.
    fn about_project(&self, mut refused: RemoteError) -> RemoteError {
        if let RemoteErrorKind::NotFound { reason } = &mut refused.kind {
            *reason = format!(
                "{reason}; check the connection's url and projectId ({})",
                self.shared.project
            );
        }
        refused
    }
}

#[async_trait]
impl ExploreTestWorthy for Reader {
    async fn greet(&self, _: Option<CaseScope>) -> Result<Greeting, RemoteError> {
        let mut request = Request::get(self.url(&format!("projects/{}", self.shared.project)));
        for name in ["accept", "content-type"] {
            request.headers.push((name, "application/json".to_owned()));
        }
        let what = format!("{} {}", request.method, request.url.path());
        let client = &self.shared.client;
        let response = client.send(request).await?;
        let outcome = classify(client, &what, &response).and_then(|()| {
            let is_json = response.json::<serde::de::IgnoredAny>();
            is_json.map_err(|problem| RemoteErrorKind::Protocol {
                reason: format!("{what}: {problem}"),
            })
        });
        Ok(Greeting {
            status: response.status,
            date: response.date(),
            // Nothing is published that only this server sends.
            recognised: None,
            asks_to_sign_in: asks_to_sign_in(&response),
            page: response.page_title().map(|title| client.redact(&title)),
            outcome: outcome.map(|_| Identity::default()),
        })
    }
}

#[async_trait]
impl ReadTestWorthy for Reader {
    fn capabilities(&self) -> TestWorthyCapabilities {
        *self.learnt()
    }

    fn clock(&self) -> Option<ClockOffset> {
        self.shared.client.clock()
    }

    async fn check(&self, scope: CaseScope) -> Result<(), RemoteError> {
        only_project(scope)?;
        let path = format!("projects/{}", self.shared.project);
        let answer = self.get(&path).await;
        answer
            .map(drop)
            .map_err(|refused| self.about_project(refused))
    }

    async fn suites(&self) -> Result<Vec<Suite>, RemoteError> {
        Err(unsupported("listing suites"))
    }

    async fn sections(&self, _suite: SuiteId) -> Result<Vec<Section>, RemoteError> {
        Err(unsupported("listing sections"))
    }

    async fn cases(&self, scope: CaseScope) -> Result<CaseListing, RemoteError> {
        only_project(scope)?;
        let Listing {
            items,
            mut incomplete,
        } = self.list().await?;
        let mut cases = BTreeMap::new();
        for json in &items {
            match self.read_case(json, true) {
                Ok(case) => {
                    cases.insert(case.id, case);
                }
                Err(reason) => {
                    incomplete.get_or_insert(reason);
                }
            }
        }
        Ok(CaseListing { cases, incomplete })
    }

    async fn case(&self, id: CaseId) -> Result<CaseRead, RemoteError> {
        let (json, info) = match self.raw_case(id).await {
            Ok(Some(found)) => found,
            Ok(None) => return Ok(CaseRead::Missing),
            Err(refused) if matches!(refused.kind, RemoteErrorKind::Rejected { .. }) => {
                return Ok(CaseRead::Refused);
            }
            Err(failed) => return Err(failed),
        };
        let case = self.read_case(&json, false);
        let case =
            case.map_err(|reason| error(RemoteErrorKind::Protocol { reason }, Some(info)))?;
        Ok(CaseRead::Present(Box::new(case)))
    }

    async fn integrations(&self) -> Result<Vec<IntegrationSettings>, RemoteError> {
        let answer = self.get(integration::PATH).await;
        let (body, info) = answer.map_err(|refused| integration::not_offered(self, refused))?;
        let read = integration::read_all(&body);
        let read =
            read.map_err(|reason| error(RemoteErrorKind::Protocol { reason }, Some(info)))?;
        self.learnt().integration = Verification::Verified;
        Ok(read)
    }
}

/// The case of an answer: the answer itself, or its member `data` or `case`.
pub(super) fn case_in(body: Json) -> Option<Json> {
    let object = Object::of(&body)?;
    if object.get("id").is_some() {
        return Some(body);
    }
    let inner = object.get("data").or_else(|| object.get("case"))?;
    inner.is_object().then(|| inner.clone())
}

pub(super) fn unsupported(operation: &str) -> RemoteError {
    let operation = format!("{operation} (`api: v1`)");
    error(RemoteErrorKind::Unsupported { operation }, None)
}

fn only_project(scope: CaseScope) -> Result<(), RemoteError> {
    match scope {
        CaseScope::Project => Ok(()),
        CaseScope::Suite(_) => Err(unsupported("listing the cases of a suite")),
    }
}

fn is_about_the_page(refused: &RemoteError) -> bool {
    matches!(
        refused.kind,
        RemoteErrorKind::Rejected { .. }
            | RemoteErrorKind::NotFound { .. }
            | RemoteErrorKind::Protocol { .. }
    )
}

/// `Ok` for an answer with data. Statuses follow HTTP (RFC 9110): what this surface means by them is not
/// published.
fn classify(client: &Client, what: &str, response: &Response) -> Result<(), RemoteErrorKind> {
    let status = response.status;
    if response.is_success() {
        if response.is_html() {
            let answer = format!("status {status} with a sign-in page instead of data");
            return Err(RemoteErrorKind::Unauthenticated { answer });
        }
        return Ok(());
    }
    let reason = words(client, response);
    Err(match status {
        300..400 => moved(status, response),
        401 => RemoteErrorKind::Unauthenticated {
            answer: format!("status 401: {reason}"),
        },
        403 => RemoteErrorKind::Forbidden { reason },
        404 => RemoteErrorKind::NotFound { reason },
        _ if matches!(status, 405 | 501) => RemoteErrorKind::Unsupported {
            operation: what.to_owned(),
        },
        400..500 => RemoteErrorKind::Rejected { code: None, reason },
        _ => RemoteErrorKind::Protocol {
            reason: format!("status {status}: {reason}"),
        },
    })
}
