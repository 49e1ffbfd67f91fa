//! The item table, cell by cell: one test per cell, named after it. Cells are seen from one side; each is
//! tried both ways round.

#![expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "the tables read better with rules by reference, as the function takes them"
)]

use super::*;
use Presence::{Deleted, Gone, OutOfScope, Present, Retyped};

const ALL: [Presence; 5] = [Present, Deleted, Gone, OutOfScope, Retyped];
const SYSTEMS: [System; 2] = [System::TestWorthy, System::AzureDevOps];
const BOOLS: [bool; 2] = [false, true];
const BOTH: Sides<bool> = Sides {
    testworthy: true,
    azure_devops: true,
};

/// What a policy comes to, whichever item it is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    Propagate,
    Recreate,
    Unlink,
    Ask,
}

const WAYS: [Way; 4] = [Way::Propagate, Way::Recreate, Way::Unlink, Way::Ask];

/// Every `whenDeletedIn` that comes to this for the side.
fn policies(deleted: System, way: Way) -> Vec<WhenDeleted> {
    let case = |testworthy| WhenDeleted {
        testworthy,
        ..WhenDeleted::default()
    };
    let item = |azure_devops| WhenDeleted {
        azure_devops,
        ..WhenDeleted::default()
    };
    match (deleted, way) {
        (System::TestWorthy, Way::Propagate) => {
            vec![case(DeletedCase::Close), case(DeletedCase::Recycle)]
        }
        (System::TestWorthy, Way::Recreate) => vec![case(DeletedCase::Recreate)],
        (System::TestWorthy, Way::Unlink) => vec![case(DeletedCase::Unlink)],
        (System::AzureDevOps, Way::Propagate) => vec![item(DeletedWorkItem::Disable)],
        (System::AzureDevOps, Way::Recreate) => vec![item(DeletedWorkItem::Recreate)],
        (System::AzureDevOps, Way::Unlink) => vec![item(DeletedWorkItem::Unlink)],
        (_, Way::Ask) => vec![WhenDeleted::default()],
    }
}

fn every_policy() -> Vec<WhenDeleted> {
    let cases = [
        DeletedCase::Close,
        DeletedCase::Recycle,
        DeletedCase::Recreate,
        DeletedCase::Unlink,
        DeletedCase::Ask,
    ];
    let items = [
        DeletedWorkItem::Disable,
        DeletedWorkItem::Recreate,
        DeletedWorkItem::Unlink,
        DeletedWorkItem::Ask,
    ];
    let mut all = Vec::new();
    for testworthy in cases {
        for azure_devops in items {
            all.push(WhenDeleted {
                testworthy,
                azure_devops,
            });
        }
    }
    all
}

fn rules(direction: Direction, when_deleted: WhenDeleted) -> ItemRules {
    ItemRules {
        creates: BOTH,
        direction,
        when_deleted,
    }
}

fn from(side: System) -> Direction {
    match side {
        System::TestWorthy => Direction::ToAzureDevOps,
        System::AzureDevOps => Direction::ToTestWorthy,
    }
}

/// The directions in which this side is read: one way and two-way.
fn reading(side: System) -> [Direction; 2] {
    [from(side), Direction::TwoWay]
}

fn found(side: System, own: Presence, counterpart: Candidates) -> ItemSituation {
    ItemSituation::Unlinked {
        side,
        own,
        counterpart,
    }
}

/// An unlinked item on a side that is read, under every policy, one way and two-way: all the same.
fn unlinked(side: System, own: Presence, counterpart: Candidates) -> ItemVerdict {
    let mut verdicts = Vec::new();
    for direction in reading(side) {
        for when_deleted in every_policy() {
            let rules = rules(direction, when_deleted);
            verdicts.push(decide_item(found(side, own, counterpart), &rules));
        }
    }
    assert!(verdicts.iter().all(|one| *one == verdicts[0]));
    verdicts[0]
}

fn linked(
    testworthy: Presence,
    azure_devops: Presence,
    edited: Sides<bool>,
    parted: Option<LinkState>,
    rules: &ItemRules,
) -> ItemVerdict {
    let presence = Sides {
        testworthy,
        azure_devops,
    };
    let situation = ItemSituation::Linked {
        presence,
        edited,
        parted,
    };
    decide_item(situation, rules)
}

