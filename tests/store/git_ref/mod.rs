//! The backend in a Git ref: what only a ref can get wrong. The common suite is `crate::suite`.

mod crash;
mod hostile;
mod http;
mod races;
mod size;
mod town;

use accord::store::{AuditCheck, GitRefStore, QuarantineChange, Record, Store};
use proptest::prelude::*;

use crate::model::{Model, calls, compare, play};
use crate::sample::{auditing, here, intent, link, linking, loss, quarantined};
pub(crate) use town::Town;
use town::{runtime, times, wait};

/// Publishes what is left and compares what another clone reads.
pub(crate) async fn same_elsewhere(town: &Town, store: &GitRefStore) {
    store.flush().await.unwrap();
    let other = town.read(1).await.unwrap();
    let (ours, theirs) = (store as &dyn Store, &other as &dyn Store);
    assert_eq!(
        ours.endpoints().await.unwrap(),
        theirs.endpoints().await.unwrap()
    );
    for place in ours.endpoints().await.unwrap() {
        let links = ours.links(&place).await.unwrap();
        assert!(links == theirs.links(&place).await.unwrap());
        let parted = ours.parted_links(&place).await.unwrap();
        assert_eq!(parted, theirs.parted_links(&place).await.unwrap());
        let open = ours.open_intents(&place).await.unwrap();
        assert_eq!(open, theirs.open_intents(&place).await.unwrap());
        let aside = ours.quarantine(&place).await.unwrap();
        assert_eq!(aside, theirs.quarantine(&place).await.unwrap());
        let learned = ours.learned(&place).await.unwrap();
        assert_eq!(learned, theirs.learned(&place).await.unwrap());
        let repetitions = ours.repetitions(&place).await.unwrap();
        assert_eq!(repetitions, theirs.repetitions(&place).await.unwrap());
    }
    assert_eq!(
        ours.losses(99).await.unwrap(),
        theirs.losses(99).await.unwrap()
    );
    assert_eq!(ours.runs(99).await.unwrap(), theirs.runs(99).await.unwrap());
    assert_eq!(
        ours.audit(99).await.unwrap(),
        theirs.audit(99).await.unwrap()
    );
    let conflicts = ours.conflicts(99).await.unwrap();
    assert_eq!(conflicts, theirs.conflicts(99).await.unwrap());
    let fields = ours.made_fields().await.unwrap();
    assert_eq!(fields, theirs.made_fields().await.unwrap());
    let audit: AuditCheck = ours.verify_audit().await.unwrap();
    assert_eq!(audit, theirs.verify_audit().await.unwrap());
}

#[tokio::test]
async fn looking_at_a_ref_that_is_not_there_is_empty_and_makes_nothing() {
    let town = Town::new();
    let store = town.read(0).await.unwrap();
    crate::conformance::an_empty_store_answers_empty(&store).await;
    assert_eq!(town.at_remote(&["for-each-ref"]), "");
    crate::conformance::a_reader_writes_nothing(&store).await;
    store.flush().await.unwrap();
    assert_eq!(town.at_remote(&["for-each-ref"]), "");
}

/// A ref of the version before this one: its rows know no class of a quarantined item.
#[tokio::test]
async fn an_older_format_is_read_as_it_is_and_raised_by_who_writes() {
    let town = Town::new();
    let store = town.acquire(0, "apply").await.unwrap();
    let mut aside = quarantined("case/3", "no title");
    aside.type_digest = None;
    let putting = Record {
        quarantine: Some(QuarantineChange::Put(aside.clone())),
        ..Record::default()
    };
    store.record(&[putting]).await.unwrap();
    store.release().unwrap();
    let file = "refs/accord/state:quarantine/3.jsonl";
    let row = town.at_remote(&["show", file]);
    let older = row.replace(",\"class\":\"content\"", "");
    assert_ne!(older, row);
    town.put("quarantine/3.jsonl", &older);
    town.put("format.json", "{\"accordState\":1}\n");

    let format = || town.at_remote(&["show", "refs/accord/state:format.json"]);
    let reader = town.read(1).await.unwrap();
    let seen = reader.quarantine(&here()).await.unwrap();
    assert_eq!(seen, std::slice::from_ref(&aside));
    assert_eq!(format(), "{\"accordState\":1}\n");
    let store = town.acquire(1, "apply").await.unwrap();
    assert_eq!(store.quarantine(&here()).await.unwrap(), [aside]);
    assert_eq!(format(), "{\"accordState\":2}\n");
    store.release().unwrap();
}

#[tokio::test]
async fn what_is_prepared_or_decided_is_in_the_ref_when_the_call_returns() {
    let town = Town::new();
    let store = town.acquire(0, "apply").await.unwrap();
    store
        .prepare(&[intent("op-1")], &[loss("op-1", "title")])
        .await
        .unwrap();
    let other = town.read(1).await.unwrap();
    assert_eq!(other.open_intents(&here()).await.unwrap(), [intent("op-1")]);
    assert_eq!(other.losses(9).await.unwrap(), [loss("op-1", "title")]);
}

