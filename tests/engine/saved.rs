//! Saved plans carried out: after an edit on either side exactly the operations of that pair are left out,
//! nothing is done that is not in the file, and nothing is lost.

use std::collections::BTreeSet;

use accord::model::LinkState;
use accord::plan::render::json;
use accord::plan::safety::Overrides;
use accord::plan::{Action, Inputs, Plan, SafetyVerdict};
use accord::reconcile::{
    ApplyReport, Context, PlanOptions, Prepared, Silent, Staleness, StopFlag, TimeOrderedIds,
    apply, foreign, prepare, recover,
};
use accord::sandbox::log::System;
use accord::store::Store;
use serde_json::json;

use crate::review_help::{add_case, add_item, links, marker};
use crate::support::manifests::{WITH_RISK, mapping, risk, rule};
use crate::support::{TO_AZURE_DEVOPS, TO_TESTWORTHY, World};
use crate::two_way::{BOTH, MAPPING, case, edit_both, edit_case, edit_item, item, paired};

/// More than any of these plans updates.
const ALL: Overrides = Overrides {
    allow_updates: Some(1_000),
    allow_deletes: Some(1_000),
};

/// What `accord plan --save` writes, read again.
pub(crate) async fn save(world: &World) -> Plan {
    let options = PlanOptions {
        overrides: ALL,
        inputs: Inputs {
            digest: world.config.digest.clone(),
            ..Inputs::default()
        },
        ..PlanOptions::default()
    };
    let outcome = world.plan_options(&options).await.expect("a plan");
    let plan = outcome.planned.plan;
    let read = json::parse(&json::render(&plan)).expect("a plan");
    assert_eq!(read, plan);
    assert_eq!(foreign(&world.config, &read), []);
    read
}

/// What `accord apply PLANFILE` does.
async fn carry_out(
    world: &World,
    saved: &Plan,
    overrides: Overrides,
) -> (Prepared, Option<ApplyReport>) {
    let remotes = world.remotes();
    let store = world.store().await;
    let context = Context {
        config: &world.config,
        remotes: &remotes,
        store: &store,
        clock: &world.clock,
        ids: &TimeOrderedIds,
        progress: &Silent,
    };
    let stop = StopFlag::default();
    recover(&context, &stop).await.expect("a recovery");
    let prepared = prepare(&context, saved, overrides).await.expect("a plan");
    let Some(outcome) = &prepared.outcome else {
        return (prepared, None);
    };
    if outcome.planned.plan.safety.verdict == SafetyVerdict::Blocked {
        return (prepared, None);
    }
    let report = apply(&context, outcome, &stop).await.expect("a report");
    (prepared, Some(report))
}

/// Addresses of what was left out, each with the word for why.
fn left_out(saved: &Plan, prepared: &Prepared) -> Vec<(String, &'static str)> {
    let skipped = prepared.skipped.iter();
    skipped
        .map(|one| (saved.changes[one.change].address.clone(), one.why.key()))
        .collect()
}

fn forget_requests(world: &World) {
    world.sandbox.state().log.clear();
}

fn writes(world: &World) -> u64 {
    let state = world.sandbox.state();
    state.log.writes(System::Testworthy) + state.log.writes(System::AzureDevOps)
}

/// As many pairs in accord, each a case with its work item.
async fn pairs(rules: &str, count: usize) -> (World, Vec<(u64, u64)>) {
    let world = World::mapped_without_items(MAPPING, rules).await;
    for number in 0..count {
        add_case(&world, &format!("Case {number}"));
    }
    let (_, report) = world.apply().await;
    assert_eq!(report.exit_code(), 0, "{:?}", report.failures);
    let links = links(&world).await;
    assert_eq!(links.len(), count);
    let ids = links.iter().map(|link| (link.case.0, link.work_item.0));
    (world, ids.collect())
}

fn address(rule: &str, kind: &str, id: u64) -> String {
    format!("SyncRule/{rule}/{kind}/{id}")
}

