//! Fields that must exist in Azure DevOps: what is missing becomes one change of the plan.

use super::RuleOutput;
use super::rule::origin_entry;
use crate::diagnostics::Code;
use crate::diagnostics::catalog::sync as codes;
use crate::model::config::CustomField;
use crate::model::{System, Value};
use crate::plan::configuration::{ConfigurationInput, ConfigurationOperation, ConfigurationStep};
use crate::plan::custom_field::{Assessment, Piece, custom_field_address, joined};
use crate::plan::{Action, Change, FieldChange, ItemRef, PlanFinding, Precondition, Reason};
use crate::remote::Process;

pub(super) fn plan(
    input: &ConfigurationInput<'_>,
    declared: &CustomField,
    process: &Process,
    assessment: &Assessment,
    seen: Option<&str>,
    output: &mut RuleOutput,
) -> Option<ConfigurationStep> {
    let address = custom_field_address(&declared.name);
    let mut tell = |code: Code, message: String| {
        output.findings.push(PlanFinding {
            code: code.code.to_owned(),
            severity: code.severity.as_str().to_owned(),
            address: address.clone(),
            message,
            origin: Some(origin_entry(&declared.origin)),
        });
    };
    for note in &assessment.notes {
        tell(note.code, note.message.clone());
    }
    if assessment.missing.is_empty() {
        return None;
    }
    if input.settling {
        let message = "a write of this field was sent and not answered; it is looked at again once it can no longer land";
        tell(&codes::SETTLING, message.to_owned());
        return None;
    }
    let change = output.changes.len();
    output.changes.push(Change {
        address: address.clone(),
        system: System::AzureDevOps,
        action: if seen.is_some() {
            Action::Update
        } else {
            Action::Create
        },
        reason: if seen.is_some() {
            Reason::DeclarationDiffers
        } else {
            Reason::MissingOnTarget
        },
        item: ItemRef::default(),
        fields: assessment
            .missing
            .iter()
            .map(|piece| field(piece, declared))
            .collect(),
        precondition: Some(match seen {
            Some(digest) => Precondition::Fingerprint(digest.to_owned()),
            None => Precondition::Absent,
        }),
        origin: origin_entry(&declared.origin),
    });
    Some(ConfigurationStep {
        change,
        connection: input.connection.name.clone(),
        address,
        operation: ConfigurationOperation::PutCustomField {
            declared: declared.clone(),
            process: process.clone(),
            missing: assessment.missing.clone(),
        },
    })
}

/// A missing piece as people review it.
fn field(piece: &Piece, declared: &CustomField) -> FieldChange {
    let (path, before, after) = match piece {
        Piece::Picklist => (
            "allowedValues".to_owned(),
            Value::Null,
            Value::text(joined(&declared.allowed_values)),
        ),
        Piece::PicklistValues { before, add } => (
            "allowedValues".to_owned(),
            Value::text(joined(before)),
            Value::text(joined(&[&before[..], &add[..]].concat())),
        ),
        Piece::Field => (
            "field".to_owned(),
            Value::Null,
            Value::text(format!(
                "{} \"{}\" ({})",
                declared.reference_name,
                declared.field_name,
                declared.field_type.key()
            )),
        ),
        Piece::DerivedType { work_item_type } => (
            format!("workItemTypes[{work_item_type}]"),
            Value::text("the system's type"),
            Value::text("an inherited type"),
        ),
        Piece::TypeField { work_item_type } => (
            format!("workItemTypes[{work_item_type}].field"),
            Value::Null,
            Value::text(&*declared.reference_name),
        ),
        Piece::Control {
            work_item_type,
            place,
        } => (
            format!("workItemTypes[{work_item_type}].form"),
            Value::Null,
            Value::text(format!("page {}, group {}", place.page_label, place.label)),
        ),
    };
    FieldChange::between(path, &before, &after, false)
}
