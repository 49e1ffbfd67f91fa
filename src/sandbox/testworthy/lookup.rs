//! Lists that an administrator keeps.
//!
//! Seen in the product: priority 3 is "P1 - Must Test" with the short name "High", type 5 is
//! "Functional", results 1 and 5 are passed and failed (vendor's sample and client). The other ids are
//! inferred from `TestRail`'s lists and may differ on a real server.

use serde::Serialize;

pub(super) const UNTESTED: u64 = 3;
pub(super) const DEFAULT_PRIORITY: u64 = 2;
pub(super) const DEFAULT_TYPE: u64 = 6;

/// A priority.
#[derive(Clone, Debug, Serialize)]
pub struct Priority {
    /// Id.
    pub id: u64,
    /// Full name.
    pub name: &'static str,
    /// Short name.
    pub short_name: &'static str,
}

/// A case type.
#[derive(Clone, Debug, Serialize)]
pub struct CaseType {
    /// Id.
    pub id: u64,
    /// Name.
    pub name: &'static str,
}

/// A result status.
#[derive(Clone, Debug, Serialize)]
pub struct Status {
    /// Id.
    pub id: u64,
    /// Name in lower case.
    pub name: &'static str,
    /// Shown name.
    pub label: &'static str,
}

/// Priorities, least first.
pub const PRIORITIES: [Priority; 3] = [
    Priority {
        id: 1,
        name: "P3 - Good to Test",
        short_name: "Low",
    },
    Priority {
        id: 2,
        name: "P2 - Should Test",
        short_name: "Medium",
    },
    Priority {
        id: 3,
        name: "P1 - Must Test",
        short_name: "High",
    },
];

const fn case_type(id: u64, name: &'static str) -> CaseType {
    CaseType { id, name }
}

/// Case types.
pub const CASE_TYPES: [CaseType; 11] = [
    case_type(1, "Acceptance"),
    case_type(2, "Accessibility"),
    case_type(3, "Automated"),
    case_type(4, "Compatibility"),
    case_type(5, "Functional"),
    case_type(6, "Other"),
    case_type(7, "Performance"),
    case_type(8, "Regression"),
    case_type(9, "Security"),
    case_type(10, "Smoke & Sanity"),
    case_type(11, "Usability"),
];

const fn status(id: u64, name: &'static str, label: &'static str) -> Status {
    Status { id, name, label }
}

/// Result statuses.
pub const STATUSES: [Status; 6] = [
    status(1, "passed", "Passed"),
    status(2, "blocked", "Blocked"),
    status(UNTESTED, "untested", "Untested"),
    status(4, "retest", "Retest"),
    status(5, "failed", "Failed"),
    status(6, "partial", "Partial"),
];

pub(super) fn priority(id: u64) -> Option<&'static Priority> {
    PRIORITIES.iter().find(|priority| priority.id == id)
}

pub(super) fn type_by_id(id: u64) -> Option<&'static CaseType> {
    CASE_TYPES.iter().find(|kind| kind.id == id)
}
