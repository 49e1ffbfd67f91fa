//! Suites: a tree below the root of each plan (Microsoft Learn, Test Plan, Test Suites; Test Suite Entry).

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::super::Organization;
use super::super::body::{
    as_choice, choice, flag, items, member, number as number_of, reference, text,
};
use super::super::edit::Writer;
use super::super::error::ApiError;
use super::super::identity::UserId;
use super::super::instant;
use super::super::request::ApiRequest;
use super::super::route::{Answer, Scope, number, ok};
use super::super::wire::list;
use super::{PAGE, Suite, SuiteKind, invalid, not_found, page, set};

/// Suite types by name and by the number that official clients send.
const KINDS: [(&str, u64); 4] = [
    ("none", 0),
    ("dynamicTestSuite", 1),
    ("staticTestSuite", 2),
    ("requirementTestSuite", 3),
];

/// Kinds of entries of a suite.
const ENTRIES: [(&str, u64); 2] = [("testCase", 0), ("suite", 1)];

impl SuiteKind {
    fn wire(self) -> &'static str {
        match self {
            Self::Dynamic => "dynamicTestSuite",
            Self::Static => "staticTestSuite",
            Self::Requirement => "requirementTestSuite",
        }
    }

    /// As the suite's work item tells it.
    fn in_field(self) -> (&'static str, u64) {
        match self {
            Self::Static => ("Static", 2),
            Self::Dynamic => ("Query Based", 1),
            Self::Requirement => ("Requirement Based", 3),
        }
    }
}

impl Organization {
    pub(super) fn list_suites(&self, request: &ApiRequest<'_>, plan: u64) -> Answer {
        let children = expands_children(request);
        if request.flag("asTreeView") {
            let root = self.plans.plans.get(&plan).map(|plan| plan.root);
            let tree = root.map(|root| self.suite_tree(root));
            return ok(list(tree.into_iter().collect()));
        }
        let suites = self
            .plans
            .suites
            .iter()
            .filter(|(_, suite)| suite.plan == plan);
        let told = suites.map(|(id, _)| (*id, self.suite_json(*id, children)));
        ok(list(page(request, told, PAGE)?))
    }

    pub(super) fn get_suite(&self, request: &ApiRequest<'_>, id: u64) -> Answer {
        ok(self.suite_json(id, expands_children(request)))
    }

    /// The suites that hold a case, of every project.
    pub(super) fn suites_by_case(&self, request: &ApiRequest<'_>) -> Answer {
        let case = request
            .query("testCaseId")
            .ok_or_else(|| super::super::body::missing("testCaseId"))?;
        let case = number(case)?;
        let suites = self
            .plans
            .suites
            .iter()
            .filter(|(_, suite)| suite.cases.contains(&case));
        ok(list(
            suites.map(|(id, _)| self.suite_json(*id, false)).collect(),
        ))
    }

    fn suite_tree(&self, id: u64) -> Value {
        let mut told = self.suite_json(id, false);
        if let Some(suite) = self.plans.suites.get(&id) {
            let children: Vec<Value> = suite
                .suites
                .iter()
                .map(|child| self.suite_tree(*child))
                .collect();
            if !children.is_empty() {
                told["children"] = Value::Array(children);
            }
        }
        told
    }

    fn suite_json(&self, id: u64, children: bool) -> Value {
        let Some(suite) = self.plans.suites.get(&id) else {
            return Value::Null;
        };
        let project = self
            .plans
            .plans
            .get(&suite.plan)
            .map_or(0, |plan| plan.project);
        let url = self.test_plan_url(project);
        let own = format!("{url}/Plans/{}/Suites/{id}", suite.plan);
        let configurations: Vec<Value> = suite
            .configurations
            .iter()
            .map(|id| self.configuration_reference(*id))
            .collect();
        let testers: Vec<Value> = suite
            .testers
            .iter()
            .map(|user| self.identity_json(*user))
            .collect();
        let mut told = json!({
            "id": id,
            "revision": suite.revision,
            "project": self.project_reference(project),
            "lastUpdatedBy": self.identity_json(suite.updated.1),
            "lastUpdatedDate": suite.updated.0.to_string(),
            "plan": self.named(suite.plan),
            "_links": {
                "_self": {"href": own},
                "testCases": {"href": format!("{own}/TestCase")},
                "testPoints": {"href": format!("{own}/TestPoint")},
            },
            "suiteType": suite.kind.wire(),
            "name": self.title(id),
            "inheritDefaultConfigurations": suite.inherits_configurations,
            "defaultConfigurations": configurations,
            "defaultTesters": testers,
            "hasChildren": !suite.suites.is_empty(),
        });
        if let Some(parent) = suite.parent {
            told["parentSuite"] = self.named(parent);
        }
        if let Some(query) = &suite.query {
            told["queryString"] = json!(query);
            told["lastPopulatedDate"] = json!(suite.updated.0.to_string());
        }
        if let Some(requirement) = suite.requirement {
            told["requirementId"] = json!(requirement);
        }
        if children && !suite.suites.is_empty() {
            let children = suite
                .suites
                .iter()
                .map(|child| self.suite_json(*child, false));
            told["children"] = children.collect();
        }
        told
    }

