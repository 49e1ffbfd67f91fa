//! Laws of the planner over random scenes: the same inputs give the same bytes, in whatever order they
//! come (7); a rule the other way over mirrored data gives the mirrored plan (8); every selected item is
//! counted once (6).

use proptest::prelude::*;

use super::scene::{RULE, Scene, endpoints, name, two_way_rule};
use crate::model::config::{DeletedCase, DeletedWorkItem, MatchBy, Winner};
use crate::model::{
    Base, CaseId, Conflict, ConflictCause, ConflictChange, ConflictId, ConflictState, Link, LinkId,
    LinkState, MarkState, Sides, Subject, System, Take, Value, WorkItemId, azure_boards_mentions,
};
use crate::plan::{ItemKey, Operation, Planned, Step, WorkItemDeletion};

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

/// The scene after the store has learned what a plan has to say to it, and before any write.
fn after_records(mut scene: Scene, steps: &[Step]) -> Scene {
    for step in steps {
        let Operation::Record {
            pair,
            base,
            rev,
            state,
            conflicts,
        } = &step.operation
        else {
            continue;
        };
        let same = |link: &Link| (link.case, link.work_item) == (pair.case, pair.work_item);
        let mut known = scene.links.iter().chain(&scene.known.parted);
        let known = known.find(|link| same(link)).cloned();
        let mut link = known.unwrap_or_else(|| Link {
            id: LinkId(format!("made-{}-{}", pair.case, pair.work_item)),
            endpoints: endpoints(),
            case: pair.case,
            testworthy_project: pair.testworthy_project,
            work_item: pair.work_item,
            rule: step.rule.clone(),
            case_mark: MarkState::Missing,
            work_item_mark: MarkState::Missing,
            base: Base::default(),
            state: *state,
        });
        (link.rule, link.state) = (step.rule.clone(), *state);
        link.base.fields.extend(base.clone());
        link.base.rev = rev.or(link.base.rev);
        let case = scene.cases.get(&link.case);
        if case.is_some_and(|case| azure_boards_mentions(&case.refs).contains(&link.work_item)) {
            link.case_mark = MarkState::Written;
        }
        let item = scene.items.get(&link.work_item);
        let testworthy = &scene.connection.testworthy;
        if item.is_some_and(|item| testworthy.marked_cases(item).contains(&link.case)) {
            link.work_item_mark = MarkState::Written;
        }
        let queue = &mut scene.known.conflicts;
        for change in conflicts {
            match change {
                ConflictChange::Open(subject) => {
                    let of_pair =
                        |one: &Conflict| (one.case, one.work_item) == (pair.case, pair.work_item);
                    queue.retain(|one| !of_pair(one) || one.subject.row() != subject.row());
                    let id = queue.iter().map(|one| one.id.0).max().unwrap_or_default() + 1;
                    queue.push(Conflict {
                        id: ConflictId(id),
                        endpoints: endpoints(),
                        rule: step.rule.clone(),
                        case: pair.case,
                        work_item: pair.work_item,
                        subject: subject.clone(),
                        opened_at: jiff::Timestamp::UNIX_EPOCH,
                        state: ConflictState::Open,
                    });
                }
                ConflictChange::Close(id, _) => queue.retain(|one| one.id != *id),
                ConflictChange::Note(..) => {}
            }
        }
        scene.links.retain(|link| !same(link));
        scene.known.parted.retain(|link| !same(link));
        if *state == LinkState::Active {
            scene.links.push(link);
        } else {
            // What is open about a pair that is parted is over.
            queue.retain(|one| (one.case, one.work_item) != (pair.case, pair.work_item));
            scene.known.parted.push(link);
        }
    }
    scene
}

