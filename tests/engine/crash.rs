//! The process dies at every single call to either system, before it and after it. Started again it
//! ends in the state that an undisturbed run reaches, without a duplicate.

use std::collections::BTreeMap;

use crate::support::killing::{Death, Dying, Moment};
use crate::support::{TO_AZURE_DEVOPS, TO_TESTWORTHY, World};

/// What an observer of both systems sees: titles with their number of items, and the marks.
#[derive(Debug, PartialEq, Eq)]
struct Seen {
    work_items: BTreeMap<String, usize>,
    cases: BTreeMap<String, usize>,
    marked_work_items: usize,
    marked_cases: usize,
}

fn look(world: &World) -> Seen {
    let state = world.sandbox.state();
    let mut seen = Seen {
        work_items: BTreeMap::new(),
        cases: BTreeMap::new(),
        marked_work_items: 0,
        marked_cases: 0,
    };
    for id in state.azure_devops.work_item_ids() {
        let item = state
            .azure_devops
            .work_item(id)
            .expect("listed items exist");
        let title = item["fields"]["System.Title"]
            .as_str()
            .unwrap_or_default()
            .to_owned();
        *seen.work_items.entry(title).or_default() += 1;
        let relations = item["relations"].as_array().cloned().unwrap_or_default();
        seen.marked_work_items += relations
            .iter()
            .filter(|relation| {
                relation["attributes"]["comment"]
                    .as_str()
                    .is_some_and(|comment| comment.starts_with("accord/1"))
            })
            .count();
    }
    for case in state.testworthy.cases() {
        *seen.cases.entry(case.title.clone()).or_default() += 1;
        seen.marked_cases += usize::from(case.text("refs").is_some_and(|r| r.contains("AB#")));
    }
    seen
}

/// Runs apply until `death`, then again to the end, then checks that a further plan is empty.
async fn survive(rule: &str, at: usize, moment: Moment) -> (usize, Seen) {
    let world = World::new(true, rule).await;
    let death = Death::new(at, moment);
    let dying = Dying {
        inner: world.remotes(),
        death: death.clone(),
    };
    tokio::select! {
        report = world.apply_with(&dying) => drop(report.expect("a run that was not disturbed")),
        () = death.died.notified() => {}
    }
    let calls = death.calls();
    let (_, report) = world.apply().await;
    assert_eq!(
        report.exit_code(),
        0,
        "at call {at} {moment:?}: {:?}",
        report.failures
    );
    let left = world.plan().await.planned.plan;
    assert_eq!(left.changes, [], "at call {at} {moment:?}");
    (calls, look(&world))
}

async fn every_call(rule: &str) {
    let (calls, undisturbed) = survive(rule, usize::MAX, Moment::Before).await;
    assert!(calls > 10, "a run makes more calls than {calls}");
    for at in 0..calls {
        for moment in [Moment::Before, Moment::After] {
            let (_, seen) = survive(rule, at, moment).await;
            assert_eq!(seen, undisturbed, "killed at call {at}, {moment:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_at_any_call_towards_azure_devops() {
    every_call(TO_AZURE_DEVOPS).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_at_any_call_towards_testworthy() {
    every_call(TO_TESTWORTHY).await;
}
