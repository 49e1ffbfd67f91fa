//! The Azure DevOps client on the wire: what it sends for each call, and what it makes of the answers,
//! against a scripted server on loopback.

#![expect(
    clippy::unwrap_used,
    reason = "a failure here is a failure of the test"
)]

#[path = "specification/judge/mod.rs"]
#[allow(
    dead_code,
    reason = "shared with tests/specification, which uses more of it"
)]
mod judge;
#[path = "azure_devops_client/life.rs"]
mod life;
#[path = "azure_devops_client/server.rs"]
mod server;

use std::collections::BTreeMap;

use accord::model::{AzureFieldKind, CaseId, Marker, Rev, Value, WorkItemId};
use accord::remote::{
    ReadAzureDevOps, RemoteError, RemoteErrorKind, WorkItemDraft, WorkItemPatch, WorkItemQuery,
    WorkItemWrite, WriteAzureDevOps, WriteOutcome,
};
use serde_json::{Value as Json, json};
use server::{Reply, Seen, Server, TOKEN, ok, refusal, reply};

type Answer = fn() -> Reply;

fn fields() -> Json {
    json!({ "count": 3, "value": [
        { "name": "Title", "referenceName": "System.Title", "type": "string", "readOnly": false },
        { "name": "Priority", "referenceName": "Microsoft.VSTS.Common.Priority", "type": "integer", "isPicklist": true },
        { "name": "Changed Date", "referenceName": "System.ChangedDate", "type": "dateTime", "readOnly": true },
    ] })
}

fn item(id: u64) -> Json {
    json!({ "id": id, "rev": 2, "fields": {
        "System.TeamProject": "Web Shop", "System.WorkItemType": "Test Case",
        "System.Title": format!("Case {id}"), "System.Tags": "accord; smoke",
        "System.ChangedDate": "2026-03-04T05:06:07.23Z",
    } })
}

fn connection_data(user: &Json) -> Reply {
    ok(&json!({ "authenticatedUser": user, "instanceId": "1" }))
}

fn ada() -> Json {
    json!({ "id": "6b3f", "descriptor": "Microsoft.IdentityModel.Claims.ClaimsIdentity;ada",
            "providerDisplayName": "Ada Example", "isActive": true })
}

#[tokio::test]
async fn the_connection_test_takes_two_requests_with_the_right_headers() {
    let server = Server::start(|request| {
        Some(if request.path.ends_with("/connectionData") {
            connection_data(&ada())
        } else {
            ok(&json!({ "id": "guid", "name": "Web Shop", "state": "wellFormed" }))
        })
    })
    .await;
    server.reader().check().await.unwrap();
    let seen = server.seen();
    let lines: Vec<String> = seen.iter().map(Seen::line).collect();
    assert_eq!(
        lines,
        [
            "GET /contoso/_apis/connectionData?api-version=7.1-preview",
            "GET /contoso/_apis/projects/Web%20Shop?api-version=7.1",
        ]
    );
    for request in &seen {
        // `:a-token-that-must-not-be-seen` in base64.
        let expected = "Basic OmEtdG9rZW4tdGhhdC1tdXN0LW5vdC1iZS1zZWVu";
        assert_eq!(request.header("authorization"), expected);
        assert_eq!(request.header("x-tfs-fedauthredirect"), "Suppress");
        assert_eq!(request.header("accept"), "application/json");
    }
}

async fn check_with(
    handler: impl Fn(&Seen) -> Option<Reply> + Send + Sync + 'static,
) -> RemoteError {
    let server = Server::start(handler).await;
    let error = server.reader().check().await.unwrap_err();
    assert!(!format!("{error} {error:?}").contains(TOKEN));
    let request = error.request.as_ref().unwrap();
    assert!(!request.url.contains('?'), "{}", request.url);
    assert_eq!(request.activity_id.as_deref(), Some("0e5c"));
    error
}

