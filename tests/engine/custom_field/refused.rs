//! Declarations that cannot be carried out, and the items that then cannot be written.

use accord::sandbox::{Fault, FaultKind};
use serde_json::json;

use super::{VERSION, assert_whole, codes, person, world, writes};

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
        let world = super::world().await;
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
