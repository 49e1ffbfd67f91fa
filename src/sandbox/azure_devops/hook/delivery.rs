//! Posting a notification to its receiver, and trying again (Microsoft Learn, Troubleshoot service hooks).
//!
//! Only loopback addresses over plain HTTP are ever connected to, by their number: no name is looked up,
//! and no redirect is followed. The waits between attempts are those of the service, 100 times shorter for
//! passing failures, and so much shorter for probation that a test can see its end.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use axum::http::StatusCode;
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::super::identity::UserId;
use super::super::request::{Content, Reply};
use super::notification::Notification;
use super::{DISABLED_BY_SYSTEM, ENABLED, Hooks, ON_PROBATION, Subscription, catalog, input};
use crate::sandbox::Sandbox;

/// Waits after a passing failure: 1, 2, 4, 8, 16, 32, 60 and 60 seconds on the service.
const TRANSIENT: [Duration; 8] = [
    Duration::from_millis(10),
    Duration::from_millis(20),
    Duration::from_millis(40),
    Duration::from_millis(80),
    Duration::from_millis(160),
    Duration::from_millis(320),
    Duration::from_millis(600),
    Duration::from_millis(600),
];

/// Waits on probation: 20 minutes, doubling six times, then 15 hours on the service.
const PROBATION: [Duration; 7] = [
    Duration::from_millis(10),
    Duration::from_millis(20),
    Duration::from_millis(40),
    Duration::from_millis(80),
    Duration::from_millis(160),
    Duration::from_millis(320),
    Duration::from_millis(450),
];

/// How long a receiver may take, and how much of its answer is read.
const PATIENCE: Duration = Duration::from_secs(10);
const MAX_ANSWER: usize = 64 * 1024;

/// A request to a receiver.
#[derive(Clone, Debug)]
pub(super) struct Post {
    url: String,
    headers: Vec<(String, String)>,
    body: String,
}

/// How an attempt went.
#[derive(Clone, Debug)]
pub(super) struct Outcome {
    status: Option<u16>,
    pub(super) response: Option<String>,
    pub(super) error: Option<String>,
    pub(super) seconds: f64,
}

impl Outcome {
    /// No answer came.
    pub(super) fn refused(why: &str) -> Self {
        Self {
            status: None,
            response: None,
            error: Some(why.to_owned()),
            seconds: 0.0,
        }
    }

    pub(super) fn succeeded(&self) -> bool {
        self.status
            .is_some_and(|status| (200..300).contains(&status))
    }
}

/// A notification that has to be delivered.
#[derive(Clone, Debug)]
pub(super) struct Delivery {
    subscription: String,
    notification: u64,
    post: Post,
    transient: usize,
    probation: usize,
}

/// A test whose answer waits for the POST.
#[derive(Clone, Debug)]
pub(crate) struct TestDelivery {
    pub(super) post: Post,
    pub(super) user: UserId,
    pub(super) record: Notification,
    pub(super) subscription: Subscription,
}

/// What is done after an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    Done,
    Again(Duration),
    /// Again, and until then the subscription is on probation.
    Probation(Duration),
    Disable,
}

/// What follows from an answer. 2xx is success, 410 the end, some failures pass, all others do not.
fn next(delivery: &mut Delivery, outcome: &Outcome) -> Next {
    if outcome.succeeded() {
        return Next::Done;
    }
    match outcome.status {
        Some(410) => return Next::Disable,
        Some(408 | 502 | 503 | 504) if delivery.probation == 0 => {
            if let Some(wait) = TRANSIENT.get(delivery.transient) {
                delivery.transient += 1;
                return Next::Again(*wait);
            }
        }
        _ => {}
    }
    match PROBATION.get(delivery.probation) {
        Some(wait) => {
            delivery.probation += 1;
            Next::Probation(*wait)
        }
        None => Next::Disable,
    }
}

impl Delivery {
    pub(super) fn new(subscription: &str, notification: u64, post: Post) -> Self {
        Self {
            subscription: subscription.to_owned(),
            notification,
            post,
            transient: 0,
            probation: 0,
        }
    }
}

impl Hooks {
    /// Notes an attempt and says how long to wait for the next one; `None` ends it.
    fn settle(
        &mut self,
        delivery: &mut Delivery,
        outcome: &Outcome,
        now: Timestamp,
    ) -> Option<Duration> {
        let next = next(delivery, outcome);
        let record = self
            .notifications
            .get_mut(&delivery.subscription)
            .into_iter()
            .flatten()
            .find(|one| one.id == delivery.notification);
        if let Some(record) = record {
            record.note(outcome, matches!(next, Next::Done | Next::Disable), now);
        }
        let subscription = self.subscriptions.get_mut(&delivery.subscription)?;
        match next {
            Next::Done if subscription.status == ON_PROBATION && delivery.probation > 0 => {
                subscription.status = ENABLED;
                subscription.probation_retries = 0;
                None
            }
            Next::Done => None,
            Next::Again(wait) => Some(wait),
            Next::Probation(wait) => {
                if delivery.probation > 1 {
                    subscription.last_probation = Some(now);
                }
                subscription.status = ON_PROBATION;
                subscription.probation_retries =
                    u8::try_from(delivery.probation).unwrap_or(u8::MAX);
                Some(wait)
            }
            Next::Disable => {
                subscription.status = DISABLED_BY_SYSTEM;
                None
            }
        }
    }

