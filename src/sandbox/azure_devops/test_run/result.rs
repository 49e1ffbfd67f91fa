//! Results of a run (Microsoft Learn, Test, Results).

use jiff::Timestamp;
use serde_json::{Value, json};

use super::super::Organization;
use super::super::body::{as_choice, items, member, missing, number as number_of, reference, text};
use super::super::error::ApiError;
use super::super::field;
use super::super::identity::UserId;
use super::super::instant;
use super::super::request::ApiRequest;
use super::super::route::{Answer, Scope, number, ok};
use super::super::test_plan::{LastResult, OUTCOMES, invalid, not_found};
use super::super::wire::list;
use super::attachment::Attachment;
use super::{FIRST_RESULT, date, pascal};

/// Results on one page: without and with details (Microsoft Learn, Results - List).
const PAGE: usize = 1000;
const DETAILED_PAGE: usize = 200;

/// States of results.
const STATES: [&str; 6] = [
    "Unspecified",
    "Pending",
    "Queued",
    "InProgress",
    "Paused",
    "Completed",
];

/// Texts that are kept as they come.
const TEXTS: [&str; 11] = [
    "testCaseTitle",
    "automatedTestName",
    "automatedTestStorage",
    "automatedTestType",
    "automatedTestTypeId",
    "automatedTestId",
    "comment",
    "errorMessage",
    "stackTrace",
    "computerName",
    "failureType",
];

/// A result.
#[derive(Clone, Debug)]
pub(super) struct TestResult {
    /// [`TEXTS`] that were given, in their order.
    texts: [Option<String>; TEXTS.len()],
    pub(super) state: &'static str,
    /// One of [`OUTCOMES`].
    pub(super) outcome: &'static str,
    pub(super) case: Option<u64>,
    case_revision: Option<u64>,
    point: Option<u64>,
    configuration: Option<u64>,
    priority: Option<u64>,
    pub(super) started: Option<Timestamp>,
    pub(super) completed: Option<Timestamp>,
    milliseconds: Option<f64>,
    owner: Option<UserId>,
    pub(super) run_by: Option<UserId>,
    created: Timestamp,
    pub(super) updated: (Timestamp, UserId),
    revision: u32,
    bugs: Vec<Value>,
    iterations: Vec<Value>,
    pub(super) attachments: std::collections::BTreeMap<u64, Attachment>,
}

impl TestResult {
    fn blank(now: Timestamp, user: UserId) -> Self {
        Self {
            texts: Default::default(),
            state: "Pending",
            outcome: "unspecified",
            case: None,
            case_revision: None,
            point: None,
            configuration: None,
            priority: None,
            started: None,
            completed: None,
            milliseconds: None,
            owner: None,
            run_by: None,
            created: now,
            updated: (now, user),
            revision: 1,
            bugs: Vec::new(),
            iterations: Vec::new(),
            attachments: std::collections::BTreeMap::new(),
        }
    }

    /// Whether a change leaves it done.
    fn is_done(&self) -> bool {
        self.state == "Completed"
    }
}

/// What to tell besides the result itself: `detailsToInclude`, names or bits.
fn details(request: &ApiRequest<'_>) -> (u32, bool) {
    let text = request
        .query("detailsToInclude")
        .unwrap_or_default()
        .to_lowercase();
    let named = [
        ("iterations", 1),
        ("workitems", 2),
        ("subresults", 4),
        ("point", 8),
    ];
    let mut bits: u32 = text.trim().parse().unwrap_or(0);
    for part in text.split(',') {
        for (name, bit) in named {
            if part.trim() == name {
                bits |= bit;
            }
        }
    }
    (bits, bits != 0)
}

impl Organization {
    pub(super) fn result_mut(&mut self, run: u64, id: u64) -> Option<&mut TestResult> {
        self.runs.runs.get_mut(&run)?.results.get_mut(&id)
    }

