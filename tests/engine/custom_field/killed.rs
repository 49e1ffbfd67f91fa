//! Applies that stop half way: killed, without an answer, refused in the middle.

use accord::plan::{Action, Reason};
use accord::sandbox::{Fault, FaultKind};

use super::{assert_whole, look, world};
use crate::support::World;
use crate::support::killing::{Death, Moment};
use crate::support::manifests::{WITH_RISK, risk};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_at_any_call_around_the_fields() {
    // The picklist alone, and one item: what a death does to items is shown elsewhere.
    let rules = WITH_RISK.replace("suites: [41]", "suites: [41], cases: [210301]");
    let declared = risk("Test Case, Bug") + &rules;
    let survive = async |at: usize, moment: Moment| {
        let world = World::new(true, &declared).await;
        let death = Death::new(at, moment);
        world.apply_until(&death).await;
        let (_, report) = world.apply().await;
        assert_whole(&report, &format!("killed at call {at}, {moment:?}"));
        let left = world.plan().await.planned.plan;
        assert_eq!(left.changes, [], "killed at call {at}, {moment:?}");
        (death.calls(), look(&world))
    };
    let (calls, undisturbed) = survive(usize::MAX, Moment::Before).await;
    assert!(calls > 20, "a run makes more calls than {calls}");
    for at in 0..calls {
        for moment in [Moment::Before, Moment::After] {
            let (_, seen) = survive(at, moment).await;
            assert_eq!(seen, undisturbed, "killed at call {at}, {moment:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_answer_is_looked_up() {
    for route in [
        "*/wit/fields",
        "*/processes/lists",
        "*/workitemtypes",
        "*/fields",
        "*/groups",
    ] {
        let world = world().await;
        let fault = Fault::new(route, FaultKind::DropAfterHandling);
        world
            .sandbox
            .state()
            .faults
            .add(fault.method("POST").times(1));
        let (_, report) = world.apply().await;
        assert_whole(&report, route);
        assert_eq!(world.plan().await.planned.plan.changes, [], "{route}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_field_that_stops_half_way_is_finished_by_the_next_run() {
    let world = world().await;
    let fault = FaultKind::Status {
        status: 400,
        retry_after: None,
    };
    let fault = Fault::new("*/groups", fault).method("POST");
    world.sandbox.state().faults.add(fault);
    let (_, report) = world.apply().await;
    assert_eq!(report.exit_code(), 9, "{:?}", report.failures);
    let items = report
        .failures
        .iter()
        .filter(|one| one.address.starts_with("SyncRule/"));
    assert!(items.count() > 0, "items wait for the whole field");
    world.sandbox.state().faults.clear();
    let plan = world.plan().await.planned.plan;
    let risk = plan
        .changes
        .iter()
        .find(|c| c.address == "CustomField/risk");
    let risk = risk.expect("the rest of it");
    assert_eq!(
        (risk.action, risk.reason),
        (Action::Update, Reason::DeclarationDiffers)
    );
    let (_, report) = world.apply().await;
    assert_whole(&report, "the rest");
    assert_eq!(world.plan().await.planned.plan.changes, []);
}
