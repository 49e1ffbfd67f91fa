//! The control surface under `/_sandbox`: faults, the request log, and edits as a person would make them.

use std::collections::HashMap;

use axum::extract::{Path, Query, State as Shared};
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};

use super::Sandbox;
use super::azure_devops::{self, PersonEdit, PersonError, Settings};
use super::fault::Fault;

/// The routes under `/_sandbox`, `TestWorthy`'s own excepted.
pub fn router(sandbox: Sandbox) -> Router {
    Router::new()
        .route("/health", get(health))
        .route("/log", get(read_log).delete(clear_log))
        .route(
            "/faults",
            get(list_faults).post(add_fault).delete(clear_faults),
        )
        .route(
            "/azureDevOps/settings",
            get(read_settings).put(write_settings),
        )
        .route("/azureDevOps/workItems", get(list_items).post(create_item))
        .route(
            "/azureDevOps/workItems/{id}",
            get(read_item).post(edit_item).delete(delete_item),
        )
        .with_state(sandbox)
}

async fn health(Shared(sandbox): Shared<Sandbox>) -> Json<Value> {
    let state = sandbox.state();
    Json(json!({
        "status": "ok",
        "organization": state.azure_devops.name(),
        "project": state.azure_devops.project_name(),
        "workItems": state.azure_devops.work_item_count(),
        "time": state.clock.now().to_string(),
    }))
}

/// `?entries=N` gives the newest N requests only; the counts are always there.
async fn read_log(
    Shared(sandbox): Shared<Sandbox>,
    Query(query): Query<HashMap<String, String>>,
) -> Json<Value> {
    let wanted = query.get("entries").and_then(|number| number.parse().ok());
    let state = sandbox.state();
    let all = state.log.entries();
    let skipped = wanted.map_or(0, |wanted: usize| all.len().saturating_sub(wanted));
    let entries: Vec<_> = all.skip(skipped).collect();
    let routes: Vec<Value> = state
        .log
        .routes()
        .iter()
        .map(|((system, route), count)| json!({"system": system, "route": route, "count": count}))
        .collect();
    Json(json!({"count": entries.len(), "requests": entries, "routes": routes}))
}

async fn clear_log(Shared(sandbox): Shared<Sandbox>) -> StatusCode {
    sandbox.state().log.clear();
    StatusCode::NO_CONTENT
}

async fn list_faults(Shared(sandbox): Shared<Sandbox>) -> Json<Value> {
    Json(json!({"faults": sandbox.state().faults.rules()}))
}

async fn add_fault(
    Shared(sandbox): Shared<Sandbox>,
    Json(fault): Json<Fault>,
) -> (StatusCode, Json<Value>) {
    let mut state = sandbox.state();
    state.faults.add(fault);
    let rules = json!({"faults": state.faults.rules()});
    (StatusCode::CREATED, Json(rules))
}

async fn clear_faults(Shared(sandbox): Shared<Sandbox>) -> StatusCode {
    sandbox.state().faults.clear();
    StatusCode::NO_CONTENT
}

async fn read_settings(Shared(sandbox): Shared<Sandbox>) -> Json<Settings> {
    Json(sandbox.state().azure_devops.settings.clone())
}

async fn write_settings(
    Shared(sandbox): Shared<Sandbox>,
    Json(settings): Json<Settings>,
) -> Json<Settings> {
    let mut state = sandbox.state();
    state.azure_devops.settings = settings.clone();
    Json(settings)
}

async fn list_items(Shared(sandbox): Shared<Sandbox>) -> Json<Value> {
    let ids = sandbox.state().azure_devops.work_item_ids();
    Json(json!({"count": ids.len(), "ids": ids}))
}

async fn read_item(
    Shared(sandbox): Shared<Sandbox>,
    Path(id): Path<u64>,
) -> Result<Json<Value>, (StatusCode, Json<Value>)> {
    let state = sandbox.state();
    let item = state.azure_devops.work_item(id);
    item.map(Json).ok_or_else(|| {
        let message = format!("There is no work item {id}.");
        told((StatusCode::NOT_FOUND, message))
    })
}

async fn create_item(
    Shared(sandbox): Shared<Sandbox>,
    Json(edit): Json<PersonEdit>,
) -> Result<Json<Value>, (StatusCode, Json<Value>)> {
    let made = {
        let mut state = sandbox.state();
        let now = state.clock.now();
        state.azure_devops.create_as_person(&edit, now)
    };
    azure_devops::deliver(&sandbox);
    made.map(Json).map_err(told)
}

async fn edit_item(
    Shared(sandbox): Shared<Sandbox>,
    Path(id): Path<u64>,
    Json(edit): Json<PersonEdit>,
) -> Result<Json<Value>, (StatusCode, Json<Value>)> {
    let edited = {
        let mut state = sandbox.state();
        let now = state.clock.now();
        state.azure_devops.edit_as_person(id, &edit, now)
    };
    azure_devops::deliver(&sandbox);
    edited.map(Json).map_err(told)
}

async fn delete_item(
    Shared(sandbox): Shared<Sandbox>,
    Path(id): Path<u64>,
    Query(query): Query<HashMap<String, String>>,
) -> Result<StatusCode, (StatusCode, Json<Value>)> {
    let destroy = query.get("destroy").is_some_and(|value| value == "true");
    let deleted = {
        let mut state = sandbox.state();
        let now = state.clock.now();
        state.azure_devops.delete_as_person(id, destroy, now)
    };
    azure_devops::deliver(&sandbox);
    deleted.map(|()| StatusCode::NO_CONTENT).map_err(told)
}

fn told((status, message): PersonError) -> (StatusCode, Json<Value>) {
    (status, Json(json!({"message": message})))
}
