//! The switches between the ways in which real servers may differ.

use reqwest::Method;
use serde_json::{Value, json};

use crate::shop::{CASE_MEMBERS, Shop, keys};

#[tokio::test]
async fn a_server_without_the_inferred_reads_answers_404_to_them_only() {
    let shop = Shop::open().await;
    shop.switch(json!({"withoutInferredReads": true})).await;
    for path in [
        "get_suites",
        "get_sections/41",
        "get_case/210301",
        "get_results_for_run/73",
        "get_priorities",
        "get_case_types",
        "get_statuses",
    ] {
        let (status, _) = shop.refused(Method::GET, path, "").await;
        assert_eq!(status, 404, "{path}");
    }
    for path in ["get_cases/41", "get_runs/41", "get_run_cases/73"] {
        shop.get(path).await;
    }
    shop.post("update_case/210301", json!({"title": "t"})).await;
}

#[tokio::test]
async fn switches_change_members_and_refusals() {
    let shop = Shop::open().await;
    shop.switch(json!({"nulls": true})).await;
    let case = shop.get("get_case/210301").await;
    assert_eq!(case["smoke"], true);
    assert_eq!(case["to_automate"], Value::Null);
    assert_eq!(case["user"], Value::Null);
    assert_eq!(case["priority"]["id"], 3);

    shop.switch(json!({"nulls": false, "extraFields": true}))
        .await;
    let case = shop.get("get_case/210301").await;
    let members = keys(&case);
    assert_eq!(members[..CASE_MEMBERS.len()], CASE_MEMBERS);
    assert!(members.contains(&"analytics"));
    assert!(keys(&case["section"]).contains(&"labels"));

    shop.switch(json!({"extraFields": false, "refuseRefs": true}))
        .await;
    let (status, text) = shop
        .refused(Method::POST, "update_case/210301", r#"{"Refs": "AB#1"}"#)
        .await;
    assert_eq!(status, 400);
    assert!(text.contains("refs"), "{text}");
    shop.post("update_case/210301", json!({"title": "t"})).await;
    let new = json!({"title": "n", "section_id": 901, "refs": "AB#1"});
    assert_eq!(shop.post("add_case/41", new).await["refs"], "AB#1");

    shop.switch(json!({"addCaseTakesSection": true})).await;
    let new = shop.post("add_case/912", json!({"title": "n"})).await;
    assert_eq!(new["section"]["id"], 912);
    assert_eq!(new["suite"]["id"], 42);
    let (status, _) = shop
        .refused(Method::POST, "add_case/41", r#"{"title": "n"}"#)
        .await;
    assert_eq!(status, 400);

    let (status, answer) = shop
        .control(Method::POST, "options", json!({"bareArray": true}))
        .await;
    assert_eq!(status, 400);
    assert!(answer["error"].as_str().unwrap().contains("bareArray"));
    let (_, options) = shop.control(Method::GET, "options", json!({})).await;
    assert_eq!(options["addCaseTakesSection"], true);
    assert_eq!(options["bareArrays"], false);
}

#[tokio::test]
async fn the_second_surface_is_served_beside_the_first_over_the_same_cases() {
    use accord::sandbox::testworthy::TOKEN;
    let shop = Shop::open().await;
    let url = |path: &str| format!("{}/v1/{path}", shop.sandbox.testworthy_url());
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let change = client
        .put(url("cases/210301"))
        .bearer_auth(TOKEN)
        .body(r#"{"title": "Over the other surface"}"#);
    let answer = change.send().await.unwrap();
    assert_eq!(
        answer.headers()["content-type"],
        "application/json; charset=utf-8"
    );
    let case = shop.get("get_case/210301").await;
    assert_eq!(case["title"], "Over the other surface");
    shop.switch(json!({"v1": {"deleteAnswer": "noContent"}}))
        .await;
    let gone = client.delete(url("cases/210301")).bearer_auth(TOKEN);
    let answer = gone.send().await.unwrap();
    assert_eq!(answer.status(), 204);
    assert!(!answer.headers().contains_key("content-type"));
    let state = shop.sandbox.state();
    let entries: Vec<_> = state.log.entries().collect();
    assert_eq!(entries[0].route, "v1/cases/{id}");
    assert!(entries[0].is_write && entries[2].is_write && !entries[1].is_write);
}
