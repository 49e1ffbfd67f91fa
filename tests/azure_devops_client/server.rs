//! A scripted server: remembers every request and answers as the test says.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use accord::azure_devops::{Reader, Writer, credential_header, default_headers};
use accord::http::{AllowList, Client, ClientOptions, Timeouts};
use accord::model::System;
use accord::model::config::{AzureDevOpsConnection, SecretRef};
use accord::sandbox::Exchange;
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, Method, Response, Uri};
use secrecy::SecretString;
use serde_json::{Value as Json, json};

use crate::judge::Judge;

pub(crate) const TOKEN: &str = "a-token-that-must-not-be-seen";

/// A request as the server saw it.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) query: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Json,
}

impl Seen {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }

    pub(crate) fn line(&self) -> String {
        format!("{} {}?{}", self.method, self.path, self.query)
    }

    /// As the judge wants it.
    fn exchange(&self) -> Exchange {
        let values = ["accept", "content-type"].into_iter();
        let sent = values.filter(|name| self.headers.contains_key(*name));
        Exchange {
            method: self.method.to_string(),
            path: self.path.clone(),
            query: self.query.clone(),
            header_names: self.headers.keys().map(ToString::to_string).collect(),
            headers: sent
                .map(|name| (name.to_owned(), self.header(name).to_owned()))
                .collect(),
            body: match &self.body {
                Json::Null => String::new(),
                body => body.to_string(),
            },
            ..Exchange::default()
        }
    }
}

/// An answer.
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, &'static str)>,
    pub(crate) body: String,
}

pub(crate) fn reply(status: u16, content_type: &'static str, body: &str) -> Reply {
    Reply {
        status,
        headers: vec![("content-type", content_type)],
        body: body.to_owned(),
    }
}

pub(crate) fn ok(body: &Json) -> Reply {
    let kind = "application/json; charset=utf-8; api-version=7.1";
    reply(200, kind, &body.to_string())
}

pub(crate) fn refusal(status: u16, message: &str) -> Reply {
    let body = json!({ "$id": "1", "message": message, "typeKey": "AnyException", "errorCode": 0 });
    reply(status, "application/json; charset=utf-8", &body.to_string())
}

type Handler = dyn Fn(&Seen) -> Option<Reply> + Send + Sync;

#[derive(Clone)]
struct Script {
    handler: Arc<Handler>,
    seen: Arc<Mutex<Vec<Seen>>>,
}

pub(crate) struct Server {
    script: Script,
    address: std::net::SocketAddr,
}

/// Whatever a test is about, what the client sent has to be as Microsoft's specifications say. Of the
/// answers the judge is not told: they are what the test wants them to be.
impl Drop for Server {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            let exchanges: Vec<Exchange> = self.seen().iter().map(Seen::exchange).collect();
            Judge::get().judge(&exchanges).assert_clean("the client");
        }
    }
}

impl Server {
    /// Answers by `handler`; `None` breaks the connection without an answer.
    pub(crate) async fn start(
        handler: impl Fn(&Seen) -> Option<Reply> + Send + Sync + 'static,
    ) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let script = Script {
            handler: Arc::new(handler),
            seen: Arc::default(),
        };
        let address = listener.local_addr().unwrap();
        let router = Router::new().fallback(answer).with_state(script.clone());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { script, address }
    }

    pub(crate) fn reader(&self) -> Reader {
        let connection = AzureDevOpsConnection {
            organization_url: format!("http://{}/contoso", self.address).parse().unwrap(),
            project: "Web Shop".to_owned(),
            credential: SecretRef::Env("AZURE_DEVOPS_EXT_PAT".to_owned()).into(),
        };
        let client = Client::new(ClientOptions {
            system: System::AzureDevOps,
            allow: AllowList::new(&[self.address.to_string()]).unwrap(),
            credentials: vec![credential_header(&SecretString::from(TOKEN))],
            default_headers: default_headers(),
            rate: None,
            timeouts: Timeouts {
                retries: Duration::from_millis(200),
                ..Timeouts::default()
            },
            offline: false,
        });
        Reader::new(&connection, client.unwrap())
    }

    pub(crate) fn writer(&self) -> Writer {
        Writer::new(self.reader())
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.script.seen.lock().unwrap().clone()
    }

    /// The requests whose path ends like this.
    pub(crate) fn seen_at(&self, end: &str) -> Vec<Seen> {
        let mut seen = self.seen();
        seen.retain(|request| request.path.ends_with(end));
        seen
    }
}

async fn answer(
    State(script): State<Script>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response<Body> {
    let seen = Seen {
        method,
        path: uri.path().to_owned(),
        query: uri.query().unwrap_or_default().to_owned(),
        headers,
        body: serde_json::from_slice(&body).unwrap_or(Json::Null),
    };
    script.seen.lock().unwrap().push(seen.clone());
    let reply = (script.handler)(&seen).expect("the script breaks this connection");
    let mut response = Response::builder().status(reply.status);
    for (name, value) in reply.headers {
        response = response.header(name, value);
    }
    response
        .header("ActivityId", "0e5c")
        .body(Body::from(reply.body))
        .unwrap()
}
