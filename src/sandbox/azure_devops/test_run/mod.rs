//! Test runs with their results and attachments, and the older routes of points (Microsoft Learn, Test:
//! Runs, Results, Attachments, Points).
//!
//! [`result`] adds and changes results, and lets points know; [`attachment`] keeps files; [`points`] answers
//! the older routes.
//!
//! Guesses: that a run on points makes a pending result for each, that a deleted run sets the points back
//! whose latest result it held, and the messages of refusals.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::Organization;
use super::body::{flag, items, member, reference, required, text};
use super::error::ApiError;
use super::identity::UserId;
use super::instant;
use super::request::ApiRequest;
use super::route::{Answer, Scope, number, ok};
use super::test_plan::{invalid, not_found, page};
use super::version::Versions;
use super::wire::list;

mod attachment;
mod points;
mod result;

use attachment::Attachment;
use result::TestResult;

/// Runs on one page, at most (Microsoft Learn, Runs - Query).
const PAGE: usize = 100;
/// The widest window of a query for runs.
const WINDOW: SignedDuration = SignedDuration::from_hours(7 * 24);
/// The id of the first result of a run, in all samples.
const FIRST_RESULT: u64 = 100_000;

/// States of runs.
const STATES: [&str; 7] = [
    "Unspecified",
    "NotStarted",
    "InProgress",
    "Completed",
    "Waiting",
    "Aborted",
    "NeedsInvestigation",
];

/// A run.
#[derive(Clone, Debug)]
struct Run {
    project: usize,
    name: String,
    plan: Option<u64>,
    automated: bool,
    state: &'static str,
    comment: Option<String>,
    error: Option<String>,
    owner: UserId,
    created: Timestamp,
    started: Option<Timestamp>,
    completed: Option<Timestamp>,
    updated: (Timestamp, UserId),
    revision: u32,
    results: BTreeMap<u64, TestResult>,
    attachments: BTreeMap<u64, Attachment>,
    build: Option<Value>,
}

/// All runs.
#[derive(Clone, Debug, Default)]
pub(crate) struct RunBook {
    runs: BTreeMap<u64, Run>,
    last_run: u64,
    last_attachment: u64,
}

/// The versions of the resources under `test`, by what follows it in the path.
pub(crate) fn versions(path: &[&str]) -> Option<Versions> {
    let released = Versions::released;
    Some(match path {
        ["runs"] | ["runs", _] => released(3),
        ["runs", _, "statistics"] => released(3),
        ["runs", _, "results"] | ["runs", _, "results", _] => released(6),
        ["runs", _, "attachments"] | ["runs", _, "attachments", _] => released(1),
        ["runs", _, "results", _, "attachments"] | ["runs", _, "results", _, "attachments", _] => {
            released(1)
        }
        ["runs", _, "results", _, "iterations"] | ["runs", _, "results", _, "iterations", _] => {
            released(3)
        }
        ["points"] => released(2),
        ["testcases"] => released(1),
        ["plans", _, "suites", _, "points"] | ["plans", _, "suites", _, "points", _] => released(2),
        _ => return None,
    })
}

/// `passed` as `Passed`, the form of this area.
fn pascal(name: &str) -> String {
    let mut letters = name.chars();
    letters
        .next()
        .map(|first| first.to_uppercase().chain(letters).collect())
        .unwrap_or_default()
}

/// A date of a body.
fn date(body: &Value, name: &str) -> Result<Option<Timestamp>, ApiError> {
    match text(body, name) {
        None => Ok(None),
        Some(written) => instant::parse(written)
            .map(|written| Some(instant::on_grid(written.at)))
            .ok_or_else(|| invalid(format!("The value '{written}' is not a date for {name}."))),
    }
}

fn state_of(written: &str) -> Result<&'static str, ApiError> {
    STATES
        .into_iter()
        .find(|known| known.eq_ignore_ascii_case(written))
        .ok_or_else(|| invalid(format!("The value '{written}' is no state of a test run.")))
}

