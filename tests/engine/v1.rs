//! The surface `v1` of TestWorthy: few fields, no references, one project; cases are updated and never
//! created.

use accord::plan::{Action, Reason};
use accord::reconcile::ReconcileError;
use accord::remote::RemoteErrorKind;
use accord::sandbox::log::System;
use accord::sandbox::testworthy::{ROBOT_ID, TestWorthyOptions, V1Options, WriteAnswer};
use accord::sandbox::{Fault, FaultKind};
use accord::store::Store;
use serde_json::{Value, json};

use crate::laws::edit_work_item;
use crate::support::World;
use crate::support::by_hand::send;
use crate::support::killing::{Death, Moment};
use crate::support::manifests::{
    V1_TO_AZURE_DEVOPS as TO_AZURE_DEVOPS, V1_TO_TESTWORTHY as TO_TESTWORTHY,
};

/// Everything that the emulated server holds of a case.
fn case(world: &World, id: u64) -> Value {
    let mut state = world.sandbox.state();
    let now = state.clock.now();
    let reply = state
        .testworthy
        .control("GET", &format!("cases/{id}"), b"", now);
    serde_json::from_slice(&reply.body).expect("a case")
}

/// What tells one plausible server from another.
type Switches = Box<dyn Fn(&mut TestWorthyOptions)>;

fn switch(world: &World, change: impl FnOnce(&mut TestWorthyOptions)) {
    let mut options = TestWorthyOptions::default();
    change(&mut options);
    let set = world.sandbox.state().testworthy.set_options(options);
    set.expect("switches");
}

/// Both systems after a first apply towards Azure DevOps, then the rule turned round and one edited work
/// item; the case and the work item.
async fn turned_round() -> (World, u64, u64) {
    let mut world = World::v1("", TO_AZURE_DEVOPS).await;
    let (_, report) = world.apply().await;
    assert_eq!(report.exit_code(), 0, "{:?}", report.failures);
    let store = world.store().await;
    let places = store.endpoints().await.expect("places");
    let links = store.links(&places[0]).await.expect("links");
    let link = links.iter().find(|link| link.case.0 == 210_301);
    let link = link.unwrap_or(&links[0]);
    let (id, item) = (link.case.0, link.work_item.0);
    world.declare(TO_TESTWORTHY);
    // The pairs pass to the rule that follows.
    let (_, report) = world.apply().await;
    assert_eq!(report.exit_code(), 0, "{:?}", report.failures);
    edit_work_item(&world, item, &json!({ "System.Title": "A better title" }));
    world.sandbox.state().log.clear();
    (world, id, item)
}

#[tokio::test]
async fn after_an_apply_nothing_is_left_and_no_case_was_touched() {
    let world = World::v1("", TO_AZURE_DEVOPS).await;
    let (plan, report) = world.apply().await;
    assert_eq!(report.exit_code(), 0, "{:?}", report.failures);
    assert!(plan.summary.create > 0);
    assert_eq!(report.notes, [""; 0]);
    {
        let state = world.sandbox.state();
        assert_eq!(state.log.writes(System::Testworthy), 0, "no mark, no refs");
        assert!(state.log.writes(System::AzureDevOps) > 0, "the log works");
    }
    let again = world.plan().await.planned;
    assert_eq!(again.plan.changes, []);
    assert!(again.steps.is_empty(), "{:?}", again.steps);
}

