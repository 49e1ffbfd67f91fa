//! A remote over HTTP, served by git's own `http-backend`: credentials, refusals, lost answers.

use std::collections::VecDeque;
use std::io::{Read as _, Write as _};
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::{Arc, Mutex};

use accord::store::{GitRefStore, Store, StoreError};
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, Method, Response, StatusCode, Uri};

use super::town::{Town, clone_at, git, git_command, holder, place, times, wait};
use crate::sample::{here, intent, link, linking};

/// What the server does with a request instead of what it should.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    /// Answers with this status and does nothing.
    Status(u16),
    /// Does it and answers with this status.
    DoneAnd(u16),
}

/// Which requests a fault is for, by a part of the address and the method.
type Planned = (&'static str, Method, Fault);

struct Server {
    root: PathBuf,
    /// The header that it asks for.
    authorization: Option<String>,
    faults: Mutex<VecDeque<Planned>>,
    seen: Mutex<Vec<String>>,
}

impl Server {
    /// Serves the town's remote until the runtime ends.
    async fn begin(town: &Town, authorization: Option<&str>) -> (Arc<Self>, String) {
        let server = Arc::new(Self {
            root: town.folder().to_owned(),
            authorization: authorization.map(str::to_owned),
            faults: Mutex::default(),
            seen: Mutex::default(),
        });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let router = Router::new()
            .fallback(answer)
            .with_state(Arc::clone(&server));
        tokio::spawn(async move { axum::serve(listener, router).await });
        (server, format!("http://127.0.0.1:{port}/remote.git"))
    }

    fn plan(&self, faults: impl IntoIterator<Item = Planned>) {
        self.faults.lock().unwrap().extend(faults);
    }

    fn fault(&self, uri: &Uri, method: &Method) -> Option<Fault> {
        let mut faults = self.faults.lock().unwrap();
        let (part, expected, fault) = faults.front()?.clone();
        let is_meant = uri.to_string().contains(part) && *method == expected;
        is_meant.then(|| {
            faults.pop_front();
            fault
        })
    }
}

fn plain(status: u16) -> Response<Body> {
    let mut response = Response::new(Body::from("no\n"));
    *response.status_mut() = StatusCode::from_u16(status).unwrap();
    if status == 401 {
        let realm = "Basic realm=\"git\"".parse().unwrap();
        response.headers_mut().insert("WWW-Authenticate", realm);
    }
    response
}

async fn answer(
    State(server): State<Arc<Server>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response<Body> {
    server.seen.lock().unwrap().push(format!("{method} {uri}"));
    let given = headers
        .get("authorization")
        .map(|value| value.to_str().unwrap().to_owned());
    if server.authorization.is_some() && given != server.authorization {
        return plain(401);
    }
    let fault = server.fault(&uri, &method);
    if let Some(Fault::Status(status)) = fault {
        return plain(status);
    }
    let root = server.root.clone();
    let done = tokio::task::spawn_blocking(move || backend(&root, &method, &uri, &headers, &body));
    let response = done.await.unwrap();
    match fault {
        Some(Fault::DoneAnd(status)) => plain(status),
        _ => response,
    }
}

/// As a web server calls it (RFC 3875).
fn backend(
    root: &PathBuf,
    method: &Method,
    uri: &Uri,
    headers: &HeaderMap,
    body: &[u8],
) -> Response<Body> {
    let header = |name: &str| {
        headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    };
    let mut child = git_command(root)
        .arg("http-backend")
        .env("GIT_PROJECT_ROOT", root)
        .env("GIT_HTTP_EXPORT_ALL", "1")
        .env("REMOTE_USER", "ada")
        .env("REQUEST_METHOD", method.as_str())
        .env("PATH_INFO", uri.path())
        .env("QUERY_STRING", uri.query().unwrap_or_default())
        .env("CONTENT_TYPE", header("content-type"))
        .env("HTTP_CONTENT_ENCODING", header("content-encoding"))
        .env("GIT_PROTOCOL", header("git-protocol"))
        .env("CONTENT_LENGTH", body.len().to_string())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    let body = body.to_vec();
    let writer = std::thread::spawn(move || drop(input.write_all(&body)));
    let mut output = Vec::new();
    child
        .stdout
        .take()
        .unwrap()
        .read_to_end(&mut output)
        .unwrap();
    writer.join().unwrap();
    child.wait().unwrap();
    let split = output
        .windows(4)
        .position(|four| four == b"\r\n\r\n")
        .unwrap();
    let mut response = Response::builder();
    for line in String::from_utf8_lossy(&output[..split]).lines() {
        let (name, value) = line.split_once(": ").unwrap();
        response = match name {
            "Status" => response.status(value[..3].parse::<u16>().unwrap()),
            _ => response.header(name, value),
        };
    }
    response
        .body(Body::from(output[split + 4..].to_vec()))
        .unwrap()
}

const SECRET: &str = "basic eC1hY2Nlc3MtdG9rZW46aHVudGVyMg==";

/// A clone whose remote is the server.
fn clone_of(town: &Town, address: &str) -> PathBuf {
    let clone = town.folder().join("over-http");
    clone_at(&clone, address);
    clone
}

async fn acquire(clone: &std::path::Path) -> Result<GitRefStore, StoreError> {
    GitRefStore::acquire(&place(clone), &times(), &holder("apply"), wait(0)).await
}

/// As `actions/checkout` leaves it: a header in the clone's own settings.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_credential_of_the_clone_is_used_over_http_and_never_told() {
    let town = Town::new();
    let (server, address) = Server::begin(&town, Some(SECRET)).await;
    let clone = clone_of(&town, &address);
    let denied = acquire(&clone).await.unwrap_err();
    assert!(matches!(denied, StoreError::Denied { .. }), "{denied:?}");

    let host = address.trim_end_matches("remote.git");
    git(
        &clone,
        &[
            "config",
            &format!("http.{host}.extraheader"),
            &format!("AUTHORIZATION: {SECRET}"),
        ],
    );
    let store = acquire(&clone).await.unwrap();
    store.prepare(&[intent("op-1")], &[]).await.unwrap();
    store.record(&[linking(link("a", 11, 21))]).await.unwrap();
    store.release().unwrap();
    let read = GitRefStore::open_read_only(&place(&clone), &times())
        .await
        .unwrap();
    assert_eq!(read.links(&here()).await.unwrap(), [link("a", 11, 21)]);

    server.plan([("git-receive-pack", Method::GET, Fault::Status(403))]);
    let denied = acquire(&clone).await.unwrap_err();
    assert!(matches!(denied, StoreError::Denied { .. }), "{denied:?}");
    let words = denied.to_string();
    assert!(
        words.contains("403") && !words.contains("eC1hY2Nlc3M"),
        "{words}"
    );
}

/// A login in the address is a credential too.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_login_in_the_address_is_never_told() {
    let town = Town::new();
    let (_server, address) = Server::begin(&town, Some("basic other")).await;
    let clone = clone_of(&town, &address.replace("http://", "http://ada:hunter2@"));
    let denied = acquire(&clone).await.unwrap_err();
    assert!(matches!(denied, StoreError::Denied { .. }), "{denied:?}");
    assert!(!denied.to_string().contains("hunter2"), "{denied}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_in_trouble_is_asked_again() {
    let town = Town::new();
    let (server, address) = Server::begin(&town, None).await;
    let clone = clone_of(&town, &address);
    server.plan([
        ("git-upload-pack", Method::GET, Fault::Status(503)),
        ("git-receive-pack", Method::GET, Fault::Status(502)),
        ("git-upload-pack", Method::GET, Fault::Status(503)),
        ("git-receive-pack", Method::POST, Fault::Status(500)),
    ]);
    let store = acquire(&clone).await.unwrap();
    store.prepare(&[intent("op-1")], &[]).await.unwrap();
    assert!(server.faults.lock().unwrap().is_empty());
    let read = town.read(0).await.unwrap();
    assert_eq!(read.open_intents(&here()).await.unwrap(), [intent("op-1")]);
}

/// The push landed and nobody was told: it is found out, and what follows goes on top of it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_push_whose_answer_is_lost_counts_as_landed() {
    let town = Town::new();
    let (server, address) = Server::begin(&town, None).await;
    let clone = clone_of(&town, &address);
    server.plan([
        // Taking the lease, and the first prepare; then also the question what became of it.
        ("git-receive-pack", Method::POST, Fault::DoneAnd(502)),
        ("git-receive-pack", Method::POST, Fault::DoneAnd(502)),
        ("git-upload-pack", Method::GET, Fault::Status(503)),
    ]);
    let store = acquire(&clone).await.unwrap();
    store.prepare(&[intent("op-1")], &[]).await.unwrap();
    assert!(server.faults.lock().unwrap().is_empty());
    store.prepare(&[intent("op-2")], &[]).await.unwrap();
    store.release().unwrap();
    let read = town.read(0).await.unwrap();
    let open = read.open_intents(&here()).await.unwrap();
    assert_eq!(open, [intent("op-1"), intent("op-2")]);
    let lease = git(&town.remote, &["show", "refs/accord/state:lease.json"]);
    assert_eq!(lease, "{\n  \"token\": 1\n}\n");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_nobody_runs_is_unavailable() {
    let town = Town::new();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let clone = clone_of(&town, &format!("http://127.0.0.1:{port}/remote.git"));
    let mut times = times();
    times.patience = std::time::Duration::from_millis(300);
    let error = GitRefStore::open_read_only(&place(&clone), &times)
        .await
        .unwrap_err();
    assert!(matches!(error, StoreError::Unreachable { .. }), "{error:?}");
}

/// A server that takes the connection and then says nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_silent_is_given_up() {
    let town = Town::new();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let clone = clone_of(&town, &format!("http://127.0.0.1:{port}/remote.git"));
    let mut times = times();
    times.git = std::time::Duration::from_millis(700);
    times.patience = std::time::Duration::ZERO;
    let error = GitRefStore::open_read_only(&place(&clone), &times)
        .await
        .unwrap_err();
    assert!(matches!(error, StoreError::Unreachable { .. }), "{error:?}");
    assert!(error.to_string().contains("no answer within"), "{error}");
    drop(listener);
}
