//! Pairs of a two-way rule: what either side gets, what waits for a person, and what is recorded.

use super::scene::{RULE, Scene, name, told};
use crate::model::config::{MatchBy, Winner};
use crate::model::{
    BaseField, CaseId, ConflictChange, ConflictId, LinkState, MarkState, Repetition, System, Take,
    Value, WorkItemId, digest_of,
};
use crate::plan::planner::Planned;
use crate::plan::{ItemKey, Operation, Precondition, Reason, SafetyVerdict};

fn priority_of_case(scene: Scene, id: u64, priority: &str) -> Scene {
    let priority = Value::text(priority);
    scene.edit_case(id, |case| {
        case.fields.insert("priority".to_owned(), priority);
    })
}

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

#[test]
fn a_pair_in_accord_is_counted_once_and_has_no_step() {
    let planned = Scene::two_way().pair(1, 5, "Pay").plan();
    assert_eq!(told(&planned), [""; 0]);
    assert!(planned.steps.is_empty());
    assert_eq!(planned.plan.summary.unchanged, 1);
    assert_eq!(planned.plan.summary.selected(), 1);
}

#[test]
fn an_edit_of_the_case_goes_to_the_work_item() {
    let scene = Scene::two_way().pair(1, 5, "Pay").retitle_case(1, "Card");
    let planned = scene.plan();
    assert_eq!(
        told(&planned),
        ["Update 1 5 for SourceChanged [System.Title]"]
    );
    let change = &planned.plan.changes[0];
    assert_eq!(change.address, "SyncRule/cases/case/1");
    assert_eq!(change.system, System::AzureDevOps);
    assert_eq!(change.precondition, Some(Precondition::Rev(3)));
    let Operation::UpdateWorkItem {
        source,
        written,
        halves,
        overwrites,
        ..
    } = &planned.steps[0].operation
    else {
        panic!("{:?}", planned.steps)
    };
    assert_eq!(source["title"], Value::text("Card"));
    assert_eq!(written["title"], Value::text("Card"));
    assert!(halves.is_empty() && overwrites.is_empty());
}

#[test]
fn an_edit_of_the_work_item_goes_to_the_case() {
    let scene = Scene::two_way().pair(1, 5, "Pay").retitle_item(5, "Cash");
    let planned = scene.plan();
    assert_eq!(told(&planned), ["Update 1 5 for SourceChanged [title]"]);
    let change = &planned.plan.changes[0];
    assert_eq!(change.address, "SyncRule/cases/case/1");
    assert_eq!(change.system, System::TestWorthy);
    let Operation::UpdateCase {
        source, expected, ..
    } = &planned.steps[0].operation
    else {
        panic!("{:?}", planned.steps)
    };
    assert_eq!(source["title"], Value::text("Cash"));
    assert_eq!(expected.fields["title"], Value::text("Pay"));
}

#[test]
fn edits_of_different_fields_cross() {
    let scene = Scene::two_way().pair(1, 5, "Pay").retitle_case(1, "Card");
    let planned = priority_of_item(scene, 5, 1).plan();
    assert_eq!(
        told(&planned),
        [
            "Update 1 5 for SourceChanged [System.Title]",
            "Update 1 5 for SourceChanged [priority]",
        ]
    );
    assert_eq!(kinds(&planned), ["update work item", "update case"]);
    assert_eq!(planned.plan.summary.update, 1, "a pair is one item");
    for step in &planned.steps {
        assert_eq!(step.address, "SyncRule/cases/case/1");
    }
}

#[test]
fn what_both_sides_reached_rides_along_with_the_first_write() {
    let scene = Scene::two_way().pair(1, 5, "Pay").retitle_case(1, "Card");
    let scene = priority_of_case(priority_of_item(scene, 5, 1), 1, "P1 - Must Test");
    let planned = scene.plan();
    assert_eq!(kinds(&planned), ["update work item"]);
    let Operation::UpdateWorkItem {
        source, written, ..
    } = &planned.steps[0].operation
    else {
        panic!("{:?}", planned.steps)
    };
    assert_eq!(source["priority"], Value::text("P1 - Must Test"));
    assert!(!written.contains_key("priority"));
}

#[test]
fn what_both_sides_reached_alone_is_only_recorded() {
    let scene = Scene::two_way().pair(1, 5, "Pay");
    let planned = scene.retitle_case(1, "Card").retitle_item(5, "Card").plan();
    assert_eq!(told(&planned), [""; 0]);
    let Operation::Record { base, rev, .. } = &planned.steps[0].operation else {
        panic!("{:?}", planned.steps)
    };
    assert_eq!(base["title"].azure_devops, Value::text("Card"));
    assert_eq!(rev.map(|rev| rev.0), Some(4));
    assert_eq!(planned.plan.summary.unchanged, 1);
}

