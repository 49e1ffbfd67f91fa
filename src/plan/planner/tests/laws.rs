//! Laws of the planner over random scenes: the same inputs give the same bytes, in whatever order they
//! come (7); a rule the other way over mirrored data gives the mirrored plan (8); every selected item is
//! counted once (6).

use proptest::prelude::*;

use super::scene::{RULE, Scene, name, two_way_rule};
use crate::model::config::{MatchBy, Winner};
use crate::model::{CaseId, LinkState, MarkState, Subject, System, Value};
use crate::plan::{ItemKey, Operation, Planned};

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

/// The duos as a two-way rule sees them: `source` is the case's side, `target` the work item's, and
/// `target_exists` says which side, if any, lacks its item.
fn staged_both_ways(duos: &[Duo], winner: Winner) -> Scene {
    let mut scene = staged(duos, System::AzureDevOps);
    scene.rules[0].rule = two_way_rule(RULE);
    scene.rules[0].rule.first_sync = winner;
    scene.rules[0].rule.conflicts.default = Some(winner);
    scene
}

/// The same with the sides changed: each item holds what the other one held, and is there if it was.
fn mirrored(mut scene: Scene) -> Scene {
    let title = |text: &str| Value::text(text);
    let swapped = |winner| match winner {
        Winner::TestWorthy => Winner::AzureDevOps,
        Winner::AzureDevOps => Winner::TestWorthy,
        other => other,
    };
    let rule = &mut scene.rules[0].rule;
    rule.first_sync = swapped(rule.first_sync);
    rule.conflicts.default = rule.conflicts.default.map(swapped);
    let ids: Vec<u64> = (1..100)
        .filter(|id| {
            let item = crate::model::WorkItemId(100 + id);
            scene.cases.contains_key(&CaseId(*id)) || scene.items.contains_key(&item)
        })
        .collect();
    for id in ids {
        let (case, item) = (CaseId(id), crate::model::WorkItemId(100 + id));
        let left = scene.cases.get(&case).map(|case| case.title().to_owned());
        let right = scene.items.get(&item).map(|item| item.title().to_owned());
        let linked = scene.links.iter().any(|link| link.case == case);
        match (left, right) {
            (Some(left), Some(right)) => {
                scene = scene.edit_case(id, |case| {
                    case.fields.insert("title".to_owned(), title(&right));
                });
                let item = scene.items.get_mut(&item).unwrap();
                item.fields.insert("System.Title".to_owned(), title(&left));
            }
            (Some(left), None) => {
                scene.cases.remove(&case);
                scene = if linked {
                    scene.marked_item(100 + id, &left, &[id])
                } else {
                    scene.item(100 + id, &left)
                };
            }
            (None, Some(right)) => {
                scene.items.remove(&item);
                let mention = format!("AB#{}", item.0);
                let refs: &[&str] = if linked { &[&mention] } else { &[] };
                scene = scene.case(id, &right, refs);
            }
            (None, None) => {}
        }
    }
    scene
}

/// What a plan does to the title of each side and what it tells, without the names of the systems where
/// `flip` says that they changed places.
fn told_by_side(planned: &Planned, flip: bool) -> Vec<String> {
    let plan = &planned.plan;
    let id = |address: &str| address.rsplit('/').next().unwrap().parse::<u64>().unwrap() % 100;
    let side = |system: System| if flip { system.other() } else { system };
    let changes = plan.changes.iter().flat_map(|change| {
        let titles = change
            .fields
            .iter()
            .filter(|field| ["title", "System.Title"].contains(&field.path.as_str()));
        titles.map(move |field| {
            let on = side(change.system);
            let which = id(&change.address);
            format!(
                "{which} {:?} {:?} on {on:?}: {:?} -> {:?}",
                change.action, change.reason, field.before, field.after
            )
        })
    });
    let conflicts = plan.conflicts.iter().map(|conflict| {
        let values = conflict.values.as_ref().map(|values| {
            let both = (values.testworthy.clone(), values.azure_devops.clone());
            if flip { (both.1, both.0) } else { both }
        });
        format!("{} {} {values:?}", id(&conflict.address), conflict.code)
    });
    let findings = plan
        .findings
        .iter()
        .map(|one| format!("{} {}", id(&one.address), one.code));
    let mut all: Vec<String> = changes.chain(conflicts).chain(findings).collect();
    all.sort();
    all.push(format!("{:?}", plan.summary));
    all
}

