//! Fields that people changed after they were made: what is missing is added, nothing else.

use serde_json::{Value, json};

use super::{VERSION, assert_whole, codes, list, person, process, set_items, world, writes};

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