#[tokio::test]
async fn without_an_edit_all_of_it_runs_and_a_second_time_nothing_is_left() {
    let (world, ids) = pairs(TO_AZURE_DEVOPS, 5).await;
    for (case, _) in &ids {
        edit_case(
            &world,
            *case,
            &json!({ "title": format!("Renamed {case}") }),
        );
    }
    let new = add_case(&world, "Brand new");
    let saved = save(&world).await;
    assert_eq!(saved.changes.len(), 6);
    let (prepared, report) = carry_out(&world, &saved, ALL).await;
    let report = report.expect("a report");
    assert_eq!(left_out(&saved, &prepared), []);
    assert_eq!((report.applied, report.exit_code()), (6, 0));
    for (case, work_item) in &ids {
        assert_eq!(item(&world, *work_item).0, format!("Renamed {case}"));
    }
    assert_eq!(links(&world).await.len(), 6);
    // The run is known by the plan that was approved.
    let runs = world.store().await.runs(1).await.expect("runs");
    assert_eq!(runs[0].plan_id, saved.plan_id);
    assert_eq!(world.plan().await.planned.plan.changes, []);

    forget_requests(&world);
    let (prepared, report) = carry_out(&world, &saved, ALL).await;
    assert!(report.is_none() && prepared.outcome.is_none());
    assert_eq!(left_out(&saved, &prepared), []);
    assert_eq!(prepared.satisfied, [0, 1, 2, 3, 4, 5]);
    assert_eq!(writes(&world), 0);
    assert!(new > 0);
}

#[tokio::test]
async fn an_edit_on_either_side_makes_just_that_pair_stale() {
    for (rules, name, kind) in [
        (TO_AZURE_DEVOPS, "cases", "case"),
        (TO_TESTWORTHY, "items", "workItem"),
    ] {
        let to_items = kind == "case";
        let world = World::mapped_without_items(MAPPING, rules).await;
        for number in 0..24 {
            let title = format!("Item {number}");
            if to_items {
                add_case(&world, &title);
            } else {
                add_item(&world, &title, &[], &[]);
            }
        }
        world.apply().await;
        let ids: Vec<(u64, u64)> = links(&world)
            .await
            .iter()
            .map(|link| (link.case.0, link.work_item.0))
            .collect();
        assert_eq!(ids.len(), 24);
        for (case, item) in &ids {
            if to_items {
                edit_case(&world, *case, &json!({ "title": format!("New {case}") }));
            } else {
                edit_item(
                    &world,
                    *item,
                    &json!({ "System.Title": format!("New {case}") }),
                );
            }
        }
        let saved = save(&world).await;
        assert_eq!(saved.changes.len(), 24);

        // The target of the first, the source of the second, a field that the file does not write of the
        // third; the source of the fourth goes back to what it was.
        edit_case(&world, ids[0].0, &json!({ "title": "By hand" }));
        edit_item(&world, ids[0].1, &json!({ "System.Title": "By hand" }));
        edit_case(&world, ids[1].0, &json!({ "title": "By a tester" }));
        edit_item(
            &world,
            ids[1].1,
            &json!({ "Custom.Gherkin": "Given an edit" }),
        );
        if to_items {
            edit_case(&world, ids[2].0, &json!({ "gherkin": "Given a card" }));
            edit_case(&world, ids[3].0, &json!({ "title": "Item 3" }));
        } else {
            edit_item(
                &world,
                ids[2].1,
                &json!({ "Custom.Gherkin": "Given a card" }),
            );
            edit_item(&world, ids[3].1, &json!({ "System.Title": "Item 3" }));
        }
        let before = (case(&world, ids[0].0).0, item(&world, ids[0].1).0);
        let (prepared, report) = carry_out(&world, &saved, ALL).await;
        let report = report.expect("a report");
        let id = |at: usize| if to_items { ids[at].0 } else { ids[at].1 };
        let stale: BTreeSet<String> = (0..4).map(|at| address(name, kind, id(at))).collect();
        let told: BTreeSet<String> = left_out(&saved, &prepared)
            .into_iter()
            .map(|(address, _)| address)
            .collect();
        assert_eq!(told, stale);
        assert_eq!(
            (report.applied, report.exit_code()),
            (20, 9),
            "{:?}",
            report.failures
        );
        assert_eq!((case(&world, ids[0].0).0, item(&world, ids[0].1).0), before);
        for (id, work_item) in &ids[4..] {
            let title = format!("New {id}");
            assert_eq!(case(&world, *id).0, title);
            assert_eq!(item(&world, *work_item).0, title);
        }
        // What was left out is the next plan's; nothing of the rest is left.
        let next = world.plan().await.planned.plan;
        assert!(
            next.changes
                .iter()
                .all(|change| stale.contains(&change.address)),
            "{:?}",
            next.changes
        );
    }
}

