//! Laws of the planner over random scenes: the same inputs give the same bytes, in whatever order they
//! come (7); a rule the other way over mirrored data gives the mirrored plan (8); every selected item is
//! counted once (6).

use proptest::prelude::*;

use super::scene::{Scene, name};
use crate::model::{MarkState, System};
use crate::plan::Planned;

/// What the two sides hold of one pair, told without saying which side is which system.
#[derive(Clone, Debug)]
struct Duo {
    source: u8,
    target: u8,
    /// Titles when they were last in accord, if they are linked.
    base: Option<u8>,
    /// Whether the target is there.
    target_exists: bool,
    /// Whether the case's references name the work item.
    named: bool,
    source_mark_missing: bool,
}

fn duo() -> impl Strategy<Value = Duo> {
    (
        0..4_u8,
        0..4_u8,
        proptest::option::of(0..4_u8),
        prop::bool::weighted(0.8),
        any::<bool>(),
        any::<bool>(),
    )
        .prop_map(
            |(source, target, base, target_exists, named, source_mark_missing)| Duo {
                source,
                target,
                base,
                target_exists,
                named,
                source_mark_missing,
            },
        )
}

/// The duos as a rule towards `target` sees them. Cases are numbered from 1, work items from 101.
fn staged(duos: &[Duo], target: System) -> Scene {
    let mut scene = Scene::new(target);
    for (number, duo) in (1_u64..).zip(duos) {
        let (case, item) = (number, 100 + number);
        let title = |of: u8| format!("Title {of}");
        let (case_title, item_title, case_exists, item_exists) = match target {
            System::AzureDevOps => (duo.source, duo.target, true, duo.target_exists),
            System::TestWorthy => (duo.target, duo.source, duo.target_exists, true),
        };
        let mention = format!("AB#{item}");
        let linked = duo.base.is_some();
        let refs: Vec<&str> = if duo.named || linked {
            vec![&mention]
        } else {
            Vec::new()
        };
        // The base is what both hold while the link is made; then they get their own titles.
        let first = duo.base.unwrap_or_default();
        scene = scene.case(case, &title(first), &refs);
        scene = if linked {
            scene
                .marked_item(item, &title(first), &[case])
                .linked(case, item)
        } else {
            scene.item(item, &title(first))
        };
        scene = scene
            .retitle_case(case, &title(case_title))
            .retitle_item(item, &title(item_title));
        if !case_exists {
            scene.cases.remove(&crate::model::CaseId(case));
        }
        if !item_exists {
            scene.items.remove(&crate::model::WorkItemId(item));
        }
        if linked && duo.source_mark_missing {
            let link = scene.links.last_mut().unwrap();
            match target {
                System::AzureDevOps => link.case_mark = MarkState::Missing,
                System::TestWorthy => link.work_item_mark = MarkState::Missing,
            }
        }
    }
    scene
}

/// A plan without the names of the systems: the row's own words and the numbers of the duos.
fn unnamed(planned: &Planned) -> Vec<String> {
    let bare = |text: &str| {
        text.replace("System.Title", "title")
            .replace("Microsoft.VSTS.Common.Priority", "priority")
    };
    let which = |address: &str| {
        let id: u64 = address.rsplit('/').next().unwrap().parse().unwrap();
        id % 100
    };
    let plan = &planned.plan;
    let changes = plan.changes.iter().map(|change| {
        // Constants, the place of a new item and marks are each side's own.
        let shared = ["title", "priority"];
        let fields: Vec<String> = change
            .fields
            .iter()
            .map(|field| (bare(&field.path), &field.before, &field.after))
            .filter(|(path, ..)| shared.contains(&path.as_str()))
            .map(|(path, before, after)| format!("{path}: {before:?} -> {after:?}"))
            .collect();
        let which = which(&change.address);
        format!(
            "{which} {:?} {:?} {fields:?} {}",
            change.action, change.reason, change.item.title
        )
    });
    let findings = plan
        .findings
        .iter()
        .map(|f| format!("{} {}", which(&f.address), f.code));
    let summary = std::iter::once(format!("{:?}", plan.summary));
    changes.chain(findings).chain(summary).collect()
}

fn bytes(planned: &Planned) -> String {
    format!(
        "{}\n{:?}",
        serde_json::to_string(&planned.plan).unwrap(),
        planned.steps
    )
}

proptest! {
    #[test]
    fn the_mirrored_scene_has_the_mirrored_plan(duos in prop::collection::vec(duo(), 0..6)) {
        let there = staged(&duos, System::AzureDevOps).plan();
        let back = staged(&duos, System::TestWorthy).plan();
        prop_assert_eq!(unnamed(&there), unnamed(&back));
    }

    #[test]
    fn every_selected_item_is_counted_once(duos in prop::collection::vec(duo(), 0..8)) {
        for target in [System::AzureDevOps, System::TestWorthy] {
            let planned = staged(&duos, target).plan();
            prop_assert_eq!(planned.plan.summary.selected(), duos.len() as u64);
            let stepped = planned.steps.iter().filter(|step| step.change.is_some()).count();
            prop_assert_eq!(stepped as u64, planned.plan.summary.planned());
            for (index, step) in planned.steps.iter().filter(|step| step.change.is_some()).enumerate() {
                prop_assert_eq!(step.change, Some(index));
                prop_assert_eq!(&planned.plan.changes[index].address, &step.address);
            }
        }
    }

    #[test]
    fn the_order_of_the_inputs_does_not_show(
        duos in prop::collection::vec(duo(), 0..6),
        owners in prop::collection::vec(0..4_usize, 6),
        reversed in any::<bool>(),
        order in Just(vec![0_usize, 1, 2]).prop_shuffle(),
    ) {
        let mut scene = staged(&duos, System::AzureDevOps)
            .with_rule("a-rule", System::TestWorthy)
            .with_rule("z-rule", System::AzureDevOps);
        for (link, owner) in scene.links.iter_mut().zip(owners) {
            link.rule = name(["cases", "a-rule", "z-rule", "removed"][owner]);
        }
        let one = scene.plan();
        prop_assert_eq!(bytes(&one), bytes(&scene.plan()));
        if reversed {
            scene.links.reverse();
        }
        prop_assert_eq!(bytes(&one), bytes(&scene.plan_in_order(&order)));
    }
}
