//! The record of deliveries (Microsoft Learn, Hooks, Notifications).

use axum::http::StatusCode;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::super::Organization;
use super::super::body::{as_choice, choice, flag, items, member, number};
use super::super::error::ApiError;
use super::super::instant;
use super::super::request::ApiRequest;
use super::super::route::{Answer, Scope, ok};
use super::super::wire::list;
use super::delivery::{Delivery, Outcome, Post, TestDelivery};
use super::{Subscription, catalog, masked, missing_thing};

/// How many are kept for each subscription.
const KEPT: usize = 500;

const STATUSES: [(&str, u64); 4] = [
    ("queued", 0),
    ("processing", 10),
    ("requestInProgress", 20),
    ("completed", 100),
];
const RESULTS: [(&str, u64); 4] = [
    ("pending", 0),
    ("succeeded", 10),
    ("failed", 20),
    ("filtered", 30),
];

const NO_SUBSCRIPTION: &str = "00000000-0000-0000-0000-000000000000";

/// A notification: one event for one subscription.
#[derive(Clone, Debug)]
pub(super) struct Notification {
    pub(super) id: u64,
    pub(super) status: &'static str,
    pub(super) result: &'static str,
    pub(super) created: Timestamp,
    pub(super) modified: Timestamp,
    pub(super) attempts: u32,
    pub(super) duration: f64,
    /// Without secrets.
    pub(super) request: String,
    pub(super) response: Option<String>,
    pub(super) error: Option<String>,
    pub(super) event: Value,
}

impl Notification {
    /// Notes how an attempt went; `last` when no other follows.
    pub(super) fn note(&mut self, outcome: &Outcome, last: bool, now: Timestamp) {
        self.attempts += 1;
        self.modified = now;
        self.duration = outcome.seconds;
        self.response.clone_from(&outcome.response);
        self.error.clone_from(&outcome.error);
        self.status = if last { "completed" } else { "processing" };
        self.result = match (outcome.succeeded(), last) {
            (true, _) => "succeeded",
            (false, true) => "failed",
            (false, false) => "pending",
        };
    }

    fn json(&self, subscription: &Subscription, with_details: bool) -> Value {
        let mut told = json!({
            "id": self.id,
            "subscriptionId": subscription.id,
            "subscriberId": NO_SUBSCRIPTION,
            "eventId": self.event["id"],
            "status": self.status,
            "result": self.result,
            "createdDate": self.created.to_string(),
            "modifiedDate": self.modified.to_string(),
        });
        if with_details {
            let done = (self.status == "completed").then(|| self.modified.to_string());
            told["details"] = json!({
                "eventType": subscription.event_type,
                "event": self.event,
                "publisherId": "tfs",
                "consumerId": "webHooks",
                "consumerActionId": "httpRequest",
                "consumerInputs": masked(&subscription.consumer_inputs),
                "publisherInputs": subscription.publisher_inputs,
                "request": self.request,
                "response": self.response,
                "errorMessage": self.error,
                "queuedDate": self.created.to_string(),
                "dequeuedDate": self.created.to_string(),
                "processedDate": self.created.to_string(),
                "completedDate": done,
                "requestDuration": self.duration,
                "requestAttempts": self.attempts,
            });
        }
        told
    }
}

impl Organization {
    /// Records a notification and queues its delivery.
    pub(super) fn queue(&mut self, subscription: &str, mut event: Value, now: Timestamp) {
        let id = self.hooks.number();
        let Some(known) = self.hooks.subscriptions.get(subscription) else {
            return;
        };
        envelope(&mut event, subscription, id);
        let post = Post::new(&known.consumer_inputs, &event, subscription, id);
        let record = Notification {
            id,
            status: "queued",
            result: "pending",
            created: now,
            modified: now,
            attempts: 0,
            duration: 0.0,
            request: post.told(),
            response: None,
            error: None,
            event,
        };
        let records = self
            .hooks
            .notifications
            .entry(subscription.to_owned())
            .or_default();
        records.push(record);
        if records.len() > KEPT {
            records.remove(0);
        }
        self.hooks.due.push(Delivery::new(subscription, id, post));
    }

