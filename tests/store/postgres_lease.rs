//! The lease of a state in PostgreSQL: one holder among all machines, told to those who wait, free some
//! time after its holder is gone; and a holder that was taken over writes nothing any more.

use std::io::Read as _;
use std::path::Path;
use std::time::{Duration, Instant};

use accord::store::{
    LEASE_TIME, PostgresAddress, PostgresLease, PostgresStore, Store, StoreError, lock_holder,
};

use crate::lock::start_child;
use crate::postgres::place;
use crate::sample::{at, auditing, here, intent, link, linking, run};
use crate::server::{CANARY, Place};

const URL: &str = "ACCORD_TEST_LEASE";
const NOW: Duration = Duration::ZERO;
const LONG: Duration = Duration::from_secs(60);
/// A lease that is renewed every three seconds: a busy machine may be six seconds late.
const SHORT: Duration = Duration::from_secs(9);

async fn take(place: &Place, wait: Duration, holder: &str) -> Result<PostgresLease, StoreError> {
    PostgresLease::acquire(&place.address(), wait, holder, LEASE_TIME).await
}

/// Between two questions, so that the machine is left to the other tests.
async fn pause() {
    tokio::time::sleep(Duration::from_millis(20)).await;
}

/// Asks until the number is there, and not for ever.
async fn reach(place: &Place, sql: &str, wanted: i64) {
    let begin = Instant::now();
    while place.number(sql).await < wanted {
        assert!(begin.elapsed() < LONG, "still fewer than {wanted}: {sql}");
        pause().await;
    }
}

/// The lease ends before its time, as if its holder had slept through it.
async fn expire(place: &Place) {
    let sql = "UPDATE lease SET expires = clock_timestamp() - interval '1 second'";
    place.run(sql).await.unwrap();
}

#[tokio::test]
async fn a_second_holder_is_told_who_the_first_is() {
    let place = place!();
    let holder = lock_holder("apply", at(0));
    let first = take(&place, NOW, &holder).await.unwrap();
    let refused = take(&place, NOW, "another").await.unwrap_err();
    let StoreError::Locked { holder: told, .. } = &refused else {
        panic!("{refused:?}");
    };
    assert!(told.as_deref().unwrap().starts_with(&holder), "{told:?}");
    assert!(
        refused.to_string().contains("its lease lasts until"),
        "{refused}"
    );
    assert!(!refused.to_string().contains(CANARY), "{refused}");
    drop(first);
    let second = take(&place, NOW, "another").await.unwrap();
    assert_eq!(second.token(), 2);
}

#[tokio::test]
async fn waiting_gets_the_lease_when_it_is_given_back() {
    let place = place!();
    let first = take(&place, NOW, "first").await.unwrap();
    let waiting = tokio::spawn({
        let place = place.clone();
        async move { take(&place, LONG, "second").await }
    });
    let polls = format!(
        "SELECT COUNT(*) FROM pg_stat_activity WHERE query LIKE '%lease%' AND application_name = '{}'",
        place.schema
    );
    // The holder's connection and the waiting one's.
    reach(&place, &polls, 2).await;
    assert!(!waiting.is_finished());
    drop(first);
    let second = waiting.await.unwrap().unwrap();
    assert_eq!(second.token(), 2);
}

#[tokio::test]
async fn waiting_ends_in_time() {
    let place = place!();
    let _first = take(&place, NOW, "first").await.unwrap();
    let begin = Instant::now();
    let wait = Duration::from_millis(700);
    let refused = take(&place, wait, "second").await;
    assert!(matches!(refused, Err(StoreError::Locked { .. })));
    assert!(begin.elapsed() >= wait);
}

#[tokio::test]
async fn of_many_who_want_it_at_once_one_gets_it() {
    let place = place!();
    drop(place.lease().await);
    for round in 0..5 {
        let tasks: Vec<_> = (0..8)
            .map(|n| {
                let place = place.clone();
                tokio::spawn(async move { take(&place, NOW, &format!("number {n}")).await })
            })
            .collect();
        let mut leases = Vec::new();
        for task in tasks {
            match task.await.unwrap() {
                Ok(lease) => leases.push(lease),
                Err(StoreError::Locked { .. }) => {}
                Err(other) => panic!("{other:?}"),
            }
        }
        assert_eq!(leases.len(), 1, "round {round}");
    }
}

