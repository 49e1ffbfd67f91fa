//! Plans that leave one of the two rules out ask it all the same before they make an item.

use accord::plan::Plan;
use accord::sandbox::log::System;
use serde_json::json;

use super::{RULE, add_case, add_item, assert_settled, counts, ruled_by, world};
use crate::review_help::{ALLOWING_ALL, Run, links};
use crate::saved::{carry_out, save};
use crate::support::World;
use crate::two_way::{BUGS, MAPPING, edit_case};

const FIRST: &[&str] = &["SyncRule/first"];

async fn apply_first(world: &World) -> Plan {
    let run = Run {
        only: FIRST,
        ..Run::default()
    };
    let (plan, report) = run.apply(world).await.expect("a run");
    assert_eq!(report.exit_code(), 0, "{:?}", report.failures);
    plan
}

fn tells(plan: &Plan, address: &str, words: &str) -> bool {
    let mut findings = plan.findings.iter();
    findings.any(|finding| finding.address == address && finding.message.contains(words))
}

#[tokio::test]
async fn a_case_of_the_other_rule_that_names_it_keeps_a_work_item_from_getting_another() {
    let world = world().await;
    let item = add_item(&world, "QA", "Pay");
    let case = add_case(&world, 42, "Pay");
    edit_case(&world, case, &json!({ "refs": format!("AB#{item}") }));
    let plan = apply_first(&world).await;
    assert_eq!(plan.changes, []);
    let address = format!("SyncRule/first/workItem/{item}");
    assert!(
        tells(&plan, &address, "rule `second`"),
        "{:?}",
        plan.findings
    );
    assert_eq!(counts(&world), (1, 1));
    assert_eq!(links(&world).await, []);
    // What the rule that was asked has to do itself it does in a plan of its own.
    world.apply().await;
    assert_settled(&world).await;
    assert_eq!(counts(&world), (1, 1));
}

#[tokio::test]
async fn a_copy_in_the_scope_of_the_other_rule_gets_no_work_item() {
    let world = world().await;
    let item = add_item(&world, "Development", "Pay");
    world.apply().await;
    assert_settled(&world).await;
    let copy = add_case(&world, 41, "Pay, copied");
    edit_case(&world, copy, &json!({ "refs": format!("AB#{item}") }));
    let plan = apply_first(&world).await;
    assert_eq!(plan.changes, []);
    let address = format!("SyncRule/first/case/{copy}");
    assert!(
        tells(&plan, &address, "which rule `second` keeps linked"),
        "{:?}",
        plan.findings
    );
    assert_eq!(counts(&world), (2, 1));
}

/// A pair of `first` whose case is gone for good; the server answers for another one.
async fn with_a_deleted_case() -> (World, u64) {
    let template = format!("{RULE}  whenDeletedIn: {{ testworthy: recreate }}\n");
    let world = ruled_by(&template).await;
    let item = add_item(&world, "QA", "Pay");
    world.apply().await;
    let made = links(&world).await.remove(0).case;
    add_case(&world, 41, "Leave");
    world.apply().await;
    assert_settled(&world).await;
    let deleted = world.sandbox.state().delete_case(made.0);
    deleted.expect("a deletion");
    (world, item)
}

#[tokio::test]
async fn a_case_that_came_back_in_the_other_rules_suite_is_not_made_again() {
    let (world, item) = with_a_deleted_case().await;
    let back = add_case(&world, 42, "Pay, brought back");
    edit_case(&world, back, &json!({ "refs": format!("AB#{item}") }));
    for _ in 0..2 {
        let plan = apply_first(&world).await;
        assert_eq!(plan.changes, []);
        assert_eq!(plan.summary.quarantined, 1, "{:?}", plan.findings);
        assert_eq!(counts(&world), (2, 2));
    }
    edit_case(&world, back, &json!({ "refs": "" }));
    assert_eq!(apply_first(&world).await.changes.len(), 1);
    assert_eq!(counts(&world), (3, 2));
}

#[tokio::test]
async fn a_saved_plan_leaves_out_what_another_rule_holds_back_since() {
    let (world, item) = with_a_deleted_case().await;
    let saved = save(&world).await;
    assert_eq!(saved.changes.len(), 1);
    let back = add_case(&world, 42, "Pay, brought back");
    edit_case(&world, back, &json!({ "refs": format!("AB#{item}") }));
    let (prepared, report) = carry_out(&world, &saved, ALLOWING_ALL).await;
    assert!(report.is_none());
    assert_eq!(prepared.satisfied, [] as [usize; 0]);
    let why: Vec<&str> = prepared.skipped.iter().map(|one| one.why.key()).collect();
    assert_eq!(why, ["held"]);
    assert_eq!(counts(&world), (2, 2));
}

