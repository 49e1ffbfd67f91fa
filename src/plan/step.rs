//! What the executor runs: typed operations with everything in them that they need.

use std::collections::{BTreeMap, BTreeSet};

use sha2::{Digest, Sha256};

use super::hex::hex;
use crate::mapping::Walk;
use crate::model::{
    BaseField, CaseId, ConflictChange, ConflictId, LinkId, LinkState, Name, Rev, SuiteId, System,
    Value, WorkItem, WorkItemId,
};
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
    /// Conflicts that a person decided and that this carries out: closed with its record.
    pub resolves: Vec<ConflictId>,
}

/// Row values of one side by row name.
pub type RowValues = BTreeMap<String, Value>;

/// The work of one step.
#[derive(Clone, Debug)]
pub enum Operation {
    /// Creates a work item for a case, with its marker and tag.
    CreateWorkItem {
        /// The source.
        case: CaseId,
        /// What to create.
        draft: WorkItemDraft,
        /// The writes that bring it to its state afterwards.
        walk: Option<Walk>,
        /// The case's values of the rows that get a base.
        source: RowValues,
        /// The link that the new pair takes over, where this replaces a work item that was deleted.
        renews: Option<LinkId>,
    },
    /// Creates a case for a work item, with its mark in the references.
    CreateCase {
        /// The source.
        work_item: WorkItemId,
        /// What to create.
        create: CreateTarget,
        /// The work item's values of the rows that get a base.
        source: RowValues,
        /// The link that the new pair takes over, where this replaces a case that was deleted.
        renews: Option<LinkId>,
    },
    /// Changes a work item, and links the pair if it is not linked yet.
    UpdateWorkItem {
        /// The pair.
        pair: Pair,
        /// The revision it was planned against.
        rev: Rev,
        /// What to change.
        patch: WorkItemPatch,
        /// The writes that bring it to its state afterwards.
        walk: Option<Walk>,
        /// The other side's values of the rows that get a new base.
        source: RowValues,
        /// What each row that is written is to hold: by this a write whose answer was lost is known again.
        written: RowValues,
        /// Rows of `written` that another step of the pair writes on the other side in the same plan,
        /// because both edits were put together. Until both halves are done such a row keeps a base by
        /// which the half that is left is owed (`reconcile::executor::halves` has the argument).
        halves: BTreeSet<String>,
        /// Values that the change overwrites and that a person may have put there.
        overwrites: Vec<Overwrite>,
    },
    /// Changes a case, and links the pair if it is not linked yet.
    UpdateCase {
        /// The pair.
        pair: Pair,
        /// What the changed fields and references held when it was planned; a difference makes it
        /// stale.
        expected: CasePatch,
        /// What to change.
        patch: CasePatch,
        /// The other side's values of the rows that get a new base.
        source: RowValues,
        /// What each row that is written is to hold: by this a write whose answer was lost is known again.
        written: RowValues,
        /// Rows of `written` that another step of the pair writes on the other side in the same plan,
        /// because both edits were put together. Until both halves are done such a row keeps a base by
        /// which the half that is left is owed (`reconcile::executor::halves` has the argument).
        halves: BTreeSet<String>,
        /// Values that the change overwrites and that a person may have put there.
        overwrites: Vec<Overwrite>,
    },
    /// Puts the missing marker on the source of a linked pair.
    Mark {
        /// The pair.
        pair: Pair,
        /// The side that lacks its mark.
        system: System,
    },
    /// Records in the store only: a link that needs no write, or a base that both sides reached by
    /// themselves.
    Record {
        /// The pair.
        pair: Pair,
        /// New bases by row name.
        base: BTreeMap<String, BaseField>,
        /// The work item's revision that they were read at; `None` if nothing was compared, only the
        /// link changes its rule.
        rev: Option<Rev>,
        /// What the link is from now on.
        state: LinkState,
        /// What becomes known or done with in the queue of conflicts.
        conflicts: Vec<ConflictChange>,
    },
    /// Carries a deletion over to the item that is left, and ends the link. Nothing is destroyed.
    Retire {
        /// The pair.
        pair: Pair,
        /// How.
        how: Retirement,
        /// What the queue of conflicts keeps of it.
        conflicts: Vec<ConflictChange>,
    },
    /// Takes the work item of a pair out of the recycle bin.
    Restore {
        /// The pair.
        pair: Pair,
        /// What the queue of conflicts keeps of it.
        conflicts: Vec<ConflictChange>,
    },
}

