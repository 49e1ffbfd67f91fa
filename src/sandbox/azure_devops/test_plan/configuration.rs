//! Test configurations and variables, in simple form (Microsoft Learn, Test Plan, Configurations, Variables).

use std::collections::BTreeMap;

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::super::Organization;
use super::super::body::{choice, flag, items, member, required, text};
use super::super::error::ApiError;
use super::super::request::ApiRequest;
use super::super::route::{Answer, number, ok};
use super::super::wire::list;
use super::{PAGE, invalid, not_found, page};

const STATES: [(&str, u64); 2] = [("active", 1), ("inactive", 2)];

/// A configuration: values of variables under one name.
#[derive(Clone, Debug)]
pub(super) struct Configuration {
    name: String,
    description: String,
    default: bool,
    state: &'static str,
    values: Vec<(String, String)>,
}

/// A variable and its possible values.
#[derive(Clone, Debug)]
pub(super) struct Variable {
    name: String,
    description: String,
    values: Vec<String>,
}

/// What every project has: one configuration, for Windows 10.
pub(super) fn standard() -> (BTreeMap<u64, Configuration>, BTreeMap<u64, Variable>) {
    let configuration = Configuration {
        name: "Windows 10".to_owned(),
        description: "Default operating system for testing".to_owned(),
        default: true,
        state: "active",
        values: vec![("Operating System".to_owned(), "Windows 10".to_owned())],
    };
    let variable = Variable {
        name: "Operating System".to_owned(),
        description: "Default operating systems".to_owned(),
        values: vec!["Windows 8".to_owned(), "Windows 10".to_owned()],
    };
    (
        BTreeMap::from([(1, configuration)]),
        BTreeMap::from([(1, variable)]),
    )
}

fn texts(body: &Value, name: &str) -> Vec<String> {
    let values = items(body, name).iter().filter_map(Value::as_str);
    values.map(str::to_owned).collect()
}

fn pairs(body: &Value) -> Vec<(String, String)> {
    let pair = |value: &Value| {
        Some((
            text(value, "name")?.to_owned(),
            text(value, "value")?.to_owned(),
        ))
    };
    items(body, "values").iter().filter_map(pair).collect()
}

impl Organization {
    /// The configurations of new cases where nothing else is said.
    pub(super) fn default_configurations(&self) -> Vec<u64> {
        let known = self.plans.configurations.iter();
        known
            .filter(|(_, one)| one.default && one.state == "active")
            .map(|(id, _)| *id)
            .collect()
    }

    /// The configurations of a suite: its own, or those of the nearest suite above that has some.
    pub(super) fn configurations_of(&self, suite: u64) -> Vec<u64> {
        let mut at = self.plans.suites.get(&suite);
        while let Some(suite) = at {
            if !suite.inherits_configurations && !suite.configurations.is_empty() {
                return suite.configurations.clone();
            }
            at = suite
                .parent
                .and_then(|parent| self.plans.suites.get(&parent));
        }
        self.default_configurations()
    }

    pub(super) fn known_configuration(&self, id: u64) -> Result<u64, ApiError> {
        if self.plans.configurations.contains_key(&id) {
            Ok(id)
        } else {
            Err(not_found("Test configuration", id))
        }
    }

    /// `id` and `name` of a configuration.
    pub(crate) fn configuration_reference(&self, id: u64) -> Value {
        let name = self.plans.configurations.get(&id).map(|one| &one.name);
        json!({"id": id, "name": name})
    }

    fn configuration_json(&self, project: usize, id: u64, one: &Configuration) -> Value {
        let values: Vec<Value> = one
            .values
            .iter()
            .map(|(name, value)| json!({"name": name, "value": value}))
            .collect();
        json!({
            "id": id,
            "name": one.name,
            "description": one.description,
            "isDefault": one.default,
            "state": one.state,
            "values": values,
            "project": self.project_reference(project),
        })
    }

