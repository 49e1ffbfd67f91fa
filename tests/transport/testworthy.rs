//! The TestWorthy adapter against servers that offer much, little, or odd things.

mod writes;

use std::collections::BTreeMap;
use std::time::Duration;

use accord::http::{Client, ClientOptions};
use accord::model::config::Operations;
use accord::model::{CaseId, SectionId, SuiteId, Value};
use accord::remote::{
    CaseDraft, CasePatch, CaseRead, CaseScope, ReadTestWorthy, RemoteErrorKind, Verification,
    WriteTestWorthy,
};
use accord::testworthy::{Reader, Writer, credential_headers};
use secrecy::SecretString;
use serde_json::{Value as Json, json};

use super::client::options;
use super::server::{Reply, Seen, Server};

const SUITE: SuiteId = SuiteId(41);
const LISTED: CaseScope = CaseScope::Suite(SUITE);

fn reader_with(server: &Server, operations: &[(&str, &str)]) -> Reader {
    let secret = |text: &str| SecretString::from(text);
    let credentials = credential_headers(
        secret("ada@example.test"),
        secret("key-4711"),
        secret("project-4711"),
    );
    let client = Client::new(ClientOptions {
        credentials,
        ..options(server)
    })
    .unwrap();
    let own = |(key, template): &(&str, &str)| ((*key).to_owned(), (*template).to_owned());
    let operations = Operations(operations.iter().map(own).collect());
    let zone = jiff::tz::TimeZone::UTC;
    Reader::new(&server.url("/tw"), &operations, zone, client).unwrap()
}

fn reader(server: &Server) -> Reader {
    reader_with(server, &[])
}

fn writer(server: &Server) -> Writer {
    Writer::new(reader(server))
}

fn case(id: u64, title: &str) -> Json {
    json!({
        "id": id, "title": title, "refs": null, "smoke": false,
        "priority": {"id": 3, "name": "P1 - Must Test"}, "type": {"id": 5, "name": "Functional"},
        "section": {"id": 904, "name": "Cards", "suite_id": 41, "parent_id": 903},
        "suite": {"id": 41, "name": "Web", "project_id": 7},
        "last_modified_on": "2026-02-03T08:12:45.1034207"
    })
}

fn sections() -> Json {
    json!({"sections": [
        {"id": 903, "name": "Checkout", "parent_id": null},
        {"id": 904, "name": "Cards", "parent_id": 903}
    ]})
}

