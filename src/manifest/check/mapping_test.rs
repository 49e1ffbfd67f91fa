//! `MappingTest`.

use std::collections::BTreeSet;

use super::{Context, not_supported};
use crate::diagnostics::catalog::manifest as codes;
use crate::diagnostics::{pointer, quote};
use crate::manifest::document::Report;
use crate::manifest::kind::Kind;
use crate::manifest::raw::{MappingTestSpec, RawDirection};

pub(super) fn check(spec: &MappingTestSpec, context: &mut Context<'_>, report: &mut Report<'_>) {
    not_supported(report, "/kind", "kind: MappingTest");
    context.refer(Kind::FieldMapping, &spec.mapping, "/spec/mapping", report);
    let mut names = BTreeSet::new();
    for (index, case) in spec.cases.iter().enumerate() {
        let at = pointer::item("/spec/cases", index);
        if !names.insert(case.name.as_str()) {
            let message = format!("two examples are named {}", quote(&case.name));
            let at = pointer::child(&at, "name");
            report.push(report.value(&codes::INVALID_VALUE, &at, message));
        }
        if case.direction == RawDirection::TwoWay {
            let message = "an example goes one way: `toAzureDevOps` or `toTestWorthy`";
            let at = pointer::child(&at, "direction");
            report.push(report.value(&codes::INVALID_VALUE, &at, message));
        }
        for (key, is_empty) in [
            ("given", case.given.is_empty()),
            ("expect", case.expect.is_empty()),
        ] {
            if is_empty {
                let message = format!("`{key}` names no field");
                let at = pointer::child(&at, key);
                report.push(report.value(&codes::INVALID_VALUE, &at, message));
            }
        }
    }
}
