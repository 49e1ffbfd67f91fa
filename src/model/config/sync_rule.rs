//! What is kept in step with what, and which way.

use super::Origin;
use crate::model::{CaseId, Name, SuiteId, System, WorkItemId};

/// A checked one-way `SyncRule`.
#[derive(Clone, Debug)]
pub struct SyncRule {
    /// `metadata.name`.
    pub name: Name,
    /// The connection it runs over.
    pub connection: Name,
    /// The mapping it applies.
    pub mapping: Name,
    /// The side that is written; the other is the source.
    pub target: System,
    /// What it selects.
    pub scope: Scope,
    /// Whether new items are created on the target.
    pub creates: bool,
    /// Where new items go.
    pub create_in: CreateIn,
    /// How existing items are recognised, in order.
    pub match_by: Vec<MatchBy>,
    /// What happens to edits made on the target.
    pub drift: DriftPolicy,
    /// Where it is declared.
    pub origin: Origin,
}

impl SyncRule {
    /// The side that is read.
    pub fn source(&self) -> System {
        self.target.other()
    }
}

/// What a rule selects on each side. The source side is always there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scope {
    /// Cases.
    pub testworthy: Option<TestWorthyScope>,
    /// Work items.
    pub azure_devops: Option<AzureDevOpsScope>,
}

/// Cases: those in one of the suites and, if given, under one of the section patterns and among the
/// named ones. On the surface `v1` there are no suites: the connection's project takes their place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TestWorthyScope {
    /// Suites; at least one, none on the surface `v1`.
    pub suites: Vec<SuiteId>,
    /// Patterns over the section path with `/` between names: `*` stands for one name, `**` for any
    /// number of them. Empty means every section.
    pub sections: Vec<String>,
    /// Only these cases; empty means all.
    pub cases: Vec<CaseId>,
    /// Only cases for which this expression is true (`where`).
    pub condition: Option<String>,
}

/// Work items of the mapped type in the connection's project that fulfil every given condition.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AzureDevOpsScope {
    /// At or under this area.
    pub area_path: Option<String>,
    /// At or under this iteration.
    pub iteration_path: Option<String>,
    /// Only these.
    pub ids: Vec<WorkItemId>,
    /// A WIQL condition, put in parentheses behind the others.
    pub wiql: Option<String>,
}

/// Where new items go.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CreateIn {
    /// Suite for new cases.
    pub suite: Option<SuiteId>,
    /// Section for new cases, names with `/` between.
    pub section: Option<String>,
    /// Area for new work items.
    pub area_path: Option<String>,
    /// Iteration for new work items.
    pub iteration_path: Option<String>,
}

/// How an existing item is recognised as the other side's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MatchBy {
    /// Accord's hyperlink on the work item.
    Marker,
    /// `AB#n` in the case's references.
    Id,
    /// The same title, exactly, unique on both sides.
    Title,
}

/// What happens to an edit made on the target of a one-way rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DriftPolicy {
    /// It is overwritten by the source's value; the lost value is recorded.
    Enforce,
    /// It is reported and left.
    Report,
    /// It is left until the source changes.
    Ignore,
}
