//! The two systems and the ways a rule can go between them.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One of the two systems that Accord keeps in step.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
pub enum System {
    /// TestWorthy, the test management system.
    #[serde(rename = "testworthy")]
    TestWorthy,
    /// Azure DevOps.
    #[serde(rename = "azureDevOps")]
    AzureDevOps,
}

impl System {
    /// The other one.
    #[must_use]
    pub fn other(self) -> Self {
        match self {
            Self::TestWorthy => Self::AzureDevOps,
            Self::AzureDevOps => Self::TestWorthy,
        }
    }

    /// The key that manifests and plans use: `testworthy` or `azureDevOps`.
    pub fn key(self) -> &'static str {
        match self {
            Self::TestWorthy => "testworthy",
            Self::AzureDevOps => "azureDevOps",
        }
    }
}

impl fmt::Display for System {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TestWorthy => "TestWorthy",
            Self::AzureDevOps => "Azure DevOps",
        })
    }
}

/// Which way values flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Direction {
    /// TestWorthy is the source.
    ToAzureDevOps,
    /// Azure DevOps is the source.
    ToTestWorthy,
    /// Both are.
    TwoWay,
}

impl Direction {
    /// The side that is written in a one-way direction; `None` for two-way.
    pub fn target(self) -> Option<System> {
        match self {
            Self::ToAzureDevOps => Some(System::AzureDevOps),
            Self::ToTestWorthy => Some(System::TestWorthy),
            Self::TwoWay => None,
        }
    }

    /// Whether `system` may be written.
    pub fn writes(self, system: System) -> bool {
        self.target().is_none_or(|target| target == system)
    }
}
