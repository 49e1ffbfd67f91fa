//! How many requests the work takes, counted at the sandbox.

use std::collections::BTreeMap;

use accord::reconcile::{PlanOptions, ReconcileError};
use accord::sandbox::log::System;
use accord::sandbox::testworthy::CaseEdit;
use accord::sandbox::{Fault, FaultKind};

use crate::support::{TO_AZURE_DEVOPS, World, example};

const N: usize = 2_000;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_thousand_creates_stay_within_the_request_budget() {
    let world = World::new(false, TO_AZURE_DEVOPS).await;
    {
        let mut state = world.sandbox.state();
        let now = state.clock.now();
        let section = state
            .testworthy
            .sections()
            .find(|section| section.suite == 41);
        let section = section.expect("a section of the suite").id;
        for number in 0..N {
            let edit = CaseEdit::titled(format!("Case number {number}")).section(section);
            state
                .testworthy
                .add_case(None, 41, &edit, (513, now))
                .expect("a new case");
        }
        state.log.clear();
    }
    let (plan, report) = world.apply().await;
    assert_eq!(plan.summary.create, N as u64);
    assert_eq!(
        report.exit_code(),
        0,
        "{:?} {:?}",
        report.failures.first(),
        report.errors.first()
    );
    let batches = world
        .sandbox
        .state()
        .log
        .count(System::AzureDevOps, "PATCH wit/$batch");
    assert!(batches <= N.div_ceil(200) as u64 + 2, "{batches} batches");
    assert!(
        batches >= N.div_ceil(200) as u64,
        "the counter counts: {batches}"
    );

    world.sandbox.state().log.clear();
    let options = PlanOptions {
        full_scan: true,
        ..PlanOptions::default()
    };
    let outcome = world.plan_options(&options).await.expect("a plan");
    assert_eq!(outcome.planned.plan.changes, []);
    assert_eq!(outcome.planned.plan.summary.unchanged, N as u64);
    // What nobody touched costs its two ids: no text of either side and no base is kept.
    let seen = &outcome.observations[0];
    assert_eq!(seen.observed.unchanged.iter().count(), N);
    assert!(seen.observed.cases.is_empty() && seen.observed.work_items.is_empty());
    assert!(
        seen.links.is_empty(),
        "{} links were kept",
        seen.links.len()
    );
    assert_eq!(seen.pairs.iter().count(), N);
    let state = world.sandbox.state();
    let requests = state.log.requests(System::AzureDevOps);
    assert!(
        requests <= N.div_ceil(200) as u64 + 20,
        "{requests} requests"
    );
    assert!(
        requests >= N.div_ceil(200) as u64,
        "the counter counts: {requests}"
    );
    assert_eq!(
        state.log.writes(System::AzureDevOps),
        0,
        "a plan writes nothing"
    );
    assert_eq!(
        state.log.writes(System::Testworthy),
        0,
        "a plan writes nothing"
    );
}

/// A world with so many pairs in accord, all known to be.
async fn in_accord(pairs: usize) -> World {
    let world = World::new(false, TO_AZURE_DEVOPS).await;
    {
        let mut state = world.sandbox.state();
        let now = state.clock.now();
        let section = state
            .testworthy
            .sections()
            .find(|section| section.suite == 41);
        let section = section.expect("a section of the suite").id;
        for number in 0..pairs {
            let edit = CaseEdit::titled(format!("Case number {number}")).section(section);
            let added = state.testworthy.add_case(None, 41, &edit, (513, now));
            added.expect("a new case");
        }
    }
    for _ in 0..2 {
        let (_, report) = world.apply().await;
        assert_eq!(report.exit_code(), 0, "{:?}", report.failures.first());
    }
    world.sandbox.state().log.clear();
    world
}