#[tokio::test]
async fn every_form_of_a_bad_credential_is_told() {
    fn redirect() -> Reply {
        Reply {
            status: 302,
            headers: vec![(
                "location",
                "https://spsprodweu.vssps.visualstudio.com/_signin?realm=dev.azure.com",
            )],
            body: "<html>Object moved</html>".to_owned(),
        }
    }
    let bare = || Reply {
        status: 401,
        headers: Vec::new(),
        body: String::new(),
    };
    let told: [(Answer, &str); 6] = [
        (
            || refusal(401, "TF400813: The user is not authorized."),
            "status 401: TF400813",
        ),
        (
            || reply(203, "text/html; charset=utf-8", "<html>Sign in</html>"),
            "status 203 with a sign-in page",
        ),
        (redirect, "status 302, a redirect to the sign-in page"),
        (
            || reply(200, "text/html", "<html>Sign in</html>"),
            "status 200 with an HTML page",
        ),
        (
            || {
                connection_data(&json!({
            "id": "aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa", "providerDisplayName": "Anonymous",
            "descriptor": "System:PublicAccess;aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa" }))
            },
            "anonymous identity",
        ),
        (|| connection_data(&Json::Null), "anonymous identity"),
    ];
    let mut answers = vec![(
        check_with(move |_| Some(bare())).await,
        "status 401 with an empty body",
    )];
    for (answer, words) in told {
        answers.push((check_with(move |_| Some(answer())).await, words));
    }
    for (error, words) in answers {
        let RemoteErrorKind::Unauthenticated { answer } = &error.kind else {
            panic!("{words}: {error}");
        };
        assert!(answer.contains(words), "{answer}");
    }
}

#[tokio::test]
async fn other_failures_of_the_connection_test_are_not_taken_for_a_bad_credential() {
    let error = check_with(|_| Some(refusal(403, "TF401027: You need the permission."))).await;
    assert!(
        matches!(error.kind, RemoteErrorKind::Forbidden { .. }),
        "{error}"
    );

    let project = |reply: fn() -> Reply| {
        move |request: &Seen| {
            Some(if request.path.ends_with("/connectionData") {
                connection_data(&ada())
            } else {
                reply()
            })
        }
    };
    let missing = || {
        refusal(
            404,
            "TF200016: The following project does not exist: Web Shop.",
        )
    };
    let error = check_with(project(missing)).await;
    assert!(
        matches!(&error.kind, RemoteErrorKind::NotFound { reason } if reason.contains("TF200016")),
        "{error}"
    );

    let scope = || Reply {
        status: 401,
        headers: Vec::new(),
        body: String::new(),
    };
    let error = check_with(project(scope)).await;
    assert!(
        matches!(&error.kind, RemoteErrorKind::Forbidden { reason } if reason.contains("scope")),
        "{error}"
    );
}

#[tokio::test]
async fn a_type_comes_with_fields_values_and_states_and_the_field_list_is_read_once() {
    let server = Server::start(|request| {
        Some(match request.path.rsplit('/').next().unwrap() {
            "fields" if request.path.contains("workitemtypes") => ok(&json!({ "value": [
                { "referenceName": "System.Title", "name": "Title", "alwaysRequired": true },
                { "referenceName": "Microsoft.VSTS.Common.Priority", "name": "Priority", "defaultValue": "2",
                  "allowedValues": ["1", "2", "3", "4"] },
            ] })),
            "fields" => ok(&fields()),
            "states" => ok(&json!({ "value": [{ "name": "New", "category": "Proposed" }] })),
            "Bug" => ok(&json!({ "name": "Bug" })),
            "Nonsense" => refusal(404, "VS402323: Work item type Nonsense does not exist."),
            _ => ok(&json!({ "name": "Test Case", "states": [
                { "name": "Design", "category": "Proposed", "color": "b2b2b2" },
                { "name": "Ready", "category": "InProgress" }, { "name": "Closed", "category": "Completed" } ],
                "transitions": { "": [{ "to": "Design" }], "Design": [{ "to": "Design" }, { "to": "Ready" }] } })),
        })
    })
    .await;
    let reader = server.reader();
    let found = reader.work_item_type("Test Case").await.unwrap();
    let lines: Vec<String> = server.seen().iter().map(Seen::line).collect();
    assert_eq!(
        lines,
        [
            "GET /contoso/Web%20Shop/_apis/wit/fields?api-version=7.1",
            "GET /contoso/Web%20Shop/_apis/wit/workitemtypes/Test%20Case?api-version=7.1",
            "GET /contoso/Web%20Shop/_apis/wit/workitemtypes/Test%20Case/fields?api-version=7.1&$expand=allowedValues",
        ]
    );
    let states: Vec<&str> = found
        .states
        .iter()
        .map(|state| state.name.as_str())
        .collect();
    assert_eq!(states, ["Design", "Ready", "Closed"]);
    assert_eq!(found.transitions.unwrap()["Design"], ["Ready"]);
    assert!(found.fields["System.Title"].always_required);
    let priority = &found.fields["Microsoft.VSTS.Common.Priority"];
    assert_eq!(priority.allowed_values, [1, 2, 3, 4].map(Value::integer));
    assert_eq!(priority.default_value, Value::integer(2));
    assert!(priority.definition.is_picklist);
    assert_eq!(priority.definition.kind, AzureFieldKind::Integer);

    // A server that leaves the states out of the type is asked for them.
    assert_eq!(
        reader.work_item_type("Bug").await.unwrap().states[0].name,
        "New"
    );
    assert_eq!(server.seen().len(), 6);

    let error = reader.work_item_type("Nonsense").await.unwrap_err();
    assert!(
        matches!(error.kind, RemoteErrorKind::NotFound { .. }),
        "{error}"
    );
}

