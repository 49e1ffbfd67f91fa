//! Deliveries of service hooks to a receiver on loopback, and what must never be told or reached.

use std::collections::VecDeque;

use reqwest::Method;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::mpsc;

use crate::organization::{Contoso, set};

/// A request that arrived: its head and its body.
struct Arrival {
    head: String,
    body: Value,
}

/// A receiver that answers with the given statuses in turn, then 200.
struct Receiver {
    url: String,
    arrivals: mpsc::UnboundedReceiver<Arrival>,
}

impl Receiver {
    async fn open(statuses: &[u16]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook?key=1", listener.local_addr().unwrap());
        let (send, arrivals) = mpsc::unbounded_channel();
        let mut statuses: VecDeque<u16> = statuses.iter().copied().collect();
        tokio::spawn(async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                let mut bytes = Vec::new();
                let (head, body) = loop {
                    let mut part = [0; 4096];
                    let count = stream.read(&mut part).await.unwrap();
                    bytes.extend_from_slice(&part[..count]);
                    let text = String::from_utf8_lossy(&bytes).into_owned();
                    if let Some((head, body)) = text.split_once("\r\n\r\n")
                        && let Ok(body) = serde_json::from_str::<Value>(body)
                    {
                        break (head.to_owned(), body);
                    }
                };
                let status = statuses.pop_front().unwrap_or(200);
                let answer = format!(
                    "HTTP/1.1 {status} X\r\nLocation: http://127.0.0.1:9/\r\nContent-Length: 0\r\n\r\n"
                );
                stream.write_all(answer.as_bytes()).await.unwrap();
                if send.send(Arrival { head, body }).is_err() {
                    return;
                }
            }
        });
        Self { url, arrivals }
    }

    async fn next(&mut self) -> Arrival {
        self.arrivals.recv().await.unwrap()
    }
}

async fn subscribe(contoso: &Contoso, event: &str, inputs: Value) -> String {
    let body = json!({
        "publisherId": "tfs",
        "eventType": event,
        "resourceVersion": "5.1-preview.3",
        "consumerId": "webHooks",
        "consumerActionId": "httpRequest",
        "publisherInputs": {"projectId": ""},
        "consumerInputs": inputs,
    });
    let made = contoso
        .send(Method::POST, "/_apis/hooks/subscriptions", &body)
        .await;
    assert_eq!(made.status, 200, "{}", made.body);
    made.body["id"].as_str().unwrap().to_owned()
}

async fn subscription(contoso: &Contoso, id: &str) -> Value {
    let path = format!("/_apis/hooks/subscriptions/{id}");
    contoso.get(&path).await.body
}

/// Asks until the subscription has a status: deliveries run beside the requests.
async fn wait_for(contoso: &Contoso, id: &str, status: &str) {
    while subscription(contoso, id).await["status"] != status {
        tokio::task::yield_now().await;
    }
}

async fn notifications(contoso: &Contoso, id: &str) -> Vec<Value> {
    let path = format!("/_apis/hooks/subscriptions/{id}/notifications");
    let told = contoso.get(&path).await.body;
    told["value"].as_array().unwrap().clone()
}

#[tokio::test]
async fn an_item_is_delivered_with_what_the_subscription_asks_for() {
    let contoso = Contoso::open().await;
    let mut receiver = Receiver::open(&[]).await;
    let inputs = json!({
        "url": receiver.url,
        "basicAuthUsername": "hook",
        "basicAuthPassword": "secret",
        "httpHeaders": "X-One: 1\nX-Two:2",
        "detailedMessagesToSend": "text",
    });
    let id = subscribe(&contoso, "workitem.created", inputs).await;
    let case = contoso.test_case("Pay by card").await;
    let arrival = receiver.next().await;
    let head = arrival.head;
    assert!(head.starts_with("POST /hook?key=1 HTTP/1.1\r\n"), "{head}");
    for line in [
        "Authorization: Basic aG9vazpzZWNyZXQ=",
        "X-One: 1",
        "X-Two: 2",
        "Content-Type: application/json; charset=utf-8",
    ] {
        assert!(head.contains(line), "{line} in {head}");
    }
    let body = arrival.body;
    assert_eq!(body["subscriptionId"], id);
    assert_eq!(body["resource"]["id"], case);
    assert_eq!(
        body["resource"]["fields"]["System.CreatedBy"]["uniqueName"],
        "accord@contoso.example"
    );
    assert!(body["detailedMessage"]["text"].is_string());
    assert!(body["detailedMessage"].get("html").is_none());
}

#[tokio::test]
async fn what_is_not_stored_raises_nothing() {
    let contoso = Contoso::open().await;
    let mut receiver = Receiver::open(&[]).await;
    let id = subscribe(&contoso, "workitem.created", json!({"url": receiver.url})).await;
    let path = "/Web%20Shop/_apis/wit/workitems/$Bug?validateOnly=true";
    let validated = contoso
        .patch(
            Method::POST,
            path,
            &set(&[("System.Title", json!("Not kept"))]),
        )
        .await;
    assert_eq!(validated.status, 200);
    contoso.sandbox.state().azure_devops.settings.batch_atomic = true;
    let create = |title: &str| {
        json!({
            "method": "PATCH",
            "uri": "/Web%20Shop/_apis/wit/workitems/$Bug?api-version=7.1",
            "headers": {"Content-Type": "application/json-patch+json"},
            "body": set(&[("System.Title", json!(title))]),
        })
    };
    let batch = json!([create("Taken back"), create("")]);
    contoso
        .send(Method::PATCH, "/_apis/wit/$batch?api-version=7.1", &batch)
        .await;
    contoso.test_case("Kept").await;
    let arrival = receiver.next().await;
    assert_eq!(arrival.body["resource"]["fields"]["System.Title"], "Kept");
    assert_eq!(notifications(&contoso, &id).await.len(), 1);
}

