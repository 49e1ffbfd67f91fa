//! Can the declared fields be had: the process of the project, and each field in it?

use super::{cause, general_way_out, shown};
use crate::diagnostics::catalog::lint::L22_NOT_ON_THE_FORM;
use crate::model::config::CustomField;
use crate::plan::custom_field::{ObservedProcess, Remark, assess, object_to_process};
use crate::reconcile::custom_field::explain;
use crate::reconcile::doctor::check::{Cause, Check};
use crate::remote::{RemoteError, RemoteErrorKind};

/// Parts of a field that are named; `plan` shows all of them.
const MOST_PARTS: usize = 10;

/// Whether the process of the project may be read and can be changed.
pub(in crate::reconcile::doctor) fn process(found: &Result<ObservedProcess, RemoteError>) -> Check {
    match found {
        Ok(observed) => match object_to_process(&observed.process) {
            None => {
                let name = shown(&observed.process.name);
                Check::ok(
                    "process",
                    format!("`{name}` inherits from a process of the system and can be changed"),
                )
            }
            Some(objection) => refused("process", Cause::Manifests, &objection),
        },
        Err(error) => match explain(error) {
            Some(objection) => refused("process", cause_of(error), &objection),
            None => Check::fail(
                "process",
                cause(&error.kind),
                shown(&error.kind.to_string()),
                general_way_out(&error.kind),
            ),
        },
    }
}

/// The forms of the work item types, if they were not seen. A token that may not see them can do all that a
/// rule needs; one that is not accepted any more can do nothing.
pub(in crate::reconcile::doctor) fn forms_not_seen(error: &RemoteError) -> Check {
    let why = explain(error).map_or_else(|| error.kind.to_string(), |remark| remark.message);
    if matches!(error.kind, RemoteErrorKind::Unauthenticated { .. }) {
        let next = general_way_out(&error.kind);
        return Check::fail("process", Cause::Authentication, shown(&why), next).about("forms");
    }
    let rule = L22_NOT_ON_THE_FORM.code;
    let measured = format!(
        "not looked at, so that nothing is said of mapped fields that no form shows (`accord explain {rule}`): {}",
        shown(&why)
    );
    Check::skipped("process", measured).about("forms")
}

/// A server that keeps processes in files answers as it should: it is the manifests that ask too much.
fn cause_of(error: &RemoteError) -> Cause {
    match cause(&error.kind) {
        Cause::Unreachable => Cause::Manifests,
        other => other,
    }
}

/// A declared field against what is there of it.
pub(in crate::reconcile::doctor) fn field(
    declared: &CustomField,
    observed: &ObservedProcess,
) -> Vec<Check> {
    let about = |check: Check| check.about(declared.name.as_str());
    let found = match assess(declared, observed) {
        Ok(found) => found,
        Err(objections) => {
            let checks = objections.iter();
            return checks
                .map(|one| about(refused("field", Cause::Manifests, one)))
                .collect();
        }
    };
    let reference = shown(&declared.reference_name);
    let mut parts: Vec<String> = found
        .missing
        .iter()
        .take(MOST_PARTS)
        .map(|piece| shown(&piece.told(declared)))
        .collect();
    if let more @ 1.. = found.missing.len().saturating_sub(MOST_PARTS) {
        parts.push(format!("{more} more"));
    }
    let measured = if parts.is_empty() {
        format!("`{reference}` is there, on every declared work item type and its form")
    } else {
        format!("`accord apply` would make: {}", parts.join(", "))
    };
    let mut checks = vec![about(Check::ok("field", measured))];
    for note in &found.notes {
        let measured = format!("[{}]: {}", note.code.code, shown(&note.message));
        checks.push(about(Check::warn("field", measured, note.code.fix)));
    }
    checks
}

fn refused(check: &str, cause: Cause, objection: &Remark) -> Check {
    let measured = format!("[{}]: {}", objection.code.code, shown(&objection.message));
    let next = objection.help.as_deref().unwrap_or(objection.code.fix);
    Check::fail(check, cause, measured, shown(next))
}