    pub(super) fn result_route(
        &mut self,
        request: &ApiRequest<'_>,
        scope: Scope,
        run: u64,
        path: &[&str],
    ) -> Answer {
        match (request.method, path) {
            ("GET", []) => self.list_results(request, run),
            ("POST", []) => self.add_results(request, scope, run),
            ("PATCH", []) => self.update_results(request, scope, run),
            (method, [id, rest @ ..]) => {
                let id = number(id)?;
                let known = self
                    .runs
                    .runs
                    .get(&run)
                    .and_then(|run| run.results.get(&id));
                let known = known.ok_or_else(|| not_found("Test result", id))?;
                match (method, rest) {
                    ("GET", []) => ok(self.result_json(run, id, details(request).0)),
                    ("GET", ["iterations"]) => ok(list(known.iterations.clone())),
                    ("GET", ["iterations", iteration]) => {
                        let iteration = number(iteration)?;
                        let found = known
                            .iterations
                            .iter()
                            .find(|one| number_of(one, "id") == Some(iteration));
                        let found = found.ok_or_else(|| not_found("Test iteration", iteration))?;
                        ok(found.clone())
                    }
                    (_, ["attachments", rest @ ..]) => {
                        self.attachment_route(request, run, Some(id), rest)
                    }
                    _ => Err(ApiError::method_not_allowed(method)),
                }
            }
            _ => Err(ApiError::method_not_allowed(request.method)),
        }
    }

    /// Adds the result that waits for a point to be run, and returns its id.
    pub(super) fn add_pending(&mut self, run: u64, point: u64) -> u64 {
        let Some(known) = self.plans.points.get(&point) else {
            return FIRST_RESULT;
        };
        let (case, configuration, tester) = (known.case, known.configuration, known.tester);
        let title = self.title(case).to_owned();
        let case_revision = self.items.any(case).map(|item| u64::from(item.rev));
        let priority = self
            .items
            .any(case)
            .and_then(|item| item.content.fields.get(&field::PRIORITY))
            .and_then(|value| self.value_json(value).as_u64());
        let Some(run) = self.runs.runs.get_mut(&run) else {
            return FIRST_RESULT;
        };
        let mut result = TestResult::blank(run.updated.0, run.updated.1);
        result.texts[0] = Some(title);
        result.case = Some(case);
        result.case_revision = case_revision;
        result.point = Some(point);
        result.configuration = Some(configuration);
        result.owner = tester;
        result.priority = priority;
        let id = FIRST_RESULT + run.results.len() as u64;
        run.results.insert(id, result);
        id
    }

    fn list_results(&self, request: &ApiRequest<'_>, run: u64) -> Answer {
        let (bits, detailed) = details(request);
        let most = if detailed { DETAILED_PAGE } else { PAGE };
        let skip = request.number("$skip")?.unwrap_or(0);
        let top = request.number("$top")?.unwrap_or(most);
        if top > most {
            return Err(invalid(format!(
                "$top is {top}; at most {most} results are told at once."
            )));
        }
        let outcomes = request.query("outcomes").unwrap_or_default();
        let outcomes: Vec<&str> = outcomes
            .split(',')
            .filter(|text| !text.trim().is_empty())
            .map(|text| {
                as_choice(&json!(text.trim()), &OUTCOMES)
                    .ok_or_else(|| invalid(format!("The value '{text}' is no outcome.")))
            })
            .collect::<Result<_, _>>()?;
        let Some(known) = self.runs.runs.get(&run) else {
            return Err(not_found("Test run", run));
        };
        let told = known
            .results
            .iter()
            .filter(|(_, one)| outcomes.is_empty() || outcomes.contains(&one.outcome))
            .skip(skip)
            .take(top)
            .map(|(id, _)| self.result_json(run, *id, bits));
        ok(list(told.collect()))
    }

