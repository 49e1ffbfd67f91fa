//! The adapter for TestWorthy's surface `v1` against servers that answer exactly what a test says.

use std::collections::BTreeMap;

use accord::http::{Client, ClientOptions};
use accord::model::{CaseId, SectionId, SuiteId, Value};
use accord::remote::{
    CaseDraft, CasePatch, CaseRead, CaseScope, IntegrationSettings, ReadTestWorthy,
    RemoteErrorKind, Verification, WriteTestWorthy,
};
use accord::testworthy::v1::{Reader, Writer, credential_header};
use secrecy::SecretString;
use serde_json::{Value as Json, json};

use super::client::options;
use super::server::{Reply, Seen, Server};

const TOKEN: &str = "token-4711-of-this-test";

fn reader(server: &Server) -> Reader {
    let client = Client::new(ClientOptions {
        credentials: vec![credential_header(&SecretString::from(TOKEN))],
        ..options(server)
    })
    .unwrap();
    Reader::new(&server.url("/tw/"), 7, jiff::tz::TimeZone::UTC, client)
}

fn writer(server: &Server) -> Writer {
    Writer::new(reader(server))
}

fn case(title: &str) -> Json {
    json!({
        "id": 1, "title": title, "description": null, "steps": ["a"], "expectedResult": "b",
        "labels": ["beta"], "updatedAt": "2026-02-03T08:12:45Z"
    })
}

fn retitle(title: &str) -> CasePatch {
    CasePatch {
        fields: BTreeMap::from([("title".to_owned(), Value::text(title))]),
        refs: None,
    }
}

/// Whether a failure is of the expected kind.
type Fits = fn(&RemoteErrorKind) -> bool;

