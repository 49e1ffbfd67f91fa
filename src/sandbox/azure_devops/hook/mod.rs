//! Service hooks: subscriptions to work item events, which are delivered by POST (Microsoft Learn, Hooks;
//! Service hooks events; Webhooks).
//!
//! [`catalog`] says what there is to subscribe to, [`event`] turns updates of items into payloads,
//! [`delivery`] posts them and tries again, [`notification`] keeps the record.
//!
//! Here a receiver must be a loopback address, where the service refuses those; and basic authentication
//! needs no HTTPS, because nothing leaves the machine. Guesses: that inputs nobody knows are kept, that a
//! mask that is sent back counts as a new value (only that one has to send the real value again is
//! documented), the `typeKey`s and statuses of refusals, and that a subscription on probation gets no new
//! events.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::Organization;
use super::body::{choice, entries, flag, items, member, required, text};
use super::error::ApiError;
use super::guid::guid;
use super::identity::UserId;
use super::request::ApiRequest;
use super::route::{Answer, Scope, ok};
use super::version::Versions;
use super::wire::list;

mod catalog;
mod delivery;
mod event;
mod notification;

pub(crate) use delivery::{TestDelivery, deliver};

/// The states of a subscription, by name and by number.
const STATUSES: [(&str, u64); 5] = [
    (ENABLED, 0),
    (ON_PROBATION, 10),
    ("disabledByUser", 20),
    (DISABLED_BY_SYSTEM, 30),
    ("disabledByInactiveIdentity", 40),
];
const ENABLED: &str = "enabled";
const ON_PROBATION: &str = "onProbation";
const DISABLED_BY_SYSTEM: &str = "disabledBySystem";

/// What stands for a confidential value.
const MASK: &str = "********";

/// A subscription.
#[derive(Clone, Debug)]
struct Subscription {
    id: String,
    event_type: String,
    resource_version: String,
    publisher_inputs: BTreeMap<String, String>,
    consumer_inputs: BTreeMap<String, String>,
    status: &'static str,
    probation_retries: u8,
    last_probation: Option<Timestamp>,
    created: (Timestamp, UserId),
    modified: (Timestamp, UserId),
    /// Which of the three kinds of diagnostics are on.
    diagnostics: [bool; 3],
}

/// What a client asks for in a subscription, once it was checked.
struct Wish {
    event_type: String,
    resource_version: String,
    publisher_inputs: BTreeMap<String, String>,
    consumer_inputs: BTreeMap<String, String>,
}

impl Wish {
    /// The subscription that it makes.
    fn granted(self, id: String, stamp: (Timestamp, UserId)) -> Subscription {
        Subscription {
            id,
            event_type: self.event_type,
            resource_version: self.resource_version,
            publisher_inputs: self.publisher_inputs,
            consumer_inputs: self.consumer_inputs,
            status: ENABLED,
            probation_retries: 0,
            last_probation: None,
            created: stamp,
            modified: stamp,
            diagnostics: [false; 3],
        }
    }
}

/// Subscriptions, their records, and what waits to be sent.
#[derive(Clone, Debug, Default)]
pub(crate) struct Hooks {
    subscriptions: BTreeMap<String, Subscription>,
    /// By subscription, oldest first.
    notifications: BTreeMap<String, Vec<notification::Notification>>,
    due: Vec<delivery::Delivery>,
    /// A test that is answered when its POST was made.
    test: Option<TestDelivery>,
    made: u64,
}

impl Hooks {
    /// The test that the last request asked for.
    pub(crate) fn take_test(&mut self) -> Option<TestDelivery> {
        self.test.take()
    }

    fn number(&mut self) -> u64 {
        self.made += 1;
        self.made
    }

    fn in_order(&self) -> impl Iterator<Item = &Subscription> {
        let mut all: Vec<&Subscription> = self.subscriptions.values().collect();
        all.sort_by_key(|subscription| subscription.created.0);
        all.into_iter()
    }
}

