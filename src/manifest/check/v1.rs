//! What a rule may not ask for over a connection with `api: v1`, each refused by its name.

use super::{Context, MappedField, MappedRow};
use crate::diagnostics::catalog::{lint, manifest as codes};
use crate::diagnostics::{pointer, quote};
use crate::manifest::document::Report;
use crate::manifest::raw::{Create, DeletedInAzureDevOps, DeletedInTestWorthy, SyncRuleSpec};
use crate::model::{Direction, System, V1_CASE_FIELDS};

/// Reports everything of a rule that the surface does not have.
pub(super) fn check(spec: &SyncRuleSpec, context: &Context<'_>, report: &mut Report<'_>) {
    scope(spec, report);
    places(spec, report);
    deletions(spec, report);
    if Direction::from(spec.direction) == Direction::TwoWay {
        latest(spec, context, report);
    }
    fields(spec, context, report);
}

/// Policies for deleted cases that do not go together with this surface.
pub(super) fn refuses(policy: DeletedInTestWorthy) -> bool {
    match policy {
        DeletedInTestWorthy::Close
        | DeletedInTestWorthy::Recycle
        | DeletedInTestWorthy::Recreate => true,
        DeletedInTestWorthy::Unlink | DeletedInTestWorthy::Ask => false,
    }
}

fn scope(spec: &SyncRuleSpec, report: &mut Report<'_>) {
    let Some(scope) = &spec.scope.testworthy else {
        return;
    };
    let base = "/spec/scope/testworthy";
    for (key, given, help) in [
        (
            "suites",
            !scope.suites.is_empty(),
            "remove it: the rule then covers the connection's project; `cases: [ID]` narrows it",
        ),
        (
            "sections",
            !scope.sections.is_empty(),
            "remove it; `cases: [ID]` narrows the rule to single cases",
        ),
    ] {
        if given {
            let message = format!("`api: v1` has no {key}: the connection's project is the scope");
            let finding = report.key(&codes::NOT_ON_V1, &pointer::child(base, key), message);
            report.push(finding.with_help(help));
        }
    }
}

fn places(spec: &SyncRuleSpec, report: &mut Report<'_>) {
    let place = &spec.create_in.testworthy;
    for (key, given) in [
        ("suite", place.suite.is_some()),
        ("section", place.section.is_some()),
    ] {
        if given {
            let message = "over `api: v1` no case is created, so there is no place for one";
            let at = pointer::child("/spec/createIn/testworthy", key);
            let finding = report.key(&codes::NOT_ON_V1, &at, message);
            report.push(finding.with_help("remove `createIn.testworthy`"));
        }
    }
    let word = match spec.create {
        Some(Create::TestWorthy) => "testworthy",
        Some(Create::Both) => "both",
        Some(Create::AzureDevOps | Create::None) | None => return,
    };
    let message = format!("`create: {word}`: over `api: v1` no case is created in TestWorthy");
    let finding = report.value(&codes::NOT_ON_V1, "/spec/create", message);
    report.push(finding.with_help(match Direction::from(spec.direction) {
        Direction::ToTestWorthy => "write `create: none`: cases that are linked are still updated",
        Direction::ToAzureDevOps | Direction::TwoWay => {
            "write `create: azureDevOps` or `create: none`"
        }
    }));
}

fn deletions(spec: &SyncRuleSpec, report: &mut Report<'_>) {
    let policy = spec.when_deleted_in.testworthy;
    if refuses(policy) {
        let (word, why) = match policy {
            DeletedInTestWorthy::Recreate => ("recreate", "no case is created there"),
            DeletedInTestWorthy::Recycle => ("recycle", UNCONFIRMED),
            _ => ("close", UNCONFIRMED),
        };
        let message = format!("`whenDeletedIn.testworthy: {word}` is not for `api: v1`: {why}");
        let at = "/spec/whenDeletedIn/testworthy";
        let finding = report.value(&codes::NOT_ON_V1, at, message);
        report.push(finding.with_help("write `ask`: the plan tells of the deleted case"));
    }
    if spec.when_deleted_in.azure_devops == DeletedInAzureDevOps::Disable {
        let message = "`whenDeletedIn.azureDevOps: disable` is not for `api: v1`: a case has no \
                       flag there that would say so";
        let at = "/spec/whenDeletedIn/azureDevOps";
        let finding = report.value(&codes::NOT_ON_V1, at, message);
        report.push(finding.with_help("write `ask`: the plan tells of the deleted work item"));
    }
}

/// What an unknown case is answered is not published for this surface.
const UNCONFIRMED: &str = "how the server answers for a deleted case is not documented, and nothing that \
                           takes away rests on that";

fn fields(spec: &SyncRuleSpec, context: &Context<'_>, report: &mut Report<'_>) {
    let direction = Direction::from(spec.direction);
    let rows = context.mapped_fields.get(&spec.mapping).into_iter();
    let mut lacking = Vec::new();
    for row in rows.flatten() {
        let used = |system| {
            direction.writes(system) && row.direction.is_none_or(|narrow| narrow.writes(system))
        };
        let is_used = used(System::TestWorthy) || used(System::AzureDevOps);
        if is_used && !V1_CASE_FIELDS.contains(&row.field.as_str()) {
            lacking.push(row);
        }
    }
    let names: Vec<String> = lacking.iter().map(|row| quote(&row.field)).collect();
    let message = format!("over `api: v1` a case has no {}", names.join(", "));
    let help = match direction {
        Direction::TwoWay => "give the rule a mapping without these rows",
        Direction::ToAzureDevOps | Direction::ToTestWorthy => {
            "give the rule a mapping without these rows, or the rows the other `direction`"
        }
    };
    refuse_rows(&lacking, message, help, spec, report);
}

/// `conflict: latest` on rows: the surface does not tell when a case was changed.
fn latest(spec: &SyncRuleSpec, context: &Context<'_>, report: &mut Report<'_>) {
    let rows = context.rows.get(&spec.mapping).into_iter();
    // What the rule itself says of a row goes before what the row says.
    let named = |row: &MappedRow| {
        let conflicts = spec.conflicts.as_ref();
        conflicts.is_some_and(|conflicts| conflicts.fields.contains_key(&row.name))
    };
    let rows = rows.flatten().filter(|row| !named(row));
    let places: Vec<_> = rows.filter_map(|row| row.latest.as_ref()).collect();
    if places.is_empty() {
        return;
    }
    let message = "the surface v1 does not tell reliably when a case was changed, and rows of the mapping \
                   say `conflict: latest`";
    let mut finding = report.value(&lint::L17_NO_CHANGE_TIME, "/spec/mapping", message);
    for place in places {
        finding = finding.with_related(place.clone(), "asked for here");
    }
    report.push(finding.with_help("write `testworthy`, `azureDevOps` or `manual` there"));
}

/// One finding at the rule's mapping that points to all the rows.
fn refuse_rows(
    rows: &[&MappedField],
    message: String,
    help: &str,
    spec: &SyncRuleSpec,
    report: &mut Report<'_>,
) {
    if rows.is_empty() {
        return;
    }
    let mut finding = report.value(&codes::NOT_ON_V1, "/spec/mapping", message);
    for row in rows {
        let note = format!("mapped here, in `{}`", spec.mapping);
        finding = finding.with_related(row.place.clone(), note);
    }
    report.push(finding.with_help(help));
}
