//! One work item: shapes, rules, limits, links, the recycle bin.

use reqwest::Method;
use serde_json::{Value, json};

use crate::organization::{Contoso, keys, set};

#[tokio::test]
async fn a_new_item_is_told_as_recorded() {
    let contoso = Contoso::open().await;
    let made = contoso
        .create("Test Case", &[("System.Title", json!("Pay by card"))])
        .await;
    assert_eq!(made.status, 200, "{}", made.body);
    let item = &made.body;
    assert_eq!(keys(item), ["id", "rev", "fields", "_links", "url"]);
    assert_eq!(
        keys(&item["fields"]),
        [
            "System.AreaPath",
            "System.TeamProject",
            "System.IterationPath",
            "System.WorkItemType",
            "System.State",
            "System.Reason",
            "System.CreatedDate",
            "System.CreatedBy",
            "System.ChangedDate",
            "System.ChangedBy",
            "System.CommentCount",
            "System.Title",
            "Microsoft.VSTS.Common.StateChangeDate",
            "Microsoft.VSTS.Common.Priority",
            "Microsoft.VSTS.TCM.AutomationStatus",
            "Custom.Risk",
        ]
    );
    assert_eq!(item["fields"]["System.State"], "Design");
    assert_eq!(item["fields"]["System.Reason"], "New");
    assert_eq!(item["fields"]["Microsoft.VSTS.Common.Priority"], 2);
    assert_eq!(item["fields"]["Custom.Risk"], "Low");
    assert_eq!(
        item["fields"]["System.ChangedDate"], "2026-03-10T12:00:00.003Z",
        "on the 3.33 ms grid"
    );
    assert_eq!(
        keys(&item["fields"]["System.CreatedBy"]),
        [
            "displayName",
            "url",
            "_links",
            "id",
            "uniqueName",
            "imageUrl",
            "descriptor"
        ]
    );
    assert_eq!(
        keys(&item["_links"]),
        [
            "self",
            "workItemUpdates",
            "workItemRevisions",
            "workItemComments",
            "html",
            "workItemType",
            "fields"
        ]
    );
    let project = contoso.get("/_apis/projects/Web%20Shop").await.body["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let url = format!(
        "{}/{project}/_apis/wit/workItems/1",
        contoso.sandbox.organization_url()
    );
    assert_eq!(
        item["url"],
        url.as_str(),
        "in the scope of the project's GUID"
    );
    let all = contoso.item(1).await;
    assert_eq!(all["fields"]["System.Id"], 1);
    assert_eq!(all["fields"]["System.RevisedDate"], "9999-01-01T00:00:00Z");
    assert_eq!(all["fields"]["System.AreaLevel1"], "Web Shop");
}