/// The versions of the resources under `hooks`, by what follows it in the path.
pub(crate) fn versions(path: &[&str]) -> Option<Versions> {
    Some(match path {
        [
            "subscriptions" | "publishers" | "consumers" | "subscriptionsquery"
            | "notificationsquery" | "publishersquery" | "testnotifications",
        ]
        | ["subscriptions" | "publishers" | "consumers", _]
        | ["subscriptions", _, "notifications"]
        | ["subscriptions", _, "notifications", _]
        | ["publishers", _, "eventtypes" | "inputvaluesquery"]
        | ["publishers", _, "eventtypes", _]
        | ["consumers", _, "actions"]
        | ["consumers", _, "actions", _] => Versions::released(1),
        ["subscriptions", _, "diagnostics"] => Versions::released(1).since(4, 1),
        _ => return None,
    })
}

/// Inputs that do not fit.
fn bad_input(message: impl Into<String>) -> ApiError {
    ApiError::hooks(
        StatusCode::BAD_REQUEST,
        "SubscriptionInputException",
        message,
    )
}

fn missing_thing(type_key: &'static str, what: &str, id: &str) -> ApiError {
    ApiError::hooks(
        StatusCode::NOT_FOUND,
        type_key,
        format!("The {what} '{id}' does not exist."),
    )
}

/// Texts of an object member; numbers and flags become texts, null goes.
fn inputs(body: &Value, name: &str) -> BTreeMap<String, String> {
    entries(body, name)
        .into_iter()
        .filter_map(|(key, value)| match value {
            Value::Null => None,
            Value::String(text) => Some((key, text)),
            other => Some((key, other.to_string())),
        })
        .collect()
}

/// The value of an input; empty counts as absent.
fn input<'a>(inputs: &'a BTreeMap<String, String>, name: &str) -> Option<&'a str> {
    inputs
        .iter()
        .find(|(key, _)| key.eq_ignore_ascii_case(name))
        .map(|(_, value)| value.trim())
        .filter(|value| !value.is_empty())
}

/// Consumer inputs as they are told: confidential ones masked.
fn masked(inputs: &BTreeMap<String, String>) -> Value {
    let told = inputs.iter().map(|(key, value)| {
        let secret = catalog::is_confidential(key) && !value.is_empty();
        let value = if secret { MASK } else { value.as_str() };
        (key.clone(), json!(value))
    });
    Value::Object(told.collect())
}

