//! Declared fields: made in the process before the items that need them, kept, never taken away.

use accord::plan::{Action, Reason};
use accord::reconcile::{ApplyReport, ReconcileError};
use accord::sandbox::log::System;
use accord::sandbox::{Fault, FaultKind};
use accord::store::Store;
use base64::Engine as _;
use serde_json::{Value, json};

use crate::judge::Judge;
use crate::support::killing::{Death, Dying, Moment};
use crate::support::{World, example};

/// A picklist on two types, of which one is still the system's, and a long text on one of them.
const FIELDS: &str = "\
apiVersion: accord/v1
kind: CustomField
metadata: { name: risk }
spec:
  connection: web-shop
  referenceName: Custom.TestRisk
  name: Test Risk
  type: picklist
  workItemTypes: [Test Case, Bug]
  allowedValues: [High, Medium, Low]
---
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

const RULES: &str = "\
apiVersion: accord/v1
kind: FieldMapping
metadata: { name: with-risk }
spec:
  testworthy: TestCase
  azureDevOps: Test Case
  fields:
    - { testworthy: title, azureDevOps: System.Title }
    - testworthy: priority
      azureDevOps: Custom.TestRisk
      values: { \"P1 - Must Test\": High, \"P2 - Should Test\": Medium, \"P3 - Good to Test\": Low }
---
apiVersion: accord/v1
kind: SyncRule
metadata: { name: cases }
spec:
  connection: web-shop
  mapping: with-risk
  direction: toAzureDevOps
  scope: { testworthy: { suites: [41] } }
";

async fn world() -> World {
    World::new(true, &format!("{FIELDS}{RULES}")).await
}

/// What a person does in the settings of the organisation, over its own interface. Accord's exchanges up
/// to here are judged first; a person's are not.
fn person(world: &World, method: &str, path: &str, body: &Value) -> Value {
    let mut exchanges = world.sandbox.state().exchanges.take();
    for exchange in &mut exchanges {
        exchange.answer = None;
    }
    Judge::get().judge(&exchanges).assert_clean("up to here");
    let secrets = example("sandbox.env");
    let mut lines = secrets.lines();
    let token = lines.find_map(|line| line.strip_prefix("AZURE_DEVOPS_EXT_PAT="));
    let token =
        base64::engine::general_purpose::STANDARD.encode(format!(":{}", token.expect("a token")));
    let address = world.sandbox.address;
    let body = if body.is_null() {
        String::new()
    } else {
        body.to_string()
    };
    let request = format!(
        "{method} /contoso{path} HTTP/1.1\r\nhost: {address}\r\nauthorization: Basic {token}\r\n\
         content-type: application/json\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    let answer = std::thread::spawn(move || {
        use std::io::{Read as _, Write as _};
        let mut stream = std::net::TcpStream::connect(address)?;
        stream.write_all(request.as_bytes())?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok::<_, std::io::Error>(answer)
    });
    let answer = answer.join().expect("no panic").expect("an answer");
    assert!(
        answer.starts_with("HTTP/1.1 20"),
        "{method} {path}: {answer}"
    );
    drop(world.sandbox.state().exchanges.take());
    let body = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body);
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
    world.declare(RULES);
    world.sandbox.state().log.clear();
    assert_eq!(world.plan().await.planned.plan.changes, []);
    // Project, process, fields, types, the fields of two types, a list.
    assert_eq!(with - requests(&world), 7);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_at_any_call_around_the_fields() {
    // The picklist alone, and one item: what a death does to items is shown elsewhere.
    let fields = FIELDS.split_inclusive("---\n").next().expect("a document");
    let rules = RULES.replace("suites: [41]", "suites: [41], cases: [210301]");
    let declared = format!("{fields}{rules}");
    let survive = async |at: usize, moment: Moment| {
        let world = World::new(true, &declared).await;
        let death = Death::new(at, moment);
        let dying = Dying {
            inner: world.remotes(),
            death: death.clone(),
        };
        tokio::select! {
            report = world.apply_with(&dying) => drop(report.expect("undisturbed")),
            () = death.died.notified() => {}
        }
        let (_, report) = world.apply().await;
        assert_whole(&report, &format!("killed at call {at}, {moment:?}"));
        let left = world.plan().await.planned.plan;
        assert_eq!(left.changes, [], "killed at call {at}, {moment:?}");
        (death.calls(), look(&world))
    };
    let (calls, undisturbed) = survive(usize::MAX, Moment::Before).await;
    assert!(calls > 20, "a run makes more calls than {calls}");
    for at in 0..calls {
        for moment in [Moment::Before, Moment::After] {
            let (_, seen) = survive(at, moment).await;
            assert_eq!(seen, undisturbed, "killed at call {at}, {moment:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_answer_is_looked_up() {
    for route in [
        "*/wit/fields",
        "*/processes/lists",
        "*/workitemtypes",
        "*/fields",
        "*/groups",
    ] {
        let world = world().await;
        let fault = Fault::new(route, FaultKind::DropAfterHandling);
        world
            .sandbox
            .state()
            .faults
            .add(fault.method("POST").times(1));
        let (_, report) = world.apply().await;
        assert_whole(&report, route);
        assert_eq!(world.plan().await.planned.plan.changes, [], "{route}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_the_right_to_change_the_process_no_item_that_needs_it_is_written() {
    let forbidden = |route: &str| {
        let status = FaultKind::Status {
            status: 403,
            retry_after: None,
        };
        Fault::new(route, status).method("POST")
    };
    // Nothing at all was written: what is wrong is the permission.
    let world = world().await;
    world.sandbox.state().faults.add(forbidden("*/wit/fields"));
    world.sandbox.state().faults.add(forbidden("*/processes/*"));
    world
        .sandbox
        .state()
        .faults
        .add(forbidden("*/processes/**"));
    let (plan, report) = world.apply().await;
    assert_eq!(report.exit_code(), 8, "{:?}", report.failures);
    assert_eq!(report.applied, 0);
    assert_eq!(report.failures.len(), plan.changes.len());
    let item = report
        .failures
        .iter()
        .find(|one| one.address.starts_with("SyncRule/"));
    let message = &item.expect("an item that was not written").message;
    assert!(
        message.contains("Custom.TestRisk") && message.contains("CustomField/risk"),
        "{message}"
    );
    world.sandbox.state().faults.clear();
    let (_, report) = world.apply().await;
    assert_whole(&report, "with the right");
    assert_eq!(world.plan().await.planned.plan.changes, []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_field_that_stops_half_way_is_finished_by_the_next_run() {
    let world = world().await;
    let fault = FaultKind::Status {
        status: 400,
        retry_after: None,
    };
    let fault = Fault::new("*/groups", fault).method("POST");
    world.sandbox.state().faults.add(fault);
    let (_, report) = world.apply().await;
    assert_eq!(report.exit_code(), 9, "{:?}", report.failures);
    let items = report
        .failures
        .iter()
        .filter(|one| one.address.starts_with("SyncRule/"));
    assert!(items.count() > 0, "items wait for the whole field");
    world.sandbox.state().faults.clear();
    let plan = world.plan().await.planned.plan;
    let risk = plan
        .changes
        .iter()
        .find(|c| c.address == "CustomField/risk");
    let risk = risk.expect("the rest of it");
    assert_eq!(
        (risk.action, risk.reason),
        (Action::Update, Reason::DeclarationDiffers)
    );
    let (_, report) = world.apply().await;
    assert_whole(&report, "the rest");
    assert_eq!(world.plan().await.planned.plan.changes, []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn processes_that_cannot_be_changed_are_refused_before_any_write() {
    let world = world().await;
    world.sandbox.state().azure_devops.use_system_process();
    let error = world
        .apply_with(&world.remotes())
        .await
        .expect_err("refused");
    let found = codes(error);
    assert_eq!(found.len(), 2, "one for each declaration: {found:?}");
    assert!(
        found.iter().all(|(code, _)| *code == "process-is-system"),
        "{found:?}"
    );
    assert!(found[0].1.contains("rules.yaml"), "{found:?}");
    assert_eq!(writes(&world), [""; 0]);

    for (status, code) in [
        (404, "process-is-xml"),
        (405, "process-is-xml"),
        (403, "process-forbidden"),
    ] {
        let world = self::world().await;
        let fault = FaultKind::Status {
            status,
            retry_after: None,
        };
        world
            .sandbox
            .state()
            .faults
            .add(Fault::new("*/work/processes/*", fault));
        let error = world
            .apply_with(&world.remotes())
            .await
            .expect_err("refused");
        assert!(
            codes(error).iter().all(|(found, _)| *found == code),
            "{status}"
        );
        assert_eq!(writes(&world), [""; 0]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn drift_is_mended_and_nothing_is_taken_away() {
    let world = world().await;
    world.apply().await;
    let (id, items) = list(&world, "Custom.TestRisk");
    assert_eq!(items, ["High", "Medium", "Low"]);
    set_items(&world, &id, &["High", "Low", "Unknown"]);
    let process = process(&world);
    let path =
        format!("{process}/workItemTypes/ContosoAgile.Bug/fields/Custom.ReviewNotes?{VERSION}");
    person(&world, "DELETE", &path, &Value::Null);
    world.sandbox.state().log.clear();
    let plan = world.plan().await.planned.plan;
    let changed: Vec<(&str, Vec<&str>)> = plan
        .changes
        .iter()
        .map(|c| (&*c.address, c.fields.iter().map(|f| &*f.path).collect()))
        .collect();
    assert_eq!(
        changed,
        [
            ("CustomField/notes", vec!["workItemTypes[Bug].field"]),
            ("CustomField/risk", vec!["allowedValues"])
        ]
    );
    let told: Vec<&str> = plan.findings.iter().map(|one| &*one.code).collect();
    assert_eq!(told, ["custom-field-extra-values"]);
    let (_, report) = world.apply().await;
    assert_whole(&report, "drift");
    let sent = writes(&world);
    assert_eq!(sent.len(), 2, "{sent:?}");
    let (_, items) = list(&world, "Custom.TestRisk");
    assert_eq!(items, ["High", "Low", "Unknown", "Medium"]);
    assert_eq!(world.plan().await.planned.plan.changes, []);
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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_what_was_planned_is_made() {
    let world = world().await;
    world.apply().await;
    let (id, _) = list(&world, "Custom.TestRisk");
    set_items(&world, &id, &["High", "Low"]);
    let outcome = world.plan().await;
    assert_eq!(outcome.planned.plan.changes.len(), 1);
    let process = process(&world);
    let path =
        format!("{process}/workItemTypes/ContosoAgile.TestCase/fields/Custom.TestRisk?{VERSION}");
    person(&world, "DELETE", &path, &Value::Null);
    let report = world.carry_out(&outcome).await;
    assert_eq!(report.exit_code(), 9);
    let kinds: Vec<&str> = report.failures.iter().map(|one| one.kind.key()).collect();
    assert_eq!(kinds, ["stale"], "{:?}", report.failures);
    let (_, report) = world.apply().await;
    assert_whole(&report, "planned afresh");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_field_of_another_type_is_refused() {
    let world = world().await;
    let field = json!({"name": "Test Risk", "referenceName": "Custom.TestRisk", "type": "html"});
    person(
        &world,
        "POST",
        &format!("/_apis/wit/fields?{VERSION}"),
        &field,
    );
    let error = world
        .apply_with(&world.remotes())
        .await
        .expect_err("refused");
    let found = codes(error);
    assert_eq!(found[0].0, "custom-field-type-differs", "{found:?}");
    assert_eq!(found.len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_list_that_other_fields_use_is_left_alone() {
    let world = world().await;
    world.apply().await;
    let (id, _) = list(&world, "Custom.TestRisk");
    set_items(&world, &id, &["High", "Low"]);
    let field = json!({
        "name": "Impact", "referenceName": "Custom.Impact", "type": "string",
        "isPicklist": true, "picklistId": id
    });
    person(
        &world,
        "POST",
        &format!("/_apis/wit/fields?{VERSION}"),
        &field,
    );
    let error = world
        .apply_with(&world.remotes())
        .await
        .expect_err("refused");
    assert_eq!(codes(error)[0].0, "custom-field-picklist");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn items_alone_cannot_have_a_field_that_is_not_there() {
    let world = world().await;
    let error = world
        .plan_only(&["SyncRule/cases"])
        .await
        .err()
        .expect("refused");
    let found = codes(error);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].0, "custom-field-left-out");
    let outcome = world
        .plan_only(&["SyncRule/cases", "CustomField/risk"])
        .await;
    let plan = outcome.expect("both").planned.plan;
    assert_eq!(plan.changes[0].address, "CustomField/risk");
    assert!(
        plan.changes
            .iter()
            .all(|c| c.address != "CustomField/notes")
    );
    let outcome = world.plan_only(&["CustomField/*"]).await;
    let plan = outcome.expect("the fields alone").planned.plan;
    assert_eq!(plan.changes.len(), 2);
    assert_eq!(plan.findings, []);
    world.apply().await;
    let outcome = world.plan_only(&["SyncRule/cases"]).await;
    assert_eq!(outcome.expect("it is there now").planned.plan.changes, []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_declaration_that_is_gone_is_told_once_and_the_field_stays() {
    let mut world = world().await;
    world.apply().await;
    let before = look(&world);
    world.declare(RULES);
    world.sandbox.state().log.clear();
    let (plan, report) = world.apply().await;
    assert_whole(&report, "without the declarations");
    assert_eq!(plan.changes, []);
    let told: Vec<(&str, &str)> = plan
        .findings
        .iter()
        .map(|one| (&*one.code, &*one.address))
        .collect();
    assert_eq!(
        told,
        [
            ("custom-field-removed", "CustomField/notes"),
            ("custom-field-removed", "CustomField/risk")
        ]
    );
    assert_eq!(writes(&world), [""; 0]);
    assert_eq!(look(&world), before);
    assert_eq!(world.plan().await.planned.plan.findings, []);
}

/// The process is read for the declared fields anyway, so a plan says of the others whether a form shows
/// them. Where nothing is declared, nothing is read.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn mapped_fields_on_no_form_are_told_where_the_process_is_read_anyway() {
    let row = "    - { testworthy: gherkin, azureDevOps: Custom.Gherkin }\n";
    let title = "    - { testworthy: title, azureDevOps: System.Title }\n";
    let rules = RULES.replace(title, &format!("{title}{row}"));
    let world = World::new(true, &format!("{FIELDS}{rules}")).await;
    let on_no_form = async || {
        let plan = world.plan().await.planned.plan;
        let found = plan.findings.into_iter();
        let found = found.filter(|finding| finding.code == "L22");
        found.map(|finding| finding.message).collect::<Vec<_>>()
    };
    assert_eq!(on_no_form().await, [""; 0]);
    let off = |world: &World| {
        let organization = &mut world.sandbox.state().azure_devops;
        organization.take_off_form("Test Case", "Custom.Gherkin");
    };
    off(&world);
    let told = on_no_form().await;
    assert_eq!(told.len(), 1, "not of what is declared: {told:?}");
    assert!(told[0].contains("`Custom.Gherkin`"), "{told:?}");

    let world = World::new(true, crate::support::TO_AZURE_DEVOPS).await;
    off(&world);
    let plan = world.plan().await.planned.plan;
    assert!(plan.findings.iter().all(|finding| finding.code != "L22"));
    let state = world.sandbox.state();
    let mut routes = state.log.routes().keys();
    assert!(routes.all(|(_, route)| !route.contains("processes")));
}