    pub(super) fn create_suite(
        &mut self,
        request: &ApiRequest<'_>,
        scope: Scope,
        plan: u64,
    ) -> Answer {
        let body = request.json()?;
        let parent = reference(&body, "parentSuite");
        let id = self.make_suite(request, scope, plan, parent, &body)?;
        ok(self.suite_json(id, false))
    }

    /// Several suites under one parent: all of them or none.
    pub(super) fn create_suites(
        &mut self,
        request: &ApiRequest<'_>,
        scope: Scope,
        plan: u64,
        parent: u64,
    ) -> Answer {
        let body = request.json()?;
        let bodies = body
            .as_array()
            .ok_or_else(|| ApiError::bad_request("The body of the request must be an array."))?;
        let mut made = Vec::new();
        for one in bodies {
            match self.make_suite(request, scope, plan, Some(parent), one) {
                Ok(id) => made.push(id),
                Err(error) => {
                    let writer = Self::keeper(request, scope);
                    for id in made {
                        self.drop_suite(id, &writer);
                    }
                    return Err(error);
                }
            }
        }
        ok(list(
            made.into_iter()
                .map(|id| self.suite_json(id, false))
                .collect(),
        ))
    }

    fn make_suite(
        &mut self,
        request: &ApiRequest<'_>,
        scope: Scope,
        plan: u64,
        parent: Option<u64>,
        body: &Value,
    ) -> Result<u64, ApiError> {
        let known = self
            .plans
            .plans
            .get(&plan)
            .ok_or_else(|| not_found("Test plan", plan))?;
        let (project, root) = (known.project, known.root);
        let parent = parent.unwrap_or(root);
        if self.suite_of(plan, parent)?.kind != SuiteKind::Static {
            return Err(invalid(format!(
                "Test suite {parent} is no static suite, and only a static suite can have child suites."
            )));
        }
        let kind = match choice(body, "suiteType", &KINDS)? {
            Some("dynamicTestSuite") => SuiteKind::Dynamic,
            Some("requirementTestSuite") => SuiteKind::Requirement,
            Some("staticTestSuite") => SuiteKind::Static,
            _ => return Err(super::super::body::missing("suiteType")),
        };
        let query = text(body, "queryString").map(str::to_owned);
        let requirement = number_of(body, "requirementId").filter(|id| *id != 0);
        let name = match (kind, text(body, "name"), &query, requirement) {
            (SuiteKind::Dynamic, _, None, _) => {
                return Err(super::super::body::missing("queryString"));
            }
            (SuiteKind::Requirement, _, _, None) => {
                return Err(super::super::body::missing("requirementId"));
            }
            (SuiteKind::Requirement, None, _, Some(id)) => {
                let item = self.items.live(id).ok_or_else(|| ApiError::no_item(id))?;
                format!("{id} : {}", item.text(super::super::field::TITLE))
            }
            (_, Some(name), ..) => name.to_owned(),
            (_, None, ..) => return Err(super::super::body::missing("name")),
        };
        if let Some(id) = requirement
            && self.items.live(id).is_none()
        {
            return Err(ApiError::no_item(id));
        }
        if let Some(query) = &query {
            self.run_suite_query(query, project, request, scope)?;
        }
        let testers = self.testers(body)?.unwrap_or_default();
        let configurations = self.wanted_configurations(body)?;
        let inherits =
            flag(body, "inheritDefaultConfigurations").unwrap_or(configurations.is_none());
        let writer = Self::keeper(request, scope);
        let (type_name, type_id) = kind.in_field();
        let mut fields = vec![
            set("System.Title", json!(name)),
            set("System.State", json!("In Progress")),
            set("Microsoft.VSTS.TCM.TestSuiteType", json!(type_name)),
            set("Microsoft.VSTS.TCM.TestSuiteTypeId", json!(type_id)),
        ];
        if let Some(query) = &query {
            fields.push(set("Microsoft.VSTS.TCM.QueryText", json!(query)));
        }
        let type_at = self.find_type("Test Suite")?;
        let id = self.create_item((project, type_at), None, &fields, &writer)?;
        let suite = Suite {
            plan,
            parent: Some(parent),
            kind,
            query,
            requirement,
            inherits_configurations: inherits,
            configurations: configurations.unwrap_or_default(),
            testers,
            suites: Vec::new(),
            cases: Vec::new(),
            updated: (instant::on_grid(request.now), scope.user),
            revision: 1,
        };
        self.plans.suites.insert(id, suite);
        if let Some(parent) = self.plans.suites.get_mut(&parent) {
            parent.suites.push(id);
        }
        Ok(id)
    }

