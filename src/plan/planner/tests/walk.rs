//! States that take several writes: what the plan says of them, and that a walk which is cut anywhere is
//! taken up by the next plan.

use proptest::prelude::*;

use super::scene::{RULE, Scene, endpoints, name, told};
use crate::model::config::DriftPolicy;
use crate::model::{
    Base, BaseField, CaseId, Link, LinkId, MarkState, Marker, Rev, System, Value, WorkItem,
    WorkItemId,
};
use crate::plan::{ItemKey, Operation};

const STATE: &str = "System.State";

fn walking() -> Scene {
    Scene {
        walks: true,
        ..Scene::cases_to_items()
    }
}

fn disable(scene: Scene, disabled: bool) -> Scene {
    scene.edit_case(1, |case| {
        case.fields
            .insert("disabled".to_owned(), Value::Boolean(disabled));
    })
}

fn put_state(scene: Scene, state: &str) -> Scene {
    scene.edit_item(5, |item| {
        item.fields.insert(STATE.to_owned(), Value::text(state));
    })
}

/// A linked pair, enabled and in `Design`.
fn pair() -> Scene {
    let mut scene = walking()
        .case(1, "Pay", &["AB#5"])
        .marked_item(5, "Pay", &[1]);
    scene = put_state(disable(scene, false), "Design");
    scene.linked(1, 5)
}

fn state(scene: &Scene) -> &str {
    let item = scene.items.values().next().unwrap();
    item.fields.get(STATE).and_then(Value::as_text).unwrap()
}

#[test]
fn the_plan_shows_the_states_between() {
    let planned = disable(pair(), true).plan();
    assert_eq!(
        told(&planned),
        ["Update 1 5 for SourceChanged [System.State]"]
    );
    let field = &planned.plan.changes[0].fields[0];
    assert_eq!(field.before, Some("Design".into()));
    assert_eq!(field.after, Some("Closed".into()));
    assert_eq!(field.via, ["Ready"]);
    let Operation::UpdateWorkItem { patch, walk, .. } = &planned.steps[0].operation else {
        panic!("{:?}", planned.steps)
    };
    assert_eq!(patch.fields[STATE], Value::text("Ready"));
    let walk = walk.as_ref().unwrap();
    assert_eq!(walk.hops[0].state, "Closed");
    assert_eq!(walk.hops[0].reason.as_deref(), Some("Obsolete"));
}

#[test]
fn the_way_is_part_of_the_plan_id() {
    let plan = disable(pair(), true).plan().plan;
    let mut straight = plan.clone();
    straight.changes[0].fields[0].via.clear();
    assert_ne!(crate::plan::id::plan_id(&straight), plan.plan_id);
    assert_eq!(crate::plan::id::plan_id(&plan), plan.plan_id);
}

#[test]
fn a_new_item_is_created_in_an_initial_state_and_walks_on() {
    let planned = disable(walking().case(1, "Pay", &[]), true).plan();
    let Operation::CreateWorkItem { draft, walk, .. } = &planned.steps[0].operation else {
        panic!("{:?}", planned.steps)
    };
    assert_eq!(draft.fields[STATE], Value::text("Design"));
    let states: Vec<&str> = walk
        .iter()
        .flat_map(|w| &w.hops)
        .map(|h| h.state.as_str())
        .collect();
    assert_eq!(states, ["Ready", "Closed"]);
    let fields = &planned.plan.changes[0].fields;
    let field = fields.iter().find(|field| field.path == STATE).unwrap();
    assert_eq!(field.via, ["Design", "Ready"]);
    assert_eq!(field.after, Some("Closed".into()));
}

#[test]
fn a_state_that_cannot_be_reached_holds_its_field_only() {
    let scene = disable(pair(), true).retitle_case(1, "Card");
    let planned = put_state(scene, "Removed").plan();
    assert_eq!(
        told(&planned),
        [
            "Update 1 5 for SourceChanged [System.Title]",
            "state-blocked SyncRule/cases/case/1"
        ]
    );
    let Operation::UpdateWorkItem { patch, walk, .. } = &planned.steps[0].operation else {
        panic!("{:?}", planned.steps)
    };
    assert!(!patch.fields.contains_key(STATE) && walk.is_none());
}

