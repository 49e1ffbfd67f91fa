//! What is kept in step with what, and which way.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use super::Origin;
use crate::model::{CaseId, Direction, Name, Sides, SuiteId, System, WorkItemId};

/// A checked `SyncRule`.
#[derive(Clone, Debug)]
pub struct SyncRule {
    /// `metadata.name`.
    pub name: Name,
    /// The connection it runs over.
    pub connection: Name,
    /// The mapping it applies.
    pub mapping: Name,
    /// Which way values flow.
    pub direction: Direction,
    /// What it selects.
    pub scope: Scope,
    /// On which sides new items are created: of a one-way rule the target's at most.
    pub creates: Sides<bool>,
    /// Where new items go.
    pub create_in: CreateIn,
    /// How existing items are recognised, in order.
    pub match_by: Vec<MatchBy>,
    /// What happens to edits made on the target of a one-way rule or row.
    pub drift: DriftPolicy,
    /// Two-way: who is right about pairs that meet for the first time.
    pub first_sync: Winner,
    /// Two-way: who is right where both sides changed.
    pub conflicts: Conflicts,
    /// What becomes of the pair when one of its items is deleted.
    pub when_deleted: WhenDeleted,
    /// Where it is declared.
    pub origin: Origin,
}

impl SyncRule {
    /// Whether both sides are read and written.
    pub fn is_two_way(&self) -> bool {
        self.direction == Direction::TwoWay
    }

    /// The side whose items name the pairs in addresses: the one that is read; of a two-way rule TestWorthy.
    pub fn source(&self) -> System {
        self.target().other()
    }

    /// The other side than [`Self::source`]: the one that a one-way rule writes.
    pub fn target(&self) -> System {
        self.direction.target().unwrap_or(System::AzureDevOps)
    }

    /// Whether a side may be written.
    pub fn writes(&self, system: System) -> bool {
        self.direction.writes(system)
    }

    /// The suite that new cases go to, if there is one: `createIn`'s, else the first one of the scope.
    pub fn suite_for_new_cases(&self) -> Option<SuiteId> {
        let scope = self.scope.testworthy.as_ref();
        let first = || scope?.suites.first().copied();
        self.create_in.suite.or_else(first)
    }

    /// The sides that are written.
    pub fn targets(&self) -> Vec<System> {
        let both = [System::TestWorthy, System::AzureDevOps].into_iter();
        both.filter(|system| self.writes(*system)).collect()
    }

    /// Whether the items that the scope selects on a side are items of the rule: the source's, and of a
    /// two-way rule those of each side that has a scope.
    pub fn selects_on(&self, system: System) -> bool {
        if !self.is_two_way() {
            return system == self.source();
        }
        match system {
            System::TestWorthy => self.scope.testworthy.is_some(),
            System::AzureDevOps => self.scope.azure_devops.is_some(),
        }
    }

    /// Whether it may make items on a side: new ones, or new ones in the place of deleted ones.
    pub fn may_create(&self, system: System) -> bool {
        let renews = match system {
            System::TestWorthy => self.when_deleted.testworthy == DeletedCase::Recreate,
            System::AzureDevOps => self.when_deleted.azure_devops == DeletedWorkItem::Recreate,
        };
        *self.creates.get(system) || (renews && self.writes(system))
    }

    /// Who is right about a row that both sides changed; `own` is what the row itself says.
    pub fn winner(&self, row: &str, own: Option<Winner>) -> Winner {
        let named = self.conflicts.fields.get(row).copied();
        named.or(own).or(self.conflicts.default).unwrap_or_default()
    }
}

/// Who is right where two values meet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Winner {
    /// TestWorthy.
    #[serde(rename = "testworthy")]
    TestWorthy,
    /// Azure DevOps.
    AzureDevOps,
    /// Whoever was changed last, if the clocks let that be told; else a person.
    Latest,
    /// Both, put together; where they touch the same part, a person.
    Merge,
    /// A person.
    #[default]
    Manual,
}

/// `conflicts` of a rule.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Conflicts {
    /// For rows that nothing else is said about.
    pub default: Option<Winner>,
    /// By row name.
    pub fields: IndexMap<String, Winner>,
}

/// `whenDeletedIn` of a rule.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WhenDeleted {
    /// When a case was deleted.
    pub testworthy: DeletedCase,
    /// When a work item was deleted.
    pub azure_devops: DeletedWorkItem,
}

/// What becomes of the work item of a deleted case.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum DeletedCase {
    /// It goes to a closing state of its workflow.
    Close,
    /// It goes to the recycle bin.
    Recycle,
    /// It stays, and gets a new case.
    Recreate,
    /// It stays, and is no longer kept in step.
    Unlink,
    /// A person decides.
    #[default]
    Ask,
}

/// What becomes of the case of a deleted work item.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum DeletedWorkItem {
    /// It is disabled.
    Disable,
    /// It stays, and its work item is restored or made anew.
    Recreate,
    /// It stays, and is no longer kept in step.
    Unlink,
    /// A person decides.
    #[default]
    Ask,
}

/// Types that the API neither recycles nor restores (Microsoft Learn, Work Items - Delete, remarks).
pub const NEVER_RECYCLED: [&str; 3] = ["test case", "test plan", "test suite"];

/// What a rule selects on each side. The source side is always there; of a two-way rule one side at least.
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
    /// The line on which that stands, from 1, where it is known.
    pub condition_line: Option<u32>,
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