impl Organization {
    /// Everything under `_apis/hooks`.
    pub(crate) fn hook_route(
        &mut self,
        request: &ApiRequest<'_>,
        scope: Scope,
        path: &[&str],
        given: &[&str],
    ) -> Answer {
        match (request.method, path) {
            ("GET", ["publishers"]) => ok(list(vec![catalog::publisher(&self.url())])),
            ("GET", ["publishers", id]) => {
                catalog::find_publisher(id)?;
                ok(catalog::publisher(&self.url()))
            }
            ("GET", ["publishers", id, "eventtypes"]) => {
                catalog::find_publisher(id)?;
                ok(list(catalog::event_types(&self.url())))
            }
            ("GET", ["publishers", id, "eventtypes", name]) => {
                catalog::find_publisher(id)?;
                ok(catalog::event_type(&self.url(), name)?)
            }
            ("POST", ["publishers", id, "inputvaluesquery"]) => {
                catalog::find_publisher(id)?;
                self.query_input_values(request)
            }
            ("POST", ["publishersquery"]) => {
                let mut body = request.json()?;
                body["results"] = json!([catalog::publisher(&self.url())]);
                ok(body)
            }
            ("GET", ["consumers"]) => ok(list(vec![catalog::consumer(&self.url())])),
            ("GET", ["consumers", id]) => {
                catalog::find_consumer(id)?;
                ok(catalog::consumer(&self.url()))
            }
            ("GET", ["consumers", id, "actions"]) => {
                catalog::find_consumer(id)?;
                ok(list(vec![catalog::action(&self.url())]))
            }
            ("GET", ["consumers", id, "actions", action]) => {
                catalog::find_consumer(id)?;
                catalog::find_action(action)?;
                ok(catalog::action(&self.url()))
            }
            ("GET", ["subscriptions"]) => self.list_subscriptions(request),
            ("POST", ["subscriptions"]) => self.create_subscription(request, scope),
            ("PUT", ["subscriptions"]) => {
                let body = request.json()?;
                let id = required(&body, "id")?.to_lowercase();
                self.replace_subscription(request, scope, &id)
            }
            ("GET", ["subscriptions", id]) => ok(self.subscription_json(self.subscription(id)?)),
            ("PUT", ["subscriptions", id]) => self.replace_subscription(request, scope, id),
            ("DELETE", ["subscriptions", id]) => {
                self.subscription(id)?;
                self.hooks.subscriptions.remove(*id);
                self.hooks.notifications.remove(*id);
                Ok((StatusCode::NO_CONTENT, None))
            }
            ("GET" | "PUT", ["subscriptions", id, "diagnostics"]) => self.diagnostics(request, id),
            ("POST", ["subscriptionsquery"]) => self.query_subscriptions(request),
            ("POST", ["testnotifications"]) => self.test_notification(request, scope),
            ("POST", ["notificationsquery"]) => self.query_notifications(request),
            ("GET", ["subscriptions", id, "notifications"]) => self.list_notifications(request, id),
            ("GET", ["subscriptions", id, "notifications", _]) => {
                self.get_notification(id, given[3])
            }
            _ => Err(ApiError::method_not_allowed(request.method)),
        }
    }

    fn subscription(&self, id: &str) -> Result<&Subscription, ApiError> {
        self.hooks
            .subscriptions
            .get(id)
            .ok_or_else(|| missing_thing("SubscriptionNotFoundException", "subscription", id))
    }

    /// Checks what a subscription asks for, and fills in what the server knows.
    fn read_subscription(&self, body: &Value, id: &str) -> Result<Wish, ApiError> {
        catalog::find_publisher(required(body, "publisherId")?)?;
        catalog::find_consumer(required(body, "consumerId")?)?;
        catalog::find_action(required(body, "consumerActionId")?)?;
        let event_type = required(body, "eventType")?;
        let event_type = catalog::find_event(event_type)?.id;
        let version = text(body, "resourceVersion").unwrap_or("1.0");
        if !catalog::RESOURCE_VERSIONS.contains(&version) {
            return Err(bad_input(format!(
                "The resource version '{version}' is not supported for the event type {event_type}."
            )));
        }
        let mut publisher = inputs(body, "publisherInputs");
        if let Some(project) = input(&publisher, "projectId")
            && !self
                .projects
                .iter()
                .any(|known| known.id.eq_ignore_ascii_case(project))
        {
            return Err(bad_input(format!(
                "The value '{project}' is not valid for the input projectId: there is no such project."
            )));
        }
        publisher.insert(
            "tfsSubscriptionId".to_owned(),
            guid(&format!("tfs subscription {id}")),
        );
        let consumer = inputs(body, "consumerInputs");
        catalog::check_consumer_inputs(&consumer)?;
        Ok(Wish {
            event_type: event_type.to_owned(),
            resource_version: version.to_owned(),
            publisher_inputs: publisher,
            consumer_inputs: consumer,
        })
    }

    /// No two subscriptions are the same to the service, even if nothing in them differs.
    fn create_subscription(&mut self, request: &ApiRequest<'_>, scope: Scope) -> Answer {
        let body = request.json()?;
        let id = guid(&format!("subscription {}", self.hooks.number()));
        let wish = self.read_subscription(&body, &id)?;
        let mut subscription = wish.granted(id.clone(), (request.now, scope.user));
        if choice(&body, "status", &STATUSES)? == Some("disabledByUser") {
            subscription.status = "disabledByUser";
        }
        let told = self.subscription_json(&subscription);
        self.hooks.subscriptions.insert(id, subscription);
        ok(told)
    }

