//! What is refused, and how.

use accord::sandbox::testworthy::{
    API_KEY, GUEST_EMAIL, GUEST_KEY, OTHER_PROJECT_KEY, PROJECT_KEY, USER_EMAIL,
};
use reqwest::Method;
use serde_json::json;

use crate::shop::{Shop, length};

#[tokio::test]
async fn the_three_headers_are_checked_in_every_combination() {
    let shop = Shop::open().await;
    let other = Some(OTHER_PROJECT_KEY);
    let (email, key, project) = (Some(USER_EMAIL), Some(API_KEY), Some(PROJECT_KEY));
    for (headers, status) in [
        ([email, key, project], 200),
        ([Some("ROBOT@web-shop.example"), key, project], 200),
        ([None, key, project], 401),
        ([email, None, project], 401),
        ([email, key, None], 401),
        ([Some("nobody@web-shop.example"), key, project], 401),
        ([email, Some("wrong"), project], 401),
        ([email, Some(GUEST_KEY), project], 401),
        ([email, key, Some("wrong")], 400),
        ([Some(GUEST_EMAIL), Some(GUEST_KEY), project], 403),
        // The suite is not of that project.
        ([email, key, other], 400),
        ([Some(GUEST_EMAIL), Some(GUEST_KEY), other], 400),
    ] {
        let response = shop
            .send_as(headers, Method::GET, "get_cases/41", None)
            .await;
        assert_eq!(response.status(), status, "{headers:?}");
        assert_eq!(
            response.headers()["content-type"],
            "application/json; charset=utf-8"
        );
        let body = response.text().await.unwrap();
        assert!(!body.contains(API_KEY) && !body.contains(PROJECT_KEY));
    }
    shop.control(Method::POST, "rotate-key", json!({"apiKey": "new"}))
        .await;
    for (key, status) in [(API_KEY, 401), ("new", 200)] {
        let response = shop
            .send_as(
                [email, Some(key), project],
                Method::GET,
                "get_cases/41",
                None,
            )
            .await;
        assert_eq!(response.status(), status, "{key}");
    }
}

#[tokio::test]
async fn a_lost_sign_in_shows_the_form_under_200() {
    let shop = Shop::open().await;
    shop.switch(json!({"signInPage": true})).await;
    let stranger = [Some(USER_EMAIL), Some("wrong"), Some(PROJECT_KEY)];
    let response = shop
        .send_as(stranger, Method::GET, "get_cases/41", None)
        .await;
    assert_eq!(response.status(), 200);
    assert_eq!(
        response.headers()["content-type"],
        "text/html; charset=utf-8"
    );
    let text = response.text().await.unwrap();
    assert!(text.starts_with("<!DOCTYPE html>"), "{text}");
    assert!(shop.get("get_cases/41").await["cases"].is_array());
}

#[tokio::test]
async fn unknown_and_foreign_ids_are_a_bad_request() {
    let shop = Shop::open().await;
    for id in ["999999", "51", "x", "-1"] {
        for path in ["get_cases", "get_sections", "get_runs"] {
            let path = format!("{path}/{id}");
            let (status, _) = shop.refused(Method::GET, &path, "").await;
            assert_eq!(status, 400, "{path}");
        }
        for path in ["add_case", "add_section", "add_run"] {
            let path = format!("{path}/{id}");
            let body = r#"{"title": "t", "name": "n", "section_id": 931}"#;
            let (status, _) = shop.refused(Method::POST, &path, body).await;
            assert_eq!(status, 400, "{path}");
        }
    }
    for path in [
        // A case of the other project.
        "get_case/210601",
        "get_case/1",
        "get_run_cases/1",
        "get_results_for_run/1",
        "get_results/1",
    ] {
        let (status, _) = shop.refused(Method::GET, path, "").await;
        assert_eq!(status, 400, "{path}");
    }
    for path in [
        "update_case/210601",
        "delete_case/210601",
        "update_run/1",
        "close_run/1",
        "delete_run/1",
        "add_results_for_cases/1",
    ] {
        let (status, _) = shop.refused(Method::POST, path, "{}").await;
        assert_eq!(status, 400, "{path}");
    }
    assert!(shop.sandbox.state().testworthy.case(210_601).is_some());
}