#[test]
fn what_is_left_of_a_walk_has_the_digest_of_the_plan_from_there() {
    for case_only in [false, true] {
        let mut scene = if case_only {
            disable(walking().case(1, "Pay", &[]), true)
        } else {
            disable(pair(), true).retitle_case(1, "Card")
        };
        let mut operation = scene.plan().steps[0].operation.clone();
        loop {
            let (item, link) = carry_out(&mut scene, &operation);
            keep(&mut scene, &operation, &item, &link);
            let Some(rest) = operation.rest(link, &item) else {
                break;
            };
            let again = scene.plan().steps[0].operation.clone();
            assert_eq!(again.payload_digest(), rest.payload_digest());
            operation = rest;
        }
        assert_eq!(state(&scene), "Closed");
        assert_eq!(told(&scene.plan()), [""; 0]);
    }
}

/// What the server does with an operation.
fn carry_out(scene: &mut Scene, operation: &Operation) -> (WorkItem, LinkId) {
    let (id, fields, tags, marker) = match operation {
        Operation::CreateWorkItem { draft, .. } => {
            *scene = std::mem::replace(scene, Scene::cases_to_items()).item(5, "");
            let item = scene.items.get_mut(&WorkItemId(5)).unwrap();
            item.rev = Rev(0);
            let tags = Some(draft.tags.clone());
            (
                WorkItemId(5),
                draft.fields.clone(),
                tags,
                Some(draft.marker.clone()),
            )
        }
        Operation::UpdateWorkItem {
            pair, rev, patch, ..
        } => {
            assert_eq!(scene.items[&pair.work_item].rev, *rev);
            let marker = patch.add_marker.clone();
            (
                pair.work_item,
                patch.fields.clone(),
                patch.tags.clone(),
                marker,
            )
        }
        other => panic!("{other:?}"),
    };
    let item = scene.items.get_mut(&id).unwrap();
    item.rev = Rev(item.rev.0 + 1);
    let from = item
        .fields
        .get(STATE)
        .and_then(Value::as_text)
        .unwrap_or("")
        .to_owned();
    if let Some(to) = fields.get(STATE).and_then(Value::as_text) {
        let open: &[&str] = match from.as_str() {
            "" => &["Design"],
            "Design" | "Closed" => &["Ready"],
            _ => &["Closed", "Design"],
        };
        assert!(open.contains(&to), "{from} -> {to}");
    }
    item.fields.extend(fields);
    if let Some(tags) = tags {
        item.tags = tags;
    }
    item.relations
        .extend(marker.as_ref().map(Marker::to_relation));
    (item.clone(), LinkId("link".to_owned()))
}

/// What the executor records of it.
fn keep(scene: &mut Scene, operation: &Operation, item: &WorkItem, link: &LinkId) {
    let mapping = scene.mapping(System::AzureDevOps);
    let (Operation::CreateWorkItem { source, .. } | Operation::UpdateWorkItem { source, .. }) =
        operation
    else {
        panic!("{operation:?}")
    };
    know(scene, link);
    let base = &mut scene.links[0].base;
    for (row, from) in source {
        let row = mapping.row(row).unwrap();
        let azure_devops = row.read_work_item(item).unwrap();
        let goes_on = operation
            .walk()
            .is_some_and(|walk| walk.rows.iter().any(|name| name == row.name()));
        let field = if goes_on {
            BaseField::under_way(azure_devops)
        } else {
            BaseField {
                testworthy: from.clone(),
                azure_devops,
                row_digest: row.digest().to_owned(),
            }
        };
        base.fields.insert(row.name().to_owned(), field);
    }
    base.rev = Some(item.rev);
}

/// The link of the pair, if there is none yet.
fn know(scene: &mut Scene, link: &LinkId) {
    if scene.links.is_empty() {
        scene.links.push(Link {
            state: crate::model::LinkState::Active,
            id: link.clone(),
            endpoints: endpoints(),
            case: CaseId(1),
            testworthy_project: Some(7),
            work_item: WorkItemId(5),
            rule: name(RULE),
            case_mark: MarkState::Written,
            work_item_mark: MarkState::Written,
            base: Base::default(),
        });
    }
}