#[tokio::test]
async fn writes_that_break_a_rule_are_refused_with_its_code() {
    let contoso = Contoso::open().await;
    let title = ("System.Title", json!("x"));
    for (field, value, status, part) in [
        ("System.Title", json!(""), 400, "Required, InvalidEmpty"),
        (
            "System.Title",
            json!("x".repeat(256)),
            400,
            "InvalidTooLong",
        ),
        (
            "System.AreaPath",
            json!("Web Shop\\Nowhere"),
            400,
            "TF401347",
        ),
        ("System.AreaPath", json!("\\Web Shop\\QA"), 400, "TF401347"),
        (
            "System.IterationPath",
            json!("Web Shop\\Sprint 9"),
            400,
            "TF401347",
        ),
        ("Custom.Nothing", json!("x"), 400, "TF51535"),
        (
            "Microsoft.VSTS.Common.Priority",
            json!(5),
            400,
            "not in the list of supported values",
        ),
        (
            "Microsoft.VSTS.Common.Priority",
            json!("P1"),
            400,
            "InvalidType",
        ),
        (
            "Custom.Risk",
            json!("Medium"),
            400,
            "not in the list of supported values",
        ),
        (
            "System.State",
            json!("Closed"),
            400,
            "not in the list of supported values",
        ),
        (
            "System.State",
            json!("Nowhere"),
            400,
            "not in the list of supported values",
        ),
        (
            "System.Reason",
            json!("Because"),
            400,
            "not in the list of supported values",
        ),
        (
            "System.AssignedTo",
            json!("Nobody"),
            400,
            "unknown identity",
        ),
        ("System.CreatedDate", json!("2020-01-01"), 400, "ReadOnly"),
        ("System.Id", json!(7), 400, "ReadOnly"),
        ("System.WorkItemType", json!("Bug"), 400, "ReadOnly"),
        (
            "Microsoft.VSTS.TCM.ReproSteps",
            json!("x"),
            400,
            "InvalidNotEmpty",
        ),
        (
            "System.Tags",
            json!("x".repeat(401)),
            400,
            "longer than 400",
        ),
        (
            "System.Tags",
            json!(
                (0..101)
                    .map(|n| format!("t{n}"))
                    .collect::<Vec<_>>()
                    .join(";")
            ),
            400,
            "more than 100",
        ),
        (
            "System.Description",
            json!("x".repeat(1_048_577)),
            400,
            "InvalidTooLong",
        ),
    ] {
        let made = contoso
            .create("Test Case", &[title.clone(), (field, value.clone())])
            .await;
        assert_eq!(made.status, status, "{field}: {}", made.body);
        assert!(made.message().contains(part), "{field}: {}", made.message());
        assert_eq!(made.body["$id"], "1");
    }
    let untitled = contoso.create("Test Case", &[]).await;
    assert_eq!(untitled.body["typeKey"], "RuleValidationException");
    assert_eq!(
        untitled.body["customProperties"]["FieldReferenceName"],
        "System.Title"
    );
    let unknown = contoso
        .create(
            "Test Case",
            &[title.clone(), ("System.AssignedTo", json!("Nobody"))],
        )
        .await;
    assert_eq!(unknown.body["errorCode"], 600_171);
    assert_eq!(
        unknown.body["customProperties"]["ReferenceName"],
        "System.AssignedTo"
    );
    let kind = contoso.create("Epic", &[title]).await;
    assert_eq!(
        (kind.status, kind.message().starts_with("VS402323")),
        (404, true)
    );
    assert_eq!(
        contoso.sandbox.state().azure_devops.work_item_count(),
        0,
        "nothing was stored"
    );
}

#[tokio::test]
async fn the_request_itself_must_be_a_patch() {
    let contoso = Contoso::open().await;
    let path = "/Web%20Shop/_apis/wit/workitems/$Bug";
    let json = contoso
        .send(Method::POST, path, &set(&[("System.Title", json!("x"))]))
        .await;
    assert_eq!(json.status, 415);
    let object = contoso
        .patch(Method::POST, path, &json!({"op": "add"}))
        .await;
    assert_eq!(object.status, 400);
    assert!(object.message().contains("valid patch document"));
    let nowhere = contoso
        .patch(
            Method::POST,
            "/_apis/wit/workitems/$Bug",
            &set(&[("System.Title", json!("x"))]),
        )
        .await;
    assert_eq!(nowhere.status, 400, "a create needs a project");
    let numeric =
        json!([{"op": 0, "path": "/fields/System.Title", "from": null, "value": "By number"}]);
    assert_eq!(
        contoso.patch(Method::POST, path, &numeric).await.status,
        200
    );
}

#[tokio::test]
async fn a_revision_test_guards_an_update() {
    let contoso = Contoso::open().await;
    let id = contoso.test_case("One").await;
    let rename = |rev: Value, title: &str| {
        json!([
            {"op": "test", "path": "/rev", "value": rev},
            {"op": "add", "path": "/fields/System.Title", "value": title},
        ])
    };
    let done = contoso.update(id, &rename(json!(1), "Two")).await;
    assert_eq!((done.status, &done.body["rev"]), (200, &json!(2)));
    let stale = contoso.update(id, &rename(json!(1), "Three")).await;
    assert_eq!(
        (stale.status, &stale.body["typeKey"]),
        (412, &json!("TestPatchOperationFailedException"))
    );
    assert!(
        stale
            .message()
            .starts_with("VS403351: Test Operation for path /rev failed, value 2")
    );
    let text = contoso.update(id, &rename(json!("2"), "Three")).await;
    assert_eq!(text.status, 200, "a number in a string is taken");
    assert_eq!(contoso.item(id).await["fields"]["System.Title"], "Three");
    let field = json!([{"op": "test", "path": "/fields/System.Title", "value": "Other"}]);
    assert_eq!(contoso.update(id, &field).await.status, 412);
    assert_eq!(
        contoso.update(999, &rename(json!(1), "x")).await.status,
        404
    );
}