#[tokio::test]
async fn the_reason_says_what_was_then_and_is_now() {
    let (world, ids) = pairs(TO_AZURE_DEVOPS, 4).await;
    for (case, _) in &ids {
        edit_case(&world, *case, &json!({ "title": format!("New {case}") }));
    }
    let saved = save(&world).await;
    edit_item(
        &world,
        ids[0].1,
        &json!({ "System.Description": "unmapped" }),
    );
    edit_case(&world, ids[1].0, &json!({ "title": "Another one" }));
    edit_case(&world, ids[2].0, &json!({ "title": "Case 2" }));
    world
        .sandbox
        .state()
        .delete_case(ids[3].0)
        .expect("a deletion");
    forget_requests(&world);
    let (prepared, report) = carry_out(&world, &saved, ALL).await;
    assert!(report.is_none(), "nothing of it holds");
    assert_eq!(writes(&world), 0);
    let why: Vec<&Staleness> = prepared.skipped.iter().map(|one| &one.why).collect();
    let Staleness::Changed(touched) = why[0] else {
        panic!("{why:?}");
    };
    assert!(touched.is_only_precondition());
    let Staleness::Changed(renamed) = why[1] else {
        panic!("{why:?}");
    };
    assert_eq!(renamed.precondition, None);
    assert_eq!(renamed.fields[0].path, "System.Title");
    assert_eq!(*why[2], Staleness::NothingToDo);
    assert!(
        matches!(
            why[3],
            Staleness::HeldBack { .. } | Staleness::InConflict(_) | Staleness::NotThere
        ),
        "{why:?}"
    );
}

#[tokio::test]
async fn nothing_that_is_not_in_the_file_is_done() {
    let (world, ids) = pairs(TO_AZURE_DEVOPS, 3).await;
    edit_case(&world, ids[0].0, &json!({ "title": "Approved" }));
    let saved = save(&world).await;
    assert_eq!(saved.changes.len(), 1);
    edit_case(&world, ids[1].0, &json!({ "title": "Not approved" }));
    add_case(&world, "Not approved either");
    let (_, report) = carry_out(&world, &saved, ALL).await;
    assert_eq!(report.expect("a report").exit_code(), 0);
    assert_eq!(item(&world, ids[0].1).0, "Approved");
    assert_eq!(item(&world, ids[1].1).0, "Case 1");
    assert_eq!(links(&world).await.len(), 3);
    // The place in the feed did not move over what the file passes by.
    let next = world.plan().await.planned.plan;
    assert_eq!((next.summary.update, next.summary.create), (1, 1));
}

#[tokio::test]
async fn only_the_work_items_of_its_pairs_are_read() {
    let (world, ids) = pairs(TO_AZURE_DEVOPS, 450).await;
    for (case, _) in ids.iter().take(3) {
        edit_case(&world, *case, &json!({ "title": format!("New {case}") }));
    }
    let saved = save(&world).await;
    // Work items that the feed tells of, and that the file does not name.
    for (_, item) in ids.iter().skip(3) {
        edit_item(&world, *item, &json!({ "System.Description": "touched" }));
    }
    let batches = |world: &World| {
        let state = world.sandbox.state();
        state
            .log
            .count(System::AzureDevOps, "POST wit/workitemsbatch")
    };
    forget_requests(&world);
    world.plan().await;
    assert!(
        batches(&world) >= 3,
        "the scene: {} of 200 ids",
        batches(&world)
    );
    forget_requests(&world);
    let (_, report) = carry_out(&world, &saved, ALL).await;
    let report = report.expect("a report");
    assert_eq!((report.applied, report.exit_code()), (3, 0));
    assert!(batches(&world) <= 2, "{} of 200 ids", batches(&world));
}