#[tokio::test]
async fn every_plausible_server_gives_the_same_plan() {
    let world = World::v1("", TO_AZURE_DEVOPS).await;
    let expected = world.plan().await.planned.plan;
    let v1 =
        |change: fn(&mut V1Options)| move |options: &mut TestWorthyOptions| change(&mut options.v1);
    let servers: Vec<Switches> = vec![
        Box::new(v1(|v1| v1.bare_arrays = true)),
        Box::new(v1(|v1| v1.first_page = 0)),
        Box::new(v1(|v1| v1.largest_limit = 3)),
        Box::new(v1(|v1| v1.ignores_paging = true)),
        Box::new(v1(|v1| {
            v1.bare_arrays = true;
            v1.first_page = 0;
            v1.largest_limit = 3;
        })),
        Box::new(v1(|v1| {
            v1.bare_arrays = true;
            v1.ignores_paging = true;
        })),
        Box::new(v1(|v1| v1.updated_at = true)),
        Box::new(|options| options.extra_fields = true),
        Box::new(|options| options.nulls = true),
    ];
    for (number, server) in servers.iter().enumerate() {
        switch(&world, server);
        let plan = world.plan().await.planned.plan;
        assert_eq!(plan.plan_id, expected.plan_id, "server {number}");
        assert_eq!(plan.summary, expected.summary, "server {number}");
        assert_eq!(plan.safety, expected.safety, "server {number}");
    }
}

#[tokio::test]
async fn a_lost_store_is_rebuilt_from_the_markers_on_the_work_items() {
    let world = World::v1("", TO_AZURE_DEVOPS).await;
    world.apply().await;
    let linked = world.plan().await.planned.plan.summary;
    world.lose_store();
    let (plan, report) = world.apply().await;
    assert_eq!(report.exit_code(), 0, "{:?}", report.failures);
    assert_eq!(plan.summary.create, 0, "no second item for any pair");
    assert!(plan.changes.iter().all(|c| c.action == Action::Link));
    assert_eq!(plan.summary.link, linked.unchanged);
    assert_eq!(world.plan().await.planned.plan.changes, []);
}

#[tokio::test]
async fn a_case_that_is_linked_is_updated_and_keeps_everything_else() {
    for (replaces, answer) in [
        (false, WriteAnswer::Object),
        (true, WriteAnswer::Object),
        (true, WriteAnswer::NoContent),
        (true, WriteAnswer::Empty),
    ] {
        let (world, id, _) = turned_round().await;
        switch(&world, |options| {
            options.v1.put_replaces = replaces;
            options.v1.put_answer = answer;
        });
        let mut expected = case(&world, id);
        let (plan, report) = world.apply().await;
        assert_eq!(report.exit_code(), 0, "{:?}", report.failures);
        assert_eq!(plan.changes.len(), 1, "{:?}", plan.changes);
        assert_eq!(plan.changes[0].reason, Reason::SourceChanged);
        let mut now = case(&world, id);
        assert_eq!(now["title"], "A better title");
        for shown in [&mut expected, &mut now] {
            let members = shown.as_object_mut().expect("a case");
            members.retain(|name, _| name != "title" && !name.starts_with("last_modified"));
        }
        assert_eq!(now, expected, "replaces: {replaces}");
        assert_eq!(world.plan().await.planned.plan.changes, []);
        let state = world.sandbox.state();
        assert_eq!(state.log.writes(System::Testworthy), 1, "one PUT");
    }
}

#[tokio::test]
async fn work_items_without_a_case_make_none() {
    let world = World::v1("", TO_TESTWORTHY).await;
    let cases = world.sandbox.state().testworthy.cases().count();
    let (plan, report) = world.apply().await;
    assert_eq!(report.exit_code(), 0, "{:?}", report.failures);
    assert_eq!(plan.summary.create, 0);
    assert!(plan.summary.filtered > 0);
    assert_eq!(world.sandbox.state().testworthy.cases().count(), cases);
}

#[tokio::test]
async fn a_lost_answer_to_a_put_is_looked_up() {
    let (world, id, _) = turned_round().await;
    let fault = Fault::new("*/v1/cases/*", FaultKind::DropAfterHandling);
    let fault = fault.method("PUT").times(1);
    world.sandbox.state().faults.add(fault);
    let (_, report) = world.apply().await;
    assert_eq!(report.exit_code(), 0, "{:?}", report.failures);
    assert_eq!(case(&world, id)["title"], "A better title");
    assert_eq!(world.plan().await.planned.plan.changes, []);
    let writes = world.sandbox.state().log.writes(System::Testworthy);
    assert_eq!(writes, 1, "sent once");
}

