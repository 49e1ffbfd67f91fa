//! The control surface under `/_sandbox`: faults, the request log, and edits as a person would make them.

use axum::extract::State as Shared;
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};

use super::Sandbox;
use super::fault::Fault;

/// The routes under `/_sandbox`, TestWorthy's own excepted.
pub fn router(sandbox: Sandbox) -> Router {
    Router::new()
        .route("/health", get(health))
        .route("/log", get(read_log).delete(clear_log))
        .route(
            "/faults",
            get(list_faults).post(add_fault).delete(clear_faults),
        )
        .with_state(sandbox)
}

async fn health() -> Json<Value> {
    Json(json!({"status": "ok"}))
}

async fn read_log(Shared(sandbox): Shared<Sandbox>) -> Json<Value> {
    let state = sandbox.state();
    let entries: Vec<_> = state.log.entries().collect();
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
