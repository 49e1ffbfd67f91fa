//! Cases in suites (Microsoft Learn, Test Plan, Suite Test Case).

use axum::http::StatusCode;
use serde_json::{Map, Value, json};

use super::super::Organization;
use super::super::body::{items, member, missing, number as number_of, reference};
use super::super::edit::Writer;
use super::super::error::ApiError;
use super::super::field;
use super::super::instant;
use super::super::patch::{Op, PatchOp, Path};
use super::super::read::comma_list;
use super::super::relation::Target;
use super::super::request::ApiRequest;
use super::super::route::{Answer, Scope, number, ok};
use super::super::wiql::evaluate::Setting;
use super::super::wiql::parser;
use super::super::wire::list;
use super::{PAGE, SuiteKind, invalid, not_found, page};

/// A case, and the configurations that it shall run in; `None` for the suite's.
type Assignment = (u64, Option<Vec<u64>>);

/// The link from a requirement to a case that tests it.
const TESTED_BY: &str = "Microsoft.VSTS.Common.TestedBy-Forward";
const TESTS: &str = "Microsoft.VSTS.Common.TestedBy-Reverse";

impl Organization {
    pub(super) fn suite_case_route(
        &mut self,
        request: &ApiRequest<'_>,
        scope: Scope,
        suite: u64,
        path: &[&str],
    ) -> Answer {
        self.populate(request, scope, suite);
        match (request.method, path) {
            ("GET", []) => self.list_suite_cases(request, suite),
            ("GET", [case]) => {
                let case = number(case)?;
                self.held(suite, case)?;
                let fields = witfields(request);
                ok(list(vec![self.suite_case_json(
                    request,
                    suite,
                    case,
                    fields.as_deref(),
                )]))
            }
            ("POST", []) => self.add_cases(request, scope, suite),
            ("PATCH", []) => self.update_cases(request, suite),
            ("DELETE", []) => {
                let ids = match request.ids("testCaseIds")? {
                    Some(ids) => Some(ids),
                    None => request.ids("testIds")?,
                };
                let ids = ids.ok_or_else(|| missing("testCaseIds"))?;
                self.remove_cases(request, scope, suite, &ids)
            }
            _ => Err(ApiError::method_not_allowed(request.method)),
        }
    }

    fn held(&self, suite: u64, case: u64) -> Result<(), ApiError> {
        let known = self.plans.suites.get(&suite);
        if known.is_some_and(|known| known.cases.contains(&case)) && self.items.live(case).is_some()
        {
            Ok(())
        } else {
            Err(not_found("Test case", case))
        }
    }

    /// The ids that a suite's query finds.
    pub(super) fn run_suite_query(
        &self,
        query: &str,
        project: usize,
        request: &ApiRequest<'_>,
        scope: Scope,
    ) -> Result<Vec<u64>, ApiError> {
        let query = parser::parse(query).map_err(ApiError::query)?;
        let setting = Setting {
            project: Some(project),
            user: scope.user,
            now: request.now,
            time_precision: false,
        };
        Ok(self.query(&query, setting, None)?.ids)
    }

