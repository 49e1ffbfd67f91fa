//! Points: a case in a suite, in one configuration (Microsoft Learn, Test Plan, Test Point).
//!
//! An outcome that is set on points makes a run behind the scenes, as the service's test runner does.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::super::Organization;
use super::super::body::{choice, flag, member, missing, number as number_of};
use super::super::error::ApiError;
use super::super::field;
use super::super::identity::UserId;
use super::super::instant;
use super::super::request::ApiRequest;
use super::super::route::{Answer, Scope, number, ok};
use super::super::wire::list;
use super::{PAGE, not_found, page};

/// Outcomes by name and by the number that official clients send.
pub(crate) const OUTCOMES: [(&str, u64); 15] = [
    ("unspecified", 0),
    ("none", 1),
    ("passed", 2),
    ("failed", 3),
    ("inconclusive", 4),
    ("timeout", 5),
    ("aborted", 6),
    ("blocked", 7),
    ("notExecuted", 8),
    ("warning", 9),
    ("error", 10),
    ("notApplicable", 11),
    ("paused", 12),
    ("inProgress", 13),
    ("notImpacted", 14),
];

/// A point.
#[derive(Clone, Debug)]
pub(crate) struct Point {
    pub(crate) plan: u64,
    pub(crate) suite: u64,
    pub(crate) case: u64,
    pub(crate) configuration: u64,
    pub(crate) tester: Option<UserId>,
    /// One of [`OUTCOMES`].
    pub(crate) outcome: &'static str,
    /// Run, result, and when, by whom and in how many milliseconds it was made.
    pub(crate) last: Option<LastResult>,
    pub(crate) reset: Option<Timestamp>,
    pub(crate) updated: (Timestamp, UserId),
}

/// The latest result of a point.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LastResult {
    pub(crate) run: u64,
    pub(crate) result: u64,
    pub(crate) completed: Timestamp,
    pub(crate) by: UserId,
    pub(crate) milliseconds: u64,
    pub(crate) is_complete: bool,
}

impl Point {
    /// Whether it waits to be run.
    pub(crate) fn is_active(&self) -> bool {
        matches!(
            self.outcome,
            "unspecified" | "none" | "paused" | "inProgress"
        )
    }

    /// `none | ready | completed | notReady | inProgress`.
    pub(crate) fn state(&self) -> &'static str {
        match self.outcome {
            "passed" | "notApplicable" => "completed",
            "inProgress" => "inProgress",
            "blocked" => "notReady",
            _ => "ready",
        }
    }
}

impl Organization {
    /// Makes the points of a case in a suite that are not there yet.
    pub(super) fn make_points(
        &mut self,
        now: Timestamp,
        user: UserId,
        suite: u64,
        case: u64,
        configurations: &[u64],
    ) {
        let Some(known) = self.plans.suites.get(&suite) else {
            return;
        };
        let (plan, tester) = (known.plan, known.testers.first().copied());
        for configuration in configurations {
            let there = self.plans.points.values().any(|point| {
                point.suite == suite && point.case == case && point.configuration == *configuration
            });
            if there {
                continue;
            }
            self.plans.last_point += 1;
            let point = Point {
                plan,
                suite,
                case,
                configuration: *configuration,
                tester,
                outcome: "unspecified",
                last: None,
                reset: None,
                updated: (instant::on_grid(now), user),
            };
            self.plans.points.insert(self.plans.last_point, point);
        }
    }

    /// A point whose case and suite are there.
    pub(crate) fn point(&self, id: u64) -> Result<&Point, ApiError> {
        self.plans
            .points
            .get(&id)
            .filter(|point| self.items.live(point.case).is_some())
            .ok_or_else(|| not_found("Test point", id))
    }

    pub(super) fn point_route(
        &mut self,
        request: &ApiRequest<'_>,
        scope: Scope,
        suite: u64,
    ) -> Answer {
        let suites = self.suites_below(suite, request.flag("isRecursive"));
        for suite in &suites {
            self.populate(request, scope, *suite);
        }
        match request.method {
            "GET" => self.list_points(request, &suites),
            "PATCH" => self.update_points(request, scope, suite),
            other => Err(ApiError::method_not_allowed(other)),
        }
    }

