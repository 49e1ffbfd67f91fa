//! The second surface, call by call.

use axum::http::HeaderMap;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::sandbox::testworthy::{
    Call, CaseEdit, Edit, GUEST_TOKEN, OTHER_PROJECT_ID, PERSON_ID, PROJECT_ID, Reply, Server,
    Step, TOKEN,
};

fn now() -> Timestamp {
    "2026-08-11T19:07:52.4410963Z".parse().unwrap()
}

/// Suite 41 with section 903 in the web shop, suite 51 in the other project.
fn server() -> Server {
    let mut server = Server::new();
    for (suite, project) in [(41, PROJECT_ID), (51, OTHER_PROJECT_ID)] {
        server
            .add_suite(Some(suite), project, "Suite", None)
            .unwrap();
    }
    server
        .add_section(Some(903), 41, None, "Cart", None, (PERSON_ID, now()))
        .unwrap();
    server
}

fn add(server: &mut Server, title: &str, steps: &[(&str, &str)]) -> u64 {
    let mut edit = CaseEdit::titled(title).section(903);
    if !steps.is_empty() {
        edit.steps = Edit::Set(
            steps
                .iter()
                .map(|(content, expected)| Step {
                    more: None,
                    content: (*content).to_owned(),
                    expected: Some((*expected).to_owned()),
                })
                .collect(),
        );
    }
    server
        .add_case(None, 41, &edit, (PERSON_ID, now()))
        .unwrap()
}

fn reply(server: &mut Server, token: &str, method: &str, path: &str, body: &str) -> Reply {
    let mut headers = HeaderMap::new();
    if !token.is_empty() {
        headers.insert("authorization", format!("Bearer {token}").parse().unwrap());
    }
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    server.handle(&Call {
        method,
        path,
        query,
        headers: &headers,
        body: body.as_bytes(),
        now: now(),
    })
}

fn call(server: &mut Server, method: &str, path: &str, body: &Value) -> (u16, Value) {
    let reply = reply(server, TOKEN, method, path, &body.to_string());
    let body = serde_json::from_slice(&reply.body).unwrap_or(Value::Null);
    (reply.status, body)
}

fn switch(server: &mut Server, changes: &Value) {
    let body = json!({ "v1": changes }).to_string();
    let reply = server.control("POST", "/options", body.as_bytes(), now());
    assert_eq!(
        reply.status,
        200,
        "{}",
        String::from_utf8_lossy(&reply.body)
    );
}

#[test]
fn refusals_tell_token_project_thing_and_method_apart() {
    let mut server = server();
    let case = add(&mut server, "one", &[]);
    let of_case = format!("/v1/cases/{case}");
    for (token, method, path, status) in [
        ("", "GET", "/v1/projects", 401),
        ("wrong", "GET", "/v1/projects", 401),
        (TOKEN, "GET", "/v1/projects", 200),
        (GUEST_TOKEN, "GET", "/v1/projects/7", 403),
        (GUEST_TOKEN, "GET", "/v1/projects/7/cases", 403),
        (GUEST_TOKEN, "GET", of_case.as_str(), 403),
        (TOKEN, "GET", "/v1/projects/99", 404),
        (TOKEN, "GET", "/v1/projects/99/cases", 404),
        (TOKEN, "GET", "/v1/cases/99", 404),
        (TOKEN, "GET", "/v1/cases/TC-1", 404),
        (TOKEN, "GET", "/v1/suites", 404),
        (TOKEN, "GET", "/v1/integrations/azure-devops", 404),
        (TOKEN, "POST", of_case.as_str(), 405),
        (TOKEN, "PATCH", of_case.as_str(), 405),
        (TOKEN, "GET", "/v1/results", 405),
        (TOKEN, "PUT", "/v1/projects/7/results", 405),
    ] {
        let reply = reply(&mut server, token, method, path, "{}");
        assert_eq!(reply.status, status, "{method} {path}");
        assert_eq!(reply.allow.is_some(), status == 405, "{method} {path}");
    }
    let (_, projects) = call(&mut server, "GET", "/v1/projects", &Value::Null);
    assert_eq!(projects["total"], 2);
    let body = reply(&mut server, GUEST_TOKEN, "GET", "/v1/projects", "").body;
    let projects: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(projects["data"][0]["id"], OTHER_PROJECT_ID);
    assert_eq!(projects["total"], 1);
}

