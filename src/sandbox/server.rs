//! How a request travels: read the body, note it, apply a fault if one strikes, hand it to its system.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::MutexGuard;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{ConnectInfo, DefaultBodyLimit, Request, State as Shared};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::connection::{Cut, CuttableListener};
use super::fault::FaultKind;
use super::log::{LogEntry, System, route_of};
use super::{Sandbox, State, azure_devops, control, exchange, odd_answer, testworthy};

/// The largest request body that is read: far above any real request, far below the machine's memory.
const MAX_BODY: usize = 32 * 1024 * 1024;

/// How long [`RunningSandbox::stop`] waits for answers that are under way.
const GRACE: Duration = Duration::from_secs(2);

/// A sandbox that listens.
pub struct RunningSandbox {
    /// Where it listens; always a loopback address.
    pub address: SocketAddr,
    sandbox: Sandbox,
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl RunningSandbox {
    /// Locks the state; see [`Sandbox::state`].
    pub fn state(&self) -> MutexGuard<'_, State> {
        self.sandbox.state()
    }

    /// The handle to the shared state.
    pub fn sandbox(&self) -> &Sandbox {
        &self.sandbox
    }

    /// The organisation's address, for example `http://127.0.0.1:4711/contoso`.
    pub fn organization_url(&self) -> String {
        let name = self.state().azure_devops.name().to_owned();
        format!("http://{}/{name}", self.address)
    }

    /// `TestWorthy`'s address, for example `http://127.0.0.1:4711/testworthy`.
    pub fn testworthy_url(&self) -> String {
        format!("http://{}/testworthy", self.address)
    }

    /// Stops listening and waits, for a moment, for answers that are under way. The state lives on in
    /// clones of [`Self::sandbox`].
    pub async fn stop(self) {
        // An error means that the server has ended already.
        let _ = self.stop.send(());
        let abort = self.task.abort_handle();
        if tokio::time::timeout(GRACE, self.task).await.is_err() {
            abort.abort();
        }
    }

    /// Waits until the server ends, which it does only by [`Self::stop`] or a failure of its socket.
    pub async fn ended(self) {
        let _keep = self.stop;
        // A join error means the same as an end.
        let _ = self.task.await;
    }
}

impl Sandbox {
    /// Listens on a port of 127.0.0.1; port 0 takes a free one.
    pub async fn start(self, port: u16) -> io::Result<RunningSandbox> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
        serve(listener, self)
    }
}

/// Serves both systems and the control surface on one listener until it is stopped.
///
/// Refused with `PermissionDenied` unless the listener is bound to a loopback address: the sandbox has
/// no protection of its own. Must be called within a Tokio runtime.
pub fn serve(listener: TcpListener, sandbox: Sandbox) -> io::Result<RunningSandbox> {
    let address = listener.local_addr()?;
    if !address.ip().is_loopback() {
        return Err(io::Error::new(
            io::ErrorKind::PermissionDenied,
            format!("the sandbox listens only on loopback addresses, not on {address}"),
        ));
    }
    sandbox
        .state()
        .azure_devops
        .set_base_url(&format!("http://{address}"));
    let router = router(sandbox.clone());
    let (stop, stopped) = oneshot::channel();
    let task = tokio::spawn(async move {
        let service = router.into_make_service_with_connect_info::<Cut>();
        let server = axum::serve(CuttableListener(listener), service)
            // A dropped handle counts as a stop.
            .with_graceful_shutdown(async move { drop(stopped.await) });
        if let Err(error) = server.await {
            tracing::error!(%error, "the sandbox stopped listening");
        }
    });
    Ok(RunningSandbox {
        address,
        sandbox,
        stop,
        task,
    })
}

/// Every route of the sandbox, for those who listen themselves: [`serve`], and tests that put a layer of
/// their own around it. Without [`serve`]'s listener, faults that cut connections answer with nothing.
pub fn router(sandbox: Sandbox) -> Router {
    Router::new()
        .nest("/testworthy", testworthy::router(sandbox.clone()))
        .nest(
            "/_sandbox/testworthy",
            testworthy::control_router(sandbox.clone()),
        )
        .nest("/_sandbox", control::router(sandbox.clone()))
        .fallback_service(azure_devops::router(sandbox.clone()))
        // `travel` has a limit of its own; the framework's lies below a full batch.
        .layer(DefaultBodyLimit::disable())
        .layer(middleware::from_fn_with_state(sandbox.clone(), travel))
        .layer(middleware::from_fn_with_state(sandbox, dated))
}

