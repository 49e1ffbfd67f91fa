//! Saved plans and what else decides: limits, deletions, sensitive rows, declared fields.

use accord::model::LinkState;
use accord::plan::render::json;
use accord::plan::safety::Overrides;
use accord::plan::{Action, Plan, SafetyVerdict};
use accord::reconcile::Prepared;
use accord::store::Store;
use serde_json::json;

use super::{carry_out, forget_requests, pairs, save, writes};
use crate::review_help::{ALLOWING_ALL, add_case, links};
use crate::support::manifests::{WITH_RISK, mapping, risk};
use crate::support::{TO_AZURE_DEVOPS, World};
use crate::two_way::{BOTH, edit_case, edit_item, item};

#[tokio::test]
async fn limits_measure_what_would_run() {
    let (world, ids) = pairs(TO_AZURE_DEVOPS, 12).await;
    for (case, _) in &ids[..8] {
        edit_case(&world, *case, &json!({ "title": format!("New {case}") }));
    }
    let saved = save(&world).await;
    assert_eq!(saved.safety.verdict, SafetyVerdict::Overridden);
    // What a person accepted for one run is not accepted for another one.
    forget_requests(&world);
    let (prepared, report) = carry_out(&world, &saved, Overrides::default()).await;
    assert!(report.is_none());
    let verdict = |prepared: &Prepared| {
        let outcome = prepared.outcome.as_ref().expect("something to run");
        outcome.planned.plan.safety.verdict
    };
    assert_eq!(verdict(&prepared), SafetyVerdict::Blocked);
    assert_eq!(writes(&world), 0);
    // Three of them are stale, and three of twelve are 25 %.
    for (_, work_item) in &ids[..5] {
        edit_item(
            &world,
            *work_item,
            &json!({ "System.Description": "touched" }),
        );
    }
    let (prepared, report) = carry_out(&world, &saved, Overrides::default()).await;
    assert_eq!(verdict(&prepared), SafetyVerdict::Pass);
    let outcome = prepared.outcome.as_ref().expect("something to run");
    assert_eq!(outcome.planned.plan.summary.update, 3);
    let report = report.expect("a report");
    assert_eq!((report.applied, report.exit_code()), (3, 9));
}

/// Two pairs, a plan that puts the work item of a deleted case away, and that work item.
async fn with_a_deletion() -> (World, u64, Plan) {
    let rules = BOTH.replace("testworthy: ask", "testworthy: close");
    let (world, ids) = pairs(&rules, 2).await;
    let deleted = world.sandbox.state().delete_case(ids[0].0);
    deleted.expect("a deletion");
    let saved = save(&world).await;
    (world, ids[0].1, saved)
}

#[tokio::test]
async fn a_deletion_is_carried_over_once() {
    let (world, _, saved) = with_a_deletion().await;
    assert_eq!(
        saved.changes.len(),
        1,
        "{:?} {:?}",
        saved.changes,
        saved.findings
    );
    assert_eq!(saved.changes[0].action, Action::Delete);
    let (_, report) = carry_out(&world, &saved, ALLOWING_ALL).await;
    assert_eq!(report.expect("a report").exit_code(), 0);
    let endpoints = links(&world).await[0].endpoints.clone();
    let parted = world.store().await.parted_links(&endpoints).await;
    assert_eq!(parted.expect("links")[0].state, LinkState::Ended);
    let (prepared, report) = carry_out(&world, &saved, ALLOWING_ALL).await;
    assert!(report.is_none());
    assert_eq!((prepared.satisfied.len(), prepared.skipped.len()), (1, 0));
}

#[tokio::test]
async fn a_deletion_of_what_was_edited_since_is_not_carried_over() {
    let (world, work_item, saved) = with_a_deletion().await;
    // An edit of what is left speaks against putting it away.
    edit_item(
        &world,
        work_item,
        &json!({ "System.Title": "Still needed" }),
    );
    forget_requests(&world);
    let (prepared, report) = carry_out(&world, &saved, ALLOWING_ALL).await;
    assert!(report.is_none());
    assert_eq!(prepared.skipped.len(), 1, "{:?}", prepared.skipped);
    assert_eq!(writes(&world), 0);
    assert_eq!(item(&world, work_item).0, "Still needed");
}

const SECRET: &str = mapping!(
    "test-case",
    "    - { testworthy: title, azureDevOps: System.Title }
    - { testworthy: gherkin, azureDevOps: Custom.Gherkin, sensitive: true }
"
);

#[tokio::test]
async fn sensitive_values_are_not_in_the_file_and_come_from_the_source() {
    let world = World::mapped_without_items(SECRET, TO_AZURE_DEVOPS).await;
    let id = add_case(&world, "Pay");
    world.apply().await;
    let work_item = links(&world).await[0].work_item.0;
    edit_case(&world, id, &json!({ "gherkin": "hunter2" }));
    let saved = save(&world).await;
    assert!(!json::render(&saved).contains("hunter2"));
    // The file approves that the field is written, with what the source holds.
    edit_case(&world, id, &json!({ "gherkin": "hunter3" }));
    let (_, report) = carry_out(&world, &saved, ALLOWING_ALL).await;
    assert_eq!(report.expect("a report").exit_code(), 0);
    assert_eq!(item(&world, work_item).1, "hunter3");
    // The target is guarded by its revision all the same.
    edit_case(&world, id, &json!({ "gherkin": "hunter4" }));
    let saved = save(&world).await;
    edit_item(&world, work_item, &json!({ "Custom.Gherkin": "by hand" }));
    let (prepared, report) = carry_out(&world, &saved, ALLOWING_ALL).await;
    assert!(report.is_none());
    assert_eq!(prepared.skipped.len(), 1);
    assert_eq!(item(&world, work_item).1, "by hand");
}

#[tokio::test]
async fn declared_fields_are_made_before_the_items_that_need_them() {
    let rules = format!("{}{WITH_RISK}", risk("Test Case"));
    let world = World::new(true, &rules).await;
    let saved = save(&world).await;
    assert_eq!(saved.changes[0].address, "CustomField/risk");
    assert!(saved.changes.len() > 3);
    // Somebody makes the field by a plan of its own.
    let only = |address: &str| {
        let mut part = saved.clone();
        part.changes
            .retain(|change| change.address.starts_with(address));
        part
    };
    let (_, report) = carry_out(&world, &only("CustomField"), ALLOWING_ALL).await;
    assert_eq!(report.expect("a report").exit_code(), 0);
    let (prepared, report) = carry_out(&world, &saved, ALLOWING_ALL).await;
    let report = report.expect("a report");
    assert_eq!(report.exit_code(), 0, "{:?}", report.failures);
    assert_eq!(prepared.satisfied, [0]);
    assert_eq!(report.applied, saved.changes.len() as u64 - 1);
}

#[tokio::test]
async fn items_wait_for_a_field_that_the_file_does_not_make() {
    let rules = format!("{}{WITH_RISK}", risk("Test Case"));
    let world = World::new(true, &rules).await;
    let mut saved = save(&world).await;
    // A file that was made while the field was there: its items are approved, the field is not.
    saved
        .changes
        .retain(|change| change.address != "CustomField/risk");
    forget_requests(&world);
    let (_, report) = carry_out(&world, &saved, ALLOWING_ALL).await;
    let report = report.expect("a report");
    assert_eq!((report.applied, report.exit_code()), (0, 9));
    assert!(!report.failures.is_empty(), "somebody is told");
    assert!(
        report
            .failures
            .iter()
            .all(|one| one.message.contains("CustomField/risk")),
        "{:?}",
        report.failures
    );
    assert_eq!(writes(&world), 0);
}
