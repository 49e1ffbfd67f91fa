//! `SyncRule`.

use super::text::{is_cron, time_zone};
use super::{Context, not_supported, origin, v1, wiql};
use crate::diagnostics::catalog::manifest as codes;
use crate::diagnostics::{pointer, quote};
use crate::manifest::document::{Document, Report};
use crate::manifest::kind::Kind;
use crate::manifest::raw::{
    Create, DeletedInAzureDevOps, DeletedInTestWorthy, Drift, Match, RawScope, SyncRuleSpec,
};
use crate::model::config::{
    AzureDevOpsScope, CreateIn, DriftPolicy, MatchBy, Scope, SyncRule, TestWorthyScope,
};
use crate::model::{CaseId, Direction, Name, SuiteId, System, WorkItemId};

/// Types that the API neither recycles nor restores (Microsoft Learn, Work Items - Delete, remarks).
const NEVER_RECYCLED: [&str; 3] = ["test case", "test plan", "test suite"];

pub(super) fn check(
    document: &Document<'_>,
    name: Option<Name>,
    spec: SyncRuleSpec,
    context: &mut Context<'_>,
    report: &mut Report<'_>,
) -> Option<SyncRule> {
    let at = "/spec/connection";
    let connection = context.refer(Kind::Connection, &spec.connection, at, report);
    let mapping = context.refer(Kind::FieldMapping, &spec.mapping, "/spec/mapping", report);
    let on_v1 = context.on_v1.contains(&spec.connection);
    if on_v1 {
        v1::check(&spec, context, report);
    }
    later_keys(&spec, on_v1, context, report);
    let direction = Direction::from(spec.direction);
    if direction == Direction::TwoWay {
        not_supported(report, "/spec/direction", "direction: twoWay");
    }
    check_scope(&spec.scope, on_v1, report);
    let match_by = match_by(&spec.match_by, report);
    for (at, path) in [
        (
            "/spec/createIn/azureDevOps/areaPath",
            &spec.create_in.azure_devops.area_path,
        ),
        (
            "/spec/createIn/azureDevOps/iterationPath",
            &spec.create_in.azure_devops.iteration_path,
        ),
    ] {
        check_node_path(path.as_deref(), at, report);
    }
    let section = spec.create_in.testworthy.section.as_deref();
    if let Some(section) = section
        && section.split('/').any(|name| name.trim().is_empty())
    {
        let message = "a section path has names with `/` between";
        let at = "/spec/createIn/testworthy/section";
        report.push(report.value(&codes::INVALID_VALUE, at, message));
    }
    let target = direction.target()?;
    source_scope(&spec.scope, target.other(), on_v1, report);
    let creates = match spec.create {
        None if on_v1 && target == System::TestWorthy => Some(false),
        // Refused by name already.
        Some(Create::TestWorthy | Create::Both) if on_v1 => None,
        create => creates(create, target, report),
    };
    let suite = spec
        .create_in
        .testworthy
        .suite
        .or_else(|| match &spec.scope.testworthy {
            Some(scope) if scope.suites.len() == 1 => scope.suites.first().copied(),
            _ => None,
        });
    if creates == Some(true) && target == System::TestWorthy && suite.is_none() {
        let finding = report.key(
            &codes::MISSING_SUITE,
            "/spec/createIn/testworthy/suite",
            "the rule creates cases but names no suite for them",
        );
        let help = "add `createIn: { testworthy: { suite: ID } }`, or set `create: none`";
        report.push(finding.with_help(help));
    }
    Some(SyncRule {
        name: name?,
        connection: connection?,
        mapping: mapping?,
        target,
        scope: scope(spec.scope),
        creates: creates?,
        create_in: CreateIn {
            suite: suite.map(SuiteId),
            section: spec.create_in.testworthy.section,
            area_path: spec.create_in.azure_devops.area_path,
            iteration_path: spec.create_in.azure_devops.iteration_path,
        },
        match_by,
        drift: match spec.drift {
            Drift::Enforce => DriftPolicy::Enforce,
            Drift::Report => DriftPolicy::Report,
            Drift::Ignore => DriftPolicy::Ignore,
        },
        origin: origin(document),
    })
}

/// Keys whose behaviour comes later: checked, then refused.
fn later_keys(spec: &SyncRuleSpec, on_v1: bool, context: &Context<'_>, report: &mut Report<'_>) {
    if spec.first_sync.is_some() {
        not_supported(report, "/spec/firstSync", "firstSync");
    }
    if spec.conflicts.is_some() {
        not_supported(report, "/spec/conflicts", "conflicts");
    }
    let in_testworthy = spec.when_deleted_in.testworthy;
    if in_testworthy != DeletedInTestWorthy::Ask && !(on_v1 && v1::refuses(in_testworthy)) {
        let at = "/spec/whenDeletedIn/testworthy";
        not_supported(report, at, "whenDeletedIn.testworthy");
        let work_item_type = context.work_item_types.get(&spec.mapping);
        let never = |name: &String| NEVER_RECYCLED.contains(&name.to_lowercase().as_str());
        if in_testworthy == DeletedInTestWorthy::Recycle && work_item_type.is_some_and(never) {
            let message = "Azure DevOps cannot recycle work items of this type";
            let finding = report.value(&codes::CANNOT_RECYCLE, at, message);
            report.push(finding.with_help("use `close`, `unlink` or `recreate`"));
        }
    }
    let in_azure_devops = spec.when_deleted_in.azure_devops;
    let refused = on_v1 && in_azure_devops == DeletedInAzureDevOps::Disable;
    if in_azure_devops != DeletedInAzureDevOps::Ask && !refused {
        let at = "/spec/whenDeletedIn/azureDevOps";
        not_supported(report, at, "whenDeletedIn.azureDevOps");
    }
    if let Some(schedule) = &spec.schedule {
        not_supported(report, "/spec/schedule", "schedule");
        if !is_cron(&schedule.cron) {
            let message = format!("{} is not a cron expression", quote(&schedule.cron));
            let finding = report.value(&codes::INVALID_VALUE, "/spec/schedule/cron", message);
            report.push(finding.with_help("five fields, like `*/15 * * * *`"));
        }
        time_zone(&schedule.time_zone, "/spec/schedule/timeZone", report);
    }
}

