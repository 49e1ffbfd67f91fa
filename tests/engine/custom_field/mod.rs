//! Declared fields: made in the process before the items that need them, kept, never taken away.

mod changed;
mod killed;
mod made;
mod refused;
mod told;

use accord::reconcile::{ApplyReport, ReconcileError};
use accord::sandbox::log::System;
use base64::Engine as _;
use serde_json::{Value, json};

use crate::support::by_hand::send;
use crate::support::manifests::{WITH_RISK, risk};
use crate::support::{World, example};

/// A long text on one type.
const NOTES: &str = "\
apiVersion: accord/v1
kind: CustomField
metadata: { name: notes }
spec:
  connection: web-shop
  referenceName: Custom.ReviewNotes
  name: Review Notes
  type: html
  workItemTypes: [Bug]
---
";

/// A picklist on two types, of which one is still the system's, and a long text on one of them.
fn fields() -> String {
    risk("Test Case, Bug") + NOTES
}

async fn world() -> World {
    World::new(true, &format!("{}{WITH_RISK}", fields())).await
}

/// What a person does in the settings of the organisation, over its own interface. Accord's exchanges up
/// to here are judged first; a person's are not.
fn person(world: &World, method: &str, path: &str, body: &Value) -> Value {
    world.judge("up to here");
    let secrets = example("sandbox.env");
    let mut lines = secrets.lines();
    let token = lines.find_map(|line| line.strip_prefix("AZURE_DEVOPS_EXT_PAT="));
    let token =
        base64::engine::general_purpose::STANDARD.encode(format!(":{}", token.expect("a token")));
    let body = if body.is_null() {
        String::new()
    } else {
        body.to_string()
    };
    let line = format!("{method} /contoso{path}");
    let body = send(world, &line, &format!("Basic {token}"), &body);
    let body = match (body.find(['{', '[']), body.rfind(['}', ']'])) {
        (Some(first), Some(last)) => &body[first..=last],
        _ => return Value::Null,
    };
    serde_json::from_str(body).expect("JSON")
}

const VERSION: &str = "api-version=7.1";

fn process(world: &World) -> String {
    let all = person(
        world,
        "GET",
        &format!("/_apis/work/processes?$expand=projects&{VERSION}"),
        &Value::Null,
    );
    let all = all["value"].as_array().expect("processes").clone();
    let own = all.iter().find(|one| one.get("projects").is_some());
    let own = own.expect("a process that the projects use");
    format!(
        "/_apis/work/processes/{}",
        own["typeId"].as_str().expect("an id")
    )
}

/// The list of a field: its id and its items.
fn list(world: &World, field: &str) -> (String, Vec<String>) {
    let path = format!("/_apis/wit/fields/{field}?{VERSION}");
    let field = person(world, "GET", &path, &Value::Null);
    let id = field["picklistId"].as_str().expect("a list").to_owned();
    let path = format!("/_apis/work/processes/lists/{id}?{VERSION}");
    let list = person(world, "GET", &path, &Value::Null);
    let items = list["items"].as_array().expect("items").iter();
    let items = items.map(|item| item.as_str().expect("a text").to_owned());
    (id, items.collect())
}

fn set_items(world: &World, id: &str, items: &[&str]) {
    let body = json!({"id": id, "type": "String", "items": items, "isSuggested": false});
    let path = format!("/_apis/work/processes/lists/{id}?{VERSION}");
    person(world, "PUT", &path, &body);
}

/// Everything about the fields that people see: fields of the organisation, on types, on forms, lists.
fn look(world: &World) -> Vec<String> {
    let process = process(world);
    let get = |path: String| person(world, "GET", &path, &Value::Null);
    let mut seen = Vec::new();
    let fields = get(format!("/_apis/wit/fields?{VERSION}"));
    for field in fields["value"].as_array().expect("fields") {
        let name = field["referenceName"].as_str().expect("a name");
        if name.starts_with("Custom.TestRisk") || name.starts_with("Custom.ReviewNotes") {
            seen.push(format!("{name} {} {}", field["name"], field["type"]));
        }
    }
    let lists = get(format!("/_apis/work/processes/lists?{VERSION}"));
    for list in lists["value"].as_array().expect("lists") {
        seen.push(format!("list {}", list["name"]));
    }
    let types = get(format!("{process}/workItemTypes?$expand=layout&{VERSION}"));
    for kind in types["value"].as_array().expect("types") {
        let reference = kind["referenceName"].as_str().expect("a name");
        seen.push(format!("type {reference} {}", kind["customization"]));
        for page in kind["layout"]["pages"].as_array().expect("pages") {
            for section in page["sections"].as_array().expect("sections") {
                for group in section["groups"].as_array().expect("groups") {
                    let controls = group["controls"].as_array().expect("controls").iter();
                    for id in controls.filter_map(|control| control["id"].as_str()) {
                        if id.starts_with("Custom.") {
                            seen.push(format!(
                                "{id} on the form of {reference}, {} {}",
                                section["id"], group["label"]
                            ));
                        }
                    }
                }
            }
        }
    }
    let state = world.sandbox.state();
    for id in state.azure_devops.work_item_ids() {
        let item = state
            .azure_devops
            .work_item(id)
            .expect("listed items exist");
        let fields = &item["fields"];
        seen.push(format!(
            "{} {}",
            fields["System.Title"], fields["Custom.TestRisk"]
        ));
    }
    drop(state);
    seen.sort();
    seen
}

fn writes(world: &World) -> Vec<String> {
    let state = world.sandbox.state();
    let entries = state.log.entries();
    let writes = entries.filter(|entry| entry.is_write && entry.system == System::AzureDevOps);
    writes
        .map(|entry| format!("{} {}", entry.method, entry.path))
        .collect()
}

fn codes(error: ReconcileError) -> Vec<(&'static str, String)> {
    let ReconcileError::Findings(findings) = error else {
        panic!("no findings: {error:?}");
    };
    let code = |finding: accord::diagnostics::Finding| {
        let place = format!("{:?}", finding.location);
        (finding.code.code, place)
    };
    findings.into_iter().map(code).collect()
}

fn assert_whole(report: &ApplyReport, when: &str) {
    assert_eq!(
        report.exit_code(),
        0,
        "{when}: {:?} {:?}",
        report.failures,
        report.errors
    );
}
