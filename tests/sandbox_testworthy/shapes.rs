//! What is read: members, times, envelopes, pages.

use accord::sandbox::testworthy::{CaseEdit, PERSON_ID, USER_EMAIL};
use jiff::SignedDuration;
use reqwest::Method;
use serde_json::{Value, json};

use crate::shop::{Shop, assert_case_shape, keys, length};

#[tokio::test]
async fn a_new_case_is_answered_as_published() {
    let shop = Shop::open().await;
    let case = shop
        .post(
            "add_case/41",
            json!({"title": "Reject a blocked card", "section_id": 905, "type_id": 5,
                "priority_id": 3, "estimate": 900, "refs": "AB#5120", "smoke": true,
                "custom_steps_separated": [{"content": "<p>Pay</p>", "expected": "<p>Error</p>"}]}),
        )
        .await;
    assert_case_shape(&case);
    assert_eq!(case["title"], "Reject a blocked card");
    assert_eq!(
        case["priority"],
        json!({"id": 3, "name": "P1 - Must Test", "short_name": "High"})
    );
    assert_eq!(case["type"], json!({"id": 5, "name": "Functional"}));
    assert_eq!(case["section"]["id"], 905);
    assert_eq!(case["section"]["parent_id"], 904);
    assert_eq!(case["suite"]["id"], 41);
    assert_eq!(case["refs"], "AB#5120");
    assert_eq!(case["estimate"], 900);
    assert_eq!(case["smoke"], true);
    assert_eq!(case["regression"], false);
    assert_eq!(case["template_id"], 1);
    assert_eq!(
        case["custom_steps_separated"],
        json!([{"content": "<p>Pay</p>", "expected": "<p>Error</p>"}])
    );
    assert_eq!(case["user"]["email"], USER_EMAIL);
    assert_eq!(case["created_by"], case["user"]["id"]);
    for absent in [
        "estimate_forecast",
        "milestone_id",
        "rail_case_id",
        "custom_steps",
        "custom_desc",
        "automation_type",
        "copy_of_id",
    ] {
        assert_eq!(case[absent], Value::Null, "{absent}");
    }
}

#[tokio::test]
async fn times_carry_an_offset_only_on_what_was_just_written() {
    let shop = Shop::open().await;
    let new = json!({"title": "Time", "section_id": 901});
    let case = shop.post("add_case/41", new).await;
    let written = "2026-08-11T14:07:52.4410963-05:00";
    assert_eq!(case["created_on"], written);
    assert_eq!(case["last_modified_on"], written);
    // The section was stored before, in winter time, and never edited, yet its two times differ.
    assert_eq!(case["section"]["created_on"], "2026-02-03T08:12:45.1034207");
    assert_eq!(
        case["section"]["last_modified_on"],
        "2026-02-03T08:12:45.1034241"
    );
    let read_path = format!("get_case/{}", case["id"]);
    let read = shop.get(&read_path).await;
    assert_eq!(read["created_on"], "2026-08-11T14:07:52.4410963");
    assert_eq!(read["last_modified_on"], "2026-08-11T14:07:52.4410963");

    shop.sandbox
        .state()
        .clock
        .advance(SignedDuration::from_secs(60));
    let path = format!("update_case/{}", case["id"]);
    let changed = shop.post(&path, json!({"title": "Later"})).await;
    assert_eq!(changed["created_on"], "2026-08-11T14:07:52.4410963");
    assert_eq!(
        changed["last_modified_on"],
        "2026-08-11T14:08:52.4410963-05:00"
    );

    shop.switch(json!({"timeZone": "UTC"})).await;
    let read = shop.get(&read_path).await;
    assert_eq!(read["last_modified_on"], "2026-08-11T19:08:52.4410963");
    let (status, _) = shop
        .control(Method::POST, "options", json!({"timeZone": "Mars/Base"}))
        .await;
    assert_eq!(status, 400);
}

