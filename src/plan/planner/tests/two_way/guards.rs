//! The guards of a two-way rule: revisions that went down, a side that lists nothing, limits of updates.

use crate::model::config::Winner;
use crate::model::{Rev, WorkItemId};
use crate::plan::SafetyVerdict;
use crate::plan::planner::tests::scene::Scene;

#[test]
fn a_server_that_was_set_back_stops_updates_and_deletes() {
    let scene = || Scene::two_way().pair(1, 5, "Pay").pair(2, 6, "Refund");
    let set_back = |mut scene: Scene, rev| {
        scene.items.get_mut(&WorkItemId(6)).unwrap().rev = Rev(rev);
        scene
    };
    // At the limit: the same revision.
    let planned = set_back(scene().retitle_case(1, "Card"), 3).plan();
    assert_eq!(planned.plan.safety.verdict, SafetyVerdict::Pass);
    let planned = set_back(scene().retitle_case(1, "Card"), 2).plan();
    assert_eq!(planned.plan.safety.verdict, SafetyVerdict::Blocked);
    let codes = planned
        .plan
        .safety
        .rules
        .iter()
        .map(|rule| rule.code.as_str());
    assert!(codes.into_iter().any(|code| code == "revision-went-down"));
    // It is told even where nothing would be written.
    let still = set_back(scene(), 2);
    assert_eq!(still.plan().plan.safety.verdict, SafetyVerdict::Pass);
    assert_eq!(still.plan().plan.safety.rules[0].code, "revision-went-down");
    assert_eq!(
        still.plan().plan.safety,
        still.plan_without_unchanged().plan.safety
    );
}

#[test]
fn a_side_that_lists_nothing_stops_creates_on_either_side() {
    let scene = || Scene::two_way().pair(1, 5, "Pay");
    let mut no_items = scene().case(2, "Refund", &[]);
    no_items.items.clear();
    assert_eq!(no_items.plan().plan.safety.verdict, SafetyVerdict::Blocked);
    let mut no_cases = scene().item(6, "Refund");
    no_cases.cases.clear();
    assert_eq!(no_cases.plan().plan.safety.verdict, SafetyVerdict::Blocked);
}

#[test]
fn first_syncs_of_new_pairs_are_outside_of_the_limit_and_later_edits_are_not() {
    let scene = |linked: u64, meeting: u64| {
        let mut scene = Scene::two_way().ruling(|rule| rule.first_sync = Winner::TestWorthy);
        for id in 1..=linked {
            scene = scene.pair(id, 100 + id, "Pay");
        }
        for id in 51..51 + meeting {
            let mention = format!("AB#{}", 100 + id);
            scene = scene
                .case(id, &format!("Case {id}"), &[&mention])
                .item(100 + id, "Old");
        }
        scene
    };
    let planned = scene(10, 10).plan();
    assert_eq!(planned.plan.summary.update, 10);
    assert_eq!(planned.plan.safety.verdict, SafetyVerdict::Pass);
    for (edited, verdict) in [(3, SafetyVerdict::Pass), (4, SafetyVerdict::Blocked)] {
        let mut scene = scene(10, 0);
        for id in 1..=edited {
            scene = scene.retitle_item(100 + id, "Cash");
        }
        assert_eq!(scene.plan().plan.safety.verdict, verdict, "{edited} of 10");
    }
}
