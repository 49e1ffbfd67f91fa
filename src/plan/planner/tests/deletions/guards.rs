//! The guards of deletions: their limit, and a side that was emptied.

use std::sync::Arc;

use super::{case_policy, in_state, workflow};
use crate::model::System;
use crate::model::config::{DeletedCase, DeletedWorkItem};
use crate::plan::planner::tests::scene::Scene;
use crate::plan::{SafetyVerdict, WorkItemDeletion};

#[test]
fn deletions_stop_at_their_limit() {
    let scene = |count: u64| {
        let mut scene = case_policy(DeletedCase::Close);
        for id in 3..=20 {
            scene = scene.pair(id, 100 + id, "Pay");
            scene = in_state(scene, 100 + id, "Ready");
        }
        for id in 3..3 + count {
            scene = scene.without_case(id);
        }
        scene
    };
    // Of 20 linked pairs 10 % are 2.
    assert_eq!(scene(2).plan().plan.safety.verdict, SafetyVerdict::Pass);
    let mut three = scene(3);
    assert_eq!(three.plan().plan.summary.delete, 3);
    assert_eq!(three.plan().plan.safety.verdict, SafetyVerdict::Blocked);
    three.overrides.allow_deletes = Some(3);
    assert_eq!(three.plan().plan.safety.verdict, SafetyVerdict::Overridden);
}

#[test]
fn an_emptied_side_is_for_a_person_to_accept_either_way() {
    for side in [System::TestWorthy, System::AzureDevOps] {
        let mut scene = Scene::two_way().ruling(|rule| {
            rule.when_deleted.testworthy = DeletedCase::Close;
            rule.when_deleted.azure_devops = DeletedWorkItem::Disable;
        });
        scene.known.work_item_type = Some(Arc::new(workflow(true)));
        let scene = in_state(scene.pair(1, 5, "Pay"), 5, "Ready");
        let mut scene = match side {
            System::TestWorthy => scene.without_case(1),
            System::AzureDevOps => scene.without_item(5, WorkItemDeletion::Told),
        };
        let planned = scene.plan();
        assert_eq!(planned.plan.summary.delete, 1);
        assert_eq!(planned.plan.safety.verdict, SafetyVerdict::Blocked);
        scene.overrides.allow_deletes = Some(1);
        assert_eq!(scene.plan().plan.safety.verdict, SafetyVerdict::Overridden);
    }
}

#[test]
fn what_is_recreated_after_confirmed_deletions_is_not_stopped_by_an_empty_side() {
    let scene = Scene::two_way()
        .ruling(|rule| rule.when_deleted.azure_devops = DeletedWorkItem::Recreate)
        .pair(1, 5, "Pay")
        .without_item(5, WorkItemDeletion::Told);
    let planned = scene.plan();
    assert_eq!(planned.plan.summary.create, 1);
    assert_eq!(planned.plan.safety.verdict, SafetyVerdict::Pass);
}