    fn testers(&self, body: &Value) -> Result<Option<Vec<UserId>>, ApiError> {
        if member(body, "defaultTesters").is_none() {
            return Ok(None);
        }
        items(body, "defaultTesters")
            .iter()
            .map(|tester| {
                self.users
                    .resolve(tester)
                    .map_err(|text| ApiError::unknown_identity(&text, "tester", "tester"))
            })
            .collect::<Result<_, _>>()
            .map(Some)
    }

    fn wanted_configurations(&self, body: &Value) -> Result<Option<Vec<u64>>, ApiError> {
        if member(body, "defaultConfigurations").is_none() {
            return Ok(None);
        }
        items(body, "defaultConfigurations")
            .iter()
            .map(|one| {
                let id = number_of(one, "id").ok_or_else(|| super::super::body::missing("id"))?;
                self.known_configuration(id)
            })
            .collect::<Result<_, _>>()
            .map(Some)
    }

    pub(super) fn update_suite(
        &mut self,
        request: &ApiRequest<'_>,
        scope: Scope,
        id: u64,
    ) -> Answer {
        let body = request.json()?;
        let writer = Self::keeper(request, scope);
        let configurations = self.wanted_configurations(&body)?;
        let testers = self.testers(&body)?;
        let query = text(&body, "queryString").map(str::to_owned);
        let parent = reference(&body, "parentSuite");
        let suite = self
            .plans
            .suites
            .get(&id)
            .ok_or_else(|| not_found("Test suite", id))?;
        let (plan, old_parent) = (suite.plan, suite.parent);
        if let Some(query) = &query {
            if suite.kind != SuiteKind::Dynamic {
                return Err(invalid(format!("Test suite {id} has no query.")));
            }
            let project = self.plans.plans.get(&plan).map_or(0, |plan| plan.project);
            self.run_suite_query(query, project, request, scope)?;
        }
        let moves = parent.filter(|parent| Some(*parent) != old_parent);
        if let Some(parent) = moves {
            self.move_suite(id, plan, parent)?;
        }
        let mut fields = Vec::new();
        if let Some(name) = text(&body, "name") {
            if old_parent.is_none() {
                return Err(invalid(
                    "The root suite is called like its plan; rename the plan.",
                ));
            }
            fields.push(set("System.Title", json!(name)));
        }
        if let Some(query) = &query {
            fields.push(set("Microsoft.VSTS.TCM.QueryText", json!(query)));
        }
        self.update_item(id, &fields, &writer)?;
        if let Some(suite) = self.plans.suites.get_mut(&id) {
            suite.updated = (instant::on_grid(request.now), scope.user);
            suite.revision += 1;
            if query.is_some() {
                suite.query = query;
            }
            if let Some(testers) = testers {
                suite.testers = testers;
            }
            if let Some(configurations) = configurations {
                suite.configurations = configurations;
                suite.inherits_configurations = false;
            }
            if let Some(inherits) = flag(&body, "inheritDefaultConfigurations") {
                suite.inherits_configurations = inherits;
            }
        }
        ok(self.suite_json(id, false))
    }

    fn move_suite(&mut self, id: u64, plan: u64, parent: u64) -> Result<(), ApiError> {
        if self.suite_of(plan, parent)?.kind != SuiteKind::Static {
            return Err(invalid(format!("Test suite {parent} is no static suite.")));
        }
        let mut at = Some(parent);
        while let Some(above) = at {
            if above == id {
                return Err(invalid(format!(
                    "Test suite {parent} is below test suite {id}."
                )));
            }
            at = self.plans.suites.get(&above).and_then(|suite| suite.parent);
        }
        let suite = self
            .plans
            .suites
            .get_mut(&id)
            .ok_or_else(|| not_found("Test suite", id))?;
        let Some(old) = suite.parent.replace(parent) else {
            suite.parent = None;
            return Err(invalid("The root suite of a plan cannot be moved."));
        };
        for (place, add) in [(old, false), (parent, true)] {
            if let Some(place) = self.plans.suites.get_mut(&place) {
                place.suites.retain(|child| *child != id);
                if add {
                    place.suites.push(id);
                }
            }
        }
        Ok(())
    }