fn winner() -> impl Strategy<Value = Winner> {
    prop_oneof![
        Just(Winner::Manual),
        Just(Winner::TestWorthy),
        Just(Winner::AzureDevOps),
        Just(Winner::Merge),
        Just(Winner::Latest),
    ]
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
    fn the_mirrored_two_way_scene_has_the_mirrored_plan(
        duos in prop::collection::vec(duo(), 0..6),
        winner in winner(),
    ) {
        // A mark that is owed is each side's own.
        let duos: Vec<Duo> = duos
            .into_iter()
            .map(|duo| Duo { source_mark_missing: false, ..duo })
            .collect();
        // Which case of two that change titles names the pair differs.
        let by_marks = || staged_both_ways(&duos, winner).matching(&[MatchBy::Marker, MatchBy::Id]);
        let there = by_marks().plan();
        let back = mirrored(by_marks()).plan();
        prop_assert_eq!(told_by_side(&there, false), told_by_side(&back, true));
    }

    #[test]
    fn every_item_of_a_two_way_rule_is_counted_once(
        duos in prop::collection::vec(duo(), 0..8),
        winner in winner(),
    ) {
        let scene = staged_both_ways(&duos, winner);
        let planned = scene.plan();
        let ends = |duo: &Duo| {
            let apart = duo.base.is_none() && duo.target_exists && !duo.named;
            // Items that share their title with no other one are recognised by it.
            if apart { 2 } else { 1 }
        };
        let most: u64 = duos.iter().map(ends).sum();
        prop_assert!(planned.plan.summary.selected() <= most);
        prop_assert!(planned.plan.summary.selected() >= duos.len() as u64);
        for (index, step) in planned.steps.iter().filter(|step| step.change.is_some()).enumerate() {
            prop_assert_eq!(step.change, Some(index));
            prop_assert_eq!(&planned.plan.changes[index].address, &step.address);
        }
        // No edit is written over without a record of it, and never both sides of a row by one edit.
        for step in &planned.steps {
            if let Operation::UpdateWorkItem { halves, .. } | Operation::UpdateCase { halves, .. } =
                &step.operation
            {
                prop_assert!(halves.is_empty(), "titles do not merge");
            }
        }
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
        both_ways in prop::option::of(winner()),
        open in prop::collection::vec(prop::bool::weighted(0.1), 8),
        set_back in prop::collection::vec(prop::bool::weighted(0.1), 8),
        parted in prop::collection::vec((prop::bool::weighted(0.1), any::<bool>()), 8),
    ) {
        let target = if toward_testworthy { System::TestWorthy } else { System::AzureDevOps };
        let mut scene = match both_ways {
            Some(winner) => staged_both_ways(&duos, winner),
            None => staged(&duos, target),
        };
        for (id, _) in (1_u64..).zip(open).filter(|(_, open)| *open) {
            let side = System::AzureDevOps;
            scene = scene.conflict(id, 100 + id, Subject::Deleted { side, edited: false });
        }
        for (id, _) in (101_u64..).zip(set_back).filter(|(_, is)| *is) {
            if let Some(item) = scene.items.get_mut(&crate::model::WorkItemId(id)) {
                item.rev = crate::model::Rev(2);
            }
        }
        for (id, (is_parted, ended)) in (1_u64..).zip(parted) {
            let at = scene.links.iter().position(|link| link.case == CaseId(id));
            if let (true, Some(at)) = (is_parted, at) {
                let link = scene.links.remove(at);
                scene.links.push(link);
                let state = if ended { LinkState::Ended } else { LinkState::Unlinked };
                scene = scene.parted(state);
            }
        }
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
