//! Reading from one TestWorthy project.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use jiff::tz::TimeZone;
use serde_json::Value as Json;
use tokio::sync::mpsc::{self, Sender};
use url::Url;

use super::convert::{self, Names};
use super::error::{asks_to_sign_in, classify};
use super::operations::{Ids, Operation, Paths};
use super::paging::{Listing, Pages};
use super::wire::Object;
use crate::http::{Client, Repeat, Request, Response};
use crate::model::config::Operations;
use crate::model::{Case, CaseId, ClockOffset, SectionId, SuiteId, System, Value};
use crate::remote::{
    CaseListing, CaseRead, CaseScope, ExploreTestWorthy, Greeting, Identity, ReadTestWorthy,
    RemoteError, RemoteErrorKind, RequestInfo, Section, Suite, TestWorthyCapabilities,
    Verification,
};

/// Cases that are handed over at once.
const HANDED_OVER: usize = 1_000;

/// Cases that wait for the address of a person until the end of their listing. A person who made no case
/// is never named, so not all cases may wait: they would all be in memory.
const WAITING: usize = 5_000;

/// Reads from one TestWorthy project over the automation surface. It has no way to write. Clones share
/// what was learnt about the server.
#[derive(Clone, Debug)]
pub struct Reader {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    client: Client,
    paths: Paths,
    zone: TimeZone,
    state: Mutex<State>,
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
    unlisted: HashSet<SectionId>,
}

impl State {
    /// How sure a call is; `None` for calls that nobody asks about.
    fn verification(&mut self, operation: Operation) -> Option<&mut Verification> {
        Some(match operation {
            Operation::GetSuites => &mut self.capabilities.suites,
            Operation::GetSections => &mut self.capabilities.sections,
            Operation::GetCase => &mut self.capabilities.get_case,
            Operation::AddCase => &mut self.capabilities.create,
            Operation::UpdateCase => &mut self.capabilities.update,
            Operation::GetCases
            | Operation::GetPriorities
            | Operation::GetCaseTypes
            | Operation::AddSection => return None,
        })
    }
}

/// A body that was read as JSON, and which request it answers.
pub(super) struct Answer {
    pub(super) body: serde_json::Result<Json>,
    pub(super) info: RequestInfo,
}

/// An entry of a suite's listing.
enum Listed {
    Case(Box<Case>),
    /// It shows only the id of a person whom a later entry may name.
    Nameless(Box<Case>),
    /// It shows only the id of a priority or type, which a later entry may name.
    Unnamed(Json),
    /// No case: the list may not be whole.
    Unreadable(String),
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

    /// Makes a call: a read without `body`, a write with one, which is sent once.
    pub(super) async fn call(
        &self,
        operation: Operation,
        ids: Ids,
        body: Option<&Json>,
    ) -> Result<Answer, RemoteError> {
        let url = self.url(operation, ids)?;
        self.call_at(operation, url, body).await
    }

    fn url(&self, operation: Operation, ids: Ids) -> Result<Url, RemoteError> {
        self.shared.paths.url(operation, ids).map_err(|problem| {
            let reason = format!("{}: {problem}", operation.key());
            error(RemoteErrorKind::Rejected { code: None, reason }, None)
        })
    }

    async fn call_at(
        &self,
        operation: Operation,
        url: Url,
        body: Option<&Json>,
    ) -> Result<Answer, RemoteError> {
        let (response, info) = self.exchange_at(operation, url, body).await?;
        Ok(Answer {
            body: response.json(),
            info,
        })
    }

    /// As [`Self::call_at`], with the body left as it came.
    async fn exchange_at(
        &self,
        operation: Operation,
        url: Url,
        body: Option<&Json>,
    ) -> Result<(Response, RequestInfo), RemoteError> {
        if self
            .state()
            .verification(operation)
            .is_some_and(|known| *known == Verification::Absent)
        {
            let operation = operation.key().to_owned();
            return Err(error(RemoteErrorKind::Unsupported { operation }, None));
        }
        let request = request(url, body);
        let unanswered = request.info(None);
        let response = self.shared.client.send(request).await?;
        let info = answered(unanswered, &response);
        match classify(&self.shared.client, operation, &response) {
            Ok(()) => {
                if let Some(known) = self.state().verification(operation) {
                    *known = Verification::Verified;
                }
                Ok((response, info))
            }
            Err(kind) => Err(error(self.learn_absence(operation, kind), Some(info))),
        }
    }

