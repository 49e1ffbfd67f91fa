//! Switches of the second surface. The vendor's API page names paths and request bodies of it and
//! nothing else, so everything here is assumed; every default is one of several plausible answers.

use serde::{Deserialize, Serialize};

/// How the emulated second surface behaves where its page is silent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct V1Options {
    /// Lists are bare arrays instead of `{"data": [...], "page", "limit", "total"}`.
    pub bare_arrays: bool,
    /// The number of the first page: 0 or 1.
    pub first_page: u8,
    /// The page size of a request that names none.
    pub default_limit: usize,
    /// The largest page; a request for more gets this many.
    pub largest_limit: usize,
    /// Every request for a list gets all of it, whatever page it asks for.
    pub ignores_paging: bool,
    /// PUT empties what the body does not name, instead of keeping it.
    pub put_replaces: bool,
    /// Cases and runs carry `updatedAt`.
    pub updated_at: bool,
    /// A create answers 200 instead of 201.
    pub created_is_ok: bool,
    /// What PUT answers.
    pub put_answer: WriteAnswer,
    /// What DELETE answers.
    pub delete_answer: WriteAnswer,
    /// Whether `/v1/integrations/azure-devops` exists. The page names only Jira and `TestRail`.
    #[serde(rename = "azureDevOpsIntegration")]
    pub azure_devops_integration: bool,
}

/// The answer of a write that needs none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum WriteAnswer {
    /// 200 with the thing as it is now; after DELETE with `{}`.
    Object,
    /// 204.
    NoContent,
    /// 200 with a body of no bytes.
    Empty,
}

impl Default for V1Options {
    fn default() -> Self {
        Self {
            bare_arrays: false,
            first_page: 1,
            default_limit: 50,
            largest_limit: 100,
            ignores_paging: false,
            put_replaces: false,
            updated_at: false,
            created_is_ok: false,
            put_answer: WriteAnswer::Object,
            delete_answer: WriteAnswer::NoContent,
            azure_devops_integration: false,
        }
    }
}

impl V1Options {
    /// Why the switches make no sense, if they do not.
    pub(crate) fn problem(&self) -> Option<&'static str> {
        if self.first_page > 1 {
            return Some("v1.firstPage must be 0 or 1");
        }
        if self.default_limit == 0 || self.largest_limit == 0 {
            return Some("v1.defaultLimit and v1.largestLimit must be at least 1");
        }
        None
    }
}
