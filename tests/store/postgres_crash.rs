//! A server that crashes while it is written leaves whole units only, and every one that was told.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use accord::model::OperationId;
use accord::store::{AuditCheck, IntentOutcome, PostgresStore, Record, Store, StoreError};

use crate::crash::{PATIENCE, check_units, operation, unit};
use crate::sample::{auditing, here, intent, link, linking, run};
use crate::server::{CANARY, Server};

#[tokio::test]
async fn a_crash_between_prepare_and_record_loses_nothing() {
    let Some(server) = Server::start("") else {
        return;
    };
    let place = server.place();
    let (lease, store) = place.open().await;
    store.begin_run(&run("run-1", 0, 1)).await.unwrap();
    store.prepare(&[intent("op-1")], &[]).await.unwrap();

    server.crash();
    let outcome = Record {
        intent: Some((OperationId("op-1".to_owned()), IntentOutcome::Applied)),
        ..linking(link("a", 11, 21))
    };
    let records = [outcome, auditing("linked")];
    for refused in [
        store.record(&records).await,
        store.links(&here()).await.map(drop),
    ] {
        let error = refused.unwrap_err();
        assert!(matches!(error, StoreError::Unreachable { .. }), "{error:?}");
        assert!(!error.to_string().contains(CANARY), "{error}");
    }

    server.up().unwrap();
    let seen = PostgresStore::open_read_only(&place.address())
        .await
        .unwrap();
    assert_eq!(seen.open_intents(&here()).await.unwrap(), [intent("op-1")]);
    assert!(seen.links(&here()).await.unwrap().is_empty());
    // The same run goes on: its lease is as durable as the rest.
    store.record(&records).await.unwrap();
    assert_eq!(seen.links(&here()).await.unwrap(), [link("a", 11, 21)]);
    assert!(seen.open_intents(&here()).await.unwrap().is_empty());
    assert!(seen.check().await.unwrap().is_empty());
    drop((store, lease));
    // And so does the next one.
    let (_lease, store) = place.open().await;
    assert!(matches!(
        store.verify_audit().await.unwrap(),
        AuditCheck::Intact { rows: 1, .. }
    ));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crash_at_any_moment_tears_nothing_and_loses_nothing() {
    let Some(server) = Server::start("") else {
        return;
    };
    let place = server.place();
    let told = Arc::new(AtomicU64::new(0));
    let mut moment: u64 = 0x2545_F491_4F6C_DD1D;
    for round in 0..6 {
        let (lease, store) = place.open().await;
        let before = told.load(Ordering::SeqCst);
        let writing = tokio::spawn({
            let (store, told) = (store.clone(), Arc::clone(&told));
            async move {
                if store.runs(1).await?.is_empty() {
                    store.begin_run(&run("run-1", 0, 1)).await?;
                }
                for n in store.links(&here()).await?.len() as u64.. {
                    let pair = [2 * n, 2 * n + 1].map(|item| intent(&operation(item).0));
                    if store.intent(&pair[0].id).await?.is_none() {
                        store.prepare(&pair, &[]).await?;
                    }
                    store.record(&unit(n)).await?;
                    told.store(n + 1, Ordering::SeqCst);
                }
                Ok::<(), StoreError>(())
            }
        });
        // Half of the crashes come behind the round's first unit, which the clock of a busy machine would miss.
        let begin = Instant::now();
        while round % 2 == 1 && told.load(Ordering::SeqCst) == before && !writing.is_finished() {
            assert!(begin.elapsed() < PATIENCE, "nothing was written");
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        moment ^= moment << 13;
        moment ^= moment >> 7;
        moment ^= moment << 17;
        tokio::time::sleep(Duration::from_micros(moment % 200_000 + round * 20_000)).await;
        server.crash();
        let error = writing.await.unwrap().unwrap_err();
        assert!(matches!(error, StoreError::Unreachable { .. }), "{error:?}");
        server.up().unwrap();
        drop((store, lease));

        let seen = PostgresStore::open_read_only(&place.address())
            .await
            .unwrap();
        let units = check_units(&seen).await;
        let told = told.load(Ordering::SeqCst);
        assert!(units >= told, "{told} units were told, {units} are there");
    }
    let units = told.load(Ordering::SeqCst);
    // Each round of those that wait added one at least.
    assert!(
        units >= 3,
        "only {units} units were written: the crashes prove nothing"
    );
}