/// What a plan has to say to the store, but for the note of an edit that beat a deletion: that one goes
/// with its write.
fn records(planned: &Planned) -> Vec<&Step> {
    let says = |step: &&Step| match &step.operation {
        Operation::Record { conflicts, .. } => !conflicts
            .iter()
            .any(|change| matches!(change, ConflictChange::Note(..))),
        _ => false,
    };
    planned.steps.iter().filter(says).collect()
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
        selected in prop::option::of(prop::collection::vec(prop::bool::weighted(0.7), 16)),
        scopes in 0..4_u8,
        rows in prop::collection::vec(0..12_u8, 8),
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
        if let Some(selected) = selected {
            let ids = (1..=8).chain(101..=108).zip(selected);
            let ids = ids.filter(|(_, selected)| *selected).map(|(id, _)| id);
            scene.rules[0].selects = Some(ids.collect());
        }
        // A two-way rule may have a scope on one side only.
        match (both_ways.is_some(), scopes) {
            (true, 0) => scene.rules[0].rule.scope.azure_devops = None,
            (true, 1) => scene.rules[0].rule.scope.testworthy = None,
            _ => {}
        }
        // Fields beside the title: edited, cleared, without a base, or with one of another definition.
        for (id, what) in (1_u64..).zip(rows) {
            let priority = "Microsoft.VSTS.Common.Priority".to_owned();
            let smoke = "smoke".to_owned();
            let case = scene.cases.get_mut(&CaseId(id));
            let item = scene.items.get_mut(&WorkItemId(100 + id));
            let link = scene.links.iter_mut().find(|link| link.case == CaseId(id));
            match (what, case, item, link) {
                (0, Some(case), ..) => drop(case.fields.insert(smoke, Value::Boolean(true))),
                (1, _, Some(item), _) => item.tags.push(smoke),
                (2, _, Some(item), _) => drop(item.fields.insert(priority, Value::integer(1))),
                (3, _, Some(item), _) => drop(item.fields.insert(priority, Value::text("?"))),
                (4, _, Some(item), _) => drop(item.fields.remove("System.Title")),
                (5, .., Some(link)) => drop(link.base.fields.remove("priority")),
                (6, .., Some(link)) => {
                    if let Some(base) = link.base.fields.get_mut("title") {
                        base.row_digest = "before".to_owned();
                    }
                }
                _ => {}
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

    /// What was recorded is not recorded again, whatever became of the writes beside it.
    #[test]
    fn bookkeeping_settles_at_once(
        duos in prop::collection::vec(duo(), 1..8),
        winner in winner(),
        one_way in prop::option::of(any::<bool>()),
        policies in (0..5_usize, 0..4_usize),
        confirmed in any::<bool>(),
        known in prop::collection::vec((0..4_u8, 0..4_u8, 0..4_u8, 0..3_u8), 8),
        without_base in prop::collection::vec(any::<bool>(), 8),
        parted in prop::collection::vec((prop::bool::weighted(0.3), prop::bool::weighted(0.8)), 8),
        selected in prop::option::of(prop::collection::vec(any::<bool>(), 16)),
    ) {
        let mut scene = staged_both_ways(&duos, winner);
        if let Some(toward_testworthy) = one_way {
            let target = if toward_testworthy { System::TestWorthy } else { System::AzureDevOps };
            scene = staged(&duos, target);
        }
        let when = &mut scene.rules[0].rule.when_deleted;
        when.testworthy = [
            DeletedCase::Ask,
            DeletedCase::Close,
            DeletedCase::Recycle,
            DeletedCase::Recreate,
            DeletedCase::Unlink,
        ][policies.0];
        when.azure_devops = [
            DeletedWorkItem::Ask,
            DeletedWorkItem::Disable,
            DeletedWorkItem::Recreate,
            DeletedWorkItem::Unlink,
        ][policies.1];
        if confirmed {
            for id in 1..=duos.len() as u64 {
                if !scene.cases.contains_key(&CaseId(id)) {
                    scene.deleted_cases.insert(CaseId(id));
                }
                let item = WorkItemId(100 + id);
                if !scene.items.contains_key(&item) {
                    scene.deleted_items.insert(item, WorkItemDeletion::Told);
                }
            }
        }
        for (link, bare) in scene.links.iter_mut().zip(without_base) {
            if bare {
                link.base.fields.clear();
            }
        }
        for (id, (kind, left, right, decided)) in (1_u64..).zip(known) {
            let title = |of: u8| Value::text(format!("Title {of}"));
            let subject = match kind {
                0 => Subject::Field {
                    row: "title".to_owned(),
                    cause: ConflictCause::FirstSync,
                    base: None,
                    now: Sides { testworthy: title(left), azure_devops: title(right) },
                    sensitive: false,
                },
                1 => Subject::Deleted { side: System::TestWorthy, edited: left > 1 },
                2 => Subject::Deleted { side: System::AzureDevOps, edited: left > 1 },
                _ => continue,
            };
            scene = scene.conflict(id, 100 + id, subject.clone());
            let takes = [Take::TestWorthy, Take::AzureDevOps, Take::Delete, Take::Keep];
            let take = takes[usize::from(right)];
            if decided == 0 && take.fits(&subject) {
                scene = scene.decided(take);
            }
        }
        for (id, (is_parted, ended)) in (1_u64..).zip(parted) {
            let at = scene.links.iter().position(|link| link.case == CaseId(id));
            if let (true, Some(at)) = (is_parted, at) {
                let link = scene.links.remove(at);
                scene.links.push(link);
                scene = scene.parted(if ended { LinkState::Ended } else { LinkState::Unlinked });
                let pair = (CaseId(id), WorkItemId(100 + id));
                scene.known.conflicts.retain(|one| (one.case, one.work_item) != pair);
            }
        }
        if let Some(selected) = selected {
            let ids = (1..=8).chain(101..=108).zip(selected);
            let ids = ids.filter(|(_, selected)| *selected).map(|(id, _)| id);
            scene.rules[0].selects = Some(ids.collect());
        }
        let first = scene.plan();
        let scene = after_records(scene, &first.steps);
        let second = scene.plan();
        prop_assert!(records(&second).is_empty(), "{:#?}", records(&second));
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
