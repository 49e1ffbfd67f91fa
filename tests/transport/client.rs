//! What the one transport does with every kind of answer.

use std::sync::Arc;
use std::time::{Duration, Instant};

use accord::http::{
    AllowList, Bearer, BearerSource, Client, ClientOptions, Repeat, Request, SecretHeader,
    Timeouts, install_tls_provider,
};
use accord::model::System;
use accord::remote::{RemoteError, RemoteErrorKind};
use async_trait::async_trait;
use secrecy::SecretString;
use serde_json::json;

use super::server::{Reply, Server, gzip};

pub(crate) const SECRET: &str = "s3cret-key-4711";

pub(crate) fn options(server: &Server) -> ClientOptions {
    install_tls_provider();
    ClientOptions {
        system: System::TestWorthy,
        allow: AllowList::new(&[format!("127.0.0.1:{}", server.port)]).unwrap(),
        credentials: vec![SecretHeader {
            name: "X-TMA-KEY",
            value: SecretString::from(SECRET),
        }],
        default_headers: vec![("x-default", "default".to_owned())],
        rate: None,
        timeouts: Timeouts {
            retries: Duration::from_secs(5),
            ..Timeouts::default()
        },
        offline: false,
    }
}

fn client(server: &Server) -> Client {
    Client::new(options(server)).unwrap()
}

/// With only this long for retries.
fn impatient(server: &Server, milliseconds: u64) -> Client {
    let timeouts = Timeouts {
        retries: Duration::from_millis(milliseconds),
        ..Timeouts::default()
    };
    Client::new(ClientOptions {
        timeouts,
        ..options(server)
    })
    .unwrap()
}

fn ok(body: &str) -> Reply {
    Reply::new(200, &[], body)
}

fn read(server: &Server) -> Request {
    Request::get(server.url("/read?x=1"))
}

fn write(server: &Server) -> Request {
    Request::post_json(server.url("/write"), &json!({"a": 1}), Repeat::Never)
}

fn maybe_sent(kind: &RemoteErrorKind) -> bool {
    match kind {
        RemoteErrorKind::Unavailable { maybe_sent, .. } => *maybe_sent,
        other => panic!("{other:?} is not `unavailable`"),
    }
}

#[tokio::test]
async fn credentials_and_defaults_are_sent_and_nothing_replaces_the_credentials() {
    let server = Server::script(vec![ok("1"), ok("2")]).await;
    let client = client(&server);
    client.send(read(&server)).await.unwrap();
    let mut request = write(&server);
    request.headers.push(("x-tma-key", "stranger".to_owned()));
    request.headers.push(("x-default", "own".to_owned()));
    client.send(request).await.unwrap();
    let seen = server.seen();
    assert_eq!(seen[0].header("x-tma-key"), Some(SECRET));
    assert_eq!(seen[0].header("x-default"), Some("default"));
    assert_eq!(seen[0].target, "/read?x=1");
    assert_eq!(seen[0].header("cookie"), None);
    assert_eq!(seen[1].header("x-tma-key"), Some(SECRET));
    assert_eq!(seen[1].header("x-default"), Some("own"));
    assert_eq!(seen[1].header("content-type"), Some("application/json"));
    assert_eq!(seen[1].json(), json!({"a": 1}));
    let counters = client.counters();
    assert_eq!(
        (counters.requests, counters.writes, counters.retries),
        (2, 1, 0)
    );
    assert_eq!((counters.bytes_sent, counters.bytes_received), (7, 2));
}

/// A connection test has to say at once what is.
#[tokio::test]
async fn a_probing_client_sends_everything_once() {
    for status in [429, 500, 503] {
        let server = Server::script(vec![Reply::new(status, &[], "busy"), ok("2")]).await;
        let client = Client::new(ClientOptions {
            timeouts: Timeouts {
                once: true,
                ..Timeouts::default()
            },
            ..options(&server)
        })
        .unwrap();
        let refused = client.send(read(&server)).await.unwrap_err();
        assert_eq!(refused.request.unwrap().status, Some(status));
        assert_eq!(server.seen().len(), 1);
        assert_eq!(client.counters().retries, 0);
    }
}

