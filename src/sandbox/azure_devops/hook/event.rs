//! From the updates of work items to the events of subscriptions (Microsoft Learn, Service hooks events).

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::super::Organization;
use super::super::field;
use super::super::guid::guid;
use super::super::item::{Update, WorkItem};
use super::super::node::Tree;
use super::super::value::FieldValue;
use super::super::wire::{Expand, View};
use super::{ENABLED, Subscription, input};

/// What happened to an item.
pub(super) struct Happening<'a> {
    item: &'a WorkItem,
    /// The place of the update in the item's history.
    place: usize,
    event_type: &'static str,
}

/// The events that an update raises.
fn events_of(update: &Update, place: usize) -> Vec<&'static str> {
    let deleted = update
        .fields
        .iter()
        .find(|change| change.field == field::IS_DELETED)
        .map(|change| change.new == Some(FieldValue::Boolean(true)));
    let mut events = vec![match (deleted, place) {
        (Some(true), _) => "workitem.deleted",
        (Some(false), _) => "workitem.restored",
        (None, 0) => "workitem.created",
        (None, _) => "workitem.updated",
    }];
    if update
        .fields
        .iter()
        .any(|change| change.field == field::HISTORY)
    {
        events.push("workitem.commented");
    }
    events
}

impl Organization {
    /// Queues a notification for each subscription that wants to know what was stored since the last call.
    pub(super) fn raise_events(&mut self, now: Timestamp) {
        let touched = self.items.take_touched();
        let listening = |one: &Subscription| one.status == ENABLED;
        if !self.hooks.subscriptions.values().any(listening) {
            return;
        }
        let mut raised = Vec::new();
        for (id, known) in touched {
            let Some(item) = self.items.any(id) else {
                continue;
            };
            for (place, update) in item.updates.iter().enumerate().skip(known) {
                for event_type in events_of(update, place) {
                    let happening = Happening {
                        item,
                        place,
                        event_type,
                    };
                    let wanted = self
                        .hooks
                        .in_order()
                        .filter(|one| listening(one) && self.wants(one, &happening));
                    raised.extend(
                        wanted.map(|one| (one.id.clone(), self.payload(one, &happening, now))),
                    );
                }
            }
        }
        for (subscription, payload) in raised {
            self.queue(&subscription, payload, now);
        }
    }

    /// Whether a subscription's filters let an event pass.
    fn wants(&self, subscription: &Subscription, happening: &Happening<'_>) -> bool {
        let Happening {
            item,
            place,
            event_type,
        } = *happening;
        let filter = |name: &str| input(&subscription.publisher_inputs, name);
        if subscription.event_type != event_type {
            return false;
        }
        let update = &item.updates[place];
        let project = &self.projects[item.project];
        let in_area = |path: &str| {
            let area = self.nodes.find(Tree::Area, path);
            area.zip(item.node(field::AREA_PATH))
                .is_some_and(|(area, node)| self.nodes.is_under(node, area))
        };
        let changed = |name: &str| {
            let wanted = self.fields.find(name);
            update
                .fields
                .iter()
                .any(|change| Some(change.field) == wanted)
        };
        let comment = || {
            update
                .fields
                .iter()
                .filter(|change| change.field == field::HISTORY)
                .filter_map(|change| change.new.as_ref()?.as_text())
                .collect::<Vec<_>>()
                .join(" ")
                .to_lowercase()
        };
        let own_type = &self.types[item.kind].name;
        filter("projectId").is_none_or(|id| project.id.eq_ignore_ascii_case(id))
            && filter("areaPath").is_none_or(in_area)
            && filter("workItemType").is_none_or(|name| own_type.eq_ignore_ascii_case(name))
            && filter("tag").is_none_or(|tag| item.tags().any(|own| own.eq_ignore_ascii_case(tag)))
            && filter("changedFields").is_none_or(changed)
            && (!filter("linksChanged").is_some_and(|on| on.eq_ignore_ascii_case("true"))
                || !update.added.is_empty()
                || !update.removed.is_empty())
            && filter("commentPattern").is_none_or(|part| comment().contains(&part.to_lowercase()))
    }

    /// The envelope of an event, without the ids of its notification.
    fn payload(
        &self,
        subscription: &Subscription,
        happening: &Happening<'_>,
        now: Timestamp,
    ) -> Value {
        let item = happening.item;
        let link = format!(
            "{}/web/wi.aspx?pcguid={}&id={}",
            self.url(),
            guid("collection"),
            item.id
        );
        let verb = happening.event_type.rsplit('.').next().unwrap_or_default();
        let verb = if verb == "commented" {
            "commented on"
        } else {
            verb
        };
        let kind = &self.types[item.kind].name;
        let title = item.text(field::TITLE);
        let by = &self
            .users
            .get(item.updates[happening.place].by)
            .display_name;
        let message = Texts {
            text: format!("{kind} #{} ({title}) {verb} by {by}\r\n({link})", item.id),
            html: format!(
                "<a href=\"{link}\">{kind} #{}</a> ({}) {verb} by {by}",
                item.id,
                escape(title)
            ),
            markdown: format!("[{kind} #{}]({link}) ({title}) {verb} by {by}", item.id),
        };
        let inputs = &subscription.consumer_inputs;
        let mut resource = match input(inputs, "resourceDetailsToSend").unwrap_or("all") {
            details if details.eq_ignore_ascii_case("none") => Value::Null,
            details if details.eq_ignore_ascii_case("minimal") => self.minimal(happening),
            _ => self.resource(happening),
        };
        let by_version = if subscription.resource_version == "1.0" {
            strings_for_people
        } else {
            without_relations
        };
        by_version(&mut resource);
        let project = &self.projects[item.project];
        let collection = format!("{}/", self.url());
        json!({
            "id": guid(&format!("event {} {} {}", item.id, happening.place, happening.event_type)),
            "eventType": happening.event_type,
            "publisherId": "tfs",
            "message": message.told(input(inputs, "messagesToSend")),
            "detailedMessage": message.told(input(inputs, "detailedMessagesToSend")),
            "resource": resource,
            "resourceVersion": subscription.resource_version,
            "resourceContainers": {
                "collection": {"id": guid("collection"), "baseUrl": collection},
                "account": {"id": guid("account"), "baseUrl": collection},
                "project": {"id": project.id, "baseUrl": collection},
            },
            "createdDate": now.to_string(),
        })
    }

