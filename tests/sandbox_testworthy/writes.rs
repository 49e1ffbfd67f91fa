//! What is written: by the API and by a person's hand.

use accord::sandbox::log::System;
use accord::sandbox::testworthy::{API_KEY, PERSON_ID, PROJECT_KEY, USER_EMAIL};
use reqwest::Method;
use serde_json::{Value, json};

use crate::shop::{SECTION_MEMBERS, SUITE_MEMBERS, Shop, assert_case_shape, keys, length};

#[tokio::test]
async fn an_update_keeps_what_is_absent_and_clears_what_is_null() {
    let shop = Shop::open().await;
    let before = shop.get("get_case/210303").await;
    let patch = json!({"estimate": null, "PRIORITY_ID": 2, "Smoke": true, "nobody_knows_this": 1});
    let after = shop.post("update_case/210303", patch).await;
    assert_case_shape(&after);
    let mut expected = before.clone();
    expected["estimate"] = Value::Null;
    expected["smoke"] = json!(true);
    expected["priority"] = json!({"id": 2, "name": "P2 - Should Test", "short_name": "Medium"});
    for audit in ["last_modified_on", "last_modified_by"] {
        assert_ne!(after[audit], before[audit]);
        expected[audit] = after[audit].clone();
    }
    assert_eq!(after, expected);
    assert_eq!(before["last_modified_by"], PERSON_ID);

    let custom = shop
        .post("update_case/210303", json!({"custom_risk": null}))
        .await;
    assert_eq!(before["custom_risk"], "high");
    assert_eq!(custom["custom_risk"], Value::Null);
    let moved = shop
        .post("update_case/210303", json!({"section_id": 903}))
        .await;
    assert_eq!(moved["section"]["name"], "Delivery");
}

#[tokio::test]
async fn suites_sections_and_cases_can_be_made_and_cases_deleted() {
    let shop = Shop::open().await;
    let suite = shop
        .post("add_suite", json!({"name": "Returns", "description": "d"}))
        .await;
    assert_eq!(keys(&suite), SUITE_MEMBERS);
    assert_eq!(suite["project_id"], 7);
    let id = &suite["id"];
    let section = shop
        .post(&format!("add_section/{id}"), json!({"name": "Labels"}))
        .await;
    assert_eq!(keys(&section), SECTION_MEMBERS);
    let inner = json!({"name": "Abroad", "parent_id": section["id"]});
    let inner = shop.post(&format!("add_section/{id}"), inner).await;
    assert_eq!(inner["parent_id"], section["id"]);
    assert!(inner["created_on"].as_str().unwrap().ends_with("-05:00"));
    let new = json!({"title": "t", "section_id": inner["id"]});
    let case = shop.post(&format!("add_case/{id}"), new).await;
    let delete = format!("delete_case/{}", case["id"]);
    let known = [Some(USER_EMAIL), Some(API_KEY), Some(PROJECT_KEY)];
    let gone = shop.send_as(known, Method::POST, &delete, None).await;
    assert_eq!(gone.status(), 200);
    assert_eq!(gone.text().await.unwrap(), "{}");
    let path = format!("get_case/{}", case["id"]);
    assert_eq!(shop.refused(Method::GET, &path, "").await.0, 400);
}

