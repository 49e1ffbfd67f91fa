//! What the official clients do not show: tables asked for in parts, headers that they drop, uploads in chunks,
//! the older comments, values that they cannot send.

use reqwest::Method;
use serde_json::{Value, json};

use crate::organization::{Contoso, keys, set, told};

#[tokio::test]
async fn tables_of_locations_are_told_whole_and_in_parts() {
    let contoso = Contoso::open().await;
    let ask = async |path: &str| {
        let answer = contoso.request(Method::OPTIONS, path).send().await.unwrap();
        told(answer).await
    };
    let all = ask("/_apis").await.body;
    assert_eq!(
        keys(&all["value"][0]),
        [
            "id",
            "area",
            "resourceName",
            "routeTemplate",
            "resourceVersion",
            "minVersion",
            "maxVersion",
            "releasedVersion"
        ]
    );
    let wit = ask("/_APIS/WIT").await.body;
    let count = |answer: &Value| answer["count"].as_u64().unwrap();
    assert!(count(&wit) > 20 && count(&wit) < count(&all));
    let fields = ask("/_apis/wit/fields").await.body;
    assert_eq!(count(&fields), 1);
    assert_eq!(
        fields["value"][0]["id"],
        "b51fd764-e5c2-4b9b-aaf7-3395cf4bdd94"
    );
    assert_eq!(count(&ask("/_apis/nothing").await.body), 0);
}

#[tokio::test]
async fn resource_areas_have_the_form_of_the_server_unless_asked_otherwise() {
    let contoso = Contoso::open().await;
    let path = "/_apis/ResourceAreas?api-version=7.1-preview.1";
    assert_eq!(
        contoso.get(path).await.body,
        json!({"count": 0, "value": null})
    );
    let needs_preview = contoso.get("/_apis/ResourceAreas?api-version=7.1").await;
    assert_eq!(
        needs_preview.body["typeKey"],
        "VssInvalidPreviewVersionException"
    );
    contoso.sandbox.state().azure_devops.settings.resource_areas =
        accord::sandbox::azure_devops::ResourceAreas::Services;
    let one = "/_apis/resourceareas/5264459E-e5e0-4bd8-b118-0985e68a4ec5";
    let one = contoso.get(one).await.body;
    assert_eq!(one["name"], "wit");
    let url = format!("{}/", contoso.sandbox.organization_url());
    assert_eq!(one["locationUrl"], url);
}

#[tokio::test]
async fn pages_of_projects_name_the_next_one_in_a_header() {
    let contoso = Contoso::open().await;
    contoso
        .sandbox
        .state()
        .azure_devops
        .add_project("Warehouse");
    let page = async |query: &str| {
        let request = contoso.request(Method::GET, &format!("/_apis/projects?{query}"));
        let answer = request.send().await.unwrap();
        let token = answer.headers().get("x-ms-continuationtoken").cloned();
        let name = told(answer).await.body["value"][0]["name"].clone();
        (name, token.map(|token| token.to_str().unwrap().to_owned()))
    };
    let (name, token) = page("$top=1").await;
    assert_eq!(name, "Web Shop");
    let (name, last) = page(&format!("$top=1&continuationToken={}", token.unwrap())).await;
    assert_eq!((name, last), (json!("Warehouse"), None));
}

#[tokio::test]
async fn a_file_comes_in_chunks_and_is_whole_after_the_last() {
    let contoso = Contoso::open().await;
    let send = async |method: Method, path: &str, range: Option<&str>, body: &'static [u8]| {
        let mut request = contoso
            .request(method, path)
            .header("Accept", "application/json;api-version=7.1")
            .header("Content-Type", "application/octet-stream");
        if let Some(range) = range {
            request = request.header("Content-Range", range);
        }
        told(request.body(body).send().await.unwrap()).await
    };
    let start = "/Web%20Shop/_apis/wit/attachments?fileName=a%26b.bin&uploadType=Chunked";
    let started = send(Method::POST, start, None, b"").await;
    assert_eq!(started.status, 201);
    let path = format!(
        "/_apis/wit/attachments/{}",
        started.body["id"].as_str().unwrap()
    );
    assert_eq!(contoso.get(&path).await.status, 404, "not there yet");
    let first = send(Method::PUT, &path, Some("bytes 0-2/5"), b"abc").await;
    assert_eq!(first.status, 200, "{}", first.body);
    for wrong in ["bytes 0-1/5", "bytes 4-5/5", "bytes 3-4/4", "bytes"] {
        let told = send(Method::PUT, &path, Some(wrong), b"de").await;
        assert_eq!(told.status, 400, "{wrong}");
    }
    assert_eq!(
        send(Method::PUT, &path, Some("bytes 3-4/5"), b"de")
            .await
            .status,
        200
    );
    let whole = contoso.request(Method::GET, &path).send().await.unwrap();
    assert_eq!(whole.headers()["content-type"], "application/octet-stream");
    assert_eq!(whole.bytes().await.unwrap(), "abcde");
    let again = send(Method::PUT, &path, Some("bytes 5-5/6"), b"f").await;
    assert_eq!(again.status, 404, "it is complete");
    let json = contoso
        .send(Method::POST, "/_apis/wit/attachments", &json!({}))
        .await;
    assert_eq!(json.status, 415);
}