/// How the item is put away whose counterpart was deleted.
#[derive(Clone, Debug, PartialEq)]
pub enum Retirement {
    /// The work item goes to a closing state of its workflow.
    Close {
        /// The revision it was planned against.
        rev: Rev,
        /// The first write.
        patch: WorkItemPatch,
        /// The writes after it.
        walk: Option<Walk>,
    },
    /// The work item goes to the recycle bin, if it is still at this revision.
    Recycle {
        /// The revision.
        rev: Rev,
    },
    /// The case is disabled.
    Disable {
        /// What the changed field held when it was planned.
        expected: CasePatch,
        /// What to change.
        patch: CasePatch,
    },
}

/// The two items that a step is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pair {
    /// Their link, if there is one yet.
    pub link: Option<LinkId>,
    /// The case.
    pub case: CaseId,
    /// The TestWorthy project of the case, if the server told it.
    pub testworthy_project: Option<u64>,
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

impl Operation {
    /// Digest of what would be sent and of what it was planned against (lower-case hex of SHA-256). An
    /// item that a server refused is tried again when this changes.
    pub fn payload_digest(&self) -> String {
        let mut hash = Sha256::new();
        match self {
            Self::CreateWorkItem { draft, walk, .. } => {
                feed(&mut hash, "create work item", &draft.work_item_type);
                feed_fields(&mut hash, &draft.fields);
                feed(&mut hash, "tags", &draft.tags.join(";"));
                feed(&mut hash, "marker", &draft.marker.url);
                feed_walk(&mut hash, walk.as_ref());
            }
            Self::CreateCase { create, .. } => {
                feed(&mut hash, "create case", &create.suite.to_string());
                feed(&mut hash, "section", &create.section.join("/"));
                feed_fields(&mut hash, &create.fields);
                feed(&mut hash, "refs", &create.refs.join(","));
            }
            Self::UpdateWorkItem {
                pair,
                rev,
                patch,
                walk,
                ..
            } => {
                feed(&mut hash, "update work item", &pair.work_item.to_string());
                // Whoever mends the item that refused the write changes its revision.
                feed(&mut hash, "rev", &rev.to_string());
                feed_fields(&mut hash, &patch.fields);
                feed(
                    &mut hash,
                    "tags",
                    &patch.tags.as_deref().unwrap_or_default().join(";"),
                );
                feed_walk(&mut hash, walk.as_ref());
            }
            Self::UpdateCase {
                pair,
                expected,
                patch,
                ..
            } => {
                feed(&mut hash, "update case", &pair.case.to_string());
                feed(&mut hash, "expected", &fingerprint(expected));
                feed_fields(&mut hash, &patch.fields);
                feed(
                    &mut hash,
                    "refs",
                    &patch.refs.as_deref().unwrap_or_default().join(","),
                );
            }
            Self::Mark { pair, system } => {
                feed(&mut hash, "mark", system.key());
                feed(
                    &mut hash,
                    "pair",
                    &format!("{}/{}", pair.case, pair.work_item),
                );
            }
            Self::Record { pair, .. } => feed_pair(&mut hash, "record", pair),
            Self::Restore { pair, .. } => feed_pair(&mut hash, "restore", pair),
            Self::Retire { pair, how, .. } => {
                feed_pair(&mut hash, "retire", pair);
                match how {
                    Retirement::Close { rev, patch, walk } => {
                        feed(&mut hash, "rev", &rev.to_string());
                        feed_fields(&mut hash, &patch.fields);
                        feed_walk(&mut hash, walk.as_ref());
                    }
                    Retirement::Recycle { rev } => feed(&mut hash, "recycle", &rev.to_string()),
                    Retirement::Disable { expected, patch } => {
                        feed(&mut hash, "expected", &fingerprint(expected));
                        feed_fields(&mut hash, &patch.fields);
                    }
                }
            }
        }
        hex(&hash.finalize())
    }