fn query() -> WorkItemQuery {
    WorkItemQuery {
        work_item_type: "Test Case".to_owned(),
        ..WorkItemQuery::default()
    }
}

#[tokio::test]
async fn a_query_is_read_page_by_page_and_narrows_the_page_when_told() {
    let server = Server::start(|request| {
        let text = request.body["query"].as_str().unwrap();
        let (_, tail) = text.split_once("[System.Id] > ").unwrap();
        let last: u64 = tail.split(' ').next().unwrap().parse().unwrap();
        let (_, top) = request.query.split_once("$top=").unwrap();
        let top: u64 = top.split('&').next().unwrap().parse().unwrap();
        if top > 10_000 {
            return Some(refusal(
                400,
                "VS402337: The number of work items returned exceeds the size limit.",
            ));
        }
        let found: Vec<Json> = (last + 1..=12_000)
            .take(usize::try_from(top).unwrap())
            .map(|id| json!({ "id": id }))
            .collect();
        Some(ok(
            &json!({ "queryType": "flat", "queryResultType": "workItem", "workItems": found }),
        ))
    })
    .await;
    let ids = server.reader().query(&query()).await.unwrap();
    assert_eq!(ids, (1..=12_000).map(WorkItemId).collect::<Vec<_>>());
    let lines: Vec<String> = server.seen().iter().map(Seen::line).collect();
    let line =
        |top: u32| format!("POST /contoso/Web%20Shop/_apis/wit/wiql?api-version=7.1&$top={top}");
    assert_eq!(lines, [line(19_999), line(9_999), line(9_999)]);
    let seen = server.seen();
    assert_eq!(
        seen[2].body["query"],
        "SELECT [System.Id] FROM WorkItems WHERE [System.TeamProject] = 'Web Shop' AND [System.WorkItemType] = 'Test Case' AND [System.Id] > 9999 ORDER BY [System.Id]"
    );
    assert_eq!(seen[2].header("content-type"), "application/json");
}

#[tokio::test]
async fn a_query_with_a_time_of_day_says_so_and_a_bad_one_is_not_sent() {
    let server = Server::start(|_| Some(ok(&json!({ "workItems": null })))).await;
    let with = |condition: &str| WorkItemQuery {
        wiql: Some(condition.to_owned()),
        ..query()
    };
    let reader = server.reader();
    assert!(
        reader
            .query(&with("[System.ChangedDate] > '2026-03-04T05:06:07Z'"))
            .await
            .unwrap()
            .is_empty()
    );
    assert!(server.seen()[0].query.ends_with("&timePrecision=true"));

    let error = reader.query(&with("1 = 1) OR (1 = 1")).await.unwrap_err();
    assert!(
        matches!(error.kind, RemoteErrorKind::Rejected { .. }),
        "{error}"
    );
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test]
async fn a_server_that_repeats_a_page_does_not_hang_the_query() {
    let page: Vec<Json> = (1..=19_999).map(|id| json!({ "id": id })).collect();
    let page = json!({ "workItems": page });
    let server = Server::start(move |_| Some(ok(&page))).await;
    let error = server.reader().query(&query()).await.unwrap_err();
    assert!(
        matches!(error.kind, RemoteErrorKind::Protocol { .. }),
        "{error}"
    );
    assert_eq!(server.seen().len(), 2);
}

