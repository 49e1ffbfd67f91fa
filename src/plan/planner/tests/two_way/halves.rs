//! Merges: both sides get their half, and a half that was written alone is owed by the other side.

use super::kinds;
use crate::model::config::Winner;
use crate::model::{BaseField, ConflictChange, ConflictId, System, Take, Value};
use crate::plan::planner::tests::scene::{Scene, told};
use crate::plan::{Operation, Reason};

/// A pair whose references both sides added to: R-2 in TestWorthy, R-3 in Azure DevOps.
fn both_added(winner: Winner) -> Scene {
    let mut scene = Scene::two_way().ruling(|rule| rule.conflicts.default = Some(winner));
    scene.has_refs = true;
    let scene = scene
        .case(1, "Pay", &["AB#5", "R-1"])
        .marked_item(5, "Pay", &[1])
        .edit_item(5, |item| item.tags.push("ref:R-1".to_owned()))
        .linked(1, 5);
    scene
        .edit_case(1, |case| case.refs.push("R-2".to_owned()))
        .edit_item(5, |item| item.tags.push("ref:R-3".to_owned()))
}

fn refs(members: &[&str]) -> Value {
    Value::Set(members.iter().map(|one| (*one).to_owned()).collect())
}

#[test]
fn a_merge_gives_both_sides_their_half() {
    let planned = both_added(Winner::Merge).plan();
    assert_eq!(kinds(&planned), ["update work item", "update case"]);
    assert_eq!(planned.plan.summary.update, 1);
    let halves: Vec<_> = planned
        .steps
        .iter()
        .map(|step| match &step.operation {
            Operation::UpdateWorkItem {
                halves,
                source,
                overwrites,
                ..
            }
            | Operation::UpdateCase {
                halves,
                source,
                overwrites,
                ..
            } => {
                assert!(halves.contains("refs"));
                assert!(overwrites.is_empty(), "nothing is lost");
                source["refs"].clone()
            }
            other => panic!("{other:?}"),
        })
        .collect();
    for change in &planned.plan.changes {
        assert_eq!(change.reason, Reason::Merged, "neither side is right alone");
    }
    let now = planned.plan.changes.iter().map(|change| change.system);
    assert_eq!(
        now.collect::<Vec<_>>(),
        [System::AzureDevOps, System::TestWorthy]
    );
    assert_eq!(halves[0], refs(&["R-1", "R-2"]), "what the case holds");
    assert_ne!(halves[0], halves[1]);
    let Operation::UpdateCase { patch, .. } = &planned.steps[1].operation else {
        panic!("{:?}", planned.steps)
    };
    let mut written = patch.refs.clone().unwrap();
    written.sort();
    assert_eq!(written, ["AB#5", "R-1", "R-2", "R-3"]);
}

#[test]
fn a_merge_that_was_decided_is_done_with_by_both_halves() {
    let scene = both_added(Winner::Manual);
    let open = scene.plan();
    let Operation::Record { conflicts, .. } = &open.steps[0].operation else {
        panic!("{:?}", open.steps)
    };
    let [ConflictChange::Open(subject)] = &conflicts[..] else {
        panic!("{conflicts:?}")
    };
    let decided = scene.conflict(1, 5, subject.clone()).decided(Take::Merged);
    let planned = decided.plan();
    assert_eq!(kinds(&planned), ["update work item", "update case"]);
    for step in &planned.steps {
        assert_eq!(step.resolves, [ConflictId(1)]);
    }
}

#[test]
fn a_half_of_a_merge_that_was_written_alone_owes_the_other() {
    let mut scene = both_added(Winner::Merge);
    let base = &mut scene.links[0].base.fields;
    // The work item got its half: the base is the value that was merged, and the old one of its own.
    base.get_mut("refs").unwrap().testworthy = refs(&["R-1", "R-2"]);
    let scene = scene.edit_item(5, |item| item.tags.push("ref:R-2".to_owned()));
    let planned = scene.plan();
    assert_eq!(kinds(&planned), ["update case"]);
    let Operation::UpdateCase { patch, halves, .. } = &planned.steps[0].operation else {
        panic!("{:?}", planned.steps)
    };
    assert!(halves.is_empty());
    assert_eq!(patch.refs.as_ref().unwrap().len(), 4);
}

#[test]
fn a_half_that_was_written_alone_is_owed_by_the_other_side() {
    // The work item got the merged value; the base holds it on the other side's part as it was merged.
    let mut scene = Scene::two_way().pair(1, 5, "Pay").retitle_item(5, "Merged");
    let base = &mut scene.links[0].base.fields;
    let row_digest = base["title"].row_digest.clone();
    let owed = BaseField {
        testworthy: Value::text("Pay"),
        azure_devops: Value::text("Pay"),
        row_digest,
    };
    base.insert("title".to_owned(), owed);
    let planned = scene.plan();
    assert_eq!(told(&planned), ["Update 1 5 for SourceChanged [title]"]);
}