#[test]
fn a_policy_writes_the_loser_and_keeps_its_value() {
    for (winner, system, lost) in [
        (Winner::TestWorthy, System::AzureDevOps, "Cash"),
        (Winner::AzureDevOps, System::TestWorthy, "Card"),
    ] {
        let scene = Scene::two_way().ruling(|rule| rule.conflicts.default = Some(winner));
        let scene = scene.pair(1, 5, "Pay");
        let planned = scene.retitle_case(1, "Card").retitle_item(5, "Cash").plan();
        let change = &planned.plan.changes[0];
        assert_eq!(
            (change.system, change.reason),
            (system, Reason::ConflictResolved)
        );
        let (Operation::UpdateWorkItem { overwrites, .. }
        | Operation::UpdateCase { overwrites, .. }) = &planned.steps[0].operation
        else {
            panic!("{:?}", planned.steps)
        };
        assert_eq!(overwrites[0].lost, Value::text(lost));
    }
}

#[test]
fn the_later_edit_wins_only_if_the_clocks_tell() {
    let at = |second| jiff::Timestamp::from_second(second).unwrap();
    let scene = |case: i64, item: i64| {
        Scene::two_way()
            .ruling(|rule| rule.conflicts.default = Some(Winner::Latest))
            .pair(1, 5, "Pay")
            .retitle_case(1, "Card")
            .retitle_item(5, "Cash")
            .edit_case(1, |it| it.modified_on = Some(at(case)))
            .edit_item(5, |it| {
                let field = "System.ChangedDate".to_owned();
                it.fields.insert(field, Value::DateTime(at(item)));
            })
            .plan()
    };
    let wrote = |planned: &Planned| planned.plan.changes.first().map(|change| change.system);
    assert_eq!(wrote(&scene(9_000, 1_000)), Some(System::AzureDevOps));
    assert_eq!(wrote(&scene(1_000, 9_000)), Some(System::TestWorthy));
    let undecided = scene(1_000, 1_001);
    assert_eq!(wrote(&undecided), None);
    assert_eq!(undecided.plan.summary.conflict, 1);
}

#[test]
fn a_value_that_does_not_stay_waits_and_is_told() {
    let repeated = |times| Repetition {
        case: CaseId(1),
        work_item: WorkItemId(5),
        row: "title".to_owned(),
        system: System::AzureDevOps,
        before: digest_of(&Value::text("Pay")),
        after: digest_of(&Value::text("Card")),
        times,
        at: jiff::Timestamp::UNIX_EPOCH,
    };
    let scene = |times| {
        let mut scene = Scene::two_way().pair(1, 5, "Pay").retitle_case(1, "Card");
        scene.known.repetitions = [repeated(times)].into_iter().collect();
        scene
    };
    assert_eq!(scene(4).plan().plan.summary.update, 1);
    let planned = scene(5).plan();
    assert_eq!(told(&planned), ["field-flapping SyncRule/cases/case/1"]);
    assert_eq!(planned.plan.summary.held, 1);
    let message = &planned.plan.findings[0].message;
    for part in ["`title`", "Azure DevOps", "\"Pay\"", "\"Card\""] {
        assert!(message.contains(part), "{message}");
    }
    let mut secret = scene(5);
    secret.secret_titles = true;
    // Another definition of the row: its base is of another digest, but the write is the same.
    let planned = secret.plan();
    let all = serde_json::to_string(&planned.plan).unwrap();
    assert!(!all.contains("Card") && !all.contains("Pay"), "{all}");
}

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

#[test]
fn an_unlinked_case_gets_a_work_item_and_an_unlinked_work_item_a_case() {
    let planned = Scene::two_way()
        .case(1, "Pay", &[])
        .item(5, "Refund")
        .plan();
    assert_eq!(kinds(&planned), ["create work item", "create case"]);
    let addresses: Vec<&str> = planned
        .plan
        .changes
        .iter()
        .map(|change| change.address.as_str())
        .collect();
    assert_eq!(
        addresses,
        ["SyncRule/cases/case/1", "SyncRule/cases/workItem/5"]
    );
    assert_eq!(planned.plan.changes[1].item.title, "Refund");
    assert_eq!(planned.plan.changes[1].system, System::TestWorthy);
    assert_eq!(planned.plan.summary.create, 2);
}