impl Organization {
    /// Everything under `_apis/test` but the deletion of test cases.
    pub(crate) fn test_run_route(
        &mut self,
        request: &ApiRequest<'_>,
        scope: Scope,
        path: &[&str],
        given: &[&str],
    ) -> Answer {
        let project = scope.project.ok_or_else(ApiError::project_needed)?;
        match (request.method, path) {
            ("GET", ["runs"]) if request.query("minLastUpdatedDate").is_some() => {
                self.query_runs(request, project)
            }
            ("GET", ["runs"]) => self.list_runs(request, project),
            ("POST", ["runs"]) => self.create_run(request, scope, project),
            (method, ["runs", id, rest @ ..]) => {
                let id = number(id)?;
                if self
                    .runs
                    .runs
                    .get(&id)
                    .is_none_or(|run| run.project != project)
                {
                    return Err(not_found("Test run", id));
                }
                match (method, rest) {
                    ("GET", []) => self.get_run(id),
                    ("PATCH", []) => self.update_run(request, scope, id),
                    ("DELETE", []) => {
                        self.delete_run(id);
                        Ok((StatusCode::NO_CONTENT, None))
                    }
                    ("GET", ["statistics"]) => self.run_statistics(id),
                    (_, ["attachments", rest @ ..]) => {
                        self.attachment_route(request, id, None, rest)
                    }
                    (_, ["results", rest @ ..]) => self.result_route(request, scope, id, rest),
                    _ => Err(ApiError::method_not_allowed(method)),
                }
            }
            ("POST", ["points"]) => self.query_points(request, project),
            (_, ["plans", _, "suites", suite, "points", ..]) => {
                self.older_point_route(request, scope, number(suite)?, given.get(5).copied())
            }
            _ => Err(ApiError::method_not_allowed(request.method)),
        }
    }

    fn run_url(&self, id: u64) -> String {
        let project = self.runs.runs.get(&id).map_or(0, |run| run.project);
        format!("{}/_apis/test/Runs/{id}", self.project_url(project))
    }

    /// A reference as this area tells it: its id is a text.
    fn shallow(id: u64, name: &str, url: &str) -> Value {
        json!({"id": id.to_string(), "name": name, "url": url})
    }

    fn run_json(&self, id: u64) -> Value {
        let Some(run) = self.runs.runs.get(&id) else {
            return Value::Null;
        };
        let count = |test: &dyn Fn(&TestResult) -> bool| {
            run.results.values().filter(|one| test(one)).count()
        };
        let url = self.run_url(id);
        let project = &self.projects[run.project];
        let mut told = json!({
            "id": id,
            "name": run.name,
            "url": url,
            "isAutomated": run.automated,
            "owner": self.identity_json(run.owner),
            "project": {"id": project.id, "name": &*project.name},
            "state": run.state,
            "comment": run.comment,
            "errorMessage": run.error,
            "createdDate": run.created.to_string(),
            "lastUpdatedDate": run.updated.0.to_string(),
            "lastUpdatedBy": self.identity_json(run.updated.1),
            "totalTests": run.results.len(),
            "incompleteTests": count(&|one| one.state != "Completed"),
            "notApplicableTests": count(&|one| one.outcome == "notApplicable"),
            "passedTests": count(&|one| one.outcome == "passed"),
            "unanalyzedTests": count(&|one| one.outcome == "failed"),
            "postProcessState": "Complete",
            "revision": run.revision,
            "runStatistics": self.statistics(id),
            "webAccessUrl": format!("{}/_testManagement/runs?runId={id}", self.project_url(run.project)),
        });
        if let Some(at) = run.started {
            told["startedDate"] = json!(at.to_string());
        }
        if let Some(at) = run.completed {
            told["completedDate"] = json!(at.to_string());
        }
        if let Some(build) = &run.build {
            told["build"] = build.clone();
        }
        if let Some(plan) = run.plan {
            let url = format!("{}/_apis/test/Plans/{plan}", self.project_url(run.project));
            told["plan"] = Self::shallow(plan, self.title(plan), &url);
        }
        told
    }

    fn get_run(&self, id: u64) -> Answer {
        ok(self.run_json(id))
    }

    fn statistics(&self, id: u64) -> Value {
        let mut counts: BTreeMap<(&str, &str), u64> = BTreeMap::new();
        for one in self
            .runs
            .runs
            .get(&id)
            .into_iter()
            .flat_map(|run| run.results.values())
        {
            *counts.entry((one.state, one.outcome)).or_default() += 1;
        }
        let told = counts.into_iter().map(|((state, outcome), count)| {
            json!({"state": state, "outcome": pascal(outcome), "count": count})
        });
        told.collect()
    }

    fn run_statistics(&self, id: u64) -> Answer {
        let name = self.runs.runs.get(&id).map_or("", |run| &run.name);
        ok(json!({
            "run": Self::shallow(id, name, &self.run_url(id)),
            "runStatistics": self.statistics(id),
        }))
    }

