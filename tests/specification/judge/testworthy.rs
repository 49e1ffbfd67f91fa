//! Requests to `TestWorthy`. It publishes no specification, so there is nothing independent to judge
//! them by; what stands here is what its documentation and its command line client show of the
//! Automation API and of the `/v1` interface: routes, headers and the names of members. Of what is only
//! inferred from the product's relatives, [`Route::shown`] says so.

use accord::sandbox::Exchange;
use serde_json::Value;

use super::request::{Notes, essence};
use super::{Place, Verdict};

/// How a route is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shown {
    /// Path and method are documented or sent by the vendor's own client.
    Yes,
    /// The operation is documented, its path is inferred.
    Existence,
    /// Only relatives of the product have it.
    No,
}

/// One route.
#[derive(Debug)]
pub(crate) struct Route {
    pub(crate) method: &'static str,
    /// `{id}` stands for a number.
    pub(crate) path: &'static str,
    pub(crate) shown: Shown,
    /// The members that the body may have; empty for a request without one.
    pub(crate) members: &'static [&'static str],
}

/// One of the two interfaces.
struct Surface {
    /// What stands before the paths of its routes.
    prefix: &'static str,
    routes: &'static [Route],
    /// Headers of every call.
    headers: &'static [&'static str],
    /// Parameters of its lists.
    paging: &'static [&'static str],
}

const SURFACES: [Surface; 2] = [
    Surface {
        prefix: "/api/tests/",
        routes: ROUTES,
        // Who acts, the key of the tenant and that of the project.
        headers: &["x-user-email", "x-tma-key", "x-project-key"],
        // Lists of the product's relatives take them; none is documented.
        paging: &["limit", "offset"],
    },
    Surface {
        prefix: "/v1/",
        routes: V1_ROUTES,
        headers: &["authorization"],
        paging: &["page", "limit"],
    },
];

const fn get(path: &'static str, shown: Shown) -> Route {
    Route {
        method: "GET",
        path,
        shown,
        members: &[],
    }
}

const fn post(path: &'static str, shown: Shown, members: &'static [&'static str]) -> Route {
    write("POST", path, shown, members)
}

const fn write(
    method: &'static str,
    path: &'static str,
    shown: Shown,
    members: &'static [&'static str],
) -> Route {
    Route {
        method,
        path,
        shown,
        members,
    }
}

/// The documented case's members that can be written.
const CASE: &[&str] = &[
    "title",
    "section_id",
    "template_id",
    "type_id",
    "priority_id",
    "milestone_id",
    "estimate",
    "refs",
    "custom_preconds",
    "custom_steps",
    "custom_expected",
    "custom_steps_separated",
    "test_data",
    "custom_desc",
    "custom_bdd_gherkin",
    "custom_cucumber_tags",
    "automation_type",
    "smoke",
    "regression",
    "to_automate",
    "reviewed_by_qa_lead",
    "reviewed_by_qa_manager",
    "reviewed_by_pm",
    "custom_module",
    "custom_disabled",
    "custom_automated",
    "custom_tobemoved",
];

/// The routes of the Automation API. Every write is a POST (documented).
pub(crate) const ROUTES: &[Route] = &[
    get("get_cases/{id}", Shown::Yes),
    get("get_runs/{id}", Shown::Yes),
    get("get_run_cases/{id}", Shown::Yes),
    get("get_case/{id}", Shown::No),
    get("get_suites", Shown::No),
    get("get_sections/{id}", Shown::No),
    get("get_statuses", Shown::No),
    get("get_priorities", Shown::No),
    get("get_case_types", Shown::No),
    post("add_results_for_cases/{id}", Shown::Yes, &["Results"]),
    post("add_case/{id}", Shown::Existence, CASE),
    post("update_case/{id}", Shown::No, CASE),
    post("delete_case/{id}", Shown::Existence, &[]),
    post(
        "add_section/{id}",
        Shown::No,
        &["name", "parent_id", "description"],
    ),
];

/// The members of a case in the example of `/v1`.
const V1_CASE: &[&str] = &["title", "description", "steps", "expectedResult"];