/// Carries out what the plan says, up to `cut` writes; the last of them is recorded or not.
fn apply(scene: &mut Scene, cut: usize, recorded: bool) {
    let planned = scene.plan();
    let mut left = cut;
    for step in &planned.steps {
        let mut next = Some(step.operation.clone());
        while let Some(operation) = next.take() {
            if let Operation::Record { base, .. } = &operation {
                know(scene, &LinkId("link".to_owned()));
                let fields = &mut scene.links[0].base.fields;
                fields.extend(base.iter().map(|(row, field)| (row.clone(), field.clone())));
                break;
            }
            if left == 0 {
                return;
            }
            left -= 1;
            let (item, link) = carry_out(scene, &operation);
            if left > 0 || recorded {
                keep(scene, &operation, &item, &link);
            }
            next = operation.rest(link, &item);
        }
    }
}

#[derive(Clone, Debug)]
enum Event {
    /// A run that is killed after so many writes.
    Killed {
        writes: usize,
        recorded: bool,
    },
    Disable(bool),
    Edit(&'static str),
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        3 => (0..3_usize, any::<bool>()).prop_map(|(writes, recorded)| Event::Killed { writes, recorded }),
        2 => any::<bool>().prop_map(Event::Disable),
        1 => proptest::sample::select(vec!["Design", "Ready", "Closed"]).prop_map(Event::Edit),
    ]
}

proptest! {
    /// Whatever was cut, recorded, edited on either side before: one run that is not disturbed brings
    /// both sides into accord, and a plan after it is empty.
    #[test]
    fn a_walk_that_was_cut_anywhere_is_finished_by_the_next_run(
        exists in any::<bool>(),
        events in prop::collection::vec(event(), 0..8),
    ) {
        let mut scene = if exists { pair() } else { disable(walking().case(1, "Pay", &[]), true) };
        for event in events {
            match event {
                Event::Killed { writes, recorded } => apply(&mut scene, writes, recorded),
                Event::Disable(disabled) => scene = disable(scene, disabled),
                Event::Edit(state) if !scene.items.is_empty() => scene = put_state(scene, state),
                Event::Edit(_) => {}
            }
        }
        apply(&mut scene, usize::MAX, true);
        // A create that was not recorded is found by its marker first.
        apply(&mut scene, usize::MAX, true);
        let planned = scene.plan();
        prop_assert_eq!(told(&planned), [""; 0]);
        prop_assert!(planned.steps.is_empty(), "{:?}", planned.steps);
        let disabled = scene.cases[&CaseId(1)].fields.get("disabled") == Some(&Value::Boolean(true));
        if disabled {
            prop_assert_eq!(state(&scene), "Closed");
        } else {
            prop_assert_ne!(state(&scene), "Closed");
        }
    }

    /// The same where edits on the target are only reported: what was begun is not one of them.
    #[test]
    fn a_recorded_walk_goes_on_whatever_drift_says(cut in 1..3_usize, back in any::<bool>()) {
        let mut scene = disable(pair(), true);
        scene.rules[0].rule.drift = DriftPolicy::Report;
        apply(&mut scene, cut, true);
        if back {
            scene = disable(scene, false);
        }
        apply(&mut scene, usize::MAX, true);
        prop_assert_eq!(told(&scene.plan()), [""; 0]);
        let expected = if back { ["Design", "Ready"] } else { ["Closed", "Closed"] };
        prop_assert!(expected.contains(&state(&scene)), "{}", state(&scene));
    }
}

#[test]
fn a_refused_step_waits_in_quarantine_until_something_changes() {
    let mut scene = disable(pair(), true);
    let first = scene.plan().steps[0].operation.clone();
    let (item, link) = carry_out(&mut scene, &first);
    keep(&mut scene, &first, &item, &link);
    let refused = first.rest(link, &item).unwrap();
    scene.refused(ItemKey::Case(CaseId(1)), Some(refused.payload_digest()));
    let planned = scene.plan();
    assert_eq!(told(&planned), ["quarantined SyncRule/cases/case/1"]);
    assert_eq!(planned.plan.summary.quarantined, 1);
    let mended = scene.edit_item(5, |item| {
        item.fields
            .insert("Custom.Notes".to_owned(), Value::text("filled in"));
    });
    assert_eq!(mended.plan().plan.summary.update, 1);
}