#[tokio::test]
async fn a_counterpart_that_came_meanwhile_is_not_made_twice() {
    let world = World::mapped_without_items(MAPPING, TO_AZURE_DEVOPS).await;
    let (one, other) = (add_case(&world, "Pay"), add_case(&world, "Refund"));
    let saved = save(&world).await;
    assert_eq!(saved.summary.create, 2);
    let mark = marker(&world, one);
    let made = add_item(&world, "Pay", &[mark], &["accord"]);
    let (prepared, report) = carry_out(&world, &saved, ALL).await;
    assert_eq!(report.expect("a report").exit_code(), 9);
    assert_eq!(
        left_out(&saved, &prepared),
        [(address("cases", "case", one), "changed")]
    );
    let linked = links(&world).await;
    assert_eq!(linked.len(), 1);
    assert_eq!(linked[0].case.0, other);
    assert_ne!(linked[0].work_item.0, made);
}

#[tokio::test]
async fn a_conflict_that_came_meanwhile_keeps_both_values() {
    let (world, id, work_item) = paired().await;
    edit_case(&world, id, &json!({ "title": "A tester's" }));
    let saved = save(&world).await;
    assert_eq!(saved.changes.len(), 1);
    edit_item(
        &world,
        work_item,
        &json!({ "System.Title": "A developer's" }),
    );
    forget_requests(&world);
    let (prepared, report) = carry_out(&world, &saved, ALL).await;
    assert!(report.is_none());
    assert_eq!(
        left_out(&saved, &prepared),
        [(address("both", "case", id), "conflict")]
    );
    assert_eq!(writes(&world), 0);
    assert_eq!(case(&world, id).0, "A tester's");
    assert_eq!(item(&world, work_item).0, "A developer's");
}

#[tokio::test]
async fn both_halves_of_a_merge_run_or_neither() {
    for touched in [None, Some("case"), Some("item")] {
        let (world, id, work_item) = paired().await;
        edit_both(&world, id, work_item);
        let saved = save(&world).await;
        assert_eq!(saved.changes.len(), 2, "{:?}", saved.changes);
        match touched {
            Some("case") => edit_case(&world, id, &json!({ "gherkin": "Given a tester" })),
            Some(_) => edit_item(
                &world,
                work_item,
                &json!({ "Custom.Gherkin": "Given a dev" }),
            ),
            None => {}
        }
        forget_requests(&world);
        let (prepared, report) = carry_out(&world, &saved, ALL).await;
        if touched.is_none() {
            assert_eq!(report.expect("a report").exit_code(), 0);
            assert_eq!(case(&world, id).2, item(&world, work_item).2);
            assert!(prepared.skipped.is_empty());
            continue;
        }
        assert!(report.is_none(), "{touched:?}");
        assert_eq!(prepared.skipped.len(), 2);
        assert_eq!(writes(&world), 0);
        // A fresh run brings all of it together.
        world.apply().await;
        assert_eq!(case(&world, id), item(&world, work_item));
        assert!(case(&world, id).1.contains("Given a"));
    }
}

#[tokio::test]
async fn a_new_operation_on_the_other_side_makes_the_pair_stale_too() {
    let (world, id, work_item) = paired().await;
    edit_item(
        &world,
        work_item,
        &json!({ "Custom.Gherkin": "Given a developer" }),
    );
    let saved = save(&world).await;
    assert_eq!(saved.changes.len(), 1);
    edit_case(&world, id, &json!({ "title": "Renamed since" }));
    let (prepared, report) = carry_out(&world, &saved, ALL).await;
    assert!(report.is_none());
    assert_eq!(
        left_out(&saved, &prepared),
        [(address("both", "case", id), "pairChanged")]
    );
    assert_eq!(case(&world, id).1, "Given a card");
}

