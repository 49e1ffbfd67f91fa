//! Laws over the whole table.

use super::*;

fn grid() -> Vec<(Presence, Presence, Sides<bool>)> {
    let mut all = Vec::new();
    for left in ALL {
        for right in ALL {
            for testworthy in BOOLS {
                for azure_devops in BOOLS {
                    let edited = Sides {
                        testworthy,
                        azure_devops,
                    };
                    all.push((left, right, edited));
                }
            }
        }
    }
    all
}

/// Over the whole table: nothing is put away, made anew or asked about without a confirmed deletion; what is
/// written is written on a side that the rule writes; an edited item is never put away.
#[test]
fn nothing_is_written_without_a_confirmed_deletion_nor_where_the_rule_does_not_write() {
    let mut seen = 0;
    for direction in [
        Direction::TwoWay,
        Direction::ToAzureDevOps,
        Direction::ToTestWorthy,
    ] {
        for when_deleted in every_policy() {
            let rules = rules(direction, when_deleted);
            for (left, right, edits) in grid() {
                for parted in [None, Some(LinkState::Ended), Some(LinkState::Unlinked)] {
                    let presence = Sides {
                        testworthy: left,
                        azure_devops: right,
                    };
                    let verdict = linked(left, right, edits, parted, &rules);
                    let deleted = |side| *presence.get(side) == Deleted;
                    match verdict {
                        ItemVerdict::CarryDeletion { deleted: side } => {
                            seen += 1;
                            assert!(deleted(side) && *presence.get(side.other()) == Present);
                            assert!(direction.writes(side.other()));
                            assert!(!*edits.get(side.other()), "an edit beats a deletion");
                            assert_eq!(parted, None, "a deletion is carried over once");
                        }
                        ItemVerdict::Recreate { on, .. } => {
                            seen += 1;
                            assert!(deleted(on) && *presence.get(on.other()) == Present);
                            assert!(direction.writes(on));
                        }
                        ItemVerdict::Ask { deleted: side } => assert!(deleted(side)),
                        ItemVerdict::Unlink => {
                            assert!(left == Deleted || right == Deleted);
                        }
                        ItemVerdict::End => assert!(left == Deleted && right == Deleted),
                        ItemVerdict::Pair | ItemVerdict::Revive => {
                            assert!(left == Present && right == Present);
                        }
                        ItemVerdict::Ignore => assert!(parted.is_some()),
                        ItemVerdict::Wait | ItemVerdict::Detach | ItemVerdict::Freeze => {
                            let settled = |one| matches!(one, Present | Deleted);
                            assert!(!settled(left) || !settled(right));
                        }
                        ItemVerdict::Create { .. }
                        | ItemVerdict::Adopt(_)
                        | ItemVerdict::Quarantine => panic!("{verdict:?} of a linked pair"),
                    }
                }
            }
        }
    }
    assert!(seen > 100, "the table has such cells: {seen}");
}