#[tokio::test]
async fn a_zombie_that_was_taken_over_writes_nothing_and_is_told_by_whom() {
    let place = place!();
    let (lease, zombie) = place.open().await;
    zombie.begin_run(&run("run-1", 0, 1)).await.unwrap();
    zombie.prepare(&[intent("op-1")], &[]).await.unwrap();
    expire(&place).await;
    let (second, store) = {
        let lease = take(&place, NOW, "the other run").await.unwrap();
        let store = PostgresStore::open(&place.address(), &lease).await;
        (lease, store.unwrap())
    };
    assert!(second.token() > lease.token());
    let refused = [
        zombie.record(&[linking(link("a", 11, 21))]).await,
        zombie.prepare(&[intent("op-2")], &[]).await,
        zombie.begin_run(&run("run-2", 1, 1)).await,
        zombie.forget_rules(&[]).await.map(drop),
        PostgresStore::open(&place.address(), &lease)
            .await
            .map(drop),
    ];
    for outcome in refused {
        let error = outcome.unwrap_err();
        let StoreError::LeaseLost { holder, .. } = &error else {
            panic!("{error:?}");
        };
        assert!(holder.as_deref().unwrap().starts_with("the other run"));
        assert!(error.to_string().contains("nothing"), "{error}");
    }
    // It may still look.
    assert_eq!(zombie.open_intents(&here()).await.unwrap().len(), 1);
    assert!(store.links(&here()).await.unwrap().is_empty());
    assert!(store.intent(&intent("op-2").id).await.unwrap().is_none());
    assert_eq!(store.runs(9).await.unwrap().len(), 1);
    // Its end does not end the lease of the other run.
    drop((zombie, lease));
    let third = take(&place, NOW, "a third").await;
    assert!(matches!(third, Err(StoreError::Locked { .. })), "{third:?}");
    store.record(&[linking(link("a", 11, 21))]).await.unwrap();
}

/// Nobody else came: what it writes cannot be in anybody's way.
#[tokio::test]
async fn a_lease_that_ended_but_was_not_taken_over_is_renewed_by_the_next_write() {
    let place = place!();
    let (_lease, store) = place.open().await;
    expire(&place).await;
    store.record(&[auditing("late")]).await.unwrap();
    let refused = take(&place, NOW, "another").await;
    assert!(matches!(refused, Err(StoreError::Locked { .. })));
}

#[tokio::test]
async fn a_lease_that_was_given_back_writes_nothing() {
    let place = place!();
    let (lease, store) = place.open().await;
    drop(lease);
    let error = store.record(&[auditing("late")]).await.unwrap_err();
    assert!(
        matches!(error, StoreError::LeaseLost { holder: None, .. }),
        "{error:?}"
    );
}

/// A takeover waits for a transaction that is under way, and finds its lease renewed.
#[tokio::test]
async fn a_takeover_does_not_come_between_the_check_and_the_commit() {
    let place = place!();
    let (_lease, store) = place.open().await;
    // A write stands still within its transaction until the test lets it go on.
    let still = "CREATE FUNCTION still() RETURNS trigger LANGUAGE plpgsql AS \
        $$ BEGIN PERFORM pg_advisory_xact_lock(hashtext(TG_TABLE_SCHEMA)); RETURN NEW; END $$; \
        CREATE TRIGGER still BEFORE INSERT ON audit FOR EACH ROW EXECUTE FUNCTION still()";
    place.run(still).await.unwrap();
    let (go_on, told) = std::sync::mpsc::channel();
    let (locked, is_locked) = tokio::sync::oneshot::channel();
    let stop = tokio::spawn({
        let place = place.clone();
        async move {
            let sql = "SELECT pg_advisory_lock(hashtext(current_schema()))";
            place
                .client(move |client| {
                    client.batch_execute(sql).unwrap();
                    locked.send(()).unwrap();
                    let _told: Result<(), _> = told.recv();
                })
                .await;
        }
    });
    is_locked.await.unwrap();
    expire(&place).await;
    let waiting = format!(
        "SELECT COUNT(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' \
         AND application_name = '{}'",
        place.schema
    );
    let writing = tokio::spawn({
        let store = store.clone();
        async move { store.record(&[auditing("slow")]).await }
    });
    reach(&place, &waiting, 1).await;
    let taking = tokio::spawn({
        let place = place.clone();
        async move { take(&place, NOW, "another").await }
    });
    reach(&place, &waiting, 2).await;
    go_on.send(()).unwrap();
    let refused = taking.await.unwrap();
    assert!(
        matches!(refused, Err(StoreError::Locked { .. })),
        "{refused:?}"
    );
    writing.await.unwrap().unwrap();
    stop.await.unwrap();
    assert_eq!(store.audit(9).await.unwrap().len(), 1);
}