#[tokio::test]
async fn a_deleted_case_is_told_and_nothing_is_written() {
    let world = World::v1("", TO_AZURE_DEVOPS).await;
    world.apply().await;
    let before = world.plan().await.planned.plan.summary;
    world
        .sandbox
        .state()
        .delete_case(210_301)
        .expect("deleting");
    world.sandbox.state().log.clear();
    let (plan, report) = world.apply().await;
    assert_eq!(report.exit_code(), 0, "{:?}", report.failures);
    assert_eq!(plan.changes, []);
    let [conflict] = &plan.conflicts[..] else {
        panic!("{:?}", plan.conflicts)
    };
    assert_eq!(conflict.address, "SyncRule/cases/case/210301");
    assert!(
        conflict.message.contains("was deleted"),
        "{}",
        conflict.message
    );
    assert_eq!(plan.summary.conflict, 1);
    assert_eq!(plan.summary.selected(), before.selected());
    let state = world.sandbox.state();
    assert_eq!(state.log.writes(System::AzureDevOps), 0);
}

#[tokio::test]
async fn a_404_for_every_case_confirms_no_deletion() {
    let world = World::v1("", TO_AZURE_DEVOPS).await;
    world.apply().await;
    world
        .sandbox
        .state()
        .delete_case(210_301)
        .expect("deleting");
    let fault = Fault::new(
        "*/v1/cases/*",
        FaultKind::Status {
            status: 404,
            retry_after: None,
        },
    );
    world.sandbox.state().faults.add(fault.method("GET"));
    let plan = world.plan().await.planned.plan;
    assert_eq!(plan.conflicts, []);
    assert_eq!(plan.summary.held, 1, "gone, and nobody knows why");
}

#[tokio::test]
async fn a_refused_token_names_its_variable_and_nothing_else() {
    let world = World::v1("", TO_AZURE_DEVOPS).await;
    let changed = world.sandbox.state().testworthy.set_token(ROBOT_ID, "new");
    changed.expect("a new token");
    let remotes = world.remotes();
    let Err(ReconcileError::Remote {
        credentials, error, ..
    }) = world.apply_with(&remotes).await
    else {
        panic!("the old token was taken");
    };
    assert!(matches!(
        error.kind,
        RemoteErrorKind::Unauthenticated { .. }
    ));
    assert_eq!(credentials.shown, "environment variable TESTWORTHY_TOKEN");
    let told = format!("{error} {error:?} {:?}", world.config);
    assert!(!told.contains("sandbox-testworthy-token"), "{told}");
}

/// What an observer sees: every work item's title and marker, every case's title.
fn look(world: &World) -> Vec<String> {
    let state = world.sandbox.state();
    let mut seen: Vec<String> = Vec::new();
    for id in state.azure_devops.work_item_ids() {
        let item = state
            .azure_devops
            .work_item(id)
            .expect("listed items exist");
        let relations = item["relations"].as_array().cloned().unwrap_or_default();
        let marks: Vec<String> = relations
            .iter()
            .map(|relation| relation["attributes"]["comment"].to_string())
            .collect();
        seen.push(format!("{} {marks:?}", item["fields"]["System.Title"]));
    }
    let cases = state.testworthy.cases();
    seen.extend(cases.map(|case| format!("{} {:?}", case.title, case.text("refs"))));
    seen.sort();
    seen
}

