//! What the adapters carry across both edges without touching it: the format of long texts, the ways of a
//! workflow, steps in their own form, people, and bodies of a megabyte.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use accord::mapping::codec::steps::{CaseSteps, Pair};
use accord::model::{Case, CaseId, Marker, SuiteId, Value, WorkItem, WorkItemId};
use accord::reconcile::{Remotes, Writers};
use accord::remote::{
    CaseDraft, CasePatch, CaseRead, CaseScope, WorkItemDraft, WorkItemPatch, WorkItemWrite,
    WriteOutcome,
};
use accord::sandbox::log::System;
use serde_json::{Value as Json, json};

use crate::support::World;

const DESCRIPTION: &str = "System.Description";
const STEPS: &str = "Microsoft.VSTS.TCM.Steps";
const LISTED: SuiteId = SuiteId(41);

fn writers(world: &World) -> Writers {
    let connection = world.config.connections.values().next();
    let connection = connection.expect("a connection");
    world.remotes().writers(connection).expect("clients")
}

fn fields(fields: &[(&str, Value)]) -> BTreeMap<String, Value> {
    let own = |(name, value): &(&str, Value)| ((*name).to_owned(), value.clone());
    fields.iter().map(own).collect()
}

async fn create(writers: &Writers, more: &[(&str, Value)]) -> WorkItem {
    let mut fields = fields(more);
    fields.insert("System.Title".to_owned(), Value::text("Edges"));
    let draft = WorkItemDraft {
        work_item_type: "Test Case".to_owned(),
        fields,
        tags: Vec::new(),
        marker: Marker {
            case: CaseId(990_001),
            url: "https://testworthy.us/TestCase/Detail/990001".to_owned(),
        },
    };
    match write(writers, WorkItemWrite::Create(draft)).await {
        WriteOutcome::Applied(item) => *item,
        other => panic!("{other:?}"),
    }
}

async fn write(writers: &Writers, write: WorkItemWrite) -> WriteOutcome {
    let mut outcomes = writers.azure_devops.write(&[write]).await.expect("a batch");
    assert_eq!(outcomes.len(), 1);
    outcomes.remove(0)
}

async fn update(writers: &Writers, item: &WorkItem, changes: &[(&str, Value)]) -> WriteOutcome {
    let patch = WorkItemPatch {
        fields: fields(changes),
        ..WorkItemPatch::default()
    };
    let (id, rev) = (item.id, item.rev);
    write(writers, WorkItemWrite::Update { id, rev, patch }).await
}

async fn read(writers: &Writers, id: WorkItemId) -> WorkItem {
    let mut items = writers.azure_devops.read(&[id]).await.expect("items");
    items.remove(&id).expect("the item")
}

/// A person changes the format of a field, which needs its value in the same patch.
async fn set_format(world: &World, item: &WorkItem, format: &str, value: &str) {
    let url = format!(
        "{}/_apis/wit/workitems/{}?api-version=7.1",
        world.sandbox.organization_url(),
        item.id
    );
    let patch = json!([
        {"op": "add", "path": format!("/fields/{DESCRIPTION}"), "value": value},
        {"op": "add", "path": format!("/multilineFieldsFormat/{DESCRIPTION}"), "value": format},
    ]);
    let sent = reqwest::Client::new()
        .patch(url)
        .basic_auth("", Some("sandbox-pat"))
        .header("content-type", "application/json-patch+json")
        .body(patch.to_string())
        .send()
        .await
        .expect("an answer");
    assert_eq!(sent.status().as_u16(), 200);
    // A person's request is not Accord's to answer for.
    drop(world.sandbox.state().exchanges.take());
}

