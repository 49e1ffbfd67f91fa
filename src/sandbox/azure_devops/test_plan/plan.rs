//! Plans (Microsoft Learn, Test Plan, Test Plans).

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::super::Organization;
use super::super::body::{flag, member, required, text};
use super::super::error::ApiError;
use super::super::field;
use super::super::instant;
use super::super::patch::PatchOp;
use super::super::request::ApiRequest;
use super::super::route::{Answer, Scope, ok};
use super::super::value::FieldValue;
use super::super::wire::list;
use super::{PAGE, Plan, Suite, SuiteKind, not_found, page, set};

/// What of a plan's body lives in its work item.
fn item_fields(body: &Value) -> Vec<PatchOp> {
    let mut fields = Vec::new();
    for (name, reference) in [
        ("name", "System.Title"),
        ("areaPath", "System.AreaPath"),
        ("iteration", "System.IterationPath"),
        ("state", "System.State"),
        ("description", "System.Description"),
        ("startDate", "Microsoft.VSTS.Scheduling.StartDate"),
        ("endDate", "Microsoft.VSTS.Scheduling.FinishDate"),
    ] {
        if let Some(value) = text(body, name) {
            fields.push(set(reference, json!(value)));
        }
    }
    fields
}

impl Organization {
    pub(super) fn list_plans(&self, request: &ApiRequest<'_>, project: usize) -> Answer {
        let owner = request.query("owner").filter(|owner| !owner.is_empty());
        let active = request.flag("filterActivePlans");
        let detailed =
            request.query("includePlanDetails").is_none() || request.flag("includePlanDetails");
        let plans = self.plans.plans.iter().filter(|(id, plan)| {
            let own = self.users.get(plan.owner);
            let state = self.items.any(**id).map(|item| item.text(field::STATE));
            plan.project == project
                && owner.is_none_or(|owner| {
                    own.id.eq_ignore_ascii_case(owner)
                        || own.unique_name.eq_ignore_ascii_case(owner)
                })
                && (!active || state == Some("Active"))
        });
        let told = plans.map(|(id, plan)| {
            let told = if detailed {
                self.plan_json(*id, plan)
            } else {
                self.plan_outline(*id, plan)
            };
            (*id, told)
        });
        ok(list(page(request, told, PAGE)?))
    }

    pub(super) fn get_plan(&self, id: u64) -> Answer {
        let plan = self
            .plans
            .plans
            .get(&id)
            .ok_or_else(|| not_found("Test plan", id))?;
        ok(self.plan_json(id, plan))
    }

    /// A plan without what costs the service a look at its work item.
    fn plan_outline(&self, id: u64, plan: &Plan) -> Value {
        json!({
            "id": id,
            "name": self.title(id),
            "project": self.project_reference(plan.project),
            "rootSuite": {"id": plan.root, "name": self.title(plan.root)},
            "_links": {
                "_self": {"href": format!("{}/Plans/{id}", self.test_plan_url(plan.project))},
            },
        })
    }

    fn plan_json(&self, id: u64, plan: &Plan) -> Value {
        let mut told = self.plan_outline(id, plan);
        let Some(item) = self.items.any(id) else {
            return told;
        };
        let date = |field| match item.content.fields.get(&field) {
            Some(FieldValue::DateTime(at)) => json!(at.to_string()),
            _ => Value::Null,
        };
        let path = |field| {
            let node = item.node(field);
            node.map(|node| self.nodes.get(node).path.to_string())
        };
        told["areaPath"] = json!(path(field::AREA_PATH));
        told["iteration"] = json!(path(field::ITERATION_PATH));
        told["state"] = json!(item.text(field::STATE));
        told["description"] = json!(item.text(field::DESCRIPTION));
        told["startDate"] = date(field::START_DATE);
        told["endDate"] = date(field::FINISH_DATE);
        told["owner"] = self.identity_json(plan.owner);
        told["revision"] = json!(item.rev);
        told["updatedDate"] = json!(plan.updated.0.to_string());
        told["updatedBy"] = self.identity_json(plan.updated.1);
        told["testOutcomeSettings"] = json!({"syncOutcomeAcrossSuites": plan.sync_outcomes});
        if let Some(build) = &plan.build {
            told["buildDefinition"] = build.clone();
        }
        let url = self.test_plan_url(plan.project);
        told["_links"]["rootSuite"] =
            json!({"href": format!("{url}/Plans/{id}/Suites/{}", plan.root)});
        told
    }

