//! A change of a mapping from its review to the merge, while people go on editing.

use accord::plan::SafetyVerdict;
use accord::plan::safety::Overrides;
use serde_json::json;

use super::{address, carry_out, ids_of_pairs, left_out, save};
use crate::review_help::add_case;
use crate::support::World;
use crate::support::manifests::{mapping, rule};
use crate::two_way::{case, edit_item, item};

const PRIORITIES: &str = mapping!(
    "test-case",
    "    - { testworthy: title, azureDevOps: System.Title }
    - testworthy: priority
      azureDevOps: Microsoft.VSTS.Common.Priority
      values: { \"P1 - Must Test\": 1, \"P2 - Should Test\": 2, \"P3 - Good to Test\": 3 }
"
);

const BOTH_FROM_TESTWORTHY: &str = rule!(
    "both",
    "test-case",
    "  direction: twoWay
  scope: { testworthy: { suites: [41] } }
  create: azureDevOps
  firstSync: testworthy
"
);

/// The story of a review: a change of the mapping over fifty linked items, an edit before the merge.
#[tokio::test]
async fn an_edit_between_review_and_merge_voids_no_review_and_is_not_lost() {
    let mut world = World::mapped_without_items(PRIORITIES, BOTH_FROM_TESTWORTHY).await;
    for number in 0..50 {
        add_case(&world, &format!("Case {number}"));
    }
    world.apply().await;
    let ids = ids_of_pairs(&world).await;
    assert_eq!(ids.len(), 50);
    let priority = |world: &World, id: u64| {
        let state = world.sandbox.state();
        let item = state.azure_devops.work_item(id).expect("the item");
        item["fields"]["Microsoft.VSTS.Common.Priority"].as_u64()
    };
    for (_, work_item) in &ids {
        assert_eq!(priority(&world, *work_item), Some(2), "should be tested");
    }

    // The pull request: every priority of a case stands for another one in Azure DevOps.
    let rotated = PRIORITIES
        .replace("Must Test\": 1", "Must Test\": 4")
        .replace("Should Test\": 2", "Should Test\": 1")
        .replace("Good to Test\": 3", "Good to Test\": 2");
    world.declare_mapping(&rotated);
    let reviewed = save(&world).await;
    assert_eq!(reviewed.changes.len(), 50);
    assert_eq!(
        reviewed.safety.verdict,
        SafetyVerdict::Pass,
        "a changed mapping is no mass edit"
    );

    // A developer renames one of them before the merge.
    edit_item(
        &world,
        ids[7].1,
        &json!({ "System.Title": "A developer's title" }),
    );
    let merged = save(&world).await;
    assert_eq!(
        merged.review_id, reviewed.review_id,
        "the review still holds"
    );
    assert_ne!(merged.plan_id, reviewed.plan_id);
    let found = accord::plan::compare::compare(&reviewed, &merged);
    assert_eq!(found.manifests, None);
    assert!(!found.operations.is_empty());
    assert!(
        found
            .operations
            .iter()
            .all(|one| one.address == address("both", "case", ids[7].0)),
        "{found:?}"
    );

    let (_, report) = world.apply().await;
    assert_eq!(report.exit_code(), 0, "{:?}", report.failures);
    for (id, work_item) in &ids {
        assert_eq!(
            priority(&world, *work_item),
            Some(1),
            "work item {work_item}"
        );
        assert_eq!(case(&world, *id).0, item(&world, *work_item).0);
    }
    assert_eq!(case(&world, ids[7].0).0, "A developer's title");
    assert_eq!(world.plan().await.planned.plan.changes, []);

    // The same with the saved plan: the edited pair is left out, the next apply takes it up.
    let again = PRIORITIES
        .replace("Must Test\": 1", "Must Test\": 3")
        .replace("Good to Test\": 3", "Good to Test\": 1");
    world.declare_mapping(&again);
    let reviewed = save(&world).await;
    edit_item(
        &world,
        ids[9].1,
        &json!({ "System.Title": "Another title" }),
    );
    let (prepared, report) = carry_out(&world, &reviewed, Overrides::default()).await;
    let stale: Vec<String> = left_out(&reviewed, &prepared)
        .into_iter()
        .map(|(address, _)| address)
        .collect();
    assert_eq!(stale, [address("both", "case", ids[9].0)]);
    let report = report.expect("a report");
    assert_eq!(report.exit_code(), 9);
    assert_eq!(report.applied + 1, reviewed.changes.len() as u64);
    world.apply().await;
    assert_eq!(case(&world, ids[9].0).0, "Another title");
    assert_eq!(world.plan().await.planned.plan.changes, []);
}
