//! Links that ended with a deletion, or were parted for good: they rest until an item is back.

use super::*;

fn ended(
    testworthy: Presence,
    azure_devops: Presence,
    edited: Sides<bool>,
    rules: &ItemRules,
) -> ItemVerdict {
    let parted = Some(LinkState::Ended);
    linked(testworthy, azure_devops, edited, parted, rules)
}

#[test]
fn tombstone_present_present_revives() {
    for direction in [
        Direction::TwoWay,
        Direction::ToAzureDevOps,
        Direction::ToTestWorthy,
    ] {
        for when_deleted in every_policy() {
            for edited in [Sides::default(), BOTH] {
                let rules = rules(direction, when_deleted);
                assert_eq!(ended(Present, Present, edited, &rules), ItemVerdict::Revive);
            }
        }
    }
}

#[test]
fn tombstone_without_a_present_item_rests() {
    let absent = [Deleted, Gone, OutOfScope, Retyped];
    for direction in [
        Direction::TwoWay,
        Direction::ToAzureDevOps,
        Direction::ToTestWorthy,
    ] {
        for when_deleted in every_policy() {
            let rules = rules(direction, when_deleted);
            for left in absent {
                for right in absent {
                    assert_eq!(ended(left, right, BOTH, &rules), ItemVerdict::Ignore);
                }
            }
        }
    }
}

#[test]
fn two_way_tombstone_deleted_present_rests_as_the_deletion_left_it() {
    let parted = Some(LinkState::Ended);
    for deleted in SYSTEMS {
        for way in WAYS {
            let verdict = half(deleted, Direction::TwoWay, way, false, parted);
            assert_eq!(verdict, ItemVerdict::Ignore, "{way:?}");
        }
    }
}

#[test]
fn two_way_tombstone_deleted_present_that_came_back_is_as_active() {
    let parted = Some(LinkState::Ended);
    for deleted in SYSTEMS {
        for way in WAYS {
            let verdict = |parted| half(deleted, Direction::TwoWay, way, true, parted);
            assert_eq!(verdict(parted), verdict(None), "{way:?}");
            assert!(!matches!(
                verdict(parted),
                ItemVerdict::CarryDeletion { .. } | ItemVerdict::Ignore
            ));
        }
    }
}

#[test]
fn one_way_tombstone_with_the_source_back_is_as_active() {
    let parted = Some(LinkState::Ended);
    for deleted in SYSTEMS {
        let direction = from(deleted.other());
        for way in WAYS {
            for edited in BOOLS {
                let verdict = |parted| half(deleted, direction, way, edited, parted);
                assert_eq!(verdict(parted), verdict(None), "{way:?}");
            }
        }
    }
}

#[test]
fn one_way_tombstone_with_the_target_back_is_ignored() {
    let parted = Some(LinkState::Ended);
    for deleted in SYSTEMS {
        for way in WAYS {
            for edited in BOOLS {
                let verdict = half(deleted, from(deleted), way, edited, parted);
                assert_eq!(verdict, ItemVerdict::Ignore, "{way:?}");
            }
        }
    }
}

#[test]
fn tombstone_with_one_back_and_the_other_unclear_is_as_active() {
    let rules = rules(Direction::TwoWay, WhenDeleted::default());
    assert_eq!(ended(Present, Gone, BOTH, &rules), ItemVerdict::Wait);
    assert_eq!(ended(Gone, Present, BOTH, &rules), ItemVerdict::Wait);
    assert_eq!(
        ended(Present, OutOfScope, BOTH, &rules),
        ItemVerdict::Detach
    );
    assert_eq!(ended(Retyped, Present, BOTH, &rules), ItemVerdict::Freeze);
    let still = Sides::default();
    for other in [Gone, OutOfScope, Retyped] {
        assert_eq!(ended(Present, other, still, &rules), ItemVerdict::Ignore);
    }
}

#[test]
fn unlinked_for_good_is_ignored_whatever_there_is() {
    for direction in [
        Direction::TwoWay,
        Direction::ToAzureDevOps,
        Direction::ToTestWorthy,
    ] {
        for when_deleted in every_policy() {
            let rules = rules(direction, when_deleted);
            for left in ALL {
                for right in ALL {
                    let parted = Some(LinkState::Unlinked);
                    let verdict = linked(left, right, BOTH, parted, &rules);
                    assert_eq!(verdict, ItemVerdict::Ignore);
                }
            }
        }
    }
}
