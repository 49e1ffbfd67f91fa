//! Every line fits the schema, and the schema refuses what is none.

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::plan::{Action, ConflictValues, ItemRef, OriginEntry, sample};

/// One event of each type.
fn one_of_each() -> Vec<Event<'static>> {
    let at = || "2026-11-23T08:00:00Z".to_owned();
    let plan: &'static Plan = Box::leak(Box::new(full("Pay", &json!("x"))));
    let mut events = vec![
        Event::Start {
            schema: SCHEMA.into(),
            tool: plan.tool.clone(),
            command: "apply".into(),
            at: Some(at()),
        },
        Event::WorkStarted {
            what: "reading cases".into(),
            total: None,
            at: at(),
        },
        Event::WorkProgress {
            what: "reading cases".into(),
            done: 3,
            total: Some(4),
            at: at(),
        },
        Event::WorkEnded {
            what: "reading cases".into(),
            done: 4,
            duration_ms: 12,
            at: at(),
        },
        Event::Note {
            message: "everything is read".into(),
            at: at(),
        },
    ];
    events.extend(plan_events(plan));
    events.extend([
        Event::ApplyStarted {
            operations: 2,
            at: at(),
        },
        Event::OperationDone {
            address: "SyncRule/a/case/1".into(),
            index: Some(0),
            at: at(),
        },
        Event::OperationFailed {
            address: "SyncRule/a/case/2".into(),
            kind: "stale".into(),
            message: "it changed".into(),
            at: at(),
        },
        Event::ApplyEnded {
            run: "01".into(),
            applied: 1,
            failed: 1,
            stopped: false,
            notes: vec!["a note".to_owned()].into(),
            duration_ms: 5,
            at: at(),
        },
        Event::Requests {
            connection: "web-shop".into(),
            system: System::AzureDevOps,
            requests: 3,
            writes: 1,
            retries: 0,
            waits: 0,
            waited_ms: 0,
            bytes_sent: 10,
            bytes_received: 20,
        },
        Event::Error {
            message: "no answer".into(),
            help: Some("try again".into()),
        },
        Event::End {
            exit_code: 9,
            duration_ms: Some(40),
            at: Some(at()),
        },
    ]);
    events
}

fn full(title: &str, value: &Json) -> Plan {
    let mut update = sample::change(Action::Update, 1);
    update.item.title = title.to_owned();
    update.fields = vec![sample::field("System.Title", json!(null), value.clone())];
    let mut plan = sample::plan(vec![update]);
    plan.conflicts = vec![ConflictEntry {
        address: "SyncRule/a/case/3".to_owned(),
        code: "field-conflict".to_owned(),
        item: ItemRef::default(),
        path: None,
        message: title.to_owned(),
        values: Some(ConflictValues {
            base_testworthy: None,
            base_azure_devops: None,
            testworthy: value.clone(),
            azure_devops: json!(null),
        }),
        origin: Some(OriginEntry {
            file: "mappings/case.yaml".to_owned(),
            line: 9,
        }),
        sensitive: false,
    }];
    plan.manifest_changes = Some(sample::manifest_changes());
    plan.drift = vec![DriftEntry {
        address: "SyncRule/a/case/4".to_owned(),
        item: ItemRef::default(),
        path: "System.Title".to_owned(),
        system: None,
        recorded: Some(json!(1)),
        live: Some(value.clone()),
        sensitive: false,
        policy: "report".to_owned(),
    }];
    plan.findings = vec![PlanFinding {
        code: "L23".to_owned(),
        severity: "warning".to_owned(),
        address: "SyncRule/a".to_owned(),
        message: title.to_owned(),
        origin: None,
    }];
    plan
}

fn validator() -> jsonschema::Validator {
    jsonschema::validator_for(&Event::json_schema()).unwrap()
}

fn types(schema: &Json) -> Vec<&str> {
    let known = schema["oneOf"].as_array().unwrap().iter();
    known
        .filter_map(|one| one["properties"]["type"]["const"].as_str())
        .collect()
}