    /// Whether a delivery still has a subscription that wants it.
    fn wanted(&self, delivery: &Delivery) -> bool {
        self.subscriptions
            .get(&delivery.subscription)
            .is_some_and(|one| matches!(one.status, ENABLED | ON_PROBATION))
    }
}

/// Raises the events of what was stored, and sends what is due in tasks of its own. Must be called within a
/// Tokio runtime.
pub(crate) fn deliver(sandbox: &Sandbox) {
    let due = {
        let mut state = sandbox.state();
        let now = state.clock.now();
        state.azure_devops.raise_events(now);
        std::mem::take(&mut state.azure_devops.hooks.due)
    };
    for delivery in due {
        tokio::spawn(carry(sandbox.clone(), delivery));
    }
}

async fn carry(sandbox: Sandbox, mut delivery: Delivery) {
    loop {
        if !sandbox.state().azure_devops.hooks.wanted(&delivery) {
            return;
        }
        let outcome = send(&delivery.post).await;
        let wait = {
            let mut state = sandbox.state();
            let now = state.clock.now();
            state
                .azure_devops
                .hooks
                .settle(&mut delivery, &outcome, now)
        };
        match wait {
            Some(wait) => tokio::time::sleep(wait).await,
            None => return,
        }
    }
}

impl TestDelivery {
    /// Makes the POST and answers the request that asked for it.
    pub(crate) async fn answer(self, sandbox: &Sandbox) -> Response {
        let outcome = send(&self.post).await;
        let state = sandbox.state();
        let user = self.user;
        let told = self.told(&outcome, state.clock.now());
        Reply::new(StatusCode::OK, Content::Json(told.into(), "7.1".to_owned()))
            .into_response(&state.azure_devops, Some(user))
    }
}

impl Post {
    /// The request that a subscription asks for.
    pub(super) fn new(
        inputs: &BTreeMap<String, String>,
        event: &Value,
        subscription: &str,
        notification: u64,
    ) -> Self {
        let mut headers = vec![
            (
                "Content-Type".to_owned(),
                "application/json; charset=utf-8".to_owned(),
            ),
            (
                "User-Agent".to_owned(),
                "VSServices/17.0 (sandbox)".to_owned(),
            ),
            ("X-VSS-SubscriptionId".to_owned(), subscription.to_owned()),
            ("Request-Id".to_owned(), format!("|{notification}.")),
        ];
        let user = input(inputs, "basicAuthUsername");
        let password = input(inputs, "basicAuthPassword");
        if user.is_some() || password.is_some() {
            let pair = format!(
                "{}:{}",
                user.unwrap_or_default(),
                password.unwrap_or_default()
            );
            headers.push((
                "Authorization".to_owned(),
                format!("Basic {}", STANDARD.encode(pair)),
            ));
        }
        headers.extend(catalog::headers(inputs).unwrap_or_default());
        Self {
            url: input(inputs, "url").unwrap_or_default().to_owned(),
            headers,
            body: event.to_string(),
        }
    }

    /// The request as the record tells it: names of headers, and no credentials.
    pub(super) fn told(&self) -> String {
        let names: Vec<&str> = self.headers.iter().map(|(name, _)| name.as_str()).collect();
        format!(
            "Method: POST\nURI: {}\nHTTP Version: 1.1\nHeaders: {}\nContent: {}",
            self.url,
            names.join(", "),
            self.body
        )
    }
}

/// Where an address may be connected to: its host must be a loopback address or `localhost`.
fn loopback(address: &str) -> Result<(SocketAddr, url::Url), String> {
    let url = url::Url::parse(address).map_err(|error| format!("The URL is not valid: {error}"))?;
    let ip = match url.host() {
        Some(url::Host::Ipv4(ip)) => IpAddr::V4(ip),
        Some(url::Host::Ipv6(ip)) => IpAddr::V6(ip),
        Some(url::Host::Domain("localhost")) => IpAddr::V4(Ipv4Addr::LOCALHOST),
        _ => return Err("The sandbox delivers only to loopback addresses.".to_owned()),
    };
    if !ip.is_loopback() {
        return Err("The sandbox delivers only to loopback addresses.".to_owned());
    }
    if url.scheme() != "http" {
        return Err("The sandbox delivers only over http.".to_owned());
    }
    let port = url.port().unwrap_or(80);
    Ok((SocketAddr::new(ip, port), url))
}