#[tokio::test]
async fn a_relation_to_a_file_that_is_not_there_is_refused() {
    let contoso = Contoso::open().await;
    let id = contoso.test_case("Attach to me").await;
    let url = format!(
        "{}/_apis/wit/attachments/none",
        contoso.sandbox.organization_url()
    );
    let value = json!({"rel": "AttachedFile", "url": url});
    let patch = json!([{"op": "add", "path": "/relations/-", "value": value}]);
    assert_eq!(contoso.update(id, &patch).await.status, 404);
    assert_eq!(contoso.item(id).await["rev"], 1);
}

#[tokio::test]
async fn older_versions_have_the_older_comments() {
    let contoso = Contoso::open().await;
    let id = contoso.test_case("Discuss me").await;
    for text in ["One", "Two"] {
        let told = contoso
            .update(id, &set(&[("System.History", json!(text))]))
            .await;
        assert_eq!(
            told.body["commentVersionRef"]["version"], 1,
            "{}",
            told.body
        );
    }
    let path = format!("/_apis/wit/workItems/{id}/comments");
    let older = contoso
        .get(&format!("{path}?api-version=5.0-preview.2&fromRevision=3"))
        .await
        .body;
    assert_eq!(
        (&older["totalCount"], &older["fromRevisionCount"]),
        (&json!(2), &json!(1))
    );
    assert_eq!(older["comments"][0]["text"], "Two");
    assert_eq!(older["comments"][0]["revision"], 3);
    let one = contoso
        .get(&format!("{path}/2?api-version=4.1-preview.2"))
        .await
        .body;
    assert_eq!(one["text"], "One");
    let newer = contoso
        .get(&format!("{path}?api-version=7.1-preview.4"))
        .await;
    assert_eq!(newer.status, 400, "the newer ones need the project");
    let newer = format!("/Web%20Shop{path}?api-version=7.1-preview.4&order=asc");
    assert_eq!(contoso.get(&newer).await.body["comments"][0]["text"], "One");
}

#[tokio::test]
async fn validated_links_stay_out_of_the_feed_of_links() {
    let contoso = Contoso::open().await;
    let (one, two) = (
        contoso.test_case("One").await,
        contoso.test_case("Two").await,
    );
    let url = format!(
        "{}/_apis/wit/workItems/{two}",
        contoso.sandbox.organization_url()
    );
    let link = json!([{"op": "add", "path": "/relations/-", "value": {"rel": "System.LinkTypes.Related", "url": url}}]);
    let path = format!("/_apis/wit/workitems/{one}?validateOnly=true");
    assert_eq!(contoso.patch(Method::PATCH, &path, &link).await.status, 200);
    let feed = contoso.get("/_apis/wit/reporting/workitemlinks").await.body;
    assert_eq!(feed["values"], json!([]));
    contoso.update(one, &link).await;
    let next = feed["nextLink"].as_str().unwrap();
    let next = next
        .strip_prefix(&contoso.sandbox.organization_url())
        .unwrap();
    let feed = contoso.get(next).await.body;
    assert_eq!(feed["values"][0]["targetId"], two);
    assert_eq!(feed["isLastBatch"], true);
}

#[tokio::test]
async fn trees_are_found_by_number_too_and_roots_stay() {
    let contoso = Contoso::open().await;
    let nodes = "/Web%20Shop/_apis/wit/classificationnodes";
    for path in [
        "0/QA/Checkout",
        "areas/QA%2FCheckout",
        "Areas/QA%5CCheckout",
        "AREAS/qa/checkout",
    ] {
        let node = contoso.get(&format!("{nodes}/{path}")).await.body;
        assert_eq!(node["name"], "Checkout", "{path}");
    }
    let root = contoso
        .send(Method::DELETE, &format!("{nodes}/areas"), &json!({}))
        .await;
    assert_eq!(root.status, 400);
    let bad = json!({"name": "a/b"});
    let bad = contoso
        .send(Method::POST, &format!("{nodes}/areas"), &bad)
        .await;
    assert_eq!(bad.status, 400);
    let checkout = contoso
        .get(&format!("{nodes}/areas/QA/Checkout"))
        .await
        .body["id"]
        .clone();
    let moved = contoso
        .send(
            Method::POST,
            &format!("{nodes}/areas"),
            &json!({"id": checkout}),
        )
        .await;
    assert_eq!(
        (moved.status, &moved.body["path"]),
        (201, &json!("\\Web Shop\\Area\\Checkout"))
    );
    assert_eq!(
        contoso
            .get(&format!("{nodes}/areas/QA/Checkout"))
            .await
            .status,
        404
    );
}
