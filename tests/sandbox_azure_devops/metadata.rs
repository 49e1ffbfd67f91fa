//! Credentials, versions, headers, and what the organisation says about itself.

use accord::sandbox::azure_devops::{BadCredential, DEFAULT_TOKEN};
use reqwest::Method;
use serde_json::{Value, json};

use crate::organization::{Contoso, basic, keys, told};

#[tokio::test]
async fn a_bad_credential_has_the_faces_of_the_service() {
    let contoso = Contoso::open().await;
    let url = format!("{}/_apis/projects", contoso.sandbox.organization_url());
    for (form, method, suppress, status, html) in [
        (BadCredential::AsReal, Method::GET, true, 401, false),
        (BadCredential::AsReal, Method::PATCH, true, 401, false),
        (BadCredential::AsReal, Method::GET, false, 203, true),
        (BadCredential::AsReal, Method::POST, false, 203, true),
        (BadCredential::SignInRedirect, Method::GET, true, 302, true),
        (BadCredential::SignInPage, Method::GET, true, 203, true),
        (BadCredential::Unauthorized, Method::GET, false, 401, false),
    ] {
        contoso.sandbox.state().azure_devops.settings.bad_credential = form;
        let mut request = contoso
            .client
            .request(method.clone(), &url)
            .header("Authorization", basic("wrong"));
        if suppress {
            request = request.header("X-TFS-FedAuthRedirect", "Suppress");
        }
        let response = request.send().await.unwrap();
        assert_eq!(response.status().as_u16(), status, "{form:?} {method}");
        let kind = response
            .headers()
            .get("content-type")
            .map(|kind| kind.to_str().unwrap().to_owned());
        assert_eq!(
            kind.is_some_and(|kind| kind.starts_with("text/html")),
            html,
            "{form:?} {method}"
        );
        if status == 401 {
            assert_eq!(
                response
                    .headers()
                    .get_all("www-authenticate")
                    .iter()
                    .count(),
                2
            );
        }
        if status == 302 {
            let to = response.headers()["location"].to_str().unwrap().to_owned();
            assert!(to.contains("/_signin?"), "{to}");
        }
        let body = response.text().await.unwrap();
        assert_eq!(body.is_empty(), !html, "{form:?} {method}");
    }
    contoso.sandbox.state().azure_devops.settings.bad_credential = BadCredential::AsReal;
    let refused = contoso.client.patch(&url).send().await.unwrap();
    let refused = told(refused).await;
    assert_eq!(
        (refused.status, &refused.body["typeKey"]),
        (401, &json!("UnauthorizedRequestException"))
    );
    assert!(refused.message().starts_with("TF400813"));
}

#[tokio::test]
async fn only_the_password_of_a_basic_credential_counts() {
    use base64::Engine as _;
    let contoso = Contoso::open().await;
    contoso
        .sandbox
        .state()
        .azure_devops
        .add_token("with:colon", "tester@contoso.example")
        .unwrap();
    let url = format!(
        "{}/_apis/connectionData",
        contoso.sandbox.organization_url()
    );
    for (pair, account) in [
        (format!(":{DEFAULT_TOKEN}"), "accord@contoso.example"),
        (format!("PAT:{DEFAULT_TOKEN}"), "accord@contoso.example"),
        ("anyone:with:colon".to_owned(), "tester@contoso.example"),
    ] {
        let value = base64::engine::general_purpose::STANDARD.encode(&pair);
        let request = contoso
            .client
            .get(&url)
            .header("Authorization", format!("Basic {value}"));
        let told = told(request.send().await.unwrap()).await;
        assert_eq!(told.status, 200, "{pair}");
        assert_eq!(
            told.body["authenticatedUser"]["properties"]["Account"]["$value"],
            account
        );
        assert_eq!(told.body["deploymentType"], "hosted");
    }
}

#[tokio::test]
async fn versions_are_negotiated_per_resource() {
    let contoso = Contoso::open().await;
    for (method, path, accept, status, key) in [
        (Method::GET, "/_apis/connectionData", "", 200, ""),
        (
            Method::GET,
            "/_apis/connectionData?api-version=7.1",
            "",
            400,
            "VssInvalidPreviewVersionException",
        ),
        (
            Method::GET,
            "/_apis/connectionData?api-version=7.1-preview.1",
            "",
            200,
            "",
        ),
        (Method::GET, "/_apis/projects?api-version=7.1", "", 200, ""),
        (
            Method::GET,
            "/_apis/projects",
            "application/json;api-version=7.2-preview.4",
            200,
            "",
        ),
        (
            Method::GET,
            "/_apis/projects?api-version=7.2",
            "",
            400,
            "VssInvalidPreviewVersionException",
        ),
        (
            Method::GET,
            "/_apis/projects?api-version=9.0",
            "",
            400,
            "VssVersionOutOfRangeException",
        ),
        (
            Method::POST,
            "/_apis/wit/wiql",
            "",
            400,
            "VssVersionNotSpecifiedException",
        ),
        (
            Method::POST,
            "/_apis/wit/workitemsbatch?api-version=7.2-preview.3",
            "",
            400,
            "VssVersionOutOfRangeException",
        ),
    ] {
        let mut request = contoso.request(method, path);
        if !accept.is_empty() {
            request = request.header("Accept", accept);
        }
        let told = told(request.send().await.unwrap()).await;
        assert_eq!(told.status, status, "{path} {accept}: {}", told.body);
        assert_eq!(
            told.body["typeKey"].as_str().unwrap_or_default(),
            key,
            "{path} {accept}"
        );
    }
}