    /// The id stands in the path to read, and in a query parameter with a typing error to write.
    pub(super) fn configuration_route(
        &mut self,
        request: &ApiRequest<'_>,
        project: usize,
        path: &[&str],
    ) -> Answer {
        let written = || {
            let id = request
                .query("testConfiguartionId")
                .or(request.query("testConfigurationId"))
                .ok_or_else(|| super::super::body::missing("testConfiguartionId"))?;
            number(id)
        };
        match (request.method, path) {
            ("GET", []) => {
                let all = self.plans.configurations.iter();
                let told = all.map(|(id, one)| (*id, self.configuration_json(project, *id, one)));
                ok(list(page(request, told, PAGE)?))
            }
            ("GET", [id]) => {
                let id = number(id)?;
                let one = self.plans.configurations.get(&id);
                let one = one.ok_or_else(|| not_found("Test configuration", id))?;
                ok(self.configuration_json(project, id, one))
            }
            ("POST", []) => {
                let body = request.json()?;
                let one = Configuration {
                    name: required(&body, "name")?.to_owned(),
                    description: text(&body, "description").unwrap_or_default().to_owned(),
                    default: flag(&body, "isDefault").unwrap_or(false),
                    state: choice(&body, "state", &STATES)?.unwrap_or("active"),
                    values: pairs(&body),
                };
                self.free_configuration_name(&one.name, None)?;
                self.plans.last_configuration += 1;
                let id = self.plans.last_configuration;
                let told = self.configuration_json(project, id, &one);
                self.plans.configurations.insert(id, one);
                ok(told)
            }
            ("PATCH", []) => {
                let id = written()?;
                let body = request.json()?;
                let one = self.plans.configurations.get(&id);
                let mut one = one
                    .ok_or_else(|| not_found("Test configuration", id))?
                    .clone();
                if let Some(name) = text(&body, "name") {
                    self.free_configuration_name(name, Some(id))?;
                    name.clone_into(&mut one.name);
                }
                if let Some(description) = text(&body, "description") {
                    description.clone_into(&mut one.description);
                }
                one.default = flag(&body, "isDefault").unwrap_or(one.default);
                one.state = choice(&body, "state", &STATES)?.unwrap_or(one.state);
                if member(&body, "values").is_some() {
                    one.values = pairs(&body);
                }
                let told = self.configuration_json(project, id, &one);
                self.plans.configurations.insert(id, one);
                ok(told)
            }
            ("DELETE", []) => {
                let id = written()?;
                self.known_configuration(id)?;
                if self
                    .plans
                    .points
                    .values()
                    .any(|point| point.configuration == id)
                {
                    return Err(invalid(format!(
                        "Test configuration {id} is in use by test points and cannot be deleted."
                    )));
                }
                self.plans.configurations.remove(&id);
                Ok((StatusCode::NO_CONTENT, None))
            }
            _ => Err(ApiError::method_not_allowed(request.method)),
        }
    }

    fn free_configuration_name(&self, name: &str, but: Option<u64>) -> Result<(), ApiError> {
        let mut others = self
            .plans
            .configurations
            .iter()
            .filter(|(id, _)| Some(**id) != but);
        if others.any(|(_, one)| one.name.eq_ignore_ascii_case(name)) {
            return Err(ApiError::tests(
                StatusCode::CONFLICT,
                "TestObjectAlreadyExistsException",
                format!("A test configuration named '{name}' already exists."),
            ));
        }
        Ok(())
    }

    fn variable_json(&self, project: usize, id: u64, one: &Variable) -> Value {
        json!({
            "id": id,
            "name": one.name,
            "description": one.description,
            "values": one.values,
            "project": self.project_reference(project),
        })
    }

    pub(super) fn variable_route(
        &mut self,
        request: &ApiRequest<'_>,
        project: usize,
        id: Option<&str>,
    ) -> Answer {
        let id = id.map(number).transpose()?;
        let known = |organization: &Self, id: u64| {
            let one = organization.plans.variables.get(&id).cloned();
            one.ok_or_else(|| not_found("Test variable", id))
        };
        match (request.method, id) {
            ("GET", None) => {
                let all = self.plans.variables.iter();
                let told = all.map(|(id, one)| (*id, self.variable_json(project, *id, one)));
                ok(list(page(request, told, PAGE)?))
            }
            ("GET", Some(id)) => ok(self.variable_json(project, id, &known(self, id)?)),
            ("POST", None) => {
                let body = request.json()?;
                let one = Variable {
                    name: required(&body, "name")?.to_owned(),
                    description: text(&body, "description").unwrap_or_default().to_owned(),
                    values: texts(&body, "values"),
                };
                self.plans.last_variable += 1;
                let id = self.plans.last_variable;
                let told = self.variable_json(project, id, &one);
                self.plans.variables.insert(id, one);
                ok(told)
            }
            ("PATCH", Some(id)) => {
                let body = request.json()?;
                let mut one = known(self, id)?;
                if let Some(name) = text(&body, "name") {
                    name.clone_into(&mut one.name);
                }
                if let Some(description) = text(&body, "description") {
                    description.clone_into(&mut one.description);
                }
                if member(&body, "values").is_some() {
                    one.values = texts(&body, "values");
                }
                let told = self.variable_json(project, id, &one);
                self.plans.variables.insert(id, one);
                ok(told)
            }
            ("DELETE", Some(id)) => {
                known(self, id)?;
                self.plans.variables.remove(&id);
                Ok((StatusCode::NO_CONTENT, None))
            }
            _ => Err(ApiError::method_not_allowed(request.method)),
        }
    }
}
