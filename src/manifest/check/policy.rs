//! What a rule says about two values that meet and about items that go.

use super::{Context, v1};
use crate::diagnostics::catalog::{lint, manifest as codes};
use crate::diagnostics::{nearest, pointer, quote};
use crate::manifest::document::Report;
use crate::manifest::raw::{
    DeletedInAzureDevOps, DeletedInTestWorthy, Drift, SyncRuleSpec, Winner,
};
use crate::model::config::Winner as Right;
use crate::model::config::{Conflicts, DeletedCase, DeletedWorkItem, NEVER_RECYCLED, WhenDeleted};
use crate::model::{Direction, System};

/// What the keys mean; whatever is wrong with them is reported.
pub(super) struct Policies {
    pub(super) first_sync: Right,
    pub(super) conflicts: Conflicts,
    pub(super) when_deleted: WhenDeleted,
}

pub(super) fn policies(
    spec: &SyncRuleSpec,
    direction: Direction,
    on_v1: bool,
    context: &Context<'_>,
    report: &mut Report<'_>,
) -> Policies {
    match direction.target() {
        Some(target) => one_way(spec, target, report),
        None => drift(spec, context, report),
    }
    let conflicts = spec.conflicts.as_ref();
    if let Some(conflicts) = conflicts {
        for (name, winner) in &conflicts.fields {
            named_row(name, *winner, spec, context, report);
        }
        let fields = conflicts.fields.iter().map(|(name, winner)| {
            let at = pointer::child("/spec/conflicts/fields", name);
            (at, *winner)
        });
        let default = ("/spec/conflicts/default".to_owned(), conflicts.default);
        for (at, winner) in std::iter::once(default).chain(fields) {
            no_latest_on_v1(winner, &at, on_v1, report);
        }
    }
    if let Some(winner) = spec.first_sync {
        no_latest_on_v1(winner, "/spec/firstSync", on_v1, report);
    }
    Policies {
        first_sync: spec.first_sync.map(Right::from).unwrap_or_default(),
        conflicts: Conflicts {
            default: conflicts.map(|conflicts| conflicts.default.into()),
            fields: conflicts
                .map(|conflicts| &conflicts.fields)
                .into_iter()
                .flatten()
                .map(|(name, winner)| (name.clone(), (*winner).into()))
                .collect(),
        },
        when_deleted: when_deleted(spec, direction, on_v1, context, report),
    }
}

/// A one-way rule has a source, which is always right.
fn one_way(spec: &SyncRuleSpec, target: System, report: &mut Report<'_>) {
    let source = target.other();
    for (given, key) in [
        (spec.first_sync.is_some(), "firstSync"),
        (spec.conflicts.is_some(), "conflicts"),
    ] {
        if given {
            let at = pointer::child("/spec", key);
            let message = format!(
                "`{key}` is for rules with `direction: twoWay`; here {source} is always right"
            );
            let finding = report.key(&codes::WRONG_SIDE, &at, message);
            report.push(finding.with_help(
                "remove it; `drift` says what becomes of edits that people make on the target",
            ));
        }
    }
}

/// Of a two-way rule `drift` is about its rows that go one way.
fn drift(spec: &SyncRuleSpec, context: &Context<'_>, report: &mut Report<'_>) {
    let (Some(Drift::Report | Drift::Ignore), Some(rows)) =
        (spec.drift, context.rows.get(&spec.mapping))
    else {
        return;
    };
    if rows.iter().any(|row| row.one_way.is_some()) {
        return;
    }
    let message = format!(
        "`drift` is about rows that go one way, and mapping `{}` has none",
        spec.mapping
    );
    let finding = report.key(&codes::WRONG_SIDE, "/spec/drift", message);
    report.push(finding.with_help(
        "remove it; `conflicts` says who is right where both sides of a row were edited",
    ));
}

