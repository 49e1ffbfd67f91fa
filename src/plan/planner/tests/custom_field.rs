//! Fields that must exist as resources of the plan.

use super::scene::connection;
use crate::diagnostics::catalog::custom_field as codes;
use crate::model::config::{CustomField, CustomFieldType, Origin, Safety};
use crate::model::{Name, System, Value};
use crate::plan::configuration::{ConfigurationInput, ConfigurationOperation, Resource};
use crate::plan::custom_field::{Assessment, Piece, Place, Remark};
use crate::plan::planner::{PlanRequest, Planned, plan};
use crate::plan::safety::{FileCounts, Overrides};
use crate::plan::{Action, Inputs, Precondition, Reason, id};
use crate::remote::{Customization, Process};

fn declared() -> CustomField {
    CustomField {
        name: Name::new("risk").unwrap(),
        connection: Name::new("web-shop").unwrap(),
        reference_name: "Custom.TestRisk".to_owned(),
        field_name: "Test Risk".to_owned(),
        field_type: CustomFieldType::Picklist,
        work_item_types: vec!["Test Case".to_owned()],
        allowed_values: vec![Value::text("High"), Value::text("Low")],
        origin: Origin {
            file: "risk.yaml".to_owned(),
            line: 3,
        },
    }
}

fn on_form() -> Piece {
    Piece::Control {
        work_item_type: "Test Case".to_owned(),
        place: Place {
            page: "p".to_owned(),
            page_label: "Details".to_owned(),
            section: "Section2".to_owned(),
            group: None,
            label: "Custom".to_owned(),
        },
    }
}

fn planned(missing: &[Piece], notes: Vec<Remark>, seen: Option<&str>, settling: bool) -> Planned {
    let connection = connection();
    let input = ConfigurationInput {
        connection: &connection,
        resource: Resource::CustomField {
            declared: declared(),
            process: Process {
                id: "1".to_owned(),
                name: "Contoso Agile".to_owned(),
                customization: Customization::Inherited,
            },
            assessment: Assessment {
                missing: missing.to_vec(),
                notes,
            },
            seen: seen.map(str::to_owned),
        },
        settling,
    };
    plan(PlanRequest {
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
    })
    .unwrap()
}

#[test]
fn every_piece_is_a_line_of_one_change() {
    let add = vec![Value::text("Low")];
    let before = vec![Value::text("High")];
    let pieces = [
        Piece::PicklistValues { before, add },
        Piece::Field,
        on_form(),
    ];
    let planned = planned(&pieces, Vec::new(), None, false);
    let change = &planned.plan.changes[0];
    assert_eq!(change.address, "CustomField/risk");
    assert_eq!(change.system, System::AzureDevOps);
    assert_eq!(
        (change.action, change.reason),
        (Action::Create, Reason::MissingOnTarget)
    );
    assert_eq!(change.precondition, Some(Precondition::Absent));
    assert_eq!((&*change.origin.file, change.origin.line), ("risk.yaml", 3));
    let told: Vec<(&str, String, String)> = change
        .fields
        .iter()
        .map(|field| {
            let json = |side: &Option<serde_json::Value>| side.clone().unwrap().to_string();
            (&*field.path, json(&field.before), json(&field.after))
        })
        .collect();
    let line = |path, before: &str, after: &str| (path, before.to_owned(), after.to_owned());
    assert_eq!(
        told,
        [
            line("allowedValues", "\"High\"", "\"High, Low\""),
            line(
                "field",
                "null",
                "\"Custom.TestRisk \\\"Test Risk\\\" (picklist)\""
            ),
            line(
                "workItemTypes[Test Case].form",
                "null",
                "\"page Details, group Custom\""
            ),
        ]
    );
    let [step] = &planned.configuration[..] else {
        panic!("{:?}", planned.configuration);
    };
    let ConfigurationOperation::PutCustomField { missing, .. } = &step.operation else {
        panic!("{step:?}");
    };
    assert_eq!(missing[..], pieces);
    assert_eq!(planned.plan.summary.selected(), 0, "it is no item");
}

#[test]
fn what_is_there_is_updated_against_what_was_seen() {
    let planned = planned(&[on_form()], Vec::new(), Some("0123"), false);
    let change = &planned.plan.changes[0];
    assert_eq!(
        (change.action, change.reason),
        (Action::Update, Reason::DeclarationDiffers)
    );
    let seen = Precondition::Fingerprint("0123".to_owned());
    assert_eq!(change.precondition, Some(seen));
}

#[test]
fn nothing_missing_is_no_change_and_notes_are_told() {
    let note = Remark {
        code: &codes::EXTRA_VALUES,
        message: "also `Unknown`".to_owned(),
        help: None,
    };
    let planned = planned(&[], vec![note], Some("0123"), false);
    assert!(planned.plan.changes.is_empty() && planned.configuration.is_empty());
    let finding = &planned.plan.findings[0];
    assert_eq!(
        (&*finding.code, &*finding.severity, &*finding.address),
        ("custom-field-extra-values", "info", "CustomField/risk")
    );
    assert_eq!(finding.origin.as_ref().unwrap().line, 3);
    assert!(!planned.plan.has_errors());
}

#[test]
fn an_unanswered_write_holds_the_next_one() {
    let planned = planned(&[Piece::Field], Vec::new(), None, true);
    assert!(planned.plan.changes.is_empty() && planned.configuration.is_empty());
    assert_eq!(planned.plan.findings[0].code, "write-settling");
}

#[test]
fn both_ids_and_the_digest_stand_for_the_pieces() {
    let one = planned(&[Piece::Field], Vec::new(), None, false);
    let two = planned(&[Piece::Field, on_form()], Vec::new(), None, false);
    assert_ne!(one.plan.plan_id, two.plan.plan_id);
    assert_ne!(id::review_id(&one.plan), id::review_id(&two.plan));
    let digest = |planned: &Planned| planned.configuration[0].operation.payload_digest();
    assert_ne!(digest(&one), digest(&two));
    assert_eq!(digest(&one), digest(&one));
}