#[tokio::test]
async fn items_are_read_by_two_hundred_with_relations_and_absent_ones_left_out() {
    let server = Server::start(|request| {
        Some(if request.path.ends_with("/fields") {
            ok(&fields())
        } else {
            let ids = request.body["ids"].as_array().unwrap();
            let value: Vec<Json> = ids
                .iter()
                .map(|id| id.as_u64().filter(|id| *id != 7).map_or(Json::Null, item))
                .collect();
            ok(&json!({ "count": value.len(), "value": value }))
        })
    })
    .await;
    let mut ids: Vec<WorkItemId> = (1..=401).rev().map(WorkItemId).collect();
    ids.extend([0, 5, 3_000_000_000].map(WorkItemId));
    let items = server.reader().read(&ids).await.unwrap();
    assert_eq!(items.len(), 400);
    assert!(!items.contains_key(&WorkItemId(7)));
    let read = &items[&WorkItemId(401)];
    assert_eq!(
        (read.title(), read.rev, read.tags.len()),
        ("Case 401", Rev(2), 2)
    );
    assert!(matches!(
        read.fields["System.ChangedDate"],
        Value::DateTime(_)
    ));

    let batches = server.seen_at("/workitemsbatch");
    let mut sizes: Vec<usize> = batches
        .iter()
        .map(|b| b.body["ids"].as_array().unwrap().len())
        .collect();
    sizes.sort_unstable();
    assert_eq!(sizes, [1, 200, 200]);
    assert_eq!(server.seen().len(), 4, "and the list of fields once");
    for batch in &batches {
        assert_eq!(
            batch.line(),
            "POST /contoso/_apis/wit/workitemsbatch?api-version=7.1"
        );
        let keys: Vec<&String> = batch.body.as_object().unwrap().keys().collect();
        assert_eq!(keys, ["ids", "$expand", "errorPolicy"]);
        assert_eq!(
            (&batch.body["$expand"], &batch.body["errorPolicy"]),
            (&json!("relations"), &json!("omit"))
        );
    }
    assert!(
        server
            .reader()
            .read(&[WorkItemId(0)])
            .await
            .unwrap()
            .is_empty()
    );
    assert_eq!(server.seen().len(), 4);
}

#[tokio::test]
async fn hyperlinks_are_found_whatever_letter_case_the_server_answers_in() {
    let server = Server::start(|request| {
        let asked = request.body["artifactUris"].as_array().unwrap();
        let result: BTreeMap<String, Json> = asked
            .iter()
            .map(|url| url.as_str().unwrap())
            .filter(|url| !url.ends_with("/9"))
            .map(|url| {
                (
                    url.to_uppercase(),
                    if url.ends_with("/8") {
                        json!([])
                    } else {
                        json!([{ "id": 12 }, { "id": 11 }])
                    },
                )
            })
            .collect();
        Some(ok(&json!({ "artifactUrisQueryResult": result })))
    })
    .await;
    let url = |case: u32| format!("https://testworthy.us/TestCase/Detail/{case}");
    let found = server
        .reader()
        .find_by_hyperlink(&[url(7), url(8), url(9), url(7)])
        .await
        .unwrap();
    assert_eq!(
        found,
        BTreeMap::from([(url(7), vec![WorkItemId(11), WorkItemId(12)])])
    );
    let line = "POST /contoso/Web%20Shop/_apis/wit/artifacturiquery?api-version=7.1";
    assert_eq!(server.seen()[0].line(), line);

    let many: Vec<String> = (1_000..1_450).map(url).collect();
    assert_eq!(
        server
            .reader()
            .find_by_hyperlink(&many)
            .await
            .unwrap()
            .len(),
        450
    );
    assert_eq!(server.seen().len(), 4);
}