fn missing() -> Reply {
    Reply::new(404, &[], r#"{"error":"Unknown operation"}"#)
}

/// Answers by `METHOD path`; everything else is 404.
async fn routes(answers: Vec<(&'static str, Reply)>) -> Server {
    Server::answering(move |seen: &Seen, _| {
        let call = format!(
            "{} {}",
            seen.method,
            seen.target.trim_start_matches("/tw/api/tests/")
        );
        answers
            .iter()
            .find(|(known, _)| *known == call)
            .map_or_else(missing, |(_, r)| r.clone())
    })
    .await
}

/// A full server with two cases.
async fn full() -> Server {
    let cases = json!({"cases": [case(1, "One"), case(2, "Two")]});
    routes(vec![
        ("GET get_cases/41", Reply::json(&cases)),
        ("GET get_case/1", Reply::json(&case(1, "One"))),
        (
            "GET get_case/9",
            Reply::new(400, &[], r#"{"error":"No such case"}"#),
        ),
        (
            "GET get_suites",
            Reply::json(&json!([{"id": 41, "name": "Web", "project_id": 7}])),
        ),
        ("GET get_sections/41", Reply::json(&sections())),
        ("POST add_case/41", Reply::json(&case(3, "Three"))),
        ("POST update_case/1", Reply::json(&case(1, "Uno"))),
        (
            "POST add_section/41",
            Reply::json(&json!({"id": 905, "name": "Refunds"})),
        ),
    ])
    .await
}

fn draft(fields: &[(&str, Value)]) -> CaseDraft {
    CaseDraft {
        suite: SUITE,
        section: Some(SectionId(904)),
        refs: vec!["AB#5120".to_owned()],
        fields: fields
            .iter()
            .map(|(name, value)| ((*name).to_owned(), value.clone()))
            .collect(),
    }
}

fn patch(fields: &[(&str, Value)]) -> CasePatch {
    CasePatch {
        fields: draft(fields).fields,
        refs: None,
    }
}

#[tokio::test]
async fn a_full_server_is_read_and_its_capabilities_learnt() {
    let server = full().await;
    let reader = reader(&server);
    assert_eq!(reader.capabilities().sections, Verification::Assumed);
    reader.check(LISTED).await.unwrap();
    let capabilities = reader.capabilities();
    assert_eq!(capabilities.suites, Verification::Verified);
    assert_eq!(capabilities.sections, Verification::Verified);
    assert_eq!(capabilities.get_case, Verification::Verified);
    assert_eq!(
        capabilities.create,
        Verification::Assumed,
        "a write is never probed"
    );
    assert_eq!(capabilities.update, Verification::Assumed);

    let listing = reader.cases(LISTED).await.unwrap();
    assert_eq!(listing.incomplete, None);
    assert_eq!(listing.cases.len(), 2);
    assert_eq!(
        listing.cases[&CaseId(1)].section_path,
        ["Checkout", "Cards"]
    );
    assert_eq!(reader.suites().await.unwrap()[0].project, Some(7));
    assert_eq!(reader.sections(SUITE).await.unwrap().len(), 2);
    let CaseRead::Present(one) = reader.case(CaseId(1)).await.unwrap() else {
        panic!()
    };
    assert_eq!(
        one.as_ref(),
        &listing.cases[&CaseId(1)],
        "a case reads the same both ways"
    );
    assert_eq!(reader.case(CaseId(9)).await.unwrap(), CaseRead::Refused);

    for seen in server.seen() {
        assert_eq!(seen.method, "GET");
        assert_eq!(seen.header("x-user-email"), Some("ada@example.test"));
        assert_eq!(seen.header("x-tma-key"), Some("key-4711"));
        assert_eq!(seen.header("x-project-key"), Some("project-4711"));
        assert_eq!(seen.header("content-type"), Some("application/json"));
        assert_eq!(seen.header("cookie"), None);
    }
}

#[tokio::test]
async fn a_server_with_nothing_but_lists_of_cases_serves_too() {
    for nothing in [404, 405] {
        let server = Server::answering(move |seen, _| {
            if seen.target.ends_with("/get_cases/41") {
                Reply::json(&json!([case(1, "One")]))
            } else {
                Reply::new(nothing, &[], "")
            }
        })
        .await;
        let reader = reader(&server);
        reader.check(LISTED).await.unwrap();
        let capabilities = reader.capabilities();
        assert_eq!(capabilities.suites, Verification::Absent);
        assert_eq!(capabilities.sections, Verification::Absent);
        assert_eq!(capabilities.get_case, Verification::Absent);
        let asked = server.seen().len();
        let listing = reader.cases(LISTED).await.unwrap();
        assert_eq!(
            listing.cases[&CaseId(1)].section_path,
            ["Cards"],
            "its own section's name"
        );
        for kind in [
            reader.suites().await.unwrap_err().kind,
            reader.sections(SUITE).await.unwrap_err().kind,
            reader.case(CaseId(1)).await.unwrap_err().kind,
        ] {
            assert!(
                matches!(kind, RemoteErrorKind::Unsupported { .. }),
                "{kind:?}"
            );
        }
        assert_eq!(
            server.seen().len(),
            asked + 1,
            "what is absent is not asked for again"
        );
    }
}

#[tokio::test]
async fn a_site_that_shows_its_start_page_for_unknown_paths_serves_too() {
    let page = Reply::new(
        200,
        &[("content-type", "text/html")],
        "<!DOCTYPE html><p>Welcome",
    );
    let server = Server::answering(move |seen, _| {
        if seen.target.ends_with("/get_cases/41") {
            Reply::json(&json!([case(1, "One")]))
        } else {
            page.clone()
        }
    })
    .await;
    let reader = reader(&server);
    reader.check(LISTED).await.unwrap();
    assert_eq!(reader.capabilities().sections, Verification::Absent);
    assert_eq!(reader.cases(LISTED).await.unwrap().cases.len(), 1);
}

#[tokio::test]
async fn bad_credentials_are_told_apart() {
    let page = [("content-type", "text/html; charset=utf-8")];
    for reply in [
        Reply::new(401, &[], r#"{"error":"key-4711 is unknown"}"#),
        Reply::new(200, &page, "<html>Log in"),
        Reply::new(302, &[("location", "/Account/Login?ReturnUrl=%2Fapi")], ""),
    ] {
        let server = Server::script(vec![reply]).await;
        let error = reader(&server).check(LISTED).await.unwrap_err();
        assert!(
            matches!(error.kind, RemoteErrorKind::Unauthenticated { .. }),
            "{error}"
        );
        assert!(
            !format!("{error} {error:?}").contains("key-4711"),
            "{error}"
        );
    }
    let server = Server::script(vec![Reply::new(403, &[], "read only")]).await;
    let error = reader(&server).check(LISTED).await.unwrap_err();
    assert!(
        matches!(error.kind, RemoteErrorKind::Forbidden { .. }),
        "{error}"
    );
    let server = Server::script(vec![missing()]).await;
    let error = reader(&server).check(LISTED).await.unwrap_err();
    assert!(
        matches!(error.kind, RemoteErrorKind::NotFound { .. }),
        "{error}"
    );
    let refused = Reply::new(400, &[], r#"{"error":"foreign suite"}"#);
    let server = routes(vec![("GET get_cases/41", refused)]).await;
    let error = reader(&server).cases(LISTED).await.unwrap_err();
    assert!(
        matches!(&error.kind, RemoteErrorKind::Rejected { reason, .. } if reason == "foreign suite")
    );
}

#[tokio::test]
async fn answers_that_are_no_list_are_protocol_errors() {
    for body in ["", "{}", "nothing", "{\"runs\": []}", "[{\"id\": 1}"] {
        let server = routes(vec![("GET get_cases/41", Reply::new(200, &[], body))]).await;
        let error = reader(&server).cases(LISTED).await.unwrap_err();
        assert!(
            matches!(error.kind, RemoteErrorKind::Protocol { .. }),
            "{body}: {error}"
        );
    }
}

#[tokio::test]
async fn pages_are_followed_on_the_own_host_only() {
    let first = json!({"cases": [case(1, "One")], "offset": 0, "limit": 1, "size": 1,
        "_links": {"next": "/tw/api/tests/get_cases/41?limit=1&offset=1", "prev": null}});
    let second = json!({"cases": [case(2, "Two")], "offset": 1, "limit": 1, "size": 1,
        "_links": {"next": null, "prev": null}});
    let server = routes(vec![
        ("GET get_cases/41", Reply::json(&first)),
        ("GET get_cases/41?limit=1&offset=1", Reply::json(&second)),
    ])
    .await;
    let listing = reader(&server).cases(LISTED).await.unwrap();
    assert_eq!((listing.cases.len(), listing.incomplete), (2, None));

    let elsewhere = Server::script(vec![Reply::json(&json!([]))]).await;
    let link = elsewhere.url("/tw/api/tests/get_cases/41").to_string();
    let lured = json!({"cases": [case(1, "One")], "_links": {"next": link}});
    let server = routes(vec![("GET get_cases/41", Reply::json(&lured))]).await;
    let listing = reader(&server).cases(LISTED).await.unwrap();
    assert!(listing.incomplete.unwrap().contains("elsewhere"));
    assert_eq!(elsewhere.connections(), 0);
}

#[tokio::test]
async fn names_are_looked_up_where_the_server_lists_them() {
    let mut answers = vec![("POST add_case/41", Reply::json(&case(3, "Three")))];
    let priorities = json!([{"id": 70, "name": "Urgent"}, {"id": 71, "name": "P2 - Should Test"}]);
    answers.push(("GET get_priorities", Reply::json(&priorities)));
    let server = routes(answers).await;
    let writer = writer(&server);
    for (name, expected) in [
        ("Urgent", Some(70)),
        ("P2 - Should Test", Some(71)),
        ("P3 - Good to Test", None),
    ] {
        let fields = [("title", Value::text("x")), ("priority", Value::text(name))];
        let result = writer.create_case(&draft(&fields)).await;
        assert_eq!(result.is_ok(), expected.is_some(), "{name}: {result:?}");
        if let Some(id) = expected {
            assert_eq!(
                server.seen().last().unwrap().json()["priority_id"],
                json!(id)
            );
        }
    }
    let lookups = server
        .calls()
        .iter()
        .filter(|call| call.contains("get_priorities"))
        .count();
    assert_eq!(lookups, 1, "the list is read once");
}

#[tokio::test]
async fn a_person_has_the_same_address_wherever_in_the_listing_it_is_shown() {
    let page = |cases: Json, next: Json| json!({"cases": cases, "_links": {"next": next}});
    let by = |id: u64, created: u64, modified: u64| {
        let mut one = case(id, "One");
        one["created_by"] = json!(created);
        one["last_modified_by"] = json!(modified);
        one
    };
    let mut named = by(2, 513, 513);
    named["user"] = json!({"id": 513, "name": "Bo", "email": "bo@example.test"});
    let first = page(
        json!([by(1, 513, 514)]),
        json!("/tw/api/tests/get_cases/41?offset=1"),
    );
    let server = routes(vec![
        ("GET get_cases/41", Reply::json(&first)),
        (
            "GET get_cases/41?offset=1",
            Reply::json(&page(json!([named]), json!(null))),
        ),
        ("GET get_sections/41", Reply::json(&sections())),
        ("GET get_case/1", Reply::json(&by(1, 513, 514))),
    ])
    .await;
    let reader = reader(&server);
    let listing = reader.cases(LISTED).await.unwrap();
    assert_eq!((listing.cases.len(), listing.incomplete), (2, None));
    let early = &listing.cases[&CaseId(1)];
    assert_eq!(early.fields["createdBy"], Value::text("bo@example.test"));
    assert_eq!(
        early.fields["modifiedBy"],
        Value::text("514"),
        "nobody names them"
    );
    assert_eq!(early.section_path, ["Checkout", "Cards"]);
    let CaseRead::Present(alone) = reader.case(CaseId(1)).await.unwrap() else {
        panic!()
    };
    assert_eq!(alone.as_ref(), early);
}

#[tokio::test]
async fn cases_that_are_read_at_once_ask_for_their_sections_once() {
    // Slow enough that the second case needs its path while the sections are still on their way.
    let slow = Reply::json(&sections()).after(Duration::from_millis(50));
    let server = routes(vec![
        ("GET get_case/1", Reply::json(&case(1, "One"))),
        ("GET get_case/2", Reply::json(&case(2, "Two"))),
        ("GET get_sections/41", slow),
    ])
    .await;
    let reader = reader(&server);
    let (one, two) = tokio::join!(reader.case(CaseId(1)), reader.case(CaseId(2)));
    for read in [one.unwrap(), two.unwrap()] {
        let CaseRead::Present(case) = read else {
            panic!("{read:?}");
        };
        assert_eq!(case.section_path, ["Checkout", "Cards"]);
    }
    let asked = |call: &String| call.ends_with("get_sections/41");
    assert_eq!(server.calls().iter().filter(|call| asked(call)).count(), 1);
}

#[tokio::test]
async fn operations_can_be_overridden() {
    let server = routes(vec![("POST cases/new/904", Reply::json(&case(3, "x")))]).await;
    let writer = Writer::new(reader_with(
        &server,
        &[("addCase", "cases/new/{section_id}")],
    ));
    writer
        .create_case(&draft(&[("title", Value::text("x"))]))
        .await
        .unwrap();
    let homeless = CaseDraft {
        section: None,
        ..draft(&[("title", Value::text("x"))])
    };
    let error = writer.create_case(&homeless).await.unwrap_err();
    assert!(error.to_string().contains("{section_id}"), "{error}");
    assert_eq!(server.calls(), ["POST /tw/api/tests/cases/new/904"]);
}

#[tokio::test]
async fn nothing_shows_a_credential() {
    let server = full().await;
    let writer = writer(&server);
    let shown = format!("{writer:?} {:?}", reader(&server));
    for secret in ["key-4711", "project-4711"] {
        assert!(!shown.contains(secret), "{shown}");
    }
}