    /// Brings the cases of a suite up to date: those of a query, those of a requirement, and without those
    /// that were deleted.
    pub(super) fn populate(&mut self, request: &ApiRequest<'_>, scope: Scope, id: u64) {
        let Some(suite) = self.plans.suites.get(&id) else {
            return;
        };
        let project = self
            .plans
            .plans
            .get(&suite.plan)
            .map_or(0, |plan| plan.project);
        let found = match (suite.kind, &suite.query, suite.requirement) {
            (SuiteKind::Dynamic, Some(query), _) => {
                // A query that no longer works leaves the suite as it is.
                self.run_suite_query(query, project, request, scope)
                    .unwrap_or_else(|_| suite.cases.clone())
            }
            (SuiteKind::Requirement, _, Some(requirement)) => self
                .items
                .live(requirement)
                .into_iter()
                .flat_map(|item| &item.content.relations)
                .filter(|relation| relation.kind.reference == TESTED_BY)
                .filter_map(|relation| match relation.target {
                    Target::Item(case) => Some(case),
                    Target::Url(_) => None,
                })
                .collect(),
            _ => suite.cases.clone(),
        };
        let is_case = |id: &u64| {
            let item = self.items.live(*id);
            item.is_some_and(|item| &*self.types[item.kind].name == "Test Case")
        };
        let found: Vec<u64> = found.into_iter().filter(is_case).collect();
        let before = suite.cases.clone();
        let mut cases: Vec<u64> = before
            .iter()
            .copied()
            .filter(|case| found.contains(case))
            .collect();
        let fresh: Vec<u64> = found
            .into_iter()
            .filter(|case| !before.contains(case))
            .collect();
        cases.extend(&fresh);
        self.plans
            .points
            .retain(|_, point| point.suite != id || cases.contains(&point.case));
        if let Some(suite) = self.plans.suites.get_mut(&id) {
            suite.cases = cases;
        }
        let configurations = self.configurations_of(id);
        for case in fresh {
            self.make_points(request.now, scope.user, id, case, &configurations);
        }
    }

    /// The suite and, if asked, those below it.
    pub(super) fn suites_below(&self, suite: u64, recursive: bool) -> Vec<u64> {
        let mut all = vec![suite];
        let mut at = 0;
        while recursive && at < all.len() {
            if let Some(known) = self.plans.suites.get(&all[at]) {
                all.extend(&known.suites);
            }
            at += 1;
        }
        all
    }

    fn list_suite_cases(&mut self, request: &ApiRequest<'_>, suite: u64) -> Answer {
        let wanted = request.ids("testIds")?;
        let configurations = request.ids("configurationIds")?;
        let fields = witfields(request);
        let mut rows: Vec<(u64, u64)> = Vec::new();
        for suite in self.suites_below(suite, request.flag("isRecursive")) {
            let cases = self
                .plans
                .suites
                .get(&suite)
                .map(|known| known.cases.clone());
            rows.extend(cases.into_iter().flatten().map(|case| (suite, case)));
        }
        let has_configuration = |suite: u64, case: u64| {
            configurations.as_ref().is_none_or(|ids| {
                self.plans.points.values().any(|point| {
                    point.suite == suite && point.case == case && ids.contains(&point.configuration)
                })
            })
        };
        let told = rows
            .into_iter()
            .filter(|(_, case)| self.items.live(*case).is_some())
            .filter(|(_, case)| wanted.as_ref().is_none_or(|ids| ids.contains(case)))
            .filter(|(suite, case)| has_configuration(*suite, *case))
            .zip(1..)
            .map(|((suite, case), place): ((u64, u64), u64)| {
                // A page goes on at a place in the list, because the order is not that of ids.
                (
                    place,
                    self.suite_case_json(request, suite, case, fields.as_deref()),
                )
            });
        ok(list(page(request, told, PAGE)?))
    }

