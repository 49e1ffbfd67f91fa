//! Runs at once: exactly one holds the lease, nothing that one was told is lost, and who lost it stops.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};

use accord::model::OperationId;
use accord::store::{IntentOutcome, Record, Store, StoreError};

use super::town::{Town, times_at, turned, wait};
use crate::sample::{ending, entry, here, intent, link, linking, run as begun};

fn token(town: &Town) -> u64 {
    let lease = town.at_remote(&["show", "refs/accord/state:lease.json"]);
    let lease: serde_json::Value = serde_json::from_str(&lease).unwrap();
    lease["token"].as_u64().unwrap()
}

#[tokio::test]
async fn a_second_run_is_told_who_holds_the_state_and_readers_are_not_kept_out() {
    let town = Town::new();
    let first = town.acquire(0, "apply, process 7").await.unwrap();
    let tip = town.tip();
    let refused = town.acquire(1, "link").await.unwrap_err();
    let StoreError::Locked { path, holder } = &refused else {
        panic!("{refused:?}");
    };
    assert_eq!(path, "refs/accord/state of the remote origin");
    let holder = holder.as_deref().unwrap();
    assert!(
        holder.starts_with("apply, process 7, https://ci.example/runs/"),
        "{holder}"
    );
    assert_eq!(town.tip(), tip, "who is refused changes nothing");
    town.read(1).await.unwrap();
    first.release().unwrap();
    town.acquire(1, "link").await.unwrap();
    assert_eq!(token(&town), 2);
}

#[tokio::test]
async fn a_run_waits_until_the_other_one_ends() {
    let town = Town::new();
    let first = town.acquire(0, "apply").await.unwrap();
    first.record(&[linking(link("a", 11, 21))]).await.unwrap();
    let times = times_at(0);
    let second = town.acquire_with(1, "apply", &times, wait(60));
    let ending = async {
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        first.release().unwrap();
    };
    let (second, ()) = tokio::join!(second, ending);
    let links = second.unwrap().links(&here()).await.unwrap();
    assert_eq!(links, [link("a", 11, 21)]);
}

#[tokio::test]
async fn a_silent_run_is_taken_over_and_writes_nothing_any_more() {
    let town = Town::new();
    let clock = Arc::new(AtomicI64::new(0));
    let slept = town
        .acquire_with(0, "apply, process 7", &turned(&clock), wait(0))
        .await
        .unwrap();
    slept.prepare(&[intent("op-1")], &[]).await.unwrap();
    slept.record(&[linking(link("a", 11, 21))]).await.unwrap();
    // Within its time, and the minute in which clocks may differ, nobody does.
    let early = town.acquire_with(1, "x", &times_at(239), wait(0)).await;
    assert!(matches!(early, Err(StoreError::Locked { .. })), "{early:?}");
    let next = town
        .acquire_with(1, "apply, process 8", &times_at(240), wait(0))
        .await
        .unwrap();
    assert_eq!(token(&town), 2);
    // What was prepared is open there, and what was not pushed is found again by the next plan.
    assert_eq!(next.open_intents(&here()).await.unwrap(), [intent("op-1")]);
    assert!(next.links(&here()).await.unwrap().is_empty());
    next.record(&[ending("op-1", IntentOutcome::Applied)])
        .await
        .unwrap();
    next.flush().await.unwrap();
    let tip = town.tip();

    clock.store(300, Ordering::SeqCst);
    let lost = slept.prepare(&[intent("op-2")], &[]).await.unwrap_err();
    assert!(matches!(lost, StoreError::LeaseLost { .. }), "{lost:?}");
    let words = lost.to_string();
    assert!(
        words.contains("taken over by apply, process 8, https://ci.example/runs/"),
        "{words}"
    );
    // And so it is with every later write.
    for refused in [
        slept.record(&[linking(link("b", 12, 22))]).await,
        slept.forget_rules(&[]).await.map(drop),
        slept.prepare(&[intent("op-3")], &[]).await,
    ] {
        assert!(
            matches!(refused, Err(StoreError::LeaseLost { .. })),
            "{refused:?}"
        );
    }
    // Giving back what it does not have is nothing.
    slept.release().unwrap();
    assert_eq!(town.tip(), tip);
    let told = town.read(1).await.unwrap();
    assert_eq!(
        told.intent(&OperationId("op-2".to_owned())).await.unwrap(),
        None
    );
    next.release().unwrap();
}

#[tokio::test]
async fn a_ref_that_somebody_removed_or_changed_ends_the_run() {
    let town = Town::new();
    let store = town.acquire(0, "apply").await.unwrap();
    town.at_remote(&["update-ref", "-d", "refs/accord/state"]);
    let lost = store.prepare(&[intent("op-1")], &[]).await.unwrap_err();
    assert!(
        lost.to_string().contains("somebody who removed the ref"),
        "{lost}"
    );
    assert_eq!(town.tip(), "");

    let store = town.acquire(0, "apply").await.unwrap();
    town.put("README.md", "mine\n");
    let lost = store.prepare(&[intent("op-1")], &[]).await.unwrap_err();
    assert!(matches!(lost, StoreError::LeaseLost { .. }), "{lost:?}");
}

/// Many runs on two machines, each with work of its own: all of it is there in the end, never two hold the
/// lease, and every holder had its own token.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_runs_one_at_a_time_holds_the_lease_and_nothing_is_lost() {
    const RUNS: usize = 8;
    let town = Arc::new(Town::new());
    let inside = Arc::new(AtomicUsize::new(0));
    let mut tasks = tokio::task::JoinSet::new();
    for run in 0..RUNS {
        let (town, inside) = (Arc::clone(&town), Arc::clone(&inside));
        tasks.spawn(async move {
            let times = times_at(0);
            let store = town
                .acquire_with(run % 2, &format!("run {run}"), &times, wait(300))
                .await
                .unwrap();
            assert_eq!(
                inside.fetch_add(1, Ordering::SeqCst),
                0,
                "two hold the lease"
            );
            if store.runs(1).await.unwrap().is_empty() {
                store.begin_run(&begun("run-1", 0, 1)).await.unwrap();
            }
            for step in 0..3 {
                let id = format!("op-{run}-{step}");
                store.prepare(&[intent(&id)], &[]).await.unwrap();
                let number = u64::try_from(run * 10 + step + 1).unwrap();
                let record = Record {
                    link: Some(link(&format!("link-{number}"), number, number)),
                    audit: Some(entry(&id)),
                    ..ending(&id, IntentOutcome::Applied)
                };
                store.record(&[record]).await.unwrap();
            }
            inside.fetch_sub(1, Ordering::SeqCst);
            store.release().unwrap();
        });
    }
    while let Some(done) = tasks.join_next().await {
        done.unwrap();
    }
    let store = town.read(0).await.unwrap();
    assert_eq!(store.links(&here()).await.unwrap().len(), RUNS * 3);
    assert_eq!(store.audit(99).await.unwrap().len(), RUNS * 3);
    assert!(store.open_intents(&here()).await.unwrap().is_empty());
    assert_eq!(token(&town), RUNS as u64);
    let contradictions = store.check().await.unwrap();
    assert!(contradictions.is_empty(), "{contradictions:?}");
}
