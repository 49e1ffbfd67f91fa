//! What there is to subscribe to and to subscribe with: the work item events of the publisher `tfs`, and
//! the consumer `webHooks` (Microsoft Learn, Service hooks events; Webhooks; Hooks, Publishers, Consumers).
//! Other events and consumers of the service are left out.

use std::collections::BTreeMap;

use axum::http::{HeaderName, HeaderValue};
use serde_json::{Value, json};

use super::super::Organization;
use super::super::body::{entries, items, text};
use super::super::error::ApiError;
use super::super::request::ApiRequest;
use super::super::route::{Answer, ok};
use super::{bad_input, input, missing_thing};

/// The forms of payloads.
pub(super) const RESOURCE_VERSIONS: [&str; 3] = ["1.0", "3.1-preview.3", "5.1-preview.3"];

/// The longest user name and password (Microsoft Learn, Webhooks).
const MAX_SECRET: usize = 256;

/// An event type.
#[derive(Clone, Copy, Debug)]
pub(super) struct EventType {
    pub(super) id: &'static str,
    pub(super) name: &'static str,
    description: &'static str,
}

const EVENTS: [EventType; 5] = [
    EventType {
        id: "workitem.created",
        name: "Work item created",
        description: "Filter events to include only newly created work items.",
    },
    EventType {
        id: "workitem.updated",
        name: "Work item updated",
        description: "Filter events to include only changed work items.",
    },
    EventType {
        id: "workitem.deleted",
        name: "Work item deleted",
        description: "Filter events to include only newly deleted work items.",
    },
    EventType {
        id: "workitem.restored",
        name: "Work item restored",
        description: "Filter events to include only newly restored work items.",
    },
    EventType {
        id: "workitem.commented",
        name: "Work item commented on",
        description: "Filter events to include only work items commented on.",
    },
];

/// Inputs of an event: name, whom it concerns (empty: all events).
const PUBLISHER_INPUTS: [(&str, &str, &str); 7] = [
    ("projectId", "Project", ""),
    ("areaPath", "Area path", ""),
    ("workItemType", "Work item type", ""),
    ("tag", "Tag", ""),
    ("changedFields", "Field", "workitem.updated"),
    (
        "linksChanged",
        "Links are added or removed",
        "workitem.updated",
    ),
    ("commentPattern", "Contains string", "workitem.commented"),
];

/// Inputs of the action: name, title, mode, type, whether it is confidential.
const CONSUMER_INPUTS: [(&str, &str, &str, &str, bool); 8] = [
    ("url", "URL", "textBox", "uri", false),
    (
        "acceptUntrustedCerts",
        "Accept untrusted SSL certificates",
        "checkBox",
        "boolean",
        false,
    ),
    (
        "basicAuthUsername",
        "Basic authentication username",
        "textBox",
        "string",
        false,
    ),
    (
        "basicAuthPassword",
        "Basic authentication password",
        "passwordBox",
        "string",
        true,
    ),
    ("httpHeaders", "HTTP headers", "textArea", "string", false),
    (
        "resourceDetailsToSend",
        "Resource details to send",
        "combo",
        "string",
        false,
    ),
    (
        "messagesToSend",
        "Messages to send",
        "combo",
        "string",
        false,
    ),
    (
        "detailedMessagesToSend",
        "Detailed messages to send",
        "combo",
        "string",
        false,
    ),
];

/// The values of a choice; the first is the default.
fn choices(name: &str) -> Option<&'static [&'static str]> {
    match name {
        "resourceDetailsToSend" => Some(&["all", "minimal", "none"]),
        "messagesToSend" | "detailedMessagesToSend" => {
            Some(&["all", "text", "html", "markdown", "none"])
        }
        _ => None,
    }
}

/// Whether an input is told only as a mask. Headers are not: the service says that whoever can see the
/// subscription can see them.
pub(super) fn is_confidential(name: &str) -> bool {
    CONSUMER_INPUTS
        .iter()
        .any(|(known, .., secret)| *secret && known.eq_ignore_ascii_case(name))
}

pub(super) fn find_publisher(id: &str) -> Result<(), ApiError> {
    if id.eq_ignore_ascii_case("tfs") {
        Ok(())
    } else {
        Err(missing_thing("PublisherNotFoundException", "publisher", id))
    }
}

pub(super) fn find_consumer(id: &str) -> Result<(), ApiError> {
    if id.eq_ignore_ascii_case("webHooks") {
        Ok(())
    } else {
        Err(missing_thing("ConsumerNotFoundException", "consumer", id))
    }
}

