//! Reading from one TestWorthy project: what was learnt about the server, and the reads that it answers.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use jiff::tz::TimeZone;
use serde_json::Value as Json;
use tokio::sync::mpsc::{self, Sender};
use url::Url;

use super::calls::{Answer, another, error, is_bad_request, request, whole};
use super::convert::{self, Names};
use super::error::{asks_to_sign_in, classify};
use super::operations::{Ids, Operation, Paths};
use super::paging::Pages;
use super::wire::Object;
use crate::http::Client;
use crate::model::config::Operations;
use crate::model::{Case, CaseId, ClockOffset, SectionId, SuiteId, System, Value};
use crate::remote::{
    CaseListing, CaseRead, CaseScope, ExploreTestWorthy, Greeting, Identity, ReadTestWorthy,
    RemoteError, RemoteErrorKind, Section, Suite, TestWorthyCapabilities, Verification,
};

/// Reads from one TestWorthy project over the automation surface. It has no way to write. Clones share
/// what was learnt about the server.
#[derive(Clone, Debug)]
pub struct Reader {
    pub(super) shared: Arc<Shared>,
}

#[derive(Debug)]
pub(super) struct Shared {
    pub(super) client: Client,
    pub(super) paths: Paths,
    zone: TimeZone,
    state: Mutex<State>,
    /// Held while the sections of one case's suite are read: of several cases that are read at once, the
    /// first one asks for all.
    pub(super) placing: tokio::sync::Mutex<()>,
}

/// What was learnt about the server.
#[derive(Debug)]
pub(super) struct State {
    pub(super) capabilities: TestWorthyCapabilities,
    pub(super) names: Names,
    /// Where a case was last seen, for reading it back.
    pub(super) suite_of: HashMap<CaseId, SuiteId>,
    pub(super) sections: HashMap<SuiteId, BTreeMap<SectionId, Section>>,
    /// Sections that cases name but the server does not list.
    pub(super) unlisted: HashSet<SectionId>,
}