#[tokio::test]
async fn a_long_text_keeps_its_format_through_an_update() {
    let world = World::web_shop().await;
    let writers = writers(&world);
    let html = create(&writers, &[(DESCRIPTION, Value::text("<p>one</p>"))]).await;
    assert!(html.markdown.is_empty(), "{:?}", html.markdown);
    let WriteOutcome::Applied(html) = update(
        &writers,
        &html,
        &[(DESCRIPTION, Value::text("<p>two <!-- x --></p>"))],
    )
    .await
    else {
        panic!("an HTML text can be written");
    };
    assert!(html.markdown.is_empty());
    assert_eq!(
        html.fields[DESCRIPTION],
        Value::text("<p>two </p>"),
        "rewritten"
    );

    let item = create(&writers, &[]).await;
    set_format(&world, &item, "Markdown", "**one**").await;
    let item = read(&writers, item.id).await;
    assert!(item.markdown.contains(DESCRIPTION), "{:?}", item.markdown);
    let text = "# two\n\n- a < b\n- <!-- kept -->";
    let changed = update(&writers, &item, &[(DESCRIPTION, Value::text(text))]).await;
    let WriteOutcome::Applied(changed) = changed else {
        panic!("{changed:?}");
    };
    for seen in [*changed, read(&writers, item.id).await] {
        assert_eq!(seen.fields[DESCRIPTION], Value::text(text));
        assert!(seen.markdown.contains(DESCRIPTION), "{:?}", seen.markdown);
    }
}

#[tokio::test]
async fn a_format_that_changes_after_the_plan_makes_the_write_stale() {
    let world = World::web_shop().await;
    let writers = writers(&world);
    let planned = create(&writers, &[(DESCRIPTION, Value::text("one"))]).await;
    // The same text in the other format: nothing but the format tells.
    set_format(&world, &planned, "Markdown", "one").await;
    let late = update(
        &writers,
        &planned,
        &[(DESCRIPTION, Value::text("<p>two</p>"))],
    )
    .await;
    assert!(matches!(late, WriteOutcome::Stale(_)), "{late:?}");
    let now = read(&writers, planned.id).await;
    assert_eq!(now.rev.0, planned.rev.0 + 1);
    assert_eq!(now.fields[DESCRIPTION], Value::text("one"));
}

#[tokio::test]
async fn a_type_tells_its_ways_and_the_server_holds_to_them() {
    let world = World::web_shop().await;
    let writers = writers(&world);
    let kind = writers.azure_devops.work_item_type("Test Case").await;
    let ways = kind.expect("a type").transitions.expect("transitions");
    assert_eq!(ways[""], ["Design"]);
    assert_eq!(ways["Design"], ["Ready", "Closed"]);
    let item = create(&writers, &[]).await;
    assert_eq!(item.fields["System.State"], Value::text("Design"));
    let mut now = item;
    for state in ["Closed", "Ready"] {
        let step = update(&writers, &now, &[("System.State", Value::text(state))]).await;
        let WriteOutcome::Applied(after) = step else {
            panic!("{state}: {step:?}");
        };
        now = *after;
    }
    assert_eq!(now.fields["System.Reason"], Value::text("Reactivated"));
    let bug = writers
        .azure_devops
        .work_item_type("Bug")
        .await
        .expect("a type");
    assert!(!bug.transitions.expect("transitions")["Resolved"].contains(&"New".to_owned()));
    let wrong = [
        ("System.State", Value::text("Design")),
        ("System.Reason", Value::text("Because")),
    ];
    let refused = update(&writers, &now, &wrong).await;
    assert!(matches!(refused, WriteOutcome::Rejected(_)), "{refused:?}");
}

#[tokio::test]
async fn people_are_written_by_sign_in_name_and_cleared_by_removal() {
    let world = World::web_shop().await;
    let writers = writers(&world);
    let known = accord::sandbox::azure_devops::SERVICE_ACCOUNT.to_owned();
    let item = create(
        &writers,
        &[("System.AssignedTo", Value::text(known.as_str()))],
    )
    .await;
    assert_eq!(item.fields["System.AssignedTo"], Value::text(known));
    let nobody = [("System.AssignedTo", Value::text("nobody@contoso.example"))];
    let refused = update(&writers, &item, &nobody).await;
    let WriteOutcome::Rejected(error) = refused else {
        panic!("{refused:?}");
    };
    assert!(error.to_string().contains("unknown identity"), "{error}");
    let cleared = update(&writers, &item, &[("System.AssignedTo", Value::Null)]).await;
    let WriteOutcome::Applied(cleared) = cleared else {
        panic!("{cleared:?}");
    };
    assert!(!cleared.fields.contains_key("System.AssignedTo"));
}

async fn listed(writers: &Writers) -> BTreeMap<CaseId, Case> {
    let listing = writers.testworthy.cases(CaseScope::Suite(LISTED)).await;
    listing.expect("a listing").cases
}