#[tokio::test]
async fn equal_values_make_no_revision_and_empty_ones_leave_the_item() {
    let contoso = Contoso::open().await;
    let id = contoso.test_case("Same").await;
    let same = contoso
        .update(id, &set(&[("System.Title", json!("Same"))]))
        .await;
    assert_eq!(same.body["rev"], 1);
    contoso
        .update(id, &set(&[("System.Description", json!("<p>x</p>"))]))
        .await;
    for clear in [
        json!([{"op": "add", "path": "/fields/System.Description", "value": ""}]),
        json!([{"op": "remove", "path": "/fields/System.Description"}]),
    ] {
        let cleared = contoso.update(id, &clear).await;
        assert_eq!(cleared.body["rev"], 3);
        assert_eq!(cleared.body["fields"].get("System.Description"), None);
    }
}

#[tokio::test]
async fn tags_merge_on_add_and_are_replaced_on_replace() {
    let contoso = Contoso::open().await;
    let id = contoso.test_case("Tagged").await;
    for (op, value, stored) in [
        ("add", "smoke; Regression", "Regression; smoke"),
        ("add", "SMOKE, api", "api; Regression; smoke"),
        ("replace", "smoke;b", "b; smoke"),
        ("replace", "", ""),
        ("add", "regression", "Regression"),
    ] {
        let patch = json!([{"op": op, "path": "/fields/System.Tags", "value": value}]);
        let told = contoso.update(id, &patch).await;
        assert_eq!(
            told.body["fields"]["System.Tags"]
                .as_str()
                .unwrap_or_default(),
            stored,
            "{op} {value}"
        );
    }
    let tags = contoso.get("/Web%20Shop/_apis/wit/tags").await.body;
    assert_eq!(tags["count"], 4, "the first spelling stays: {tags}");
    assert_eq!(
        contoso.get("/Web%20Shop/_apis/wit/tags/SMOKE").await.body["name"],
        "smoke"
    );
}

#[tokio::test]
async fn states_follow_their_transitions_and_stamp_dates() {
    let contoso = Contoso::open().await;
    let made = contoso
        .create("Bug", &[("System.Title", json!("Broken"))])
        .await;
    let id = made.body["id"].as_u64().unwrap();
    let go = |state: &str| set(&[("System.State", json!(state))]);
    let resolved = contoso.update(id, &go("resolved")).await.body;
    assert_eq!(resolved["fields"]["System.State"], "Resolved");
    assert_eq!(resolved["fields"]["System.Reason"], "Fixed");
    assert_eq!(
        resolved["fields"]["Microsoft.VSTS.Common.ResolvedReason"],
        "Fixed"
    );
    assert_eq!(
        contoso.update(id, &go("New")).await.status,
        400,
        "there is no such transition"
    );
    let reason = set(&[
        ("System.State", json!("Closed")),
        ("System.Reason", json!("Deferred")),
    ]);
    assert_eq!(
        contoso.update(id, &reason).await.status,
        400,
        "not a reason of this transition"
    );
    let closed = contoso.update(id, &go("Closed")).await.body;
    assert_eq!(closed["fields"]["System.Reason"], "Verified");
    assert!(closed["fields"]["Microsoft.VSTS.Common.ClosedDate"].is_string());
    let again = contoso.update(id, &go("Active")).await.body;
    assert_eq!(again["fields"]["System.Reason"], "Regression");
    assert_eq!(
        again["fields"].get("Microsoft.VSTS.Common.ClosedDate"),
        None
    );
    assert_eq!(
        again["fields"].get("Microsoft.VSTS.Common.ResolvedDate"),
        None
    );
}