    fn replace_subscription(&mut self, request: &ApiRequest<'_>, scope: Scope, id: &str) -> Answer {
        let body = request.json()?;
        let mut subscription = self.subscription(id)?.clone();
        let wish = self.read_subscription(&body, id)?;
        subscription.event_type = wish.event_type;
        subscription.resource_version = wish.resource_version;
        subscription.publisher_inputs = wish.publisher_inputs;
        subscription.consumer_inputs = wish.consumer_inputs;
        // A person can switch a subscription on and off; the other states are the service's.
        match choice(&body, "status", &STATUSES)? {
            Some(ENABLED) => {
                subscription.status = ENABLED;
                subscription.probation_retries = 0;
            }
            Some("disabledByUser") => subscription.status = "disabledByUser",
            _ => {}
        }
        subscription.modified = (request.now, scope.user);
        let told = self.subscription_json(&subscription);
        self.hooks.subscriptions.insert(id.to_owned(), subscription);
        ok(told)
    }

    fn subscription_json(&self, subscription: &Subscription) -> Value {
        let url = self.url();
        let own = format!("{url}/_apis/hooks/subscriptions/{}", subscription.id);
        let event = catalog::find_event(&subscription.event_type).map_or("", |event| event.name);
        let scope = input(&subscription.publisher_inputs, "workItemType")
            .map_or_else(|| "Any work item".to_owned(), str::to_owned);
        let host = input(&subscription.consumer_inputs, "url")
            .and_then(|address| url::Url::parse(address).ok())
            .and_then(|address| address.host_str().map(str::to_owned))
            .unwrap_or_default();
        let person = |user: UserId| self.users.get(user).json(&url);
        let publisher: Value = subscription
            .publisher_inputs
            .iter()
            .map(|(key, value)| (key.clone(), json!(value)))
            .collect();
        let mut told = json!({
            "id": subscription.id,
            "url": own,
            "status": subscription.status,
            "publisherId": "tfs",
            "eventType": subscription.event_type,
            "subscriber": null,
            "resourceVersion": subscription.resource_version,
            "eventDescription": format!("{scope}: {event}"),
            "consumerId": "webHooks",
            "consumerActionId": "httpRequest",
            "actionDescription": format!("To host {host}"),
            "createdBy": person(subscription.created.1),
            "createdDate": subscription.created.0.to_string(),
            "modifiedBy": person(subscription.modified.1),
            "modifiedDate": subscription.modified.0.to_string(),
            "publisherInputs": publisher,
            "consumerInputs": masked(&subscription.consumer_inputs),
            "_links": {
                "self": {"href": own},
                "consumer": {"href": format!("{url}/_apis/hooks/consumers/webHooks")},
                "actions": {"href": format!("{url}/_apis/hooks/consumers/webHooks/actions")},
                "notifications": {"href": format!("{own}/notifications")},
                "publisher": {"href": format!("{url}/_apis/hooks/publishers/tfs")},
            },
        });
        if subscription.probation_retries > 0 {
            told["probationRetries"] = json!(subscription.probation_retries);
        }
        if let Some(at) = subscription.last_probation {
            told["lastProbationRetryDate"] = json!(at.to_string());
        }
        told
    }

    fn list_subscriptions(&self, request: &ApiRequest<'_>) -> Answer {
        let fits = |name: &str, own: &str| {
            let wanted = request.query(name).unwrap_or_default();
            wanted.is_empty() || wanted.eq_ignore_ascii_case(own)
        };
        let told = self.hooks.in_order().filter(|one| {
            fits("publisherId", "tfs")
                && fits("eventType", &one.event_type)
                && fits("consumerId", "webHooks")
                && fits("consumerActionId", "httpRequest")
        });
        ok(list(told.map(|one| self.subscription_json(one)).collect()))
    }