#[tokio::test]
async fn the_heart_beats_while_the_holder_lives() {
    let place = place!();
    let _lease = PostgresLease::acquire(&place.address(), NOW, "x", SHORT)
        .await
        .unwrap();
    let milliseconds = "SELECT (extract(epoch FROM expires) * 1000)::BIGINT FROM lease";
    let first = place.number(milliseconds).await;
    let begin = Instant::now();
    // Beyond the end that it had: nobody wrote, and it is still held.
    while place.number(milliseconds).await <= first + 10_000 {
        assert!(begin.elapsed() < LONG, "nobody renews it");
        pause().await;
        let refused = take(&place, NOW, "another").await;
        assert!(matches!(refused, Err(StoreError::Locked { .. })));
    }
}

#[tokio::test]
async fn a_lease_outlives_its_connection() {
    let place = place!();
    let lease = PostgresLease::acquire(&place.address(), NOW, "x", SHORT)
        .await
        .unwrap();
    let store = PostgresStore::open(&place.address(), &lease).await.unwrap();
    let cut = format!(
        "SELECT COUNT(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = '{}'",
        place.schema
    );
    assert_eq!(place.number(&cut).await, 2);
    let milliseconds = "SELECT (extract(epoch FROM expires) * 1000)::BIGINT FROM lease";
    let first = place.number(milliseconds).await;
    let begin = Instant::now();
    while place.number(milliseconds).await <= first + 9_000 {
        assert!(begin.elapsed() < LONG, "nobody renews it");
        pause().await;
    }
    store.record(&[auditing("on")]).await.unwrap();
    drop((store, lease));
    take(&place, NOW, "the next").await.unwrap();
}

#[tokio::test]
async fn the_lease_of_a_killed_process_ends_by_itself() {
    let place = place!();
    drop(place.lease().await);
    let mut child = start_child(
        "postgres_lease::child_that_holds_the_lease",
        URL,
        Path::new(&place.url),
    );
    let mut output = child.stdout.take().unwrap();
    let mut seen = Vec::new();
    while !String::from_utf8_lossy(&seen).contains("<held>") {
        let mut byte = [0; 1];
        assert_eq!(output.read(&mut byte).unwrap(), 1, "the child ended early");
        seen.push(byte[0]);
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let refused = take(&place, NOW, "parent").await.unwrap_err();
    assert!(
        refused.to_string().contains(&child.id().to_string()),
        "{refused}"
    );
    let lease = take(&place, LONG, "parent").await.unwrap();
    assert_eq!(lease.token(), 3);
}

#[test]
#[ignore = "runs as a child process of another test"]
fn child_that_holds_the_lease() {
    let Ok(url) = std::env::var(URL) else {
        return;
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    let address = PostgresAddress::parse(&url).unwrap();
    let holder = lock_holder("apply", at(0));
    let time = Duration::from_secs(12);
    let _lease = runtime
        .block_on(PostgresLease::acquire(&address, NOW, &holder, time))
        .unwrap();
    println!("<held>");
    std::thread::sleep(Duration::from_secs(60));
}
