//! Test plans, suites, their cases and points, configurations and variables (Microsoft Learn, Test Plan).
//!
//! A plan and a suite are work items too: name, paths, state and dates live in the item, the rest here.
//! [`plan`] and [`suite`] make and change both; [`suite_case`] puts cases into suites, [`point`] pairs them
//! with configurations and takes outcomes, [`configuration`] holds configurations and variables.
//!
//! Guesses: the size of pages, that a case which is already in a suite is refused, that everything answers
//! 200, and the messages of refusals.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::Organization;
use super::edit::Writer;
use super::error::ApiError;
use super::field;
use super::identity::UserId;
use super::patch::{Op, PatchOp, Path};
use super::request::ApiRequest;
use super::route::{Answer, Scope, number};
use super::version::Versions;

mod configuration;
mod plan;
mod point;
mod suite;
mod suite_case;

pub(crate) use point::{LastResult, OUTCOMES, Point};

/// Entries on one page of a list.
const PAGE: usize = 200;

/// How a suite gets its cases.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum SuiteKind {
    Static,
    Dynamic,
    Requirement,
}

/// A suite beyond its work item.
#[derive(Clone, Debug)]
struct Suite {
    plan: u64,
    /// `None` for a plan's root.
    parent: Option<u64>,
    kind: SuiteKind,
    query: Option<String>,
    requirement: Option<u64>,
    inherits_configurations: bool,
    configurations: Vec<u64>,
    testers: Vec<UserId>,
    /// Child suites in order.
    suites: Vec<u64>,
    /// Cases in order.
    cases: Vec<u64>,
    updated: (Timestamp, UserId),
    revision: u32,
}

/// A plan beyond its work item.
#[derive(Clone, Debug)]
struct Plan {
    project: usize,
    root: u64,
    owner: UserId,
    sync_outcomes: bool,
    build: Option<Value>,
    updated: (Timestamp, UserId),
}

/// All of test planning.
#[derive(Clone, Debug)]
pub(crate) struct Planning {
    plans: BTreeMap<u64, Plan>,
    suites: BTreeMap<u64, Suite>,
    pub(crate) points: BTreeMap<u64, Point>,
    configurations: BTreeMap<u64, configuration::Configuration>,
    variables: BTreeMap<u64, configuration::Variable>,
    last_point: u64,
    last_configuration: u64,
    last_variable: u64,
}

impl Default for Planning {
    fn default() -> Self {
        let (configurations, variables) = configuration::standard();
        Self {
            plans: BTreeMap::new(),
            suites: BTreeMap::new(),
            points: BTreeMap::new(),
            last_point: 0,
            last_configuration: configurations.len() as u64,
            last_variable: variables.len() as u64,
            configurations,
            variables,
        }
    }
}

/// The versions of the resources under `testplan`, by what follows it in the path.
pub(crate) fn versions(path: &[&str]) -> Option<Versions> {
    let released = Versions::released;
    Some(match path {
        ["plans"] | ["plans", _] => released(1),
        ["plans", _, "suites"] | ["plans", _, "suites", _] => released(1),
        ["plans", _, "suites", _, "bulk"] => released(1),
        ["plans", _, "suites", _, "testcase"] | ["plans", _, "suites", _, "testcase", _] => {
            released(3)
        }
        ["plans", _, "suites", _, "testpoint"] => released(2),
        ["suites"] => released(1),
        ["suiteentry"] | ["suiteentry", _] => released(1),
        ["testcases"] | ["testcases", _] => released(1),
        ["configurations"] | ["configurations", _] => released(1),
        ["variables"] | ["variables", _] => released(1),
        _ => return None,
    })
}

/// The refusal of a thing that is not there.
pub(crate) fn not_found(what: &str, id: u64) -> ApiError {
    ApiError::tests(
        StatusCode::NOT_FOUND,
        "TestObjectNotFoundException",
        format!("{what} {id} not found."),
    )
}

/// The refusal of a request that asks for what cannot be.
pub(crate) fn invalid(message: impl Into<String>) -> ApiError {
    ApiError::tests(
        StatusCode::BAD_REQUEST,
        "TestManagementInvalidOperationException",
        message,
    )
}

/// A patch operation that sets a field.
fn set(reference: &str, value: Value) -> PatchOp {
    PatchOp {
        op: Op::Replace,
        path: Path::Field(reference.to_owned()),
        value,
    }
}

