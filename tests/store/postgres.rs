//! The PostgreSQL backend: what only a server that others share can get wrong.

use accord::store::{AuditCheck, PostgresAddress, PostgresLease, PostgresStore, Store, StoreError};
use std::time::Duration;

use crate::sample::{auditing, here, intent, link, linking, loss, quarantined, run};
use crate::server::{self, CANARY, Place};
use crate::two_way::{about, opening};

/// A place on the shared server, or the end of the test where there is no server.
macro_rules! place {
    () => {
        match crate::server::shared() {
            Some(server) => server.place(),
            None => return,
        }
    };
}
pub(crate) use place;

#[test]
#[should_panic(expected = "NOT run: nothing is there")]
fn a_server_that_is_missing_where_it_is_required_is_a_failure() {
    server::not_run("nothing is there", true);
}

async fn fill(store: &dyn Store) {
    store.begin_run(&run("run-1", 0, 3)).await.unwrap();
    store
        .prepare(&[intent("op-1")], &[loss("op-1", "title")])
        .await
        .unwrap();
    store
        .record(&[
            linking(link("a", 11, 21)),
            opening(1, about("title", "x", "y")),
            auditing("linked"),
        ])
        .await
        .unwrap();
}

async fn tables(place: &Place) -> i64 {
    let schema = &place.schema;
    let sql = format!(
        "SELECT COUNT(*) FROM pg_namespace n LEFT JOIN pg_class c ON c.relnamespace = n.oid \
         WHERE n.nspname = '{schema}'"
    );
    place.number(&sql).await
}

#[tokio::test]
async fn looking_at_a_missing_schema_is_empty_and_makes_nothing() {
    let place = place!();
    let reader = PostgresStore::open_read_only(&place.address())
        .await
        .unwrap();
    crate::conformance::an_empty_store_answers_empty(&reader).await;
    crate::conformance::a_reader_writes_nothing(&reader).await;
    assert_eq!(tables(&place).await, 0);

    // A lease is taken before there is a state.
    let lease = place.lease().await;
    crate::conformance::an_empty_store_answers_empty(&reader).await;
    // The state appears later: an apply on another machine.
    let writer = PostgresStore::open(&place.address(), &lease).await.unwrap();
    fill(&writer).await;
    assert_eq!(reader.links(&here()).await.unwrap(), [link("a", 11, 21)]);
}

#[tokio::test]
async fn looking_cannot_write() {
    let place = place!();
    let (lease, store) = place.open().await;
    fill(&store).await;
    drop((store, lease));
    let store = PostgresStore::open_read_only(&place.address())
        .await
        .unwrap();
    crate::conformance::a_reader_writes_nothing(&store).await;
    assert_eq!(store.links(&here()).await.unwrap().len(), 1);
}

#[tokio::test]
async fn the_state_survives_its_writer() {
    let place = place!();
    let (lease, store) = place.open().await;
    fill(&store).await;
    drop((store, lease));
    let (_lease, store) = place.open().await;
    assert_eq!(store.links(&here()).await.unwrap(), [link("a", 11, 21)]);
    assert_eq!(store.open_intents(&here()).await.unwrap(), [intent("op-1")]);
    assert_eq!(store.losses(9).await.unwrap(), [loss("op-1", "title")]);
}

#[tokio::test]
async fn a_newer_format_is_refused_and_left_alone() {
    let place = place!();
    let (lease, store) = place.open().await;
    drop((store, lease));
    place
        .run("UPDATE accord_format SET version = 99")
        .await
        .unwrap();
    let no_wait = Duration::ZERO;
    let address = place.address();
    let lease = PostgresLease::acquire(&address, no_wait, "x", no_wait).await;
    let looked = PostgresStore::open_read_only(&address).await;
    for outcome in [lease.map(drop), looked.map(drop)] {
        match outcome {
            Err(StoreError::TooNew {
                found: 99, known, ..
            }) => assert!(known < 99),
            other => panic!("{other:?}"),
        }
    }
    let taken = place.number("SELECT token FROM lease").await;
    assert_eq!(taken, 1, "not even the lease was touched");
}