#[tokio::test]
async fn what_a_server_said_of_its_limit_is_kept() {
    let limited = Reply::new(200, &[("x-ratelimit-remaining", "12")], "");
    let server = Server::script(vec![ok("1"), limited, ok("3")]).await;
    let client = client(&server);
    client.send(read(&server)).await.unwrap();
    assert_eq!(client.rate(), None);
    for _ in 0..2 {
        client.send(read(&server)).await.unwrap();
        assert_eq!(client.rate().unwrap().remaining, Some(12.0));
    }
}

#[tokio::test]
async fn connections_are_reused() {
    let server = Server::script(vec![ok("x"); 5]).await;
    let client = client(&server);
    for _ in 0..5 {
        client.send(read(&server)).await.unwrap();
    }
    assert_eq!((server.seen().len(), server.connections()), (5, 1));
}

#[tokio::test]
async fn answers_that_are_not_failures_come_back_as_they_are() {
    for status in [200, 201, 203, 204, 301, 302, 400, 401, 403, 404, 409, 412] {
        for request in [read as fn(&Server) -> Request, write] {
            let server = Server::script(vec![Reply::new(status, &[("x-a", "b")], "")]).await;
            let answer = client(&server).send(request(&server)).await.unwrap();
            assert_eq!((answer.status, answer.header("X-A")), (status, Some("b")));
            assert_eq!(server.seen().len(), 1);
        }
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let elsewhere = Server::script(vec![ok("stolen")]).await;
    let location = elsewhere.url("/steal").to_string();
    for status in [301, 302, 303, 307, 308] {
        let reply = Reply::new(status, &[("location", &location)], "");
        let server = Server::script(vec![reply]).await;
        // Not even to a host that is allowed.
        let allow = [server.port, elsewhere.port].map(|port| format!("127.0.0.1:{port}"));
        let allow = AllowList::new(&allow).unwrap();
        let client = Client::new(ClientOptions {
            allow,
            ..options(&server)
        })
        .unwrap();
        assert_eq!(client.send(read(&server)).await.unwrap().status, status);
    }
    assert_eq!(elsewhere.connections(), 0);
}

#[tokio::test]
async fn a_refused_host_gets_no_connection() {
    let server = Server::script(vec![ok("x")]).await;
    let nothing_allowed = ClientOptions {
        allow: AllowList::default(),
        ..options(&server)
    };
    let client = Client::new(nothing_allowed).unwrap();
    let port = server.port;
    for address in [
        format!("http://127.0.0.1:{port}/"),
        format!("https://127.0.0.1:{port}/"),
        format!("http://localhost:{port}/"),
        format!("http://2130706433:{port}/"),
        format!("http://testworthy.us@127.0.0.1:{port}/"),
        format!("http://[::ffff:127.0.0.1]:{port}/"),
    ] {
        for repeat in [Repeat::Safe, Repeat::Never] {
            let mut request = Request::get(url::Url::parse(&address).unwrap());
            request.repeat = repeat;
            let error = client.send(request).await.unwrap_err();
            assert!(
                matches!(error.kind, RemoteErrorKind::HostRefused { .. }),
                "{address}: {error}"
            );
        }
    }
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_eq!((server.connections(), client.counters().requests), (0, 0));
}

#[tokio::test]
async fn offline_refuses_everything() {
    let server = Server::script(vec![ok("x")]).await;
    let client = Client::new(ClientOptions {
        offline: true,
        ..options(&server)
    })
    .unwrap();
    let error = client.send(read(&server)).await.unwrap_err();
    assert!(!maybe_sent(&error.kind));
    assert!(error.to_string().contains("--offline"), "{error}");
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn too_many_requests_waits_as_long_as_the_server_says() {
    for request in [read as fn(&Server) -> Request, write] {
        let busy = Reply::new(429, &[("retry-after", "1")], "slow down");
        let server = Server::script(vec![busy, ok("done")]).await;
        let client = client(&server);
        let started = Instant::now();
        assert_eq!(client.send(request(&server)).await.unwrap().body, b"done");
        assert!(started.elapsed() >= Duration::from_secs(1));
        let counters = client.counters();
        assert_eq!((counters.requests, counters.retries), (2, 1));
        assert!(
            counters.waits >= 1 && counters.waited >= Duration::from_millis(900),
            "{counters:?}"
        );
    }
}

#[tokio::test]
async fn too_many_requests_without_a_time_backs_off() {
    let server = Server::script(vec![
        Reply::new(429, &[], ""),
        Reply::new(429, &[], ""),
        ok("x"),
    ])
    .await;
    let client = client(&server);
    let started = Instant::now();
    assert_eq!(client.send(read(&server)).await.unwrap().status, 200);
    assert!(
        started.elapsed() >= Duration::from_millis(600),
        "0.2 s and 0.4 s at least"
    );
    assert_eq!(client.counters().retries, 2);
}

#[tokio::test]
async fn too_many_requests_for_too_long_is_a_rate_limit() {
    let server = Server::script(vec![Reply::new(429, &[], ""); 20]).await;
    for request in [read as fn(&Server) -> Request, write] {
        let error = impatient(&server, 700)
            .send(request(&server))
            .await
            .unwrap_err();
        assert!(
            matches!(error.kind, RemoteErrorKind::RateLimited { .. }),
            "{error}"
        );
        assert_eq!(error.request.unwrap().status, Some(429));
    }
}

#[tokio::test]
async fn a_wait_beyond_the_time_ends_at_once() {
    let busy = Reply::new(429, &[("retry-after", "3600")], "");
    let server = Server::script(vec![busy, ok("x"), ok("x")]).await;
    let client = client(&server);
    for _ in 0..2 {
        let started = Instant::now();
        let error = client.send(read(&server)).await.unwrap_err();
        assert!(
            matches!(&error.kind, RemoteErrorKind::RateLimited { reason } if reason.contains("36")
            || reason.contains("35")),
            "{error}"
        );
        assert!(started.elapsed() < Duration::from_secs(1));
    }
    // The second was not even sent: the identity is paused.
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test]
async fn a_delayed_success_pauses_every_clone() {
    for (name, value) in [("retry-after", "1"), ("x-ratelimit-delay", "1.0")] {
        let server = Server::script(vec![Reply::new(200, &[(name, value)], "x"), ok("y")]).await;
        let client = client(&server);
        let clone = client.clone();
        let started = Instant::now();
        assert_eq!(client.send(read(&server)).await.unwrap().body, b"x");
        assert!(
            started.elapsed() < Duration::from_millis(900),
            "the answer itself is not held back"
        );
        clone.send(read(&server)).await.unwrap();
        assert!(started.elapsed() >= Duration::from_secs(1));
        assert_eq!(client.counters().retries, 0);
    }
}

#[tokio::test]
async fn an_exhausted_budget_waits_for_its_reset() {
    // The server's clock decides, whatever the time is here.
    let headers = [
        ("date", "Mon, 01 Jan 2024 00:00:00 GMT"),
        ("x-ratelimit-remaining", "0"),
        ("x-ratelimit-reset", "1704067201"),
    ];
    let server = Server::script(vec![Reply::new(200, &headers, "x"), ok("y")]).await;
    let client = client(&server);
    client.send(read(&server)).await.unwrap();
    let started = Instant::now();
    client.send(read(&server)).await.unwrap();
    assert!(started.elapsed() >= Duration::from_millis(900));
}

#[tokio::test]
async fn a_failing_server_is_asked_again_by_reads_only() {
    for status in [500, 502, 503, 504] {
        let server = Server::script(vec![Reply::new(status, &[], ""), ok("x")]).await;
        assert_eq!(
            client(&server).send(read(&server)).await.unwrap().status,
            200
        );
        let server = Server::script(vec![Reply::new(status, &[], "no"), ok("x")]).await;
        let error = client(&server).send(write(&server)).await.unwrap_err();
        assert!(maybe_sent(&error.kind));
        assert_eq!(error.request.unwrap().status, Some(status));
        tokio::time::sleep(Duration::from_millis(300)).await;
        assert_eq!(server.seen().len(), 1, "a write is never sent twice");
    }
}

#[tokio::test]
async fn a_server_that_keeps_failing_is_unavailable() {
    let server = Server::script(vec![Reply::new(503, &[], "down for maintenance"); 20]).await;
    let client = impatient(&server, 700);
    let error = client.send(read(&server)).await.unwrap_err();
    assert!(maybe_sent(&error.kind));
    assert!(
        error.to_string().contains("down for maintenance"),
        "{error}"
    );
    assert!(server.seen().len() >= 2);
}

#[tokio::test]
async fn a_503_with_a_long_wait_is_a_rate_limit_for_reads() {
    let busy = Reply::new(503, &[("retry-after", "600")], "");
    let server = Server::script(vec![busy.clone(), busy]).await;
    let error = client(&server).send(read(&server)).await.unwrap_err();
    assert!(
        matches!(error.kind, RemoteErrorKind::RateLimited { .. }),
        "{error}"
    );
    let error = client(&server).send(write(&server)).await.unwrap_err();
    assert!(maybe_sent(&error.kind), "a write may have been carried out");
}

fn broken_answers() -> Vec<(&'static str, Vec<u8>)> {
    let packed = gzip("{\"a\": \"a text that is long enough to be cut\"}");
    let frame = |bytes: &[u8]| {
        let head = format!(
            "HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: {}\r\n\r\n",
            bytes.len()
        );
        [head.as_bytes(), bytes].concat()
    };
    let mut spoilt = packed.clone();
    let crc = spoilt.len() - 8;
    spoilt[crc] ^= 0xff;
    vec![
        ("no answer", b"".to_vec()),
        ("half a head", b"HTTP/1.1 200 OK\r\ncontent-le".to_vec()),
        (
            "short body",
            b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"a\":".to_vec(),
        ),
        (
            "open chunks",
            b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\n{\"a\":\r\n".to_vec(),
        ),
        ("cut gzip", frame(&packed[..packed.len() - 20])),
        (
            "gzip without its trailer",
            frame(&packed[..packed.len() - 8]),
        ),
        ("spoilt gzip", frame(&spoilt)),
        ("no gzip at all", frame(b"{\"a\": 1}")),
        ("no http", b"SSH-2.0-x\r\n\r\n".to_vec()),
    ]
}

#[tokio::test]
async fn broken_answers_are_errors_and_only_reads_are_repeated() {
    for (name, bytes) in broken_answers() {
        let server = Server::script(vec![Reply::broken(&bytes), ok("whole")]).await;
        let answer = client(&server).send(read(&server)).await.unwrap();
        assert_eq!(
            (answer.body.as_slice(), server.seen().len()),
            (&b"whole"[..], 2),
            "{name}"
        );

        let server = Server::script(vec![Reply::broken(&bytes), ok("twice")]).await;
        let error = client(&server).send(write(&server)).await.unwrap_err();
        assert!(maybe_sent(&error.kind), "{name}");
        tokio::time::sleep(Duration::from_millis(50)).await;
        assert_eq!(
            server.seen().len(),
            1,
            "{name}: a write is never sent twice"
        );
    }
}

#[tokio::test]
async fn a_write_on_a_connection_that_the_server_closes_is_not_repeated() {
    // The first answer keeps the connection open; the write then meets its end.
    let server = Server::script(vec![ok("x"), Reply::broken(b""), ok("twice")]).await;
    let client = client(&server);
    client.send(read(&server)).await.unwrap();
    let error = client.send(write(&server)).await.unwrap_err();
    assert!(maybe_sent(&error.kind));
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(server.calls(), ["GET /read?x=1", "POST /write"]);
}

#[tokio::test]
async fn an_answer_that_does_not_come_is_given_up() {
    let late = ok("late").after(Duration::from_secs(20));
    let server = Server::script(vec![late.clone(), late]).await;
    let timeouts = Timeouts {
        read: Duration::from_millis(200),
        retries: Duration::ZERO,
        ..Timeouts::default()
    };
    let client = Client::new(ClientOptions {
        timeouts,
        ..options(&server)
    })
    .unwrap();
    for request in [read(&server), write(&server)] {
        let error = client.send(request).await.unwrap_err();
        assert!(maybe_sent(&error.kind));
        assert!(error.to_string().contains("in time"), "{error}");
    }
}

#[tokio::test]
async fn a_dead_port_is_tried_again_even_by_a_write_and_nothing_was_sent() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let server = Server::script(vec![]).await;
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let allow = AllowList::new(&[format!("127.0.0.1:{port}")]).unwrap();
    let timeouts = Timeouts {
        // Of a host that never answered, a third of this is used.
        retries: Duration::from_secs(3),
        ..Timeouts::default()
    };
    let client = Client::new(ClientOptions {
        allow,
        timeouts,
        ..options(&server)
    })
    .unwrap();
    let mut request = write(&server);
    request.url.set_port(Some(port)).unwrap();
    let error = client.send(request).await.unwrap_err();
    assert!(!maybe_sent(&error.kind), "{error}");
    assert!(client.counters().retries >= 1);
}

#[tokio::test]
async fn gzip_is_unpacked_and_a_byte_order_mark_removed() {
    let packed = Reply::new(
        200,
        &[("content-encoding", "gzip")],
        gzip("\u{feff}{\"a\": 1}"),
    );
    let server = Server::script(vec![packed, ok("\u{feff}[]"), ok("\u{feff}")]).await;
    let client = client(&server);
    let first = client.send(read(&server)).await.unwrap();
    assert_eq!(first.json::<serde_json::Value>().unwrap(), json!({"a": 1}));
    assert_eq!(client.send(read(&server)).await.unwrap().body, b"[]");
    assert_eq!(client.send(read(&server)).await.unwrap().body, b"");
    let accepted = server.seen()[0]
        .header("accept-encoding")
        .unwrap()
        .to_owned();
    assert!(accepted.contains("gzip"), "{accepted}");
}

#[tokio::test]
async fn an_answer_beyond_the_cap_is_an_error_and_not_repeated() {
    let large = vec![b' '; 64 * 1024 * 1024 + 1];
    let server = Server::script(vec![
        Reply::new(200, &[], &large),
        Reply::new(200, &[], &large),
    ])
    .await;
    let client = client(&server);
    let error = client.send(read(&server)).await.unwrap_err();
    assert!(
        matches!(error.kind, RemoteErrorKind::Protocol { .. }),
        "{error}"
    );
    let error = client.send(write(&server)).await.unwrap_err();
    assert!(maybe_sent(&error.kind), "it was carried out");
    assert_eq!(server.seen().len(), 2);
}

#[tokio::test]
async fn concurrency_starts_at_eight_and_halves_under_pressure() {
    let server = Server::answering(|_, index| {
        let reply = if index == 0 {
            Reply::new(200, &[("x-ratelimit-delay", "0.001")], "x")
        } else {
            ok("x")
        };
        reply.after(Duration::from_millis(60))
    })
    .await;
    let burst = async |client: &Client| {
        let mut tasks = tokio::task::JoinSet::new();
        for _ in 0..16 {
            let (client, request) = (client.clone(), read(&server));
            tasks.spawn(async move { client.send(request).await.unwrap() });
        }
        tasks.join_all().await;
    };
    let pressed = client(&server);
    pressed.send(read(&server)).await.unwrap();
    burst(&pressed).await;
    assert!(
        (2..=6).contains(&server.most_in_flight()),
        "{}",
        server.most_in_flight()
    );
    burst(&client(&server)).await;
    assert!(
        (7..=9).contains(&server.most_in_flight()),
        "{}",
        server.most_in_flight()
    );
}

#[tokio::test]
async fn a_cap_in_requests_per_second_spaces_them() {
    let server = Server::script(vec![ok("x"); 4]).await;
    let client = Client::new(ClientOptions {
        rate: Some(10.0),
        ..options(&server)
    })
    .unwrap();
    let started = Instant::now();
    for _ in 0..4 {
        client.send(read(&server)).await.unwrap();
    }
    assert!(started.elapsed() >= Duration::from_millis(300));
}

#[tokio::test]
async fn secrets_show_nowhere() {
    let echo = format!("the key {SECRET} is wrong");
    let server = Server::script(vec![Reply::new(500, &[], &echo), ok(&echo)]).await;
    let options = options(&server);
    let client = Client::new(options.clone()).unwrap();
    let mut request = write(&server);
    request.url.set_query(Some(&format!("key={SECRET}")));
    let error = client.send(request.clone()).await.unwrap_err();
    assert!(
        error.to_string().contains("the key [redacted] is wrong"),
        "{error}"
    );
    let answer = client.send(read(&server)).await.unwrap();
    for shown in [
        format!("{error} {error:?} {error:#?}"),
        format!("{client:?} {options:?} {request:?} {answer:?}"),
        client.redact(&answer.text()),
    ] {
        assert!(!shown.contains(SECRET), "{shown}");
    }
}

#[tokio::test]
async fn a_credential_that_cannot_be_a_header_is_told_without_its_value() {
    let server = Server::script(vec![]).await;
    let value = SecretString::from(format!("{SECRET}\r\nX-Evil: 1"));
    let credentials = vec![SecretHeader {
        name: "X-TMA-KEY",
        value,
    }];
    let error = Client::new(ClientOptions {
        credentials,
        ..options(&server)
    })
    .unwrap_err();
    assert!(matches!(
        error.kind,
        RemoteErrorKind::Unauthenticated { .. }
    ));
    let shown = format!("{error} {error:?}");
    assert!(
        shown.contains("X-TMA-KEY") && !shown.contains(SECRET),
        "{shown}"
    );
}

/// Where tokens come from: one that the server may turn down, and then none any more.
struct FailingSignIn {
    tokens: u64,
    kind: RemoteErrorKind,
}

#[async_trait]
impl BearerSource for FailingSignIn {
    async fn bearer(&self, refused: Option<u64>) -> Result<Bearer, RemoteError> {
        let generation = refused.map_or(0, |refused| refused + 1);
        if generation >= self.tokens {
            return Err(RemoteError {
                system: System::AzureDevOps,
                kind: self.kind.clone(),
                request: None,
            });
        }
        Ok(Bearer {
            token: SecretString::from("token"),
            generation,
        })
    }

    fn redact(&self, text: &str) -> String {
        text.to_owned()
    }
}

/// Without a token a write was not sent, or was turned down: nothing of it can land.
#[tokio::test]
async fn what_fails_at_the_sign_in_was_never_sent() {
    let failed = || "the sign-in failed".to_owned();
    for kind in [
        RemoteErrorKind::Unavailable {
            reason: failed(),
            maybe_sent: true,
        },
        RemoteErrorKind::Protocol { reason: failed() },
    ] {
        for tokens in [0, 1] {
            let server = Server::script(vec![Reply::new(401, &[], "")]).await;
            let kind = kind.clone();
            let client = client(&server).with_bearer(Arc::new(FailingSignIn { tokens, kind }));
            let error = client.send(write(&server)).await.unwrap_err();
            assert!(!maybe_sent(&error.kind), "{error}");
            assert!(error.to_string().contains("the sign-in failed"), "{error}");
            assert_eq!(client.counters().requests, tokens);
        }
    }
}