/// A cell of an active link that depends on neither the rule nor on edits; the same with the sides swapped.
fn always(left: Presence, right: Presence) -> ItemVerdict {
    let mut verdicts = Vec::new();
    let directions = [
        Direction::TwoWay,
        Direction::ToAzureDevOps,
        Direction::ToTestWorthy,
    ];
    for direction in directions {
        for when_deleted in every_policy() {
            let rules = rules(direction, when_deleted);
            for testworthy in BOOLS {
                for azure_devops in BOOLS {
                    let edited = Sides {
                        testworthy,
                        azure_devops,
                    };
                    for parted in [None, Some(LinkState::Active)] {
                        verdicts.push(linked(left, right, edited, parted, &rules));
                        verdicts.push(linked(right, left, edited, parted, &rules));
                    }
                }
            }
        }
    }
    assert!(verdicts.iter().all(|one| *one == verdicts[0]));
    verdicts[0]
}

/// One item was deleted on this side; `edited` is said of the other one. Under each policy that comes to
/// `way`; whether the deleted one counts as edited does not matter.
fn half(
    deleted: System,
    direction: Direction,
    way: Way,
    edited: bool,
    parted: Option<LinkState>,
) -> ItemVerdict {
    let mut verdicts = Vec::new();
    for when_deleted in policies(deleted, way) {
        for noise in BOOLS {
            let presence = Sides::of(deleted, Deleted, Present);
            let edited = Sides::of(deleted, noise, edited);
            let situation = ItemSituation::Linked {
                presence,
                edited,
                parted,
            };
            verdicts.push(decide_item(situation, &rules(direction, when_deleted)));
        }
    }
    assert!(verdicts.iter().all(|one| *one == verdicts[0]));
    verdicts[0]
}

#[test]
fn none_present_none_creates() {
    for side in SYSTEMS {
        let on = side.other();
        assert_eq!(
            unlinked(side, Present, Candidates::None),
            ItemVerdict::Create { on }
        );
    }
}

#[test]
fn none_present_none_is_filtered_where_the_rule_does_not_create() {
    for side in SYSTEMS {
        for direction in reading(side) {
            let rules = ItemRules {
                creates: Sides::of(side, true, false),
                ..rules(direction, WhenDeleted::default())
            };
            let situation = found(side, Present, Candidates::None);
            assert_eq!(decide_item(situation, &rules), ItemVerdict::Ignore);
        }
    }
}

#[test]
fn none_none_present_is_unmanaged_one_way() {
    let mut sources = vec![Candidates::None, Candidates::Several];
    sources.extend(ALL.map(|presence| Candidates::One(MatchBy::Marker, presence)));
    for source in SYSTEMS {
        for own in ALL {
            for counterpart in &sources {
                let situation = found(source.other(), own, *counterpart);
                let rules = rules(from(source), WhenDeleted::default());
                assert_eq!(decide_item(situation, &rules), ItemVerdict::Ignore);
            }
        }
    }
}

#[test]
fn none_present_present_is_adopted_by_marker_id_or_title() {
    for side in SYSTEMS {
        for by in [MatchBy::Marker, MatchBy::Id, MatchBy::Title] {
            let one = Candidates::One(by, Present);
            assert_eq!(unlinked(side, Present, one), ItemVerdict::Adopt(by));
        }
    }
}

#[test]
fn none_present_several_is_quarantined_and_never_created() {
    for side in SYSTEMS {
        assert_eq!(
            unlinked(side, Present, Candidates::Several),
            ItemVerdict::Quarantine
        );
    }
}

#[test]
fn none_present_with_a_match_that_is_not_present_creates_no_second_one() {
    for side in SYSTEMS {
        let one = |presence| unlinked(side, Present, Candidates::One(MatchBy::Marker, presence));
        let deleted = side.other();
        assert_eq!(one(Deleted), ItemVerdict::Ask { deleted });
        assert_eq!(one(Gone), ItemVerdict::Wait);
        assert_eq!(one(OutOfScope), ItemVerdict::Ignore);
        assert_eq!(one(Retyped), ItemVerdict::Freeze);
    }
}

#[test]
fn none_absent_does_nothing_whatever_the_other_side() {
    let mut counterparts = vec![Candidates::None, Candidates::Several];
    counterparts.extend(ALL.map(|presence| Candidates::One(MatchBy::Marker, presence)));
    for own in [Deleted, Gone, OutOfScope, Retyped] {
        for counterpart in &counterparts {
            for side in SYSTEMS {
                assert_eq!(unlinked(side, own, *counterpart), ItemVerdict::Ignore);
            }
        }
    }
}