/// Dates every answer by the sandbox's own clock, so that a wrong clock shows as a wrong server's does.
async fn dated(Shared(sandbox): Shared<Sandbox>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let now = sandbox.state().clock.now();
    let text = now.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
    if let Ok(date) = HeaderValue::from_str(&text) {
        response.headers_mut().insert(header::DATE, date);
    }
    response
}

/// Takes every request to its system.
async fn travel(Shared(sandbox): Shared<Sandbox>, request: Request, next: Next) -> Response {
    let path = request.uri().path().to_owned();
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, MAX_BODY).await else {
        return (
            StatusCode::PAYLOAD_TOO_LARGE,
            "The request body is too large.",
        )
            .into_response();
    };
    if path == "/_sandbox" || path.starts_with("/_sandbox/") {
        return next.run(Request::from_parts(parts, Body::from(body))).await;
    }
    let cut = parts
        .extensions
        .get::<ConnectInfo<Cut>>()
        .map(|ConnectInfo(cut)| cut.clone())
        .unwrap_or_default();
    let (sequence, system, fault) = arrive(&sandbox, &parts, &body);
    let mut request = Request::from_parts(parts, Body::from(body));
    let headers = request.headers().clone();
    if let Some(kind) = &fault {
        request.extensions_mut().insert(kind.clone());
    }
    let finish = |status: Option<StatusCode>, handled: bool| {
        let status = status.map(|status| status.as_u16());
        sandbox.state().log.finish(sequence, status, handled);
    };
    let response = match fault {
        Some(FaultKind::DropBeforeHandling) => {
            cut.drop_answer();
            finish(None, false);
            return ().into_response();
        }
        Some(FaultKind::DropAfterHandling) => {
            next.run(request).await;
            cut.drop_answer();
            finish(None, true);
            return ().into_response();
        }
        Some(FaultKind::LateLanding { milliseconds }) => {
            cut.drop_answer();
            finish(None, false);
            let later = sandbox.clone();
            tokio::spawn(async move {
                tokio::time::sleep(Duration::from_millis(milliseconds)).await;
                next.run(request).await;
                later.state().log.finish(sequence, None, true);
            });
            return ().into_response();
        }
        Some(FaultKind::Delay { milliseconds }) => {
            tokio::time::sleep(Duration::from_millis(milliseconds)).await;
            let response = next.run(request).await;
            finish(Some(response.status()), true);
            response
        }
        Some(FaultKind::SlowDown { retry_after }) => {
            let mut response = next.run(request).await;
            rate_headers(response.headers_mut(), retry_after);
            finish(Some(response.status()), true);
            response
        }
        Some(FaultKind::TruncatedBody) => {
            let response = next.run(request).await;
            cut.truncate_body();
            finish(Some(response.status()), true);
            response
        }
        Some(
            kind @ (FaultKind::ByteOrderMark
            | FaultKind::WrongContentType
            | FaultKind::ExtraFields
            | FaultKind::Nulls
            | FaultKind::CutJson
            | FaultKind::EmptyBody),
        ) => {
            let response = next.run(request).await;
            finish(Some(response.status()), true);
            odd_answer::dress(response, &kind).await
        }
        other => {
            let refused = other.and_then(|kind| refusal(system, &kind, &headers));
            let handled = refused.is_none();
            let response = match refused {
                Some(response) => response,
                None => next.run(request).await,
            };
            finish(Some(response.status()), handled);
            response
        }
    };
    exchange::keep_answer(&sandbox, sequence, response).await
}

/// Notes a request and asks whether a fault strikes it.
fn arrive(
    sandbox: &Sandbox,
    parts: &axum::http::request::Parts,
    body: &Bytes,
) -> (u64, System, Option<FaultKind>) {
    let path = parts.uri.path();
    let query = parts.uri.query().unwrap_or_default();
    let method = parts.method.as_str();
    let (system, mut is_write) = match path.strip_prefix("/testworthy") {
        Some(rest) if rest.is_empty() || rest.starts_with('/') => {
            (System::Testworthy, testworthy::is_write(method, rest))
        }
        _ => (
            System::AzureDevOps,
            azure_devops::is_write(method, path, query),
        ),
    };
    let mut state = sandbox.state();
    let fault = state.faults.strike(method, &azure_devops::decode(path));
    if let Some(FaultKind::ValidateOnlyUnread | FaultKind::ValidateOnlyDisregarded) = fault {
        is_write |= azure_devops::is_write(method, path, "");
    }
    let sequence = state.log.begin(LogEntry {
        sequence: 0,
        system,
        method: method.to_owned(),
        path: path.to_owned(),
        query: query.to_owned(),
        route: route_of(path),
        status: None,
        is_write,
        bytes: body.len() as u64,
        handled: false,
        fault: fault.as_ref().map(|kind| kind.name().to_owned()),
    });
    let name = fault.as_ref().map(FaultKind::name);
    exchange::keep_request(&mut state, (sequence, system), parts, body, name);
    (sequence, system, fault)
}