fn check_scope(scope: &RawScope, on_v1: bool, report: &mut Report<'_>) {
    if let Some(testworthy) = &scope.testworthy {
        if testworthy.suites.is_empty() && !on_v1 {
            let message = "`suites` is missing: cases are listed by suite";
            let at = "/spec/scope/testworthy/suites";
            let finding = report.key(&codes::MISSING_KEY, at, message);
            report.push(finding.with_help("write `suites: [ID]`"));
        }
        for (index, pattern) in testworthy.sections.iter().enumerate() {
            let wrong =
                |name: &str| name.trim().is_empty() || (name.contains("**") && name != "**");
            if pattern.split('/').any(wrong) {
                let message = format!("{} is not a pattern over sections", quote(pattern));
                let at = pointer::item("/spec/scope/testworthy/sections", index);
                let finding = report.value(&codes::INVALID_VALUE, &at, message);
                report.push(finding.with_help(
                    "names with `/` between; `*` stands for one name, `**` for any number",
                ));
            }
        }
    }
    if let Some(azure_devops) = &scope.azure_devops {
        let base = "/spec/scope/azureDevOps";
        for (key, path) in [
            ("areaPath", &azure_devops.area_path),
            ("iterationPath", &azure_devops.iteration_path),
        ] {
            check_node_path(path.as_deref(), &pointer::child(base, key), report);
        }
        if let Some(reason) = azure_devops.wiql.as_deref().and_then(wiql::refusal) {
            let message = format!("not a WIQL condition: {reason}");
            let at = pointer::child(base, "wiql");
            report.push(report.value(&codes::INVALID_VALUE, &at, message));
        }
    }
}

/// Area and iteration paths have backslashes between names.
fn check_node_path(path: Option<&str>, at: &str, report: &mut Report<'_>) {
    let Some(path) = path else {
        return;
    };
    let wrong = |name: &str| name.trim().is_empty() || name.contains('/');
    if path.split('\\').any(wrong) {
        let message = format!("{} is not a path of areas or iterations", quote(path));
        let finding = report.value(&codes::INVALID_VALUE, at, message);
        report.push(finding.with_help("names with `\\` between, like `Web Shop\\QA`"));
    }
}

fn source_scope(scope: &RawScope, source: System, on_v1: bool, report: &mut Report<'_>) {
    let given = match source {
        System::TestWorthy => scope.testworthy.is_some(),
        System::AzureDevOps => scope.azure_devops.is_some(),
    };
    if !given {
        let key = source.key();
        let message = format!("`scope.{key}` is missing: {source} is the side that is read");
        let finding = report.key(
            &codes::MISSING_SCOPE,
            &pointer::child("/spec/scope", key),
            message,
        );
        report.push(finding.with_help(match source {
            System::TestWorthy if on_v1 => "add `testworthy: {}` to `scope`",
            System::TestWorthy => "add `testworthy: { suites: [ID] }` to `scope`",
            System::AzureDevOps => "add `azureDevOps: { areaPath: PATH }` to `scope`",
        }));
    }
}

fn creates(create: Option<Create>, target: System, report: &mut Report<'_>) -> Option<bool> {
    let side = match create {
        None => return Some(true),
        Some(Create::None) => return Some(false),
        Some(Create::Both) => None,
        Some(Create::TestWorthy) => Some(System::TestWorthy),
        Some(Create::AzureDevOps) => Some(System::AzureDevOps),
    };
    if side == Some(target) {
        return Some(true);
    }
    let message = format!("a one-way rule creates items on its target only, here {target}");
    let finding = report.value(&codes::WRONG_SIDE, "/spec/create", message);
    report.push(finding.with_help(format!(
        "write `create: {}` or `create: none`",
        target.key()
    )));
    None
}

fn match_by(raw: &[Match], report: &mut Report<'_>) -> Vec<MatchBy> {
    let mut ways = Vec::new();
    for (index, way) in raw.iter().enumerate() {
        let way = match way {
            Match::Marker => MatchBy::Marker,
            Match::Id => MatchBy::Id,
            Match::Title => MatchBy::Title,
        };
        if ways.contains(&way) {
            let at = pointer::item("/spec/match", index);
            report.push(report.value(&codes::INVALID_VALUE, &at, "this stands twice"));
        } else {
            ways.push(way);
        }
    }
    ways
}

fn scope(raw: RawScope) -> Scope {
    Scope {
        testworthy: raw.testworthy.map(|scope| TestWorthyScope {
            suites: scope.suites.into_iter().map(SuiteId).collect(),
            sections: scope.sections,
            cases: scope.cases.into_iter().map(CaseId).collect(),
            condition: scope.condition,
        }),
        azure_devops: raw.azure_devops.map(|scope| AzureDevOpsScope {
            area_path: scope.area_path,
            iteration_path: scope.iteration_path,
            ids: scope.ids.into_iter().map(WorkItemId).collect(),
            wiql: scope.wiql,
        }),
    }
}