#[test]
fn nothing_is_created_on_a_side_where_the_rule_does_not() {
    for (testworthy, azure_devops, creates) in [
        (true, false, &["create case"][..]),
        (false, true, &["create work item"]),
        (false, false, &[]),
    ] {
        let scene = Scene::two_way().ruling(|rule| {
            rule.creates.testworthy = testworthy;
            rule.creates.azure_devops = azure_devops;
        });
        let planned = scene.case(1, "Pay", &[]).item(5, "Refund").plan();
        assert_eq!(kinds(&planned), creates);
        assert_eq!(planned.plan.summary.selected(), 2);
    }
}

#[test]
fn only_takes_the_address_of_either_item() {
    let mut scene = Scene::two_way()
        .pair(1, 5, "Pay")
        .retitle_case(1, "Card")
        .item(6, "Refund")
        .case(2, "Login", &[]);
    for (only, expected) in [
        ("SyncRule/cases/case/1", vec!["update work item"]),
        ("SyncRule/cases/workItem/5", vec!["update work item"]),
        ("SyncRule/cases/workItem/6", vec!["create case"]),
        ("SyncRule/cases/case/2", vec!["create work item"]),
        ("SyncRule/cases/case/6", vec![]),
    ] {
        scene.only = vec![only.to_owned()];
        assert_eq!(kinds(&scene.plan()), expected, "{only}");
    }
}

#[test]
fn a_pair_is_in_scope_while_either_item_is_selected() {
    let pair = || Scene::two_way().pair(1, 5, "Pay").retitle_case(1, "Card");
    for selected in [&[1][..], &[5], &[1, 5]] {
        let planned = pair().selecting(selected).plan();
        assert_eq!(planned.plan.summary.update, 1, "{selected:?}");
        assert_eq!(planned.plan.summary.selected(), 1, "{selected:?}");
    }
    let planned = pair().selecting(&[]).plan();
    assert_eq!(told(&planned), ["left-scope SyncRule/cases/case/1"]);
    assert!(planned.steps.is_empty());
    assert_eq!(planned.plan.summary.filtered, 1);
}

#[test]
fn matching_items_that_are_both_selected_are_one_pair() {
    let scene = || Scene::two_way().case(1, "Pay", &["AB#5"]).item(5, "Pay");
    let planned = scene().plan();
    assert_eq!(told(&planned), ["Link 1 5 for MatchedById []"]);
    assert_eq!(planned.plan.summary.selected(), 1);
    assert_eq!(planned.plan.changes[0].address, "SyncRule/cases/case/1");
    // Either address names what would be one pair.
    for only in ["SyncRule/cases/workItem/5", "SyncRule/cases/case/1"] {
        let mut narrowed = scene();
        narrowed.only = vec![only.to_owned()];
        assert_eq!(told(&narrowed.plan()), ["Link 1 5 for MatchedById []"]);
    }
    // Only the work item is selected: it leads to its case.
    let planned = scene().selecting(&[5]).plan();
    assert_eq!(told(&planned), ["Link 1 5 for MatchedById []"]);
    assert_eq!(planned.plan.changes[0].address, "SyncRule/cases/workItem/5");
}

#[test]
fn a_copy_that_keeps_the_reference_of_its_original_gets_nothing() {
    let scene = Scene::two_way().pair(1, 5, "Pay").case(2, "Pay", &["AB#5"]);
    let planned = scene.plan();
    assert_eq!(told(&planned), ["ambiguous-match SyncRule/cases/case/2"]);
    assert_eq!(planned.plan.summary.quarantined, 1);
    // And a copied work item, with its marker.
    let scene = Scene::two_way()
        .pair(1, 5, "Pay")
        .marked_item(6, "Pay", &[1]);
    let planned = scene.plan();
    assert_eq!(
        told(&planned),
        [
            "duplicate-marker SyncRule/cases/case/1",
            "ambiguous-match SyncRule/cases/workItem/6",
        ]
    );
}

#[test]
fn a_retyped_work_item_freezes_its_pair() {
    let scene = Scene::two_way().pair(1, 5, "Pay").retitle_case(1, "Card");
    let planned = scene
        .edit_item(5, |item| item.work_item_type = "Task".to_owned())
        .plan();
    assert_eq!(planned.plan.changes, []);
    assert_eq!(planned.plan.findings[0].code, "item-retyped");
    assert_eq!(planned.plan.summary.held, 1);
}

#[test]
fn an_item_that_is_gone_without_a_confirmation_waits_on_either_side() {
    let mut scene = Scene::two_way().pair(1, 5, "Pay");
    scene.cases.clear();
    let planned = scene.plan();
    assert_eq!(told(&planned), ["item-gone SyncRule/cases/case/1"]);
    let mut scene = Scene::two_way().pair(1, 5, "Pay");
    scene.items.clear();
    let planned = scene.plan();
    assert_eq!(told(&planned), ["item-gone SyncRule/cases/case/1"]);
    assert!(planned.steps.is_empty());
}