pub(super) fn find_action(id: &str) -> Result<(), ApiError> {
    if id.eq_ignore_ascii_case("httpRequest") {
        Ok(())
    } else {
        Err(missing_thing(
            "ConsumerActionNotFoundException",
            "consumer action",
            id,
        ))
    }
}

pub(super) fn find_event(id: &str) -> Result<EventType, ApiError> {
    EVENTS
        .into_iter()
        .find(|known| known.id.eq_ignore_ascii_case(id))
        .ok_or_else(|| missing_thing("EventTypeNotFoundException", "event type", id))
}

/// Checks the inputs of the action `httpRequest`.
pub(super) fn check_consumer_inputs(inputs: &BTreeMap<String, String>) -> Result<(), ApiError> {
    let address = input(inputs, "url").ok_or_else(|| {
        bad_input("A value is required for the input url of the consumer action.")
    })?;
    let fits = url::Url::parse(address).is_ok_and(|url| matches!(url.scheme(), "http" | "https"));
    if !fits {
        return Err(bad_input(format!(
            "The value '{address}' is not valid for the input url: it must be an address that begins \
             with http:// or https://."
        )));
    }
    for name in ["basicAuthUsername", "basicAuthPassword"] {
        if input(inputs, name).is_some_and(|value| value.chars().count() > MAX_SECRET) {
            return Err(bad_input(format!(
                "The value of the input {name} has more than {MAX_SECRET} characters."
            )));
        }
    }
    for (name, ..) in CONSUMER_INPUTS {
        if let (Some(value), Some(known)) = (input(inputs, name), choices(name))
            && !known.iter().any(|one| one.eq_ignore_ascii_case(value))
        {
            return Err(bad_input(format!(
                "The value '{value}' is not valid for the input {name}: {}.",
                known.join(", ")
            )));
        }
    }
    headers(inputs).map(|_| ())
}

/// The headers that a subscription adds: lines of `Name:Value`.
pub(super) fn headers(
    inputs: &BTreeMap<String, String>,
) -> Result<Vec<(String, String)>, ApiError> {
    let lines = input(inputs, "httpHeaders").unwrap_or_default();
    let read = |line: &str| {
        let (name, value) = line.split_once(':')?;
        let (name, value) = (name.trim(), value.trim());
        let fits =
            HeaderName::from_bytes(name.as_bytes()).is_ok() && HeaderValue::from_str(value).is_ok();
        fits.then(|| (name.to_owned(), value.to_owned()))
    };
    lines
        .lines()
        .filter(|line| !line.trim().is_empty())
        .map(|line| {
            // The line may hold a secret, so it is not told.
            read(line)
                .ok_or_else(|| bad_input("A line of the input httpHeaders is not Name:Value."))
        })
        .collect()
}

fn descriptor(id: &str, name: &str, mode: &str, data: &str, required: bool) -> Value {
    let mut told = json!({
        "id": id,
        "name": name,
        "description": name,
        "inputMode": mode,
        "isConfidential": is_confidential(id),
        "useInDefaultDescription": false,
        "hasDynamicValueInformation": false,
        "validation": {"dataType": data, "isRequired": required},
    });
    if matches!(id, "basicAuthUsername" | "basicAuthPassword") {
        told["validation"]["maxLength"] = json!(MAX_SECRET);
    }
    if let Some(known) = choices(id) {
        let possible: Vec<Value> = known
            .iter()
            .map(|value| json!({"value": value, "displayValue": value}))
            .collect();
        told["values"] = json!({
            "inputId": id,
            "defaultValue": known[0],
            "possibleValues": possible,
            "isLimitedToPossibleValues": true,
        });
    }
    told
}

fn event_json(event: EventType, url: &str) -> Value {
    let descriptors: Vec<Value> = PUBLISHER_INPUTS
        .iter()
        .filter(|(_, _, only)| only.is_empty() || *only == event.id)
        .map(|(id, name, _)| {
            let (mode, data) = match *id {
                "linksChanged" => ("checkBox", "boolean"),
                "projectId" => ("combo", "guid"),
                "commentPattern" => ("textBox", "string"),
                _ => ("combo", "string"),
            };
            let mut told = descriptor(id, name, mode, data, false);
            told["hasDynamicValueInformation"] = json!(mode == "combo");
            told
        })
        .collect();
    json!({
        "id": event.id,
        "publisherId": "tfs",
        "name": event.name,
        "description": event.description,
        "supportedResourceVersions": RESOURCE_VERSIONS,
        "inputDescriptors": descriptors,
        "url": format!("{url}/_apis/hooks/publishers/tfs/eventTypes/{}", event.id),
    })
}