async fn send(post: &Post) -> Outcome {
    let (address, url) = match loopback(&post.url) {
        Ok(found) => found,
        Err(why) => return Outcome::refused(&why),
    };
    let started = Instant::now();
    let mut outcome = match tokio::time::timeout(PATIENCE, exchange(address, &url, post)).await {
        Ok(Ok(outcome)) => outcome,
        Ok(Err(error)) => Outcome::refused(&format!("The receiver cannot be reached: {error}")),
        Err(_) => Outcome::refused("The receiver did not answer in time."),
    };
    outcome.seconds = started.elapsed().as_secs_f64();
    outcome
}

async fn exchange(address: SocketAddr, url: &url::Url, post: &Post) -> std::io::Result<Outcome> {
    let mut stream = TcpStream::connect(address).await?;
    let path = &url[url::Position::BeforePath..url::Position::AfterQuery];
    let mut head = format!(
        "POST {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Length: {}\r\n",
        post.body.len()
    );
    for (name, value) in &post.headers {
        let ours = ["host", "connection", "content-length"];
        if !ours.iter().any(|known| name.eq_ignore_ascii_case(known)) {
            head.extend([name, ": ", value, "\r\n"]);
        }
    }
    head.push_str("\r\n");
    head.push_str(&post.body);
    stream.write_all(head.as_bytes()).await?;
    let text = read_answer(&mut stream).await?;
    let Some(status) = status_of(&text) else {
        return Ok(Outcome::refused("The receiver did not answer with HTTP."));
    };
    let error = (!(200..300).contains(&status)).then(|| format!("The receiver answered {status}."));
    Ok(Outcome {
        status: Some(status),
        response: Some(text),
        error,
        seconds: 0.0,
    })
}

/// Reads an answer to its end: of its declared length, or of the connection.
async fn read_answer(stream: &mut TcpStream) -> std::io::Result<String> {
    let mut answer = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&answer);
        if answer.len() >= MAX_ANSWER || is_whole(&text) {
            return Ok(text.into_owned());
        }
        match stream.read_buf(&mut answer).await {
            Ok(0) => return Ok(String::from_utf8_lossy(&answer).into_owned()),
            Ok(_) => {}
            // A receiver that resets the connection after its answer has answered all the same.
            Err(_) if status_of(&String::from_utf8_lossy(&answer)).is_some() => {
                return Ok(String::from_utf8_lossy(&answer).into_owned());
            }
            Err(error) => return Err(error),
        }
    }
}

fn is_whole(answer: &str) -> bool {
    let Some((head, body)) = answer.split_once("\r\n\r\n") else {
        return false;
    };
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length")
            .then(|| value.trim().parse::<usize>().ok())?
    });
    length.is_some_and(|length| body.len() >= length)
}

fn status_of(answer: &str) -> Option<u16> {
    let rest = answer.strip_prefix("HTTP/1.")?;
    rest.split(' ').nth(1)?.get(..3)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_loopback_addresses_over_http_are_connected_to() {
        for (address, fits) in [
            ("http://127.0.0.1:8080/hook", true),
            ("http://127.8.9.1/", true),
            ("http://[::1]:9/", true),
            ("http://localhost:7/", true),
            ("http://LOCALHOST/", true),
            ("https://127.0.0.1/", false),
            ("http://10.0.0.1/", false),
            ("http://contoso.example/", false),
            ("http://localhost.contoso.example/", false),
            ("http://127.0.0.1.contoso.example/", false),
            ("http://127.0.0.1@contoso.example/", false),
            ("http://0.0.0.0/", false),
            ("ftp://127.0.0.1/", false),
            ("no address", false),
        ] {
            assert_eq!(loopback(address).is_ok(), fits, "{address}");
        }
    }

    fn answered(status: u16) -> Outcome {
        Outcome {
            status: Some(status),
            ..Outcome::refused("")
        }
    }

    /// What follows from the same answer given again and again.
    fn course(outcome: &Outcome) -> (usize, usize, Next) {
        let post = Post::new(&BTreeMap::new(), &Value::Null, "s", 1);
        let mut delivery = Delivery::new("s", 1, post);
        let (mut again, mut probation) = (0, 0);
        loop {
            match next(&mut delivery, outcome) {
                Next::Again(_) => again += 1,
                Next::Probation(_) => probation += 1,
                end => return (again, probation, end),
            }
        }
    }

    #[test]
    fn failures_take_the_course_that_the_service_documents() {
        assert_eq!(course(&answered(200)), (0, 0, Next::Done));
        assert_eq!(course(&answered(202)), (0, 0, Next::Done));
        assert_eq!(course(&answered(410)), (0, 0, Next::Disable));
        for status in [408, 502, 503, 504] {
            assert_eq!(course(&answered(status)), (8, 7, Next::Disable), "{status}");
        }
        for status in [301, 400, 401, 404, 429, 500] {
            assert_eq!(course(&answered(status)), (0, 7, Next::Disable), "{status}");
        }
        assert_eq!(course(&Outcome::refused("no route")), (0, 7, Next::Disable));
    }
}
