//! A `SyncRule`.

use super::mapping::direction;
use super::{Shape, spec, winner};
use crate::model::config::{
    AzureDevOpsScope, Conflicts, CreateIn, DeletedCase, DeletedWorkItem, DriftPolicy, MatchBy,
    Scope, SyncRule, TestWorthyScope, WhenDeleted, Winner,
};

pub(super) fn shape(rule: &SyncRule) -> Shape {
    let SyncRule {
        name: _,
        connection,
        mapping,
        direction: way,
        scope,
        creates,
        create_in,
        match_by,
        drift,
        first_sync,
        conflicts,
        when_deleted,
        origin: _,
    } = rule;
    let create = match (creates.testworthy, creates.azure_devops) {
        (true, true) => "both",
        (true, false) => "testworthy",
        (false, true) => "azureDevOps",
        (false, false) => "none",
    };
    // Tried one after the other: their order is what they mean.
    let match_by: Vec<&str> = match_by
        .iter()
        .map(|by| match by {
            MatchBy::Marker => "marker",
            MatchBy::Id => "id",
            MatchBy::Title => "title",
        })
        .collect();
    spec([
        ("connection", Some(Shape::value(connection.as_str()))),
        ("mapping", Some(Shape::value(mapping.as_str()))),
        ("direction", Some(direction(*way))),
        ("scope", Some(self::scope(scope))),
        ("create", Some(Shape::value(create))),
        ("createIn", Some(self::create_in(create_in))),
        ("match", Some(Shape::value(match_by))),
        (
            "drift",
            Some(Shape::value(match drift {
                DriftPolicy::Enforce => "enforce",
                DriftPolicy::Report => "report",
                DriftPolicy::Ignore => "ignore",
            })),
        ),
        ("firstSync", Some(winner(*first_sync))),
        ("conflicts", Some(self::conflicts(conflicts))),
        ("whenDeletedIn", Some(self::when_deleted(*when_deleted))),
    ])
}

fn scope(scope: &Scope) -> Shape {
    let Scope {
        testworthy,
        azure_devops,
    } = scope;
    Shape::keys([
        ("testworthy", testworthy.as_ref().map(cases)),
        ("azureDevOps", azure_devops.as_ref().map(work_items)),
    ])
}

fn text(text: &str) -> Shape {
    Shape::value(text)
}

fn cases(scope: &TestWorthyScope) -> Shape {
    let TestWorthyScope {
        suites,
        sections,
        cases,
        condition,
        condition_line: _,
    } = scope;
    let some = |shape, is_empty: bool| (!is_empty).then_some(shape);
    Shape::keys([
        (
            "suites",
            some(Shape::set(suites.iter().map(|id| id.0)), suites.is_empty()),
        ),
        (
            "sections",
            some(
                Shape::set(sections.iter().map(String::as_str)),
                sections.is_empty(),
            ),
        ),
        (
            "cases",
            some(Shape::set(cases.iter().map(|id| id.0)), cases.is_empty()),
        ),
        ("where", condition.as_deref().map(text)),
    ])
}

fn work_items(scope: &AzureDevOpsScope) -> Shape {
    let AzureDevOpsScope {
        area_path,
        iteration_path,
        ids,
        wiql,
    } = scope;
    let ids = (!ids.is_empty()).then(|| Shape::set(ids.iter().map(|id| id.0)));
    Shape::keys([
        ("areaPath", area_path.as_deref().map(text)),
        ("iterationPath", iteration_path.as_deref().map(text)),
        ("ids", ids),
        ("wiql", wiql.as_deref().map(text)),
    ])
}

fn create_in(places: &CreateIn) -> Shape {
    let CreateIn {
        suite,
        section,
        area_path,
        iteration_path,
    } = places;
    Shape::keys([
        (
            "testworthy",
            Some(Shape::keys([
                ("suite", suite.map(|suite| Shape::value(suite.0))),
                ("section", section.as_deref().map(text)),
            ])),
        ),
        (
            "azureDevOps",
            Some(Shape::keys([
                ("areaPath", area_path.as_deref().map(text)),
                ("iterationPath", iteration_path.as_deref().map(text)),
            ])),
        ),
    ])
}

fn conflicts(conflicts: &Conflicts) -> Shape {
    let Conflicts { default, fields } = conflicts;
    let fields = fields.iter().map(|(row, who)| (row.clone(), winner(*who)));
    // Nobody is who decides where nothing is said.
    let default = default.filter(|who| *who != Winner::Manual);
    Shape::keys([
        ("default", default.map(winner)),
        ("fields", Some(Shape::named(fields))),
    ])
}

fn when_deleted(policies: WhenDeleted) -> Shape {
    let WhenDeleted {
        testworthy,
        azure_devops,
    } = policies;
    let case = match testworthy {
        DeletedCase::Close => "close",
        DeletedCase::Recycle => "recycle",
        DeletedCase::Recreate => "recreate",
        DeletedCase::Unlink => "unlink",
        DeletedCase::Ask => "ask",
    };
    let work_item = match azure_devops {
        DeletedWorkItem::Disable => "disable",
        DeletedWorkItem::Recreate => "recreate",
        DeletedWorkItem::Unlink => "unlink",
        DeletedWorkItem::Ask => "ask",
    };
    Shape::keys([
        ("testworthy", Some(Shape::value(case))),
        ("azureDevOps", Some(Shape::value(work_item))),
    ])
}