/// The members of a configuration. A credential is none of them.
const V1_INTEGRATION: &[&str] = &[
    "name",
    "projectId",
    "organizationUrl",
    "project",
    "mappings",
];

/// The routes of `/v1` that a client of cases and integrations needs. Which integrations there are is
/// documented for other products only.
pub(crate) const V1_ROUTES: &[Route] = &[
    get("projects", Shown::Yes),
    get("projects/{id}", Shown::Yes),
    get("projects/{id}/cases", Shown::Yes),
    get("cases/{id}", Shown::Yes),
    post("projects/{id}/cases", Shown::Yes, V1_CASE),
    write("PUT", "cases/{id}", Shown::Yes, V1_CASE),
    write("DELETE", "cases/{id}", Shown::Yes, &[]),
    get("integrations/azure-devops", Shown::No),
    post("integrations/azure-devops", Shown::No, V1_INTEGRATION),
];

/// Judges one request.
pub(crate) fn judge(exchange: &Exchange, verdict: &mut Verdict) {
    let line = format!("{} {}?{}", exchange.method, exchange.path, exchange.query);
    let mut notes = Notes {
        line: &line,
        operation: "TestWorthy".to_owned(),
        complaints: Vec::new(),
    };
    let found = SURFACES.iter().find_map(|surface| {
        let (_, tail) = exchange.path.split_once(surface.prefix)?;
        Some((surface, tail))
    });
    let Some((surface, tail)) = found else {
        notes.add(Place::Path, &exchange.path, "no such route");
        verdict.add(notes.complaints);
        return;
    };
    let fitting = |route: &&Route| fits(route.path, tail);
    let mut routes = surface.routes.iter().filter(fitting);
    // One path may take several methods.
    let exact = routes.clone().find(|route| route.method == exchange.method);
    match exact.or_else(|| routes.next()) {
        None => notes.add(Place::Path, &exchange.path, "no such route"),
        Some(route) => {
            notes.operation = format!("TestWorthy {}", route.path);
            *verdict
                .operations
                .entry(notes.operation.clone())
                .or_default() += 1;
            if exchange.method != route.method {
                let said = format!("the route takes {}", route.method);
                notes.add(Place::Method, &exchange.method, said);
            }
            check_query(surface, route, exchange, &mut notes);
            check_body(route, exchange, &mut notes);
        }
    }
    for name in surface.headers {
        if !exchange.header_names.iter().any(|sent| sent == name) {
            notes.add(Place::Header, name, "is missing");
        }
    }
    // The vendor's client sends it on reads too.
    let kind = exchange
        .headers
        .get("content-type")
        .map(|kind| essence(kind));
    if kind.as_deref() != Some("application/json") {
        let said = format!("{kind:?} is not application/json");
        notes.add(Place::Header, "content-type", said);
    }
    verdict.add(notes.complaints);
}

fn fits(template: &str, tail: &str) -> bool {
    let (template, tail) = (template.split('/'), tail.split('/'));
    template.clone().count() == tail.clone().count()
        && template.zip(tail).all(|(wanted, segment)| match wanted {
            "{id}" => segment.parse::<u64>().is_ok(),
            name => name == segment,
        })
}

fn check_query(surface: &Surface, route: &Route, exchange: &Exchange, notes: &mut Notes<'_>) {
    for (name, value) in url::form_urlencoded::parse(exchange.query.as_bytes()) {
        let paging = route.method == "GET" && surface.paging.contains(&&*name);
        if !paging || value.parse::<u64>().is_err() {
            notes.add(Place::Query, &name, "no such parameter");
        }
    }
}

fn check_body(route: &Route, exchange: &Exchange, notes: &mut Notes<'_>) {
    if exchange.method == "GET" {
        if !exchange.body.is_empty() {
            notes.add(Place::Body, "", "a read has none");
        }
        return;
    }
    let body: Option<Value> = serde_json::from_str(&exchange.body).ok();
    let Some(members) = body.as_ref().and_then(Value::as_object) else {
        notes.add(Place::Body, "", "is no JSON object");
        return;
    };
    for name in members.keys() {
        if !route.members.contains(&name.as_str()) {
            notes.add(Place::Body, &format!("/{name}"), "no such member");
        }
    }
}