/// Outcomes share the push of what comes next, and a flush brings the last ones.
#[tokio::test]
async fn outcomes_ride_along_and_a_flush_leaves_nothing_behind() {
    let town = Town::new();
    let store = town.acquire(0, "apply").await.unwrap();
    let before = store.pushes();
    store.record(&[linking(link("a", 11, 21))]).await.unwrap();
    store.record(&[auditing("linked")]).await.unwrap();
    assert_eq!(store.pushes(), before);
    assert!(
        town.read(1)
            .await
            .unwrap()
            .links(&here())
            .await
            .unwrap()
            .is_empty()
    );
    store.prepare(&[intent("op-1")], &[]).await.unwrap();
    assert_eq!(store.pushes(), before + 1);
    let other = town.read(1).await.unwrap();
    assert_eq!(other.links(&here()).await.unwrap(), [link("a", 11, 21)]);
    store.record(&[linking(link("b", 12, 22))]).await.unwrap();
    store.flush().await.unwrap();
    store.flush().await.unwrap();
    assert_eq!(store.pushes(), before + 2);
    assert_eq!(
        town.read(1)
            .await
            .unwrap()
            .links(&here())
            .await
            .unwrap()
            .len(),
        2
    );
}

/// Also while nothing else is pushed, outcomes get there and the lease is renewed.
#[tokio::test]
async fn checkpoints_push_outcomes_and_renew_the_lease() {
    let town = Town::new();
    let mut quick = times();
    quick.checkpoint = std::time::Duration::from_millis(50);
    quick.ttl = std::time::Duration::from_millis(600);
    let store = town
        .acquire_with(0, "apply", &quick, wait(0))
        .await
        .unwrap();
    store.record(&[linking(link("a", 11, 21))]).await.unwrap();
    let begun = std::time::Instant::now();
    let patience = std::time::Duration::from_secs(60);
    while town
        .read(1)
        .await
        .unwrap()
        .links(&here())
        .await
        .unwrap()
        .is_empty()
    {
        assert!(begun.elapsed() < patience, "nothing was pushed");
    }
    let tip = town.tip();
    while town.tip() == tip {
        assert!(begun.elapsed() < patience, "the lease was not renewed");
    }
    drop(store);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn writes_that_are_prepared_at_once_share_their_pushes() {
    let town = Town::new();
    let store = town.acquire(0, "apply").await.unwrap();
    let before = store.pushes();
    let mut tasks = tokio::task::JoinSet::new();
    for n in 0..40 {
        let store = store.clone();
        tasks.spawn(async move { store.prepare(&[intent(&format!("op-{n:02}"))], &[]).await });
    }
    while let Some(done) = tasks.join_next().await {
        done.unwrap().unwrap();
    }
    let pushes = store.pushes() - before;
    assert!(
        (1..=12).contains(&pushes),
        "{pushes} pushes for 40 prepares"
    );
    let other = town.read(1).await.unwrap();
    assert_eq!(other.open_intents(&here()).await.unwrap().len(), 40);
}

#[tokio::test]
async fn the_ref_has_a_history_that_only_grows_and_says_what_it_is() {
    let town = Town::new();
    let store = town.acquire(0, "apply").await.unwrap();
    store.prepare(&[intent("op-1")], &[]).await.unwrap();
    store.release().unwrap();
    let log = town.at_remote(&["log", "--format=%an", "refs/accord/state"]);
    assert_eq!(log, "Accord\nAccord\nAccord\n");
    let files = town.at_remote(&["ls-tree", "-r", "--name-only", "refs/accord/state"]);
    assert_eq!(
        files,
        "README.md\nendpoints.jsonl\nformat.json\nintents/000000.jsonl\nlease.json\n"
    );
    let lease = town.at_remote(&["show", "refs/accord/state:lease.json"]);
    assert_eq!(lease, "{\n  \"token\": 1\n}\n");
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(12) })]

    /// Any calls, in any number of runs on different machines, leave what a plain map would hold.
    #[test]
    fn a_ref_holds_what_a_map_would(calls in calls(), ends in prop::collection::vec(prop::bool::weighted(0.2), 25)) {
        runtime().block_on(async {
            let town = Town::new();
            let mut model = Model::default();
            let mut machine = 0;
            let mut store = town.acquire(machine, "apply").await.unwrap();
            for (index, call) in calls.into_iter().enumerate() {
                play(&store, &mut model, call).await?;
                if ends[index % ends.len()] {
                    store.release().unwrap();
                    machine = 1 - machine;
                    compare(&town.read(machine).await.unwrap(), &model).await?;
                    store = town.acquire(machine, "apply").await.unwrap();
                }
            }
            store.flush().await.unwrap();
            compare(&town.read(1 - machine).await.unwrap(), &model).await?;
            Ok::<(), TestCaseError>(())
        })?;
    }
}
