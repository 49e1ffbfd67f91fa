//! What a plan tells about fields that it leaves as they are.

use super::{assert_whole, fields, look, world, writes};
use crate::support::World;
use crate::support::manifests::{TO_AZURE_DEVOPS, WITH_RISK};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_declaration_that_is_gone_is_told_once_and_the_field_stays() {
    let mut world = world().await;
    world.apply().await;
    let before = look(&world);
    world.declare(WITH_RISK);
    world.sandbox.state().log.clear();
    let (plan, report) = world.apply().await;
    assert_whole(&report, "without the declarations");
    assert_eq!(plan.changes, []);
    let told: Vec<(&str, &str)> = plan
        .findings
        .iter()
        .map(|one| (&*one.code, &*one.address))
        .collect();
    assert_eq!(
        told,
        [
            ("custom-field-removed", "CustomField/notes"),
            ("custom-field-removed", "CustomField/risk")
        ]
    );
    assert_eq!(writes(&world), [""; 0]);
    assert_eq!(look(&world), before);
    assert_eq!(world.plan().await.planned.plan.findings, []);
}

/// The process is read for the declared fields anyway, so a plan says of the others whether a form shows
/// them. Where nothing is declared, nothing is read.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn mapped_fields_on_no_form_are_told_where_the_process_is_read_anyway() {
    let row = "    - { testworthy: gherkin, azureDevOps: Custom.Gherkin }\n";
    let title = "    - { testworthy: title, azureDevOps: System.Title }\n";
    let rules = WITH_RISK.replace(title, &format!("{title}{row}"));
    let world = World::new(true, &format!("{}{rules}", fields())).await;
    let on_no_form = async || {
        let plan = world.plan().await.planned.plan;
        let found = plan.findings.into_iter();
        let found = found.filter(|finding| finding.code == "L22");
        found.map(|finding| finding.message).collect::<Vec<_>>()
    };
    assert_eq!(on_no_form().await, [""; 0]);
    let off = |world: &World| {
        let organization = &mut world.sandbox.state().azure_devops;
        organization.take_off_form("Test Case", "Custom.Gherkin");
    };
    off(&world);
    let told = on_no_form().await;
    assert_eq!(told.len(), 1, "not of what is declared: {told:?}");
    assert!(told[0].contains("`Custom.Gherkin`"), "{told:?}");

    let world = World::new(true, TO_AZURE_DEVOPS).await;
    off(&world);
    let plan = world.plan().await.planned.plan;
    assert!(plan.findings.iter().all(|finding| finding.code != "L22"));
    let state = world.sandbox.state();
    let mut routes = state.log.routes().keys();
    assert!(routes.all(|(_, route)| !route.contains("processes")));
}
