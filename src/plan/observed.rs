//! What was read from both systems for one rule, and what the store knew: the planner's input.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::mapping::CompiledMapping;
use crate::model::config::{Connection, SyncRule};
use crate::model::{Case, CaseId, Endpoints, Link, WorkItem, WorkItemId};

/// What both systems held.
#[derive(Clone, Debug, Default)]
pub struct Observed {
    /// Every case that was read.
    pub cases: BTreeMap<CaseId, Case>,
    /// The cases that the rule's scope selects.
    pub cases_in_scope: BTreeSet<CaseId>,
    /// Every work item that was read.
    pub work_items: BTreeMap<WorkItemId, WorkItem>,
    /// The work items that the rule's scope selects.
    pub work_items_in_scope: BTreeSet<WorkItemId>,
    /// Why the reading may lack items, if it may.
    pub incomplete: Option<String>,
}

/// One rule with everything that planning it needs.
#[derive(Clone, Debug)]
pub struct RuleInput<'a> {
    /// The rule.
    pub rule: &'a SyncRule,
    /// Its connection.
    pub connection: &'a Connection,
    /// Where its links live.
    pub endpoints: Endpoints,
    /// Its mapping, checked against the live work item type.
    pub mapping: &'a CompiledMapping,
    /// What both systems held.
    pub observed: &'a Observed,
    /// The links between the two places, whichever rule made them.
    pub links: &'a [Link],
    /// Source items with a write whose answer is outstanding.
    pub settling: BTreeSet<ItemKey>,
    /// Items that a server refused: digest of what was sent and the server's reason.
    pub quarantined: BTreeMap<ItemKey, (String, String)>,
}

/// An item of either system.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ItemKey {
    /// A case.
    Case(CaseId),
    /// A work item.
    WorkItem(WorkItemId),
}

impl fmt::Display for ItemKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Case(id) => write!(f, "case/{id}"),
            Self::WorkItem(id) => write!(f, "workItem/{id}"),
        }
    }
}

impl std::str::FromStr for ItemKey {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (kind, id) = text.split_once('/').ok_or(())?;
        match kind {
            "case" => id.parse().map(Self::Case).map_err(|_| ()),
            "workItem" => id.parse().map(Self::WorkItem).map_err(|_| ()),
            _ => Err(()),
        }
    }
}
