//! Reading many items: by ids, by query, by artifact.

use accord::sandbox::log::System::AzureDevOps;
use reqwest::Method;
use serde_json::{Value, json};

use crate::organization::{Contoso, keys};

#[tokio::test]
async fn a_batch_read_gives_items_in_the_order_asked_for() {
    let contoso = Contoso::open().await;
    for title in ["One", "Two", "Three"] {
        contoso.test_case(title).await;
    }
    let read = async |body: Value| {
        contoso
            .send(Method::POST, "/_apis/wit/workitemsbatch", &body)
            .await
    };
    let some = read(json!({"ids": [3, 1], "fields": ["System.Title", "System.Rev"]})).await;
    assert_eq!(some.body["count"], 2);
    assert_eq!(
        some.body["value"][0]["fields"],
        json!({"System.Rev": 1, "System.Title": "Three"})
    );
    assert_eq!(keys(&some.body["value"][0]), ["id", "rev", "fields", "url"]);

    let omitted = read(json!({"ids": [1, 99, 2], "errorPolicy": "Omit"})).await;
    assert_eq!(omitted.body["count"], 3);
    assert_eq!(
        omitted.body["value"][1],
        Value::Null,
        "a missing item leaves a null"
    );
    let numbers = read(json!({"ids": [1, 99], "errorPolicy": 2, "$expand": 4})).await;
    assert_eq!(numbers.body["value"][0]["fields"]["System.Id"], 1);
    for (body, status, part) in [
        (json!({"ids": [1, 99]}), 404, "TF401232"),
        (
            json!({"ids": [1], "fields": ["System.Title"], "$expand": "relations"}),
            400,
            "expand parameter can not be used",
        ),
        (
            json!({"ids": (1..=201).collect::<Vec<u32>>()}),
            400,
            "VS403474",
        ),
        (
            json!({"ids": [1], "fields": ["Custom.Nothing"]}),
            400,
            "TF51535",
        ),
        (json!({"fields": ["System.Title"]}), 400, "ids"),
        (json!({"ids": [1], "$expand": "everything"}), 400, "$expand"),
    ] {
        let refused = read(body.clone()).await;
        assert_eq!(refused.status, status, "{body}: {}", refused.body);
        assert!(
            refused.message().contains(part),
            "{body}: {}",
            refused.message()
        );
    }
    let allowed = read(json!({"ids": [1], "fields": ["System.Title"], "$expand": "none"})).await;
    assert_eq!(allowed.status, 200);

    let listed = contoso
        .get("/_apis/wit/workItems?ids=1%2C2&%24expand=4&errorPolicy=2")
        .await;
    assert_eq!(listed.body["count"], 2);
    assert_eq!(
        contoso.get("/_apis/wit/workItems?ids=1,99").await.status,
        404
    );
}

#[tokio::test]
async fn reads_tell_relations_and_links_only_on_request() {
    let contoso = Contoso::open().await;
    let id = contoso.test_case("Linked").await;
    let link = json!([{"op": "add", "path": "/relations/-", "value": {"rel": "Hyperlink", "url": "https://a.example/"}}]);
    contoso.update(id, &link).await;
    for (expand, relations, links, expanded) in [
        ("none", false, true, false),
        ("relations", true, true, false),
        ("fields", false, true, true),
        ("links", false, true, false),
        ("all", true, true, true),
    ] {
        let item = contoso
            .get(&format!("/_apis/wit/workitems/{id}?$expand={expand}"))
            .await
            .body;
        assert_eq!(item.get("relations").is_some(), relations, "{expand}");
        assert_eq!(item.get("_links").is_some(), links, "{expand}");
        assert_eq!(
            item["fields"].get("System.Id").is_some(),
            expanded,
            "{expand}"
        );
    }
    let few = contoso
        .get(&format!(
            "/_apis/wit/workitems/{id}?fields=System.Title,System.Tags"
        ))
        .await
        .body;
    assert_eq!(
        few["fields"],
        json!({"System.Title": "Linked"}),
        "empty fields are absent"
    );
}

