//! `$batch`: creates and updates in one request.

use reqwest::Method;
use serde_json::{Value, json};

use crate::organization::{Contoso, Told, keys};

fn create(temporary: Option<i64>, title: &str) -> Value {
    let mut body = vec![json!({"op": "add", "path": "/fields/System.Title", "value": title})];
    if let Some(id) = temporary {
        body.insert(0, json!({"op": "add", "path": "/id", "value": id}));
    }
    json!({
        "method": "PATCH",
        "uri": "/Web%20Shop/_apis/wit/workitems/$Test%20Case?api-version=7.1",
        "headers": {"Content-Type": "application/json-patch+json"},
        "body": body,
    })
}

fn update(id: u64, rev: u64, title: &str) -> Value {
    json!({
        "method": "PATCH",
        "uri": format!("/_apis/wit/workitems/{id}?api-version=7.1"),
        "headers": {"Content-Type": "application/json-patch+json"},
        "body": [
            {"op": "test", "path": "/rev", "value": rev},
            {"op": "replace", "path": "/fields/System.Title", "value": title},
        ],
    })
}

async fn send(contoso: &Contoso, elements: Value) -> Told {
    contoso
        .send(Method::PATCH, "/_apis/wit/$batch", &elements)
        .await
}

fn codes(told: &Told) -> Vec<u64> {
    let all = told.body["value"].as_array().unwrap();
    all.iter()
        .map(|one| one["code"].as_u64().unwrap())
        .collect()
}

/// The body of an element, out of its string.
fn body(told: &Told, at: usize) -> Value {
    serde_json::from_str(told.body["value"][at]["body"].as_str().unwrap()).unwrap()
}

#[tokio::test]
async fn elements_succeed_and_fail_on_their_own() {
    let contoso = Contoso::open().await;
    let id = contoso.test_case("Old").await;
    let told = send(
        &contoso,
        json!([
            create(Some(-1), "New"),
            create(Some(-2), ""),
            update(id, 7, "Stale"),
            update(id, 1, "Newer")
        ]),
    )
    .await;
    assert_eq!(told.status, 200);
    assert_eq!(told.body["count"], 4);
    assert_eq!(codes(&told), [200, 400, 412, 200]);
    assert_eq!(keys(&told.body["value"][0]), ["code", "headers", "body"]);
    assert_eq!(body(&told, 0)["fields"]["System.Title"], "New");
    assert_eq!(body(&told, 1)["count"], 1);
    assert!(
        body(&told, 1)["value"]["Message"]
            .as_str()
            .unwrap()
            .starts_with("TF401320")
    );
    assert!(
        body(&told, 2)["value"]["Message"]
            .as_str()
            .unwrap()
            .starts_with("VS403351")
    );
    assert_eq!(body(&told, 3)["rev"], 2);
    contoso
        .sandbox
        .state()
        .azure_devops
        .settings
        .batch_error_objects = true;
    let told = send(&contoso, json!([update(id, 7, "Stale")])).await;
    assert_eq!(
        body(&told, 0)["typeKey"],
        "TestPatchOperationFailedException"
    );
}

#[tokio::test]
async fn in_atomic_mode_one_failure_undoes_all() {
    let contoso = Contoso::open().await;
    let id = contoso.test_case("Old").await;
    contoso.sandbox.state().azure_devops.settings.batch_atomic = true;
    let told = send(
        &contoso,
        json!([
            create(Some(-1), "New"),
            update(id, 1, "Newer"),
            create(Some(-2), ""),
            create(Some(-3), "Last")
        ]),
    )
    .await;
    assert_eq!(codes(&told), [500, 500, 400, 500]);
    assert!(
        body(&told, 0)["value"]["Message"]
            .as_str()
            .unwrap()
            .starts_with("TF401321")
    );
    assert_eq!(contoso.sandbox.state().azure_devops.work_item_count(), 1);
    let item = contoso.item(id).await;
    assert_eq!(
        (&item["rev"], &item["fields"]["System.Title"]),
        (&json!(1), &json!("Old"))
    );
    let told = send(
        &contoso,
        json!([create(Some(-1), "New"), update(id, 1, "Newer")]),
    )
    .await;
    assert_eq!(codes(&told), [200, 200]);
    let feed = contoso
        .get("/_apis/wit/reporting/workitemrevisions")
        .await
        .body;
    assert_eq!(
        feed["values"].as_array().unwrap().len(),
        3,
        "undone revisions leave the feed"
    );
}

