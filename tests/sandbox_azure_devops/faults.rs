//! Faults, the control surface, and what must hold when an answer is lost.

use accord::sandbox::log::System::AzureDevOps;
use accord::sandbox::{Fault, FaultKind, Sandbox, serve};
use reqwest::Method;
use serde_json::{Value, json};

use crate::organization::{Contoso, told};

fn titles(contoso: &Contoso) -> usize {
    contoso.sandbox.state().azure_devops.work_item_count()
}

async fn control(
    contoso: &Contoso,
    method: Method,
    path: &str,
    body: Option<Value>,
) -> (u16, Value) {
    let url = format!("http://{}/_sandbox{path}", contoso.sandbox.address);
    let mut request = contoso.client.request(method, url);
    if let Some(body) = body {
        request = request.json(&body);
    }
    let told = told(request.send().await.unwrap()).await;
    (told.status, told.body)
}

#[tokio::test]
async fn faults_that_answer_keep_the_request_from_the_system() {
    let contoso = Contoso::open().await;
    let throttled = |retry_after| FaultKind::Throttled { retry_after };
    let status = |status| FaultKind::Status {
        status,
        retry_after: None,
    };
    for (kind, expected, retry_after, html) in [
        (FaultKind::Unauthorized, 401, None, false),
        (FaultKind::Forbidden, 403, None, false),
        (FaultKind::SignInPage, 203, None, true),
        (FaultKind::SignInRedirect, 302, None, true),
        (FaultKind::HtmlPage, 200, None, true),
        (throttled(Some(7)), 429, Some("7"), false),
        (throttled(None), 429, None, false),
        (status(500), 500, None, false),
        (status(503), 503, None, false),
        (
            FaultKind::Status {
                status: 503,
                retry_after: Some(1),
            },
            503,
            Some("1"),
            false,
        ),
    ] {
        contoso
            .sandbox
            .state()
            .faults
            .add(Fault::new("wit/workitems", kind.clone()).times(1));
        let request = contoso
            .request(
                Method::POST,
                "/Web%20Shop/_apis/wit/workitems/$Bug?api-version=7.1",
            )
            .header("Content-Type", "application/json-patch+json")
            .body(r#"[{"op":"add","path":"/fields/System.Title","value":"x"}]"#);
        let response = request.send().await.unwrap();
        assert_eq!(response.status().as_u16(), expected, "{kind:?}");
        let header = |name: &str| {
            response
                .headers()
                .get(name)
                .map(|v| v.to_str().unwrap().to_owned())
        };
        assert_eq!(header("retry-after").as_deref(), retry_after, "{kind:?}");
        assert_eq!(
            header("content-type").is_some_and(|kind| kind.starts_with("text/html")),
            html
        );
        let bytes = response.bytes().await.unwrap();
        assert_eq!(
            bytes.starts_with(b"\xef\xbb\xbf"),
            expected == 503,
            "only a 503 begins with a mark"
        );
        let state = contoso.sandbox.state();
        let entry = state.log.entries().next_back().unwrap();
        assert_eq!((entry.status, entry.handled), (Some(expected), false));
        assert_eq!(entry.fault.as_deref(), Some(kind.name()));
    }
    assert_eq!(titles(&contoso), 0);
}

#[tokio::test]
async fn lost_answers_leave_three_different_worlds() {
    let contoso = Contoso::open().await;
    for (kind, after, later) in [
        (FaultKind::DropBeforeHandling, 0, 0),
        (FaultKind::DropAfterHandling, 1, 1),
        (FaultKind::LateLanding { milliseconds: 300 }, 1, 2),
        (FaultKind::TruncatedBody, 3, 3),
    ] {
        contoso
            .sandbox
            .state()
            .faults
            .add(Fault::new("workitems", kind.clone()).times(1));
        let request = contoso
            .request(
                Method::POST,
                "/Web%20Shop/_apis/wit/workitems/$Bug?api-version=7.1",
            )
            .header("Content-Type", "application/json-patch+json")
            .body(r#"[{"op":"add","path":"/fields/System.Title","value":"x"}]"#);
        match request.send().await {
            Err(_) => assert_ne!(kind, FaultKind::TruncatedBody, "its head arrives"),
            Ok(response) => {
                assert_eq!(kind, FaultKind::TruncatedBody);
                assert_eq!(response.status().as_u16(), 200);
                assert!(response.bytes().await.is_err(), "the body must end early");
            }
        }
        assert_eq!(titles(&contoso), after, "{kind:?}");
        for _ in 0..100 {
            if titles(&contoso) == later {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        assert_eq!(titles(&contoso), later, "{kind:?}");
    }
    assert_eq!(
        contoso.sandbox.state().log.writes(AzureDevOps),
        4,
        "each was sent once"
    );
}

#[tokio::test]
async fn slow_and_patient_answers_are_answers() {
    let contoso = Contoso::open().await;
    contoso
        .sandbox
        .state()
        .faults
        .add(Fault::new("projects", FaultKind::SlowDown { retry_after: 3 }).times(1));
    let response = contoso
        .request(Method::GET, "/_apis/projects")
        .send()
        .await
        .unwrap();
    assert_eq!(response.status().as_u16(), 200);
    assert_eq!(response.headers()["retry-after"], "3");
    assert_eq!(response.headers()["x-ratelimit-remaining"], "0");
    contoso.sandbox.state().faults.add(Fault::new(
        "projects",
        FaultKind::Delay { milliseconds: 80 },
    ));
    let begin = std::time::Instant::now();
    assert_eq!(contoso.get("/_apis/projects").await.status, 200);
    assert!(begin.elapsed() >= std::time::Duration::from_millis(80));
}

#[tokio::test]
async fn faults_and_the_log_are_reached_over_the_wire() {
    let contoso = Contoso::open().await;
    let rule =
        json!({"route": "$batch", "method": "PATCH", "nth": 2, "times": 1, "kind": "batchAtomic"});
    assert_eq!(
        control(&contoso, Method::POST, "/faults", Some(rule))
            .await
            .0,
        201
    );
    assert_eq!(
        control(
            &contoso,
            Method::POST,
            "/faults",
            Some(json!({"kind": "explode"}))
        )
        .await
        .0,
        422
    );
    let element = |title: &str, id: i64| {
        json!({
            "method": "PATCH",
            "uri": "/Web%20Shop/_apis/wit/workitems/$Bug?api-version=7.1",
            "headers": {"Content-Type": "application/json-patch+json"},
            "body": [
                {"op": "add", "path": "/id", "value": id},
                {"op": "add", "path": "/fields/System.Title", "value": title},
            ],
        })
    };
    let elements = json!([element("Good", -1), element("", -2)]);
    for (expected, count) in [([200, 400], 1), ([500, 400], 1), ([200, 400], 2)] {
        let told = contoso
            .send(Method::PATCH, "/_apis/wit/$batch", &elements)
            .await;
        let codes: Vec<u64> = told.body["value"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["code"].as_u64().unwrap())
            .collect();
        assert_eq!(codes, expected);
        assert_eq!(titles(&contoso), count);
    }
    let (_, log) = control(&contoso, Method::GET, "/log", None).await;
    assert_eq!(log["count"], 3);
    assert_eq!(log["requests"][1]["fault"], "batchAtomic");
    assert_eq!(
        log["routes"][0],
        json!({"system": "azureDevOps", "route": "PATCH wit/$batch", "count": 3})
    );
    assert_eq!(control(&contoso, Method::DELETE, "/log", None).await.0, 204);
    assert_eq!(
        control(&contoso, Method::DELETE, "/faults", None).await.0,
        204
    );
    let (_, faults) = control(&contoso, Method::GET, "/faults", None).await;
    assert_eq!(faults, json!({"faults": []}));
    assert_eq!(contoso.sandbox.state().log.requests(AzureDevOps), 0);
}

#[tokio::test]
async fn a_person_edits_under_an_own_name() {
    let contoso = Contoso::open().await;
    let id = contoso.test_case("Old").await;
    let edit = json!({"fields": {"System.Title": "New", "System.Tags": "by-hand"}, "hyperlinks": ["https://a.example/"]});
    let path = format!("/azureDevOps/workItems/{id}");
    let (status, item) = control(&contoso, Method::POST, &path, Some(edit)).await;
    assert_eq!((status, &item["rev"]), (200, &json!(2)));
    assert_eq!(
        item["fields"]["System.ChangedBy"]["uniqueName"],
        "tester@contoso.example"
    );
    assert_eq!(
        item["fields"]["System.CreatedBy"]["uniqueName"],
        "accord@contoso.example"
    );
    let bad = json!({"fields": {"System.State": "Nowhere"}});
    assert_eq!(
        control(&contoso, Method::POST, &path, Some(bad)).await.0,
        400
    );
    let (_, made) = control(
        &contoso,
        Method::POST,
        "/azureDevOps/workItems",
        Some(json!({"type": "Bug", "fields": {"System.Title": "Found"}})),
    )
    .await;
    assert_eq!(made["fields"]["System.WorkItemType"], "Bug");
    assert_eq!(control(&contoso, Method::DELETE, &path, None).await.0, 204);
    assert_eq!(control(&contoso, Method::GET, &path, None).await.0, 404);
    let (_, listed) = control(&contoso, Method::GET, "/azureDevOps/workItems", None).await;
    assert_eq!(listed["ids"], json!([2]));
    let log = &contoso.sandbox.state().log;
    assert_eq!(
        log.writes(AzureDevOps),
        1,
        "the control surface is not logged"
    );
}

#[tokio::test]
async fn settings_are_reached_over_the_wire() {
    let contoso = Contoso::open().await;
    let (_, mut settings) = control(&contoso, Method::GET, "/azureDevOps/settings", None).await;
    settings["badCredential"] = json!("signInRedirect");
    assert_eq!(
        control(
            &contoso,
            Method::PUT,
            "/azureDevOps/settings",
            Some(settings)
        )
        .await
        .0,
        200
    );
    let url = format!("{}/_apis/projects", contoso.sandbox.organization_url());
    assert_eq!(
        contoso
            .client
            .get(url)
            .send()
            .await
            .unwrap()
            .status()
            .as_u16(),
        302
    );
    let (_, health) = control(&contoso, Method::GET, "/health", None).await;
    assert_eq!(health["organization"], "contoso");
}

#[tokio::test]
async fn bodies_are_capped_and_only_loopback_is_bound() {
    let contoso = Contoso::open().await;
    let request = contoso
        .request(Method::POST, "/_apis/wit/wiql?api-version=7.1")
        .body(vec![b' '; 33 * 1024 * 1024]);
    // The server may answer or hang up while the client still sends; it must not read it all.
    if let Ok(response) = request.send().await {
        assert_eq!(response.status().as_u16(), 413);
    }
    let everywhere = tokio::net::TcpListener::bind("0.0.0.0:0").await.unwrap();
    let refused = serve(everywhere, Sandbox::default()).err().unwrap();
    assert_eq!(refused.kind(), std::io::ErrorKind::PermissionDenied);
}

#[tokio::test]
async fn a_stopped_sandbox_refuses_connections_and_keeps_its_state() {
    let contoso = Contoso::open().await;
    contoso.test_case("Kept").await;
    let url = format!("{}/_apis/projects", contoso.sandbox.organization_url());
    let (client, state) = (contoso.client.clone(), contoso.sandbox.sandbox().clone());
    contoso.sandbox.stop().await;
    assert!(client.get(&url).send().await.unwrap_err().is_connect());
    assert_eq!(state.state().azure_devops.work_item_count(), 1);
}

#[tokio::test]
async fn exchanges_are_kept_whole_when_wanted_and_tell_what_became_of_them() {
    let contoso = Contoso::open().await;
    let path = "/_apis/wit/workitemrelationtypes?api-version=7.1";
    let whole = contoso.get(path).await;
    assert_eq!(whole.status, 200);
    let kept = contoso.sandbox.state().exchanges.take();
    assert_eq!(kept, [], "off by default");
    contoso.sandbox.sandbox().record();
    contoso.get(path).await;
    for kind in [FaultKind::DropAfterHandling, FaultKind::Forbidden] {
        let fault = Fault::new("*/workitemrelationtypes", kind).times(1);
        contoso.sandbox.state().faults.add(fault);
        // The first of them has no answer at all.
        let _ = contoso.request(Method::GET, path).send().await;
    }
    let kept = contoso.sandbox.state().exchanges.take();
    let told: Vec<_> = kept
        .iter()
        .map(|kept| {
            let status = kept.answer.as_ref().map(|answer| answer.status);
            (kept.fault.as_deref(), status)
        })
        .collect();
    assert_eq!(
        told,
        [
            (None, Some(200)),
            (Some("dropAfterHandling"), None),
            (Some("forbidden"), Some(403)),
        ]
    );
    let answer = kept[0].answer.as_ref().unwrap();
    let body: Value = serde_json::from_str(&answer.body).unwrap();
    assert_eq!(body, whole.body, "what is kept is what is sent");
    for exchange in &kept {
        assert!(exchange.header_names.contains(&"authorization".to_owned()));
        assert!(!exchange.headers.contains_key("authorization"));
    }
}

/// Every oddity of an answer, on one read.
#[tokio::test]
async fn odd_answers_look_as_recorded() {
    let contoso = Contoso::open().await;
    let error = |status, message: &str| FaultKind::Error {
        status,
        message: message.to_owned(),
    };
    for (kind, status, content_type, start) in [
        (
            FaultKind::ByteOrderMark,
            200,
            "application/json",
            "\u{feff}{",
        ),
        (FaultKind::WrongContentType, 200, "text/plain", "{"),
        (FaultKind::TextNotFound, 404, "text/plain", "The controller"),
        (
            FaultKind::WrappedError { status: 400 },
            400,
            "application/json",
            r#"{"count":1,"value":{"Message":"#,
        ),
        (
            error(400, "VS402490: busy"),
            400,
            "application/json",
            r#"{"$id":"1","innerException":null,"message":"VS402490: busy""#,
        ),
        (FaultKind::EmptyBody, 200, "application/json", ""),
    ] {
        let fault = Fault::new("/_apis/projects", kind.clone()).times(1);
        contoso.sandbox.state().faults.add(fault);
        let request = contoso.request(Method::GET, "/_apis/projects?api-version=7.1");
        let response = request.send().await.unwrap();
        assert_eq!(response.status().as_u16(), status, "{kind:?}");
        let sent = response.headers()["content-type"].to_str().unwrap();
        assert!(sent.starts_with(content_type), "{kind:?}: {sent}");
        let bytes = response.bytes().await.unwrap();
        let text = std::str::from_utf8(&bytes).unwrap();
        assert!(text.starts_with(start), "{kind:?}: {text}");
        assert_eq!(text.is_empty(), start.is_empty(), "{kind:?}: {text}");
    }
    let fault = Fault::new("/_apis/projects", FaultKind::CutJson).times(1);
    contoso.sandbox.state().faults.add(fault);
    let whole = |request: reqwest::RequestBuilder| async {
        let response = request.send().await.unwrap();
        response.text().await.unwrap()
    };
    let url = "/_apis/projects?api-version=7.1";
    let cut = whole(contoso.request(Method::GET, url)).await;
    let full = whole(contoso.request(Method::GET, url)).await;
    assert_eq!(cut, full[..full.len() / 2], "cut and complete for HTTP");
}

/// A page that is empty or short is not the last one until it says so.
#[tokio::test]
async fn feed_pages_may_be_empty_or_short() {
    let contoso = Contoso::open().await;
    for title in ["one", "two"] {
        contoso.test_case(title).await;
    }
    let path = "/_apis/wit/reporting/workitemrevisions?api-version=7.1";
    let get = |token: String| {
        let request = contoso.request(Method::GET, &format!("{path}&continuationToken={token}"));
        async move { told(request.send().await.unwrap()).await.body }
    };
    let add = |kind| {
        contoso
            .sandbox
            .state()
            .faults
            .add(Fault::new("reporting", kind).times(1));
    };
    add(FaultKind::FeedEmptyPage);
    let empty = get(String::new()).await;
    assert_eq!(
        (&empty["values"], &empty["isLastBatch"]),
        (&json!([]), &json!(false))
    );
    add(FaultKind::FeedShortPage);
    let token = |page: &Value| page["continuationToken"].as_str().unwrap().to_owned();
    let short = get(token(&empty)).await;
    assert_eq!(short["values"].as_array().unwrap().len(), 1);
    assert_eq!(short["isLastBatch"], false);
    let rest = get(token(&short)).await;
    assert_eq!(rest["isLastBatch"], true);
    assert_ne!(rest["values"][0]["id"], short["values"][0]["id"]);
}

/// One element fails and the others are kept, or nothing is carried out and told once.
#[tokio::test]
async fn a_batch_may_fail_in_part_or_with_a_single_answer() {
    let contoso = Contoso::open().await;
    let element = |id: i64| {
        json!({
            "method": "PATCH",
            "uri": "/Web%20Shop/_apis/wit/workitems/$Bug?api-version=7.1",
            "headers": {"Content-Type": "application/json-patch+json"},
            "body": [
                {"op": "add", "path": "/id", "value": id},
                {"op": "add", "path": "/fields/System.Title", "value": format!("bug {id}")},
            ],
        })
    };
    let send = || {
        let body = json!([element(-1), element(-2), element(-3)]);
        let request = contoso.request(Method::PATCH, "/_apis/wit/$batch?api-version=7.1");
        async move { told(request.json(&body).send().await.unwrap()).await.body }
    };
    let partial = FaultKind::BatchElement {
        index: 1,
        status: 400,
        message: "TF401320: Rule Error".to_owned(),
    };
    contoso
        .sandbox
        .state()
        .faults
        .add(Fault::new("$batch", partial).times(1));
    let before = titles(&contoso);
    let answer = send().await;
    let codes: Vec<&Value> = (0..3).map(|at| &answer["value"][at]["code"]).collect();
    assert_eq!(codes, [200, 400, 200]);
    assert_eq!(titles(&contoso), before + 2);
    let whole = Fault::new("$batch", FaultKind::BatchWhole).times(1);
    contoso.sandbox.state().faults.add(whole);
    let answer = send().await;
    assert_eq!(answer["value"].as_array().unwrap().len(), 1);
    assert_eq!(titles(&contoso), before + 2);
}
