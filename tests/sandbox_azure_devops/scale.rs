//! Many items: the shape of the work must stay linear. Judged by what is answered, not by the clock.

use accord::sandbox::azure_devops::seed::{HyperlinkSeed, WorkItemSeed};
use jiff::Timestamp;
use reqwest::Method;
use serde_json::{Value, json};

use crate::organization::Contoso;

const ITEMS: u64 = 20_500;

#[tokio::test]
async fn more_than_twenty_thousand_items_are_found_page_by_page() {
    let contoso = Contoso::open().await;
    let now: Timestamp = "2026-03-01T00:00:00Z".parse().unwrap();
    {
        let mut state = contoso.sandbox.state();
        for number in 1..=ITEMS {
            let item = WorkItemSeed {
                work_item_type: "Test Case".into(),
                title: format!("Case {number}"),
                tags: vec!["accord".into()],
                hyperlinks: vec![HyperlinkSeed {
                    url: format!("https://shop.example/{number}"),
                    comment: None,
                }],
                ..WorkItemSeed::default()
            };
            assert_eq!(state.azure_devops.add_work_item(&item, now), Ok(number));
        }
    }
    let wiql = async |condition: &str, top: &str| {
        let query =
            format!("SELECT [System.Id] FROM WorkItems WHERE {condition} ORDER BY [System.Id]");
        contoso
            .send(
                Method::POST,
                &format!("/_apis/wit/wiql{top}"),
                &json!({"query": query}),
            )
            .await
    };
    let all = wiql("[System.Tags] CONTAINS 'accord'", "").await;
    assert_eq!(
        (all.status, all.message().starts_with("VS402337")),
        (400, true)
    );
    assert_eq!(
        all.body["typeKey"],
        "WorkItemTrackingQueryResultSizeLimitExceededException"
    );
    assert_eq!(wiql("[System.Id] > 0", "?$top=20001").await.status, 400);
    let mut ids: Vec<u64> = Vec::new();
    loop {
        let last = ids.last().copied().unwrap_or(0);
        let page = wiql(
            &format!("[System.Id] > {last} AND [System.Tags] CONTAINS 'accord'"),
            "?$top=19999",
        )
        .await;
        let page: Vec<u64> = page.body["workItems"]
            .as_array()
            .unwrap()
            .iter()
            .map(|item| item["id"].as_u64().unwrap())
            .collect();
        if page.is_empty() {
            break;
        }
        ids.extend(page);
    }
    assert_eq!(ids, (1..=ITEMS).collect::<Vec<_>>());
    let urls: Vec<String> = (1..=200)
        .map(|n| format!("https://shop.example/{}", n * 100))
        .collect();
    let found = contoso
        .send(
            Method::POST,
            "/_apis/wit/artifacturiquery",
            &json!({"artifactUris": urls}),
        )
        .await;
    let result = found.body["artifactUrisQueryResult"].as_object().unwrap();
    assert!(
        result
            .values()
            .all(|items| items.as_array().is_some_and(|items| items.len() == 1))
    );
    let chunk: Vec<u64> = (1..=200).collect();
    let read = contoso
        .send(
            Method::POST,
            "/_apis/wit/workitemsbatch",
            &json!({"ids": chunk, "$expand": "all"}),
        )
        .await;
    assert_eq!(read.body["count"], 200);
    assert!(
        read.body["value"]
            .as_array()
            .unwrap()
            .iter()
            .all(|item: &Value| item["relations"][0]["rel"] == "Hyperlink")
    );
}
