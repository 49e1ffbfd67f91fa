//! Items without a link: what is created, adopted, or left alone.

use super::*;

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