    /// A call that the server does not know is not tried again. One that worked before is there, so what
    /// was not found is the item.
    fn learn_absence(&self, operation: Operation, kind: RemoteErrorKind) -> RemoteErrorKind {
        let RemoteErrorKind::Unsupported { .. } = &kind else {
            return kind;
        };
        match self.state().verification(operation) {
            Some(Verification::Verified) => {
                let reason = format!("{} worked before, but not for this id", operation.key());
                RemoteErrorKind::NotFound { reason }
            }
            Some(known) => {
                *known = Verification::Absent;
                kind
            }
            None => kind,
        }
    }

    /// Reads a list, all pages of it.
    pub(super) async fn list(
        &self,
        operation: Operation,
        ids: Ids,
        noun: &str,
    ) -> Result<Listing, RemoteError> {
        let mut pages = Pages::default();
        let mut next = Some(self.url(operation, ids)?);
        while let Some(url) = next {
            let Answer { body, info } = self.call_at(operation, url.clone(), None).await?;
            next = body
                .map_err(|problem| problem.to_string())
                .and_then(|body| pages.take(body, noun, &url, &self.shared.paths))
                .map_err(|reason| error(RemoteErrorKind::Protocol { reason }, Some(info)))?;
        }
        Ok(pages.finish())
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

    /// Reads a case that a suite listed, unless it must wait for a name.
    fn listed_case(
        &self,
        json: Json,
        suite: SuiteId,
        sections: &BTreeMap<SectionId, Section>,
    ) -> Listed {
        let waits = {
            let mut state = self.state();
            state.names.learn(&json);
            state.names.lacks_a_name(&json)
        };
        if waits {
            return Listed::Unnamed(json);
        }
        match self.placed_case(&json, suite, sections) {
            Ok(case) if self.state().names.lacks_a_person(&case) => {
                Listed::Nameless(Box::new(case))
            }
            Ok(case) => Listed::Case(Box::new(case)),
            Err(reason) => Listed::Unreadable(reason),
        }
    }

    /// Reads a case that a suite listed, with its full section path.
    fn placed_case(
        &self,
        json: &Json,
        suite: SuiteId,
        sections: &BTreeMap<SectionId, Section>,
    ) -> Result<Case, String> {
        let mut case = self.read_case(json, Some(suite))?;
        set_path(&mut case, sections);
        Ok(case)
    }

    /// Reads all sections of a suite afresh and remembers them.
    pub(super) async fn load_sections(
        &self,
        suite: SuiteId,
    ) -> Result<(BTreeMap<SectionId, Section>, Option<String>), RemoteError> {
        let listing = self
            .list(Operation::GetSections, Ids::suite(suite), "sections")
            .await?;
        let sections: BTreeMap<SectionId, Section> = listing
            .items
            .iter()
            .filter_map(convert::section)
            .map(|section| (section.id, section))
            .collect();
        self.state().sections.insert(suite, sections.clone());
        Ok((sections, listing.incomplete))
    }

    /// As [`Self::load_sections`], empty where the server does not list sections. What would pass is an
    /// error, and so is a user who may not list them: else paths would change from run to run and from
    /// user to user, and with them what is written on the other side.
    async fn sections_if_offered(
        &self,
        suite: SuiteId,
    ) -> Result<(BTreeMap<SectionId, Section>, Option<String>), RemoteError> {
        let refused = match self.load_sections(suite).await {
            Err(refused) => refused,
            found => return found,
        };
        match refused.kind {
            RemoteErrorKind::Unsupported { .. }
            | RemoteErrorKind::Rejected { .. }
            | RemoteErrorKind::NotFound { .. } => {
                self.state().capabilities.sections = Verification::Absent;
                Ok((BTreeMap::new(), None))
            }
            // It is offered, but this answer is useless: paths may be wrong, so nothing may rest on them.
            RemoteErrorKind::Protocol { reason } => Ok((BTreeMap::new(), Some(reason))),
            _ => Err(refused),
        }
    }

    /// Completes the section path from the sections that are known, without a request.
    pub(super) fn complete_path(&self, case: &mut Case) {
        if let Some(suite) = case.suite
            && let Some(sections) = self.state().sections.get(&suite)
        {
            set_path(case, sections);
        }
    }

    /// Completes the section path of a case that was read alone, reading the sections if its own is not
    /// known yet.
    pub(super) async fn place(&self, case: &mut Case) -> Result<(), RemoteError> {
        let (Some(section), Some(suite)) = (case.section, case.suite) else {
            return Ok(());
        };
        let known = {
            let state = self.state();
            let listed = state
                .sections
                .get(&suite)
                .is_some_and(|s| s.contains_key(&section));
            listed
                || state.unlisted.contains(&section)
                || state.capabilities.sections == Verification::Absent
        };
        if !known {
            let (sections, _) = self.sections_if_offered(suite).await?;
            if !sections.contains_key(&section) {
                self.state().unlisted.insert(section);
            }
        }
        self.complete_path(case);
        Ok(())
    }

    /// Probes an optional read. Only trouble that would stop a command is an error.
    async fn probe(&self, operation: Operation, ids: Ids) -> Result<(), RemoteError> {
        let Err(refused) = self.call(operation, ids, None).await else {
            return Ok(());
        };
        match refused.kind {
            // The credential has just worked, so a page means that there is nothing at this address.
            RemoteErrorKind::Unauthenticated { .. } => {
                if let Some(known) = self.state().verification(operation) {
                    *known = Verification::Absent;
                }
                Ok(())
            }
            RemoteErrorKind::Unavailable { .. }
            | RemoteErrorKind::RateLimited { .. }
            | RemoteErrorKind::HostRefused { .. } => Err(refused),
            _ => Ok(()),
        }
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
        let suite = suite_of(scope)?;
        let (sections, doubt) = self.sections_if_offered(suite).await?;
        let mut incomplete = None;
        let mut pages = Pages::default();
        // One case may show only the id of a priority that a later one shows with its name.
        let mut unnamed = Vec::new();
        let mut waiting = Vec::new();
        let mut next = Some(self.url(Operation::GetCases, Ids::suite(suite))?);
        while let Some(url) = next {
            let (response, info) = self
                .exchange_at(Operation::GetCases, url.clone(), None)
                .await?;
            let mut cases = Vec::new();
            let each = |json| match self.listed_case(json, suite, &sections) {
                Listed::Case(case) => cases.push(*case),
                Listed::Nameless(case) if waiting.len() < WAITING => waiting.push(*case),
                Listed::Nameless(case) => cases.push(*case),
                Listed::Unnamed(json) => unnamed.push(json),
                Listed::Unreadable(reason) => {
                    incomplete.get_or_insert(reason);
                }
            };
            next = pages
                .take_each(&response.body, "cases", &url, &self.shared.paths, each)
                .map_err(|reason| error(RemoteErrorKind::Protocol { reason }, Some(info)))?;
            drop(response);
            if hand_over(cases, &sender).await.is_err() {
                return Ok(incomplete);
            }
        }
        let mut cases = waiting;
        for json in unnamed {
            match self.placed_case(&json, suite, &sections) {
                Ok(case) => cases.push(case),
                Err(reason) => {
                    incomplete.get_or_insert(reason);
                }
            }
        }
        {
            let state = self.state();
            for case in &mut cases {
                state.names.name_people(case);
            }
        }
        if hand_over(cases, &sender).await.is_err() {
            return Ok(incomplete);
        }
        let doubt = doubt.map(|reason| format!("its sections: {reason}"));
        Ok(pages.finish().incomplete.or(doubt).or(incomplete))
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

/// A read without `body`, a write with one.
fn request(url: Url, body: Option<&Json>) -> Request {
    let mut request = match body {
        Some(body) => Request::post_json(url, body, Repeat::Never),
        None => Request::get(url),
    };
    request
        .headers
        .push(("accept", "application/json".to_owned()));
    // The published client sends it on reads too.
    request
        .headers
        .push(("content-type", "application/json".to_owned()));
    request
}

/// Hands cases over a few at a time, however many came in one answer. `Err`: nobody wants more.
async fn hand_over(mut cases: Vec<Case>, sender: &Sender<Vec<Case>>) -> Result<(), Vec<Case>> {
    while !cases.is_empty() {
        let rest = cases.split_off(cases.len().min(HANDED_OVER));
        sender.send(cases).await.map_err(|unsent| unsent.0)?;
        cases = rest;
    }
    Ok(())
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

pub(super) fn another(asked: CaseId, got: CaseId) -> String {
    format!("the answer is about case {got} instead of case {asked}")
}

pub(super) fn error(kind: RemoteErrorKind, request: Option<RequestInfo>) -> RemoteError {
    RemoteError {
        system: System::TestWorthy,
        kind,
        request,
    }
}

/// 400 is documented for unknown and for foreign ids; other refusals are not about the id.
fn is_bad_request(refused: &RemoteError) -> bool {
    matches!(refused.kind, RemoteErrorKind::Rejected { .. })
        && refused
            .request
            .as_ref()
            .is_some_and(|request| request.status == Some(400))
}

/// A short list that is not whole is of no use.
fn whole(operation: Operation, incomplete: Option<&str>) -> Result<(), RemoteError> {
    match incomplete {
        None => Ok(()),
        Some(reason) => {
            let reason = format!("{}: {reason}", operation.key());
            Err(error(RemoteErrorKind::Protocol { reason }, None))
        }
    }
}

pub(super) fn answered(mut info: RequestInfo, response: &Response) -> RequestInfo {
    info.status = Some(response.status);
    info
}

/// The names from the outermost section to the case's own. A section that is not listed, or whose
/// parents go in a circle, keeps the path it has.
fn set_path(case: &mut Case, sections: &BTreeMap<SectionId, Section>) {
    let Some(own) = case.section.filter(|id| sections.contains_key(id)) else {
        return;
    };
    let (mut path, mut visited, mut next) = (Vec::new(), HashSet::new(), Some(own));
    while let Some(section) = next.and_then(|id| sections.get(&id)) {
        if !visited.insert(section.id) {
            return;
        }
        path.push(section.name.clone());
        next = section.parent;
    }
    path.reverse();
    case.section_path = path;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn section(id: u64, name: &str, parent: Option<u64>) -> (SectionId, Section) {
        let parent = parent.map(SectionId);
        (
            SectionId(id),
            Section {
                id: SectionId(id),
                name: name.to_owned(),
                parent,
            },
        )
    }

    #[test]
    fn paths_go_from_the_outermost_section_inwards() {
        let sections: BTreeMap<_, _> = [
            section(1, "Shop", None),
            section(2, "Checkout", Some(1)),
            section(3, "Cards", Some(2)),
            section(4, "Orphan", Some(99)),
            section(5, "Snake", Some(6)),
            section(6, "Tail", Some(5)),
        ]
        .into();
        for (id, expected) in [
            (Some(1), vec!["Shop"]),
            (Some(3), vec!["Shop", "Checkout", "Cards"]),
            (Some(4), vec!["Orphan"]),
            (Some(5), vec!["own"]),
            (Some(7), vec!["own"]),
            (None, vec!["own"]),
        ] {
            let mut case = Case {
                id: CaseId(1),
                suite: Some(SuiteId(41)),
                project: None,
                section: id.map(SectionId),
                section_path: vec!["own".to_owned()],
                refs: Vec::new(),
                fields: BTreeMap::new(),
                modified_on: None,
            };
            set_path(&mut case, &sections);
            assert_eq!(case.section_path, expected, "{id:?}");
        }
    }

    #[test]
    fn a_case_may_come_wrapped() {
        let bare = serde_json::json!({"id": 1});
        let wrapped = serde_json::json!({"case": {"id": 1}});
        assert_eq!(case_in(&bare), Some(&bare));
        assert_eq!(case_in(&wrapped), Some(&bare));
        for none in ["{}", "null", "[]", r#"{"case": 1}"#] {
            assert_eq!(
                case_in(&serde_json::from_str(none).unwrap()),
                None,
                "{none}"
            );
        }
    }
}