/// The requests that a plan made of Azure DevOps, by route.
async fn asked_by_a_plan(world: &World, pairs: u64) -> BTreeMap<String, u64> {
    let plan = world.plan().await.planned.plan;
    assert_eq!((plan.changes.len(), plan.summary.unchanged), (0, pairs));
    let state = world.sandbox.state();
    let routes = state.log.routes().iter();
    routes
        .filter(|((system, _), _)| *system == System::AzureDevOps)
        .map(|((_, route), count)| (route.clone(), *count))
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_incremental_plan_over_many_unchanged_pairs_asks_no_more_than_over_few() {
    let few = asked_by_a_plan(&in_accord(3).await, 3).await;
    let many = asked_by_a_plan(&in_accord(650).await, 650).await;
    assert_eq!(few, many);
    let requests: u64 = many.values().sum();
    assert!(requests <= 10, "{many:#?}");
    assert_eq!(many.get("GET wit/reporting/workitemrevisions"), Some(&1));
    assert_eq!(many.get("POST wit/workitemsbatch"), None, "nothing is read");
}

/// The sample's mapping with a table of areas, and a rule that creates in an area and an iteration.
async fn with_places(area: &str, place: &str) -> World {
    let title = "    - { testworthy: title, azureDevOps: System.Title }\n";
    let row = format!(
        "    - {{ testworthy: section.path, azureDevOps: System.AreaPath, as: path, direction: toAzureDevOps, \
         values: {{ \"**\": '{area}' }} }}\n"
    );
    let mapping = example("mappings/test-case.yaml").replace(title, &format!("{title}{row}"));
    let rule = format!(
        "{TO_AZURE_DEVOPS}  createIn: {{ azureDevOps: {{ areaPath: 'Web Shop\\QA', iterationPath: '{place}' }} }}\n"
    );
    World::mapped(&mapping, &rule).await
}

fn asked_for_trees(world: &World) -> u64 {
    let state = world.sandbox.state();
    let routes = state.log.routes().iter();
    routes
        .filter(|((_, route), _)| route.contains("classificationnodes"))
        .map(|(_, count)| count)
        .sum()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plan_reads_each_tree_of_paths_once_and_only_if_something_names_one() {
    let world = with_places(r"Web Shop\QA\Checkout", r"Web Shop\Sprint 12").await;
    world.plan().await;
    assert_eq!(asked_for_trees(&world), 2, "areas and iterations");
    let requests = world.sandbox.state().log.requests(System::AzureDevOps);
    assert!(requests <= 1 + 20, "{requests} requests");
    let world = World::new(true, TO_AZURE_DEVOPS).await;
    world.plan().await;
    assert_eq!(asked_for_trees(&world), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn paths_that_are_not_there_are_refused_at_their_lines_before_any_write() {
    let world = with_places(r"Web Shop\QS", r"Web Shop\Sprint 99").await;
    let remotes = world.remotes();
    let Err(ReconcileError::Findings(findings)) = world.plan_with(&remotes).await else {
        panic!("no plan holds what the server would refuse");
    };
    let told: Vec<(&str, &str)> = findings
        .iter()
        .filter(|finding| finding.is_error())
        .map(|finding| (finding.code.code, finding.message.as_str()))
        .collect();
    assert_eq!(told.len(), 2, "{told:#?}");
    assert_eq!(told[0].0, "L06");
    assert!(told[0].1.contains(r"no `Web Shop\QS`"), "{told:#?}");
    assert_eq!(told[1].0, "L06");
    assert!(told[1].1.contains(r"no `Web Shop\Sprint 99`"), "{told:#?}");
    assert!(findings.iter().all(|finding| finding.location.is_some()));
    let state = world.sandbox.state();
    assert_eq!(state.log.writes(System::AzureDevOps), 0);
    assert_eq!(state.log.writes(System::Testworthy), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_that_may_not_see_the_paths_plans_all_the_same() {
    let world = with_places(r"Web Shop\QA\Checkout", r"Web Shop\Sprint 12").await;
    let fault = Fault::new("classificationnodes", FaultKind::Forbidden);
    world.sandbox.state().faults.add(fault);
    world.plan().await;
}