#[tokio::test]
async fn unknown_operations_are_not_found_and_wrong_methods_not_allowed() {
    let shop = Shop::open().await;
    for path in ["get_defects/41", "get_cases", "get_suites/41", ""] {
        let (status, _) = shop.refused(Method::GET, path, "").await;
        assert_eq!(status, 404, "{path}");
    }
    for (method, path, allow) in [
        (Method::POST, "get_cases/41", "GET"),
        (Method::GET, "add_case/41", "POST"),
        (Method::PUT, "update_case/210301", "POST"),
        (Method::DELETE, "delete_case/210301", "POST"),
    ] {
        let known = [Some(USER_EMAIL), Some(API_KEY), Some(PROJECT_KEY)];
        let response = shop.send_as(known, method, path, None).await;
        assert_eq!(response.status(), 405, "{path}");
        assert_eq!(response.headers()["allow"], allow, "{path}");
    }
    let plain = shop.get("get_cases/41").await;
    assert_eq!(shop.get("get_cases/41/").await, plain);
    assert_eq!(shop.get("GET_Cases/41").await, plain);
}

#[tokio::test]
async fn bodies_are_validated() {
    let shop = Shop::open().await;
    for (body, told) in [
        ("{", "JSON"),
        ("", "JSON"),
        ("[]", "object"),
        (r#"{"section_id": 901}"#, "title"),
        (r#"{"title": "  ", "section_id": 901}"#, "title"),
        (r#"{"title": null, "section_id": 901}"#, "title"),
        (r#"{"title": 7, "section_id": 901}"#, "title"),
        (r#"{"title": "t"}"#, "section_id"),
        (r#"{"title": "t", "section_id": 911}"#, "section_id"),
        (
            r#"{"title": "t", "section_id": 901, "priority_id": 9}"#,
            "priority_id",
        ),
        (
            r#"{"title": "t", "section_id": 901, "type_id": 12}"#,
            "type_id",
        ),
        (
            r#"{"title": "t", "section_id": 901, "template_id": 4}"#,
            "template_id",
        ),
        (
            r#"{"title": "t", "section_id": 901, "estimate": "1h"}"#,
            "estimate",
        ),
        (
            r#"{"title": "t", "section_id": 901, "estimate": -1}"#,
            "estimate",
        ),
        (
            r#"{"title": "t", "section_id": 901, "smoke": "yes"}"#,
            "smoke",
        ),
        (
            r#"{"title": "t", "section_id": 901, "refs": ["AB#1"]}"#,
            "refs",
        ),
    ] {
        let (status, text) = shop.refused(Method::POST, "add_case/41", body).await;
        assert_eq!(status, 400, "{body}");
        assert!(text.contains(told), "{body}: {text}");
    }
    for (path, body) in [
        ("update_case/210301", r#"{"title": null}"#),
        ("update_case/210301", r#"{"section_id": null}"#),
        ("update_case/210301", r#"{"section_id": 911}"#),
        ("update_case/210301", "{"),
        ("delete_case/210301", "{"),
        ("add_section/41", r#"{"description": "no name"}"#),
        ("add_section/41", r#"{"name": "n", "parent_id": 911}"#),
        ("add_suite", "{}"),
        ("add_run/41", "{}"),
        (
            "add_run/41",
            r#"{"name": "n", "include_all": false, "case_ids": [210401]}"#,
        ),
    ] {
        let (status, _) = shop.refused(Method::POST, path, body).await;
        assert_eq!(status, 400, "{path} {body}");
    }
    assert_eq!(length(&shop.get("get_suites").await["suites"]), 3);
    assert_eq!(length(&shop.get("get_sections/41").await["sections"]), 8);
    assert_eq!(length(&shop.get("get_cases/41").await["cases"]), 16);
    assert_eq!(length(&shop.get("get_runs/41").await["runs"]), 2);
}
