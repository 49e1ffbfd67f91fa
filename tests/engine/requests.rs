//! How many requests the work takes, counted at the sandbox.

use accord::sandbox::log::System;
use accord::sandbox::testworthy::CaseEdit;

use crate::support::{TO_AZURE_DEVOPS, World};

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
    let outcome = world.plan().await;
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
