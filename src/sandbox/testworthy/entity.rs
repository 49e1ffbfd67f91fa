//! What the emulated database holds.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde_json::Value;

/// Text fields of a case by wire name (vendor's Automation API page, add test case). All but
/// `rail_case_id` can be written.
pub const TEXT_FIELDS: [&str; 12] = [
    "refs",
    "custom_preconds",
    "custom_steps",
    "custom_expected",
    "custom_mission",
    "custom_goals",
    "test_data",
    "custom_desc",
    "custom_bdd_gherkin",
    "custom_cucumber_tags",
    "automation_type",
    RAIL_CASE_ID,
];

/// The id that a case had in the system it was migrated from.
pub(super) const RAIL_CASE_ID: &str = "rail_case_id";

/// Flags of a case by wire name, in the order of the published sample.
pub const FLAGS: [&str; 10] = [
    "smoke",
    "regression",
    "to_automate",
    "reviewed_by_qa_lead",
    "reviewed_by_qa_manager",
    "reviewed_by_pm",
    "custom_module",
    "custom_disabled",
    "custom_automated",
    "custom_tobemoved",
];

/// Who made and last changed something, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Audit {
    /// User id.
    pub created_by: u64,
    /// Instant.
    pub created_on: Timestamp,
    /// User id.
    pub modified_by: u64,
    /// Instant.
    pub modified_on: Timestamp,
}

impl Audit {
    pub(super) fn new(by: u64, at: Timestamp) -> Self {
        Self {
            created_by: by,
            created_on: at,
            modified_by: by,
            modified_on: at,
        }
    }

    pub(super) fn touch(&mut self, by: u64, at: Timestamp) {
        self.modified_by = by;
        self.modified_on = at;
    }
}

/// A suite.
#[derive(Clone, Debug)]
pub struct Suite {
    /// Global id.
    pub id: u64,
    /// Its project.
    pub project: u64,
    /// Name.
    pub name: String,
    /// HTML.
    pub description: Option<String>,
    /// Its sections.
    pub sections: BTreeSet<u64>,
    /// Its cases.
    pub cases: BTreeSet<u64>,
    /// Its runs.
    pub runs: BTreeSet<u64>,
}

/// A section.
#[derive(Clone, Debug)]
pub struct Section {
    /// Global id.
    pub id: u64,
    /// Its suite.
    pub suite: u64,
    /// The section that holds it.
    pub parent: Option<u64>,
    /// Name.
    pub name: String,
    /// HTML.
    pub description: Option<String>,
    /// How many cases were ever put into it: the next one's place.
    pub(super) places: i64,
    /// Author and times.
    pub audit: Audit,
}

/// One test step, in HTML.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Step {
    /// What to do.
    pub content: String,
    /// What should happen.
    pub expected: Option<String>,
    /// `additional_info`, which newer servers have: shown where there is some, and gone when a write of the
    /// list leaves it out.
    pub more: Option<String>,
}

/// A test case.
#[derive(Clone, Debug)]
pub struct Case {
    /// Global id.
    pub id: u64,
    /// Its suite.
    pub suite: u64,
    /// Its section.
    pub section: u64,
    /// Title.
    pub title: String,
    /// Place in the section.
    pub display_order: i64,
    /// Seconds.
    pub estimate: Option<i64>,
    /// Milestone id.
    pub milestone: Option<u64>,
    /// 1 text, 2 steps, 3 exploratory.
    pub template: u64,
    /// Priority id.
    pub priority: u64,
    /// Type id.
    pub kind: u64,
    /// Values in the order of [`TEXT_FIELDS`].
    pub(super) texts: [Option<String>; TEXT_FIELDS.len()],
    /// Values in the order of [`FLAGS`].
    pub(super) flags: [bool; FLAGS.len()],
    /// Steps with expected results.
    pub steps: Option<Vec<Step>>,
    /// Fields that an administrator added, by wire name.
    pub custom: BTreeMap<String, Value>,
    /// The case it was copied from.
    pub copy_of: Option<u64>,
    /// Author and times.
    pub audit: Audit,
}

impl Case {
    /// A text field by its wire name.
    pub fn text(&self, field: &str) -> Option<&str> {
        let index = TEXT_FIELDS.iter().position(|name| *name == field)?;
        self.texts[index].as_deref()
    }

    /// A flag by its wire name.
    pub fn flag(&self, field: &str) -> bool {
        FLAGS
            .iter()
            .position(|name| *name == field)
            .is_some_and(|index| self.flags[index])
    }
}

/// A run of a suite.
#[derive(Clone, Debug)]
pub struct Run {
    /// Global id.
    pub id: u64,
    /// Its suite.
    pub suite: u64,
    /// Name.
    pub name: String,
    /// Text.
    pub description: Option<String>,
    /// Milestone id.
    pub milestone: Option<u64>,
    /// User id.
    pub assigned_to: Option<u64>,
    /// Whether cases that are added to the suite later join the run.
    pub include_all: bool,
    /// When it was completed, which is for good.
    pub completed_on: Option<Timestamp>,
    /// Its tests by case.
    pub tests: BTreeMap<u64, Test>,
    /// Author and times.
    pub audit: Audit,
}

/// A case in a run.
#[derive(Clone, Debug)]
pub struct Test {
    /// Global id.
    pub id: u64,
    /// Results, oldest first; the last one counts.
    pub results: Vec<TestResult>,
}

impl Test {
    /// The status of the last result, else 3 (untested).
    pub fn status(&self) -> u64 {
        self.results
            .last()
            .map_or(super::lookup::UNTESTED, |result| result.status)
    }
}

/// A result of a test.
#[derive(Clone, Debug)]
pub struct TestResult {
    /// Global id.
    pub id: u64,
    /// Status id.
    pub status: u64,
    /// Text.
    pub comment: Option<String>,
    /// User id.
    pub assigned_to: Option<u64>,
    /// Ids in a bug tracker, separated by commas.
    pub defects: Option<String>,
    /// Such as `5m 30s`.
    pub elapsed: Option<String>,
    /// Of the product under test.
    pub version: Option<String>,
    /// User id.
    pub created_by: u64,
    /// Instant.
    pub created_on: Timestamp,
}

impl TestResult {
    /// A result with a status and nothing else, by a user at a time. Its id is given when it is added.
    pub fn new(status: u64, (by, at): (u64, Timestamp)) -> Self {
        Self {
            id: 0,
            status,
            comment: None,
            assigned_to: None,
            defects: None,
            elapsed: None,
            version: None,
            created_by: by,
            created_on: at,
        }
    }
}