    /// The writes that a work item needs after this one.
    pub fn walk(&self) -> Option<&Walk> {
        match self {
            Self::CreateWorkItem { walk, .. }
            | Self::UpdateWorkItem { walk, .. }
            | Self::Retire {
                how: Retirement::Close { walk, .. },
                ..
            } => walk.as_ref(),
            Self::CreateCase { .. }
            | Self::UpdateCase { .. }
            | Self::Mark { .. }
            | Self::Retire { .. }
            | Self::Restore { .. }
            | Self::Record { .. } => None,
        }
    }

    /// What is left of a walk after this write, whose answer `written` is, as an operation of its own:
    /// the one that a plan from there makes, down to its digest, so that a write which the server
    /// refuses on the way is the write that waits in quarantine afterwards. `None` if nothing is left.
    pub fn rest(&self, link: LinkId, written: &WorkItem) -> Option<Self> {
        if let Self::Retire {
            pair, conflicts, ..
        } = self
        {
            let walk = self.walk()?;
            let (next, hops) = walk.hops.split_first()?;
            return Some(Self::Retire {
                pair: Pair {
                    link: Some(link),
                    ..pair.clone()
                },
                how: Retirement::Close {
                    rev: written.rev,
                    patch: WorkItemPatch {
                        fields: next.fields(),
                        ..WorkItemPatch::default()
                    },
                    walk: (!hops.is_empty()).then(|| Walk {
                        rows: walk.rows.clone(),
                        hops: hops.to_vec(),
                    }),
                },
                conflicts: conflicts.clone(),
            });
        }
        let (case, project, source) = match self {
            Self::CreateWorkItem { case, source, .. } => (*case, None, source),
            Self::UpdateWorkItem { pair, source, .. } => {
                (pair.case, pair.testworthy_project, source)
            }
            Self::CreateCase { .. }
            | Self::UpdateCase { .. }
            | Self::Mark { .. }
            | Self::Retire { .. }
            | Self::Restore { .. }
            | Self::Record { .. } => return None,
        };
        let walk = self.walk()?;
        let (next, hops) = walk.hops.split_first()?;
        let rows = walk.rows.iter();
        Some(Self::UpdateWorkItem {
            pair: Pair {
                link: Some(link),
                case,
                testworthy_project: project,
                work_item: written.id,
            },
            rev: written.rev,
            patch: WorkItemPatch {
                fields: next.fields(),
                ..WorkItemPatch::default()
            },
            walk: (!hops.is_empty()).then(|| Walk {
                rows: walk.rows.clone(),
                hops: hops.to_vec(),
            }),
            source: rows
                .filter_map(|row| Some((row.clone(), source.get(row)?.clone())))
                .collect(),
            written: RowValues::new(),
            halves: BTreeSet::new(),
            overwrites: Vec::new(),
        })
    }

    /// The pair, where both items exist.
    pub fn pair(&self) -> Option<&Pair> {
        match self {
            Self::CreateWorkItem { .. } | Self::CreateCase { .. } => None,
            Self::UpdateWorkItem { pair, .. }
            | Self::UpdateCase { pair, .. }
            | Self::Mark { pair, .. }
            | Self::Retire { pair, .. }
            | Self::Restore { pair, .. }
            | Self::Record { pair, .. } => Some(pair),
        }
    }
}

/// Digest of fields and references of a case, for the precondition of an update.
pub(crate) fn fingerprint(expected: &CasePatch) -> String {
    let mut hash = Sha256::new();
    feed_fields(&mut hash, &expected.fields);
    if let Some(refs) = &expected.refs {
        feed(&mut hash, "refs", &refs.join(","));
    }
    hex(&hash.finalize())[..16].to_owned()
}

fn feed(hash: &mut Sha256, key: &str, value: &str) {
    for part in [key, value] {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
}

fn feed_pair(hash: &mut Sha256, what: &str, pair: &Pair) {
    feed(hash, what, &format!("{}/{}", pair.case, pair.work_item));
}

fn feed_walk(hash: &mut Sha256, walk: Option<&Walk>) {
    for hop in walk.iter().flat_map(|walk| &walk.hops) {
        feed(hash, "then", "");
        feed_fields(hash, &hop.fields());
    }
}

fn feed_fields(hash: &mut Sha256, fields: &BTreeMap<String, Value>) {
    for (name, value) in fields {
        feed(hash, name, &value.to_json().to_string());
    }
}