/// A newer version migrates while an older one runs: the older one must not write on.
#[tokio::test]
async fn an_older_format_is_told_to_who_only_looks_and_migrated_by_who_writes() {
    let place = place!();
    let lease = place.lease().await;
    let common = include_str!("../../src/store/schema/0001.sql");
    let own = include_str!("../../src/store/postgres/append_only_0001.sql");
    let script = format!("{common}{own}").replace(" TEXT", " TEXT COLLATE \"C\"");
    place.run(&script).await.unwrap();
    place
        .run("UPDATE accord_format SET version = 1")
        .await
        .unwrap();
    let looked = PostgresStore::open_read_only(&place.address()).await;
    let message = looked.unwrap_err().to_string();
    assert!(message.contains("older format 1"), "{message}");

    let store = PostgresStore::open(&place.address(), &lease).await.unwrap();
    fill(&store).await;
    let newest = place.number("SELECT version FROM accord_format").await;
    assert_eq!(newest, 3);
    let reader = PostgresStore::open_read_only(&place.address())
        .await
        .unwrap();
    assert_eq!(reader.links(&here()).await.unwrap().len(), 1);
}

#[tokio::test]
async fn another_programs_schema_is_refused_and_left_alone() {
    let place = place!();
    let schema = &place.schema;
    let sql = format!("CREATE SCHEMA {schema}; CREATE TABLE {schema}.notes (x TEXT)");
    place.run(&sql).await.unwrap();
    let before = tables(&place).await;
    let address = place.address();
    let lease = PostgresLease::acquire(&address, Duration::ZERO, "x", Duration::ZERO).await;
    let looked = PostgresStore::open_read_only(&address).await;
    for outcome in [lease.map(drop), looked.map(drop)] {
        let message = outcome.unwrap_err().to_string();
        assert!(message.contains("another program"), "{message}");
    }
    assert_eq!(tables(&place).await, before);
}

#[tokio::test]
async fn an_empty_schema_that_an_administrator_made_is_used() {
    let place = place!();
    let schema = &place.schema;
    place.run(&format!("CREATE SCHEMA {schema}")).await.unwrap();
    let (_lease, store) = place.open().await;
    fill(&store).await;
}

#[tokio::test]
async fn many_may_make_the_schema_at_once() {
    let place = place!();
    let tasks: Vec<_> = (0..8)
        .map(|n| {
            let address = place.address();
            tokio::spawn(async move {
                let patience = Duration::from_secs(60);
                let holder = format!("number {n}");
                let lease = PostgresLease::acquire(&address, patience, &holder, patience)
                    .await
                    .unwrap();
                PostgresStore::open(&address, &lease).await.unwrap();
                lease.token()
            })
        })
        .collect();
    let mut tokens = Vec::new();
    for task in tasks {
        tokens.push(task.await.unwrap());
    }
    tokens.sort_unstable();
    assert_eq!(tokens, (1..=8).collect::<Vec<_>>(), "each once");
}

#[tokio::test]
async fn what_was_done_lost_or_met_is_only_added_to() {
    let place = place!();
    let (_lease, store) = place.open().await;
    fill(&store).await;
    store
        .record(&[auditing("two"), auditing("three")])
        .await
        .unwrap();
    for sql in [
        "DELETE FROM audit",
        "TRUNCATE audit",
        "UPDATE audit SET detail = 'x'",
        "DELETE FROM loss",
        "TRUNCATE loss",
        "UPDATE loss SET lost = 'null'",
        "DELETE FROM conflict",
        "TRUNCATE conflict",
        "UPDATE conflict SET testworthy = 'null'",
        "UPDATE conflict SET opened_at = ''",
        "UPDATE conflict SET sensitive = 1",
        "UPDATE conflict SET state = 'closed', closing = 'agreed', closed_at = opened_at; \
         UPDATE conflict SET state = 'open'",
    ] {
        assert!(place.run(sql).await.is_err(), "{sql}");
    }
    let audit = store.verify_audit().await.unwrap();
    assert!(matches!(audit, AuditCheck::Intact { rows: 3, .. }));
    // Someone who removes the triggers is still seen.
    let sql = "DROP TRIGGER audit_keeps_rows ON audit; DELETE FROM audit WHERE number = 3";
    place.run(sql).await.unwrap();
    let audit = store.verify_audit().await.unwrap();
    assert!(matches!(audit, AuditCheck::Broken { number: 3, .. }));
}

#[tokio::test]
async fn content_of_another_shape_is_an_error_without_the_values() {
    let cases = [
        "UPDATE link SET base = '[[1,{\"text\":\"hunter2\"}]]'",
        "UPDATE link SET base = 'hunter2'",
        "UPDATE link SET case_mark = 'later'",
        "UPDATE link SET case_id = -1",
        "UPDATE base_row SET id = id + 100",
        "ALTER TABLE link ALTER COLUMN rev TYPE TEXT",
    ];
    for sql in cases {
        let place = place!();
        let (_lease, store) = place.open().await;
        fill(&store).await;
        place.run(sql).await.unwrap();
        let found = store.links(&here()).await;
        let message = found.expect_err(sql).to_string();
        assert!(!message.contains("hunter2"), "{message}");
        let check = store.check().await;
        assert!(check.is_err() || !check.unwrap().is_empty(), "{sql}");
    }
}