#[test]
fn a_pair_waits_while_a_write_of_either_item_settles() {
    for key in [ItemKey::Case(CaseId(1)), ItemKey::WorkItem(WorkItemId(5))] {
        let mut scene = Scene::two_way().pair(1, 5, "Pay").retitle_case(1, "Card");
        scene.rules[0].settling.insert(key);
        let planned = scene.plan();
        assert_eq!(told(&planned), ["write-settling SyncRule/cases/case/1"]);
    }
}

#[test]
fn a_side_that_lacks_its_mark_gets_it() {
    let scene = |edit: fn(&mut crate::model::Link)| {
        let mut scene = Scene::two_way()
            .case(1, "Pay", &[])
            .item(5, "Pay")
            .linked(1, 5);
        edit(&mut scene.links[0]);
        scene
    };
    let planned = scene(|link| link.case_mark = MarkState::Missing).plan();
    assert_eq!(kinds(&planned), ["mark"]);
    assert_eq!(told(&planned), ["Update 1 5 for MarkerMissing [refs]"]);
    let planned = scene(|link| link.work_item_mark = MarkState::Missing).plan();
    assert_eq!(told(&planned), ["Update 1 5 for MarkerMissing [relations]"]);
    let both = scene(|link| {
        link.case_mark = MarkState::Missing;
        link.work_item_mark = MarkState::Missing;
    });
    let planned = both.retitle_case(1, "Card").plan();
    assert_eq!(kinds(&planned), ["update work item", "mark"]);
    assert_eq!(planned.plan.summary.update, 1);
}

#[test]
fn first_sync_decides_over_two_values_that_meet() {
    let scene = |winner| {
        Scene::two_way()
            .ruling(|rule| rule.first_sync = winner)
            .matching(&[MatchBy::Id])
            .case(1, "Pay", &["AB#5"])
            .item(5, "Cash")
            .plan()
    };
    let planned = scene(Winner::TestWorthy);
    assert_eq!(
        told(&planned),
        ["Update 1 5 for MatchedById [System.Title]"]
    );
    let planned = scene(Winner::AzureDevOps);
    assert_eq!(
        told(&planned),
        [
            "Link 1 5 for MatchedById []",
            "Update 1 5 for MatchedById [title]",
        ]
    );
    assert_eq!(planned.plan.summary.update, 1);
    let planned = scene(Winner::Manual);
    assert_eq!(
        told(&planned),
        [
            "Link 1 5 for MatchedById []",
            "conflict field-conflict SyncRule/cases/case/1",
        ]
    );
    assert_eq!(kinds(&planned), ["record", "update work item"]);
    let Operation::Record {
        pair, conflicts, ..
    } = &planned.steps[0].operation
    else {
        panic!("{:?}", planned.steps)
    };
    assert_eq!(pair.link, None, "the record links the pair");
    assert!(matches!(conflicts[..], [ConflictChange::Open(_)]));
    assert_eq!(planned.plan.summary.link, 1);
}

#[test]
fn a_value_beats_an_empty_field_without_a_question() {
    let scene = Scene::two_way()
        .matching(&[MatchBy::Id])
        .case(1, "Pay", &["AB#5"])
        .item(5, "Pay");
    let planned = priority_of_item(scene, 5, 1).plan();
    assert_eq!(planned.plan.conflicts, []);
    assert_eq!(
        told(&planned),
        [
            "Link 1 5 for MatchedById []",
            "Update 1 5 for MatchedById [priority]",
        ]
    );
}

#[test]
fn an_unlinked_pair_is_neither_matched_nor_given_a_counterpart() {
    let scene = Scene::two_way()
        .pair(1, 5, "Pay")
        .parted(LinkState::Unlinked);
    let scene = scene.case(2, "Login", &["AB#5"]);
    let planned = scene.plan();
    assert_eq!(
        told(&planned),
        [
            "ambiguous-match SyncRule/cases/case/2",
            "unlinked SyncRule/cases",
        ]
    );
    assert!(
        planned.plan.findings[1]
            .message
            .starts_with("2 selected items")
    );
    assert_eq!(planned.plan.summary.filtered, 2);
    assert!(planned.steps.is_empty());
    for one_way in [Scene::cases_to_items(), Scene::items_to_cases()] {
        let planned = one_way.pair(1, 5, "Pay").parted(LinkState::Unlinked).plan();
        assert_eq!(told(&planned), ["unlinked SyncRule/cases"]);
        assert_eq!(planned.plan.summary.filtered, 1);
    }
}