    fn query_subscriptions(&self, request: &ApiRequest<'_>) -> Answer {
        let mut body = request.json()?;
        let fits = |name: &str, own: &str| {
            text(&body, name).is_none_or(|wanted| wanted.eq_ignore_ascii_case(own))
        };
        let told: Vec<Value> = self
            .hooks
            .in_order()
            .filter(|one| {
                fits("publisherId", "tfs")
                    && fits("eventType", &one.event_type)
                    && fits("consumerId", "webHooks")
                    && fits("consumerActionId", "httpRequest")
                    && passes(items(&body, "publisherInputFilters"), &one.publisher_inputs)
                    && passes(items(&body, "consumerInputFilters"), &one.consumer_inputs)
            })
            .map(|one| self.subscription_json(one))
            .collect();
        body["results"] = Value::Array(told);
        ok(body)
    }

    fn diagnostics(&mut self, request: &ApiRequest<'_>, id: &str) -> Answer {
        const KINDS: [&str; 3] = ["deliveryResults", "deliveryTracing", "evaluationTracing"];
        let mut switches = self.subscription(id)?.diagnostics;
        if request.method == "PUT" {
            let body = request.json()?;
            for (switch, kind) in switches.iter_mut().zip(KINDS) {
                if let Some(enabled) = member(&body, kind).and_then(|kind| flag(kind, "enabled")) {
                    *switch = enabled;
                }
            }
            if let Some(subscription) = self.hooks.subscriptions.get_mut(id) {
                subscription.diagnostics = switches;
            }
        }
        let told = switches.into_iter().zip(KINDS).map(|(enabled, kind)| {
            (
                kind.to_owned(),
                json!({"enabled": enabled, "tracedEntries": 0}),
            )
        });
        ok(Value::Object(told.collect()))
    }
}

/// Whether inputs pass filters: each filter asks for all of its conditions, and one filter is enough.
fn passes(filters: &[Value], inputs: &BTreeMap<String, String>) -> bool {
    let holds = |condition: &Value| {
        let own = text(condition, "inputId")
            .and_then(|id| input(inputs, id))
            .unwrap_or_default();
        let wanted = text(condition, "inputValue").unwrap_or_default();
        let equal = if flag(condition, "caseSensitive") == Some(true) {
            own == wanted
        } else {
            own.eq_ignore_ascii_case(wanted)
        };
        let negated = member(condition, "operator").is_some_and(|operator| {
            operator.as_u64() == Some(1)
                || operator
                    .as_str()
                    .is_some_and(|name| name.eq_ignore_ascii_case("notEquals"))
        });
        equal != negated
    };
    filters.is_empty()
        || filters
            .iter()
            .any(|filter| items(filter, "conditions").iter().all(holds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_ask_for_all_conditions_of_one_of_them() {
        let inputs = BTreeMap::from([("url".to_owned(), "http://127.0.0.1/a".to_owned())]);
        let condition = |operator: Value, value: &str| json!({"conditions": [{"inputId": "url", "operator": operator, "inputValue": value}]});
        for (filters, expected) in [
            (vec![], true),
            (vec![condition(json!("equals"), "HTTP://127.0.0.1/a")], true),
            (vec![condition(json!(0), "other")], false),
            (vec![condition(json!("notEquals"), "other")], true),
            (vec![condition(json!(1), "http://127.0.0.1/a")], false),
            (
                vec![
                    condition(json!(0), "other"),
                    condition(json!(0), "http://127.0.0.1/a"),
                ],
                true,
            ),
        ] {
            assert_eq!(passes(&filters, &inputs), expected, "{filters:?}");
        }
    }

    #[test]
    fn only_secrets_are_masked() {
        let inputs = BTreeMap::from([
            ("basicAuthPassword".to_owned(), "secret".to_owned()),
            ("basicAuthUsername".to_owned(), "hook".to_owned()),
        ]);
        assert_eq!(
            masked(&inputs),
            json!({"basicAuthPassword": MASK, "basicAuthUsername": "hook"})
        );
    }
}
