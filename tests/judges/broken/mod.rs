//! Answers spoiled on purpose: for each, the named script has to fail.
//!
//! A layer around the sandbox takes the answer to one kind of request and makes one mistake in it, the kind of
//! mistake that an emulation written from documentation makes: a key with another name, another status, a header
//! that is missing.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use accord::sandbox::log::route_of;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::{self, Next};
use axum::response::Response;
use serde_json::Value;

mod management;
mod tracking;

/// Every break, one list for each part of the service.
pub(crate) const ALL: [&[Break]; 2] = [tracking::ALL, management::ALL];

/// One mistake.
pub(crate) struct Break {
    /// What is wrong, in few words with hyphens.
    pub(crate) name: &'static str,
    /// The script that has to notice.
    pub(crate) script: &'static str,
    /// The requests whose answer is spoiled: method and route as the request log counts them, for example
    /// `GET wit/workitems/{id}`.
    pub(crate) request: &'static str,
    /// Makes the mistake.
    pub(crate) spoil: fn(&mut Answer),
}

/// An answer that can be spoiled.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    /// JSON, or null for an answer of another kind.
    pub(crate) json: Value,
    /// The body of an answer that is no JSON.
    pub(crate) bytes: Vec<u8>,
}

impl Answer {
    /// Gives a key of the body another name.
    pub(crate) fn rename(&mut self, from: &str, to: &str) {
        rename(&mut self.json, from, to);
    }

    /// Leaves a key out of the body.
    pub(crate) fn remove(&mut self, key: &str) {
        if let Some(object) = self.json.as_object_mut() {
            object.shift_remove(key);
        }
    }

    /// Changes every entry of the list `value` (or of another name).
    pub(crate) fn each(&mut self, list: &str, change: fn(&mut Value)) {
        if let Some(entries) = self.json.get_mut(list).and_then(Value::as_array_mut) {
            entries.iter_mut().for_each(change);
        }
    }
}

/// Gives a key of an object another name.
pub(crate) fn rename(value: &mut Value, from: &str, to: &str) {
    if let Some(object) = value.as_object_mut()
        && let Some(kept) = object.shift_remove(from)
    {
        object.insert(to.to_owned(), kept);
    }
}

/// The router with one kind of answer spoiled; `struck` counts how often.
pub(crate) fn around(router: Router, broken: &'static Break, struck: Arc<AtomicUsize>) -> Router {
    router.layer(middleware::from_fn(move |request: Request, next: Next| {
        let struck = struck.clone();
        async move {
            let asked = format!("{} {}", request.method(), route_of(request.uri().path()));
            let response = next.run(request).await;
            if asked != broken.request {
                return response;
            }
            struck.fetch_add(1, Ordering::SeqCst);
            spoil(response, broken.spoil).await
        }
    }))
}

async fn spoil(response: Response, spoil: fn(&mut Answer)) -> Response {
    let (mut parts, body) = response.into_parts();
    let bytes = to_bytes(body, usize::MAX).await.unwrap().to_vec();
    let json = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
    let mut answer = Answer {
        status: parts.status,
        headers: parts.headers,
        json,
        bytes,
    };
    spoil(&mut answer);
    let bytes = if answer.json.is_null() {
        answer.bytes
    } else {
        answer.json.to_string().into_bytes()
    };
    parts.status = answer.status;
    parts.headers = answer.headers;
    parts.headers.remove("content-length");
    Response::from_parts(parts, Body::from(bytes))
}
