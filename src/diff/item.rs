//! What becomes of a selected item, one way, before any of its fields is looked at.
//!
//! Absence has meanings: only a confirmed deletion asks for anything, what is gone without a
//! confirmation waits, and what left the scope is let go.

use crate::model::System;
use crate::model::config::MatchBy;

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

/// What was found on the target for a source item without a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Candidates {
    /// Nothing.
    None,
    /// One item, recognised this way.
    One(MatchBy, Presence),
    /// More than one.
    Several,
}

/// What is known of an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Situation {
    /// A source item without a link.
    Unlinked {
        /// The source item.
        source: Presence,
        /// What was found for it.
        target: Candidates,
    },
    /// A target item without a link that no source item was found for.
    TargetOnly,
    /// A linked pair.
    Linked {
        /// The source item.
        source: Presence,
        /// The target item.
        target: Presence,
    },
}

/// What becomes of an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ItemVerdict {
    /// Create it on the target.
    Create,
    /// Link it with the one that was found, then compare fields without a base.
    Adopt(MatchBy),
    /// Compare fields.
    Pair,
    /// Not managed by this rule: filtered.
    Ignore,
    /// A confirmed deletion: a person decides.
    Ask {
        /// Where it was deleted.
        deleted: System,
    },
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

/// Decides over one item of a rule from `from`. `creates` is whether the rule creates on the target.
pub fn one_way_item(situation: Situation, from: System, creates: bool) -> ItemVerdict {
    use Presence as P;
    match situation {
        Situation::TargetOnly => ItemVerdict::Ignore,
        Situation::Unlinked { source, target } => match (source, target) {
            (P::Deleted | P::Gone | P::OutOfScope | P::Retyped, _) => ItemVerdict::Ignore,
            (P::Present, Candidates::None) => {
                if creates {
                    ItemVerdict::Create
                } else {
                    ItemVerdict::Ignore
                }
            }
            (P::Present, Candidates::Several) => ItemVerdict::Quarantine,
            (P::Present, Candidates::One(by, presence)) => match presence {
                P::Present => ItemVerdict::Adopt(by),
                // Creating another one beside it would make a second pair of the same item.
                P::Deleted => ItemVerdict::Ask {
                    deleted: from.other(),
                },
                P::Gone => ItemVerdict::Wait,
                P::OutOfScope => ItemVerdict::Ignore,
                P::Retyped => ItemVerdict::Freeze,
            },
        },
        Situation::Linked { source, target } => match (source, target) {
            (P::Gone, _) | (_, P::Gone) => ItemVerdict::Wait,
            (P::Retyped, _) | (_, P::Retyped) => ItemVerdict::Freeze,
            (P::OutOfScope, _) | (_, P::OutOfScope) => ItemVerdict::Detach,
            (P::Present, P::Present) => ItemVerdict::Pair,
            (P::Present, P::Deleted) => ItemVerdict::Ask {
                deleted: from.other(),
            },
            (P::Deleted, P::Present) => ItemVerdict::Ask { deleted: from },
            (P::Deleted, P::Deleted) => ItemVerdict::End,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Presence::{Deleted, Gone, OutOfScope, Present, Retyped};

    const ALL: [Presence; 5] = [Present, Deleted, Gone, OutOfScope, Retyped];
    const BOTH_WAYS: [System; 2] = [System::TestWorthy, System::AzureDevOps];

    fn unlinked(source: Presence, target: Candidates) -> [ItemVerdict; 2] {
        BOTH_WAYS.map(|from| one_way_item(Situation::Unlinked { source, target }, from, true))
    }

    fn linked(source: Presence, target: Presence) -> ItemVerdict {
        let [a, b] = BOTH_WAYS.map(|from| {
            let verdict = one_way_item(Situation::Linked { source, target }, from, true);
            match verdict {
                // Told as seen from the rule, both ways round are one table.
                ItemVerdict::Ask { deleted } if deleted == from => ItemVerdict::Ask {
                    deleted: System::TestWorthy,
                },
                ItemVerdict::Ask { .. } => ItemVerdict::Ask {
                    deleted: System::AzureDevOps,
                },
                other => other,
            }
        });
        assert_eq!(a, b, "both ways round are mirrors");
        a
    }

    const SOURCE_DELETED: ItemVerdict = ItemVerdict::Ask {
        deleted: System::TestWorthy,
    };
    const TARGET_DELETED: ItemVerdict = ItemVerdict::Ask {
        deleted: System::AzureDevOps,
    };

    #[test]
    fn none_present_none_creates() {
        assert_eq!(
            unlinked(Present, Candidates::None),
            [ItemVerdict::Create; 2]
        );
    }

    #[test]
    fn none_present_none_is_filtered_where_the_rule_does_not_create() {
        let situation = Situation::Unlinked {
            source: Present,
            target: Candidates::None,
        };
        for from in BOTH_WAYS {
            assert_eq!(one_way_item(situation, from, false), ItemVerdict::Ignore);
        }
    }

    #[test]
    fn none_none_present_is_unmanaged() {
        for from in BOTH_WAYS {
            for creates in [true, false] {
                let verdict = one_way_item(Situation::TargetOnly, from, creates);
                assert_eq!(verdict, ItemVerdict::Ignore);
            }
        }
    }

    #[test]
    fn none_present_present_is_adopted_by_marker_id_or_title() {
        for by in [MatchBy::Marker, MatchBy::Id, MatchBy::Title] {
            let one = Candidates::One(by, Present);
            assert_eq!(unlinked(Present, one), [ItemVerdict::Adopt(by); 2]);
        }
    }

    #[test]
    fn none_present_several_is_quarantined_and_never_created() {
        assert_eq!(
            unlinked(Present, Candidates::Several),
            [ItemVerdict::Quarantine; 2]
        );
    }

    #[test]
    fn none_present_with_a_match_that_is_not_present_creates_no_second_one() {
        let one = |presence| unlinked(Present, Candidates::One(MatchBy::Marker, presence));
        let deleted = |system| ItemVerdict::Ask { deleted: system };
        assert_eq!(
            one(Deleted),
            [System::AzureDevOps, System::TestWorthy].map(deleted)
        );
        assert_eq!(one(Gone), [ItemVerdict::Wait; 2]);
        assert_eq!(one(OutOfScope), [ItemVerdict::Ignore; 2]);
        assert_eq!(one(Retyped), [ItemVerdict::Freeze; 2]);
    }

    #[test]
    fn none_absent_source_does_nothing_whatever_the_target() {
        let mut targets = vec![Candidates::None, Candidates::Several];
        targets.extend(ALL.map(|presence| Candidates::One(MatchBy::Marker, presence)));
        for source in [Deleted, Gone, OutOfScope, Retyped] {
            for target in &targets {
                assert_eq!(unlinked(source, *target), [ItemVerdict::Ignore; 2]);
            }
        }
    }

    #[test]
    fn active_present_present_compares_fields() {
        assert_eq!(linked(Present, Present), ItemVerdict::Pair);
    }

    #[test]
    fn active_present_deleted_asks() {
        assert_eq!(linked(Present, Deleted), TARGET_DELETED);
    }

    #[test]
    fn active_deleted_present_asks() {
        assert_eq!(linked(Deleted, Present), SOURCE_DELETED);
    }

    #[test]
    fn active_deleted_deleted_ends_without_a_write() {
        assert_eq!(linked(Deleted, Deleted), ItemVerdict::End);
    }

    #[test]
    fn active_gone_any_waits() {
        for other in ALL {
            assert_eq!(linked(Gone, other), ItemVerdict::Wait, "{other:?}");
        }
    }

    #[test]
    fn active_any_gone_waits() {
        for other in ALL {
            assert_eq!(linked(other, Gone), ItemVerdict::Wait, "{other:?}");
        }
    }

    #[test]
    fn active_out_of_scope_present_detaches() {
        assert_eq!(linked(OutOfScope, Present), ItemVerdict::Detach);
    }

    #[test]
    fn active_present_out_of_scope_detaches() {
        assert_eq!(linked(Present, OutOfScope), ItemVerdict::Detach);
    }

    #[test]
    fn active_out_of_scope_deleted_detaches() {
        assert_eq!(linked(OutOfScope, Deleted), ItemVerdict::Detach);
    }

    #[test]
    fn active_deleted_out_of_scope_detaches() {
        assert_eq!(linked(Deleted, OutOfScope), ItemVerdict::Detach);
    }

    #[test]
    fn active_out_of_scope_out_of_scope_detaches() {
        assert_eq!(linked(OutOfScope, OutOfScope), ItemVerdict::Detach);
    }

    #[test]
    fn active_with_another_type_or_project_freezes() {
        for other in [Present, Deleted, OutOfScope, Retyped] {
            assert_eq!(linked(Retyped, other), ItemVerdict::Freeze);
            assert_eq!(linked(other, Retyped), ItemVerdict::Freeze);
        }
    }

    #[test]
    fn only_a_confirmed_deletion_asks() {
        for source in ALL {
            for target in ALL {
                if let ItemVerdict::Ask { .. } = linked(source, target) {
                    assert!(source == Deleted || target == Deleted);
                }
            }
        }
    }
}
