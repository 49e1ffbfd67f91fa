//! What becomes of an item or a pair before any of its fields is looked at.
//!
//! Absence has meanings: only a confirmed deletion asks for anything, what is gone without a
//! confirmation waits, and what left the scope is let go. What a person decided comes before this
//! table; here are the policies of the rule only.

use crate::model::config::{DeletedCase, DeletedWorkItem, MatchBy, WhenDeleted};
use crate::model::{Direction, LinkState, Sides, System};

/// How an item is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Presence {
    /// It was read.
    Present,
    /// Its deletion is confirmed.
    Deleted,
    /// It was not found, and nothing says why.
    Gone,
    /// It exists outside of what the rule selects.
    OutOfScope,
    /// It exists, but its type or its project is no longer the mapped one.
    Retyped,
}

/// What was found on the other side for an item without a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Candidates {
    /// Nothing.
    None,
    /// One item, recognised this way.
    One(MatchBy, Presence),
    /// More than one.
    Several,
}

/// What a rule says about items.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ItemRules {
    /// On which sides new items are created.
    pub creates: Sides<bool>,
    /// Which sides are written.
    pub direction: Direction,
    /// What becomes of the item whose counterpart was deleted.
    pub when_deleted: WhenDeleted,
}

/// What is known of an item or of a pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ItemSituation {
    /// An item without a link.
    Unlinked {
        /// The side that it is on.
        side: System,
        /// How it is there.
        own: Presence,
        /// What was found for it on the other side.
        counterpart: Candidates,
    },
    /// A linked pair.
    Linked {
        /// How each item is there.
        presence: Sides<Presence>,
        /// Whether an item that is there was edited since the base. Of a link that has ended: whether it
        /// is no longer as the deletion left it.
        edited: Sides<bool>,
        /// The state of the link if it is not kept in step; `None` is [`LinkState::Active`].
        parted: Option<LinkState>,
    },
}

/// What becomes of an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ItemVerdict {
    /// Create its counterpart.
    Create {
        /// On this side.
        on: System,
    },
    /// Link it with the one that was found, then compare fields without a base.
    Adopt(MatchBy),
    /// Compare fields.
    Pair,
    /// Both items of a link that had ended are there again: compare fields with the base that it kept.
    Revive,
    /// Nothing is to be done: not managed by this rule, parted for good, or at rest since a deletion.
    Ignore,
    /// A confirmed deletion: a person decides.
    Ask {
        /// Where it was deleted.
        deleted: System,
    },
    /// A confirmed deletion is carried over to the other item, which is closed, recycled or disabled as
    /// the policy says.
    CarryDeletion {
        /// Where it was deleted.
        deleted: System,
    },
    /// The deleted item is restored or made anew.
    Recreate {
        /// Where it was deleted.
        on: System,
        /// The policy was to carry the deletion over, and an edit of the other item beat it: to be noted
        /// as a conflict. Where the policy is to recreate, nothing was beaten.
        edit_kept: bool,
    },
    /// The item that is left stays, and is no longer kept in step.
    Unlink,
    /// Wait and look again.
    Wait,
    /// Let the pair go its own ways; the link and its base are kept as they are.
    Detach,
    /// Both were deleted: the link ends, nothing is written.
    End,
    /// More than one match: neither created nor changed.
    Quarantine,
    /// An item changed its type or its project: nothing is written until that is settled.
    Freeze,
}

/// Decides over one item or one pair by the rule's policies.
pub fn decide_item(situation: ItemSituation, rules: &ItemRules) -> ItemVerdict {
    match situation {
        ItemSituation::Unlinked {
            side,
            own,
            counterpart,
        } => rules.unlinked(side, own, counterpart),
        ItemSituation::Linked {
            presence,
            edited,
            parted,
        } => match parted {
            None | Some(LinkState::Active) => rules.linked(presence, edited),
            Some(LinkState::Ended) => rules.ended(presence, edited),
            Some(LinkState::Unlinked) => ItemVerdict::Ignore,
        },
    }
}