#[test]
fn active_present_present_compares_fields() {
    assert_eq!(always(Present, Present), ItemVerdict::Pair);
}

#[test]
fn active_deleted_deleted_ends_without_a_write() {
    assert_eq!(always(Deleted, Deleted), ItemVerdict::End);
}

#[test]
fn active_gone_any_and_any_gone_wait() {
    for other in ALL {
        assert_eq!(always(Gone, other), ItemVerdict::Wait, "{other:?}");
    }
}

#[test]
fn active_out_of_scope_present_detaches() {
    assert_eq!(always(OutOfScope, Present), ItemVerdict::Detach);
}

#[test]
fn active_out_of_scope_deleted_detaches() {
    assert_eq!(always(OutOfScope, Deleted), ItemVerdict::Detach);
}

#[test]
fn active_out_of_scope_out_of_scope_detaches() {
    assert_eq!(always(OutOfScope, OutOfScope), ItemVerdict::Detach);
}

#[test]
fn active_with_another_type_or_project_freezes() {
    for other in [Present, Deleted, OutOfScope, Retyped] {
        assert_eq!(always(Retyped, other), ItemVerdict::Freeze, "{other:?}");
    }
}

#[test]
fn two_way_active_deleted_present_same_follows_the_policy() {
    for deleted in SYSTEMS {
        let verdict = |way| half(deleted, Direction::TwoWay, way, false, None);
        assert_eq!(
            verdict(Way::Propagate),
            ItemVerdict::CarryDeletion { deleted }
        );
        let recreate = ItemVerdict::Recreate {
            on: deleted,
            edit_kept: false,
        };
        assert_eq!(verdict(Way::Recreate), recreate);
        assert_eq!(verdict(Way::Unlink), ItemVerdict::Unlink);
        assert_eq!(verdict(Way::Ask), ItemVerdict::Ask { deleted });
    }
}

#[test]
fn two_way_active_deleted_present_changed_lets_the_edit_beat_the_deletion() {
    for deleted in SYSTEMS {
        let verdict = half(deleted, Direction::TwoWay, Way::Propagate, true, None);
        let on = deleted;
        assert_eq!(
            verdict,
            ItemVerdict::Recreate {
                on,
                edit_kept: true
            }
        );
    }
}

#[test]
fn two_way_active_deleted_present_changed_is_as_unchanged_where_nothing_is_put_away() {
    for deleted in SYSTEMS {
        for way in [Way::Recreate, Way::Unlink, Way::Ask] {
            let verdict = |edited| half(deleted, Direction::TwoWay, way, edited, None);
            assert_eq!(verdict(true), verdict(false), "{way:?}");
        }
    }
}

#[test]
fn one_way_active_target_deleted_is_recreated_unlinked_or_asked_about() {
    for deleted in SYSTEMS {
        let direction = from(deleted.other());
        for edited in BOOLS {
            let verdict = |way| half(deleted, direction, way, edited, None);
            let ask = ItemVerdict::Ask { deleted };
            let recreate = ItemVerdict::Recreate {
                on: deleted,
                edit_kept: false,
            };
            assert_eq!(verdict(Way::Recreate), recreate);
            assert_eq!(verdict(Way::Unlink), ItemVerdict::Unlink);
            assert_eq!(verdict(Way::Ask), ask);
            assert_eq!(
                verdict(Way::Propagate),
                ask,
                "the source of a one-way rule is never written"
            );
        }
    }
}

#[test]
fn one_way_active_source_deleted_with_the_target_same_carries_the_deletion() {
    for deleted in SYSTEMS {
        let verdict = |way| half(deleted, from(deleted), way, false, None);
        let ask = ItemVerdict::Ask { deleted };
        assert_eq!(
            verdict(Way::Propagate),
            ItemVerdict::CarryDeletion { deleted }
        );
        assert_eq!(verdict(Way::Unlink), ItemVerdict::Unlink);
        assert_eq!(verdict(Way::Ask), ask);
        assert_eq!(
            verdict(Way::Recreate),
            ask,
            "the source of a one-way rule is never written"
        );
    }
}

#[test]
fn one_way_active_source_deleted_with_the_target_changed_is_a_conflict() {
    for deleted in SYSTEMS {
        let verdict = half(deleted, from(deleted), Way::Propagate, true, None);
        assert_eq!(verdict, ItemVerdict::Ask { deleted });
    }
}

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