#[tokio::test]
async fn a_file_whose_run_was_cut_short_can_be_applied_again() {
    let (world, ids) = pairs(TO_AZURE_DEVOPS, 6).await;
    for (case, _) in &ids {
        edit_case(&world, *case, &json!({ "title": format!("New {case}") }));
    }
    let saved = save(&world).await;
    let mut part = saved.clone();
    part.changes.truncate(4);
    let (_, report) = carry_out(&world, &part, ALL).await;
    assert_eq!(report.expect("a report").applied, 4);
    // What was done and then edited is not as it was approved any more.
    edit_item(&world, ids[0].1, &json!({ "System.Title": "By hand" }));
    let (prepared, report) = carry_out(&world, &saved, ALL).await;
    let report = report.expect("a report");
    assert_eq!(prepared.satisfied, [1, 2, 3]);
    assert_eq!(
        left_out(&saved, &prepared),
        [(address("cases", "case", ids[0].0), "changed")]
    );
    assert_eq!((report.applied, report.exit_code()), (2, 9));
    assert_eq!(item(&world, ids[0].1).0, "By hand");
}

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

#[tokio::test]
async fn a_deletion_is_carried_over_once() {
    let rules = BOTH.replace("testworthy: ask", "testworthy: close");
    let (world, ids) = pairs(&rules, 2).await;
    world
        .sandbox
        .state()
        .delete_case(ids[0].0)
        .expect("a deletion");
    let saved = save(&world).await;
    assert_eq!(
        saved.changes.len(),
        1,
        "{:?} {:?}",
        saved.changes,
        saved.findings
    );
    assert_eq!(saved.changes[0].action, Action::Delete);
    let (_, report) = carry_out(&world, &saved, ALL).await;
    assert_eq!(report.expect("a report").exit_code(), 0);
    let endpoints = links(&world).await[0].endpoints.clone();
    let parted = world.store().await.parted_links(&endpoints).await;
    assert_eq!(parted.expect("links")[0].state, LinkState::Ended);
    let (prepared, report) = carry_out(&world, &saved, ALL).await;
    assert!(report.is_none());
    assert_eq!((prepared.satisfied.len(), prepared.skipped.len()), (1, 0));
}

#[tokio::test]
async fn a_deletion_that_was_taken_back_is_not_carried_over() {
    let rules = BOTH.replace("testworthy: ask", "testworthy: close");
    let (world, ids) = pairs(&rules, 2).await;
    world
        .sandbox
        .state()
        .delete_case(ids[0].0)
        .expect("a deletion");
    let saved = save(&world).await;
    // An edit of what is left speaks against putting it away.
    edit_item(&world, ids[0].1, &json!({ "System.Title": "Still needed" }));
    forget_requests(&world);
    let (prepared, report) = carry_out(&world, &saved, ALL).await;
    assert!(report.is_none());
    assert_eq!(prepared.skipped.len(), 1, "{:?}", prepared.skipped);
    assert_eq!(writes(&world), 0);
    assert_eq!(item(&world, ids[0].1).0, "Still needed");
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
    let (_, report) = carry_out(&world, &saved, ALL).await;
    assert_eq!(report.expect("a report").exit_code(), 0);
    assert_eq!(item(&world, work_item).1, "hunter3");
    // The target is guarded by its revision all the same.
    edit_case(&world, id, &json!({ "gherkin": "hunter4" }));
    let saved = save(&world).await;
    edit_item(&world, work_item, &json!({ "Custom.Gherkin": "by hand" }));
    let (prepared, report) = carry_out(&world, &saved, ALL).await;
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
    let (_, report) = carry_out(&world, &only("CustomField"), ALL).await;
    assert_eq!(report.expect("a report").exit_code(), 0);
    let (prepared, report) = carry_out(&world, &saved, ALL).await;
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
    let (_, report) = carry_out(&world, &saved, ALL).await;
    let report = report.expect("a report");
    assert_eq!(report.applied, 0);
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
    let ids: Vec<(u64, u64)> = links(&world)
        .await
        .iter()
        .map(|link| (link.case.0, link.work_item.0))
        .collect();
    assert_eq!(ids.len(), 50);
    let priority = |world: &World, id: u64| {
        let state = world.sandbox.state();
        let item = state.azure_devops.work_item(id).expect("the item");
        item["fields"]["Microsoft.VSTS.Common.Priority"].as_u64()
    };
    let before = priority(&world, ids[0].1).expect("a priority");

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
        assert_ne!(
            priority(&world, *work_item),
            Some(before),
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
