//! Pairs that lost an item: every policy, every decision, and the ways back.

mod decisions;
mod edits;
mod ended;
mod guards;
mod policies;

use std::collections::BTreeMap;
use std::sync::Arc;

use super::scene::Scene;
use crate::mapping::testing::test_case_type;
use crate::model::config::{DeletedCase, DeletedWorkItem};
use crate::model::{
    ConflictChange, ConflictId, LinkState, Subject, System, Value, WorkItemState, WorkItemType,
};
use crate::plan::planner::Planned;
use crate::plan::{Operation, Retirement};

const ONE: ConflictId = ConflictId(1);

/// Design, Ready, Closed and Removed, in one row but for Removed, which nothing leads to.
fn workflow(closing: bool) -> WorkItemType {
    let state = |(name, category): (&str, &str)| WorkItemState {
        name: name.to_owned(),
        category: category.to_owned(),
    };
    let mut states = vec![("Design", "Proposed"), ("Ready", "InProgress")];
    if closing {
        states.extend([("Closed", "Completed"), ("Removed", "Removed")]);
    }
    let ways: [(&str, &[&str]); 4] = [
        ("", &["Design"]),
        ("Design", &["Ready"]),
        ("Ready", &["Closed", "Design"]),
        ("Closed", &["Ready"]),
    ];
    let ways = ways.into_iter().map(|(from, to)| {
        let to: Vec<String> = to.iter().map(|state| (*state).to_owned()).collect();
        (from.to_owned(), to)
    });
    WorkItemType {
        states: states.into_iter().map(state).collect(),
        transitions: Some(ways.collect::<BTreeMap<_, _>>()),
        ..test_case_type()
    }
}

fn in_state(scene: Scene, item: u64, state: &str) -> Scene {
    let state = Value::text(state);
    scene.edit_item(item, |item| {
        item.fields.insert("System.State".to_owned(), state);
        item.rev = crate::model::Rev(item.rev.0 - 1);
    })
}

/// A pair in step beside a second one, so that no side lists nothing.
fn pair(mut scene: Scene) -> Scene {
    scene.known.work_item_type = Some(Arc::new(workflow(true)));
    in_state(scene.pair(1, 5, "Pay").pair(2, 6, "Refund"), 5, "Ready")
}

fn case_policy(policy: DeletedCase) -> Scene {
    pair(Scene::two_way().ruling(|rule| rule.when_deleted.testworthy = policy))
}

fn item_policy(policy: DeletedWorkItem) -> Scene {
    pair(Scene::two_way().ruling(|rule| rule.when_deleted.azure_devops = policy))
}

fn recorded(planned: &Planned) -> Vec<(LinkState, Vec<ConflictChange>)> {
    let steps = planned.steps.iter();
    let records = steps.filter_map(|step| match &step.operation {
        Operation::Record {
            state, conflicts, ..
        } => Some((*state, conflicts.clone())),
        _ => None,
    });
    records.collect()
}

fn deleted(side: System, edited: bool) -> Subject {
    Subject::Deleted { side, edited }
}

fn retired(planned: &Planned) -> &Retirement {
    let mut steps = planned.steps.iter();
    let how = steps.find_map(|step| match &step.operation {
        Operation::Retire { how, .. } => Some(how),
        _ => None,
    });
    how.unwrap_or_else(|| panic!("{:?}", planned.steps))
}
