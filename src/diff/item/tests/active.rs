//! Links that are kept in step: both items, one of them, and what each policy makes of a deletion.

use super::*;

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