/// Servers and people write characters that PostgreSQL does not hold.
#[tokio::test]
async fn a_nul_in_a_servers_words_comes_back() {
    let place = place!();
    let (_lease, store) = place.open().await;
    let texts = ["a\0b", "\u{1}0", "\0", "\u{1}"];
    for (n, text) in (1..).zip(texts) {
        store.record(&[auditing(text)]).await.unwrap();
        let mut item = quarantined(&format!("case/{n}"), text);
        item.key.push('\0');
        let record = accord::store::Record {
            quarantine: Some(accord::store::QuarantineChange::Put(item.clone())),
            ..Default::default()
        };
        store.record(&[record]).await.unwrap();
        assert!(store.quarantine(&here()).await.unwrap().contains(&item));
    }
    let details: Vec<String> = store
        .audit(9)
        .await
        .unwrap()
        .into_iter()
        .rev()
        .map(|row| row.entry.detail)
        .collect();
    assert_eq!(details, texts);
    let audit = store.verify_audit().await.unwrap();
    assert!(matches!(audit, AuditCheck::Intact { rows: 4, .. }));
}

/// The server orders words as people do; the state by their bytes.
#[tokio::test]
async fn texts_are_ordered_by_their_bytes() {
    let place = place!();
    let by_people = place
        .number("SELECT COUNT(*) FROM (VALUES (1)) v WHERE 'a' < 'B' COLLATE \"und-x-icu\"")
        .await;
    assert_eq!(by_people, 1, "the server can order otherwise");
    let (_lease, store) = place.open().await;
    for key in ["b", "B", "a", "ä", "A-", "A"] {
        let record = accord::store::Record {
            quarantine: Some(accord::store::QuarantineChange::Put(quarantined(key, "x"))),
            ..Default::default()
        };
        store.record(&[record]).await.unwrap();
    }
    let keys: Vec<String> = store
        .quarantine(&here())
        .await
        .unwrap()
        .into_iter()
        .map(|item| item.key)
        .collect();
    assert_eq!(keys, ["A", "A-", "B", "a", "b", "ä"]);
}

fn end_all(place: &Place) -> String {
    format!(
        "SELECT COUNT(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = '{}'",
        place.schema
    )
}

#[tokio::test]
async fn a_connection_that_broke_while_idle_is_made_anew() {
    let place = place!();
    let (_lease, store) = place.open().await;
    fill(&store).await;
    let reader = PostgresStore::open_read_only(&place.address())
        .await
        .unwrap();
    // The store's, the reader's and the lease's.
    assert_eq!(place.number(&end_all(&place)).await, 3);
    assert_eq!(reader.links(&here()).await.unwrap().len(), 1);
    store.record(&[linking(link("b", 12, 22))]).await.unwrap();
    assert_eq!(place.number(&end_all(&place)).await, 2);
    assert_eq!(store.links(&here()).await.unwrap().len(), 2);
    assert_eq!(reader.links(&here()).await.unwrap().len(), 2);
}

#[tokio::test]
async fn a_connection_that_breaks_within_a_write_is_told_and_leaves_nothing() {
    let place = place!();
    let (_lease, store) = place.open().await;
    fill(&store).await;
    let trigger = "CREATE FUNCTION cut() RETURNS trigger LANGUAGE plpgsql AS \
        $$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NEW; END $$; \
        CREATE TRIGGER cut BEFORE INSERT ON audit FOR EACH ROW EXECUTE FUNCTION cut()";
    place.run(trigger).await.unwrap();
    let records = [linking(link("b", 12, 22)), auditing("two")];
    let error = store.record(&records).await.unwrap_err();
    assert!(matches!(error, StoreError::Unreachable { .. }), "{error:?}");
    assert!(!error.to_string().contains(CANARY), "{error}");
    assert_eq!(store.links(&here()).await.unwrap().len(), 1);
    place.run("DROP TRIGGER cut ON audit").await.unwrap();
    store.record(&records).await.unwrap();
    assert_eq!(store.links(&here()).await.unwrap().len(), 2);
    assert!(matches!(
        store.verify_audit().await.unwrap(),
        AuditCheck::Intact { rows: 2, .. }
    ));
}