#[test]
fn a_pair_that_had_ended_goes_on_from_its_base() {
    for scene in [Scene::two_way(), Scene::cases_to_items()] {
        let scene = scene.pair(1, 5, "Pay").parted(LinkState::Ended);
        let planned = scene.retitle_case(1, "Card").plan();
        assert_eq!(
            told(&planned),
            ["Update 1 5 for SourceChanged [System.Title]"]
        );
        assert_eq!(kinds(&planned), ["record", "update work item"]);
        let Operation::Record { pair, state, .. } = &planned.steps[0].operation else {
            panic!("{:?}", planned.steps)
        };
        assert_eq!(*state, LinkState::Active);
        assert_eq!(pair.link, planned.steps[1].operation.pair().unwrap().link);
    }
    let planned = Scene::two_way()
        .pair(1, 5, "Pay")
        .parted(LinkState::Ended)
        .plan();
    assert_eq!(kinds(&planned), ["record"]);
    assert_eq!(planned.plan.summary.unchanged, 1);
}

#[test]
fn links_that_an_item_left_behind_do_not_matter_to_its_pair() {
    for state in [LinkState::Ended, LinkState::Unlinked] {
        let mut scene = Scene::two_way().pair(1, 6, "Pay").parted(state);
        scene.items.clear();
        let scene = scene.pair(1, 5, "Pay");
        assert_eq!(scene.plan().plan.summary.unchanged, 1);
        assert!(scene.plan_without_unchanged().steps.is_empty());
    }
}

#[test]
fn two_rules_of_which_one_goes_one_way_do_not_share_a_pair() {
    let scene = Scene::two_way().with_rule("z-rule", System::AzureDevOps);
    let planned = scene.pair(1, 5, "Pay").retitle_item(5, "Cash").plan();
    assert_eq!(
        told(&planned),
        [
            "Update 1 5 for SourceChanged [title]",
            "L23 SyncRule/z-rule/case/1",
        ]
    );
}

#[test]
fn a_pair_goes_over_to_another_two_way_rule_that_selects_it() {
    let scene = Scene::two_way()
        .with_two_way_rule("z-rule")
        .pair(1, 5, "Pay");
    let mut scene = scene.made_by("z-rule").selecting(&[]);
    scene.rules.reverse();
    let planned = scene.plan();
    let Operation::Record { rev: None, .. } = &planned.steps[0].operation else {
        panic!("{:?}", planned.steps)
    };
    assert_eq!(planned.steps[0].rule, name(RULE));
    assert_eq!(planned.plan.summary.unchanged, 1);
}

#[test]
fn a_server_that_was_set_back_stops_updates_and_deletes() {
    let scene = || Scene::two_way().pair(1, 5, "Pay").pair(2, 6, "Refund");
    let set_back = |mut scene: Scene, rev| {
        scene.items.get_mut(&WorkItemId(6)).unwrap().rev = crate::model::Rev(rev);
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

#[test]
fn a_lost_state_gets_its_links_back_without_a_write() {
    let scene = |scene: Scene| {
        let mut scene = scene
            .pair(1, 5, "Pay")
            .pair(2, 6, "Login")
            .case(3, "Refund", &[])
            .item(7, "Refund")
            .retitle_case(2, "Sign in");
        scene.links.clear();
        scene
    };
    for lost in [
        scene(Scene::two_way()),
        scene(Scene::cases_to_items()),
        scene(Scene::items_to_cases()),
    ] {
        let steps = lost.adoptions();
        let pairs: Vec<(u64, u64)> = steps
            .iter()
            .map(|step| {
                step.operation
                    .pair()
                    .map(|pair| (pair.case.0, pair.work_item.0))
                    .unwrap()
            })
            .collect();
        // Titles are no marks.
        assert_eq!(pairs, [(1, 5), (2, 6)]);
        let bases: Vec<bool> = steps
            .iter()
            .map(|step| match &step.operation {
                Operation::Record {
                    pair,
                    base,
                    conflicts,
                    ..
                } => {
                    assert!(pair.link.is_none() && conflicts.is_empty());
                    base.contains_key("title")
                }
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(bases, [true, false], "what differs has no base");
        assert!(steps.iter().all(|step| step.change.is_none()));
    }
    // What is linked already stays as it is.
    assert!(Scene::two_way().pair(1, 5, "Pay").adoptions().is_empty());
    let parted = Scene::two_way()
        .pair(1, 5, "Pay")
        .parted(LinkState::Unlinked);
    assert!(parted.adoptions().is_empty());
}