#[tokio::test]
async fn a_server_that_knows_only_its_own_artifacts_finds_nothing() {
    let server = Server::start(|_| Some(ok(&json!({ "artifactUrisQueryResult": {} })))).await;
    let found = server
        .reader()
        .find_by_hyperlink(&["https://x.example.test/1".to_owned()])
        .await;
    assert!(found.unwrap().is_empty());

    let words = "The controller for path '/x' was not found or does not implement IController.";
    let server = Server::start(move |_| Some(reply(404, "text/plain", words))).await;
    let error = server
        .reader()
        .find_by_hyperlink(&["https://x.example.test/1".to_owned()])
        .await
        .unwrap_err();
    assert_eq!(
        error.kind,
        RemoteErrorKind::Unsupported {
            operation: "artifacturiquery".to_owned()
        }
    );
}

fn create(tags: &[&str]) -> WorkItemWrite {
    WorkItemWrite::Create(WorkItemDraft {
        work_item_type: "Test Case".to_owned(),
        fields: [("System.Title".to_owned(), Value::text("Pay by card"))].into(),
        tags: tags.iter().map(|tag| (*tag).to_owned()).collect(),
        marker: Marker {
            case: CaseId(7),
            url: "https://testworthy.us/TestCase/Detail/7".to_owned(),
        },
    })
}

fn update(id: u64) -> WorkItemWrite {
    WorkItemWrite::Update {
        id: WorkItemId(id),
        rev: Rev(4),
        patch: WorkItemPatch {
            fields: [(
                "Microsoft.VSTS.Common.Priority".to_owned(),
                Value::integer(1),
            )]
            .into(),
            tags: Some(vec!["accord".to_owned()]),
            add_marker: None,
        },
    }
}

#[tokio::test]
async fn writes_go_out_as_one_batch_with_an_outcome_for_each() {
    let server = Server::start(|request| {
        Some(if request.path.ends_with("/fields") {
            ok(&fields())
        } else {
            let stale = json!({ "message": "VS403351: Test Operation for path /rev failed", "typeKey": "TestPatchOperationFailedException" });
            ok(&json!({ "count": 2, "value": [
                { "code": 200, "headers": {}, "body": item(900).to_string() },
                { "code": 412, "headers": {}, "body": stale.to_string() },
            ] }))
        })
    })
    .await;
    let outcomes = server
        .writer()
        .write(&[create(&["accord"]), create(&["a, b"]), update(5)])
        .await
        .unwrap();
    let [
        WriteOutcome::Applied(created),
        WriteOutcome::Rejected(refused),
        WriteOutcome::Stale(stale),
    ] = outcomes.as_slice()
    else {
        panic!("{outcomes:?}");
    };
    assert_eq!(created.id, WorkItemId(900));
    assert_eq!(created.markers()[0].case, CaseId(7));
    assert!(refused.to_string().contains("comma"), "{refused}");
    assert!(stale.to_string().contains("VS403351"), "{stale}");

    let batches = server.seen_at("/$batch");
    assert_eq!(batches.len(), 1);
    assert_eq!(
        batches[0].line(),
        "PATCH /contoso/_apis/wit/$batch?api-version=7.1"
    );
    assert_eq!(batches[0].header("content-type"), "application/json");
    let patch_type = json!({ "Content-Type": "application/json-patch+json" });
    assert_eq!(
        batches[0].body,
        json!([
            { "method": "PATCH", "uri": "/Web%20Shop/_apis/wit/workitems/$Test%20Case?api-version=7.1", "headers": patch_type,
              "body": [
                { "op": "add", "path": "/id", "value": -1 },
                { "op": "add", "path": "/fields/System.Title", "value": "Pay by card" },
                { "op": "add", "path": "/fields/System.Tags", "value": "accord" },
                { "op": "add", "path": "/relations/-", "value": { "rel": "Hyperlink",
                  "url": "https://testworthy.us/TestCase/Detail/7", "attributes": { "comment": "accord/1 case=7" } } },
              ] },
            { "method": "PATCH", "uri": "/_apis/wit/workitems/5?api-version=7.1", "headers": patch_type,
              "body": [
                { "op": "test", "path": "/rev", "value": 4 },
                { "op": "add", "path": "/fields/Microsoft.VSTS.Common.Priority", "value": 1 },
                { "op": "replace", "path": "/fields/System.Tags", "value": "accord" },
              ] },
        ])
    );
}