    pub(super) fn list_notifications(&self, request: &ApiRequest<'_>, id: &str) -> Answer {
        let subscription = self.subscription(id)?;
        let wanted = |name: &str, known: &[(&'static str, u64)]| match request.query(name) {
            None => Ok(None),
            Some(text) => as_choice(&json!(text), known).map(Some).ok_or_else(|| {
                ApiError::bad_request(format!("The value '{text}' is not valid for {name}."))
            }),
        };
        let status = wanted("status", &STATUSES)?;
        let result = wanted("result", &RESULTS)?;
        let most = request.number("maxResults")?.unwrap_or(100);
        let records = self.hooks.notifications.get(id).into_iter().flatten().rev();
        let told = records
            .filter(|one| status.is_none_or(|status| status == one.status))
            .filter(|one| result.is_none_or(|result| result == one.result))
            .take(most);
        // The newest come first, without their details.
        ok(list(
            told.map(|one| one.json(subscription, false)).collect(),
        ))
    }

    pub(super) fn get_notification(&self, id: &str, number: &str) -> Answer {
        let subscription = self.subscription(id)?;
        let record = self
            .hooks
            .notifications
            .get(id)
            .into_iter()
            .flatten()
            .find(|one| one.id.to_string() == number)
            .ok_or_else(|| {
                missing_thing("NotificationNotFoundException", "notification", number)
            })?;
        ok(record.json(subscription, true))
    }

    pub(super) fn query_notifications(&self, request: &ApiRequest<'_>) -> Answer {
        let mut body = request.json()?;
        let status = choice(&body, "status", &STATUSES)?;
        let result = choice(&body, "resultType", &RESULTS)?;
        let asked = items(&body, "subscriptionIds");
        let date = |name: &str| {
            let written = member(&body, name).and_then(Value::as_str)?;
            instant::parse(written).map(|written| written.at)
        };
        let (from, to) = (date("minCreatedDate"), date("maxCreatedDate"));
        let details = flag(&body, "includeDetails").unwrap_or(false);
        let most = |name: &str| {
            let most = number(&body, name).and_then(|most| usize::try_from(most).ok());
            most.unwrap_or(usize::MAX)
        };
        let mut told = Vec::new();
        let mut summary = Vec::new();
        let mut associated = Vec::new();
        for subscription in self.hooks.in_order() {
            let named = |id: &Value| {
                id.as_str()
                    .is_some_and(|id| id.eq_ignore_ascii_case(&subscription.id))
            };
            if !asked.is_empty() && !asked.iter().any(named) {
                continue;
            }
            let records = self
                .hooks
                .notifications
                .get(&subscription.id)
                .into_iter()
                .flatten();
            let fitting: Vec<&Notification> = records
                .rev()
                .filter(|one| status.is_none_or(|status| status == one.status))
                .filter(|one| result.is_none_or(|result| result == one.result))
                .filter(|one| from.is_none_or(|from| one.created >= from))
                .filter(|one| to.is_none_or(|to| one.created <= to))
                .take(most("maxResultsPerSubscription"))
                .collect();
            if fitting.is_empty() {
                continue;
            }
            let counts: Vec<Value> = RESULTS
                .iter()
                .map(|(name, _)| {
                    (
                        name,
                        fitting.iter().filter(|one| one.result == *name).count(),
                    )
                })
                .filter(|(_, count)| *count > 0)
                .map(|(name, count)| json!({"result": name, "notificationCount": count}))
                .collect();
            summary.push(json!({"subscriptionId": subscription.id, "results": counts}));
            associated.push(self.subscription_json(subscription));
            told.extend(fitting.iter().map(|one| one.json(subscription, details)));
        }
        told.truncate(most("maxResults"));
        body["results"] = Value::Array(told);
        body["summary"] = Value::Array(summary);
        body["associatedSubscriptions"] = Value::Array(associated);
        ok(body)
    }

    /// A test of a subscription that need not be stored. The answer waits for its POST.
    pub(super) fn test_notification(&mut self, request: &ApiRequest<'_>, scope: Scope) -> Answer {
        let body = request.json()?;
        let details = member(&body, "details")
            .ok_or_else(|| super::super::body::missing("details"))?
            .clone();
        let mut wish = self.read_subscription(
                &json!({
                    "publisherId": member(&details, "publisherId"),
                    "consumerId": member(&details, "consumerId"),
                    "consumerActionId": member(&details, "consumerActionId"),
                    "eventType": member(&details, "eventType"),
                    "resourceVersion": member(&details, "event").and_then(|event| member(event, "resourceVersion")),
                    "publisherInputs": member(&details, "publisherInputs"),
                    "consumerInputs": member(&details, "consumerInputs"),
                }),
                NO_SUBSCRIPTION,
            )?;
        let id = member(&body, "subscriptionId")
            .and_then(Value::as_str)
            .unwrap_or(NO_SUBSCRIPTION)
            .to_lowercase();
        if let Some(stored) = self.hooks.subscriptions.get(&id) {
            // A client that tests a stored subscription has only the masks of its secrets.
            for (key, value) in &mut wish.consumer_inputs {
                if catalog::is_confidential(key)
                    && value == super::MASK
                    && let Some(secret) = stored.consumer_inputs.get(key)
                {
                    value.clone_from(secret);
                }
            }
        }
        let subscription = wish.granted(id.clone(), (request.now, scope.user));
        let number = self.hooks.number();
        let mut event =
            self.sample_payload(&subscription.event_type, &subscription.resource_version);
        envelope(&mut event, &id, number);
        let post = Post::new(&subscription.consumer_inputs, &event, &id, number);
        let record = Notification {
            id: number,
            status: "queued",
            result: "pending",
            created: request.now,
            modified: request.now,
            attempts: 0,
            duration: 0.0,
            request: post.told(),
            response: None,
            error: None,
            event,
        };
        let told = record.json(&subscription, true);
        self.hooks.test = Some(TestDelivery {
            post,
            user: scope.user,
            record,
            subscription,
        });
        Ok((StatusCode::OK, Some(told.into())))
    }
}

impl TestDelivery {
    /// The answer to the test once its POST was made.
    pub(super) fn told(mut self, outcome: &Outcome, now: Timestamp) -> Value {
        self.record.note(outcome, true, now);
        self.record.json(&self.subscription, true)
    }
}

fn envelope(event: &mut Value, subscription: &str, id: u64) {
    let mut whole = serde_json::Map::new();
    whole.insert("subscriptionId".to_owned(), json!(subscription));
    whole.insert("notificationId".to_owned(), json!(id));
    if let Some(rest) = event.as_object_mut() {
        whole.append(rest);
    }
    *event = Value::Object(whole);
}

/// The inputs of a test come under the same rules as those of a subscription.
#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_envelope_begins_with_the_ids_and_keeps_the_rest() {
        let mut event = json!({"id": "e", "eventType": "workitem.created"});
        envelope(&mut event, "s", 7);
        let keys: Vec<&String> = event.as_object().unwrap().keys().collect();
        assert_eq!(
            keys,
            ["subscriptionId", "notificationId", "id", "eventType"]
        );
    }

    #[test]
    fn an_attempt_that_failed_is_pending_until_the_last() {
        let outcome = Outcome::refused("no");
        let mut record = Notification {
            id: 1,
            status: "queued",
            result: "pending",
            created: Timestamp::UNIX_EPOCH,
            modified: Timestamp::UNIX_EPOCH,
            attempts: 0,
            duration: 0.0,
            request: String::new(),
            response: None,
            error: None,
            event: Value::Null,
        };
        record.note(&outcome, false, Timestamp::UNIX_EPOCH);
        assert_eq!((record.status, record.result), ("processing", "pending"));
        record.note(&outcome, true, Timestamp::UNIX_EPOCH);
        assert_eq!(
            (record.status, record.result, record.attempts),
            ("completed", "failed", 2)
        );
    }
}