    fn result_json(&self, run: u64, id: u64, details: u32) -> Value {
        let Some((known, one)) = self
            .runs
            .runs
            .get(&run)
            .and_then(|known| Some((known, known.results.get(&id)?)))
        else {
            return Value::Null;
        };
        let project = &self.projects[known.project];
        let run_url = self.run_url(run);
        let mut told = json!({
            "id": id,
            "project": {"id": project.id, "name": &*project.name},
            "outcome": pascal(one.outcome),
            "state": one.state,
            "testRun": Self::shallow(run, &known.name, &run_url),
            "createdDate": one.created.to_string(),
            "lastUpdatedDate": one.updated.0.to_string(),
            "lastUpdatedBy": self.identity_json(one.updated.1),
            "revision": one.revision,
            "url": format!("{run_url}/Results/{id}"),
        });
        for (name, text) in TEXTS.iter().zip(&one.texts) {
            if let Some(text) = text {
                told[*name] = json!(text);
            }
        }
        let mut tell = |name: &str, value: Option<Value>| {
            if let Some(value) = value {
                told[name] = value;
            }
        };
        let at = |at: Option<Timestamp>| at.map(|at| json!(at.to_string()));
        tell("startedDate", at(one.started));
        tell("completedDate", at(one.completed));
        tell("durationInMs", one.milliseconds.map(|number| json!(number)));
        tell("priority", one.priority.map(|priority| json!(priority)));
        tell("testCaseRevision", one.case_revision.map(|rev| json!(rev)));
        tell("owner", one.owner.map(|user| self.identity_json(user)));
        tell("runBy", one.run_by.map(|user| self.identity_json(user)));
        tell(
            "testCase",
            one.case.map(|case| {
                let url = self
                    .items
                    .any(case)
                    .map(|item| self.item_url(item))
                    .unwrap_or_default();
                Self::shallow(case, self.title(case), &url)
            }),
        );
        tell(
            "configuration",
            one.configuration.map(|id| {
                let mut told = self.configuration_reference(id);
                told["id"] = json!(id.to_string());
                told
            }),
        );
        let point = one
            .point
            .and_then(|id| Some((id, self.plans.points.get(&id)?)));
        if details & 8 != 0 || point.is_some() {
            tell(
                "testPoint",
                one.point.map(|id| json!({"id": id.to_string()})),
            );
        }
        if let Some((_, point)) = point {
            tell(
                "testPlan",
                Some(json!({"id": point.plan.to_string(), "name": self.title(point.plan)})),
            );
            tell(
                "testSuite",
                Some(json!({"id": point.suite.to_string(), "name": self.title(point.suite)})),
            );
        }
        if details & 1 != 0 {
            tell("iterationDetails", Some(json!(one.iterations)));
        }
        if details & 2 != 0 {
            tell("associatedBugs", Some(json!(one.bugs)));
        }
        told
    }

    /// Reads what a body changes of a result.
    fn read_result(&self, body: &Value, one: &mut TestResult) -> Result<(), ApiError> {
        for (slot, name) in one.texts.iter_mut().zip(TEXTS) {
            if let Some(text) = text(body, name) {
                *slot = Some(text.to_owned());
            }
        }
        if let Some(state) = text(body, "state") {
            one.state = STATES
                .into_iter()
                .find(|known| known.eq_ignore_ascii_case(state))
                .ok_or_else(|| {
                    invalid(format!("The value '{state}' is no state of a test result."))
                })?;
        }
        if let Some(outcome) = member(body, "outcome") {
            one.outcome = as_choice(outcome, &OUTCOMES)
                .ok_or_else(|| invalid(format!("The value {outcome} is no outcome.")))?;
        }
        one.started = date(body, "startedDate")?.or(one.started);
        one.completed = date(body, "completedDate")?.or(one.completed);
        one.milliseconds = member(body, "durationInMs")
            .and_then(Value::as_f64)
            .or(one.milliseconds);
        one.priority = number_of(body, "priority").or(one.priority);
        one.case_revision = number_of(body, "testCaseRevision").or(one.case_revision);
        for (name, slot) in [("owner", &mut one.owner), ("runBy", &mut one.run_by)] {
            if let Some(person) = member(body, name) {
                let user = self
                    .users
                    .resolve(person)
                    .map_err(|text| ApiError::unknown_identity(&text, name, name))?;
                *slot = Some(user);
            }
        }
        if let Some(case) = reference(body, "testCase") {
            if self.items.live(case).is_none() {
                return Err(not_found("Test case", case));
            }
            one.case = Some(case);
        }
        if let Some(point) = reference(body, "testPoint") {
            let known = self.point(point)?;
            one.case = Some(known.case);
            one.configuration = Some(known.configuration);
            one.point = Some(point);
        }
        one.configuration = reference(body, "configuration").or(one.configuration);
        if member(body, "associatedBugs").is_some() {
            one.bugs = items(body, "associatedBugs").to_vec();
        }
        if member(body, "iterationDetails").is_some() {
            one.iterations = items(body, "iterationDetails").to_vec();
        }
        if let (Some(start), Some(end), None) = (one.started, one.completed, one.milliseconds) {
            let milliseconds = end.as_millisecond().saturating_sub(start.as_millisecond());
            one.milliseconds = i32::try_from(milliseconds).ok().map(f64::from);
        }
        Ok(())
    }