#[test]
fn a_rotated_token_stops_working_at_once() {
    let mut server = server();
    let body = br#"{"token": "another"}"#;
    assert_eq!(
        server.control("POST", "/rotate-token", body, now()).status,
        200
    );
    assert_eq!(
        reply(&mut server, TOKEN, "GET", "/v1/users", "").status,
        401
    );
    assert_eq!(
        reply(&mut server, "another", "GET", "/v1/users", "").status,
        200
    );
}

#[test]
fn a_case_is_created_read_changed_and_deleted() {
    let mut server = server();
    let path = "/v1/projects/7/cases";
    let body =
        json!({"title": "Pay", "description": "d", "steps": ["a", "b"], "expectedResult": "x"});
    let (status, case) = call(&mut server, "POST", path, &body);
    assert_eq!(status, 201);
    let members: Vec<&String> = case.as_object().unwrap().keys().collect();
    assert_eq!(members.len(), 5, "{members:?}");
    let id = case["id"].as_u64().unwrap();
    let of_case = format!("/v1/cases/{id}");
    assert_eq!(
        call(&mut server, "GET", &of_case, &Value::Null),
        (200, case)
    );

    let (status, case) = call(&mut server, "PUT", &of_case, &json!({"title": "Pay now"}));
    assert_eq!(status, 200);
    assert_eq!(case["title"], "Pay now");
    assert_eq!(case["steps"], json!(["a", "b"]), "PUT merges by default");
    assert_eq!(case["expectedResult"], "x");

    switch(&mut server, &json!({"putReplaces": true}));
    let (status, _) = call(&mut server, "PUT", &of_case, &json!({"description": "d"}));
    assert_eq!(status, 400, "a replacement needs a title");
    let (_, case) = call(&mut server, "PUT", &of_case, &json!({"title": "t"}));
    assert_eq!(
        case,
        json!({"id": id, "title": "t", "description": null, "steps": [], "expectedResult": null})
    );
    assert_eq!(call(&mut server, "DELETE", &of_case, &Value::Null).0, 204);
    assert_eq!(call(&mut server, "GET", &of_case, &Value::Null).0, 404);
    for bad in [
        json!({}),
        json!({"title": " "}),
        json!({"title": "t", "steps": "a"}),
    ] {
        assert_eq!(call(&mut server, "POST", path, &bad).0, 400, "{bad}");
    }
}

#[test]
fn what_this_surface_cannot_show_outlives_its_writes() {
    let mut server = server();
    let id = add(&mut server, "t", &[("a", "A"), ("b", "B")]);
    let of_case = format!("/v1/cases/{id}");
    let (_, case) = call(&mut server, "GET", &of_case, &Value::Null);
    assert_eq!(case["steps"], json!(["a", "b"]));
    assert_eq!(case["expectedResult"], "B", "what the last step expects");

    let body = json!({"steps": ["a", "changed", "c"]});
    let (_, case) = call(&mut server, "PUT", &of_case, &body);
    assert_eq!(case["steps"], body["steps"]);
    assert_eq!(
        case["expectedResult"], "B",
        "absent in the body, so it stays"
    );
    let steps = server.case(id).unwrap().steps.clone().unwrap();
    assert_eq!(steps[0].expected.as_deref(), Some("A"));
    assert_eq!(steps[1].expected, None);

    let (_, case) = call(
        &mut server,
        "PUT",
        &of_case,
        &json!({"expectedResult": null}),
    );
    assert_eq!(case["expectedResult"], Value::Null);
}

#[test]
fn lists_come_in_the_form_that_is_switched_on() {
    let mut server = server();
    let ids: Vec<u64> = (0..5)
        .map(|n| add(&mut server, &n.to_string(), &[]))
        .collect();
    let ids_of = |list: &Value| -> Vec<u64> {
        let items = list.as_array().unwrap().iter();
        items.map(|case| case["id"].as_u64().unwrap()).collect()
    };
    let get = |server: &mut Server, query: &str| {
        let path = format!("/v1/projects/7/cases{query}");
        call(server, "GET", &path, &Value::Null)
    };
    let (_, first) = get(&mut server, "?page=1&limit=2");
    assert_eq!(ids_of(&first["data"]), ids[..2]);
    assert_eq!(
        (&first["page"], &first["limit"], &first["total"]),
        (&json!(1), &json!(2), &json!(5))
    );
    assert_eq!(
        ids_of(&get(&mut server, "?page=3&limit=2").1["data"]),
        ids[4..]
    );
    assert_eq!(get(&mut server, "?page=4&limit=2").1["data"], json!([]));
    for bad in ["?page=0", "?page=x", "?limit=0"] {
        assert_eq!(get(&mut server, bad).0, 400, "{bad}");
    }

    switch(
        &mut server,
        &json!({"bareArrays": true, "firstPage": 0, "largestLimit": 2}),
    );
    assert_eq!(ids_of(&get(&mut server, "?page=0&limit=9").1), ids[..2]);
    assert_eq!(ids_of(&get(&mut server, "?page=2&limit=9").1), ids[4..]);
    switch(&mut server, &json!({"ignoresPaging": true}));
    assert_eq!(ids_of(&get(&mut server, "?page=2&limit=2").1), ids);
    let bad = br#"{"v1": {"firstPage": 2}}"#;
    assert_eq!(server.control("POST", "/options", bad, now()).status, 400);
}

