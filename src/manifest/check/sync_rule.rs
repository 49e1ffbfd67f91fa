//! `SyncRule`.

use super::policy::policies;
use super::text::{is_cron, time_zone};
use super::{Context, not_supported, origin, v1, wiql};
use crate::diagnostics::catalog::manifest as codes;
use crate::diagnostics::{pointer, quote};
use crate::manifest::document::{Document, Report};
use crate::manifest::kind::Kind;
use crate::manifest::raw::{
    Create, DeletedInTestWorthy, Drift, Match, RawCreateIn, RawScope, SyncRuleSpec,
};
use crate::model::config::{
    AzureDevOpsScope, CreateIn, DriftPolicy, MatchBy, Scope, SyncRule, TestWorthyScope,
};
use crate::model::{CaseId, Direction, Name, Sides, SuiteId, System, WorkItemId};

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
    later_keys(&spec, report);
    let direction = Direction::from(spec.direction);
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
    match direction.target() {
        Some(target) => source_scope(&spec.scope, target.other(), on_v1, report),
        None => some_scope(&spec.scope, report),
    }
    let creates = match spec.create {
        None if on_v1 && direction.target() == Some(System::TestWorthy) => Some(Sides::default()),
        // Refused by name already.
        Some(Create::TestWorthy | Create::Both) if on_v1 => None,
        create => creates(create, direction, &spec, on_v1, report),
    };
    let suite = spec
        .create_in
        .testworthy
        .suite
        .or_else(|| match &spec.scope.testworthy {
            Some(scope) if scope.suites.len() == 1 => scope.suites.first().copied(),
            _ => None,
        });
    let renews = spec.when_deleted_in.testworthy == DeletedInTestWorthy::Recreate
        && direction.writes(System::TestWorthy)
        && !on_v1;
    let creates_cases = creates.is_some_and(|creates| creates.testworthy);
    if (creates_cases || renews) && suite.is_none() {
        let (message, help) = if creates_cases {
            (
                "the rule creates cases but names no suite for them",
                match direction {
                    Direction::TwoWay => {
                        "add `createIn: { testworthy: { suite: ID } }`, or set `create: azureDevOps` or `none`"
                    }
                    Direction::ToTestWorthy | Direction::ToAzureDevOps => {
                        "add `createIn: { testworthy: { suite: ID } }`, or set `create: none`"
                    }
                },
            )
        } else {
            (
                "`whenDeletedIn.testworthy: recreate` makes new cases, and the rule names no suite for them",
                "add `createIn: { testworthy: { suite: ID } }`, or write `whenDeletedIn: { testworthy: ask }`",
            )
        };
        let at = "/spec/createIn/testworthy/suite";
        report.push(
            report
                .key(&codes::MISSING_SUITE, at, message)
                .with_help(help),
        );
    }
    let policies = policies(&spec, direction, on_v1, context, report);
    Some(SyncRule {
        name: name?,
        connection: connection?,
        mapping: mapping?,
        direction,
        scope: scope(spec.scope, document.where_line),
        creates: creates?,
        create_in: CreateIn {
            suite: suite.map(SuiteId),
            section: spec.create_in.testworthy.section,
            area_path: spec.create_in.azure_devops.area_path,
            iteration_path: spec.create_in.azure_devops.iteration_path,
        },
        match_by,
        drift: match spec.drift {
            None | Some(Drift::Enforce) => DriftPolicy::Enforce,
            Some(Drift::Report) => DriftPolicy::Report,
            Some(Drift::Ignore) => DriftPolicy::Ignore,
        },
        first_sync: policies.first_sync,
        conflicts: policies.conflicts,
        when_deleted: policies.when_deleted,
        origin: origin(document),
    })
}

