//! Any sequence of changes of the queue: its history only grows, what a conflict is about never changes,
//! what is closed stays closed, and nothing has two open conflicts.

use std::collections::BTreeSet;

use accord::model::{
    Closing, Conflict, ConflictChange, ConflictId, ConflictState, LinkState, Subject, System, Take,
};
use accord::store::Store;
use proptest::prelude::*;

use crate::sample::{at, here, link, linking};
use crate::suite::{self, Fresh};
use crate::two_way::{about, in_state, queueing};

#[derive(Clone, Debug)]
enum Call {
    Change(Vec<ConflictChange>),
    Decide(u64, Option<Take>),
    Part,
    Join,
}

fn subject() -> impl Strategy<Value = Subject> {
    prop_oneof![
        (0..2usize, 0..3usize).prop_map(|(row, value)| {
            about(["title", "steps"][row], ["x", "y", "z"][value], "other")
        }),
        (any::<bool>(), any::<bool>()).prop_map(|(testworthy, edited)| {
            let side = if testworthy {
                System::TestWorthy
            } else {
                System::AzureDevOps
            };
            Subject::Deleted { side, edited }
        }),
    ]
}

fn calls() -> impl Strategy<Value = Vec<Call>> {
    let id = 1..6u64;
    let change = prop_oneof![
        4 => subject().prop_map(ConflictChange::Open),
        1 => subject().prop_map(|subject| ConflictChange::Note(subject, Closing::EditKept)),
        2 => id.clone().prop_map(|id| ConflictChange::Close(ConflictId(id), Closing::Agreed)),
    ];
    let take = prop::option::of(prop::sample::select(Take::ALL.to_vec()));
    let call = prop_oneof![
        6 => prop::collection::vec(change, 1..4).prop_map(Call::Change),
        2 => (id, take).prop_map(|(id, take)| Call::Decide(id, take)),
        1 => Just(Call::Part),
        1 => Just(Call::Join),
    ];
    prop::collection::vec(call, 1..20)
}

fn key(conflict: &Conflict) -> String {
    match &conflict.subject {
        Subject::Field { row, .. } => row.clone(),
        Subject::Deleted { side, .. } => side.key().to_owned(),
    }
}

async fn play(store: &dyn Store, second: i64, call: &Call) {
    match call {
        Call::Change(changes) => {
            let record = queueing(second, changes.clone());
            store.record(&[record]).await.unwrap();
        }
        Call::Decide(id, take) => {
            // One that is not there or that is about something else is refused: no change either.
            let _refused = store.decide(ConflictId(*id), *take, at(second)).await;
        }
        Call::Part => {
            let parted = in_state(link("a", 11, 21), LinkState::Ended);
            store.record(&[linking(parted)]).await.unwrap();
        }
        Call::Join => store.record(&[linking(link("a", 11, 21))]).await.unwrap(),
    }
}

async fn all(store: &dyn Store) -> Vec<Conflict> {
    let mut all = store.conflicts(999).await.unwrap();
    all.reverse();
    all
}

fn compare(before: &[Conflict], after: &[Conflict], call: &Call) -> Result<(), TestCaseError> {
    prop_assert!(after.len() >= before.len(), "a record is gone");
    for (old, new) in before.iter().zip(after) {
        let told = |conflict: &Conflict| Conflict {
            state: ConflictState::Open,
            ..conflict.clone()
        };
        prop_assert_eq!(told(old), told(new));
        if matches!(old.state, ConflictState::Closed { .. }) {
            prop_assert_eq!(&old.state, &new.state);
        }
    }
    let open: Vec<&Conflict> = after
        .iter()
        .filter(|conflict| !matches!(conflict.state, ConflictState::Closed { .. }))
        .collect();
    let keys: BTreeSet<String> = open.iter().map(|conflict| key(conflict)).collect();
    prop_assert_eq!(keys.len(), open.len(), "two are open about one thing");
    match call {
        Call::Part => prop_assert!(open.is_empty()),
        Call::Change(changes) => {
            // Whatever was met is on record with its values.
            for change in changes {
                if let ConflictChange::Open(subject) | ConflictChange::Note(subject, _) = change {
                    prop_assert!(after.iter().any(|conflict| conflict.subject == *subject));
                }
            }
            if let Some(ConflictChange::Open(subject)) = changes.last() {
                prop_assert!(open.iter().any(|conflict| conflict.subject == *subject));
            }
        }
        Call::Decide(..) | Call::Join => prop_assert_eq!(before.len(), after.len()),
    }
    Ok(())
}

fn only_grows(
    store: impl AsyncFnOnce() -> Option<Fresh>,
    calls: &[Call],
) -> Result<(), TestCaseError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    runtime.block_on(async {
        let Some(fresh) = store().await else {
            return Ok(());
        };
        let store = fresh.store();
        let mut before = Vec::new();
        for (second, call) in (0..).zip(calls) {
            play(store, second, call).await;
            let after = all(store).await;
            compare(&before, &after, call)?;
            let open = store.open_conflicts(&here()).await.unwrap();
            let is_open = |c: &&Conflict| !matches!(c.state, ConflictState::Closed { .. });
            let expected: Vec<Conflict> = after.iter().filter(is_open).cloned().collect();
            prop_assert_eq!(open, expected);
            before = after;
        }
        Ok(())
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(96) })]

    #[test]
    fn the_queue_only_grows_and_holds_one_open_conflict_for_one_thing(calls in calls()) {
        only_grows(suite::sqlite_memory, &calls)?;
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(8) })]

    #[test]
    fn in_postgres_too_the_queue_only_grows(calls in calls()) {
        only_grows(suite::postgres, &calls)?;
    }
}
