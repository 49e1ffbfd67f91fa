//! An Azure DevOps organisation, emulated as Microsoft Learn and recorded answers describe it.
//!
//! How a request is answered: [`route`] checks the credential and the `api-version` and finds the
//! handler; handlers ([`metadata`], [`read`], [`write`], [`batch`], [`feed`]) speak JSON; below them
//! [`edit`] applies a patch, [`rules`] holds the process' rules, [`save`] makes revisions and [`store`]
//! keeps items and indices.

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Extension, State as Shared};
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::Response;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{FaultKind, Sandbox};

mod attachment;
mod auth;
mod batch;
mod body;
mod comment;
mod compute;
mod edit;
mod error;
mod feed;
mod field;
mod guid;
mod hook;
mod html;
mod identity;
mod instant;
mod item;
mod link_feed;
mod location;
mod metadata;
mod node;
mod node_edit;
mod patch;
mod person;
mod plant;
mod process;
mod read;
mod relation;
mod request;
mod route;
mod rules;
mod save;
pub mod seed;
mod store;
mod test_plan;
mod test_run;
mod tag;
mod team;
mod value;
mod version;
mod wiql;
mod wire;
mod work_item_type;
mod write;

pub(crate) use person::{PersonEdit, PersonError};

/// The personal access token of a fresh organisation; a seed with tokens of its own replaces it.
pub const DEFAULT_TOKEN: &str = "sandbox-pat";
/// The sign-in name of the account that [`DEFAULT_TOKEN`] belongs to.
pub const SERVICE_ACCOUNT: &str = "accord@contoso.example";
/// The sign-in name of the person who edits through the control surface.
pub const PERSON: &str = "tester@contoso.example";

/// How the organisation answers a bad credential.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum BadCredential {
    /// As the service does: 401 without a body for clients that send `X-TFS-FedAuthRedirect: Suppress`,
    /// 401 with `TF400813` for PATCH, else 203 with a sign-in page.
    #[default]
    AsReal,
    /// Always 401 without a body.
    Unauthorized,
    /// Always 203 with a sign-in page.
    SignInPage,
    /// Always 302 to a sign-in page.
    SignInRedirect,
    /// Always 401 with `TF400813`.
    UnauthorizedJson,
}

/// What `GET _apis/ResourceAreas` says, from which the official clients learn where each area lives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ResourceAreas {
    /// `count` 0 and `value` null, as Azure DevOps Server: everything lives at the organisation's address.
    #[default]
    Server,
    /// A list, as Azure DevOps Services; here every area lives at the organisation's own address.
    Services,
}

/// What becomes of `validateOnly` on a write of one work item.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ValidateOnly {
    /// The write is judged and nothing is stored, as documented. A value that is no boolean is refused
    /// with 400; no source shows the words.
    #[default]
    Heeded,
    /// It does not get through, or is not known.
    Unread,
    /// It is read, and the write is carried out all the same.
    Disregarded,
}

/// Where sources about the service disagree, or a test wants another answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Settings {
    /// How a bad credential is answered.
    pub bad_credential: BadCredential,
    /// `$batch` carries out all elements or none (else each on its own).
    pub batch_atomic: bool,
    /// `$batch` answers with object bodies (else with JSON in a string).
    pub batch_object_bodies: bool,
    /// Failed `$batch` elements carry the full error object (else `{"count":1,"value":{"Message":..}}`).
    pub batch_error_objects: bool,
    /// Whether callers have the permission to bypass rules.
    pub allow_bypass_rules: bool,
    /// Revisions on one page of the reporting feed.
    pub reporting_page: usize,
    /// What `GET _apis/ResourceAreas` says.
    pub resource_areas: ResourceAreas,
    /// Pages of the reporting feed are empty, not the last, and lead on to where they began.
    pub reporting_empty_page: bool,
    /// One element of a `$batch` is refused with this code and these words; a place behind the last
    /// one means the last one.
    pub batch_refuses: Option<(usize, u16, String)>,
    /// `$batch` carries out nothing and answers everything with one refusal.
    pub batch_whole: bool,
    /// What becomes of `validateOnly`.
    pub validate_only: ValidateOnly,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            bad_credential: BadCredential::default(),
            batch_atomic: false,
            batch_object_bodies: false,
            batch_error_objects: false,
            allow_bypass_rules: false,
            reporting_page: 200,
            resource_areas: ResourceAreas::default(),
            reporting_empty_page: false,
            batch_refuses: None,
            batch_whole: false,
            validate_only: ValidateOnly::default(),
        }
    }
}

/// A project.
#[derive(Clone, Debug)]
pub(crate) struct Project {
    id: String,
    name: std::sync::Arc<str>,
    area: node::NodeId,
    iteration: node::NodeId,
}

/// The organisation.
#[derive(Clone, Debug)]
pub struct Organization {
    name: String,
    base_url: String,
    /// Switches.
    pub settings: Settings,
    projects: Vec<Project>,
    users: identity::Users,
    tokens: Vec<(String, identity::UserId)>,
    fields: field::FieldTable,
    types: Vec<work_item_type::WorkItemType>,
    nodes: node::Nodes,
    items: store::Items,
    processes: process::Processes,
    hooks: hook::Hooks,
    plans: test_plan::Planning,
    runs: test_run::RunBook,
    attachments: attachment::Attachments,
    /// Requests answered so far, for the ids in headers.
    activity: u64,
}