fn status(status: u16) -> Reply {
    Reply::new(status, &[], r#"{"error":"No."}"#)
}

#[tokio::test]
async fn every_request_carries_the_token_and_stays_below_v1() {
    let server = Server::script(vec![
        Reply::json(&json!({"id": 7, "name": "Web"})),
        Reply::json(&json!({"data": [case("One")], "page": 1, "limit": 100, "total": 1})),
    ])
    .await;
    let reader = reader(&server);
    reader.check(CaseScope::Project).await.unwrap();
    let listing = reader.cases(CaseScope::Project).await.unwrap();
    assert_eq!(listing.incomplete, None);
    assert_eq!(listing.cases[&CaseId(1)].project, Some(7));
    assert_eq!(
        server.calls(),
        [
            "GET /tw/v1/projects/7",
            "GET /tw/v1/projects/7/cases?page=1&limit=100"
        ]
    );
    for seen in server.seen() {
        let sent = format!("Bearer {TOKEN}");
        assert_eq!(seen.header("authorization"), Some(sent.as_str()));
        assert_eq!(seen.header("x-tma-key"), None);
    }
}

#[tokio::test]
async fn a_change_reads_sends_everything_and_reads_back() {
    let server = Server::script(vec![
        Reply::json(&case("One")),
        Reply::new(204, &[], ""),
        Reply::json(&case("Uno")),
    ])
    .await;
    let written = writer(&server)
        .update_case(CaseId(1), &retitle("Uno"))
        .await
        .unwrap();
    assert_eq!(written.title(), "Uno");
    assert_eq!(
        server.calls(),
        [
            "GET /tw/v1/cases/1",
            "PUT /tw/v1/cases/1",
            "GET /tw/v1/cases/1"
        ]
    );
    assert_eq!(
        server.seen()[1].json(),
        json!({
            "labels": ["beta"], "title": "Uno", "description": null, "steps": ["a"],
            "expectedResult": "b"
        })
    );
}

#[tokio::test]
async fn a_change_that_the_server_ignores_is_refused() {
    let kept = || Reply::json(&case("One"));
    let server = Server::script(vec![kept(), kept(), kept()]).await;
    let patch = retitle("Uno");
    let refused = writer(&server).update_case(CaseId(1), &patch).await;
    let kind = refused.unwrap_err().kind;
    assert!(
        matches!(&kind, RemoteErrorKind::Rejected { reason, .. } if reason.contains("kept the old")),
        "{kind}"
    );
    // Another spelling of what was sent is the server's own business.
    let server = Server::script(vec![
        kept(),
        Reply::new(200, &[], ""),
        Reply::json(&case("Uno.")),
    ])
    .await;
    let written = writer(&server).update_case(CaseId(1), &patch).await;
    assert_eq!(written.unwrap().title(), "Uno.");
}

#[tokio::test]
async fn failures_before_and_after_the_write_are_told_apart() {
    // Nothing was sent: the case is gone, or cannot be read.
    for (first, expected) in [
        (status(404), "there any more"),
        (Reply::new(200, &[], "x"), ""),
    ] {
        let server = Server::script(vec![first]).await;
        let failed = writer(&server)
            .update_case(CaseId(1), &retitle("Uno"))
            .await;
        let kind = failed.unwrap_err().kind;
        let sent = matches!(
            kind,
            RemoteErrorKind::Unavailable {
                maybe_sent: true,
                ..
            } | RemoteErrorKind::Protocol { .. }
        );
        assert!(!sent && kind.to_string().contains(expected), "{kind}");
        assert_eq!(server.calls().len(), 1);
    }
    // It was sent and cannot be read back, so it may have been carried out.
    let server = Server::script(vec![Reply::json(&case("One")), status(200), status(404)]).await;
    let failed = writer(&server)
        .update_case(CaseId(1), &retitle("Uno"))
        .await;
    let kind = failed.unwrap_err().kind;
    assert!(
        matches!(
            kind,
            RemoteErrorKind::Unavailable {
                maybe_sent: true,
                ..
            }
        ),
        "{kind}"
    );
}

#[tokio::test]
async fn statuses_mean_what_http_says() {
    use RemoteErrorKind as K;
    let kinds: [(u16, Fits); 7] = [
        (401, |kind| matches!(kind, K::Unauthenticated { .. })),
        (403, |kind| matches!(kind, K::Forbidden { .. })),
        (
            404,
            |kind| matches!(kind, K::NotFound { reason } if reason.contains("projectId")),
        ),
        (405, |kind| matches!(kind, K::Unsupported { .. })),
        (422, |kind| matches!(kind, K::Rejected { .. })),
        (501, |kind| matches!(kind, K::Unsupported { .. })),
        (302, |kind| matches!(kind, K::Protocol { .. })),
    ];
    for (code, expected) in kinds {
        let body = format!(r#"{{"error":"{TOKEN} is no good"}}"#);
        let server = Server::script(vec![Reply::new(code, &[], body)]).await;
        let error = reader(&server).cases(CaseScope::Project).await.unwrap_err();
        assert!(expected(&error.kind), "{code}: {error}");
        assert!(!format!("{error} {error:?}").contains(TOKEN), "{error:?}");
    }
    let page = Reply::new(200, &[("content-type", "text/html")], "Log in");
    let server = Server::script(vec![page]).await;
    let error = reader(&server).cases(CaseScope::Project).await.unwrap_err();
    assert!(matches!(error.kind, K::Unauthenticated { .. }), "{error}");
}

#[tokio::test]
async fn too_many_requests_are_waited_for() {
    let server = Server::script(vec![
        Reply::new(429, &[("retry-after", "0")], ""),
        Reply::json(&case("One")),
    ])
    .await;
    let read = reader(&server).case(CaseId(1)).await.unwrap();
    assert!(matches!(read, CaseRead::Present(_)));
}

#[tokio::test]
async fn what_the_surface_does_not_have_sends_nothing() {
    let server = Server::script(Vec::new()).await;
    let writer = writer(&server);
    let draft = CaseDraft {
        suite: SuiteId(41),
        section: Some(SectionId(1)),
        refs: Vec::new(),
        fields: retitle("Uno").fields,
    };
    let marked = CasePatch {
        refs: Some(vec!["AB#5".to_owned()]),
        ..CasePatch::default()
    };
    let refusals = [
        writer.create_case(&draft).await.map(drop),
        writer
            .ensure_section(SuiteId(41), &["A".to_owned()])
            .await
            .map(drop),
        writer.suites().await.map(drop),
        writer.sections(SuiteId(41)).await.map(drop),
        writer.cases(CaseScope::Suite(SuiteId(41))).await.map(drop),
        writer.update_case(CaseId(1), &marked).await.map(drop),
    ];
    for refusal in refusals {
        assert!(refusal.is_err());
    }
    assert_eq!(server.calls(), [""; 0]);
    let capabilities = writer.capabilities();
    assert!(!capabilities.refs);
    for absent in [
        capabilities.suites,
        capabilities.sections,
        capabilities.create,
        capabilities.close,
    ] {
        assert_eq!(absent, Verification::Absent);
    }
    assert!(!capabilities.fields.unwrap().contains(&"priority"));
}

#[tokio::test]
async fn a_missing_case_is_told_from_one_that_is_refused() {
    let server = Server::script(vec![status(404), status(400)]).await;
    let reader = reader(&server);
    assert_eq!(reader.case(CaseId(1)).await.unwrap(), CaseRead::Missing);
    assert_eq!(reader.case(CaseId(1)).await.unwrap(), CaseRead::Refused);
    assert_eq!(reader.capabilities().get_case, Verification::Assumed);
}

#[tokio::test]
async fn settings_are_probed_and_never_carry_a_token() {
    let settings = IntegrationSettings {
        name: "web-shop".to_owned(),
        project_id: 7,
        organization_url: "https://dev.azure.com/contoso".to_owned(),
        project: "Web Shop".to_owned(),
        mappings: Vec::new(),
        has_personal_access_token: true,
    };
    for code in [404, 405, 501] {
        let server = Server::answering(move |_: &Seen, _| status(code)).await;
        let writer = writer(&server);
        let read = writer.integrations().await.unwrap_err();
        let written = writer.put_integration(&settings).await.unwrap_err();
        for error in [read, written] {
            let kind = &error.kind;
            assert!(
                matches!(kind, RemoteErrorKind::Unsupported { .. }),
                "{code}: {kind}"
            );
        }
        assert_eq!(writer.capabilities().integration, Verification::Absent);
        assert_eq!(server.calls().len(), 2, "asked once each");
    }
    let server = Server::script(vec![Reply::json(&json!({}))]).await;
    writer(&server).put_integration(&settings).await.unwrap();
    let sent = server.seen()[0].json();
    let text = sent.to_string().to_lowercase();
    assert!(!text.contains("token") && !text.contains("pat\""), "{text}");
    assert_eq!(server.calls(), ["POST /tw/v1/integrations/azure-devops"]);
}
