//! TestWorthy's own settings as a resource of the plan.

use super::scene::connection;
use crate::mapping::testing::{constant_row, field_row, mapping, tag_row};
use crate::model::Value;
use crate::model::config::{Connection, Safety};
use crate::plan::configuration::{
    ConfigurationInput, Resource, declared_integration, integration_digest,
};
use crate::plan::planner::{PlanRequest, Planned, plan};
use crate::plan::safety::{FileCounts, Overrides};
use crate::plan::{Action, Inputs, Precondition, Reason, id};
use crate::remote::IntegrationSettings;

fn declared(connection: &Connection) -> IntegrationSettings {
    let mapping = mapping(vec![
        field_row("title", "System.Title"),
        tag_row("smoke", "smoke"),
        constant_row(Value::text("TestWorthy"), "Custom.Origin"),
    ]);
    declared_integration(connection, 7, [&mapping, &mapping])
}

fn planned(observed: Result<Vec<IntegrationSettings>, String>, settling: bool) -> Planned {
    let connection = connection();
    let declared = declared(&connection);
    let input = ConfigurationInput {
        connection: &connection,
        resource: Resource::Integration { declared, observed },
        settling,
    };
    let request = PlanRequest {
        inputs: Inputs::default(),
        version: "0.1.0",
        configuration: vec![input],
        rules: Vec::new(),
        beside: Vec::new(),
        known_rules: std::collections::BTreeSet::new(),
        limits: Safety::default(),
        files: FileCounts::default(),
        overrides: Overrides::default(),
        findings: Vec::new(),
    };
    plan(request).unwrap()
}

fn there() -> IntegrationSettings {
    IntegrationSettings {
        has_personal_access_token: true,
        ..declared(&connection())
    }
}

fn codes(planned: &Planned) -> Vec<&str> {
    let findings = planned.plan.findings.iter();
    findings.map(|finding| finding.code.as_str()).collect()
}

#[test]
fn what_is_missing_is_created_with_a_field_per_mapping_row() {
    let planned = planned(Ok(Vec::new()), false);
    let change = &planned.plan.changes[0];
    assert_eq!(change.address, "Connection/web-shop/integration");
    assert_eq!(
        (change.action, change.reason),
        (Action::Create, Reason::MissingOnTarget)
    );
    let paths: Vec<&str> = change.fields.iter().map(|f| f.path.as_str()).collect();
    assert_eq!(
        paths,
        [
            "name",
            "organizationUrl",
            "project",
            "mappings[smoke]",
            "mappings[title]"
        ]
    );
    assert_eq!(planned.configuration.len(), 1);
    assert_eq!(planned.configuration[0].change, 0);
    assert_eq!(codes(&planned), ["integration-token"]);
    assert_eq!(planned.plan.connections.len(), 1);
    assert_eq!(planned.plan.summary.selected(), 0, "it is no item");
}

#[test]
fn what_agrees_is_left_alone() {
    let planned = planned(Ok(vec![there()]), false);
    assert_eq!(planned.plan.changes, []);
    assert!(planned.configuration.is_empty());
    assert_eq!(codes(&planned), [""; 0]);
}

#[test]
fn configurations_of_other_names_and_projects_are_nobodys_business() {
    let mut named = there();
    named.name = "another".to_owned();
    let mut elsewhere = there();
    elsewhere.project_id = 8;
    let planned = planned(Ok(vec![named, elsewhere]), false);
    assert_eq!(planned.plan.changes[0].action, Action::Create);
}

#[test]
fn a_difference_is_an_update_against_what_was_seen() {
    let mut seen = there();
    seen.project = "Old Shop".to_owned();
    seen.mappings.remove(0);
    let planned = planned(Ok(vec![seen.clone()]), false);
    let change = &planned.plan.changes[0];
    assert_eq!(
        (change.action, change.reason),
        (Action::Update, Reason::DeclarationDiffers)
    );
    let paths: Vec<&str> = change.fields.iter().map(|f| f.path.as_str()).collect();
    assert_eq!(paths, ["project", "mappings[smoke]"]);
    let digest = integration_digest(Some(&seen));
    assert_eq!(change.precondition, Some(Precondition::Fingerprint(digest)));
}

#[test]
fn two_of_the_name_are_refused_and_nothing_is_written() {
    let planned = planned(Ok(vec![there(), there()]), false);
    assert!(planned.configuration.is_empty());
    assert_eq!(codes(&planned), ["integration-refused"]);
    assert_eq!(planned.plan.findings[0].severity, "error");
}

#[test]
fn a_server_without_the_settings_is_a_finding() {
    let planned = planned(Err("not offered".to_owned()), false);
    assert!(planned.plan.changes.is_empty());
    let finding = &planned.plan.findings[0];
    assert_eq!(finding.code, "integration-refused");
    assert!(finding.message.starts_with("not offered"));
    assert_eq!(finding.origin.as_ref().unwrap().file, "connection.yaml");
}

#[test]
fn an_unanswered_write_holds_the_next_one() {
    let planned = planned(Ok(Vec::new()), true);
    assert!(planned.plan.changes.is_empty());
    assert!(codes(&planned).contains(&"write-settling"));
}

#[test]
fn both_ids_stand_for_the_settings() {
    let nothing = planned(Ok(vec![there()]), false).plan;
    let create = planned(Ok(Vec::new()), false).plan;
    assert_ne!(nothing.plan_id, create.plan_id);
    assert_ne!(nothing.review_id, create.review_id);
    let mut without = create.clone();
    without.changes[0].precondition = None;
    assert_ne!(id::plan_id(&without), create.plan_id);
    assert_eq!(id::review_id(&without), create.review_id);
}