    fn suite_case_json(
        &self,
        request: &ApiRequest<'_>,
        suite: u64,
        case: u64,
        fields: Option<&[String]>,
    ) -> Value {
        let Some(known) = self.plans.suites.get(&suite) else {
            return Value::Null;
        };
        let project = self
            .plans
            .plans
            .get(&known.plan)
            .map_or(0, |plan| plan.project);
        let exclude = request
            .query("excludeFlags")
            .unwrap_or_default()
            .to_lowercase();
        let bits: u32 = exclude.trim().parse().unwrap_or(0);
        let without = |bit: u32, name: &str| bits & bit != 0 || exclude.contains(name);
        let as_object = request.flag("returnIdentityRef");
        let mut told = Map::new();
        let mut tell = |name: &str, value: Value| {
            told.insert(name.to_owned(), value);
        };
        if !without(2, "extrainformation") {
            tell("testPlan", self.named(known.plan));
            tell("project", self.project_reference(project));
            tell("testSuite", self.named(suite));
        }
        let work_item = json!({
            "id": case,
            "name": self.title(case),
            "workItemFields": self.case_fields(case, fields, as_object),
        });
        tell("workItem", work_item);
        if !without(1, "pointassignments") {
            let points = self.plans.points.iter();
            let points = points.filter(|(_, point)| point.suite == suite && point.case == case);
            let told = points.map(|(id, point)| {
                let configuration = self.configuration_reference(point.configuration);
                let mut told = json!({
                    "id": id,
                    "configurationName": configuration["name"],
                    "configurationId": point.configuration,
                });
                if let Some(tester) = point.tester {
                    told["tester"] = self.identity_json(tester);
                }
                told
            });
            tell("pointAssignments", told.collect());
        }
        let place = known
            .cases
            .iter()
            .position(|one| *one == case)
            .map_or(0, |at| at + 1);
        tell("order", json!(place));
        if !without(2, "extrainformation") {
            let url = self.test_plan_url(project);
            let own = format!("{url}/Plans/{}/Suites/{suite}", known.plan);
            let item = self.items.any(case).map(|item| self.item_url(item));
            tell(
                "links",
                json!({
                    "testPoints": {"href": format!("{own}/TestPoint?testCaseId={case}")},
                    "configuration": {"href": format!("{url}/Configurations/{{configId}}")},
                    "_self": {"href": format!("{own}/TestCase/{case}")},
                    "sourcePlan": {"href": format!("{url}/Plans/{}", known.plan)},
                    "sourceSuite": {"href": own},
                    "sourceProject": {"href": format!("{}/_apis/projects/{}", self.url(), self.projects[project].id)},
                    "workItem": {"href": item},
                }),
            );
        }
        Value::Object(told)
    }

    /// Fields of a case as a list of objects with one key each. Without names: all that it has and that a
    /// suite shows, which is a guess at the service's choice.
    fn case_fields(&self, case: u64, names: Option<&[String]>, as_object: bool) -> Value {
        let Some(item) = self.items.any(case) else {
            return json!([]);
        };
        let ids: Vec<_> = match names {
            Some(names) => names
                .iter()
                .filter_map(|name| self.fields.find(name))
                .collect(),
            None => self
                .shown_fields(item, false)
                .into_iter()
                .map(|(id, _)| id)
                .filter(|id| *id != field::TITLE)
                .chain([field::ID, field::REV])
                .collect(),
        };
        let told = ids.into_iter().filter_map(|id| {
            let value = self.value_of(item, id)?;
            let mut value_json = self.value_json(&value);
            if !as_object && value_json.get("uniqueName").is_some() {
                value_json = json!(self.value_text(&value));
            }
            let mut one = Map::new();
            one.insert(self.fields.get(id).reference.to_string(), value_json);
            Some(Value::Object(one))
        });
        told.collect()
    }

    /// Adds many cases at once: all or none.
    fn add_cases(&mut self, request: &ApiRequest<'_>, scope: Scope, suite: u64) -> Answer {
        let rows = self.read_assignments(&request.json()?)?;
        let Some(known) = self.plans.suites.get(&suite) else {
            return Err(not_found("Test suite", suite));
        };
        if known.kind == SuiteKind::Dynamic {
            return Err(invalid(format!(
                "Test suite {suite} takes its test cases from a query; they cannot be added by hand."
            )));
        }
        let (kind, requirement) = (known.kind, known.requirement);
        let mut seen = known.cases.clone();
        for (case, _) in &rows {
            let item = self
                .items
                .live(*case)
                .ok_or_else(|| ApiError::no_item(case))?;
            if &*self.types[item.kind].name != "Test Case" {
                return Err(invalid(format!("Work item {case} is no test case.")));
            }
            if seen.contains(case) {
                return Err(invalid(format!(
                    "Test case {case} is already in test suite {suite}."
                )));
            }
            seen.push(*case);
        }
        let writer = Self::keeper(request, scope);
        let defaults = self.configurations_of(suite);
        for (case, configurations) in &rows {
            if let (SuiteKind::Requirement, Some(requirement)) = (kind, requirement) {
                self.link_requirement(*case, requirement, &writer)?;
            }
            if let Some(known) = self.plans.suites.get_mut(&suite) {
                known.cases.push(*case);
            }
            let configurations = configurations.as_ref().unwrap_or(&defaults).clone();
            self.make_points(request.now, scope.user, suite, *case, &configurations);
        }
        self.touch_suite(request, scope, suite);
        let told = rows
            .iter()
            .map(|(case, _)| self.suite_case_json(request, suite, *case, None));
        ok(list(told.collect()))
    }

