//! The guards that need no system: addresses, and that nothing unapproved gets through.

use super::*;
use crate::plan::{Action, Precondition, sample};

#[test]
fn an_operation_that_is_not_in_the_file_never_gets_through() {
    let saved = sample::plan(vec![
        sample::change(Action::Update, 1),
        sample::change(Action::Create, 2),
    ]);
    let mut runs = saved.clone();
    assert!(only_approved(&saved, &runs).is_ok());
    runs.changes.pop();
    assert!(only_approved(&saved, &runs).is_ok(), "less of it is fine");
    runs.changes[0].precondition = Some(Precondition::Rev(4));
    let refused = only_approved(&saved, &runs);
    assert!(
        matches!(&refused, Err(ReconcileError::Internal(told)) if told.contains(&runs.changes[0].address)),
        "{refused:?}"
    );
}

#[test]
fn items_are_told_from_resources_by_their_addresses() {
    let item = Item::of("SyncRule/cases/case/7").expect("an item");
    assert_eq!((item.rule, item.key), ("cases", ItemKey::Case(CaseId(7))));
    let item = Item::of("SyncRule/cases/workItem/9").expect("an item");
    assert_eq!(item.key, ItemKey::WorkItem(WorkItemId(9)));
    for other in [
        "",
        "CustomField/risk",
        "Connection/web-shop/integration",
        "SyncRule/cases",
        "SyncRule/cases/case/",
        "SyncRule/cases/case/7/8",
        "SyncRule/cases/suite/7",
    ] {
        assert!(Item::of(other).is_none(), "{other}");
    }
}

#[test]
fn every_reason_has_a_word_of_its_own() {
    let text = String::new;
    let all = [
        Staleness::Changed(Box::default()),
        Staleness::PairChanged,
        Staleness::InConflict(text()),
        Staleness::HeldBack {
            code: text(),
            message: text(),
        },
        Staleness::NotThere,
        Staleness::NothingToDo,
    ];
    let words: BTreeSet<&str> = all.iter().map(Staleness::key).collect();
    assert_eq!(words.len(), all.len());
}