    pub(super) fn create_plan(
        &mut self,
        request: &ApiRequest<'_>,
        scope: Scope,
        project: usize,
    ) -> Answer {
        let body = request.json()?;
        let name = required(&body, "name")?.to_owned();
        let owner = match member(&body, "owner") {
            Some(owner) => self
                .users
                .resolve(owner)
                .map_err(|text| ApiError::unknown_identity(&text, "owner", "owner"))?,
            None => scope.user,
        };
        let writer = Self::keeper(request, scope);
        let kind = self.find_type("Test Plan")?;
        let suite_kind = self.find_type("Test Suite")?;
        self.items.begin();
        let made = self
            .create_item((project, kind), None, &item_fields(&body), &writer)
            .and_then(|plan| {
                let fields = [
                    set("System.Title", json!(name)),
                    set("System.State", json!("In Progress")),
                    set("Microsoft.VSTS.TCM.TestSuiteType", json!("Static")),
                    set("Microsoft.VSTS.TCM.TestSuiteTypeId", json!(2)),
                ];
                let suite = self.create_item((project, suite_kind), None, &fields, &writer)?;
                Ok((plan, suite))
            });
        let (plan, root) = match made {
            Ok(made) => {
                self.items.keep();
                made
            }
            Err(error) => {
                self.items.take_back();
                return Err(error);
            }
        };
        let updated = (instant::on_grid(request.now), scope.user);
        let suite = Suite {
            plan,
            parent: None,
            kind: SuiteKind::Static,
            query: None,
            requirement: None,
            inherits_configurations: false,
            configurations: self.default_configurations(),
            testers: Vec::new(),
            suites: Vec::new(),
            cases: Vec::new(),
            updated,
            revision: 1,
        };
        self.plans.suites.insert(root, suite);
        let settings = member(&body, "testOutcomeSettings");
        let known = Plan {
            project,
            root,
            owner,
            sync_outcomes: settings
                .and_then(|settings| flag(settings, "syncOutcomeAcrossSuites"))
                .unwrap_or(false),
            build: member(&body, "buildDefinition").cloned(),
            updated,
        };
        self.plans.plans.insert(plan, known);
        self.get_plan(plan)
    }

    pub(super) fn update_plan(
        &mut self,
        request: &ApiRequest<'_>,
        scope: Scope,
        id: u64,
    ) -> Answer {
        let body = request.json()?;
        let writer = Self::keeper(request, scope);
        let owner = match member(&body, "owner") {
            Some(owner) => Some(
                self.users
                    .resolve(owner)
                    .map_err(|text| ApiError::unknown_identity(&text, "owner", "owner"))?,
            ),
            None => None,
        };
        let fields = item_fields(&body);
        self.update_item(id, &fields, &writer)?;
        let Some(plan) = self.plans.plans.get_mut(&id) else {
            return Err(not_found("Test plan", id));
        };
        plan.updated = (instant::on_grid(request.now), scope.user);
        plan.owner = owner.unwrap_or(plan.owner);
        if let Some(sync) = member(&body, "testOutcomeSettings")
            .and_then(|settings| flag(settings, "syncOutcomeAcrossSuites"))
        {
            plan.sync_outcomes = sync;
        }
        if let Some(build) = member(&body, "buildDefinition") {
            plan.build = Some(build.clone());
        }
        let root = plan.root;
        if let Some(name) = text(&body, "name") {
            // The root suite is called like its plan.
            self.update_item(root, &[set("System.Title", json!(name))], &writer)?;
        }
        self.get_plan(id)
    }

    /// A plan goes with its suites, points and their work items; its cases stay.
    pub(super) fn delete_plan(
        &mut self,
        request: &ApiRequest<'_>,
        scope: Scope,
        id: u64,
    ) -> Answer {
        let writer = Self::keeper(request, scope);
        let Some(plan) = self.plans.plans.remove(&id) else {
            return Err(not_found("Test plan", id));
        };
        self.drop_suite(plan.root, &writer);
        self.destroy_item(id, &writer);
        Ok((StatusCode::NO_CONTENT, None))
    }
}
