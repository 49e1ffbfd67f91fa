//! `SyncRule`.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{RawDirection, Winner};

super::manifest! {
    /// Which items are kept in step over a connection, by which mapping and which way.
    SyncRule, SyncRuleWord, SyncRuleSpec
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct SyncRuleSpec {
    /// The connection.
    #[schemars(length(min = 1))]
    pub(crate) connection: String,
    /// The field mapping.
    #[schemars(length(min = 1))]
    pub(crate) mapping: String,
    /// What the rule selects on each side; a one-way rule needs its source. Of a two-way rule a pair is
    /// kept in step while either of its items is selected, and a side that is absent creates nothing from
    /// that side.
    pub(crate) scope: RawScope,
    /// Which way values flow: `toAzureDevOps`, `toTestWorthy` or `twoWay`.
    pub(crate) direction: RawDirection,
    /// On which side new items are created: `both`, `azureDevOps`, `testworthy` or `none`. By default
    /// the direction's target side; of a two-way rule each side for which the other one has a scope.
    #[serde(default)]
    pub(crate) create: Option<Create>,
    /// Where new items go.
    #[serde(default)]
    pub(crate) create_in: RawCreateIn,
    /// How existing items are recognised, in this order: `marker`, `id`, `title` (exact and unique).
    #[serde(default = "matching", rename = "match")]
    #[schemars(length(min = 1))]
    pub(crate) match_by: Vec<Match>,
    /// Two-way rules: who is right about two values that differ when a pair meets for the first time, or
    /// when a row of the mapping changed: `testworthy`, `azureDevOps`, `latest` (whichever item was changed
    /// last), `merge` or `manual` (a person decides).
    #[serde(default)]
    #[schemars(extend("default" = "manual"))]
    pub(crate) first_sync: Option<Winner>,
    /// Two-way rules: who is right where both sides of a row were edited. A row named under `fields` goes
    /// before its own `conflict`, and that before `default`.
    #[serde(default)]
    #[schemars(extend("default" = { "default": "manual", "fields": {} }))]
    pub(crate) conflicts: Option<RawConflicts>,
    /// Rules and rows that go one way: what happens to edits made on the target: `enforce`, `report` or
    /// `ignore` until the source changes.
    #[serde(default)]
    #[schemars(extend("default" = "enforce"))]
    pub(crate) drift: Option<Drift>,
    /// What becomes of the other item of a pair when one is deleted.
    #[serde(default)]
    pub(crate) when_deleted_in: WhenDeletedIn,
    /// When `accord serve` runs the rule.
    #[serde(default)]
    pub(crate) schedule: Option<RawSchedule>,
}

fn matching() -> Vec<Match> {
    vec![Match::Marker, Match::Id]
}

#[derive(Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schemars(extend("minProperties" = 1))]
pub(crate) struct RawScope {
    /// Test cases.
    #[serde(default)]
    pub(crate) testworthy: Option<RawTestWorthyScope>,
    /// Work items of the mapped type in the connection's project that fulfil every given condition.
    #[serde(default, rename = "azureDevOps")]
    pub(crate) azure_devops: Option<RawAzureDevOpsScope>,
}

#[derive(Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub(crate) struct RawTestWorthyScope {
    /// Ids of suites; at least one. None on `api: v1`, where the connection's project takes their place.
    #[schemars(inner(range(min = 1, max = 9_007_199_254_740_991_u64)))]
    pub(crate) suites: Vec<u64>,
    /// Patterns over section paths, names joined by `/`: `*` stands for one name, `**` for any number.
    /// An empty list selects every section.
    pub(crate) sections: Vec<String>,
    /// Ids of cases; an empty list selects all.
    #[schemars(inner(range(min = 1, max = 9_007_199_254_740_991_u64)))]
    pub(crate) cases: Vec<u64>,
    /// A condition over the fields of a case.
    #[serde(rename = "where")]
    #[schemars(length(min = 1, max = 4096))]
    pub(crate) condition: Option<String>,
}

#[derive(Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub(crate) struct RawAzureDevOpsScope {
    /// At or under this area, for example `Web Shop\QA`.
    #[schemars(length(min = 1))]
    pub(crate) area_path: Option<String>,
    /// At or under this iteration.
    #[schemars(length(min = 1))]
    pub(crate) iteration_path: Option<String>,
    /// Ids of work items; an empty list selects all.
    #[schemars(inner(range(min = 1, max = 2_147_483_647)))]
    pub(crate) ids: Vec<u64>,
    /// A WIQL condition, for example `[System.Tags] CONTAINS 'regression'`.
    #[schemars(length(min = 1, max = 16384))]
    pub(crate) wiql: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Create {
    Both,
    AzureDevOps,
    #[serde(rename = "testworthy")]
    TestWorthy,
    None,
}

#[derive(Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub(crate) struct RawCreateIn {
    /// Where new cases go.
    pub(crate) testworthy: RawCasePlace,
    /// Where new work items go.
    #[serde(rename = "azureDevOps")]
    pub(crate) azure_devops: RawWorkItemPlace,
}

#[derive(Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub(crate) struct RawCasePlace {
    /// Id of the suite. By default the suite of the scope, if that names exactly one.
    #[schemars(range(min = 1, max = 9_007_199_254_740_991_u64))]
    pub(crate) suite: Option<u64>,
    /// Section path, names joined by `/`. By default the suite's top.
    #[schemars(length(min = 1))]
    pub(crate) section: Option<String>,
}

#[derive(Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub(crate) struct RawWorkItemPlace {
    /// Area path. By default the project's top.
    #[schemars(length(min = 1))]
    pub(crate) area_path: Option<String>,
    /// Iteration path. By default the project's top.
    #[schemars(length(min = 1))]
    pub(crate) iteration_path: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Match {
    Marker,
    Id,
    Title,
}

#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct RawConflicts {
    /// For rows that nothing else is said about: `testworthy`, `azureDevOps`, `latest` (whichever item was
    /// changed last), `merge` (a person where it cannot be done) or `manual`.
    #[serde(default = "manual")]
    pub(crate) default: Winner,
    /// By row name.
    #[serde(default)]
    pub(crate) fields: IndexMap<String, Winner>,
}

fn manual() -> Winner {
    Winner::Manual
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Drift {
    Enforce,
    Report,
    Ignore,
}

#[derive(Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub(crate) struct WhenDeletedIn {
    /// What becomes of the work item of a deleted case: `close` (a final state), `recycle` (the recycle
    /// bin), `recreate` (it stays and gets a new case), `unlink` (it stays alone) or `ask` (a person decides).
    pub(crate) testworthy: DeletedInTestWorthy,
    /// What becomes of the case of a deleted work item: `disable`, `recreate` (it stays and its work item is
    /// restored or made anew), `unlink` (it stays alone) or `ask` (a person decides).
    #[serde(rename = "azureDevOps")]
    pub(crate) azure_devops: DeletedInAzureDevOps,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) enum DeletedInTestWorthy {
    Close,
    Recycle,
    Recreate,
    Unlink,
    #[default]
    Ask,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) enum DeletedInAzureDevOps {
    Disable,
    Recreate,
    Unlink,
    #[default]
    Ask,
}

#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct RawSchedule {
    /// Five fields: minute, hour, day of month, month, day of week.
    #[schemars(length(min = 9))]
    pub(crate) cron: String,
    /// IANA time zone of the times.
    #[serde(default = "super::connection::utc")]
    pub(crate) time_zone: String,
}