    fn list_runs(&self, request: &ApiRequest<'_>, project: usize) -> Answer {
        let plan = match request.query("planId") {
            Some(text) if !text.is_empty() => Some(number(text)?),
            _ => None,
        };
        let automated = request
            .query("automated")
            .map(|text| text.eq_ignore_ascii_case("true"));
        let owner = request.query("owner").filter(|owner| !owner.is_empty());
        let skip = request.number("$skip")?.unwrap_or(0);
        let top = request.number("$top")?.unwrap_or(PAGE);
        let detailed =
            request.query("includeRunDetails").is_none() || request.flag("includeRunDetails");
        let runs = self.runs.runs.iter().filter(|(_, run)| {
            let own = self.users.get(run.owner);
            run.project == project
                && plan.is_none_or(|plan| run.plan == Some(plan))
                && automated.is_none_or(|automated| run.automated == automated)
                && owner.is_none_or(|owner| {
                    own.id.eq_ignore_ascii_case(owner)
                        || own.display_name.eq_ignore_ascii_case(owner)
                })
        });
        let told = runs.skip(skip).take(top).map(|(id, run)| {
            if detailed {
                self.run_json(*id)
            } else {
                json!({"id": id, "name": run.name, "url": self.run_url(*id)})
            }
        });
        ok(list(told.collect()))
    }

    /// The feed of runs: those that changed in a window of at most seven days.
    fn query_runs(&self, request: &ApiRequest<'_>, project: usize) -> Answer {
        let read = |name: &str| {
            let written = request.query(name).unwrap_or_default();
            instant::parse(written)
                .map(|written| written.at)
                .ok_or_else(|| invalid(format!("The value '{written}' is not a date for {name}.")))
        };
        let (from, to) = (read("minLastUpdatedDate")?, read("maxLastUpdatedDate")?);
        if to < from || to.duration_since(from) > WINDOW {
            return Err(invalid(
                "The dates minLastUpdatedDate and maxLastUpdatedDate must be in order and at most 7 days \
                 apart.",
            ));
        }
        let state = match request.query("state").filter(|state| !state.is_empty()) {
            None => None,
            Some(text) => Some(match text.parse::<usize>() {
                // Official clients send the number: Unspecified 0, NotStarted 1 and so on.
                Ok(at) => STATES.get(at).copied().unwrap_or(STATES[0]),
                Err(_) => state_of(text)?,
            }),
        };
        let plans = request.ids("planIds")?.filter(|plans| !plans.is_empty());
        let automated = request
            .query("isAutomated")
            .map(|text| text.eq_ignore_ascii_case("true"));
        let title = request.query("runTitle").filter(|title| !title.is_empty());
        let top = request.number("$top")?.unwrap_or(PAGE).min(PAGE);
        let runs = self.runs.runs.iter().filter(|(_, run)| {
            run.project == project
                && run.updated.0 >= from
                && run.updated.0 <= to
                && state.is_none_or(|state| state == run.state)
                && plans
                    .as_ref()
                    .is_none_or(|plans| run.plan.is_some_and(|plan| plans.contains(&plan)))
                && automated.is_none_or(|automated| automated == run.automated)
                && title.is_none_or(|title| title == run.name)
        });
        let told = runs.map(|(id, _)| (*id, self.run_json(*id)));
        ok(list(page(request, told, top)?))
    }

    fn create_run(&mut self, request: &ApiRequest<'_>, scope: Scope, project: usize) -> Answer {
        let body = request.json()?;
        let name = required(&body, "name")?.to_owned();
        let plan = reference(&body, "plan");
        let points: Vec<u64> = items(&body, "pointIds")
            .iter()
            .filter_map(super::body::as_number)
            .collect();
        for id in &points {
            let point = self.point(*id)?;
            if plan.is_some_and(|plan| plan != point.plan) {
                return Err(invalid(format!(
                    "Test point {id} belongs to test plan {}.",
                    point.plan
                )));
            }
        }
        if !points.is_empty() && plan.is_none() {
            return Err(super::body::missing("plan"));
        }
        let owner = match member(&body, "owner") {
            Some(owner) => self
                .users
                .resolve(owner)
                .map_err(|text| ApiError::unknown_identity(&text, "owner", "owner"))?,
            None => scope.user,
        };
        let state = state_of(text(&body, "state").unwrap_or("NotStarted"))?;
        let now = instant::on_grid(request.now);
        let completed = date(&body, "completeDate")?.or((state == "Completed").then_some(now));
        let started = date(&body, "startDate")?.or((state != "NotStarted").then_some(now));
        let run = Run {
            project,
            name,
            plan,
            automated: flag(&body, "automated").unwrap_or(false),
            state,
            comment: text(&body, "comment").map(str::to_owned),
            error: text(&body, "errorMessage").map(str::to_owned),
            owner,
            created: now,
            started,
            completed,
            updated: (now, scope.user),
            revision: 1,
            results: BTreeMap::new(),
            attachments: BTreeMap::new(),
            build: member(&body, "build").cloned(),
        };
        let id = self.add_run(run);
        for point in points {
            self.add_pending(id, point);
        }
        self.get_run(id)
    }