#[tokio::test]
async fn runs_close_for_good_and_take_results_only_before() {
    let shop = Shop::open().await;
    let run = json!({"name": "Sprint 14", "include_all": false, "case_ids": [210_301]});
    let run = shop.post("add_run/41", run).await;
    assert_eq!(run["untested_count"], 1);
    let id = &run["id"];
    let more = json!({"case_ids": [210_301, 210_302], "name": "Sprint 14b"});
    let updated = shop.post(&format!("update_run/{id}"), more).await;
    assert_eq!(updated["name"], "Sprint 14b");
    assert_eq!(updated["untested_count"], 2);
    let results = json!({"Results": [{"case_id": 210_301, "status_id": 5, "Comment": "no",
        "AssignedToId": null, "Defects": "5120"}]});
    let path = format!("add_results_for_cases/{id}");
    let added = shop.post(&path, results.clone()).await;
    let result = &added["results"][0];
    assert_eq!(
        keys(result)[..5],
        ["id", "test_id", "status_id", "comment", "defects"]
    );
    assert_eq!(result["defects"], "5120");
    for bad in [
        r#"{"Results": [{"case_id": 210303, "status_id": 1}]}"#,
        r#"{"Results": [{"case_id": 210301, "status_id": 77}]}"#,
        r#"{"Results": [{"status_id": 1}]}"#,
        r#"{"Results": [7]}"#,
        "{}",
    ] {
        let (status, _) = shop.refused(Method::POST, &path, bad).await;
        assert_eq!(status, 400, "{bad}");
    }
    let listed = shop.get(&format!("get_results_for_run/{id}")).await;
    assert_eq!(length(&listed["results"]), 1);
    let closed = shop.post(&format!("close_run/{id}"), json!({})).await;
    assert_eq!(closed["is_completed"], true);
    assert!(closed["completed_on"].as_str().unwrap().ends_with("-05:00"));
    for (path, body) in [
        (path.clone(), results.to_string()),
        (format!("close_run/{id}"), "{}".to_owned()),
        (format!("update_run/{id}"), r#"{"name": "n"}"#.to_owned()),
    ] {
        let (status, text) = shop.refused(Method::POST, &path, &body).await;
        assert_eq!(status, 400, "{path}");
        assert!(text.contains("completed"), "{path}: {text}");
    }
    shop.post(&format!("delete_run/{id}"), json!({})).await;
    let path = format!("get_run_cases/{id}");
    assert_eq!(shop.refused(Method::GET, &path, "").await.0, 400);
}

#[tokio::test]
async fn a_person_edits_through_the_control_routes() {
    let shop = Shop::open().await;
    let edit = json!({"title": "Pay by card", "priority": "P3 - Good to Test", "smoke": false,
        "refs": "AB#9", "steps": [{"action": "<p>a</p>", "expected": null}]});
    let (status, _) = shop.control(Method::POST, "cases/210310", edit).await;
    assert_eq!(status, 200);
    let case = shop.get("get_case/210310").await;
    assert_eq!(case["title"], "Pay by card");
    assert_eq!(case["priority"]["id"], 1);
    assert_eq!(case["smoke"], false);
    assert_eq!(case["refs"], "AB#9");
    assert_eq!(
        case["custom_steps_separated"],
        json!([{"content": "<p>a</p>", "expected": null}])
    );
    assert_eq!(case["last_modified_by"], PERSON_ID);

    let (status, copy) = shop
        .control(Method::POST, "cases/210310/copy", json!({}))
        .await;
    assert_eq!(status, 200);
    assert_eq!(copy["is_copy"], true);
    assert_eq!(copy["copy_of_id"], 210_310);
    assert_eq!(copy["refs"], "AB#9");
    let target = json!({"suite": 43, "section": "Ideas/Later"});
    let path = format!("cases/{}/move", copy["id"]);
    let (_, moved) = shop.control(Method::POST, &path, target).await;
    assert_eq!(moved["suite"]["id"], 43);
    assert_eq!(moved["section"]["name"], "Later");
    let new = json!({"suite": 42, "section": "Search", "title": "By hand"});
    let (status, new) = shop.control(Method::POST, "cases", new).await;
    assert_eq!(status, 200);
    assert_eq!(new["section"]["id"], 911);
    let path = format!("cases/{}", new["id"]);
    let (status, _) = shop.control(Method::DELETE, &path, json!({})).await;
    assert_eq!(status, 200);
    let (status, _) = shop.control(Method::GET, &path, json!({})).await;
    assert_eq!(status, 400);
    let (status, _) = shop.control(Method::POST, "nothing", json!({})).await;
    assert_eq!(status, 404);
}

#[tokio::test]
async fn the_log_tells_reads_from_writes() {
    let shop = Shop::open().await;
    shop.get("get_cases/41").await;
    shop.get("get_suites").await;
    let counted = |shop: &Shop| {
        let state = shop.sandbox.state();
        (
            state.log.requests(System::Testworthy),
            state.log.writes(System::Testworthy),
        )
    };
    assert_eq!(counted(&shop), (2, 0));
    shop.post("update_case/210301", json!({"title": "t"})).await;
    // A refused write is a write, too: the client meant it.
    shop.refused(Method::POST, "update_case/1", "{}").await;
    // What a person does in the product's pages is no request of the client.
    shop.control(Method::POST, "cases/210301", json!({"title": "u"}))
        .await;
    assert_eq!(counted(&shop), (4, 2));
    let state = shop.sandbox.state();
    let route = "POST update_case/{id}";
    assert_eq!(state.log.count(System::Testworthy, route), 2);
}