#[tokio::test]
async fn lists_come_in_an_envelope_a_bare_array_or_pages() {
    let shop = Shop::open().await;
    for (path, noun, count) in [
        ("get_suites", "suites", 3),
        ("get_sections/41", "sections", 8),
        ("get_cases/41", "cases", 16),
        ("get_runs/41", "runs", 2),
        ("get_run_cases/73", "tests", 4),
        ("get_results_for_run/73", "results", 3),
    ] {
        shop.switch(json!({"bareArrays": false, "paging": false}))
            .await;
        let list = shop.get(path).await;
        assert_eq!(keys(&list), [noun], "{path}");
        assert_eq!(length(&list[noun]), count, "{path}");

        shop.switch(json!({"bareArrays": true})).await;
        assert_eq!(shop.get(path).await, list[noun], "{path}");

        shop.switch(json!({"paging": true})).await;
        let page = shop.get(&format!("{path}?limit=1&offset=1")).await;
        assert_eq!(keys(&page), ["offset", "limit", "size", "_links", noun]);
        assert_eq!(page["offset"], 1, "{path}");
        assert_eq!(page["limit"], 1, "{path}");
        assert_eq!(page["size"], 1, "{path}");
        assert_eq!(page[noun], json!([list[noun][1]]), "{path}");
        assert!(page["_links"]["prev"].is_string(), "{path}");
        assert_eq!(page["_links"]["next"].is_string(), count > 2, "{path}");
    }
    shop.switch(json!({"bareArrays": false, "paging": false}))
        .await;
    assert_case_shape(&shop.get("get_cases/41").await["cases"][0]);
    let run = &shop.get("get_runs/41").await["runs"][0];
    assert_eq!(run["name"], "Sprint 12 regression");
    assert_eq!(run["is_completed"], true);
    assert_eq!(run["include_all"], false);
    assert_eq!(run["failed_count"], 1);
    let test = &shop.get("get_run_cases/73").await["tests"][0];
    assert_case_shape(&test["case"]);
    assert_eq!(test["status_id"], 1);
    let results = &shop.get(&format!("get_results/{}", test["id"])).await["results"];
    assert_eq!(results[0]["test_id"], test["id"]);
}

#[tokio::test]
async fn pages_hold_at_most_250_and_cover_everything_once() {
    let shop = Shop::open().await;
    {
        let state = &mut *shop.sandbox.state();
        let now = state.clock.now();
        for number in 0..601 {
            let edit = CaseEdit::titled(format!("Bulk {number}")).section(911);
            state
                .testworthy
                .add_case(None, 42, &edit, (PERSON_ID, now))
                .unwrap();
        }
    }
    let all = shop.get("get_cases/42").await;
    shop.switch(json!({"paging": true})).await;
    let mut next = Some("/api/tests/get_cases/42?limit=9999".to_owned());
    let mut read = Vec::new();
    let mut sizes = Vec::new();
    while let Some(path) = next {
        let page = shop.get(path.trim_start_matches("/api/tests/")).await;
        sizes.push(page["size"].as_u64().unwrap());
        read.extend(page["cases"].as_array().unwrap().clone());
        next = page["_links"]["next"].as_str().map(str::to_owned);
    }
    assert_eq!(sizes, [250, 250, 113]);
    assert_eq!(Value::from(read), all["cases"]);
    let beyond = shop.get("get_cases/42?offset=5000").await;
    assert_eq!(beyond["size"], 0);
    let (status, _) = shop
        .send(Method::GET, "get_cases/42?limit=many", None)
        .await;
    assert_eq!(status, 400);
}

#[tokio::test]
async fn lookups_are_bare_arrays() {
    let shop = Shop::open().await;
    let priorities = shop.get("get_priorities").await;
    assert_eq!(
        priorities[2],
        json!({"id": 3, "name": "P1 - Must Test", "short_name": "High"})
    );
    assert_eq!(length(&priorities), 3);
    assert_eq!(length(&shop.get("get_case_types").await), 11);
    let statuses = shop.get("get_statuses").await;
    assert_eq!(
        statuses[4],
        json!({"id": 5, "name": "failed", "label": "Failed"})
    );
}