#[test]
fn every_type_is_written_fits_the_schema_and_is_read_again() {
    let (schema, validator) = (Event::json_schema(), validator());
    let known = types(&schema);
    let mut written = Vec::new();
    for event in one_of_each() {
        let line = event.line();
        let document: Json = serde_json::from_str(&line).unwrap();
        let errors: Vec<String> = validator
            .iter_errors(&document)
            .map(|error| error.to_string())
            .collect();
        assert_eq!(errors, [""; 0], "{line}");
        let kind = document["type"].as_str().unwrap().to_owned();
        assert!(known.contains(&kind.as_str()), "{kind}");
        written.push(kind);
        let again: Event<'_> = serde_json::from_str(&line).unwrap();
        assert_eq!(again, event);
    }
    written.sort_unstable();
    let mut known = known;
    known.sort_unstable();
    assert_eq!(written, known, "one event of each type");
}

#[test]
fn a_known_type_with_something_wrong_does_not_fit() {
    let validator = validator();
    for event in one_of_each() {
        let document: Json = serde_json::from_str(&event.line()).unwrap();
        let required = document.as_object().unwrap();
        for key in required.keys().filter(|key| *key != "type") {
            let mut wrong = document.clone();
            wrong[key] = json!({ "no": "such" });
            assert!(!validator.is_valid(&wrong), "{key} of {document}");
        }
    }
    let mut other = serde_json::to_value(&one_of_each()[0]).unwrap();
    other["schema"] = json!("accord-events/2");
    assert!(!validator.is_valid(&other));
}

#[test]
fn a_type_of_a_later_version_fits_and_is_passed_over() {
    let validator = validator();
    assert!(validator.is_valid(&json!({ "type": "workPaused", "why": 1 })));
    assert!(!validator.is_valid(&json!({ "kind": "start" })));
    assert!(!validator.is_valid(&json!([])));
    // A new key of a known type fits too.
    let mut newer = serde_json::to_value(&one_of_each()[1]).unwrap();
    newer["later"] = json!(1);
    assert!(validator.is_valid(&newer));
}

#[test]
fn every_key_of_the_schema_is_described() {
    fn walk(node: &Json, at: &str, missing: &mut Vec<String>) {
        if let Some(properties) = node.get("properties").and_then(Json::as_object) {
            for (name, property) in properties {
                let whole = property.get("description").is_some();
                // A variant with a value is an object with one key; the variant is described.
                if !whole && properties.len() > 1 {
                    missing.push(format!("{at}/{name}"));
                }
            }
        }
        match node {
            Json::Object(members) => members
                .iter()
                .for_each(|(name, member)| walk(member, &format!("{at}/{name}"), missing)),
            Json::Array(members) => members.iter().for_each(|member| walk(member, at, missing)),
            _ => {}
        }
    }
    let mut missing = Vec::new();
    walk(&Event::json_schema(), "", &mut missing);
    assert_eq!(missing, [""; 0]);
}

proptest! {
    #[test]
    fn a_line_is_one_line_and_holds_what_the_plan_holds(
        title in any::<String>(), value in any::<String>(), cleared: bool,
    ) {
        let value = if cleared { json!(null) } else { json!(value) };
        let plan = full(&title, &value);
        let text = jsonl(&plan, &JsonlOptions::default());
        let lines: Vec<Json> = text.split_terminator('\n').map(|l| serde_json::from_str(l).unwrap()).collect();
        prop_assert_eq!(lines.len(), 7);
        prop_assert_eq!(&lines[0]["schema"], SCHEMA);
        prop_assert_eq!(&lines[1]["change"], &serde_json::to_value(&plan.changes[0]).unwrap());
        prop_assert_eq!(&lines[5]["planId"], &json!(plan.plan_id));
        prop_assert_eq!(&lines[5]["manifestChanges"], &serde_json::to_value(&plan.manifest_changes).unwrap());
        prop_assert_eq!(&lines[6]["type"], "end");
        prop_assert_eq!(&text, &jsonl(&plan, &JsonlOptions::default()), "no time is in it");
    }
}