impl ItemRules {
    fn unlinked(self, side: System, own: Presence, counterpart: Candidates) -> ItemVerdict {
        let other = side.other();
        // Items on the target of a one-way rule are found from its source, or not managed.
        if own != Presence::Present || !self.direction.writes(other) {
            return ItemVerdict::Ignore;
        }
        match counterpart {
            Candidates::None if *self.creates.get(other) => ItemVerdict::Create { on: other },
            Candidates::None => ItemVerdict::Ignore,
            Candidates::Several => ItemVerdict::Quarantine,
            Candidates::One(by, presence) => match presence {
                Presence::Present => ItemVerdict::Adopt(by),
                // Another one beside it would make a second pair of the same item, and without a base
                // nobody can tell whether the one that is left was edited.
                Presence::Deleted => ItemVerdict::Ask { deleted: other },
                Presence::Gone => ItemVerdict::Wait,
                Presence::OutOfScope => ItemVerdict::Ignore,
                Presence::Retyped => ItemVerdict::Freeze,
            },
        }
    }

    fn linked(self, presence: Sides<Presence>, edited: Sides<bool>) -> ItemVerdict {
        use Presence as P;
        match (presence.testworthy, presence.azure_devops) {
            (P::Gone, _) | (_, P::Gone) => ItemVerdict::Wait,
            (P::Retyped, _) | (_, P::Retyped) => ItemVerdict::Freeze,
            (P::OutOfScope, _) | (_, P::OutOfScope) => ItemVerdict::Detach,
            (P::Present, P::Present) => ItemVerdict::Pair,
            (P::Deleted, P::Deleted) => ItemVerdict::End,
            (P::Deleted, P::Present) => self.half_deleted(System::TestWorthy, edited.azure_devops),
            (P::Present, P::Deleted) => self.half_deleted(System::AzureDevOps, edited.testworthy),
        }
    }

    /// One item of a pair was deleted. `edited` is said of the one that is left.
    fn half_deleted(self, deleted: System, edited: bool) -> ItemVerdict {
        let ask = ItemVerdict::Ask { deleted };
        let recreate = |edit_kept| {
            if self.direction.writes(deleted) {
                ItemVerdict::Recreate {
                    on: deleted,
                    edit_kept,
                }
            } else {
                ask
            }
        };
        match self.policy(deleted) {
            Policy::Ask => ask,
            Policy::Unlink => ItemVerdict::Unlink,
            Policy::Recreate => recreate(false),
            Policy::Propagate if !self.direction.writes(deleted.other()) => ask,
            Policy::Propagate if edited => recreate(true),
            Policy::Propagate => ItemVerdict::CarryDeletion { deleted },
        }
    }

    /// A link that has ended goes on only when an item shows that it is alive. At rest are pairs of which
    /// both are deleted, and those of which one is and the other was put away for it: nobody undoes that
    /// unless the one that is left changed since. One way, the source is never put away, so its presence
    /// is enough; and without the source the target asks for nothing.
    fn ended(self, presence: Sides<Presence>, edited: Sides<bool>) -> ItemVerdict {
        let there = presence.map(|_, presence| presence == Presence::Present);
        let alive = match (there.testworthy, there.azure_devops) {
            (true, true) => return ItemVerdict::Revive,
            (false, false) => return ItemVerdict::Ignore,
            (true, false) => System::TestWorthy,
            (false, true) => System::AzureDevOps,
        };
        let goes_on = match self.direction.target() {
            Some(target) => alive != target,
            None => *edited.get(alive),
        };
        if goes_on {
            self.linked(presence, edited)
        } else {
            ItemVerdict::Ignore
        }
    }

    fn policy(self, deleted: System) -> Policy {
        match deleted {
            System::TestWorthy => match self.when_deleted.testworthy {
                DeletedCase::Close | DeletedCase::Recycle => Policy::Propagate,
                DeletedCase::Recreate => Policy::Recreate,
                DeletedCase::Unlink => Policy::Unlink,
                DeletedCase::Ask => Policy::Ask,
            },
            System::AzureDevOps => match self.when_deleted.azure_devops {
                DeletedWorkItem::Disable => Policy::Propagate,
                DeletedWorkItem::Recreate => Policy::Recreate,
                DeletedWorkItem::Unlink => Policy::Unlink,
                DeletedWorkItem::Ask => Policy::Ask,
            },
        }
    }
}

/// `whenDeletedIn` of one side.
#[derive(Clone, Copy)]
enum Policy {
    Propagate,
    Recreate,
    Unlink,
    Ask,
}

#[cfg(test)]
mod tests;
