//! The state machine on HTTP: one handler for both surfaces, one for the control routes.

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Request, State as Shared};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::{Call, Refusal, Reply};
use crate::sandbox::Sandbox;

/// The routes under `/testworthy` (mounted there by the sandbox's server).
pub fn router(sandbox: Sandbox) -> Router {
    Router::new().fallback(surfaces).with_state(sandbox)
}

/// The routes under `/_sandbox/testworthy`; see [`super::Server::control`].
pub fn control_router(sandbox: Sandbox) -> Router {
    Router::new().fallback(control).with_state(sandbox)
}

/// The body that this server would send with an error status that a fault asks for.
pub fn refusal(status: StatusCode) -> Response {
    Reply::from(Refusal {
        status: status.as_u16(),
        message: status
            .canonical_reason()
            .unwrap_or("An error has occurred.")
            .to_owned(),
    })
    .into_response()
}

/// A refusal in this server's form with the words of a fault.
pub fn told(status: StatusCode, message: &str) -> Response {
    Reply::from(Refusal {
        status: status.as_u16(),
        message: message.to_owned(),
    })
    .into_response()
}

async fn surfaces(Shared(sandbox): Shared<Sandbox>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let Some(body) = read(body).await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    let mut state = sandbox.state();
    let now = state.clock.now();
    let reply = state.testworthy.handle(&Call {
        method: parts.method.as_str(),
        path: parts.uri.path(),
        query: parts.uri.query().unwrap_or_default(),
        headers: &parts.headers,
        body: &body,
        now,
    });
    drop(state);
    reply.into_response()
}

async fn control(Shared(sandbox): Shared<Sandbox>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let Some(body) = read(body).await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    let mut state = sandbox.state();
    let now = state.clock.now();
    let reply = state
        .testworthy
        .control(parts.method.as_str(), parts.uri.path(), &body, now);
    drop(state);
    reply.into_response()
}

/// The sandbox's outer layer has read and limited the body already.
async fn read(body: axum::body::Body) -> Option<Bytes> {
    axum::body::to_bytes(body, usize::MAX).await.ok()
}

impl IntoResponse for Reply {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, self.body).into_response();
        let headers = response.headers_mut();
        if self.content_type.is_empty() {
            headers.remove(header::CONTENT_TYPE);
        } else {
            headers.insert(
                header::CONTENT_TYPE,
                HeaderValue::from_static(self.content_type),
            );
        }
        if let Some(allow) = self.allow {
            headers.insert(header::ALLOW, HeaderValue::from_static(allow));
        }
        response
    }
}