#[tokio::test]
async fn answers_carry_the_headers_of_the_service() {
    let contoso = Contoso::open().await;
    let mut seen = Vec::new();
    for _ in 0..2 {
        let request = contoso.request(Method::GET, "/_apis/projects?api-version=7.0");
        let response = request.send().await.unwrap();
        let header = |name: &str| response.headers()[name].to_str().unwrap().to_owned();
        assert_eq!(
            header("content-type"),
            "application/json; charset=utf-8; api-version=7.0"
        );
        assert!(header("x-vss-userdata").ends_with(":accord@contoso.example"));
        assert_eq!(header("activityid"), header("x-vss-e2eid"));
        seen.push(header("activityid"));
    }
    assert_ne!(seen[0], seen[1], "each request has its own activity");
}

#[tokio::test]
async fn paths_are_taken_in_any_case_and_unknown_ones_answered_in_plain_text() {
    let contoso = Contoso::open().await;
    let id = contoso.test_case("Any").await;
    let project = contoso.get("/_apis/projects/web%20shop").await.body["id"]
        .as_str()
        .unwrap()
        .to_owned();
    for path in [
        format!("/_apis/wit/workItems/{id}"),
        format!("/_APIS/WIT/WORKITEMS/{id}"),
        format!("/Web%20Shop/_apis/wit/workitems/{id}"),
        format!("/web%20SHOP/Some%20Team/_apis/wit/workitems/{id}"),
        format!("/{project}/_apis/wit/workitems/{id}"),
    ] {
        assert_eq!(contoso.get(&path).await.status, 200, "{path}");
    }
    let nothing = contoso.get("/_apis/wit/nothing").await;
    assert_eq!(nothing.status, 404);
    assert!(
        nothing
            .body
            .as_str()
            .unwrap()
            .starts_with("The controller for path")
    );
    let elsewhere = contoso.get("/Other/_apis/wit/fields").await;
    assert_eq!(
        (elsewhere.status, &elsewhere.body["typeKey"]),
        (404, &json!("ProjectDoesNotExistWithNameException"))
    );
    assert!(elsewhere.message().starts_with("TF200016"));
    assert_eq!(
        contoso
            .send(Method::PUT, "/_apis/projects", &json!({}))
            .await
            .status,
        405
    );
}

#[tokio::test]
async fn projects_are_listed_and_told_by_name_and_guid() {
    let contoso = Contoso::open().await;
    let all = contoso.get("/_apis/projects").await.body;
    assert_eq!(all["count"], 1);
    let project = &all["value"][0];
    assert_eq!(
        keys(project),
        [
            "id",
            "name",
            "url",
            "state",
            "revision",
            "visibility",
            "lastUpdateTime"
        ]
    );
    let id = project["id"].as_str().unwrap();
    let one = contoso
        .get(&format!("/_apis/projects/{id}?includeCapabilities=true"))
        .await
        .body;
    assert_eq!(one["name"], "Web Shop");
    assert_eq!(
        one["capabilities"]["processTemplate"]["templateName"],
        "Contoso Agile"
    );
    assert_eq!(contoso.get("/_apis/projects/Nowhere").await.status, 404);
}

