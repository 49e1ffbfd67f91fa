//! `$batch`: many writes in one request (Microsoft Learn, Work Item Batch Update).

use std::collections::HashMap;

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::Organization;
use super::edit::Writer;
use super::error::ApiError;
use super::patch::{self, PatchOp, Path};
use super::request::{ApiRequest, query_pairs, segments};
use super::route::{Answer, Scope, number, ok, versions};
use super::wire::Expand;
use super::write::WriteOptions;

/// The most elements in one request: what Microsoft's own migrator sends.
const MAX_ELEMENTS: usize = 200;

/// What became of an element.
type Outcome = Result<Value, ApiError>;

/// What an element asks for.
enum Target {
    Create { project: usize, kind: usize },
    Update(u64),
}

struct Element {
    target: Target,
    options: WriteOptions,
    operations: Vec<PatchOp>,
}

impl Organization {
    pub(crate) fn batch(&mut self, request: &ApiRequest<'_>, scope: Scope) -> Answer {
        if scope.project.is_some() {
            return Err(ApiError::bad_request(
                "The batch resource exists for the organization, not for a project.",
            ));
        }
        let body = request.json()?;
        let elements = body
            .as_array()
            .ok_or_else(|| ApiError::bad_request("The body of the request must be an array."))?;
        if elements.len() > MAX_ELEMENTS {
            return Err(ApiError::limit(format!(
                "VS403475: The batch has {} requests which exceeds the limit of {MAX_ELEMENTS}.",
                elements.len()
            )));
        }
        if self.settings.batch_whole && !elements.is_empty() {
            let told = self.outcome_json(&Err(ApiError::whole_bulk_failed()));
            return ok(json!({"count": 1, "value": [told]}));
        }
        let refused = self.settings.batch_refuses.clone();
        let refused = refused.map(|(index, status, message)| {
            let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST);
            let index = index.min(elements.len().saturating_sub(1));
            (index, ApiError::told(status, &message))
        });
        let atomic = self.settings.batch_atomic;
        if atomic {
            self.items.begin();
        }
        let mut temporary: HashMap<i64, u64> = HashMap::new();
        let mut taken: Vec<i64> = Vec::new();
        let mut outcomes: Vec<Outcome> = Vec::with_capacity(elements.len());
        for (index, element) in elements.iter().enumerate() {
            let outcome = match &refused {
                Some((wanted, error)) if *wanted == index => Err(error.clone()),
                _ => self.run(element, request, scope, &mut temporary, &mut taken),
            };
            let failed = outcome.is_err();
            outcomes.push(outcome);
            if failed && atomic {
                break;
            }
        }
        if atomic {
            let failed = outcomes.iter().position(Result::is_err);
            if let Some(culprit) = failed {
                self.items.take_back();
                let blamed = outcomes.swap_remove(culprit);
                outcomes = elements
                    .iter()
                    .map(|_| Err(ApiError::whole_bulk_failed()))
                    .collect();
                outcomes[culprit] = blamed;
            } else {
                self.items.keep();
            }
        }
        let told: Vec<Value> = outcomes
            .iter()
            .map(|outcome| self.outcome_json(outcome))
            .collect();
        ok(json!({"count": told.len(), "value": told}))
    }

    fn run(
        &mut self,
        element: &Value,
        request: &ApiRequest<'_>,
        scope: Scope,
        temporary: &mut HashMap<i64, u64>,
        taken: &mut Vec<i64>,
    ) -> Outcome {
        let element = self.read_element(element)?;
        let writer = Writer {
            temporary: temporary.clone(),
            ..self.writer(request, scope, &element.options)?
        };
        match element.target {
            Target::Update(id) => self.change(id, &element.operations, &writer, &element.options),
            Target::Create { project, kind } => {
                // Without a temporary id of its own, every new item is -1, so only the first is made.
                let wanted = element
                    .operations
                    .iter()
                    .find(|operation| operation.path == Path::Id);
                let id = wanted.map_or(Some(-1), |operation| operation.value.as_i64());
                let id = id.filter(|id| *id < 0).ok_or_else(|| {
                    ApiError::bad_request("The temporary id of a new work item must be negative.")
                })?;
                if taken.contains(&id) {
                    return Err(ApiError::bad_request(format!(
                        "The batch holds more than one new work item with the temporary id {id}."
                    )));
                }
                taken.push(id);
                let (made, told) = self.create(
                    project,
                    kind,
                    &element.operations,
                    &writer,
                    &element.options,
                )?;
                temporary.insert(id, made);
                Ok(told)
            }
        }
    }

    fn read_element(&self, element: &Value) -> Result<Element, ApiError> {
        let text = |key: &str| element.get(key).and_then(Value::as_str);
        let method = text("method").unwrap_or_default().to_uppercase();
        let uri = text("uri").ok_or_else(|| ApiError::bad_request("A request has no uri."))?;
        let (path, query) = uri.split_once('?').unwrap_or((uri, ""));
        let path = match path.split_once("://") {
            Some((_, rest)) => rest.split_once('/').map_or("", |(_, path)| path),
            None => path,
        };
        let mut parts = segments(path);
        if parts
            .first()
            .is_some_and(|part| part.eq_ignore_ascii_case(&self.name))
        {
            parts.remove(0);
        }
        let apis = parts
            .iter()
            .position(|part| part.eq_ignore_ascii_case("_apis"));
        let apis = apis.ok_or_else(|| no_route(uri))?;
        let lower: Vec<String> = parts[apis + 1..]
            .iter()
            .map(|part| part.to_lowercase())
            .collect();
        let lower: Vec<&str> = lower.iter().map(String::as_str).collect();
        let ["wit", "workitems", last] = lower.as_slice() else {
            return Err(no_route(uri));
        };
        if method != "PATCH" && !(method == "POST" && last.starts_with('$')) {
            return Err(ApiError::method_not_allowed(&method));
        }
        let parameters = query_pairs(query);
        let parameter = |name: &str| {
            let found = parameters
                .iter()
                .find(|(key, _)| key.eq_ignore_ascii_case(name));
            found.map(|(_, value)| value.as_str())
        };
        let version = parameter("api-version").ok_or_else(|| ApiError::version_missing(&method))?;
        versions(&lower)
            .ok_or_else(|| no_route(uri))?
            .accept(version)?;
        check_content_type(element, &method)?;
        let flag = |name: &str| parameter(name).is_some_and(|v| v.eq_ignore_ascii_case("true"));
        let options = WriteOptions {
            validate_only: flag("validateOnly"),
            bypass_rules: flag("bypassRules"),
            expand: Expand::parse(parameter("$expand").unwrap_or_default())?,
        };
        let operations = patch::parse(element.get("body").unwrap_or(&Value::Null))?;
        let project = parts[..apis].first();
        let target = if last.starts_with('$') {
            let name = project.ok_or_else(ApiError::project_needed)?;
            let project = self
                .find_project(name)
                .ok_or_else(|| ApiError::no_project(name))?;
            let kind = parts.last().map_or("", |part| &part[1..]);
            Target::Create {
                project,
                kind: self.find_type(kind)?,
            }
        } else if project.is_some() {
            // Updates in a batch are addressed in the organisation; others are not found.
            return Err(no_route(uri));
        } else {
            Target::Update(number(last)?)
        };
        Ok(Element {
            target,
            options,
            operations,
        })
    }

    fn outcome_json(&self, outcome: &Outcome) -> Value {
        let (code, body) = match outcome {
            Ok(item) => (200, item.clone()),
            Err(error) if self.settings.batch_error_objects => {
                (error.status.as_u16(), error.body())
            }
            Err(error) => (
                error.status.as_u16(),
                json!({"count": 1, "value": {"Message": error.message()}}),
            ),
        };
        let body = if self.settings.batch_object_bodies {
            body
        } else {
            Value::String(body.to_string())
        };
        json!({
            "code": code,
            "headers": {"Content-Type": "application/json; charset=utf-8"},
            "body": body,
        })
    }
}

fn check_content_type(element: &Value, method: &str) -> Result<(), ApiError> {
    let headers = element.get("headers").and_then(Value::as_object);
    let sent = headers
        .into_iter()
        .flatten()
        .find(|(key, _)| key.eq_ignore_ascii_case("content-type"))
        .and_then(|(_, value)| value.as_str())
        .unwrap_or_default();
    let kind = sent.split(';').next().unwrap_or_default().trim();
    if kind.eq_ignore_ascii_case("application/json-patch+json") {
        return Ok(());
    }
    Err(ApiError::content_type(
        kind,
        method,
        "application/json-patch+json",
    ))
}

fn no_route(uri: &str) -> ApiError {
    ApiError::not_found(&format!("The resource '{uri}'"))
}