/// Dies at one call of an apply, starts again, and ends in accord.
async fn survive(world: World, at: usize, moment: Moment) -> (usize, Vec<String>) {
    let death = Death::new(at, moment);
    world.apply_until(&death).await;
    let (_, report) = world.apply().await;
    let told = &report.failures;
    assert_eq!(report.exit_code(), 0, "at call {at} {moment:?}: {told:?}");
    let left = world.plan().await.planned.plan;
    assert_eq!(left.changes, [], "at call {at} {moment:?}");
    (death.calls(), look(&world))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_at_any_call_towards_azure_devops() {
    let make = || World::v1("", TO_AZURE_DEVOPS);
    let (calls, undisturbed) = survive(make().await, usize::MAX, Moment::Before).await;
    assert!(calls > 5, "a run makes more calls than {calls}");
    for at in 0..calls {
        for moment in [Moment::Before, Moment::After] {
            let (_, seen) = survive(make().await, at, moment).await;
            assert_eq!(seen, undisturbed, "killed at call {at}, {moment:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_at_any_call_towards_testworthy() {
    let (world, ..) = turned_round().await;
    let (calls, undisturbed) = survive(world, usize::MAX, Moment::Before).await;
    assert!(calls > 5, "a run makes more calls than {calls}");
    for at in 0..calls {
        for moment in [Moment::Before, Moment::After] {
            let (world, ..) = turned_round().await;
            let (_, seen) = survive(world, at, moment).await;
            assert_eq!(seen, undisturbed, "killed at call {at}, {moment:?}");
        }
    }
}

/// The connection's configuration in TestWorthy, beside one that is somebody else's.
const MANAGED: &str = "    integration: manage\n";

/// A server that offers its settings, with a configuration that is nobody's business.
async fn managed(rules: &str) -> World {
    let world = World::v1(MANAGED, rules).await;
    switch(&world, |options| options.v1.azure_devops_integration = true);
    world
}

#[tokio::test]
async fn settings_are_created_before_the_items_and_stay() {
    let world = managed(TO_AZURE_DEVOPS).await;
    let (plan, report) = world.apply().await;
    assert_eq!(report.exit_code(), 0, "{:?}", report.failures);
    let first = &plan.changes[0];
    assert_eq!(first.address, "Connection/web-shop/integration");
    assert_eq!(first.action, Action::Create);
    assert!(plan.changes.len() > 1, "items go along");
    assert_eq!(report.applied, plan.changes.len() as u64);
    {
        let state = world.sandbox.state();
        let [settings] = state.testworthy.integrations().azure_devops() else {
            panic!("one configuration");
        };
        assert_eq!(
            (settings.name.as_str(), settings.project_id),
            ("web-shop", 7)
        );
        assert_eq!(settings.personal_access_token, None, "never sent");
        assert_eq!(settings.mappings.len(), 1, "a constant has no field");
        let entries: Vec<_> = state.log.entries().filter(|e| e.is_write).collect();
        assert!(
            entries[0].path.ends_with("/v1/integrations/azure-devops"),
            "before items: {entries:?}"
        );
    }
    let audit = world.store().await.audit(100).await.expect("an audit");
    let row = audit.iter().find(|row| {
        row.entry.event == "wrote integration settings" && row.entry.rule.as_str() == "web-shop"
    });
    let detail = &row.expect("a row").entry.detail;
    assert_eq!(
        detail,
        "Connection/web-shop/integration: name, organizationUrl, project, mappings[title]"
    );
    assert_eq!(world.plan().await.planned.plan.changes, []);
}

#[tokio::test]
async fn a_server_without_settings_stops_nothing_else() {
    for status in [None, Some(405), Some(501), Some(403)] {
        let world = World::v1(MANAGED, TO_AZURE_DEVOPS).await;
        if let Some(status) = status {
            let fault = Fault::new(
                "*/v1/integrations/*",
                FaultKind::Status {
                    status,
                    retry_after: None,
                },
            );
            world.sandbox.state().faults.add(fault);
        }
        let (plan, report) = world.apply().await;
        assert_eq!(report.exit_code(), 9, "{status:?}: {:?}", report.failures);
        assert!(report.failures.is_empty() && report.errors.is_empty());
        assert!(plan.changes.iter().all(|c| !c.is_configuration()));
        assert!(report.applied > 0, "{status:?}");
        let finding = plan
            .findings
            .iter()
            .find(|f| f.code == "integration-refused");
        let finding = finding.unwrap_or_else(|| panic!("{status:?}: {:?}", plan.findings));
        assert_eq!(finding.severity, "error");
        assert_eq!(finding.address, "Connection/web-shop/integration");
    }
}

#[tokio::test]
async fn a_lost_answer_to_the_settings_is_looked_up() {
    let world = managed(TO_AZURE_DEVOPS).await;
    let fault = Fault::new("*/v1/integrations/*", FaultKind::DropAfterHandling);
    let fault = fault.method("POST").times(1);
    world.sandbox.state().faults.add(fault);
    let (_, report) = world.apply().await;
    assert_eq!(report.exit_code(), 0, "{:?}", report.failures);
    assert_eq!(world.plan().await.planned.plan.changes, []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn settings_that_changed_after_the_plan_are_left_alone() {
    let world = managed(TO_AZURE_DEVOPS).await;
    world.apply().await;
    let edit = |project: &str| {
        let body = json!({
            "name": "web-shop", "projectId": 7, "project": project,
            "organizationUrl": "https://dev.azure.com/else", "mappings": []
        });
        post_settings(&world, &body);
    };
    edit("One");
    let outcome = world.plan().await;
    assert_eq!(outcome.planned.plan.changes.len(), 1);
    assert_eq!(
        outcome.planned.plan.changes[0].reason,
        Reason::DeclarationDiffers
    );
    edit("Two");
    let report = world.carry_out(&outcome).await;
    assert_eq!(report.exit_code(), 9);
    assert_eq!(report.failures[0].kind.key(), "stale");
    let (_, report) = world.apply().await;
    assert_eq!(report.exit_code(), 0, "{:?}", report.failures);
    assert_eq!(world.plan().await.planned.plan.changes, []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn configurations_of_others_are_never_touched() {
    let world = managed(TO_AZURE_DEVOPS).await;
    let other = json!({
        "name": "by-hand", "projectId": 7, "project": "Web Shop",
        "organizationUrl": "https://dev.azure.com/contoso", "mappings": [],
        "personalAccessToken": "theirs"
    });
    post_settings(&world, &other);
    let theirs = |world: &World| {
        let state = world.sandbox.state();
        let all = state.testworthy.integrations().azure_devops();
        all.iter().find(|one| one.name == "by-hand").cloned()
    };
    let before = theirs(&world);
    assert!(before.is_some());
    world.apply().await;
    assert_eq!(theirs(&world), before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_at_any_call_around_the_settings() {
    // Listing settings, reading the type and both sides, then the write with a reading on either side.
    for at in 0..12 {
        for moment in [Moment::Before, Moment::After] {
            let world = managed(TO_AZURE_DEVOPS).await;
            let death = Death::new(at, moment);
            world.apply_until(&death).await;
            let (_, report) = world.apply().await;
            assert_eq!(
                report.exit_code(),
                0,
                "{at} {moment:?}: {:?}",
                report.failures
            );
            let kept = world
                .sandbox
                .state()
                .testworthy
                .integrations()
                .azure_devops()
                .len();
            assert_eq!(kept, 1, "at call {at} {moment:?}");
            assert_eq!(
                world.plan().await.planned.plan.changes,
                [],
                "{at} {moment:?}"
            );
            let store = world.store().await;
            for places in store.endpoints().await.expect("places") {
                assert_eq!(store.open_intents(&places).await.expect("intents"), []);
            }
        }
    }
}

/// Somebody saves the settings by hand.
fn post_settings(world: &World, body: &Value) {
    let line = "POST /testworthy/v1/integrations/azure-devops";
    let token = accord::sandbox::testworthy::TOKEN;
    // A person may send a token; what Accord sends is judged without it.
    send(world, line, &format!("Bearer {token}"), &body.to_string());
}