#[tokio::test]
async fn new_items_need_distinct_negative_ids() {
    let contoso = Contoso::open().await;
    let told = send(
        &contoso,
        json!([
            create(None, "A"),
            create(None, "B"),
            create(Some(-1), "C"),
            create(Some(4), "D")
        ]),
    )
    .await;
    assert_eq!(codes(&told), [200, 400, 400, 400]);
}

#[tokio::test]
async fn a_new_item_can_be_linked_to_by_its_temporary_id() {
    let contoso = Contoso::open().await;
    let mut child = create(Some(-2), "Child");
    child["body"].as_array_mut().unwrap().push(json!({
        "op": "add",
        "path": "/relations/-",
        "value": {"rel": "System.LinkTypes.Hierarchy-Reverse", "url": "https://host/contoso/_apis/wit/workItems/-1"},
    }));
    let told = send(&contoso, json!([create(Some(-1), "Parent"), child])).await;
    assert_eq!(codes(&told), [200, 200], "{}", told.body);
    assert_eq!(body(&told, 1)["fields"]["System.Parent"], 1);
}

#[tokio::test]
async fn addresses_of_elements_are_checked_one_by_one() {
    let contoso = Contoso::open().await;
    let id = contoso.test_case("Old").await;
    let with = |key: &str, value: Value| {
        let mut element = update(id, 1, "New");
        element[key] = value;
        element
    };
    let told = send(
        &contoso,
        json!([
            with(
                "uri",
                json!(format!(
                    "/Web%20Shop/_apis/wit/workitems/{id}?api-version=7.1"
                ))
            ),
            with("uri", json!(format!("/_apis/wit/workitems/{id}"))),
            with("uri", json!("/_apis/wit/workitems/999?api-version=7.1")),
            with(
                "uri",
                json!("/Nowhere/_apis/wit/workitems/$Bug?api-version=7.1")
            ),
            with(
                "uri",
                json!("/Web%20Shop/_apis/wit/workitems/$Epic?api-version=7.1")
            ),
            with("uri", json!("/_apis/wit/fields?api-version=7.1")),
            with("headers", json!({"Content-Type": "application/json"})),
            with("method", json!("DELETE")),
            with("body", json!({})),
            with(
                "uri",
                json!(format!("/_apis/wit/workitems/{id}?api-version=4.1"))
            ),
        ]),
    )
    .await;
    assert_eq!(
        codes(&told),
        [404, 400, 404, 404, 404, 404, 415, 405, 400, 200]
    );
}

#[tokio::test]
async fn the_request_as_a_whole_has_its_limits_and_forms() {
    let contoso = Contoso::open().await;
    let many: Value = (1..=201).map(|n| create(Some(-n), "x")).collect();
    assert_eq!(send(&contoso, many).await.status, 400);
    assert_eq!(send(&contoso, json!({"method": "PATCH"})).await.status, 400);
    let scoped = contoso
        .send(Method::PATCH, "/Web%20Shop/_apis/wit/$batch", &json!([]))
        .await;
    assert_eq!(scoped.status, 400);
    let posted = contoso
        .send(
            Method::POST,
            "/_apis/wit/%24batch",
            &json!([create(Some(-1), "A")]),
        )
        .await;
    assert_eq!(codes(&posted), [200]);
    contoso
        .sandbox
        .state()
        .azure_devops
        .settings
        .batch_object_bodies = true;
    let told = send(&contoso, json!([create(Some(-1), "B")])).await;
    assert_eq!(told.body["value"][0]["body"]["fields"]["System.Title"], "B");
}

#[tokio::test]
async fn a_batch_of_long_texts_is_taken() {
    let contoso = Contoso::open().await;
    let elements: Value = (1..=8)
        .map(|n| {
            let mut element = create(Some(-n), "Long");
            element["body"].as_array_mut().unwrap().push(json!({
                "op": "add",
                "path": "/fields/System.Description",
                "value": "x".repeat(1_000_000),
            }));
            element
        })
        .collect();
    assert_eq!(codes(&send(&contoso, elements).await), [200; 8]);
}
