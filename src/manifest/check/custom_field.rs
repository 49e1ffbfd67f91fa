//! `CustomField`.

use super::text::is_reference_name;
use super::{Context, not_supported};
use crate::diagnostics::catalog::manifest as codes;
use crate::diagnostics::{pointer, quote};
use crate::manifest::document::Report;
use crate::manifest::kind::Kind;
use crate::manifest::raw::{CustomFieldSpec, CustomFieldType};

pub(super) fn check(spec: &CustomFieldSpec, context: &mut Context<'_>, report: &mut Report<'_>) {
    not_supported(report, "/kind", "kind: CustomField");
    context.refer(
        Kind::Connection,
        &spec.connection,
        "/spec/connection",
        report,
    );
    if !is_reference_name(&spec.reference_name) {
        let message = format!("{} is not a reference name", quote(&spec.reference_name));
        let finding = report.value(
            &codes::INVALID_REFERENCE_NAME,
            "/spec/referenceName",
            message,
        );
        report.push(finding.with_help("write it like `Custom.TestData`"));
    }
    if spec.name.trim().is_empty() {
        let message = "a field needs a display name";
        report.push(report.value(&codes::INVALID_VALUE, "/spec/name", message));
    }
    for (index, work_item_type) in spec.work_item_types.iter().enumerate() {
        if work_item_type.trim().is_empty() {
            let at = pointer::item("/spec/workItemTypes", index);
            report.push(report.value(&codes::INVALID_VALUE, &at, "an empty work item type"));
        }
    }
    let is_picklist = spec.field_type == CustomFieldType::Picklist;
    if is_picklist == spec.allowed_values.is_empty() {
        let message = if is_picklist {
            "a picklist needs `allowedValues`"
        } else {
            "`allowedValues` belong to `type: picklist`"
        };
        report.push(report.value(&codes::INVALID_VALUE, "/spec/allowedValues", message));
    }
}
