//! Points by the older routes (Microsoft Learn, Test, Points).

use serde_json::{Value, json};

use super::super::Organization;
use super::super::body::{as_choice, entries, flag, items, member};
use super::super::error::ApiError;
use super::super::instant;
use super::super::request::ApiRequest;
use super::super::route::{Answer, Scope, number, ok};
use super::super::test_plan::{OUTCOMES, invalid, not_found};
use super::super::wire::list;
use super::pascal;

impl Organization {
    fn older_point_json(&self, id: u64) -> Value {
        let Some(point) = self.plans.points.get(&id) else {
            return Value::Null;
        };
        let Some(item) = self.items.any(point.case) else {
            return Value::Null;
        };
        let base = format!("{}/_apis/test", self.project_url(item.project));
        let suite_url = format!("{base}/Plans/{}/Suites/{}", point.plan, point.suite);
        let configuration = self.configuration_reference(point.configuration);
        let mut told = json!({
            "id": id,
            "url": format!("{suite_url}/Points/{id}"),
            "automated": false,
            "configuration": {"id": point.configuration.to_string(), "name": configuration["name"]},
            "outcome": pascal(point.outcome),
            "state": pascal(point.state()),
            "lastUpdatedDate": point.updated.0.to_string(),
            "lastUpdatedBy": self.identity_json(point.updated.1),
            "suite": Self::shallow(point.suite, self.title(point.suite), &suite_url),
            "testPlan": Self::shallow(point.plan, self.title(point.plan), &format!("{base}/Plans/{}", point.plan)),
            "testCase": {
                "id": point.case.to_string(),
                "name": self.title(point.case),
                "url": self.item_url(item),
            },
        });
        if let Some(tester) = point.tester {
            told["assignedTo"] = self.identity_json(tester);
        }
        if let Some(last) = point.last {
            told["lastTestRun"] = json!({"id": last.run.to_string()});
            told["lastResult"] = json!({"id": last.result.to_string()});
            told["lastResultState"] = json!(if last.is_complete {
                "Completed"
            } else {
                "InProgress"
            });
        }
        told
    }

    /// Points of all plans of a project that a filter lets pass.
    pub(super) fn query_points(&self, request: &ApiRequest<'_>, project: usize) -> Answer {
        let mut body = request.json()?;
        let filter = Value::Object(entries(&body, "pointsFilter"));
        let cases: Vec<u64> = items(&filter, "testcaseIds")
            .iter()
            .filter_map(super::super::body::as_number)
            .collect();
        let configurations: Vec<&str> = items(&filter, "configurationNames")
            .iter()
            .filter_map(Value::as_str)
            .collect();
        let testers = items(&filter, "testers")
            .iter()
            .map(|tester| {
                self.users
                    .resolve(tester)
                    .map_err(|text| ApiError::unknown_identity(&text, "testers", "testers"))
            })
            .collect::<Result<Vec<_>, _>>()?;
        if cases.is_empty() && configurations.is_empty() && testers.is_empty() {
            return Err(super::super::body::missing("pointsFilter"));
        }
        let skip = request.number("$skip")?.unwrap_or(0);
        let top = request.number("$top")?.unwrap_or(usize::MAX);
        let wanted = self.plans.points.iter().filter(|(_, point)| {
            let name = self.configuration_reference(point.configuration);
            let name = name["name"].as_str().unwrap_or_default();
            let here = self
                .items
                .live(point.case)
                .is_some_and(|item| item.project == project);
            here && (cases.is_empty() || cases.contains(&point.case))
                && (configurations.is_empty()
                    || configurations
                        .iter()
                        .any(|one| one.eq_ignore_ascii_case(name)))
                && (testers.is_empty()
                    || point.tester.is_some_and(|tester| testers.contains(&tester)))
        });
        let told = wanted
            .skip(skip)
            .take(top)
            .map(|(id, _)| self.older_point_json(*id));
        body["points"] = told.collect();
        ok(body)
    }

    /// Points of a suite: all, or those in the path, which can also be changed.
    pub(super) fn older_point_route(
        &mut self,
        request: &ApiRequest<'_>,
        scope: Scope,
        suite: u64,
        ids: Option<&str>,
    ) -> Answer {
        let ids = match ids {
            None => None,
            Some(text) => Some(
                text.split(',')
                    .map(number)
                    .collect::<Result<Vec<u64>, _>>()?,
            ),
        };
        for id in ids.iter().flatten() {
            if self.point(*id)?.suite != suite {
                return Err(not_found("Test point", *id));
            }
        }
        match (request.method, &ids) {
            ("GET", Some(ids)) if ids.len() == 1 => ok(self.older_point_json(ids[0])),
            ("GET", ids) => {
                let case = match request.query("testCaseId") {
                    Some(text) if !text.is_empty() => Some(number(text)?),
                    _ => None,
                };
                let points = self.plans.points.iter().filter(|(id, point)| {
                    point.suite == suite
                        && ids.as_ref().is_none_or(|ids| ids.contains(id))
                        && case.is_none_or(|case| case == point.case)
                        && self.items.live(point.case).is_some()
                });
                ok(list(
                    points.map(|(id, _)| self.older_point_json(*id)).collect(),
                ))
            }
            ("PATCH", Some(ids)) => self.change_points(request, scope, ids),
            _ => Err(ApiError::method_not_allowed(request.method)),
        }
    }

    fn change_points(&mut self, request: &ApiRequest<'_>, scope: Scope, ids: &[u64]) -> Answer {
        let body = request.json()?;
        let outcome = match member(&body, "outcome") {
            None => None,
            Some(value) => Some(
                as_choice(value, &OUTCOMES)
                    .ok_or_else(|| invalid(format!("The value {value} is no outcome.")))?,
            ),
        };
        let tester = match member(&body, "tester") {
            None => None,
            Some(tester) => Some(
                self.users
                    .resolve(tester)
                    .map_err(|text| ApiError::unknown_identity(&text, "tester", "tester"))?,
            ),
        };
        let now = instant::on_grid(request.now);
        for id in ids {
            if let Some(point) = self.plans.points.get_mut(id) {
                point.tester = tester.or(point.tester);
                point.updated = (now, scope.user);
                if flag(&body, "resetToActive") == Some(true) {
                    point.outcome = "unspecified";
                    point.reset = Some(now);
                }
            }
        }
        if let Some(outcome) = outcome {
            let outcomes: Vec<_> = ids.iter().map(|id| (*id, outcome)).collect();
            self.record_outcomes(now, scope, &outcomes)?;
        }
        ok(list(
            ids.iter().map(|id| self.older_point_json(*id)).collect(),
        ))
    }
}
