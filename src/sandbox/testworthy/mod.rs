//! The TestWorthy server, emulated.

use axum::Router;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::Sandbox;

/// What the TestWorthy server stores.
#[derive(Debug, Default)]
pub struct Server {}

/// The routes under `/testworthy` (mounted there by the sandbox's server).
pub fn router(sandbox: Sandbox) -> Router {
    Router::new().with_state(sandbox)
}

/// The routes under `/_sandbox/testworthy`: edits as a person would make them.
pub fn control_router(sandbox: Sandbox) -> Router {
    Router::new().with_state(sandbox)
}

/// Whether a request to a path under `/testworthy` can change state.
pub fn is_write(method: &str, _path: &str) -> bool {
    !matches!(method, "GET" | "HEAD" | "OPTIONS")
}

/// The body that this server would send with an error status that a fault asks for.
pub fn refusal(status: StatusCode) -> Response {
    (status, "An error has occurred.").into_response()
}
