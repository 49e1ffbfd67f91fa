//! What an apply makes, in which order and with how many requests.

use accord::plan::{Action, Reason};
use accord::sandbox::log::System;
use accord::store::Store;
use serde_json::json;

use super::{VERSION, assert_whole, look, person, world, writes};
use crate::support::World;
use crate::support::manifests::WITH_RISK;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_missing_is_made_before_the_items_and_stays() {
    let world = world().await;
    let (plan, report) = world.apply().await;
    assert_whole(&report, "apply");
    let addresses: Vec<&str> = plan.changes[..2].iter().map(|c| &*c.address).collect();
    assert_eq!(addresses, ["CustomField/notes", "CustomField/risk"]);
    let risk = &plan.changes[1];
    assert_eq!(
        (risk.action, risk.reason),
        (Action::Create, Reason::MissingOnTarget)
    );
    let paths: Vec<&str> = risk.fields.iter().map(|field| &*field.path).collect();
    assert_eq!(
        paths,
        [
            "allowedValues",
            "field",
            "workItemTypes[Bug]",
            "workItemTypes[Test Case].field",
            "workItemTypes[Bug].field",
            "workItemTypes[Test Case].form",
            "workItemTypes[Bug].form",
        ]
    );
    assert!(plan.changes.len() > 2, "items go along");
    assert_eq!(report.applied, plan.changes.len() as u64);
    let sent = writes(&world);
    let ends: Vec<&str> = sent
        .iter()
        .map(|line| line.rsplit('/').next().expect("a path"))
        .collect();
    assert_eq!(
        ends[..10],
        // Bug is derived for the first of the two; the second finds it so.
        [
            "fields",
            "workitemtypes",
            "fields",
            "groups",
            "lists",
            "fields",
            "fields",
            "fields",
            "groups",
            "groups"
        ],
        "{sent:?}"
    );
    assert!(sent.iter().all(|line| !line.starts_with("DELETE")));
    let seen = look(&world);
    for expected in [
        "Custom.TestRisk \"Test Risk\" \"string\"",
        "list \"accord_Custom_TestRisk\"",
        "type ContosoAgile.Bug \"inherited\"",
        "Custom.TestRisk on the form of ContosoAgile.TestCase, \"Section2\" \"Custom\"",
        "Custom.ReviewNotes on the form of ContosoAgile.Bug, \"Section1\" \"Review Notes\"",
    ] {
        assert!(
            seen.iter().any(|line| line == expected),
            "{expected} in {seen:#?}"
        );
    }
    let risks = seen
        .iter()
        .filter(|line| line.ends_with("\"High\""))
        .count();
    assert!(risks > 0, "values are written in the same run: {seen:#?}");
    let store = world.store().await;
    let made = store.made_fields().await.expect("made fields");
    let made: Vec<&str> = made.iter().map(|field| &*field.reference_name).collect();
    assert_eq!(made, ["Custom.ReviewNotes", "Custom.TestRisk"]);
    let audit = store.audit(100).await.expect("an audit");
    let rows = audit.iter().filter(|row| row.entry.event == "made");
    assert_eq!(rows.count(), 10, "one line for each piece");
    let again = world.plan().await.planned;
    assert_eq!(again.plan.changes, []);
    assert_eq!(again.plan.findings, []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn looking_at_two_fields_takes_seven_requests() {
    let mut world = world().await;
    world.apply().await;
    let requests = |world: &World| {
        let state = world.sandbox.state();
        state.log.requests(System::AzureDevOps)
    };
    world.sandbox.state().log.clear();
    assert_eq!(world.plan().await.planned.plan.changes, []);
    let with = requests(&world);
    assert_eq!(writes(&world), [""; 0], "a plan writes nothing");
    world.declare(WITH_RISK);
    world.sandbox.state().log.clear();
    assert_eq!(world.plan().await.planned.plan.changes, []);
    // Project, process, fields, types, the fields of two types, a list.
    assert_eq!(with - requests(&world), 7);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_came_to_be_in_the_meantime_is_no_failure() {
    let world = world().await;
    let outcome = world.plan().await;
    let items = json!({"name": "by hand", "type": "String", "items": ["Low", "Medium", "High"]});
    let path = format!("/_apis/work/processes/lists?{VERSION}");
    let list = person(&world, "POST", &path, &items);
    let field = json!({
        "name": "Test Risk", "referenceName": "Custom.TestRisk", "type": "string",
        "isPicklist": true, "picklistId": list["id"]
    });
    person(
        &world,
        "POST",
        &format!("/_apis/wit/fields?{VERSION}"),
        &field,
    );
    let report = world.carry_out(&outcome).await;
    assert_whole(&report, "with a list of somebody else");
    assert_eq!(world.plan().await.planned.plan.changes, []);
}