    /// Adds results: all or none.
    fn add_results(&mut self, request: &ApiRequest<'_>, scope: Scope, run: u64) -> Answer {
        let body = request.json()?;
        let rows = body
            .as_array()
            .ok_or_else(|| ApiError::bad_request("The body of the request must be an array."))?;
        let now = instant::on_grid(request.now);
        let mut fresh = Vec::new();
        for row in rows {
            let mut one = TestResult::blank(now, scope.user);
            self.read_result(row, &mut one)?;
            if one.texts[0].is_none() {
                one.texts[0] = match one.case {
                    Some(case) => Some(self.title(case).to_owned()),
                    None => one.texts[1].clone(),
                };
            }
            if one.texts[0].is_none() {
                return Err(missing("testCaseTitle"));
            }
            if one.is_done() {
                one.completed = one.completed.or(Some(now));
                one.run_by = one.run_by.or(Some(scope.user));
            }
            fresh.push(one);
        }
        let Some(known) = self.runs.runs.get_mut(&run) else {
            return Err(not_found("Test run", run));
        };
        known.updated = (now, scope.user);
        let first = known
            .results
            .keys()
            .next_back()
            .map_or(FIRST_RESULT, |last| last + 1);
        let ids: Vec<u64> = (first..)
            .zip(fresh)
            .map(|(id, one)| {
                known.results.insert(id, one);
                id
            })
            .collect();
        for id in &ids {
            self.tell_point(run, *id);
        }
        ok(list(
            ids.iter().map(|id| self.result_json(run, *id, 0)).collect(),
        ))
    }

    /// Changes results: all or none.
    fn update_results(&mut self, request: &ApiRequest<'_>, scope: Scope, run: u64) -> Answer {
        let body = request.json()?;
        let rows = body
            .as_array()
            .ok_or_else(|| ApiError::bad_request("The body of the request must be an array."))?;
        let now = instant::on_grid(request.now);
        let mut changed = Vec::new();
        for row in rows {
            let id = number_of(row, "id").ok_or_else(|| missing("id"))?;
            let known = self
                .runs
                .runs
                .get(&run)
                .and_then(|run| run.results.get(&id));
            let mut one = known.ok_or_else(|| not_found("Test result", id))?.clone();
            self.read_result(row, &mut one)?;
            if one.is_done() {
                one.completed = one.completed.or(Some(now));
                one.run_by = one.run_by.or(Some(scope.user));
            }
            one.revision += 1;
            one.updated = (now, scope.user);
            changed.push((id, one));
        }
        let ids: Vec<u64> = changed.iter().map(|(id, _)| *id).collect();
        if let Some(known) = self.runs.runs.get_mut(&run) {
            known.updated = (now, scope.user);
            known.results.extend(changed);
        }
        for id in &ids {
            self.tell_point(run, *id);
        }
        ok(list(
            ids.iter().map(|id| self.result_json(run, *id, 0)).collect(),
        ))
    }

    /// Gives a point the outcome of its latest result.
    pub(super) fn tell_point(&mut self, run: u64, id: u64) {
        let Some(one) = self
            .runs
            .runs
            .get(&run)
            .and_then(|run| run.results.get(&id))
        else {
            return;
        };
        if one.state == "Pending" {
            return;
        }
        let milliseconds = one.milliseconds.unwrap_or(0.0);
        let last = LastResult {
            run,
            result: id,
            completed: one.completed.unwrap_or(one.updated.0),
            by: one.run_by.unwrap_or(one.updated.1),
            milliseconds: format!("{milliseconds:.0}").parse().unwrap_or(0),
            is_complete: one.is_done(),
        };
        let (outcome, updated, point) = (one.outcome, one.updated, one.point);
        if let Some(point) = point.and_then(|point| self.plans.points.get_mut(&point)) {
            point.outcome = outcome;
            point.updated = updated;
            point.last = Some(last);
        }
    }
}