    fn list_points(&self, request: &ApiRequest<'_>, suites: &[u64]) -> Answer {
        let one = request.ids("pointId")?;
        let many = request.ids("testPointIds")?;
        let case = match request.query("testCaseId") {
            Some(text) if !text.is_empty() => Some(number(text)?),
            _ => None,
        };
        let wanted = |id: &u64, point: &Point| {
            suites.contains(&point.suite)
                && one.as_ref().is_none_or(|ids| ids.contains(id))
                && many.as_ref().is_none_or(|ids| ids.contains(id))
                && case.is_none_or(|case| case == point.case)
                && self.items.live(point.case).is_some()
        };
        if let Some(id) = one.as_ref().and_then(|ids| ids.first())
            && self
                .plans
                .points
                .get(id)
                .is_none_or(|point| !wanted(id, point))
        {
            return Err(not_found("Test point", *id));
        }
        let points = self
            .plans
            .points
            .iter()
            .filter(|(id, point)| wanted(id, point));
        let told = points.map(|(id, _)| (*id, self.test_point_json(*id)));
        ok(list(page(request, told, PAGE)?))
    }

    fn test_point_json(&self, id: u64) -> Value {
        let Some(point) = self.plans.points.get(&id) else {
            return Value::Null;
        };
        let project = self
            .plans
            .plans
            .get(&point.plan)
            .map_or(0, |plan| plan.project);
        let item = self.items.any(point.case);
        let state = item.map(|item| item.text(field::STATE));
        let assigned = item
            .and_then(|item| self.value_of(item, field::ASSIGNED_TO))
            .map(|value| self.value_json(&value));
        let automated = item
            .and_then(|item| item.content.fields.get(&field::AUTOMATION_STATUS))
            .is_some_and(|value| self.value_text(value) == "Automated");
        let own = format!(
            "{}/Plans/{}/Suites/{}/TestPoint/{id}",
            self.test_plan_url(project),
            point.plan,
            point.suite
        );
        let mut results = json!({"outcome": point.outcome, "state": point.state()});
        if let Some(last) = point.last {
            results["lastTestRunId"] = json!(last.run);
            results["lastResultId"] = json!(last.result);
            results["lastResultState"] = json!(if last.is_complete {
                "completed"
            } else {
                "inProgress"
            });
            results["lastResolutionState"] = json!("none");
            results["failureType"] = json!("none");
            results["lastResultDetails"] = json!({
                "dateCompleted": last.completed.to_string(),
                "duration": last.milliseconds,
                "runBy": self.identity_json(last.by),
            });
        }
        let mut told = json!({
            "id": id,
            "testPlan": self.named(point.plan),
            "project": self.project_reference(project),
            "testSuite": self.named(point.suite),
            "configuration": self.configuration_reference(point.configuration),
            "testCaseReference": {
                "id": point.case,
                "name": self.title(point.case),
                "state": state,
                "assignedTo": assigned,
            },
            "isAutomated": automated,
            "isActive": point.is_active(),
            "results": results,
            "lastUpdatedDate": point.updated.0.to_string(),
            "lastUpdatedBy": self.identity_json(point.updated.1),
            "lastResetToActive": point.reset.map_or_else(|| "0001-01-01T00:00:00".to_owned(), |at| at.to_string()),
            "links": {"_self": {"href": own}},
        });
        if let Some(tester) = point.tester {
            told["tester"] = self.identity_json(tester);
        }
        told
    }

    /// Sets outcomes, testers, or points back to active; all of them or none.
    fn update_points(&mut self, request: &ApiRequest<'_>, scope: Scope, suite: u64) -> Answer {
        let body = request.json()?;
        let rows = body
            .as_array()
            .ok_or_else(|| ApiError::bad_request("The body of the request must be an array."))?;
        let mut changes = Vec::new();
        for row in rows {
            let id = number_of(row, "id").ok_or_else(|| missing("id"))?;
            if self.point(id)?.suite != suite {
                return Err(not_found("Test point", id));
            }
            let outcome = match member(row, "results") {
                Some(results) => choice(results, "outcome", &OUTCOMES)?,
                None => None,
            };
            let tester = match member(row, "tester") {
                Some(tester) => Some(
                    self.users
                        .resolve(tester)
                        .map_err(|text| ApiError::unknown_identity(&text, "tester", "tester"))?,
                ),
                None => None,
            };
            changes.push((id, outcome, tester, flag(row, "isActive") == Some(true)));
        }
        let now = instant::on_grid(request.now);
        let mut outcomes = Vec::new();
        for (id, outcome, tester, reset) in &changes {
            if let Some(point) = self.plans.points.get_mut(id) {
                point.updated = (now, scope.user);
                point.tester = tester.or(point.tester);
                if *reset {
                    point.outcome = "unspecified";
                    point.reset = Some(now);
                }
            }
            outcomes.extend(
                outcome
                    .filter(|one| *one != "unspecified")
                    .map(|one| (*id, one)),
            );
        }
        if !outcomes.is_empty() {
            self.record_outcomes(now, scope, &outcomes)?;
        }
        let told = changes.iter().map(|(id, ..)| self.test_point_json(*id));
        ok(list(told.collect()))
    }
}
