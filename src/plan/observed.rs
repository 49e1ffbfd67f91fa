//! What was read from both systems for one rule, and what the store knew: the planner's input.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;
use std::sync::Arc;

use super::LinkedPairs;
use crate::mapping::CompiledMapping;
use crate::model::config::{Connection, SyncRule};
use crate::model::{
    Case, CaseId, ClockOffset, Conflict, Endpoints, Learned, Link, RefusalClass, Repetitions,
    Sides, System, WorkItem, WorkItemId, WorkItemType,
};
use crate::remote::CaseScope;

/// What both systems held. Items are shared between the rules that read them.
#[derive(Clone, Debug, Default)]
pub struct Observed {
    /// Every case that was read, but for those of [`Self::unchanged`].
    pub cases: BTreeMap<CaseId, Arc<Case>>,
    /// The cases that the rule's scope selects.
    pub cases_in_scope: BTreeSet<CaseId>,
    /// Every work item that was read, but for those of [`Self::unchanged`].
    pub work_items: BTreeMap<WorkItemId, Arc<WorkItem>>,
    /// The work items that the rule's scope selects.
    pub work_items_in_scope: BTreeSet<WorkItemId>,
    /// Linked pairs that were read, found to be [`super::is_unchanged`] and dropped.
    pub unchanged: UnchangedPairs,
    /// How many cases each listing held.
    pub listing_sizes: BTreeMap<CaseScope, usize>,
    /// Cases that a complete listing lacks and that the server says are not there. Only surfaces that
    /// tell absence apart from a refusal confirm any.
    pub deleted_cases: BTreeSet<CaseId>,
    /// Work items whose deletion is confirmed.
    pub deleted_work_items: BTreeMap<WorkItemId, WorkItemDeletion>,
    /// Cases for which the rule's `where` has no answer, with the reason; they are not selected.
    pub unanswered: BTreeMap<CaseId, String>,
    /// Why the reading may lack items, if it may.
    pub incomplete: Option<String>,
}

/// How a work item was deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum WorkItemDeletion {
    /// It is in the recycle bin and can be restored.
    InRecycleBin,
    /// The feed of revisions says so, and the recycle bin does not hold it.
    Told,
}

impl Observed {
    /// A case that was read.
    pub fn case(&self, id: CaseId) -> Option<&Case> {
        self.cases.get(&id).map(Arc::as_ref)
    }

    /// Some case that was read, kept or not; the same one for the same reading.
    pub fn any_case(&self) -> Option<CaseId> {
        let kept = self.cases.keys().next().copied();
        kept.or_else(|| self.unchanged.by_case.keys().min().copied())
    }

    /// A work item that was read.
    pub fn work_item(&self, id: WorkItemId) -> Option<&WorkItem> {
        self.work_items.get(&id).map(Arc::as_ref)
    }

    /// Whether a case was read, kept or not.
    pub fn has_case(&self, id: CaseId) -> bool {
        self.cases.contains_key(&id) || self.unchanged.has_case(id)
    }

    /// Whether a work item was read, kept or not.
    pub fn has_work_item(&self, id: WorkItemId) -> bool {
        self.work_items.contains_key(&id) || self.unchanged.has_work_item(id)
    }
}

/// Linked pairs that were compared while they were read and are in accord to the last field and mark.
/// Nothing but their ids is kept: in a large project nearly every pair is of this kind.
#[derive(Clone, Debug, Default)]
pub struct UnchangedPairs {
    by_case: HashMap<CaseId, WorkItemId>,
    by_work_item: HashMap<WorkItemId, CaseId>,
}

impl UnchangedPairs {
    /// Takes in a pair.
    pub fn insert(&mut self, case: CaseId, item: WorkItemId) {
        self.by_case.insert(case, item);
        self.by_work_item.insert(item, case);
    }

    /// Whether the case is of such a pair.
    pub fn has_case(&self, id: CaseId) -> bool {
        self.by_case.contains_key(&id)
    }

    /// Whether the work item is of such a pair.
    pub fn has_work_item(&self, id: WorkItemId) -> bool {
        self.by_work_item.contains_key(&id)
    }

    /// The pair that an item belongs to.
    pub fn pair(&self, item: ItemKey) -> Option<(CaseId, WorkItemId)> {
        match item {
            ItemKey::Case(case) => Some((case, *self.by_case.get(&case)?)),
            ItemKey::WorkItem(item) => Some((*self.by_work_item.get(&item)?, item)),
        }
    }

    /// All of them, in no order.
    pub fn iter(&self) -> impl Iterator<Item = (CaseId, WorkItemId)> {
        self.by_case.iter().map(|(case, item)| (*case, *item))
    }
}

/// A write that a server refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Digests of the writes that are not sent again; none if it is long ago, or if the work item type is
    /// another one now.
    pub digests: BTreeSet<String>,
    /// What kind of refusal it was.
    pub class: RefusalClass,
    /// The server's words.
    pub reason: String,
}

/// What the state and the servers say beside the items and their links, of one rule.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// Links that are ended or unlinked.
    pub parted: Vec<Link>,
    /// Conflicts that are open or decided.
    pub conflicts: Vec<Conflict>,
    /// Spellings of the servers.
    pub learned: Learned,
    /// Writes that were made again and again.
    pub repetitions: Repetitions,
    /// How far the servers' clocks are from ours, where that is known.
    pub clocks: Sides<Option<ClockOffset>>,
    /// The live work item type, for its workflow.
    pub work_item_type: Option<Arc<WorkItemType>>,
}

impl Known {
    /// Digest of the live work item type, where it is known.
    pub fn type_digest(&self) -> Option<String> {
        self.work_item_type.as_ref().map(|kind| kind.digest())
    }
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
    /// Every pair between the two places, whichever rule made it.
    pub pairs: &'a LinkedPairs,
    /// The whole links that planning the rule may need: its own, and those of the source items that it
    /// selects, but for the unchanged ones.
    pub links: &'a [Link],
    /// What the state and the servers say beside that.
    pub known: &'a Known,
    /// Source items with a write whose answer is outstanding.
    pub settling: BTreeSet<ItemKey>,
    /// Items that a server refused.
    pub quarantined: BTreeMap<ItemKey, Refusal>,
}

/// An item of either system.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ItemKey {
    /// A case.
    Case(CaseId),
    /// A work item.
    WorkItem(WorkItemId),
}

impl ItemKey {
    /// The item of a pair that lives in `system`.
    pub fn of(link: &Link, system: System) -> Self {
        match system {
            System::TestWorthy => Self::Case(link.case),
            System::AzureDevOps => Self::WorkItem(link.work_item),
        }
    }

    /// Where the item lives.
    pub fn system(self) -> System {
        match self {
            Self::Case(_) => System::TestWorthy,
            Self::WorkItem(_) => System::AzureDevOps,
        }
    }
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