    /// The whole resource: the item, or for a change the update with the item as `revision`.
    fn resource(&self, happening: &Happening<'_>) -> Value {
        let item = happening.item;
        let view = View {
            expand: Expand::Relations,
            links: true,
            ..View::default()
        };
        let mut told = self.item_json(item, &view);
        if happening.event_type == "workitem.commented"
            && let Some(comment) = item.updates[happening.place]
                .fields
                .iter()
                .find(|change| change.field == field::HISTORY)
                .and_then(|change| change.new.as_ref())
        {
            told["fields"]["System.History"] = self.value_json(comment);
        }
        match happening.event_type {
            "workitem.updated" => {
                let mut update = self.update_json(item, happening.place);
                update["revision"] = told;
                update
            }
            "workitem.deleted" => {
                let url = format!(
                    "{}/_apis/wit/recycleBin/{}",
                    self.project_url(item.project),
                    item.id
                );
                told["url"] = json!(url);
                told["_links"]["self"] = json!({"href": url});
                told
            }
            _ => told,
        }
    }

    /// Ids and addresses only.
    fn minimal(&self, happening: &Happening<'_>) -> Value {
        let whole = self.resource(happening);
        let kept = ["id", "workItemId", "rev", "url"];
        let kept: Map<String, Value> = kept
            .iter()
            .filter_map(|key| Some(((*key).to_owned(), whole.get(*key)?.clone())))
            .collect();
        Value::Object(kept)
    }

    /// What a test sends unless it asks for real data: an item that is not there, and dates before all.
    pub(super) fn sample_payload(&self, event_type: &str, version: &str) -> Value {
        json!({
            "id": guid("sample event"),
            "eventType": event_type,
            "publisherId": "tfs",
            "message": {
                "text": "Bug #0 (Some great new idea!) by the sandbox",
                "html": "<a href=\"#\">Bug #0</a> (Some great new idea!) by the sandbox",
                "markdown": "[Bug #0](#) (Some great new idea!) by the sandbox",
            },
            "detailedMessage": null,
            "resource": {
                "id": 2,
                "workItemId": 0,
                "rev": 2,
                "revisedDate": "0001-01-01T00:00:00",
                "fields": {"System.Title": "Some great new idea!"},
                "url": format!("{}/_apis/wit/workItems/0", self.url()),
            },
            "resourceVersion": version,
            "resourceContainers": {
                "collection": {"id": guid("collection")},
                "account": {"id": guid("account")},
                "project": {"id": self.projects.first().map(|project| &project.id)},
            },
            "createdDate": "0001-01-01T00:00:00",
        })
    }
}

/// The three forms of a message.
struct Texts {
    text: String,
    html: String,
    markdown: String,
}

impl Texts {
    fn told(&self, wanted: Option<&str>) -> Value {
        match wanted.unwrap_or("all").to_lowercase().as_str() {
            "none" => Value::Null,
            "text" => json!({"text": self.text}),
            "html" => json!({"html": self.html}),
            "markdown" => json!({"markdown": self.markdown}),
            _ => json!({"text": self.text, "html": self.html, "markdown": self.markdown}),
        }
    }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

/// In version 1.0 people in fields are `Name <sign-in>`.
fn strings_for_people(resource: &mut Value) {
    let person = |value: &Value| {
        let name = value.get("displayName")?.as_str()?;
        let sign_in = value.get("uniqueName")?.as_str()?;
        Some(json!(format!("{name} <{sign_in}>")))
    };
    let each = |fields: &mut Value| {
        for value in fields.as_object_mut().into_iter().flatten() {
            if let Some(text) = person(value.1) {
                *value.1 = text;
            }
            for side in ["oldValue", "newValue"] {
                if let Some(inner) = value.1.get_mut(side)
                    && let Some(text) = person(inner)
                {
                    *inner = text;
                }
            }
        }
    };
    if let Some(fields) = resource.get_mut("fields") {
        each(fields);
    }
    if let Some(fields) = resource.pointer_mut("/revision/fields") {
        each(fields);
    }
}

/// In later versions people are objects, and relations are left out.
fn without_relations(resource: &mut Value) {
    if let Some(object) = resource.as_object_mut() {
        object.remove("relations");
        if let Some(revision) = object.get_mut("revision").and_then(Value::as_object_mut) {
            revision.remove("relations");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_are_strings_in_the_first_version_only() {
        let person = json!({"displayName": "Tess", "uniqueName": "tess@contoso.example"});
        let mut told = json!({
            "fields": {"System.AssignedTo": {"oldValue": person}, "System.CreatedBy": person},
            "relations": [],
        });
        let mut later = told.clone();
        strings_for_people(&mut told);
        let text = json!("Tess <tess@contoso.example>");
        assert_eq!(told["fields"]["System.AssignedTo"]["oldValue"], text);
        assert_eq!(told["fields"]["System.CreatedBy"], text);
        without_relations(&mut later);
        assert_eq!(later["fields"]["System.CreatedBy"], person);
        assert!(later.get("relations").is_none());
    }
}