#[test]
fn answers_of_writes_follow_the_switches() {
    let mut server = server();
    let id = add(&mut server, "t", &[]);
    let of_case = format!("/v1/cases/{id}");
    let change = json!({"title": "u"}).to_string();
    for (put, delete, expected) in [
        ("noContent", "empty", [(204, 0), (200, 0)]),
        ("empty", "object", [(200, 0), (200, 2)]),
    ] {
        let id = add(&mut server, "t", &[]);
        let of_case = format!("/v1/cases/{id}");
        switch(
            &mut server,
            &json!({"putAnswer": put, "deleteAnswer": delete}),
        );
        let changed = reply(&mut server, TOKEN, "PUT", &of_case, &change);
        assert_eq!(server.case(id).unwrap().title, "u");
        let deleted = reply(&mut server, TOKEN, "DELETE", &of_case, "");
        let seen = [changed, deleted].map(|reply| (reply.status, reply.body.len()));
        assert_eq!(seen, expected, "{put} {delete}");
    }
    switch(
        &mut server,
        &json!({"createdIsOk": true, "updatedAt": true}),
    );
    let (status, case) = call(
        &mut server,
        "POST",
        "/v1/projects/7/cases",
        &json!({"title": "t"}),
    );
    assert_eq!(status, 200);
    assert_eq!(case["updatedAt"], "2026-08-11T19:07:52.4410963Z");
    assert_eq!(
        call(&mut server, "GET", &of_case, &Value::Null).1["updatedAt"],
        case["updatedAt"]
    );
}

#[test]
fn runs_and_results() {
    let mut server = server();
    let id = add(&mut server, "t", &[]);
    let body = json!({"name": "Sprint", "caseIds": [id]});
    let (status, run) = call(&mut server, "POST", "/v1/projects/7/runs", &body);
    assert_eq!(status, 201);
    let result = json!({"runId": run["id"], "caseId": id, "status": "Failed", "comments": "no"});
    let (status, posted) = call(&mut server, "POST", "/v1/results", &result);
    assert_eq!((status, &posted["status"]), (201, &json!("Failed")));
    let (_, listed) = call(&mut server, "GET", "/v1/projects/7/results", &Value::Null);
    assert_eq!(listed["data"], json!([posted]));
    for (key, value) in [
        ("status", json!("failed")),
        ("caseId", json!(1)),
        ("runId", json!(1)),
    ] {
        let mut bad = result.clone();
        bad[key] = value;
        let (status, _) = call(&mut server, "POST", "/v1/results", &bad);
        assert!(matches!(status, 400 | 404), "{key}: {status}");
    }
    let of_run = format!("/v1/runs/{}", run["id"]);
    let (_, run) = call(&mut server, "PUT", &of_run, &json!({"isCompleted": true}));
    assert_eq!(run["isCompleted"], true);
    assert_eq!(call(&mut server, "POST", "/v1/results", &result).0, 400);
    assert_eq!(call(&mut server, "DELETE", &of_run, &Value::Null).0, 204);
}

