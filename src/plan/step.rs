//! What the executor runs: typed operations with everything in them that they need.

use std::collections::BTreeMap;

use crate::model::{BaseField, CaseId, LinkId, Name, Rev, SuiteId, Value, WorkItemId};
use crate::remote::{CasePatch, WorkItemDraft, WorkItemPatch};

/// One operation of a plan.
#[derive(Clone, Debug)]
pub struct Step {
    /// Index into the plan's changes; `None` for bookkeeping that no one needs to review.
    pub change: Option<usize>,
    /// The rule that it belongs to.
    pub rule: Name,
    /// The source item's address.
    pub address: String,
    /// The work.
    pub operation: Operation,
}

/// Row values of one side by row name.
pub type RowValues = BTreeMap<String, Value>;

/// The work of one step.
#[derive(Clone, Debug)]
pub enum Operation {
    /// Creates a work item for a case.
    CreateWorkItem {
        /// The source.
        case: CaseId,
        /// What to create.
        draft: WorkItemDraft,
        /// The source's row values that it was made from.
        source: RowValues,
    },
    /// Creates a case for a work item.
    CreateCase {
        /// The source.
        work_item: WorkItemId,
        /// What to create.
        create: CreateTarget,
        /// The source's row values that it was made from.
        source: RowValues,
    },
    /// Changes a linked or adopted work item.
    UpdateWorkItem {
        /// The pair.
        pair: Pair,
        /// The revision it was planned against.
        rev: Rev,
        /// What to change.
        patch: WorkItemPatch,
        /// The source's row values.
        source: RowValues,
        /// Values of the target that the change overwrites and that a person may have put there.
        overwrites: Vec<Overwrite>,
    },
    /// Changes a linked or adopted case.
    UpdateCase {
        /// The pair.
        pair: Pair,
        /// The case's fields and references that it was planned against; a difference makes it stale.
        expected: CasePatch,
        /// What to change.
        patch: CasePatch,
        /// The source's row values.
        source: RowValues,
        /// Values of the target that the change overwrites and that a person may have put there.
        overwrites: Vec<Overwrite>,
    },
    /// Records in the store: a link, or a base that both sides reached by themselves.
    Record {
        /// The pair.
        pair: Pair,
        /// New bases by row name.
        base: BTreeMap<String, BaseField>,
        /// The work item's revision that they were read at.
        rev: Rev,
    },
}

/// The two items that a step is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pair {
    /// Their link, if there is one yet.
    pub link: Option<LinkId>,
    /// The case.
    pub case: CaseId,
    /// The work item.
    pub work_item: WorkItemId,
}

/// Where and what to create in TestWorthy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreateTarget {
    /// The suite.
    pub suite: SuiteId,
    /// Section names from the outermost on.
    pub section: Vec<String>,
    /// Values by manifest name, `refs` left out.
    pub fields: BTreeMap<String, Value>,
    /// References, the mark included.
    pub refs: Vec<String>,
}

/// A value that a write replaces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Overwrite {
    /// The row.
    pub row: String,
    /// What the target held.
    pub lost: Value,
    /// What it gets.
    pub written: Value,
}