/// One page of what has ids, in their order, from a continuation token on.
pub(crate) fn page<T>(
    request: &ApiRequest<'_>,
    all: impl Iterator<Item = (u64, T)>,
    size: usize,
) -> Result<Vec<T>, ApiError> {
    let token = request.query("continuationToken").unwrap_or_default();
    let start = match token.split(';').next().unwrap_or_default().trim() {
        "" => 0,
        text => number(text)?,
    };
    let mut told = Vec::new();
    for (id, one) in all.skip_while(|(id, _)| *id < start) {
        if told.len() == size {
            request.continue_with(&id.to_string());
            break;
        }
        told.push(one);
    }
    Ok(told)
}

impl Organization {
    /// Everything under `_apis/testplan`.
    pub(crate) fn test_plan_route(
        &mut self,
        request: &ApiRequest<'_>,
        scope: Scope,
        path: &[&str],
        given: &[&str],
    ) -> Answer {
        if let ("GET", ["suites"]) = (request.method, path) {
            return self.suites_by_case(request);
        }
        let project = scope.project.ok_or_else(ApiError::project_needed)?;
        match (request.method, path) {
            ("GET", ["plans"]) => self.list_plans(request, project),
            ("POST", ["plans"]) => self.create_plan(request, scope, project),
            (method, ["plans", plan, rest @ ..]) => {
                let plan = number(plan)?;
                let known = self.plans.plans.get(&plan);
                if known.is_none_or(|known| known.project != project) {
                    return Err(not_found("Test plan", plan));
                }
                match (method, rest) {
                    ("GET", []) => self.get_plan(plan),
                    ("PATCH", []) => self.update_plan(request, scope, plan),
                    ("DELETE", []) => self.delete_plan(request, scope, plan),
                    ("GET", ["suites"]) => self.list_suites(request, plan),
                    ("POST", ["suites"]) => self.create_suite(request, scope, plan),
                    (_, ["suites", suite, rest @ ..]) => {
                        let suite = number(suite)?;
                        self.suite_of(plan, suite)?;
                        match (method, rest) {
                            ("GET", []) => self.get_suite(request, suite),
                            ("PATCH", []) => self.update_suite(request, scope, suite),
                            ("DELETE", []) => self.delete_suite(request, scope, suite),
                            ("POST", ["bulk"]) => self.create_suites(request, scope, plan, suite),
                            (_, ["testcase", rest @ ..]) => {
                                self.suite_case_route(request, scope, suite, rest)
                            }
                            (_, ["testpoint"]) => self.point_route(request, scope, suite),
                            _ => Err(ApiError::method_not_allowed(method)),
                        }
                    }
                    _ => Err(ApiError::method_not_allowed(method)),
                }
            }
            (_, ["suiteentry", suite]) => self.entry_route(request, scope, number(suite)?),
            ("DELETE", ["testcases", id]) => self.delete_test_case(request, scope, number(id)?),
            (_, ["configurations", rest @ ..]) => self.configuration_route(request, project, rest),
            (_, ["variables", ..]) => self.variable_route(request, project, given.get(1).copied()),
            _ => Err(ApiError::method_not_allowed(request.method)),
        }
    }

    fn suite_of(&self, plan: u64, suite: u64) -> Result<&Suite, ApiError> {
        self.plans
            .suites
            .get(&suite)
            .filter(|known| known.plan == plan)
            .ok_or_else(|| not_found("Test suite", suite))
    }

    /// Whoever keeps plans and suites passes over the rules of their work items.
    fn keeper(request: &ApiRequest<'_>, scope: Scope) -> Writer {
        Writer {
            user: scope.user,
            now: request.now,
            bypass: true,
            temporary: std::collections::HashMap::new(),
        }
    }

    /// The title of a work item; empty if it is gone.
    pub(crate) fn title(&self, id: u64) -> &str {
        self.items
            .any(id)
            .map_or("", |item| item.text(field::TITLE))
    }

    /// `id` and `name` of a work item.
    fn named(&self, id: u64) -> Value {
        json!({"id": id, "name": self.title(id)})
    }

    /// A project as test planning tells it.
    fn project_reference(&self, project: usize) -> Value {
        let known = &self.projects[project];
        json!({
            "id": known.id,
            "name": &*known.name,
            "state": "unchanged",
            "visibility": "unchanged",
            "lastUpdateTime": "0001-01-01T00:00:00",
        })
    }

    pub(crate) fn identity_json(&self, user: UserId) -> Value {
        self.users.get(user).json(&self.url())
    }

    fn test_plan_url(&self, project: usize) -> String {
        format!("{}/_apis/testplan", self.project_url(project))
    }
}