#[tokio::test]
async fn fields_types_and_states_are_told_in_full() {
    let contoso = Contoso::open().await;
    let fields = contoso.get("/Web%20Shop/_apis/wit/fields").await.body;
    let field = |name: &str| -> Value {
        let all = fields["value"].as_array().unwrap();
        all.iter()
            .find(|field| field["referenceName"] == name)
            .unwrap()
            .clone()
    };
    assert_eq!(field("System.Tags")["type"], "plainText");
    assert_eq!(field("System.AssignedTo")["type"], "string");
    assert_eq!(field("System.AssignedTo")["isIdentity"], true);
    assert_eq!(field("Microsoft.VSTS.TCM.Steps")["type"], "html");
    assert_eq!(field("Custom.Risk")["isPicklist"], true);
    assert_eq!(
        fields["count"].as_u64().unwrap(),
        fields["value"].as_array().unwrap().len() as u64
    );

    let types = contoso
        .get("/Web%20Shop/_apis/wit/workitemtypes")
        .await
        .body;
    let names: Vec<&str> = types["value"]
        .as_array()
        .unwrap()
        .iter()
        .map(|kind| kind["name"].as_str().unwrap())
        .collect();
    assert_eq!(
        names,
        [
            "Test Case",
            "Bug",
            "User Story",
            "Task",
            "Shared Steps",
            "Test Plan",
            "Test Suite"
        ]
    );
    assert_eq!(
        types["value"][0]["transitions"][""],
        json!([{"to": "Design", "actions": null}])
    );
    assert_eq!(
        contoso.get("/_apis/wit/workitemtypes").await.status,
        400,
        "types belong to a project"
    );

    let states = contoso
        .get("/Web%20Shop/_apis/wit/workitemtypes/Test%20Case/states")
        .await
        .body;
    let states: Vec<(&str, &str)> = states["value"]
        .as_array()
        .unwrap()
        .iter()
        .map(|state| {
            (
                state["name"].as_str().unwrap(),
                state["category"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        states,
        [
            ("Design", "Proposed"),
            ("Ready", "InProgress"),
            ("Closed", "Completed")
        ]
    );
    let unknown = contoso
        .get("/Web%20Shop/_apis/wit/workitemtypes/Nothing")
        .await;
    assert_eq!(unknown.status, 404);
    assert!(unknown.message().starts_with("VS402323"));
}

#[tokio::test]
async fn fields_of_a_type_tell_allowed_values_only_on_request() {
    let contoso = Contoso::open().await;
    let base = "/Web%20Shop/_apis/wit/workitemtypes/Test%20Case/fields";
    let named = |body: &Value, name: &str| -> Value {
        let all = body["value"].as_array().unwrap();
        all.iter()
            .find(|field| field["referenceName"] == name)
            .unwrap()
            .clone()
    };
    let plain = contoso.get(base).await.body;
    assert_eq!(
        named(&plain, "Microsoft.VSTS.Common.Priority").get("allowedValues"),
        None
    );
    for expand in ["allowedValues", "AllowedValues", "1", "All", "3"] {
        let body = contoso.get(&format!("{base}?$expand={expand}")).await.body;
        let priority = named(&body, "Microsoft.VSTS.Common.Priority");
        assert_eq!(
            priority["allowedValues"],
            json!(["1", "2", "3", "4"]),
            "{expand}"
        );
        assert_eq!(priority["defaultValue"], "2");
        assert_eq!(
            named(&body, "Custom.Risk")["allowedValues"],
            json!(["High", "Low"])
        );
        assert_eq!(named(&body, "System.State")["defaultValue"], "Design");
        assert_eq!(named(&body, "System.Title")["alwaysRequired"], true);
        assert!(named(&body, "System.AssignedTo")["allowedValues"][0]["uniqueName"].is_string());
    }
    let one = contoso
        .get(&format!("{base}/System.Reason?$expand=1"))
        .await
        .body;
    assert!(
        one["allowedValues"]
            .as_array()
            .unwrap()
            .contains(&json!("Reactivated"))
    );
    assert_eq!(
        contoso
            .get(&format!("{base}/Microsoft.VSTS.TCM.ReproSteps"))
            .await
            .status,
        404
    );
}

#[tokio::test]
async fn relation_types_and_trees_are_told() {
    let contoso = Contoso::open().await;
    let kinds = contoso.get("/_apis/wit/workitemrelationtypes").await.body;
    let kind = |name: &str| -> Value {
        let all = kinds["value"].as_array().unwrap();
        all.iter()
            .find(|kind| kind["referenceName"] == name)
            .unwrap()
            .clone()
    };
    assert_eq!(kind("System.LinkTypes.Hierarchy-Reverse")["name"], "Parent");
    assert_eq!(kind("Hyperlink")["attributes"]["usage"], "resourceLink");

    let shallow = contoso
        .get("/Web%20Shop/_apis/wit/classificationnodes")
        .await
        .body;
    assert_eq!(shallow["count"], 2);
    assert_eq!(shallow["value"][0].get("children"), None);
    let area = contoso
        .get("/Web%20Shop/_apis/wit/classificationnodes/Areas?$depth=2")
        .await
        .body;
    let names: Vec<&str> = area["children"]
        .as_array()
        .unwrap()
        .iter()
        .map(|node| node["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["QA", "Platform"]);
    assert_eq!(
        area["children"][0]["children"][0]["path"],
        "\\Web Shop\\Area\\QA\\Checkout"
    );
    let leaf = contoso
        .get("/Web%20Shop/_apis/wit/classificationnodes/areas/qa/checkout")
        .await
        .body;
    assert_eq!(leaf["structureType"], "area");
    assert!(
        leaf["_links"]["parent"]["href"]
            .as_str()
            .unwrap()
            .ends_with("/Areas/QA")
    );
    assert_eq!(
        contoso
            .get("/Web%20Shop/_apis/wit/classificationnodes/areas/none")
            .await
            .status,
        404
    );
}