#[tokio::test]
async fn no_secret_is_told_anywhere() {
    let contoso = Contoso::open().await;
    let mut receiver = Receiver::open(&[]).await;
    let inputs = json!({
        "url": receiver.url,
        "basicAuthUsername": "hook",
        "basicAuthPassword": "very-secret",
    });
    let id = subscribe(&contoso, "workitem.created", inputs.clone()).await;
    contoso.test_case("Pay").await;
    receiver.next().await;
    while notifications(&contoso, &id).await[0]["status"] != "completed" {
        tokio::task::yield_now().await;
    }
    let number = notifications(&contoso, &id).await[0]["id"].clone();
    let told = [
        subscription(&contoso, &id).await,
        contoso.get("/_apis/hooks/subscriptions").await.body,
        contoso
            .get(&format!(
                "/_apis/hooks/subscriptions/{id}/notifications/{number}"
            ))
            .await
            .body,
        contoso
            .send(
                Method::POST,
                "/_apis/hooks/notificationsquery",
                &json!({"includeDetails": true}),
            )
            .await
            .body,
        contoso
            .send(
                Method::POST,
                "/_apis/hooks/subscriptionsquery",
                &json!({"publisherId": "tfs"}),
            )
            .await
            .body,
        contoso
            .send(
                Method::POST,
                "/_apis/hooks/testnotifications",
                &json!({"details": {
                    "publisherId": "tfs",
                    "consumerId": "webHooks",
                    "consumerActionId": "httpRequest",
                    "eventType": "workitem.created",
                    "consumerInputs": inputs,
                }}),
            )
            .await
            .body,
    ];
    for told in told {
        let text = told.to_string();
        assert!(text.contains("********"), "{text}");
        assert!(!text.contains("very-secret"), "{text}");
        assert!(!text.contains("aG9vazp2ZXJ5LXNlY3JldA"), "{text}");
    }
}

#[tokio::test]
async fn nothing_leaves_the_machine() {
    let contoso = Contoso::open().await;
    for url in [
        "http://contoso.example/hook",
        "http://192.0.2.1/hook",
        "http://127.0.0.1.contoso.example/",
        "https://127.0.0.1/hook",
    ] {
        let id = subscribe(&contoso, "workitem.created", json!({"url": url})).await;
        contoso.test_case("Pay").await;
        wait_for(&contoso, &id, "disabledBySystem").await;
        let records = notifications(&contoso, &id).await;
        assert_eq!(records[0]["result"], "failed");
        let path = format!(
            "/_apis/hooks/subscriptions/{id}/notifications/{}",
            records[0]["id"]
        );
        let details = contoso.get(&path).await.body["details"].clone();
        let error = details["errorMessage"].as_str().unwrap();
        assert!(error.starts_with("The sandbox delivers only"), "{error}");
        assert_eq!(details["requestAttempts"], 8);
    }
}

#[tokio::test]
async fn a_failing_receiver_means_probation_and_a_redirect_is_a_failure() {
    let contoso = Contoso::open().await;
    let mut receiver = Receiver::open(&[500, 302, 401]).await;
    let id = subscribe(&contoso, "workitem.created", json!({"url": receiver.url})).await;
    contoso.test_case("First").await;
    let first = receiver.next().await.body["notificationId"].clone();
    wait_for(&contoso, &id, "onProbation").await;
    let lost = contoso.test_case("Lost").await;
    for _ in 0..3 {
        let again = receiver.next().await.body;
        assert_eq!(again["notificationId"], first);
        assert_ne!(again["resource"]["id"], lost);
    }
    wait_for(&contoso, &id, "enabled").await;
    let told = subscription(&contoso, &id).await;
    assert!(told["lastProbationRetryDate"].is_string(), "{told}");
    assert!(told.get("probationRetries").is_none(), "{told}");
    let after = contoso.test_case("After").await;
    assert_eq!(receiver.next().await.body["resource"]["id"], after);
    assert_eq!(notifications(&contoso, &id).await.len(), 2);
}

#[tokio::test]
async fn a_deleted_subscription_is_no_longer_tried() {
    let contoso = Contoso::open().await;
    let mut receiver = Receiver::open(&[503; 20]).await;
    let url = receiver.url.clone();
    let id = subscribe(&contoso, "workitem.created", json!({"url": url})).await;
    contoso.test_case("First").await;
    receiver.next().await;
    let path = format!("/_apis/hooks/subscriptions/{id}");
    let deleted = contoso.send(Method::DELETE, &path, &json!(null)).await;
    assert_eq!(deleted.status, 204);
    let other = subscribe(&contoso, "workitem.created", json!({"url": url})).await;
    contoso.test_case("Second").await;
    // One attempt for the first may be under way; all others are for the second.
    let mut seen = Vec::new();
    for _ in 0..5 {
        seen.push(receiver.next().await.body["subscriptionId"].clone());
    }
    assert!(seen.iter().filter(|one| **one == json!(id)).count() <= 1);
    assert!(seen.contains(&json!(other)));
}
