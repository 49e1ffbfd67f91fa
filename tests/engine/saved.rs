//! Saved plans carried out: after an edit on either side exactly the operations of that pair are left out,
//! nothing is done that is not in the file, and nothing is lost.

mod policies;
mod story;

use std::collections::BTreeSet;

use accord::plan::render::json;
use accord::plan::safety::Overrides;
use accord::plan::{Inputs, Plan, SafetyVerdict};
use accord::reconcile::{
    ApplyReport, Context, PlanOptions, Prepared, Silent, Staleness, StopFlag, TimeOrderedIds,
    apply, foreign, prepare, recover,
};
use accord::sandbox::log::System;
use accord::store::Store;
use serde_json::json;

use crate::review_help::{ALLOWING_ALL, add_case, add_item, links, marker};
use crate::support::{TO_AZURE_DEVOPS, TO_TESTWORTHY, World};
use crate::two_way::{MAPPING, case, edit_both, edit_case, edit_item, item, paired};

/// What `accord plan --save` writes, read again.
pub(crate) async fn save(world: &World) -> Plan {
    let options = PlanOptions {
        overrides: ALLOWING_ALL,
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
pub(crate) async fn carry_out(
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
    let ids = ids_of_pairs(&world).await;
    assert_eq!(ids.len(), count);
    (world, ids)
}

/// Case and work item of every link.
async fn ids_of_pairs(world: &World) -> Vec<(u64, u64)> {
    let links = links(world).await;
    let ids = links.iter().map(|link| (link.case.0, link.work_item.0));
    ids.collect()
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
    add_case(&world, "Brand new");
    let saved = save(&world).await;
    assert_eq!(saved.changes.len(), 6);
    let (prepared, report) = carry_out(&world, &saved, ALLOWING_ALL).await;
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
    let (prepared, report) = carry_out(&world, &saved, ALLOWING_ALL).await;
    assert!(report.is_none() && prepared.outcome.is_none());
    assert_eq!(left_out(&saved, &prepared), []);
    assert_eq!(prepared.satisfied, [0, 1, 2, 3, 4, 5]);
    assert_eq!(writes(&world), 0);
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
        let ids = ids_of_pairs(&world).await;
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
        let (prepared, report) = carry_out(&world, &saved, ALLOWING_ALL).await;
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
        assert!(!next.changes.is_empty());
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
    let (prepared, report) = carry_out(&world, &saved, ALLOWING_ALL).await;
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
    let (_, report) = carry_out(&world, &saved, ALLOWING_ALL).await;
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
    let (_, report) = carry_out(&world, &saved, ALLOWING_ALL).await;
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
    let (prepared, report) = carry_out(&world, &saved, ALLOWING_ALL).await;
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
    let (prepared, report) = carry_out(&world, &saved, ALLOWING_ALL).await;
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
        let (prepared, report) = carry_out(&world, &saved, ALLOWING_ALL).await;
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
    let (prepared, report) = carry_out(&world, &saved, ALLOWING_ALL).await;
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
    let (_, report) = carry_out(&world, &part, ALLOWING_ALL).await;
    assert_eq!(report.expect("a report").applied, 4);
    // What was done and then edited is not as it was approved any more.
    edit_item(&world, ids[0].1, &json!({ "System.Title": "By hand" }));
    let (prepared, report) = carry_out(&world, &saved, ALLOWING_ALL).await;
    let report = report.expect("a report");
    assert_eq!(prepared.satisfied, [1, 2, 3]);
    assert_eq!(
        left_out(&saved, &prepared),
        [(address("cases", "case", ids[0].0), "changed")]
    );
    assert_eq!((report.applied, report.exit_code()), (2, 9));
    assert_eq!(item(&world, ids[0].1).0, "By hand");
}
