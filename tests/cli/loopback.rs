//! A server on loopback that answers as a test says, for services that are neither of the two systems.

use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::StatusCode;
use axum::response::Response;

/// A request, read whole.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) query: String,
    /// The `Authorization` header, empty without one.
    pub(crate) authorization: String,
    pub(crate) body: String,
}

/// A server that runs as long as this lives.
pub(crate) struct Loopback {
    /// `127.0.0.1:PORT`.
    pub(crate) host: String,
    _runtime: tokio::runtime::Runtime,
}

impl Loopback {
    /// Answers every request with a status and a JSON text.
    pub(crate) fn serve(
        answer: impl Fn(Asked) -> (u16, serde_json::Value) + Send + Sync + 'static,
    ) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .expect("a runtime");
        let listener = runtime
            .block_on(tokio::net::TcpListener::bind("127.0.0.1:0"))
            .expect("a free port");
        let host = listener.local_addr().expect("an address").to_string();
        let answer = Arc::new(answer);
        let router = axum::Router::new().fallback(move |request: Request| {
            let answer = answer.clone();
            async move {
                let (parts, body) = request.into_parts();
                let body = to_bytes(body, usize::MAX).await.expect("a body");
                let header = parts.headers.get("authorization");
                let (status, text) = answer(Asked {
                    method: parts.method.to_string(),
                    path: parts.uri.path().to_owned(),
                    query: parts.uri.query().unwrap_or_default().to_owned(),
                    authorization: header
                        .and_then(|value| value.to_str().ok())
                        .unwrap_or_default()
                        .to_owned(),
                    body: String::from_utf8_lossy(&body).into_owned(),
                });
                Response::builder()
                    .status(StatusCode::from_u16(status).expect("a status"))
                    .header("content-type", "application/json")
                    .body(Body::from(text.to_string()))
                    .expect("an answer")
            }
        });
        runtime.spawn(async move { axum::serve(listener, router).await });
        Self {
            host,
            _runtime: runtime,
        }
    }
}