#[tokio::test]
async fn nothing_is_sent_for_nothing_or_for_too_much() {
    let server = Server::start(|_| Some(ok(&fields()))).await;
    assert!(server.writer().write(&[]).await.unwrap().is_empty());
    let many: Vec<WorkItemWrite> = (1..=201).map(update).collect();
    let error = server.writer().write(&many).await.unwrap_err();
    assert!(error.to_string().contains("201 writes"), "{error}");
    assert!(server.seen().is_empty());
}

/// Writes once against a server that answers the batch like this.
async fn write_with(batch: impl Fn() -> Option<Reply> + Send + Sync + 'static) -> RemoteError {
    let server = Server::start(move |request| {
        if request.path.ends_with("/fields") {
            Some(ok(&fields()))
        } else {
            batch()
        }
    })
    .await;
    let error = server
        .writer()
        .write(&[create(&["accord"]), update(5)])
        .await
        .unwrap_err();
    assert_eq!(
        server.seen_at("/$batch").len(),
        1,
        "a write is sent once: {error}"
    );
    error
}

#[tokio::test]
async fn a_write_without_a_usable_answer_is_sent_once_and_may_have_landed() {
    let batches: [fn() -> Option<Reply>; 3] = [
        || None,
        || Some(refusal(503, "TF24668: The service is unavailable.")),
        || Some(refusal(500, "TF400898: An Internal Error Occurred.")),
    ];
    for batch in batches {
        let error = write_with(batch).await;
        assert!(
            matches!(
                error.kind,
                RemoteErrorKind::Unavailable {
                    maybe_sent: true,
                    ..
                }
            ),
            "{error}"
        );
    }
    let cut = || {
        Some(reply(
            200,
            "application/json",
            "{\"count\": 2, \"value\": [{\"code\": 200, \"bo",
        ))
    };
    let error = write_with(cut).await;
    assert!(
        matches!(error.kind, RemoteErrorKind::Protocol { .. }),
        "{error}"
    );
}

#[tokio::test]
async fn a_batch_that_is_refused_as_a_whole_is_explained() {
    let error =
        write_with(|| Some(reply(413, "text/html", "<html>Request too large</html>"))).await;
    assert!(
        matches!(error.kind, RemoteErrorKind::Rejected { .. }),
        "{error}"
    );
    assert!(
        error.to_string().contains("$batch of 2 writes ("),
        "{error}"
    );

    let error = write_with(|| Some(reply(203, "text/html", "<html>Sign in</html>"))).await;
    assert!(
        matches!(error.kind, RemoteErrorKind::Unauthenticated { .. }),
        "{error}"
    );
}

#[tokio::test]
async fn a_read_that_fails_before_a_write_has_nothing_to_settle() {
    let server =
        Server::start(|_| Some(refusal(503, "TF24668: The service is unavailable."))).await;
    let error = server.writer().write(&[update(5)]).await.unwrap_err();
    assert!(
        matches!(
            error.kind,
            RemoteErrorKind::Unavailable {
                maybe_sent: false,
                ..
            }
        ),
        "{error}"
    );
    assert!(server.seen_at("/$batch").is_empty());
}

#[tokio::test]
async fn the_servers_words_never_carry_the_token() {
    let error = check_with(|request| {
        let echoed = request.header("authorization").to_owned();
        Some(refusal(
            400,
            &format!("VS999999: bad header {echoed} or {TOKEN}"),
        ))
    })
    .await;
    assert!(error.to_string().contains("VS999999"), "{error}");
    assert!(!error.to_string().contains("OmEtdG9rZW4"), "{error}");
}

#[tokio::test]
async fn the_words_of_one_element_never_carry_the_token_either() {
    let server = Server::start(|request| {
        Some(if request.path.ends_with("/fields") {
            ok(&fields())
        } else {
            let body = json!({ "message": format!("TF401320: no {TOKEN}") });
            ok(&json!({ "count": 1, "value": [{ "code": 400, "body": body.to_string() }] }))
        })
    })
    .await;
    let outcomes = server.writer().write(&[update(5)]).await.unwrap();
    let [WriteOutcome::Rejected(error)] = outcomes.as_slice() else {
        panic!("{outcomes:?}");
    };
    assert!(error.to_string().contains("TF401320"), "{error}");
    assert!(!format!("{error:?}").contains(TOKEN), "{error}");
}