#[test]
fn projects_and_users() {
    let mut server = server();
    let (status, project) = call(&mut server, "POST", "/v1/projects", &json!({"name": "New"}));
    assert_eq!(status, 201);
    let of_project = format!("/v1/projects/{}", project["id"]);
    let body = json!({"name": "Newer", "description": "d"});
    let (_, changed) = call(&mut server, "PUT", &of_project, &body);
    assert_eq!(
        changed,
        json!({"id": project["id"], "name": "Newer", "description": "d"})
    );
    let of_cases = format!("{of_project}/cases");
    assert_eq!(
        call(&mut server, "POST", &of_cases, &json!({"title": "first"})).0,
        201
    );
    assert_eq!(
        call(&mut server, "DELETE", &of_project, &Value::Null).0,
        204
    );
    assert_eq!(call(&mut server, "GET", &of_cases, &Value::Null).0, 404);
    assert_eq!(server.cases().count(), 0);

    let user = json!({"name": "Una", "email": "una@web-shop.example"});
    let (status, una) = call(&mut server, "POST", "/v1/users", &user);
    assert_eq!(status, 201);
    assert_eq!(call(&mut server, "POST", "/v1/users", &user).0, 400);
    let of_user = format!("/v1/users/{}", una["id"]);
    assert_eq!(call(&mut server, "GET", &of_user, &Value::Null), (200, una));
    assert_eq!(call(&mut server, "DELETE", &of_user, &Value::Null).0, 204);
    assert_eq!(call(&mut server, "GET", &of_user, &Value::Null).0, 404);
}

#[test]
fn azure_devops_settings_are_upserted_and_give_no_token_back() {
    let mut server = server();
    switch(&mut server, &json!({"azureDevOpsIntegration": true}));
    let path = "/v1/integrations/azure-devops";
    let (_, none) = call(&mut server, "GET", path, &Value::Null);
    assert_eq!(none, json!({"configurations": []}));
    let rows = json!([{"testWorthyField": "title", "azureDevOpsField": "System.Title"}]);
    let mut body = json!({
        "projectId": 7, "name": "web-shop", "organizationUrl": "https://dev.azure.com/contoso",
        "project": "Web Shop", "mappings": rows, "personalAccessToken": "very-secret",
    });
    let (status, created) = call(&mut server, "POST", path, &body);
    assert_eq!(status, 201);
    let expected = json!({
        "id": 1, "projectId": 7, "name": "web-shop",
        "organizationUrl": "https://dev.azure.com/contoso", "project": "Web Shop",
        "mappings": rows, "hasPersonalAccessToken": true,
    });
    assert_eq!(created, expected);

    body["project"] = json!("Shop");
    body.as_object_mut().unwrap().remove("personalAccessToken");
    let (status, updated) = call(&mut server, "POST", path, &body);
    assert_eq!((status, &updated["id"]), (200, &json!(1)));
    assert_eq!(updated["hasPersonalAccessToken"], true, "it stays");
    let (_, listed) = call(&mut server, "GET", path, &Value::Null);
    assert_eq!(listed, json!({"configurations": [updated]}));
    assert!(!listed.to_string().contains("very-secret"));

    body["name"] = json!("second");
    assert_eq!(
        call(&mut server, "POST", path, &body).1["hasPersonalAccessToken"],
        false
    );
    assert_eq!(server.integrations().azure_devops().len(), 2);
    for (key, value, expected) in [
        ("direction", json!("twoWay"), 400),
        (
            "mappings",
            json!([{"testWorthyField": "a", "azureDevOpsField": "b", "as": "c"}]),
            400,
        ),
        ("projectId", json!(99), 404),
        ("name", json!(""), 400),
    ] {
        let mut bad = body.clone();
        bad[key] = value;
        assert_eq!(call(&mut server, "POST", path, &bad).0, expected, "{key}");
    }
    let refused = reply(&mut server, GUEST_TOKEN, "POST", path, &body.to_string());
    assert_eq!(refused.status, 403);
    let seen = reply(&mut server, GUEST_TOKEN, "GET", path, "");
    assert_eq!(seen.body, br#"{"configurations":[]}"#);
}

#[test]
fn other_tools_keep_settings_without_secrets() {
    let mut server = server();
    let body = json!({"url": "https://jira.example", "apiToken": "very-secret"});
    let (status, shown) = call(&mut server, "POST", "/v1/integrations/jira", &body);
    assert_eq!(
        (status, shown),
        (201, json!({"id": 1, "url": "https://jira.example"}))
    );
    let (_, jira) = call(&mut server, "GET", "/v1/integrations/jira", &Value::Null);
    assert_eq!(jira["configurations"].as_array().unwrap().len(), 1);
    let (_, testrail) = call(
        &mut server,
        "GET",
        "/v1/integrations/testrail",
        &Value::Null,
    );
    assert_eq!(testrail, json!({"configurations": []}));
}