/// A row that `conflicts.fields` names.
fn named_row(
    name: &str,
    winner: Winner,
    spec: &SyncRuleSpec,
    context: &Context<'_>,
    report: &mut Report<'_>,
) {
    let Some(rows) = context.rows.get(&spec.mapping) else {
        return;
    };
    let at = pointer::child("/spec/conflicts/fields", name);
    let Some(row) = rows.iter().find(|row| row.name == name) else {
        let message = format!("mapping `{}` has no row {}", spec.mapping, quote(name));
        let finding = report.key(&codes::UNKNOWN_KEY, &at, message);
        let names = rows.iter().map(|row| row.name.as_str());
        report.push(match nearest(name, names) {
            Some(near) => finding.with_help(format!("did you mean `{near}`?")),
            None => finding.with_help("a row is named by its `id`, else by its TestWorthy field"),
        });
        return;
    };
    let finding = if let Some(why) = row.one_way {
        let message = format!("the two sides of row {} never meet: {why}", quote(name));
        let finding = report.key(&codes::WRONG_SIDE, &at, message);
        finding.with_help("remove it from `conflicts`")
    } else if winner == Winner::Merge && !row.merges {
        let message = "values of this kind cannot be merged: a conflict goes to the manual queue";
        let finding = report.value(&lint::L18_NO_MERGE, &at, message);
        finding.with_help("write `latest`, `testworthy`, `azureDevOps` or `manual`")
    } else {
        return;
    };
    report.push(finding.with_related(row.place.clone(), "the row"));
}

fn no_latest_on_v1(winner: Winner, at: &str, on_v1: bool, report: &mut Report<'_>) {
    if on_v1 && winner == Winner::Latest {
        let message = "the surface v1 does not tell reliably when a case was changed, so nobody can \
                       say which edit is the latest";
        let finding = report.value(&lint::L17_NO_CHANGE_TIME, at, message);
        report.push(finding.with_help("write `testworthy`, `azureDevOps` or `manual`"));
    }
}

fn when_deleted(
    spec: &SyncRuleSpec,
    direction: Direction,
    on_v1: bool,
    context: &Context<'_>,
    report: &mut Report<'_>,
) -> WhenDeleted {
    let testworthy = match spec.when_deleted_in.testworthy {
        DeletedInTestWorthy::Close => DeletedCase::Close,
        DeletedInTestWorthy::Recycle => DeletedCase::Recycle,
        DeletedInTestWorthy::Recreate => DeletedCase::Recreate,
        DeletedInTestWorthy::Unlink => DeletedCase::Unlink,
        DeletedInTestWorthy::Ask => DeletedCase::Ask,
    };
    let at = "/spec/whenDeletedIn/testworthy";
    let refused = on_v1 && v1::refuses(spec.when_deleted_in.testworthy);
    if testworthy == DeletedCase::Recycle && !refused {
        let work_item_type = context.work_item_types.get(&spec.mapping);
        let never = |name: &String| NEVER_RECYCLED.contains(&name.to_lowercase().as_str());
        if work_item_type.is_some_and(never) {
            let message = "Azure DevOps cannot recycle work items of this type";
            let finding = report.value(&codes::CANNOT_RECYCLE, at, message);
            report.push(finding.with_help("use `close`, `unlink` or `recreate`"));
        }
    }
    let side = match testworthy {
        DeletedCase::Close | DeletedCase::Recycle => Some(System::AzureDevOps),
        DeletedCase::Recreate => Some(System::TestWorthy),
        DeletedCase::Unlink | DeletedCase::Ask => None,
    };
    if !refused {
        must_write(side, direction, at, report);
    }
    let azure_devops = match spec.when_deleted_in.azure_devops {
        DeletedInAzureDevOps::Disable => DeletedWorkItem::Disable,
        DeletedInAzureDevOps::Recreate => DeletedWorkItem::Recreate,
        DeletedInAzureDevOps::Unlink => DeletedWorkItem::Unlink,
        DeletedInAzureDevOps::Ask => DeletedWorkItem::Ask,
    };
    let side = match azure_devops {
        DeletedWorkItem::Disable => Some(System::TestWorthy),
        DeletedWorkItem::Recreate => Some(System::AzureDevOps),
        DeletedWorkItem::Unlink | DeletedWorkItem::Ask => None,
    };
    if !(on_v1 && azure_devops == DeletedWorkItem::Disable) {
        must_write(side, direction, "/spec/whenDeletedIn/azureDevOps", report);
    }
    WhenDeleted {
        testworthy,
        azure_devops,
    }
}

/// A one-way rule writes nothing on its source.
fn must_write(side: Option<System>, direction: Direction, at: &str, report: &mut Report<'_>) {
    if let Some(side) = side.filter(|side| !direction.writes(*side)) {
        let message = format!("this writes {side}, and the rule only reads it");
        let finding = report.value(&codes::WRONG_SIDE, at, message);
        report
            .push(finding.with_help("use `ask` or `unlink`, or make the rule `direction: twoWay`"));
    }
}