impl Reader {
    /// A reader of the server at `base`, whose timestamps without an offset are in `zone`. `client` holds
    /// the three credential headers ([`super::credential_headers`]). An override in `operations` that
    /// cannot be used is [`RemoteErrorKind::Rejected`].
    pub fn new(
        base: &Url,
        operations: &Operations,
        zone: TimeZone,
        client: Client,
    ) -> Result<Self, RemoteError> {
        let paths = Paths::new(base, operations).map_err(|invalid| {
            let kind = RemoteErrorKind::Rejected {
                code: None,
                reason: invalid.to_string(),
            };
            RemoteError {
                system: System::TestWorthy,
                kind,
                request: None,
            }
        })?;
        let state = State {
            capabilities: TestWorthyCapabilities {
                suites: Verification::Assumed,
                sections: Verification::Assumed,
                get_case: Verification::Assumed,
                create: Verification::Assumed,
                update: Verification::Assumed,
                close: Verification::Absent,
                integration: Verification::Absent,
                refs: true,
                fields: None,
            },
            names: Names::default(),
            suite_of: HashMap::new(),
            sections: HashMap::new(),
            unlisted: HashSet::new(),
        };
        let state = Mutex::new(state);
        Ok(Self {
            shared: Arc::new(Shared {
                client,
                paths,
                zone,
                state,
                placing: tokio::sync::Mutex::new(()),
            }),
        })
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        // Every change leaves the state whole, so a panic elsewhere does not spoil it.
        self.shared
            .state
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads a case and learns from it. Its section path is just its own section's name.
    pub(super) fn read_case(
        &self,
        json: &Json,
        listed_in: Option<SuiteId>,
    ) -> Result<Case, String> {
        let mut state = self.state();
        state.names.learn(json);
        let known = Object::of(json).and_then(|case| case.id("id"));
        let listed_in = listed_in.or_else(|| state.suite_of.get(&CaseId(known?)).copied());
        let case = convert::case(json, &self.shared.zone, listed_in, &state.names)?;
        if let Some(suite) = case.suite {
            state.suite_of.insert(case.id, suite);
        }
        Ok(case)
    }
}

#[async_trait]
impl ExploreTestWorthy for Reader {
    async fn greet(&self, scope: Option<CaseScope>) -> Result<Greeting, RemoteError> {
        let (operation, ids) = match scope {
            Some(CaseScope::Suite(suite)) => (Operation::GetCases, Ids::suite(suite)),
            Some(CaseScope::Project) | None => (Operation::GetSuites, Ids::default()),
        };
        let url = self.url(operation, ids)?;
        let client = &self.shared.client;
        let response = client.send(request(url, None)).await?;
        let outcome = classify(client, operation, &response).and_then(|()| {
            let is_json = response.json::<serde::de::IgnoredAny>();
            is_json.map_err(|problem| RemoteErrorKind::Protocol {
                reason: format!("{}: {problem}", operation.key()),
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
        self.state().capabilities
    }

    fn clock(&self) -> Option<ClockOffset> {
        self.shared.client.clock()
    }

    async fn objection(
        &self,
        fields: &BTreeMap<String, Value>,
        refs: Option<&[String]>,
    ) -> Result<Option<String>, RemoteError> {
        match self.members(fields, refs).await {
            Ok(_) => Ok(None),
            // Of its own making: a server's refusal names the request.
            Err(RemoteError {
                kind: RemoteErrorKind::Rejected { reason, .. },
                request: None,
                ..
            }) => Ok(Some(reason)),
            Err(failed) => Err(failed),
        }
    }

    async fn check(&self, scope: CaseScope) -> Result<(), RemoteError> {
        let suite = suite_of(scope)?;
        let url = self.url(Operation::GetCases, Ids::suite(suite))?;
        let Answer { body, info } = self.call_at(Operation::GetCases, url.clone(), None).await?;
        let mut pages = Pages::default();
        body.map_err(|problem| problem.to_string())
            .and_then(|body| pages.take(body, "cases", &url, &self.shared.paths))
            .map_err(|reason| error(RemoteErrorKind::Protocol { reason }, Some(info)))?;
        self.probe(Operation::GetSuites, Ids::default()).await?;
        self.probe(Operation::GetSections, Ids::suite(suite))
            .await?;
        let listing = pages.finish();
        let first = listing
            .items
            .first()
            .and_then(Object::of)
            .and_then(|case| case.id("id"));
        if let Some(id) = first {
            self.probe(Operation::GetCase, Ids::case(CaseId(id)))
                .await?;
        }
        Ok(())
    }

    async fn suites(&self) -> Result<Vec<Suite>, RemoteError> {
        let listing = self
            .list(Operation::GetSuites, Ids::default(), "suites")
            .await?;
        whole(Operation::GetSuites, listing.incomplete.as_deref())?;
        let suite = |json: &Json| {
            let wire = Object::of(json)?;
            Some(Suite {
                id: SuiteId(wire.id("id")?),
                name: wire.text("name").unwrap_or_default(),
                project: wire.id("project_id"),
            })
        };
        Ok(listing.items.iter().filter_map(suite).collect())
    }

    async fn sections(&self, suite: SuiteId) -> Result<Vec<Section>, RemoteError> {
        let (sections, incomplete) = self.load_sections(suite).await?;
        whole(Operation::GetSections, incomplete.as_deref())?;
        Ok(sections.into_values().collect())
    }

    async fn cases(&self, scope: CaseScope) -> Result<CaseListing, RemoteError> {
        let (send, mut pages) = mpsc::channel::<Vec<Case>>(1);
        let collect = async {
            let mut cases = BTreeMap::new();
            while let Some(page) = pages.recv().await {
                cases.extend(page.into_iter().map(|case| (case.id, case)));
            }
            cases
        };
        let (incomplete, cases) = tokio::join!(self.cases_in_pages(scope, send), collect);
        let incomplete = incomplete?;
        Ok(CaseListing { cases, incomplete })
    }

    async fn cases_in_pages(
        &self,
        scope: CaseScope,
        sender: Sender<Vec<Case>>,
    ) -> Result<Option<String>, RemoteError> {
        self.hand_over_cases(suite_of(scope)?, &sender).await
    }

    async fn case(&self, id: CaseId) -> Result<CaseRead, RemoteError> {
        let answer = self.call(Operation::GetCase, Ids::case(id), None).await;
        let Answer { body, info } = match answer {
            Err(refused) if is_bad_request(&refused) => return Ok(CaseRead::Refused),
            answer => answer?,
        };
        let json = body.map_err(|problem| problem.to_string());
        let mut case = json
            .and_then(|json| match case_in(&json) {
                Some(case) => self.read_case(case, None),
                None => Err("the answer holds no case".to_owned()),
            })
            .and_then(|case| {
                if case.id == id {
                    Ok(case)
                } else {
                    Err(another(id, case.id))
                }
            })
            .map_err(|reason| error(RemoteErrorKind::Protocol { reason }, Some(info)))?;
        self.place(&mut case).await?;
        Ok(CaseRead::Present(Box::new(case)))
    }
}

/// The case of an answer: the answer itself, or its member `case`.
pub(super) fn case_in(json: &Json) -> Option<&Json> {
    let object = Object::of(json)?;
    if object.get("id").is_some() {
        return Some(json);
    }
    object.get("case").filter(|case| case.is_object())
}

/// This surface lists cases by suite only.
fn suite_of(scope: CaseScope) -> Result<SuiteId, RemoteError> {
    match scope {
        CaseScope::Suite(suite) => Ok(suite),
        CaseScope::Project => {
            let operation = "listing the cases of a whole project".to_owned();
            Err(error(RemoteErrorKind::Unsupported { operation }, None))
        }
    }
}

#[cfg(test)]
mod tests;