#[tokio::test]
async fn wiql_answers_ids_with_columns_and_order() {
    let contoso = Contoso::open().await;
    contoso.test_case("B").await;
    contoso.test_case("A").await;
    let query = "SELECT [System.Id], [Title] FROM WorkItems WHERE [System.TeamProject] = @project ORDER BY [System.Title] DESC";
    let found = contoso
        .send(
            Method::POST,
            "/Web%20Shop/_apis/wit/wiql",
            &json!({"query": query}),
        )
        .await;
    assert_eq!(found.status, 200, "{}", found.body);
    assert_eq!(
        keys(&found.body),
        [
            "queryType",
            "queryResultType",
            "asOf",
            "columns",
            "sortColumns",
            "workItems"
        ]
    );
    assert_eq!(found.body["queryType"], "flat");
    assert_eq!(found.body["columns"][1]["referenceName"], "System.Title");
    assert_eq!(found.body["sortColumns"][0]["descending"], true);
    let ids: Vec<u64> = found.body["workItems"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| item["id"].as_u64().unwrap())
        .collect();
    assert_eq!(ids, [1, 2]);
    assert_eq!(keys(&found.body["workItems"][0]), ["id", "url"]);
    let top = contoso
        .send(
            Method::POST,
            "/Web%20Shop/_apis/wit/wiql?%24top=1",
            &json!({"query": query}),
        )
        .await;
    assert_eq!(top.body["workItems"].as_array().unwrap().len(), 1);
    for (path, query, part) in [
        ("/_apis/wit/wiql", query, "@project"),
        (
            "/_apis/wit/wiql",
            "SELECT [System.Id] FROM WorkItems WHERE [Custom.No] = 1",
            "TF51005",
        ),
        ("/_apis/wit/wiql", "nonsense", "TF51006"),
        (
            "/_apis/wit/wiql",
            "SELECT [System.Id] FROM WorkItems WHERE [System.ChangedDate] > '2026-03-01T10:00:00Z'",
            "cannot supply a time with the date when running a query using date precision",
        ),
    ] {
        let refused = contoso
            .send(Method::POST, path, &json!({"query": query}))
            .await;
        assert_eq!(refused.status, 400, "{query}");
        assert!(refused.message().contains(part), "{}", refused.message());
    }
    let long = format!(
        "SELECT [System.Id] FROM WorkItems WHERE [System.Title] = '{}'",
        "x".repeat(32_000)
    );
    assert_eq!(
        contoso
            .send(Method::POST, "/_apis/wit/wiql", &json!({"query": long}))
            .await
            .status,
        400
    );
}

#[tokio::test]
async fn artifacts_lead_to_the_items_that_link_to_them() {
    let contoso = Contoso::open().await;
    let first = contoso.test_case("First").await;
    contoso.test_case("Second").await;
    let url = "https://shop.example/TestCase/Detail/210301";
    let link =
        json!([{"op": "add", "path": "/relations/-", "value": {"rel": "Hyperlink", "url": url}}]);
    contoso.update(first, &link).await;
    let path = "/Web%20Shop/_apis/wit/artifacturiquery";
    let found = contoso
        .send(
            Method::POST,
            path,
            &json!({"artifactUris": [url, "https://none.example/"]}),
        )
        .await;
    let result = &found.body["artifactUrisQueryResult"];
    assert_eq!(result[url][0]["id"], first);
    assert_eq!(keys(&result[url][0]), ["id", "url"]);
    assert_eq!(result["https://none.example/"], json!([]));
    contoso
        .update(first, &json!([{"op": "remove", "path": "/relations/0"}]))
        .await;
    let found = contoso
        .send(Method::POST, path, &json!({"artifactUris": [url]}))
        .await;
    assert_eq!(found.body["artifactUrisQueryResult"][url], json!([]));
}

#[tokio::test]
async fn requests_that_only_read_are_logged_as_reads() {
    let contoso = Contoso::open().await;
    contoso.get("/_apis/projects").await;
    contoso
        .send(
            Method::POST,
            "/_apis/wit/wiql",
            &json!({"query": "SELECT [System.Id] FROM WorkItems"}),
        )
        .await;
    contoso
        .send(
            Method::POST,
            "/_apis/wit/workitemsbatch",
            &json!({"ids": [1], "errorPolicy": "omit"}),
        )
        .await;
    contoso
        .send(
            Method::POST,
            "/_apis/wit/artifacturiquery",
            &json!({"artifactUris": []}),
        )
        .await;
    assert_eq!(contoso.sandbox.state().log.writes(AzureDevOps), 0);
    contoso.create("Bug", &[]).await;
    let state = contoso.sandbox.state();
    assert_eq!(state.log.writes(AzureDevOps), 1);
    assert_eq!(state.log.requests(AzureDevOps), 5);
    assert_eq!(state.log.count(AzureDevOps, "POST wit/wiql"), 1);
    assert_eq!(
        state.log.count(AzureDevOps, "POST wit/workitems/${type}"),
        1
    );
    let last = state.log.entries().next_back().unwrap();
    assert_eq!(
        (last.status, last.is_write, last.handled),
        (Some(400), true, true)
    );
}