#[tokio::test]
async fn rich_text_comes_back_rewritten_and_steps_do_not() {
    let contoso = Contoso::open().await;
    let steps = "<steps id=\"0\" last=\"2\"><step id=\"2\" type=\"ActionStep\"><parameterizedString \
                 isformatted=\"true\">&lt;P&gt;go&lt;/P&gt;</parameterizedString></step></steps>";
    let made = contoso
        .create(
            "Test Case",
            &[
                ("System.Title", json!("Rich")),
                (
                    "System.Description",
                    json!("<div>it&#39;s<!-- x --></div><script>x()</script>"),
                ),
                ("Microsoft.VSTS.TCM.Steps", json!(steps)),
            ],
        )
        .await;
    assert_eq!(
        made.body["fields"]["System.Description"],
        "<div>it's </div>"
    );
    assert_eq!(made.body["fields"]["Microsoft.VSTS.TCM.Steps"], steps);
    assert_eq!(
        made.body["multilineFieldsFormat"],
        json!({"System.Description": "html"})
    );
    let id = made.body["id"].as_u64().unwrap();
    let again = contoso
        .update(
            id,
            &set(&[("System.Description", json!("<div>it's </div>"))]),
        )
        .await;
    assert_eq!(again.body["rev"], 1, "what came back is taken as it is");
    let markdown = json!([
        {"op": "add", "path": "/fields/System.Description", "value": "a < b"},
        {"op": "add", "path": "/multilineFieldsFormat/System.Description", "value": "Markdown"},
    ]);
    let markdown = contoso.update(id, &markdown).await.body;
    assert_eq!(markdown["fields"]["System.Description"], "a < b");
    assert_eq!(
        markdown["multilineFieldsFormat"]["System.Description"],
        "markdown"
    );
}

#[tokio::test]
async fn people_are_told_as_objects() {
    let contoso = Contoso::open().await;
    let id = contoso.test_case("Mine").await;
    for value in [
        json!("tester@contoso.example"),
        json!("Web Shop Tester <tester@contoso.example>"),
        json!({"uniqueName": "tester@contoso.example"}),
    ] {
        let told = contoso
            .update(id, &set(&[("System.AssignedTo", value)]))
            .await
            .body;
        assert_eq!(
            told["fields"]["System.AssignedTo"]["displayName"],
            "Web Shop Tester"
        );
    }
    let cleared = contoso
        .update(id, &set(&[("System.AssignedTo", json!(""))]))
        .await
        .body;
    assert_eq!(cleared["fields"].get("System.AssignedTo"), None);
}

#[tokio::test]
async fn validate_only_judges_and_stores_nothing() {
    let contoso = Contoso::open().await;
    let path = "/Web%20Shop/_apis/wit/workitems/$Test%20Case?validateOnly=true";
    let good = contoso
        .patch(
            Method::POST,
            path,
            &set(&[("System.Title", json!("x")), ("System.Tags", json!("New"))]),
        )
        .await;
    assert_eq!((good.status, &good.body["id"]), (200, &json!(-1)));
    assert_eq!(
        contoso.patch(Method::POST, path, &set(&[])).await.status,
        400
    );
    assert_eq!(contoso.sandbox.state().azure_devops.work_item_count(), 0);
    assert_eq!(
        contoso.get("/Web%20Shop/_apis/wit/tags").await.body["count"],
        0
    );

    let id = contoso.test_case("Kept").await;
    let path = format!("/_apis/wit/workitems/{id}?validateOnly=true");
    let told = contoso
        .patch(
            Method::PATCH,
            &path,
            &set(&[("System.Title", json!("Changed"))]),
        )
        .await;
    assert_eq!(
        (&told.body["rev"], &told.body["fields"]["System.Title"]),
        (&json!(1), &json!("Changed"))
    );
    let stale = json!([{"op": "test", "path": "/rev", "value": 5}]);
    assert_eq!(
        contoso.patch(Method::PATCH, &path, &stale).await.status,
        412
    );
    assert_eq!(contoso.item(id).await["fields"]["System.Title"], "Kept");
    let writes = contoso
        .sandbox
        .state()
        .log
        .writes(accord::sandbox::log::System::AzureDevOps);
    assert_eq!(writes, 1, "only the create could change state");
}