    /// A case in a requirement's suite tests the requirement.
    fn link_requirement(
        &mut self,
        case: u64,
        requirement: u64,
        writer: &Writer,
    ) -> Result<(), ApiError> {
        let value = json!({
            "rel": TESTS,
            "url": format!("{}/_apis/wit/workItems/{requirement}", self.url()),
            "attributes": {},
        });
        let link = PatchOp {
            op: Op::Add,
            path: Path::NewRelation,
            value,
        };
        self.update_item(case, &[link], writer)
    }

    fn touch_suite(&mut self, request: &ApiRequest<'_>, scope: Scope, suite: u64) {
        if let Some(known) = self.plans.suites.get_mut(&suite) {
            known.updated = (instant::on_grid(request.now), scope.user);
            known.revision += 1;
        }
    }

    fn read_assignments(&self, body: &Value) -> Result<Vec<Assignment>, ApiError> {
        let rows = body
            .as_array()
            .filter(|rows| !rows.is_empty())
            .ok_or_else(|| ApiError::bad_request("The body of the request must be an array."))?;
        rows.iter()
            .map(|row| {
                let case = reference(row, "workItem").ok_or_else(|| missing("workItem"))?;
                if member(row, "pointAssignments").is_none()
                    || items(row, "pointAssignments").is_empty()
                {
                    return Ok((case, None));
                }
                let configurations = items(row, "pointAssignments").iter().map(|point| {
                    let id = number_of(point, "configurationId")
                        .ok_or_else(|| missing("configurationId"))?;
                    self.known_configuration(id)
                });
                Ok((case, Some(configurations.collect::<Result<Vec<_>, _>>()?)))
            })
            .collect()
    }

    /// Sets the configurations of cases that are there: points come and go with them.
    fn update_cases(&mut self, request: &ApiRequest<'_>, suite: u64) -> Answer {
        let rows = self.read_assignments(&request.json()?)?;
        for (case, _) in &rows {
            self.held(suite, *case)?;
        }
        let user = request
            .user
            .get()
            .unwrap_or(super::super::identity::UserId(0));
        for (case, configurations) in &rows {
            let Some(configurations) = configurations else {
                continue;
            };
            self.plans.points.retain(|_, point| {
                point.suite != suite
                    || point.case != *case
                    || configurations.contains(&point.configuration)
            });
            self.make_points(request.now, user, suite, *case, configurations);
        }
        let told = rows
            .iter()
            .map(|(case, _)| self.suite_case_json(request, suite, *case, None));
        ok(list(told.collect()))
    }

    fn remove_cases(
        &mut self,
        request: &ApiRequest<'_>,
        scope: Scope,
        suite: u64,
        ids: &[u64],
    ) -> Answer {
        let Some(known) = self.plans.suites.get(&suite) else {
            return Err(not_found("Test suite", suite));
        };
        if known.kind != SuiteKind::Static {
            return Err(invalid(format!(
                "Test suite {suite} is no static suite; its test cases follow from its query or \
                 requirement."
            )));
        }
        for id in ids {
            self.held(suite, *id)?;
        }
        if let Some(known) = self.plans.suites.get_mut(&suite) {
            known.cases.retain(|case| !ids.contains(case));
        }
        self.plans
            .points
            .retain(|_, point| point.suite != suite || !ids.contains(&point.case));
        self.touch_suite(request, scope, suite);
        Ok((StatusCode::NO_CONTENT, None))
    }
}

fn witfields(request: &ApiRequest<'_>) -> Option<Vec<String>> {
    request
        .query("witFields")
        .filter(|text| !text.trim().is_empty())
        .map(comma_list)
}
