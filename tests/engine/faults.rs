//! Answers that are lost, late or wrong.

use accord::reconcile::ReconcileError;
use accord::remote::RemoteErrorKind;
use accord::sandbox::{Fault, FaultKind};

use crate::support::{TO_AZURE_DEVOPS, TO_TESTWORTHY, World};

/// Titles that more than one work item carries, before and after.
fn work_items(world: &World) -> usize {
    world.sandbox.state().azure_devops.work_item_count()
}

fn cases(world: &World) -> usize {
    world.sandbox.state().testworthy.cases().count()
}

/// What an undisturbed run makes.
async fn undisturbed(rule: &str) -> (usize, usize) {
    let world = World::new(true, rule).await;
    world.apply().await;
    (work_items(&world), cases(&world))
}

#[tokio::test]
async fn a_lost_answer_to_a_batch_makes_no_duplicate() {
    let expected = undisturbed(TO_AZURE_DEVOPS).await;
    let world = World::new(true, TO_AZURE_DEVOPS).await;
    world
        .sandbox
        .state()
        .faults
        .add(Fault::new("*/_apis/wit/$batch", FaultKind::DropAfterHandling).times(1));
    let (_, report) = world.apply().await;
    assert_eq!(
        report.exit_code(),
        0,
        "{:?} {:?}",
        report.failures,
        report.errors
    );
    assert_eq!((work_items(&world), cases(&world)), expected);
    assert_eq!(world.plan().await.planned.plan.changes, []);
}

#[tokio::test]
async fn a_lost_answer_to_add_case_makes_no_duplicate() {
    let expected = undisturbed(TO_TESTWORTHY).await;
    let world = World::new(true, TO_TESTWORTHY).await;
    world
        .sandbox
        .state()
        .faults
        .add(Fault::new("*/add_case/*", FaultKind::DropAfterHandling).times(2));
    let (_, report) = world.apply().await;
    assert_eq!(
        report.exit_code(),
        0,
        "{:?} {:?}",
        report.failures,
        report.errors
    );
    assert_eq!((work_items(&world), cases(&world)), expected);
    assert_eq!(world.plan().await.planned.plan.changes, []);
}

#[tokio::test]
async fn a_refused_credential_stops_before_any_write() {
    for kind in [
        FaultKind::Unauthorized,
        FaultKind::SignInPage,
        FaultKind::SignInRedirect,
    ] {
        let world = World::new(true, TO_AZURE_DEVOPS).await;
        world
            .sandbox
            .state()
            .faults
            .add(Fault::new("*/_apis/*", kind.clone()));
        let remotes = world.remotes();
        match world.apply_with(&remotes).await {
            Err(ReconcileError::Remote {
                credentials, error, ..
            }) => {
                assert!(
                    matches!(error.kind, RemoteErrorKind::Unauthenticated { .. }),
                    "{kind:?}: {error}"
                );
                assert!(
                    credentials.shown.contains("AZURE_DEVOPS_EXT_PAT"),
                    "{credentials:?}"
                );
            }
            other => panic!("{kind:?}: {:?}", other.map(|_| ())),
        }
        let state = world.sandbox.state();
        assert_eq!(
            state.log.entries().filter(|entry| entry.is_write).count(),
            0
        );
    }
}
