//! Process customisation: what system processes refuse, and how far a new field reaches.

use reqwest::Method;
use serde_json::{Value, json};

use crate::organization::{Contoso, set};

const AGILE: &str = "/_apis/work/processes/adcc42ab-9882-485e-a3ed-7678f01f66bc";
const BUG: &str = "Microsoft.VSTS.WorkItemTypes.Bug";

/// The path of the process that the projects use.
async fn in_use(contoso: &Contoso) -> String {
    let all = contoso.get("/_apis/work/processes?$expand=projects").await;
    let all = all.body["value"].as_array().unwrap().clone();
    let own = all
        .iter()
        .find(|one| one.get("projects").is_some())
        .unwrap();
    format!("/_apis/work/processes/{}", own["typeId"].as_str().unwrap())
}

async fn make(contoso: &Contoso, path: &str, body: Value) -> Value {
    let made = contoso.send(Method::POST, path, &body).await;
    assert_eq!(made.status, 201, "{path}: {}", made.body);
    made.body
}

#[tokio::test]
async fn a_system_process_refuses_every_change() {
    let contoso = Contoso::open().await;
    let before = contoso
        .get(&format!("{AGILE}/workItemTypes?$expand=layout,states"))
        .await;
    let state = contoso
        .get(&format!("{AGILE}/workItemTypes/{BUG}/states"))
        .await
        .body["value"][0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    for (method, path, body) in [
        (
            Method::POST,
            "/workItemTypes".to_owned(),
            json!({"name": "Idea"}),
        ),
        (
            Method::POST,
            "/workItemTypes".to_owned(),
            json!({"inheritsFrom": BUG}),
        ),
        (
            Method::PATCH,
            format!("/workItemTypes/{BUG}"),
            json!({"color": "ffffff"}),
        ),
        (Method::DELETE, format!("/workItemTypes/{BUG}"), json!(null)),
        (
            Method::POST,
            format!("/workItemTypes/{BUG}/fields"),
            json!({"referenceName": "Custom.Risk"}),
        ),
        (
            Method::PATCH,
            format!("/workItemTypes/{BUG}/fields/System.Title"),
            json!({"required": false}),
        ),
        (
            Method::DELETE,
            format!("/workItemTypes/{BUG}/fields/System.Title"),
            json!(null),
        ),
        (
            Method::POST,
            format!("/workItemTypes/{BUG}/states"),
            json!({"name": "Waiting", "stateCategory": "Proposed"}),
        ),
        (
            Method::PUT,
            format!("/workItemTypes/{BUG}/states/{state}"),
            json!({"hidden": true}),
        ),
        (
            Method::POST,
            format!("/workItemTypes/{BUG}/layout/pages"),
            json!({"label": "Ours"}),
        ),
        (Method::PATCH, String::new(), json!({"name": "Ours"})),
        (Method::DELETE, String::new(), json!(null)),
    ] {
        let path = format!("{AGILE}{path}");
        let told = contoso.send(method.clone(), &path, &body).await;
        assert_eq!(told.status, 403, "{method} {path}: {}", told.body);
        assert!(told.message().starts_with("VS402356"), "{}", told.body);
        assert_eq!(told.body["typeKey"], "ProcessPermissionException");
    }
    let after = contoso
        .get(&format!("{AGILE}/workItemTypes?$expand=layout,states"))
        .await;
    assert_eq!(before.body, after.body);
}

#[tokio::test]
async fn a_type_is_derived_before_it_is_changed_and_keeps_its_items() {
    let contoso = Contoso::open().await;
    let process = in_use(&contoso).await;
    let bug = contoso
        .create("Bug", &[("System.Title", json!("Old"))])
        .await
        .body["id"]
        .clone();
    let path = format!("{process}/workItemTypes/{BUG}/fields");
    let body = json!({"referenceName": "Custom.Risk"});
    let early = contoso.send(Method::POST, &path, &body).await;
    assert_eq!(early.status, 400, "{}", early.body);
    make(
        &contoso,
        &format!("{process}/workItemTypes"),
        json!({"inheritsFrom": BUG}),
    )
    .await;
    assert_eq!(contoso.send(Method::POST, &path, &body).await.status, 404);
    let own = format!("{process}/workItemTypes/ContosoAgile.Bug");
    make(&contoso, &format!("{own}/fields"), body).await;
    let id = bug.as_u64().unwrap();
    let told = contoso
        .update(id, &set(&[("Custom.Risk", json!("High"))]))
        .await;
    assert_eq!(told.body["fields"]["Custom.Risk"], "High");
    let deleted = contoso.send(Method::DELETE, &own, &json!(null)).await;
    assert_eq!(deleted.status, 204);
    let told = contoso
        .update(id, &set(&[("Custom.Risk", json!("Low"))]))
        .await;
    assert_eq!(told.status, 400, "{}", told.body);
    assert_eq!(contoso.item(id).await["fields"]["System.Title"], "Old");
}

#[tokio::test]
async fn the_sample_type_with_custom_fields_is_a_derived_one() {
    let contoso = Contoso::open().await;
    let process = in_use(&contoso).await;
    let fields = format!("{process}/workItemTypes/ContosoAgile.TestCase/fields");
    let risk = contoso
        .get(&format!("{fields}/Custom.Risk?$expand=all"))
        .await
        .body;
    assert_eq!(risk["customization"], "custom");
    assert_eq!(risk["allowedValues"], json!(["Low", "High"]));
    assert_eq!(risk["defaultValue"], "Low");
    let title = contoso.get(&format!("{fields}/System.Title")).await.body;
    assert_eq!(title["customization"], "system");
}

#[tokio::test]
async fn a_new_field_reaches_queries_feeds_and_required_checks() {
    let contoso = Contoso::open().await;
    let process = in_use(&contoso).await;
    let own = format!("{process}/workItemTypes/ContosoAgile.TestCase/fields");
    let field = json!({"name": "Effort", "type": "integer", "usage": "workItem"});
    let field = make(&contoso, "/_apis/wit/fields", field).await;
    assert_eq!(field["referenceName"], "Custom.Effort");
    let old = contoso.test_case("Before").await;
    make(
        &contoso,
        &own,
        json!({"referenceName": "Custom.Effort", "required": true}),
    )
    .await;
    let empty = contoso
        .create("Test Case", &[("System.Title", json!("None"))])
        .await;
    assert_eq!(empty.status, 400);
    assert_eq!(
        empty.message(),
        "TF401320: Rule Error for field Effort. Error code: Required, InvalidEmpty."
    );
    let touched = contoso
        .update(old, &set(&[("System.Title", json!("After"))]))
        .await;
    assert_eq!(touched.status, 400, "{}", touched.body);
    let full = contoso
        .create(
            "Test Case",
            &[("System.Title", json!("Five")), ("Custom.Effort", json!(5))],
        )
        .await;
    assert_eq!(full.status, 200, "{}", full.body);
    let query = json!({"query": "SELECT [System.Id] FROM WorkItems WHERE [Custom.Effort] > 4"});
    let found = contoso.send(Method::POST, "/_apis/wit/wiql", &query).await;
    assert_eq!(found.body["workItems"][0]["id"], full.body["id"]);
    let feed = contoso
        .get("/_apis/wit/reporting/workitemrevisions?fields=Custom.Effort")
        .await;
    assert!(feed.body.to_string().contains("\"Custom.Effort\":5"));
}

#[tokio::test]
async fn a_process_of_our_own_leaves_the_projects_alone() {
    let contoso = Contoso::open().await;
    let made = make(
        &contoso,
        "/_apis/work/processes",
        json!({"name": "Next Agile", "parentProcessTypeId": "adcc42ab-9882-485e-a3ed-7678f01f66bc"}),
    )
    .await;
    let process = format!("/_apis/work/processes/{}", made["typeId"].as_str().unwrap());
    let kind = make(
        &contoso,
        &format!("{process}/workItemTypes"),
        json!({"inheritsFrom": BUG}),
    )
    .await;
    assert_eq!(kind["referenceName"], "NextAgile.Bug");
    make(
        &contoso,
        &format!("{process}/workItemTypes/NextAgile.Bug/states"),
        json!({"name": "Waiting", "stateCategory": "Proposed"}),
    )
    .await;
    let states = contoso
        .get("/Web%20Shop/_apis/wit/workitemtypes/Bug/states")
        .await
        .body
        .to_string();
    assert!(!states.contains("Waiting"), "{states}");
    let renamed = contoso
        .send(Method::PATCH, &process, &json!({"name": "Contoso Agile"}))
        .await;
    assert_eq!(renamed.status, 409, "{}", renamed.body);
}