/// A trigger that makes the first `times` attempts fail as a conflict between transactions would.
fn failing(times: u32) -> String {
    // A sequence goes on where a transaction does not.
    format!(
        "CREATE SEQUENCE attempts; \
         CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
         IF nextval('attempts') <= {times} THEN RAISE EXCEPTION 'met another' USING ERRCODE = '40001'; END IF; \
         RETURN NEW; END $$; \
         CREATE TRIGGER fail BEFORE INSERT ON audit FOR EACH ROW EXECUTE FUNCTION fail()"
    )
}

#[tokio::test]
async fn a_serialization_failure_is_tried_again_and_done_once() {
    let place = place!();
    let (_lease, store) = place.open().await;
    place.run(&failing(3)).await.unwrap();
    store
        .record(&[linking(link("a", 11, 21)), auditing("once")])
        .await
        .unwrap();
    assert_eq!(place.number("SELECT last_value FROM attempts").await, 4);
    assert_eq!(store.audit(9).await.unwrap().len(), 1);
    assert_eq!(store.links(&here()).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_serialization_failure_that_stays_is_told_and_leaves_nothing() {
    let place = place!();
    let (_lease, store) = place.open().await;
    place.run(&failing(999)).await.unwrap();
    let records = [linking(link("a", 11, 21)), auditing("never")];
    let message = store.record(&records).await.unwrap_err().to_string();
    assert!(message.contains("try again"), "{message}");
    assert!(store.links(&here()).await.unwrap().is_empty());
    assert!(store.endpoints().await.unwrap().is_empty());
}

/// Another program locks what a write needs, in the other order.
#[tokio::test]
async fn a_deadlock_is_tried_again() {
    let place = place!();
    let (_lease, store) = place.open().await;
    fill(&store).await;
    let (locked, is_locked) = std::sync::mpsc::channel();
    let other = tokio::spawn({
        let place = place.clone();
        async move {
            place
                .client(move |client| {
                    // The store is the one that is refused.
                    client
                        .batch_execute("SET deadlock_timeout = '1min'; BEGIN; LOCK TABLE audit")
                        .unwrap();
                    locked.send(()).unwrap();
                    let waiting = "SELECT COUNT(*) FROM pg_locks WHERE NOT granted \
                        AND relation = 'audit'::regclass";
                    while client.query_one(waiting, &[]).unwrap().get::<_, i64>(0) == 0 {}
                    let sql = "SELECT token FROM lease FOR UPDATE; COMMIT";
                    client.batch_execute(sql).unwrap();
                })
                .await;
        }
    });
    tokio::task::spawn_blocking(move || is_locked.recv().unwrap())
        .await
        .unwrap();
    store.record(&[auditing("two")]).await.unwrap();
    other.await.unwrap();
    assert_eq!(store.audit(9).await.unwrap().len(), 2);
}

#[tokio::test]
async fn two_writers_of_one_run_stand_in_line() {
    let place = place!();
    let lease = place.lease().await;
    let address = place.address();
    let (one, two) = tokio::join!(
        PostgresStore::open(&address, &lease),
        PostgresStore::open(&address, &lease)
    );
    let (one, two) = (one.unwrap(), two.unwrap());
    let write = |store: PostgresStore, begin: u64| async move {
        for n in begin..begin + 20 {
            let records = [linking(link(&format!("{n}"), n, n)), auditing("linked")];
            store.record(&records).await.unwrap();
        }
    };
    tokio::join!(write(one.clone(), 1), write(two, 101));
    assert_eq!(one.links(&here()).await.unwrap().len(), 40);
    assert!(matches!(
        one.verify_audit().await.unwrap(),
        AuditCheck::Intact { rows: 40, .. }
    ));
}

/// A read sees one moment, however long it takes and whatever is written meanwhile.
#[tokio::test]
async fn a_read_is_one_moment() {
    let place = place!();
    let (_lease, store) = place.open().await;
    let reader = PostgresStore::open_read_only(&place.address())
        .await
        .unwrap();
    let writer = tokio::spawn({
        let store = store.clone();
        async move {
            for n in 1..=60 {
                let both = [
                    linking(link(&format!("a{n}"), 2 * n, 2 * n)),
                    linking(link(&format!("b{n}"), 2 * n + 1, 2 * n + 1)),
                ];
                store.record(&both).await.unwrap();
            }
        }
    });
    while !writer.is_finished() {
        assert_eq!(reader.links(&here()).await.unwrap().len() % 2, 0);
        assert!(reader.check().await.unwrap().is_empty());
    }
    writer.await.unwrap();
    assert_eq!(reader.links(&here()).await.unwrap().len(), 120);
}

/// Who does not get in, or not far enough, is told why; the password is told nobody.
#[tokio::test]
async fn every_refusal_says_what_to_do_and_never_the_password() {
    let Some(server) = server::shared() else {
        return;
    };
    let wrong = format!("wrong-{CANARY}");
    let unused = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap().port()
    };
    let place = server.place();
    let none = place.url.replace("/postgres?", "/nowhere?");
    let cases = [
        (
            server.url("accord", &wrong, ""),
            "does not let this user in",
        ),
        (
            server.url("nobody", CANARY, ""),
            "does not let this user in",
        ),
        (none, "check the database"),
        (
            format!("postgresql://accord:{CANARY}@127.0.0.1:{unused}/postgres"),
            "whether the server runs",
        ),
        // This server has no TLS, and it is not spoken to without.
        (server.url("accord", CANARY, "sslmode=require"), "sslmode"),
    ];
    for (url, words) in cases {
        let address = PostgresAddress::parse(&url).unwrap();
        let lease = PostgresLease::acquire(&address, Duration::ZERO, "x", Duration::ZERO).await;
        let looked = PostgresStore::open_read_only(&address).await;
        for outcome in [lease.map(drop), looked.map(drop)] {
            let error = outcome.expect_err(words);
            let told = format!("{error} {error:?}");
            assert!(told.contains(words), "{words}: {told}");
            assert!(!told.contains(CANARY), "{told}");
            assert!(
                matches!(
                    error,
                    StoreError::Denied { .. } | StoreError::Unreachable { .. }
                ),
                "{error:?}"
            );
        }
    }
}

#[tokio::test]
async fn a_user_with_the_documented_rights_can_look_and_nothing_else() {
    let Some(server) = server::shared() else {
        return;
    };
    let place = server.place();
    let (lease, store) = place.open().await;
    fill(&store).await;
    drop((store, lease));
    let (schema, reader) = (&place.schema, format!("{}_reader", place.schema));
    let roles = format!(
        "CREATE ROLE {reader} LOGIN PASSWORD '{CANARY}'; GRANT USAGE ON SCHEMA {schema} TO {reader}"
    );
    place.run(&roles).await.unwrap();
    let parameters = format!("options=-csearch_path%3D{schema}");
    let address = PostgresAddress::parse(&server.url(&reader, CANARY, &parameters)).unwrap();
    let denied = PostgresStore::open_read_only(&address).await.unwrap_err();
    assert!(matches!(denied, StoreError::Denied { .. }), "{denied:?}");

    let rights = format!("GRANT SELECT ON ALL TABLES IN SCHEMA {schema} TO {reader}");
    place.run(&rights).await.unwrap();
    let store = PostgresStore::open_read_only(&address).await.unwrap();
    assert_eq!(store.links(&here()).await.unwrap().len(), 1);
    assert!(store.check().await.unwrap().is_empty());
    let lease = PostgresLease::acquire(&address, Duration::ZERO, "x", Duration::ZERO).await;
    let denied = lease.unwrap_err();
    assert!(matches!(denied, StoreError::Denied { .. }), "{denied:?}");
}

#[tokio::test]
async fn a_user_who_owns_the_schema_needs_no_right_in_the_database() {
    let Some(server) = server::shared() else {
        return;
    };
    let place = server.place();
    let (schema, owner) = (&place.schema, format!("{}_owner", place.schema));
    let roles = format!(
        "CREATE ROLE {owner} LOGIN PASSWORD '{CANARY}'; CREATE SCHEMA {schema} AUTHORIZATION {owner}"
    );
    place.run(&roles).await.unwrap();
    let parameters = format!("options=-csearch_path%3D{schema}");
    let own = Place {
        url: server.url(&owner, CANARY, &parameters),
        schema: schema.clone(),
    };
    let (_lease, store) = own.open().await;
    fill(&store).await;
    let elsewhere = "options=-csearch_path%3Dnot_there";
    let address = PostgresAddress::parse(&server.url(&owner, CANARY, elsewhere)).unwrap();
    let denied = PostgresLease::acquire(&address, Duration::ZERO, "x", Duration::ZERO).await;
    assert!(
        matches!(denied, Err(StoreError::Denied { .. })),
        "{denied:?}"
    );
}

#[tokio::test]
async fn numbers_beyond_the_column_are_refused() {
    let place = place!();
    let (_lease, store) = place.open().await;
    let outcome = store.record(&[linking(link("a", u64::MAX, 1))]).await;
    assert!(
        matches!(outcome, Err(StoreError::Backend { .. })),
        "{outcome:?}"
    );
    store.record(&[linking(link("a", 1, 1))]).await.unwrap();
}
