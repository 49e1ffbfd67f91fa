//! Edits that people make while a plan waits for its apply, or while a rule changes hands: none of them is
//! lost, on whichever side.

use accord::model::{CaseId, WorkItemId};
use accord::reconcile::FailureKind;
use accord::store::Store;
use serde_json::json;

use crate::review_help::{ALLOWING_ALL, Run, add_item, assert_all_told, links, put_link};
use crate::support::{TO_AZURE_DEVOPS, TO_TESTWORTHY, World};

/// A world after its first apply, and the items of its first pair.
async fn paired(rule: &str) -> (World, u64, u64) {
    let world = World::new(true, rule).await;
    world.apply().await;
    let link = links(&world).await.remove(0);
    (world, link.case.0, link.work_item.0)
}

fn edit_case(world: &World, id: u64, members: &serde_json::Value) {
    let edited = world.sandbox.state().edit_case(id, members);
    edited.expect("an edit");
}

fn edit_item(world: &World, id: u64, fields: &serde_json::Value) {
    let edited = world.sandbox.state().edit_work_item(id, fields);
    edited.expect("an edit");
}

fn case_text(world: &World, id: u64, field: &str) -> String {
    let state = world.sandbox.state();
    let case = state.testworthy.case(id).expect("the case");
    if field == "title" {
        return case.title.clone();
    }
    case.text(field).unwrap_or_default().to_owned()
}

fn item_title(world: &World, id: u64) -> String {
    let state = world.sandbox.state();
    let item = state.azure_devops.work_item(id).expect("the item");
    item["fields"]["System.Title"]
        .as_str()
        .unwrap_or_default()
        .to_owned()
}

#[tokio::test]
async fn an_edit_on_the_target_between_plan_and_apply_is_not_overwritten() {
    for rule in [TO_AZURE_DEVOPS, TO_TESTWORTHY] {
        let (world, case, item) = paired(rule).await;
        let to_items = rule == TO_AZURE_DEVOPS;
        if to_items {
            edit_case(&world, case, &json!({ "title": "From the source" }));
        } else {
            edit_item(&world, item, &json!({ "System.Title": "From the source" }));
        }
        let meanwhile = || {
            if to_items {
                edit_item(&world, item, &json!({ "System.Title": "By hand" }));
            } else {
                edit_case(&world, case, &json!({ "title": "By hand" }));
            }
        };
        let run = Run {
            between: Some(&meanwhile),
            ..Run::default()
        };
        let (plan, report) = run.apply(&world).await.expect("a report");
        assert_all_told(&plan, &report);
        assert_eq!(report.failures.len(), 1, "{:?}", report.failures);
        assert_eq!(report.failures[0].kind, FailureKind::Stale);
        let target = |world: &World| {
            if to_items {
                item_title(world, item)
            } else {
                case_text(world, case, "title")
            }
        };
        assert_eq!(target(&world), "By hand");
        // The next run overwrites it, as the rule says, and keeps what it overwrote.
        let (_, report) = world.apply().await;
        assert_eq!(report.exit_code(), 0);
        assert_eq!(target(&world), "From the source");
        let losses = world.store().await.losses(1).await.expect("losses");
        assert_eq!(losses[0].lost.as_text(), Some("By hand"));
    }
}

#[tokio::test]
async fn an_edit_on_the_source_between_plan_and_apply_is_carried_over_next() {
    for rule in [TO_AZURE_DEVOPS, TO_TESTWORTHY] {
        let (world, case, item) = paired(rule).await;
        let to_items = rule == TO_AZURE_DEVOPS;
        let edit = |title: &str| {
            if to_items {
                edit_case(&world, case, &json!({ "title": title }));
            } else {
                edit_item(&world, item, &json!({ "System.Title": title }));
            }
        };
        edit("First");
        let meanwhile = || edit("Second");
        let run = Run {
            between: Some(&meanwhile),
            ..Run::default()
        };
        run.apply(&world).await.expect("a report");
        world.apply().await;
        assert_eq!(item_title(&world, item), "Second");
        assert_eq!(case_text(&world, case, "title"), "Second");
        assert_eq!(world.plan().await.planned.plan.changes, []);
    }
}

#[tokio::test]
async fn a_reference_that_a_person_adds_meanwhile_survives_the_mark() {
    let world = World::new(true, TO_AZURE_DEVOPS).await;
    let case = 210_316;
    let meanwhile = || edit_case(&world, case, &json!({ "refs": "JIRA-1, JIRA-2" }));
    let run = Run {
        between: Some(&meanwhile),
        ..Run::default()
    };
    let (_, report) = run.apply(&world).await.expect("a report");
    assert_eq!(report.exit_code(), 0, "{:?}", report.failures);
    let refs = case_text(&world, case, "refs");
    let link = links(&world).await;
    let link = link
        .iter()
        .find(|link| link.case == CaseId(case))
        .expect("a link");
    for wanted in ["JIRA-1", "JIRA-2", &format!("AB#{}", link.work_item)] {
        assert!(refs.contains(wanted), "{wanted} in {refs}");
    }
    world.apply().await;
    assert_eq!(world.plan().await.planned.plan.changes, []);
}

#[tokio::test]
async fn a_reference_that_appears_on_a_linked_case_makes_no_second_case_and_stops_nothing() {
    let world = World::new(true, TO_TESTWORTHY).await;
    let item = add_item(&world, "A work item of its own", &[], &[]);
    let linked = add_item(&world, "A linked work item", &[], &[]);
    let cases: Vec<u64> = world
        .sandbox
        .state()
        .testworthy
        .cases_of(43)
        .map(|case| case.id)
        .take(2)
        .collect();
    let case = cases[0];
    put_link(&world, case, 5_999, "items").await;
    put_link(&world, cases[1], linked, "items").await;
    let meanwhile = || edit_case(&world, case, &json!({ "refs": format!("AB#{item}") }));
    let run = Run {
        between: Some(&meanwhile),
        overrides: ALLOWING_ALL,
        ..Run::default()
    };
    let (plan, report) = run.apply(&world).await.expect("a report");
    assert_all_told(&plan, &report);
    assert!(report.errors.is_empty(), "{:?}", report.errors);
    assert_eq!(report.failures.len(), 1, "{:?}", report.failures);
    assert!(
        report.failures[0]
            .address
            .ends_with(&format!("workItem/{item}"))
    );
    let all = links(&world).await;
    assert!(all.iter().all(|link| link.work_item != WorkItemId(item)));
    assert!(all.len() > 5);
}

#[tokio::test]
async fn the_drift_of_a_rule_that_reports_survives_a_new_name_of_the_rule() {
    let mut world = World::new(true, TO_AZURE_DEVOPS).await;
    let old = accord::model::Name::new("cases").expect("a name");
    world.config.rules.get_mut(&old).expect("the rule").drift =
        accord::model::config::DriftPolicy::Report;
    world.apply().await;
    let item = links(&world).await[0].work_item.0;
    edit_item(&world, item, &json!({ "System.Title": "By hand" }));
    let mut rule = world.config.rules.remove(&old).expect("the rule");
    rule.name = accord::model::Name::new("renamed").expect("a name");
    world.config.rules.insert(rule.name.clone(), rule);
    for _ in 0..2 {
        let (plan, _) = world.apply().await;
        assert_eq!(plan.changes, []);
        assert_eq!(plan.drift.len(), 1);
    }
    assert_eq!(item_title(&world, item), "By hand");
}