#[tokio::test]
async fn bypassing_rules_needs_a_permission() {
    let contoso = Contoso::open().await;
    let path = "/Web%20Shop/_apis/wit/workitems/$Test%20Case?bypassRules=true";
    let fields = set(&[
        ("System.Title", json!("Old")),
        ("System.State", json!("Closed")),
        ("System.CreatedDate", json!("2020-01-01T00:00:00Z")),
    ]);
    let refused = contoso.patch(Method::POST, path, &fields).await;
    assert_eq!(
        (refused.status, refused.message().starts_with("TF401322")),
        (403, true)
    );
    contoso
        .sandbox
        .state()
        .azure_devops
        .settings
        .allow_bypass_rules = true;
    let made = contoso.patch(Method::POST, path, &fields).await.body;
    assert_eq!(made["fields"]["System.State"], "Closed");
    assert_eq!(made["fields"]["System.CreatedDate"], "2020-01-01T00:00:00Z");
}

#[tokio::test]
async fn deleting_moves_to_the_recycle_bin_but_not_for_test_cases() {
    let contoso = Contoso::open().await;
    let case = contoso.test_case("Case").await;
    let refused = contoso
        .send(
            Method::DELETE,
            &format!("/_apis/wit/workitems/{case}"),
            &json!(null),
        )
        .await;
    assert_eq!(refused.status, 400, "{}", refused.body);
    let gone = contoso
        .send(
            Method::DELETE,
            &format!("/Web%20Shop/_apis/test/testcases/{case}"),
            &json!(null),
        )
        .await;
    assert_eq!(gone.status, 204);
    assert_eq!(
        contoso
            .get(&format!("/_apis/wit/workitems/{case}"))
            .await
            .status,
        404
    );

    let made = contoso
        .create("Bug", &[("System.Title", json!("Broken"))])
        .await;
    let bug = made.body["id"].as_u64().unwrap();
    let path = format!("/_apis/wit/workitems/{bug}");
    let deleted = contoso.send(Method::DELETE, &path, &json!(null)).await;
    assert_eq!(deleted.status, 200);
    assert_eq!(
        keys(&deleted.body),
        [
            "id",
            "code",
            "type",
            "name",
            "project",
            "deletedDate",
            "deletedBy",
            "url",
            "resource"
        ]
    );
    assert_eq!(
        deleted.body["deletedBy"],
        "Accord Service <accord@contoso.example>"
    );
    let missing = contoso.get(&path).await;
    assert_eq!(
        (missing.status, &missing.body["typeKey"]),
        (404, &json!("WorkItemUnauthorizedAccessException"))
    );
    assert!(missing.message().starts_with("TF401232"));
    assert_eq!(
        contoso.get("/Web%20Shop/_apis/wit/recyclebin").await.body["value"][0]["id"],
        bug
    );
    let bin = format!("/_apis/wit/recyclebin/{bug}");
    assert_eq!(contoso.get(&bin).await.body["name"], "Broken");
    let restored = contoso
        .send(Method::PATCH, &bin, &json!({"isDeleted": false}))
        .await;
    assert_eq!(
        (restored.status, &restored.body["resource"]["rev"]),
        (200, &json!(3))
    );
    assert_eq!(contoso.get(&path).await.status, 200);
    assert_eq!(contoso.get(&bin).await.status, 404);
    let destroyed = contoso
        .send(
            Method::DELETE,
            &format!("{path}?destroy=true"),
            &json!(null),
        )
        .await;
    assert_eq!(destroyed.status, 204);
    assert_eq!(contoso.get("/_apis/wit/recyclebin").await.body["count"], 0);
}