    fn add_run(&mut self, run: Run) -> u64 {
        self.runs.last_run += 1;
        self.runs.runs.insert(self.runs.last_run, run);
        self.runs.last_run
    }

    fn update_run(&mut self, request: &ApiRequest<'_>, scope: Scope, id: u64) -> Answer {
        let body = request.json()?;
        let state = text(&body, "state").map(state_of).transpose()?;
        let (started, completed) = (date(&body, "startedDate")?, date(&body, "completedDate")?);
        let now = instant::on_grid(request.now);
        let Some(run) = self.runs.runs.get_mut(&id) else {
            return Err(not_found("Test run", id));
        };
        if let Some(name) = text(&body, "name") {
            name.clone_into(&mut run.name);
        }
        if let Some(comment) = text(&body, "comment") {
            run.comment = Some(comment.to_owned());
        }
        if let Some(error) = text(&body, "errorMessage") {
            run.error = Some(error.to_owned());
        }
        run.started = started.or(run.started);
        run.completed = completed.or(run.completed);
        if let Some(state) = state {
            run.state = state;
            match state {
                "InProgress" => run.started = run.started.or(Some(now)),
                "Completed" | "Aborted" => run.completed = run.completed.or(Some(now)),
                _ => {}
            }
        }
        if flag(&body, "deleteInProgressResults") == Some(true) {
            run.results.retain(|_, one| one.state == "Completed");
        }
        run.revision += 1;
        run.updated = (now, scope.user);
        self.get_run(id)
    }

    fn delete_run(&mut self, id: u64) {
        self.runs.runs.remove(&id);
        for point in self.plans.points.values_mut() {
            if point.last.is_some_and(|last| last.run == id) {
                point.last = None;
                point.outcome = "unspecified";
            }
        }
    }

    /// The run that stands behind outcomes which were set on points; one for each plan.
    pub(crate) fn record_outcomes(
        &mut self,
        now: Timestamp,
        scope: Scope,
        outcomes: &[(u64, &'static str)],
    ) -> Result<(), ApiError> {
        let mut by_plan: BTreeMap<(u64, u64), Vec<(u64, &'static str)>> = BTreeMap::new();
        for (point, outcome) in outcomes {
            let known = self.point(*point)?;
            by_plan
                .entry((known.plan, known.suite))
                .or_default()
                .push((*point, *outcome));
        }
        for ((plan, suite), outcomes) in by_plan {
            let project = scope.project.unwrap_or(0);
            let open = |outcome: &str| matches!(outcome, "paused" | "inProgress" | "none");
            let done = !outcomes.iter().any(|(_, outcome)| open(outcome));
            let run = self.add_run(Run {
                project,
                name: format!("{} (Manual)", self.title(suite)),
                plan: Some(plan),
                automated: false,
                state: if done { "Completed" } else { "InProgress" },
                comment: None,
                error: None,
                owner: scope.user,
                created: now,
                started: Some(now),
                completed: done.then_some(now),
                updated: (now, scope.user),
                revision: 1,
                results: BTreeMap::new(),
                attachments: BTreeMap::new(),
                build: None,
            });
            for (point, outcome) in outcomes {
                let result = self.add_pending(run, point);
                let state = if open(outcome) {
                    "InProgress"
                } else {
                    "Completed"
                };
                if let Some(one) = self.result_mut(run, result) {
                    one.outcome = outcome;
                    one.state = state;
                    one.started = Some(now);
                    one.completed = (state == "Completed").then_some(now);
                    one.run_by = Some(scope.user);
                    one.updated = (now, scope.user);
                }
                self.tell_point(run, result);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::test_plan::OUTCOMES;
    use super::*;

    #[test]
    fn outcomes_begin_with_a_capital_in_this_area() {
        assert_eq!(pascal("notExecuted"), "NotExecuted");
        for (outcome, _) in OUTCOMES {
            assert!(pascal(outcome).eq_ignore_ascii_case(outcome));
        }
    }
}