/// It names what is not there, which must not keep the other rule from running.
#[tokio::test]
async fn a_rule_whose_scope_is_gone_is_told_and_stops_nobody() {
    let mut world = World::mapped_without_items(MAPPING, "").await;
    let first = RULE.replace("NAME", "first").replace("SUITE", "41");
    let second = RULE.replace("NAME", "second").replace("SUITE", "42");
    world.declare(&format!(
        "{}---\n{}",
        first.replace("AREA", "QA"),
        second.replace("AREA", "Renamed")
    ));
    add_item(&world, "QA", "Pay");
    assert!(world.plan_only(&[]).await.is_err());
    let saved = {
        let outcome = world.plan_only(FIRST).await.expect("a plan");
        outcome.planned.plan
    };
    assert!(
        tells(&saved, "SyncRule/second", "Renamed"),
        "{:?}",
        saved.findings
    );
    let (prepared, report) = carry_out(&world, &saved, ALLOWING_ALL).await;
    assert_eq!(report.expect("a report").applied, 1);
    let plan = prepared.outcome.expect("something to run").planned.plan;
    assert!(
        tells(&plan, "SyncRule/second", "Renamed"),
        "{:?}",
        plan.findings
    );
    assert_eq!(counts(&world), (1, 1));
}

/// Reading the others costs requests, so a plan that makes nothing does not.
#[tokio::test]
async fn a_plan_that_makes_nothing_reads_its_own_rules_only() {
    let world = world().await;
    let item = add_item(&world, "QA", "Pay");
    let of_second = |world: &World| {
        let state = world.sandbox.state();
        let listings = state.log.entries();
        listings
            .filter(|entry| entry.system == System::Testworthy && entry.path.contains("/42"))
            .count()
    };
    world.sandbox.state().log.clear();
    assert_eq!(apply_first(&world).await.summary.create, 1);
    assert!(of_second(&world) > 0, "it was asked before the create");
    let made = links(&world).await.remove(0);
    assert_eq!(made.work_item.0, item);
    edit_case(&world, made.case.0, &json!({ "title": "Pay at once" }));
    world.sandbox.state().log.clear();
    assert_eq!(apply_first(&world).await.summary.update, 1);
    assert_eq!(of_second(&world), 0);
}

#[tokio::test]
async fn a_rule_that_cannot_be_asked_is_told() {
    let strange = BUGS
        .replace("name: test-case", "name: strange")
        .replace("azureDevOps: Bug", "azureDevOps: Strange");
    assert!(strange.contains("name: strange") && strange.contains("azureDevOps: Strange"));
    let mut world = World::mapped_without_items(MAPPING, "").await;
    let rule = |name: &str, suite: &str| {
        let rule = RULE.replace("NAME", name).replace("SUITE", suite);
        rule.replace("AREA", "QA")
    };
    let second = rule("second", "42").replace("mapping: test-case", "mapping: strange");
    world.declare(&format!(
        "{}---\n{second}---\n{strange}",
        rule("first", "41")
    ));
    add_item(&world, "QA", "Pay");
    assert!(world.plan_only(&[]).await.is_err());
    let plan = apply_first(&world).await;
    assert_eq!(plan.summary.create, 1);
    let told: Vec<&str> = plan.findings.iter().map(|one| one.code.as_str()).collect();
    assert_eq!(told, ["rule-not-asked"]);
    let address = "SyncRule/second";
    assert!(tells(&plan, address, "accord plan --only SyncRule/second"));
    // Where there is nothing to make nobody needs to be asked.
    assert_eq!(apply_first(&world).await.findings, []);
}

/// Pairs live between two places, whatever the connections to them are called.
#[tokio::test]
async fn a_rule_of_another_connection_to_the_same_places_is_asked() {
    let mut world = world().await;
    let mut twin = world
        .config
        .connections
        .values()
        .next()
        .expect("one")
        .clone();
    twin.name = accord::model::Name::new("twin").expect("a name");
    let name = twin.name.clone();
    world.config.connections.insert(name.clone(), twin);
    let rules = world.config.rules.values_mut();
    for rule in rules.filter(|rule| rule.name.as_str() == "second") {
        rule.connection = name.clone();
    }
    let item = add_item(&world, "QA", "Pay");
    let case = add_case(&world, 42, "Pay");
    edit_case(&world, case, &json!({ "refs": format!("AB#{item}") }));
    let plan = apply_first(&world).await;
    assert_eq!(plan.changes, []);
    assert_eq!(counts(&world), (1, 1));
}
