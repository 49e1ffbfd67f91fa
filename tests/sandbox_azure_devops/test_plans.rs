//! Test plans and runs where the official clients are of no help: tokens of pages, all or nothing, scopes.

use reqwest::Method;
use serde_json::{Value, json};

use crate::organization::Contoso;

const PLANS: &str = "/Web%20Shop/_apis/testplan/Plans";

async fn plan(contoso: &Contoso) -> (u64, u64) {
    let made = contoso
        .send(Method::POST, PLANS, &json!({"name": "Release"}))
        .await;
    assert_eq!(made.status, 200, "{}", made.body);
    let id = |value: &Value| value["id"].as_u64().unwrap();
    (id(&made.body), id(&made.body["rootSuite"]))
}

#[tokio::test]
async fn long_lists_name_the_next_page_in_a_header() {
    let contoso = Contoso::open().await;
    let (plan, suite) = plan(&contoso).await;
    let mut rows = Vec::new();
    for number in 0..201 {
        let id = contoso.test_case(&format!("Case {number}")).await;
        rows.push(json!({"workItem": {"id": id}}));
    }
    let path = format!("{PLANS}/{plan}/Suites/{suite}/TestCase");
    let added = contoso.send(Method::POST, &path, &json!(rows)).await;
    assert_eq!(added.body["count"], 201);
    let first = contoso.request(Method::GET, &path).send().await.unwrap();
    let token = first.headers()["x-ms-continuationtoken"]
        .to_str()
        .unwrap()
        .to_owned();
    let rest = contoso
        .request(Method::GET, &format!("{path}?continuationToken={token}"))
        .send()
        .await
        .unwrap();
    assert!(rest.headers().get("x-ms-continuationtoken").is_none());
    let rest: Value = rest.json().await.unwrap();
    assert_eq!(rest["value"][0]["workItem"]["name"], "Case 200");
    assert_eq!(rest["count"], 1);
}

#[tokio::test]
async fn adding_cases_and_outcomes_is_all_or_nothing() {
    let contoso = Contoso::open().await;
    let (plan, suite) = plan(&contoso).await;
    let case = contoso.test_case("Pay").await;
    let own = format!("{PLANS}/{plan}/Suites/{suite}");
    let rows = json!([{"workItem": {"id": case}}, {"workItem": {"id": plan}}]);
    let refused = contoso
        .send(Method::POST, &format!("{own}/TestCase"), &rows)
        .await;
    assert_eq!(refused.status, 400, "{}", refused.body);
    let told = contoso.get(&format!("{own}/TestCase")).await;
    assert_eq!(told.body["count"], 0);
    let rows = json!([{"workItem": {"id": case}}]);
    contoso
        .send(Method::POST, &format!("{own}/TestCase"), &rows)
        .await;
    let point = contoso.get(&format!("{own}/TestPoint")).await.body["value"][0]["id"].clone();
    let rows = json!([
        {"id": point, "results": {"outcome": "passed"}},
        {"id": 999, "results": {"outcome": "passed"}},
    ]);
    let refused = contoso
        .send(Method::PATCH, &format!("{own}/TestPoint"), &rows)
        .await;
    assert_eq!(refused.status, 404, "{}", refused.body);
    let told = contoso.get(&format!("{own}/TestPoint")).await.body;
    assert_eq!(told["value"][0]["results"]["outcome"], "unspecified");
    let runs = contoso.get("/Web%20Shop/_apis/test/runs").await.body;
    assert_eq!(runs["count"], 0);
}

#[tokio::test]
async fn a_plan_that_cannot_be_made_leaves_no_work_items() {
    let contoso = Contoso::open().await;
    let before = contoso.sandbox.state().azure_devops.work_item_count();
    let body = json!({"name": "Release", "areaPath": "Web Shop\\Nowhere"});
    let refused = contoso.send(Method::POST, PLANS, &body).await;
    assert_eq!(refused.status, 400, "{}", refused.body);
    assert_eq!(
        contoso.sandbox.state().azure_devops.work_item_count(),
        before
    );
    let (plan, _) = plan(&contoso).await;
    assert_eq!(
        contoso.sandbox.state().azure_devops.work_item_count(),
        before + 2
    );
    let path = format!("{PLANS}/{plan}");
    assert_eq!(
        contoso
            .send(Method::DELETE, &path, &json!(null))
            .await
            .status,
        204
    );
    assert_eq!(
        contoso.sandbox.state().azure_devops.work_item_count(),
        before
    );
}

#[tokio::test]
async fn plans_and_runs_need_their_project() {
    let contoso = Contoso::open().await;
    contoso
        .sandbox
        .state()
        .azure_devops
        .add_project("Warehouse");
    let (plan, _) = plan(&contoso).await;
    assert_eq!(contoso.get("/_apis/testplan/Plans").await.status, 400);
    let other = contoso
        .get(&format!("/Warehouse/_apis/testplan/Plans/{plan}"))
        .await;
    assert_eq!(other.status, 404);
    let run = contoso
        .send(
            Method::POST,
            "/Web%20Shop/_apis/test/runs",
            &json!({"name": "Night", "automated": true}),
        )
        .await;
    let id = run.body["id"].clone();
    assert_eq!(
        contoso
            .get(&format!("/Warehouse/_apis/test/runs/{id}"))
            .await
            .status,
        404
    );
    assert_eq!(
        contoso
            .get(&format!("/Web%20Shop/_apis/test/runs/{id}"))
            .await
            .status,
        200
    );
}