/// The answer of a fault that keeps the request from its system.
fn refusal(system: System, kind: &FaultKind, headers: &HeaderMap) -> Option<Response> {
    let odd = |status: u16, message: Option<&str>| {
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        Some(match (system, message) {
            (System::AzureDevOps, Some(message)) => azure_devops::told(status, message),
            (System::Testworthy, Some(message)) => testworthy::told(status, message),
            (_, None) => wrapped(status),
        })
    };
    let (status, retry_after) = match *kind {
        FaultKind::TextNotFound => return Some(no_controller()),
        FaultKind::WrappedError { status } => return odd(status, None),
        FaultKind::Error {
            status,
            ref message,
        } => return odd(status, Some(message)),
        FaultKind::HtmlPage => return Some(page(StatusCode::OK)),
        FaultKind::SignInPage => return Some(page(StatusCode::NON_AUTHORITATIVE_INFORMATION)),
        FaultKind::SignInRedirect => {
            let mut response = page(StatusCode::FOUND);
            response.headers_mut().insert(
                header::LOCATION,
                HeaderValue::from_static("/_signin?reason=fault"),
            );
            return Some(response);
        }
        FaultKind::Unauthorized => (StatusCode::UNAUTHORIZED, None),
        FaultKind::Forbidden => (StatusCode::FORBIDDEN, None),
        FaultKind::Throttled { retry_after } => (StatusCode::TOO_MANY_REQUESTS, retry_after),
        FaultKind::Status {
            status,
            retry_after,
        } => (
            StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
            retry_after,
        ),
        _ => return None,
    };
    let mut response = match system {
        System::AzureDevOps => azure_devops::refusal(status, headers),
        System::Testworthy => testworthy::refusal(status),
    };
    if let Some(seconds) = retry_after {
        rate_headers(response.headers_mut(), seconds);
    }
    Some(response)
}

/// The host layer's answer to a path that no controller serves (recorded).
fn no_controller() -> Response {
    let text = "The controller for path '/_apis' was not found or does not implement IController.";
    (
        StatusCode::NOT_FOUND,
        [(header::CONTENT_TYPE, "text/plain; charset=utf-8")],
        text,
    )
        .into_response()
}

/// The form that some controllers give their errors (Microsoft Learn, Work Item Batch Update).
fn wrapped(status: StatusCode) -> Response {
    let words = status.canonical_reason().unwrap_or("Error");
    let body = serde_json::json!({
        "count": 1,
        "value": {"Message": format!("An error has occurred: {words}.")},
    });
    let kind = "application/json; charset=utf-8";
    (status, [(header::CONTENT_TYPE, kind)], body.to_string()).into_response()
}

/// The headers by which a service asks for patience (Microsoft Learn, Rate and usage limits).
fn rate_headers(headers: &mut HeaderMap, retry_after: u64) {
    let seconds = HeaderValue::from(retry_after);
    headers.insert(header::RETRY_AFTER, seconds);
    headers.insert("x-ratelimit-resource", HeaderValue::from_static("core"));
    // What it would delay the next request by: seconds with three decimals.
    let delay = if retry_after == 0 { "0.005" } else { "1.250" };
    headers.insert("x-ratelimit-delay", HeaderValue::from_static(delay));
    headers.insert("x-ratelimit-limit", HeaderValue::from_static("200"));
    headers.insert("x-ratelimit-remaining", HeaderValue::from_static("0"));
}

/// A sign-in page as a browser would see it.
fn page(status: StatusCode) -> Response {
    let html = "<!DOCTYPE html>\r\n<html lang=\"en-US\"><head><title>Sign In</title></head>\
                <body><form action=\"/_signin\" method=\"post\"></form></body></html>\r\n";
    (
        status,
        [(header::CONTENT_TYPE, "text/html; charset=utf-8")],
        html,
    )
        .into_response()
}