/// Keys whose behaviour comes later: checked, then refused.
fn later_keys(spec: &SyncRuleSpec, report: &mut Report<'_>) {
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

fn some_scope(scope: &RawScope, report: &mut Report<'_>) {
    if scope.testworthy.is_none() && scope.azure_devops.is_none() {
        let message = "`scope` is empty: the rule selects nothing on either side";
        let finding = report.key(&codes::MISSING_SCOPE, "/spec/scope", message);
        report.push(finding.with_help("add `testworthy: { suites: [ID] }` to `scope`"));
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

fn creates(
    create: Option<Create>,
    direction: Direction,
    spec: &SyncRuleSpec,
    on_v1: bool,
    report: &mut Report<'_>,
) -> Option<Sides<bool>> {
    let Some(target) = direction.target() else {
        return creates_both_ways(create, spec, on_v1, report);
    };
    let on = |target| Sides::of(target, true, false);
    let side = match create {
        None => return Some(on(target)),
        Some(Create::None) => return Some(Sides::default()),
        Some(Create::Both) => None,
        Some(Create::TestWorthy) => Some(System::TestWorthy),
        Some(Create::AzureDevOps) => Some(System::AzureDevOps),
    };
    if side == Some(target) {
        return Some(on(target));
    }
    let message = format!("a one-way rule creates items on its target only, here {target}");
    let finding = report.value(&codes::WRONG_SIDE, "/spec/create", message);
    report.push(finding.with_help(format!(
        "write `create: {}` or `create: none`",
        target.key()
    )));
    None
}

/// A side creates what the other side's scope selects: without one there is nothing to create from. What
/// the manifest asks for by name must be possible; the default does without.
fn creates_both_ways(
    create: Option<Create>,
    spec: &SyncRuleSpec,
    on_v1: bool,
    report: &mut Report<'_>,
) -> Option<Sides<bool>> {
    let wanted = match create {
        None => Sides {
            testworthy: !on_v1,
            azure_devops: true,
        },
        Some(create) => Sides {
            testworthy: matches!(create, Create::Both | Create::TestWorthy),
            azure_devops: matches!(create, Create::Both | Create::AzureDevOps),
        },
    };
    let mut possible = true;
    for (side, wanted) in wanted.iter() {
        let (at, what) = match create {
            Some(_) => ("/spec/create", "`create` wants"),
            None if has_place(&spec.create_in, side) => {
                ("/spec/createIn", "`createIn` has a place for")
            }
            None => continue,
        };
        if !wanted || selects(&spec.scope, side.other()) {
            continue;
        }
        let (made, of, key) = match side {
            System::TestWorthy => ("cases", "work items", "azureDevOps"),
            System::AzureDevOps => ("work items", "cases", "testworthy"),
        };
        let message = format!(
            "{what} new {made}, which are made of the {of} that the rule selects, and there is no \
             `scope.{key}`"
        );
        let at = match create {
            Some(_) => at.to_owned(),
            None => pointer::child(at, side.key()),
        };
        let finding = report.value(&codes::MISSING_SCOPE, &at, message);
        report.push(finding.with_help(match (side, create) {
            (System::TestWorthy, Some(Create::Both)) => {
                "add `azureDevOps: { areaPath: PATH }` to `scope`, or write `create: azureDevOps`"
            }
            (System::TestWorthy, Some(_)) => {
                "add `azureDevOps: { areaPath: PATH }` to `scope`, or write `create: none`"
            }
            (System::TestWorthy, None) => {
                "add `azureDevOps: { areaPath: PATH }` to `scope`, or remove the place"
            }
            (System::AzureDevOps, Some(Create::Both)) => {
                "add `testworthy: { suites: [ID] }` to `scope`, or write `create: testworthy`"
            }
            (System::AzureDevOps, Some(_)) => {
                "add `testworthy: { suites: [ID] }` to `scope`, or write `create: none`"
            }
            (System::AzureDevOps, None) => {
                "add `testworthy: { suites: [ID] }` to `scope`, or remove the place"
            }
        }));
        possible = false;
    }
    possible.then(|| wanted.map(|side, wanted| wanted && selects(&spec.scope, side.other())))
}

/// Whether the rule has a scope on a side.
fn selects(scope: &RawScope, side: System) -> bool {
    match side {
        System::TestWorthy => scope.testworthy.is_some(),
        System::AzureDevOps => scope.azure_devops.is_some(),
    }
}

/// Whether the rule says where new items of a side go.
fn has_place(place: &RawCreateIn, side: System) -> bool {
    let (cases, items) = (&place.testworthy, &place.azure_devops);
    match side {
        System::TestWorthy => cases.suite.is_some() || cases.section.is_some(),
        System::AzureDevOps => items.area_path.is_some() || items.iteration_path.is_some(),
    }
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

fn scope(raw: RawScope, where_line: Option<u32>) -> Scope {
    Scope {
        testworthy: raw.testworthy.map(|scope| TestWorthyScope {
            suites: scope.suites.into_iter().map(SuiteId).collect(),
            sections: scope.sections,
            cases: scope.cases.into_iter().map(CaseId).collect(),
            condition: scope.condition,
            condition_line: where_line,
        }),
        azure_devops: raw.azure_devops.map(|scope| AzureDevOpsScope {
            area_path: scope.area_path,
            iteration_path: scope.iteration_path,
            ids: scope.ids.into_iter().map(WorkItemId).collect(),
            wiql: scope.wiql,
        }),
    }
}
