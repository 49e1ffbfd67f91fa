//! Pairs of a two-way rule: what either side gets, what waits for a person, and what is recorded.

mod fields;
mod guards;
mod halves;
mod links;
mod meetings;
mod scopes;

use super::scene::Scene;
use crate::model::Value;
use crate::plan::Operation;
use crate::plan::planner::Planned;

fn priority_of_item(scene: Scene, id: u64, priority: i64) -> Scene {
    scene.edit_item(id, |item| {
        let field = "Microsoft.VSTS.Common.Priority".to_owned();
        item.fields.insert(field, Value::integer(priority));
    })
}

fn kinds(planned: &Planned) -> Vec<&'static str> {
    let kind = |operation: &Operation| match operation {
        Operation::CreateWorkItem { .. } => "create work item",
        Operation::CreateCase { .. } => "create case",
        Operation::UpdateWorkItem { .. } => "update work item",
        Operation::UpdateCase { .. } => "update case",
        Operation::Mark { .. } => "mark",
        Operation::Record { .. } => "record",
        Operation::Retire { .. } => "retire",
        Operation::Restore { .. } => "restore",
    };
    planned
        .steps
        .iter()
        .map(|step| kind(&step.operation))
        .collect()
}
