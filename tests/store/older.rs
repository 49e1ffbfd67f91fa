//! A state that the version before this one wrote: it is read as it is, and an apply brings it to the
//! present format with everything in it.

use std::fs;
use std::path::Path;

use accord::model::{LinkState, MarkState, OperationId, Rev, RunId};
use accord::store::{AuditCheck, SqliteStore, Store};
use rusqlite::Connection;

use crate::sample::{at, here, intent, link, linking, quarantined};
use crate::sqlite::{bytes, fresh, read_all};
use crate::two_way::{about, in_state, opening};

/// As it was when format 1 was the newest.
const FORMAT_1: &str = concat!(
    include_str!("../../src/store/schema/0001.sql"),
    include_str!("../../src/store/sqlite/append_only_0001.sql"),
    "PRAGMA application_id = 1094931012; PRAGMA user_version = 1;"
);

const CONTENT: &str = r#"
    INSERT INTO endpoints VALUES (1, 'testworthy.us', 'dev.azure.com/contoso');
    INSERT INTO base_row VALUES (1, 'title', 'd1'), (2, 'description', 'd1');
    INSERT INTO link VALUES
        ('a', 1, 11, 21, 7, 'regression', 'written', 'missing', 3, '2026-09-21T14:13:25.000000000Z',
         '[[1,{"text":"Case 11"},{"text":"<p>Case 11</p>"}],
           [2,{"text":"What it is about"},{"text":"<p>What it is about</p>"}]]'),
        ('b', 1, 12, 22, NULL, 'smoke', 'refused', 'written', NULL, NULL, '[]');
    INSERT INTO run VALUES ('run-1', '2026-09-21T14:13:20.000000000Z', 'c', 3, 'p',
        NULL, NULL, NULL, NULL, NULL);
    INSERT INTO intent VALUES
        ('op-1', 1, 'run-1', 'regression', 'createWorkItem', 11, NULL, 'abc',
         '2026-09-21T14:13:21.000000000Z', '2026-09-21T14:15:21.000000000Z', NULL, NULL),
        ('op-2', 1, 'run-1', 'regression', 'updateCase', 11, 21, 'abc',
         '2026-09-21T14:13:21.000000000Z', '2026-09-21T14:15:21.000000000Z', 'applied', NULL);
    INSERT INTO loss VALUES (1, 1, 'op-2', 'regression', 11, 21, 'title', '"null"', '"null"',
        '2026-09-21T14:13:22.000000000Z');
    INSERT INTO quarantine VALUES (1, 'case/11', 'regression', 'abc', 'no title',
        '2026-09-21T14:13:23.000000000Z');
"#;

fn write_format_1(state: &Path) {
    fs::create_dir(state.parent().unwrap()).unwrap();
    let connection = Connection::open(state).unwrap();
    connection.execute_batch(FORMAT_1).unwrap();
    connection.execute_batch(CONTENT).unwrap();
    let mode: String = connection
        .query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0))
        .unwrap();
    assert_eq!(mode, "wal");
}

/// What is in it, as this version tells it.
async fn holds_everything(store: &SqliteStore) {
    assert_eq!(at(5).to_string(), "2026-09-21T14:13:25Z");
    let links = store.links(&here()).await.unwrap();
    assert_eq!(links.len(), 2);
    assert_eq!(links[0], link("a", 11, 21));
    assert!(links.iter().all(|link| link.state == LinkState::Active));
    assert_eq!(links[1].case_mark, MarkState::Refused);
    assert!(store.parted_links(&here()).await.unwrap().is_empty());
    assert_eq!(store.pairs(&here()).await.unwrap().len(), 2);
    assert_eq!(store.links_by_rule().await.unwrap().len(), 2);
    let open = store.open_intents(&here()).await.unwrap();
    assert_eq!(open, [intent("op-1")], "it has no rows and no revision");
    let ended = store.intent(&OperationId("op-2".to_owned())).await;
    assert!(ended.unwrap().unwrap().outcome.is_some());
    assert_eq!(store.loss_count().await.unwrap(), 1);
    let mut aside = quarantined("case/11", "no title");
    aside.type_digest = None;
    assert_eq!(store.quarantine(&here()).await.unwrap(), [aside]);
    let runs = store.runs(9).await.unwrap();
    assert_eq!(runs[0].id, RunId("run-1".to_owned()));
    assert_eq!(store.verify_audit().await.unwrap(), AuditCheck::default());
    assert!(store.conflicts(9).await.unwrap().is_empty());
    let contradictions = store.check().await.unwrap();
    assert!(contradictions.is_empty(), "{contradictions:?}");
}

fn format(state: &Path) -> i64 {
    Connection::open(state)
        .unwrap()
        .query_row("PRAGMA user_version", [], |row| row.get(0))
        .unwrap()
}

#[tokio::test]
async fn looking_at_an_older_format_shows_everything_and_changes_nothing() {
    let (folder, state) = fresh();
    write_format_1(&state);
    let before = bytes(folder.path());
    let store = SqliteStore::open_read_only(&state).await.unwrap();
    assert_eq!(read_all(&store).await.unwrap(), 2);
    holds_everything(&store).await;
    assert_eq!(bytes(folder.path()), before);
    assert_eq!(format(&state), 1);
}

#[tokio::test]
async fn an_apply_brings_an_older_format_to_the_present_one() {
    let (_folder, state) = fresh();
    write_format_1(&state);
    let reader = SqliteStore::open_read_only(&state).await.unwrap();
    let store = SqliteStore::open(&state).await.unwrap();
    assert_eq!(format(&state), 3);
    holds_everything(&store).await;
    holds_everything(&reader).await;
    // And everything new works on what is old.
    let mut next = intent("op-3");
    next.expected_rev = Some(Rev(4));
    store.prepare(&[next.clone()], &[]).await.unwrap();
    let parted = in_state(link("b", 12, 22), LinkState::Ended);
    let records = [
        linking(parted.clone()),
        opening(1, about("title", "x", "y")),
    ];
    store.record(&records).await.unwrap();
    for store in [&store, &reader] {
        let open = store.open_intents(&here()).await.unwrap();
        assert_eq!(open, [intent("op-1"), next.clone()]);
        let parted_links = store.parted_links(&here()).await.unwrap();
        assert_eq!(parted_links, std::slice::from_ref(&parted));
        assert_eq!(store.open_conflicts(&here()).await.unwrap().len(), 1);
    }
}

#[tokio::test]
async fn an_older_format_with_the_log_of_a_killed_run_is_read_too() {
    let (_running, state) = fresh();
    write_format_1(&state);
    let connection = Connection::open(&state).unwrap();
    connection
        .execute_batch("UPDATE link SET rule = 'late' WHERE id = 'b'")
        .unwrap();
    let (_folder, copy) = fresh();
    fs::create_dir(copy.parent().unwrap()).unwrap();
    for suffix in ["", "-wal"] {
        let from = format!("{}{suffix}", state.display());
        fs::copy(from, format!("{}{suffix}", copy.display())).unwrap();
    }
    drop(connection);
    let reader = SqliteStore::open_read_only(&copy).await.unwrap();
    let seen = reader.links(&here()).await.unwrap();
    assert_eq!(seen[1].rule.as_str(), "late");
    let store = SqliteStore::open(&copy).await.unwrap();
    assert_eq!(store.links(&here()).await.unwrap(), seen);
    assert_eq!(reader.links(&here()).await.unwrap(), seen);
}
