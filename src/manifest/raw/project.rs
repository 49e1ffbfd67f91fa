//! `Project`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::connection::SecretSource;

super::manifest! {
    /// Settings of the whole project. Stands in `accord.yaml`; without it every default applies.
    Project, ProjectWord, ProjectSpec, #[serde(default)]
}

#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub(crate) struct ProjectSpec {
    /// Folders and files to read manifests from, relative to the project's folder and inside it.
    /// Folders that begin with a dot are skipped.
    #[schemars(length(min = 1))]
    pub(crate) manifests: Vec<String>,
    /// Where Accord keeps links, bases and its journal: exactly one of the keys.
    pub(crate) state: RawState,
    /// How long a write without an answer may still land, for example `120s`.
    #[schemars(regex(pattern = r"^([0-9]+(ms|s|m|h))+$"))]
    pub(crate) settle: String,
    /// Limits on what one run may change, per rule and of its linked items. Percentages count only from
    /// 10 linked items on.
    pub(crate) safety: RawSafety,
}

impl Default for ProjectSpec {
    fn default() -> Self {
        Self {
            manifests: vec![".".to_owned()],
            state: RawState::default(),
            settle: "120s".to_owned(),
            safety: RawSafety::default(),
        }
    }
}

#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schemars(extend("minProperties" = 1, "maxProperties" = 1))]
pub(crate) struct RawState {
    /// A SQLite file, relative to the project's folder and inside it.
    #[serde(default)]
    pub(crate) sqlite: Option<String>,
    /// A PostgreSQL database, shared by several machines.
    #[serde(default)]
    pub(crate) postgres: Option<RawPostgres>,
    /// A Git ref, for projects that run in CI only.
    #[serde(default)]
    pub(crate) git: Option<RawGit>,
}

impl RawState {
    pub(crate) const DEFAULT: &str = ".accord/state.db";
}

impl Default for RawState {
    fn default() -> Self {
        Self {
            sqlite: Some(Self::DEFAULT.to_owned()),
            postgres: None,
            git: None,
        }
    }
}

#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct RawPostgres {
    /// The connection string. It holds a password, so it is a reference.
    pub(crate) url: SecretSource,
}

#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub(crate) struct RawGit {
    /// The name of the Git remote; not an address.
    pub(crate) remote: String,
    /// The ref that holds the state.
    #[serde(rename = "ref")]
    pub(crate) reference: String,
}

impl Default for RawGit {
    fn default() -> Self {
        Self {
            remote: "origin".to_owned(),
            reference: "refs/accord/state".to_owned(),
        }
    }
}

#[derive(Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub(crate) struct RawSafety {
    /// Limits on updates.
    pub(crate) updates: UpdateLimit,
    /// Limits on deletes.
    pub(crate) deletes: DeleteLimit,
}

#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub(crate) struct UpdateLimit {
    /// Share of the rule's linked items, in percent; `null` for no limit.
    #[schemars(range(min = 0, max = 100))]
    pub(crate) max_percent: Option<f64>,
    /// Number of items; `null` for no limit.
    #[schemars(range(max = 9_007_199_254_740_991_u64))]
    pub(crate) max_count: Option<u64>,
}

impl Default for UpdateLimit {
    fn default() -> Self {
        Self {
            max_percent: Some(30.0),
            max_count: None,
        }
    }
}

#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub(crate) struct DeleteLimit {
    /// Share of the rule's linked items, in percent; `null` for no limit.
    #[schemars(range(min = 0, max = 100))]
    pub(crate) max_percent: Option<f64>,
    /// Number of items; `null` for no limit.
    #[schemars(range(max = 9_007_199_254_740_991_u64))]
    pub(crate) max_count: Option<u64>,
}

impl Default for DeleteLimit {
    fn default() -> Self {
        Self {
            max_percent: Some(10.0),
            max_count: Some(25),
        }
    }
}