    pub(super) fn delete_suite(
        &mut self,
        request: &ApiRequest<'_>,
        scope: Scope,
        id: u64,
    ) -> Answer {
        let suite = self
            .plans
            .suites
            .get(&id)
            .ok_or_else(|| not_found("Test suite", id))?;
        if suite.parent.is_none() {
            return Err(invalid("The root suite goes only with its plan."));
        }
        let writer = Self::keeper(request, scope);
        self.drop_suite(id, &writer);
        Ok((StatusCode::NO_CONTENT, None))
    }

    /// Removes a suite with those below it, their points and work items. Cases stay.
    pub(super) fn drop_suite(&mut self, id: u64, writer: &Writer) {
        let Some(suite) = self.plans.suites.remove(&id) else {
            return;
        };
        for child in suite.suites {
            self.drop_suite(child, writer);
        }
        if let Some(parent) = suite
            .parent
            .and_then(|parent| self.plans.suites.get_mut(&parent))
        {
            parent.suites.retain(|child| *child != id);
        }
        self.plans.points.retain(|_, point| point.suite != id);
        self.destroy_item(id, writer);
    }

    /// The order of cases and child suites.
    pub(super) fn entry_route(
        &mut self,
        request: &ApiRequest<'_>,
        scope: Scope,
        id: u64,
    ) -> Answer {
        if !self.plans.suites.contains_key(&id) {
            return Err(not_found("Test suite", id));
        }
        match request.method {
            "GET" => {}
            "PATCH" => self.reorder(request, scope, id)?,
            other => return Err(ApiError::method_not_allowed(other)),
        }
        let wanted = match request.query("suiteEntryType") {
            None => None,
            Some(text) => Some(as_choice(&json!(text), &ENTRIES).ok_or_else(|| {
                ApiError::bad_request(format!(
                    "The value '{text}' is not valid for suiteEntryType."
                ))
            })?),
        };
        let Some(suite) = self.plans.suites.get(&id) else {
            return Err(not_found("Test suite", id));
        };
        let cases = suite.cases.iter().map(|case| ("testCase", *case));
        let all = cases.chain(suite.suites.iter().map(|child| ("suite", *child)));
        let told = all
            .filter(|(kind, _)| wanted.is_none_or(|wanted| wanted == *kind))
            .enumerate()
            .map(|(at, (kind, entry))| {
                json!({"suiteId": id, "id": entry, "suiteEntryType": kind, "sequenceNumber": at + 1})
            });
        ok(list(told.collect()))
    }

    fn reorder(&mut self, request: &ApiRequest<'_>, scope: Scope, id: u64) -> Result<(), ApiError> {
        let body = request.json()?;
        let entries = body
            .as_array()
            .ok_or_else(|| ApiError::bad_request("The body of the request must be an array."))?;
        let now = instant::on_grid(request.now);
        let Some(suite) = self.plans.suites.get_mut(&id) else {
            return Err(not_found("Test suite", id));
        };
        for entry in entries {
            let moved = number_of(entry, "id").ok_or_else(|| super::super::body::missing("id"))?;
            let place = number_of(entry, "sequenceNumber").unwrap_or(1);
            let place = usize::try_from(place)
                .unwrap_or(usize::MAX)
                .saturating_sub(1);
            let row = match choice(entry, "suiteEntryType", &ENTRIES)? {
                Some("suite") => &mut suite.suites,
                _ => &mut suite.cases,
            };
            if !row.contains(&moved) {
                return Err(not_found("Suite entry", moved));
            }
            row.retain(|one| *one != moved);
            row.insert(place.min(row.len()), moved);
        }
        suite.updated = (now, scope.user);
        Ok(())
    }
}

fn expands_children(request: &ApiRequest<'_>) -> bool {
    let expand = request.query("expand").unwrap_or_default().to_lowercase();
    let bits: u32 = expand.trim().parse().unwrap_or(0);
    bits & 1 != 0 || expand.split(',').any(|part| part.trim() == "children")
}