pub(super) fn event_types(url: &str) -> Vec<Value> {
    EVENTS
        .into_iter()
        .map(|event| event_json(event, url))
        .collect()
}

pub(super) fn event_type(url: &str, name: &str) -> Result<Value, ApiError> {
    Ok(event_json(find_event(name)?, url))
}

pub(super) fn publisher(url: &str) -> Value {
    let own = format!("{url}/_apis/hooks/publishers/tfs");
    json!({
        "id": "tfs",
        "name": "Team Foundation Server",
        "description": "Publishes Team Foundation Server service events",
        "supportedEvents": event_types(url),
        "inputDescriptors": [],
        "url": own,
        "_links": {"self": {"href": own}},
    })
}

pub(super) fn action(url: &str) -> Value {
    let versions: serde_json::Map<String, Value> = EVENTS
        .into_iter()
        .map(|event| (event.id.to_owned(), json!(RESOURCE_VERSIONS)))
        .collect();
    let descriptors: Vec<Value> = CONSUMER_INPUTS
        .iter()
        .map(|(id, name, mode, data, _)| descriptor(id, name, mode, data, *id == "url"))
        .collect();
    let own = format!("{url}/_apis/hooks/consumers/webHooks/actions/httpRequest");
    json!({
        "id": "httpRequest",
        "consumerId": "webHooks",
        "name": "Post via HTTP",
        "description": "This action posts a JSON object representation of the event to the specified URL.",
        "inputDescriptors": descriptors,
        "supportedEventTypes": EVENTS.map(|event| event.id),
        "supportedResourceVersions": versions,
        "allowResourceVersionOverride": true,
        "url": own,
        "_links": {"self": {"href": own}},
    })
}

pub(super) fn consumer(url: &str) -> Value {
    let own = format!("{url}/_apis/hooks/consumers/webHooks");
    json!({
        "id": "webHooks",
        "name": "Web Hooks",
        "description": "Provides event communication via HTTP",
        "imageUrl": null,
        "informationUrl": "https://go.microsoft.com/fwlink/?LinkID=393612",
        "authenticationType": "none",
        "inputDescriptors": [],
        "actions": [action(url)],
        "url": own,
        "_links": {"self": {"href": own}},
    })
}

impl Organization {
    /// The values that the inputs of an event can have, for those that the query names.
    pub(super) fn query_input_values(&self, request: &ApiRequest<'_>) -> Answer {
        let mut body = request.json()?;
        let current = entries(&body, "currentValues");
        let answers: Vec<Value> = items(&body, "inputValues")
            .iter()
            .filter_map(|asked| text(asked, "inputId"))
            .map(|id| {
                let values: Vec<Value> = self
                    .input_values(id)
                    .into_iter()
                    .map(|(value, shown)| json!({"value": value, "displayValue": shown}))
                    .collect();
                let chosen = current.get(id).cloned().unwrap_or_else(|| json!(""));
                json!({
                    "inputId": id,
                    "defaultValue": chosen,
                    "possibleValues": values,
                    "isLimitedToPossibleValues": id != "tag",
                })
            })
            .collect();
        body["inputValues"] = Value::Array(answers);
        ok(body)
    }

    fn input_values(&self, id: &str) -> Vec<(String, String)> {
        let same = |value: &str| (value.to_owned(), value.to_owned());
        let any = (String::new(), "[Any]".to_owned());
        let known: Vec<(String, String)> = match id.to_lowercase().as_str() {
            "projectid" => self
                .projects
                .iter()
                .map(|project| (project.id.clone(), project.name.to_string()))
                .collect(),
            "workitemtype" => self
                .types
                .iter()
                .filter(|kind| !kind.customization.removed)
                .map(|kind| same(&kind.name))
                .collect(),
            "changedfields" => {
                let fields = self.fields.ids().map(|id| self.fields.get(id));
                fields
                    .map(|field| (field.reference.to_string(), field.name.to_string()))
                    .collect()
            }
            "tag" => self.items.tags().map(|tag| same(&tag.name)).collect(),
            "areapath" => self
                .projects
                .iter()
                .map(|project| same(&self.nodes.get(project.area).path))
                .collect(),
            _ => return Vec::new(),
        };
        std::iter::once(any).chain(known).collect()
    }
}
