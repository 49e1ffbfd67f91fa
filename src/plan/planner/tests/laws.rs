//! Laws of the planner over random scenes: the same inputs give the same bytes, in whatever order they
//! come (7); a rule the other way over mirrored data gives the mirrored plan (8); every selected item is
//! counted once (6).

use proptest::prelude::*;

use super::scene::{Scene, name};
use crate::model::{CaseId, MarkState, System};
use crate::plan::{ItemKey, Planned};

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

/// Mostly linked, mostly in accord.
fn quiet_duo() -> impl Strategy<Value = Duo> {
    let quiet = (0..4_u8).prop_map(|title| Duo {
        source: title,
        target: title,
        base: Some(title),
        target_exists: true,
        named: true,
        source_mark_missing: false,
    });
    prop_oneof![4 => quiet, 1 => duo()]
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

    /// What keeps large plans small changes nothing: pairs that were compared while they were read and
    /// dropped leave the same plan as if they were there. Most pairs of these scenes are unchanged, some
    /// wait or are in quarantine, some are selected by a second rule, some are named by strangers.
    #[test]
    fn dropping_unchanged_pairs_changes_no_byte(
        duos in prop::collection::vec(quiet_duo(), 0..8),
        toward_testworthy in any::<bool>(),
        owners in prop::collection::vec(0..4_usize, 8),
        waiting in prop::collection::vec(prop::bool::weighted(0.1), 8),
        refused in prop::collection::vec(prop::bool::weighted(0.1), 8),
        copies in prop::collection::vec((0..8_u64, prop::bool::weighted(0.2)), 8),
        second in prop::option::of(any::<bool>()),
        incomplete in prop::bool::weighted(0.1),
    ) {
        let target = if toward_testworthy { System::TestWorthy } else { System::AzureDevOps };
        let mut scene = staged(&duos, target);
        for (copy, (original, is_there)) in (0_u64..).zip(copies) {
            if is_there {
                // A copied case keeps the reference of its original; a stray item carries its marker.
                let mention = format!("AB#{}", 101 + original);
                scene = scene
                    .case(51 + copy, &format!("Title {}", copy % 4), &[&mention])
                    .marked_item(171 + copy, &format!("Title {}", copy % 3), &[original + 1]);
            }
        }
        if let Some(same_way) = second {
            let way = if same_way { target } else { target.other() };
            scene = scene.with_rule("a-rule", way).with_rule("z-rule", way);
            for (link, owner) in scene.links.iter_mut().zip(owners) {
                link.rule = name(["cases", "cases", "a-rule", "removed"][owner]);
            }
        }
        for (number, _) in waiting.iter().enumerate().filter(|(_, waits)| **waits) {
            scene.rules[0].settling.insert(ItemKey::Case(CaseId(number as u64 + 1)));
        }
        for (number, _) in refused.iter().enumerate().filter(|(_, refused)| **refused) {
            scene.refused(ItemKey::Case(CaseId(number as u64 + 1)), None);
        }
        scene.rules[0].incomplete = incomplete.then(|| "a page is missing".to_owned());
        prop_assert_eq!(bytes(&scene.plan()), bytes(&scene.plan_without_unchanged()));
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