async fn add_case(writers: &Writers, steps: &Value) -> Case {
    let section = listed(writers)
        .await
        .into_values()
        .find_map(|case| case.section);
    let draft = CaseDraft {
        suite: LISTED,
        section,
        refs: Vec::new(),
        fields: fields(&[("title", Value::text("Edges")), ("steps", steps.clone())]),
    };
    writers
        .testworthy
        .create_case(&draft)
        .await
        .expect("a case")
}

fn separated(steps: &Json) -> Value {
    CaseSteps::Separated(steps.clone()).to_value()
}

#[tokio::test]
async fn steps_cross_in_their_own_form_with_every_member() {
    let world = World::web_shop().await;
    let writers = writers(&world);
    let list = json!([
        {"content": "<p>Pay</p>", "expected": "<p>Paid</p>", "additional_info": "by card"},
        {"content": "<p>Leave</p>", "expected": null},
    ]);
    let texts = CaseSteps::Texts(Pair {
        steps: "<p>Pay &amp; leave</p>".to_owned(),
        expected: String::new(),
    });
    for value in [separated(&list), texts.to_value()] {
        let made = add_case(&writers, &value).await;
        assert_eq!(made.fields["steps"], value);
        assert_eq!(listed(&writers).await[&made.id].fields["steps"], value);
        let patch = CasePatch {
            fields: fields(&[("steps", Value::Null)]),
            refs: None,
        };
        let cleared = writers.testworthy.update_case(made.id, &patch).await;
        assert!(!cleared.expect("a case").fields.contains_key("steps"));
    }
    let before = world.sandbox.state().log.writes(System::Testworthy);
    for wrong in [Value::text("<p>Pay</p>"), separated(&json!(["Pay"]))] {
        let patch = CasePatch {
            fields: fields(&[("steps", wrong)]),
            refs: None,
        };
        assert!(
            writers
                .testworthy
                .update_case(CaseId(1), &patch)
                .await
                .is_err()
        );
    }
    assert_eq!(
        world.sandbox.state().log.writes(System::Testworthy),
        before,
        "nothing was sent"
    );
}

#[tokio::test]
async fn long_bodies_pass_both_edges() {
    const MEGABYTE: usize = 1_000_000;
    let world = World::web_shop().await;
    let writers = writers(&world);
    let mut html = String::new();
    let mut xml = String::from("<steps id=\"0\" last=\"9\">");
    let mut list = Vec::new();
    for at in 2.. {
        if html.len() > MEGABYTE - 200 && xml.len() > MEGABYTE - 200 {
            break;
        }
        if html.len() <= MEGABYTE - 200 {
            let _ = write!(html, "<div>Line {at} &amp; <b>\u{1f4b3} \u{5e9}</b></div>");
        }
        if xml.len() <= MEGABYTE - 200 {
            let _ = write!(
                xml,
                "<step id=\"{at}\" type=\"ActionStep\"><parameterizedString isformatted=\"true\">&lt;P&gt;{at}&lt;/P&gt;</parameterizedString><parameterizedString isformatted=\"true\"/><description/></step>"
            );
            list.push(json!({"content": format!("<p>{}</p>", "x".repeat(150)), "expected": null}));
        }
    }
    xml.push_str("</steps>");
    let long = [
        (DESCRIPTION, Value::text(html.as_str())),
        (STEPS, Value::text(xml.as_str())),
    ];
    let item = create(&writers, &long).await;
    let seen = read(&writers, item.id).await;
    assert_eq!(seen.fields, item.fields);
    assert_eq!(seen.fields[STEPS], Value::text(xml));
    assert_eq!(
        seen.fields[DESCRIPTION].as_text().map(str::len),
        Some(html.len())
    );

    let steps = separated(&json!(list));
    let made = add_case(&writers, &steps).await;
    let patch = CasePatch {
        fields: fields(&[("description", Value::text(html))]),
        refs: None,
    };
    let changed = writers.testworthy.update_case(made.id, &patch).await;
    let changed = changed.expect("a case");
    let CaseRead::Present(alone) = writers.testworthy.case(made.id).await.expect("a read") else {
        panic!("the case is there");
    };
    assert_eq!(alone.fields["steps"], steps);
    assert_eq!(alone.fields["description"], changed.fields["description"]);
    assert_eq!(listed(&writers).await[&made.id].fields["steps"], steps);
}
