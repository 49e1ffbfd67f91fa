//! Fields that must exist in Azure DevOps: what is missing becomes one change of the plan.

use super::RuleOutput;
use super::configuration::Declared;
use crate::model::config::CustomField;
use crate::model::{System, Value};
use crate::plan::FieldChange;
use crate::plan::configuration::{ConfigurationInput, ConfigurationOperation, ConfigurationStep};
use crate::plan::custom_field::{Assessment, Piece, custom_field_address, joined};
use crate::remote::Process;

pub(super) fn plan(
    input: &ConfigurationInput<'_>,
    declared: &CustomField,
    process: &Process,
    assessment: &Assessment,
    seen: Option<&str>,
    output: &mut RuleOutput,
) -> Option<ConfigurationStep> {
    let resource = Declared {
        input,
        address: custom_field_address(&declared.name),
        system: System::AzureDevOps,
        origin: &declared.origin,
    };
    for note in &assessment.notes {
        resource.tell(output, note.code, note.message.clone());
    }
    if assessment.missing.is_empty() {
        return None;
    }
    let pieces = assessment.missing.iter();
    let fields = pieces.map(|piece| field(piece, declared)).collect();
    let operation = ConfigurationOperation::PutCustomField {
        declared: declared.clone(),
        process: process.clone(),
        missing: assessment.missing.clone(),
    };
    resource.put(output, seen, fields, operation)
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
