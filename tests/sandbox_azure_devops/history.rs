//! Revisions, updates and the reporting feed.

use jiff::SignedDuration;
use reqwest::Method;
use serde_json::{Value, json};

use crate::organization::{Contoso, keys, set};

impl Contoso {
    fn wait(&self, seconds: i64) {
        self.sandbox
            .state()
            .clock
            .advance(SignedDuration::from_secs(seconds));
    }
}

#[tokio::test]
async fn each_revision_is_told_as_it_was() {
    let contoso = Contoso::open().await;
    let id = contoso.test_case("One").await;
    contoso.wait(60);
    contoso
        .update(
            id,
            &set(&[
                ("System.Title", json!("Two")),
                ("System.Description", json!("x")),
            ]),
        )
        .await;
    contoso.wait(60);
    contoso
        .update(id, &set(&[("System.History", json!("a comment"))]))
        .await;
    contoso.wait(60);
    contoso
        .update(
            id,
            &set(&[
                ("System.Description", json!("")),
                ("System.Tags", json!("t")),
            ]),
        )
        .await;
    let all = contoso
        .get(&format!("/_apis/wit/workItems/{id}/revisions?$expand=all"))
        .await
        .body;
    let told: Vec<_> = all["value"]
        .as_array()
        .unwrap()
        .iter()
        .map(|past| {
            let fields = &past["fields"];
            (
                past["rev"].as_u64().unwrap(),
                fields["System.Title"].as_str().unwrap(),
                fields["System.Description"].as_str(),
                fields["System.History"].as_str(),
                fields["System.CommentCount"].as_u64().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            (1, "One", None, None, 0),
            (2, "Two", Some("x"), None, 0),
            (3, "Two", Some("x"), Some("a comment"), 1),
            (4, "Two", None, None, 1),
        ]
    );
    assert_eq!(
        all["value"][0]["fields"]["System.RevisedDate"],
        "2026-03-10T12:01:00.003Z"
    );
    let one = contoso
        .get(&format!("/_apis/wit/workItems/{id}/revisions/2"))
        .await
        .body;
    assert!(one["url"].as_str().unwrap().ends_with("/revisions/2"));
    assert_eq!(
        contoso
            .get(&format!("/_apis/wit/workItems/{id}/revisions/9"))
            .await
            .status,
        404
    );
    let past = contoso
        .get(&format!(
            "/_apis/wit/workitems/{id}?asOf=2026-03-10T12:01:30Z"
        ))
        .await
        .body;
    assert_eq!(past["rev"], 2);
    assert_eq!(
        contoso.item(id).await["fields"].get("System.History"),
        None,
        "absent on a plain read"
    );
}

#[tokio::test]
async fn updates_number_link_changes_that_no_revision_shows() {
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
    contoso.update(one, &link).await;
    contoso
        .update(one, &set(&[("System.Title", json!("Uno"))]))
        .await;
    let updates = contoso
        .get(&format!("/_apis/wit/workItems/{one}/updates"))
        .await
        .body;
    let numbers: Vec<(u64, u64)> = updates["value"]
        .as_array()
        .unwrap()
        .iter()
        .map(|update| {
            (
                update["id"].as_u64().unwrap(),
                update["rev"].as_u64().unwrap(),
            )
        })
        .collect();
    assert_eq!(numbers, [(1, 1), (2, 1), (3, 2)]);
    assert_eq!(
        updates["value"][1]["relations"]["added"][0]["rel"],
        "System.LinkTypes.Related"
    );
    assert_eq!(updates["value"][1].get("fields"), None);
    assert_eq!(
        updates["value"][2]["fields"]["System.Title"],
        json!({"oldValue": "One", "newValue": "Uno"})
    );
    assert_eq!(
        updates["value"][0]["fields"]["System.Title"],
        json!({"newValue": "One"})
    );
    assert_eq!(
        keys(&updates["value"][2]),
        [
            "id",
            "workItemId",
            "rev",
            "revisedBy",
            "revisedDate",
            "fields",
            "url"
        ]
    );
    let single = contoso
        .get(&format!("/_apis/wit/workItems/{one}/updates/3"))
        .await
        .body;
    assert_eq!(
        single["fields"]["System.Rev"],
        json!({"oldValue": 1, "newValue": 2})
    );
}

fn entries(page: &Value) -> Vec<(u64, u64)> {
    let all = page["values"].as_array().unwrap();
    all.iter()
        .map(|one| (one["id"].as_u64().unwrap(), one["rev"].as_u64().unwrap()))
        .collect()
}

#[tokio::test]
async fn the_feed_is_read_page_by_page_and_goes_on_from_its_token() {
    let contoso = Contoso::open().await;
    for title in ["One", "Two", "Three"] {
        contoso.test_case(title).await;
    }
    contoso
        .update(1, &set(&[("System.Description", json!("<p>long</p>"))]))
        .await;
    contoso.sandbox.state().azure_devops.settings.reporting_page = 2;
    let path = "/_apis/wit/reporting/workItemRevisions?includeLatestOnly=true";
    let first = contoso.get(path).await.body;
    assert_eq!(entries(&first), [(2, 1), (3, 1)]);
    assert_eq!(
        (keys(&first), &first["isLastBatch"]),
        (
            vec!["values", "nextLink", "continuationToken", "isLastBatch"],
            &json!(false)
        )
    );
    let base = contoso.sandbox.organization_url();
    let next = first["nextLink"]
        .as_str()
        .unwrap()
        .strip_prefix(&base)
        .unwrap()
        .to_owned();
    let second = contoso.get(&next).await.body;
    assert_eq!(
        (entries(&second), &second["isLastBatch"]),
        (vec![(1, 2)], &json!(true))
    );
    let fields = &second["values"][0]["fields"];
    assert_eq!(
        fields.get("System.Description"),
        None,
        "long text only with $expand=fields"
    );
    assert_eq!(
        fields["System.ChangedBy"],
        "Accord Service <accord@contoso.example>"
    );
    let next = second["nextLink"]
        .as_str()
        .unwrap()
        .strip_prefix(&base)
        .unwrap()
        .to_owned();
    let third = contoso.get(&next).await.body;
    assert_eq!(
        (entries(&third).len(), &third["isLastBatch"]),
        (0, &json!(true))
    );
    assert_eq!(third["continuationToken"], second["continuationToken"]);
    contoso.test_case("Four").await;
    assert_eq!(entries(&contoso.get(&next).await.body), [(4, 1)]);

    let posted = contoso
        .send(
            Method::POST,
            "/_apis/wit/reporting/workItemRevisions?$expand=fields",
            &json!({"fields": ["System.Description", "System.Rev"], "includeIdentityRef": true, "types": ["Test Case"]}),
        )
        .await;
    assert_eq!(posted.body["values"][0]["fields"], json!({"System.Rev": 1}));
    let both = contoso.get("/_apis/wit/reporting/workItemRevisions?continuationToken=1;1;1&startDateTime=2026-01-01").await;
    assert_eq!(both.status, 400);
}

#[tokio::test]
async fn the_feed_tells_deletions_on_request_and_destruction_never() {
    let contoso = Contoso::open().await;
    for title in ["One", "Two"] {
        contoso
            .create("Bug", &[("System.Title", json!(title))])
            .await;
    }
    contoso
        .send(Method::DELETE, "/_apis/wit/workitems/1", &json!(null))
        .await;
    let path = "/_apis/wit/reporting/workItemRevisions?includeLatestOnly=true";
    assert_eq!(entries(&contoso.get(path).await.body), [(2, 1)]);
    let all = contoso
        .get(&format!("{path}&includeDeleted=true"))
        .await
        .body;
    assert_eq!(entries(&all), [(2, 1), (1, 2)]);
    assert_eq!(all["values"][1]["fields"]["System.IsDeleted"], true);
    contoso
        .send(Method::DELETE, "/_apis/wit/recyclebin/1", &json!(null))
        .await;
    let all = contoso
        .get(&format!("{path}&includeDeleted=true"))
        .await
        .body;
    assert_eq!(entries(&all), [(2, 1)]);
}