impl Default for Organization {
    /// `contoso` with the empty project `Web Shop`.
    fn default() -> Self {
        Self::new("contoso", "Web Shop")
    }
}

impl Organization {
    /// An organisation with one empty project. Its process inherits Agile: Test Case, Bug, User Story, Task,
    /// Shared Steps, Test Plan, Test Suite.
    pub fn new(name: &str, project: &str) -> Self {
        let mut organization = Self {
            name: name.to_owned(),
            base_url: "http://localhost".to_owned(),
            settings: Settings::default(),
            projects: Vec::new(),
            users: identity::Users::default(),
            tokens: Vec::new(),
            fields: field::FieldTable::default(),
            types: work_item_type::agile(),
            nodes: node::Nodes::default(),
            items: store::Items::default(),
            processes: process::Processes::default(),
            hooks: hook::Hooks::default(),
            plans: test_plan::Planning::default(),
            runs: test_run::RunBook::default(),
            attachments: attachment::Attachments::default(),
            activity: 0,
        };
        organization.add_project(project);
        let service = organization.users.add("Accord Service", SERVICE_ACCOUNT);
        organization.users.add("Web Shop Tester", PERSON);
        organization
            .tokens
            .push((DEFAULT_TOKEN.to_owned(), service));
        organization
    }

    /// Its name: the first segment of every path.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The name of its first project.
    pub fn project_name(&self) -> &str {
        self.projects.first().map_or("", |project| &project.name)
    }

    /// The scheme and host under which the addresses in answers stand.
    pub fn set_base_url(&mut self, url: &str) {
        url.trim_end_matches('/').clone_into(&mut self.base_url);
    }

    /// How many work items there are, the recycle bin included.
    pub fn work_item_count(&self) -> usize {
        self.items.len()
    }

    /// A work item as `GET wit/workitems/{id}?$expand=all` tells it; `None` if it is not there or in the
    /// recycle bin.
    pub fn work_item(&self, id: u64) -> Option<serde_json::Value> {
        let view = wire::View {
            expand: wire::Expand::All,
            ..wire::View::default()
        };
        self.items.live(id).map(|item| self.item_json(item, &view))
    }

    /// Ids of the live work items that link to an address, ascending.
    pub fn linking_to(&self, url: &str) -> Vec<u64> {
        self.items.linking_to(url)
    }

    /// Ids of all live work items, ascending.
    pub fn work_item_ids(&self) -> Vec<u64> {
        let live = self.items.all().filter(|item| item.deleted.is_none());
        live.map(|item| item.id).collect()
    }
}

/// Every route of the organisation.
pub fn router(sandbox: Sandbox) -> Router {
    Router::new().fallback(answer).with_state(sandbox)
}

async fn answer(
    Shared(sandbox): Shared<Sandbox>,
    fault: Option<Extension<FaultKind>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let (response, test) = {
        let mut state = sandbox.state();
        let now = state.clock.now();
        let fault = fault.map(|Extension(kind)| kind);
        let organization = &mut state.azure_devops;
        let response = organization.respond(&method, &uri, &headers, &body, fault.as_ref(), now);
        (response, organization.hooks.take_test())
    };
    hook::deliver(&sandbox);
    match test {
        Some(test) => test.answer(&sandbox).await,
        None => response,
    }
}

/// Sends the notifications of what was changed past the routes, for example by the control surface. Must be
/// called within a Tokio runtime.
pub(crate) fn deliver(sandbox: &Sandbox) {
    hook::deliver(sandbox);
}

impl Organization {
    fn respond(
        &mut self,
        method: &Method,
        uri: &Uri,
        headers: &HeaderMap,
        body: &[u8],
        fault: Option<&FaultKind>,
        now: Timestamp,
    ) -> Response {
        self.activity += 1;
        let settings = self.settings.clone();
        match fault {
            Some(FaultKind::BatchAtomic) => self.settings.batch_atomic = true,
            Some(FaultKind::BatchObjectBodies) => self.settings.batch_object_bodies = true,
            Some(FaultKind::BatchElement {
                index,
                status,
                message,
            }) => self.settings.batch_refuses = Some((*index, *status, message.clone())),
            Some(FaultKind::BatchWhole) => self.settings.batch_whole = true,
            Some(FaultKind::ValidateOnlyUnread) => {
                self.settings.validate_only = ValidateOnly::Unread;
            }
            Some(FaultKind::ValidateOnlyDisregarded) => {
                self.settings.validate_only = ValidateOnly::Disregarded;
            }
            Some(FaultKind::FeedEmptyPage) => self.settings.reporting_empty_page = true,
            Some(FaultKind::FeedShortPage) => self.settings.reporting_page = 1,
            _ => {}
        }
        let request = request::ApiRequest::read(method, uri, headers, body, now);
        let reply = self.route(&request);
        self.settings = settings;
        reply.into_response(self, request.user.get())
    }
}

/// The body that this server would send with an error status that a fault asks for.
pub fn refusal(status: StatusCode, headers: &HeaderMap) -> Response {
    request::refusal(status, headers)
}

/// An error body with the words of a fault.
pub fn told(status: StatusCode, message: &str) -> Response {
    request::told(status, message)
}

/// A percent-decoded path; bytes that are no UTF-8 become replacement characters.
pub fn decode(path: &str) -> String {
    request::decode(path)
}

/// Whether a request can change state: queries that are sent by POST and `validateOnly` cannot.
pub fn is_write(method: &str, path: &str, query: &str) -> bool {
    request::is_write(method, path, query)
}
